//! What was learnt and still holds: addresses, aliases, that something is not there, and who serves which zone.

mod entry;

use std::collections::BTreeMap;

use super::answer::{Alias, Answer, Known, LONGEST_CHAIN, NameServer, shorter};
use super::{Family, Name};
use crate::clock::UnixTime;

use entry::Slot;
pub use entry::{BadEntry, Entry, Kept};

/// The longest that anything is kept, in seconds: a day, whatever its zone says.
pub const LONGEST_TTL: u32 = 86_400;
/// The shortest that anything is kept, in seconds: what may be kept for no time at all is not kept (RFC 1035 §3.2.1).
pub const SHORTEST_TTL: u32 = 1;
/// The longest that it is kept that something is not there, in seconds. RFC 2308 §5 allows hours; who has just made a name waits less.
pub const LONGEST_NEGATIVE_TTL: u32 = 300;
/// The most entries; what ends soonest makes room.
pub const MOST_ENTRIES: usize = 1024;

/// Why the cache does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Miss {
    /// There is no entry.
    NoEntry,
    /// There is one that held until so many seconds ago.
    Expired(u64),
}

/// What the cache says of a name: how far its aliases lead, and what is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cached {
    /// It knows.
    Hit(Answer),
    /// It does not.
    Miss {
        /// The aliases it knows of.
        aliases: Vec<Alias>,
        /// The name they lead to.
        name: Name,
        /// Why it knows nothing of that one.
        why: Miss,
    },
}

/// A cache, bounded in number; the time comes in with each question.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cache {
    entries: BTreeMap<(Name, Slot), Entry>,
}

impl Cache {
    /// One with nothing in it.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            entries: BTreeMap::new(),
        }
    }

    /// Everything in it, as data that can be written down; in a fixed order.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// Takes in an entry that was written down.
    pub fn restore(&mut self, entry: Entry) {
        let slot = entry.kept.slot();
        match slot {
            Slot::Whole => {
                self.entries.remove(&(entry.name.clone(), Slot::Host(Family::V4)));
                self.entries.remove(&(entry.name.clone(), Slot::Host(Family::V6)));
            }
            Slot::Host(_) => {
                self.entries.remove(&(entry.name.clone(), Slot::Whole));
            }
            Slot::Zone => {}
        }
        self.entries.insert((entry.name.clone(), slot), entry);
        while self.entries.len() > MOST_ENTRIES {
            let soonest = self.entries.iter().min_by_key(|(_, entry)| entry.expires);
            let Some(key) = soonest.map(|(key, _)| key.clone()) else {
                return;
            };
            self.entries.remove(&key);
        }
    }

    /// Keeps something for `ttl` seconds from `now` on, within the bounds of this module.
    pub fn keep(&mut self, name: &Name, kept: Kept, ttl: u32, now: UnixTime) {
        if ttl < SHORTEST_TTL {
            return;
        }
        let longest = if kept.is_negative() {
            LONGEST_NEGATIVE_TTL
        } else {
            LONGEST_TTL
        };
        self.restore(Entry {
            name: name.clone(),
            kept,
            expires: now.plus_seconds(u64::from(ttl.min(longest))),
        });
    }

    /// What is known of `name` and its addresses of a family.
    #[must_use]
    pub fn find(&self, name: &Name, family: Family, now: UnixTime) -> Cached {
        let (mut aliases, mut name, mut ttl) = (Vec::new(), name.clone(), None);
        loop {
            let whole = self.live(&name, Slot::Whole, now);
            if let (Some((Kept::Alias(target), left)), true) = (&whole, aliases.len() < LONGEST_CHAIN) {
                ttl = shorter(ttl, *left);
                let next = (*target).clone();
                aliases.push(Alias {
                    name: std::mem::replace(&mut name, next.clone()),
                    target: next,
                    ttl: *left,
                });
                continue;
            }
            let known = match whole.or_else(|| self.live(&name, Slot::Host(family), now)) {
                Some((Kept::Addresses(_, addresses), left)) => (Known::Addresses(addresses.clone()), left),
                Some((Kept::NoAddress(_), left)) => (Known::NoAddress, left),
                Some((Kept::NoSuchName, left)) => (Known::NoSuchName, left),
                _ => {
                    let why = self.miss(&name, family, now);
                    return Cached::Miss { aliases, name, why };
                }
            };
            return Cached::Hit(Answer {
                aliases,
                name,
                known: known.0,
                ttl: shorter(ttl, known.1),
            });
        }
    }

    /// The deepest zone around `name` whose servers are known, these servers, and the seconds this holds.
    #[must_use]
    pub fn delegation(&self, name: &Name, now: UnixTime) -> Option<(Name, Vec<NameServer>, u32)> {
        name.upwards()
            .find_map(|zone| match self.live(&zone, Slot::Zone, now)? {
                (Kept::Delegation(servers), left) => Some((zone, servers.clone(), left)),
                _ => None,
            })
    }

    /// Forgets the addresses of `name` and of what it is another name for, as when nothing answered there.
    pub fn forget(&mut self, name: &Name, now: UnixTime) {
        for family in [Family::V4, Family::V6] {
            let (Cached::Miss { aliases, name, .. } | Cached::Hit(Answer { aliases, name, .. })) =
                self.find(name, family, now);
            for name in aliases.into_iter().map(|alias| alias.name).chain([name]) {
                self.entries.remove(&(name.clone(), Slot::Host(family)));
                self.entries.remove(&(name, Slot::Whole));
            }
        }
    }

    fn live(&self, name: &Name, slot: Slot, now: UnixTime) -> Option<(&Kept, u32)> {
        let entry = self.entries.get(&(name.clone(), slot))?;
        entry.left(now).map(|left| (&entry.kept, left))
    }

    fn miss(&self, name: &Name, family: Family, now: UnixTime) -> Miss {
        [Slot::Whole, Slot::Host(family)]
            .into_iter()
            .filter_map(|slot| self.entries.get(&(name.clone(), slot)))
            .map(|entry| now.seconds().saturating_sub(entry.expires.seconds()))
            .min()
            .map_or(Miss::NoEntry, Miss::Expired)
    }
}

#[cfg(test)]
mod tests;
