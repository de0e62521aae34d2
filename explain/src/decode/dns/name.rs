//! Domain names: labels, and pointers to labels that stand earlier (RFC 1035 §4.1.4).

use crate::decode::fields::{Fields, Stop, text_value};
use crate::event::{Note, Protocol};
use crate::texts;

/// The most bytes a name has on the wire (RFC 1035 §2.3.4): it bounds what pointers can lead to.
const LONGEST: usize = 255;

/// How many bytes a name takes where it stands; nothing if it is cut.
pub(super) fn length(bytes: &[u8]) -> Option<usize> {
    let mut at = 0_usize;
    loop {
        match bytes.get(at)? {
            0 => return Some(at.saturating_add(1)),
            0xc0..=0xff => return Some(at.saturating_add(2)),
            label => at = at.saturating_add(usize::from(*label)).saturating_add(1),
        }
    }
}

/// Names the bytes of a name in a message that begins at `start`; the whole name as text.
pub(super) fn name(fields: &mut Fields<'_>, start: usize, called: &'static str) -> Result<String, Stop> {
    let length = length(fields.rest()).unwrap_or(usize::MAX).min(fields.left());
    let read = fields.layer((Protocol::Dns, called), length, |name| {
        name.why(&texts::DNS_NAME);
        let message = name.space_before().get(start..).unwrap_or_default().to_vec();
        let text = labels(name, &message)?;
        name.what(text.clone());
        Ok(text)
    });
    read.ok_or(Stop)
}

fn labels(fields: &mut Fields<'_>, before: &[u8]) -> Result<String, Stop> {
    let mut text = String::new();
    loop {
        let first = fields.rest().first().copied().unwrap_or_default();
        if first >= 0xc0 {
            let to = fields.bits("pointer", &[("mark", 2), ("offset", 14)])? & 0x3fff;
            let Some(rest) = usize::try_from(to).ok().and_then(|to| followed(before, to)) else {
                fields.explain(&texts::DNS_BAD_POINTER);
                return Err(Stop);
            };
            fields.note(Note::with(&texts::DNS_POINTER, format!("{rest}.")));
            text += &rest;
            break;
        }
        let length = usize::try_from(fields.number("label length", 1)?).unwrap_or_default();
        if length == 0 {
            break;
        }
        if length > 63 {
            fields.explain(&texts::BAD_VALUE);
            return Err(Stop);
        }
        let label = fields.value("label", length, text_value)?;
        push(&mut text, label);
    }
    Ok(finish(text))
}

/// The name that stands at `at`, wherever its pointers lead: each must lead to before all that was read so far, so it ends.
fn followed(message: &[u8], at: usize) -> Option<String> {
    let (mut text, mut at, mut begun) = (String::new(), at, at);
    loop {
        let first = *message.get(at)?;
        match first {
            0 => return Some(text),
            0xc0..=0xff => {
                let low = *message.get(at.checked_add(1)?)?;
                let to = usize::from(u16::from_be_bytes([first & 0x3f, low]));
                if to >= begun {
                    return None;
                }
                (at, begun) = (to, to);
            }
            1..=63 => {
                let start = at.checked_add(1)?;
                let end = start.checked_add(usize::from(first))?;
                push(&mut text, message.get(start..end)?);
                if text.len() > LONGEST * 4 {
                    return None;
                }
                at = end;
            }
            _ => return None,
        }
    }
}

/// Appends a label and a dot; what is no plain character is escaped as RFC 1035 §5.1 has it.
fn push(text: &mut String, label: &[u8]) {
    for byte in label {
        match byte {
            b'.' | b'\\' => text.extend(['\\', char::from(*byte)]),
            0x21..=0x7e => text.push(char::from(*byte)),
            other => *text += &format!("\\{other:03}"),
        }
    }
    text.push('.');
}

/// Names are told without the last dot, the root as one dot.
fn finish(text: String) -> String {
    match text.strip_suffix('.') {
        Some(name) => name.to_owned(),
        None => String::from("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_lead_back_and_end() {
        let message = b"\x03com\x00\x07example\xc0\x00\x03www\xc0\x05\xc0\x12";
        assert_eq!(followed(message, 15).as_deref(), Some("www.example.com."));
        assert_eq!(followed(message, 21), None, "it leads outside");
        assert_eq!(followed(b"\x01a\xc0\x00", 0), None, "it leads to itself");
        assert_eq!(followed(b"\xc0\x02\xc0\x00", 2), None, "it leads forward");
    }
}
