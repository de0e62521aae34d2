//! HTTP/2 (RFC 9113): its frames, and header blocks that come in several of them.

use crate::decode::fields::{Fields, Stop};
use crate::decode::spaces::{Spaces, Stream};
use crate::event::{Protocol, Space, Span};
use crate::texts;

use super::hpack::{self, Context};

/// What a client sends first (RFC 9113 §3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
/// Bytes of a frame's header.
const HEADER: usize = 9;
/// What is left of a frame whose end was not seen: some of it may be compressed headers.
pub(in crate::decode) const CUT_PAYLOAD: &str = "beginning of a payload";

const DATA: u64 = 0;
const HEADERS: u64 = 1;
const PUSH_PROMISE: u64 = 5;
const CONTINUATION: u64 = 9;

/// Flags (RFC 9113 §6): what they are depends on the type.
const END_HEADERS: u64 = 0x04;
const PADDED: u64 = 0x08;
const PRIORITY: u64 = 0x20;

/// SETTINGS_HEADER_TABLE_SIZE.
const HEADER_TABLE_SIZE: u16 = 1;

/// Whether a client's stream begins as HTTP/2 does.
pub(in crate::decode) fn begins_second(stream: &[u8]) -> bool {
    stream.starts_with(PREFACE)
}

/// Tells the frames of both directions.
pub(in crate::decode) fn second_version(streams: [Stream; 2], spaces: &mut Spaces) {
    let [by_client, by_server] = streams.each_ref().map(|stream| table_size(stream.rest()));
    // Each end says how much the other may keep in its table.
    for (mut stream, limit) in streams.into_iter().zip([by_server, by_client]) {
        let mut side = Side {
            headers: Context::new(limit, spaces.blanks.strings.clone()),
            open: None,
        };
        if begins_second(stream.rest()) {
            let range = stream.take(PREFACE.len());
            let kind = (Protocol::Http, "preface", "part of a preface");
            spaces.unit(&stream, range, kind, |fields| {
                fields.text("preface", fields.left())?;
                fields.explain(&texts::HTTP2_PREFACE);
                Ok(())
            });
        }
        while let Some(length) = frame_length(stream.rest()).filter(|length| *length <= stream.rest().len()) {
            side.frame(&mut stream, length, spaces);
        }
        if stream.rest().len() >= HEADER {
            side.cut_frame(&mut stream, spaces);
        }
        spaces.leave(&mut stream, "beginning of a frame", &texts::UNFINISHED);
    }
}

/// The length of the frame that begins here, with its header.
fn frame_length(bytes: &[u8]) -> Option<usize> {
    let length = u32::from_be_bytes([0, *bytes.first()?, *bytes.get(1)?, *bytes.get(2)?]);
    usize::try_from(length).ok()?.checked_add(HEADER)
}

/// The largest table for headers that an end ever allowed the other one.
fn table_size(stream: &[u8]) -> u32 {
    let mut rest = stream.strip_prefix(PREFACE).unwrap_or(stream);
    let mut largest = hpack::TABLE_SIZE;
    while let Some((frame, after)) = frame_length(rest).and_then(|length| rest.split_at_checked(length)) {
        let settings = frame.get(HEADER..).filter(|_| frame.get(3) == Some(&4));
        for setting in settings.unwrap_or_default().chunks_exact(6) {
            if let [a, b, value @ ..] = setting
                && let Ok(value) = value.try_into()
                && u16::from_be_bytes([*a, *b]) == HEADER_TABLE_SIZE
            {
                largest = largest.max(u32::from_be_bytes(value));
            }
        }
        rest = after;
    }
    largest
}

/// One direction of a connection.
struct Side {
    headers: Context,
    /// The header block that is still to be ended.
    open: Option<Open>,
}

/// A header block that comes in several frames.
struct Open {
    stream: u64,
    pieces: Vec<Span>,
}

