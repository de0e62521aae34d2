//! What happened: the entries of the log, and what each came to.

use std::fmt;
use std::sync::OnceLock;

use nihao_protocol::chat::frame::{self, FromServer};
use nihao_protocol::chat::{
    AccessUse, Code, Conversation, Message, MessageId, Nickname, Refusal, RoomName, Seen, ServerSays, Text,
};
use nihao_protocol::crypto::hash::HashAlgorithm;

/// Something somebody did, and when, in ms since 1970.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When the server took it up.
    pub at: u64,
    /// What was done.
    pub what: What,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A newcomer showed a code.
    UserJoined {
        /// The name wanted.
        name: Nickname,
        /// What the newcomer joins with.
        device: Device,
        /// Which invite.
        code: CodeHash,
    },
    /// An admin took somebody's access away.
    UserRemoved {
        /// Who did.
        by: Nickname,
        /// Whose.
        name: Nickname,
    },
    /// Somebody may let one person in. Without `by` it is the invite of the first user.
    InviteCreated {
        /// Who may.
        by: Option<Nickname>,
        /// The code, hashed.
        code: CodeHash,
        /// Until when it is good, in ms since 1970.
        expires: u64,
    },
    /// Somebody gave access beside their device's key.
    AccessGiven {
        /// Who.
        by: Nickname,
        /// The secret it is used with, hashed.
        secret: SecretHash,
        /// What for.
        use_for: AccessUse,
        /// Until when, in ms since 1970.
        expires: Option<u64>,
    },
    /// Somebody took an access back.
    AccessRevoked {
        /// Who.
        by: Nickname,
        /// Which: the `seq` at which it was given.
        number: u64,
    },
    /// Somebody said something.
    MessagePosted {
        /// Who.
        from: Nickname,
        /// The sender's id of it.
        id: MessageId,
        /// Where.
        to: Conversation,
        /// What.
        text: Text,
        /// What the sender saw last there.
        seen: Option<Seen>,
        /// Random bytes that hide the text in its commitment.
        salt: [u8; 16],
    },
}

/// What somebody joins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Device {
    /// A machine with a key of its own.
    Native {
        /// Its Ed25519 key.
        public_key: [u8; 32],
        /// The user certificate made for the name and the key, in DER; handed out only if the join holds.
        certificate: Vec<u8>,
    },
    /// A browser, which keeps no key. It is let in by sessions.
    Browser {
        /// The attempt to join, by which it is known again if the answer was lost.
        attempt: AttemptHash,
    },
}

/// What a device is known again by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// A machine's Ed25519 key.
    Key([u8; 32]),
    /// A browser's attempt to join.
    Attempt(AttemptHash),
}

impl Device {
    /// What it is known again by.
    #[must_use]
    pub const fn mark(&self) -> Mark {
        match self {
            Self::Native { public_key, .. } => Mark::Key(*public_key),
            Self::Browser { attempt } => Mark::Attempt(*attempt),
        }
    }
}

/// What a page drew for its attempt to join, 32 random bytes, as it is stored: hashed, so that who reads the disk cannot repeat it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AttemptHash(pub [u8; 32]);

impl AttemptHash {
    /// The hash of an attempt.
    #[must_use]
    pub fn of(attempt: &[u8; 32]) -> Self {
        let digest = HashAlgorithm::Sha256.hash(&[b"nihao/1 attempt\0".as_slice(), attempt].concat());
        let mut hash = [0; 32];
        hash.copy_from_slice(digest.as_bytes());
        Self(hash)
    }
}

impl fmt::Debug for AttemptHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AttemptHash({:02x}{:02x}…)", self.0[0], self.0[1])
    }
}

/// An invite's code as it is stored: hashed, so that who reads the disk cannot join.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct CodeHash(pub [u8; 32]);

impl CodeHash {
    /// The hash of a code.
    #[must_use]
    pub fn of(code: &Code) -> Self {
        let digest = HashAlgorithm::Sha256.hash(&[b"nihao/1 code\0".as_slice(), &code.0].concat());
        let mut hash = [0; 32];
        hash.copy_from_slice(digest.as_bytes());
        Self(hash)
    }
}

impl fmt::Debug for CodeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CodeHash({:02x}{:02x}…)", self.0[0], self.0[1])
    }
}

/// The secret of a token, webhook or session as it is stored: hashed, so that who reads the disk cannot use it. A secret has 256 bits of
/// randomness, so a plain hash is enough.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecretHash(pub [u8; 32]);

