//! What a request comes to, whoever asks and however: native frames and HTTP carry out the same commands.
//!
//! [`Core::plan`] decides, and does nothing: what must be appended to the log, looked up in it, or can be answered at once. Who
//! carries it out says it back in its own way.

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use nihao_protocol::chat::{
    Access, AccessUse, ClientSays, Code, Conversation, Invite, Member, Message, MessageId, Nickname, Refusal, Seen,
    Sent, ServerSays, Text,
};
use nihao_protocol::crypto::signature::verify_ed25519;

use crate::core::Core;
use crate::event::{CodeHash, Device, Event, Mark, Place, SecretHash, Verdict, What};
use crate::log::{Appended, LogError, Page, Query};
use crate::state::authorize::Actor;

/// The most messages one `History` reply has.
const HISTORY: u16 = 500;

/// The most names one `Members` reply has.
const NAMES: usize = 1000;

/// The longest an access may be given for, in seconds: a hundred years. For longer there is "until revoked".
pub(crate) const LONGEST_ACCESS: u64 = 100 * 365 * 86_400;

/// What every token begins with, so that people and scanners know one when they see it.
pub(crate) const TOKEN_PREFIX: &str = "nihao_";

/// Who asks, and from where.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asker<'a> {
    pub(crate) actor: Actor<'a>,
    pub(crate) address: IpAddr,
    /// The key that the connection proved.
    pub(crate) key: Option<[u8; 32]>,
}

/// What is to be done.
pub(crate) enum Plan {
    /// Nothing but this to say.
    Answer(ServerSays),
    /// An event for the log; what to say when it was done.
    Append(Event, Reply),
    /// A message for the log, by its sender's id.
    Post(MessageId, Event),
    /// A part of the past to look up.
    Look(Query),
    /// All messages after this one, and those to come.
    Read(u64),
}

/// What a request came to.
pub(crate) struct Answered {
    pub(crate) says: ServerSays,
    /// Whether the message was posted before, under the same id.
    pub(crate) is_repeated: bool,
}

/// What to say when an event was done.
pub(crate) enum Reply {
    Joined(Nickname),
    Invited(Box<Invite>, u64),
    Removed,
    AccessGiven(Box<Access>, [u8; 32]),
    AccessRevoked,
}

/// Why something is not done, and what to tell a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) reason: Refusal,
    pub(crate) detail: String,
}

impl From<Refusal> for Refused {
    fn from(reason: Refusal) -> Self {
        Self {
            reason,
            detail: String::from(explained(reason)),
        }
    }
}

impl From<&LogError> for Refused {
    fn from(error: &LogError) -> Self {
        Self {
            reason: error.refusal(),
            detail: error.to_string(),
        }
    }
}

impl Refused {
    pub(crate) fn unavailable(error: &dyn std::error::Error) -> Self {
        Self {
            reason: Refusal::Unavailable,
            detail: error.to_string(),
        }
    }
}

impl Core {
    /// Decides what a request comes to. Every request passes here, and by [`State::authorize`](crate::state::State::authorize).
    pub(crate) fn plan(&self, asker: Asker<'_>, says: ClientSays) -> Result<Plan, Refused> {
        if let Some(name) = asker.actor.name()
            && !self.users.take(name)
        {
            return Err(Refusal::RateLimited.into());
        }
        let now = self.clock.now().0;
        self.log.state().read().authorize(asker.actor, &says, now)?;
        match (says, asker.actor.name()) {
            (ClientSays::Ping, _) => Ok(Plan::Answer(ServerSays::Pong)),
            (
                ClientSays::Join {
                    code,
                    name,
                    public_key,
                    proof,
                },
                None,
            ) => self.plan_join(asker.address, &Code(code), name, public_key, &proof),
            (ClientSays::Resume { after }, Some(_)) => Ok(Plan::Read(after)),
            (ClientSays::Send { id, to, text, seen }, Some(me)) => self.plan_post(me.clone(), id, to, text, seen),
            (
                ClientSays::History {
                    conversation,
                    before,
                    after,
                    limit,
                },
                Some(me),
            ) => Ok(Plan::Look(Query {
                places: vec![Place::of(me, &conversation)],
                after: after.unwrap_or(0),
                before: before.unwrap_or(u64::MAX),
                limit: usize::from(limit.min(HISTORY)),
                newest: after.is_none(),
            })),
            (ClientSays::Who { after }, Some(_)) => Ok(Plan::Answer(self.members(after.as_ref()))),
            (ClientSays::Invite, Some(me)) => self.plan_invite(me),
            (ClientSays::Remove { name }, Some(by)) => {
                let event = self.now(What::UserRemoved { by: by.clone(), name });
                Ok(Plan::Append(event, Reply::Removed))
            }
            (ClientSays::NewAccess { use_for, lifetime }, Some(me)) => self.plan_access(me, use_for, lifetime),
            (ClientSays::ListAccess, Some(me)) => Ok(Plan::Answer(ServerSays::Accesses {
                accesses: self.log.state().read().accesses_of(me, now),
            })),
            (ClientSays::RevokeAccess { number }, Some(me)) => {
                let by = me.clone();
                Ok(Plan::Append(
                    self.now(What::AccessRevoked { by, number }),
                    Reply::AccessRevoked,
                ))
            }
            (ClientSays::RenewCertificate, Some(me)) => self.plan_renewal(me, asker.key),
            _ => Err(Refusal::OutOfOrder.into()),
        }
    }

