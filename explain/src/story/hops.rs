//! What the nodes on the way made of each frame: who took it, with which addresses on the link, and what routers decided.

use std::collections::{BTreeMap, BTreeSet};

use super::ledger::Passed;
use super::tracks::follow;
use crate::capture::{Capture, Frame, Way};
use crate::world::{Decision, Seen};

/// A frame at one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// The node's name.
    pub node: String,
    /// When, in µs since the run began.
    pub at: u64,
    /// Whether the node sent or received it.
    pub way: Way,
    /// Whether the wire lost it.
    pub lost: bool,
    /// The link address that sent it.
    pub source: [u8; 6],
    /// The link address that is to take it.
    pub destination: [u8; 6],
    /// The packet's time to live, if it holds one.
    pub ttl: Option<u8>,
}

/// A router's decision, and the frame of the story it was about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routing {
    /// What was decided.
    pub decision: Decision,
    /// The frame's index; none where it was not seen from where the story is told.
    pub frame: Option<usize>,
}

/// What is known of the way of a story's frames.
#[derive(Debug, Default)]
pub(super) struct Ways {
    /// By the frame's index.
    pub(super) hops: BTreeMap<usize, Vec<Hop>>,
    pub(super) routings: Vec<Routing>,
}

impl Hop {
    fn new(node: &str, frame: &Frame) -> Self {
        let address = |at: usize| frame.bytes.get(at..).and_then(|rest| rest.first_chunk()).copied();
        let is_ipv4 = frame.bytes.get(12..14) == Some(&[8, 0]);
        Self {
            node: node.to_owned(),
            at: frame.at,
            way: frame.way,
            lost: frame.lost,
            source: address(6).unwrap_or_default(),
            destination: address(0).unwrap_or_default(),
            ttl: frame.bytes.get(22).copied().filter(|_| is_ipv4),
        }
    }
}

/// Follows the frames that were seen at the node `own`; `places` says where each frame of its capture stands in the story.
pub(super) fn ways(seen: &Seen, path: &[&str], own: &str, places: &BTreeMap<usize, usize>) -> Ways {
    let mut hops: BTreeMap<usize, Vec<Hop>> = BTreeMap::new();
    let mut about: BTreeMap<(&str, usize), usize> = BTreeMap::new();
    for names in paths(seen, path) {
        let captures: Option<Vec<&Capture>> = names.iter().map(|name| seen.captures.get(*name)).collect();
        for track in follow(&captures.unwrap_or_default()) {
            let seen_at = track.seen.iter().filter_map(|sighting| {
                let name = *names.get(sighting.node)?;
                let frame = seen.captures.get(name)?.frames.get(sighting.frame)?;
                Some((name, sighting.frame, frame))
            });
            let seen_at: Vec<_> = seen_at.collect();
            let here = seen_at.iter().filter(|(name, ..)| *name == own);
            for index in here.filter_map(|(_, frame, _)| places.get(frame)) {
                if hops.get(index).is_none_or(|known| known.len() < seen_at.len()) {
                    let told = seen_at.iter().map(|(name, _, frame)| Hop::new(name, frame));
                    hops.insert(*index, told.collect());
                    about.extend(seen_at.iter().map(|(name, frame, _)| ((*name, *frame), *index)));
                }
            }
        }
    }
    let routings = seen.decisions.iter().map(|decision| Routing {
        frame: decision
            .frame
            .and_then(|frame| about.get(&(decision.node.as_str(), frame)).copied()),
        decision: decision.clone(),
    });
    Ways {
        routings: routings.collect(),
        hops,
    }
}

/// The path, each two neighbours on it, and the ways from its first node to what else hangs on the second.
fn paths<'a>(seen: &'a Seen, path: &[&'a str]) -> Vec<Vec<&'a str>> {
    let mut all = vec![path.to_vec()];
    all.extend(path.windows(2).map(<[&str]>::to_vec));
    if let [first, second, ..] = path {
        let others = seen.captures.keys().map(String::as_str);
        // Who has one port is a host: others only hand on.
        let is_host = |name: &str| seen.plugs.keys().filter(|(node, _)| node == name).count() == 1;
        let others = others.filter(|name| !path.contains(name) && is_host(name));
        let others = others.filter(|name| port(seen, path, second, name).is_some());
        all.extend(others.map(|name| vec![*first, *second, name]));
    }
    all
}

/// The port of a node by which one comes to another over nothing but what is not on the path.
fn port(seen: &Seen, path: &[&str], from: &str, to: &str) -> Option<usize> {
    let own = seen.plugs.iter().filter(|((node, _), _)| node == from);
    let mut own = own.map(|((_, port), (other, _))| (*port, other.as_str()));
    own.find(|(_, other)| leads(seen, path, other, to, &mut BTreeSet::from([from])))
        .map(|(port, _)| port)
}

fn leads<'a>(seen: &'a Seen, path: &[&str], at: &'a str, to: &str, been: &mut BTreeSet<&'a str>) -> bool {
    if at == to {
        return true;
    }
    if path.contains(&at) || !been.insert(at) {
        return false;
    }
    let next = seen.plugs.iter().filter(|((node, _), _)| node == at);
    let next: Vec<&str> = next.map(|(_, (other, _))| other.as_str()).collect();
    next.into_iter().any(|next| leads(seen, path, next, to, been))
}

/// What passed the wires between each two neighbours of a path, as the first of the two saw it; at the path's end as the last one did.
pub(super) fn wires(seen: &Seen, path: &[&str]) -> Vec<Passed> {
    let pairs = path.iter().zip(path.iter().skip(1)).enumerate();
    let wires = pairs.filter_map(|(index, (one, other))| {
        let is_last = index + 2 == path.len();
        let (watch, far) = if is_last { (other, one) } else { (one, other) };
        let capture = seen.captures.get(*watch)?;
        let interface = port(seen, path, watch, far)?;
        Some(Passed::count(
            [(*one).to_owned(), (*other).to_owned()],
            capture,
            interface,
        ))
    });
    wires.collect()
}
