//! A switch: learns behind which port each address is, and floods what it does not know.

use std::collections::BTreeMap;

use smoltcp::wire::{EthernetAddress, EthernetFrame};

/// The most addresses a switch remembers.
const ADDRESSES: usize = 1024;

/// What a switch did with a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Switching {
    /// The switch's name.
    pub node: String,
    /// The frame's index in the switch's capture.
    pub frame: usize,
    /// What it did.
    pub switched: Switched,
}

/// How a switch handed a frame on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Switched {
    /// The port that the frame came in by.
    pub from: usize,
    /// Whether its sender was learned from it, behind that port.
    pub is_learned: bool,
    /// What was known of where it is going.
    pub because: Because,
    /// The ports it left by.
    pub to: Vec<usize>,
}

/// Why a frame left a switch as it did (IEEE 802.1Q §8.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    /// The destination was learned before: it leaves by that port alone.
    Learned,
    /// The destination is behind the port it came in by: it goes nowhere.
    SamePort,
    /// It is for everybody, or for a group.
    Broadcast,
    /// Nobody has heard of the destination yet.
    Unknown,
}

impl Because {
    /// Its name in what programs read.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Learned => "learned",
            Self::SamePort => "same port",
            Self::Broadcast => "broadcast",
            Self::Unknown => "unknown",
        }
    }
}

/// A learning switch.
#[derive(Debug)]
pub(super) struct Switch {
    ports: usize,
    learned: BTreeMap<EthernetAddress, usize>,
}

impl Switch {
    pub(super) fn new(ports: usize) -> Self {
        Self {
            ports,
            learned: BTreeMap::new(),
        }
    }

    /// Where a frame leaves to that came in by a port; nothing for what is no frame.
    pub(super) fn forward(&mut self, from: usize, bytes: &[u8]) -> Option<Switched> {
        let frame = EthernetFrame::new_checked(bytes).ok()?;
        let is_learned = self.learn(frame.src_addr(), from);
        let to = frame.dst_addr();
        let others = || (0..self.ports).filter(|other| *other != from).collect();
        let (because, to) = match self.learned.get(&to) {
            _ if !to.is_unicast() => (Because::Broadcast, others()),
            Some(port) if *port == from => (Because::SamePort, vec![]),
            Some(port) => (Because::Learned, vec![*port]),
            None => (Because::Unknown, others()),
        };
        Some(Switched {
            from,
            is_learned,
            because,
            to,
        })
    }

    /// Remembers where a sender is; whether that was news.
    fn learn(&mut self, sender: EthernetAddress, port: usize) -> bool {
        let has_room = self.learned.len() < ADDRESSES || self.learned.contains_key(&sender);
        sender.is_unicast() && has_room && self.learned.insert(sender, port) != Some(port)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(from: u8, to: u8) -> Vec<u8> {
        let mut bytes = vec![2, 0, 0, 0, 0, to, 2, 0, 0, 0, 0, from, 8, 0];
        if to == 0xff {
            bytes[..6].fill(0xff);
        }
        bytes
    }

    fn forward(switch: &mut Switch, port: usize, bytes: &[u8]) -> (bool, Because, Vec<usize>) {
        let switched = switch.forward(port, bytes).unwrap();
        assert_eq!(switched.from, port);
        (switched.is_learned, switched.because, switched.to)
    }

    #[test]
    fn what_was_heard_is_known() {
        let mut switch = Switch::new(3);
        let mut forward = |port, bytes: Vec<u8>| forward(&mut switch, port, &bytes);
        assert_eq!(forward(0, frame(1, 2)), (true, Because::Unknown, vec![1, 2]));
        assert_eq!(forward(1, frame(2, 1)), (true, Because::Learned, vec![0]));
        assert_eq!(forward(0, frame(1, 2)), (false, Because::Learned, vec![1]));
        assert_eq!(forward(0, frame(3, 1)), (true, Because::SamePort, vec![]));
        assert_eq!(forward(2, frame(4, 0xff)), (true, Because::Broadcast, vec![0, 1]));
        assert!(forward(2, frame(3, 4)).0, "it was plugged in elsewhere");
        assert_eq!(forward(1, frame(2, 3)), (false, Because::Learned, vec![2]));
        assert_eq!(switch.forward(2, &[1, 2, 3]), None, "no frame at all");
    }
}
