//! A network in memory: hosts with a real TCP/IP stack, switches, routers and wires, on a clock that only the network moves.
//!
//! What runs on it is the product's own async code: streams and datagrams are tokio's traits, deadlines are `tokio::time`.
//! Nothing here reads a clock, draws a number or runs in an order of its own, so the same seed gives the same bytes.
//!
//! ```text
//! tasks ── Stream, Listener, Datagrams ──► Network { nodes, wires, frames in flight }
//!    ▲                                        ▲
//!    └── wakers of the sockets ◄── the driver: waits until every task rests, then moves time to the next event
//! ```

mod datagrams;
mod driver;
pub mod fault;
mod host;
mod network;
mod router;
mod stream;
mod switch;
#[cfg(test)]
mod tests;
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::net::SocketAddrV4;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

pub use self::datagrams::Datagrams;
pub use self::host::Address;
pub use self::router::{Candidate, Decision, Route};
pub use self::stream::{Listener, Stream};
pub use self::switch::{Because, Switched, Switching};
pub use self::wire::Wire;

use tokio::time::Instant;

use self::fault::Fault;
use self::network::Network;
use crate::capture::Capture;

/// Where a node stands in the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(usize);

/// A network before it runs: who there is, and what is plugged in where.
#[derive(Debug)]
pub struct Plan {
    network: Network,
    names: BTreeMap<NodeId, String>,
}

impl Plan {
    /// An empty network; the seed fixes the hosts' sequence numbers and the random losses.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            network: Network::new(seed),
            names: BTreeMap::new(),
        }
    }

    /// Adds a host with one network card, which sends everything outside its prefix to the gateway.
    pub fn host(&mut self, name: &str, address: Address, gateway: std::net::Ipv4Addr) -> NodeId {
        let id = self.network.add_host(address, gateway);
        self.named(id, name)
    }

    /// Adds a switch.
    pub fn switch(&mut self, name: &str, ports: usize) -> NodeId {
        let id = self.network.add_switch(ports);
        self.named(id, name)
    }

    /// Adds a router with these interfaces and routes; the prefixes of its interfaces are routes of their own.
    pub fn router(&mut self, name: &str, interfaces: &[Address], routes: &[Route]) -> NodeId {
        let id = self.network.add_router(interfaces, routes);
        self.named(id, name)
    }

    /// Plugs a wire into two ports.
    pub fn plug(&mut self, one: (NodeId, usize), other: (NodeId, usize), wire: Wire) {
        self.network.plug(one, other, wire);
    }

    /// Lets no packet of more than `bytes` bytes leave a router by that port: what is longer is dropped, and its sender told.
    pub fn limit(&mut self, at: (NodeId, usize), bytes: usize) {
        self.network.limit(at, bytes);
    }

    /// Something that goes wrong on the wire plugged into that port, in either direction.
    pub fn fault(&mut self, at: (NodeId, usize), fault: Fault) {
        self.network.add_fault(at, fault);
    }

    /// Runs `scenario` on the network until it ends, then lets the network come to rest, for at most `rest` of its time.
    ///
    /// # Panics
    /// When no runtime can be made: there is no memory, or too many threads.
    pub fn run<T, F>(self, rest: std::time::Duration, scenario: impl FnOnce(World) -> F) -> (T, Seen)
    where
        F: Future<Output = T>,
    {
        let (gate, runtime) = driver::runtime();
        let world = World {
            inner: Arc::new(Inner {
                network: Mutex::new(self.network),
                kick: tokio::sync::Notify::new(),
                began: OnceLock::new(),
            }),
        };
        let ended = runtime.block_on(driver::run(world.clone(), gate, scenario(world.clone()), rest));
        drop(runtime);
        let seen = Seen::of(&mut world.lock(), &self.names);
        (ended, seen)
    }

    fn named(&mut self, id: NodeId, name: &str) -> NodeId {
        self.names.insert(id, name.to_owned());
        id
    }
}

/// What was seen of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// What passed each node, by its name.
    pub captures: BTreeMap<String, Capture>,
    /// What the routers decided, in the order of time.
    pub decisions: Vec<Decision>,
    /// What the switches did, in the order of time.
    pub switchings: Vec<Switching>,
    /// The frames that a wire changed behind the node that sent them: the node, and the frame's index in its capture.
    pub changed: BTreeSet<(String, usize)>,
    /// What is plugged in where: a node's port, and the port at the other end of the wire. Each wire stands there twice.
    pub plugs: BTreeMap<(String, usize), (String, usize)>,
    /// Which connections were kept in mind after their end.
    pub waits: Vec<TimeWait>,
    /// The faults that were asked for and never happened: the run was over before.
    pub idle: Vec<Fault>,
}

