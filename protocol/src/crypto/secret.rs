//! Secret bytes: wiped on drop, never printed, compared in constant time.

use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize as _, ZeroizeOnDrop};

/// The longest secret there is: two 32-byte shared secrets, or one SHA-384 output, fit.
const CAPACITY: usize = 64;

/// Up to 64 secret bytes, held in place (no heap), wiped on drop.
#[derive(Clone, ZeroizeOnDrop)]
pub struct Secret {
    bytes: [u8; CAPACITY],
    length: usize,
}

impl Secret {
    /// `length` zero bytes (at most 64), to be filled by `write`.
    #[must_use]
    pub fn filled(length: usize, write: impl FnOnce(&mut [u8])) -> Self {
        let mut secret = Self {
            bytes: [0; CAPACITY],
            length: length.min(CAPACITY),
        };
        let (used, _) = secret.bytes.split_at_mut(secret.length);
        write(used);
        secret
    }

    /// Copies `bytes` (at most 64). The caller wipes what it copied from.
    #[must_use]
    pub fn copy_of(bytes: &[u8]) -> Self {
        Self::filled(bytes.len(), |out| {
            for (to, from) in out.iter_mut().zip(bytes) {
                *to = *from;
            }
        })
    }

    /// The secret bytes themselves.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        let (used, _) = self.bytes.split_at(self.length.min(CAPACITY));
        used
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        equal(self.expose(), other.expose())
    }
}

impl Eq for Secret {}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Compares two byte strings in a time that depends on their lengths alone.
#[must_use]
pub fn equal(a: &[u8], b: &[u8]) -> bool {
    a.ct_eq(b).into()
}

/// Overwrites `bytes` with zeros in a way the compiler may not leave out.
pub fn wipe(bytes: &mut [u8]) {
    bytes.zeroize();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_holds_compares_and_hides() {
        let secret = Secret::copy_of(b"hush");
        assert_eq!(secret.expose(), b"hush");
        assert_eq!(secret, Secret::copy_of(b"hush"));
        assert_ne!(secret, Secret::copy_of(b"hush!"));
        assert_eq!(format!("{secret:?}"), "Secret(…)");
    }
}
