//! The server's side: from an accepted stream to an open TLS connection.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};

use super::environment::Environment;
use super::error::Error;
use super::handshake::{HANDSHAKE_DEADLINE, complete};
use super::stream::TlsStream;
use crate::tls::{Connection, ServerConfig};

/// Opens TLS connections as a server.
#[derive(Debug, Clone)]
pub struct Acceptor {
    config: Arc<ServerConfig>,
    environment: Environment,
    deadline: Duration,
}

impl Acceptor {
    /// With a handshake deadline of [`HANDSHAKE_DEADLINE`].
    #[must_use]
    pub const fn new(config: Arc<ServerConfig>, environment: Environment) -> Self {
        Self {
            config,
            environment,
            deadline: HANDSHAKE_DEADLINE,
        }
    }

    /// Sets the time the handshake may take.
    #[must_use]
    pub const fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Answers a client over `io`. On failure the client was told why, as far as it still listens.
    pub async fn accept<S: AsyncRead + AsyncWrite + Unpin>(&self, io: S) -> Result<TlsStream<S>, Error> {
        let connection = Connection::server(Arc::clone(&self.config))?;
        complete(
            io,
            connection,
            self.environment.entropy.open(),
            &self.environment,
            self.deadline,
        )
        .await
    }
}
