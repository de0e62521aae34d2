//! The one layer that touches tokio: streams, the connector, the acceptor, the system's clock, the key
//! log file, the system's roots.
//!
//! Every function takes any `AsyncRead + AsyncWrite`, so that the same code runs over TCP, over a pipe in memory and over a
//! simulated network.

mod acceptor;
mod connector;
mod environment;
mod error;
mod handshake;
mod key_log_file;
mod root_bundle;
mod stream;
pub mod system;

pub use acceptor::Acceptor;
pub use connector::Connector;
pub use environment::{Entropy, Environment};
pub use error::{Error, tls_error};
pub use handshake::HANDSHAKE_DEADLINE;
pub use key_log_file::KeyLogFile;
pub use root_bundle::{BundleError, NoRoots, RootBundle};
pub use stream::TlsStream;
