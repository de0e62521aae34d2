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
use crate::state::access::Grant;
use crate::state::authorize::Actor;

/// Who a request comes from.
pub(super) struct Who {
    core: Arc<Core>,
    address: IpAddr,
    bearer: Option<Bearer>,
}

/// An access that was shown, as it was when it was.
struct Bearer {
    secret: SecretHash,
    grant: Grant,
}

/// Somebody who may read.
pub(super) struct Reader {
    pub(super) name: Nickname,
    /// The number of the access that they showed.
    pub(super) access: u64,
    /// When that ends, in ms since 1970.
    pub(super) expires: Option<u64>,
}

impl Who {
    /// Has a request carried out in the name of whoever asks; refused once the access that they showed has ended.
    pub(super) async fn ask(&self, says: ClientSays) -> Result<Answered, Problem> {
        self.still_holds()?;
        let asker = Asker {
            actor: self.actor(),
            address: self.address,
            key: None,
        };
        Ok(self.core.carry_out(asker, says).await?)
    }

    /// Whether they may read everything they may see from `after` on.
    pub(super) fn may_follow(&self, after: u64) -> Result<Reader, Problem> {
        self.still_holds()?;
        let now = self.core.clock.now().0;
        let says = ClientSays::Resume { after };
        self.core.log.state().read().authorize(self.actor(), &says, now)?;
        let grant = self.grant().ok_or(Refusal::NotAMember)?;
        Ok(Reader {
            name: grant.by.clone(),
            access: grant.number,
            expires: grant.expires,
        })
    }

    /// The access that they showed.
    pub(super) fn grant(&self) -> Option<&Grant> {
        self.bearer.as_ref().map(|bearer| &bearer.grant)
    }

    /// The server that they ask.
    pub(super) const fn core(&self) -> &Arc<Core> {
        &self.core
    }

    /// Whether the access that they showed is still good: who asked once may ask again much later.
    fn still_holds(&self) -> Result<(), Refusal> {
        let Some(bearer) = &self.bearer else {
            return Ok(());
        };
        let now = self.core.clock.now().0;
        self.core.log.state().read().access(&bearer.secret, now).map(|_| ())
    }

    /// An id for a message whose sender gave none: a UUID of version 7, of the server's clock and randomness.
    pub(super) fn new_id(&self) -> Result<uuid::Uuid, Problem> {
        let random = self.core.salt().map_err(|_| Refusal::Unavailable)?;
        let [tail @ .., _, _, _, _, _, _] = random;
        Ok(uuid::Builder::from_unix_timestamp_millis(self.core.clock.now().0, &tail).into_uuid())
    }

    fn actor(&self) -> Actor<'_> {
        match &self.bearer {
            Some(Bearer { grant, .. }) => Actor::Bearer(&grant.by, &grant.use_for),
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

fn lookup(core: &Core, secret: &str) -> Result<Bearer, Refusal> {
    let secret = URL_SAFE_NO_PAD.decode(secret).map_err(|_| Refusal::BadAccess)?;
    let secret: [u8; 32] = secret.try_into().map_err(|_| Refusal::BadAccess)?;
    let now = core.clock.now().0;
    let secret = SecretHash::of(&secret);
    let grant = core.log.state().read().access(&secret, now)?.clone();
    Ok(Bearer { secret, grant })
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
        match who.grant().map(|grant| &grant.use_for) {
            Some(AccessUse::Token { .. }) => Ok(who),
            // A webhook's secret is a path, never a token.
            _ => Err(Refusal::BadAccess.into()),
        }
    }
}
