//! HTTP/2 (RFC 9113): its frames; the compressed headers inside stay as they are.

use crate::decode::fields::{Fields, Stop};
use crate::decode::spaces::{Spaces, Stream};
use crate::event::Protocol;
use crate::texts;

/// What a client sends first (RFC 9113 §3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Bytes of a frame's header.
const HEADER: usize = 9;

/// Tells the frames of both directions.
pub(in crate::decode) fn second_version(streams: [Stream; 2], spaces: &mut Spaces) {
    for mut stream in streams {
        if stream.rest().starts_with(PREFACE) {
            let range = stream.take(PREFACE.len());
            spaces.unit(
                &stream,
                range,
                (Protocol::Http, "preface", "part of a preface"),
                |fields| fields.text("preface", PREFACE.len()).map(|_| ()),
            );
        }
        while let &[a, b, c, ..] = stream.rest() {
            let length = usize::try_from(u32::from_be_bytes([0, a, b, c])).unwrap_or(usize::MAX);
            let length = length.saturating_add(HEADER);
            if stream.rest().len() < length {
                break;
            }
            let range = stream.take(length);
            spaces.unit(&stream, range, (Protocol::Http, "frame", "part of a frame"), frame);
        }
        spaces.leave(&mut stream, "beginning of a frame", &texts::UNFINISHED);
    }
}

fn frame(fields: &mut Fields<'_>) -> Result<(), Stop> {
    fields.why(&texts::HTTP_OTHER_VERSION);
    fields.number("length", 3)?;
    let kind = fields.named("type", 1, kind_name)?;
    let flags = fields.number("flags", 1)?;
    let stream = fields.bits("stream", &[("R", 1), ("stream identifier", 31)])? & 0x7fff_ffff;
    fields.what(format!("{} on stream {stream}", kind_name(kind).unwrap_or("frame")));
    match kind {
        0 if flags & 0x08 == 0 && std::str::from_utf8(fields.rest()).is_ok() => {
            fields.text("data", fields.left())?;
        }
        0 => fields.opaque("data"),
        1 | 9 => fields.opaque("header block (HPACK)"),
        4 => {
            while fields.left() > 0 {
                fields.named("setting", 2, setting_name)?;
                fields.number("value", 4)?;
            }
        }
        8 => {
            fields.bits("window size increment", &[("R", 1), ("increment", 31)])?;
        }
        _ => fields.opaque("payload"),
    }
    Ok(())
}

const fn kind_name(kind: u64) -> Option<&'static str> {
    match kind {
        0 => Some("DATA"),
        1 => Some("HEADERS"),
        2 => Some("PRIORITY"),
        3 => Some("RST_STREAM"),
        4 => Some("SETTINGS"),
        5 => Some("PUSH_PROMISE"),
        6 => Some("PING"),
        7 => Some("GOAWAY"),
        8 => Some("WINDOW_UPDATE"),
        9 => Some("CONTINUATION"),
        _ => None,
    }
}

const fn setting_name(setting: u64) -> Option<&'static str> {
    match setting {
        1 => Some("HEADER_TABLE_SIZE"),
        2 => Some("ENABLE_PUSH"),
        3 => Some("MAX_CONCURRENT_STREAMS"),
        4 => Some("INITIAL_WINDOW_SIZE"),
        5 => Some("MAX_FRAME_SIZE"),
        6 => Some("MAX_HEADER_LIST_SIZE"),
        _ => None,
    }
}
