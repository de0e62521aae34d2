//! A log in memory: for tests, models and simulated worlds. It forgets everything when it is dropped.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use nihao_protocol::chat::{Message, MessageId, Nickname};

use super::{Answer, Appended, Log, Page, Query, Recent, SharedState, repeated};
use crate::event::{Entry, Event, Place, What};
use crate::state::State;

/// A log in memory. Every append is answered at once, on the caller's own thread.
#[derive(Debug)]
pub struct MemoryLog {
    inner: Mutex<Inner>,
    recent: Arc<Recent>,
    shared: SharedState,
}

#[derive(Debug, Default)]
struct Inner {
    entries: Vec<Arc<Entry>>,
    places: BTreeMap<Place, Vec<Message>>,
    ids: BTreeMap<(Nickname, MessageId), usize>,
    state: State,
}

impl MemoryLog {
    /// An empty log.
    #[must_use]
    pub fn new() -> Self {
        Self {
            inner: Mutex::default(),
            recent: Arc::new(Recent::new(0, usize::MAX)),
            shared: SharedState::default(),
        }
    }
}

impl Default for MemoryLog {
    fn default() -> Self {
        Self::new()
    }
}

impl Log for MemoryLog {
    fn append(&self, event: Event) -> Answer<Appended> {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let inner = &mut *inner;
        if let What::MessagePosted { from, id, .. } = &event.what
            && let Some(&index) = inner.ids.get(&(from.clone(), *id))
            && let Some(first) = inner.entries.get(index).and_then(|entry| entry.message())
        {
            return Answer::ready(Ok(repeated(first, &event)));
        }
        let seq = u64::try_from(inner.entries.len()).unwrap_or(u64::MAX).saturating_add(1);
        let applied = inner.state.apply(seq, &event);
        let entry = Arc::new(Entry::new(seq, event, applied.verdict.clone()));
        if let Some(message) = entry.message() {
            inner
                .ids
                .insert((message.from.clone(), message.id), inner.entries.len());
            let place = Place::of(&message.from, &message.to);
            inner.places.entry(place).or_default().push(message.clone());
        }
        inner.entries.push(Arc::clone(&entry));
        self.shared.absorb(applied.changes);
        self.recent.push([entry]);
        Answer::ready(Ok(Appended {
            seq,
            verdict: applied.verdict,
            repeated: false,
        }))
    }

    fn recent(&self) -> &Arc<Recent> {
        &self.recent
    }

    fn entries(&self, after: u64, limit: usize) -> Answer<Vec<Arc<Entry>>> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let from = inner.entries.partition_point(|entry| entry.seq <= after);
        Answer::ready(Ok(inner.entries.iter().skip(from).take(limit).cloned().collect()))
    }

    fn messages(&self, query: Query) -> Answer<Page> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found = Vec::new();
        for messages in query.places.iter().filter_map(|place| inner.places.get(place)) {
            let from = messages.partition_point(|message| message.seq <= query.after);
            let to = messages.partition_point(|message| message.seq < query.before).max(from);
            let part = messages.get(from..to).unwrap_or_default();
            // One more than asked for tells whether there are more.
            let wanted = query.limit.saturating_add(1).min(part.len());
            let part = if query.newest {
                part.split_at(part.len() - wanted).1
            } else {
                part.split_at(wanted).0
            };
            found.extend_from_slice(part);
        }
        Answer::ready(Ok(Page::merge(found, &query)))
    }

    fn state(&self) -> &SharedState {
        &self.shared
    }
}
