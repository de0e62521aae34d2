//! Signatures: Ed25519 and ECDSA on P-256 to sign and to verify; ECDSA on P-384 and, with the feature `rsa`, RSA to verify.

mod ed25519;
#[cfg(feature = "rsa")]
mod rsa;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ed25519_dalek::Signer as _;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, KeypairBytes, spki::der::pem::LineEnding};
use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use sha2::{Digest as _, Sha256, Sha384};

use super::random::{self, Random, RandomUnavailable};
pub use ed25519::{Ed25519Key, verify_ed25519};

/// A signature scheme by its number on the wire (RFC 8446 §4.2.3); unknown ones are kept.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SignatureScheme(pub u16);

impl SignatureScheme {
    /// Ed25519 (RFC 8032).
    pub const ED25519: Self = Self(0x0807);
    /// ECDSA on P-256 with SHA-256.
    pub const ECDSA_SECP256R1_SHA256: Self = Self(0x0403);
    /// ECDSA on P-384 with SHA-384.
    pub const ECDSA_SECP384R1_SHA384: Self = Self(0x0503);
    /// RSA-PSS with SHA-256, the key's OID rsaEncryption.
    pub const RSA_PSS_RSAE_SHA256: Self = Self(0x0804);
    /// RSA-PSS with SHA-384, the key's OID rsaEncryption.
    pub const RSA_PSS_RSAE_SHA384: Self = Self(0x0805);
    /// RSA-PSS with SHA-512, the key's OID rsaEncryption.
    pub const RSA_PSS_RSAE_SHA512: Self = Self(0x0806);
    /// RSA PKCS#1 v1.5 with SHA-256: in certificates alone.
    pub const RSA_PKCS1_SHA256: Self = Self(0x0401);
    /// RSA PKCS#1 v1.5 with SHA-384: in certificates alone.
    pub const RSA_PKCS1_SHA384: Self = Self(0x0501);
    /// RSA PKCS#1 v1.5 with SHA-512: in certificates alone.
    pub const RSA_PKCS1_SHA512: Self = Self(0x0601);

    /// The RFC's name, or nothing for a scheme this crate does not know.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::ED25519 => Some("ed25519"),
            Self::ECDSA_SECP256R1_SHA256 => Some("ecdsa_secp256r1_sha256"),
            Self::ECDSA_SECP384R1_SHA384 => Some("ecdsa_secp384r1_sha384"),
            Self::RSA_PSS_RSAE_SHA256 => Some("rsa_pss_rsae_sha256"),
            Self::RSA_PSS_RSAE_SHA384 => Some("rsa_pss_rsae_sha384"),
            Self::RSA_PSS_RSAE_SHA512 => Some("rsa_pss_rsae_sha512"),
            Self::RSA_PKCS1_SHA256 => Some("rsa_pkcs1_sha256"),
            Self::RSA_PKCS1_SHA384 => Some("rsa_pkcs1_sha384"),
            Self::RSA_PKCS1_SHA512 => Some("rsa_pkcs1_sha512"),
            _ => None,
        }
    }

    /// What verifies it, or nothing if this crate, as it was built, cannot.
    #[must_use]
    pub const fn algorithm(self) -> Option<SignatureAlgorithm> {
        match self {
            Self::ED25519 => Some(SignatureAlgorithm::Ed25519),
            Self::ECDSA_SECP256R1_SHA256 => Some(SignatureAlgorithm::EcdsaP256Sha256),
            Self::ECDSA_SECP384R1_SHA384 => Some(SignatureAlgorithm::EcdsaP384Sha384),
            _ => self.rsa(),
        }
    }

    #[cfg(feature = "rsa")]
    const fn rsa(self) -> Option<SignatureAlgorithm> {
        match self {
            Self::RSA_PSS_RSAE_SHA256 => Some(SignatureAlgorithm::RsaPssSha256),
            Self::RSA_PSS_RSAE_SHA384 => Some(SignatureAlgorithm::RsaPssSha384),
            Self::RSA_PSS_RSAE_SHA512 => Some(SignatureAlgorithm::RsaPssSha512),
            Self::RSA_PKCS1_SHA256 => Some(SignatureAlgorithm::RsaPkcs1Sha256),
            Self::RSA_PKCS1_SHA384 => Some(SignatureAlgorithm::RsaPkcs1Sha384),
            Self::RSA_PKCS1_SHA512 => Some(SignatureAlgorithm::RsaPkcs1Sha512),
            _ => None,
        }
    }

    #[cfg(not(feature = "rsa"))]
    const fn rsa(self) -> Option<SignatureAlgorithm> {
        None
    }

    /// Whether CertificateVerify may be signed with it. RFC 8446 §4.2.3: rsa_pkcs1_* are for certificates alone.
    #[must_use]
    pub const fn signs_handshakes(self) -> bool {
        !matches!(
            self,
            Self::RSA_PKCS1_SHA256 | Self::RSA_PKCS1_SHA384 | Self::RSA_PKCS1_SHA512
        )
    }
}

