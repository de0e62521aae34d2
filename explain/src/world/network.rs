//! All nodes, all wires, and every frame in flight: the one thing that time moves.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::net::Ipv4Addr;

use nihao_protocol::crypto::random::{self, Seeded};

use super::NodeId;
use super::fault::{Fault, Judge};
use super::host::{Address, Host, Wait};
use super::router::{Looked, Route, Router};
use super::switch::{Switch, Switched};
use super::wire::{Plugged, Wire};
use crate::capture::{Capture, Frame, Way};

/// A network.
#[derive(Debug)]
pub(super) struct Network {
    seed: u64,
    now: u64,
    nodes: Vec<Node>,
    wires: Vec<Plugged>,
    /// What is plugged in at a port: the wire, its end, and the port at the other end.
    plugs: BTreeMap<(NodeId, usize), Plug>,
    flying: BinaryHeap<Reverse<Flight>>,
    /// Of two frames that arrive at one instant the first sent comes first.
    sent: u64,
    decisions: Vec<Decided>,
    /// What each switch did, with which frame of its capture.
    switched: Vec<(NodeId, usize, Switched)>,
    /// The frames of each node's capture that a wire changed behind it.
    changed: Vec<(NodeId, usize)>,
}

/// What a router looked up, when, and for which frame of its capture.
#[derive(Debug)]
pub(super) struct Decided {
    pub(super) at: u64,
    pub(super) node: NodeId,
    pub(super) frame: Option<usize>,
    pub(super) looked: Looked,
}

/// A node, and what passed it.
#[derive(Debug)]
pub(super) struct Node {
    kind: Kind,
    pub(super) tap: Tap,
}

#[derive(Debug)]
enum Kind {
    Host(Box<Host>),
    Switch(Switch),
    Router(Box<Router>),
}

