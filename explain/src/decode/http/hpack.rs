//! HPACK (RFC 7541): a block of HTTP/2's headers, representation by representation, with the table that both ends keep.

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::BTreeMap;

use httlib_hpack::table::Table;
use httlib_huffman::DecoderSpeed;

use super::head::purpose;
use crate::decode::fields::{Fields, Stop};
use crate::event::{Bits, Note, Protocol, Space, Value};
use crate::texts::{self, Text};

/// How large the dynamic table may be before the peer says something else (RFC 9113 §6.5.2).
pub(super) const TABLE_SIZE: u32 = 4096;
/// The most letters of a header that are told in one line: an index of one byte may stand for thousands.
const LINE: usize = 256;
/// An integer's bytes after its first: five have room for 32 bits.
const MOST_OCTETS: usize = 5;

/// A name and a value.
type Entry<'c> = (&'c [u8], &'c [u8]);

/// What one end's header blocks have come to so far.
pub(super) struct Context {
    table: Table<'static>,
    /// How large the other end lets the table be.
    limit: u32,
    /// Whether a block could not be read: then nobody knows what later ones refer to.
    is_lost: bool,
    /// What Huffman-coded strings say without credentials.
    strings: BTreeMap<(Space, usize), Option<Vec<u8>>>,
}

/// Of a block's pseudo-header fields those that say what it is about.
#[derive(Default)]
pub(super) struct Gist {
    method: Option<String>,
    path: Option<String>,
    status: Option<String>,
}

/// How a header field is represented (RFC 7541 §6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Indexed,
    Incremental,
    Without,
    Never,
    SizeUpdate,
}

/// What one representation says.
enum Said {
    Field {
        name: Vec<u8>,
        value: Vec<u8>,
        /// Whether later blocks may refer to it.
        is_kept: bool,
    },
    /// The dynamic table's new size.
    Size(u32),
}

impl Context {
    pub(super) fn new(limit: u32, strings: BTreeMap<(Space, usize), Option<Vec<u8>>>) -> Self {
        Self {
            table: Table::with_dynamic_size(TABLE_SIZE),
            limit: limit.max(TABLE_SIZE),
            is_lost: false,
            strings,
        }
    }

    /// Gives up: something was not read that the table may depend on.
    pub(super) const fn lose(&mut self) {
        self.is_lost = true;
    }

    fn keep(&mut self, said: Said) {
        match said {
            Said::Field {
                name,
                value,
                is_kept: true,
            } => self.table.insert(name, value),
            Said::Field { .. } => {}
            Said::Size(size) => self.table.update_max_dynamic_size(size),
        }
    }
}

impl Gist {
    fn learn(&mut self, name: &[u8], value: &[u8]) {
        let place = match name {
            b":method" => &mut self.method,
            b":path" => &mut self.path,
            b":status" => &mut self.status,
            _ => return,
        };
        *place = Some(shortened(value));
    }

    /// It, in one line; nothing where no pseudo-header field says it.
    pub(super) fn line(&self) -> Option<String> {
        let words = [&self.method, &self.path, &self.status].into_iter().flatten();
        let words: Vec<_> = words.map(String::as_str).collect();
        (!words.is_empty()).then(|| words.join(" "))
    }
}

impl Form {
    /// By the first byte, with how many of its bits begin a number.
    const fn of(first: u8) -> (Self, u8) {
        match first {
            0x80.. => (Self::Indexed, 7),
            0x40.. => (Self::Incremental, 6),
            0x20.. => (Self::SizeUpdate, 5),
            0x10.. => (Self::Never, 4),
            _ => (Self::Without, 4),
        }
    }

    /// What RFC 7541 calls it, and why it is chosen.
    const fn told(self) -> (&'static str, &'static Text) {
        match self {
            Self::Indexed => ("indexed", &texts::HPACK_INDEXED),
            Self::Incremental => ("literal with incremental indexing", &texts::HPACK_INCREMENTAL),
            Self::Without => ("literal without indexing", &texts::HPACK_WITHOUT),
            Self::Never => ("literal never indexed", &texts::HPACK_NEVER),
            Self::SizeUpdate => ("dynamic table size update", &texts::HPACK_SIZE_UPDATE),
        }
    }
}

