//! Where one looks from: an end, a router, or somewhere between without keys.

use std::collections::BTreeMap;

use crate::capture::{Capture, Way};
use crate::decode::Known;

/// Where a journey is told from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Viewpoint {
    /// The sender.
    #[default]
    A,
    /// The router at the sender, which is lent the keys so that all can be told.
    Router,
    /// The server.
    B,
    /// The same router, without any key.
    Eavesdropper,
}

impl Viewpoint {
    /// The node's place on a path of so many nodes.
    pub(super) const fn place(self, nodes: usize) -> usize {
        match self {
            Self::A => 0,
            Self::Router | Self::Eavesdropper => 1,
            Self::B => nodes.saturating_sub(1),
        }
    }

    /// What is known there of what is known at all.
    pub(super) fn lends(self, known: Known<'_>) -> Known<'_> {
        match self {
            Self::A | Self::Router | Self::B => known,
            Self::Eavesdropper => Known { secrets: "", ..known },
        }
    }

    /// Whether whoever looks is one of those who talk, or is told everything by them.
    pub(super) const fn is_trusted(self) -> bool {
        !matches!(self, Self::Eavesdropper)
    }

    /// Whether a frame that was sent there goes towards B.
    #[must_use]
    pub const fn sends_forward(self) -> bool {
        matches!(self, Self::A)
    }

    /// Whether a frame that passed it this way goes towards B.
    pub(super) const fn is_towards_end(self, way: Way) -> bool {
        matches!(way, Way::Out) == self.sends_forward()
    }

    /// What was seen there; of a router the side towards A alone, so that no packet is seen twice. And where each frame of the whole
    /// capture stands in it.
    pub(super) fn choose(self, path: &[&Capture]) -> (Capture, BTreeMap<usize, usize>) {
        let Some(whole) = path.get(self.place(path.len())) else {
            return (Capture::default(), BTreeMap::new());
        };
        let chosen = whole
            .frames
            .iter()
            .enumerate()
            .filter(|(_, frame)| frame.interface == 0);
        let places = chosen
            .clone()
            .enumerate()
            .map(|(here, (there, _))| (there, here))
            .collect();
        let capture = Capture {
            interfaces: whole.interfaces.clone(),
            frames: chosen.map(|(_, frame)| frame.clone()).collect(),
        };
        (capture, places)
    }
}
