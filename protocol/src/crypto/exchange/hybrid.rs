//! X25519MLKEM768 (draft-ietf-tls-ecdhe-mlkem): ML-KEM-768 (FIPS 203) and X25519 side by side, so that both must be broken.
//!
//! ```text
//! client's share   encapsulation key 1184 ‖ X25519 32
//! server's share   ciphertext 1088        ‖ X25519 32
//! secret           of ML-KEM 32           ‖ of X25519 32
//! ```

use ml_kem::kem::{Decapsulate as _, KeyExport as _};
use ml_kem::{B32, DecapsulationKey768, EncapsulationKey768, Seed};
use zeroize::{Zeroize as _, Zeroizing};

use super::ExchangeError;
use super::x25519::{LENGTH, X25519};
use crate::crypto::random::{self, Random};
use crate::crypto::secret::Secret;

const SEED: usize = 64;
const ENCAPSULATION_KEY: usize = 1184;
const CIPHERTEXT: usize = 1088;

/// A client's private keys. Wiped on drop.
pub(super) struct Hybrid {
    kem: Box<DecapsulationKey768>,
    curve: X25519,
}

impl Hybrid {
    pub(super) fn draw(random: &mut dyn Random) -> Result<Self, ExchangeError> {
        let mut seed = Seed::from(random::array::<SEED>(random)?);
        let kem = Self::kem(&mut seed);
        let curve = X25519::draw(random)?;
        Ok(Self { kem, curve })
    }

    /// From ML-KEM's seed (d ‖ z) and X25519's private key: 96 bytes.
    pub(super) fn from_private(private: &[u8]) -> Result<Self, ExchangeError> {
        let (seed, curve) = private.split_at_checked(SEED).ok_or(ExchangeError::BadShare)?;
        let curve = X25519::from_private(curve)?;
        let mut seed = Seed::try_from(seed).map_err(|_| ExchangeError::BadShare)?;
        let kem = Self::kem(&mut seed);
        Ok(Self { kem, curve })
    }

    fn kem(seed: &mut Seed) -> Box<DecapsulationKey768> {
        let key = Box::new(DecapsulationKey768::from_seed(*seed));
        seed.zeroize();
        key
    }

    pub(super) fn share(&self) -> Vec<u8> {
        let mut share = self.kem.encapsulation_key().to_bytes().to_vec();
        share.extend_from_slice(&self.curve.share());
        share
    }

    /// The X25519 key, which may stand in a share of its own beside this one: one of the two is used at most.
    pub(super) const fn curve(&self) -> &X25519 {
        &self.curve
    }

    /// The secret from the server's share. A ciphertext that was tampered with gives another secret, not an error.
    pub(super) fn agree(&self, peer: &[u8]) -> Result<Secret, ExchangeError> {
        let (ciphertext, point) = peer.split_at_checked(CIPHERTEXT).ok_or(ExchangeError::BadShare)?;
        let ciphertext = ciphertext.try_into().map_err(|_| ExchangeError::BadShare)?;
        let curve = self.curve.agree(point)?;
        let kem = Zeroizing::new(self.kem.decapsulate(ciphertext));
        Ok(join(&kem, &curve))
    }
}

/// The server's side: its share and the secret, from the client's share.
///
/// An encapsulation key with a coefficient of 3329 or more is refused (FIPS 203, section 7.2).
pub(super) fn answer(peer: &[u8], random: &mut dyn Random) -> Result<(Vec<u8>, Secret), ExchangeError> {
    let (key, point) = peer
        .split_at_checked(ENCAPSULATION_KEY)
        .ok_or(ExchangeError::BadShare)?;
    let key = key.try_into().map_err(|_| ExchangeError::BadShare)?;
    let key = EncapsulationKey768::new(key).map_err(|_| ExchangeError::BadShare)?;
    let message = Zeroizing::new(B32::from(random::array::<32>(random)?));
    let ours = X25519::draw(random)?;
    let curve = ours.agree(point)?;
    let (ciphertext, kem) = key.encapsulate_deterministic(&message);
    let kem = Zeroizing::new(kem);
    let mut share = ciphertext.to_vec();
    share.extend_from_slice(&ours.share());
    Ok((share, join(&kem, &curve)))
}

fn join(kem: &[u8], curve: &[u8; LENGTH]) -> Secret {
    Secret::filled(kem.len().saturating_add(LENGTH), |out| {
        for (to, from) in out.iter_mut().zip(kem.iter().chain(curve)) {
            *to = *from;
        }
    })
}
