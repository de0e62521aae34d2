//! Who this server is to its clients: two certificates, signed afresh at each start and again before they expire, and for browsers
//! one of the operator's own, if there is one.

use super::web_certificate::WebCertificate;
use crate::web::HTTP2;
use nihao_certs::{HostName, IssueError, PublicKey, ServerAuthority, Validity};
use nihao_protocol::chat;
use nihao_protocol::crypto::{Random, SigningKey};
use nihao_protocol::net::{Acceptor, Environment};
use nihao_protocol::tls::{ClientAuth, Identity, IdentityError, KeyLog, ServerConfig, TicketKeys};
use nihao_protocol::x509::Trust;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

/// Seconds that a ticket, renewed or not, stands in for a certificate: a day.
const TICKET_LIFETIME: u32 = 86_400;
/// How often the dates are looked at.
const LOOK: Duration = Duration::from_secs(3600);

/// Accepts TLS connections under certificates that never run out. The leaves' keys live in memory alone.
pub(super) struct Identities {
    ed25519: ServerAuthority,
    p256: ServerAuthority,
    names: Vec<HostName>,
    users: Trust,
    key_log: Option<Arc<dyn KeyLog>>,
    environment: Environment,
    deadline: Duration,
    random: Mutex<Box<dyn Random + Send>>,
    /// In memory alone: after a restart everyone shows a certificate once.
    tickets: Arc<TicketKeys>,
    web: Mutex<Option<WebCertificate>>,
    asks_everyone: bool,
    current: RwLock<Option<Current>>,
}

/// What connections are accepted with now.
struct Current {
    acceptor: Acceptor,
    ed25519: Identity,
    p256: Identity,
    validity: Validity,
}

/// What [`Identities`] is made of.
pub(super) struct Sources {
    pub(super) ed25519: ServerAuthority,
    pub(super) p256: ServerAuthority,
    pub(super) names: Vec<HostName>,
    pub(super) users: Trust,
    pub(super) key_log: Option<Arc<dyn KeyLog>>,
    pub(super) environment: Environment,
    pub(super) deadline: Duration,
    pub(super) web: Option<WebCertificate>,
    /// Whether HTTP clients are asked for a certificate.
    pub(super) asks_everyone: bool,
}

/// No certificate could be made.
#[derive(Debug, thiserror::Error)]
pub enum RenewError {
    /// The authority would not sign.
    #[error(transparent)]
    Issue(#[from] IssueError),
    /// What it signed is no identity.
    #[error(transparent)]
    Identity(#[from] IdentityError),
    /// No key could be drawn.
    #[error("no key could be drawn")]
    Key,
}

impl Identities {
    /// Signs the first certificates.
    pub(super) fn new(sources: Sources) -> Result<Self, RenewError> {
        let identities = Self {
            random: Mutex::new(sources.environment.entropy.open()),
            ed25519: sources.ed25519,
            p256: sources.p256,
            names: sources.names,
            users: sources.users,
            key_log: sources.key_log,
            environment: sources.environment,
            deadline: sources.deadline,
            tickets: Arc::new(TicketKeys::new(TICKET_LIFETIME)),
            web: Mutex::new(sources.web),
            asks_everyone: sources.asks_everyone,
            current: RwLock::new(None),
        };
        identities.renew()?;
        Ok(identities)
    }

    /// What accepts the next connection.
    pub(super) fn acceptor(&self) -> Option<Acceptor> {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        current.as_ref().map(|current| current.acceptor.clone())
    }

    /// Signs new certificates in the last third of the old ones' time, and takes up the operator's own when it was renewed, for ever.
    pub(super) async fn keep_fresh(self: Arc<Self>) {
        loop {
            tokio::time::sleep(LOOK).await;
            self.reread();
            if !self.is_due() {
                continue;
            }
            match self.renew() {
                Ok(()) => tracing::info!("server certificates renewed"),
                Err(error) => {
                    tracing::error!(%error, "server certificates could not be renewed; trying again in an hour")
                }
            }
        }
    }

    fn is_due(&self) -> bool {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        let now = self.environment.clock.now();
        current
            .as_ref()
            .is_none_or(|current| current.validity.needs_renewal(now))
    }

    /// Takes up the operator's own certificate if its files changed; what cannot be used leaves the old one in place.
    pub(super) fn reread(&self) {
        let mut web = self.web.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(old) = &*web else { return };
        match old.reread() {
            Ok(None) => old.warn(self.environment.clock.now()),
            Ok(Some(fresh)) => {
                fresh.warn(self.environment.clock.now());
                *web = Some(fresh);
                drop(web);
                self.put_again();
                tracing::info!("the web certificate was read again");
            }
            Err(error) => {
                let hint = error.hint();
                tracing::warn!(%error, hint, "the web certificate cannot be renewed; the old one is kept");
            }
        }
    }

    fn put_again(&self) {
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        let ours = current.as_ref();
        let ours = ours.map(|one| (one.ed25519.clone(), one.p256.clone(), one.validity));
        drop(current);
        if let Some((ed25519, p256, validity)) = ours {
            self.put(ed25519, p256, validity);
        }
    }

    fn renew(&self) -> Result<(), RenewError> {
        let validity = Validity::of_server_certificate(self.environment.clock.now());
        let (ed25519, p256) = {
            let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
            let ed25519 = SigningKey::generate_ed25519(&mut *random).map_err(|_| RenewError::Key)?;
            let p256 = SigningKey::generate_p256(&mut *random).map_err(|_| RenewError::Key)?;
            (
                self.identity(&self.ed25519, ed25519, validity, &mut **random)?,
                self.identity(&self.p256, p256, validity, &mut **random)?,
            )
        };
        self.put(ed25519, p256, validity);
        Ok(())
    }

    /// Accepts connections under these from now on, and under the operator's own where it is for the name.
    fn put(&self, ed25519: Identity, p256: Identity, validity: Validity) {
        let of_the_web = [None, Some(HTTP2), Some(super::HTTP)];
        let web = self.web.lock().unwrap_or_else(PoisonError::into_inner);
        let own = web.as_ref().map(|web| web.identity().clone().reserved_for(of_the_web));
        drop(web);
        // Who trusts the root in a browser's or system's store trusts P-256's alone, and may still offer Ed25519.
        let in_stores = p256.clone().reserved_for(of_the_web);
        let all = own.into_iter().chain([in_stores, ed25519.clone(), p256.clone()]);
        let mut config = ServerConfig::new(all.collect());
        config.alpn = vec![chat::ALPN.to_vec(), HTTP2.to_vec(), super::HTTP.to_vec()];
        // Unless the operator wants it, a browser must never be asked for a certificate.
        config.client_auth = ClientAuth::Optional(self.users.clone());
        config.client_auth_protocols = (!self.asks_everyone).then(|| vec![chat::ALPN.to_vec()]);
        config.tickets = Some(self.tickets.clone());
        config.ticket_count = 1; // a client has one connection, and gets the next ticket with the next
        config.key_log.clone_from(&self.key_log);
        let acceptor = Acceptor::new(Arc::new(config), self.environment.clone()).with_deadline(self.deadline);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Some(Current {
            acceptor,
            ed25519,
            p256,
            validity,
        });
    }

    fn identity(
        &self,
        authority: &ServerAuthority,
        key: SigningKey,
        validity: Validity,
        random: &mut dyn Random,
    ) -> Result<Identity, RenewError> {
        let issued = authority.issue(&self.names, &PublicKey::of(&key), validity, random)?;
        Ok(Identity::new(vec![issued.certificate], key)?)
    }
}
