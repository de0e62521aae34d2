//! One thing that the cache keeps, as data and as a line of text.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use super::{LONGEST_TTL, NameServer};
use crate::clock::UnixTime;
use crate::dns::{Family, Name};

/// One thing that is kept.
///
/// As text it is one line: when it ends (ms since 1970), whose it is, what it is, and the rest, between single spaces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Whose.
    pub name: Name,
    /// What is known.
    pub kept: Kept,
    /// Until when.
    pub expires: UnixTime,
}

/// What is known of a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// Its addresses of a family.
    Addresses(Family, Vec<IpAddr>),
    /// It has no address of a family.
    NoAddress(Family),
    /// It is another name for this one.
    Alias(Name),
    /// It does not exist.
    NoSuchName,
    /// Who serves the zone of this name.
    Delegation(Vec<NameServer>),
}

/// The text is no entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an entry of the cache: {0:?}")]
pub struct BadEntry(
    /// The text.
    pub String,
);

/// What there is one of for each name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Slot {
    /// What holds for the whole name, whatever is asked of it.
    Whole,
    Host(Family),
    Zone,
}

impl Kept {
    pub(super) const fn slot(&self) -> Slot {
        match self {
            Self::Addresses(family, _) | Self::NoAddress(family) => Slot::Host(*family),
            Self::Alias(_) | Self::NoSuchName => Slot::Whole,
            Self::Delegation(_) => Slot::Zone,
        }
    }

    pub(super) const fn is_negative(&self) -> bool {
        matches!(self, Self::NoAddress(_) | Self::NoSuchName)
    }
}

impl Entry {
    /// The seconds it still holds, if it does. One that would hold for longer than anything may comes from another time.
    #[must_use]
    pub fn left(&self, now: UnixTime) -> Option<u32> {
        let left = self.expires.0.checked_sub(now.0).filter(|left| *left > 0)?;
        u32::try_from(left.div_ceil(1000))
            .ok()
            .filter(|left| *left <= LONGEST_TTL)
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} ", self.expires.0, self.name)?;
        match &self.kept {
            Kept::Addresses(family, addresses) => {
                write!(f, "{family}")?;
                addresses.iter().try_for_each(|address| write!(f, " {address}"))
            }
            Kept::NoAddress(family) => write!(f, "no-{family}"),
            Kept::Alias(target) => write!(f, "CNAME {target}"),
            Kept::NoSuchName => f.write_str("NXDOMAIN"),
            Kept::Delegation(servers) => {
                f.write_str("NS")?;
                servers.iter().try_for_each(|server| {
                    write!(f, " {}", server.name)?;
                    server.addresses.iter().try_for_each(|address| write!(f, "={address}"))
                })
            }
        }
    }
}

impl FromStr for Entry {
    type Err = BadEntry;

    fn from_str(text: &str) -> Result<Self, BadEntry> {
        let read = || -> Option<Self> {
            let mut words = text.split(' ');
            let expires = UnixTime(words.next()?.parse().ok()?);
            let name = Name::parse(words.next()?).ok()?;
            let what = words.next()?;
            let rest: Vec<_> = words.collect();
            let kept = match (what, rest.as_slice()) {
                ("A", [_, ..]) => addresses(Family::V4, &rest)?,
                ("AAAA", [_, ..]) => addresses(Family::V6, &rest)?,
                ("no-A", []) => Kept::NoAddress(Family::V4),
                ("no-AAAA", []) => Kept::NoAddress(Family::V6),
                ("CNAME", [target]) => Kept::Alias(Name::parse(target).ok()?),
                ("NXDOMAIN", []) => Kept::NoSuchName,
                ("NS", [_, ..]) => Kept::Delegation(rest.into_iter().map(server).collect::<Option<_>>()?),
                _ => return None,
            };
            Some(Self { name, kept, expires })
        };
        read().ok_or_else(|| BadEntry(text.into()))
    }
}

fn addresses(family: Family, words: &[&str]) -> Option<Kept> {
    let read = |word: &&str| word.parse().ok().filter(|address| family.holds(*address));
    Some(Kept::Addresses(family, words.iter().map(read).collect::<Option<_>>()?))
}

fn server(word: &str) -> Option<NameServer> {
    let mut parts = word.split('=');
    Some(NameServer {
        name: Name::parse(parts.next()?).ok()?,
        addresses: parts.map(|part| part.parse().ok()).collect::<Option<_>>()?,
    })
}
