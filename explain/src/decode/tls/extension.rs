//! TLS extensions, field by field (RFC 8446 §4.2 and what it names).

use nihao_protocol::crypto::Group;

use super::agreement;
use super::numbers::{self, is_grease};
use crate::decode::fields::{Fields, Stop};
use crate::decode::x509;
use crate::event::Protocol;
use crate::texts::{self, Text};

/// The message that extensions stand in: some mean something else in each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    ClientHello,
    ServerHello,
    RetryRequest,
    EncryptedExtensions,
    CertificateRequest,
    CertificateEntry,
    Ticket,
}

/// Reads a list of extensions with its length.
pub(super) fn extensions(fields: &mut Fields<'_>, place: Place) -> Result<(), Stop> {
    let length = fields.number("extensions length", 2)?;
    fields.explain(&texts::EXTENSIONS);
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    fields.layer((Protocol::Tls, "extensions"), length, |list| {
        while list.left() > 0 {
            one(list, place)?;
        }
        Ok(())
    });
    Ok(())
}

fn one(list: &mut Fields<'_>, place: Place) -> Result<(), Stop> {
    let (kind, length) = match list.rest() {
        [a, b, c, d, ..] => (u16::from_be_bytes([*a, *b]), u16::from_be_bytes([*c, *d])),
        _ => {
            list.number("extension type", 4)?;
            return Err(Stop);
        }
    };
    let kind = u64::from(kind);
    let name = numbers::extension(kind).unwrap_or("extension");
    list.layer((Protocol::Tls, name), usize::from(length).saturating_add(4), |fields| {
        fields.named("extension type", 2, numbers::extension)?;
        fields.number("extension length", 2)?;
        fields.why(purpose(kind, place));
        body(fields, kind, place)
    });
    Ok(())
}

fn purpose(kind: u64, place: Place) -> &'static Text {
    let answers = !matches!(place, Place::ClientHello | Place::CertificateRequest);
    match kind {
        0 if answers => &texts::EXT_SERVER_NAME_USED,
        0 => &texts::EXT_SERVER_NAME,
        5 => &texts::EXT_STATUS_REQUEST,
        10 => &texts::EXT_SUPPORTED_GROUPS,
        13 | 50 => &texts::EXT_SIGNATURE_ALGORITHMS,
        16 => &texts::EXT_ALPN,
        21 => &texts::EXT_PADDING,
        28 => &texts::EXT_RECORD_SIZE_LIMIT,
        41 if answers => &texts::EXT_PSK_SELECTED,
        41 => &texts::EXT_PRE_SHARED_KEY,
        42 => &texts::EXT_EARLY_DATA,
        43 => &texts::EXT_SUPPORTED_VERSIONS,
        44 => &texts::EXT_COOKIE,
        45 => &texts::EXT_PSK_MODES,
        47 => &texts::EXT_CERTIFICATE_AUTHORITIES,
        51 if place == Place::RetryRequest => &texts::EXT_KEY_SHARE_ASKED,
        51 => &texts::EXT_KEY_SHARE,
        11 | 22 | 23 | 35 | 0xff01 => &texts::EXT_TLS12,
        _ if is_grease(kind) => &texts::EXT_GREASE,
        _ => &texts::EXT_OTHER,
    }
}

fn body(fields: &mut Fields<'_>, kind: u64, place: Place) -> Result<(), Stop> {
    match (kind, place) {
        (0, Place::ClientHello) => server_name(fields),
        (10, _) => list(fields, 2, "group", numbers::group),
        (13 | 50, _) => list(fields, 2, "signature scheme", numbers::scheme),
        (16, _) => protocols(fields),
        (21, _) => fields.bytes("padding", fields.left()).map(|_| ()),
        (28, _) => fields
            .number("record size limit", 2)
            .map(|limit| fields.what(format!("{limit} bytes"))),
        (41, Place::ClientHello) => offered_psks(fields),
        (41, _) => fields.number("selected_identity", 2).map(|_| ()),
        (42, Place::Ticket) => fields.number("max_early_data_size", 4).map(|_| ()),
        (43, Place::ClientHello) => list(fields, 1, "version", numbers::version),
        (43, _) => selected(fields, "selected version", numbers::version),
        (44, _) => fields.bytes_vector("cookie", 2).map(|_| ()),
        (45, _) => psk_modes(fields),
        (47, _) => authorities(fields),
        (51, Place::ClientHello) => client_shares(fields),
        (51, Place::RetryRequest) => selected(fields, "selected group", numbers::group),
        (51, _) => share(fields, place),
        _ => {
            if fields.left() > 0 {
                fields.bytes("extension data", fields.left())?;
            }
            Ok(())
        }
    }
}

fn selected(
    fields: &mut Fields<'_>,
    name: &'static str,
    name_of: impl Fn(u64) -> Option<&'static str>,
) -> Result<(), Stop> {
    let number = fields.named(name, 2, &name_of)?;
    if let Some(name) = name_of(number) {
        fields.what(name);
    }
    Ok(())
}

