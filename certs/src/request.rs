//! Signing requests (PKCS #10, RFC 2986): made with a key, and read with proof that the asker has it.

use nihao_protocol::crypto::SigningKey;
use rcgen::{CertificateParams, DistinguishedName, DnType, KeyIdMethod};

use crate::der::{DerError, oid};
use crate::key::{KeyAlgorithm, PublicKey, Signer, UnknownKey};
use crate::pem;
use crate::view::{Name, RequestView};

/// A request whose signature was verified: the asker has the private key.
///
/// Only the key is taken from it; name, usage and dates are the issuer's to decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningRequest {
    der: Vec<u8>,
    subject: Name,
    public_key: PublicKey,
}

/// A request was not accepted, or could not be made.
#[derive(Debug, thiserror::Error)]
pub enum RequestError {
    /// The bytes are no request.
    #[error("it is not a signing request: {0}")]
    Malformed(#[from] DerError),
    /// Its key cannot be certified.
    #[error(transparent)]
    Key(#[from] UnknownKey),
    /// The signature is of another kind than the key, or does not verify.
    #[error("it is not signed with the key that it asks a certificate for")]
    NotProven,
    /// The encoder refused.
    #[error("the request could not be encoded: {0}")]
    Encoding(#[from] rcgen::Error),
}

impl SigningRequest {
    /// Asks for a certificate of `key` under `name`.
    ///
    /// # Errors
    /// [`RequestError::Encoding`] where the name cannot be encoded.
    pub fn create(name: &str, key: &SigningKey) -> Result<Self, RequestError> {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        params.key_identifier_method = KeyIdMethod::PreSpecified(PublicKey::of(key).identifier());
        let request = params.serialize_request(&Signer::new(key))?;
        Self::read(request.der())
    }

    /// Reads a DER request and verifies that it is signed with the key in it.
    ///
    /// # Errors
    /// [`RequestError`] says what is wrong with it.
    pub fn read(der: &[u8]) -> Result<Self, RequestError> {
        let view = RequestView::read(der)?;
        let public_key = PublicKey::from_spki(view.spki)?;
        let expected = match public_key.algorithm() {
            KeyAlgorithm::Ed25519 => oid::ED25519,
            KeyAlgorithm::P256 => oid::ECDSA_SHA256,
        };
        if view.signature_algorithm != expected || public_key.verify(view.signed, view.signature).is_err() {
            return Err(RequestError::NotProven);
        }
        Ok(Self {
            der: der.to_vec(),
            subject: view.subject,
            public_key,
        })
    }

    /// The key to certify.
    #[must_use]
    pub const fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// The name that is asked for: to show, not to trust.
    #[must_use]
    pub const fn subject(&self) -> &Name {
        &self.subject
    }

    /// The DER request.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The request as PEM.
    #[must_use]
    pub fn pem(&self) -> String {
        pem::encode(pem::Kind::Request, &self.der)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nihao_protocol::crypto::Seeded;

    #[test]
    fn a_request_proves_its_key() {
        let mut random = Seeded::new(1, "request");
        for key in [
            SigningKey::generate_ed25519(&mut random).unwrap(),
            SigningKey::generate_p256(&mut random).unwrap(),
        ] {
            let request = SigningRequest::create("爱丽丝", &key).unwrap();
            assert_eq!(request.public_key(), &PublicKey::of(&key));
            assert_eq!(request.subject().common_name(), Some("爱丽丝"));
        }
    }

    #[test]
    fn no_changed_byte_is_accepted() {
        let key = SigningKey::generate_ed25519(&mut Seeded::new(2, "request")).unwrap();
        let request = SigningRequest::create("alice", &key).unwrap();
        for index in 0..request.der().len() {
            let mut changed = request.der().to_vec();
            changed[index] ^= 1;
            assert!(SigningRequest::read(&changed).is_err(), "byte {index}");
        }
        assert!(SigningRequest::read(&request.der()[..request.der().len() - 1]).is_err());
    }
}
