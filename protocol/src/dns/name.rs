//! Names of hosts and zones, checked once and compared as DNS compares them.

use std::fmt;
use std::str::FromStr;

/// The longest name in characters, without the final dot (RFC 1035 §2.3.4: 255 bytes on the wire).
const LONGEST_NAME: usize = 253;
/// The longest label in bytes (RFC 1035 §2.3.4).
const LONGEST_LABEL: usize = 63;

/// A name of DNS: lower case, without the final dot, of letters, digits, `-` and `_` alone; the root is the empty one.
///
/// Whatever else may stand in a label on the wire is no name here: records that have such a name are left out where they are
/// read, so that a name can be shown, compared and kept as it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Name(String);

/// The text is no name of a host or zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a name that can be looked up")]
pub struct BadName(
    /// The text.
    pub String,
);

impl Name {
    /// The root of all names.
    #[must_use]
    pub const fn root() -> Self {
        Self(String::new())
    }

    /// Reads a name as people write it, with or without a final dot; a lone dot is the root.
    ///
    /// # Errors
    /// [`BadName`] where it is empty, too long, or has other characters in it.
    pub fn parse(text: &str) -> Result<Self, BadName> {
        if text == "." {
            return Ok(Self::root());
        }
        let bare = text.strip_suffix('.').unwrap_or(text);
        Self::from_labels(bare.split('.').map(str::as_bytes)).ok_or_else(|| BadName(text.into()))
    }

    /// The name of these labels, if each may stand in one; none is the root.
    pub(super) fn from_labels<'a>(labels: impl Iterator<Item = &'a [u8]>) -> Option<Self> {
        let mut name = String::new();
        for label in labels {
            if label.is_empty() || label.len() > LONGEST_LABEL {
                return None;
            }
            if !name.is_empty() {
                name.push('.');
            }
            for byte in label {
                if !(byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
                    return None;
                }
                name.push(char::from(byte.to_ascii_lowercase()));
            }
        }
        (name.len() <= LONGEST_NAME).then_some(Self(name))
    }

    /// Whether this is the root.
    #[must_use]
    pub const fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The name as text; the root's is empty.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its labels from the host's on.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.0.split('.').filter(|label| !label.is_empty())
    }

    /// The name without its first label; the root has none.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        if self.is_root() {
            return None;
        }
        Some(Self(
            self.0.split_once('.').map_or_else(String::new, |(_, rest)| rest.into()),
        ))
    }

    /// The name, its parent, and so on up to the root.
    pub fn upwards(&self) -> impl Iterator<Item = Self> {
        std::iter::successors(Some(self.clone()), Self::parent)
    }

    /// Whether the name is `zone` or below it.
    #[must_use]
    pub fn is_within(&self, zone: &Self) -> bool {
        zone.is_root()
            || self
                .0
                .strip_suffix(&zone.0)
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    }
}

impl FromStr for Name {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, BadName> {
        Self::parse(text)
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_root() { "." } else { &self.0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_people_write_them() {
        assert_eq!(Name::parse("Chat.NIHAO.test.").unwrap().as_str(), "chat.nihao.test");
        assert_eq!(Name::parse(".").unwrap(), Name::root());
        assert_eq!(Name::root().to_string(), ".");
        assert!(Name::parse("_sip-x._tcp.a1").is_ok());
        let long = format!("{}.test", "a".repeat(64));
        let deep = "a.".repeat(128);
        for bad in ["", "..", "a..b", ".a", "a b", "您好", "a\0", "*.test", &long, &deep] {
            assert_eq!(Name::parse(bad), Err(BadName(bad.into())), "{bad}");
        }
        assert!(Name::parse(&"a.".repeat(127)).is_ok());
    }

    #[test]
    fn a_zone_holds_itself_and_what_is_below_and_nothing_that_merely_ends_alike() {
        let name = |text| Name::parse(text).unwrap();
        assert!(name("a.b.test").is_within(&name("b.test")));
        assert!(name("b.test").is_within(&name("b.test")));
        assert!(name("b.test").is_within(&Name::root()));
        assert!(!name("ab.test").is_within(&name("b.test")));
        assert!(!name("test").is_within(&name("b.test")));
        let upwards: Vec<_> = name("a.b.test").upwards().map(|name| name.to_string()).collect();
        assert_eq!(upwards, ["a.b.test", "b.test", "test", "."]);
    }
}
