//! Records: header, content in the clear, or ciphertext and tag, and their plaintext (RFC 8446 §5).

use nihao_protocol::crypto::aead::TAG_LENGTH;
use nihao_protocol::tls::record::{HEADER, MAX_CONTENT, MAX_PROTECTED};

use super::half::Half;
use super::numbers;
use crate::decode::fields::{Fields, Stop};
use crate::decode::spaces::Spaces;
use crate::event::{How, Note, Protection, Protocol, Space, Span, Value};
use crate::texts;

/// A record that was told: its true type, where its content stands, and when it was complete.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) kind: u8,
    pub(super) content: Span,
    pub(super) frame: usize,
}

/// What became of a protected record.
#[derive(Debug)]
enum Opened {
    Plain(Vec<u8>, Protection),
    BadTag,
    NoKey,
}

impl Half {
    /// Tells the next record, which is complete; nothing if its content cannot be read.
    pub(super) fn tell_record(&mut self, spaces: &mut Spaces) -> Option<Told> {
        let kind = *self.stream.rest().first()?;
        let header = *self.stream.rest().first_chunk::<HEADER>().unwrap_or(&[0; HEADER]);
        let [_, major, _, high, low] = header;
        if !matches!(kind, 20..=24) || major != 3 {
            self.is_broken = true;
            spaces.leave(&mut self.stream, "not TLS", &texts::TLS_NOT_TLS);
            return None;
        }
        let length = usize::from(u16::from_be_bytes([high, low]));
        let range = self.stream.take(length.saturating_add(HEADER));
        let frame = self.stream.frame_of(&range);
        let body = self
            .stream
            .bytes(range.clone())
            .get(HEADER..)
            .unwrap_or_default()
            .to_vec();
        let named = (Protocol::Tls, "record", "part of a TLS record");
        if self.is_sealed_otherwise {
            spaces.unit(&self.stream, range, named, |fields| {
                head(fields)?;
                fields.why(&texts::TLS_NO_KEY);
                fields.opaque("encrypted record");
                Ok(())
            });
            return None;
        }
        if kind != 23 {
            let is_late = self.is_protected && kind == 22;
            let (span, _) = spaces.unit(&self.stream, range, named, |fields| {
                head(fields)?;
                if is_late {
                    fields.why(&texts::TLS_PLAIN_TOO_LATE);
                }
                fields.opaque("fragment");
                Ok(())
            });
            let content = within(&span, HEADER..span.range.len());
            return Some(Told { kind, content, frame });
        }
        let opened = match &mut self.keys {
            None => Opened::NoKey,
            Some(keys) => keys
                .open(&header, &body)
                .map_or(Opened::BadTag, |(plain, how)| Opened::Plain(plain, how)),
        };
        let (span, _) = spaces.unit(&self.stream, range, named, |fields| protected(fields, &opened));
        let Opened::Plain(plain, protection) = opened else {
            return None;
        };
        let ciphertext = within(&span, HEADER..span.range.len().saturating_sub(TAG_LENGTH));
        Some(plaintext(spaces, (ciphertext, frame), plain, protection))
    }
}

/// A part of a span, counted from its start.
fn within(span: &Span, part: std::ops::Range<usize>) -> Span {
    let at = |offset: usize| span.range.start.saturating_add(offset).min(span.range.end);
    Span {
        space: span.space,
        range: at(part.start)..at(part.end),
    }
}

fn head(fields: &mut Fields<'_>) -> Result<(), Stop> {
    fields.why(&texts::TLS_RECORD);
    let kind = fields.named("content type", 1, numbers::record)?;
    fields.explain(&texts::TLS_RECORD_TYPE);
    fields.named("legacy_record_version", 2, numbers::version)?;
    fields.explain(&texts::TLS_RECORD_VERSION);
    let length = fields.number("length", 2)?;
    fields.explain(&texts::TLS_RECORD_LENGTH);
    let limit = if kind == 23 { MAX_PROTECTED } else { MAX_CONTENT };
    if usize::try_from(length).is_ok_and(|length| length > limit) {
        fields.explain(&texts::TLS_RECORD_TOO_LONG);
    }
    fields.what(format!("{}, {length} bytes", numbers::record(kind).unwrap_or("record")));
    Ok(())
}

fn protected(fields: &mut Fields<'_>, opened: &Opened) -> Result<(), Stop> {
    head(fields)?;
    let sealed = fields.left().saturating_sub(TAG_LENGTH);
    match opened {
        Opened::NoKey => {
            fields.why(&texts::TLS_NO_KEY);
            fields.opaque_part("encrypted record", sealed);
        }
        Opened::BadTag => {
            fields.why(&texts::TLS_BAD_TAG);
            fields.opaque_part("encrypted record", sealed);
        }
        Opened::Plain(_, how) => {
            fields.bytes("encrypted record", sealed)?;
            let mut detail = format!("{} #{}: record {}", how.secret, how.generation, how.sequence);
            if let Some(nonce) = how.nonce {
                detail += &format!(", nonce {}", Value::Bytes(nonce.to_vec()));
            }
            fields.note(Note::with(&texts::TLS_CIPHERTEXT, detail));
        }
    }
    if fields.left() > 0 {
        fields.bytes("authentication tag", fields.left())?;
        match opened {
            Opened::Plain(..) => fields.explain(&texts::TLS_TAG),
            Opened::BadTag => fields.explain(&texts::TLS_BAD_TAG),
            Opened::NoKey => {}
        }
    }
    Ok(())
}

/// Tells the plaintext: content, inner type, padding (RFC 8446 §5.4).
fn plaintext(spaces: &mut Spaces, (from, frame): (Span, usize), mut plain: Vec<u8>, how: Protection) -> Told {
    let length = plain.iter().rposition(|byte| *byte != 0).unwrap_or_default();
    let kind = plain.get(length).copied().unwrap_or_default();
    spaces.blank(kind, &mut plain);
    let made = (How::Decrypted(how), vec![from.clone()], frame);
    let (index, _) = spaces.derive(made, plain, (Protocol::Tls, "plaintext"), |fields| {
        if kind == 0 {
            fields.opaque("zeros");
            fields.explain(&texts::TLS_NO_INNER_TYPE);
            return Ok(());
        }
        fields.what(format!(
            "{}, {length} bytes",
            numbers::record(u64::from(kind)).unwrap_or("record")
        ));
        fields.opaque_part("content", length);
        if kind == 23 && length > 0 {
            fields.explain(&texts::TLS_APPLICATION_DATA);
        }
        fields.named("inner content type", 1, numbers::record)?;
        fields.explain(&texts::TLS_INNER_TYPE);
        if fields.left() > 0 {
            fields.bytes("padding", fields.left())?;
            fields.explain(&texts::TLS_PADDING);
        }
        Ok(())
    });
    let space = Space::Derived(index);
    spaces.amend(&from, |field| field.becomes = Some(space));
    let content = Span {
        space,
        range: 0..length,
    };
    Told { kind, content, frame }
}
