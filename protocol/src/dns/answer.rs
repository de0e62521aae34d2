//! What is known of a name: the addresses at the end of its aliases, or that there are none.

use std::net::{IpAddr, SocketAddr};

use super::Name;

/// The most aliases that are followed from one name to the next; no sensible zone has more than two or three.
pub const LONGEST_CHAIN: usize = 12;

/// One name that is another for the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    /// The name.
    pub name: Name,
    /// What it is another name for.
    pub target: Name,
    /// How long it may be kept, in seconds.
    pub ttl: u32,
}

/// What is known of a name and a family of addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// How the name asked for leads to [`Self::name`].
    pub aliases: Vec<Alias>,
    /// The name that has the addresses, or has none.
    pub name: Name,
    /// What is known of it.
    pub known: Known,
    /// How long this holds, in seconds, aliases included; nothing where nobody said.
    pub ttl: Option<u32>,
}

/// What there is at the end of the aliases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Known {
    /// Addresses, at least one, in the order in which they were told.
    Addresses(Vec<IpAddr>),
    /// The name does not exist.
    NoSuchName,
    /// The name exists, but has no address of this family.
    NoAddress,
}

/// A server of a zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameServer {
    /// Its name.
    pub name: Name,
    /// Where it is, as far as that came along.
    pub addresses: Vec<IpAddr>,
}

impl Answer {
    /// The addresses, if there are any.
    #[must_use]
    pub fn addresses(&self) -> &[IpAddr] {
        match &self.known {
            Known::Addresses(addresses) => addresses,
            _ => &[],
        }
    }
}

/// The port of name servers (RFC 1035 §4.2).
pub const PORT: u16 = 53;

impl NameServer {
    /// Where it is asked.
    pub fn sockets(&self) -> impl Iterator<Item = SocketAddr> {
        self.addresses.iter().map(|address| SocketAddr::new(*address, PORT))
    }
}

/// The smaller of a bound that may not be there and another.
pub(super) fn shorter(ttl: Option<u32>, other: u32) -> Option<u32> {
    Some(ttl.map_or(other, |ttl| ttl.min(other)))
}
