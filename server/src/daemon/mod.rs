//! The daemon: what listens, shakes hands, and hands each connection to what its peer came for.

mod data;
mod handshakes;
mod identities;
mod listen;
#[cfg(test)]
pub(crate) mod tests;
mod web_certificate;

use std::future::Future;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nihao_certs::{Authorities, HostName, Opened, StoreError, this_host};
use nihao_protocol::chat::{self, Invite, Refusal};
use nihao_protocol::net::{Environment, TlsStream};
use nihao_protocol::tls::KeyLog;
use nihao_protocol::x509::{Certificate, Roots, Trust};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::task::JoinSet;
use tokio::time::timeout;

pub use data::DataError;
pub use identities::RenewError;
pub use listen::Listener;
pub use web_certificate::{WebCertificate, WebCertificateError};

use crate::core::{Core, Door, InviteFailed, Parts};
use crate::limits::{Limits, Rate};
use crate::log::sqlite::{OpenError, Synchronous};
use crate::log::{Log, SqliteLog};
use crate::rate::Rates;
use crate::session::{self, Peer};
use crate::web::{self, HTTP2, Site, Standing};
use data::DataDir;
use handshakes::Handshakes;
use identities::{Identities, Sources};

/// The ALPN name of HTTP/1.1.
const HTTP: &[u8] = b"http/1.1";

/// How many connections beyond the limit are let as far as being told so.
const SPARE: usize = 64;

/// How many of those not let in are told why in a second.
const COURTESIES: f64 = 50.0;

/// What a server is started with.
#[derive(Debug, Clone)]
pub struct Config {
    /// The data directory; made if it is not there.
    pub data: PathBuf,
    /// Where the server listens, as it turned out: port 0 is no address.
    pub address: SocketAddr,
    /// The names it can be reached by; the first one stands in invites.
    pub names: Vec<HostName>,
    /// Where the traffic secrets go. Whoever has them can read everything.
    pub key_log: Option<Arc<dyn KeyLog>>,
    /// The bounds.
    pub limits: Limits,
    /// How durable the log is: anything but `Full` loses messages with the machine.
    pub synchronous: Synchronous,
    /// What browsers are shown instead of the server's own certificate, where it is for the name they ask for.
    pub web_certificate: Option<WebCertificate>,
    /// Whether browsers that came by a host name are told to come back over TLS alone (RFC 6797).
    pub hsts: bool,
    /// Whether HTTP clients, too, are asked for a user's certificate.
    pub client_certificates: bool,
}

impl Config {
    /// The defaults, for a data directory and an address.
    #[must_use]
    pub fn new(data: impl Into<PathBuf>, address: SocketAddr) -> Self {
        Self {
            data: data.into(),
            address,
            names: Vec::new(),
            key_log: None,
            limits: Limits::default(),
            synchronous: Synchronous::default(),
            web_certificate: None,
            hsts: false,
            client_certificates: false,
        }
    }
}

