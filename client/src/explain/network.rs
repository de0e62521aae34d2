//! The product's seams on the simulated network: what dials, what listens, what tells the time and draws numbers.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use nihao_explain::decode::SHARED_SECRET;
use nihao_explain::event::NameStep;
use nihao_explain::names::Told;
use nihao_explain::world::{Listener as Listening, NodeId, Stream, World};
use nihao_explain::{names, scene};
use nihao_protocol::clock::{Clock, UnixTime};
use nihao_protocol::crypto::Secret;
use nihao_protocol::crypto::random::Seeded;
use nihao_protocol::dns::{self, Hosts, Name, Query, Route};
use nihao_protocol::net::{Entropy, Environment};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio::sync::mpsc;

use crate::dial::{Dial, DialError, DialStep, Resolving, Sockets, Tell};
use crate::resolve::{Ask, Resolver};

/// The first moment of every journey, in ms since 1970: 2026-01-01T00:00:00Z.
pub(super) const BEGAN: UnixTime = UnixTime(1_767_225_600_000);
/// What a stream inside one machine holds.
const PIPE: usize = 64 * 1024;

/// The time of the network less so many days, and a stream of random numbers of its own for each who asks.
pub(super) fn environment(world: &World, seed: u64, purpose: &'static str, days_late: u64) -> Environment {
    let began = BEGAN.minus_seconds(days_late * 86_400);
    let (world, opened) = (world.clone(), AtomicU64::new(0));
    Environment {
        clock: Clock::new(move || UnixTime(began.0 + world.now() / 1000)),
        entropy: Entropy::new(move || {
            let number = opened.fetch_add(1, Ordering::Relaxed);
            Box::new(Seeded::new(seed, &format!("{purpose} {number}")))
        }),
    }
}

/// One host's network: what the system's is in the product.
#[derive(Clone)]
pub(super) struct Network {
    world: World,
    host: NodeId,
}

impl Network {
    /// The network of `host`, on which names are found by the resolver of its provider.
    pub(super) fn dialer(world: &World, host: NodeId, environment: Environment) -> Resolving<Self> {
        let network = Self {
            world: world.clone(),
            host,
        };
        let resolver = SocketAddr::new(scene::RESOLVER.into(), dns::PORT);
        let resolver = Resolver::new(network.clone(), Route::Resolvers(vec![resolver]), environment);
        Resolving::new(network, resolver)
    }
}

impl Sockets for Network {
    type Stream = Stream;

    async fn connect(&self, to: SocketAddr) -> io::Result<Stream> {
        match to {
            SocketAddr::V4(to) => self.world.connect(self.host, to).await,
            SocketAddr::V6(_) => Err(io::ErrorKind::NetworkUnreachable.into()),
        }
    }

    fn ends(stream: &Stream) -> Option<(SocketAddr, SocketAddr)> {
        Some(stream.ends())
    }
}

impl Ask for Network {
    async fn ask(&self, query: &Query) -> io::Result<Vec<u8>> {
        names::ask(&self.world, self.host, query).await
    }

    async fn ask_system(&self, _: &Name) -> Result<Vec<IpAddr>, String> {
        Err(String::from("this host has no resolver of its own"))
    }

    fn hosts(&self) -> Hosts {
        Hosts::parse("127.0.0.1 localhost\n")
    }
}

/// What dials on a host's network, and notes how it finds names.
pub(super) struct Noting {
    world: World,
    node: &'static str,
    dialer: Resolving<Network>,
    told: Told,
    dialed: Arc<AtomicU64>,
}

impl Noting {
    /// Notes the look-ups of `dialer`, which is of the host called `node`.
    pub(super) fn new(world: &World, node: &'static str, dialer: Resolving<Network>, told: Told) -> Self {
        Self {
            world: world.clone(),
            node,
            dialer,
            told,
            dialed: Arc::default(),
        }
    }
}

impl Dial for Noting {
    type Stream = Stream;

    async fn dial_telling(&self, host: &str, port: u16, tell: Tell<'_>) -> Result<Stream, DialError> {
        let number = self.dialed.fetch_add(1, Ordering::Relaxed) + 1;
        let mut note = |step: DialStep| {
            if let DialStep::Lookup(step) = &step {
                self.told.add(NameStep {
                    at: self.world.now(),
                    node: self.node.into(),
                    number,
                    step: (**step).clone(),
                });
            }
            tell(step);
        };
        self.dialer.dial_telling(host, port, &mut note).await
    }
}

/// A stream, from the network or from the same machine.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Duplex for S {}

/// Where B's server listens: on the network, and for programs on B itself.
pub(super) struct Doors {
    network: Listening,
    local: mpsc::Receiver<DuplexStream>,
}

/// Connections to the server from programs on its own machine.
#[derive(Clone)]
pub(super) struct Inside(mpsc::Sender<DuplexStream>);

impl Doors {
    pub(super) fn new(network: Listening) -> (Self, Inside) {
        let (dial, local) = mpsc::channel(4);
        (Self { network, local }, Inside(dial))
    }
}

impl nihao_server::Listener for Doors {
    type Stream = Box<dyn Duplex>;

    async fn accept(&mut self) -> (Box<dyn Duplex>, SocketAddr) {
        loop {
            tokio::select! {
                biased;
                Some(stream) = self.local.recv() => return (Box::new(stream), SocketAddr::from(([127, 0, 0, 1], 1))),
                accepted = self.network.accept() => match accepted {
                    Ok((stream, from)) => return (Box::new(stream), from),
                    // The port is taken from it: nothing comes that way any more.
                    Err(_) => std::future::pending().await,
                },
            }
        }
    }
}

impl Dial for Inside {
    type Stream = DuplexStream;

    async fn dial_telling(&self, host: &str, _: u16, _: Tell<'_>) -> Result<DuplexStream, DialError> {
        let (ours, theirs) = tokio::io::duplex(PIPE);
        let sent = self.0.send(theirs).await;
        sent.map(|()| ours).map_err(|_| DialError::NameNotFound {
            host: host.into(),
            detail: "the server is gone".into(),
        })
    }
}

/// The secrets of connections, in the lines of an SSLKEYLOGFILE, and what their key agreements came to.
#[derive(Debug, Clone, Default)]
pub(in crate::explain) struct Secrets(Arc<std::sync::Mutex<String>>);

impl Secrets {
    pub(in crate::explain) fn lines(&self) -> String {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

impl nihao_protocol::tls::KeyLog for Secrets {
    fn log(&self, line: &str) {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .push_str(line);
    }

    fn shared_secret(&self, client_random: &[u8; 32], secret: &Secret) {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let (random, secret) = (hex(client_random), hex(secret.expose()));
        self.log(&format!("{SHARED_SECRET} {random} {secret}\n"));
    }
}
