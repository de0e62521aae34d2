//! A cursor that names bytes as it passes them: what it gives is a partition by construction.

use std::borrow::Cow;
use std::ops::Range;

use crate::event::{Bits, Field, Layer, Note, Part, Protocol, Value};
use crate::texts::{self, Text};

/// The layer cannot be read on: why stands in a note already, and what is left is told to be opaque.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stop;

/// How deep layers may lie in each other; what is deeper stays opaque.
const DEEPEST: usize = 48;

/// A cursor over a range of a space.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    space: &'a [u8],
    at: usize,
    end: usize,
    parts: Vec<Part>,
    what: String,
    notes: Vec<Note>,
    depth: usize,
}

/// Reads a range of a space as one layer. `read` names its fields; what it leaves is named here.
pub(super) fn layer<'a, T>(
    space: &'a [u8],
    range: Range<usize>,
    (protocol, name): (Protocol, impl Into<Cow<'static, str>>),
    read: impl FnOnce(&mut Fields<'a>) -> Result<T, Stop>,
) -> (Layer, Option<T>) {
    let range = range.start.min(space.len())..range.end.min(space.len());
    Fields::new(space, range, 0).into_layer(protocol, name.into(), read)
}

impl<'a> Fields<'a> {
    const fn new(space: &'a [u8], range: Range<usize>, depth: usize) -> Self {
        Self {
            space,
            at: range.start,
            end: range.end,
            parts: Vec::new(),
            what: String::new(),
            notes: Vec::new(),
            depth,
        }
    }

    fn into_layer<T>(
        mut self,
        protocol: Protocol,
        name: Cow<'static, str>,
        read: impl FnOnce(&mut Self) -> Result<T, Stop>,
    ) -> (Layer, Option<T>) {
        let start = self.at;
        let outcome = read(&mut self);
        if self.at < self.end {
            match outcome {
                Ok(_) => {
                    self.opaque("left over");
                    self.note(Note::plain(&texts::LEFT_OVER));
                }
                Err(Stop) => self.opaque("not decoded"),
            }
        }
        let layer = Layer {
            protocol,
            name,
            what: self.what,
            notes: self.notes,
            range: start..self.end,
            parts: self.parts,
        };
        (layer, outcome.ok())
    }

    /// The bytes that were not passed yet.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.space.get(self.at..self.end).unwrap_or_default()
    }

    /// How many they are.
    pub(super) const fn left(&self) -> usize {
        self.end.saturating_sub(self.at)
    }

    /// Where the next byte stands in its space.
    pub(super) const fn at(&self) -> usize {
        self.at
    }

    /// Everything of the space up to the next byte.
    pub(super) fn space_before(&self) -> &'a [u8] {
        self.space.get(..self.at).unwrap_or_default()
    }

    /// Says what this layer says, in one line.
    pub(super) fn what(&mut self, what: impl Into<String>) {
        self.what = what.into();
    }

    /// Says something about this layer.
    pub(super) fn why(&mut self, text: &'static Text) {
        self.notes.push(Note::plain(text));
    }

    /// Says something about this layer.
    pub(super) fn about(&mut self, note: Note) {
        self.notes.push(note);
    }

    /// Says something about what was named last.
    pub(super) fn note(&mut self, note: Note) {
        match self.parts.last_mut() {
            Some(Part::Field(field)) => field.notes.push(note),
            Some(Part::Layer(layer)) => layer.notes.push(note),
            None => self.notes.push(note),
        }
    }

    /// Says something about what was named last.
    pub(super) fn explain(&mut self, text: &'static Text) {
        self.note(Note::plain(text));
    }

    /// Gives what was named last another value.
    pub(super) fn revalue(&mut self, value: Value) {
        if let Some(Part::Field(field)) = self.parts.last_mut() {
            field.value = value;
        }
    }

    /// Names the next `count` bytes; nothing is named where there are none. What is missing is told.
    pub(super) fn value(
        &mut self,
        name: impl Into<Cow<'static, str>>,
        count: usize,
        value: impl FnOnce(&'a [u8]) -> Value,
    ) -> Result<&'a [u8], Stop> {
        let Some(bytes) = self.rest().get(..count) else {
            self.cut_short(name.into(), count);
            return Err(Stop);
        };
        if count > 0 {
            let range = self.at..self.at.saturating_add(count);
            self.push(name.into(), range, value(bytes));
        }
        Ok(bytes)
    }

    /// Names a big-endian number of up to eight bytes.
    pub(super) fn number(&mut self, name: &'static str, width: usize) -> Result<u64, Stop> {
        self.value(name, width, |bytes| Value::Number(big_endian(bytes)))
            .map(big_endian)
    }

    /// Names a big-endian number that may have a name.
    pub(super) fn named<N: Into<Cow<'static, str>>>(
        &mut self,
        name: &'static str,
        width: usize,
        name_of: impl FnOnce(u64) -> Option<N>,
    ) -> Result<u64, Stop> {
        let value = |bytes: &[u8]| {
            let number = big_endian(bytes);
            name_of(number).map_or(Value::Number(number), |name| Value::Named(number, name.into()))
        };
        self.value(name, width, value).map(big_endian)
    }

    /// Names bytes without a finer meaning.
    pub(super) fn bytes(&mut self, name: &'static str, count: usize) -> Result<&'a [u8], Stop> {
        self.value(name, count, |bytes| Value::Bytes(bytes.to_vec()))
    }

    /// Names text; bytes that are no UTF-8 are told to be invalid.
    pub(super) fn text(&mut self, name: impl Into<Cow<'static, str>>, count: usize) -> Result<&'a [u8], Stop> {
        let bytes = self.value(name, count, text_value)?;
        if std::str::from_utf8(bytes).is_err() {
            self.explain(&texts::NOT_TEXT);
        }
        Ok(bytes)
    }

    /// Names bytes whose values share them: a name and a width for each, the highest bits first.
    pub(super) fn bits(&mut self, name: &'static str, split: &[(&'static str, u8)]) -> Result<u64, Stop> {
        let width: u32 = split.iter().map(|(_, width)| u32::from(*width)).sum();
        let count = usize::try_from(width / 8).unwrap_or_default();
        let value = |bytes: &[u8]| {
            let number = big_endian(bytes);
            let mut left = width;
            let bits = split.iter().map(|(name, width)| {
                left = left.saturating_sub(u32::from(*width));
                let mask = (1_u64 << (*width).min(63)) - 1;
                Bits {
                    name,
                    width: *width,
                    value: (number >> left.min(63)) & mask,
                    meaning: Cow::Borrowed(""),
                }
            });
            Value::Bits(bits.collect())
        };
        self.value(name, count, value).map(big_endian)
    }

    /// Says what one of the values that share the bytes named last means.
    pub(super) fn meaning(&mut self, name: &str, meaning: impl Into<Cow<'static, str>>) {
        if let Some(Part::Field(field)) = self.parts.last_mut()
            && let Value::Bits(all) = &mut field.value
            && let Some(bits) = all.iter_mut().find(|bits| bits.name == name)
        {
            bits.meaning = meaning.into();
        }
    }

    /// Names all bytes that are left: they have a meaning that is not told here, or not yet.
    pub(super) fn opaque(&mut self, name: &'static str) {
        let bytes = self.rest();
        if !bytes.is_empty() {
            let value = Value::Opaque(bytes.to_vec());
            self.push(Cow::Borrowed(name), self.at..self.end, value);
        }
    }

    /// Names the next `count` bytes, as many as there are, like [`Self::opaque`]; where they stand.
    pub(super) fn opaque_part(&mut self, name: &'static str, count: usize) -> Range<usize> {
        let range = self.at..self.at.saturating_add(count.min(self.left()));
        let bytes = self.space.get(range.clone()).unwrap_or_default();
        if !bytes.is_empty() {
            self.push(Cow::Borrowed(name), range.clone(), Value::Opaque(bytes.to_vec()));
        }
        range
    }

    /// The next `count` bytes as a layer of its own, read by `read`; nothing if that did not come to its end.
    ///
    /// Where `count` is more than there is, the layer has what there is, and says so.
    pub(super) fn layer<T>(
        &mut self,
        (protocol, name): (Protocol, impl Into<Cow<'static, str>>),
        count: usize,
        read: impl FnOnce(&mut Self) -> Result<T, Stop>,
    ) -> Option<T> {
        let end = self.at.saturating_add(count.min(self.left()));
        let is_cut = count > self.left();
        let inner = Fields::new(self.space, self.at..end, self.depth.saturating_add(1));
        let too_deep = inner.depth > DEEPEST;
        let (mut layer, outcome) = inner.into_layer(protocol, name.into(), |fields| match too_deep {
            true => Err(Stop),
            false => read(fields),
        });
        if is_cut {
            let missing = format!("{} of {count}", end.saturating_sub(self.at));
            layer.notes.push(Note::with(&texts::CUT_SHORT, missing));
        }
        self.at = end;
        if !layer.range.is_empty() {
            self.parts.push(Part::Layer(layer));
        }
        outcome
    }

    /// What reading on would give; nothing is named by it.
    pub(super) fn ahead<T>(&self, read: impl FnOnce(&mut Self) -> Result<T, Stop>) -> Option<T> {
        let mut ahead = Fields::new(self.space, self.at..self.end, self.depth);
        read(&mut ahead).ok()
    }

    /// A length of `width` bytes, then that many bytes without a finer meaning.
    pub(super) fn bytes_vector(&mut self, name: &'static str, width: usize) -> Result<&'a [u8], Stop> {
        let length = usize::try_from(self.number("length", width)?).unwrap_or(usize::MAX);
        self.bytes(name, length)
    }

    fn push(&mut self, name: Cow<'static, str>, range: Range<usize>, value: Value) {
        self.at = range.end;
        self.parts.push(Part::Field(Field {
            name,
            range,
            value,
            notes: Vec::new(),
            becomes: None,
        }));
    }

    fn cut_short(&mut self, name: Cow<'static, str>, wanted: usize) {
        let found = self.left();
        let note = Note::with(&texts::CUT_SHORT, format!("{name}: {found} of {wanted}"));
        let bytes = self.rest();
        if bytes.is_empty() {
            self.notes.push(note);
        } else {
            self.push(name, self.at..self.end, Value::Opaque(bytes.to_vec()));
            self.note(note);
        }
    }
}

/// The bytes as text fit to be shown; what is no UTF-8 stays bytes.
pub(super) fn text_value(bytes: &[u8]) -> Value {
    match std::str::from_utf8(bytes) {
        Ok(text) => Value::Text(text.to_owned()),
        Err(_) => Value::Opaque(bytes.to_vec()),
    }
}

/// The number that up to eight big-endian bytes make.
pub(super) fn big_endian(bytes: &[u8]) -> u64 {
    let bytes = bytes.iter().take(8);
    bytes.fold(0, |number, byte| (number << 8) | u64::from(*byte))
}
