//! Certificates, requests and revocation lists, read into their parts (RFC 5280 §4.1, §5.1; RFC 2986 §4).
//!
//! Reading is not verifying: nothing here checks a signature or a date.

mod extension;
mod name;
mod when;

use crate::der::{DerError, Reader, Value, oid, tag};

use crate::names::HostName;

pub use extension::{Extension, GeneralName};
pub use name::Name;
pub use when::{describe as describe_time, seconds_since_1970};

/// A certificate in parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateView {
    /// The serial number, big-endian, without the sign byte.
    pub serial: Vec<u8>,
    /// Dotted object identifier of the signature's algorithm.
    pub signature_algorithm: String,
    /// Who signed.
    pub issuer: Name,
    /// Seconds since 1970 of the first moment.
    pub not_before: i64,
    /// Seconds since 1970 of the last moment.
    pub not_after: i64,
    /// Whom it is for.
    pub subject: Name,
    /// The DER `SubjectPublicKeyInfo`.
    pub spki: Vec<u8>,
    /// The extensions in order.
    pub extensions: Vec<Extension>,
}

/// A signing request in parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestView<'a> {
    /// What the signature covers.
    pub signed: &'a [u8],
    /// Whom it asks for.
    pub subject: Name,
    /// The DER `SubjectPublicKeyInfo`.
    pub spki: &'a [u8],
    /// Dotted object identifier of the signature's algorithm.
    pub signature_algorithm: String,
    /// The signature's bits.
    pub signature: &'a [u8],
}

/// A revocation list in parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevocationListView {
    /// Dotted object identifier of the signature's algorithm.
    pub signature_algorithm: String,
    /// Who signed.
    pub issuer: Name,
    /// Seconds since 1970 of its making.
    pub this_update: i64,
    /// Seconds since 1970 by which the next one is out.
    pub next_update: Option<i64>,
    /// Serial number, and seconds since 1970 of the revocation.
    pub revoked: Vec<(Vec<u8>, i64)>,
    /// The extensions in order.
    pub extensions: Vec<Extension>,
}

impl CertificateView {
    /// Reads one DER certificate.
    ///
    /// # Errors
    /// [`DerError`] where the bytes are not one.
    pub fn read(der: &[u8]) -> Result<Self, DerError> {
        let (signed, signature_algorithm, _) = signed_parts(der)?;
        let mut body = Reader::new(signed.content);
        body.optional(tag::explicit(0))?;
        let serial = unsigned(body.expect(tag::INTEGER)?.content);
        body.expect(tag::SEQUENCE)?;
        let issuer = Name::read(&mut body)?;
        let mut validity = body.inside(tag::SEQUENCE)?;
        let (not_before, not_after) = (seconds_since_1970(&mut validity)?, seconds_since_1970(&mut validity)?);
        validity.finish()?;
        let subject = Name::read(&mut body)?;
        let spki = body.expect(tag::SEQUENCE)?.whole.to_vec();
        body.optional(tag::implicit(1))?;
        body.optional(tag::implicit(2))?;
        let extensions = Extension::read_all(&mut body, 3)?;
        body.finish()?;
        Ok(Self {
            serial,
            signature_algorithm,
            issuer,
            not_before,
            not_after,
            subject,
            spki,
            extensions,
        })
    }
}

impl CertificateView {
    /// The hosts that name constraints permit, or nothing where there are no constraints.
    #[must_use]
    pub fn permitted_hosts(&self) -> Option<Vec<HostName>> {
        self.extensions.iter().find_map(|extension| match extension {
            Extension::NameConstraints { permitted, .. } => Some(hosts(permitted)),
            _ => None,
        })
    }

    /// The hosts it speaks for.
    #[must_use]
    pub fn hosts(&self) -> Vec<HostName> {
        let names = self.extensions.iter().find_map(|extension| match extension {
            Extension::SubjectNames(names) => Some(hosts(names)),
            _ => None,
        });
        names.unwrap_or_default()
    }
}

