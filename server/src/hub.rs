//! Who is connected, and which mailboxes an entry goes to: the only state that connections share beside the log.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nihao_protocol::chat::{Nickname, Refusal};

use crate::event::{Entry, Place, Verdict, What};
use crate::log::{Log, Tail};
use crate::mailbox::{Dismissal, Mailbox};

/// Every connection's mailbox.
#[derive(Debug, Default)]
pub struct Hub(Mutex<Connected>);

#[derive(Debug, Default)]
struct Connected {
    last: u64,
    members: BTreeMap<Nickname, BTreeMap<u64, Here>>,
    strangers: BTreeMap<u64, Arc<Mailbox>>,
    /// Set once: nobody new is let in.
    closing: bool,
}

/// A member's connection.
#[derive(Debug)]
struct Here {
    mailbox: Arc<Mailbox>,
    /// The number of the access it lives by; none: the device's key.
    access: Option<u64>,
}

/// A place in the hub, given back when it is dropped.
#[derive(Debug)]
pub struct Presence {
    hub: Arc<Hub>,
    name: Option<Nickname>,
    number: u64,
    /// Where this connection's mail comes.
    pub mailbox: Arc<Mailbox>,
}

impl Hub {
    /// Lets a connection in: a member's by name, a stranger's without.
    pub fn enter(self: &Arc<Self>, name: Option<Nickname>, capacity: usize) -> Presence {
        self.let_in(name, None, capacity)
    }

    /// Lets a member's connection in that ends with the access of that number.
    pub fn enter_by(self: &Arc<Self>, name: Nickname, access: u64, capacity: usize) -> Presence {
        self.let_in(Some(name), Some(access), capacity)
    }

    fn let_in(self: &Arc<Self>, name: Option<Nickname>, access: Option<u64>, capacity: usize) -> Presence {
        let mailbox = Arc::new(Mailbox::new(capacity));
        let mut connected = self.lock();
        connected.last += 1;
        let number = connected.last;
        let kept = Arc::clone(&mailbox);
        match &name {
            Some(name) => {
                let room = connected.members.entry(name.clone()).or_default();
                room.insert(number, Here { mailbox: kept, access });
            }
            None => {
                connected.strangers.insert(number, kept);
            }
        }
        if connected.closing {
            mailbox.dismiss(GOING_DOWN);
        }
        drop(connected);
        Presence {
            hub: Arc::clone(self),
            name,
            number,
            mailbox,
        }
    }

    /// Whether that member is connected.
    pub fn is_online(&self, name: &Nickname) -> bool {
        self.lock().members.contains_key(name)
    }

    /// Whether nobody is connected.
    pub fn is_deserted(&self) -> bool {
        let connected = self.lock();
        connected.members.is_empty() && connected.strangers.is_empty()
    }

    /// Ends every connection, and those to come.
    pub fn close(&self) {
        let mut connected = self.lock();
        connected.closing = true;
        let members = connected.members.values().flat_map(BTreeMap::values);
        members
            .map(|here| &here.mailbox)
            .chain(connected.strangers.values())
            .for_each(|mailbox| mailbox.dismiss(GOING_DOWN));
    }

    /// Takes every entry of the log after `after` to whom it concerns, for ever.
    pub async fn deliver_all(self: Arc<Self>, log: Arc<dyn Log>, after: u64) {
        let mut tail = Tail::new(log, after);
        loop {
            match tail.next().await {
                Ok(entries) => entries.iter().for_each(|entry| self.deliver(entry)),
                Err(error) => {
                    tracing::error!(%error, "deliveries wait for the log");
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                }
            }
            // A log that always has more must not keep the readers from running.
            tokio::task::yield_now().await;
        }
    }

    fn deliver(&self, entry: &Arc<Entry>) {
        match (&entry.verdict, &entry.event.what) {
            (Verdict::Posted(message), _) => self.post(&Place::of(&message.from, &message.to), entry),
            (Verdict::Done, What::UserRemoved { by, name }) => {
                tracing::info!(%name, %by, "removed");
                self.dismiss(name, &REMOVED, |_| true);
            }
            (Verdict::Done, What::AccessRevoked { by, number }) => {
                self.dismiss(by, &REVOKED, |here| here.access == Some(*number));
            }
            (Verdict::Joined { cursor, .. }, What::UserJoined { name, .. }) if *cursor == entry.seq => {
                tracing::info!(%name, "joined");
            }
            _ => {}
        }
    }

    fn post(&self, place: &Place, entry: &Arc<Entry>) {
        let connected = self.lock();
        let of = |name| connected.members.get(name).into_iter().flat_map(BTreeMap::values);
        match place {
            Place::Room(_) => connected
                .members
                .values()
                .flat_map(BTreeMap::values)
                .for_each(|here| here.mailbox.deliver(entry)),
            Place::Pair(one, other) if one == other => of(one).for_each(|here| here.mailbox.deliver(entry)),
            Place::Pair(one, other) => of(one).chain(of(other)).for_each(|here| here.mailbox.deliver(entry)),
        }
    }

    fn dismiss(&self, name: &Nickname, why: &Dismissal, concerns: impl Fn(&Here) -> bool) {
        let connected = self.lock();
        let theirs = connected.members.get(name).into_iter().flat_map(BTreeMap::values);
        theirs
            .filter(|here| concerns(here))
            .for_each(|here| here.mailbox.dismiss(why.clone()));
    }

    fn lock(&self) -> MutexGuard<'_, Connected> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a removed member is told.
pub const REMOVED: Dismissal = Dismissal {
    reason: Refusal::Removed,
    detail: "an admin took your access away",
};

/// What whoever lives by an access is told that was taken back.
const REVOKED: Dismissal = Dismissal {
    reason: Refusal::BadAccess,
    detail: "the access that this connection was opened with was taken back",
};

const GOING_DOWN: Dismissal = Dismissal {
    reason: Refusal::ShuttingDown,
    detail: "the server is going down; what was acknowledged is safe",
};

impl Drop for Presence {
    fn drop(&mut self) {
        let mut connected = self.hub.lock();
        let Some(name) = &self.name else {
            connected.strangers.remove(&self.number);
            return;
        };
        if let Some(theirs) = connected.members.get_mut(name) {
            theirs.remove(&self.number);
            if theirs.is_empty() {
                connected.members.remove(name);
            }
        }
    }
}