/// What a frame has of a header block that is not whole in it.
struct Fragment {
    /// On which stream.
    stream: u64,
    /// Whose bytes, and which.
    piece: Span,
    /// Whether it is the last.
    is_last: bool,
}

/// A frame's header.
struct Header {
    kind: u64,
    flags: u64,
    stream: u64,
}

impl Side {
    fn frame(&mut self, stream: &mut Stream, length: usize, spaces: &mut Spaces) {
        let range = stream.take(length);
        let (space, at) = (spaces.space_of(stream, &range), stream.frame_of(&range));
        let kind = (Protocol::Http, "frame", "part of a frame");
        let (_, told) = spaces.unit(stream, range, kind, |fields| self.read(fields, space));
        let Some(fragment) = told else {
            // Whether headers were in it is not known either.
            self.headers.lose();
            self.open = None;
            return;
        };
        let Some(Fragment { stream, piece, is_last }) = fragment else {
            return;
        };
        let open = self.open.get_or_insert(Open {
            stream,
            pieces: Vec::new(),
        });
        open.pieces.push(piece);
        if is_last && let Some(Open { mut pieces, .. }) = self.open.take() {
            pieces.retain(|piece| !piece.range.is_empty());
            let space = Space::Derived(spaces.derived.len());
            spaces.join(pieces, at, (Protocol::Http, "header block"), |fields| {
                hpack::block(fields, space, &mut self.headers)
            });
        }
    }

    /// Tells the header of a frame whose end was not seen; its payload is left.
    fn cut_frame(&mut self, stream: &mut Stream, spaces: &mut Spaces) {
        let range = stream.take(HEADER);
        let kind = (Protocol::Http, "frame", "part of a frame");
        spaces.unit(stream, range, kind, |fields| {
            let Header { kind, stream, .. } = header(fields)?;
            fields.what(format!("{} on stream {stream}", kind_name(kind).unwrap_or("frame")));
            Ok(())
        });
        spaces.leave(stream, CUT_PAYLOAD, &texts::UNFINISHED);
    }

    fn read(&mut self, fields: &mut Fields<'_>, space: Space) -> Result<Option<Fragment>, Stop> {
        let header = header(fields)?;
        let name = kind_name(header.kind).unwrap_or("frame");
        fields.what(format!("{name} on stream {}", header.stream));
        self.expect_order(fields, &header);
        let padding = match header.kind {
            DATA | HEADERS | PUSH_PROMISE if header.flags & PADDED != 0 => pad_length(fields)?,
            _ => 0,
        };
        let content = fields.left().saturating_sub(padding);
        let fragment = match header.kind {
            HEADERS | PUSH_PROMISE | CONTINUATION => self.headers(fields, space, &header, padding)?,
            _ => {
                payload(fields, &header, content)?;
                None
            }
        };
        if padding > 0 {
            fields.bytes("padding", padding)?;
            fields.explain(&texts::HTTP2_PADDING);
        }
        Ok(fragment)
    }

    /// RFC 9113 §6.10: between the frames of a header block nothing else may come.
    fn expect_order(&mut self, fields: &mut Fields<'_>, header: &Header) {
        let expected = self.open.as_ref().map(|open| open.stream);
        let continued = (header.kind == CONTINUATION).then_some(header.stream);
        if expected != continued {
            fields.why(&texts::HTTP2_BAD_ORDER);
            self.open = None;
            self.headers.lose();
        }
    }

