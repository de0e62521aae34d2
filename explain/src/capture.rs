//! Frames as they passed a point of the network, and nothing about what they mean.

use std::net::SocketAddr;

/// Everything that was seen at one point of the network, in the order of time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Capture {
    /// The names of the interfaces that frames were seen on; a frame has an index into them.
    pub interfaces: Vec<String>,
    /// The frames, in the order of time.
    pub frames: Vec<Frame>,
}

/// One Ethernet frame, without preamble and checksum, as a network card gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// When it was seen, in µs since the run began.
    pub at: u64,
    /// On which of the capture's interfaces.
    pub interface: usize,
    /// Whether the point sent it or received it.
    pub way: Way,
    /// Its bytes, from the destination address on.
    pub bytes: Vec<u8>,
    /// Whether it was lost on the wire behind this point; only who sends a frame has such ones.
    pub lost: bool,
}

/// What a program gave to its sockets and got from them: all that it sees of a network without rights. A frame is what one call gave or
/// got, without any header: those are the kernel's.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sockets {
    /// The sockets; a frame's interface is an index into them.
    pub sockets: Vec<Socket>,
    /// What passed.
    pub capture: Capture,
}

/// One socket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Socket {
    /// What it is for.
    pub purpose: Purpose,
    /// Our end, where the system told.
    pub local: Option<SocketAddr>,
    /// The other end.
    pub remote: SocketAddr,
    /// Whether the other end said that it will send no more.
    pub ended: bool,
    /// Whether the connection broke.
    pub reset: bool,
}

/// What a socket is for, and over what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// DNS over UDP.
    Datagrams,
    /// DNS over TCP.
    Messages,
    /// A stream to a server that should speak TLS.
    Stream,
}

/// Which way a frame passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// It was sent.
    Out,
    /// It was received.
    In,
}
