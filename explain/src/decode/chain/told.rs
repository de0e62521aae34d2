//! What checks say they expected and saw: names, dates, hashes and keys, in no language.

use nihao_protocol::clock::UnixTime;
use nihao_protocol::crypto::HashAlgorithm;
use nihao_protocol::x509::{Certificate, Oid, Signed};

/// The most roots that are named one by one.
const ROOTS: usize = 3;
/// The bytes of a key by which two are told apart by eye.
const KEY: usize = 8;

/// `2026-01-01T00:00:00Z`.
pub(super) fn moment(time: UnixTime) -> String {
    let seconds = i64::try_from(time.seconds()).unwrap_or(i64::MAX);
    jiff::Timestamp::from_second(seconds).map_or_else(|_| format!("1970 + {seconds} s"), |moment| moment.to_string())
}

pub(super) fn list(names: &[String]) -> String {
    match names {
        [] => String::from("-"),
        names => names.join(", "),
    }
}

pub(in crate::decode) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The kind of a public key, and its first bytes.
pub(in crate::decode) fn key(info: &[u8]) -> String {
    use nihao_protocol::x509::der::{Der, DerError, tag};
    let read = || {
        let mut parts = Der::new(info).inside(tag::SEQUENCE)?;
        let mut kind = parts.inside(tag::SEQUENCE)?;
        let algorithm = kind.oid()?;
        // For elliptic curves it is the curve that says something.
        let kind = kind.oid().unwrap_or(algorithm);
        Ok::<_, DerError>((kind, parts.bit_string()?))
    };
    match read() {
        Ok((kind, bits)) => format!("{kind} {}…", hex(bits.get(..KEY).unwrap_or(bits))),
        Err(_) => String::from("?"),
    }
}

pub(super) fn pin(key: &[u8; 32]) -> String {
    format!("Ed25519 {}…", hex(key.get(..KEY).unwrap_or_default()))
}

pub(super) fn roots(roots: &[Vec<u8>]) -> String {
    let name = |der: &Vec<u8>| {
        let view = Certificate::parse(der);
        view.map_or_else(
            |_| String::from("?"),
            |view| format!("{}, {}", view.subject, key(view.public_key_info)),
        )
    };
    let mut named: Vec<_> = roots.iter().take(ROOTS).map(name).collect();
    let rest = roots.len().saturating_sub(ROOTS);
    if rest > 0 {
        named.push(format!("… + {rest}"));
    }
    match named.is_empty() {
        true => String::from("-"),
        false => named.join("; "),
    }
}

/// Which digest of tbsCertificate is signed by which algorithm; Ed25519 hashes the bytes itself, after a prefix of its own.
pub(super) fn digest(der: &[u8], view: &Certificate<'_>) -> String {
    let Ok(signed) = Signed::parse(der) else {
        return String::from("?");
    };
    let algorithm = view.signature_algorithm;
    let whole = signed.body.whole;
    match hash_of(algorithm) {
        Some((name, hash)) => {
            format!(
                "{algorithm}, {name}(tbsCertificate) {}",
                hex(hash.hash(whole).as_bytes())
            )
        }
        None => format!("{algorithm}, tbsCertificate ({} B)", whole.len()),
    }
}

fn hash_of(algorithm: Oid<'_>) -> Option<(&'static str, HashAlgorithm)> {
    match algorithm.name()? {
        "ECDSA with SHA-256" | "RSA with SHA-256" => Some(("SHA-256", HashAlgorithm::Sha256)),
        "ECDSA with SHA-384" | "RSA with SHA-384" => Some(("SHA-384", HashAlgorithm::Sha384)),
        _ => None,
    }
}

pub(super) fn signature(der: &[u8]) -> String {
    Signed::parse(der).map_or_else(|_| String::from("?"), |signed| hex(signed.signature))
}