impl<'a> RequestView<'a> {
    /// Reads one DER signing request.
    ///
    /// # Errors
    /// [`DerError`] where the bytes are not one.
    pub fn read(der: &'a [u8]) -> Result<Self, DerError> {
        let (signed, signature_algorithm, signature) = signed_parts(der)?;
        let mut body = Reader::new(signed.content);
        body.expect(tag::INTEGER)?;
        let subject = Name::read(&mut body)?;
        let spki = body.expect(tag::SEQUENCE)?.whole;
        // Whatever else it asks for is not read: of a request only the key is taken.
        body.optional(tag::explicit(0))?;
        body.finish()?;
        Ok(Self {
            signed: signed.whole,
            subject,
            spki,
            signature_algorithm,
            signature,
        })
    }
}

impl RevocationListView {
    /// Reads one DER revocation list.
    ///
    /// # Errors
    /// [`DerError`] where the bytes are not one.
    pub fn read(der: &[u8]) -> Result<Self, DerError> {
        let (signed, signature_algorithm, _) = signed_parts(der)?;
        let mut body = Reader::new(signed.content);
        body.optional(tag::INTEGER)?;
        body.expect(tag::SEQUENCE)?;
        let issuer = Name::read(&mut body)?;
        let this_update = seconds_since_1970(&mut body)?;
        let has_next = matches!(body.peek(), Some(tag::UTC_TIME | tag::GENERALIZED_TIME));
        let next_update = if has_next {
            Some(seconds_since_1970(&mut body)?)
        } else {
            None
        };
        let mut revoked = Vec::new();
        if let Some(list) = body.optional(tag::SEQUENCE)? {
            let mut list = Reader::new(list.content);
            while !list.is_empty() {
                let mut entry = list.inside(tag::SEQUENCE)?;
                let serial = unsigned(entry.expect(tag::INTEGER)?.content);
                revoked.push((serial, seconds_since_1970(&mut entry)?));
                entry.optional(tag::SEQUENCE)?;
                entry.finish()?;
            }
        }
        let extensions = Extension::read_all(&mut body, 0)?;
        body.finish()?;
        Ok(Self {
            signature_algorithm,
            issuer,
            this_update,
            next_update,
            revoked,
            extensions,
        })
    }
}

/// A signed structure's body, the signature's algorithm, and the signature: all three kinds share this frame.
fn signed_parts(der: &[u8]) -> Result<(Value<'_>, String, &[u8]), DerError> {
    let mut outer = Reader::new(der);
    let mut parts = outer.inside(tag::SEQUENCE)?;
    outer.finish()?;
    let signed = parts.expect(tag::SEQUENCE)?;
    let algorithm = parts.inside(tag::SEQUENCE)?.oid()?;
    let signature = parts.bit_string()?;
    parts.finish()?;
    Ok((signed, algorithm, signature))
}

/// What people call an algorithm, by its object identifier; the identifier itself if it is not known here.
#[must_use]
pub fn algorithm_name(identifier: &str) -> &str {
    match identifier {
        oid::ED25519 => "Ed25519",
        oid::ECDSA_SHA256 => "ECDSA with SHA-256",
        "1.2.840.10045.4.3.3" => "ECDSA with SHA-384",
        "1.2.840.10045.4.3.4" => "ECDSA with SHA-512",
        "1.2.840.113549.1.1.1" => "RSA",
        "1.2.840.113549.1.1.5" => "RSA with SHA-1",
        "1.2.840.113549.1.1.10" => "RSA-PSS",
        "1.2.840.113549.1.1.11" => "RSA with SHA-256",
        "1.2.840.113549.1.1.12" => "RSA with SHA-384",
        "1.2.840.113549.1.1.13" => "RSA with SHA-512",
        oid::EC_PUBLIC_KEY => "elliptic curve",
        oid::P256 => "P-256",
        "1.3.132.0.34" => "P-384",
        "1.3.132.0.35" => "P-521",
        "1.3.101.113" => "Ed448",
        other => other,
    }
}

fn hosts(names: &[GeneralName]) -> Vec<HostName> {
    let host = |name: &GeneralName| match name {
        GeneralName::Host(host) => Some(host.clone()),
        _ => None,
    };
    names.iter().filter_map(host).collect()
}

fn unsigned(integer: &[u8]) -> Vec<u8> {
    match integer {
        [0, rest @ ..] if !rest.is_empty() => rest.to_vec(),
        all => all.to_vec(),
    }
}