#[derive(Debug, Clone, Copy)]
struct Plug {
    wire: usize,
    direction: usize,
    other: (NodeId, usize),
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Flight {
    arrives: u64,
    order: u64,
    to: (NodeId, usize),
    bytes: Vec<u8>,
}

impl Network {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            seed,
            now: 0,
            nodes: Vec::new(),
            wires: Vec::new(),
            plugs: BTreeMap::new(),
            flying: BinaryHeap::new(),
            sent: 0,
            decisions: Vec::new(),
            switched: Vec::new(),
            changed: Vec::new(),
        }
    }

    pub(super) fn add_host(&mut self, address: Address, gateway: Ipv4Addr) -> NodeId {
        // A stream of its own for each stack, so that one more host changes nothing for the others.
        let drawn = random::array::<8>(&mut Seeded::new(self.seed, &format!("stack {}", address.ip)));
        let seed = u64::from_be_bytes(drawn.unwrap_or_default());
        self.add(Kind::Host(Box::new(Host::new(seed, address, gateway))), 1)
    }

    pub(super) fn add_switch(&mut self, ports: usize) -> NodeId {
        self.add(Kind::Switch(Switch::new(ports)), ports)
    }

    pub(super) fn add_router(&mut self, interfaces: &[Address], routes: &[Route]) -> NodeId {
        let router = Router::new(interfaces, routes);
        self.add(Kind::Router(Box::new(router)), interfaces.len())
    }

    fn add(&mut self, kind: Kind, ports: usize) -> NodeId {
        self.nodes.push(Node {
            kind,
            tap: Tap::new(ports),
        });
        NodeId(self.nodes.len() - 1)
    }

    pub(super) fn plug(&mut self, one: (NodeId, usize), other: (NodeId, usize), wire: Wire) {
        let number = self.wires.len();
        self.wires
            .push(Plugged::new(wire, Judge::new(self.seed.wrapping_add(number as u64))));
        for (direction, from, to) in [(0, one, other), (1, other, one)] {
            let plug = Plug {
                wire: number,
                direction,
                other: to,
            };
            self.plugs.insert(from, plug);
        }
    }

    /// Lets no packet of more than `bytes` bytes leave a router by a port.
    pub(super) fn limit(&mut self, (id, port): (NodeId, usize), bytes: usize) {
        if let Kind::Router(router) = &mut self.nodes[id.0].kind {
            router.limit(port, bytes);
        }
    }

    pub(super) fn add_fault(&mut self, at: (NodeId, usize), fault: Fault) {
        if let Some(plug) = self.plugs.get(&at)
            && let Some(wire) = self.wires.get_mut(plug.wire)
        {
            wire.add(fault);
        }
    }

    /// The faults of all wires that never happened.
    pub(super) fn idle_faults(&self) -> Vec<Fault> {
        self.wires.iter().flat_map(Plugged::idle).collect()
    }

    pub(super) const fn now(&self) -> u64 {
        self.now
    }

    pub(super) fn node_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.nodes[id.0]
    }

    /// A host of the plan.
    ///
    /// # Panics
    /// When the node is no host: whoever made the plan mixed them up.
    pub(super) fn host(&mut self, id: NodeId) -> &mut Host {
        match &mut self.nodes[id.0].kind {
            Kind::Host(host) => host,
            other => panic!("{id:?} is no host but {other:?}"),
        }
    }

    pub(super) fn power(&mut self, id: NodeId, on: bool) {
        self.host(id).power(on);
    }

    pub(super) fn take_decisions(&mut self) -> Vec<Decided> {
        std::mem::take(&mut self.decisions)
    }

    pub(super) fn take_switched(&mut self) -> Vec<(NodeId, usize, Switched)> {
        std::mem::take(&mut self.switched)
    }

    pub(super) fn take_changed(&mut self) -> Vec<(NodeId, usize)> {
        std::mem::take(&mut self.changed)
    }

    /// Each port with something in it, and the port at the other end of the wire.
    pub(super) fn plugs(&self) -> impl Iterator<Item = ((NodeId, usize), (NodeId, usize))> {
        self.plugs.iter().map(|(port, plug)| (*port, plug.other))
    }

    /// Which connections the hosts kept in TIME-WAIT, host by host.
    pub(super) fn waits(&self) -> impl Iterator<Item = (NodeId, &Wait)> {
        let hosts = self
            .nodes
            .iter()
            .enumerate()
            .filter_map(|(index, node)| match &node.kind {
                Kind::Host(host) => Some((NodeId(index), host)),
                _ => None,
            });
        hosts.flat_map(|(id, host)| host.waits.iter().map(move |wait| (id, wait)))
    }

    /// Does all that is due at this time, in µs; whether there was anything.
    pub(super) fn step(&mut self, now: u64) -> bool {
        self.now = self.now.max(now);
        let mut did = false;
        while self
            .flying
            .peek()
            .is_some_and(|Reverse(flight)| flight.arrives <= self.now)
        {
            if let Some(Reverse(flight)) = self.flying.pop() {
                self.arrive(flight);
                did = true;
            }
        }
        for index in 0..self.nodes.len() {
            did |= self.poll(NodeId(index));
        }
        did
    }

    /// When there is something to do next, in µs.
    pub(super) fn next_event(&mut self) -> Option<u64> {
        let now = self.now;
        let arrival = self.flying.peek().map(|Reverse(flight)| flight.arrives);
        let timers = self.nodes.iter_mut().filter_map(|node| match &mut node.kind {
            Kind::Host(host) => host.next_event(now),
            Kind::Router(router) => router.next_event(),
            Kind::Switch(_) => None,
        });
        timers.chain(arrival).min()
    }

    fn arrive(&mut self, flight: Flight) {
        let (id, port) = flight.to;
        let now = self.now;
        let node = &mut self.nodes[id.0];
        node.tap.see(now, port, Way::In, &flight.bytes, false);
        let came = node.tap.0.frames.len().checked_sub(1);
        let leaving = match &mut node.kind {
            Kind::Host(host) => {
                host.receive(flight.bytes);
                vec![]
            }
            Kind::Switch(switch) => {
                let switched = switch.forward(port, &flight.bytes);
                let ports = switched.iter().flat_map(|switched| &switched.to);
                let leaving = ports.map(|port| (*port, flight.bytes.clone())).collect();
                self.switched
                    .extend(switched.zip(came).map(|(switched, came)| (id, came, switched)));
                leaving
            }
            Kind::Router(router) => router.receive(now, port, &flight.bytes),
        };
        self.note_decisions(id, came);
        for (port, bytes) in leaving {
            self.send(id, port, bytes);
        }
    }

    fn poll(&mut self, id: NodeId) -> bool {
        let now = self.now;
        let (leaving, did) = match &mut self.nodes[id.0].kind {
            Kind::Host(host) => {
                let (sent, did) = host.poll(now);
                (sent.into_iter().map(|bytes| (0, bytes)).collect(), did)
            }
            Kind::Router(router) => (router.poll(now), false),
            Kind::Switch(_) => (vec![], false),
        };
        self.note_decisions(id, None);
        let did = did || !leaving.is_empty();
        for (port, bytes) in leaving {
            self.send(id, port, bytes);
        }
        did
    }

    fn send(&mut self, id: NodeId, port: usize, bytes: Vec<u8>) {
        let plug = self.plugs.get(&(id, port)).copied();
        let copies = plug.and_then(|plug| {
            let wire = self.wires.get_mut(plug.wire)?;
            Some((plug.other, wire.carry(self.now, plug.direction, &bytes)))
        });
        // A port with nothing in it sends nothing.
        let Some((to, copies)) = copies else { return };
        let now = self.now;
        let tap = &mut self.nodes[id.0].tap;
        if copies.iter().any(|copy| copy.bytes != bytes) {
            self.changed.push((id, tap.0.frames.len()));
        }
        tap.see(now, port, Way::Out, &bytes, copies.is_empty());
        for copy in copies {
            self.sent += 1;
            self.flying.push(Reverse(Flight {
                arrives: copy.arrives,
                order: self.sent,
                to,
                bytes: copy.bytes,
            }));
        }
    }

    /// Notes what a router decided, on the packet of the frame that just came or on packets of its own.
    fn note_decisions(&mut self, id: NodeId, came: Option<usize>) {
        if let Kind::Router(router) = &mut self.nodes[id.0].kind {
            for looked in router.lookups.drain(..) {
                self.decisions.push(Decided {
                    at: self.now,
                    node: id,
                    frame: came.filter(|_| !looked.is_own),
                    looked,
                });
            }
        }
    }
}

/// Notes all that passes a node.
#[derive(Debug)]
pub(super) struct Tap(Capture);

impl Tap {
    fn new(ports: usize) -> Self {
        Self(Capture {
            interfaces: (0..ports).map(|port| format!("eth{port}")).collect(),
            frames: Vec::new(),
        })
    }

    pub(super) fn take(&mut self) -> Capture {
        std::mem::take(&mut self.0)
    }

    fn see(&mut self, at: u64, interface: usize, way: Way, bytes: &[u8], lost: bool) {
        self.0.frames.push(Frame {
            at,
            interface,
            way,
            bytes: bytes.to_vec(),
            lost,
        });
    }
}
