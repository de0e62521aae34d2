//! Layers in layers, and fields as their leaves: a tree whose leaves partition its bytes.

use std::borrow::Cow;
use std::ops::Range;

use super::field::{Field, Note, Value};

/// Something that spans bytes and has parts: a packet, a record, a message, a structure in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// Whose rules it follows.
    pub protocol: Protocol,
    /// What the standard calls it: `segment`, `ClientHello`, `key_share`.
    pub name: Cow<'static, str>,
    /// What it says, in one short line; nothing where the fields say it all.
    pub what: String,
    /// Why it is there, what to know about it, and what is wrong with it.
    pub notes: Vec<Note>,
    /// Which bytes of its space.
    pub range: Range<usize>,
    /// Its parts in the order of their bytes, without gaps.
    pub parts: Vec<Part>,
}

/// A part of a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Named bytes.
    Field(Field),
    /// Something with parts of its own.
    Layer(Layer),
}

/// Whose rules a layer follows, lowest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Protocol {
    /// Ethernet II.
    #[default]
    Ethernet,
    /// RFC 826.
    Arp,
    /// RFC 791.
    Ipv4,
    /// RFC 8200.
    Ipv6,
    /// RFC 792.
    Icmp,
    /// RFC 768.
    Udp,
    /// RFC 9293.
    Tcp,
    /// RFC 1035.
    Dns,
    /// RFC 8446.
    Tls,
    /// RFC 5280.
    X509,
    /// RFC 9110, RFC 9112.
    Http,
    /// RFC 8259.
    Json,
    /// The chat's own frames.
    Native,
}

impl Protocol {
    /// What people call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ethernet => "Ethernet",
            Self::Arp => "ARP",
            Self::Ipv4 => "IPv4",
            Self::Ipv6 => "IPv6",
            Self::Icmp => "ICMP",
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
            Self::Dns => "DNS",
            Self::Tls => "TLS",
            Self::X509 => "X.509",
            Self::Http => "HTTP",
            Self::Json => "JSON",
            Self::Native => "nihao",
        }
    }
}

impl Layer {
    /// Whether the leaves' ranges follow each other from the first byte to the last, here and in every layer inside.
    #[must_use]
    pub fn is_partition(&self) -> bool {
        let mut at = self.range.start;
        for part in &self.parts {
            let range = part.range();
            let whole = match part {
                Part::Field(field) => !field.range.is_empty() && !field.name.is_empty(),
                Part::Layer(layer) => layer.is_partition(),
            };
            if range.start != at || range.end < at || !whole {
                return false;
            }
            at = range.end;
        }
        at == self.range.end
    }

    /// Itself and every layer inside, outer ones first, in the order of bytes.
    #[must_use]
    pub fn layers(&self) -> Vec<&Self> {
        let mut all = vec![self];
        for part in &self.parts {
            if let Part::Layer(layer) = part {
                all.extend(layer.layers());
            }
        }
        all
    }

    /// Every field inside, in the order of bytes.
    #[must_use]
    pub fn fields(&self) -> Vec<&Field> {
        let mut all = Vec::new();
        for part in &self.parts {
            match part {
                Part::Field(field) => all.push(field),
                Part::Layer(layer) => all.extend(layer.fields()),
            }
        }
        all
    }

    /// The first layer of this protocol and name inside, or itself.
    #[must_use]
    pub fn find(&self, protocol: Protocol, name: &str) -> Option<&Self> {
        let mut layers = self.layers().into_iter();
        layers.find(|layer| layer.protocol == protocol && layer.name == name)
    }

    /// The first field of this name that is directly in it.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.parts.iter().find_map(|part| match part {
            Part::Field(field) if field.name == name => Some(field),
            _ => None,
        })
    }

    /// The first field of this name in it or in the layers inside.
    #[must_use]
    pub fn field_within(&self, name: &str) -> Option<&Field> {
        self.fields().into_iter().find(|field| field.name == name)
    }

    /// Shows every note of the layer, the layers inside and their fields, with the bytes it is about.
    pub fn visit_notes<'a>(&'a self, see: &mut impl FnMut(&Range<usize>, &'a Note)) {
        self.notes.iter().for_each(|note| see(&self.range, note));
        for part in &self.parts {
            match part {
                Part::Field(field) => field.notes.iter().for_each(|note| see(&field.range, note)),
                Part::Layer(layer) => layer.visit_notes(see),
            }
        }
    }

    /// Puts `part` in place of the opaque bytes it covers; whether there were such.
    pub(crate) fn put(&mut self, part: Part) -> bool {
        let wanted = part.range().clone();
        let covers = |range: &Range<usize>| range.start <= wanted.start && wanted.end <= range.end;
        let Some(index) = self.parts.iter().position(|part| covers(part.range())) else {
            return false;
        };
        match self.parts.get_mut(index) {
            Some(Part::Layer(layer)) => layer.put(part),
            Some(Part::Field(field)) => match split(field, part) {
                Some(parts) => {
                    self.parts.splice(index..=index, parts);
                    true
                }
                None => false,
            },
            None => false,
        }
    }
}

impl Part {
    /// Which bytes of its space.
    #[must_use]
    pub const fn range(&self) -> &Range<usize> {
        match self {
            Self::Field(field) => &field.range,
            Self::Layer(layer) => &layer.range,
        }
    }
}

/// What is left of opaque bytes on both sides of a part, with the part between.
fn split(field: &Field, part: Part) -> Option<Vec<Part>> {
    let Value::Opaque(bytes) = &field.value else {
        return None;
    };
    let (start, end) = (part.range().start, part.range().end);
    let (before, rest) = bytes.split_at_checked(start.checked_sub(field.range.start)?)?;
    let (_, after) = rest.split_at_checked(end.checked_sub(start)?)?;
    let left_over = |range: Range<usize>, bytes: &[u8]| {
        let mut left = field.clone();
        left.range = range;
        left.value = Value::Opaque(bytes.to_vec());
        (!bytes.is_empty()).then_some(Part::Field(left))
    };
    let parts = [
        left_over(field.range.start..start, before),
        Some(part),
        left_over(end..field.range.end, after),
    ];
    Some(parts.into_iter().flatten().collect())
}
