//! Certificate, CertificateRequest and CertificateVerify, field by field (RFC 8446 §4.3.2, §4.4).

use super::extension::{self, Place};
use super::numbers;
use crate::decode::fields::{Fields, Stop, big_endian};
use crate::decode::x509;
use crate::event::Protocol;
use crate::texts;

/// Reads the body of a Certificate; `issuers` are the keys that its certificates are checked with, where they are known.
pub(super) fn certificate(fields: &mut Fields<'_>, issuers: &[Option<Vec<u8>>]) -> Result<(), Stop> {
    fields.bytes_vector("certificate_request_context", 1)?;
    let length = fields.number("certificate list length", 3)?;
    if length == 0 {
        fields.why(&texts::TLS_NO_CERTIFICATE);
        return Ok(());
    }
    fields.why(&texts::TLS_CERTIFICATE);
    let mut names = Vec::new();
    let mut issuers = issuers.iter();
    while fields.left() > 0 {
        let entry = entry_length(fields.rest()).unwrap_or(fields.left());
        let issuer = issuers.next().and_then(Option::as_deref);
        let subject = fields.layer((Protocol::Tls, "certificate entry"), entry, |entry| {
            let length = usize::try_from(entry.number("certificate length", 3)?).unwrap_or(usize::MAX);
            let read = |certificate: &mut Fields<'_>| x509::certificate(certificate, issuer);
            let subject = entry.layer((Protocol::X509, "certificate"), length, read);
            extension::extensions(entry, Place::CertificateEntry)?;
            Ok(subject)
        });
        names.extend(subject.flatten());
    }
    fields.what(names.join(" <- "));
    Ok(())
}

/// The bytes of an entry: a certificate and its extensions, each with its length.
fn entry_length(bytes: &[u8]) -> Option<usize> {
    let certificate = usize::try_from(big_endian(bytes.get(..3)?)).ok()?;
    let at = certificate.checked_add(3)?;
    let extensions = usize::try_from(big_endian(bytes.get(at..at.checked_add(2)?)?)).ok()?;
    at.checked_add(2)?.checked_add(extensions)
}

/// Reads the body of a CertificateRequest.
pub(super) fn request(fields: &mut Fields<'_>) -> Result<(), Stop> {
    fields.why(&texts::TLS_CERTIFICATE_REQUEST);
    fields.bytes_vector("certificate_request_context", 1)?;
    extension::extensions(fields, Place::CertificateRequest)
}

/// Reads the body of a CertificateVerify.
pub(super) fn verify(fields: &mut Fields<'_>, is_right: Option<bool>) -> Result<(), Stop> {
    fields.why(&texts::TLS_CERTIFICATE_VERIFY);
    fields.why(&texts::TLS_SIGNATURE);
    let scheme = fields.named("algorithm", 2, numbers::scheme)?;
    if let Some(name) = numbers::scheme(scheme) {
        fields.what(name);
    }
    let length = usize::try_from(fields.number("signature length", 2)?).unwrap_or_default();
    fields.bytes("signature", length)?;
    match is_right {
        Some(true) => fields.explain(&texts::TLS_SIGNATURE_RIGHT),
        Some(false) => fields.explain(&texts::TLS_SIGNATURE_WRONG),
        None => {}
    }
    Ok(())
}
