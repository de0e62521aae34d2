//! Signing requests (PKCS #10, RFC 2986): made with a key, and read with proof that the asker has it.

use nihao_protocol::crypto::SigningKey;
use nihao_protocol::x509::der::{Der, tag};
use nihao_protocol::x509::{DerError, DistinguishedName, Oid, PemKind, Signed, encode_pem};
use rcgen::{CertificateParams, DnType, KeyIdMethod};

use crate::key::{KeyAlgorithm, PublicKey, Signer, UnknownKey};

/// A request whose signature was verified: the asker has the private key.
///
/// Only the key is taken from it; name, usage and dates are the issuer's to decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningRequest {
    der: Vec<u8>,
    subject: Vec<u8>,
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
        params.distinguished_name = rcgen::DistinguishedName::new();
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
        let signed = Signed::parse(der)?;
        let mut body = Der::new(signed.body.content);
        body.expect(tag::INTEGER)?;
        let subject = body.expect(tag::SEQUENCE)?.content;
        let public_key = PublicKey::from_spki(body.expect(tag::SEQUENCE)?.whole)?;
        // Whatever else it asks for is not read: of a request only the key is taken.
        body.optional(tag::explicit(0))?;
        body.finish()?;
        DistinguishedName::new(subject).attributes()?;
        let expected = match public_key.algorithm() {
            KeyAlgorithm::Ed25519 => Oid::ED25519,
            KeyAlgorithm::P256 => Oid::ECDSA_SHA256,
        };
        if signed.algorithm != expected || public_key.verify(signed.body.whole, signed.signature).is_err() {
            return Err(RequestError::NotProven);
        }
        Ok(Self {
            der: der.to_vec(),
            subject: subject.to_vec(),
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
    pub fn subject(&self) -> DistinguishedName<'_> {
        DistinguishedName::new(&self.subject)
    }

    /// The DER request.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// The request as PEM.
    #[must_use]
    pub fn pem(&self) -> String {
        encode_pem(PemKind::Request, &self.der)
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
            assert_eq!(request.subject().common_name().unwrap(), "爱丽丝");
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
