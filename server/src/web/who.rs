//! Who asks: a bearer token's giver, or nobody.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use nihao_protocol::chat::{AccessUse, ClientSays, Nickname, Refusal};

use super::Origin;
use super::problem::Problem;
use crate::command::{Answered, Asker, TOKEN_PREFIX};
use crate::core::Core;
use crate::event::SecretHash;
use crate::state::authorize::Actor;

/// Who a request comes from.
pub(super) struct Who {
    core: Arc<Core>,
    address: IpAddr,
    /// Whose access was shown, and what it was given for.
    pub(super) bearer: Option<(Nickname, AccessUse)>,
}

impl Who {
    /// Has a request carried out in the name of whoever asks.
    pub(super) async fn ask(&self, says: ClientSays) -> Result<Answered, Problem> {
        let asker = Asker {
            actor: self.actor(),
            address: self.address,
            key: None,
        };
        Ok(self.core.carry_out(asker, says).await?)
    }

    /// The name of a member who may read everything they may see from `after` on.
    pub(super) fn may_follow(&self, after: u64) -> Result<Nickname, Problem> {
        let now = self.core.clock.now().0;
        let says = ClientSays::Resume { after };
        self.core.log.state().read().authorize(self.actor(), &says, now)?;
        let name = self.bearer.as_ref().map(|(name, _)| name.clone());
        Ok(name.ok_or(Refusal::NotAMember)?)
    }

    /// An id for a message whose sender gave none: a UUID of version 7, of the server's clock and randomness.
    pub(super) fn new_id(&self) -> Result<uuid::Uuid, Problem> {
        let random = self.core.salt().map_err(|_| Refusal::Unavailable)?;
        let [tail @ .., _, _, _, _, _, _] = random;
        Ok(uuid::Builder::from_unix_timestamp_millis(self.core.clock.now().0, &tail).into_uuid())
    }

    fn actor(&self) -> Actor<'_> {
        match &self.bearer {
            Some((name, use_for)) => Actor::Bearer(name, use_for),
            None => Actor::Stranger,
        }
    }

    /// Whoever holds this secret.
    pub(super) fn holder(core: Arc<Core>, address: IpAddr, secret: &str) -> Result<Self, Problem> {
        // Guessing 256 bits is hopeless; guessing fast is still not for free. Who knows a secret is not held up by those who guess.
        let bearer = lookup(&core, secret).map_err(|refusal| match refusal {
            Refusal::BadAccess if !core.guesses.take(&address) => Refusal::RateLimited,
            refusal => refusal,
        })?;
        Ok(Self {
            core,
            address,
            bearer: Some(bearer),
        })
    }
}

fn lookup(core: &Core, secret: &str) -> Result<(Nickname, AccessUse), Refusal> {
    let secret = URL_SAFE_NO_PAD.decode(secret).map_err(|_| Refusal::BadAccess)?;
    let secret: [u8; 32] = secret.try_into().map_err(|_| Refusal::BadAccess)?;
    let now = core.clock.now().0;
    let state = core.log.state().read();
    let grant = state.access(&SecretHash::of(&secret), now)?;
    Ok((grant.by.clone(), grant.use_for.clone()))
}

impl FromRequestParts<Arc<Core>> for Who {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, core: &Arc<Core>) -> Result<Self, Problem> {
        let Origin(address) = *parts.extensions.get().ok_or(Refusal::Unknown)?;
        let core = Arc::clone(core);
        let Some(value) = parts.headers.get(header::AUTHORIZATION) else {
            return Ok(Self {
                core,
                address,
                bearer: None,
            });
        };
        let token = value.to_str().ok().and_then(|value| {
            let (scheme, token) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
        });
        let secret = token.and_then(|token| token.strip_prefix(TOKEN_PREFIX));
        let who = Self::holder(core, address, secret.ok_or(Refusal::BadAccess)?)?;
        match &who.bearer {
            Some((_, AccessUse::Token { .. })) => Ok(who),
            // A webhook's secret is a path, never a token.
            _ => Err(Refusal::BadAccess.into()),
        }
    }
}
