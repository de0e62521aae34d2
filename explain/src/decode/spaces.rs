//! The byte spaces of an account while it is made, and streams of bytes that come in pieces of them.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::fields::{Fields, Stop, layer};
use crate::event::{Derived, Field, How, Layer, Note, Part, Protocol, Space, Span, Value};
use crate::texts::{self, Text};

/// What stands where a credential stood.
pub(super) const BLANK: u8 = b'*';
/// The content type that credentials come in (RFC 8446 §5.1).
const APPLICATION_DATA: u8 = 23;

/// Every space so far: the frames, and what was derived from them.
#[derive(Debug, Default)]
pub(super) struct Spaces {
    pub(super) frames: Vec<(Arc<[u8]>, Layer)>,
    pub(super) derived: Vec<(Arc<[u8]>, Derived)>,
    /// What is not told of it.
    pub(super) blanks: Blanks,
    /// How many records were decrypted so far.
    decrypted: usize,
}

/// Where credentials stand, which are not told.
#[derive(Debug, Default)]
pub(super) struct Blanks {
    /// Which bytes of which decrypted record, counted from 0.
    pub(super) records: BTreeMap<usize, Vec<Range<usize>>>,
    /// What Huffman-coded strings say without them, by the place of their first byte; nothing where the code is broken.
    ///
    /// The code has no letter that takes as long as any other: with blanks on the wire a string would say something else, of another
    /// length, and the dynamic table would drop other entries than it did.
    pub(super) strings: BTreeMap<(Space, usize), Option<Vec<u8>>>,
}

/// Bytes in order that came in pieces, and where each piece stands.
#[derive(Debug, Default)]
pub(super) struct Stream {
    bytes: Vec<u8>,
    pieces: Vec<Piece>,
    /// How far it has been told.
    told: usize,
}

#[derive(Debug)]
struct Piece {
    start: usize,
    span: Span,
    /// The index of the frame with which it became available.
    frame: usize,
}

impl Spaces {
    pub(super) fn bytes(&self, space: Space) -> Arc<[u8]> {
        let found = match space {
            Space::Frame(index) => self.frames.get(index).map(|(bytes, _)| bytes),
            Space::Derived(index) => self.derived.get(index).map(|(bytes, _)| bytes),
        };
        found.map_or_else(|| Arc::from([]), Arc::clone)
    }

    /// The layer that spans a whole space.
    pub(super) fn layer(&self, space: Space) -> Option<&Layer> {
        match space {
            Space::Frame(index) => self.frames.get(index).map(|(_, layer)| layer),
            Space::Derived(index) => self.derived.get(index).map(|(_, derived)| &derived.layer),
        }
    }

    fn root(&mut self, space: Space) -> Option<&mut Layer> {
        match space {
            Space::Frame(index) => self.frames.get_mut(index).map(|(_, layer)| layer),
            Space::Derived(index) => self.derived.get_mut(index).map(|(_, derived)| &mut derived.layer),
        }
    }

    /// Takes the next decrypted record, and what is a credential out of it, so that whatever is told of it is told without.
    pub(super) fn blank(&mut self, kind: u8, plain: &mut [u8]) {
        let blanks = self.blanks.records.get(&self.decrypted).into_iter().flatten();
        for range in blanks.filter(|_| kind == APPLICATION_DATA) {
            let place = plain.get_mut(range.clone()).unwrap_or_default();
            place.fill(BLANK);
        }
        self.decrypted += 1;
    }

    /// Puts a part where opaque bytes stood.
    pub(super) fn put(&mut self, space: Space, part: Part) {
        if !part.range().is_empty()
            && let Some(root) = self.root(space)
        {
            let put = root.put(part);
            debug_assert!(put, "what is told must not have been told before");
        }
    }

    /// Says something about opaque bytes, by another name.
    pub(super) fn mark(&mut self, span: &Span, name: &'static str, note: Note) {
        let bytes = self.bytes(span.space);
        let bytes = bytes.get(span.range.clone()).unwrap_or_default();
        let part = Part::Field(Field {
            name: Cow::Borrowed(name),
            range: span.range.clone(),
            value: Value::Opaque(bytes.to_vec()),
            notes: vec![note],
            becomes: None,
        });
        self.put(span.space, part);
    }

