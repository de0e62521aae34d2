//! What waits for one connection: bounded, drained whole at each wake-up, empty and small when quiet.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nihao_protocol::chat::Refusal;
use tokio::sync::Notify;

use crate::event::Entry;

/// How many bytes of deliveries are kept: long messages fill a mailbox before so many of them are there as it takes.
const BYTES: usize = 512 * 1024;

/// One connection's mailbox, shared between it and the hub.
#[derive(Debug)]
pub struct Mailbox {
    inner: Mutex<Inner>,
    bell: Notify,
    capacity: usize,
}

#[derive(Debug, Default)]
struct Inner {
    mode: Mode,
    queue: VecDeque<Arc<Entry>>,
    bytes: usize,
    dismissal: Option<Dismissal>,
}

/// What happens to what is delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Mode {
    /// It is left alone: the connection did not ask, or is reading the history.
    #[default]
    Closed,
    /// It is kept.
    Open,
    /// There was too much: the connection must read the history from where it stood.
    Overflowed,
}

/// Why a connection must end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dismissal {
    /// The named reason.
    pub reason: Refusal,
    /// What exactly.
    pub detail: &'static str,
}

/// What a wake-up found.
#[derive(Debug)]
pub enum Mail {
    /// Entries in order; none if it was a false alarm.
    Entries(VecDeque<Arc<Entry>>),
    /// Some were left out. The mailbox is closed now.
    Overflowed,
}

impl Mailbox {
    /// A closed mailbox for so many entries.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self {
            inner: Mutex::default(),
            bell: Notify::new(),
            capacity,
        }
    }

    /// From now on entries are kept.
    pub fn open(&self) {
        let mut inner = self.lock();
        inner.mode = Mode::Open;
        inner.queue = VecDeque::new();
        inner.bytes = 0;
    }

    /// Puts an entry in, if it is open.
    pub fn deliver(&self, entry: &Arc<Entry>) {
        let mut inner = self.lock();
        if inner.mode != Mode::Open {
            return;
        }
        let bytes = inner.bytes.saturating_add(entry.delivered_bytes());
        if inner.queue.len() < self.capacity && bytes <= BYTES {
            inner.queue.push_back(Arc::clone(entry));
            inner.bytes = bytes;
        } else {
            inner.mode = Mode::Overflowed;
            inner.queue = VecDeque::new();
        }
        drop(inner);
        self.bell.notify_one();
    }

    /// Tells the connection to end. The first reason stands.
    pub fn dismiss(&self, dismissal: Dismissal) {
        self.lock().dismissal.get_or_insert(dismissal);
        self.bell.notify_one();
    }

    /// Waits until something may have changed.
    pub async fn rings(&self) {
        self.bell.notified().await;
    }

    /// Why the connection must end, if it must.
    pub fn dismissal(&self) -> Option<Dismissal> {
        self.lock().dismissal.clone()
    }

    /// Waits until the connection must end.
    pub async fn dismissed(&self) -> Dismissal {
        loop {
            if let Some(dismissal) = self.dismissal() {
                // The next to look must see it too.
                self.bell.notify_one();
                return dismissal;
            }
            self.bell.notified().await;
        }
    }

    /// Takes everything out. Holds no memory afterwards.
    pub fn take(&self) -> Mail {
        let mut inner = self.lock();
        if inner.mode == Mode::Overflowed {
            inner.mode = Mode::Closed;
            return Mail::Overflowed;
        }
        inner.bytes = 0;
        Mail::Entries(std::mem::take(&mut inner.queue))
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use nihao_protocol::chat::names::TEXT_BYTES;
    use nihao_protocol::chat::{ChainHash, Message, MessageId, Nickname, Text};

    use super::*;
    use crate::event::{Event, Verdict, What};

    fn entry(seq: u64) -> Arc<Entry> {
        let what = What::InviteCreated {
            by: None,
            code: crate::event::CodeHash([0; 32]),
            expires: 0,
        };
        Arc::new(Entry::new(seq, Event { at: 0, what }, Verdict::Done))
    }

    fn taken(mailbox: &Mailbox) -> Vec<u64> {
        match mailbox.take() {
            Mail::Entries(entries) => entries.iter().map(|entry| entry.seq).collect(),
            Mail::Overflowed => panic!("overflowed"),
        }
    }

    #[test]
    fn it_keeps_so_many_then_says_that_it_lost_some() {
        let mailbox = Mailbox::new(2);
        mailbox.deliver(&entry(1));
        mailbox.open();
        mailbox.deliver(&entry(2));
        mailbox.deliver(&entry(3));
        assert_eq!(taken(&mailbox), [2, 3]);
        (4..7).for_each(|seq| mailbox.deliver(&entry(seq)));
        assert!(matches!(mailbox.take(), Mail::Overflowed));
        mailbox.deliver(&entry(7));
        assert_eq!(taken(&mailbox), [0; 0], "closed until it is opened again");
        mailbox.open();
        mailbox.deliver(&entry(8));
        assert_eq!(taken(&mailbox), [8]);
        assert_eq!(mailbox.lock().queue.capacity(), 0, "and holds nothing while quiet");
    }

    #[test]
    fn long_messages_fill_it_sooner() {
        let mailbox = Mailbox::new(1024);
        mailbox.open();
        let long = |seq| {
            let message = Message {
                seq,
                id: MessageId([0; 16]),
                from: Nickname::parse("alice").unwrap(),
                to: "#general".parse().unwrap(),
                text: Text::parse("x".repeat(TEXT_BYTES)).unwrap(),
                at: 0,
                seen: None,
                salt: [0; 16],
                chain: ChainHash::default(),
            };
            let what = entry(seq).event.what.clone();
            Arc::new(Entry::new(
                seq,
                Event { at: 0, what },
                Verdict::Posted(Box::new(message)),
            ))
        };
        (1..=31).for_each(|seq| mailbox.deliver(&long(seq)));
        assert_eq!(taken(&mailbox).len(), 31);
        (1..=40).for_each(|seq| mailbox.deliver(&long(seq)));
        assert!(matches!(mailbox.take(), Mail::Overflowed));
    }

    #[tokio::test]
    async fn a_dismissal_is_seen_by_whoever_looks() {
        let mailbox = Mailbox::new(2);
        let dismissal = |reason| Dismissal { reason, detail: "" };
        mailbox.dismiss(dismissal(Refusal::Removed));
        mailbox.dismiss(dismissal(Refusal::ShuttingDown));
        assert_eq!(mailbox.dismissed().await.reason, Refusal::Removed);
        mailbox.rings().await;
        assert!(mailbox.dismissal().is_some());
    }
}
