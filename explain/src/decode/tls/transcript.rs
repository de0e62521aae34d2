//! The messages of a handshake, and the hash over them (RFC 8446 §4.4.1).

use nihao_protocol::crypto::hash::RunningHash;
use nihao_protocol::crypto::{Digest, HashAlgorithm};
use nihao_protocol::tls::messages::ServerHello;
use nihao_protocol::tls::names::HandshakeType;

/// The handshake so far: its bytes until the suite is known, then their hash.
#[derive(Debug, Default)]
pub(super) struct Transcript {
    bytes: Vec<u8>,
    hash: Option<RunningHash>,
}

impl Transcript {
    pub(super) fn add(&mut self, message: &[u8]) {
        match &mut self.hash {
            Some(hash) => hash.update(message),
            None => self.bytes.extend_from_slice(message),
        }
    }

    /// Settles the hash by the suite of a ServerHello, before that is added.
    ///
    /// RFC 8446 §4.4.1: before a HelloRetryRequest stands a message_hash in place of the first ClientHello.
    pub(super) fn begin(&mut self, hello: &ServerHello) {
        let Some((_, algorithm)) = hello.cipher_suite.algorithms() else {
            return;
        };
        if self.hash.is_some() {
            return;
        }
        let mut hash = RunningHash::new(algorithm);
        if hello.is_retry() {
            let first = algorithm.hash(&self.bytes);
            let length = u8::try_from(algorithm.length()).unwrap_or_default();
            hash.update(&[HandshakeType::MESSAGE_HASH.0, 0, 0, length]);
            hash.update(first.as_bytes());
        } else {
            hash.update(&self.bytes);
        }
        self.bytes = Vec::new();
        self.hash = Some(hash);
    }

    /// The hash so far, as if `tail` came next: what PSK binders sign (RFC 8446 §4.2.11.2). Before the suite is known it is the PSK's.
    pub(super) fn digest_with(&self, algorithm: HashAlgorithm, tail: &[u8]) -> Digest {
        let mut hash = self.hash.clone().unwrap_or_else(|| {
            let mut hash = RunningHash::new(algorithm);
            hash.update(&self.bytes);
            hash
        });
        hash.update(tail);
        hash.digest()
    }

    /// Which hash it is, once that is known.
    pub(super) fn algorithm(&self) -> Option<HashAlgorithm> {
        self.hash.as_ref().map(RunningHash::algorithm)
    }

    /// The hash so far, once it is known which.
    pub(super) fn digest(&self) -> Option<Digest> {
        self.hash.as_ref().map(RunningHash::digest)
    }
}
