//! The server of the demonstration: the product's own, on a free port, in a thread with a runtime of its own.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;

use nihao_protocol::chat::Invite;
use nihao_protocol::net::Environment;
use nihao_server::{Config, Server};
use tokio::sync::oneshot;

use crate::error::Error;

/// A running server; dropping it ends it.
pub(super) struct Host {
    /// The first user's invite.
    pub(super) invite: Invite,
    shutdown: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Host {
    /// Starts a server with its data in `directory`, and waits until it listens.
    pub(super) async fn start(directory: &Path, environment: &Environment) -> Result<Self, Error> {
        let (shutdown, asked) = oneshot::channel();
        let (ready, started) = oneshot::channel();
        let (directory, environment) = (PathBuf::from(directory), environment.clone());
        let thread = std::thread::Builder::new().name("nihaod".into()).spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            match runtime {
                Ok(runtime) => runtime.block_on(serve(directory, environment, ready, asked)),
                // Whoever waits for the invite learns that there is none.
                Err(error) => drop(ready.send(Err(error.to_string()))),
            }
        });
        let thread = Some(thread.map_err(Error::System)?);
        let invite = started
            .await
            .unwrap_or_else(|_| Err("the server's thread ended".into()));
        let invite = invite.map_err(|reason| Error::Demo(format!("the server did not start: {reason}")))?;
        Ok(Self {
            invite,
            shutdown: Some(shutdown),
            thread,
        })
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        drop(self.shutdown.take());
        if let Some(thread) = self.thread.take() {
            // A server that panicked has nothing more to clean up.
            let _ = thread.join();
        }
    }
}

async fn serve(
    directory: PathBuf,
    environment: Environment,
    ready: oneshot::Sender<Result<Invite, String>>,
    asked: oneshot::Receiver<()>,
) {
    let opened = async {
        let listener = tokio::net::TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        let mut config = Config::new(directory, listener.local_addr()?);
        config.names = vec!["localhost".parse().map_err(io::Error::other)?];
        let server = Server::open(config, environment).map_err(io::Error::other)?;
        let invite = server.founding_invite().await.map_err(io::Error::other)?;
        let invite = invite.ok_or_else(|| io::Error::other("a new server has no user, and gave no invite"))?;
        Ok::<_, io::Error>((listener, server, invite))
    };
    match opened.await {
        Ok((listener, server, invite)) => {
            if ready.send(Ok(invite)).is_ok() {
                // Asked for by a word, or by dropping the other end.
                server.run(listener, async { drop(asked.await) }).await;
            }
        }
        Err(error) => drop(ready.send(Err(error.to_string()))),
    }
}
