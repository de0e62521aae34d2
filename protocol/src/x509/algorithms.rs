//! Our signature algorithms as webpki takes them, and the check of CertificateVerify.

use pki_types::{AlgorithmIdentifier, CertificateDer, InvalidSignature, SignatureVerificationAlgorithm, alg_id};

use super::der::{Der, DerError, tag};
use super::{CertificateError, Signed};
use crate::crypto::signature::{Ed25519Key, verify_ed25519};
use crate::crypto::{SignatureAlgorithm, SignatureScheme};

/// What may sign a certificate besides Ed25519, most frequent first.
///
/// The web has P-256 keys that sign with SHA-384 and P-384 keys that sign with SHA-256, too.
pub(super) const OTHERS: &[&dyn SignatureVerificationAlgorithm] = &[
    &Algorithm(SignatureAlgorithm::EcdsaP256Sha256),
    &Algorithm(SignatureAlgorithm::EcdsaP384Sha384),
    &Algorithm(SignatureAlgorithm::EcdsaP256Sha384),
    &Algorithm(SignatureAlgorithm::EcdsaP384Sha256),
    #[cfg(feature = "rsa")]
    &Algorithm(SignatureAlgorithm::RsaPkcs1Sha256),
    #[cfg(feature = "rsa")]
    &Algorithm(SignatureAlgorithm::RsaPkcs1Sha384),
    #[cfg(feature = "rsa")]
    &Algorithm(SignatureAlgorithm::RsaPkcs1Sha512),
    #[cfg(feature = "rsa")]
    &Algorithm(SignatureAlgorithm::RsaPssSha256),
    #[cfg(feature = "rsa")]
    &Algorithm(SignatureAlgorithm::RsaPssSha384),
    #[cfg(feature = "rsa")]
    &Algorithm(SignatureAlgorithm::RsaPssSha512),
];

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
struct Algorithm(SignatureAlgorithm);

impl SignatureVerificationAlgorithm for Algorithm {
    fn verify_signature(&self, public_key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        self.0
            .verify(public_key, message, signature)
            .map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        use SignatureAlgorithm as A;
        match self.0 {
            A::Ed25519 => alg_id::ED25519,
            A::EcdsaP256Sha256 | A::EcdsaP256Sha384 => alg_id::ECDSA_P256,
            A::EcdsaP384Sha256 | A::EcdsaP384Sha384 => alg_id::ECDSA_P384,
            #[cfg(feature = "rsa")]
            _ => alg_id::RSA_ENCRYPTION,
        }
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        use SignatureAlgorithm as A;
        match self.0 {
            A::Ed25519 => alg_id::ED25519,
            A::EcdsaP256Sha256 | A::EcdsaP384Sha256 => alg_id::ECDSA_SHA256,
            A::EcdsaP256Sha384 | A::EcdsaP384Sha384 => alg_id::ECDSA_SHA384,
            #[cfg(feature = "rsa")]
            A::RsaPkcs1Sha256 => alg_id::RSA_PKCS1_SHA256,
            #[cfg(feature = "rsa")]
            A::RsaPkcs1Sha384 => alg_id::RSA_PKCS1_SHA384,
            #[cfg(feature = "rsa")]
            A::RsaPkcs1Sha512 => alg_id::RSA_PKCS1_SHA512,
            #[cfg(feature = "rsa")]
            A::RsaPssSha256 => alg_id::RSA_PSS_SHA256,
            #[cfg(feature = "rsa")]
            A::RsaPssSha384 => alg_id::RSA_PSS_SHA384,
            #[cfg(feature = "rsa")]
            A::RsaPssSha512 => alg_id::RSA_PSS_SHA512,
        }
    }
}

/// Verifies `signature` over `message` with the public key of the certificate `leaf`.
///
/// RFC 8446 §4.2.3: the scheme names the curve too, so a key of another kind is refused, as are schemes for certificates alone.
pub fn verify_with_certificate(
    leaf: &[u8],
    scheme: SignatureScheme,
    message: &[u8],
    signature: &[u8],
) -> Result<(), CertificateError> {
    let algorithm = scheme.algorithm().filter(|_| scheme.signs_handshakes());
    let algorithm = algorithm.ok_or(CertificateError::UnsupportedAlgorithm)?;
    let leaf = CertificateDer::from(leaf);
    let leaf = webpki::EndEntityCert::try_from(&leaf).map_err(|_| CertificateError::Malformed)?;
    leaf.verify_signature(&Algorithm(algorithm), message, signature)
        .map_err(|error| match error {
            webpki::Error::InvalidSignatureForPublicKey => CertificateError::BadSignature,
            _ => CertificateError::UnsupportedAlgorithm,
        })
}

/// Verifies the signature of a certificate with the key of its issuer, a DER SubjectPublicKeyInfo. Nothing else of the two is looked at:
/// neither names nor dates nor what the key may do.
///
/// # Errors
/// [`CertificateError::Malformed`] if one of them cannot be read, [`CertificateError::UnsupportedAlgorithm`] if nothing here verifies
/// such signatures by such keys, [`CertificateError::BadSignature`] if the key did not make the signature over these bytes.
pub fn verify_signed_by(certificate: &[u8], issuer_key: &[u8]) -> Result<(), CertificateError> {
    let read = || {
        let mut info = Der::new(issuer_key).inside(tag::SEQUENCE)?;
        let kind = info.expect(tag::SEQUENCE)?.content;
        Ok::<_, DerError>((Signed::parse(certificate)?, kind, info.bit_string()?))
    };
    let (signed, kind, key) = read().map_err(|_| CertificateError::Malformed)?;
    if !takes_key(issuer_key) {
        return Err(CertificateError::UnsupportedAlgorithm);
    }
    let ours = Ed25519::default();
    let ours: &dyn SignatureVerificationAlgorithm = &ours;
    let mut all = std::iter::once(ours).chain(OTHERS.iter().copied());
    let fitting = all.find(|algorithm| {
        algorithm.signature_alg_id().as_ref() == signed.identifier && algorithm.public_key_alg_id().as_ref() == kind
    });
    let fitting = fitting.ok_or(CertificateError::UnsupportedAlgorithm)?;
    fitting
        .verify_signature(key, signed.body.whole, signed.signature)
        .map_err(|_| CertificateError::BadSignature)
}

/// Whether signatures by a public key, a DER SubjectPublicKeyInfo, are looked at here: a wrong signature is another thing than one of
/// a kind that nobody here can judge.
#[must_use]
pub fn takes_key(info: &[u8]) -> bool {
    let read = || {
        let mut info = Der::new(info).inside(tag::SEQUENCE)?;
        Ok::<_, DerError>((info.expect(tag::SEQUENCE)?.content, info.bit_string()?))
    };
    match read() {
        #[cfg(feature = "rsa")]
        Ok((kind, key)) if kind == alg_id::RSA_ENCRYPTION.as_ref() => SignatureAlgorithm::RsaPkcs1Sha256.takes(key),
        Ok((kind, _)) => [alg_id::ED25519, alg_id::ECDSA_P256, alg_id::ECDSA_P384]
            .iter()
            .any(|known| known.as_ref() == kind),
        Err(_) => false,
    }
}
