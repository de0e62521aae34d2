//! The transcript hash (RFC 8446 §4.4.1): what Finished, CertificateVerify and every key depend on.

use super::names::HandshakeType;
use crate::crypto::hash::RunningHash;
use crate::crypto::{Digest, HashAlgorithm};

/// The hash of every handshake message so far. Which hash it is, only the negotiated suite tells: until then the bytes are kept.
#[derive(Debug)]
pub(super) enum Transcript {
    Pending(Vec<u8>),
    Running(RunningHash),
}

impl Transcript {
    pub(super) const fn new() -> Self {
        Self::Pending(Vec::new())
    }

    /// Adds a message, header and body.
    pub(super) fn add(&mut self, message: &[u8]) {
        match self {
            Self::Pending(bytes) => bytes.extend_from_slice(message),
            Self::Running(hash) => hash.update(message),
        }
    }

    /// Settles which hash it is; the messages kept so far go into it.
    pub(super) fn start(&mut self, algorithm: HashAlgorithm) {
        if let Self::Pending(bytes) = self {
            let mut hash = RunningHash::new(algorithm);
            hash.update(bytes);
            *self = Self::Running(hash);
        }
    }

    /// Replaces the first ClientHello by a message_hash of it, before a HelloRetryRequest is added.
    ///
    /// RFC 8446 §4.4.1: `Hash(message_hash || 00 00 Hash.length || Hash(ClientHello1) || HelloRetryRequest || …)`.
    pub(super) fn restart_after_retry(&mut self) {
        if let Self::Running(hash) = self {
            let first = hash.digest();
            let length = u8::try_from(first.as_bytes().len()).unwrap_or_default();
            let mut restarted = RunningHash::new(hash.algorithm());
            restarted.update(&[HandshakeType::MESSAGE_HASH.0, 0, 0, length]);
            restarted.update(first.as_bytes());
            *hash = restarted;
        }
    }

    /// The hash so far, as if `tail` came next: what PSK binders sign (RFC 8446 §4.2.11.2).
    pub(super) fn digest_with(&self, algorithm: HashAlgorithm, tail: &[u8]) -> Digest {
        let mut hash = match self {
            Self::Pending(bytes) => {
                let mut hash = RunningHash::new(algorithm);
                hash.update(bytes);
                hash
            }
            Self::Running(hash) => hash.clone(),
        };
        hash.update(tail);
        hash.digest()
    }

    /// The hash so far. Before the suite is known there is none: an empty one then.
    pub(super) fn digest(&self) -> Digest {
        match self {
            Self::Pending(_) => Digest::empty(),
            Self::Running(hash) => hash.digest(),
        }
    }
}
