//! Everything that can be said: requests, replies, deliveries, refusals.

use std::fmt;

use super::access::{Access, AccessUse};
use super::chain::{ChainHash, Header, Seen, commitment};
use super::frame::{Decode, Encode};
use super::names::{Conversation, MessageId, Nickname, Text};

/// What a client asks for. Each is answered by the reply named, or by [`ServerSays::Refused`].
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum ClientSays {
    /// A newcomer asks to be let in; answered by `Joined`. The same code with the same key gives the same answer again.
    Join {
        /// The invite's code.
        code: [u8; 16],
        /// The name wanted.
        name: Nickname,
        /// The newcomer's Ed25519 public key.
        public_key: [u8; 32],
        /// That key's signature over [`Code::statement`](super::Code::statement).
        proof: [u8; 64],
    },
    /// Asks for every message after `after`, then for messages as they happen; answered by `CaughtUp` when all old ones
    /// were delivered. Asked once a connection.
    Resume {
        /// The last `seq` this device has seen.
        after: u64,
    },
    /// Posts a message; answered by `Sent` once it is durable.
    Send {
        /// The sender's id of the message; the same id again is the same message.
        id: MessageId,
        /// Where it goes.
        to: Conversation,
        /// What it says.
        text: Text,
        /// The last message its sender saw there.
        seen: Option<Seen>,
    },
    /// Asks for a part of a conversation's past; answered by `History`, oldest first: the last `limit` before `before`, or, where
    /// `after` is given, the first `limit` after it.
    History {
        /// Which conversation.
        conversation: Conversation,
        /// Only messages with a smaller `seq`.
        before: Option<u64>,
        /// Only messages with a greater `seq`, from there on.
        after: Option<u64>,
        /// How many at most; the server may give fewer and says whether there are more.
        limit: u16,
    },
    /// Asks who is here; answered by `Members` in the order of names.
    Who {
        /// Only names after this one: the last of the page before.
        after: Option<Nickname>,
    },
    /// Asks for an invite for somebody else; answered by `Invited`.
    Invite,
    /// An admin takes somebody's access away; answered by `Removed`.
    Remove {
        /// Whose.
        name: Nickname,
    },
    /// Asks for a new certificate for the key of this connection; answered by `Renewed`.
    RenewCertificate,
    /// Asks for a sign of life; answered by `Pong`.
    Ping,
    /// Asks for access beside this device's key, for a script or a service; answered by `AccessGiven`.
    NewAccess {
        /// What it may be used for.
        use_for: AccessUse,
        /// Seconds until it ends; none: never.
        lifetime: Option<u64>,
    },
    /// Asks which accesses one has given; answered by `Accesses`.
    ListAccess,
    /// Takes an access back; answered by `AccessRevoked`.
    RevokeAccess {
        /// Its number.
        number: u64,
    },
}

/// What the server says: replies, and what happens meanwhile.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum ServerSays {
    /// Let in.
    Joined {
        /// The name, as it is now known.
        name: Nickname,
        /// The user certificate and the user CA's, in DER, leaf first.
        certificates: Vec<Vec<u8>>,
        /// The `seq` of the join: where this device's reading starts.
        cursor: u64,
    },
    /// Everything up to here was delivered; from now on messages come as they happen.
    CaughtUp {
        /// The newest `seq` there is for this reader.
        cursor: u64,
    },
    /// The message is durable.
    Sent(Sent),
    /// A part of the past.
    History {
        /// Oldest first.
        messages: Vec<Message>,
        /// Whether there are more in the direction asked for.
        more: bool,
    },
    /// Who is here.
    Members {
        /// By name.
        members: Vec<Member>,
        /// Whether more names follow.
        more: bool,
    },
    /// An invite for somebody else.
    Invited {
        /// The line to hand on.
        line: String,
        /// Until when it is good, in ms since 1970.
        expires: u64,
    },
    /// Done: that person's access is gone.
    Removed,
    /// A new certificate and the user CA's, in DER, leaf first.
    Renewed {
        /// Leaf first.
        certificates: Vec<Vec<u8>>,
    },
    /// A sign of life.
    Pong,
    /// The request was not done.
    Refused {
        /// Which kind of refusal.
        reason: Refusal,
        /// What exactly, for a person.
        detail: String,
    },
    /// A message, to everyone in its conversation.
    Message {
        /// The message.
        message: Message,
        /// Whether it happened before this connection asked: a bot must not take history as new.
        replayed: bool,
    },
    /// The last word on this connection.
    Closing {
        /// Why.
        reason: Refusal,
        /// What exactly, for a person.
        detail: String,
    },
    /// An access, and the secret that it is used with: said this once, and kept nowhere but hashed.
    AccessGiven {
        /// The access.
        access: Access,
        /// For a token what goes behind `Authorization: Bearer`, for a webhook its URL.
        secret: String,
    },
    /// One's own accesses, in the order of their numbers; ended ones are left out.
    Accesses {
        /// The accesses.
        accesses: Vec<Access>,
    },
    /// Done: the access is gone.
    AccessRevoked,
}

/// A message as its readers get it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Message {
    /// Its place in the server's log: grows, with gaps.
    pub seq: u64,
    /// Its sender's id of it.
    pub id: MessageId,
    /// Who wrote it.
    pub from: Nickname,
    /// Where it went.
    pub to: Conversation,
    /// What it says.
    pub text: Text,
    /// When the server accepted it, in ms since 1970.
    pub at: u64,
    /// The last message its sender saw in that conversation.
    pub seen: Option<Seen>,
    /// Random bytes that hide the text in its commitment.
    pub salt: [u8; 16],
    /// The conversation's chain up to and with this message.
    pub chain: ChainHash,
}