    /// Carries a request out to its answer, for callers that wait for it.
    pub(crate) async fn carry_out(&self, asker: Asker<'_>, says: ClientSays) -> Result<Answered, Refused> {
        let address = asker.address;
        let failed = |error: LogError| Refused::from(&error);
        let mut is_repeated = false;
        let says = match self.plan(asker, says)? {
            Plan::Answer(says) => says,
            Plan::Read(_) => return Err(Refusal::OutOfOrder.into()),
            Plan::Look(query) => {
                let Page { messages, more } = self.log.messages(query).await.map_err(failed)?;
                ServerSays::History { messages, more }
            }
            Plan::Post(_, event) => {
                let appended = self.log.append(event).await.map_err(failed)?;
                is_repeated = appended.repeated;
                posted(&appended)?
            }
            Plan::Append(event, reply) => {
                let appended = self.log.append(event).await.map_err(failed)?;
                self.conclude(address, reply, appended)?
            }
        };
        Ok(Answered { says, is_repeated })
    }

    /// What is said of an event once it has its place in the log.
    pub(crate) fn conclude(&self, address: IpAddr, reply: Reply, appended: Appended) -> Result<ServerSays, Refused> {
        match (appended.verdict, reply) {
            (Verdict::Refused(refusal), Reply::Joined(_)) => Err(self.refuse_join(address, refusal)),
            (Verdict::Refused(refusal), _) => Err(refusal.into()),
            (Verdict::Joined { cursor, device }, Reply::Joined(name)) => self.welcome(name, cursor, device),
            (_, Reply::Invited(invite, expires)) => Ok(ServerSays::Invited {
                line: invite.to_string(),
                expires,
            }),
            (_, Reply::Removed) => Ok(ServerSays::Removed),
            (_, Reply::AccessGiven(access, secret)) => Ok(ServerSays::AccessGiven {
                secret: self.spell(&access.use_for, &secret),
                access: Access {
                    number: appended.seq,
                    ..*access
                },
            }),
            (_, Reply::AccessRevoked) => Ok(ServerSays::AccessRevoked),
            (_, Reply::Joined(_)) => Err(Refusal::Unknown.into()),
        }
    }

    fn plan_join(
        &self,
        address: IpAddr,
        code: &Code,
        name: Nickname,
        public_key: [u8; 32],
        proof: &[u8; 64],
    ) -> Result<Plan, Refused> {
        if !self.guesses.has(&address) {
            return Err(Refusal::RateLimited.into());
        }
        if verify_ed25519(&public_key, &code.statement(&name), proof).is_err() {
            return Err(self.refuse_join(address, Refusal::BadProof));
        }
        let hash = CodeHash::of(code);
        let now = self.clock.now().0;
        let before = {
            let state = self.log.state().read();
            let known = state.may_join(&name, &Mark::Key(public_key), &hash, now);
            known.map(|user| user.map(|user| (user.joined, user.device.clone())))
        };
        match before {
            Err(refusal) => Err(self.refuse_join(address, refusal)),
            Ok(Some((cursor, device))) => Ok(Plan::Answer(self.welcome(name, cursor, device)?)),
            Ok(None) => {
                let made = self.issue(&name, &public_key);
                let device = Device::Native {
                    public_key,
                    certificate: made.map_err(|error| Refused::unavailable(&error))?,
                };
                let event = self.now(What::UserJoined {
                    name: name.clone(),
                    device,
                    code: hash,
                });
                Ok(Plan::Append(event, Reply::Joined(name)))
            }
        }
    }

    fn plan_post(
        &self,
        from: Nickname,
        id: MessageId,
        to: Conversation,
        text: Text,
        seen: Option<Seen>,
    ) -> Result<Plan, Refused> {
        let salt = self.salt().map_err(|error| Refused::unavailable(&error))?;
        let event = self.now(What::MessagePosted {
            from,
            id,
            to,
            text,
            seen,
            salt,
        });
        Ok(Plan::Post(id, event))
    }

    fn plan_invite(&self, me: &Nickname) -> Result<Plan, Refused> {
        let made = self.new_invite(Some(me.clone()));
        let (invite, event) = made.map_err(|error| Refused::unavailable(&error))?;
        let reply = Reply::Invited(Box::new(invite), self.invite_expiry());
        Ok(Plan::Append(event, reply))
    }

    fn plan_access(&self, me: &Nickname, use_for: AccessUse, lifetime: Option<u64>) -> Result<Plan, Refused> {
        if lifetime.is_some_and(|seconds| seconds == 0 || seconds > LONGEST_ACCESS) {
            return Err(Refusal::Malformed.into());
        }
        let secret = self.secret().map_err(|error| Refused::unavailable(&error))?;
        let now = self.clock.now();
        let access = Access {
            number: 0, // where it comes to stand in the log
            use_for: use_for.clone(),
            given: now.0,
            expires: lifetime.map(|seconds| now.plus_seconds(seconds).0),
        };
        let event = self.now(What::AccessGiven {
            by: me.clone(),
            secret: SecretHash::of(&secret),
            use_for,
            expires: access.expires,
        });
        Ok(Plan::Append(event, Reply::AccessGiven(Box::new(access), secret)))
    }

