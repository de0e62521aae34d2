//! Why a connection over a socket failed.

use std::io;
use std::time::Duration;

use crate::tls;

/// Why no connection came about.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The TLS handshake failed.
    #[error(transparent)]
    Tls(#[from] tls::Error),
    /// What answered does not speak TLS.
    #[error("the peer does not speak TLS")]
    NotTls {
        /// Its first bytes, at most 64.
        first: Vec<u8>,
    },
    /// The transport failed.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The handshake took longer than it may.
    #[error("the handshake was not complete after {} s", .0.as_secs_f32())]
    TimedOut(Duration),
}

/// The TLS error inside an IO error of a [`super::TlsStream`], if that is what it is.
#[must_use]
pub fn tls_error(error: &io::Error) -> Option<&tls::Error> {
    error.get_ref()?.downcast_ref()
}

/// A TLS error as readers and writers report it.
pub(super) fn io_error(error: tls::Error) -> io::Error {
    let kind = match error {
        tls::Error::Cut => io::ErrorKind::UnexpectedEof,
        tls::Error::Misuse(_) => io::ErrorKind::BrokenPipe,
        tls::Error::AlertReceived(_) => io::ErrorKind::ConnectionAborted,
        _ => io::ErrorKind::InvalidData,
    };
    io::Error::new(kind, error)
}