fn list(
    fields: &mut Fields<'_>,
    width: usize,
    name: &'static str,
    name_of: impl Fn(u64) -> Option<&'static str>,
) -> Result<(), Stop> {
    let length = fields.number("list length", width)?;
    if usize::try_from(length) != Ok(fields.left()) {
        fields.explain(&texts::BAD_VALUE);
    }
    let mut names = Vec::new();
    while fields.left() > 0 {
        let number = fields.named(name, 2, &name_of)?;
        names.push(name_of(number).map_or_else(|| format!("{number:#06x}"), str::to_owned));
    }
    fields.what(names.join(", "));
    Ok(())
}

fn server_name(fields: &mut Fields<'_>) -> Result<(), Stop> {
    fields.number("list length", 2)?;
    while fields.left() > 0 {
        let kind = fields.named("name type", 1, |kind| (kind == 0).then_some("host_name"))?;
        let length = usize::try_from(fields.number("name length", 2)?).unwrap_or_default();
        let name = fields.text("host name", length)?;
        if kind == 0 {
            fields.what(String::from_utf8_lossy(name));
        }
    }
    Ok(())
}

fn protocols(fields: &mut Fields<'_>) -> Result<(), Stop> {
    fields.number("list length", 2)?;
    let mut names = Vec::new();
    while fields.left() > 0 {
        let length = usize::try_from(fields.number("protocol name length", 1)?).unwrap_or_default();
        let name = fields.text("protocol name", length)?;
        names.push(String::from_utf8_lossy(name).into_owned());
    }
    fields.what(names.join(", "));
    Ok(())
}

fn psk_modes(fields: &mut Fields<'_>) -> Result<(), Stop> {
    fields.number("list length", 1)?;
    while fields.left() > 0 {
        fields.named("key exchange mode", 1, |mode| match mode {
            0 => Some("psk_ke"),
            1 => Some("psk_dhe_ke"),
            _ => None,
        })?;
    }
    Ok(())
}

fn client_shares(fields: &mut Fields<'_>) -> Result<(), Stop> {
    fields.number("list length", 2)?;
    let mut names = Vec::new();
    while let [a, b, c, d, ..] = fields.rest() {
        let length = usize::from(u16::from_be_bytes([*c, *d])).saturating_add(4);
        names.push(group_name(u16::from_be_bytes([*a, *b])));
        fields.layer((Protocol::Tls, "share"), length, |fields| {
            share(fields, Place::ClientHello)
        });
    }
    fields.what(names.join(", "));
    Ok(())
}

fn group_name(number: u16) -> String {
    numbers::group(u64::from(number)).map_or_else(|| format!("{number:#06x}"), str::to_owned)
}

fn share(fields: &mut Fields<'_>, place: Place) -> Result<(), Stop> {
    let group = fields.named("group", 2, numbers::group)?;
    fields.what(group_name(u16::try_from(group).unwrap_or_default()));
    let length = usize::try_from(fields.number("key exchange length", 2)?).unwrap_or_default();
    let of_client = place == Place::ClientHello;
    let halves = agreement::HYBRID.map(|half| if of_client { half.client } else { half.server });
    if group == HYBRID && halves.iter().map(|(_, length)| length).sum::<usize>() == length {
        for (name, length) in halves {
            fields.bytes(name, length)?;
            fields.explain(&texts::EXT_KEY_SHARE_HALF);
        }
        return Ok(());
    }
    fields.bytes("key_exchange", length)?;
    Ok(())
}

/// X25519MLKEM768.
const HYBRID: u64 = Group::X25519MLKEM768.0 as u64;

fn offered_psks(fields: &mut Fields<'_>) -> Result<(), Stop> {
    let length = fields.number("identities length", 2)?;
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    fields.layer((Protocol::Tls, "identities"), length, |list| {
        while list.left() > 0 {
            let length = usize::try_from(list.number("identity length", 2)?).unwrap_or_default();
            list.bytes("identity", length)?;
            list.explain(&texts::TLS_TICKET);
            list.number("obfuscated_ticket_age", 4)?;
            list.explain(&texts::EXT_PSK_AGE);
        }
        Ok(())
    });
    fields.number("binders length", 2)?;
    while fields.left() > 0 {
        let length = usize::try_from(fields.number("binder length", 1)?).unwrap_or_default();
        fields.bytes("binder", length)?;
        fields.explain(&texts::EXT_PSK_BINDER);
    }
    Ok(())
}

fn authorities(fields: &mut Fields<'_>) -> Result<(), Stop> {
    fields.number("list length", 2)?;
    while fields.left() > 0 {
        let length = fields.number("name length", 2)?;
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        fields.layer((Protocol::X509, "distinguished name"), length, |name| {
            x509::any(name, "name")
        });
    }
    Ok(())
}
