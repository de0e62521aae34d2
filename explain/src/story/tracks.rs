//! The same packet at several nodes: where each frame that one end saw came from or got to, and where it was lost.

use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;

use crate::capture::{Capture, Way};

/// The way of one frame over the nodes of a path, as far as it was seen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Track {
    /// Where it was seen, in the order of time: the node's place on the path, and the frame's index in its capture.
    pub seen: Vec<Sighting>,
    /// The node behind which a wire lost it.
    pub lost_behind: Option<usize>,
    /// The node behind which a wire made another frame of it.
    pub changed_behind: Option<usize>,
}

impl Track {
    /// The node behind which it ended, if it did not come to where it was sent.
    #[must_use]
    pub fn ended_behind(&self) -> Option<usize> {
        self.lost_behind.or(self.changed_behind)
    }
}

/// A frame at a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sighting {
    /// The node's place on the path, from 0.
    pub node: usize,
    /// The frame's index in the node's capture.
    pub frame: usize,
    /// When, in µs since the run began.
    pub at: u64,
}

/// Follows every frame that the first or the last node of a path sent, by what routers leave unchanged of a packet.
///
/// Wires keep the order of equal packets, so that the first copy that leaves a node is the first that arrives at the next.
/// `is_changed` says of a node of the path and a frame of its capture whether a wire made another frame of it behind the node.
pub(super) fn follow(path: &[&Capture], is_changed: impl Fn(usize, usize) -> bool) -> Vec<Track> {
    let last = path.len().saturating_sub(1);
    let there: Vec<usize> = (0..path.len()).collect();
    let back: Vec<usize> = there.iter().rev().copied().collect();
    let mut tracks = from_end(path, &there, &is_changed);
    if last > 0 {
        tracks.extend(from_end(path, &back, &is_changed));
    }
    tracks
}

fn from_end(path: &[&Capture], order: &[usize], is_changed: impl Fn(usize, usize) -> bool) -> Vec<Track> {
    let mut tracks: Vec<Track> = Vec::new();
    // Copies of a packet that are on the way to the next node, in order.
    let mut under_way: BTreeMap<Packet, VecDeque<usize>> = BTreeMap::new();
    for (step, node) in order.iter().enumerate() {
        let Some(capture) = path.get(*node) else { break };
        let mut arrived: BTreeMap<Packet, VecDeque<usize>> = BTreeMap::new();
        let mut left: BTreeMap<Packet, VecDeque<usize>> = BTreeMap::new();
        for (index, frame) in capture.frames.iter().enumerate() {
            let packet = Packet::of(&frame.bytes);
            let changed = frame.way == Way::Out && is_changed(*node, index);
            let goes_on = !frame.lost && !changed;
            let sighting = Sighting {
                node: *node,
                frame: index,
                at: frame.at,
            };
            let track = match frame.way {
                Way::In => {
                    let Some(track) = under_way.get_mut(&packet).and_then(VecDeque::pop_front) else {
                        continue; // of another path
                    };
                    arrived.entry(packet).or_default().push_back(track);
                    track
                }
                Way::Out if step == 0 => {
                    tracks.push(Track::default());
                    let track = tracks.len() - 1;
                    if goes_on {
                        left.entry(packet).or_default().push_back(track);
                    }
                    track
                }
                Way::Out => {
                    let Some(track) = arrived.get_mut(&packet).and_then(VecDeque::pop_front) else {
                        continue;
                    };
                    if goes_on {
                        left.entry(packet).or_default().push_back(track);
                    }
                    track
                }
            };
            if let Some(track) = tracks.get_mut(track) {
                track.seen.push(sighting);
                if frame.lost {
                    track.lost_behind = Some(*node);
                }
                if changed {
                    track.changed_behind = Some(*node);
                }
            }
        }
        under_way = left;
    }
    tracks
}

/// What of a frame stays the same on its way: all of an IPv4 packet but its time to live and its header's checksum; of anything else
/// nothing goes further than one wire.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Packet(Vec<u8>);

impl Packet {
    pub(super) fn of(bytes: &[u8]) -> Self {
        const IP: usize = 14;
        const CHANGING: [Range<usize>; 2] = [IP + 8..IP + 9, IP + 10..IP + 12];
        if bytes.get(12..IP) != Some(&[8, 0]) {
            return Self(bytes.to_vec());
        }
        let mut kept = bytes.to_vec();
        for range in CHANGING {
            if let Some(bytes) = kept.get_mut(range) {
                bytes.fill(0);
            }
        }
        Self(kept.split_off(IP))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::Frame;

    fn frame(at: u64, way: Way, packet: u8, hops: u8, lost: bool) -> Frame {
        let mut bytes = vec![hops; 34];
        bytes[12..14].copy_from_slice(&[8, 0]);
        bytes[14..].fill(packet);
        bytes[22] = hops;
        Frame {
            at,
            interface: 0,
            way,
            bytes,
            lost,
        }
    }

    fn capture(frames: Vec<Frame>) -> Capture {
        Capture {
            interfaces: vec![],
            frames,
        }
    }

    #[test]
    fn a_copy_that_was_lost_is_told_from_the_one_that_arrived() {
        use Way::{In, Out};
        let a = capture(vec![
            frame(0, Out, 1, 64, false),
            frame(9, Out, 1, 64, false),
            frame(15, In, 2, 63, false),
        ]);
        let router = capture(vec![
            frame(1, In, 1, 64, false),
            frame(1, Out, 1, 63, true),
            frame(10, In, 1, 64, false),
            frame(10, Out, 1, 63, false),
            frame(14, In, 2, 64, false),
            frame(14, Out, 2, 63, false),
        ]);
        let b = capture(vec![frame(11, In, 1, 63, false), frame(13, Out, 2, 64, false)]);
        let tracks = follow(&[&a, &router, &b], |_, _| false);
        let told: Vec<_> = tracks
            .iter()
            .map(|track| {
                (
                    track.seen.iter().map(|seen| (seen.node, seen.at)).collect::<Vec<_>>(),
                    track.lost_behind,
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                (vec![(0, 0), (1, 1), (1, 1)], Some(1)),
                (vec![(0, 9), (1, 10), (1, 10), (2, 11)], None),
                (vec![(2, 13), (1, 14), (1, 14), (0, 15)], None),
            ]
        );
    }
}
