//! Ephemeral key agreement: X25519 (RFC 7748), secp256r1, secp384r1, X25519MLKEM768.
//!
//! The client draws a [`KeyPair`] for each share it sends and agrees with the one that is answered. A KEM is not symmetric, so
//! the server has no key pair of its own: [`answer`] gives its share and the secret at once.

mod hybrid;
mod nist;
mod x25519;

use p256::NistP256;
use p384::NistP384;

use super::random::{Random, RandomUnavailable};
use super::secret::Secret;
use hybrid::Hybrid;
use nist::Nist;
use x25519::X25519;

/// A key agreement group by its number on the wire (RFC 8446 §4.2.7); unknown ones are kept.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Group(pub u16);

impl Group {
    /// X25519: 32-byte shares.
    pub const X25519: Self = Self(0x001d);
    /// NIST P-256: 65-byte shares (uncompressed points).
    pub const SECP256R1: Self = Self(0x0017);
    /// NIST P-384: 97-byte shares. Not among the defaults: slow, and nobody asks for it alone.
    pub const SECP384R1: Self = Self(0x0018);
    /// ML-KEM-768 and X25519 together: 1216-byte shares of clients, 1120-byte shares of servers.
    pub const X25519MLKEM768: Self = Self(0x11ec);

    /// Whether this crate can agree on keys in this group.
    #[must_use]
    pub const fn is_supported(self) -> bool {
        matches!(
            self,
            Self::X25519MLKEM768 | Self::X25519 | Self::SECP256R1 | Self::SECP384R1
        )
    }

    /// The RFC's name, or nothing for a group this crate does not know.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::X25519 => Some("x25519"),
            Self::SECP256R1 => Some("secp256r1"),
            Self::SECP384R1 => Some("secp384r1"),
            Self::X25519MLKEM768 => Some("X25519MLKEM768"),
            _ => None,
        }
    }
}

impl std::fmt::Display for Group {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "0x{:04x}", self.0),
        }
    }
}

impl std::fmt::Debug for Group {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

/// Why no shared secret came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ExchangeError {
    /// The group is not one this crate can agree on keys in.
    #[error("the group is not supported")]
    UnsupportedGroup,
    /// The peer's share has the wrong length, is no point or key of the group, or forces an all-zero secret.
    #[error("the peer's key share is not valid in its group")]
    BadShare,
    /// No key could be drawn.
    #[error(transparent)]
    Random(#[from] RandomUnavailable),
}

/// An ephemeral private key and its public share; used once. Wiped on drop.
pub struct KeyPair {
    private: Private,
    share: Vec<u8>,
}

enum Private {
    X25519(X25519),
    P256(Nist<NistP256>),
    P384(Nist<NistP384>),
    Hybrid(Hybrid),
}

/// What a server answers to a client's share: its own share, and the secret.
pub fn answer(group: Group, peer: &[u8], random: &mut dyn Random) -> Result<(Vec<u8>, Secret), ExchangeError> {
    if group == Group::X25519MLKEM768 {
        return hybrid::answer(peer, random);
    }
    let ours = KeyPair::generate(group, random)?;
    let share = ours.share.clone();
    Ok((share, ours.agree(peer)?))
}

impl KeyPair {
    /// Draws a key pair in `group`.
    pub fn generate(group: Group, random: &mut dyn Random) -> Result<Self, ExchangeError> {
        match group {
            Group::X25519 => Ok(Self::x25519(X25519::draw(random)?)),
            Group::SECP256R1 => Ok(Self::p256(Nist::draw(32, random)?)),
            Group::SECP384R1 => Ok(Self::p384(Nist::draw(48, random)?)),
            Group::X25519MLKEM768 => Ok(Self::hybrid(Hybrid::draw(random)?)),
            _ => Err(ExchangeError::UnsupportedGroup),
        }
    }

    /// Draws a key pair in each of `groups`. The X25519 key of a hybrid share serves an X25519 share after it, too: the server
    /// answers only one of them, and other stacks do the same.
    pub fn generate_all(groups: &[Group], random: &mut dyn Random) -> Result<Vec<Self>, ExchangeError> {
        let mut keys: Vec<Self> = Vec::with_capacity(groups.len());
        for group in groups {
            let curve = keys.iter().find_map(|key| match &key.private {
                Private::Hybrid(hybrid) if *group == Group::X25519 => Some(hybrid.curve().clone()),
                _ => None,
            });
            keys.push(match curve {
                Some(curve) => Self::x25519(curve),
                None => Self::generate(*group, random)?,
            });
        }
        Ok(keys)
    }

    fn x25519(private: X25519) -> Self {
        Self {
            share: private.share().to_vec(),
            private: Private::X25519(private),
        }
    }

    fn hybrid(private: Hybrid) -> Self {
        Self {
            share: private.share(),
            private: Private::Hybrid(private),
        }
    }

