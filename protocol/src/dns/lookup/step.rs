//! What happened on the way, as data, and why there may be nothing at its end.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use crate::dns::answer::Answer;
use crate::dns::cache::Miss;
use crate::dns::message::{Family, Rcode};
use crate::dns::name::Name;
use crate::dns::reply::{Reply, Trouble};

/// One step of a lookup, in the order in which they were taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The name it is about: the one asked for, what that is another name for, or a name server's.
    pub name: Name,
    /// The addresses it is about.
    pub family: Family,
    /// Where it was taken.
    pub layer: Layer,
    /// What came of it.
    pub verdict: Verdict,
}

/// A place that may know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Layer {
    /// Nobody need be asked: an address, or a name that has its meaning everywhere (RFC 6761 §6).
    Special,
    /// What this program learnt before.
    Cache,
    /// This machine's hosts file.
    Hosts,
    /// The system's own resolver, with everything that the machine is set up to ask.
    System,
    /// A resolver that asks others.
    Resolver,
    /// The servers of a zone; the root's servers first of all.
    Zone(Name),
}

/// What a layer said, or was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It knows.
    Hit(Answer),
    /// The cache does not know the answer, but who serves a zone around the name.
    Servers {
        /// The names of these servers.
        servers: Vec<Name>,
        /// How long that holds, in seconds.
        ttl: u32,
    },
    /// The cache does not know.
    Miss(Miss),
    /// The hosts file does not have it.
    NotListed,
    /// A server is asked.
    Asks {
        /// Where.
        server: SocketAddr,
        /// Its name, where that is known.
        named: Option<Name>,
        /// Over what.
        transport: Transport,
        /// How many were sent to this layer before.
        attempt: u32,
        /// How long it has to answer.
        patience: Duration,
    },
    /// A server said something useful.
    Said {
        /// Which.
        server: SocketAddr,
        /// What.
        reply: Reply,
    },
    /// Its answer did not fit a datagram (TC): the same is asked over TCP (RFC 7766 §5).
    Truncated {
        /// Which server's.
        server: SocketAddr,
    },
    /// It does not know EDNS, or says so: the same is asked without (RFC 6891 §7).
    WithoutEdns {
        /// Which server.
        server: SocketAddr,
        /// What it said.
        rcode: Rcode,
    },
    /// A server was of no help; the next one has its turn.
    Failed {
        /// Which.
        server: SocketAddr,
        /// Why.
        trouble: Trouble,
    },
    /// None of a zone's servers came with an address: this one's is looked up first.
    NeedsServer(
        /// Its name.
        Name,
    ),
    /// The layer has nobody left to ask.
    GaveUp(LookupError),
}

/// Over what a query goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// A datagram.
    Udp,
    /// A stream, each message after its length in two bytes (RFC 1035 §4.2.2).
    Tcp,
}

/// An address, and how long it may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// The address.
    pub address: IpAddr,
    /// How long this holds, in seconds; nothing where nobody said.
    pub ttl: Option<u32>,
}

/// Why there is no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LookupError {
    /// The text is no name.
    #[error("{0:?} is not a name that can be looked up")]
    BadName(
        /// The text.
        String,
    ),
    /// Nobody has the name.
    #[error("the name {name} does not exist")]
    NameNotFound {
        /// The name: the one asked for, or what it is another name for.
        name: Name,
        /// Who says so.
        layer: Layer,
    },
    /// The name is there, and has no address.
    #[error("the name {name} has no address")]
    NoAddress {
        /// The name: the one asked for, or what it is another name for.
        name: Name,
        /// Who says so.
        layer: Layer,
    },
    /// A server failed, or did not want to.
    #[error("the name server {server} says {rcode}")]
    ServerFailure {
        /// Which.
        server: SocketAddr,
        /// What it said.
        rcode: Rcode,
    },
    /// A server does not hold the zone that it is said to serve.
    #[error("the name server {server} does not hold the zone {zone}")]
    Lame {
        /// Which server.
        server: SocketAddr,
        /// Which zone.
        zone: Name,
    },
    /// A server was asked to ask others, and does not.
    #[error("the name server {server} does not ask others, so it is no resolver")]
    NotRecursive {
        /// Which.
        server: SocketAddr,
    },
    /// No server answered in time.
    #[error("no answer from the name server{} {}", if servers.len() == 1 { "" } else { "s" }, list(servers))]
    TimedOut {
        /// Those that were asked.
        servers: Vec<SocketAddr>,
    },
    /// No server can be reached.
    #[error("the name server {server} cannot be reached: {detail}")]
    Unreachable {
        /// The last one.
        server: SocketAddr,
        /// What the system said.
        detail: String,
    },
    /// A server's answer cannot be read.
    #[error("the name server {server} gave an answer that cannot be read: {detail}")]
    Malformed {
        /// Which.
        server: SocketAddr,
        /// What is wrong with it.
        detail: String,
    },
    /// The aliases lead in a circle, or on and on.
    #[error("the aliases of {name} lead in a circle")]
    LoopInChain {
        /// The name.
        name: Name,
    },
    /// Nobody is known to ask.
    #[error("no name server of {zone} has an address")]
    NoServer {
        /// The zone.
        zone: Name,
    },
    /// It takes more steps than any sensible name does.
    #[error("{name} takes more than {most} queries to find")]
    TooManySteps {
        /// The name.
        name: Name,
        /// How many there were.
        most: u32,
    },
    /// The system's resolver could not find out.
    #[error("the system's resolver failed: {detail}")]
    System {
        /// What it said.
        detail: String,
    },
}

fn list(servers: &[SocketAddr]) -> String {
    let list: Vec<_> = servers.iter().map(SocketAddr::to_string).collect();
    list.join(", ")
}
