//! What happened, put together from what was seen at several points: rungs of a ladder, and how far each frame got.

mod rungs;
mod tracks;
mod viewpoint;

pub use rungs::{Act, Rung};
pub use tracks::{Sighting, Track, follow};
pub use viewpoint::Viewpoint;

use std::collections::BTreeMap;

use crate::capture::Capture;
use crate::decode::{Known, decode};
use crate::event::Account;
use crate::world::{Decision, Seen};

/// The nodes that a simulated message crosses, in order; what they saw is told by these names.
const SIMULATED: [&str; 4] = ["A", "R1", "R2", "B"];

/// Where a story comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A network in memory, of which everything is known.
    Simulated,
}

impl Source {
    /// Its name in what programs read.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Simulated => "simulated",
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
    /// What the routers decided, in the order of time.
    pub decisions: Vec<Decision>,
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
        let mut tracks = BTreeMap::new();
        for track in follow(&path) {
            let own = |sighting: &&Sighting| sighting.node == node;
            let indices: Vec<_> = track
                .seen
                .iter()
                .filter(own)
                .filter_map(|own| places.get(&own.frame))
                .collect();
            for index in indices {
                tracks.insert(*index, track.clone());
            }
        }
        let rungs = rungs::rungs(&account);
        Self {
            source: Source::Simulated,
            path: SIMULATED.map(String::from).to_vec(),
            own: node,
            viewpoint,
            account,
            rungs,
            tracks,
            decisions: seen.decisions.clone(),
            capture,
        }
    }

    /// The bytes of a frame, by its index.
    #[must_use]
    pub fn bytes(&self, frame: usize) -> &[u8] {
        self.capture.frames.get(frame).map_or(&[], |frame| &frame.bytes)
    }
}
