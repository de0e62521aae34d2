//! What each request does, and what is said when the log has answered.

use nihao_protocol::chat::{
    ClientSays, Code, Conversation, Invite, Member, Message, MessageId, Nickname, Refusal, Request, Seen, Sent,
    ServerSays, Text,
};
use nihao_protocol::crypto::signature::verify_ed25519;
use tokio::io::{AsyncRead, AsyncWrite};

use super::Session;
use super::reading::Reading;
use crate::event::{CodeHash, Event, Place, Verdict, What};
use crate::log::{Appended, LogError, Page, Query};
use crate::state::authorize::Actor;

/// The most messages one `History` reply has.
const HISTORY: u16 = 500;

/// The most names one `Members` reply has.
const NAMES: usize = 1000;

/// How many pages of history are looked up at one time; whoever asks for more waits until these are written.
const PAGES: usize = 4;

/// How many bytes wait to be written before no more requests are taken up.
const UNWRITTEN: usize = 256 * 1024;

/// Something that was waited for.
pub(super) enum Done {
    /// One's own message is in the log, or not.
    Sent(u32, MessageId, Result<Appended, LogError>),
    /// Something else is; the reply to give if it was done.
    Appended(u32, Reply, Result<Appended, LogError>),
    /// A part of the past, for a `History` request.
    History(u32, Result<Page, LogError>),
    /// A part of the past, for this connection's reading.
    Page(Result<Page, LogError>),
}

