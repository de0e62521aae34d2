//! Wires: how long a frame takes, and which do not arrive.

use super::fault::{Fate, Fault, Judge};

/// What a wire is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wire {
    /// µs from one end to the other.
    pub latency: u64,
    /// Bits a second.
    pub bandwidth: u64,
}

impl Wire {
    /// A gigabit cable of a few metres.
    #[must_use]
    pub const fn lan() -> Self {
        Self {
            latency: 5,
            bandwidth: 1_000_000_000,
        }
    }

    /// A hundred megabits over a distance of this many µs.
    #[must_use]
    pub const fn wan(latency: u64) -> Self {
        Self {
            latency,
            bandwidth: 100_000_000,
        }
    }

    /// µs that a frame of `bytes` bytes keeps the wire busy: with preamble, checksum and gap, as on real Ethernet.
    fn occupied(self, bytes: usize) -> u64 {
        const AROUND: usize = 8 + 4 + 12;
        let bits = (bytes.max(60) + AROUND) as u64 * 8;
        (bits * 1_000_000).div_ceil(self.bandwidth.max(1))
    }
}

/// A wire that is plugged in, with both its directions.
#[derive(Debug)]
pub(super) struct Plugged {
    wire: Wire,
    judge: Judge,
    /// Until when each direction is busy, in µs.
    busy: [u64; 2],
}

/// One copy of a frame on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Copy {
    /// In µs.
    pub(super) arrives: u64,
    pub(super) bytes: Vec<u8>,
}

impl Plugged {
    pub(super) fn new(wire: Wire, judge: Judge) -> Self {
        Self {
            wire,
            judge,
            busy: [0; 2],
        }
    }

    pub(super) fn add(&mut self, fault: Fault) {
        self.judge.add(fault);
    }

    pub(super) fn idle(&self) -> impl Iterator<Item = Fault> {
        self.judge.idle()
    }

    /// Takes a frame; the copies of it that will arrive: one, if nothing is wrong.
    pub(super) fn carry(&mut self, now: u64, direction: usize, bytes: &[u8]) -> Vec<Copy> {
        let occupied = self.wire.occupied(bytes.len());
        let busy = self.busy.get(direction).copied().unwrap_or_default();
        let leaves = busy.max(now) + occupied;
        if let Some(busy) = self.busy.get_mut(direction) {
            *busy = leaves;
        }
        let arrives = leaves + self.wire.latency;
        let copy = |arrives, bytes: &[u8]| Copy {
            arrives,
            bytes: bytes.to_vec(),
        };
        match self.judge.judge(bytes) {
            Fate::Arrives => vec![copy(arrives, bytes)],
            Fate::Lost => vec![],
            Fate::Twice => vec![copy(arrives, bytes), copy(arrives + occupied, bytes)],
            Fate::Late(by) => vec![copy(arrives + by, bytes)],
            Fate::Changed(bytes) => vec![copy(arrives, &bytes)],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_queue_behind_each_other() {
        let wire = Wire {
            latency: 1000,
            bandwidth: 8_000_000, // a byte per µs
        };
        let mut plugged = Plugged::new(wire, Judge::new(1));
        let frame = [0; 1000];
        let arrives = |copies: Vec<Copy>| copies[0].arrives;
        assert_eq!(arrives(plugged.carry(0, 0, &frame)), 1024 + 1000);
        assert_eq!(arrives(plugged.carry(0, 0, &frame)), 2 * 1024 + 1000);
        assert_eq!(
            arrives(plugged.carry(0, 1, &frame)),
            1024 + 1000,
            "the other way is free"
        );
        assert_eq!(
            arrives(plugged.carry(5000, 0, &frame[..10])),
            5000 + 84 + 1000,
            "no frame is shorter than 60 bytes"
        );
    }
}
