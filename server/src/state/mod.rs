//! What all the events so far add up to, as far as rules depend on it: small, in memory, loaded from tables.
//!
//! `apply` is pure and deterministic: the same events in the same order give the same state and the same verdicts on
//! every machine. Whoever is first in the log wins; the other is a recorded refusal.

pub mod access;
pub mod authorize;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use nihao_protocol::chat::{ChainHash, Message, Nickname, Refusal, Seen};

use self::access::{AccessBook, Grant};
use crate::event::{CodeHash, Device, Event, Mark, Place, SecretHash, Verdict, What};

/// The most people a server takes, those removed included.
pub const MEMBERS: usize = 100_000;

/// The most unused, unexpired invites one member has out.
pub const INVITES_EACH: usize = 100;

/// Who is here, who may come, and where each conversation's chain stands.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct State {
    users: BTreeMap<Nickname, User>,
    keys: BTreeMap<[u8; 32], Nickname>,
    invites: BTreeMap<CodeHash, Invite>,
    heads: BTreeMap<Place, Seen>,
    pairs: BTreeMap<Nickname, BTreeSet<Place>>,
    access: AccessBook,
}

/// Somebody who joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// What they joined with.
    pub device: Device,
    /// Whether they may remove others.
    pub admin: bool,
    /// The `seq` of the join.
    pub joined: u64,
    /// When they joined, in ms since 1970.
    pub at: u64,
    /// Whether their access was taken away. The name stays taken.
    pub removed: bool,
}

/// A right to join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invite {
    /// Who gave it; nobody for the first user's.
    pub by: Option<Nickname>,
    /// Until when it is good, in ms since 1970.
    pub expires: u64,
    /// Who used it.
    pub used: Option<Nickname>,
}

/// One row of the state that is now different; what tables are kept up to date with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Somebody is new or different.
    User(Nickname, User),
    /// An invite is new or different.
    Invite(CodeHash, Invite),
    /// An invite is gone.
    InviteGone(CodeHash),
    /// A conversation went on.
    Head(Place, Seen),
    /// An access is new.
    Access(SecretHash, Grant),
    /// An access is gone.
    AccessGone(SecretHash),
}

/// What applying an event gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// What the event came to.
    pub verdict: Verdict,
    /// What is different now.
    pub changes: Vec<Change>,
}

impl State {
    /// Applies the event at its place in the log: judges it, and takes over what it changes.
    pub fn apply(&mut self, seq: u64, event: &Event) -> Applied {
        let applied = match self.judge(seq, event) {
            Ok((verdict, changes)) => Applied { verdict, changes },
            Err(refusal) => Applied {
                verdict: Verdict::Refused(refusal),
                changes: Vec::new(),
            },
        };
        for change in &applied.changes {
            self.absorb(change.clone());
        }
        applied
    }

    /// Takes over one change, as made by `apply` on another copy or read from a table.
    pub fn absorb(&mut self, change: Change) {
        match change {
            Change::User(name, user) => {
                if let Device::Native { public_key, .. } = &user.device {
                    self.keys.insert(*public_key, name.clone());
                }
                self.users.insert(name, user);
            }
            Change::Invite(code, invite) => {
                self.invites.insert(code, invite);
            }
            Change::InviteGone(code) => {
                self.invites.remove(&code);
            }
            Change::Head(place, seen) => {
                if let Place::Pair(one, other) = &place {
                    for name in [one, other] {
                        self.pairs.entry(name.clone()).or_default().insert(place.clone());
                    }
                }
                self.heads.insert(place, seen);
            }
            Change::Access(secret, grant) => self.access.insert(secret, grant),
            Change::AccessGone(secret) => self.access.remove(&secret),
        }
    }

    /// Somebody by name.
    #[must_use]
    pub fn user(&self, name: &Nickname) -> Option<&User> {
        self.users.get(name)
    }

    /// Everybody, by name, those removed included.
    pub fn users(&self) -> impl Iterator<Item = (&Nickname, &User)> {
        self.users.iter()
    }

