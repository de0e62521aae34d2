//! Handshake messages, field by field (RFC 8446 §4).

use nihao_protocol::tls::messages::RETRY_RANDOM;
use nihao_protocol::tls::names::{ExtensionType, HandshakeType};

use super::certificate;
use super::extension::{self, Place};
use super::numbers;
use crate::decode::fields::{Fields, Stop, big_endian};
use crate::event::{Note, Protocol};
use crate::texts;

/// What was found out about a message beside its own bytes.
#[derive(Debug, Clone, Default)]
pub(super) struct Checked {
    /// Whether its signature or keyed hash is right; nothing where that could not be checked.
    pub(super) is_right: Option<bool>,
    /// Whether it answers a HelloRetryRequest.
    pub(super) is_second: bool,
    /// Whether the server picked a version before TLS 1.3.
    pub(super) is_old: bool,
    /// The keys that signed the certificates in it, as far as they are known.
    pub(super) issuers: Vec<Option<Vec<u8>>>,
}

/// The name of the message that begins so.
pub(super) fn name(kind: u8) -> &'static str {
    numbers::message(u64::from(kind)).unwrap_or("handshake message")
}

/// Whether a ServerHello picks a version before TLS 1.3: then it has no supported_versions (RFC 8446 §4.2.1).
pub(super) fn is_old(message: &[u8]) -> bool {
    let Some((HandshakeType::SERVER_HELLO, body)) =
        message.split_first().map(|(kind, body)| (HandshakeType(*kind), body))
    else {
        return false;
    };
    // Length, version and random; then a session id, a suite and a compression method.
    let session = body.get(3 + 2 + 32..).and_then(<[u8]>::split_first);
    let Some(after) = session.and_then(|(length, rest)| rest.get(usize::from(*length) + 3..)) else {
        return false;
    };
    let mut extensions = after.get(2..).unwrap_or_default();
    while let [a, b, c, d, rest @ ..] = extensions {
        if ExtensionType(u16::from_be_bytes([*a, *b])) == ExtensionType::SUPPORTED_VERSIONS {
            return false;
        }
        extensions = rest
            .get(usize::from(u16::from_be_bytes([*c, *d]))..)
            .unwrap_or_default();
    }
    true
}

/// Reads a whole message.
pub(super) fn message(fields: &mut Fields<'_>, checked: &Checked) -> Result<(), Stop> {
    let kind = fields.named("message type", 1, numbers::message)?;
    fields.explain(&texts::TLS_MESSAGE);
    fields.number("message length", 3)?;
    match kind {
        1 => client_hello(fields, checked),
        2 if checked.is_old => old_server_hello(fields),
        2 => server_hello(fields),
        _ if checked.is_old => {
            fields.why(&texts::TLS_OLD_VERSION);
            fields.opaque("body");
            Ok(())
        }
        4 => new_session_ticket(fields),
        5 => {
            fields.why(&texts::TLS_END_OF_EARLY_DATA);
            Ok(())
        }
        8 => {
            fields.why(&texts::TLS_ENCRYPTED_EXTENSIONS);
            extension::extensions(fields, Place::EncryptedExtensions)
        }
        11 => certificate::certificate(fields, &checked.issuers),
        13 => certificate::request(fields),
        15 => certificate::verify(fields, checked.is_right),
        20 => finished(fields, checked.is_right),
        24 => key_update(fields),
        _ => {
            fields.opaque("body");
            fields.explain(&texts::UNKNOWN_KIND);
            Ok(())
        }
    }
}

fn client_hello(fields: &mut Fields<'_>, checked: &Checked) -> Result<(), Stop> {
    fields.why(&texts::TLS_CLIENT_HELLO);
    if checked.is_second {
        fields.why(&texts::TLS_SECOND_CLIENT_HELLO);
    } else {
        fields.why(&texts::TLS_AFTER_TCP);
    }
    fields.named("legacy_version", 2, numbers::version)?;
    fields.explain(&texts::TLS_LEGACY_VERSION);
    fields.bytes("random", 32)?;
    fields.explain(&texts::TLS_RANDOM);
    session_id(fields, "legacy_session_id")?;
    let length = fields.number("cipher suites length", 2)?;
    let read = |suites: &mut Fields<'_>| {
        suites.why(&texts::TLS_SUITES);
        while suites.left() > 0 {
            suites.named("cipher suite", 2, numbers::suite)?;
        }
        Ok(())
    };
    fields.layer(
        (Protocol::Tls, "cipher_suites"),
        usize::try_from(length).unwrap_or(usize::MAX),
        read,
    );
    let length = usize::try_from(fields.number("compression methods length", 1)?).unwrap_or_default();
    let methods = fields.bytes("legacy_compression_methods", length)?;
    if methods == [0] {
        fields.explain(&texts::TLS_COMPRESSION);
    }
    if fields.left() == 0 {
        return Ok(());
    }
    extension::extensions(fields, Place::ClientHello)
}

fn session_id(fields: &mut Fields<'_>, name: &'static str) -> Result<(), Stop> {
    let length = usize::try_from(fields.number("session id length", 1)?).unwrap_or_default();
    if length > 32 {
        fields.explain(&texts::BAD_VALUE);
    }
    if length > 0 {
        fields.bytes(name, length)?;
        fields.explain(&texts::TLS_SESSION_ID);
    }
    Ok(())
}

