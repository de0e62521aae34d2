//! Certificates (RFC 5280), field by field: a walk over their DER that knows the names of its parts.

use std::borrow::Cow;

use nihao_protocol::x509::der::{Der, tag};
use nihao_protocol::x509::{
    CertificateError, DerError, DistinguishedName, Extension, GeneralName, Meaning, Oid, verify_signed_by,
};

use super::fields::{Fields, Stop, big_endian, text_value};
use crate::event::{Protocol, Value};
use crate::texts;

/// Reads a certificate; whom it is for. Its signature is checked with the issuer's key, a DER SubjectPublicKeyInfo, if that is there.
pub(super) fn certificate(fields: &mut Fields<'_>, issuer: Option<&[u8]>) -> Result<String, Stop> {
    let der = fields.rest();
    fields.why(&texts::X509_CERTIFICATE);
    header(fields)?;
    let subject = value(fields, "tbsCertificate", to_be_signed)?;
    value(fields, "signatureAlgorithm", contents)?;
    fields.explain(&texts::X509_ALGORITHM);
    primitive(fields, "signatureValue", |bytes| Value::Bytes(bytes.to_vec()))?;
    fields.explain(&texts::X509_SIGNATURE);
    match issuer.and_then(|issuer| is_signed_by(der, issuer)) {
        Some(true) => fields.explain(&texts::X509_SIGNATURE_RIGHT),
        Some(false) => fields.explain(&texts::X509_SIGNATURE_WRONG),
        None => {}
    }
    fields.what(subject.clone());
    Ok(subject)
}

/// Whether the issuer's key made the signature; nothing if this program cannot check such signatures.
fn is_signed_by(der: &[u8], issuer: &[u8]) -> Option<bool> {
    match verify_signed_by(der, issuer) {
        Ok(()) => Some(true),
        Err(CertificateError::UnsupportedAlgorithm) => None,
        Err(_) => Some(false),
    }
}

fn to_be_signed(fields: &mut Fields<'_>) -> Result<String, Stop> {
    fields.why(&texts::X509_TBS);
    if Der::new(fields.rest()).peek() == Some(tag::explicit(0)) {
        value(fields, "version", contents)?;
    }
    primitive(fields, "serialNumber", |bytes| Value::Bytes(bytes.to_vec()))?;
    fields.explain(&texts::X509_SERIAL);
    value(fields, "signature", contents)?;
    fields.explain(&texts::X509_ALGORITHM);
    value(fields, "issuer", name)?;
    fields.explain(&texts::X509_ISSUER);
    value(fields, "validity", |validity| {
        primitive(validity, "notBefore", |bytes| time(tag_of(bytes), bytes))?;
        primitive(validity, "notAfter", |bytes| time(tag_of(bytes), bytes))
    })?;
    fields.explain(&texts::X509_VALIDITY);
    let subject = value(fields, "subject", name)?;
    fields.explain(&texts::X509_SUBJECT);
    value(fields, "subjectPublicKeyInfo", |info| {
        value(info, "algorithm", contents)?;
        primitive(info, "subjectPublicKey", |bytes| Value::Bytes(bytes.to_vec()))
    })?;
    fields.explain(&texts::X509_PUBLIC_KEY);
    while let Some(next) = Der::new(fields.rest()).peek() {
        if next == tag::explicit(3) {
            value(fields, "extensions", |wrapped| value(wrapped, "list", extensions))?;
        } else {
            any(fields, "unique identifier")?;
        }
    }
    Ok(subject)
}

/// Times have 13 or 15 characters: that tells the one type from the other (RFC 5280 §4.1.2.5).
const fn tag_of(bytes: &[u8]) -> u8 {
    if bytes.len() == 13 {
        tag::UTC_TIME
    } else {
        tag::GENERALIZED_TIME
    }
}

fn extensions(fields: &mut Fields<'_>) -> Result<(), Stop> {
    while fields.left() > 0 {
        let read = Der::new(fields.rest())
            .inside(tag::SEQUENCE)
            .and_then(|mut inside| inside.oid());
        let name = read.map_or_else(|_| String::from("extension"), |oid| oid.to_string());
        value(fields, name, extension)?;
    }
    Ok(())
}

