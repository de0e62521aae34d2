//! HTTP/1.1 (RFC 9112) from its two streams: heads, bodies by length or in chunks; and HTTP/2 (RFC 9113), frames and headers.

mod head;
mod hpack;
mod second;

pub(super) use hpack::huffman;
pub(super) use second::{CUT_PAYLOAD, begins_second, second_version};

use super::fields::{Fields, Stop};
use super::json;
use super::spaces::{Spaces, Stream};
use super::tls::{CLIENT, SERVER};
use crate::event::{Note, Protocol, Span};
use crate::texts;
use head::{Body, Head};

/// Methods by which a stream is known to be HTTP.
const METHODS: [&str; 7] = ["GET ", "POST ", "PUT ", "DELETE ", "HEAD ", "OPTIONS ", "PATCH "];

/// Whether a client's stream begins as HTTP does.
pub(super) fn begins_so(stream: &[u8]) -> bool {
    METHODS.iter().any(|method| stream.starts_with(method.as_bytes()))
}

/// Tells requests and responses.
pub(super) fn exchange(streams: [Stream; 2], spaces: &mut Spaces) {
    let (mut requests, mut is_switched) = (Vec::new(), false);
    let mut left = streams;
    for (side, stream) in left.iter_mut().enumerate() {
        let mut heads = 0;
        while let Some(head) = next_head(stream, side, spaces) {
            is_switched |= head.is_switch;
            let head = match side {
                CLIENT => {
                    requests.push(head.is_head_request);
                    head
                }
                _ => answer_to(requests.get(heads).copied().unwrap_or_default(), head),
            };
            heads += usize::from(!head.is_interim);
            if head.is_switch || !body(stream, &head, spaces) {
                break;
            }
        }
    }
    // What the client says in the other protocol is known by the server's answer alone.
    let (name, text) = match is_switched {
        true => ("another protocol", &texts::HTTP_SWITCHED),
        false => ("beginning of a message", &texts::UNFINISHED),
    };
    for stream in &mut left {
        spaces.leave(stream, name, text);
    }
}

/// RFC 9112 §6.3: the answer to HEAD has no body, whatever its head says.
fn answer_to(is_head_request: bool, head: Head) -> Head {
    match is_head_request {
        true => Head {
            body: Body::None,
            ..head
        },
        false => head,
    }
}

/// Tells a head: a line, fields, an empty line.
fn next_head(stream: &mut Stream, side: usize, spaces: &mut Spaces) -> Option<Head> {
    let end = stream.rest().windows(4).position(|window| window == b"\r\n\r\n")?;
    let range = stream.take(end.saturating_add(4));
    let head = Head::of(stream.bytes(range.clone()), side == SERVER);
    let name = if side == CLIENT { "request" } else { "response" };
    let (_, read) = spaces.unit(stream, range, (Protocol::Http, name, "part of a head"), |fields| {
        head::head(fields, side == SERVER)
    });
    read.map(|()| head)
}

/// Tells a body; whether another message may follow.
fn body(stream: &mut Stream, head: &Head, spaces: &mut Spaces) -> bool {
    match head.body {
        Body::None => true,
        Body::Length(length) => {
            if stream.rest().len() < length {
                return false;
            }
            let range = stream.take(length);
            let is_json = head.is_json;
            spaces.unit(stream, range, (Protocol::Http, "body", "part of a body"), |fields| {
                contents(fields, is_json)
            });
            true
        }
        Body::Chunked => chunks(stream, head.is_json, spaces),
        Body::ToTheEnd => {
            let range = stream.take(stream.rest().len());
            let is_json = head.is_json;
            if !range.is_empty() {
                spaces.unit(stream, range, (Protocol::Http, "body", "part of a body"), |fields| {
                    contents(fields, is_json)
                });
            }
            false
        }
    }
}

fn contents(fields: &mut Fields<'_>, is_json: bool) -> Result<(), Stop> {
    fields.why(&texts::HTTP_BODY);
    if is_json {
        json::value(fields)
    } else {
        text_or_bytes(fields)
    }
}

fn text_or_bytes(fields: &mut Fields<'_>) -> Result<(), Stop> {
    let length = fields.left();
    if std::str::from_utf8(fields.rest()).is_ok() {
        fields.text("content", length)?;
    } else {
        fields.bytes("content", length)?;
    }
    Ok(())
}

/// Tells chunks until the last one; what they carried is told together. Whether another message may follow.
fn chunks(stream: &mut Stream, is_json: bool, spaces: &mut Spaces) -> bool {
    let (mut pieces, mut frame) = (Vec::new(), 0);
    let ended = loop {
        let Some((line, size)) = chunk_head(stream.rest()) else {
            if has_line(stream.rest()) {
                spaces.leave(stream, "not a chunk", &texts::HTTP_BAD_CHUNK);
            }
            break false;
        };
        let length = if size == 0 {
            last_chunk(stream.rest(), line)
        } else {
            Some(line + size + 2)
        };
        let Some(length) = length.filter(|length| *length <= stream.rest().len()) else {
            break false;
        };
        let range = stream.take(length);
        let named = (Protocol::Http, "chunk", "part of a chunk");
        frame = stream.frame_of(&range);
        let (span, _) = spaces.unit(stream, range, named, |fields| chunk(fields, line, size));
        if size == 0 {
            break true;
        }
        let start = span.range.start + line;
        pieces.push(Span {
            space: span.space,
            range: start..start + size,
        });
    };
    if !pieces.is_empty() {
        spaces.join(pieces, frame, (Protocol::Http, "body"), |fields| {
            contents(fields, is_json)
        });
    }
    ended
}

/// Whether a line ends in these bytes.
fn has_line(bytes: &[u8]) -> bool {
    bytes.windows(2).any(|window| window == b"\r\n")
}

/// The bytes of a chunk's first line, and the size it says; both small enough to be added.
fn chunk_head(bytes: &[u8]) -> Option<(usize, usize)> {
    let end = bytes.windows(2).position(|window| window == b"\r\n")?;
    let line = std::str::from_utf8(bytes.get(..end)?).ok()?;
    let digits = line.split(';').next()?.trim();
    let size = u32::from_str_radix(digits, 16).ok()?;
    Some((end.checked_add(2)?, usize::try_from(size).ok()?))
}

/// The length of the last chunk with the trailer behind it.
fn last_chunk(bytes: &[u8], line: usize) -> Option<usize> {
    let mut at = line;
    loop {
        let rest = bytes.get(at..)?;
        let end = rest.windows(2).position(|window| window == b"\r\n")?;
        at = at.checked_add(end)?.checked_add(2)?;
        if end == 0 {
            return Some(at);
        }
    }
}

fn chunk(fields: &mut Fields<'_>, line: usize, size: usize) -> Result<(), Stop> {
    fields.why(&texts::HTTP_CHUNK);
    fields.what(format!("{size} bytes"));
    fields.text("chunk size", line.saturating_sub(2))?;
    fields.text("end of line", 2)?;
    if size > 0 {
        fields.bytes("chunk data", size)?;
        let ending = fields.text("end of chunk", 2)?;
        if ending != b"\r\n" {
            fields.note(Note::plain(&texts::HTTP_BAD_CHUNK));
        }
    } else {
        fields.text("end of chunks", fields.left())?;
    }
    Ok(())
}
