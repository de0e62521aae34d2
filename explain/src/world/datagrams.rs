//! UDP of a simulated host.

use std::future::poll_fn;
use std::io;
use std::net::{SocketAddr, SocketAddrV4};
use std::task::Poll;

use smoltcp::iface::SocketHandle;
use smoltcp::socket::udp::{SendError, Socket};
use smoltcp::wire::{IpAddress, IpEndpoint};

use super::{NodeId, World};

/// A UDP port of a host.
#[derive(Debug)]
pub struct Datagrams {
    world: World,
    host: NodeId,
    port: u16,
    handle: SocketHandle,
}

impl Datagrams {
    pub(super) fn new(world: World, host: NodeId, port: u16) -> io::Result<Self> {
        let (port, handle) = {
            let mut network = world.lock();
            let host = network.host(host);
            let port = if port == 0 { host.any_port() } else { port };
            if host.bound.contains_key(&port) {
                return Err(io::ErrorKind::AddrInUse.into());
            }
            let handle = host.udp_socket();
            let bound = host.sockets.get_mut::<Socket<'_>>(handle).bind(port);
            bound.map_err(|error| io::Error::new(io::ErrorKind::AddrInUse, error.to_string()))?;
            host.bound.insert(port, handle);
            (port, handle)
        };
        Ok(Self {
            world,
            host,
            port,
            handle,
        })
    }

    /// The port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Sends a datagram; waits where there is no room for it.
    ///
    /// # Errors
    /// When it can go nowhere, or is too long for any network.
    pub async fn send_to(&self, bytes: &[u8], to: SocketAddrV4) -> io::Result<()> {
        let to = IpEndpoint::new(IpAddress::Ipv4(*to.ip()), to.port());
        let sent = poll_fn(|cx| {
            let mut network = self.world.lock();
            let socket = network.host(self.host).sockets.get_mut::<Socket<'_>>(self.handle);
            if bytes.len() > socket.payload_send_capacity() {
                return Poll::Ready(Err(io::ErrorKind::InvalidInput.into()));
            }
            match socket.send_slice(bytes, to) {
                Ok(()) => Poll::Ready(Ok(())),
                Err(SendError::Unaddressable) => Poll::Ready(Err(io::ErrorKind::AddrNotAvailable.into())),
                Err(SendError::BufferFull) => {
                    socket.register_send_waker(cx.waker());
                    Poll::Pending
                }
            }
        });
        let sent = sent.await;
        self.world.kick();
        sent
    }

    /// The next datagram and where it comes from.
    pub async fn receive(&self) -> (Vec<u8>, SocketAddr) {
        poll_fn(|cx| {
            let mut network = self.world.lock();
            let socket = network.host(self.host).sockets.get_mut::<Socket<'_>>(self.handle);
            match socket.recv() {
                Ok((bytes, about)) => {
                    let IpAddress::Ipv4(ip) = about.endpoint.addr;
                    Poll::Ready((bytes.to_vec(), SocketAddr::new(ip.into(), about.endpoint.port)))
                }
                Err(_) => {
                    socket.register_recv_waker(cx.waker());
                    Poll::Pending
                }
            }
        })
        .await
    }
}

impl Drop for Datagrams {
    fn drop(&mut self) {
        let mut network = self.world.lock();
        let host = network.host(self.host);
        host.bound.remove(&self.port);
        host.sockets.remove(self.handle);
    }
}
