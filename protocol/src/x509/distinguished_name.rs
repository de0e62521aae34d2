//! Distinguished names: whom a certificate is for, and who issued it (RFC 5280 §4.1.2.4).

use std::borrow::Cow;

use super::der::{Der, DerError, Value, tag};
use super::oid::Oid;

/// A distinguished name, as the contents of its Name SEQUENCE. What is inside is read when it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DistinguishedName<'a>(&'a [u8]);

/// One attribute of a distinguished name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// What it is.
    pub kind: Oid<'a>,
    /// Its text as it stands: it may hold anything, terminal commands included.
    pub text: Cow<'a, str>,
}

impl<'a> DistinguishedName<'a> {
    /// The name with these contents of a Name SEQUENCE.
    #[must_use]
    pub const fn new(contents: &'a [u8]) -> Self {
        Self(contents)
    }

    /// The contents of its Name SEQUENCE.
    #[must_use]
    pub const fn contents(self) -> &'a [u8] {
        self.0
    }

    /// The whole Name in DER.
    #[must_use]
    pub fn to_der(self) -> Vec<u8> {
        let digits = self.0.len().to_be_bytes();
        let significant = digits.iter().position(|digit| *digit != 0).unwrap_or(digits.len());
        let (_, length) = digits.split_at(significant);
        let mut der = vec![tag::SEQUENCE];
        match length {
            [] => der.push(0),
            [short] if *short < 0x80 => der.push(*short),
            long => {
                der.push(0x80 | u8::try_from(long.len()).unwrap_or_default());
                der.extend_from_slice(long);
            }
        }
        der.extend_from_slice(self.0);
        der
    }

    /// All attributes, in order.
    pub fn attributes(self) -> Result<Vec<Attribute<'a>>, DerError> {
        let mut sets = Der::new(self.0);
        let mut attributes = Vec::new();
        while !sets.is_empty() {
            let mut set = sets.inside(tag::SET)?;
            while !set.is_empty() {
                let mut fields = set.inside(tag::SEQUENCE)?;
                let kind = fields.oid()?;
                let text = decode(fields.value()?);
                fields.finish()?;
                attributes.push(Attribute { kind, text });
            }
        }
        Ok(attributes)
    }

    /// The first common name, if there is one.
    #[must_use]
    pub fn common_name(self) -> Option<Cow<'a, str>> {
        let mut attributes = self.attributes().ok()?.into_iter();
        attributes
            .find(|attribute| attribute.kind == Oid::COMMON_NAME)
            .map(|attribute| attribute.text)
    }
}

impl std::fmt::Display for DistinguishedName<'_> {
    /// `CN=nihao server CA, O=…`, in order of appearance. Control characters are shown escaped: a foreign name must not reach a
    /// terminal as a command.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Ok(attributes) = self.attributes() else {
            return f.write_str("(damaged name)");
        };
        if attributes.is_empty() {
            return f.write_str("(no name)");
        }
        for (index, Attribute { kind, text }) in attributes.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{kind}={}", printable(text))?;
        }
        Ok(())
    }
}

/// `text` with control and direction-changing characters escaped.
pub(super) fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        let turns = matches!(
            character,
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
        );
        if character.is_control() || turns {
            out.extend(character.escape_unicode());
        } else {
            out.push(character);
        }
    }
    out
}

fn decode(value: Value<'_>) -> Cow<'_, str> {
    if value.tag == tag::BMP_STRING {
        let (units, _) = value.content.as_chunks::<2>();
        let units: Vec<u16> = units.iter().copied().map(u16::from_be_bytes).collect();
        return String::from_utf16_lossy(&units).into();
    }
    String::from_utf8_lossy(value.content)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Name's contents with one attribute for each (type, tag, text).
    fn name(attributes: &[(Oid<'_>, u8, &[u8])]) -> Vec<u8> {
        let wrap = |tag: u8, content: &[u8]| [&[tag, u8::try_from(content.len()).unwrap()], content].concat();
        let one = |(kind, tag, text): &(Oid<'_>, u8, &[u8])| {
            let fields = [wrap(tag::OBJECT_IDENTIFIER, kind.contents()), wrap(*tag, text)].concat();
            wrap(tag::SET, &wrap(tag::SEQUENCE, &fields))
        };
        attributes.iter().flat_map(one).collect()
    }

    #[test]
    fn a_name_cannot_speak_to_the_terminal() {
        let organization = Oid::from_contents(&[0x55, 0x04, 0x0a]).unwrap();
        let der = name(&[
            (Oid::COMMON_NAME, 0x0c, "al\u{1b}[2Jice\u{202e}".as_bytes()),
            (organization, tag::BMP_STRING, &[0x60, 0xa8, 0x59, 0x7d]),
        ]);
        let name = DistinguishedName::new(&der);
        assert_eq!(name.to_string(), "CN=al\\u{1b}[2Jice\\u{202e}, O=您好");
        assert_eq!(name.common_name().unwrap(), "al\u{1b}[2Jice\u{202e}");
    }

    #[test]
    fn empty_and_damaged_names_are_told() {
        assert_eq!(DistinguishedName::new(&[]).to_string(), "(no name)");
        let der = name(&[(Oid::COMMON_NAME, 0x0c, b"alice")]);
        let cut = DistinguishedName::new(&der[..der.len() - 1]);
        assert_eq!(cut.to_string(), "(damaged name)");
        assert_eq!((cut.attributes(), cut.common_name()), (Err(DerError::Truncated), None));
    }
}
