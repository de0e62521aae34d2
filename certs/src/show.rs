//! Certificates, requests, revocation lists and keys in human words; of a private key only the public half.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use nihao_protocol::clock::UnixTime;
use nihao_protocol::crypto::{HashAlgorithm, SigningKey};
use nihao_protocol::x509::der::{Der, tag};
use nihao_protocol::x509::{
    Certificate, DerError, Extension, GeneralName, Meaning, PemBlock, PemError, PemKind, encode_pem,
};

use crate::key::{KeyAlgorithm, PublicKey};
use crate::request::SigningRequest;
use crate::revocation_list::RevocationList;
use crate::when;

/// A file could not be shown.
#[derive(Debug, thiserror::Error)]
pub enum ShowError {
    /// Neither PEM nor DER of a kind known here.
    #[error("it is neither PEM ({0}) nor a DER certificate, request or revocation list")]
    Unknown(PemError),
    /// A block is not what it says it is.
    #[error("block {number} says it is a {kind:?}, but {reason}")]
    Damaged {
        /// Which block, from 1.
        number: usize,
        /// What it says.
        kind: PemKind,
        /// What is wrong.
        reason: String,
    },
}

/// Describes everything in a PEM file, or a DER file's one thing, as seen at `now`.
///
/// # Errors
/// [`ShowError`] where the bytes are not understood.
pub fn describe(bytes: &[u8], now: UnixTime) -> Result<String, ShowError> {
    let blocks = match PemBlock::read_all(bytes) {
        Ok(blocks) => blocks,
        Err(error @ PemError::Damaged(number)) => {
            return Err(ShowError::Damaged {
                number,
                kind: PemKind::Other,
                reason: error.to_string(),
            });
        }
        Err(error) => vec![guess_der(bytes).ok_or(ShowError::Unknown(error))?],
    };
    let mut text = String::new();
    for (index, block) in blocks.iter().enumerate() {
        let number = index + 1;
        let described = one(block, now).map_err(|reason| ShowError::Damaged {
            number,
            kind: block.kind,
            reason,
        })?;
        let gap = if index == 0 { "" } else { "\n" };
        let count = if blocks.len() == 1 {
            String::new()
        } else {
            format!("{number}. ")
        };
        let _ = write!(text, "{gap}{count}{described}");
    }
    Ok(text)
}

fn guess_der(bytes: &[u8]) -> Option<PemBlock> {
    let kind = if Certificate::parse(bytes).is_ok() {
        PemKind::Certificate
    } else if RevocationList::read(bytes).is_ok() {
        PemKind::RevocationList
    } else if SigningRequest::read(bytes).is_ok() {
        PemKind::Request
    } else {
        return None;
    };
    Some(PemBlock {
        kind,
        der: bytes.to_vec(),
    })
}

fn one(block: &PemBlock, now: UnixTime) -> Result<String, String> {
    let text = |error: DerError| error.to_string();
    match block.kind {
        PemKind::Certificate => Certificate::parse(&block.der)
            .and_then(|view| certificate(&view, &block.der, now))
            .map_err(text),
        PemKind::RevocationList => RevocationList::read(&block.der)
            .and_then(|view| revocation_list(&view, now))
            .map_err(text),
        PemKind::Request => match SigningRequest::read(&block.der) {
            Ok(signing_request) => Ok(request(&signing_request)),
            Err(error) => Err(error.to_string()),
        },
        PemKind::PublicKey => {
            let mut lines = Lines::titled("public key");
            key_lines(&mut lines, &block.der);
            Ok(lines.0)
        }
        PemKind::PrivateKey => Ok(private_key(&block.der)),
        PemKind::Other => Ok(Lines::titled(&format!("something else, {} bytes", block.der.len())).0),
    }
}

fn certificate(view: &Certificate<'_>, der: &[u8], now: UnixTime) -> Result<String, DerError> {
    let is_own = view.subject == view.issuer;
    let mut lines = Lines::titled(if view.is_authority()? {
        "certificate of an authority"
    } else {
        "certificate"
    });
    lines.put("for", &view.subject.to_string());
    lines.put(
        "issued by",
        &if is_own {
            "itself".to_owned()
        } else {
            view.issuer.to_string()
        },
    );
    lines.put(
        "valid from",
        &moment(view.not_before, now, now < view.not_before, "NOT VALID YET"),
    );
    lines.put(
        "valid until",
        &moment(view.not_after, now, now > view.not_after, "EXPIRED"),
    );
    for extension in &view.extensions {
        extension_line(&mut lines, extension)?;
    }
    key_lines(&mut lines, view.public_key_info);
    lines.put("signed with", &view.signature_algorithm.to_string());
    lines.put("serial", &colons(view.serial));
    lines.put(
        "fingerprint",
        &format!("SHA-256 {}", colons(HashAlgorithm::Sha256.hash(der).as_bytes())),
    );
    Ok(lines.0)
}

