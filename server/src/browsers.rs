//! Browsers: how somebody joins with one, and the sessions that let it in from then on.
//!
//! A browser keeps no key. What it has is a secret that the server gave it, for a while and renewed in time; and, while its page
//! is open, the attempt to join that the page drew, so that a lost answer burns no invite.

use std::net::IpAddr;
use std::time::Duration;

use nihao_protocol::chat::{AccessUse, Code, Nickname, Refusal};

use crate::command::Refused;
use crate::core::Core;
use crate::event::{AttemptHash, CodeHash, Device, Mark, SecretHash, Verdict, What};
use crate::state::access::Grant;

/// How long a session lasts unless it is renewed.
pub(crate) const LIFETIME: Duration = Duration::from_secs(30 * 24 * 3600);

/// Somebody who wants to join with a browser.
#[derive(Debug)]
pub(crate) struct Newcomer {
    pub(crate) code: Code,
    pub(crate) name: Nickname,
    pub(crate) attempt: AttemptHash,
}

impl Core {
    /// Lets a newcomer in, or the same one again; whether it is again.
    pub(crate) async fn join_by_browser(&self, address: IpAddr, newcomer: Newcomer) -> Result<bool, Refused> {
        if !self.guesses.has(&address) {
            return Err(Refusal::RateLimited.into());
        }
        let Newcomer { code, name, attempt } = newcomer;
        let (code, mark) = (CodeHash::of(&code), Mark::Attempt(attempt));
        let now = self.clock.now().0;
        let known = self
            .log
            .state()
            .read()
            .may_join(&name, &mark, &code, now)
            .map(|user| user.is_some());
        match known {
            Err(refusal) => return Err(self.refuse_join(address, refusal)),
            Ok(true) => return Ok(true),
            Ok(false) => {}
        }
        let device = Device::Browser { attempt };
        let event = self.now(What::UserJoined { name, device, code });
        let appended = self.log.append(event).await.map_err(|error| Refused::from(&error))?;
        match appended.verdict {
            Verdict::Joined { cursor, .. } => Ok(cursor != appended.seq),
            Verdict::Refused(refusal) => Err(self.refuse_join(address, refusal)),
            Verdict::Done | Verdict::Posted(_) => Err(Refusal::Unknown.into()),
        }
    }

    /// Opens a session of a member's; gives its secret.
    pub(crate) async fn open_session(&self, name: &Nickname) -> Result<[u8; 32], Refused> {
        if !self.users.take(name) {
            return Err(Refusal::RateLimited.into());
        }
        let secret = self.secret().map_err(|error| Refused::unavailable(&error))?;
        let event = self.now(What::AccessGiven {
            by: name.clone(),
            secret: SecretHash::of(&secret),
            use_for: AccessUse::Browser,
            expires: Some(self.clock.now().plus_seconds(LIFETIME.as_secs()).0),
        });
        let appended = self.log.append(event).await.map_err(|error| Refused::from(&error))?;
        match appended.verdict {
            Verdict::Refused(refusal) => Err(refusal.into()),
            _ => Ok(secret),
        }
    }
}

/// Whether a session has lasted so long that it is to be renewed: a third of its life.
pub(crate) fn is_due(grant: &Grant, at: u64) -> bool {
    let life = grant.expires.map(|expires| expires.saturating_sub(grant.given));
    grant.use_for == AccessUse::Browser && life.is_some_and(|life| at.saturating_sub(grant.given) > life / 3)
}