/// Reads a whole header block of one end, which stands in `space`.
pub(super) fn block(fields: &mut Fields<'_>, space: Space, context: &mut Context) -> Result<Gist, Stop> {
    fields.why(&texts::HPACK_BLOCK);
    if context.is_lost {
        fields.why(&texts::HPACK_LOST);
        return Err(Stop);
    }
    let mut gist = Gist::default();
    let mut may_resize = true;
    while fields.left() > 0 {
        let ahead = fields.ahead(|ahead| {
            let start = ahead.at();
            let said = representation(ahead, space, context, may_resize)?;
            Ok((ahead.at().saturating_sub(start), layer_name(&said)))
        });
        let (length, name) = ahead.unwrap_or((fields.left(), "header field"));
        let read = |fields: &mut Fields<'_>| representation(fields, space, context, may_resize);
        let Some(said) = fields.layer((Protocol::Http, name), length, read) else {
            context.lose();
            return Err(Stop);
        };
        if let Said::Field { name, value, .. } = &said {
            may_resize = false;
            gist.learn(name, value);
        }
        context.keep(said);
    }
    if let Some(line) = gist.line() {
        fields.what(line);
    }
    Ok(gist)
}

fn layer_name(said: &Said) -> &'static str {
    match said {
        Said::Size(_) => "dynamic table size update",
        Said::Field { name, .. } if name.starts_with(b":") => "pseudo-header field",
        Said::Field { .. } => "header field",
    }
}

fn representation(fields: &mut Fields<'_>, space: Space, context: &Context, may_resize: bool) -> Result<Said, Stop> {
    let start = fields.at();
    let (form, prefix) = Form::of(fields.rest().first().copied().ok_or(Stop)?);
    let (called, why) = form.told();
    if form == Form::SizeUpdate {
        let size = integer(fields, "representation", ["representation", "maximum size"], prefix)?;
        fields.meaning("representation", called);
        fields.why(why);
        return size_update(fields, size, context, may_resize);
    }
    let index = integer(fields, "representation", ["representation", "index"], prefix)?;
    fields.meaning("representation", called);
    let (name, value) = match (entry(fields, index, context, form)?, form) {
        (Some((name, value)), Form::Indexed) => {
            fields.meaning("index", line(name, value));
            (name.to_vec(), value.to_vec())
        }
        (Some((name, _)), _) => {
            fields.meaning("index", shortened(name));
            (
                name.to_vec(),
                string(fields, ["value length", "value"], space, context)?,
            )
        }
        (None, _) => (
            string(fields, ["name length", "name"], space, context)?,
            string(fields, ["value length", "value"], space, context)?,
        ),
    };
    fields.what(line(&name, &value));
    fields.why(purpose(&String::from_utf8_lossy(&name)));
    if name.starts_with(b":") {
        fields.why(&texts::HTTP2_PSEUDO);
    }
    let (said, taken) = (name.len() + value.len(), fields.at().saturating_sub(start));
    fields.about(Note::with(why, format!("{said} B -> {taken} B")));
    let is_kept = form == Form::Incremental;
    Ok(Said::Field { name, value, is_kept })
}

/// RFC 7541 §4.2, §6.3: at the beginning of a block, and no more than the other end allows.
fn size_update(fields: &mut Fields<'_>, size: u64, context: &Context, may_resize: bool) -> Result<Said, Stop> {
    let allowed = |size: &u32| may_resize && *size <= context.limit;
    let Some(size) = u32::try_from(size).ok().filter(allowed) else {
        fields.note(Note::with(&texts::HPACK_BAD_SIZE, format!("<= {}", context.limit)));
        return Err(Stop);
    };
    fields.what(format!("dynamic table size update: {size}"));
    Ok(Said::Size(size))
}

/// What stands at an index of the two tables; nothing where a literal brings its own name.
fn entry<'c>(fields: &mut Fields<'_>, index: u64, context: &'c Context, form: Form) -> Result<Option<Entry<'c>>, Stop> {
    if index == 0 && form != Form::Indexed {
        return Ok(None);
    }
    let found = u32::try_from(index).ok().and_then(|index| context.table.get(index));
    if found.is_none() {
        fields.note(Note::with(
            &texts::HPACK_BAD_INDEX,
            format!("1..={}", context.table.len()),
        ));
        return Err(Stop);
    }
    Ok(found)
}

