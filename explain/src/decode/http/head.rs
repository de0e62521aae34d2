//! The head of a message: request line or status line, and fields (RFC 9112 §2–§5).

use crate::decode::fields::{Fields, Stop};
use crate::event::Protocol;
use crate::texts::{self, Text};

/// What a head says about what follows it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    pub(super) body: Body,
    pub(super) is_json: bool,
    /// A request by HEAD.
    pub(super) is_head_request: bool,
    /// A response of 1xx, before the true one.
    pub(super) is_interim: bool,
    /// A response of 101: behind it stands another protocol.
    pub(super) is_switch: bool,
}

/// How the body's end is told (RFC 9112 §6.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Body {
    None,
    Length(usize),
    Chunked,
    ToTheEnd,
}

impl Head {
    /// Reads what matters for the body.
    pub(super) fn of(bytes: &[u8], is_response: bool) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let mut lines = text.split("\r\n");
        let first = lines.next().unwrap_or_default();
        let (mut length, mut is_chunked, mut is_json) = (None, false, false);
        for (name, value) in lines.filter_map(|line| line.split_once(':')) {
            let value = value.trim().to_ascii_lowercase();
            match name.to_ascii_lowercase().as_str() {
                "content-length" => length = value.parse().ok(),
                "transfer-encoding" => is_chunked = value.ends_with("chunked"),
                "content-type" => {
                    let kind = value.split(';').next().unwrap_or_default().trim();
                    is_json = kind == "application/json" || kind.ends_with("+json");
                }
                _ => {}
            }
        }
        let status: u16 = first
            .split(' ')
            .nth(1)
            .and_then(|word| word.parse().ok())
            .unwrap_or_default();
        let is_empty = is_response && (matches!(status, 204 | 304) || (100..200).contains(&status));
        let body = match (is_empty, is_chunked, length) {
            (true, ..) => Body::None,
            (_, true, _) => Body::Chunked,
            (_, _, Some(length)) => Body::Length(length),
            _ if is_response => Body::ToTheEnd,
            _ => Body::None,
        };
        Self {
            body: if body == Body::Length(0) { Body::None } else { body },
            is_json,
            is_head_request: !is_response && first.starts_with("HEAD "),
            is_interim: is_response && (100..200).contains(&status),
            is_switch: is_response && status == 101,
        }
    }
}

/// Reads a whole head.
pub(super) fn head(fields: &mut Fields<'_>, is_response: bool) -> Result<(), Stop> {
    let first = line_length(fields.rest());
    let line = String::from_utf8_lossy(fields.rest().get(..first.saturating_sub(2)).unwrap_or_default()).into_owned();
    fields.what(line);
    if is_response {
        fields
            .layer((Protocol::Http, "status line"), first, status_line)
            .ok_or(Stop)?;
    } else {
        fields.why(&texts::HTTP_THREE_PARTS);
        fields
            .layer((Protocol::Http, "request line"), first, request_line)
            .ok_or(Stop)?;
    }
    while fields.left() > 2 {
        let length = line_length(fields.rest());
        fields.layer((Protocol::Http, "header"), length, header);
    }
    fields.text("end of headers", fields.left())?;
    fields.explain(&texts::HTTP_END_OF_HEADERS);
    Ok(())
}

/// The bytes up to the end of the line, with it.
fn line_length(bytes: &[u8]) -> usize {
    let end = bytes.windows(2).position(|window| window == b"\r\n");
    end.map_or(bytes.len(), |end| end.saturating_add(2))
}

fn request_line(fields: &mut Fields<'_>) -> Result<(), Stop> {
    fields.why(&texts::HTTP_REQUEST_LINE);
    word(fields, "method", &texts::HTTP_METHOD)?;
    word(fields, "target", &texts::HTTP_TARGET)?;
    fields.text("version", fields.left().saturating_sub(2))?;
    end_of_line(fields)
}

fn status_line(fields: &mut Fields<'_>) -> Result<(), Stop> {
    fields.why(&texts::HTTP_STATUS_LINE);
    word(fields, "version", &texts::HTTP_STATUS_LINE)?;
    word(fields, "status", &texts::HTTP_STATUS)?;
    fields.text("reason", fields.left().saturating_sub(2))?;
    end_of_line(fields)
}

/// A word and the space behind it.
fn word(fields: &mut Fields<'_>, name: &'static str, text: &'static Text) -> Result<(), Stop> {
    let Some(length) = fields.rest().iter().position(|byte| *byte == b' ') else {
        fields.opaque("line");
        fields.explain(&texts::HTTP_BAD_LINE);
        return Err(Stop);
    };
    fields.text(name, length)?;
    fields.explain(text);
    fields.text("space", 1)?;
    Ok(())
}

fn end_of_line(fields: &mut Fields<'_>) -> Result<(), Stop> {
    fields.text("end of line", fields.left())?;
    Ok(())
}

fn header(fields: &mut Fields<'_>) -> Result<(), Stop> {
    let Some(length) = fields.rest().iter().position(|byte| *byte == b':') else {
        fields.opaque("line");
        fields.explain(&texts::HTTP_BAD_LINE);
        return Err(Stop);
    };
    let name = fields.text("name", length)?;
    let name = String::from_utf8_lossy(name).to_ascii_lowercase();
    fields.text("colon", 1)?;
    let spaces = fields
        .rest()
        .iter()
        .take_while(|byte| matches!(byte, b' ' | b'\t'))
        .count();
    fields.text("space", spaces)?;
    let value = fields.text("value", fields.left().saturating_sub(2))?;
    fields.explain(purpose(&name));
    let value = String::from_utf8_lossy(value).into_owned();
    fields.what(format!("{name}: {value}"));
    end_of_line(fields)
}

/// What a header field is for; `name` is in small letters.
pub(super) fn purpose(name: &str) -> &'static Text {
    match name {
        ":method" => &texts::HTTP_METHOD,
        ":path" => &texts::HTTP_TARGET,
        ":status" => &texts::HTTP_STATUS,
        ":scheme" => &texts::HTTP2_SCHEME,
        "host" | ":authority" => &texts::HTTP_HOST,
        "content-type" => &texts::HTTP_CONTENT_TYPE,
        "content-length" => &texts::HTTP_CONTENT_LENGTH,
        "transfer-encoding" => &texts::HTTP_TRANSFER_ENCODING,
        "accept" => &texts::HTTP_ACCEPT,
        "accept-language" | "content-language" => &texts::HTTP_LANGUAGE,
        "cache-control" => &texts::HTTP_CACHE_CONTROL,
        "date" => &texts::HTTP_DATE,
        "authorization" => &texts::HTTP_AUTHORIZATION,
        "user-agent" => &texts::HTTP_USER_AGENT,
        "connection" => &texts::HTTP_CONNECTION,
        "cookie" | "set-cookie" => &texts::HTTP_COOKIE,
        "idempotency-key" => &texts::HTTP_IDEMPOTENCY,
        _ => &texts::HTTP_HEADER,
    }
}
