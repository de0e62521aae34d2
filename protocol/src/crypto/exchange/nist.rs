//! Agreement on the curves of NIST: uncompressed points, the secret is the shared point's x-coordinate.

use p256::elliptic_curve::ecdh::diffie_hellman;
use p256::elliptic_curve::sec1::{FromSec1Point, ModulusSize, ToSec1Point};
use p256::elliptic_curve::{AffinePoint, CurveArithmetic, FieldBytesSize, PublicKey, SecretKey};
use zeroize::Zeroizing;

use super::ExchangeError;
use crate::crypto::random::{Random, RandomUnavailable};
use crate::crypto::secret::Secret;

/// A private key. Wiped on drop.
pub(super) struct Nist<C: CurveArithmetic>(SecretKey<C>);

impl<C> Nist<C>
where
    C: CurveArithmetic,
    FieldBytesSize<C>: ModulusSize,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
{
    /// Draws a key of so many bytes.
    pub(super) fn draw(length: usize, random: &mut dyn Random) -> Result<Self, ExchangeError> {
        // A draw outside 1..n happens once in 2^32 at most; a source that keeps giving such is broken.
        for _ in 0..8 {
            let mut bytes = Zeroizing::new(vec![0; length]);
            random.fill(&mut bytes)?;
            if let Ok(key) = Self::from_private(&bytes) {
                return Ok(key);
            }
        }
        Err(RandomUnavailable.into())
    }

    pub(super) fn from_private(private: &[u8]) -> Result<Self, ExchangeError> {
        SecretKey::from_slice(private)
            .map(Self)
            .map_err(|_| ExchangeError::BadShare)
    }

    pub(super) fn share(&self) -> Vec<u8> {
        self.0.public_key().to_sec1_point(false).as_bytes().to_vec()
    }

    pub(super) fn agree(&self, peer: &[u8]) -> Result<Secret, ExchangeError> {
        // RFC 8446 §4.2.8.2: legacy_form is always uncompressed (4); other forms are not allowed.
        if peer.first() != Some(&4) {
            return Err(ExchangeError::BadShare);
        }
        let peer = PublicKey::<C>::from_sec1_bytes(peer).map_err(|_| ExchangeError::BadShare)?;
        let private = Zeroizing::new(self.0.to_nonzero_scalar());
        let shared = diffie_hellman(*private, peer.as_affine());
        Ok(Secret::copy_of(shared.raw_secret_bytes()))
    }
}
