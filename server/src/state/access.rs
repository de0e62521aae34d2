//! Access beside a device's key: tokens, webhooks and browsers' sessions, by the hash of their secret.

use std::collections::{BTreeMap, BTreeSet};

use nihao_protocol::chat::{Access, AccessUse, Conversation, Nickname, Refusal};

use super::{Change, State};
use crate::event::{SecretHash, Verdict};

/// The most tokens and webhooks one member has out.
pub const ACCESSES_EACH: usize = 100;

/// The most sessions one member has. They are counted apart: tokens must not keep a browser out, nor renewals use up the tokens.
pub const SESSIONS_EACH: usize = 20;

/// An access that somebody gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Who gave it: what it is used for is done in their name.
    pub by: Nickname,
    /// The `seq` at which it was given.
    pub number: u64,
    /// What for.
    pub use_for: AccessUse,
    /// When it was given, in ms since 1970.
    pub given: u64,
    /// Until when, in ms since 1970.
    pub expires: Option<u64>,
}

impl Grant {
    /// Whether it can be used at that time.
    #[must_use]
    pub fn is_alive(&self, at: u64) -> bool {
        self.expires.is_none_or(|expires| at < expires)
    }

    /// As its giver sees it.
    #[must_use]
    pub fn shown(&self) -> Access {
        Access {
            number: self.number,
            use_for: self.use_for.clone(),
            given: self.given,
            expires: self.expires,
        }
    }
}

/// Every access, by secret and by giver.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct AccessBook {
    grants: BTreeMap<SecretHash, Grant>,
    given: BTreeMap<Nickname, BTreeSet<SecretHash>>,
}

impl AccessBook {
    pub(super) fn insert(&mut self, secret: SecretHash, grant: Grant) {
        self.given.entry(grant.by.clone()).or_default().insert(secret);
        self.grants.insert(secret, grant);
    }

    pub(super) fn remove(&mut self, secret: &SecretHash) {
        if let Some(grant) = self.grants.remove(secret)
            && let Some(given) = self.given.get_mut(&grant.by)
        {
            given.remove(secret);
        }
    }

    fn of<'a>(&'a self, name: &Nickname) -> impl Iterator<Item = (&'a SecretHash, &'a Grant)> {
        let secrets = self.given.get(name).into_iter().flatten();
        secrets.filter_map(|secret| self.grants.get_key_value(secret))
    }
}

impl State {
    /// The access of a secret, while it lasts and its giver is here.
    pub fn access(&self, secret: &SecretHash, at: u64) -> Result<&Grant, Refusal> {
        let grant = self.access.grants.get(secret).filter(|grant| grant.is_alive(at));
        let grant = grant.ok_or(Refusal::BadAccess)?;
        self.is_member(&grant.by)?;
        Ok(grant)
    }

    /// What `name` has given and not taken back, in the order of numbers; ended ones are left out.
    #[must_use]
    pub fn accesses_of(&self, name: &Nickname, at: u64) -> Vec<Access> {
        let alive = self.access.of(name).filter(|(_, grant)| grant.is_alive(at));
        let mut accesses: Vec<_> = alive.map(|(_, grant)| grant.shown()).collect();
        accesses.sort_unstable_by_key(|access| access.number);
        accesses
    }

    pub(super) fn may_give_access(&self, by: &Nickname, use_for: &AccessUse, at: u64) -> Result<(), Refusal> {
        self.is_member(by)?;
        match use_for {
            AccessUse::Token {
                send: false,
                read: false,
            } => return Err(Refusal::Malformed),
            AccessUse::Token { .. } | AccessUse::Browser => {}
            AccessUse::Webhook { to } => self.may_post(by, to)?,
        }
        let is_session = |use_for: &AccessUse| *use_for == AccessUse::Browser;
        let most = if is_session(use_for) {
            SESSIONS_EACH
        } else {
            ACCESSES_EACH
        };
        let alive = self.access.of(by).filter(|(_, grant)| grant.is_alive(at));
        let alike = alive.filter(|(_, grant)| is_session(&grant.use_for) == is_session(use_for));
        if alike.count() >= most {
            return Err(Refusal::Busy);
        }
        Ok(())
    }

    pub(super) fn may_revoke_access(&self, by: &Nickname, number: u64) -> Result<&SecretHash, Refusal> {
        self.is_member(by)?;
        let mut given = self.access.of(by);
        let found = given.find(|(_, grant)| grant.number == number);
        found.map(|(secret, _)| secret).ok_or(Refusal::NoSuchAccess)
    }

    pub(super) fn give_access(&self, secret: SecretHash, grant: Grant) -> Result<(Verdict, Vec<Change>), Refusal> {
        self.may_give_access(&grant.by, &grant.use_for, grant.given)?;
        // What has ended is not kept: whoever gives anew sweeps up.
        let ended = self.access.of(&grant.by).filter(|(_, old)| !old.is_alive(grant.given));
        let mut changes: Vec<_> = ended.map(|(secret, _)| Change::AccessGone(*secret)).collect();
        changes.push(Change::Access(secret, grant));
        Ok((Verdict::Done, changes))
    }

    pub(super) fn revoke_access(&self, by: &Nickname, number: u64) -> Result<(Verdict, Vec<Change>), Refusal> {
        let secret = self.may_revoke_access(by, number)?;
        Ok((Verdict::Done, vec![Change::AccessGone(*secret)]))
    }
}

/// Whether an access given for `use_for` may be used to post there.
#[must_use]
pub fn may_send_with(use_for: &AccessUse, to: &Conversation) -> bool {
    match use_for {
        AccessUse::Token { send, .. } => *send,
        AccessUse::Webhook { to: only } => only == to,
        AccessUse::Browser => false,
    }
}

/// Whether an access given for `use_for` may be used to read.
#[must_use]
pub const fn may_read_with(use_for: &AccessUse) -> bool {
    matches!(use_for, AccessUse::Token { read: true, .. })
}
