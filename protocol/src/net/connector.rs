//! The client's side: from an open stream to an open TLS connection.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};

use super::environment::Environment;
use super::error::Error;
use super::handshake::{HANDSHAKE_DEADLINE, complete};
use super::stream::TlsStream;
use crate::tls::{ClientConfig, Connection, Context};
use crate::x509::ServerName;

/// Opens TLS connections as a client.
#[derive(Debug, Clone)]
pub struct Connector {
    config: Arc<ClientConfig>,
    environment: Environment,
    deadline: Duration,
}

impl Connector {
    /// With a handshake deadline of [`HANDSHAKE_DEADLINE`].
    #[must_use]
    pub const fn new(config: Arc<ClientConfig>, environment: Environment) -> Self {
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

    /// Opens a connection to the server of this name over `io`.
    ///
    /// That the server refuses *our* certificate shows only in the first read: in TLS 1.3 the client's handshake is complete by then.
    pub async fn connect<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        io: S,
        name: ServerName,
    ) -> Result<TlsStream<S>, Error> {
        let mut random = self.environment.entropy.open();
        let connection = {
            let mut context = Context {
                now: self.environment.clock.now(),
                random: &mut *random,
            };
            Connection::client(Arc::clone(&self.config), name, &mut context)?
        };
        complete(io, connection, random, &self.environment, self.deadline).await
    }
}
