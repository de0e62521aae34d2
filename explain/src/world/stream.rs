//! TCP of a simulated host as tokio's streams.

use std::future::poll_fn;
use std::io;
use std::net::{IpAddr, SocketAddr, SocketAddrV4};
use std::pin::Pin;
use std::task::{Context, Poll};

use smoltcp::iface::SocketHandle;
use smoltcp::socket::tcp::{RecvError, Socket, State};
use smoltcp::wire::{IpAddress, IpEndpoint};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{NodeId, World};

/// How many connections a listener takes up before it is asked for them.
const BACKLOG: usize = 16;

/// One end of a TCP connection.
#[derive(Debug)]
pub struct Stream {
    world: World,
    host: NodeId,
    handle: SocketHandle,
    ends: (SocketAddr, SocketAddr),
}

/// Connects, or says as a kernel would why not.
pub(super) async fn connect(world: &World, host: NodeId, to: SocketAddrV4) -> io::Result<Stream> {
    let handle = {
        let mut network = world.lock();
        let host = network.host(host);
        let handle = host.tcp_socket();
        if let Err(error) = host.connect(handle, to) {
            host.sockets.remove(handle);
            return Err(io::Error::new(io::ErrorKind::AddrNotAvailable, error.to_string()));
        }
        handle
    };
    world.kick();
    // From here on the stream owns the socket: whoever stops waiting closes it.
    let mut stream = Stream {
        world: world.clone(),
        host,
        handle,
        ends: (SocketAddr::V4(to), SocketAddr::V4(to)),
    };
    let own = poll_fn(|cx| {
        stream.with(|socket| match socket.state() {
            State::SynSent | State::SynReceived => {
                socket.register_send_waker(cx.waker());
                Poll::Pending
            }
            // A reset took the socket back to the beginning.
            State::Closed => Poll::Ready(Err(io::ErrorKind::ConnectionRefused.into())),
            _ => Poll::Ready(Ok::<_, io::Error>(socket.local_endpoint())),
        })
    })
    .await?;
    stream.ends.0 = own.map_or(stream.ends.0, address);
    Ok(stream)
}

impl Stream {
    /// Where this end is, and where the other.
    #[must_use]
    pub const fn ends(&self) -> (SocketAddr, SocketAddr) {
        self.ends
    }

    fn with<T>(&mut self, act: impl FnOnce(&mut Socket<'static>) -> T) -> T {
        let mut network = self.world.lock();
        act(network.host(self.host).sockets.get_mut(self.handle))
    }
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, to: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let read = self.with(|socket| {
            if socket.can_recv() {
                let count = socket.recv_slice(to.initialize_unfilled());
                return count
                    .map(|count| to.advance(count))
                    .map_or_else(|_| reset(), |()| Poll::Ready(Ok(())));
            }
            match socket.recv(|_| (0, ())) {
                Err(RecvError::Finished) => Poll::Ready(Ok(())),
                Err(RecvError::InvalidState) => reset(),
                Ok(()) => {
                    socket.register_recv_waker(cx.waker());
                    Poll::Pending
                }
            }
        });
        if read.is_ready() {
            self.world.kick(); // the window may be open again
        }
        read
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = self.with(|socket| {
            if !socket.may_send() {
                return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
            }
            match socket.send_slice(bytes) {
                Ok(0) if !bytes.is_empty() => {
                    socket.register_send_waker(cx.waker());
                    Poll::Pending
                }
                Ok(count) => Poll::Ready(Ok(count)),
                Err(_) => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
            }
        });
        self.world.kick();
        written
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(Socket::close);
        self.world.kick();
        Poll::Ready(Ok(()))
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.world.lock().host(self.host).orphan(self.handle);
        self.world.kick();
    }
}

fn reset() -> Poll<io::Result<()>> {
    Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()))
}

fn address(endpoint: IpEndpoint) -> SocketAddr {
    let IpAddress::Ipv4(ip) = endpoint.addr;
    SocketAddr::new(IpAddr::V4(ip), endpoint.port)
}

/// Takes connections on a port.
#[derive(Debug)]
pub struct Listener {
    world: World,
    host: NodeId,
    port: u16,
    /// smoltcp knows no backlog: each of these takes up one connection.
    waiting: Vec<SocketHandle>,
}

impl Listener {
    pub(super) fn new(world: World, host: NodeId, port: u16) -> io::Result<Self> {
        let mut listener = Self {
            world,
            host,
            port,
            waiting: Vec::new(),
        };
        for _ in 0..BACKLOG {
            let fresh = listener.fresh()?;
            listener.waiting.push(fresh);
        }
        Ok(listener)
    }

    /// The next connection and where it comes from. Dropping the future loses nothing.
    ///
    /// # Errors
    /// When the port cannot be listened on any more.
    pub async fn accept(&mut self) -> io::Result<(Stream, SocketAddr)> {
        let (index, own, peer) = poll_fn(|cx| self.poll_accept(cx)).await;
        let fresh = self.fresh()?;
        let handle = std::mem::replace(&mut self.waiting[index], fresh);
        let stream = Stream {
            world: self.world.clone(),
            host: self.host,
            handle,
            ends: (own, peer),
        };
        Ok((stream, peer))
    }

    fn poll_accept(&mut self, cx: &Context<'_>) -> Poll<(usize, SocketAddr, SocketAddr)> {
        let mut network = self.world.lock();
        let sockets = &mut network.host(self.host).sockets;
        for (index, handle) in self.waiting.iter().enumerate() {
            let socket = sockets.get_mut::<Socket<'_>>(*handle);
            match (socket.state(), socket.local_endpoint(), socket.remote_endpoint()) {
                (State::Listen | State::SynReceived, ..) => socket.register_recv_waker(cx.waker()),
                (State::Closed, ..) => {
                    // Whoever began to connect reset it.
                    let _ = socket.listen(self.port);
                    socket.register_recv_waker(cx.waker());
                }
                (_, Some(own), Some(peer)) => return Poll::Ready((index, address(own), address(peer))),
                _ => socket.register_recv_waker(cx.waker()),
            }
        }
        Poll::Pending
    }

    fn fresh(&self) -> io::Result<SocketHandle> {
        let mut network = self.world.lock();
        let host = network.host(self.host);
        let handle = host.tcp_socket();
        let listening = host.sockets.get_mut::<Socket<'_>>(handle).listen(self.port);
        listening.map_err(|error| io::Error::new(io::ErrorKind::AddrInUse, error.to_string()))?;
        Ok(handle)
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let mut network = self.world.lock();
        let host = network.host(self.host);
        for handle in self.waiting.drain(..) {
            host.orphan(handle);
        }
    }
}
