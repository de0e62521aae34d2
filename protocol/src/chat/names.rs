//! What people type and see: nicknames, rooms, conversations, message ids, texts. Each can only be made right.

use std::fmt;
use std::str::FromStr;

use crate::clock::UnixTime;
use crate::crypto::Random;
use crate::crypto::random::{self, RandomUnavailable};

/// The most characters a nickname or a room's name has.
pub const NAME_CHARACTERS: usize = 32;

/// The most bytes of UTF-8 a message's text has: 16 KiB.
pub const TEXT_BYTES: usize = 16 * 1024;

/// Why a name, a conversation, an id or a text was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// Nothing was given.
    #[error("a name has at least one character")]
    EmptyName,
    /// More than [`NAME_CHARACTERS`].
    #[error("the name has {characters} characters, at most {NAME_CHARACTERS} are allowed")]
    LongName {
        /// How many it has.
        characters: usize,
    },
    /// A character that names do not have.
    #[error("a name cannot hold {character:?}: letters and digits of any language, '-', '_' and '.' can")]
    BadCharacter {
        /// The first such character.
        character: char,
    },
    /// A first character that would look like an option or a hidden file.
    #[error("a name starts with a letter or a digit, not with {character:?}")]
    BadStart {
        /// That character.
        character: char,
    },
    /// Neither `#room` nor `@name`.
    #[error("a conversation is written #room or @name, not {0:?}")]
    NotAConversation(String),
    /// A message without text.
    #[error("the text is empty")]
    EmptyText,
    /// More than [`TEXT_BYTES`].
    #[error("the text has {bytes} bytes, at most {TEXT_BYTES} are allowed")]
    LongText {
        /// How many it has.
        bytes: usize,
    },
    /// Bytes that are not UTF-8.
    #[error("the text is not valid UTF-8: byte {at} is wrong")]
    NotUtf8 {
        /// The offset of the first wrong byte, from 0.
        at: usize,
    },
    /// Not a UUID.
    #[error("a message id is a UUID like 01936b1c-7e5a-7cc3-98c4-dc0c0c07398f")]
    NotAnId,
}

/// A person's name: 1 to 32 letters and digits of any language, `-`, `_` or `.`, starting with a letter or a digit.
///
/// Capital letters are folded away, so that `Alice` and `alice` are one person and nobody can pose as the other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nickname(String);

/// A room's name without its `#`; the same characters as a [`Nickname`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoomName(String);

fn parse_name(name: &str) -> Result<String, NameError> {
    // The one letter whose small form is two characters: its dot is no letter.
    let folded = name.to_lowercase().replace("i\u{307}", "i");
    let characters = folded.chars().count();
    if characters > NAME_CHARACTERS {
        return Err(NameError::LongName { characters });
    }
    let first = folded.chars().next().ok_or(NameError::EmptyName)?;
    let allowed = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    if let Some(character) = folded.chars().find(|&c| !allowed(c)) {
        return Err(NameError::BadCharacter { character });
    }
    if !first.is_alphanumeric() {
        return Err(NameError::BadStart { character: first });
    }
    Ok(folded)
}

impl Nickname {
    /// Checks and folds a name.
    pub fn parse(name: &str) -> Result<Self, NameError> {
        parse_name(name).map(Self)
    }

    /// The name, folded.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl RoomName {
    /// Checks and folds a room's name, given without `#`.
    pub fn parse(name: &str) -> Result<Self, NameError> {
        parse_name(name).map(Self)
    }

    /// The room that everyone is in.
    #[must_use]
    pub fn general() -> Self {
        Self(String::from("general"))
    }

    /// The name, without `#`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Nickname {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Display for RoomName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.0)
    }
}

impl FromStr for Nickname {
    type Err = NameError;

    fn from_str(name: &str) -> Result<Self, NameError> {
        Self::parse(name)
    }
}

/// Where a message goes: a room, written `#general`, or one person, written `@bob`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Conversation {
    /// Everyone in the room.
    Room(RoomName),
    /// This person, and whoever writes.
    Direct(Nickname),
}

impl FromStr for Conversation {
    type Err = NameError;

    fn from_str(written: &str) -> Result<Self, NameError> {
        if let Some(room) = written.strip_prefix('#') {
            RoomName::parse(room).map(Self::Room)
        } else if let Some(name) = written.strip_prefix('@') {
            Nickname::parse(name).map(Self::Direct)
        } else {
            Err(NameError::NotAConversation(String::from(written)))
        }
    }
}

impl fmt::Display for Conversation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Room(room) => write!(f, "{room}"),
            Self::Direct(name) => write!(f, "@{name}"),
        }
    }
}

