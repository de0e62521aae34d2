//! Ephemeral key agreement on X25519 (RFC 7748) and secp256r1.

use curve25519_dalek::MontgomeryPoint;
use p256::elliptic_curve::sec1::ToSec1Point as _;
use zeroize::Zeroizing;

use super::random::{self, Random, RandomUnavailable};
use super::secret::{Secret, equal};

/// A key agreement group by its number on the wire (RFC 8446 §4.2.7); unknown ones are kept.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Group(pub u16);

impl Group {
    /// X25519: 32-byte shares.
    pub const X25519: Self = Self(0x001d);
    /// NIST P-256: 65-byte shares (uncompressed points).
    pub const SECP256R1: Self = Self(0x0017);

    /// Whether this crate can agree on keys in this group.
    #[must_use]
    pub const fn is_supported(self) -> bool {
        matches!(self, Self::X25519 | Self::SECP256R1)
    }

    /// The RFC's name, or nothing for a group this crate does not know.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::X25519 => Some("x25519"),
            Self::SECP256R1 => Some("secp256r1"),
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
    /// The peer's share has the wrong length, is no point of the curve, or forces an all-zero secret.
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
    X25519(x25519_dalek::StaticSecret),
    P256(Zeroizing<p256::NonZeroScalar>),
}

impl KeyPair {
    /// Draws a key pair in `group`.
    pub fn generate(group: Group, random: &mut dyn Random) -> Result<Self, ExchangeError> {
        match group {
            Group::X25519 => Ok(Self::x25519(random::array(random)?.into())),
            Group::SECP256R1 => Self::generate_p256(random),
            _ => Err(ExchangeError::UnsupportedGroup),
        }
    }

    fn x25519(private: x25519_dalek::StaticSecret) -> Self {
        let share = x25519_dalek::PublicKey::from(&private).to_bytes().to_vec();
        Self {
            private: Private::X25519(private),
            share,
        }
    }

    fn generate_p256(random: &mut dyn Random) -> Result<Self, ExchangeError> {
        // A draw outside 1..n happens once in 2^32; a source that keeps giving such is broken.
        for _ in 0..8 {
            let bytes = Zeroizing::new(random::array::<32>(random)?);
            if let Ok(key) = p256::SecretKey::from_slice(&*bytes) {
                return Ok(Self::p256(&key));
            }
        }
        Err(RandomUnavailable.into())
    }

    fn p256(key: &p256::SecretKey) -> Self {
        Self {
            private: Private::P256(Zeroizing::new(key.to_nonzero_scalar())),
            share: key.public_key().to_sec1_point(false).as_bytes().to_vec(),
        }
    }

    /// The key pair of these private bytes, for test vectors and for keys kept elsewhere.
    pub fn from_private(group: Group, private: &[u8]) -> Result<Self, ExchangeError> {
        match group {
            Group::X25519 => {
                let private: [u8; 32] = private.try_into().map_err(|_| ExchangeError::BadShare)?;
                Ok(Self::x25519(private.into()))
            }
            Group::SECP256R1 => {
                let key = p256::SecretKey::from_slice(private).map_err(|_| ExchangeError::BadShare)?;
                Ok(Self::p256(&key))
            }
            _ => Err(ExchangeError::UnsupportedGroup),
        }
    }

    /// The group.
    #[must_use]
    pub const fn group(&self) -> Group {
        match self.private {
            Private::X25519(_) => Group::X25519,
            Private::P256(_) => Group::SECP256R1,
        }
    }

    /// The public share as `key_share` carries it.
    #[must_use]
    pub fn share(&self) -> &[u8] {
        &self.share
    }

    /// The shared secret with the peer's share: 32 bytes.
    ///
    /// RFC 8446 §7.4.2: an all-zero X25519 result is refused, a P-256 share must be an uncompressed point of the curve.
    pub fn agree(self, peer: &[u8]) -> Result<Secret, ExchangeError> {
        match self.private {
            Private::X25519(private) => {
                let peer: [u8; 32] = peer.try_into().map_err(|_| ExchangeError::BadShare)?;
                let shared = Zeroizing::new(x25519(&private, peer));
                if equal(&*shared, &[0; 32]) {
                    return Err(ExchangeError::BadShare);
                }
                Ok(Secret::copy_of(&*shared))
            }
            Private::P256(private) => {
                // RFC 8446 §4.2.8.2: legacy_form is always uncompressed (4); other forms are not allowed.
                if peer.first() != Some(&4) || peer.len() != 65 {
                    return Err(ExchangeError::BadShare);
                }
                let peer = p256::PublicKey::from_sec1_bytes(peer).map_err(|_| ExchangeError::BadShare)?;
                let shared = p256::ecdh::diffie_hellman(*private, peer.as_affine());
                Ok(Secret::copy_of(shared.raw_secret_bytes()))
            }
        }
    }
}

/// Scalar multiplication by way of the Edwards form, where the curve library has vector code: 43 µs instead of the
/// ladder's 62. A point on the twist has no Edwards form here and takes the ladder. Which way is taken depends on the public
/// share alone.
fn x25519(private: &x25519_dalek::StaticSecret, peer: [u8; 32]) -> [u8; 32] {
    match MontgomeryPoint(peer).to_edwards(0) {
        Some(point) => point
            .mul_clamped(*Zeroizing::new(private.to_bytes()))
            .to_montgomery()
            .to_bytes(),
        None => private.diffie_hellman(&peer.into()).to_bytes(),
    }
}

impl std::fmt::Debug for KeyPair {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeyPair({})", self.group())
    }
}