impl Message {
    /// The conversation as `me` names it: a direct message belongs to the other person's.
    #[must_use]
    pub fn conversation(&self, me: &Nickname) -> Conversation {
        match &self.to {
            Conversation::Direct(to) if to == me => Conversation::Direct(self.from.clone()),
            to => to.clone(),
        }
    }

    /// What the chain is after this message, if it was `previous` before it.
    #[must_use]
    pub fn chained_after(&self, previous: &ChainHash) -> ChainHash {
        let header = Header {
            id: &self.id,
            from: &self.from,
            to: &self.to,
            at: self.at,
            seen: self.seen.as_ref(),
        };
        previous.with(&header, &commitment(&self.salt, self.text.as_str()))
    }
}

/// The receipt of a durable message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Sent {
    /// Its place in the server's log.
    pub seq: u64,
    /// When the server accepted it, in ms since 1970.
    pub at: u64,
    /// The salt the server drew for it.
    pub salt: [u8; 16],
    /// The conversation's chain up to and with this message.
    pub chain: ChainHash,
}

/// Somebody who has joined.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Member {
    /// Their name.
    pub name: Nickname,
    /// Whether they may remove others.
    pub admin: bool,
    /// Whether they are connected now.
    pub online: bool,
    /// When they joined, in ms since 1970.
    pub joined: u64,
}

/// Why something was not done. The names are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Refusal {
    /// The frame's content makes no sense.
    Malformed,
    /// The id was used before, for another message.
    IdConflict,
    /// Somebody has, or had, that name.
    NameTaken,
    /// Somebody else joined with that code.
    InviteUsed,
    /// The code's time is over.
    InviteExpired,
    /// There is no such code.
    InviteUnknown,
    /// The proof does not show that the key is the newcomer's own.
    BadProof,
    /// Only members may.
    NotAMember,
    /// Only admins may.
    NotAdmin,
    /// A frame, a text or a number is over its limit.
    TooLarge,
    /// Too much in too short a time.
    RateLimited,
    /// As many connections, members or requests in flight as this server takes.
    Busy,
    /// Nothing was stored: the log cannot be written now.
    Unavailable,
    /// It is not known whether it was stored: say it again with the same id.
    Unknown,
    /// This member's access was taken away.
    Removed,
    /// Nobody has that name.
    NoSuchUser,
    /// There is no such room.
    NoSuchRoom,
    /// This cannot be asked now, or not twice.
    OutOfOrder,
    /// An admin cannot remove the last admin.
    LastAdmin,
    /// The server is going down.
    ShuttingDown,
    /// The token or webhook was not given for that.
    OutOfScope,
    /// One gave no access of that number, or it has ended.
    NoSuchAccess,
    /// The token, webhook or session is not known, or has ended.
    BadAccess,
}

impl Refusal {
    /// Every refusal there is.
    pub const ALL: [Self; 23] = [
        Self::Malformed,
        Self::IdConflict,
        Self::NameTaken,
        Self::InviteUsed,
        Self::InviteExpired,
        Self::InviteUnknown,
        Self::BadProof,
        Self::NotAMember,
        Self::NotAdmin,
        Self::TooLarge,
        Self::RateLimited,
        Self::Busy,
        Self::Unavailable,
        Self::Unknown,
        Self::Removed,
        Self::NoSuchUser,
        Self::NoSuchRoom,
        Self::OutOfOrder,
        Self::LastAdmin,
        Self::ShuttingDown,
        Self::OutOfScope,
        Self::NoSuchAccess,
        Self::BadAccess,
    ];

    /// The stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Malformed => "malformed",
            Self::IdConflict => "id_conflict",
            Self::NameTaken => "name_taken",
            Self::InviteUsed => "invite_used",
            Self::InviteExpired => "invite_expired",
            Self::InviteUnknown => "invite_unknown",
            Self::BadProof => "bad_proof",
            Self::NotAMember => "not_a_member",
            Self::NotAdmin => "not_admin",
            Self::TooLarge => "too_large",
            Self::RateLimited => "rate_limited",
            Self::Busy => "busy",
            Self::Unavailable => "unavailable",
            Self::Unknown => "unknown",
            Self::Removed => "removed",
            Self::NoSuchUser => "no_such_user",
            Self::NoSuchRoom => "no_such_room",
            Self::OutOfOrder => "out_of_order",
            Self::LastAdmin => "last_admin",
            Self::ShuttingDown => "shutting_down",
            Self::OutOfScope => "out_of_scope",
            Self::NoSuchAccess => "no_such_access",
            Self::BadAccess => "bad_access",
        }
    }

    /// Whether the same request may well succeed a little later. A `Send` is always safe to repeat with its id.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        matches!(
            self,
            Self::RateLimited | Self::Busy | Self::Unavailable | Self::Unknown | Self::ShuttingDown
        )
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_have_distinct_snake_case_names() {
        let names: std::collections::BTreeSet<_> = Refusal::ALL.iter().map(|r| r.name()).collect();
        assert_eq!(names.len(), Refusal::ALL.len());
        assert!(
            names
                .iter()
                .all(|n| n.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'))
        );
    }
}
