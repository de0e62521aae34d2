//! Randomness comes from outside: the operating system, or a seeded stream that repeats.

use sha2::{Digest as _, Sha256};
use zeroize::Zeroize as _;

/// A source of random bytes, handed to everything that needs some.
///
/// The core never reaches for randomness itself, so that a whole run is reproducible byte for byte from a seed.
pub trait Random {
    /// Fills `out`, whole, or says that it could not.
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomUnavailable>;
}

/// The source of randomness failed; nothing secret may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the source of randomness failed")]
pub struct RandomUnavailable;

impl<R: Random + ?Sized> Random for &mut R {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomUnavailable> {
        (**self).fill(out)
    }
}

impl<R: Random + ?Sized> Random for Box<R> {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomUnavailable> {
        (**self).fill(out)
    }
}

/// Draws `N` random bytes.
pub fn array<const N: usize>(random: &mut dyn Random) -> Result<[u8; N], RandomUnavailable> {
    let mut out = [0; N];
    random.fill(&mut out)?;
    Ok(out)
}

/// The operating system's generator (`getrandom(2)`).
#[derive(Debug, Clone, Copy, Default)]
pub struct OsRandom;

impl Random for OsRandom {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomUnavailable> {
        getrandom::fill(out).map_err(|_| RandomUnavailable)
    }
}

/// A stream that the same seed repeats: SHA-256(seed ‖ counter), block after block.
///
/// For tests and reproducible captures only: whoever knows the seed knows every key.
#[derive(Clone)]
pub struct Seeded {
    seed: [u8; 32],
    counter: u64,
    block: [u8; 32],
    used: usize,
}

impl Seeded {
    /// The stream of this seed and purpose; give each host and purpose its own, so that one more draw here changes nothing there.
    #[must_use]
    pub fn new(seed: u64, purpose: &str) -> Self {
        let seed = Sha256::new()
            .chain_update(seed.to_be_bytes())
            .chain_update(purpose.as_bytes())
            .finalize()
            .into();
        Self {
            seed,
            counter: 0,
            block: [0; 32],
            used: 32,
        }
    }

    fn next_byte(&mut self) -> u8 {
        if self.used >= self.block.len() {
            self.block = Sha256::new()
                .chain_update(self.seed)
                .chain_update(self.counter.to_be_bytes())
                .finalize()
                .into();
            self.counter = self.counter.wrapping_add(1);
            self.used = 0;
        }
        let byte = self.block.get(self.used).copied().unwrap_or_default();
        self.used = self.used.saturating_add(1);
        byte
    }
}

impl Random for Seeded {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomUnavailable> {
        for byte in out {
            *byte = self.next_byte();
        }
        Ok(())
    }
}

impl Drop for Seeded {
    fn drop(&mut self) {
        self.seed.zeroize();
        self.block.zeroize();
    }
}

impl std::fmt::Debug for Seeded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seeded(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_and_its_purposes_differ() {
        let draw = |seed, purpose| array::<40>(&mut Seeded::new(seed, purpose)).unwrap();
        assert_eq!(draw(7, "client"), draw(7, "client"));
        assert_ne!(draw(7, "client"), draw(7, "server"));
        assert_ne!(draw(7, "client"), draw(8, "client"));
    }

    #[test]
    fn the_chunking_of_draws_does_not_matter() {
        let whole = array::<64>(&mut Seeded::new(1, "x")).unwrap();
        let mut random = Seeded::new(1, "x");
        let mut pieces = Vec::new();
        for size in [1, 31, 2, 30] {
            let mut piece = vec![0; size];
            random.fill(&mut piece).unwrap();
            pieces.extend(piece);
        }
        assert_eq!(whole.as_slice(), pieces);
    }
}
