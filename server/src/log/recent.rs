//! The newest entries of a log, in memory, and the bell that rings when there are more.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::event::Entry;

/// A bounded window on the end of a log.
#[derive(Debug)]
pub struct Recent {
    window: Mutex<Window>,
    bell: Notify,
    capacity: usize,
}

#[derive(Debug)]
struct Window {
    entries: VecDeque<Arc<Entry>>,
    bytes: usize,
    /// The `seq` of the entry before the first in the window.
    before: u64,
    head: u64,
}

impl Recent {
    /// An empty window behind `head`, of entries of about so many bytes in all.
    #[must_use]
    pub fn new(head: u64, capacity: usize) -> Self {
        Self {
            window: Mutex::new(Window {
                entries: VecDeque::new(),
                bytes: 0,
                before: head,
                head,
            }),
            bell: Notify::new(),
            capacity,
        }
    }

    /// The `seq` of the newest durable entry.
    pub fn head(&self) -> u64 {
        self.window().head
    }

    /// The `seq` that the entries in memory follow.
    pub(super) fn before(&self) -> u64 {
        self.window().before
    }

    /// Takes in durable entries, in order.
    pub fn push(&self, entries: impl IntoIterator<Item = Arc<Entry>>) {
        {
            let mut window = self.window();
            for entry in entries {
                window.head = entry.seq;
                window.bytes = window.bytes.saturating_add(entry.weight());
                window.entries.push_back(entry);
                while window.bytes > self.capacity
                    && let Some(dropped) = window.entries.pop_front()
                {
                    window.bytes = window.bytes.saturating_sub(dropped.weight());
                    window.before = dropped.seq;
                }
            }
        }
        self.bell.notify_waiters();
    }

    /// Waits for entries after `after`, and gives them; `None` if some of them have left the window.
    pub async fn wait_for_news(&self, after: u64) -> Option<Vec<Arc<Entry>>> {
        loop {
            let rings = self.bell.notified();
            tokio::pin!(rings);
            // Listening before looking: what is pushed in between rings.
            rings.as_mut().enable();
            if let Some(news) = self.after(after) {
                return news;
            }
            rings.await;
        }
    }

    /// `None`: nothing new. `Some(None)`: some of it left the window.
    #[expect(clippy::option_option, reason = "two different kinds of nothing, told apart once")]
    fn after(&self, after: u64) -> Option<Option<Vec<Arc<Entry>>>> {
        let window = self.window();
        if window.head <= after {
            return None;
        }
        if after < window.before {
            return Some(None);
        }
        let from = window.entries.partition_point(|entry| entry.seq <= after);
        Some(Some(window.entries.range(from..).cloned().collect()))
    }

    fn window(&self) -> MutexGuard<'_, Window> {
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
