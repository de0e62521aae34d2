//! A router: takes a packet off one network and puts it on the next, by the longest prefix that fits.

use std::collections::{BTreeMap, VecDeque};
use std::net::Ipv4Addr;

use smoltcp::phy::ChecksumCapabilities;
use smoltcp::wire::{
    ArpOperation, ArpPacket, ArpRepr, EthernetAddress, EthernetFrame, EthernetProtocol, Icmpv4DstUnreachable,
    Icmpv4Packet, Icmpv4Repr, Icmpv4TimeExceeded, IpProtocol, Ipv4Cidr, Ipv4Packet, Ipv4Repr,
};

use super::host::Address;

/// How long an unanswered ARP request is waited for, in µs, and how often it is made.
const ARP_PATIENCE: u64 = 1_000_000;
const ARP_TRIES: u8 = 3;
/// The most packets that wait for one address.
const WAITING: usize = 16;
const ETHERNET: usize = 14;
/// The time to live of packets of the router's own.
const HOPS: u8 = 64;

/// A way to a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// The network.
    pub to: Ipv4Addr,
    /// Bits of its prefix; 0 is everything.
    pub prefix: u8,
    /// The next router; none: the network is right here, on that interface.
    pub via: Option<Ipv4Addr>,
    /// The interface it leaves by.
    pub interface: usize,
}

/// Why a packet left as it did: what the router looked up, and what it found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// In µs since the run began.
    pub at: u64,
    /// The router's name.
    pub node: String,
    /// The index of the frame that brought the packet, in the router's capture; none: it is a packet of the router's own.
    pub frame: Option<usize>,
    /// Where the packet is going.
    pub destination: Ipv4Addr,
    /// Its time to live when it leaves.
    pub ttl: u8,
    /// All routes, the longest prefix first: the first that fits was taken.
    pub candidates: Vec<Candidate>,
}

/// A route that was looked at for a packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// The route.
    pub route: Route,
    /// Whether the packet's destination is in its network.
    pub fits: bool,
}

impl Decision {
    /// The route that was taken: the longest prefix that fits.
    #[must_use]
    pub fn taken(&self) -> Option<&Route> {
        let fits = |candidate: &&Candidate| candidate.fits;
        self.candidates.iter().find(fits).map(|candidate| &candidate.route)
    }
}

/// What a router looked up for one packet.
#[derive(Debug)]
pub(super) struct Looked {
    pub(super) destination: Ipv4Addr,
    pub(super) ttl: u8,
    pub(super) is_own: bool,
    pub(super) candidates: Vec<Candidate>,
}

/// A frame that leaves by an interface.
pub(super) type Leaving = (usize, Vec<u8>);

/// A router.
#[derive(Debug)]
pub(super) struct Router {
    interfaces: Vec<Address>,
    /// The longest prefix first.
    routes: Vec<Route>,
    neighbours: BTreeMap<(usize, Ipv4Addr), EthernetAddress>,
    asked: BTreeMap<(usize, Ipv4Addr), Asked>,
    /// The longest packet that leaves by an interface, where that is less than Ethernet's 1500 bytes.
    limits: BTreeMap<usize, usize>,
    /// What was looked up since somebody last looked.
    pub(super) lookups: Vec<Looked>,
}

/// Packets that wait for a neighbour's address.
#[derive(Debug)]
struct Asked {
    again: u64,
    tries: u8,
    waiting: VecDeque<Vec<u8>>,
}

impl Router {
    pub(super) fn new(interfaces: &[Address], routes: &[Route]) -> Self {
        let own = interfaces.iter().enumerate().map(|(interface, address)| Route {
            to: address.cidr().network().address(),
            prefix: address.prefix,
            via: None,
            interface,
        });
        let mut routes: Vec<Route> = own.chain(routes.iter().copied()).collect();
        routes.sort_by_key(|route| std::cmp::Reverse(route.prefix));
        Self {
            interfaces: interfaces.to_vec(),
            routes,
            neighbours: BTreeMap::new(),
            asked: BTreeMap::new(),
            limits: BTreeMap::new(),
            lookups: Vec::new(),
        }
    }

    /// Lets no packet of more than `bytes` bytes leave by an interface.
    pub(super) fn limit(&mut self, interface: usize, bytes: usize) {
        self.limits.insert(interface, bytes);
    }

    /// A frame came in at an interface; the frames that leave for it.
    pub(super) fn receive(&mut self, now: u64, interface: usize, bytes: &[u8]) -> Vec<Leaving> {
        let Some(own) = self.interfaces.get(interface).copied() else {
            return vec![];
        };
        let Ok(frame) = EthernetFrame::new_checked(bytes) else {
            return vec![];
        };
        if frame.dst_addr() != own.ethernet() && !frame.dst_addr().is_broadcast() {
            return vec![];
        }
        match frame.ethertype() {
            EthernetProtocol::Arp => self.resolve(interface, own, frame.payload()),
            EthernetProtocol::Ipv4 => self.route(now, frame.payload()),
            _ => vec![],
        }
    }

