//! Who asks: the giver of a bearer token, the owner of a browser by its session's cookie, or, where the operator wants that, a
//! member by the certificate of their device.
//!
//! [`Who`] stands before the body in every handler: who may not ask learns nothing of what else is wrong with the request. What
//! a foreign page could make a browser do needs this page's own origin, which is looked at here and nowhere else.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::uri::Authority;
use axum::http::{Method, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use nihao_protocol::chat::{AccessUse, ClientSays, Nickname, Refusal};

use super::cookie::{self, Shown};
use super::problem::Problem;
use super::{DeviceKey, Origin};
use crate::command::{Answered, Asker, TOKEN_PREFIX};
use crate::core::Core;
use crate::event::SecretHash;
use crate::state::access::Grant;
use crate::state::authorize::Actor;

/// Who a request comes from: somebody who showed something that was good then.
pub(super) struct Who {
    core: Arc<Core>,
    address: IpAddr,
    by: By,
}

/// What they showed.
enum By {
    Access {
        secret: SecretHash,
        grant: Box<Grant>,
    },
    /// The handshake proved it to be theirs.
    Key {
        key: [u8; 32],
        name: Nickname,
    },
}

/// Somebody who may read.
pub(super) struct Reader {
    pub(super) name: Nickname,
    /// The number of the access that they showed, if it was one.
    pub(super) access: Option<u64>,
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
            key: match &self.by {
                By::Key { key, .. } => Some(*key),
                By::Access { .. } => None,
            },
        };
        Ok(self.core.carry_out(asker, says).await?)
    }

    /// Whether they may read everything they may see from `after` on.
    pub(super) fn may_follow(&self, after: u64) -> Result<Reader, Problem> {
        self.still_holds()?;
        let now = self.core.clock.now().0;
        let says = ClientSays::Resume { after };
        self.core.log.state().read().authorize(self.actor(), &says, now)?;
        Ok(Reader {
            name: self.name().clone(),
            access: self.grant().map(|grant| grant.number),
            expires: self.grant().and_then(|grant| grant.expires),
        })
    }

    /// The access that they showed, if it was one.
    pub(super) fn grant(&self) -> Option<&Grant> {
        match &self.by {
            By::Access { grant, .. } => Some(grant),
            By::Key { .. } => None,
        }
    }

    /// In whose name they ask.
    pub(super) fn name(&self) -> &Nickname {
        match &self.by {
            By::Access { grant, .. } => &grant.by,
            By::Key { name, .. } => name,
        }
    }

    /// The server that they ask.
    pub(super) const fn core(&self) -> &Arc<Core> {
        &self.core
    }

    /// An id for a message whose sender gave none: a UUID of version 7, of the server's clock and randomness.
    pub(super) fn new_id(&self) -> Result<uuid::Uuid, Problem> {
        let random = self.core.salt().map_err(|_| Refusal::Unavailable)?;
        let [tail @ .., _, _, _, _, _, _] = random;
        Ok(uuid::Builder::from_unix_timestamp_millis(self.core.clock.now().0, &tail).into_uuid())
    }

    /// Whoever holds the secret of an access given for such a use.
    pub(super) fn holder(
        core: &Arc<Core>,
        address: IpAddr,
        secret: &str,
        fits: fn(&AccessUse) -> bool,
    ) -> Result<Self, Problem> {
        // Guessing 256 bits is hopeless; guessing fast is still not for free. Who knows a secret is not held up by those who guess.
        let (secret, grant) = lookup(core, secret, fits).map_err(|refusal| match refusal {
            Refusal::BadAccess if !core.guesses.take(&address) => Refusal::RateLimited,
            refusal => refusal,
        })?;
        Ok(Self {
            core: Arc::clone(core),
            address,
            by: By::Access {
                secret,
                grant: Box::new(grant),
            },
        })
    }

    /// Whether the access that they showed is still good: who asked once may ask again much later.
    fn still_holds(&self) -> Result<(), Refusal> {
        let now = self.core.clock.now().0;
        let state = self.core.log.state().read();
        match &self.by {
            By::Access { secret, .. } => state.access(secret, now).map(|_| ()),
            By::Key { name, .. } => state.is_member(name),
        }
    }

    /// A browser is its owner's device, as far as one without a key can be; tokens and webhooks do what they were given for.
    fn actor(&self) -> Actor<'_> {
        match self.grant().map(|grant| &grant.use_for) {
            None | Some(AccessUse::Browser) => Actor::Member(self.name()),
            Some(use_for) => Actor::Bearer(self.name(), use_for),
        }
    }

    fn by_token(core: &Arc<Core>, address: IpAddr, parts: &Parts) -> Option<Result<Self, Problem>> {
        let value = parts.headers.get(header::AUTHORIZATION)?;
        let token = value.to_str().ok().and_then(|value| {
            let (scheme, token) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
        });
        let secret = token.and_then(|token| token.strip_prefix(TOKEN_PREFIX));
        let fits = |use_for: &AccessUse| matches!(use_for, AccessUse::Token { .. });
        Some(match secret {
            Some(secret) => Self::holder(core, address, secret, fits),
            None => Err(Refusal::BadAccess.into()),
        })
    }

    fn by_cookie(core: &Arc<Core>, address: IpAddr, parts: &Parts) -> Option<Result<Self, Problem>> {
        let shown = cookie::shown(&parts.headers);
        if shown == Shown::None {
            return None;
        }
        if may_change(parts)
            && let Err(problem) = is_own_page(parts)
        {
            return Some(Err(problem));
        }
        let Shown::One(secret) = shown else {
            return Some(Err(Problem::from(Refusal::BadAccess).forgetting()));
        };
        let fits = |use_for: &AccessUse| *use_for == AccessUse::Browser;
        Some(Self::holder(core, address, secret, fits).map_err(Problem::forgetting))
    }
}