/// Why a server could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data directory.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The certificate authorities in it.
    #[error(transparent)]
    Authorities(#[from] StoreError),
    /// The log in it.
    #[error(transparent)]
    Log(#[from] OpenError),
    /// The server's own certificates.
    #[error("cannot make the server's certificates: {0}")]
    Certificates(#[from] RenewError),
    /// The user authority is no root to check users by.
    #[error("the user authority is unusable: {0}")]
    Users(#[from] nihao_protocol::x509::RootsError),
}

/// A chat server on a data directory, ready to run.
pub struct Server {
    core: Arc<Core>,
    site: Arc<Site>,
    identities: Arc<Identities>,
    handshakes: Arc<Handshakes>,
    arrivals: Rates<std::net::IpAddr>,
    /// How often somebody who is not let in is told why, all together: it costs a handshake.
    courtesy: Rates<()>,
    data: Option<DataDir>,
}

impl Server {
    /// Opens the data directory, or makes everything in it: authorities, database, `ca.pem`.
    pub fn open(config: Config, environment: Environment) -> Result<Self, StartError> {
        let data = DataDir::open(&config.data)?;
        let names = own_names(&config);
        let now = environment.clock.now();
        let authorities = Authorities::open_or_create(data.path(), &names, now, &mut *environment.entropy.open())?;
        if authorities.opened == Opened::Extended {
            tracing::warn!(
                "the browsers' root in ca.pem was extended for new names; import it again where it is in use"
            );
        }
        let log = SqliteLog::open(&data.database(), config.synchronous)?;
        let server = Self::assemble(Arc::new(log), authorities, names, config, environment)?;
        Ok(Self {
            data: Some(data),
            ..server
        })
    }

    /// Puts a server together from a log and authorities of the caller's: in memory, in a simulated world. Its certificates carry
    /// `names`; the data directory of `config` is not looked at, nor is anything else of this machine.
    pub fn assemble(
        log: Arc<dyn Log>,
        authorities: Authorities,
        names: Vec<HostName>,
        config: Config,
        environment: Environment,
    ) -> Result<Self, StartError> {
        let standing = Standing {
            root: authorities.server_p256.authority().pem(),
            hsts: config.hsts,
        };
        let mut users = Roots::new();
        users.add(authorities.users.authority().certificate())?;
        let door = Door {
            host: invite_host(&config, &names),
            port: config.address.port(),
            ca: ed25519_key(&authorities),
        };
        if let Some(web) = &config.web_certificate {
            web.warn(environment.clock.now());
        }
        let identities = Identities::new(Sources {
            ed25519: authorities.server_ed25519,
            p256: authorities.server_p256,
            names,
            users: Trust::Roots(Arc::new(users)),
            key_log: config.key_log,
            environment: environment.clone(),
            deadline: config.limits.handshake_deadline,
            web: config.web_certificate,
            asks_everyone: config.client_certificates,
        })?;
        let arrivals = Rates::new(config.limits.address_rate);
        let core = Arc::new(Core::new(Parts {
            log,
            authority: authorities.users,
            door,
            random: environment.entropy.open(),
            clock: environment.clock,
            limits: config.limits,
        }));
        Ok(Self {
            arrivals,
            courtesy: Rates::new(Rate::per_second(COURTESIES)),
            site: Arc::new(Site::new(Arc::clone(&core), standing)),
            core,
            identities: Arc::new(identities),
            handshakes: Arc::default(),
            data: None,
        })
    }

    /// The file with both server roots, in a data directory.
    #[must_use]
    pub fn ca_file(data: &Path) -> PathBuf {
        data.join(nihao_certs::CA_FILE)
    }

    /// The data directory, if there is one.
    #[must_use]
    pub fn data(&self) -> Option<&Path> {
        self.data.as_ref().map(DataDir::path)
    }

    /// Takes up the web certificate at once if its files changed, as the server does by itself every hour.
    pub fn reread_web_certificate(&self) {
        self.identities.reread();
    }

    /// The first user's invite, fresh, as long as nobody has joined.
    pub async fn founding_invite(&self) -> Result<Option<Invite>, InviteFailed> {
        self.core.founding_invite().await
    }

    /// What the connections work with.
    #[must_use]
    pub const fn core(&self) -> &Arc<Core> {
        &self.core
    }

    /// Serves until `shutdown` is ready, then drains: what is on its way to the log is answered, everyone is told, and after
    /// a bounded time the rest is cut off. Dropping the future is a crash: it owns all its tasks.
    pub async fn run<L: Listener>(&self, mut listener: L, shutdown: impl Future<Output = ()>) {
        let mut upkeep = JoinSet::new();
        upkeep.spawn(Arc::clone(&self.core).deliver());
        upkeep.spawn(Arc::clone(&self.identities).keep_fresh());
        let mut connections = JoinSet::new();
        tokio::pin!(shutdown);
        loop {
            tokio::select! {
                biased;
                () = &mut shutdown => break,
                Some(_) = connections.join_next(), if !connections.is_empty() => {}
                (stream, address) = listener.accept() => self.admit(&mut connections, stream, address),
            }
        }
        drop(listener);
        tracing::info!(connections = connections.len(), "draining");
        self.handshakes.evict_all();
        self.core.hub.close();
        let all_gone = async { while connections.join_next().await.is_some() {} };
        if timeout(self.core.limits.drain, all_gone).await.is_err() {
            tracing::warn!("some connections did not end in time and were cut off");
        }
    }

    fn admit<S>(&self, connections: &mut JoinSet<()>, stream: S, address: SocketAddr)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let refusal = self.refusal(connections.len(), address);
        if let Some(reason) = refusal {
            tracing::debug!(%address, %reason, "not let in");
            if connections.len() >= self.core.limits.connections + SPARE || !self.courtesy.take(&()) {
                return;
            }
        }
        let Some(acceptor) = self.identities.acceptor() else {
            return;
        };
        let (core, site) = (Arc::clone(&self.core), Arc::clone(&self.site));
        let place = self.handshakes.enter(core.limits.handshakes);
        connections.spawn(async move {
            // Boxed, so that what a handshake needs is freed when it is over.
            let stream = Box::pin(shake_hands(acceptor, stream, address, place)).await;
            match (stream, refusal) {
                (None, _) => {}
                (Some(stream), None) => Box::pin(talk(core, site, stream, address)).await,
                (Some(stream), Some(reason)) => turn_away(core, stream, reason).await,
            }
        });
    }

    /// Why one more connection from that address is too much, if it is.
    fn refusal(&self, connections: usize, address: SocketAddr) -> Option<Refusal> {
        if connections >= self.core.limits.connections {
            Some(Refusal::Busy)
        } else if !self.arrivals.take(&address.ip()) {
            Some(Refusal::RateLimited)
        } else {
            None
        }
    }
}

async fn shake_hands<S: AsyncRead + AsyncWrite + Unpin>(
    acceptor: nihao_protocol::net::Acceptor,
    stream: S,
    address: SocketAddr,
    mut place: handshakes::Place,
) -> Option<TlsStream<S>> {
    let accepted = tokio::select! {
        biased;
        accepted = acceptor.accept(stream) => accepted,
        () = place.evicted() => {
            tracing::debug!(%address, "handshake ended: too many at once");
            return None;
        }
    };
    accepted
        .inspect_err(|error| tracing::debug!(%address, %error, "handshake failed"))
        .ok()
}

/// Tells somebody why they are not let in, where they speak the protocol that can say it.
async fn turn_away<S>(core: Arc<Core>, mut stream: TlsStream<S>, reason: Refusal)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let speaks_chat = stream
        .facts()
        .is_some_and(|facts| facts.alpn.as_deref() == Some(chat::ALPN));
    let goodbye = async {
        if speaks_chat {
            session::turn_away(&mut stream, reason).await
        } else {
            stream.shutdown().await
        }
    };
    // Whoever does not take it need not be waited for.
    let _ = timeout(core.limits.farewell, goodbye).await;
}

/// What the peer came for is in its ALPN.
async fn talk<S>(core: Arc<Core>, site: Arc<Site>, stream: TlsStream<S>, address: SocketAddr)
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let Some(facts) = stream.facts() else { return };
    let speaks_chat = facts.alpn.as_deref() == Some(chat::ALPN);
    let speaks_h2 = facts.alpn.as_deref() == Some(HTTP2);
    let key = facts.peer_chain.first().map(|der| ed25519_of(der));
    let outcome = match key {
        _ if !speaks_chat => {
            let presence = core.hub.enter(None, 1);
            let peer = web::Peer {
                address: address.ip(),
                is_h2: speaks_h2,
                key: key.flatten(),
            };
            let stop = async {
                presence.mailbox.dismissed().await;
            };
            site.serve(stream, peer, stop).await.map(|()| String::from("web"))
        }
        // The user authority signs nothing but Ed25519 keys.
        Some(None) => return,
        key => {
            let peer = Peer {
                address: address.ip(),
                key: key.flatten(),
            };
            let ended = session::serve(core, stream, peer).await;
            ended.map(|ended| format!("{ended:?}"))
        }
    };
    match outcome {
        Ok(ended) => tracing::debug!(%address, ended, "connection ended"),
        Err(error) => tracing::debug!(%address, %error, "connection failed"),
    }
}

fn ed25519_of(certificate: &[u8]) -> Option<[u8; 32]> {
    Certificate::parse(certificate).ok()?.public_key().ok()?.try_into().ok()
}

fn ed25519_key(authorities: &Authorities) -> [u8; 32] {
    let key = authorities.server_ed25519.authority().public_key();
    key.bits().try_into().unwrap_or_default()
}

/// The names that the server's certificates carry: those given, the address it listens on, the machine's own.
fn own_names(config: &Config) -> Vec<HostName> {
    let mut names = config.names.clone();
    let ip = config.address.ip();
    if !ip.is_unspecified() {
        names.push(HostName::Ip(ip));
    }
    names.extend(this_host());
    names
}

/// The first name given, else the address it listens on; where that is every address, the machine's own name.
fn invite_host(config: &Config, own: &[HostName]) -> String {
    let ip = config.address.ip();
    let host = match config.names.first() {
        None if !ip.is_unspecified() => Some(HostName::Ip(ip)),
        None => own.first().cloned(),
        name => name.cloned(),
    };
    host.map_or_else(|| String::from("localhost"), |host| host.to_string())
}