impl SecretHash {
    /// The hash of a secret.
    #[must_use]
    pub fn of(secret: &[u8; 32]) -> Self {
        let digest = HashAlgorithm::Sha256.hash(&[b"nihao/1 access\0".as_slice(), secret].concat());
        let mut hash = [0; 32];
        hash.copy_from_slice(digest.as_bytes());
        Self(hash)
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretHash({:02x}{:02x}…)", self.0[0], self.0[1])
    }
}

/// What an event came to when it was applied at its place in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The newcomer is in. A repeated join has the first one's `seq` and device.
    Joined {
        /// Where the newcomer's reading starts.
        cursor: u64,
        /// What they joined with.
        device: Device,
    },
    /// It was done; there is nothing more to say.
    Done,
    /// The message is in the history.
    Posted(Box<Message>),
    /// It was not done.
    Refused(Refusal),
}

/// One place in the log: an event and its verdict, shared by everyone who hears of it.
#[derive(Debug)]
pub struct Entry {
    /// Its place: grows, with gaps.
    pub seq: u64,
    /// What was done.
    pub event: Event,
    /// What it came to.
    pub verdict: Verdict,
    frame: OnceLock<Vec<u8>>,
}

impl Entry {
    /// An entry at its place.
    #[must_use]
    pub const fn new(seq: u64, event: Event, verdict: Verdict) -> Self {
        Self {
            seq,
            event,
            verdict,
            frame: OnceLock::new(),
        }
    }

    /// The message, if the event is one and it was posted.
    #[must_use]
    pub fn message(&self) -> Option<&Message> {
        match &self.verdict {
            Verdict::Posted(message) => Some(message),
            _ => None,
        }
    }

    /// About how many bytes of memory it takes: its text stands in the event, in the message and in the frame.
    #[must_use]
    pub fn weight(&self) -> usize {
        let text = self.message().map_or(0, |message| message.text.as_str().len());
        text.saturating_mul(3).saturating_add(768)
    }

    /// About how many bytes its delivery has.
    #[must_use]
    pub fn delivered_bytes(&self) -> usize {
        let text = self.message().map_or(0, |message| message.text.as_str().len());
        text.saturating_add(256)
    }

    /// The frame that delivers the message as it happens: encoded once, shared by all its readers. Empty for other events.
    #[must_use]
    pub fn frame(&self) -> &[u8] {
        self.frame.get_or_init(|| match &self.verdict {
            Verdict::Posted(message) => delivery(message, false),
            _ => Vec::new(),
        })
    }
}

/// The frame that delivers a message. A message is far smaller than a frame may be, so it always fits.
#[must_use]
pub fn delivery(message: &Message, replayed: bool) -> Vec<u8> {
    let says = ServerSays::Message {
        message: message.clone(),
        replayed,
    };
    frame::encode::<FromServer>(&(None, says)).unwrap_or_default()
}

/// A conversation as the server names it, the same for both ends of a direct one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A room.
    Room(RoomName),
    /// Two people, in the order of their names; the same name twice is a person's notes.
    Pair(Nickname, Nickname),
}

impl Place {
    /// Where something lands that `from` sends to `to`.
    #[must_use]
    pub fn of(from: &Nickname, to: &Conversation) -> Self {
        match to {
            Conversation::Room(room) => Self::Room(room.clone()),
            Conversation::Direct(to) if to < from => Self::Pair(to.clone(), from.clone()),
            Conversation::Direct(to) => Self::Pair(from.clone(), to.clone()),
        }
    }

    /// The room that everyone is in.
    #[must_use]
    pub fn general() -> Self {
        Self::Room(RoomName::general())
    }

    /// Reads what `Display` wrote.
    #[must_use]
    pub fn parse(written: &str) -> Option<Self> {
        if let Some(room) = written.strip_prefix('#') {
            return RoomName::parse(room).ok().map(Self::Room);
        }
        let (one, other) = written.strip_prefix('@')?.split_once('@')?;
        Some(Self::Pair(Nickname::parse(one).ok()?, Nickname::parse(other).ok()?))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Room(room) => write!(f, "{room}"),
            Self::Pair(one, other) => write!(f, "@{one}@{other}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_of_a_direct_conversation_name_one_place() {
        let (alice, bob) = (Nickname::parse("alice").unwrap(), Nickname::parse("bob").unwrap());
        let there = Place::of(&alice, &Conversation::Direct(bob.clone()));
        assert_eq!(there, Place::of(&bob, &Conversation::Direct(alice)));
        assert_eq!(there.to_string(), "@alice@bob");
        for place in [there, Place::general()] {
            assert_eq!(Place::parse(&place.to_string()), Some(place));
        }
    }
}