    /// Everybody after that name, by name, those removed included.
    pub fn users_after<'a>(&'a self, after: Option<&Nickname>) -> impl Iterator<Item = (&'a Nickname, &'a User)> {
        let from = after.map_or(std::ops::Bound::Unbounded, |name| {
            std::ops::Bound::Excluded(name.clone())
        });
        self.users.range((from, std::ops::Bound::Unbounded))
    }

    /// Whose key that is.
    #[must_use]
    pub fn owner(&self, public_key: &[u8; 32]) -> Option<&Nickname> {
        self.keys.get(public_key)
    }

    /// Whether nobody has joined yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.users.is_empty()
    }

    /// The conversations of `name` in which something was said after `after`.
    #[must_use]
    pub fn places_with_news(&self, name: &Nickname, after: u64) -> Vec<Place> {
        let general = Place::general();
        let pairs = self.pairs.get(name).into_iter().flatten();
        pairs
            .chain([&general])
            .filter(|place| self.heads.get(place).is_some_and(|head| head.seq > after))
            .cloned()
            .collect()
    }

    /// Where a conversation's chain stands.
    #[must_use]
    pub fn head(&self, place: &Place) -> Option<Seen> {
        self.heads.get(place).copied()
    }

    /// Whether an invite lets a device of this name in at this time; `Ok(Some)` if it already did.
    pub fn may_join(&self, name: &Nickname, mark: &Mark, code: &CodeHash, at: u64) -> Result<Option<&User>, Refusal> {
        let invite = self.invites.get(code).ok_or(Refusal::InviteUnknown)?;
        if let Some(used) = &invite.used {
            let user = self.users.get(used).ok_or(Refusal::InviteUsed)?;
            if user.device.mark() != *mark {
                return Err(Refusal::InviteUsed);
            }
            return match mark {
                _ if user.removed => Err(Refusal::Removed),
                _ if used != name => Err(Refusal::InviteUsed),
                // A key proves each time who asks; an attempt is a secret of a page that is long gone.
                Mark::Attempt(_) if invite.expires <= at => Err(Refusal::InviteExpired),
                _ => Ok(Some(user)),
            };
        }
        let issuer_gone = |by: &Nickname| self.users.get(by).is_none_or(|user| user.removed);
        if invite.expires <= at || invite.by.as_ref().is_some_and(issuer_gone) {
            return Err(Refusal::InviteExpired);
        }
        let has_joined = matches!(mark, Mark::Key(key) if self.keys.contains_key(key));
        if has_joined || self.users.contains_key(name) {
            return Err(Refusal::NameTaken);
        }
        if self.users.len() >= MEMBERS {
            return Err(Refusal::Busy);
        }
        Ok(None)
    }

    fn judge(&self, seq: u64, event: &Event) -> Result<(Verdict, Vec<Change>), Refusal> {
        match &event.what {
            What::UserJoined { name, device, code } => self.join(seq, event.at, name, device, code),
            What::UserRemoved { by, name } => self.remove(by, name),
            What::InviteCreated { by, code, expires } => self.invite(event.at, by.as_ref(), code, *expires),
            What::AccessGiven {
                by,
                secret,
                use_for,
                expires,
            } => {
                let grant = Grant {
                    by: by.clone(),
                    number: seq,
                    use_for: use_for.clone(),
                    given: event.at,
                    expires: *expires,
                };
                self.give_access(*secret, grant)
            }
            What::AccessRevoked { by, number } => self.revoke_access(by, *number),
            What::MessagePosted { .. } => self.post(seq, event),
        }
    }

    fn join(
        &self,
        seq: u64,
        at: u64,
        name: &Nickname,
        device: &Device,
        code: &CodeHash,
    ) -> Result<(Verdict, Vec<Change>), Refusal> {
        if let Some(user) = self.may_join(name, &device.mark(), code, at)? {
            let verdict = Verdict::Joined {
                cursor: user.joined,
                device: user.device.clone(),
            };
            return Ok((verdict, Vec::new()));
        }
        let user = User {
            device: device.clone(),
            admin: self.users.is_empty(),
            joined: seq,
            at,
            removed: false,
        };
        let mut invite = self.invites.get(code).cloned().ok_or(Refusal::InviteUnknown)?;
        invite.used = Some(name.clone());
        let verdict = Verdict::Joined {
            cursor: seq,
            device: user.device.clone(),
        };
        Ok((
            verdict,
            vec![Change::User(name.clone(), user), Change::Invite(*code, invite)],
        ))
    }

    fn remove(&self, by: &Nickname, name: &Nickname) -> Result<(Verdict, Vec<Change>), Refusal> {
        self.may_remove(by, name)?;
        let mut user = self.users.get(name).cloned().ok_or(Refusal::NoSuchUser)?;
        user.removed = true;
        Ok((Verdict::Done, vec![Change::User(name.clone(), user)]))
    }

    fn invite(
        &self,
        at: u64,
        by: Option<&Nickname>,
        code: &CodeHash,
        expires: u64,
    ) -> Result<(Verdict, Vec<Change>), Refusal> {
        let mut changes = match by {
            Some(by) => {
                self.may_invite(by, at)?;
                self.stale_invites(at)
            }
            // Only the newest of the first user's invites is good, and none once there is a user.
            None if !self.users.is_empty() => return Err(Refusal::NotAMember),
            None => self.invites.keys().copied().map(Change::InviteGone).collect(),
        };
        let invite = Invite {
            by: by.cloned(),
            expires,
            used: None,
        };
        changes.push(Change::Invite(*code, invite));
        Ok((Verdict::Done, changes))
    }

    /// Invites that nobody used and nobody needs to be told about any more: expired a week ago.
    fn stale_invites(&self, at: u64) -> Vec<Change> {
        const WEEK: u64 = 7 * 24 * 3600 * 1000;
        let stale = |invite: &Invite| invite.used.is_none() && invite.expires.saturating_add(WEEK) < at;
        self.invites
            .iter()
            .filter(|(_, invite)| stale(invite))
            .map(|(code, _)| Change::InviteGone(*code))
            .collect()
    }

    fn post(&self, seq: u64, event: &Event) -> Result<(Verdict, Vec<Change>), Refusal> {
        let What::MessagePosted {
            from,
            id,
            to,
            text,
            seen,
            salt,
        } = &event.what
        else {
            return Err(Refusal::Malformed);
        };
        self.may_post(from, to)?;
        let place = Place::of(from, to);
        let mut message = Message {
            seq,
            id: *id,
            from: from.clone(),
            to: to.clone(),
            text: text.clone(),
            at: event.at,
            seen: *seen,
            salt: *salt,
            chain: ChainHash::default(),
        };
        let previous = self.heads.get(&place).map(|head| head.chain).unwrap_or_default();
        message.chain = message.chained_after(&previous);
        let head = Seen {
            seq,
            chain: message.chain,
        };
        Ok((Verdict::Posted(Box::new(message)), vec![Change::Head(place, head)]))
    }

    fn open_invites(&self, by: &Nickname, at: u64) -> usize {
        let open = |invite: &&Invite| invite.by.as_ref() == Some(by) && invite.used.is_none() && invite.expires > at;
        self.invites.values().filter(open).count()
    }

    fn is_last_admin(&self, name: &Nickname) -> bool {
        let admins = || self.users.iter().filter(|(_, user)| user.admin && !user.removed);
        admins().count() == 1 && admins().any(|(admin, _)| admin == name)
    }
}
