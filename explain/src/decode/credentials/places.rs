//! Where credentials stand by their names: headers, parameters, paths, members, native fields.

use std::ops::Range;

use super::coded::{self, is_coded, is_header};
use crate::decode::http::CUT_PAYLOAD;
use crate::event::{Account, Field, Layer, Part, Protocol, Space, Span, Value};

/// What is in the name of a header, parameter or member that lets somebody in.
const NAMES: [&str; 9] = [
    "token",
    "passw",
    "passphrase",
    "secret",
    "apikey",
    "api_key",
    "api-key",
    "credential",
    "jwt",
];
/// The same, of parameters of URLs alone: elsewhere these are ordinary words.
const PARAMETERS: [&str; 6] = ["key", "code", "sig", "signature", "auth", "session"];
/// Whoever has the rest of such a path may post.
const WEBHOOK: &[u8] = b"/v1/hooks/";
/// Fields of native frames that let somebody in: an invite's code and line, a token.
const NATIVE: [&str; 4] = ["code", "proof", "secret", "line"];

/// Every place of an account where a credential stands by its name.
pub(super) fn places(account: &Account) -> Vec<Span> {
    let mut spans = Vec::new();
    for (index, derived) in account.derived.iter().enumerate() {
        let space = Space::Derived(index);
        for layer in derived.layer.layers() {
            let found = of_layer(layer, &derived.bytes);
            spans.extend(found.into_iter().map(|range| Span { space, range }));
        }
    }
    spans
}

fn of_layer(layer: &Layer, bytes: &[u8]) -> Vec<Range<usize>> {
    let of = |field: &Field| bytes.get(field.range.clone()).unwrap_or_default();
    let shifted = |field: &Field, ranges: Vec<Range<usize>>| {
        let start = field.range.start;
        ranges
            .into_iter()
            .map(move |range| start + range.start..start + range.end)
            .collect()
    };
    let fields = layer.parts.iter().filter_map(|part| match part {
        Part::Field(field) => Some(field),
        Part::Layer(_) => None,
    });
    match (layer.protocol, layer.name.as_ref()) {
        (Protocol::Http, "header") => match (layer.field("name"), layer.field("value")) {
            (Some(name), Some(value)) => {
                let name = String::from_utf8_lossy(of(name)).to_ascii_lowercase();
                shifted(value, header_secrets(&name, of(value)))
            }
            _ => Vec::new(),
        },
        (Protocol::Http, "request line") => match layer.field("target") {
            Some(target) => shifted(target, target_secrets(of(target))),
            None => Vec::new(),
        },
        // What could not be read may hold anything.
        (Protocol::Http, "frame" | "header block") => unread(fields),
        _ if is_header(layer) => {
            let value = layer.field("value").filter(|_| !is_coded(layer, "value length"));
            let secrets = |value| shifted(value, header_secrets(&coded::name(layer, bytes), of(value)));
            let mut found = value.map(secrets).unwrap_or_default();
            found.extend(unread(fields));
            found
        }
        (Protocol::Tls, _) => fields
            .filter(|field| field.name == CUT_PAYLOAD)
            .map(|field| field.range.clone())
            .collect(),
        (Protocol::Json, _) => fields.flat_map(|field| member(field, of(field))).collect(),
        (Protocol::Native, _) => fields
            .filter(|field| NATIVE.contains(&field.name.as_ref()) && !matches!(field.value, Value::Named(..)))
            .map(|field| field.range.clone())
            .collect(),
        _ => Vec::new(),
    }
}

/// Bytes of headers that were not told, or that are told where their last piece came.
fn unread<'a>(fields: impl Iterator<Item = &'a Field>) -> Vec<Range<usize>> {
    let opaque = fields.filter(|field| matches!(field.value, Value::Opaque(_)) && field.becomes.is_none());
    let opaque = opaque.filter(|field| field.name != "payload");
    opaque.map(|field| field.range.clone()).collect()
}

