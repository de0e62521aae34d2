//! What a client keeps to resume with.

use crate::clock::UnixTime;
use crate::crypto::{Secret, SignatureScheme};
use crate::tls::names::CipherSuite;
use crate::x509::ServerName;

/// Where a client keeps its sessions: a store of its own making, in memory or on disk.
///
/// What it gives back is as secret as the connections it resumes. One store is for one set-up: sessions are offered to whoever
/// has the same name.
pub trait Sessions: std::fmt::Debug + Send + Sync {
    /// Keeps a session with `server`. It may forget any at any time.
    fn keep(&self, server: &ServerName, session: Session);

    /// Gives a session with `server`, and keeps it no longer: a ticket that is used twice links the two connections for every
    /// onlooker (RFC 8446 §C.4).
    fn take(&self, server: &ServerName) -> Option<Session>;
}

/// A ticket, the PSK that goes with it, and what the handshake behind it had settled.
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    pub(in crate::tls) settled: Settled,
    pub(in crate::tls) psk: Secret,
    pub(in crate::tls) ticket: Vec<u8>,
    pub(in crate::tls) age_add: u32,
    /// Seconds.
    pub(in crate::tls) lifetime: u32,
}

/// What a handshake settled, as far as it decides whether it may be resumed.
#[derive(Clone, PartialEq, Eq)]
pub(in crate::tls) struct Settled {
    pub(in crate::tls) suite: CipherSuite,
    /// When the handshake was: its tickets came then or later.
    pub(in crate::tls) since: UnixTime,
    pub(in crate::tls) alpn: Option<Vec<u8>>,
    pub(in crate::tls) server_scheme: SignatureScheme,
    pub(in crate::tls) server_chain: Vec<Vec<u8>>,
    /// Whether the server asked who we are, and the certificate we showed it.
    pub(in crate::tls) requested: bool,
    pub(in crate::tls) shown: Option<(SignatureScheme, Vec<u8>)>,
}

impl Session {
    /// Whether the server may still take the ticket.
    #[must_use]
    pub const fn is_alive(&self, now: UnixTime) -> bool {
        now.0 >= self.settled.since.0 && now.0 < self.settled.since.plus_seconds(self.lifetime as u64).0
    }

    /// RFC 8446 §4.2.11.1: the age in milliseconds, hidden by the server's `age_add`.
    pub(in crate::tls) fn obfuscated_age(&self, now: UnixTime) -> u32 {
        let age = now.0.saturating_sub(self.settled.since.0);
        self.age_add.wrapping_add(u32::try_from(age).unwrap_or(u32::MAX))
    }
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Session({}, since {:?}, for {} s)",
            self.settled.suite, self.settled.since, self.lifetime
        )
    }
}

impl std::fmt::Debug for Settled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Settled({}, {:?})", self.suite, self.since)
    }
}