impl std::fmt::Display for SignatureScheme {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "0x{:04x}", self.0),
        }
    }
}

impl std::fmt::Debug for SignatureScheme {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

/// A private key that signs. Wiped on drop, never printed.
#[derive(Clone)]
pub enum SigningKey {
    /// An Ed25519 key.
    Ed25519(Box<ed25519_dalek::SigningKey>),
    /// An ECDSA key on P-256.
    P256(Box<p256::ecdsa::SigningKey>),
}

/// A private key could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The PEM text holds no PKCS#8 Ed25519 or P-256 key.
    #[error("not a PKCS#8 private key for Ed25519 or P-256")]
    NotAKey,
    /// No usable key could be drawn.
    #[error(transparent)]
    Random(#[from] RandomUnavailable),
}

impl SigningKey {
    /// The Ed25519 key of these 32 secret bytes.
    #[must_use]
    pub fn ed25519(seed: &[u8; 32]) -> Self {
        Self::Ed25519(Box::new(ed25519_dalek::SigningKey::from_bytes(seed)))
    }

    /// Draws an Ed25519 key.
    pub fn generate_ed25519(random: &mut dyn Random) -> Result<Self, KeyError> {
        let mut seed = random::array::<32>(random)?;
        let key = Self::ed25519(&seed);
        super::secret::wipe(&mut seed);
        Ok(key)
    }

    /// Draws a P-256 key.
    pub fn generate_p256(random: &mut dyn Random) -> Result<Self, KeyError> {
        // A draw outside 1..n happens once in 2^32; a source that keeps giving such is broken.
        for _ in 0..8 {
            let mut bytes = random::array::<32>(random)?;
            let key = p256::ecdsa::SigningKey::from_slice(&bytes);
            super::secret::wipe(&mut bytes);
            if let Ok(key) = key {
                return Ok(Self::P256(Box::new(key)));
            }
        }
        Err(KeyError::Random(RandomUnavailable))
    }

    /// Reads a PKCS#8 PEM text (version 1 or 2), as OpenSSL writes it.
    pub fn from_pkcs8_pem(pem: &str) -> Result<Self, KeyError> {
        if let Ok(key) = ed25519_dalek::SigningKey::from_pkcs8_pem(pem) {
            return Ok(Self::Ed25519(Box::new(key)));
        }
        let key = p256::ecdsa::SigningKey::from_pkcs8_pem(pem).map_err(|_| KeyError::NotAKey)?;
        Ok(Self::P256(Box::new(key)))
    }

