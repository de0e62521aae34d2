//! What was seen, told as plain data: every byte of every frame in exactly one named field, in a tree of layers.
//!
//! An [`Account`] is what [`decode`](crate::decode::decode) makes of a capture and a key log:
//!
//! * [`FrameAccount`] — one captured frame. Its [`Layer`] is a tree: Ethernet holds its fields and IPv4, IPv4 holds TCP, TCP holds
//!   TLS records. The leaves are [`Field`]s, and their ranges partition the frame: none overlap, none are missing.
//! * [`Derived`] — bytes that no frame holds as they are: a record that came in several segments, the plaintext of a record, a
//!   handshake message that came in several records, a body without its chunks. It has a byte space and a partition of its
//!   own, says [`how`](Derived::how) it was made and [`from`](Derived::from) which bytes.
//! * [`Flow`] — one TCP connection and, where it speaks TLS, what its two ends agreed on, every [`Check`] of who they are, the
//!   [`Agreement`] on a secret and the [`Schedule`] of keys made of it.
//!
//! A layer is also an event: `what` happened, why (its [`Note`]s, in both languages, with the section to read), where (its range
//! and space) and when (its frame). [`Account::events`] gives them all in that form, in the order of time.

mod check;
mod field;
mod flow;
mod names;
mod schedule;
mod tree;

use std::fmt;
use std::ops::Range;

pub use check::{Aspect, Check};
pub use field::{Bits, Field, Note, Value};
pub use flow::{Agreed, Endpoint, Flow, FlowEnd};
pub use names::NameStep;
pub use schedule::{Agreement, Half, Made, Making, Schedule};
pub use tree::{Layer, Part, Protocol};

use crate::capture::Way;

/// A whole capture, told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Account {
    /// The names of the capture's interfaces.
    pub interfaces: Vec<String>,
    /// One for each frame of the capture, in its order.
    pub frames: Vec<FrameAccount>,
    /// What was put together or decrypted: one connection after the other, and in each what others are made of first.
    /// [`FrameAccount::completes`] has them by time.
    pub derived: Vec<Derived>,
    /// The TCP connections, in the order of their first frames.
    pub flows: Vec<Flow>,
}

/// One frame, told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FrameAccount {
    /// When it was seen, in µs since the run began.
    pub at: u64,
    /// On which of the account's interfaces.
    pub interface: usize,
    /// Whether it was sent or received there.
    pub way: Way,
    /// Whether the wire lost it.
    pub lost: bool,
    /// Everything that is in it.
    pub layer: Layer,
    /// Which of [`Account::derived`] became complete with this frame.
    pub completes: Vec<usize>,
    /// Which of [`Account::flows`] it belongs to.
    pub flow: Option<usize>,
}

/// Bytes that no frame holds as they are, and what they say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derived {
    /// How they were made.
    pub how: How,
    /// From which bytes, in order.
    pub from: Vec<Span>,
    /// The index of the frame with which they became complete.
    pub frame: usize,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Everything that is in them.
    pub layer: Layer,
}

/// How derived bytes were made from others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum How {
    /// Put together from pieces, as they stand.
    Joined,
    /// Decrypted, after the tag was found right.
    Decrypted(Protection),
}

/// The protection that a record was opened with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Protection {
    /// The secret's label in the key log, as `SERVER_TRAFFIC_SECRET_0`.
    pub secret: &'static str,
    /// How often that secret was updated since (RFC 8446 §7.2).
    pub generation: u32,
    /// The record's number under this key.
    pub sequence: u64,
    /// The write iv (RFC 8446 §7.3); nothing where secrets are withheld.
    pub iv: Option<[u8; 12]>,
    /// The iv XOR the sequence number (RFC 8446 §5.3); nothing where secrets are withheld.
    pub nonce: Option<[u8; 12]>,
}

/// Whose bytes a range counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Space {
    /// Those of a frame, by its index.
    Frame(usize),
    /// Those of [`Account::derived`], by its index.
    Derived(usize),
}

/// A range of bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// Whose.
    pub space: Space,
    /// Which.
    pub range: Range<usize>,
}

/// One thing that happened on one layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event<'a> {
    /// When, in µs since the run began.
    pub at: u64,
    /// The name of the interface it was seen on.
    pub node: &'a str,
    /// The index of the frame it became complete with.
    pub frame: usize,
    /// What happened, why, and on which layer.
    pub layer: &'a Layer,
    /// The event that holds it, by its index in the same list; none for a frame as a whole.
    pub parent: Option<usize>,
    /// Which bytes it is about.
    pub space: Space,
}

impl Account {
    /// Every layer of every frame and of what was made from them, in the order of time; each after the one that holds it.
    #[must_use]
    pub fn events(&self) -> Vec<Event<'_>> {
        let mut events = Vec::new();
        for (index, frame) in self.frames.iter().enumerate() {
            let node = self.interfaces.get(frame.interface).map_or("", String::as_str);
            let start = events.len();
            let mut add = |layer, space, parent| {
                add_events(&mut events, (layer, space, parent), (frame.at, node, index));
            };
            add(&frame.layer, Space::Frame(index), None);
            for derived in &frame.completes {
                if let Some(found) = self.derived.get(*derived) {
                    add(&found.layer, Space::Derived(*derived), Some(start));
                }
            }
        }
        events
    }

    /// The layer that spans a whole space.
    #[must_use]
    pub fn layer(&self, space: Space) -> Option<&Layer> {
        match space {
            Space::Frame(index) => self.frames.get(index).map(|frame| &frame.layer),
            Space::Derived(index) => self.derived.get(index).map(|derived| &derived.layer),
        }
    }

    /// Every layer of a frame and of what became complete with it, with the space its ranges count in; outer ones first.
    #[must_use]
    pub fn layers_of(&self, frame: usize) -> Vec<(Space, &Layer)> {
        let Some(found) = self.frames.get(frame) else {
            return Vec::new();
        };
        let derived = found.completes.iter().map(|index| Space::Derived(*index));
        let spaces = [Space::Frame(frame)].into_iter().chain(derived);
        let roots = spaces.filter_map(|space| Some((space, self.layer(space)?)));
        roots
            .flat_map(|(space, root)| root.layers().into_iter().map(move |layer| (space, layer)))
            .collect()
    }

    /// Every place that is told to be invalid: the space, the bytes, and what is wrong.
    #[must_use]
    pub fn faults(&self) -> Vec<(Span, &Note)> {
        let frames = self.frames.iter().enumerate();
        let frames = frames.map(|(index, frame)| (Space::Frame(index), &frame.layer));
        let derived = self.derived.iter().enumerate();
        let derived = derived.map(|(index, derived)| (Space::Derived(index), &derived.layer));
        let mut faults = Vec::new();
        for (space, root) in frames.chain(derived) {
            root.visit_notes(&mut |range, note| {
                if note.text.is_invalid() {
                    let range = range.clone();
                    faults.push((Span { space, range }, note));
                }
            });
        }
        faults
    }
}

fn add_events<'a>(
    events: &mut Vec<Event<'a>>,
    (layer, space, parent): (&'a Layer, Space, Option<usize>),
    (at, node, frame): (u64, &'a str, usize),
) {
    let index = events.len();
    events.push(Event {
        at,
        node,
        frame,
        layer,
        parent,
        space,
    });
    for part in &layer.parts {
        if let Part::Layer(inner) = part {
            add_events(events, (inner, space, Some(index)), (at, node, frame));
        }
    }
}

impl fmt::Display for Space {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Frame(index) => write!(f, "frame {index}"),
            Self::Derived(index) => write!(f, "derived {index}"),
        }
    }
}
