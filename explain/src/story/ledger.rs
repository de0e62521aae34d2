//! What each byte was for: all frames of a capture, every byte counted once, for the innermost layer that it belongs to.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::capture::Capture;
use crate::decode::{Known, decode};
use crate::event::{Account, Field, Layer, Part, Protocol, Space, Value};
use crate::texts::{self, Text};

/// Bytes that Ethernet puts around each frame and that no capture has: preamble and start (8), checksum (4), gap (12).
pub const AROUND: usize = 8 + 4 + 12;
/// The shortest frame on a cable, without its checksum: shorter ones are filled up by the card.
pub const SHORTEST: usize = 60;

/// A text, and what carried it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ledger {
    /// Bytes of the text; none where nobody can tell.
    pub text: Option<usize>,
    /// The indices of the frames that carried it; it is complete with the last one.
    pub text_frames: Vec<usize>,
    /// The bytes of these frames.
    pub message: Vec<Entry>,
    /// The bytes of all frames.
    pub all: Vec<Entry>,
    /// What passed each wire on the way.
    pub wires: Vec<Passed>,
}

/// So many bytes for one thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// For what.
    pub share: Share,
    /// How many.
    pub bytes: usize,
}

/// What bytes are for, lowest layer first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Share {
    /// Headers and padding of frames.
    Ethernet,
    /// Who is where on a link.
    Arp,
    /// Headers of packets.
    Ip,
    /// What routers say of themselves.
    Icmp,
    /// Headers of datagrams.
    Udp,
    /// Names.
    Dns,
    /// Headers of segments.
    Tcp,
    /// Bytes of a stream that had come before.
    Again,
    /// Records: headers, inner types, padding, tags.
    Record,
    /// Handshake messages, alerts, ChangeCipherSpec.
    Handshake,
    /// Certificates in them.
    Certificates,
    /// What is encrypted, for who has no key.
    Sealed,
    /// Heads of requests and answers, and bodies of no other kind.
    Http,
    /// JSON but the text.
    Json,
    /// The chat's own frames but the text.
    Native,
    /// The text.
    Text,
}

/// What passed a wire, in both directions together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passed {
    /// The nodes at its ends.
    pub ends: [String; 2],
    /// How many frames were put on it, lost ones too.
    pub frames: usize,
    /// Their bytes, as captures have them.
    pub bytes: usize,
    /// What these bytes were for.
    pub layers: Vec<Entry>,
    /// Bytes that short frames are filled up with on a cable, and that captures do not have.
    pub filled: usize,
}

impl Ledger {
    /// Counts what is told; `towards` says which frames go the way of the text.
    pub(super) fn new(account: &Account, towards: impl Fn(usize) -> bool, wires: Vec<Passed>) -> Self {
        let frames = 0..account.frames.len();
        let mut places = frames.clone().filter(|index| towards(*index));
        let place = places.find_map(|index| text_in(account, index));
        let carried = |place: &Place<'_>| origins(account, place.space, &place.field.range);
        let text_frames: Vec<usize> = place.iter().flat_map(carried).collect();
        Self {
            text: place.map(|place| place.said.len()),
            message: count(account, text_frames.iter().copied()),
            text_frames,
            all: count(account, frames),
            wires,
        }
    }
}

impl Passed {
    /// Counts the frames of one interface, with what is known of what they say.
    pub(super) fn count(ends: [String; 2], capture: &Capture, interface: usize, known: Known<'_>) -> Self {
        let frames = capture.frames.iter().filter(|frame| frame.interface == interface);
        let capture = Capture {
            interfaces: capture.interfaces.clone(),
            frames: frames.cloned().collect(),
        };
        let lengths: Vec<usize> = capture.frames.iter().map(|frame| frame.bytes.len()).collect();
        let account = decode(&capture, known);
        Self {
            ends,
            frames: lengths.len(),
            bytes: lengths.iter().sum(),
            layers: count(&account, 0..account.frames.len()),
            filled: lengths.iter().map(|length| SHORTEST.saturating_sub(*length)).sum(),
        }
    }

    /// Bytes that a cable carries, or stays silent for, besides those that a capture has.
    #[must_use]
    pub const fn around(&self) -> usize {
        self.frames * AROUND + self.filled
    }
}

impl Share {
    /// Its name in what programs read.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ethernet => "Ethernet",
            Self::Arp => "ARP",
            Self::Ip => "IP",
            Self::Icmp => "ICMP",
            Self::Udp => "UDP",
            Self::Dns => "DNS",
            Self::Tcp => "TCP",
            Self::Again => "again",
            Self::Record => "TLS record",
            Self::Handshake => "TLS handshake",
            Self::Certificates => "certificates",
            Self::Sealed => "sealed",
            Self::Http => "HTTP",
            Self::Json => "JSON",
            Self::Native => "nihao",
            Self::Text => "text",
        }
    }

    /// What it is for.
    #[must_use]
    pub const fn why(self) -> &'static Text {
        match self {
            Self::Ethernet => &texts::LEDGER_ETHERNET,
            Self::Arp => &texts::ARP_REQUEST,
            Self::Ip => &texts::LEDGER_IP,
            Self::Icmp => &texts::ICMP_PURPOSE,
            Self::Udp => &texts::UDP_NO_CONNECTION,
            Self::Dns => &texts::DNS_QUERY,
            Self::Tcp => &texts::LEDGER_TCP,
            Self::Again => &texts::TCP_SEEN_BEFORE,
            Self::Record => &texts::LEDGER_RECORD,
            Self::Handshake => &texts::LEDGER_HANDSHAKE,
            Self::Certificates => &texts::X509_CERTIFICATE,
            Self::Sealed => &texts::TLS_NO_KEY,
            Self::Http => &texts::LEDGER_HTTP,
            Self::Json => &texts::LEDGER_JSON,
            Self::Native => &texts::NATIVE_VALUE,
            Self::Text => &texts::LEDGER_TEXT,
        }
    }

    fn of(layer: &Layer, field: &Field) -> Self {
        let is_again = |text: &Text| *text == texts::TCP_SEEN_BEFORE || *text == texts::TCP_CONTRADICTS;
        if field.notes.iter().any(|note| is_again(note.text)) {
            return Self::Again;
        }
        let is_structure = layer.name == "record" || layer.name == "plaintext";
        match layer.protocol {
            Protocol::Ethernet => Self::Ethernet,
            Protocol::Arp => Self::Arp,
            Protocol::Ipv4 | Protocol::Ipv6 => Self::Ip,
            Protocol::Icmp => Self::Icmp,
            Protocol::Udp => Self::Udp,
            Protocol::Tcp => Self::Tcp,
            Protocol::Dns => Self::Dns,
            Protocol::Tls if field.name == "encrypted record" => Self::Sealed,
            Protocol::Tls if is_structure => Self::Record,
            Protocol::Tls => Self::Handshake,
            Protocol::X509 => Self::Certificates,
            Protocol::Http => Self::Http,
            Protocol::Json => Self::Json,
            Protocol::Native => Self::Native,
        }
    }
}

