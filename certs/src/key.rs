//! Public keys as X.509 carries them, and our signing keys in the shape that rcgen takes.

use nihao_protocol::crypto::SignatureAlgorithm;
use nihao_protocol::crypto::signature::{BadSignature, verify_ed25519};
use nihao_protocol::crypto::{HashAlgorithm, SigningKey};
use nihao_protocol::x509::der::{Der, tag};
use nihao_protocol::x509::{DerError, Oid};

/// What a key is for: the two algorithms that this crate signs with and certifies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum KeyAlgorithm {
    /// Ed25519 (RFC 8410).
    Ed25519,
    /// ECDSA on P-256 (RFC 5480).
    P256,
}

/// A public key: 32 bytes for Ed25519, the 65-byte uncompressed point for P-256.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    algorithm: KeyAlgorithm,
    bits: Vec<u8>,
}

/// The key is neither Ed25519 nor P-256, or has the wrong size.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownKey {
    /// The DER does not hold a public key.
    #[error("the public key is damaged: {0}")]
    Malformed(#[from] DerError),
    /// Some other algorithm's key.
    #[error("a public key of the kind {0}; only Ed25519 and P-256 are certified here")]
    Algorithm(String),
    /// Right algorithm, wrong size.
    #[error("a public key of {0} bytes, which no {1:?} key has")]
    Size(usize, KeyAlgorithm),
}

impl PublicKey {
    /// The public half of `key`.
    #[must_use]
    pub fn of(key: &SigningKey) -> Self {
        let algorithm = match key {
            SigningKey::Ed25519(_) => KeyAlgorithm::Ed25519,
            SigningKey::P256(_) => KeyAlgorithm::P256,
        };
        Self {
            algorithm,
            bits: key.public_key(),
        }
    }

    /// The Ed25519 key of these 32 bytes.
    #[must_use]
    pub fn ed25519(bits: [u8; 32]) -> Self {
        Self {
            algorithm: KeyAlgorithm::Ed25519,
            bits: bits.to_vec(),
        }
    }

    /// Reads a DER `SubjectPublicKeyInfo`.
    ///
    /// # Errors
    /// [`UnknownKey`] for anything but an Ed25519 or an uncompressed P-256 key.
    pub fn from_spki(spki: &[u8]) -> Result<Self, UnknownKey> {
        let mut outer = Der::new(spki);
        let mut fields = outer.inside(tag::SEQUENCE)?;
        outer.finish()?;
        let mut identifier = fields.inside(tag::SEQUENCE)?;
        let kind = identifier.oid()?;
        let bits = fields.bit_string()?;
        fields.finish()?;
        let algorithm = match kind {
            Oid::ED25519 => KeyAlgorithm::Ed25519,
            Oid::EC_PUBLIC_KEY => match identifier.oid()? {
                Oid::P256 => KeyAlgorithm::P256,
                curve => return Err(UnknownKey::Algorithm(format!("{kind} {curve}"))),
            },
            _ => return Err(UnknownKey::Algorithm(kind.to_string())),
        };
        identifier.finish()?;
        let size = match algorithm {
            KeyAlgorithm::Ed25519 => 32,
            KeyAlgorithm::P256 => 65,
        };
        if bits.len() != size {
            return Err(UnknownKey::Size(bits.len(), algorithm));
        }
        Ok(Self {
            algorithm,
            bits: bits.to_vec(),
        })
    }

    /// The algorithm.
    #[must_use]
    pub const fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }

    /// The bits of the key, without any wrapping.
    #[must_use]
    pub fn bits(&self) -> &[u8] {
        &self.bits
    }

    /// The DER `SubjectPublicKeyInfo`.
    #[must_use]
    pub fn spki(&self) -> Vec<u8> {
        rcgen::PublicKeyData::subject_public_key_info(self)
    }

    /// The key identifier: the first 20 bytes of SHA-256 over the bits (RFC 7093 §2, method 1).
    #[must_use]
    pub fn identifier(&self) -> Vec<u8> {
        HashAlgorithm::Sha256
            .hash(&self.bits)
            .as_bytes()
            .iter()
            .copied()
            .take(20)
            .collect()
    }

    /// Checks `signature` over `message`.
    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        match self.algorithm {
            KeyAlgorithm::Ed25519 => verify_ed25519(&self.bits, message, signature),
            KeyAlgorithm::P256 => SignatureAlgorithm::EcdsaP256Sha256.verify(&self.bits, message, signature),
        }
    }
}

impl rcgen::PublicKeyData for PublicKey {
    fn der_bytes(&self) -> &[u8] {
        &self.bits
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        match self.algorithm {
            KeyAlgorithm::Ed25519 => &rcgen::PKCS_ED25519,
            KeyAlgorithm::P256 => &rcgen::PKCS_ECDSA_P256_SHA256,
        }
    }
}

/// A signing key beside its public half, as rcgen's trait wants it.
pub(crate) struct Signer<'a> {
    key: &'a SigningKey,
    public: PublicKey,
}

impl<'a> Signer<'a> {
    pub(crate) fn new(key: &'a SigningKey) -> Self {
        Self {
            key,
            public: PublicKey::of(key),
        }
    }
}

impl rcgen::PublicKeyData for Signer<'_> {
    fn der_bytes(&self) -> &[u8] {
        self.public.der_bytes()
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        rcgen::PublicKeyData::algorithm(&self.public)
    }
}

impl rcgen::SigningKey for Signer<'_> {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        Ok(self.key.sign(message))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nihao_protocol::crypto::Seeded;

    #[test]
    fn keys_survive_their_wrapping() {
        let mut random = Seeded::new(1, "keys");
        for key in [
            SigningKey::generate_ed25519(&mut random).unwrap(),
            SigningKey::generate_p256(&mut random).unwrap(),
        ] {
            let public = PublicKey::of(&key);
            assert_eq!(PublicKey::from_spki(&public.spki()), Ok(public.clone()));
            let mut longer = public.spki();
            longer.push(0);
            assert!(PublicKey::from_spki(&longer).is_err());
        }
    }
}
