//! What certificates say.

use nihao_explain::event::{Field, Layer, Protocol, Value};
use time::OffsetDateTime;

use super::{Same, plain, run_together, same, values};

/// X.509, value by value.
pub const CERTIFICATES: [Same; 16] = [
    same("x509af.version", |l| {
        values(l, (Protocol::X509, "version"), "value", last_byte)
    }),
    same("x509af.utcTime", moments),
    same("x509sat.uTF8String", |l| {
        tagged(l, &["issuer", "subject", "distinguished name"], 0x0c, plain)
    }),
    same("x509af.subjectPublicKey", |l| {
        values(
            l,
            (Protocol::X509, "subjectPublicKeyInfo"),
            "subjectPublicKey",
            bit_string,
        )
    }),
    same("x509af.encrypted", |l| {
        values(l, (Protocol::X509, "certificate"), "signatureValue", bit_string)
    }),
    same("x509af.critical", |l| {
        l.iter().flat_map(|layer| critical(layer)).collect()
    }),
    same("x509ce.keyIdentifier", |l| {
        tagged(l, &["authorityKeyIdentifier"], 0x80, run_together)
    }),
    same("x509ce.SubjectKeyIdentifier", |l| {
        tagged(l, &["subjectKeyIdentifier"], 0x04, run_together)
    }),
    same("x509ce.IPAddress.ipv4", |l| addresses(l, 4)),
    same("x509ce.IPAddress.ipv6", |l| addresses(l, 16)),
    same("x509ce.KeyPurposeId", purposes),
    same("x509ce.KeyUsage.digitalSignature", |l| usage(l, 0x80)),
    same("x509ce.KeyUsage.keyCertSign", |l| usage(l, 0x04)),
    same("x509ce.KeyUsage.cRLSign", |l| usage(l, 0x02)),
    same("x509ce.cA", |l| tagged(l, &["basicConstraints"], 0x01, is_true)),
    same("x509ce.pathLenConstraint", |l| {
        tagged(l, &["basicConstraints"], 0x02, last_byte)
    }),
];

fn bytes(field: &Field) -> &[u8] {
    match &field.value {
        Value::Bytes(bytes) | Value::Opaque(bytes) => bytes,
        _ => &[],
    }
}

fn last_byte(field: &Field) -> String {
    field
        .number()
        .map_or_else(|| format!("{:?}", field.value), |number| number.to_string())
}

fn is_true(field: &Field) -> String {
    u8::from(field.number().unwrap_or_default() != 0).to_string()
}

/// A bit string without its count of unused bits.
fn bit_string(field: &Field) -> String {
    bytes(field).iter().skip(1).map(|byte| format!("{byte:02x}")).collect()
}

/// The values of fields behind a header with this tag, in layers of these names.
fn tagged(layers: &[&Layer], names: &[&str], tag: u8, write: fn(&Field) -> String) -> Vec<String> {
    let within = layers.iter().filter(|layer| names.contains(&layer.name.as_ref()));
    let mut all = Vec::new();
    for fields in within.map(|layer| layer.fields()) {
        for pair in fields.windows(2) {
            if let [header, value] = pair
                && header.name == "tag and length"
                && value.name != "tag and length"
                && value.name != "critical"
                && bytes(header).first() == Some(&tag)
            {
                all.push(write(value));
            }
        }
    }
    all
}

/// tshark writes moments so.
fn moments(layers: &[&Layer]) -> Vec<String> {
    let write = |field: &Field| {
        let seconds = i64::try_from(field.number().unwrap_or_default()).unwrap_or_default();
        let moment = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
        let (date, (hour, minute, second)) = (moment.date(), moment.time().as_hms());
        format!("{date} {hour:02}:{minute:02}:{second:02} (UTC)")
    };
    let validity = (Protocol::X509, "validity");
    [
        values(layers, validity, "notBefore", write),
        values(layers, validity, "notAfter", write),
    ]
    .concat()
}

fn critical(layer: &Layer) -> Option<String> {
    let field = (layer.protocol == Protocol::X509)
        .then(|| layer.field("critical"))
        .flatten();
    field.map(is_true)
}

fn addresses(layers: &[&Layer], length: usize) -> Vec<String> {
    let all = tagged(layers, &["subjectAltName"], 0x87, run_together);
    let fitting = all.into_iter().filter(|address| address.len() == 2 * length);
    fitting.map(|address| in_words(&address)).collect()
}

/// An address in hexadecimal, as people write it.
fn in_words(address: &str) -> String {
    let number = u128::from_str_radix(address, 16).unwrap_or_default();
    match u32::try_from(number) {
        Ok(number) if address.len() == 8 => std::net::Ipv4Addr::from(number).to_string(),
        _ => std::net::Ipv6Addr::from(number).to_string(),
    }
}

/// RFC 5280 §4.2.1.12 gives these names to these numbers.
fn purposes(layers: &[&Layer]) -> Vec<String> {
    let write = |field: &Field| match plain(field).as_str() {
        "serverAuth" => String::from("1.3.6.1.5.5.7.3.1"),
        "clientAuth" => String::from("1.3.6.1.5.5.7.3.2"),
        other => other.to_owned(),
    };
    let names = tagged(layers, &["extKeyUsage"], 0x06, write);
    names.into_iter().filter(|name| name != "extKeyUsage").collect()
}

/// One bit of the first byte of key usages (RFC 5280 §4.2.1.3).
fn usage(layers: &[&Layer], bit: u8) -> Vec<String> {
    let all = tagged(layers, &["keyUsage"], 0x03, run_together);
    let bytes = all
        .iter()
        .filter_map(|usage| u8::from_str_radix(usage.get(2..4)?, 16).ok());
    bytes.map(|byte| u8::from(byte & bit != 0).to_string()).collect()
}
