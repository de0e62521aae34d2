//! A host: one network card, and a TCP/IP stack (smoltcp) with its sockets.

use std::collections::{BTreeMap, VecDeque};
use std::net::{Ipv4Addr, SocketAddrV4};

use smoltcp::iface::{Config, Interface, PollResult, SocketHandle, SocketSet};
use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::socket::{tcp, udp};
use smoltcp::time::Instant;
use smoltcp::wire::{EthernetAddress, HardwareAddress, IpAddress, IpCidr, IpEndpoint, Ipv4Cidr};

/// The longest Ethernet frame, without its checksum: 1500 bytes of IP.
pub(super) const FRAME: usize = 1514;
/// Bytes that a TCP socket holds in each direction.
const BUFFER: usize = 65_535;
/// How long bytes are sent again before the connection is given up: as Linux does by default (tcp_retries2).
const GIVES_UP: smoltcp::time::Duration = smoltcp::time::Duration::from_secs(924);
/// Datagrams and bytes that a UDP socket holds in each direction.
const DATAGRAMS: (usize, usize) = (64, 64 * 1024);
/// The first port of those that are given to whoever asks for any (RFC 6335 §6).
const FIRST_DYNAMIC: u16 = 49_152;

/// An address on a network: hardware address, IPv4 address, length of the network's prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Address {
    /// The Ethernet (MAC) address.
    pub hardware: [u8; 6],
    /// The IPv4 address.
    pub ip: Ipv4Addr,
    /// Bits of the network's prefix.
    pub prefix: u8,
}

impl Address {
    pub(super) fn cidr(self) -> Ipv4Cidr {
        Ipv4Cidr::new(self.ip, self.prefix.min(32))
    }

    pub(super) const fn ethernet(self) -> EthernetAddress {
        EthernetAddress(self.hardware)
    }
}

/// A host.
pub(super) struct Host {
    card: Card,
    interface: Interface,
    pub(super) sockets: SocketSet<'static>,
    pub(super) address: Address,
    /// TCP sockets whose owner is gone, and which still have to say goodbye.
    orphans: Vec<SocketHandle>,
    /// UDP ports in use, and the sockets on them.
    pub(super) bound: BTreeMap<u16, SocketHandle>,
    next_port: u16,
    is_on: bool,
    /// Connections that are or were in TIME-WAIT.
    pub(super) waits: Vec<Wait>,
}

/// A connection that its host keeps in mind after both ends have closed it (RFC 9293 §3.6).
#[derive(Debug, Clone, Copy)]
pub(super) struct Wait {
    handle: SocketHandle,
    pub(super) local: SocketAddrV4,
    pub(super) remote: SocketAddrV4,
    pub(super) from: u64,
    pub(super) until: Option<u64>,
}

impl Host {
    /// A host whose stack draws from `seed`.
    pub(super) fn new(seed: u64, address: Address, gateway: Ipv4Addr) -> Self {
        let mut card = Card::default();
        let mut config = Config::new(HardwareAddress::Ethernet(address.ethernet()));
        config.random_seed = seed;
        let mut interface = Interface::new(config, &mut card, Instant::ZERO);
        interface.update_ip_addrs(|addresses| {
            // There is room for more than one.
            let _ = addresses.push(IpCidr::Ipv4(address.cidr()));
        });
        let routed = interface.routes_mut().add_default_ipv4_route(gateway);
        debug_assert!(routed.is_ok(), "a new interface has room for a route");
        Self {
            card,
            interface,
            sockets: SocketSet::new(Vec::new()),
            address,
            orphans: Vec::new(),
            bound: BTreeMap::new(),
            next_port: FIRST_DYNAMIC + (seed % 4096) as u16,
            is_on: true,
            waits: Vec::new(),
        }
    }

    /// A frame came in from the wire.
    pub(super) fn receive(&mut self, frame: Vec<u8>) {
        if self.is_on {
            self.card.received.push_back(frame);
        }
    }

    /// Lets the stack work at this time, in µs; the frames it sends, and whether anything was done.
    pub(super) fn poll(&mut self, now: u64) -> (Vec<Vec<u8>>, bool) {
        if !self.is_on {
            return (Vec::new(), false);
        }
        let result = self.interface.poll(instant(now), &mut self.card, &mut self.sockets);
        self.note_waits(now);
        self.bury();
        let sent = std::mem::take(&mut self.card.sent);
        let did = !sent.is_empty() || result == PollResult::SocketStateChanged;
        (sent, did)
    }

    /// When the stack wants to work again, in µs.
    pub(super) fn next_event(&mut self, now: u64) -> Option<u64> {
        if !self.is_on {
            return None;
        }
        let at = self.interface.poll_at(instant(now), &self.sockets)?;
        Some(u64::try_from(at.total_micros()).unwrap_or_default().max(now + 1))
    }