/// A member's string without its quotes, where its name says so; else what a URL in it holds.
fn member(field: &Field, bytes: &[u8]) -> Vec<Range<usize>> {
    if !matches!(field.value, Value::Text(_)) || bytes.len() < 2 || bytes.first() != Some(&b'"') || field.name == "key"
    {
        return Vec::new();
    }
    let inside = field.range.start + 1..field.range.end - 1;
    if is_named(&field.name, &NAMES) {
        return vec![inside];
    }
    let url = bytes.get(1..bytes.len() - 1).unwrap_or_default();
    let found = target_secrets(url).into_iter();
    found
        .map(|range| inside.start + range.start..inside.start + range.end)
        .collect()
}

/// Which bytes of a header's value let somebody in. `name` is in small letters.
pub(crate) fn header_secrets(name: &str, value: &[u8]) -> Vec<Range<usize>> {
    let at = |wanted: u8| value.iter().position(|byte| *byte == wanted);
    let whole = |start: usize, end: usize| Vec::from_iter((start < end).then_some(start..end));
    match name {
        // The scheme may be told.
        "authorization" | "proxy-authorization" => whole(at(b' ').map_or(0, |space| space + 1), value.len()),
        "cookie" => values(value),
        // So may a cookie's name and attributes.
        "set-cookie" => whole(at(b'=').map_or(0, |sign| sign + 1), at(b';').unwrap_or(value.len())),
        _ if is_named(name, &NAMES) => whole(0, value.len()),
        _ => target_secrets(value),
    }
}

/// What stands behind the names of cookies.
fn values(cookies: &[u8]) -> Vec<Range<usize>> {
    let mut at = 0;
    let mut found = Vec::new();
    for pair in cookies.split(|byte| *byte == b';') {
        let start = pair.iter().position(|byte| *byte == b'=').map_or(0, |sign| sign + 1);
        found.extend((start < pair.len()).then_some(at + start..at + pair.len()));
        at += pair.len() + 1;
    }
    found
}

/// Which bytes of a URL, or of what may hold one, let somebody in.
pub(crate) fn target_secrets(target: &[u8]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let find = |wanted: &[u8]| target.windows(wanted.len()).position(|window| window == wanted);
    if let Some(start) = find(WEBHOOK).map(|at| at + WEBHOOK.len()) {
        let rest = target.get(start..).unwrap_or_default();
        let length = rest
            .iter()
            .position(|byte| b"?# \"<>,;".contains(byte))
            .unwrap_or(rest.len());
        found.extend((length > 0).then_some(start..start + length));
    }
    // RFC 3986 §3.2.1: what stands before the @ of an authority.
    if let Some(start) = find(b"://").map(|at| at + 3) {
        let rest = target.get(start..).unwrap_or_default();
        let authority = rest
            .iter()
            .position(|byte| b"/?# \"".contains(byte))
            .unwrap_or(rest.len());
        let user = rest
            .get(..authority)
            .and_then(|part| part.iter().rposition(|byte| *byte == b'@'));
        found.extend(user.map(|length| start..start + length));
    }
    let Some(query) = target.iter().position(|byte| *byte == b'?' || *byte == b'#') else {
        return found;
    };
    let mut at = query + 1;
    for pair in target.get(at..).unwrap_or_default().split(|byte| b"&;#".contains(byte)) {
        if let Some(sign) = pair.iter().position(|byte| *byte == b'=') {
            let name = String::from_utf8_lossy(pair.get(..sign).unwrap_or_default()).to_ascii_lowercase();
            let end = pair
                .iter()
                .position(|byte| b" \"<>,".contains(byte))
                .unwrap_or(pair.len());
            let value = at + sign + 1..at + end.max(sign + 1);
            if !value.is_empty() && (is_named(&name, &NAMES) || PARAMETERS.iter().any(|known| name.contains(known))) {
                found.push(value);
            }
        }
        at += pair.len() + 1;
    }
    found
}

fn is_named(name: &str, names: &[&str]) -> bool {
    let name = name.to_ascii_lowercase();
    names.iter().any(|known| name.contains(known))
}
