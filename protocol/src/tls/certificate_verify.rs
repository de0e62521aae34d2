//! The check of a CertificateVerify and of a Finished, the same for both roles.

use super::error::{Error, Peer};
use super::key_schedule::TrafficSecret;
use super::messages::{CertificateVerify, Signer, signed_content};
use crate::crypto::{Digest, SignatureScheme};
use crate::wire::Malformed;
use crate::x509::{CertificateError, verify_with_certificate};

/// Checks that `signer` holds the private key of its first certificate.
///
/// RFC 8446 §4.4.3: the scheme must be one that was offered and fit the key; a signature that does not verify is a decrypt_error.
pub(super) fn verify_signature(
    signer: Signer,
    chain: &[Vec<u8>],
    message: &CertificateVerify,
    offered: &[SignatureScheme],
    transcript: &Digest,
) -> Result<(), Error> {
    if !offered.contains(&message.scheme) {
        return Err(Peer::IllegalParameter("a signature scheme that was not offered").into());
    }
    let leaf = chain.first().ok_or(CertificateError::Missing)?;
    let content = signed_content(signer, transcript);
    verify_with_certificate(leaf, message.scheme, &content, &message.signature).map_err(|error| match error {
        CertificateError::BadSignature => Error::Peer(Peer::BadCertificateVerify),
        CertificateError::UnsupportedAlgorithm => {
            Error::Peer(Peer::IllegalParameter("a signature scheme that does not fit the key"))
        }
        other => other.into(),
    })
}

/// Checks the peer's Finished over the transcript before it.
pub(super) fn verify_finished(secret: &TrafficSecret, transcript: &Digest, verify_data: &[u8]) -> Result<(), Error> {
    if verify_data.len() != transcript.as_bytes().len() {
        return Err(Malformed("Finished").into());
    }
    if !secret.finished_matches(transcript, verify_data)? {
        return Err(Peer::BadFinished.into());
    }
    Ok(())
}