    /// Reads the first private key of a PEM text, whatever stands around it: PKCS#8, or for P-256 SEC 1 (RFC 5915) as well.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        if let Some(block) = block(text, "PRIVATE KEY") {
            return Self::from_pkcs8_pem(block);
        }
        let lines = block(text, "EC PRIVATE KEY").ok_or(KeyError::NotAKey)?.lines();
        let base64: zeroize::Zeroizing<String> = lines
            .filter(|line| !line.starts_with('-'))
            .map(str::trim)
            .collect::<String>()
            .into();
        let der = BASE64_STANDARD.decode(&*base64).map(zeroize::Zeroizing::new);
        let key =
            p256::SecretKey::from_sec1_der(&der.map_err(|_| KeyError::NotAKey)?).map_err(|_| KeyError::NotAKey)?;
        Ok(Self::P256(Box::new(key.into())))
    }

    /// Writes a PKCS#8 PEM text, version 1: OpenSSL 3.0 cannot read version 2.
    pub fn to_pkcs8_pem(&self) -> Result<zeroize::Zeroizing<String>, KeyError> {
        match self {
            Self::Ed25519(key) => KeypairBytes {
                secret_key: key.to_bytes(),
                public_key: None,
            }
            .to_pkcs8_pem(LineEnding::LF),
            Self::P256(key) => key.to_pkcs8_pem(LineEnding::LF),
        }
        .map_err(|_| KeyError::NotAKey)
    }

    /// The one scheme this key signs with.
    #[must_use]
    pub const fn scheme(&self) -> SignatureScheme {
        match self {
            Self::Ed25519(_) => SignatureScheme::ED25519,
            Self::P256(_) => SignatureScheme::ECDSA_SECP256R1_SHA256,
        }
    }

    /// The public key's bits as X.509 carries them: 32 bytes for Ed25519, the 65-byte uncompressed point for P-256.
    #[must_use]
    pub fn public_key(&self) -> Vec<u8> {
        match self {
            Self::Ed25519(key) => key.verifying_key().to_bytes().to_vec(),
            Self::P256(key) => key.verifying_key().to_sec1_point(false).as_bytes().to_vec(),
        }
    }

    /// Signs `message`: 64 bytes for Ed25519, DER for ECDSA. Both are deterministic (RFC 8032, RFC 6979).
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Ed25519(key) => key.sign(message).to_bytes().to_vec(),
            Self::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                signature.to_der().as_bytes().to_vec()
            }
        }
    }
}

/// The first PEM block with this label, its first and last line included.
fn block<'a>(text: &'a str, label: &str) -> Option<&'a str> {
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let from = text.get(text.find(&begin)?..)?;
    from.get(..from.find(&end)?.checked_add(end.len())?)
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({})", self.scheme())
    }
}

/// The signature does not fit the key and the message, or one of them is malformed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not verify")]
pub struct BadSignature;

/// How a signature is verified: the kind of key, the hash and, for RSA, the padding.
///
/// More of them than there are schemes: a certificate may be signed with a hash of another length than its curve's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names say it all")]
pub enum SignatureAlgorithm {
    Ed25519,
    EcdsaP256Sha256,
    EcdsaP256Sha384,
    EcdsaP384Sha256,
    EcdsaP384Sha384,
    #[cfg(feature = "rsa")]
    RsaPssSha256,
    #[cfg(feature = "rsa")]
    RsaPssSha384,
    #[cfg(feature = "rsa")]
    RsaPssSha512,
    #[cfg(feature = "rsa")]
    RsaPkcs1Sha256,
    #[cfg(feature = "rsa")]
    RsaPkcs1Sha384,
    #[cfg(feature = "rsa")]
    RsaPkcs1Sha512,
}

impl SignatureAlgorithm {
    /// Whether signatures of this key are looked at at all: RSA keys are not that are too short or too long.
    #[must_use]
    pub fn takes(self, public_key: &[u8]) -> bool {
        match self {
            Self::Ed25519
            | Self::EcdsaP256Sha256
            | Self::EcdsaP256Sha384
            | Self::EcdsaP384Sha256
            | Self::EcdsaP384Sha384 => !public_key.is_empty(),
            #[cfg(feature = "rsa")]
            _ => rsa::takes(public_key),
        }
    }