/// What to say when an event was done.
pub(super) enum Reply {
    Joined(Nickname),
    Invited(Box<Invite>, u64),
    Removed,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Session<S> {
    /// Takes up what was asked, as long as not too much is on its way.
    pub(super) fn take_requests(&mut self) {
        while self.takes_requests()
            && let Some(request) = self.chat.next_event()
        {
            self.take(request);
        }
        // The protocol itself may have closed the session, at a frame that cannot be read.
        if self.chat.is_closed() && self.closed.is_none() {
            self.closed = Some(Refusal::TooLarge);
        }
    }

    /// Whether one more request may be taken up: what its answer needs is memory, for as long as the peer does not read.
    pub(super) fn takes_requests(&self) -> bool {
        self.waiting.len() < self.core.limits.in_flight && self.pages < PAGES && self.chat.pending() < UNWRITTEN
    }

    fn take(&mut self, Request { number, says }: Request) {
        if let Some(me) = &self.me
            && !self.core.users.take(me)
        {
            return self.refuse(number, Refusal::RateLimited);
        }
        let actor = self.me.as_ref().map_or(Actor::Stranger, Actor::Member);
        let now = self.core.clock.now().0;
        let authorized = self.core.log.state().read().authorize(actor, &says, now);
        if let Err(refusal) = authorized {
            return self.refuse(number, refusal);
        }
        match (says, self.me.clone()) {
            (ClientSays::Ping, _) => self.chat.send(Some(number), ServerSays::Pong),
            (
                ClientSays::Join {
                    code,
                    name,
                    public_key,
                    proof,
                },
                None,
            ) => self.join(number, &Code(code), name, public_key, &proof),
            (ClientSays::Resume { after }, Some(_)) if self.reading == Reading::Off => self.resume(number, after),
            (ClientSays::Send { id, to, text, seen }, Some(me)) => self.post(number, me, id, to, text, seen),
            (
                ClientSays::History {
                    conversation,
                    before,
                    after,
                    limit,
                },
                Some(me),
            ) => self.history(number, &Place::of(&me, &conversation), before, after, limit),
            (ClientSays::Who { after }, Some(_)) => self.who(number, after.as_ref()),
            (ClientSays::Invite, Some(me)) => self.invite(number, me),
            (ClientSays::Remove { name }, Some(by)) => {
                let event = self.core.now(What::UserRemoved { by, name });
                self.append(number, Reply::Removed, event);
            }
            (ClientSays::RenewCertificate, Some(me)) => self.renew(number, &me),
            _ => self.refuse(number, Refusal::OutOfOrder),
        }
    }

    fn join(&mut self, number: u32, code: &Code, name: Nickname, public_key: [u8; 32], proof: &[u8; 64]) {
        if !self.core.guesses.has(&self.address) {
            return self.refuse(number, Refusal::RateLimited);
        }
        if verify_ed25519(&public_key, &code.statement(&name), proof).is_err() {
            return self.refuse_join(number, Refusal::BadProof);
        }
        let hash = CodeHash::of(code);
        let now = self.core.clock.now().0;
        let before = {
            let state = self.core.log.state().read();
            let known = state.may_join(&name, &public_key, &hash, now);
            known.map(|user| user.map(|user| (user.joined, user.certificate.clone())))
        };
        match before {
            Err(refusal) => self.refuse_join(number, refusal),
            Ok(Some((cursor, certificate))) => self.welcome(number, name, cursor, certificate),
            Ok(None) => match self.core.issue(&name, &public_key) {
                Err(error) => self.unavailable(number, &error),
                Ok(certificate) => {
                    let event = self.core.now(What::UserJoined {
                        name: name.clone(),
                        public_key,
                        code: hash,
                        certificate,
                    });
                    self.append(number, Reply::Joined(name), event);
                }
            },
        }
    }

    fn post(&mut self, number: u32, from: Nickname, id: MessageId, to: Conversation, text: Text, seen: Option<Seen>) {
        let salt = match self.core.salt() {
            Ok(salt) => salt,
            Err(error) => return self.unavailable(number, &error),
        };
        let event = self.core.now(What::MessagePosted {
            from,
            id,
            to,
            text,
            seen,
            salt,
        });
        self.outbox.expect(id, number);
        let appended = self.core.log.append(event);
        self.waiting
            .push(Box::pin(async move { Done::Sent(number, id, appended.await) }));
    }

    fn history(&mut self, number: u32, place: &Place, before: Option<u64>, after: Option<u64>, limit: u16) {
        let query = Query {
            places: vec![place.clone()],
            after: after.unwrap_or(0),
            before: before.unwrap_or(u64::MAX),
            limit: usize::from(limit.min(HISTORY)),
            newest: after.is_none(),
        };
        let page = self.core.log.messages(query);
        self.pages += 1;
        self.waiting
            .push(Box::pin(async move { Done::History(number, page.await) }));
    }

    fn who(&mut self, number: u32, after: Option<&Nickname>) {
        let here = |(name, user): (&Nickname, &crate::state::User)| Member {
            name: name.clone(),
            admin: user.admin,
            online: self.core.hub.is_online(name),
            joined: user.at,
        };
        let state = self.core.log.state().read();
        let mut users = state.users_after(after).filter(|(_, user)| !user.removed);
        let members = users.by_ref().take(NAMES).map(here).collect();
        let more = users.next().is_some();
        drop(users);
        drop(state);
        self.chat.send(Some(number), ServerSays::Members { members, more });
    }

    fn invite(&mut self, number: u32, me: Nickname) {
        match self.core.new_invite(Some(me)) {
            Err(error) => self.unavailable(number, &error),
            Ok((invite, event)) => {
                let reply = Reply::Invited(Box::new(invite), self.core.invite_expiry());
                self.append(number, reply, event);
            }
        }
    }

    fn renew(&mut self, number: u32, me: &Nickname) {
        match self.core.issue(me, &self.my_key) {
            Err(error) => self.unavailable(number, &error),
            Ok(certificate) => {
                let certificates = self.core.chain_of(certificate);
                self.chat.send(Some(number), ServerSays::Renewed { certificates });
            }
        }
    }

    fn append(&mut self, number: u32, reply: Reply, event: Event) {
        let appended = self.core.log.append(event);
        self.waiting
            .push(Box::pin(async move { Done::Appended(number, reply, appended.await) }));
    }

    /// Says what came of something that was waited for.
    pub(super) fn finish(&mut self, done: Done) {
        match done {
            Done::Sent(number, id, result) => self.finish_send(number, id, result),
            Done::Appended(number, reply, result) => match result {
                Ok(appended) => self.finish_append(number, reply, appended.verdict),
                Err(error) => self.log_failed(number, &error),
            },
            Done::History(number, page) => {
                self.pages -= 1;
                match page {
                    Ok(Page { messages, more }) => {
                        self.chat.send(Some(number), ServerSays::History { messages, more });
                    }
                    Err(error) => self.log_failed(number, &error),
                }
            }
            Done::Page(page) => self.take_page(page),
        }
    }

    fn finish_send(&mut self, number: u32, id: MessageId, result: Result<Appended, LogError>) {
        if self.outbox.was_receipted(number) {
            return;
        }
        if let (Reading::Live { delivered }, Ok(appended)) = (self.reading, &result)
            && let Verdict::Posted(message) = &appended.verdict
            && !appended.repeated
            && appended.seq > delivered
            && self.outbox.hold(id, number, receipt(message))
        {
            return;
        }
        self.outbox.forget(id, number);
        match result {
            Ok(Appended {
                verdict: Verdict::Posted(message),
                ..
            }) => self.chat.send(Some(number), receipt(&message)),
            Ok(Appended {
                verdict: Verdict::Refused(refusal),
                ..
            }) => self.refuse(number, refusal),
            Ok(_) => self.refuse(number, Refusal::Malformed),
            Err(error) => self.log_failed(number, &error),
        }
    }

    fn finish_append(&mut self, number: u32, reply: Reply, verdict: Verdict) {
        match (verdict, reply) {
            (Verdict::Refused(refusal), Reply::Joined(_)) => self.refuse_join(number, refusal),
            (Verdict::Refused(refusal), _) => self.refuse(number, refusal),
            (Verdict::Joined { cursor, certificate }, Reply::Joined(name)) => {
                self.welcome(number, name, cursor, certificate);
            }
            (_, Reply::Invited(invite, expires)) => {
                let line = invite.to_string();
                self.chat.send(Some(number), ServerSays::Invited { line, expires });
            }
            (_, Reply::Removed) => self.chat.send(Some(number), ServerSays::Removed),
            (_, Reply::Joined(_)) => self.refuse(number, Refusal::Unknown),
        }
    }

    fn welcome(&mut self, number: u32, name: Nickname, cursor: u64, certificate: Vec<u8>) {
        let says = ServerSays::Joined {
            name,
            certificates: self.core.chain_of(certificate),
            cursor,
        };
        self.chat.send(Some(number), says);
    }

    /// Refuses a join. Whoever knows a code is no guesser, even if it does not help them.
    fn refuse_join(&mut self, number: u32, refusal: Refusal) {
        if matches!(refusal, Refusal::InviteUnknown | Refusal::BadProof) {
            self.core.guesses.take(&self.address);
        }
        self.refuse(number, refusal);
    }

    fn refuse(&mut self, number: u32, refusal: Refusal) {
        self.chat.refuse(number, refusal, explained(refusal));
    }

    fn log_failed(&mut self, number: u32, error: &LogError) {
        self.chat.refuse(number, error.refusal(), error.to_string());
    }

    fn unavailable(&mut self, number: u32, error: &dyn std::error::Error) {
        self.chat.refuse(number, Refusal::Unavailable, error.to_string());
    }
}

/// The receipt of a message.
pub(super) fn receipt(message: &Message) -> ServerSays {
    ServerSays::Sent(Sent {
        seq: message.seq,
        at: message.at,
        salt: message.salt,
        chain: message.chain,
    })
}

/// What a person is told beside a refusal's name.
pub(super) const fn explained(refusal: Refusal) -> &'static str {
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
    }
}