/// Names an integer (RFC 7541 §5.1) that begins in the `prefix` lowest bits of a byte, and what the bits above it are.
fn integer(
    fields: &mut Fields<'_>,
    name: &'static str,
    [above, number]: [&'static str; 2],
    prefix: u8,
) -> Result<u64, Stop> {
    let bytes = fields.rest();
    let first = bytes.first().copied().unwrap_or_default();
    let Some((value, length)) = integer_of(bytes, prefix) else {
        let length = bytes.len().min(MOST_OCTETS.saturating_add(1));
        fields.value(name, length, |bytes| Value::Bytes(bytes.to_vec()))?;
        fields.explain(&texts::HPACK_BAD_INTEGER);
        return Err(Stop);
    };
    let bits = |name, width, value| Bits {
        name,
        width,
        value,
        meaning: Cow::Borrowed(""),
    };
    let more = u8::try_from(length.saturating_sub(1)).unwrap_or_default();
    fields.value(name, length, |_| {
        Value::Bits(vec![
            bits(above, 8_u8.saturating_sub(prefix), u64::from(first >> prefix)),
            bits(number, prefix.saturating_add(more.saturating_mul(8)), value),
        ])
    })?;
    Ok(value)
}

/// An integer's value, and how many bytes it takes.
fn integer_of(bytes: &[u8], prefix: u8) -> Option<(u64, usize)> {
    let (first, rest) = bytes.split_first()?;
    let full = (1_u64 << prefix) - 1;
    let mut value = u64::from(*first) & full;
    if value < full {
        return Some((value, 1));
    }
    for (index, byte) in rest.iter().take(MOST_OCTETS).enumerate() {
        value += u64::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, index + 2));
        }
    }
    None
}

/// Names a string (RFC 7541 §5.2): its length, and its bytes by what they say.
fn string(
    fields: &mut Fields<'_>,
    [length_name, name]: [&'static str; 2],
    space: Space,
    context: &Context,
) -> Result<Vec<u8>, Stop> {
    let is_coded = fields.rest().first().is_some_and(|byte| byte & 0x80 != 0);
    if fields.left() == 0 {
        fields.note(Note::with(&texts::CUT_SHORT, name));
        return Err(Stop);
    }
    let length = integer(fields, length_name, ["H", "length"], 7)?;
    fields.explain(if is_coded {
        &texts::HPACK_HUFFMAN
    } else {
        &texts::HPACK_PLAIN
    });
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let place = (space, fields.at());
    let decoded = |bytes: &[u8]| match (is_coded, context.strings.get(&place)) {
        (false, _) => Some(bytes.to_vec()),
        (true, Some(without)) => without.clone(),
        (true, None) => huffman(bytes),
    };
    let mut said = None;
    fields.value(name, length, |bytes| {
        said = decoded(bytes);
        match said.clone().map(String::from_utf8) {
            Some(Ok(text)) => Value::Text(text),
            Some(Err(_)) => Value::Bytes(bytes.to_vec()),
            None => Value::Opaque(bytes.to_vec()),
        }
    })?;
    match said {
        None if length == 0 => Ok(Vec::new()),
        None => {
            fields.explain(&texts::HPACK_BAD_HUFFMAN);
            Err(Stop)
        }
        Some(said) => {
            if std::str::from_utf8(&said).is_err() {
                fields.explain(&texts::NOT_TEXT);
            }
            Ok(said)
        }
    }
}

/// What Huffman-coded bytes say (RFC 7541 appendix B), if they are rightly coded.
pub(in crate::decode) fn huffman(bytes: &[u8]) -> Option<Vec<u8>> {
    let (mut said, mut again) = (Vec::new(), Vec::new());
    httlib_huffman::decode(bytes, &mut said, DecoderSpeed::FourBits).ok()?;
    // There is one right code for each string, with its padding (RFC 7541 §5.2): what does not come out again is another.
    httlib_huffman::encode(&said, &mut again).ok()?;
    (again == bytes).then_some(said)
}

fn line(name: &[u8], value: &[u8]) -> String {
    format!("{}: {}", shortened(name), shortened(value))
}

fn shortened(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    match text.char_indices().nth(LINE) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.into_owned(),
    }
}