fn request(signing_request: &SigningRequest) -> String {
    let mut lines = Lines::titled("signing request; its signature proves that the asker has the key");
    lines.put("for", &signing_request.subject().to_string());
    key_lines(&mut lines, &signing_request.public_key().spki());
    lines.0
}

fn revocation_list(view: &RevocationList<'_>, now: UnixTime) -> Result<String, DerError> {
    let mut lines = Lines::titled("revocation list");
    lines.put("issued by", &view.issuer.to_string());
    lines.put(
        "made",
        &moment(view.this_update, now, now < view.this_update, "NOT VALID YET"),
    );
    match view.next_update {
        Some(next) => lines.put("next one by", &moment(next, now, now > next, "EXPIRED")),
        None => lines.put("next one by", "(not said)"),
    }
    for extension in &view.extensions {
        extension_line(&mut lines, extension)?;
    }
    if view.revoked.is_empty() {
        lines.put("revoked", "none");
    }
    for &(serial, at) in &view.revoked {
        lines.put("revoked", &format!("{}, {}", colons(serial), when::describe(at, now)));
    }
    lines.put("signed with", &view.signature_algorithm.to_string());
    Ok(lines.0)
}

fn private_key(der: &[u8]) -> String {
    let mut lines = Lines::titled("private key; nothing of the private half is shown");
    let text = zeroize::Zeroizing::new(encode_pem(PemKind::PrivateKey, der));
    match SigningKey::from_pkcs8_pem(&text) {
        Ok(key) => key_lines(&mut lines, &PublicKey::of(&key).spki()),
        Err(_) => lines.put(
            "key",
            "of a kind that is not used here (only PKCS#8 Ed25519 and P-256 are)",
        ),
    }
    lines.0
}

fn extension_line(lines: &mut Lines, extension: &Extension<'_>) -> Result<(), DerError> {
    let Extension { oid, critical, value } = extension;
    match extension.meaning()? {
        Meaning::BasicConstraints {
            is_authority,
            path_length,
        } => lines.put("authority", &authority(is_authority, path_length)),
        Meaning::KeyUsage(usage) => lines.put("key may", &list(usage.names().map(key_usage))),
        Meaning::ExtendedKeyUsage(purposes) => {
            lines.put("used as", &list(purposes.iter().map(|oid| purpose(&oid.to_string()))))
        }
        Meaning::SubjectNames(names) => lines.put("names", &list(names)),
        Meaning::NameConstraints { permitted, excluded } => constraint_lines(lines, *critical, permitted, excluded),
        Meaning::ListNumber(number) => lines.put("number", &colons(number)),
        Meaning::SubjectKey(_) | Meaning::AuthorityKey(_) => {}
        Meaning::Other => {
            let critical = if *critical { "critical, " } else { "" };
            lines.put("also", &format!("extension {oid} ({critical}{} bytes)", value.len()));
        }
    }
    Ok(())
}

fn authority(is_authority: bool, path_length: Option<u64>) -> String {
    match (is_authority, path_length) {
        (false, _) => "no, it may not sign certificates".into(),
        (true, None) => "yes, it may sign certificates and authorities".into(),
        (true, Some(0)) => "yes, it may sign certificates, but no further authorities".into(),
        (true, Some(count)) => format!("yes, with at most {count} authorities in a row below it"),
    }
}

fn constraint_lines(
    lines: &mut Lines,
    critical: bool,
    permitted: Vec<GeneralName<'_>>,
    excluded: Vec<GeneralName<'_>>,
) {
    let force = if critical {
        ""
    } else {
        " (not critical: old programs may overlook it)"
    };
    for (label, names) in [("signs only for", permitted), ("never signs for", excluded)] {
        if !names.is_empty() {
            lines.put(label, &format!("{}{force}", list(names)));
        }
    }
}

fn list(names: impl IntoIterator<Item: ToString>) -> String {
    let names: Vec<_> = names.into_iter().map(|name| name.to_string()).collect();
    names.join(", ")
}

fn key_lines(lines: &mut Lines, spki: &[u8]) {
    match PublicKey::from_spki(spki) {
        Ok(key) if key.algorithm() == KeyAlgorithm::Ed25519 => {
            let bits = BASE64_URL_SAFE_NO_PAD.encode(key.bits());
            lines.put("key", &format!("Ed25519, {bits} (as after ca= in an invite)"));
        }
        Ok(_) => lines.put("key", "P-256 (ECDSA)"),
        Err(_) => lines.put("key", &other_key(spki).unwrap_or_else(|_| "damaged".into())),
    }
    let pin = BASE64_STANDARD.encode(HashAlgorithm::Sha256.hash(spki).as_bytes());
    lines.put("key pin", &format!("sha256//{pin} (as curl --pinnedpubkey takes it)"));
}

