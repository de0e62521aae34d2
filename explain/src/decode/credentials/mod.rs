//! What lets somebody in, found in an account, so that it can be told without: where it stands by its name, and wherever else its
//! value turns up, in every form that programs give it.

mod coded;
mod forms;
mod places;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use coded::Coded;
use forms::forms;
use places::places;

use super::spaces::{BLANK, Blanks};
use crate::event::{Account, Derived, How, Protocol, Space, Span};

pub(crate) use places::{header_secrets, target_secrets};

/// The shortest value that is looked for elsewhere, in bytes: what is shorter stands in too many words.
const SHORTEST: usize = 4;

/// The values that let somebody in, as far as they are known.
#[derive(Default)]
pub struct Credentials {
    values: BTreeSet<Vec<u8>>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Credentials({})", self.values.len())
    }
}

impl Credentials {
    /// Learns what a header holds that will be sent, if it is one that lets somebody in.
    pub fn learn_header(&mut self, name: &str, value: &str) {
        for range in header_secrets(&name.to_ascii_lowercase(), value.as_bytes()) {
            self.learn(value.as_bytes().get(range).unwrap_or_default());
        }
    }

    /// Learns what a URL holds: its parameters and paths that let somebody in.
    pub fn learn_url(&mut self, url: &str) {
        for range in target_secrets(url.as_bytes()) {
            self.learn(url.as_bytes().get(range).unwrap_or_default());
        }
    }

    /// Learns a value, and what it says where it is a form of another.
    pub fn learn(&mut self, value: &[u8]) {
        for meaning in forms::meanings(value) {
            if meaning.len() >= SHORTEST {
                self.values.insert(meaning);
            }
        }
    }

    /// A text without any of them.
    #[must_use]
    pub fn hide(&self, text: &str) -> String {
        let mut bytes = text.as_bytes().to_vec();
        let found = found_in(&bytes, &self.forms());
        blank(&mut bytes, found);
        // What was blanked may have begun or ended within a character.
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Every form of all of them.
    fn forms(&self) -> Vec<Vec<u8>> {
        self.values.iter().flat_map(|value| forms(value)).collect()
    }
}

/// Where any of these forms stands.
fn found_in(bytes: &[u8], forms: &[Vec<u8>]) -> Vec<Range<usize>> {
    forms.iter().flat_map(|form| forms::find(bytes, form)).collect()
}

/// What of an account are credentials. `known` learns what was found.
pub(super) fn blanks(account: &Account, known: &mut Credentials) -> Blanks {
    let mut spans = places(account);
    for span in &spans {
        known.learn(bytes_of(account, span));
    }
    let coded = coded::strings(account);
    for string in &coded {
        let said = string.said.as_deref().unwrap_or_default();
        for secret in &string.secrets {
            known.learn(said.get(secret.clone()).unwrap_or_default());
        }
    }
    let forms = known.forms();
    for run in runs(account) {
        let bytes: Vec<u8> = run.iter().flat_map(|span| bytes_of(account, span)).copied().collect();
        let found = found_in(&bytes, &forms);
        spans.extend(found.iter().flat_map(|range| within(&run, range)));
    }
    let mut blanks = Blanks::default();
    for Coded { span, said, secrets } in coded {
        let said = said.map(|said| (found_in(&said, &forms), said));
        let without = said.map(|(found, said)| (found.into_iter().chain(secrets).collect::<Vec<_>>(), said));
        if without.as_ref().is_some_and(|(all, _)| all.is_empty()) {
            continue;
        }
        let without = without.map(|(all, mut said)| {
            blank(&mut said, all);
            said
        });
        blanks.strings.insert((span.space, span.range.start), without);
        spans.push(span);
    }
    blanks.records = in_records(account, spans);
    blanks
}

/// Which bytes of which decrypted record, counted from 0, these bytes were made of.
fn in_records(account: &Account, mut spans: Vec<Span>) -> BTreeMap<usize, Vec<Range<usize>>> {
    let derived = account.derived.iter().enumerate();
    let decrypted = derived.filter(|(_, derived)| matches!(derived.how, How::Decrypted(_)));
    let records: BTreeMap<usize, usize> = decrypted
        .enumerate()
        .map(|(record, (index, _))| (index, record))
        .collect();
    let mut ranges: BTreeMap<usize, Vec<Range<usize>>> = BTreeMap::new();
    while let Some(Span { space, range }) = spans.pop() {
        let Space::Derived(index) = space else { continue };
        if let Some(record) = records.get(&index) {
            ranges.entry(*record).or_default().push(range);
        } else if let Some(derived) = account.derived.get(index) {
            spans.extend(within(&derived.from, &range));
        }
    }
    ranges
}

fn blank(bytes: &mut [u8], ranges: Vec<Range<usize>>) {
    for range in ranges {
        bytes.get_mut(range).unwrap_or_default().fill(BLANK);
    }
}

fn bytes_of<'a>(account: &'a Account, span: &Span) -> &'a [u8] {
    match span.space {
        Space::Derived(index) => {
            let derived = account.derived.get(index);
            derived
                .and_then(|derived| derived.bytes.get(span.range.clone()))
                .unwrap_or_default()
        }
        Space::Frame(_) => &[],
    }
}

/// A range of bytes that are made of pieces, in those.
fn within(pieces: &[Span], range: &Range<usize>) -> Vec<Span> {
    let mut at = 0_usize;
    let mut found = Vec::new();
    for piece in pieces {
        let end = at.saturating_add(piece.range.len());
        let (from, to) = (range.start.max(at), range.end.min(end));
        if from < to {
            let start = piece.range.start;
            found.push(Span {
                space: piece.space,
                range: start + (from - at)..start + (to - at),
            });
        }
        at = end;
    }
    found
}

/// What belongs together, in order, however it was cut: what each side of a connection said, the same without the frames of HTTP/2,
/// and what was put together.
fn runs(account: &Account) -> Vec<Vec<Span>> {
    let mut runs: BTreeMap<(Option<usize>, &str, bool), Vec<Span>> = BTreeMap::new();
    let mut joined = Vec::new();
    for (index, derived) in account.derived.iter().enumerate() {
        let space = Space::Derived(index);
        match &derived.how {
            How::Decrypted(protection) => {
                let flow = account.frames.get(derived.frame).and_then(|frame| frame.flow);
                let content = content(derived);
                let key = (flow, protection.secret);
                runs.entry((key.0, key.1, false))
                    .or_default()
                    .extend(content.map(|range| Span { space, range }));
                let data = data(derived).into_iter().map(|range| Span { space, range });
                runs.entry((key.0, key.1, true)).or_default().extend(data);
            }
            How::Joined => joined.push(vec![Span {
                space,
                range: 0..derived.bytes.len(),
            }]),
        }
    }
    runs.into_values().chain(joined).collect()
}

/// The application's bytes of a record.
fn content(derived: &Derived) -> Option<Range<usize>> {
    let kind = derived.layer.field("inner content type")?;
    (kind.number() == Some(23)).then_some(0..kind.range.start)
}

/// Data of HTTP/2's frames and of HTTP/1.1's chunks, where it stands in one record.
fn data(derived: &Derived) -> Vec<Range<usize>> {
    let layers = derived.layer.layers().into_iter();
    let carriers = layers.filter(|layer| layer.protocol == Protocol::Http);
    let fields = carriers.flat_map(|layer| ["data", "chunk data"].into_iter().filter_map(|name| layer.field(name)));
    fields.map(|field| field.range.clone()).collect()
}
