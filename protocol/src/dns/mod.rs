//! Finding a server by its name: the messages of DNS (RFC 1035), a cache, a hosts file, and the walk from one layer to the next.
//!
//! [`Lookup`] is one question on its way: application cache → hosts file → the configured resolver, or from the root servers
//! down. Like everything here it does no IO: it says what to send where, is told what came back, and tells each step as data.

mod answer;
mod cache;
mod hosts;
mod lookup;
mod message;
mod name;
mod reply;
mod roots;
pub mod wire;
mod zone;

pub use answer::{Alias, Answer, Known, LONGEST_CHAIN, NameServer, PORT};
pub use cache::{
    BadEntry, Cache, Cached, Entry, Kept, LONGEST_NEGATIVE_TTL, LONGEST_TTL, MOST_ENTRIES, Miss, SHORTEST_TTL,
};
pub use hosts::Hosts;
pub use lookup::{
    Context, DEEPEST, FIRST_PATIENCE, Found, Layer, Lookup, LookupError, MOST_GLUELESS, MOST_QUERIES, MOST_TRIES,
    Query, ROUNDS, Route, SYSTEM_TTL, Step, TCP_PATIENCE, Transport, Verdict,
};
pub use message::{Family, Message, Question, Rcode, Record, RecordData, RecordType};
pub use name::{BadName, Name};
pub use reply::{Reply, Trouble};
pub use roots::root_servers;
pub use zone::{Zone, resolved};

/// The largest datagram we take, and send where the other side takes it: what crosses any link unfragmented.
pub const LARGEST_DATAGRAM: u16 = 1232;