fn extension(fields: &mut Fields<'_>) -> Result<(), Stop> {
    let mut ahead = Der::new(fields.rest());
    let mut read = || {
        Ok::<_, DerError>(Extension {
            oid: ahead.oid()?,
            critical: ahead.boolean_or_false()?,
            value: ahead.expect(tag::OCTET_STRING)?.content,
        })
    };
    let found = read();
    any(fields, "extnID")?;
    if Der::new(fields.rest()).peek() == Some(tag::BOOLEAN) {
        any(fields, "critical")?;
    }
    let extension = found.map_err(|_| Stop)?;
    fields.why(match extension.oid {
        Oid::SUBJECT_ALT_NAME => &texts::X509_NAMES,
        Oid::KEY_USAGE => &texts::X509_KEY_USAGE,
        Oid::EXTENDED_KEY_USAGE => &texts::X509_EXTENDED_KEY_USAGE,
        Oid::BASIC_CONSTRAINTS => &texts::X509_BASIC_CONSTRAINTS,
        _ => &texts::X509_EXTENSION,
    });
    if let Some(what) = meaning(&extension) {
        fields.what(what);
    }
    if Der::new(extension.value)
        .value()
        .is_ok_and(|inner| inner.whole.len() == extension.value.len())
    {
        value(fields, "extnValue", |inner| any(inner, "value"))
    } else {
        primitive(fields, "extnValue", |bytes| Value::Bytes(bytes.to_vec()))
    }
}

fn meaning(extension: &Extension<'_>) -> Option<String> {
    let joined = |names: &[GeneralName<'_>]| names.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    Some(match extension.meaning().ok()? {
        Meaning::SubjectNames(names) => joined(&names),
        Meaning::KeyUsage(usage) => usage.names().collect::<Vec<_>>().join(", "),
        Meaning::ExtendedKeyUsage(purposes) => purposes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        Meaning::BasicConstraints { is_authority: true, .. } => String::from("an authority"),
        Meaning::BasicConstraints { .. } => String::from("no authority"),
        _ => return None,
    })
}

fn name(fields: &mut Fields<'_>) -> Result<String, Stop> {
    let text = DistinguishedName::new(fields.rest()).to_string();
    fields.what(text.clone());
    contents(fields)?;
    Ok(text)
}

/// Reads every value that is left, whatever it is.
fn contents(fields: &mut Fields<'_>) -> Result<(), Stop> {
    while fields.left() > 0 {
        any(fields, "value")?;
    }
    Ok(())
}

/// Reads one value, whatever it is.
pub(super) fn any(fields: &mut Fields<'_>, name: &'static str) -> Result<(), Stop> {
    let Ok(found) = Der::new(fields.rest()).value() else {
        return broken(fields);
    };
    if found.tag & 0x20 != 0 {
        return value(fields, name, contents);
    }
    let kind = found.tag;
    primitive(fields, name, |bytes| match kind {
        tag::OBJECT_IDENTIFIER => {
            let text = Oid::from_contents(bytes).map(|oid| oid.to_string());
            text.map_or_else(|_| Value::Opaque(bytes.to_vec()), Value::Text)
        }
        tag::BOOLEAN | tag::INTEGER if bytes.len() <= 8 => Value::Number(big_endian(bytes)),
        tag::UTC_TIME | tag::GENERALIZED_TIME => time(kind, bytes),
        0x0c | 0x13 | 0x16 | 0x81 | 0x82 | 0x86 => text_value(bytes),
        _ => Value::Bytes(bytes.to_vec()),
    })
}

fn time(kind: u8, bytes: &[u8]) -> Value {
    let length = u8::try_from(bytes.len()).unwrap_or_default();
    let whole = [&[kind, length], bytes].concat();
    let read = Der::new(&whole).time();
    read.map_or_else(|_| Value::Opaque(bytes.to_vec()), |time| Value::Time(time.seconds()))
}

fn broken(fields: &mut Fields<'_>) -> Result<(), Stop> {
    fields.opaque("not DER");
    fields.explain(&texts::X509_NOT_DER);
    Err(Stop)
}

/// Names the tag and the length of a value; how many bytes follow.
fn header(fields: &mut Fields<'_>) -> Result<usize, Stop> {
    let Ok(found) = Der::new(fields.rest()).value() else {
        return broken(fields).map(|()| 0);
    };
    let header = found.whole.len().saturating_sub(found.content.len());
    fields.bytes("tag and length", header)?;
    fields.explain(&texts::X509_TAG_LENGTH);
    Ok(found.content.len())
}

/// A value without values inside.
fn primitive(fields: &mut Fields<'_>, name: &'static str, read: impl FnOnce(&[u8]) -> Value) -> Result<(), Stop> {
    let length = header(fields)?;
    fields.value(name, length, read)?;
    Ok(())
}

/// A value with values inside, which `read` reads.
fn value<'a, T>(
    fields: &mut Fields<'a>,
    name: impl Into<Cow<'static, str>>,
    read: impl FnOnce(&mut Fields<'a>) -> Result<T, Stop>,
) -> Result<T, Stop> {
    let Ok(found) = Der::new(fields.rest()).value() else {
        return broken(fields).and(Err(Stop));
    };
    let outcome = fields.layer((Protocol::X509, name), found.whole.len(), |inner| {
        header(inner)?;
        read(inner)
    });
    outcome.ok_or(Stop)
}
