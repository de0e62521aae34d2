//! The log: everything that happened, in one order, durable; and the history read back from it.
//!
//! The seam is small on purpose. [`Log::append`] gives the event its place and its verdict, and only once both are durable;
//! [`Tail`] hears of every entry after a place, in order. An implementation keeps its own state, history and tables in step with
//! the log: SQLite writes them in the log's own transaction, one whose log lives elsewhere applies the tail to them before it answers.

#[cfg(test)]
mod conformance;
pub mod memory;
#[cfg(test)]
mod migration;
pub mod recent;
pub mod sqlite;

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::task::{Context, Poll};

use nihao_protocol::chat::{Message, Refusal};
use tokio::sync::oneshot;

pub use memory::MemoryLog;
pub use recent::Recent;
pub use sqlite::SqliteLog;

use crate::event::{Entry, Event, Place, Verdict};
use crate::state::{Change, State};

/// An ordered, durable log of events with the state they add up to.
pub trait Log: Send + Sync + 'static {
    /// Appends; the answer comes when the event is durable, never before.
    ///
    /// A message is idempotent by (sender, id): the same content again has the first one's `seq` and verdict, other content
    /// is refused with [`Refusal::IdConflict`]. After any [`LogError`] the same event may be appended again.
    fn append(&self, event: Event) -> Answer<Appended>;

    /// The newest entries, in memory.
    fn recent(&self) -> &Arc<Recent>;

    /// Up to `limit` entries after `after`, in order. Messages that were refused may be left out.
    fn entries(&self, after: u64, limit: usize) -> Answer<Vec<Arc<Entry>>>;

    /// A part of the history of some places.
    fn messages(&self, query: Query) -> Answer<Page>;

    /// The state as of the newest durable entry.
    fn state(&self) -> &SharedState;
}

/// Where an event ended up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// Its place.
    pub seq: u64,
    /// What it came to there.
    pub verdict: Verdict,
    /// Whether it was there before.
    pub repeated: bool,
}

/// Why an event was not appended, or something not read. Trying again, with the same id, is always safe.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogError {
    /// Nothing was stored: the disk is full, or cannot be written or read.
    #[error("the log is unavailable: {0}")]
    Unavailable(String),
    /// It is not known whether it was stored.
    #[error("the log gave no answer")]
    Unknown,
    /// Too many events wait to be written.
    #[error("too many events wait for the log")]
    Busy,
}

impl LogError {
    /// What a client is told.
    #[must_use]
    pub const fn refusal(&self) -> Refusal {
        match self {
            Self::Unavailable(_) => Refusal::Unavailable,
            Self::Unknown => Refusal::Unknown,
            Self::Busy => Refusal::Busy,
        }
    }
}

/// Which messages to read. They come oldest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// From which conversations.
    pub places: Vec<Place>,
    /// Only with a greater `seq`.
    pub after: u64,
    /// Only with a smaller `seq`.
    pub before: u64,
    /// How many at most.
    pub limit: usize,
    /// Whether to take the last of them rather than the first.
    pub newest: bool,
}

/// A part of the history.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// Oldest first.
    pub messages: Vec<Message>,
    /// Whether the query has more, on the far side.
    pub more: bool,
}

/// The most bytes of text one [`Page`] holds; a page always holds at least one message.
pub const PAGE_BYTES: usize = 256 * 1024;

impl Page {
    /// Makes a page of what several places gave, each in order: the first, or last, `limit` that fit.
    #[must_use]
    pub fn merge(mut found: Vec<Message>, query: &Query) -> Self {
        found.sort_unstable_by_key(|message| message.seq);
        if query.newest {
            found.reverse();
        }
        let mut bytes = 0;
        let fitting = found
            .iter()
            .take(query.limit)
            .take_while(|message| {
                let first = bytes == 0;
                bytes += message.text.as_str().len();
                first || bytes <= PAGE_BYTES
            })
            .count();
        let more = found.len() > fitting;
        found.truncate(fitting);
        if query.newest {
            found.reverse();
        }
        Self { messages: found, more }
    }
}

/// What will be answered, once.
#[derive(Debug)]
pub struct Answer<T>(oneshot::Receiver<Result<T, LogError>>);

impl<T> Answer<T> {
    /// The two ends of an answer.
    #[must_use]
    pub fn channel() -> (oneshot::Sender<Result<T, LogError>>, Self) {
        let (give, take) = oneshot::channel();
        (give, Self(take))
    }

    /// An answer that is there already.
    #[must_use]
    pub fn ready(result: Result<T, LogError>) -> Self {
        let (give, answer) = Self::channel();
        // The receiver is right here, so it takes what it is given.
        let _ = give.send(result);
        answer
    }
}

impl<T> Future for Answer<T> {
    type Output = Result<T, LogError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0)
            .poll(context)
            .map(|answer| answer.unwrap_or(Err(LogError::Unknown)))
    }
}

/// The state as readers see it: what is durable, and nothing else.
#[derive(Debug, Default)]
pub struct SharedState(RwLock<State>);

impl SharedState {
    /// A state to share.
    #[must_use]
    pub fn new(state: State) -> Self {
        Self(RwLock::new(state))
    }

    /// Reads it. Hold the guard for a moment only, never across an `await`.
    pub fn read(&self) -> RwLockReadGuard<'_, State> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn absorb(&self, changes: impl IntoIterator<Item = Change>) {
        let mut state = self.0.write().unwrap_or_else(PoisonError::into_inner);
        changes.into_iter().for_each(|change| state.absorb(change));
    }

    fn replace(&self, state: State) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = state;
    }
}

/// Hears of every entry after a place, in order, as long as it asks. One that falls behind reads on from the log: it holds nobody up.
pub struct Tail {
    log: Arc<dyn Log>,
    after: u64,
}

impl Tail {
    /// The most entries one call gives.
    const BATCH: usize = 1024;

    /// What comes after `after`.
    #[must_use]
    pub fn new(log: Arc<dyn Log>, after: u64) -> Self {
        Self { log, after }
    }

    /// The next entries, at least one.
    pub async fn next(&mut self) -> Result<Vec<Arc<Entry>>, LogError> {
        loop {
            let recent = Arc::clone(self.log.recent());
            let news = recent.wait_for_news(self.after).await;
            let entries = match news {
                Some(entries) => entries,
                None => self.log.entries(self.after, Self::BATCH).await?,
            };
            if let Some(last) = entries.last() {
                self.after = last.seq;
                return Ok(entries);
            }
            // What was left out of the tables can only lie before the window.
            self.after = self.after.max(recent.before());
        }
    }
}

/// A message posted before, compared with one that has the same sender and id: the same, or a conflict.
fn repeated(first: &Message, event: &Event) -> Appended {
    let crate::event::What::MessagePosted { to, text, .. } = &event.what else {
        return Appended {
            seq: first.seq,
            verdict: Verdict::Refused(Refusal::IdConflict),
            repeated: true,
        };
    };
    let verdict = if first.to == *to && first.text == *text {
        Verdict::Posted(Box::new(first.clone()))
    } else {
        Verdict::Refused(Refusal::IdConflict)
    };
    Appended {
        seq: first.seq,
        verdict,
        repeated: true,
    }
}
