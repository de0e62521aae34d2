//! One direction of a TLS connection.

use super::keys::Keys;
use crate::decode::spaces::Stream;

/// What one end sends.
#[derive(Debug)]
pub(super) struct Half {
    /// The bytes of TCP.
    pub(super) stream: Stream,
    /// The handshake's bytes, from all records.
    pub(super) handshake: Stream,
    /// The application's bytes, from all records.
    pub(super) data: Stream,
    /// What opens its next record, if that is known.
    pub(super) keys: Option<Keys>,
    /// Whether its records must be protected by now.
    pub(super) is_protected: bool,
    /// Whether its records are protected as before TLS 1.3.
    pub(super) is_sealed_otherwise: bool,
    /// Its certificates, its own first.
    pub(super) chain: Vec<Vec<u8>>,
    /// Its records cannot be told apart any more.
    pub(super) is_broken: bool,
}

impl Half {
    pub(super) fn new(stream: Stream) -> Self {
        Self {
            stream,
            handshake: Stream::default(),
            data: Stream::default(),
            keys: None,
            is_protected: false,
            is_sealed_otherwise: false,
            chain: Vec::new(),
            is_broken: false,
        }
    }

    /// The frame with which the next record is complete, and the record's type; nothing if it is not.
    pub(super) fn next_record(&self) -> Option<(usize, u8)> {
        if self.is_broken {
            return None;
        }
        let told = self.stream.told();
        let &[kind, _, _, high, low, ..] = self.stream.rest() else {
            // What cannot be a record is told at once, however short.
            let &[kind, ..] = self.stream.rest() else {
                return None;
            };
            let is_record = matches!(kind, 20..=24);
            return (!is_record).then(|| (self.stream.frame_of(&(told..told.saturating_add(1))), kind));
        };
        let length = usize::from(u16::from_be_bytes([high, low])).saturating_add(5);
        let is_record = matches!(kind, 20..=24);
        let needed = if is_record { length } else { 1 };
        let is_whole = self.stream.rest().len() >= needed;
        is_whole.then(|| (self.stream.frame_of(&(told..told.saturating_add(needed))), kind))
    }
}