/// A message's id, chosen by its sender: a UUID version 7, so that ids sort by the time they were made.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId(pub [u8; 16]);

impl MessageId {
    /// A fresh id of this moment (RFC 9562 §5.7).
    pub fn new(now: UnixTime, random: &mut dyn Random) -> Result<Self, RandomUnavailable> {
        let random = random::array::<10>(random)?;
        Ok(Self(
            uuid::Builder::from_unix_timestamp_millis(now.0, &random)
                .into_uuid()
                .into_bytes(),
        ))
    }
}

impl FromStr for MessageId {
    type Err = NameError;

    fn from_str(written: &str) -> Result<Self, NameError> {
        let id = uuid::Uuid::try_parse(written).map_err(|_| NameError::NotAnId)?;
        Ok(Self(id.into_bytes()))
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", uuid::Uuid::from_bytes(self.0).hyphenated())
    }
}

impl fmt::Debug for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A message's text: valid UTF-8, 1 byte to 16 KiB. Control characters are kept as they are; whoever shows them uses
/// [`shown`](super::shown).
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Text(String);

impl Text {
    /// Checks a text.
    pub fn parse(text: impl Into<String>) -> Result<Self, NameError> {
        let text = text.into();
        match text.len() {
            0 => Err(NameError::EmptyText),
            bytes if bytes > TEXT_BYTES => Err(NameError::LongText { bytes }),
            _ => Ok(Self(text)),
        }
    }

    /// Checks bytes that should be a text.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, NameError> {
        if bytes.len() > TEXT_BYTES {
            return Err(NameError::LongText { bytes: bytes.len() });
        }
        let text = String::from_utf8(bytes).map_err(|error| NameError::NotUtf8 {
            at: error.utf8_error().valid_up_to(),
        })?;
        Self::parse(text)
    }

    /// The text as it was sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} bytes)", self.0.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::Seeded;

    #[test]
    fn names_of_any_language_are_folded_and_others_refused() {
        assert_eq!(Nickname::parse("Alice").unwrap().as_str(), "alice");
        assert_eq!(Nickname::parse("小明").unwrap().as_str(), "小明");
        assert_eq!(Nickname::parse("İlker").unwrap().as_str(), "ilker");
        assert_eq!(Nickname::parse("a.b-c_9").unwrap().as_str(), "a.b-c_9");
        assert_eq!(Nickname::parse(""), Err(NameError::EmptyName));
        assert_eq!(Nickname::parse("-rf"), Err(NameError::BadStart { character: '-' }));
        for bad in [' ', '\n', '\u{1b}', '\u{202e}', '@', '#', '/', '\0', '💩'] {
            assert_eq!(
                Nickname::parse(&format!("a{bad}")),
                Err(NameError::BadCharacter { character: bad })
            );
        }
        assert!(Nickname::parse(&"好".repeat(NAME_CHARACTERS)).is_ok());
        assert_eq!(
            Nickname::parse(&"x".repeat(33)),
            Err(NameError::LongName { characters: 33 })
        );
    }

    #[test]
    fn conversations_read_back_as_they_are_written() {
        for written in ["#general", "@bob", "#天气", "@小明"] {
            assert_eq!(written.parse::<Conversation>().unwrap().to_string(), written);
        }
        assert!("bob".parse::<Conversation>().is_err());
        assert!("#".parse::<Conversation>().is_err());
    }

    #[test]
    fn ids_are_version_7_sort_by_time_and_read_back() {
        let mut random = Seeded::new(1, "ids");
        let early = MessageId::new(UnixTime(1_000), &mut random).unwrap();
        let late = MessageId::new(UnixTime(1_001), &mut random).unwrap();
        assert!(early < late);
        assert_eq!(uuid::Uuid::from_bytes(late.0).get_version_num(), 7);
        assert_eq!(late.to_string().parse::<MessageId>().unwrap(), late);
        assert_eq!("您好".parse::<MessageId>(), Err(NameError::NotAnId));
    }

    #[test]
    fn a_text_has_1_byte_to_16_kib_of_utf8() {
        assert_eq!(Text::parse("您好！").unwrap().as_str().len(), 9);
        assert_eq!(Text::parse(""), Err(NameError::EmptyText));
        assert!(Text::parse("x".repeat(TEXT_BYTES)).is_ok());
        assert_eq!(
            Text::parse("x".repeat(TEXT_BYTES + 1)),
            Err(NameError::LongText { bytes: TEXT_BYTES + 1 })
        );
        assert_eq!(Text::from_bytes(vec![0x61, 0xff]), Err(NameError::NotUtf8 { at: 1 }));
    }
}