    /// Reads what frames have that carry headers; what they have of a block that is not whole in them.
    fn headers(
        &mut self,
        fields: &mut Fields<'_>,
        space: Space,
        header: &Header,
        padding: usize,
    ) -> Result<Option<Fragment>, Stop> {
        if header.kind == HEADERS && header.flags & PRIORITY != 0 {
            priority(fields)?;
        }
        if header.kind == PUSH_PROMISE {
            fields.bits("promised stream", &[("R", 1), ("promised stream ID", 31)])?;
            fields.explain(&texts::HTTP2_PUSH);
        }
        let Some(length) = fields.left().checked_sub(padding) else {
            fields.explain(&texts::HTTP2_BAD_PADDING);
            return Err(Stop);
        };
        let is_last = header.flags & END_HEADERS != 0;
        if is_last && header.kind != CONTINUATION {
            let kind = (Protocol::Http, "header block");
            let gist = fields.layer(kind, length, |block| hpack::block(block, space, &mut self.headers));
            if let Some(line) = gist.and_then(|gist| gist.line()) {
                let name = kind_name(header.kind).unwrap_or_default();
                fields.what(format!("{name} on stream {}: {line}", header.stream));
            }
            return Ok(None);
        }
        let range = fields.opaque_part("header block fragment", length);
        if !range.is_empty() {
            fields.explain(&texts::HTTP2_FRAGMENT);
        }
        // What nobody asked to continue belongs to no block.
        let is_wanted = header.kind != CONTINUATION || self.open.is_some();
        Ok(is_wanted.then_some(Fragment {
            stream: header.stream,
            piece: Span { space, range },
            is_last,
        }))
    }
}

fn header(fields: &mut Fields<'_>) -> Result<Header, Stop> {
    fields.why(&texts::HTTP_OTHER_VERSION);
    fields.number("length", 3)?;
    let kind = fields.named("type", 1, kind_name)?;
    let flags = fields.bits("flags", flag_names(kind))?;
    let stream = fields.bits("stream", &[("R", 1), ("stream identifier", 31)])? & 0x7fff_ffff;
    fields.explain(&texts::HTTP2_STREAM);
    Ok(Header { kind, flags, stream })
}

fn pad_length(fields: &mut Fields<'_>) -> Result<usize, Stop> {
    let padding = usize::try_from(fields.number("pad length", 1)?).unwrap_or(usize::MAX);
    fields.explain(&texts::HTTP2_PADDING);
    if padding > fields.left() {
        fields.explain(&texts::HTTP2_BAD_PADDING);
        return Err(Stop);
    }
    Ok(padding)
}

fn priority(fields: &mut Fields<'_>) -> Result<(), Stop> {
    fields.bits("stream dependency", &[("exclusive", 1), ("stream dependency", 31)])?;
    fields.explain(&texts::HTTP2_PRIORITY);
    fields.number("weight", 1)?;
    Ok(())
}

/// Reads the payload of a frame that carries no headers.
fn payload(fields: &mut Fields<'_>, header: &Header, content: usize) -> Result<(), Stop> {
    match header.kind {
        DATA => match fields.rest().get(..content).map(std::str::from_utf8) {
            Some(Ok(_)) => fields.text("data", content).map(|_| ()),
            _ => fields.bytes("data", content).map(|_| ()),
        },
        2 => priority(fields),
        3 => error_code(fields, header),
        4 => settings(fields),
        6 => {
            fields.bytes("opaque data", 8)?;
            fields.explain(&texts::HTTP2_PING);
            Ok(())
        }
        7 => {
            fields.bits("last stream", &[("R", 1), ("last stream ID", 31)])?;
            fields.explain(&texts::HTTP2_GOAWAY);
            error_code(fields, header)?;
            fields.text("additional debug data", fields.left()).map(|_| ())
        }
        8 => {
            let increment = fields.bits("window size increment", &[("R", 1), ("increment", 31)])?;
            fields.explain(match increment & 0x7fff_ffff {
                0 => &texts::BAD_VALUE,
                _ => &texts::HTTP2_WINDOW,
            });
            Ok(())
        }
        _ => {
            fields.opaque("payload");
            fields.explain(&texts::UNKNOWN_KIND);
            Ok(())
        }
    }
}

fn settings(fields: &mut Fields<'_>) -> Result<(), Stop> {
    fields.why(&texts::HTTP2_SETTINGS);
    while fields.left() > 0 {
        fields
            .layer((Protocol::Http, "setting"), 6, |setting| {
                let kind = setting.named("identifier", 2, setting_name)?;
                let value = setting.number("value", 4)?;
                let name = setting_name(kind).map_or_else(|| format!("{kind:#06x}"), String::from);
                setting.what(format!("{name}: {value}"));
                Ok(())
            })
            .ok_or(Stop)?;
    }
    Ok(())
}

