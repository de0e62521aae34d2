//! A switch: learns behind which port each address is, and floods what it does not know.

use std::collections::BTreeMap;

use smoltcp::wire::{EthernetAddress, EthernetFrame};

/// The most addresses a switch remembers.
const ADDRESSES: usize = 1024;

/// A learning switch.
#[derive(Debug)]
pub(super) struct Switch {
    ports: usize,
    known: BTreeMap<EthernetAddress, usize>,
}

impl Switch {
    pub(super) fn new(ports: usize) -> Self {
        Self {
            ports,
            known: BTreeMap::new(),
        }
    }

    /// The ports that a frame leaves by.
    pub(super) fn forward(&mut self, port: usize, bytes: &[u8]) -> Vec<usize> {
        let Ok(frame) = EthernetFrame::new_checked(bytes) else {
            return vec![];
        };
        let (from, to) = (frame.src_addr(), frame.dst_addr());
        if from.is_unicast() && (self.known.len() < ADDRESSES || self.known.contains_key(&from)) {
            self.known.insert(from, port);
        }
        match self.known.get(&to).filter(|_| to.is_unicast()) {
            Some(known) if *known == port => vec![],
            Some(known) => vec![*known],
            None => (0..self.ports).filter(|other| *other != port).collect(),
        }
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

    #[test]
    fn what_was_heard_is_known() {
        let mut switch = Switch::new(3);
        assert_eq!(switch.forward(0, &frame(1, 2)), [1, 2], "unknown: to all others");
        assert_eq!(switch.forward(1, &frame(2, 1)), [0], "known by now");
        assert_eq!(switch.forward(0, &frame(1, 2)), [1]);
        assert_eq!(
            switch.forward(0, &frame(3, 1)),
            [0usize; 0],
            "both are behind the same port"
        );
        assert_eq!(switch.forward(2, &frame(4, 0xff)), [0, 1], "broadcast");
        assert_eq!(switch.forward(2, &[1, 2, 3]), [0usize; 0], "no frame at all");
    }
}