    /// Adds bytes that were made from others; their number.
    pub(super) fn derive<T>(
        &mut self,
        (how, from, frame): (How, Vec<Span>, usize),
        bytes: Vec<u8>,
        kind: (Protocol, &'static str),
        read: impl FnOnce(&mut Fields<'_>) -> Result<T, Stop>,
    ) -> (usize, Option<T>) {
        let (layer, outcome) = layer(&bytes, 0..bytes.len(), kind, read);
        let shared = Arc::from(bytes.as_slice());
        let derived = Derived {
            how,
            from,
            frame,
            bytes,
            layer,
        };
        self.derived.push((shared, derived));
        (self.derived.len().saturating_sub(1), outcome)
    }

    /// Changes the field that has exactly these bytes.
    pub(super) fn amend(&mut self, span: &Span, change: impl FnOnce(&mut Field)) {
        if let Some(root) = self.root(span.space)
            && let Some(field) = find(root, &span.range)
        {
            change(field);
        }
    }

    /// Tells these bytes of a stream as one unit: where they stand if they came in one piece, else put together.
    ///
    /// It is named by whose it is, what it is called, and what its parts are called where it came in several.
    pub(super) fn unit<T>(
        &mut self,
        stream: &Stream,
        range: Range<usize>,
        (protocol, name, part): (Protocol, &'static str, &'static str),
        read: impl FnOnce(&mut Fields<'_>) -> Result<T, Stop>,
    ) -> (Span, Option<T>) {
        let pieces = stream.spans(range.clone());
        if let [one] = pieces.as_slice() {
            let bytes = self.bytes(one.space);
            let (layer, outcome) = layer(&bytes, one.range.clone(), (protocol, name), read);
            self.put(one.space, Part::Layer(layer));
            return (one.clone(), outcome);
        }
        let bytes = stream.bytes(range.clone()).to_vec();
        let (frame, length) = (stream.frame_of(&range), bytes.len());
        let (index, outcome) = self.derive((How::Joined, pieces.clone(), frame), bytes, (protocol, name), read);
        let space = Space::Derived(index);
        let mut done = 0;
        for piece in pieces {
            let end = piece.range.len().saturating_add(done);
            let note = Note::with(&texts::PART_OF, format!("{name}: {done}..{end} / {length}"));
            self.mark(&piece, part, note);
            self.amend(&piece, |field| field.becomes = Some(space));
            done = end;
        }
        let range = 0..length;
        (Span { space, range }, outcome)
    }

    /// Whose bytes [`Self::unit`] will tell these as.
    pub(super) fn space_of(&self, stream: &Stream, range: &Range<usize>) -> Space {
        match stream.spans(range.clone()).as_slice() {
            [one] => one.space,
            _ => Space::Derived(self.derived.len()),
        }
    }

    /// Tells pieces of other spaces together, and says of each what it becomes.
    pub(super) fn join<T>(
        &mut self,
        pieces: Vec<Span>,
        frame: usize,
        kind: (Protocol, &'static str),
        read: impl FnOnce(&mut Fields<'_>) -> Result<T, Stop>,
    ) -> Option<T> {
        let piece = |span: &Span| self.bytes(span.space).get(span.range.clone()).map(<[u8]>::to_vec);
        let bytes = pieces.iter().filter_map(piece).flatten().collect();
        let (index, outcome) = self.derive((How::Joined, pieces.clone(), frame), bytes, kind, read);
        for piece in pieces {
            self.amend(&piece, |field| field.becomes = Some(Space::Derived(index)));
        }
        outcome
    }

    /// Names what a stream has left: the beginning of something, or what nobody can read.
    pub(super) fn leave(&mut self, stream: &mut Stream, name: &'static str, text: &'static Text) {
        for span in stream.spans(stream.told..stream.bytes.len()) {
            self.mark(&span, name, Note::plain(text));
        }
        stream.told = stream.bytes.len();
    }
}

fn find<'a>(layer: &'a mut Layer, range: &Range<usize>) -> Option<&'a mut Field> {
    layer.parts.iter_mut().find_map(|part| match part {
        Part::Field(field) if field.range == *range => Some(field),
        Part::Layer(inner) if inner.range.start <= range.start && range.end <= inner.range.end => find(inner, range),
        _ => None,
    })
}

impl Stream {
    /// Appends a piece that became available with a frame.
    pub(super) fn push(&mut self, span: Span, bytes: &[u8], frame: usize) {
        if bytes.is_empty() {
            return;
        }
        let start = self.bytes.len();
        self.bytes.extend_from_slice(bytes);
        self.pieces.push(Piece { start, span, frame });
    }

    pub(super) const fn len(&self) -> usize {
        self.bytes.len()
    }

    /// How far it has been told.
    pub(super) const fn told(&self) -> usize {
        self.told
    }

    /// The bytes that were not told yet.
    pub(super) fn rest(&self) -> &[u8] {
        self.bytes.get(self.told..).unwrap_or_default()
    }

    pub(super) fn bytes(&self, range: Range<usize>) -> &[u8] {
        self.bytes.get(range).unwrap_or_default()
    }

    /// Takes the next `count` bytes, as many as there are, to be told.
    pub(super) fn take(&mut self, count: usize) -> Range<usize> {
        let end = self.told.saturating_add(count).min(self.bytes.len());
        let range = self.told..end;
        self.told = end;
        range
    }

    /// Where bytes of it stand.
    pub(super) fn spans(&self, range: Range<usize>) -> Vec<Span> {
        let first = self
            .pieces
            .partition_point(|piece| piece.start.saturating_add(piece.span.range.len()) <= range.start);
        let pieces = self.pieces.get(first..).unwrap_or_default().iter();
        let within = pieces.take_while(|piece| piece.start < range.end).map(|piece| {
            let skipped = range.start.saturating_sub(piece.start);
            let start = piece.span.range.start.saturating_add(skipped);
            let beyond = range.end.saturating_sub(piece.start);
            let end = piece.span.range.end.min(piece.span.range.start.saturating_add(beyond));
            Span {
                space: piece.span.space,
                range: start..end,
            }
        });
        within.filter(|span| !span.range.is_empty()).collect()
    }

    /// The index of the frame with which the last of these bytes became available.
    pub(super) fn frame_of(&self, range: &Range<usize>) -> usize {
        let after = self.pieces.partition_point(|piece| piece.start < range.end);
        let last = after.checked_sub(1).and_then(|index| self.pieces.get(index));
        last.map_or(0, |piece| piece.frame)
    }
}