    /// When there is something to do, in µs.
    pub(super) fn next_event(&self) -> Option<u64> {
        self.asked.values().map(|asked| asked.again).min()
    }

    /// Asks again for neighbours that did not answer, and gives up on them in the end.
    pub(super) fn poll(&mut self, now: u64) -> Vec<Leaving> {
        let due: Vec<_> = self
            .asked
            .iter()
            .filter(|(_, asked)| asked.again <= now)
            .map(|(key, _)| *key)
            .collect();
        let mut leaving = Vec::new();
        for key in due {
            let tries = self.asked.get_mut(&key).map_or(ARP_TRIES, |asked| {
                (asked.tries, asked.again) = (asked.tries + 1, now + ARP_PATIENCE);
                asked.tries
            });
            if tries < ARP_TRIES {
                leaving.extend(self.ask(key.0, key.1));
                continue;
            }
            for packet in self.asked.remove(&key).map(|asked| asked.waiting).unwrap_or_default() {
                leaving.extend(self.complain(
                    now,
                    &packet,
                    Complaint::Unreachable(Icmpv4DstUnreachable::HostUnreachable),
                ));
            }
        }
        leaving
    }

    /// Answers who asks for this router, and hears who is where (RFC 826).
    fn resolve(&mut self, interface: usize, own: Address, bytes: &[u8]) -> Vec<Leaving> {
        let packet = ArpPacket::new_checked(bytes).and_then(|packet| ArpRepr::parse(&packet));
        let Ok(ArpRepr::EthernetIpv4 {
            operation,
            source_hardware_addr,
            source_protocol_addr,
            target_protocol_addr,
            ..
        }) = packet
        else {
            return vec![];
        };
        if target_protocol_addr != own.ip {
            return vec![];
        }
        self.neighbours
            .insert((interface, source_protocol_addr), source_hardware_addr);
        let mut leaving = Vec::new();
        if operation == ArpOperation::Request {
            let reply = ArpRepr::EthernetIpv4 {
                operation: ArpOperation::Reply,
                source_hardware_addr: own.ethernet(),
                source_protocol_addr: own.ip,
                target_hardware_addr: source_hardware_addr,
                target_protocol_addr: source_protocol_addr,
            };
            leaving.push((interface, arp_frame(own, source_hardware_addr, &reply)));
        }
        let waiting = self.asked.remove(&(interface, source_protocol_addr));
        for packet in waiting.map(|asked| asked.waiting).unwrap_or_default() {
            leaving.push((interface, ip_frame(own, source_hardware_addr, &packet)));
        }
        leaving
    }

    fn route(&mut self, now: u64, bytes: &[u8]) -> Vec<Leaving> {
        let Ok(packet) = Ipv4Packet::new_checked(bytes) else {
            return vec![];
        };
        if !packet.verify_checksum() {
            return vec![];
        }
        let destination = packet.dst_addr();
        let length = usize::from(packet.total_len());
        let hops = packet.hop_limit();
        // What Ethernet's shortest frame carries behind the packet is no part of it.
        let mut bytes = bytes.get(..length).unwrap_or(bytes).to_vec();
        if self.interfaces.iter().any(|address| address.ip == destination) {
            return vec![]; // nobody lives here
        }
        if hops <= 1 {
            return self.complain(now, &bytes, Complaint::Exceeded);
        }
        let mut packet = Ipv4Packet::new_unchecked(&mut bytes[..]);
        packet.set_hop_limit(hops - 1);
        packet.fill_checksum();
        self.look_up(destination, hops - 1, false);
        self.forward(now, destination, bytes)
    }

    /// Notes what the routes say of a destination.
    fn look_up(&mut self, destination: Ipv4Addr, ttl: u8, is_own: bool) {
        let candidate = |route: &Route| Candidate {
            route: *route,
            fits: route.fits(destination),
        };
        let candidates = self.routes.iter().map(candidate).collect();
        self.lookups.push(Looked {
            destination,
            ttl,
            is_own,
            candidates,
        });
    }

    fn forward(&mut self, now: u64, destination: Ipv4Addr, packet: Vec<u8>) -> Vec<Leaving> {
        let route = self.routes.iter().find(|route| route.fits(destination)).copied();
        let Some(route) = route else {
            return self.complain(
                now,
                &packet,
                Complaint::Unreachable(Icmpv4DstUnreachable::NetUnreachable),
            );
        };
        let (interface, next) = (route.interface, route.via.unwrap_or(destination));
        let Some(own) = self.interfaces.get(interface).copied() else {
            return vec![];
        };
        if let Some(limit) = self
            .limits
            .get(&interface)
            .copied()
            .filter(|limit| packet.len() > *limit)
        {
            return self.complain(now, &packet, Complaint::TooLong(limit));
        }
        if let Some(hardware) = self.neighbours.get(&(interface, next)) {
            return vec![(interface, ip_frame(own, *hardware, &packet))];
        }
        let is_new = !self.asked.contains_key(&(interface, next));
        let asked = self.asked.entry((interface, next)).or_insert_with(|| Asked {
            again: now + ARP_PATIENCE,
            tries: 0,
            waiting: VecDeque::new(),
        });
        if asked.waiting.len() < WAITING {
            asked.waiting.push_back(packet);
        }
        if is_new { self.ask(interface, next) } else { vec![] }
    }

