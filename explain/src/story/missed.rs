//! Frames that never came to where a story is told: lost or changed on the way from the other end.

use super::rungs;
use super::tracks::Track;
use crate::capture::Capture;
use crate::decode::{Known, decode};
use crate::event::Protocol;
use crate::texts::Text;

/// A frame that was lost, or changed, before anybody saw it who tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    /// When it was sent, in µs since the run began.
    pub at: u64,
    /// Of which layer it tells.
    pub protocol: Protocol,
    /// What it was, as its bytes say.
    pub what: String,
    /// Why it was sent.
    pub why: Option<&'static Text>,
    /// How far it came.
    pub track: Track,
}

/// The frames from the ends of a path that ended before the node `own`, in the order of time; `tracks` are all of that path.
pub(super) fn missed(path: &[&Capture], own: usize, tracks: &[Track], known: Known<'_>) -> Vec<Missed> {
    let lost = tracks.iter().filter(|track| {
        let came = track.seen.iter().any(|sighting| sighting.node == own);
        track.ended_behind().is_some() && !came
    });
    let lost: Vec<&Track> = lost.collect();
    let mut missed = Vec::new();
    // Both ends may have sent such, where it is told from between them.
    for end in [0, path.len().saturating_sub(1)] {
        let mut from_here = lost
            .iter()
            .filter(|track| track.seen.first().is_some_and(|first| first.node == end));
        let Some(capture) = path.get(end).filter(|_| from_here.clone().next().is_some()) else {
            continue;
        };
        let account = decode(capture, known);
        missed.extend(from_here.by_ref().filter_map(|track| {
            let first = track.seen.first()?;
            let told = rungs::alone(&account, first.frame)?;
            Some(Missed {
                at: first.at,
                protocol: told.protocol,
                what: told.what,
                why: rungs::why_ended(told.why, track),
                track: (*track).clone(),
            })
        }));
    }
    missed.sort_by_key(|missed| missed.at);
    missed
}
