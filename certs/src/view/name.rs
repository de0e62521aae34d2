//! Distinguished names: whom a certificate speaks of.

use crate::der::{DerError, Reader, oid, tag};

/// A distinguished name in its order: (dotted object identifier, text).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Name(pub Vec<(String, String)>);

impl Name {
    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DerError> {
        let mut sequence = reader.inside(tag::SEQUENCE)?;
        let mut parts = Vec::new();
        while !sequence.is_empty() {
            let mut set = sequence.inside(tag::SET)?;
            while !set.is_empty() {
                let mut pair = set.inside(tag::SEQUENCE)?;
                let identifier = pair.oid()?;
                let text = pair.value()?;
                pair.finish()?;
                parts.push((identifier, decode(text.tag, text.content)));
            }
        }
        Ok(Self(parts))
    }

    /// The common name, if there is one.
    #[must_use]
    pub fn common_name(&self) -> Option<&str> {
        self.0
            .iter()
            .find(|(identifier, _)| identifier == oid::COMMON_NAME)
            .map(|(_, text)| text.as_str())
    }
}

impl std::fmt::Display for Name {
    /// Control characters are shown escaped: a foreign name must not reach the terminal as a command.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.is_empty() {
            return f.write_str("(no name)");
        }
        for (index, (identifier, text)) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{}={}", short(identifier), printable(text))?;
        }
        Ok(())
    }
}

/// `text` with control and direction-changing characters escaped.
pub(super) fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        let turns = matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
        if character.is_control() || turns {
            out.extend(character.escape_unicode());
        } else {
            out.push(character);
        }
    }
    out
}

fn decode(kind: u8, content: &[u8]) -> String {
    const BMP_STRING: u8 = 0x1e;
    if kind == BMP_STRING {
        let units: Vec<u16> = content
            .chunks_exact(2)
            .map(|pair| u16::from_be_bytes([pair[0], pair[1]]))
            .collect();
        return String::from_utf16_lossy(&units);
    }
    String::from_utf8_lossy(content).into_owned()
}

fn short(identifier: &str) -> &str {
    match identifier {
        oid::COMMON_NAME => "CN",
        "2.5.4.5" => "serialNumber",
        "2.5.4.6" => "C",
        "2.5.4.7" => "L",
        "2.5.4.8" => "ST",
        "2.5.4.10" => "O",
        "2.5.4.11" => "OU",
        "1.2.840.113549.1.9.1" => "email",
        "0.9.2342.19200300.100.1.25" => "DC",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_speak_to_the_terminal() {
        let name = Name(vec![
            ("2.5.4.3".into(), "al\u{1b}[2Jice\u{202e}".into()),
            ("2.5.4.10".into(), "您好".into()),
        ]);
        assert_eq!(name.to_string(), "CN=al\\u{1b}[2Jice\\u{202e}, O=您好");
    }
}
