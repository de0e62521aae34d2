//! What the nodes on the way made of each frame: who took it, with which addresses on the link, and what routers decided.

use std::collections::{BTreeMap, BTreeSet};

use super::changed;
use super::ledger::Passed;
use super::tracks::follow;
use crate::capture::{Capture, Frame, Way};
use crate::decode::Known;
use crate::world::{Decision, Seen, Switched};

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
    /// What the node did with it, if it is a switch that received it.
    pub switched: Option<Switched>,
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
            switched: None,
        }
    }
}

/// Follows the frames that were seen at the node `own`; `places` says where each frame of its capture stands in the story.
pub(super) fn ways(seen: &Seen, path: &[&str], own: &str, places: &BTreeMap<usize, usize>) -> Ways {
    let mut hops: BTreeMap<usize, Vec<Hop>> = BTreeMap::new();
    let mut about: BTreeMap<(&str, usize), usize> = BTreeMap::new();
    let switched = seen.switchings.iter();
    let switched = switched.map(|switching| ((switching.node.as_str(), switching.frame), &switching.switched));
    let switched: BTreeMap<_, _> = switched.collect();
    for names in paths(seen, path) {
        let captures: Option<Vec<&Capture>> = names.iter().map(|name| seen.captures.get(*name)).collect();
        for track in follow(&captures.unwrap_or_default(), changed(seen, &names)) {
            let seen_at = track.seen.iter().filter_map(|sighting| {
                let name = *names.get(sighting.node)?;
                let frame = seen.captures.get(name)?.frames.get(sighting.frame)?;
                Some((name, sighting.frame, frame))
            });
            let seen_at: Vec<_> = seen_at.collect();
            let here = seen_at.iter().filter(|(name, ..)| *name == own);
            for index in here.filter_map(|(_, frame, _)| places.get(frame)) {
                if hops.get(index).is_none_or(|known| known.len() < seen_at.len()) {
                    let told = seen_at.iter().map(|(name, index, frame)| Hop {
                        switched: switched.get(&(*name, *index)).copied().cloned(),
                        ..Hop::new(name, frame)
                    });
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

/// The path, each two neighbours on it, and the ways from its first node to what else hangs on the second; all with the switches between.
fn paths<'a>(seen: &'a Seen, path: &[&'a str]) -> Vec<Vec<&'a str>> {
    let mut all = vec![path.to_vec()];
    all.extend(path.windows(2).map(<[&str]>::to_vec));
    if let [first, second, ..] = path {
        let others = seen.captures.keys().map(String::as_str);
        // Who has one port is a host: others only hand on.
        let is_host = |name: &str| seen.plugs.keys().filter(|(node, _)| node == name).count() == 1;
        let others = others.filter(|name| !path.contains(name) && is_host(name));
        let port = |to| Some(way(seen, path, second, to)?.0);
        // What stands on the first node's own network is not reached over the second.
        let others = others.filter(|name| port(name).is_some_and(|port_of| Some(port_of) != port(first)));
        all.extend(others.map(|name| vec![*first, *second, name]));
    }
    all.iter().map(|nodes| with_switches(seen, path, nodes)).collect()
}

/// Nodes, and the switches between each two of them.
fn with_switches<'a>(seen: &'a Seen, path: &[&str], nodes: &[&'a str]) -> Vec<&'a str> {
    let mut whole: Vec<&str> = nodes.first().copied().into_iter().collect();
    for (one, other) in nodes.iter().zip(nodes.iter().skip(1)) {
        whole.extend(
            way(seen, path, one, other)
                .map(|(_, between)| between)
                .unwrap_or_default(),
        );
        whole.push(other);
    }
    whole
}

/// How one comes from a node to another over nothing but what is not on the path: by which port, and past whom.
fn way<'a>(seen: &'a Seen, path: &[&str], from: &'a str, to: &str) -> Option<(usize, Vec<&'a str>)> {
    let own = seen.plugs.iter().filter(|((node, _), _)| node == from);
    let mut own = own.map(|((_, port), (other, _))| (*port, other.as_str()));
    own.find_map(|(port, other)| {
        let between = leads(seen, path, other, to, &mut BTreeSet::from([from]))?;
        Some((port, between))
    })
}

/// Past whom one comes from a node to another, the first of them included.
fn leads<'a>(
    seen: &'a Seen,
    path: &[&str],
    at: &'a str,
    to: &str,
    been: &mut BTreeSet<&'a str>,
) -> Option<Vec<&'a str>> {
    if at == to {
        return Some(Vec::new());
    }
    if path.contains(&at) || !been.insert(at) {
        return None;
    }
    let next = seen.plugs.iter().filter(|((node, _), _)| node == at);
    let next: Vec<&str> = next.map(|(_, (other, _))| other.as_str()).collect();
    let rest = next.into_iter().find_map(|next| leads(seen, path, next, to, been))?;
    Some([vec![at], rest].concat())
}

/// What passed the wires between each two neighbours of a path, as the first of the two saw it; at the path's end as the last one did.
pub(super) fn wires(seen: &Seen, path: &[&str], known: Known<'_>) -> Vec<Passed> {
    let pairs = path.iter().zip(path.iter().skip(1)).enumerate();
    let wires = pairs.filter_map(|(index, (one, other))| {
        let is_last = index + 2 == path.len();
        let (watch, far) = if is_last { (other, one) } else { (one, other) };
        let capture = seen.captures.get(*watch)?;
        let (interface, _) = way(seen, path, watch, far)?;
        Some(Passed::count(
            [(*one).to_owned(), (*other).to_owned()],
            capture,
            interface,
            known,
        ))
    });
    wires.collect()
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, SocketAddrV4};
    use std::time::Duration;

    use super::*;
    use crate::world::{Address, Plan, Route, Wire, World};

    const B: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 20);

    /// A asks B for a connection, over two routers, with a switch at A or without any.
    fn seen(has_switch: bool) -> Seen {
        let at = |last, ip: [u8; 4]| Address {
            hardware: [2, 0, 0, 0, 0, last],
            ip: ip.into(),
            prefix: 24,
        };
        let all = |via: [u8; 4]| Route {
            to: Ipv4Addr::UNSPECIFIED,
            prefix: 0,
            via: Some(via.into()),
            interface: 1,
        };
        let mut plan = Plan::new(7);
        let a = plan.host("A", at(0x0a, [192, 0, 2, 10]), [192, 0, 2, 1].into());
        let b = plan.host("B", at(0x0b, B.octets()), [198, 51, 100, 1].into());
        let (near, far) = (at(0x11, [192, 0, 2, 1]), at(0x21, [198, 51, 100, 1]));
        let one = plan.router("R1", &[near, at(0x12, [10, 0, 0, 1])], &[all([10, 0, 0, 2])]);
        let two = plan.router("R2", &[far, at(0x22, [10, 0, 0, 2])], &[all([10, 0, 0, 1])]);
        if has_switch {
            let switch = plan.switch("S", 2);
            plan.plug((a, 0), (switch, 0), Wire::lan());
            plan.plug((switch, 1), (one, 0), Wire::lan());
        } else {
            plan.plug((a, 0), (one, 0), Wire::lan());
        }
        plan.plug((one, 1), (two, 1), Wire::wan(1000));
        plan.plug((two, 0), (b, 0), Wire::lan());
        let scenario = move |world: World| async move { world.connect(a, SocketAddrV4::new(B, 443)).await.is_err() };
        let (is_refused, seen) = plan.run(Duration::from_secs(1), scenario);
        assert!(is_refused, "nobody listens");
        seen
    }

    /// The nodes that the first packet passed, and those of them that switched it.
    fn passed(seen: &Seen) -> (Vec<String>, Vec<String>) {
        let places = (0..seen.captures["A"].frames.len())
            .map(|index| (index, index))
            .collect();
        let ways = ways(seen, &["A", "R1", "R2", "B"], "A", &places);
        // The first two frames are ARP's.
        let mut nodes: Vec<String> = ways.hops[&2].iter().map(|hop| hop.node.clone()).collect();
        nodes.dedup();
        let switched = ways.hops[&2].iter().filter(|hop| hop.switched.is_some());
        (nodes, switched.map(|hop| hop.node.clone()).collect())
    }

    #[test]
    fn switches_are_told_where_there_are_some() {
        let (nodes, switched) = passed(&seen(true));
        assert_eq!(nodes, ["A", "S", "R1", "R2", "B"]);
        assert_eq!(switched, ["S"]);
        let (nodes, switched) = passed(&seen(false));
        assert_eq!(nodes, ["A", "R1", "R2", "B"]);
        assert!(switched.is_empty());
    }
}
