//! Connections by the product's own code, with notes of what was measured on the way.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nihao_protocol::net::{Environment, KeyLogFile, TlsStream};
use nihao_protocol::tls::Negotiated;
use tokio::time::Instant;

use super::recorder::{Recorder, Records, Seen};
use crate::connect::{Connect, ConnectError, Secure};
use crate::dial::system::{SystemNetwork, ends};
use crate::dial::{Dial, DialError, Tell};
use crate::home::{Credentials, Endpoint};

/// The stream that commands get.
pub(super) type Stream = <Watched as Connect>::Stream;

/// One connection as it was measured.
#[derive(Debug, Clone)]
pub(super) struct Way {
    /// The name that was looked up.
    pub(super) host: String,
    /// Our address.
    pub(super) from: SocketAddr,
    /// The server's.
    pub(super) to: SocketAddr,
    /// Name and TCP took so long.
    pub(super) dialing: Duration,
    /// The TLS handshake took so long.
    pub(super) handshake: Duration,
    /// What the handshake settled.
    pub(super) facts: Negotiated,
    /// The records of the handshake.
    pub(super) before: Vec<Seen>,
    /// The records after it.
    pub(super) after: Vec<Seen>,
}

/// TLS over the system's network, watched.
pub(super) struct Watched {
    secure: Secure<Network>,
    network: Network,
    settled: Mutex<Option<Settled>>,
}

#[derive(Debug, Clone)]
struct Settled {
    facts: Negotiated,
    at: Instant,
}

/// The system's network, watched.
#[derive(Clone, Default)]
struct Network(Arc<Mutex<Option<Dialed>>>);

#[derive(Debug, Clone)]
struct Dialed {
    host: String,
    from: SocketAddr,
    to: SocketAddr,
    took: Duration,
    at: Instant,
    records: Records,
}

impl Watched {
    pub(super) fn new(environment: &Environment, key_log: Option<KeyLogFile>) -> Self {
        let network = Network::default();
        let secure = Secure::new(network.clone(), environment.clone()).without_resumption();
        let secure = match key_log {
            Some(file) => secure.with_key_log(Arc::new(file)),
            None => secure,
        };
        Self {
            secure,
            network,
            settled: Mutex::default(),
        }
    }

    /// The last connection, with everything that passed over it until now.
    pub(super) fn last_way(&self) -> Option<Way> {
        let dialed = lock(&self.network.0).clone()?;
        let settled = lock(&self.settled).clone()?;
        let (before, after) = dialed.records.all().into_iter().partition(|seen| seen.at <= settled.at);
        Some(Way {
            host: dialed.host,
            from: dialed.from,
            to: dialed.to,
            dialing: dialed.took,
            handshake: settled.at - dialed.at,
            facts: settled.facts,
            before,
            after,
        })
    }
}

impl Connect for Watched {
    type Stream = TlsStream<Recorder<<SystemNetwork as Dial>::Stream>>;

    async fn connect(
        &self,
        endpoint: &Endpoint,
        credentials: Option<&Credentials>,
    ) -> Result<Self::Stream, ConnectError> {
        let stream = self.secure.connect(endpoint, credentials).await?;
        *lock(&self.settled) = stream.facts().cloned().map(|facts| Settled {
            facts,
            at: Instant::now(),
        });
        Ok(stream)
    }
}

impl Dial for Network {
    type Stream = Recorder<<SystemNetwork as Dial>::Stream>;

    async fn dial_telling(&self, host: &str, port: u16, tell: Tell<'_>) -> Result<Self::Stream, DialError> {
        let started = Instant::now();
        let stream = SystemNetwork.dial_telling(host, port, tell).await?;
        let records = Records::default();
        if let Some((from, to)) = ends(&stream) {
            let (took, at) = (started.elapsed(), Instant::now());
            *lock(&self.0) = Some(Dialed {
                host: host.into(),
                from,
                to,
                took,
                at,
                records: records.clone(),
            });
        }
        Ok(Recorder::new(stream, records))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
