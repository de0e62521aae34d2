//! The leaves of an account: named bytes and what they say.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::ops::Range;

use super::Space;
use crate::texts::Text;

/// Named bytes: the smallest part of an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// What the standard calls it, in English.
    pub name: Cow<'static, str>,
    /// Which bytes of its space.
    pub range: Range<usize>,
    /// What they say.
    pub value: Value,
    /// Why they are there, what to know about them, and what is wrong with them.
    pub notes: Vec<Note>,
    /// What was derived from them: the whole of which they are a part, or their plaintext.
    pub becomes: Option<Space>,
}

/// What a field's bytes say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A number, big-endian on the wire where nothing else is said.
    Number(u64),
    /// A number with a name.
    Named(u64, Cow<'static, str>),
    /// A position in a TCP stream: as on the wire, and counted from the first of its connection, if that was seen.
    Sequence {
        /// As on the wire.
        raw: u32,
        /// After the connection's initial sequence number.
        relative: Option<u32>,
    },
    /// Several values that share bytes, the highest bits first.
    Bits(Vec<Bits>),
    /// A link-layer address.
    Mac([u8; 6]),
    /// An address.
    Ip(IpAddr),
    /// Text as it stands: it may hold anything. Displayed, control characters are escaped.
    Text(String),
    /// A moment, in seconds since 1970.
    Time(u64),
    /// Bytes that have no finer meaning: random ones, keys, padding.
    Bytes(Vec<u8>),
    /// Bytes that have a finer meaning that is not told here: encrypted without a key, broken, or of a kind not known.
    Opaque(Vec<u8>),
}

/// One of several values that share bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bits {
    /// What the standard calls it.
    pub name: &'static str,
    /// How many bits it takes.
    pub width: u8,
    /// The number in them.
    pub value: u64,
    /// What the number means, if it needs saying.
    pub meaning: Cow<'static, str>,
}

/// Something to know about bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What, in both languages, and where to read on.
    pub text: &'static Text,
    /// The particulars of this case: numbers, names. Often nothing.
    pub detail: String,
}

impl Note {
    /// A note without particulars.
    #[must_use]
    pub const fn plain(text: &'static Text) -> Self {
        Self {
            text,
            detail: String::new(),
        }
    }

    /// A note with particulars.
    #[must_use]
    pub fn with(text: &'static Text, detail: impl Into<String>) -> Self {
        let detail = detail.into();
        Self { text, detail }
    }
}

impl Field {
    /// Whether a note says that it is invalid.
    #[must_use]
    pub fn is_invalid(&self) -> bool {
        self.notes.iter().any(|note| note.text.is_invalid())
    }

    /// The number it says, if it says one.
    #[must_use]
    pub const fn number(&self) -> Option<u64> {
        match &self.value {
            Value::Number(number) | Value::Named(number, _) | Value::Time(number) => Some(*number),
            Value::Sequence { raw, .. } => Some(*raw as u64),
            _ => None,
        }
    }

    /// One of the values that share its bytes.
    #[must_use]
    pub fn bits(&self, name: &str) -> Option<u64> {
        match &self.value {
            Value::Bits(all) => all.iter().find(|bits| bits.name == name).map(|bits| bits.value),
            _ => None,
        }
    }

    /// What one of the values that share its bytes means; nothing where that was not said.
    #[must_use]
    pub fn meaning(&self, name: &str) -> Option<&str> {
        match &self.value {
            Value::Bits(all) => all
                .iter()
                .find(|bits| bits.name == name)
                .map(|bits| bits.meaning.as_ref()),
            _ => None,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Named(number, name) => write!(f, "{name} ({number:#x})"),
            Self::Sequence { raw, relative: None } => write!(f, "{raw}"),
            Self::Sequence {
                raw,
                relative: Some(relative),
            } => write!(f, "{raw} (relative {relative})"),
            Self::Bits(all) => {
                for (index, bits) in all.iter().enumerate() {
                    let comma = if index == 0 { "" } else { ", " };
                    match bits.meaning.as_ref() {
                        "" => write!(f, "{comma}{} {}", bits.name, bits.value)?,
                        meaning => write!(f, "{comma}{} {} ({meaning})", bits.name, bits.value)?,
                    }
                }
                Ok(())
            }
            Self::Mac(mac) => join(f, mac, ":"),
            Self::Ip(address) => write!(f, "{address}"),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Time(seconds) => match i64::try_from(*seconds).map(jiff::Timestamp::from_second) {
                Ok(Ok(moment)) => write!(f, "{moment}"),
                _ => write!(f, "{seconds} s since 1970"),
            },
            Self::Bytes(bytes) | Self::Opaque(bytes) => join(f, bytes, " "),
        }
    }
}

fn join(f: &mut fmt::Formatter<'_>, bytes: &[u8], between: &str) -> fmt::Result {
    for (index, byte) in bytes.iter().enumerate() {
        let between = if index == 0 { "" } else { between };
        write!(f, "{between}{byte:02x}")?;
    }
    Ok(())
}