/// A ServerHello of TLS 1.2 or older (RFC 5246 §7.4.1.3), which may end before its extensions.
fn old_server_hello(fields: &mut Fields<'_>) -> Result<(), Stop> {
    fields.why(&texts::TLS_OLD_VERSION);
    let version = fields.named("server_version", 2, numbers::version)?;
    let random = fields.bytes("random", 32)?;
    if is_downgrade(random) {
        fields.explain(&texts::TLS_DOWNGRADE);
    }
    let length = usize::try_from(fields.number("session id length", 1)?).unwrap_or_default();
    fields.bytes("session_id", length)?;
    let suite = fields.named("cipher suite", 2, numbers::suite)?;
    let names = [numbers::version(version), numbers::suite(suite)];
    fields.what(names.into_iter().flatten().collect::<Vec<_>>().join(", "));
    fields.number("compression_method", 1)?;
    match fields.left() {
        0 => Ok(()),
        _ => extension::extensions(fields, Place::ServerHello),
    }
}

/// RFC 8446 §4.1.3: "DOWNGRD" and a byte at the end say what the server could have done.
fn is_downgrade(random: &[u8]) -> bool {
    random.get(24..31) == Some(b"DOWNGRD")
}

fn server_hello(fields: &mut Fields<'_>) -> Result<(), Stop> {
    fields.named("legacy_version", 2, numbers::version)?;
    fields.explain(&texts::TLS_LEGACY_VERSION);
    let random = fields.bytes("random", 32)?;
    let is_retry = random == RETRY_RANDOM;
    if is_retry {
        fields.explain(&texts::TLS_HELLO_RETRY_REQUEST);
        fields.why(&texts::TLS_HELLO_RETRY_REQUEST);
        fields.what("HelloRetryRequest");
    } else {
        fields.explain(if is_downgrade(random) {
            &texts::TLS_DOWNGRADE
        } else {
            &texts::TLS_RANDOM
        });
        fields.why(&texts::TLS_SERVER_HELLO);
        fields.why(&texts::TLS_KEY_AGREEMENT);
    }
    session_id(fields, "legacy_session_id_echo")?;
    let suite = fields.named("cipher suite", 2, numbers::suite)?;
    fields.explain(&texts::TLS_SUITE);
    if !is_retry && let Some(name) = numbers::suite(suite) {
        fields.what(name);
    }
    let method = fields.number("legacy_compression_method", 1)?;
    fields.explain(match method {
        0 => &texts::TLS_COMPRESSION,
        _ => &texts::BAD_VALUE,
    });
    extension::extensions(
        fields,
        if is_retry {
            Place::RetryRequest
        } else {
            Place::ServerHello
        },
    )
}

fn new_session_ticket(fields: &mut Fields<'_>) -> Result<(), Stop> {
    fields.why(&texts::TLS_NEW_SESSION_TICKET);
    let lifetime = fields.number("ticket_lifetime", 4)?;
    fields.explain(&texts::TLS_TICKET_LIFETIME);
    fields.what(format!("{lifetime} s"));
    fields.number("ticket_age_add", 4)?;
    fields.explain(&texts::TLS_TICKET_AGE_ADD);
    let length = usize::try_from(fields.number("ticket nonce length", 1)?).unwrap_or_default();
    if length > 0 {
        fields.bytes("ticket_nonce", length)?;
        fields.explain(&texts::TLS_TICKET_NONCE);
    }
    let length = usize::try_from(fields.number("ticket length", 2)?).unwrap_or_default();
    fields.bytes("ticket", length)?;
    fields.explain(&texts::TLS_TICKET);
    extension::extensions(fields, Place::Ticket)
}

fn finished(fields: &mut Fields<'_>, is_right: Option<bool>) -> Result<(), Stop> {
    fields.why(&texts::TLS_FINISHED);
    fields.bytes("verify_data", fields.left())?;
    match is_right {
        Some(true) => fields.explain(&texts::TLS_FINISHED_RIGHT),
        Some(false) => fields.explain(&texts::TLS_FINISHED_WRONG),
        None => {}
    }
    Ok(())
}

fn key_update(fields: &mut Fields<'_>) -> Result<(), Stop> {
    fields.why(&texts::TLS_KEY_UPDATE);
    let name = |request| match request {
        0 => Some("update_not_requested"),
        1 => Some("update_requested"),
        _ => None,
    };
    let request = fields.named("request_update", 1, name)?;
    match name(request) {
        Some(name) => fields.what(name),
        None => fields.explain(&texts::BAD_VALUE),
    }
    Ok(())
}

/// Reads an alert (RFC 8446 §6).
pub(super) fn alert(fields: &mut Fields<'_>) -> Result<(), Stop> {
    use nihao_protocol::tls::AlertDescription;
    let name_of = |number: u64| {
        u8::try_from(number)
            .ok()
            .and_then(|number| AlertDescription(number).name())
    };
    fields.named("level", 1, |level| match level {
        1 => Some("warning"),
        2 => Some("fatal"),
        _ => None,
    })?;
    let description = fields.named("description", 1, name_of)?;
    fields.what(name_of(description).map_or_else(|| format!("alert {description}"), str::to_owned));
    fields.why(&texts::TLS_ALERT);
    if description == 0 {
        fields.why(&texts::TLS_CLOSE_NOTIFY);
    }
    Ok(())
}

/// Reads a change_cipher_spec (RFC 8446 §5).
pub(super) fn change_cipher_spec(fields: &mut Fields<'_>) -> Result<(), Stop> {
    fields.why(&texts::TLS_CHANGE_CIPHER_SPEC);
    let value = big_endian(fields.bytes("change_cipher_spec", 1)?);
    if value != 1 {
        fields.note(Note::plain(&texts::BAD_VALUE));
    }
    Ok(())
}
