//! Chains that were verified once: inside their validity window they need not be verified again.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use super::{Certificate, Purpose};
use crate::clock::UnixTime;
use crate::crypto::HashAlgorithm;

/// Chains that one set of roots has verified, the newest few. New roots or revocation lists mean a new, empty memory.
#[derive(Debug)]
pub(super) struct Remembered {
    most: usize,
    chains: Mutex<Chains>,
}

#[derive(Debug, Default)]
struct Chains {
    windows: BTreeMap<[u8; 32], (UnixTime, UnixTime)>,
    order: VecDeque<[u8; 32]>,
}

impl Remembered {
    /// Remembers at most so many chains.
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            chains: Mutex::default(),
        }
    }

    /// Whether exactly this chain was verified for this purpose, and `now` is inside the validity of all its certificates.
    pub(super) fn knows(&self, chain: &[Vec<u8>], purpose: Purpose<'_>, now: UnixTime) -> bool {
        if self.most == 0 {
            return false;
        }
        let chains = self.chains.lock().unwrap_or_else(PoisonError::into_inner);
        let window = chains.windows.get(&name(chain, purpose));
        window.is_some_and(|(from, to)| *from <= now && now <= *to)
    }

    /// Remembers a chain that was verified just now.
    pub(super) fn remember(&self, chain: &[Vec<u8>], purpose: Purpose<'_>) {
        let Some(window) = window(chain).filter(|_| self.most > 0) else {
            return;
        };
        let name = name(chain, purpose);
        let mut chains = self.chains.lock().unwrap_or_else(PoisonError::into_inner);
        if chains.windows.insert(name, window).is_none() {
            chains.order.push_back(name);
        }
        while chains.order.len() > self.most {
            if let Some(oldest) = chains.order.pop_front() {
                chains.windows.remove(&oldest);
            }
        }
    }
}

/// SHA-256 of the purpose and every certificate: other bytes, or another use, are another chain.
fn name(chain: &[Vec<u8>], purpose: Purpose<'_>) -> [u8; 32] {
    let mut hash = crate::crypto::hash::RunningHash::new(HashAlgorithm::Sha256);
    hash.update(match purpose {
        Purpose::Server(_) => &[0],
        Purpose::Client => &[1],
    });
    for certificate in chain {
        hash.update(&certificate.len().to_be_bytes());
        hash.update(certificate);
    }
    hash.digest().as_bytes().try_into().unwrap_or_default()
}

/// The time during which all certificates of the chain are valid.
fn window(chain: &[Vec<u8>]) -> Option<(UnixTime, UnixTime)> {
    let mut window = (UnixTime(0), UnixTime(u64::MAX));
    for der in chain {
        let certificate = Certificate::parse(der).ok()?;
        window = (
            window.0.max(certificate.not_before),
            window.1.min(certificate.not_after),
        );
    }
    Some(window)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::x509::ServerName;
    use crate::x509::der::tag;

    fn wrap(tag: u8, contents: &[&[u8]]) -> Vec<u8> {
        let content = contents.concat();
        [&[tag, u8::try_from(content.len()).unwrap()], &content[..]].concat()
    }

    /// No more than its structure: whether it verifies is for others to say.
    fn certificate(serial: u8, from: &str, to: &str) -> Vec<u8> {
        let empty = wrap(tag::SEQUENCE, &[]);
        let [from, to] = [from, to].map(|time| wrap(tag::UTC_TIME, &[time.as_bytes()]));
        let validity = wrap(tag::SEQUENCE, &[&from, &to]);
        let serial = wrap(tag::INTEGER, &[&[serial]]);
        let body = wrap(tag::SEQUENCE, &[&serial, &empty, &empty, &validity, &empty, &empty]);
        let algorithm = wrap(tag::SEQUENCE, &[&[6, 1, 42]]);
        wrap(tag::SEQUENCE, &[&body, &algorithm, &[3, 1, 0]])
    }

    const NOON: UnixTime = UnixTime::from_seconds(1_780_315_200); // 2026-06-01T12:00:00Z

    #[test]
    fn a_chain_is_known_while_all_of_it_is_valid_and_for_its_purpose() {
        let chain = [
            certificate(1, "260601110000Z", "260601140000Z"),
            certificate(2, "260601100000Z", "260601130000Z"),
        ];
        let (memory, name) = (Remembered::new(2), ServerName::parse("chat.test").unwrap());
        let (server, client) = (Purpose::Server(&name), Purpose::Client);
        assert!(!memory.knows(&chain, server, NOON));
        memory.remember(&chain, server);
        let (from, to) = (NOON.minus_seconds(3600), NOON.plus_seconds(3600));
        assert!([from, NOON, to].iter().all(|now| memory.knows(&chain, server, *now)));
        for now in [from.minus_seconds(1), to.plus_seconds(1)] {
            assert!(!memory.knows(&chain, server, now));
        }
        assert!(!memory.knows(&chain, client, NOON), "another purpose");
        assert!(!memory.knows(&chain[..1], server, NOON), "another chain");
        let other = ServerName::parse("other.test").unwrap();
        let other = Purpose::Server(&other);
        assert!(
            memory.knows(&chain, other, NOON),
            "the name is checked elsewhere, every time"
        );
    }

    #[test]
    fn the_oldest_is_forgotten_first() {
        let chain = |serial| [certificate(serial, "260601110000Z", "260601140000Z")];
        let memory = Remembered::new(2);
        for serial in [1, 2, 2, 3] {
            memory.remember(&chain(serial), Purpose::Client);
        }
        let known = [1, 2, 3].map(|serial| memory.knows(&chain(serial), Purpose::Client, NOON));
        assert_eq!(known, [false, true, true]);
        let none = Remembered::new(0);
        none.remember(&chain(1), Purpose::Client);
        assert!(!none.knows(&chain(1), Purpose::Client, NOON));
    }
}