    /// A secret as it is handed out: a token, or a webhook's URL.
    fn spell(&self, use_for: &AccessUse, secret: &[u8; 32]) -> String {
        let secret = URL_SAFE_NO_PAD.encode(secret);
        match use_for {
            AccessUse::Token { .. } => format!("{TOKEN_PREFIX}{secret}"),
            AccessUse::Browser => secret,
            AccessUse::Webhook { .. } => {
                let door = self.door();
                format!("https://{}:{}/v1/hooks/{secret}", bracketed(&door.host), door.port)
            }
        }
    }

    fn plan_renewal(&self, me: &Nickname, key: Option<[u8; 32]>) -> Result<Plan, Refused> {
        let key = key.ok_or(Refusal::OutOfOrder)?;
        let certificate = self.issue(me, &key).map_err(|error| Refused::unavailable(&error))?;
        Ok(Plan::Answer(ServerSays::Renewed {
            certificates: self.chain_of(certificate),
        }))
    }

    fn members(&self, after: Option<&Nickname>) -> ServerSays {
        let here = |(name, user): (&Nickname, &crate::state::User)| Member {
            name: name.clone(),
            admin: user.admin,
            online: self.hub.is_online(name),
            joined: user.at,
        };
        let state = self.log.state().read();
        let mut users = state.users_after(after).filter(|(_, user)| !user.removed);
        ServerSays::Members {
            members: users.by_ref().take(NAMES).map(here).collect(),
            more: users.next().is_some(),
        }
    }

    fn welcome(&self, name: Nickname, cursor: u64, device: Device) -> Result<ServerSays, Refused> {
        let Device::Native { certificate, .. } = device else {
            return Err(Refusal::Unknown.into());
        };
        Ok(ServerSays::Joined {
            name,
            certificates: self.chain_of(certificate),
            cursor,
        })
    }

    /// Refuses a join. Whoever knows a code is no guesser, even if it does not help them.
    pub(crate) fn refuse_join(&self, address: IpAddr, refusal: Refusal) -> Refused {
        if matches!(refusal, Refusal::InviteUnknown | Refusal::BadProof) {
            self.guesses.take(&address);
        }
        refusal.into()
    }
}

/// An IPv6 address as a URL has it (RFC 3986 §3.2.2).
fn bracketed(host: &str) -> String {
    if host.contains(':') {
        format!("[{host}]")
    } else {
        String::from(host)
    }
}

/// What is said of a message once it has its place in the log.
pub(crate) fn posted(appended: &Appended) -> Result<ServerSays, Refused> {
    match &appended.verdict {
        Verdict::Posted(message) => Ok(receipt(message)),
        Verdict::Refused(refusal) => Err((*refusal).into()),
        Verdict::Joined { .. } | Verdict::Done => Err(Refusal::Malformed.into()),
    }
}

/// The receipt of a message.
pub(crate) fn receipt(message: &Message) -> ServerSays {
    ServerSays::Sent(Sent {
        seq: message.seq,
        at: message.at,
        salt: message.salt,
        chain: message.chain,
    })
}

/// What a person is told beside a refusal's name.
pub(crate) const fn explained(refusal: Refusal) -> &'static str {
    match refusal {
        Refusal::Malformed => "the request makes no sense",
        Refusal::IdConflict => "you used this id before, for another message",
        Refusal::NameTaken => "somebody has that name, or had it, or this key has joined under another name",
        Refusal::InviteUsed => "somebody joined with this invite; each is good for one person",
        Refusal::InviteExpired => "this invite's time is over; ask for a new one",
        Refusal::InviteUnknown => "this server gave no such invite, or a newer one replaced it",
        Refusal::BadProof => "the signature does not fit the key, the code and the name",
        Refusal::NotAMember => "only members may; join with an invite first",
        Refusal::NotAdmin => "only admins may",
        Refusal::TooLarge => "that is over a limit",
        Refusal::RateLimited => "too much in too short a time; wait a moment",
        Refusal::Busy => "the server has as many of these as it takes; wait a moment",
        Refusal::Unavailable => "nothing was stored; try again later",
        Refusal::Unknown => "it is not known whether it was stored; say it again with the same id",
        Refusal::Removed => "an admin took your access away",
        Refusal::NoSuchUser => "nobody here has that name",
        Refusal::NoSuchRoom => "there is no such room",
        Refusal::OutOfOrder => "this cannot be asked now, or not twice",
        Refusal::LastAdmin => "the last admin cannot be removed",
        Refusal::ShuttingDown => "the server is going down",
        Refusal::OutOfScope => "the token or webhook was not given for that",
        Refusal::NoSuchAccess => "you gave no access of that number, or it has ended",
        Refusal::BadAccess => "the token, webhook or session is not known here, or has ended",
    }
}