    /// A TCP socket set up as a kernel's for a program that sends small things at once.
    pub(super) fn tcp_socket(&mut self) -> SocketHandle {
        let buffer = || tcp::SocketBuffer::new(vec![0; BUFFER]);
        let mut socket = tcp::Socket::new(buffer(), buffer());
        socket.set_nagle_enabled(false);
        socket.set_ack_delay(None);
        socket.set_timeout(Some(GIVES_UP));
        self.sockets.add(socket)
    }

    pub(super) fn udp_socket(&mut self) -> SocketHandle {
        let (count, bytes) = DATAGRAMS;
        let buffer = || udp::PacketBuffer::new(vec![udp::PacketMetadata::EMPTY; count], vec![0; bytes]);
        self.sockets.add(udp::Socket::new(buffer(), buffer()))
    }

    /// Starts to connect a socket to an address from any free port.
    pub(super) fn connect(&mut self, handle: SocketHandle, to: SocketAddrV4) -> Result<(), tcp::ConnectError> {
        let port = self.any_port();
        let socket = self.sockets.get_mut::<tcp::Socket<'_>>(handle);
        socket.connect(self.interface.context(), (*to.ip(), to.port()), port)
    }

    /// A port that nobody was given for a long time.
    pub(super) fn any_port(&mut self) -> u16 {
        let port = self.next_port;
        self.next_port = port.checked_add(1).unwrap_or(FIRST_DYNAMIC);
        port
    }

    /// The owner of a TCP socket is gone: it closes by itself, as in a kernel.
    pub(super) fn orphan(&mut self, handle: SocketHandle) {
        let socket = self.sockets.get_mut::<tcp::Socket<'_>>(handle);
        // Nobody knows of it yet, so nobody is told (RFC 9293 §3.10.4).
        if socket.state() == tcp::State::SynSent {
            self.sockets.remove(handle);
            return;
        }
        socket.close();
        socket.set_timeout(Some(smoltcp::time::Duration::from_secs(60)));
        self.orphans.push(handle);
    }

    /// Notes which connections have come into TIME-WAIT, and which have left it.
    fn note_waits(&mut self, now: u64) {
        for (handle, socket) in self.sockets.iter() {
            let smoltcp::socket::Socket::Tcp(socket) = socket else {
                continue;
            };
            let waits = socket.state() == tcp::State::TimeWait;
            let known = self
                .waits
                .iter_mut()
                .find(|wait| wait.handle == handle && wait.until.is_none());
            match (known, waits) {
                (Some(wait), false) => wait.until = Some(now),
                (None, true) => {
                    let ends = socket.local_endpoint().zip(socket.remote_endpoint());
                    let Some((local, remote)) = ends else { continue };
                    self.waits.push(Wait {
                        handle,
                        local: place(local),
                        remote: place(remote),
                        from: now,
                        until: None,
                    });
                }
                _ => {}
            }
        }
    }

    fn bury(&mut self) {
        let sockets = &mut self.sockets;
        self.orphans.retain(|handle| {
            let closed = sockets.get::<tcp::Socket<'_>>(*handle).state() == tcp::State::Closed;
            if closed {
                sockets.remove(*handle);
            }
            !closed
        });
    }

    /// Without power nothing is sent or received; orphaned sockets and frames are forgotten.
    pub(super) fn power(&mut self, on: bool) {
        self.is_on = on;
        if !on {
            for handle in self.orphans.drain(..) {
                self.sockets.remove(handle);
            }
            self.card = Card::default();
        }
    }
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Host({})", self.address.ip)
    }
}

const fn place(endpoint: IpEndpoint) -> SocketAddrV4 {
    let IpAddress::Ipv4(address) = endpoint.addr;
    SocketAddrV4::new(address, endpoint.port)
}

pub(super) fn instant(now: u64) -> Instant {
    Instant::from_micros(i64::try_from(now).unwrap_or(i64::MAX))
}

/// The network card: frames that came, and frames to go.
#[derive(Debug, Default)]
struct Card {
    received: VecDeque<Vec<u8>>,
    sent: Vec<Vec<u8>>,
}

struct Received(Vec<u8>);

struct Sending<'a>(&'a mut Vec<Vec<u8>>);

impl Device for Card {
    type RxToken<'a> = Received;
    type TxToken<'a> = Sending<'a>;

    fn receive(&mut self, _: Instant) -> Option<(Received, Sending<'_>)> {
        let frame = self.received.pop_front()?;
        Some((Received(frame), Sending(&mut self.sent)))
    }

    fn transmit(&mut self, _: Instant) -> Option<Sending<'_>> {
        Some(Sending(&mut self.sent))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ethernet;
        capabilities.max_transmission_unit = FRAME;
        capabilities
    }
}

impl RxToken for Received {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, read: F) -> R {
        read(&self.0)
    }
}

impl TxToken for Sending<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, write: F) -> R {
        let mut frame = vec![0; length];
        let result = write(&mut frame);
        self.0.push(frame);
        result
    }
}
