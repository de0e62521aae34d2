//! A view of a certificate's fields: for checks webpki leaves to us, and for telling what a certificate says.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::der::{Der, tag};
use crate::clock::UnixTime;
use crate::wire::Malformed;

/// OIDs, as their DER contents.
mod oid {
    pub(super) const KEY_USAGE: &[u8] = &[0x55, 0x1d, 0x0f];
    pub(super) const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1d, 0x11];
    /// The attribute types of names that are shown by a short name (RFC 4514 §3).
    pub(super) const ATTRIBUTES: [(&[u8], &str); 6] = [
        (&[0x55, 0x04, 0x03], "CN"),
        (&[0x55, 0x04, 0x06], "C"),
        (&[0x55, 0x04, 0x07], "L"),
        (&[0x55, 0x04, 0x08], "ST"),
        (&[0x55, 0x04, 0x0a], "O"),
        (&[0x55, 0x04, 0x0b], "OU"),
    ];
}

/// The outer fields of an X.509 certificate, borrowed from its DER (RFC 5280 §4.1).
#[derive(Debug, Clone)]
pub struct Certificate<'a> {
    /// The serial number's big-endian bytes.
    pub serial: &'a [u8],
    /// The contents of the issuer's Name SEQUENCE.
    pub issuer: &'a [u8],
    /// The first moment it is valid.
    pub not_before: UnixTime,
    /// The last second it is valid.
    pub not_after: UnixTime,
    /// The contents of the subject's Name SEQUENCE.
    pub subject: &'a [u8],
    /// The contents of the SubjectPublicKeyInfo SEQUENCE.
    pub public_key_info: &'a [u8],
    /// The extensions in order.
    pub extensions: Vec<Extension<'a>>,
}

/// One extension of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Extension<'a> {
    /// The contents of its OBJECT IDENTIFIER.
    pub oid: &'a [u8],
    /// Whether who does not know it must refuse the certificate.
    pub critical: bool,
    /// The contents of its OCTET STRING.
    pub value: &'a [u8],
}

impl<'a> Certificate<'a> {
    /// Takes the DER of a version 3 certificate apart. Nothing is checked but the structure.
    pub fn parse(der: &'a [u8]) -> Result<Self, Malformed> {
        let mut outer = Der::new(der);
        let mut certificate = Der::new(outer.expect(tag::SEQUENCE)?);
        outer.finish()?;
        let mut tbs = Der::new(certificate.expect(tag::SEQUENCE)?);
        tbs.expect(tag::CONTEXT_0)?; // version
        let serial = tbs.expect(tag::INTEGER)?;
        tbs.expect(tag::SEQUENCE)?; // signature algorithm
        let issuer = tbs.expect(tag::SEQUENCE)?;
        let mut validity = Der::new(tbs.expect(tag::SEQUENCE)?);
        let (not_before, not_after) = (validity.time()?, validity.time()?);
        validity.finish()?;
        let subject = tbs.expect(tag::SEQUENCE)?;
        let public_key_info = tbs.expect(tag::SEQUENCE)?;
        let mut extensions = Vec::new();
        while !tbs.is_empty() {
            let (found, contents) = tbs.any()?; // the two unique identifiers may come before the extensions
            if found == tag::CONTEXT_3 {
                extensions = parse_extensions(contents)?;
            }
        }
        Ok(Self {
            serial,
            issuer,
            not_before,
            not_after,
            subject,
            public_key_info,
            extensions,
        })
    }

    /// The subject's public key bits: 32 bytes for Ed25519, a point for P-256.
    pub fn public_key(&self) -> Result<&'a [u8], Malformed> {
        let mut info = Der::new(self.public_key_info);
        info.expect(tag::SEQUENCE)?;
        match info.expect(tag::BIT_STRING)?.split_first() {
            Some((0, key)) => Ok(key),
            _ => Err(Malformed("public key")),
        }
    }

    /// Whether keyUsage allows digital signatures; a certificate without keyUsage allows all.
    ///
    /// RFC 8446 §4.4.2.2: the digitalSignature bit must be set if keyUsage is there.
    pub fn allows_digital_signature(&self) -> Result<bool, Malformed> {
        let Some(usage) = self.extension(oid::KEY_USAGE) else {
            return Ok(true);
        };
        let mut der = Der::new(usage.value);
        let bits = der.expect(tag::BIT_STRING)?;
        der.finish()?;
        let [_unused, first, ..] = bits else {
            return Ok(false);
        };
        Ok(first & 0x80 != 0)
    }

    /// The names of subjectAltName that a server can be called by: DNS names and IP addresses, as text.
    pub fn server_names(&self) -> Result<Vec<String>, Malformed> {
        let Some(names) = self.extension(oid::SUBJECT_ALT_NAME) else {
            return Ok(Vec::new());
        };
        let mut der = Der::new(names.value);
        let mut list = Der::new(der.expect(tag::SEQUENCE)?);
        der.finish()?;
        let mut found = Vec::new();
        while !list.is_empty() {
            match list.any()? {
                (0x82, dns) => found.push(String::from_utf8_lossy(dns).into_owned()),
                (0x87, ip) => found.extend(ip_text(ip)),
                _ => {}
            }
        }
        Ok(found)
    }

    fn extension(&self, oid: &[u8]) -> Option<&Extension<'a>> {
        self.extensions.iter().find(|extension| extension.oid == oid)
    }
}

fn parse_extensions(contents: &[u8]) -> Result<Vec<Extension<'_>>, Malformed> {
    let mut wrapper = Der::new(contents);
    let mut list = Der::new(wrapper.expect(tag::SEQUENCE)?);
    wrapper.finish()?;
    let mut extensions = Vec::new();
    while !list.is_empty() {
        let mut fields = Der::new(list.expect(tag::SEQUENCE)?);
        extensions.push(Extension {
            oid: fields.expect(tag::OBJECT_IDENTIFIER)?,
            critical: fields.optional(tag::BOOLEAN)?.is_some_and(|value| value != [0]),
            value: fields.expect(tag::OCTET_STRING)?,
        });
        fields.finish()?;
    }
    Ok(extensions)
}

fn ip_text(bytes: &[u8]) -> Option<String> {
    if let Ok(v4) = <[u8; 4]>::try_from(bytes) {
        return Some(Ipv4Addr::from(v4).to_string());
    }
    let v6 = <[u8; 16]>::try_from(bytes).ok()?;
    Some(Ipv6Addr::from(v6).to_string())
}

/// The contents of a Name SEQUENCE as text: `CN=nihao server CA, O=…` (RFC 4514 in order of appearance).
#[must_use]
pub fn name_text(name: &[u8]) -> String {
    let mut parts = Vec::new();
    let mut sets = Der::new(name);
    while let Ok(set) = sets.expect(tag::SET) {
        let mut attributes = Der::new(set);
        while let Ok(attribute) = attributes.expect(tag::SEQUENCE) {
            let mut fields = Der::new(attribute);
            if let (Ok(kind), Ok((_, value))) = (fields.expect(tag::OBJECT_IDENTIFIER), fields.any()) {
                let known = oid::ATTRIBUTES.iter().find(|(oid, _)| *oid == kind);
                let label = known.map_or("?", |(_, label)| label);
                parts.push(format!("{label}={}", String::from_utf8_lossy(value)));
            }
        }
    }
    if parts.is_empty() {
        return String::from("(no name)");
    }
    parts.join(", ")
}
