//! The servers that the daemon is measured beside: a bare broadcast over TCP, and its own delivery path without a disk.

use std::net::Ipv4Addr;
use std::sync::Arc;

use nihao_certs::{Authorities, HostName};
use nihao_protocol::net::Environment;
use nihao_server::limits::Rate;
use nihao_server::log::MemoryLog;
use nihao_server::{Config, Limits, Server};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use crate::Outcome;

/// The argument that makes this program a bare broadcast.
pub(crate) const RAW: &str = "serve-raw-broadcast";
/// The argument that makes it a server whose log is in memory.
pub(crate) const IN_MEMORY: &str = "serve-from-memory";

/// More messages than any bench sends: the bare broadcast drops nobody.
const WAITING: usize = 32 * 1024;

/// Plays one of the roles, for ever.
pub(crate) fn play(role: &str) -> Outcome<()> {
    rlimit::increase_nofile_limit(u64::MAX)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        match role {
            RAW => raw(listener).await,
            _ => in_memory(listener).await,
        }
    })
}

/// What any connection says goes to every connection, in messages of 100 bytes; one write for all that wait. Nothing else is done.
async fn raw(listener: TcpListener) -> Outcome<()> {
    println!("listening on {}", listener.local_addr()?);
    let (say, _) = broadcast::channel::<Arc<[u8]>>(WAITING);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::spawn(serve_raw(stream, say.clone(), say.subscribe()));
    }
}

async fn serve_raw(
    mut stream: TcpStream,
    say: broadcast::Sender<Arc<[u8]>>,
    mut hear: broadcast::Receiver<Arc<[u8]>>,
) -> Result<(), RecvError> {
    loop {
        tokio::select! {
            biased;
            readable = stream.readable() => {
                // The buffer lives only while there is something in it.
                let mut buffer = [0; 16 * 1024];
                match readable.and_then(|()| stream.try_read(&mut buffer)) {
                    Ok(0) => return Ok(()),
                    Ok(count) => {
                        for message in buffer[..count].chunks(100) {
                            // Nobody may be listening.
                            let _ = say.send(message.into());
                        }
                    }
                    Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
                    Err(_) => return Ok(()),
                }
            }
            heard = hear.recv() => {
                let mut out = heard?.to_vec();
                loop {
                    match hear.try_recv() {
                        Ok(more) => out.extend_from_slice(&more),
                        Err(TryRecvError::Empty) => break,
                        Err(_) => return Err(RecvError::Closed),
                    }
                }
                if stream.write_all(&out).await.is_err() {
                    return Ok(());
                }
            }
        }
    }
}

async fn in_memory(listener: TcpListener) -> Outcome<()> {
    let address = listener.local_addr()?;
    let environment = Environment::system();
    let names = vec![HostName::Ip(Ipv4Addr::LOCALHOST.into())];
    let dir = tempfile::tempdir()?;
    let now = environment.clock.now();
    let authorities = Authorities::open_or_create(dir.path(), &names, now, &mut *environment.entropy.open())?;
    drop(dir);
    let unlimited = Rate::per_second(1e8);
    let config = Config {
        limits: Limits {
            address_rate: unlimited,
            user_rate: unlimited,
            ..Limits::default()
        },
        ..Config::new("", address)
    };
    let server = Server::assemble(Arc::new(MemoryLog::new()), authorities, names, config, environment)?;
    println!("{}", server.founding_invite().await?.ok_or("no invite")?);
    println!("listening on {address}");
    server.run(listener, std::future::pending()).await;
    Ok(())
}

/// A connection to the bare broadcast that waits for so many bytes.
pub(crate) async fn read_raw(mut stream: TcpStream, mut bytes: usize) -> Outcome<()> {
    let mut buffer = vec![0; 16 * 1024];
    while bytes > 0 {
        let count = stream.read(&mut buffer).await?;
        if count == 0 {
            return Err("the broadcast ended: a reader was too slow".into());
        }
        bytes = bytes.saturating_sub(count);
    }
    Ok(())
}
