//! What one member may see, as it happens, for as long as they may: what server-sent events and WebSockets are made of.
//!
//! [`Follower::open`] asks whether whoever shows that access may read, [`Follower::next`] gives one thing after the other and
//! may be dropped and called again at any time. It ends by itself, with the reason to tell: `removed` or `shutting_down` as the hub
//! says it, `bad_access` as soon as the access it was opened with is revoked (the hub hears of it from the log) or over (a
//! deadline). A connection that sends, too, asks by the same [`Who`]: [`Who::ask`] refuses once the access has ended.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use nihao_protocol::chat::{Message, Nickname, Refusal};

use super::problem::Problem;
use super::who::Who;
use crate::core::Core;
use crate::hub::Presence;
use crate::mailbox::Mail;

/// How many messages one step of a replay takes.
const PAGE: usize = 256;

/// What a follower hears.
#[derive(Debug)]
pub(super) enum News {
    /// A message, old or new.
    Message(Message),
    /// Said once: whatever there was up to that place was given; what follows happens now.
    CaughtUp {
        /// Where to go on after this.
        cursor: u64,
    },
}

/// What one member may see, in the order of the log, from a place on and for as long as they may.
pub(super) struct Follower {
    core: Arc<Core>,
    me: Nickname,
    presence: Presence,
    /// When the access it was opened with is over, in ms since 1970.
    expires: Option<u64>,
    /// Up to here everything was given.
    delivered: u64,
    ready: VecDeque<Message>,
    /// Whether the mailbox has all there is after `delivered`.
    is_live: bool,
    has_caught_up: bool,
}

impl Follower {
    /// Everything they may see after `after`; without it, from now on.
    pub(super) fn open(who: &Who, after: Option<u64>) -> Result<Self, Problem> {
        let core = Arc::clone(who.core());
        let head = core.log.recent().head();
        let delivered = after.unwrap_or(head).min(head);
        let reader = who.may_follow(delivered)?;
        let (hub, mailbox) = (&core.hub, core.limits.mailbox);
        let presence = match reader.access {
            Some(access) => hub.enter_by(reader.name.clone(), access, mailbox),
            None => hub.enter(Some(reader.name.clone()), mailbox),
        };
        // What was revoked before the hub knew of this presence is seen here, what is later is heard from the hub.
        who.may_follow(delivered)?;
        Ok(Self {
            core,
            me: reader.name,
            presence,
            expires: reader.expires,
            delivered,
            ready: VecDeque::new(),
            is_live: false,
            has_caught_up: false,
        })
    }

    /// What comes next, or why there will be nothing any more.
    pub(super) async fn next(&mut self) -> Result<News, Refusal> {
        loop {
            if let Some(dismissal) = self.presence.mailbox.dismissal() {
                return Err(dismissal.reason);
            }
            if self.expires.is_some_and(|expires| self.core.clock.now().0 >= expires) {
                return Err(Refusal::BadAccess);
            }
            if let Some(message) = self.ready.pop_front() {
                self.delivered = self.delivered.max(message.seq);
                return Ok(News::Message(message));
            }
            if !self.is_live {
                self.read_on().await?;
                continue;
            }
            if !self.has_caught_up {
                self.has_caught_up = true;
                return Ok(News::CaughtUp { cursor: self.delivered });
            }
            match self.presence.mailbox.take() {
                Mail::Overflowed => self.is_live = false,
                Mail::Entries(entries) if entries.is_empty() => self.wait().await?,
                Mail::Entries(entries) => {
                    let fresh = entries.iter().filter(|entry| entry.seq > self.delivered);
                    self.ready = fresh.filter_map(|entry| entry.message().cloned()).collect();
                }
            }
        }
    }

    /// Whether [`Self::next`] begins with looking something up: whoever drops it then has it looked up again.
    pub(super) fn looks_up(&self) -> bool {
        !self.is_live && self.ready.is_empty()
    }

    /// Waits until the hub has said that it must end. The next thing it gives is the reason.
    pub(super) async fn is_dismissed(&self) {
        self.presence.mailbox.dismissed().await;
    }

    /// Until there is something in the mailbox; an error once the access is over.
    async fn wait(&self) -> Result<(), Refusal> {
        let Some(expires) = self.expires else {
            self.presence.mailbox.rings().await;
            return Ok(());
        };
        let left = Duration::from_millis(expires.saturating_sub(self.core.clock.now().0));
        tokio::select! {
            biased;
            () = self.presence.mailbox.rings() => Ok(()),
            () = tokio::time::sleep(left) => Err(Refusal::BadAccess),
        }
    }

    /// Reads a page of the history. The mailbox is opened before the last one, so that nothing falls between.
    async fn read_on(&mut self) -> Result<(), Refusal> {
        if self.page().await? {
            return Ok(());
        }
        self.presence.mailbox.open();
        self.is_live = !self.page().await?;
        Ok(())
    }

    /// Reads the next page; whether there was anything in it.
    async fn page(&mut self) -> Result<bool, Refusal> {
        let after = self.ready.back().map_or(self.delivered, |message| message.seq);
        let query = self.core.news(&self.me, after, PAGE);
        let bound = query.before.saturating_sub(1);
        if query.places.is_empty() {
            self.delivered = self.delivered.max(bound);
            return Ok(false);
        }
        let page = self.core.log.messages(query).await.map_err(|error| error.refusal())?;
        let found = !page.messages.is_empty();
        if !found {
            self.delivered = self.delivered.max(bound);
        }
        self.ready.extend(page.messages);
        Ok(found)
    }
}
