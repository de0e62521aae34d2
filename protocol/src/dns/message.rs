//! DNS messages as plain data: what of them is used here, and nothing of the wire.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Name;

/// Which addresses are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// IPv4: records of type A.
    V4,
    /// IPv6: records of type AAAA.
    V6,
}

impl Family {
    /// The type of record that has such addresses.
    #[must_use]
    pub const fn record_type(self) -> RecordType {
        match self {
            Self::V4 => RecordType::A,
            Self::V6 => RecordType::Aaaa,
        }
    }

    /// Whether `address` is of it.
    #[must_use]
    pub const fn holds(self, address: IpAddr) -> bool {
        matches!((self, address), (Self::V4, IpAddr::V4(_)) | (Self::V6, IpAddr::V6(_)))
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.record_type().fmt(f)
    }
}

/// A type of record (RFC 1035 §3.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordType {
    /// An IPv4 address.
    A,
    /// An IPv6 address (RFC 3596 §2.1).
    Aaaa,
    /// Another name for the same.
    Cname,
    /// A name server of a zone.
    Ns,
    /// The start of a zone.
    Soa,
    /// Any other, by number.
    Other(u16),
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::A => f.write_str("A"),
            Self::Aaaa => f.write_str("AAAA"),
            Self::Cname => f.write_str("CNAME"),
            Self::Ns => f.write_str("NS"),
            Self::Soa => f.write_str("SOA"),
            Self::Other(number) => write!(f, "TYPE{number}"), // RFC 3597 §5
        }
    }
}

/// What is asked: a name and a type, in class IN.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Question {
    /// The name.
    pub name: Name,
    /// The type.
    pub record_type: RecordType,
}

/// One record, in class IN.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Whose.
    pub name: Name,
    /// How long it may be kept, in seconds.
    pub ttl: u32,
    /// What it says.
    pub data: RecordData,
}

/// What a record says; types that are not used here are left out where messages are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordData {
    /// An IPv4 address.
    A(Ipv4Addr),
    /// An IPv6 address.
    Aaaa(Ipv6Addr),
    /// The name that this one is another for.
    Cname(Name),
    /// A server of the zone.
    Ns(Name),
    /// The start of a zone.
    Soa {
        /// The zone's version.
        serial: u32,
        /// How long it may be kept that something is not there, in seconds (RFC 2308 §4).
        minimum: u32,
    },
}

impl RecordData {
    /// Its type.
    #[must_use]
    pub const fn record_type(&self) -> RecordType {
        match self {
            Self::A(_) => RecordType::A,
            Self::Aaaa(_) => RecordType::Aaaa,
            Self::Cname(_) => RecordType::Cname,
            Self::Ns(_) => RecordType::Ns,
            Self::Soa { .. } => RecordType::Soa,
        }
    }

    /// The address in it.
    #[must_use]
    pub const fn address(&self) -> Option<IpAddr> {
        match self {
            Self::A(address) => Some(IpAddr::V4(*address)),
            Self::Aaaa(address) => Some(IpAddr::V6(*address)),
            _ => None,
        }
    }
}

impl From<IpAddr> for RecordData {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::A(address),
            IpAddr::V6(address) => Self::Aaaa(address),
        }
    }
}

/// How a server says it went (RFC 1035 §4.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rcode {
    /// Well.
    NoError,
    /// It could not read the query.
    FormErr,
    /// It could not find out.
    ServFail,
    /// There is no such name.
    NxDomain,
    /// It cannot do this.
    NotImp,
    /// It does not want to.
    Refused,
    /// Any other, by number.
    Other(u16),
}

impl fmt::Display for Rcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoError => f.write_str("NOERROR"),
            Self::FormErr => f.write_str("FORMERR"),
            Self::ServFail => f.write_str("SERVFAIL"),
            Self::NxDomain => f.write_str("NXDOMAIN"),
            Self::NotImp => f.write_str("NOTIMP"),
            Self::Refused => f.write_str("REFUSED"),
            Self::Other(number) => write!(f, "RCODE{number}"),
        }
    }
}

/// One message: a query, or the answer to one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// What an answer repeats of its query.
    pub id: u16,
    /// QR: this is an answer.
    pub is_answer: bool,
    /// AA: the server holds the zone.
    pub authoritative: bool,
    /// TC: not all of it fitted.
    pub truncated: bool,
    /// RD: the server is asked to ask others.
    pub recursion_desired: bool,
    /// RA: the server would ask others.
    pub recursion_available: bool,
    /// How it went.
    pub rcode: Rcode,
    /// What is asked.
    pub question: Question,
    /// The records asked for.
    pub answers: Vec<Record>,
    /// Records about who holds the zone.
    pub authorities: Vec<Record>,
    /// Records that come along.
    pub additionals: Vec<Record>,
    /// The largest datagram the sender takes, where it has EDNS (RFC 6891 §6.2.3).
    pub edns: Option<u16>,
}

impl Message {
    /// A query that takes datagrams of up to `edns` bytes.
    #[must_use]
    pub const fn query(id: u16, question: Question, recursion_desired: bool, edns: Option<u16>) -> Self {
        Self {
            id,
            is_answer: false,
            authoritative: false,
            truncated: false,
            recursion_desired,
            recursion_available: false,
            rcode: Rcode::NoError,
            question,
            answers: Vec::new(),
            authorities: Vec::new(),
            additionals: Vec::new(),
            edns,
        }
    }

    /// An answer to this query, with nothing in it yet.
    #[must_use]
    pub fn answer(&self, rcode: Rcode) -> Self {
        Self {
            is_answer: true,
            rcode,
            ..Self::query(
                self.id,
                self.question.clone(),
                self.recursion_desired,
                self.edns.map(|_| super::LARGEST_DATAGRAM),
            )
        }
    }
}