/// Where a text stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place<'a> {
    pub(super) space: Space,
    pub(super) field: &'a Field,
    pub(super) said: &'a str,
}

/// The text of a field that has one.
fn text_of(protocol: Protocol, field: &Field) -> Option<&str> {
    match &field.value {
        Value::Text(said) if matches!(protocol, Protocol::Json | Protocol::Native) && field.name == "text" => {
            Some(said)
        }
        _ => None,
    }
}

/// The first text in what became complete with a frame.
pub(super) fn text_in(account: &Account, frame: usize) -> Option<Place<'_>> {
    account.layers_of(frame).into_iter().find_map(|(space, layer)| {
        let fields = layer.parts.iter().filter_map(|part| match part {
            Part::Field(field) => Some(field),
            Part::Layer(_) => None,
        });
        let mut texts = fields.filter_map(|field| Some((field, text_of(layer.protocol, field)?)));
        texts.next().map(|(field, said)| Place { space, field, said })
    })
}

/// The frames that bytes came in.
pub(super) fn origins(account: &Account, space: Space, range: &Range<usize>) -> BTreeSet<usize> {
    let Space::Derived(index) = space else {
        return match space {
            Space::Frame(frame) => BTreeSet::from([frame]),
            Space::Derived(_) => BTreeSet::new(),
        };
    };
    let Some(derived) = account.derived.get(index) else {
        return BTreeSet::new();
    };
    let mut frames = BTreeSet::new();
    let mut at = 0_usize;
    for span in &derived.from {
        let (start, length) = (at, span.range.len());
        at += length;
        let wanted = within(&(start..at), range);
        if !wanted.is_empty() {
            let from = span.range.start + (wanted.start - start);
            frames.extend(origins(account, span.space, &(from..from + wanted.len())));
        }
    }
    frames
}

/// Counts the bytes of these frames.
pub(super) fn count(account: &Account, frames: impl Iterator<Item = usize>) -> Vec<Entry> {
    let mut counter = Counter {
        account,
        sums: BTreeMap::new(),
    };
    for index in frames {
        if let Some(frame) = account.frames.get(index) {
            counter.layer(Space::Frame(index), &frame.layer, &frame.layer.range);
        }
    }
    let entry = |(share, bytes)| Entry { share, bytes };
    counter.sums.into_iter().map(entry).collect()
}

struct Counter<'a> {
    account: &'a Account,
    sums: BTreeMap<Share, usize>,
}

impl Counter<'_> {
    fn add(&mut self, share: Share, bytes: usize) {
        if bytes > 0 {
            *self.sums.entry(share).or_default() += bytes;
        }
    }

    /// Counts those bytes of a layer that are wanted.
    fn layer(&mut self, space: Space, layer: &Layer, wanted: &Range<usize>) {
        for part in &layer.parts {
            let own = within(part.range(), wanted);
            match part {
                _ if own.is_empty() => {}
                Part::Layer(inner) => self.layer(space, inner, &own),
                Part::Field(field) => self.field(space, (layer, field), &own),
            }
        }
    }

    /// Counts bytes of a field: for what was made of them, if anything was.
    fn field(&mut self, space: Space, (layer, field): (&Layer, &Field), wanted: &Range<usize>) {
        let account = self.account;
        let mut left = wanted.len();
        if let Some(Space::Derived(index)) = field.becomes
            && let Some(derived) = account.derived.get(index)
        {
            let mut at = 0_usize;
            for span in &derived.from {
                let own = within(&span.range, wanted);
                if span.space == space && !own.is_empty() {
                    let start = at + (own.start - span.range.start);
                    self.layer(Space::Derived(index), &derived.layer, &(start..start + own.len()));
                    left = left.saturating_sub(own.len());
                }
                at += span.range.len();
            }
        }
        let text = text_of(layer.protocol, field).map_or(0, str::len);
        // What a string has beside what it says — quotes, escapes — is counted before it.
        let before = field.range.len().saturating_sub(text);
        let quoted = within(&(field.range.start..field.range.start + before), wanted).len();
        let said = if text > 0 { left.saturating_sub(quoted) } else { 0 };
        self.add(Share::Text, said);
        self.add(Share::of(layer, field), left - said);
    }
}

fn within(one: &Range<usize>, other: &Range<usize>) -> Range<usize> {
    let start = one.start.max(other.start);
    start..one.end.min(other.end).max(start)
}
