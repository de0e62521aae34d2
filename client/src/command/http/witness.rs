//! A verifier that keeps the chain it was shown, so that one that is refused can be looked at.

use std::sync::{Mutex, PoisonError};

use nihao_protocol::clock::UnixTime;
use nihao_protocol::x509::{CertificateError, Purpose, Trust, Verifier};

/// Verifies as `trust` does, and remembers what it was shown.
#[derive(Debug)]
pub(super) struct Witness {
    trust: Trust,
    seen: Mutex<Vec<Vec<u8>>>,
}

impl Witness {
    pub(super) fn new(trust: Trust) -> Self {
        Self {
            trust,
            seen: Mutex::default(),
        }
    }

    /// The chain last shown, DER, the server's own certificate first; nothing if there was none.
    pub(super) fn seen(&self) -> Vec<Vec<u8>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Verifier for Witness {
    fn verify(&self, chain: &[Vec<u8>], purpose: Purpose<'_>, now: UnixTime) -> Result<(), CertificateError> {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = chain.to_vec();
        // All of it, the name included.
        self.trust.verify(chain, purpose, now)
    }
}