    fn ask(&self, interface: usize, neighbour: Ipv4Addr) -> Vec<Leaving> {
        let Some(own) = self.interfaces.get(interface).copied() else {
            return vec![];
        };
        let request = ArpRepr::EthernetIpv4 {
            operation: ArpOperation::Request,
            source_hardware_addr: own.ethernet(),
            source_protocol_addr: own.ip,
            target_hardware_addr: EthernetAddress([0; 6]),
            target_protocol_addr: neighbour,
        };
        vec![(interface, arp_frame(own, EthernetAddress::BROADCAST, &request))]
    }

    /// Tells the sender of a packet that it goes no further (RFC 792), unless it is such a complaint itself (RFC 1122 §3.2.2).
    fn complain(&mut self, now: u64, packet: &[u8], complaint: Complaint) -> Vec<Leaving> {
        let Ok(about) = Ipv4Packet::new_checked(packet) else {
            return vec![];
        };
        let parsed = Ipv4Repr::parse(&about, &ChecksumCapabilities::ignored());
        let Ok(header) = parsed else { return vec![] };
        if header.next_header == IpProtocol::Icmp {
            return vec![];
        }
        let back = self.routes.iter().find(|route| route.fits(header.src_addr));
        let own = back.and_then(|route| self.interfaces.get(route.interface).copied());
        let Some(own) = own else { return vec![] };
        let data = about.payload();
        let data = data.get(..8).unwrap_or(data);
        let message = match complaint {
            Complaint::Exceeded => Icmpv4Repr::TimeExceeded {
                reason: Icmpv4TimeExceeded::TtlExpired,
                header,
                data,
            },
            Complaint::Unreachable(reason) => Icmpv4Repr::DstUnreachable { reason, header, data },
            Complaint::TooLong(_) => Icmpv4Repr::DstUnreachable {
                reason: Icmpv4DstUnreachable::FragRequired,
                header,
                data,
            },
        };
        let ip = Ipv4Repr {
            src_addr: own.ip,
            dst_addr: header.src_addr,
            next_header: IpProtocol::Icmp,
            payload_len: message.buffer_len(),
            hop_limit: HOPS,
        };
        let mut bytes = vec![0; ip.buffer_len() + message.buffer_len()];
        ip.emit(
            &mut Ipv4Packet::new_unchecked(&mut bytes[..]),
            &ChecksumCapabilities::default(),
        );
        let body = &mut bytes[ip.buffer_len()..];
        message.emit(
            &mut Icmpv4Packet::new_unchecked(&mut *body),
            &ChecksumCapabilities::default(),
        );
        if let Complaint::TooLong(limit) = complaint {
            // RFC 1191 §4: how long a packet may be stands where other complaints have zeros.
            if let Some(mtu) = body.get_mut(6..8) {
                mtu.copy_from_slice(&u16::try_from(limit).unwrap_or(u16::MAX).to_be_bytes());
            }
            Icmpv4Packet::new_unchecked(body).fill_checksum();
        }
        self.look_up(header.src_addr, HOPS, true);
        self.forward(now, header.src_addr, bytes)
    }
}

impl Route {
    fn fits(&self, destination: Ipv4Addr) -> bool {
        Ipv4Cidr::new(self.to, self.prefix).contains_addr(&destination)
    }
}

#[derive(Debug, Clone, Copy)]
enum Complaint {
    Exceeded,
    Unreachable(Icmpv4DstUnreachable),
    /// Longer than so many bytes, and not to be cut.
    TooLong(usize),
}

fn arp_frame(own: Address, to: EthernetAddress, arp: &ArpRepr) -> Vec<u8> {
    let mut bytes = vec![0; ETHERNET + arp.buffer_len()];
    head(&mut bytes, own, to, EthernetProtocol::Arp);
    arp.emit(&mut ArpPacket::new_unchecked(&mut bytes[ETHERNET..]));
    bytes
}

fn ip_frame(own: Address, to: EthernetAddress, packet: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; ETHERNET];
    head(&mut bytes, own, to, EthernetProtocol::Ipv4);
    bytes.extend_from_slice(packet);
    bytes
}

fn head(bytes: &mut [u8], own: Address, to: EthernetAddress, protocol: EthernetProtocol) {
    let mut frame = EthernetFrame::new_unchecked(bytes);
    frame.set_src_addr(own.ethernet());
    frame.set_dst_addr(to);
    frame.set_ethertype(protocol);
}
