//! The system's network: the one file that asks the system for names, and opens sockets.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;

use nihao_protocol::dns::{Hosts, Name, Query, Route, Transport};
use nihao_protocol::net::Environment;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};

use super::{Dial, DialError, Resolving, Sockets, Tell};
use crate::resolve::{Ask, Resolver};

/// The longest datagram that is looked at, in bytes: more than we say we take, since not every server listens to that.
const LONGEST_DATAGRAM: usize = 4096;
/// How systems say that a name is unknown, which is an answer, and not that they could not find out.
const UNKNOWN: [&str; 5] = [
    "Name or service not known",      // glibc, EAI_NONAME
    "No address associated with",     // glibc, EAI_NODATA
    "Name does not resolve",          // musl
    "nodename nor servname provided", // macOS and the BSDs
    "No such host is known",          // Windows
];

/// UDP and TCP over the system's network, and the system's own resolver.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemNetwork;

/// Finds names as the system does, and remembers nothing.
impl Dial for SystemNetwork {
    type Stream = TcpStream;

    async fn dial_telling(&self, host: &str, port: u16, tell: Tell<'_>) -> Result<TcpStream, DialError> {
        let resolver = Resolver::new(*self, Route::System, Environment::system());
        Resolving::new(*self, resolver).dial_telling(host, port, tell).await
    }
}

impl Sockets for SystemNetwork {
    type Stream = TcpStream;

    async fn connect(&self, to: SocketAddr) -> io::Result<TcpStream> {
        let stream = TcpStream::connect(to).await?;
        // Frames are small and each is worth sending at once; a socket that cannot do so still works.
        let _ = stream.set_nodelay(true);
        Ok(stream)
    }

    fn ends(stream: &TcpStream) -> Option<(SocketAddr, SocketAddr)> {
        ends(stream)
    }
}

impl Ask for SystemNetwork {
    async fn ask(&self, query: &Query) -> io::Result<Vec<u8>> {
        ask(query, &()).await
    }

    async fn ask_system(&self, name: &Name) -> Result<Vec<IpAddr>, String> {
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the one place where the client asks the system for names"
        )]
        let looked_up = tokio::net::lookup_host((name.as_str(), 0)).await;
        let mut addresses: Vec<IpAddr> = Vec::new();
        match looked_up {
            Ok(found) => {
                for address in found.map(|socket| socket.ip()) {
                    if !addresses.contains(&address) {
                        addresses.push(address);
                    }
                }
                Ok(addresses)
            }
            Err(error) => {
                let text = error.to_string();
                if UNKNOWN.iter().any(|unknown| text.contains(unknown)) {
                    return Ok(addresses);
                }
                // What the standard library says before the system's words.
                let detail = text.strip_prefix("failed to lookup address information: ");
                Err(detail.unwrap_or(&text).into())
            }
        }
    }

    fn hosts(&self) -> Hosts {
        // One that cannot be read says nothing: the system's resolver takes it the same way.
        let bytes = std::fs::read(hosts_file()).unwrap_or_default();
        Hosts::parse(&String::from_utf8_lossy(&bytes))
    }
}

/// Both ends of an open stream: ours, and the server's.
#[must_use]
pub fn ends(stream: &TcpStream) -> Option<(SocketAddr, SocketAddr)> {
    Some((stream.local_addr().ok()?, stream.peer_addr().ok()?))
}

/// Who watches what passes the sockets that names are asked over.
pub(crate) trait Tap: Sync {
    /// A socket was opened; what it is called from now on.
    fn opened(&self, transport: Transport, local: Option<SocketAddr>, remote: SocketAddr) -> usize;
    /// Bytes were sent.
    fn sent(&self, socket: usize, bytes: &[u8]);
    /// Bytes were received.
    fn received(&self, socket: usize, bytes: &[u8]);
}

/// Nobody watches.
impl Tap for () {
    fn opened(&self, _: Transport, _: Option<SocketAddr>, _: SocketAddr) -> usize {
        0
    }

    fn sent(&self, _: usize, _: &[u8]) {}

    fn received(&self, _: usize, _: &[u8]) {}
}

/// As [`Ask::ask`], watched.
pub(crate) async fn ask(query: &Query, tap: &impl Tap) -> io::Result<Vec<u8>> {
    match query.transport {
        Transport::Udp => ask_by_datagram(query, tap).await,
        Transport::Tcp => ask_by_stream(query, tap).await,
    }
}

/// A socket of its own for each query: the port is random, and the system passes on nothing but what comes from the server.
async fn ask_by_datagram(query: &Query, tap: &impl Tap) -> io::Result<Vec<u8>> {
    let any: IpAddr = match query.server {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).await?;
    socket.connect(query.server).await?;
    let watched = tap.opened(query.transport, socket.local_addr().ok(), query.server);
    socket.send(&query.bytes).await?;
    tap.sent(watched, &query.bytes);
    let mut datagram = vec![0; LONGEST_DATAGRAM];
    loop {
        let length = socket.recv(&mut datagram).await?;
        let bytes = datagram.get(..length).unwrap_or_default();
        tap.received(watched, bytes);
        if query.is_answered_by(bytes) {
            return Ok(bytes.to_vec());
        }
    }
}

async fn ask_by_stream(query: &Query, tap: &impl Tap) -> io::Result<Vec<u8>> {
    let mut stream = TcpStream::connect(query.server).await?;
    let length = u16::try_from(query.bytes.len()).map_err(|_| io::ErrorKind::InvalidInput)?;
    // RFC 7766 §8: length and message in one segment.
    let watched = tap.opened(query.transport, stream.local_addr().ok(), query.server);
    let framed = [&length.to_be_bytes()[..], &query.bytes].concat();
    stream.write_all(&framed).await?;
    tap.sent(watched, &framed);
    let length = stream.read_u16().await?;
    tap.received(watched, &length.to_be_bytes());
    let mut message = vec![0; usize::from(length)];
    stream.read_exact(&mut message).await?;
    tap.received(watched, &message);
    if query.is_answered_by(&message) {
        Ok(message)
    } else {
        Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "an answer to something else",
        ))
    }
}

fn hosts_file() -> PathBuf {
    match std::env::var_os("SystemRoot").filter(|_| cfg!(windows)) {
        Some(root) => PathBuf::from(root)
            .join("System32")
            .join("drivers")
            .join("etc")
            .join("hosts"),
        None => "/etc/hosts".into(),
    }
}
