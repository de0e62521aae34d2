//! A view of a certificate's fields: for checks webpki leaves to us, and for telling what a certificate says.
//!
//! Reading is not verifying: nothing here checks a signature or a date.

use super::der::{Der, DerError, Value, tag};
use super::distinguished_name::DistinguishedName;
use super::extension::{Extension, GeneralName, Meaning};
use super::oid::Oid;
use crate::clock::UnixTime;

/// The frame that certificates, signing requests and revocation lists share: something, and a signature over it.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    /// What is signed.
    pub body: Value<'a>,
    /// The signature's algorithm.
    pub algorithm: Oid<'a>,
    /// The contents of its AlgorithmIdentifier: the algorithm, and what else there is to know about it.
    pub identifier: &'a [u8],
    /// The signature's bits.
    pub signature: &'a [u8],
}

/// The fields of an X.509 certificate, borrowed from its DER (RFC 5280 §4.1). Names and extensions are read on demand.
#[derive(Debug, Clone)]
pub struct Certificate<'a> {
    /// The serial number, big-endian, without the sign byte.
    pub serial: &'a [u8],
    /// The signature's algorithm.
    pub signature_algorithm: Oid<'a>,
    /// Who signed.
    pub issuer: DistinguishedName<'a>,
    /// The first moment it is valid.
    pub not_before: UnixTime,
    /// The last second it is valid.
    pub not_after: UnixTime,
    /// Whom it is for.
    pub subject: DistinguishedName<'a>,
    /// The DER SubjectPublicKeyInfo.
    pub public_key_info: &'a [u8],
    /// The extensions in order.
    pub extensions: Vec<Extension<'a>>,
}

impl<'a> Signed<'a> {
    /// Takes the frame apart.
    pub fn parse(der: &'a [u8]) -> Result<Self, DerError> {
        let mut outer = Der::new(der);
        let mut parts = outer.inside(tag::SEQUENCE)?;
        outer.finish()?;
        let body = parts.expect(tag::SEQUENCE)?;
        let identifier = parts.expect(tag::SEQUENCE)?.content;
        let algorithm = Der::new(identifier).oid()?;
        let signature = parts.bit_string()?;
        parts.finish()?;
        Ok(Self {
            body,
            algorithm,
            identifier,
            signature,
        })
    }
}

impl<'a> Certificate<'a> {
    /// Takes the DER of a certificate apart. Nothing is checked but the structure.
    pub fn parse(der: &'a [u8]) -> Result<Self, DerError> {
        let signed = Signed::parse(der)?;
        let mut tbs = Der::new(signed.body.content);
        tbs.optional(tag::explicit(0))?; // version
        let serial = tbs.unsigned()?;
        tbs.expect(tag::SEQUENCE)?; // the signature algorithm again
        let issuer = tbs.expect(tag::SEQUENCE)?.content;
        let mut validity = tbs.inside(tag::SEQUENCE)?;
        let (not_before, not_after) = (validity.time()?, validity.time()?);
        validity.finish()?;
        let subject = tbs.expect(tag::SEQUENCE)?.content;
        let public_key_info = tbs.expect(tag::SEQUENCE)?.whole;
        tbs.optional(tag::implicit(1))?; // unique identifiers, of issuer and subject
        tbs.optional(tag::implicit(2))?;
        let extensions = match tbs.optional(tag::explicit(3))? {
            Some(wrapped) => Extension::read_all(wrapped.content)?,
            None => Vec::new(),
        };
        tbs.finish()?;
        Ok(Self {
            serial,
            signature_algorithm: signed.algorithm,
            issuer: DistinguishedName::new(issuer),
            not_before,
            not_after,
            subject: DistinguishedName::new(subject),
            public_key_info,
            extensions,
        })
    }

    /// The subject's public key bits: 32 bytes for Ed25519, a point for P-256.
    pub fn public_key(&self) -> Result<&'a [u8], DerError> {
        let mut info = Der::new(self.public_key_info).inside(tag::SEQUENCE)?;
        info.expect(tag::SEQUENCE)?;
        let key = info.bit_string()?;
        info.finish()?;
        Ok(key)
    }

    /// The kind of the subject's public key: its algorithm, or its curve where the algorithm is that of all elliptic curves.
    pub fn key_kind(&self) -> Result<Oid<'a>, DerError> {
        let mut kind = Der::new(self.public_key_info)
            .inside(tag::SEQUENCE)?
            .inside(tag::SEQUENCE)?;
        let algorithm = kind.oid()?;
        if algorithm == Oid::EC_PUBLIC_KEY {
            kind.oid()
        } else {
            Ok(algorithm)
        }
    }

    /// Whether keyUsage allows digital signatures; a certificate without keyUsage allows all.
    ///
    /// RFC 8446 §4.4.2.2: the digitalSignature bit must be set if keyUsage is there.
    pub fn allows_digital_signature(&self) -> Result<bool, DerError> {
        match self.extension(Oid::KEY_USAGE)? {
            Some(Meaning::KeyUsage(usage)) => Ok(usage.allows_digital_signature()),
            _ => Ok(true),
        }
    }

    /// Whether it is an authority's: basicConstraints says so.
    pub fn is_authority(&self) -> Result<bool, DerError> {
        let constraints = self.extension(Oid::BASIC_CONSTRAINTS)?;
        Ok(matches!(
            constraints,
            Some(Meaning::BasicConstraints { is_authority: true, .. })
        ))
    }

    /// The names of subjectAltName, of every kind.
    pub fn names(&self) -> Result<Vec<GeneralName<'a>>, DerError> {
        match self.extension(Oid::SUBJECT_ALT_NAME)? {
            Some(Meaning::SubjectNames(names)) => Ok(names),
            _ => Ok(Vec::new()),
        }
    }

    /// The names that a server can be called by: DNS names and IP addresses, as text that is fit to be shown.
    pub fn server_names(&self) -> Result<Vec<String>, DerError> {
        let names = self.names()?.into_iter();
        Ok(names
            .filter(|name| matches!(name, GeneralName::Dns(_) | GeneralName::Ip(_)))
            .map(|name| name.to_string())
            .collect())
    }

    /// What the extension `oid` says, if it is there.
    pub fn extension(&self, oid: Oid<'_>) -> Result<Option<Meaning<'a>>, DerError> {
        let found = self.extensions.iter().find(|extension| extension.oid == oid);
        found.map(Extension::meaning).transpose()
    }
}
