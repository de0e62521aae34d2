//! What is known around a connection: secrets, whom the client trusts, when frames were seen, and what earlier connections left.

use std::collections::BTreeMap;

use nihao_protocol::clock::UnixTime;
use nihao_protocol::crypto::Secret;

use super::Tickets;
use super::keys::KeyLog;
use crate::capture::Capture;
use crate::decode::known::{Known, Trusted};

/// What is known around a connection.
#[derive(Debug)]
pub(in crate::decode) struct Around<'k> {
    pub(super) log: KeyLog,
    pub(super) trusted: Trusted<'k>,
    /// The PSKs that tickets stand for, of earlier connections whose secrets are known.
    pub(super) tickets: BTreeMap<Vec<u8>, Secret>,
    began: Option<UnixTime>,
    /// When each frame was seen, in µs.
    times: Vec<u64>,
}

impl<'k> Around<'k> {
    pub(in crate::decode) fn new(known: Known<'k>, capture: &Capture) -> Self {
        let mut log = KeyLog::parse(known.secrets);
        log.is_withheld = known.is_withheld;
        Self {
            log,
            trusted: known.trusted,
            tickets: BTreeMap::new(),
            began: known.began,
            times: capture.frames.iter().map(|frame| frame.at).collect(),
        }
    }

    /// When a frame was seen.
    pub(super) fn time_of(&self, frame: usize) -> Option<UnixTime> {
        let UnixTime(began) = self.began?;
        let after = self.times.get(frame)? / 1000;
        Some(UnixTime(began.saturating_add(after)))
    }

    /// Takes what the tickets of a connection stand for.
    pub(in crate::decode) fn remember(&mut self, tickets: Tickets) {
        self.tickets.extend(tickets);
    }
}
