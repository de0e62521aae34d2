//! TLS with a pinned CA over any plain stream, and its errors in the client's words.

use std::io;
use std::sync::Arc;

use nihao_protocol::chat::ALPN;
#[cfg(feature = "http")]
use nihao_protocol::crypto::SignatureScheme;
use nihao_protocol::net::{Connector, Environment, Error as NetError, TlsStream, tls_error};
use nihao_protocol::tls::error::{Incompatible, Peer};
use nihao_protocol::tls::{
    AlertDescription, ClientConfig, Error as TlsError, Identity, KeyLog, RememberedSessions, Sessions,
};
use nihao_protocol::x509::{ServerName, Trust};

use super::{Connect, ConnectError};
use crate::dial::Dial;
use crate::home::{Credentials, Endpoint};

/// ALPN of HTTP/1.1 (RFC 7301 §6).
#[cfg(feature = "http")]
const HTTP1: &[u8] = b"http/1.1";

/// The most sessions remembered.
const SESSIONS: usize = 16;

/// Connects by TLS 1.3, trusting nothing but the key that the invite carried.
pub struct Secure<D> {
    dial: D,
    environment: Environment,
    key_log: Option<Arc<dyn KeyLog>>,
    /// For as long as this process lives: whoever listens and is cut off comes back by ticket.
    sessions: Option<Arc<RememberedSessions>>,
}

impl<D> Secure<D> {
    /// TLS over what `dial` gives, with clock and randomness from `environment`.
    pub fn new(dial: D, environment: Environment) -> Self {
        Self {
            dial,
            environment,
            key_log: None,
            sessions: Some(Arc::new(RememberedSessions::new(SESSIONS))),
        }
    }

    /// Shows certificates on every connection, for those who want to see them.
    #[must_use]
    pub fn without_resumption(mut self) -> Self {
        self.sessions = None;
        self
    }

    /// Gives every connection's secrets to `key_log`: only on the user's explicit wish.
    #[must_use]
    pub fn with_key_log(mut self, key_log: Arc<dyn KeyLog>) -> Self {
        self.key_log = Some(key_log);
        self
    }
}

impl<D: Dial> Secure<D> {
    /// As [`Connect::connect`], as nobody and for HTTP/1.1.
    ///
    /// # Errors
    /// As [`Connect::connect`].
    #[cfg(feature = "http")]
    pub async fn connect_to_web(&self, endpoint: &Endpoint) -> Result<TlsStream<D::Stream>, ConnectError> {
        let mut config = ClientConfig::new(Trust::Pinned(endpoint.ca));
        config.alpn = vec![HTTP1.to_vec()];
        config.key_log = self.key_log.clone();
        // What the invite pins is an Ed25519 key, and its leaf's is one: browsers, who take other keys, are shown other leaves.
        config.signature_schemes = vec![SignatureScheme::ED25519];
        self.open(endpoint, config).await
    }

    async fn open(&self, endpoint: &Endpoint, config: ClientConfig) -> Result<TlsStream<D::Stream>, ConnectError> {
        let name = ServerName::parse(&endpoint.host).map_err(|error| ConnectError::BadName(error.to_string()))?;
        let plain = self.dial.dial(&endpoint.host, endpoint.port).await?;
        let connector = Connector::new(Arc::new(config), self.environment.clone());
        let connecting = connector.connect(plain, name).await;
        connecting.map_err(|error| translate(error, &endpoint.host))
    }
}

impl<D: Dial> Connect for Secure<D> {
    type Stream = TlsStream<D::Stream>;

    async fn connect(
        &self,
        endpoint: &Endpoint,
        credentials: Option<&Credentials>,
    ) -> Result<Self::Stream, ConnectError> {
        let mut config = ClientConfig::new(Trust::Pinned(endpoint.ca));
        config.alpn = vec![ALPN.to_vec()];
        config.key_log = self.key_log.clone();
        config.sessions = self.sessions.clone().map(|sessions| sessions as Arc<dyn Sessions>);
        if let Some(Credentials { key, chain }) = credentials {
            let identity = Identity::new(chain.clone(), key.clone());
            config.identities = vec![identity.map_err(|error| ConnectError::Tls(error.to_string()))?];
        }
        let stream = self.open(endpoint, config).await?;
        // A server without ALPN ignores ours and goes on: it cannot be nihaod.
        match stream.facts() {
            Some(facts) if facts.alpn.as_deref() == Some(ALPN) => Ok(stream),
            _ => Err(ConnectError::NotNihao),
        }
    }
}

/// The alert by which the server refused our certificate, if that is what broke the stream.
pub(crate) fn refusal_of_certificate(error: &io::Error) -> Option<String> {
    match tls_error(error)? {
        TlsError::AlertReceived(alert) if is_about_certificate(*alert) => Some(alert.to_string()),
        _ => None,
    }
}

/// A failed handshake with `host` in the client's words.
pub(crate) fn translate(error: NetError, host: &str) -> ConnectError {
    match error {
        NetError::NotTls { first } => ConnectError::NotTls { seen: first },
        NetError::TimedOut(after) => ConnectError::Silent {
            seconds: after.as_secs(),
        },
        NetError::Io(_) => ConnectError::EndedEarly,
        NetError::Tls(error) => tls(error, host),
        other => ConnectError::Tls(other.to_string()),
    }
}

fn tls(error: TlsError, host: &str) -> ConnectError {
    match error {
        TlsError::Certificate(error) => ConnectError::Certificate {
            error,
            host: host.into(),
        },
        TlsError::Cut => ConnectError::EndedEarly,
        TlsError::Incompatible(Incompatible::Version) => ConnectError::OldTls,
        TlsError::Incompatible(Incompatible::ApplicationProtocol) => ConnectError::NotNihao,
        TlsError::Peer(Peer::UnknownRecordType(first)) => ConnectError::NotTls { seen: vec![first] },
        TlsError::AlertReceived(AlertDescription::PROTOCOL_VERSION) => ConnectError::OldTls,
        TlsError::AlertReceived(AlertDescription::NO_APPLICATION_PROTOCOL) => ConnectError::NotNihao,
        TlsError::AlertReceived(alert) if is_about_certificate(alert) => ConnectError::CertificateRefused {
            alert: alert.to_string(),
        },
        TlsError::AlertReceived(alert) => ConnectError::Alert {
            alert: alert.to_string(),
        },
        other => ConnectError::Tls(other.to_string()),
    }
}

const fn is_about_certificate(alert: AlertDescription) -> bool {
    matches!(
        alert,
        AlertDescription::BAD_CERTIFICATE
            | AlertDescription::UNSUPPORTED_CERTIFICATE
            | AlertDescription::CERTIFICATE_REVOKED
            | AlertDescription::CERTIFICATE_EXPIRED
            | AlertDescription::CERTIFICATE_UNKNOWN
            | AlertDescription::UNKNOWN_CA
            | AlertDescription::ACCESS_DENIED
            | AlertDescription::CERTIFICATE_REQUIRED
    )
}
