//! The way to a server: a stream on which the chat protocol can be spoken, or the reason why there is none.

mod secure;

use nihao_protocol::clock::Clock;
use nihao_protocol::crypto::Random;
use nihao_protocol::x509::CertificateError;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::dial::DialError;
use crate::error::Exit;
use crate::home::{Credentials, Endpoint};

pub use secure::Secure;
pub(crate) use secure::refusal_of_certificate;
#[cfg(feature = "http")]
pub(crate) use secure::translate;

/// What gives a secure stream to a server: TLS in the product, memory in some tests.
pub trait Connect: Sync {
    /// The stream.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send;

    /// Connects to `endpoint`, as a member if there are credentials, else as a newcomer.
    fn connect(
        &self,
        endpoint: &Endpoint,
        credentials: Option<&Credentials>,
    ) -> impl Future<Output = Result<Self::Stream, ConnectError>> + Send;
}

/// Everything that a command takes from outside.
pub struct World<C> {
    /// The way to the server.
    pub connect: C,
    /// The time.
    pub clock: Clock,
    /// Randomness, for keys, ids and the jitter of retries.
    pub random: Box<dyn Random + Send>,
}

/// Why there is no connection. [`crate::diagnose`] says what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// There is not even a plain stream.
    #[error(transparent)]
    Dial(#[from] DialError),
    /// Something answered, and not in TLS.
    #[error("what answers is not TLS")]
    NotTls {
        /// Its first bytes.
        seen: Vec<u8>,
    },
    /// Nothing answered.
    #[error("no answer to the TLS handshake within {seconds} s")]
    Silent {
        /// How long it was waited for.
        seconds: u64,
    },
    /// The stream ended before the handshake did.
    #[error("the connection ended during the TLS handshake")]
    EndedEarly,
    /// It speaks TLS, but not version 1.3.
    #[error("the server does not speak TLS 1.3")]
    OldTls,
    /// It speaks TLS, but not the chat protocol.
    #[error("the server does not speak the protocol nihao/1")]
    NotNihao,
    /// Its certificate failed a check.
    #[error("{error}")]
    Certificate {
        /// Which check, and what was seen.
        error: CertificateError,
        /// The host that was meant.
        host: String,
    },
    /// It does not take this device's certificate.
    #[error("the server refused this device's certificate ({alert})")]
    CertificateRefused {
        /// The alert's name.
        alert: String,
    },
    /// It ended the handshake for another reason.
    #[error("the server ended the TLS handshake with the alert {alert}")]
    Alert {
        /// The alert's name.
        alert: String,
    },
    /// The host in the invite or account is no name that a certificate can carry.
    #[error("{0}")]
    BadName(String),
    /// Anything else that went wrong in TLS.
    #[error("TLS: {0}")]
    Tls(String),
}

impl ConnectError {
    /// Whether the same may go well a little later without anybody doing anything.
    #[must_use]
    pub const fn is_passing(&self) -> bool {
        matches!(self, Self::Dial(_) | Self::Silent { .. } | Self::EndedEarly)
    }

    /// The exit code of what needed the connection.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        match self {
            Self::CertificateRefused { .. } => Exit::Refused,
            Self::Certificate { .. } => Exit::Untrusted,
            _ => Exit::Unreachable,
        }
    }
}
