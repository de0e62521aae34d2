//! What one connection has been given of what it may see: from the history first, then from its mailbox.

use std::collections::VecDeque;
use std::sync::Arc;

use nihao_protocol::chat::{Message, ServerSays};
use tokio::io::{AsyncRead, AsyncWrite};

use super::Session;
use super::requests::Done;
use crate::command::receipt;
use crate::event::{Entry, delivery};
use crate::log::{LogError, Page};
use crate::mailbox::Mail;

/// How many messages one step of a replay takes.
const PAGE: usize = 256;

/// How far this connection's reading is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// It did not ask for messages.
    Off,
    /// It is given the history after `delivered`, page by page.
    Behind {
        /// Up to here it has everything.
        delivered: u64,
        /// The request to answer with `CaughtUp`; none if the mailbox lost something.
        request: Option<u32>,
        /// The newest entry when the mailbox was opened; none while it is closed.
        opened_at: Option<u64>,
    },
    /// It has everything up to `delivered`, and what comes goes to the mailbox.
    Live {
        /// Up to here it has everything.
        delivered: u64,
    },
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Session<S> {
    /// Starts reading after a cursor.
    pub(super) fn resume(&mut self, request: u32, after: u64) {
        // A cursor ahead of the log means that the server lost something: `CaughtUp` will say where it stands.
        let delivered = after.min(self.core.log.recent().head());
        self.fall_behind(delivered, Some(request));
    }

    fn fall_behind(&mut self, delivered: u64, request: Option<u32>) {
        self.reading = Reading::Behind {
            delivered,
            request,
            opened_at: None,
        };
        self.ask_for_page();
    }

    /// Asks the log for the next page of what this reader may see.
    fn ask_for_page(&mut self) {
        let (Reading::Behind { delivered, .. }, Some(me)) = (self.reading, &self.me) else {
            return;
        };
        let query = self.core.news(me, delivered, PAGE);
        if query.places.is_empty() {
            return self.take_page(Ok(Page::default()));
        }
        let page = self.core.log.messages(query);
        self.waiting.push(Box::pin(async move { Done::Page(page.await) }));
    }

    /// Delivers a page, then goes on: with the next one, with the last look after opening the mailbox, or with the mailbox.
    pub(super) fn take_page(&mut self, page: Result<Page, LogError>) {
        let Reading::Behind {
            delivered,
            request,
            opened_at,
        } = self.reading
        else {
            return;
        };
        if self.draining {
            return;
        }
        let page = match page {
            Ok(page) => page,
            Err(error) => return self.close(error.refusal(), &error.to_string()),
        };
        page.messages
            .iter()
            .for_each(|message| self.replay(message, request.is_some()));
        let last = page.messages.last().map_or(delivered, |message| message.seq);
        let (last, opened_at) = match opened_at {
            Some(head) if !page.more => return self.go_live(last.max(head), request),
            Some(head) => (last, Some(head)),
            None if page.more => (last, None),
            // Opened before the last look: what happens after that look is in the mailbox.
            None => {
                self.presence.mailbox.open();
                (last, Some(self.core.log.recent().head()))
            }
        };
        self.reading = Reading::Behind {
            delivered: last,
            request,
            opened_at,
        };
        self.ask_for_page();
    }

    fn go_live(&mut self, delivered: u64, request: Option<u32>) {
        self.reading = Reading::Live { delivered };
        if request.is_some() {
            self.chat.send(request, ServerSays::CaughtUp { cursor: delivered });
        }
        self.take_mail();
    }

    fn replay(&mut self, message: &Message, replayed: bool) {
        self.chat.send_encoded(&delivery(message, replayed));
    }

    /// Looks into the mailbox.
    pub(super) fn take_mail(&mut self) {
        match (self.presence.mailbox.dismissal(), self.reading) {
            (Some(dismissal), _) => self.end(&dismissal),
            (None, Reading::Live { delivered }) => match self.presence.mailbox.take() {
                Mail::Entries(entries) => self.hand_over(delivered, &entries),
                Mail::Overflowed => {
                    for (request, receipt) in self.outbox.release() {
                        self.chat.send(Some(request), receipt);
                    }
                    self.fall_behind(delivered, None);
                }
            },
            (None, Reading::Off | Reading::Behind { .. }) => {}
        }
    }

    fn hand_over(&mut self, mut delivered: u64, entries: &VecDeque<Arc<Entry>>) {
        // The last look at the history may have given some of them already.
        for entry in entries.iter().filter(|entry| entry.seq > delivered) {
            let own = entry
                .message()
                .filter(|message| Some(&message.from) == self.me.as_ref());
            match own.and_then(|message| Some((message, self.outbox.receipted(message.id)?))) {
                Some((message, request)) => self.chat.send(Some(request), receipt(message)),
                None => self.chat.send_encoded(entry.frame()),
            }
        }
        delivered = entries.back().map_or(delivered, |entry| entry.seq.max(delivered));
        self.reading = Reading::Live { delivered };
    }
}
