//! Our signature algorithms as webpki takes them, and the check of CertificateVerify.

use pki_types::{AlgorithmIdentifier, CertificateDer, InvalidSignature, SignatureVerificationAlgorithm, alg_id};

use super::CertificateError;
use crate::crypto::SignatureScheme;
use crate::crypto::signature::{Ed25519Key, verify_ecdsa_p256, verify_ed25519};

/// ECDSA on P-256 with SHA-256.
pub(super) const ECDSA: &dyn SignatureVerificationAlgorithm = &EcdsaP256Sha256;

/// Ed25519, and the roots' keys taken apart already.
#[derive(Debug, Default)]
pub(super) struct Ed25519(pub(super) Vec<Ed25519Key>);

impl SignatureVerificationAlgorithm for Ed25519 {
    fn verify_signature(&self, public_key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        let known = self.0.iter().find(|key| key.as_bytes() == public_key);
        let verified = match known {
            Some(key) => key.verify(message, signature),
            None => verify_ed25519(public_key, message, signature),
        };
        verified.map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ED25519
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ED25519
    }
}

#[derive(Debug)]
struct EcdsaP256Sha256;

impl SignatureVerificationAlgorithm for EcdsaP256Sha256 {
    fn verify_signature(&self, public_key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        verify_ecdsa_p256(public_key, message, signature).map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_P256
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_SHA256
    }
}

/// Verifies `signature` over `message` with the public key of the certificate `leaf`.
///
/// RFC 8446 §4.2.3: the scheme names the curve too, so a key of another kind is refused.
pub fn verify_with_certificate(
    leaf: &[u8],
    scheme: SignatureScheme,
    message: &[u8],
    signature: &[u8],
) -> Result<(), CertificateError> {
    let algorithm: &dyn SignatureVerificationAlgorithm = match scheme {
        SignatureScheme::ED25519 => &Ed25519(Vec::new()),
        SignatureScheme::ECDSA_SECP256R1_SHA256 => &EcdsaP256Sha256,
        _ => return Err(CertificateError::UnsupportedAlgorithm),
    };
    let leaf = CertificateDer::from(leaf);
    let leaf = webpki::EndEntityCert::try_from(&leaf).map_err(|_| CertificateError::Malformed)?;
    leaf.verify_signature(algorithm, message, signature)
        .map_err(|error| match error {
            webpki::Error::InvalidSignatureForPublicKey => CertificateError::BadSignature,
            _ => CertificateError::UnsupportedAlgorithm,
        })
}
