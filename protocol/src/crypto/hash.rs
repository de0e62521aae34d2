//! SHA-256 and SHA-384, running and one-shot.

use sha2::{Digest as _, Sha256, Sha384};

/// The hash of a cipher suite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HashAlgorithm {
    /// SHA-256, 32 bytes.
    Sha256,
    /// SHA-384, 48 bytes.
    Sha384,
}

impl HashAlgorithm {
    /// The output's length in bytes.
    #[must_use]
    pub const fn length(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
        }
    }

    /// The hash of `bytes`.
    #[must_use]
    pub fn hash(self, bytes: &[u8]) -> Digest {
        let mut running = RunningHash::new(self);
        running.update(bytes);
        running.digest()
    }
}

/// A hash output: 32 or 48 bytes, held in place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Digest {
    bytes: [u8; 48],
    length: usize,
}

impl Digest {
    /// The output of no hash: no bytes.
    #[must_use]
    pub const fn empty() -> Self {
        Self {
            bytes: [0; 48],
            length: 0,
        }
    }

    /// Copies the first 48 bytes at most.
    pub(super) fn copy_of(from: &[u8]) -> Self {
        let mut bytes = [0; 48];
        for (to, from) in bytes.iter_mut().zip(from) {
            *to = *from;
        }
        Self {
            bytes,
            length: from.len().min(48),
        }
    }

    /// The bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        let (used, _) = self.bytes.split_at(self.length.min(48));
        used
    }
}

impl AsRef<[u8]> for Digest {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl std::fmt::Debug for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.as_bytes().iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// A hash that goes on.
#[derive(Clone)]
pub enum RunningHash {
    /// SHA-256 so far.
    Sha256(Sha256),
    /// SHA-384 so far.
    Sha384(Sha384),
}

impl RunningHash {
    /// A hash of nothing yet.
    #[must_use]
    pub fn new(algorithm: HashAlgorithm) -> Self {
        match algorithm {
            HashAlgorithm::Sha256 => Self::Sha256(Sha256::new()),
            HashAlgorithm::Sha384 => Self::Sha384(Sha384::new()),
        }
    }

    /// Which hash it is.
    #[must_use]
    pub const fn algorithm(&self) -> HashAlgorithm {
        match self {
            Self::Sha256(_) => HashAlgorithm::Sha256,
            Self::Sha384(_) => HashAlgorithm::Sha384,
        }
    }

    /// Adds `bytes`.
    pub fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(hash) => hash.update(bytes),
            Self::Sha384(hash) => hash.update(bytes),
        }
    }

    /// The hash of all that was added so far; it can go on.
    #[must_use]
    pub fn digest(&self) -> Digest {
        match self {
            Self::Sha256(hash) => Digest::copy_of(&hash.clone().finalize()),
            Self::Sha384(hash) => Digest::copy_of(&hash.clone().finalize()),
        }
    }
}

impl std::fmt::Debug for RunningHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RunningHash({:?})", self.algorithm())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 6234 §8.5, and the same input for SHA-384 (FIPS 180-4 example).
    #[test]
    fn the_published_examples() {
        assert_eq!(
            format!("{:?}", HashAlgorithm::Sha256.hash(b"abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(
            format!("{:?}", HashAlgorithm::Sha384.hash(b"abc")),
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"
        );
    }
}
