//! The way to a server below TLS: a plain stream, from the system's network or any other.

mod race;
pub mod system;

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use nihao_protocol::dns::{LookupError, Step};
use tokio::io::{AsyncRead, AsyncWrite};

pub use race::{PATIENCE, RESOLUTION_DELAY, Resolving, STAGGER};

/// What gives a plain stream to a host and port.
pub trait Dial: Sync {
    /// The stream.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send;

    /// Finds `host` and connects to `port` there; tells each step as it is done. What has no steps tells none.
    fn dial_telling(
        &self,
        host: &str,
        port: u16,
        tell: Tell<'_>,
    ) -> impl Future<Output = Result<Self::Stream, DialError>> + Send;

    /// As [`Self::dial_telling`], for those who need not hear the steps.
    fn dial(&self, host: &str, port: u16) -> impl Future<Output = Result<Self::Stream, DialError>> + Send {
        async move { self.dial_telling(host, port, &mut |_| {}).await }
    }
}

/// Who hears the steps.
pub type Tell<'a> = &'a mut (dyn FnMut(DialStep) + Send);

/// What connects to addresses: the system's network, or one in memory.
pub trait Sockets: Clone + Send + Sync + 'static {
    /// The stream.
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// Connects to an address. It need not know any deadline: it is dropped when the time is over.
    fn connect(&self, to: SocketAddr) -> impl Future<Output = io::Result<Self::Stream>> + Send;

    /// Both ends of an open stream, ours first; nothing where it has no addresses.
    fn ends(stream: &Self::Stream) -> Option<(SocketAddr, SocketAddr)>;
}

/// A step on the way to a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DialStep {
    /// The look-up of the name went on.
    Lookup(Box<Step>),
    /// The name has addresses. Others of the other family may be known a little later.
    Found {
        /// The addresses in the order in which they are tried.
        addresses: Vec<SocketAddr>,
        /// How long that took.
        took: Duration,
    },
    /// What was learnt of names could not be kept.
    NotKept {
        /// Why.
        reason: String,
    },
    /// An address is tried.
    Trying {
        /// Which.
        address: SocketAddr,
    },
    /// An address could not be connected to.
    Failed {
        /// Which.
        address: SocketAddr,
        /// Why.
        error: DialError,
    },
    /// There is a stream.
    Connected {
        /// Where the stream begins and ends: this machine's address, and the server's.
        ends: Option<(SocketAddr, SocketAddr)>,
        /// How long it took from the first attempt on.
        took: Duration,
    },
}

/// There is no stream.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DialError {
    /// Nobody knows the name.
    #[error("no address is known for the name {host}: {detail}")]
    NameNotFound {
        /// The name.
        host: String,
        /// What the resolver said.
        detail: String,
    },
    /// The name could not be looked up, or has no address.
    #[error("{host}: {error}")]
    Lookup {
        /// The name.
        host: String,
        /// Why.
        error: LookupError,
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