fn other_key(spki: &[u8]) -> Result<String, DerError> {
    let mut fields = Der::new(spki).inside(tag::SEQUENCE)?;
    let mut algorithm = fields.inside(tag::SEQUENCE)?;
    let kind = algorithm.oid()?;
    let bits = fields.bit_string()?;
    let curve = algorithm.oid().map(|curve| format!(" on {curve}")).unwrap_or_default();
    Ok(format!("{kind}{curve}, {} bytes", bits.len()))
}

fn moment(at: UnixTime, now: UnixTime, is_bad: bool, complaint: &str) -> String {
    let told = when::describe(at, now);
    if is_bad { format!("{told} -- {complaint}") } else { told }
}

fn key_usage(name: &str) -> String {
    match name {
        "digitalSignature" => "sign handshakes (digitalSignature)".into(),
        "keyCertSign" => "sign certificates (keyCertSign)".into(),
        "cRLSign" => "sign revocation lists (cRLSign)".into(),
        other => other.into(),
    }
}

fn purpose(name: &str) -> String {
    match name {
        "serverAuth" => "TLS server (serverAuth)".into(),
        "clientAuth" => "TLS client (clientAuth)".into(),
        other => other.into(),
    }
}

fn colons(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect::<Vec<_>>()
        .join(":")
}

struct Lines(String);

impl Lines {
    fn titled(title: &str) -> Self {
        Self(format!("{title}\n"))
    }

    fn put(&mut self, label: &str, text: &str) {
        let _ = writeln!(self.0, "  {label:<16}{text}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{HostName, ServerAuthority, UserAuthority, Validity};
    use nihao_protocol::crypto::Seeded;

    const NOW: UnixTime = UnixTime::from_seconds(1_800_000_000);

    #[test]
    fn a_leaf_and_its_root_are_told() {
        let mut random = Seeded::new(1, "show");
        let names = [HostName::parse("chat.example.org").unwrap()];
        let root = ServerAuthority::create(KeyAlgorithm::P256, &names, NOW, &mut random).unwrap();
        let key = PublicKey::of(&SigningKey::generate_p256(&mut random).unwrap());
        let leaf = root
            .issue(&names, &key, Validity::of_server_certificate(NOW), &mut random)
            .unwrap();
        let text = describe((leaf.pem() + &root.authority().pem()).as_bytes(), NOW).unwrap();
        for part in [
            "1. certificate\n",
            "CN=chat.example.org",
            "in 89 days",
            "localhost, 127.0.0.1, ::1, chat.example.org",
            "TLS server (serverAuth)",
            "sign handshakes (digitalSignature)",
            "2. certificate of an authority",
            "itself",
            "but no further authorities",
            "signs only for  localhost, 127.0.0.1, ::1, chat.example.org\n",
        ] {
            assert!(text.contains(part), "{part:?} is missing in\n{text}");
        }
        let late = describe(leaf.pem().as_bytes(), NOW.plus_seconds(100 * 86_400)).unwrap();
        assert!(late.contains("EXPIRED") && late.contains("10 days ago"), "{late}");
        assert!(
            describe(&leaf.certificate, NOW).unwrap().starts_with("certificate\n"),
            "DER is taken too"
        );
    }

    #[test]
    fn private_bits_stay_hidden() {
        let key = SigningKey::generate_ed25519(&mut Seeded::new(2, "show")).unwrap();
        let pem = key.to_pkcs8_pem().unwrap();
        let text = describe(pem.as_bytes(), NOW).unwrap();
        assert!(text.contains("private key; nothing of the private half is shown"));
        let secret = pem.lines().nth(1).unwrap();
        assert!(!text.contains(&secret[24..]), "{text}");
    }

    #[test]
    fn lists_and_requests_are_told() {
        let mut random = Seeded::new(3, "show");
        let users = UserAuthority::create(NOW, &mut random).unwrap();
        let revoked = [crate::Revoked {
            serial: vec![0x11, 0x22],
            at: NOW,
        }];
        let list = users
            .authority()
            .revocation_list(&revoked, 7, Validity::days(NOW, 7))
            .unwrap();
        let text = describe(encode_pem(PemKind::RevocationList, &list).as_bytes(), NOW).unwrap();
        assert!(
            text.contains("revoked         11:22, 2027-01-15 08:00:00 UTC (in 0 seconds)"),
            "{text}"
        );
        let request = SigningRequest::create("bob", &SigningKey::generate_p256(&mut random).unwrap()).unwrap();
        assert!(describe(request.pem().as_bytes(), NOW).unwrap().contains("CN=bob"));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        assert!(matches!(describe("您好".as_bytes(), NOW), Err(ShowError::Unknown(_))));
        let false_label = encode_pem(PemKind::Certificate, "您好".as_bytes());
        assert!(matches!(
            describe(false_label.as_bytes(), NOW),
            Err(ShowError::Damaged { number: 1, .. })
        ));
    }
}