impl Who {
    /// A browser that was once told to shows its certificate to every page that asks: an Origin must be this server's own. Programs
    /// send none.
    fn by_certificate(core: &Arc<Core>, address: IpAddr, parts: &Parts) -> Option<Result<Self, Problem>> {
        let DeviceKey(key) = *parts.extensions.get()?;
        if may_change(parts)
            && parts.headers.contains_key(header::ORIGIN)
            && let Err(problem) = is_own_page(parts)
        {
            return Some(Err(problem));
        }
        let state = core.log.state().read();
        let name = state.owner(&key).ok_or(Refusal::NotAMember);
        let name = name.and_then(|name| state.is_member(name).map(|()| name.clone()));
        Some(name.map_err(Problem::from).map(|name| Self {
            core: Arc::clone(core),
            address,
            by: By::Key { key, name },
        }))
    }
}

fn lookup(core: &Core, secret: &str, fits: fn(&AccessUse) -> bool) -> Result<(SecretHash, Grant), Refusal> {
    let secret = URL_SAFE_NO_PAD.decode(secret).map_err(|_| Refusal::BadAccess)?;
    let secret: [u8; 32] = secret.try_into().map_err(|_| Refusal::BadAccess)?;
    let now = core.clock.now().0;
    let secret = SecretHash::of(&secret);
    let grant = core.log.state().read().access(&secret, now)?.clone();
    // A webhook's secret is a path, never a token; a cookie's is neither.
    let grant = Some(grant).filter(|grant| fits(&grant.use_for));
    Ok((secret, grant.ok_or(Refusal::BadAccess)?))
}

impl FromRequestParts<Arc<Core>> for Who {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, core: &Arc<Core>) -> Result<Self, Problem> {
        let Origin(address) = *parts.extensions.get().ok_or(Refusal::Unknown)?;
        let who = Self::by_token(core, address, parts)
            .or_else(|| Self::by_cookie(core, address, parts))
            .or_else(|| Self::by_certificate(core, address, parts));
        who.unwrap_or_else(|| Err(Refusal::NotAMember.into()))
    }
}

/// A request that this server's own page made, and no other.
pub(super) struct OwnPage;

impl FromRequestParts<Arc<Core>> for OwnPage {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Core>) -> Result<Self, Problem> {
        is_own_page(parts).map(|()| Self)
    }
}

/// RFC 9110 §9.2.1: an unsafe method; and what turns a connection into another, through which more may be asked.
fn may_change(parts: &Parts) -> bool {
    let is_safe = [Method::GET, Method::HEAD, Method::OPTIONS].contains(&parts.method);
    !is_safe || parts.headers.contains_key(header::UPGRADE)
}

/// RFC 6454 §7: `Origin` names the page that asks; a browser says it truly. It must be of this scheme, host and port.
fn is_own_page(parts: &Parts) -> Result<(), Problem> {
    let mut origins = parts.headers.get_all(header::ORIGIN).iter();
    let (origin, second) = (origins.next(), origins.next());
    let origin = origin.and_then(|origin| origin.to_str().ok());
    let origin = origin.and_then(|origin| origin.strip_prefix("https://"));
    let authority = parts.uri.authority().map(Authority::as_str);
    let host = parts.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let same = match (origin, authority.or(host)) {
        (Some(origin), Some(here)) => port_443_unsaid(origin).eq_ignore_ascii_case(port_443_unsaid(here)),
        _ => false,
    };
    if same && second.is_none() {
        return Ok(());
    }
    let detail = "Origin must be https:// and this server's host and port, as Host says them";
    Err(Problem::new(StatusCode::FORBIDDEN, "wrong_origin", detail))
}

/// RFC 9110 §4.2.2: the port that `https` has if none is said.
fn port_443_unsaid(authority: &str) -> &str {
    authority.strip_suffix(":443").unwrap_or(authority)
}
