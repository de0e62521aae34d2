//! Layers and fields as an indented list: offset, bytes, name, value, and why.

use std::collections::BTreeSet;

use super::paint::{Ink, Look};
use crate::event::{Account, Derived, Field, How, Layer, Note, Part, Protection, Protocol, Space, Value};
use crate::texts;

/// The longest value in a line, in characters.
const VALUE: usize = 64;

/// Which texts a reader has had already: what holds of every field of a kind is said with the first of them.
#[derive(Debug, Default)]
pub(super) struct Said(BTreeSet<&'static str>);

/// Everything in a byte space, or the layers of it that are wanted.
pub(super) fn tree(
    account: &Account,
    space: Space,
    only: Option<&[Protocol]>,
    (look, said): (&Look, &mut Said),
) -> String {
    let (bytes, layer) = match space {
        Space::Frame(index) => (None, account.frames.get(index).map(|frame| &frame.layer)),
        Space::Derived(index) => {
            let derived = account.derived.get(index);
            (derived, derived.map(|derived| &derived.layer))
        }
    };
    let Some(layer) = layer else { return String::new() };
    let made = bytes.map(|derived| {
        let (length, unit) = (derived.bytes.len(), look.say(&texts::WORD_BYTES));
        let how = match &derived.how {
            How::Joined => format!("{} {}", look.say(&texts::WORD_PIECES), derived.from.len()),
            How::Decrypted(protection) => format!(
                "{} {}, {} {}",
                look.say(&texts::WORD_DECRYPTED),
                protection.secret,
                look.say(&texts::WORD_RECORD),
                protection.sequence
            ),
        };
        format!("{length} {unit}{}{how}", look.say(&texts::COMMA))
    });
    let mut lister = Lister {
        look,
        said,
        text: String::new(),
    };
    let wanted = |layer: &Layer| only.is_none_or(|only| only.contains(&layer.protocol));
    if let Some(made) = made
        && layer.layers().into_iter().any(wanted)
    {
        lister.text += &look.line(&[(Ink::Dim, "      "), (Ink::Dim, &made)]);
        if let Some(Derived {
            how: How::Decrypted(protection),
            ..
        }) = bytes
            && only.is_none_or(|only| only.contains(&Protocol::Tls))
        {
            lister.nonce(protection);
        }
    }
    lister.layer(layer, &wanted, 3);
    lister.text
}

/// The layers of a frame that are wanted, field by field.
pub(super) fn layers(layer: &Layer, only: &[Protocol], look: &Look) -> String {
    let mut lister = Lister {
        look,
        said: &mut Said::default(),
        text: String::new(),
    };
    lister.layer(layer, &|layer: &Layer| only.contains(&layer.protocol), 5);
    lister.text
}

struct Lister<'a> {
    look: &'a Look,
    said: &'a mut Said,
    text: String,
}

impl Lister<'_> {
    /// The sum that opened a record, of three numbers of the same length (RFC 8446 §5.3).
    fn nonce(&mut self, protection: &Protection) {
        let (Some(iv), Some(nonce)) = (protection.iv, protection.nonce) else {
            return; // withheld
        };
        let mut sequence = vec![0; iv.len().saturating_sub(8)];
        sequence.extend(protection.sequence.to_be_bytes());
        let rows = [
            ("iv", iv.to_vec()),
            ("XOR sequence number", sequence),
            ("= nonce", nonce.to_vec()),
        ];
        for (name, bytes) in rows {
            let row = format!("        {name:<20} {}", Value::Bytes(bytes));
            self.text += &self.look.line(&[(Ink::Dim, &row)]);
        }
    }

    fn layer(&mut self, layer: &Layer, wanted: &impl Fn(&Layer) -> bool, depth: usize) {
        let is_wanted = wanted(layer);
        if is_wanted {
            let indent = "  ".repeat(depth);
            let title = format!("{} {}", layer.protocol.name(), layer.name);
            let what = if layer.what.is_empty() {
                String::new()
            } else {
                format!(": {}", layer.what)
            };
            self.text += &self.look.line(&[
                (Ink::Plain, &indent),
                (Ink::Layer(layer.protocol), &title),
                (Ink::Plain, &what),
            ]);
            layer.notes.iter().for_each(|note| self.note(note, depth + 1));
        }
        for part in &layer.parts {
            match part {
                Part::Field(field) if is_wanted => self.field(field, layer.protocol, depth + 1),
                Part::Field(_) => {}
                Part::Layer(inner) => self.layer(inner, wanted, if is_wanted { depth + 1 } else { depth }),
            }
        }
    }

    fn field(&mut self, field: &Field, protocol: Protocol, depth: usize) {
        let indent = "  ".repeat(depth);
        let value: String = field.value.to_string();
        let short: String = value.chars().take(VALUE).collect();
        let rest = if short.len() < value.len() { " …" } else { "" };
        let (at, length) = (field.range.start, field.range.len());
        let place = format!("{at:04x} +{length:<4} ");
        let name = field.name.to_string();
        let said = format!(": {short}{rest}");
        self.text += &self.look.line(&[
            (Ink::Plain, &indent),
            (Ink::Dim, &place),
            (Ink::Layer(protocol), &name),
            (Ink::Plain, &said),
        ]);
        field.notes.iter().for_each(|note| self.note(note, depth + 5));
    }

    fn note(&mut self, note: &Note, depth: usize) {
        let indent = "  ".repeat(depth);
        let is_new = self.said.0.insert(note.text.key) || note.text.is_invalid();
        let (told, section) = (note.text.told(self.look.language), note.text.section);
        let text = match (is_new, note.detail.as_str()) {
            (true, "") => format!("· {told} [{section}]"),
            (true, detail) => format!("· {told} ({detail}) [{section}]"),
            (false, "") => return,
            (false, detail) => format!("· {detail}"),
        };
        let ink = if note.text.is_invalid() { Ink::Alarm } else { Ink::Dim };
        self.text += &self.look.line(&[(Ink::Plain, &indent), (ink, &text)]);
    }
}
