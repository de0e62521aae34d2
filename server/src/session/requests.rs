//! How requests are taken up, and how their answers are said when the log has answered.

use std::sync::Arc;

use nihao_protocol::chat::{MessageId, Refusal, Request, ServerSays};
use tokio::io::{AsyncRead, AsyncWrite};

use super::Session;
use super::reading::Reading;
use crate::command::{Asker, Plan, Refused, Reply, posted, receipt};
use crate::event::Verdict;
use crate::log::{Appended, LogError, Page};
use crate::state::authorize::Actor;

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
        let core = Arc::clone(&self.core);
        let asker = Asker {
            actor: self.me.as_ref().map_or(Actor::Stranger, Actor::Member),
            address: self.address,
            key: self.me.is_some().then_some(self.my_key),
        };
        match core.plan(asker, says) {
            Err(refused) => self.refuse(number, refused),
            Ok(Plan::Answer(says)) => self.chat.send(Some(number), says),
            Ok(Plan::Read(after)) if self.reading == Reading::Off => self.resume(number, after),
            Ok(Plan::Read(_)) => self.refuse(number, Refusal::OutOfOrder),
            Ok(Plan::Post(id, event)) => {
                self.outbox.expect(id, number);
                let appended = self.core.log.append(event);
                self.waiting
                    .push(Box::pin(async move { Done::Sent(number, id, appended.await) }));
            }
            Ok(Plan::Append(event, reply)) => {
                let appended = self.core.log.append(event);
                self.waiting
                    .push(Box::pin(async move { Done::Appended(number, reply, appended.await) }));
            }
            Ok(Plan::Look(query)) => {
                let page = self.core.log.messages(query);
                self.pages += 1;
                self.waiting
                    .push(Box::pin(async move { Done::History(number, page.await) }));
            }
        }
    }

    /// Says what came of something that was waited for.
    pub(super) fn finish(&mut self, done: Done) {
        match done {
            Done::Sent(number, id, result) => self.finish_send(number, id, result),
            Done::Appended(number, reply, result) => match result {
                Ok(appended) => {
                    let concluded = self.core.conclude(self.address, reply, appended);
                    self.answer(number, concluded);
                }
                Err(error) => self.refuse(number, Refused::from(&error)),
            },
            Done::History(number, page) => {
                self.pages -= 1;
                let answer = page.map(|Page { messages, more }| ServerSays::History { messages, more });
                self.answer(number, answer.map_err(|error| Refused::from(&error)));
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
        let answer = result.map_err(|error| Refused::from(&error));
        self.answer(number, answer.and_then(|appended| posted(&appended)));
    }

    fn answer(&mut self, number: u32, answer: Result<ServerSays, Refused>) {
        match answer {
            Ok(says) => self.chat.send(Some(number), says),
            Err(refused) => self.refuse(number, refused),
        }
    }

    pub(super) fn refuse(&mut self, number: u32, refused: impl Into<Refused>) {
        let Refused { reason, detail } = refused.into();
        self.chat.refuse(number, reason, detail);
    }
}
