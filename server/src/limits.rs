//! How much one server takes on: every bound in one place, each refused by name when it is reached.

use std::time::Duration;

/// The bounds of one server. `Default` suits a machine with 2 cores and 1 GiB of memory.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    /// Connections at one time, handshakes included.
    pub connections: usize,
    /// Handshakes at one time; one more ends the oldest.
    pub handshakes: usize,
    /// How long a handshake may take.
    pub handshake_deadline: Duration,
    /// New connections from one address.
    pub address_rate: Rate,
    /// Requests of one member, over all their connections.
    pub user_rate: Rate,
    /// Attempts to join from one address that fail.
    pub guess_rate: Rate,
    /// How long somebody without a certificate may stay.
    pub stranger_deadline: Duration,
    /// Requests of one connection that wait for an answer; more are not read before one is answered.
    pub in_flight: usize,
    /// Messages that wait for one connection; with more it reads on from the history.
    pub mailbox: usize,
    /// How long a connection may take to say its last word.
    pub farewell: Duration,
    /// How long a server that goes down waits for its connections.
    pub drain: Duration,
    /// How long an invite is good.
    pub invite_lifetime: Duration,
}

/// So many a second on average, so many at once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    /// On average.
    pub per_second: f64,
    /// At once, after a quiet time.
    pub burst: f64,
}

impl Rate {
    /// So many a second, twice as many at once.
    #[must_use]
    pub const fn per_second(per_second: f64) -> Self {
        Self {
            per_second,
            burst: per_second * 2.0,
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 20_000,
            handshakes: 1024,
            handshake_deadline: Duration::from_secs(10),
            address_rate: Rate::per_second(2000.0),
            user_rate: Rate::per_second(1000.0),
            guess_rate: Rate {
                per_second: 0.2,
                burst: 20.0,
            },
            stranger_deadline: Duration::from_secs(60),
            in_flight: 1024,
            mailbox: 1024,
            farewell: Duration::from_millis(500),
            drain: Duration::from_secs(5),
            invite_lifetime: Duration::from_secs(7 * 24 * 3600),
        }
    }
}
