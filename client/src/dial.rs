//! The way to a server below TLS: a plain stream, from the system's network or any other.

use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncWrite};

pub mod system;

/// What gives a plain stream to a host and port.
pub trait Dial: Sync {
    /// The stream.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send;

    /// Finds `host` and connects to `port` there.
    fn dial(&self, host: &str, port: u16) -> impl Future<Output = Result<Self::Stream, DialError>> + Send;
}

/// There is no stream.
#[derive(Debug, thiserror::Error)]
pub enum DialError {
    /// Nobody knows the name.
    #[error("no address is known for the name {host}: {detail}")]
    NameNotFound {
        /// The name.
        host: String,
        /// What the resolver said.
        detail: String,
    },
    /// The machine is there and nothing listens on the port.
    #[error("connection refused by {0}")]
    Refused(SocketAddr),
    /// No answer in time.
    #[error("no answer from {address} within {seconds} s")]
    TimedOut {
        /// Where.
        address: SocketAddr,
        /// How long it was waited for.
        seconds: u64,
    },
    /// The network does not lead there, or something else of the system's.
    #[error("cannot reach {address}: {detail}")]
    Unreachable {
        /// Where.
        address: SocketAddr,
        /// What the system said.
        detail: String,
    },
}
