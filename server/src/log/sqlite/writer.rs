//! The one thread that writes: everything that waits goes into one transaction, and is answered after its flush.

use std::sync::Arc;
use std::sync::mpsc::Receiver;

use rusqlite::{Connection, TransactionBehavior};
use tokio::sync::oneshot;

use super::rows;
use crate::event::{Entry, Event, What};
use crate::log::{Appended, LogError, Recent, SharedState, repeated};
use crate::state::{Change, State};

/// The most events one transaction takes.
const GROUP: usize = 4096;

/// An event that waits to be written, and whom to tell.
pub(super) struct Written {
    pub(super) event: Event,
    pub(super) answer: oneshot::Sender<Result<Appended, LogError>>,
}

/// The writer. Its own copy of the state runs ahead of the shared one by the transaction it is in.
pub(super) struct Writer {
    db: Connection,
    state: State,
    head: u64,
    shared: Arc<SharedState>,
    recent: Arc<Recent>,
    /// A commit failed in a way that leaves open what the disk has: read it back before going on.
    in_doubt: bool,
}

/// What a transaction came to.
#[derive(Default)]
struct Group {
    entries: Vec<Arc<Entry>>,
    changes: Vec<Change>,
    appended: Vec<Appended>,
}

/// Where a transaction failed.
enum Failure {
    /// Before its commit: nothing was stored.
    Before(rusqlite::Error),
    /// In its commit.
    InCommit(rusqlite::Error, Box<Group>),
}

impl Writer {
    pub(super) const fn new(
        db: Connection,
        state: State,
        head: u64,
        shared: Arc<SharedState>,
        recent: Arc<Recent>,
    ) -> Self {
        Self {
            db,
            state,
            head,
            shared,
            recent,
            in_doubt: false,
        }
    }

    /// Writes groups until nobody can append any more.
    pub(super) fn run(mut self, events: &Receiver<Written>) {
        while let Ok(first) = events.recv() {
            let mut group = vec![first];
            while group.len() < GROUP
                && let Ok(next) = events.try_recv()
            {
                group.push(next);
            }
            self.write(group);
        }
    }

    fn write(&mut self, waiting: Vec<Written>) {
        let result = match self.settle_doubt() {
            Ok(()) => self.commit(&waiting),
            Err(error) => Err(Failure::Before(error)),
        };
        let result = match result {
            Err(Failure::InCommit(error, group)) => self.look_again(error, *group),
            Err(Failure::Before(error)) => {
                self.state = self.shared.read().clone();
                Err(LogError::Unavailable(error.to_string()))
            }
            Ok(group) => Ok(group),
        };
        match result {
            Ok(group) => self.publish(group, waiting),
            Err(error) => {
                tracing::error!(%error, events = waiting.len(), "a group was not written");
                for written in waiting {
                    // Whoever asked may have gone.
                    let _ = written.answer.send(Err(error.clone()));
                }
            }
        }
    }

    fn commit(&mut self, waiting: &[Written]) -> Result<Group, Failure> {
        let mut group = Group::default();
        let mut head = self.head;
        let transaction = self
            .db
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(Failure::Before)?;
        for Written { event, .. } in waiting {
            let seq = head.saturating_add(1);
            let appended = write_one(&transaction, &mut self.state, seq, event, &mut group).map_err(Failure::Before)?;
            if !appended.repeated {
                head = seq;
            }
            group.appended.push(appended);
        }
        rows::write_heads(&transaction, &group.changes).map_err(Failure::Before)?;
        if let Err(error) = transaction.commit() {
            return Err(Failure::InCommit(error, Box::new(group)));
        }
        self.head = head;
        Ok(group)
    }

    /// A commit reported an error. What the disk says now decides.
    fn look_again(&mut self, error: rusqlite::Error, group: Group) -> Result<Group, LogError> {
        self.in_doubt = true;
        let Some(last) = group.entries.last().map(|entry| entry.seq) else {
            return Err(LogError::Unavailable(error.to_string()));
        };
        if self.settle_doubt().is_err() {
            return Err(LogError::Unknown);
        }
        if self.head == last {
            Ok(group)
        } else {
            Err(LogError::Unavailable(error.to_string()))
        }
    }

    /// After a commit of unknown end: takes head and state from the disk.
    fn settle_doubt(&mut self) -> rusqlite::Result<()> {
        if self.in_doubt {
            self.head = rows::head(&self.db)?;
            self.state = rows::load_state(&self.db)?;
            self.shared.replace(self.state.clone());
            self.in_doubt = false;
        }
        Ok(())
    }

    fn publish(&self, group: Group, waiting: Vec<Written>) {
        self.shared.absorb(group.changes);
        self.recent.push(group.entries);
        for (written, appended) in waiting.into_iter().zip(group.appended) {
            // Whoever asked may have gone.
            let _ = written.answer.send(Ok(appended));
        }
    }
}

fn write_one(
    db: &Connection,
    state: &mut State,
    seq: u64,
    event: &Event,
    group: &mut Group,
) -> rusqlite::Result<Appended> {
    if let What::MessagePosted { from, id, .. } = &event.what
        && let Some(first) = rows::message_by_id(db, from, id)?
    {
        return Ok(repeated(&first, event));
    }
    let applied = state.apply(seq, event);
    let entry = Entry::new(seq, event.clone(), applied.verdict.clone());
    rows::write_entry(db, &entry)?;
    rows::write_changes(db, &applied.changes)?;
    group.changes.extend(applied.changes);
    group.entries.push(Arc::new(entry));
    Ok(Appended {
        seq,
        verdict: applied.verdict,
        repeated: false,
    })
}
