//! The same seed gives the same bytes: nothing in the server reads a clock, draws a number or runs in an order of its own.

use std::io;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll};

use nihao_certs::{Authorities, KeyAlgorithm, Opened, ServerAuthority};
use nihao_protocol::chat::Chains;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::*;
use crate::log::MemoryLog;

/// Everything the server wrote, on all connections, in the order of time.
type Wire = Arc<Mutex<Vec<u8>>>;

/// A server's end of a connection, with a tap on what it writes.
struct Tapped(DuplexStream, Wire);

impl AsyncRead for Tapped {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, to: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, to)
    }
}

impl AsyncWrite for Tapped {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.0).poll_write(cx, bytes);
        if let Poll::Ready(Ok(count)) = &written {
            let mut wire = self.1.lock().unwrap_or_else(PoisonError::into_inner);
            wire.extend_from_slice(&bytes[..*count]);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

struct TappedListener(mpsc::Receiver<DuplexStream>, Wire);

impl Listener for TappedListener {
    type Stream = Tapped;

    async fn accept(&mut self) -> (Tapped, SocketAddr) {
        match self.0.recv().await {
            Some(stream) => (
                Tapped(stream, Arc::clone(&self.1)),
                SocketAddr::from((Ipv4Addr::LOCALHOST, 1)),
            ),
            None => std::future::pending().await,
        }
    }
}

fn authorities(random: &mut Seeded) -> Authorities {
    let now = UnixTime(START);
    Authorities {
        server_ed25519: ServerAuthority::create(KeyAlgorithm::Ed25519, &[], now, random).unwrap(),
        server_p256: ServerAuthority::create(KeyAlgorithm::P256, &[], now, random).unwrap(),
        users: UserAuthority::create(now, random).unwrap(),
        opened: Opened::Created,
    }
}

/// A server in memory; twelve people join at once and each says something to all.
async fn world(seed: u64) -> Vec<u8> {
    let time = Arc::new(AtomicU64::new(START));
    let config = Config::new("/nowhere", SocketAddr::from((Ipv4Addr::LOCALHOST, 8443)));
    let mut random = Seeded::new(seed, "authorities");
    let authorities = authorities(&mut random);
    let server = Arc::new(
        Server::assemble(
            Arc::new(MemoryLog::new()),
            authorities,
            vec![],
            config,
            environment(&time),
        )
        .unwrap(),
    );
    let (wire, (dial, accept)) = (Wire::default(), mpsc::channel(64));
    let running = tokio::spawn({
        let (server, wire) = (Arc::clone(&server), Arc::clone(&wire));
        async move { server.run(TappedListener(accept, wire), std::future::pending()).await }
    });
    let lab = Arc::new(Lab {
        ca: server.core.door().ca,
        dir: tempfile::tempdir().unwrap(),
        time,
        dial,
        shutdown: None,
        running,
        server,
        founder: tokio::sync::Mutex::default(),
    });
    let alice = lab.founder().await;
    let mut invites = Vec::new();
    let mut talk = lab.chat(Some(&alice)).await;
    for _ in 0..12 {
        let ServerSays::Invited { line, .. } = talk.ask(ClientSays::Invite).await else {
            panic!()
        };
        invites.push(line.parse::<Invite>().unwrap());
    }
    let mut people = tokio::task::JoinSet::new();
    for (number, invite) in invites.into_iter().enumerate() {
        people.spawn(one_of_many(Arc::clone(&lab), format!("guest{number}"), invite));
    }
    people.join_all().await;
    let wire = wire.lock().unwrap().clone();
    lab.running.abort();
    wire
}

async fn one_of_many(lab: Arc<Lab>, who: String, invite: Invite) {
    let identity = lab.join(&who, &invite).await;
    let mut talk = lab.chat(Some(&identity)).await;
    for says in [hello(), ClientSays::Resume { after: 0 }] {
        talk.session.send(says).unwrap();
    }
    talk.stream.write_all(&talk.session.transmit()).await.unwrap();
    talk.stream.flush().await.unwrap();
    let mut chains = Chains::new(Nickname::parse(&who).unwrap());
    let mut heard = 0;
    while heard < 12 {
        if let Heard::Delivery(ServerSays::Message { message, .. }) = talk.hear().await.unwrap() {
            chains.hear(&message).unwrap();
            heard += 1;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_bytes() {
    let first = world(7).await;
    assert!(first.len() > 10_000, "{} bytes", first.len());
    assert_eq!(first, world(7).await);
    assert_ne!(first, world(8).await);
}
