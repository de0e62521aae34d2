//! TCP connections as a capture shows them.

use std::net::IpAddr;

use nihao_protocol::tls::CipherSuite;

use super::{Agreement, Check, Schedule};

/// One TCP connection, as it was seen on one interface.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flow {
    /// On which of the account's interfaces.
    pub interface: usize,
    /// Who sent the first SYN, or the first segment where no SYN was seen.
    pub client: Endpoint,
    /// Who answered.
    pub server: Endpoint,
    /// The index of its first frame.
    pub first: usize,
    /// How it ended, as far as was seen.
    pub end: FlowEnd,
    /// What its two ends agreed on, if it speaks TLS.
    pub tls: Option<Agreed>,
    /// What was checked of who its two ends are, in the order of their messages.
    pub checks: Vec<Check>,
    /// How its two ends came to a secret, if they did.
    pub agreement: Option<Agreement>,
    /// Its key schedule, if it agreed on keys.
    pub schedule: Option<Schedule>,
}

/// One end of a TCP connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Its address.
    pub address: IpAddr,
    /// Its port.
    pub port: u16,
    /// Its initial sequence number, if its SYN was seen.
    pub initial: Option<u32>,
    /// How many bytes of its stream were seen, each counted once.
    pub sent: u64,
    /// How many of its segments carried nothing that was not seen before, though they carried something.
    pub retransmitted: usize,
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlowEnd {
    /// Not while it was watched.
    Open,
    /// One side will send no more.
    HalfClosed,
    /// Both sides said that they will send no more.
    Closed,
    /// Reset.
    Reset,
}

/// What the two ends of a TLS connection agreed on, as their messages tell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Agreed {
    /// The client's random, by which its secrets are found in a key log.
    pub client_random: Option<[u8; 32]>,
    /// The name that the client asked for.
    pub server_name: Option<String>,
    /// The cipher suite.
    pub suite: Option<CipherSuite>,
    /// The group that keys were agreed on in.
    pub group: Option<u16>,
    /// The protocol inside (ALPN).
    pub protocol: Option<String>,
    /// Whether the server asked for another ClientHello.
    pub retried: bool,
    /// Whether it goes on from an earlier connection, by a PSK.
    pub resumed: bool,
    /// Whether the key log has its secrets.
    pub has_secrets: bool,
}
