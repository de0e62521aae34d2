//! Where the journey takes place: two hosts on networks of their own, two routers between them, and name servers on the way.
//!
//! ```text
//!  A ── S1 ── R1 ═══════ R2 ── S2 ── B
//!       │     │          │     │
//!       C  resolver      S3    D
//!                        │
//!                root, top-level, authoritative name server
//! ```
//!
//! S1, S2 and S3 are switches. C and D never say a word: they show what a switch hands to everybody, and what it does not.
//! All addresses are those that documents may use (RFC 5737); the wire between the routers is the long one.

use std::net::Ipv4Addr;

use crate::world::fault::Fault;
use crate::world::{Address, NodeId, Plan, Route, Wire};

/// The name that is looked up.
pub const HOST: &str = "chat.nihao.test";
/// Where the server listens.
pub const PORT: u16 = 443;
/// What the sender's node is called.
pub const SENDER_NAME: &str = "A";
/// What the node of the resolver is called.
pub const RESOLVER_NAME: &str = "resolver";
/// A's address.
pub const A: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 10);
/// B's address.
pub const B: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 20);
/// Another host on A's network, and one on B's.
const BESIDE_A: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 11);
const BESIDE_B: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 21);
/// The resolver of A's provider.
pub const RESOLVER: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 53);
/// The root name server.
pub const ROOT: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 1);
/// The name server of the top-level domain.
pub const TOP_LEVEL: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 2);
/// The name server that knows B.
pub const AUTHORITATIVE: Ipv4Addr = Ipv4Addr::new(203, 0, 113, 3);
/// µs from one router to the other, where nothing else is asked for.
pub const DISTANCE: u64 = 15_000;

/// What the long wire between the routers is like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Distance {
    /// µs from one end to the other.
    pub latency: u64,
    /// The longest packet that passes, in bytes; none: Ethernet's 1500.
    pub mtu: Option<usize>,
    /// What goes wrong on it.
    pub faults: Vec<Fault>,
}

impl Default for Distance {
    fn default() -> Self {
        Self {
            latency: DISTANCE,
            mtu: None,
            faults: Vec::new(),
        }
    }
}

/// The network before it runs, and where everybody is.
#[derive(Debug)]
pub struct Scene {
    /// The network.
    pub plan: Plan,
    /// Everybody.
    pub places: Places,
}

/// The hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Places {
    /// The sender.
    pub a: NodeId,
    /// The server, and a listening client beside it.
    pub b: NodeId,
    /// A's resolver.
    pub resolver: NodeId,
    /// The root name server.
    pub root: NodeId,
    /// The top-level domain's.
    pub top_level: NodeId,
    /// The one that knows B.
    pub authoritative: NodeId,
}

/// Builds the network.
#[must_use]
pub fn scene(seed: u64, distance: &Distance) -> Scene {
    let mut plan = Plan::new(seed);
    let places = Places {
        a: plan.host(SENDER_NAME, at(0x0a, A, 24), gateway(A)),
        b: plan.host("B", at(0x0b, B, 24), gateway(B)),
        resolver: plan.host(RESOLVER_NAME, at(0x53, RESOLVER, 28), Ipv4Addr::new(203, 0, 113, 49)),
        root: plan.host("root", at(0xe1, ROOT, 28), Ipv4Addr::new(203, 0, 113, 14)),
        top_level: plan.host("top-level", at(0xe2, TOP_LEVEL, 28), Ipv4Addr::new(203, 0, 113, 14)),
        authoritative: plan.host(
            "authoritative",
            at(0xe3, AUTHORITATIVE, 28),
            Ipv4Addr::new(203, 0, 113, 14),
        ),
    };
    let beside_a = plan.host("C", at(0x0c, BESIDE_A, 24), gateway(A));
    let beside_b = plan.host("D", at(0x0d, BESIDE_B, 24), gateway(B));
    let near = plan.switch("S1", 3);
    let far = plan.switch("S2", 3);
    let names = plan.switch("S3", 4);
    let (r1, r2) = routers(&mut plan);
    plan.plug((places.a, 0), (near, 0), Wire::lan());
    plan.plug((near, 1), (r1, 0), Wire::lan());
    plan.plug((near, 2), (beside_a, 0), Wire::lan());
    plan.plug((r1, 1), (r2, 1), Wire::wan(distance.latency));
    plan.plug((r1, 2), (places.resolver, 0), Wire::wan(1000));
    plan.plug((r2, 0), (far, 0), Wire::lan());
    plan.plug((far, 1), (places.b, 0), Wire::lan());
    plan.plug((far, 2), (beside_b, 0), Wire::lan());
    plan.plug((r2, 2), (names, 0), Wire::wan(1000));
    for (port, server) in [(1, places.root), (2, places.top_level), (3, places.authoritative)] {
        plan.plug((names, port), (server, 0), Wire::lan());
    }
    for fault in &distance.faults {
        plan.fault((r1, 1), *fault);
    }
    if let Some(mtu) = distance.mtu {
        plan.limit((r1, 1), mtu);
        plan.limit((r2, 1), mtu);
    }
    Scene { plan, places }
}

/// R1 sends what it does not know to R2, and knows better for one small part of a network that R2 has the rest of.
fn routers(plan: &mut Plan) -> (NodeId, NodeId) {
    let [one, two] = [Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(10, 0, 0, 2)];
    let via = |to: [u8; 4], prefix, next| Route {
        to: to.into(),
        prefix,
        via: Some(next),
        interface: 1,
    };
    let r1 = plan.router(
        "R1",
        &[
            at(0x11, gateway(A), 24),
            at(0x12, one, 30),
            at(0x13, Ipv4Addr::new(203, 0, 113, 49), 28),
        ],
        &[via([203, 0, 113, 0], 24, two), via([0, 0, 0, 0], 0, two)],
    );
    let r2 = plan.router(
        "R2",
        &[
            at(0x21, gateway(B), 24),
            at(0x22, two, 30),
            at(0x23, Ipv4Addr::new(203, 0, 113, 14), 28),
        ],
        &[via([192, 0, 2, 0], 24, one), via([203, 0, 113, 48], 28, one)],
    );
    (r1, r2)
}

/// The first address of a host's network is its router's.
const fn gateway(host: Ipv4Addr) -> Ipv4Addr {
    let [a, b, c, _] = host.octets();
    Ipv4Addr::new(a, b, c, 1)
}

/// Hardware addresses that no maker gave out: the second bit says "locally administered" (RFC 9542 §2.1).
const fn at(last: u8, ip: Ipv4Addr, prefix: u8) -> Address {
    Address {
        hardware: [0x02, 0, 0, 0, 0, last],
        ip,
        prefix,
    }
}
