//! What every connection works with: the log, the hub, the user authority, the clock, the limits.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use nihao_certs::{PublicKey, UserAuthority, Validity, random_serial};
use nihao_protocol::chat::{Code, Invite, Nickname};
use nihao_protocol::clock::{Clock, UnixTime};
use nihao_protocol::crypto::Random;
use nihao_protocol::crypto::random::{self, RandomUnavailable};

use crate::event::{CodeHash, Event, What};
use crate::hub::Hub;
use crate::limits::Limits;
use crate::log::{Log, LogError, Query};
use crate::rate::Rates;

/// One chat server, without its sockets.
pub struct Core {
    /// What happened.
    pub log: Arc<dyn Log>,
    /// Who is connected.
    pub hub: Arc<Hub>,
    /// The wall clock.
    pub clock: Clock,
    /// The bounds.
    pub limits: Limits,
    pub(crate) users: Rates<Nickname>,
    pub(crate) guesses: Rates<IpAddr>,
    authority: UserAuthority,
    random: Mutex<Box<dyn Random + Send>>,
    door: Door,
}

/// What invites say of this server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Door {
    /// A name or an address that newcomers can reach.
    pub host: String,
    /// The TCP port.
    pub port: u16,
    /// The server CA's Ed25519 public key.
    pub ca: [u8; 32],
}

/// What a core is made of.
pub struct Parts {
    /// What happened.
    pub log: Arc<dyn Log>,
    /// Signs users.
    pub authority: UserAuthority,
    /// What invites say.
    pub door: Door,
    /// The wall clock.
    pub clock: Clock,
    /// Where codes, salts and serial numbers come from.
    pub random: Box<dyn Random + Send>,
    /// The bounds.
    pub limits: Limits,
}

/// No certificate could be made.
#[derive(Debug, thiserror::Error)]
#[error("no certificate could be made: {0}")]
pub struct IssueFailed(String);

/// No invite could be made.
#[derive(Debug, thiserror::Error)]
pub enum InviteFailed {
    /// Without randomness there is no code.
    #[error(transparent)]
    Random(#[from] RandomUnavailable),
    /// It could not be stored.
    #[error(transparent)]
    Log(#[from] LogError),
}

impl Core {
    /// Puts a server together.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self {
            users: Rates::new(parts.limits.user_rate),
            guesses: Rates::new(parts.limits.guess_rate),
            log: parts.log,
            hub: Arc::default(),
            clock: parts.clock,
            limits: parts.limits,
            authority: parts.authority,
            random: Mutex::new(parts.random),
            door: parts.door,
        }
    }

    /// What its invites say.
    #[must_use]
    pub const fn door(&self) -> &Door {
        &self.door
    }

    /// Takes every new entry of the log to the mailboxes, for ever. A server runs it once, beside its connections.
    pub async fn deliver(self: Arc<Self>) {
        let after = self.log.recent().head();
        Arc::clone(&self.hub).deliver_all(Arc::clone(&self.log), after).await;
    }

    /// Makes the first user's invite, if nobody has joined yet. Those made before are void.
    pub async fn founding_invite(&self) -> Result<Option<Invite>, InviteFailed> {
        if !self.log.state().read().is_empty() {
            return Ok(None);
        }
        let (invite, event) = self.new_invite(None)?;
        self.log.append(event).await?;
        Ok(Some(invite))
    }

    /// Draws a code and makes the invite and the event that it needs.
    pub(crate) fn new_invite(&self, by: Option<Nickname>) -> Result<(Invite, Event), RandomUnavailable> {
        let code = self.draw(|random| Code::new(random))?;
        let what = What::InviteCreated {
            by,
            code: CodeHash::of(&code),
            expires: self.invite_expiry(),
        };
        let invite = Invite {
            host: self.door.host.clone(),
            port: self.door.port,
            ca: self.door.ca,
            code,
        };
        Ok((invite, self.now(what)))
    }

    /// Until when an invite of this moment is good, in ms since 1970.
    pub(crate) fn invite_expiry(&self) -> u64 {
        self.clock.now().plus_seconds(self.limits.invite_lifetime.as_secs()).0
    }

    /// Makes a user certificate, in DER.
    pub(crate) fn issue(&self, name: &Nickname, public_key: &[u8; 32]) -> Result<Vec<u8>, IssueFailed> {
        let failed = |error: &dyn std::fmt::Display| IssueFailed(error.to_string());
        let serial = self
            .draw(|random| random_serial(random))
            .map_err(|error| failed(&error))?;
        let validity = Validity::of_user_certificate(self.clock.now());
        let issued = self
            .authority
            .issue(name.as_str(), &PublicKey::ed25519(*public_key), validity, &serial)
            .map_err(|error| failed(&error))?;
        Ok(issued.certificate)
    }

    /// A user certificate with its authority's behind it.
    pub(crate) fn chain_of(&self, certificate: Vec<u8>) -> Vec<Vec<u8>> {
        vec![certificate, self.authority.authority().certificate().to_vec()]
    }

    /// The next part of what `me` may see after `after`, up to what was the newest entry just now. No places: there is nothing.
    ///
    /// The bound is taken first: in which conversations there is something new, and what is new in each, are looked up one after
    /// the other while others write. Something newer from one of them would move the reader past what the others did not show yet.
    pub(crate) fn news(&self, me: &Nickname, after: u64, limit: usize) -> Query {
        let newest = self.log.recent().head();
        Query {
            places: self.log.state().read().places_with_news(me, after),
            after,
            before: newest.saturating_add(1),
            limit,
            newest: false,
        }
    }

    /// Draws a salt for a message.
    pub(crate) fn salt(&self) -> Result<[u8; 16], RandomUnavailable> {
        self.draw(|random| random::array(random))
    }

    /// Draws the secret of an access.
    pub(crate) fn secret(&self) -> Result<[u8; 32], RandomUnavailable> {
        self.draw(|random| random::array(random))
    }

    /// An event of this moment.
    pub(crate) fn now(&self, what: What) -> Event {
        let UnixTime(at) = self.clock.now();
        Event { at, what }
    }

    fn draw<T>(&self, draw: impl FnOnce(&mut dyn Random) -> T) -> T {
        draw(&mut **self.random.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
