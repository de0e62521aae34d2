//! One direction of a TCP connection: which bytes of its stream were seen, and where.

use std::collections::BTreeMap;

use crate::decode::spaces::Stream;
use crate::event::{Note, Span};
use crate::texts;

/// What one end has sent so far.
#[derive(Debug, Default)]
pub(crate) struct Side {
    /// Its initial sequence number, if its SYN was seen.
    pub(crate) initial: Option<u32>,
    /// The sequence number of the stream's first byte.
    base: Option<u32>,
    /// How far its windows are shifted.
    pub(super) scale: Option<u8>,
    /// The last acknowledgment it sent, with the window.
    pub(super) acknowledged: Option<(u32, u16)>,
    /// Whether it sent anything.
    pub(super) spoke: bool,
    /// Where its stream ends, if it said so.
    pub(super) fin: Option<u32>,
    /// Its bytes, in order.
    pub(crate) stream: Stream,
    /// Pieces behind a gap, by their place in the stream.
    waiting: BTreeMap<u64, (Span, Vec<u8>)>,
    /// Bytes that were seen before.
    pub(crate) again: Vec<(Span, Note)>,
    /// Segments that carried nothing new.
    pub(super) retransmitted: usize,
    /// When segments were sent that begin at these numbers.
    copies: BTreeMap<u32, Copies>,
}

/// How often a segment was sent, and when, in µs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Copies {
    pub(super) count: u32,
    pub(super) first: u64,
    pub(super) before: u64,
    pub(super) last: u64,
}

/// How a segment's data fits what was seen before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fit {
    /// There is none.
    Nothing,
    /// It continues the stream, at least with its end.
    Next,
    /// All of it was seen.
    Again,
    /// It stands behind a gap.
    Ahead,
}

impl Side {
    /// The sequence number that follows what was seen without a gap.
    pub(super) fn next(&self) -> Option<u32> {
        let length = u32::try_from(self.stream.len() & 0xffff_ffff).unwrap_or_default();
        Some(self.base?.wrapping_add(length))
    }

    /// Whether something stands behind a gap.
    pub(super) fn has_gap(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Counts a segment that takes sequence numbers: how often it was sent by now.
    pub(super) fn copy(&mut self, sequence: u32, at: u64) -> Copies {
        let known = self
            .copies
            .get(&sequence)
            .map_or((0, at, at), |known| (known.count, known.first, known.last));
        let (count, first, before) = known;
        let copies = Copies {
            count: count.saturating_add(1),
            first,
            before,
            last: at,
        };
        self.copies.insert(sequence, copies);
        copies
    }

    /// Takes its SYN; whether it is the first with this number.
    pub(super) fn begin(&mut self, initial: u32) -> bool {
        let is_new = self.initial != Some(initial);
        if is_new {
            self.initial = Some(initial);
            self.base = Some(initial.wrapping_add(1));
        }
        is_new
    }

    /// Takes data that begins at this sequence number.
    pub(super) fn receive(&mut self, sequence: u32, (span, bytes, frame): (&Span, &[u8], usize)) -> Fit {
        if bytes.is_empty() {
            return Fit::Nothing;
        }
        let base = *self.base.get_or_insert(sequence);
        let next = self.next().unwrap_or(base);
        let distance = i64::from(sequence.wrapping_sub(next).cast_signed());
        let length = i64::try_from(self.stream.len()).unwrap_or(i64::MAX);
        let Ok(place) = u64::try_from(length.saturating_add(distance)) else {
            // It begins before the stream does: what was sent before the capture began, or a probe of what is long acknowledged.
            self.again.push((span.clone(), Note::plain(&texts::TCP_SEEN_BEFORE)));
            return Fit::Again;
        };
        if distance > 0 {
            let fresh = !self.waiting.contains_key(&place);
            if fresh {
                self.waiting.insert(place, (span.clone(), bytes.to_vec()));
                return Fit::Ahead;
            }
            self.again.push((span.clone(), Note::plain(&texts::TCP_SEEN_BEFORE)));
            return Fit::Again;
        }
        let new = self.append(place, span, bytes, frame);
        while let Some(entry) = self.waiting.first_entry() {
            if *entry.key() > self.stream.len() as u64 {
                break;
            }
            let (place, (span, bytes)) = entry.remove_entry();
            self.append(place, &span, &bytes, frame);
        }
        if new { Fit::Next } else { Fit::Again }
    }

    /// Appends what is new of a piece that begins at or before the stream's end; whether there was such.
    fn append(&mut self, place: u64, span: &Span, bytes: &[u8], frame: usize) -> bool {
        let place = usize::try_from(place).unwrap_or(usize::MAX);
        let known = self.stream.len().saturating_sub(place).min(bytes.len());
        let (old, new) = bytes.split_at(known);
        let middle = span.range.start.saturating_add(known);
        if !old.is_empty() {
            let same = self.stream.bytes(place..place.saturating_add(known)) == old;
            let text = if same {
                &texts::TCP_SEEN_BEFORE
            } else {
                &texts::TCP_CONTRADICTS
            };
            let range = span.range.start..middle;
            let space = span.space;
            self.again.push((Span { space, range }, Note::plain(text)));
        }
        let (space, range) = (span.space, middle..span.range.end);
        self.stream.push(Span { space, range }, new, frame);
        !new.is_empty()
    }
}
