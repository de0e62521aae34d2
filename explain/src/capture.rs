//! Frames as they passed a point of the network, and nothing about what they mean.

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

/// Which way a frame passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// It was sent.
    Out,
    /// It was received.
    In,
}
