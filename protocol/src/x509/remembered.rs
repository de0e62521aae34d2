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