    fn p256(private: Nist<NistP256>) -> Self {
        Self {
            share: private.share(),
            private: Private::P256(private),
        }
    }

    fn p384(private: Nist<NistP384>) -> Self {
        Self {
            share: private.share(),
            private: Private::P384(private),
        }
    }

    /// The key pair of these private bytes, for test vectors and for keys kept elsewhere: 32 bytes, 48 for secp384r1, and for X25519MLKEM768
    /// the 64-byte seed of ML-KEM before them.
    pub fn from_private(group: Group, private: &[u8]) -> Result<Self, ExchangeError> {
        match group {
            Group::X25519 => Ok(Self::x25519(X25519::from_private(private)?)),
            Group::SECP256R1 => Ok(Self::p256(Nist::from_private(private)?)),
            Group::SECP384R1 => Ok(Self::p384(Nist::from_private(private)?)),
            Group::X25519MLKEM768 => Ok(Self::hybrid(Hybrid::from_private(private)?)),
            _ => Err(ExchangeError::UnsupportedGroup),
        }
    }

    /// The group.
    #[must_use]
    pub const fn group(&self) -> Group {
        match self.private {
            Private::X25519(_) => Group::X25519,
            Private::P256(_) => Group::SECP256R1,
            Private::P384(_) => Group::SECP384R1,
            Private::Hybrid(_) => Group::X25519MLKEM768,
        }
    }

    /// The public share as a client's `key_share` carries it.
    #[must_use]
    pub fn share(&self) -> &[u8] {
        &self.share
    }

    /// The shared secret with the peer's share, in X25519MLKEM768 a server's: 32 bytes a part, 48 in secp384r1.
    ///
    /// RFC 8446 §7.4.2: an all-zero X25519 result is refused, a share of P-256 or P-384 must be an uncompressed point of the curve.
    pub fn agree(self, peer: &[u8]) -> Result<Secret, ExchangeError> {
        match self.private {
            Private::X25519(private) => Ok(Secret::copy_of(&*private.agree(peer)?)),
            Private::P256(private) => private.agree(peer),
            Private::P384(private) => private.agree(peer),
            Private::Hybrid(private) => private.agree(peer),
        }
    }
}

impl std::fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyPair({})", self.group())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::Seeded;

    const ALL: [Group; 4] = [Group::X25519MLKEM768, Group::X25519, Group::SECP256R1, Group::SECP384R1];

    #[test]
    fn both_sides_agree_and_a_share_of_another_length_is_refused() {
        for group in ALL {
            let mut random = Seeded::new(1, "exchange");
            let client = || KeyPair::generate(group, &mut Seeded::new(2, "exchange")).unwrap();
            let (share, secret) = answer(group, client().share(), &mut random).unwrap();
            assert_eq!(client().agree(&share).unwrap(), secret);
            for wrong in [&share[1..], &[&share[..], &[0]].concat(), &[]] {
                assert_eq!(client().agree(wrong), Err(ExchangeError::BadShare), "{group}");
            }
            let sent = client().share().to_vec();
            for wrong in [&sent[1..], &[&sent[..], &[0]].concat(), &[]] {
                assert_eq!(answer(group, wrong, &mut random).unwrap_err(), ExchangeError::BadShare);
            }
        }
    }

    #[test]
    fn either_part_of_a_hybrid_share_can_spoil_it() {
        let mut random = Seeded::new(1, "exchange");
        let client = || KeyPair::generate(Group::X25519MLKEM768, &mut Seeded::new(2, "exchange")).unwrap();
        let mut sent = client().share().to_vec();
        let (mut share, secret) = answer(Group::X25519MLKEM768, &sent, &mut random).unwrap();
        share[0] ^= 1;
        assert_ne!(client().agree(&share).unwrap(), secret, "implicit rejection");
        share[1088..].fill(0);
        assert_eq!(client().agree(&share), Err(ExchangeError::BadShare), "X25519 of zeros");
        sent[1184..].fill(0);
        let answered = answer(Group::X25519MLKEM768, &sent, &mut random);
        assert_eq!(answered.unwrap_err(), ExchangeError::BadShare, "X25519 of zeros");
    }

    #[test]
    fn one_x25519_key_serves_both_shares() {
        let keys = KeyPair::generate_all(&ALL, &mut Seeded::new(3, "exchange")).unwrap();
        let [hybrid, curve, p256, p384] = keys.as_slice() else {
            panic!("a key for each");
        };
        assert_eq!(hybrid.share()[1184..], *curve.share());
        assert_eq!([hybrid, curve, p256, p384].map(KeyPair::group), ALL);
        let order = [Group::X25519, Group::X25519MLKEM768];
        let keys = KeyPair::generate_all(&order, &mut Seeded::new(3, "exchange")).unwrap();
        assert_ne!(
            keys[0].share(),
            &keys[1].share()[1184..],
            "each its own in the other order"
        );
    }
}