impl Seen {
    /// What was seen until now of a network whose nodes have these names; it keeps nothing of it.
    fn of(network: &mut Network, names: &BTreeMap<NodeId, String>) -> Self {
        let captures = names.iter().map(|(id, name)| {
            let node = network.node_mut(*id);
            (name.clone(), node.tap.take())
        });
        let captures = captures.collect();
        let (decided, switched) = (network.take_decisions(), network.take_switched());
        let changed = network.take_changed();
        let name = |id: NodeId| names.get(&id).cloned().unwrap_or_default();
        let decisions = decided.into_iter().map(|decided| Decision {
            at: decided.at,
            node: name(decided.node),
            frame: decided.frame,
            destination: decided.looked.destination,
            ttl: decided.looked.ttl,
            candidates: decided.looked.candidates,
        });
        let switchings = switched.into_iter().map(|(id, frame, switched)| Switching {
            node: name(id),
            frame,
            switched,
        });
        let plugs = network.plugs();
        let waits = network.waits().map(|(id, wait)| TimeWait {
            node: name(id),
            local: wait.local,
            remote: wait.remote,
            from: wait.from,
            until: wait.until,
        });
        Self {
            captures,
            decisions: decisions.collect(),
            switchings: switchings.collect(),
            changed: changed.into_iter().map(|(id, frame)| (name(id), frame)).collect(),
            plugs: plugs
                .map(|((one, port), (other, at))| ((name(one), port), (name(other), at)))
                .collect(),
            waits: waits.collect(),
            idle: network.idle_faults(),
        }
    }
}

/// A closed connection that the host that closed it first keeps in mind, lest its late segments be taken for another's
/// (RFC 9293 §3.3.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeWait {
    /// The host's name.
    pub node: String,
    /// Its own end.
    pub local: SocketAddrV4,
    /// The other end.
    pub remote: SocketAddrV4,
    /// Since when, in µs since the run began.
    pub from: u64,
    /// Until when, if that was seen.
    pub until: Option<u64>,
}

/// A network that runs. Clones are the same network.
#[derive(Debug, Clone)]
pub struct World {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    network: Mutex<Network>,
    /// Told when a task did something that the network must look at.
    kick: tokio::sync::Notify,
    /// When the run began, by the runtime's clock.
    began: OnceLock<Instant>,
}

impl World {
    /// Connects from a host to an address.
    ///
    /// # Errors
    /// As a kernel gives them: refused, timed out, no route.
    pub async fn connect(&self, host: NodeId, to: SocketAddrV4) -> std::io::Result<Stream> {
        stream::connect(self, host, to).await
    }

    /// Listens on a port of a host.
    ///
    /// # Errors
    /// When the port is 0 or taken.
    pub fn listen(&self, host: NodeId, port: u16) -> std::io::Result<Listener> {
        Listener::new(self.clone(), host, port)
    }

    /// Opens a UDP port of a host; 0 is any free one.
    ///
    /// # Errors
    /// When the port is taken.
    pub fn datagrams(&self, host: NodeId, port: u16) -> std::io::Result<Datagrams> {
        Datagrams::new(self.clone(), host, port)
    }

    /// Cuts a host's power, or gives it back. Its sockets are gone, and what is sent to it vanishes.
    pub fn power(&self, host: NodeId, on: bool) {
        self.lock().power(host, on);
        self.kick();
    }

    /// µs since the run began.
    #[must_use]
    pub fn now(&self) -> u64 {
        // Who was woken by a timer comes before the network hears of it.
        let began = self.inner.began.get();
        let elapsed = began.and_then(|began| u64::try_from(began.elapsed().as_micros()).ok());
        elapsed.unwrap_or_default().max(self.lock().now())
    }

    fn lock(&self) -> MutexGuard<'_, Network> {
        // A task that panicked while it held the network has not left it half changed: every change is one call.
        self.inner.network.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn kick(&self) {
        self.inner.kick.notify_one();
    }
}