fn error_code(fields: &mut Fields<'_>, header: &Header) -> Result<(), Stop> {
    let code = fields.named("error code", 4, error_name)?;
    fields.explain(&texts::HTTP2_ERROR);
    let (kind, code) = (
        kind_name(header.kind).unwrap_or_default(),
        error_name(code).map_or_else(|| format!("{code:#x}"), String::from),
    );
    fields.what(format!("{kind} on stream {}: {code}", header.stream));
    Ok(())
}

/// RFC 9113 §6; RFC 7838 §4, RFC 8336 §2.1, RFC 9218 §7.1.
const fn kind_name(kind: u64) -> Option<&'static str> {
    match kind {
        DATA => Some("DATA"),
        HEADERS => Some("HEADERS"),
        2 => Some("PRIORITY"),
        3 => Some("RST_STREAM"),
        4 => Some("SETTINGS"),
        PUSH_PROMISE => Some("PUSH_PROMISE"),
        6 => Some("PING"),
        7 => Some("GOAWAY"),
        8 => Some("WINDOW_UPDATE"),
        CONTINUATION => Some("CONTINUATION"),
        0x0a => Some("ALTSVC"),
        0x0c => Some("ORIGIN"),
        0x10 => Some("PRIORITY_UPDATE"),
        _ => None,
    }
}

/// The flags of a type of frame, by their bits.
const fn flag_names(kind: u64) -> &'static [(&'static str, u8)] {
    match kind {
        DATA => &[("unused", 4), ("PADDED", 1), ("unused", 2), ("END_STREAM", 1)],
        HEADERS => &[
            ("unused", 2),
            ("PRIORITY", 1),
            ("unused", 1),
            ("PADDED", 1),
            ("END_HEADERS", 1),
            ("unused", 1),
            ("END_STREAM", 1),
        ],
        4 | 6 => &[("unused", 7), ("ACK", 1)],
        PUSH_PROMISE => &[("unused", 4), ("PADDED", 1), ("END_HEADERS", 1), ("unused", 2)],
        CONTINUATION => &[("unused", 5), ("END_HEADERS", 1), ("unused", 2)],
        _ => &[("unused", 8)],
    }
}

/// RFC 9113 §6.5.2; RFC 8441 §3, RFC 9218 §2.1.
const fn setting_name(setting: u64) -> Option<&'static str> {
    match setting {
        1 => Some("HEADER_TABLE_SIZE"),
        2 => Some("ENABLE_PUSH"),
        3 => Some("MAX_CONCURRENT_STREAMS"),
        4 => Some("INITIAL_WINDOW_SIZE"),
        5 => Some("MAX_FRAME_SIZE"),
        6 => Some("MAX_HEADER_LIST_SIZE"),
        8 => Some("ENABLE_CONNECT_PROTOCOL"),
        9 => Some(concat!("NO_RFC", "7540_PRIORITIES")),
        _ => None,
    }
}

/// RFC 9113 §7.
const fn error_name(code: u64) -> Option<&'static str> {
    const NAMES: [&str; 14] = [
        "NO_ERROR",
        "PROTOCOL_ERROR",
        "INTERNAL_ERROR",
        "FLOW_CONTROL_ERROR",
        "SETTINGS_TIMEOUT",
        "STREAM_CLOSED",
        "FRAME_SIZE_ERROR",
        "REFUSED_STREAM",
        "CANCEL",
        "COMPRESSION_ERROR",
        "CONNECT_ERROR",
        "ENHANCE_YOUR_CALM",
        "INADEQUATE_SECURITY",
        "HTTP_1_1_REQUIRED",
    ];
    if code < NAMES.len() as u64 {
        Some(NAMES[code as usize])
    } else {
        None
    }
}