    /// Verifies `signature` over `message`. The public key comes as X.509 carries its bits: 32 bytes for Ed25519, a point of the
    /// curve for ECDSA, the DER of RSAPublicKey (RFC 8017) for RSA.
    pub fn verify(self, public_key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
        match self {
            Self::Ed25519 => verify_ed25519(public_key, message, signature),
            Self::EcdsaP256Sha256 => verify_p256(public_key, &Sha256::digest(message), signature),
            Self::EcdsaP256Sha384 => verify_p256(public_key, &Sha384::digest(message), signature),
            Self::EcdsaP384Sha256 => verify_p384(public_key, &Sha256::digest(message), signature),
            Self::EcdsaP384Sha384 => verify_p384(public_key, &Sha384::digest(message), signature),
            #[cfg(feature = "rsa")]
            Self::RsaPssSha256 => rsa::verify_pss::<Sha256>(public_key, message, signature),
            #[cfg(feature = "rsa")]
            Self::RsaPssSha384 => rsa::verify_pss::<Sha384>(public_key, message, signature),
            #[cfg(feature = "rsa")]
            Self::RsaPssSha512 => rsa::verify_pss::<sha2::Sha512>(public_key, message, signature),
            #[cfg(feature = "rsa")]
            Self::RsaPkcs1Sha256 => rsa::verify_pkcs1::<Sha256>(public_key, message, signature),
            #[cfg(feature = "rsa")]
            Self::RsaPkcs1Sha384 => rsa::verify_pkcs1::<Sha384>(public_key, message, signature),
            #[cfg(feature = "rsa")]
            Self::RsaPkcs1Sha512 => rsa::verify_pkcs1::<sha2::Sha512>(public_key, message, signature),
        }
    }
}

/// The signature is DER, the point compressed or not.
fn verify_p256(public_key: &[u8], hash: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
    let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(public_key).map_err(|_| BadSignature)?;
    let signature = p256::ecdsa::Signature::from_der(signature).map_err(|_| BadSignature)?;
    key.verify_prehash(hash, &signature).map_err(|_| BadSignature)
}

/// As [`verify_p256`].
fn verify_p384(public_key: &[u8], hash: &[u8], signature: &[u8]) -> Result<(), BadSignature> {
    let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(public_key).map_err(|_| BadSignature)?;
    let signature = p384::ecdsa::Signature::from_der(signature).map_err(|_| BadSignature)?;
    key.verify_prehash(hash, &signature).map_err(|_| BadSignature)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::Seeded;

    #[test]
    fn both_kinds_sign_verify_and_survive_pem() {
        let mut random = Seeded::new(1, "keys");
        let ed = SigningKey::generate_ed25519(&mut random).unwrap();
        let p256 = SigningKey::generate_p256(&mut random).unwrap();
        for key in [ed, p256] {
            let algorithm = key.scheme().algorithm().unwrap();
            let verify = |key: &[u8], message: &[u8], signature: &[u8]| algorithm.verify(key, message, signature);
            let read = SigningKey::from_pkcs8_pem(&key.to_pkcs8_pem().unwrap()).unwrap();
            assert_eq!(read.public_key(), key.public_key());
            let signature = read.sign("您好！".as_bytes());
            assert_eq!(verify(&key.public_key(), "您好！".as_bytes(), &signature), Ok(()));
            assert_eq!(
                verify(&key.public_key(), "您好".as_bytes(), &signature),
                Err(BadSignature)
            );
        }
    }

    /// RFC 5915: version 1, the key, the curve, and no public key.
    #[test]
    fn a_key_is_found_in_either_form_among_other_blocks() {
        let key = SigningKey::generate_p256(&mut Seeded::new(2, "keys")).unwrap();
        let SigningKey::P256(inner) = &key else { panic!() };
        let head = [0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20];
        let curve = [0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
        let der = [&head[..], &inner.to_bytes(), &curve].concat();
        let body = BASE64_STANDARD.encode(der);
        let (front, back) = body.split_at(64);
        let sec1 = format!("-----BEGIN EC PRIVATE KEY-----\n{front}\n{back}\n-----END EC PRIVATE KEY-----\n");
        let pkcs8 = key.to_pkcs8_pem().unwrap();
        let other = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
        for text in [
            sec1.as_str(),
            &pkcs8,
            &[other, &sec1].concat(),
            &[other, &pkcs8, other].concat(),
        ] {
            assert_eq!(SigningKey::from_pem(text).unwrap().public_key(), key.public_key());
        }
        assert!(SigningKey::from_pem(&sec1.replace(front, &front[4..])).is_err());
        assert!(SigningKey::from_pem(&sec1.replace("-----END", "")).is_err());
    }

    #[test]
    fn text_that_is_no_key_is_refused() {
        assert_eq!(SigningKey::from_pem("您好！").unwrap_err(), KeyError::NotAKey);
        assert_eq!(SigningKey::from_pkcs8_pem("您好！").unwrap_err(), KeyError::NotAKey);
    }
}
