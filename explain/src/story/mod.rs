//! What happened, put together from what was seen at several points: rungs of a ladder, and how far each frame got.

mod broken;
mod hops;
mod ledger;
mod live;
mod lookup;
mod missed;
mod rungs;
mod screen;
mod tracks;
mod viewpoint;

pub use broken::{Broken, Phrase, Said};
pub use hops::{Hop, Routing};
pub use ledger::{AROUND, Entry, Ledger, Passed, SHORTEST, Share};
pub use live::Mark;
pub use lookup::{Found, Lookup, Message, Place};
pub use missed::Missed;
pub use rungs::{Act, Rung};
pub use screen::{Screen, Step};
pub use tracks::{Sighting, Track};
pub use viewpoint::Viewpoint;

use std::collections::{BTreeMap, BTreeSet};

use crate::capture::{Capture, Way};
use crate::decode::{Known, decode};
use crate::event::{Account, NameStep};
use crate::texts;
use crate::world::{Seen, TimeWait};

/// The nodes that a simulated message crosses, in order; what they saw is told by these names.
const SIMULATED: [&str; 4] = ["A", "R1", "R2", "B"];

/// Where a story comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A network in memory, of which everything is known.
    Simulated,
    /// A real connection, of which a program sees what its sockets give.
    Live,
}

impl Source {
    /// Its name in what programs read.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Simulated => "simulated",
            Self::Live => "live",
        }
    }
}

/// A journey as it is told from one point.
#[derive(Debug)]
pub struct Story {
    /// Where it comes from.
    pub source: Source,
    /// The names of the nodes that the message crosses, in order.
    pub path: Vec<String>,
    /// The place on [`Self::path`] of the node that it is told from.
    pub own: usize,
    /// Where it is told from.
    pub viewpoint: Viewpoint,
    /// Every frame that was seen there.
    pub account: Account,
    /// The same, in few steps.
    pub rungs: Vec<Rung>,
    /// How far each frame of [`Self::account`] came, by its index.
    pub tracks: BTreeMap<usize, Track>,
    /// What was lost on its way from the other end; who listens in secret knows nothing of it.
    pub missed: Vec<Missed>,
    /// What the nodes on the way made of each frame of [`Self::account`], by its index; of an eavesdropper's nothing is known.
    pub hops: BTreeMap<usize, Vec<Hop>>,
    /// What the routers decided, in the order of time; who listens in secret is told nothing.
    pub decisions: Vec<Routing>,
    /// The look-ups of names, layer by layer, in the order of time.
    pub lookups: Vec<Lookup>,
    /// What each byte was for.
    pub ledger: Ledger,
    /// What came to the screen at the end of the path, in the order of time.
    pub screens: Vec<Screen>,
    /// Which connections were kept in mind after their end.
    pub waits: Vec<TimeWait>,
    capture: Capture,
}

impl Story {
    /// Tells what was seen, with what is known besides; an eavesdropper has no secrets.
    #[must_use]
    pub fn new(seen: &Seen, known: Known<'_>, viewpoint: Viewpoint) -> Self {
        let nothing = Capture::default();
        let path = SIMULATED.map(|node| seen.captures.get(node).unwrap_or(&nothing));
        let (capture, places) = viewpoint.choose(&path);
        let account = decode(&capture, viewpoint.lends(known));
        let node = viewpoint.place(path.len());
        let all = tracks::follow(&path, changed(seen, &SIMULATED));
        let tracks = tracks(&all, node, &places);
        let twice = twice(&capture, &tracks);
        let ended = |frame| tracks.get(&frame).is_some_and(|track| track.ended_behind().is_some());
        let mut rungs = rungs::rungs(&account, |frame| twice.contains(&frame) || ended(frame));
        for rung in &mut rungs {
            let first = rung.frames.first();
            if let Some(track) = first.and_then(|first| tracks.get(first)) {
                rung.why = rungs::why_ended(rung.why, track);
            } else if first.is_some_and(|first| twice.contains(first)) {
                rung.why = Some(&texts::WIRE_TWICE);
            }
        }
        let is_trusted = viewpoint.is_trusted();
        let own = SIMULATED.get(node).filter(|_| is_trusted);
        let ways = own.map(|own| hops::ways(seen, &SIMULATED, own, &places));
        let ways = ways.unwrap_or_default();
        let missed = own.map(|_| missed::missed(&path, node, &all, known));
        let towards = |index: usize| {
            let frame = account.frames.get(index);
            frame.is_some_and(|frame| viewpoint.is_towards_end(frame.way))
        };
        let ledger = Ledger::new(&account, towards, hops::wires(seen, &SIMULATED, viewpoint.lends(known)));
        let end = SIMULATED.last().zip(path.last()).filter(|_| is_trusted);
        let screens = end.map(|(end, capture)| screen::screens(&decode(capture, known), end));
        Self {
            source: Source::Simulated,
            path: SIMULATED.map(String::from).to_vec(),
            own: node,
            viewpoint,
            account,
            rungs,
            tracks,
            missed: missed.unwrap_or_default(),
            hops: ways.hops,
            decisions: ways.routings,
            lookups: Vec::new(),
            ledger,
            screens: screens.unwrap_or_default(),
            waits: if is_trusted { seen.waits.clone() } else { Vec::new() },
            capture,
        }
    }

    /// Tells the look-ups of names, too: what the programs on the nodes told of them, and what was seen of them.
    #[must_use]
    pub fn with_names(mut self, captures: &BTreeMap<String, Capture>, steps: &[NameStep]) -> Self {
        if self.viewpoint.is_trusted() {
            self.lookups = lookup::lookups(captures, &self.capture, steps);
        }
        self
    }

    /// The bytes of a frame, by its index.
    #[must_use]
    pub fn bytes(&self, frame: usize) -> &[u8] {
        self.capture.frames.get(frame).map_or(&[], |frame| &frame.bytes)
    }
}

/// The frames that a wire made two of: they came, nobody sent them, and another one like them did come from somebody.
fn twice(capture: &Capture, tracks: &BTreeMap<usize, Track>) -> BTreeSet<usize> {
    let mut sent = BTreeSet::new();
    let mut twice = BTreeSet::new();
    for (index, frame) in capture.frames.iter().enumerate() {
        let packet = tracks::Packet::of(&frame.bytes);
        if tracks.contains_key(&index) {
            sent.insert(packet);
        } else if frame.way == Way::In && sent.contains(&packet) {
            twice.insert(index);
        }
    }
    twice
}

/// Whether a wire changed a frame behind a node of a path.
fn changed(seen: &Seen, path: &[&str]) -> impl Fn(usize, usize) -> bool {
    let place = |name: &str| path.iter().position(|node| *node == name);
    let changed = seen.changed.iter();
    let changed: BTreeSet<(usize, usize)> = changed
        .filter_map(|(node, frame)| Some((place(node)?, *frame)))
        .collect();
    move |node, frame| changed.contains(&(node, frame))
}

/// How far each frame came that was seen at a node of a path, of all that passed it.
fn tracks(all: &[Track], node: usize, places: &BTreeMap<usize, usize>) -> BTreeMap<usize, Track> {
    let mut tracks = BTreeMap::new();
    for track in all {
        let own = track.seen.iter().filter(|sighting| sighting.node == node);
        let indices: Vec<_> = own.filter_map(|own| places.get(&own.frame)).collect();
        for index in indices {
            tracks.insert(*index, track.clone());
        }
    }
    tracks
}
