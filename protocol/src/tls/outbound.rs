//! The sending half: handshake messages, data and alerts into records, records into bytes waiting for the wire.

use super::alert::AlertDescription;
use super::config::{MAX_RECORDS_PER_KEY, Padding, RecordPolicy};
use super::error::Error;
use super::names::ContentType;
use super::record::{Header, MAX_CONTENT};
use super::seal::Sealer;

/// Transmitted bytes that are kept while others wait: what is left is moved to the front no more often than this.
const MOST_SENT: usize = 1 << 16;

/// One direction's way from content to wire.
#[derive(Debug)]
pub(super) struct Outbound {
    /// Bytes for the wire; the first `sent` were transmitted.
    wire: Vec<u8>,
    sent: usize,
    /// Handshake messages of one flight that go into as few records as can be.
    flight: Vec<u8>,
    sealer: Option<Box<Sealer>>,
    policy: RecordPolicy,
    /// The most content, type and padding bytes in a protected record.
    limit: usize,
    said_change_cipher_spec: bool,
    /// The legacy version of an initial ClientHello's record (RFC 8446 §5.1): 1.0, for old middleboxes.
    minor: u8,
}

impl Outbound {
    pub(super) const fn new(policy: RecordPolicy, minor: u8) -> Self {
        Self {
            wire: Vec::new(),
            sent: 0,
            flight: Vec::new(),
            sealer: None,
            policy,
            limit: MAX_CONTENT + 1,
            said_change_cipher_spec: false,
            minor,
        }
    }

    pub(super) const fn policy(&self) -> &RecordPolicy {
        &self.policy
    }

    /// From now on protected records hold at most so many bytes of content, type and padding.
    pub(super) fn limit_records(&mut self, limit: usize) {
        self.limit = limit.min(MAX_CONTENT.saturating_add(1));
    }

    /// Adds a handshake message to the flight.
    pub(super) fn say(&mut self, message: &[u8]) {
        self.flight.extend_from_slice(message);
    }

    /// Puts the flight into records.
    pub(super) fn flush_flight(&mut self) -> Result<(), Error> {
        let flight = std::mem::take(&mut self.flight);
        let done = self.fragment(ContentType::Handshake, &flight);
        self.minor = 3;
        done
    }

    /// Changes the write key; what was said before goes out under the old one.
    pub(super) fn change_key(&mut self, sealer: Sealer) -> Result<(), Error> {
        self.flush_flight()?;
        self.sealer = Some(Box::new(sealer));
        Ok(())
    }

    /// Wipes the write key; nothing will be said any more.
    pub(super) fn forget_key(&mut self) {
        self.sealer = None;
    }

    /// A change_cipher_spec, for middleboxes that take us for TLS 1.2 (RFC 8446 §D.4); once, and never protected.
    pub(super) fn change_cipher_spec(&mut self) -> Result<(), Error> {
        self.flush_flight()?;
        if self.policy.change_cipher_spec && !self.said_change_cipher_spec {
            self.said_change_cipher_spec = true;
            self.wire
                .extend_from_slice(&Header::encode(ContentType::ChangeCipherSpec, 3, 1));
            self.wire.push(1);
        }
        Ok(())
    }

    /// Puts application data, at most [`Outbound::fragment_limit`] bytes, into a record.
    pub(super) fn data(&mut self, piece: &[u8]) -> Result<(), Error> {
        self.record(ContentType::ApplicationData, piece)
    }

    /// Puts an alert into a record of its own.
    pub(super) fn alert(&mut self, description: AlertDescription) -> Result<(), Error> {
        self.flush_flight()?;
        self.record(ContentType::Alert, &description.encode())
    }

    fn fragment(&mut self, content_type: ContentType, content: &[u8]) -> Result<(), Error> {
        for piece in content.chunks(self.fragment_limit()) {
            self.record(content_type, piece)?;
        }
        Ok(())
    }

    fn record(&mut self, content_type: ContentType, content: &[u8]) -> Result<(), Error> {
        self.forget_sent();
        let Some(sealer) = &mut self.sealer else {
            let length = u16::try_from(content.len()).unwrap_or(u16::MAX);
            self.wire
                .extend_from_slice(&Header::encode(content_type, self.minor, length));
            self.wire.extend_from_slice(content);
            return Ok(());
        };
        let padding = padding(self.policy.padding, content.len().saturating_add(1), self.limit);
        sealer.seal(content_type, content, padding, &mut self.wire)
    }

    /// The most content bytes in the next record: ours and, under a key, the peer's limit.
    pub(super) fn fragment_limit(&self) -> usize {
        match self.sealer {
            Some(_) => self.policy.fragment_limit().min(self.limit.saturating_sub(1).max(1)),
            None => self.policy.fragment_limit(),
        }
    }

    /// Whether the key has protected as many records as it may.
    pub(super) fn wants_key_update(&self) -> bool {
        self.sealer
            .as_ref()
            .is_some_and(|sealer| sealer.sequence() >= self.policy.records_per_key.clamp(1, MAX_RECORDS_PER_KEY))
    }

    /// Bytes that wait for the wire.
    pub(super) fn waiting(&self) -> &[u8] {
        self.wire.get(self.sent..).unwrap_or_default()
    }

    /// Marks the first `count` of the waiting bytes as transmitted.
    pub(super) fn transmitted(&mut self, count: usize) {
        self.sent = self.sent.saturating_add(count).min(self.wire.len());
        self.forget_sent();
    }

    fn forget_sent(&mut self) {
        if self.sent == self.wire.len() {
            self.wire.clear();
            self.sent = 0;
        } else if self.sent > MOST_SENT {
            self.wire.drain(..self.sent);
            self.sent = 0;
        }
    }

    /// Frees every buffer that holds nothing.
    pub(super) fn release_idle_buffers(&mut self) {
        if self.wire.is_empty() {
            self.wire = Vec::new();
        }
        if self.flight.is_empty() {
            self.flight = Vec::new();
        }
    }
}

/// The zeros after `inner` bytes of content and type, within what a record may hold.
fn padding(policy: Padding, inner: usize, limit: usize) -> usize {
    let padded = match policy {
        Padding::None => inner,
        Padding::Block(block) => inner.next_multiple_of(usize::from(block).max(1)),
        Padding::Buckets(sizes) => {
            let mut sizes = sizes.iter().copied().map(usize::from);
            sizes.find(|size| *size >= inner).unwrap_or(inner)
        }
    };
    padded.min(limit).saturating_sub(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_transmitted_is_forgotten_even_if_something_always_waits() {
        let mut outbound = Outbound::new(RecordPolicy::default(), 3);
        for round in 0..100_u8 {
            outbound.data(&[round; 1 << 14]).unwrap();
            let sent = outbound.waiting().len() - 1;
            outbound.transmitted(sent);
            assert_eq!(outbound.waiting(), [round]);
            assert!(outbound.wire.len() <= MOST_SENT + (1 << 15));
        }
    }

    #[test]
    fn padding_fills_blocks_and_buckets_up_to_the_limit() {
        let whole = MAX_CONTENT + 1;
        assert_eq!(padding(Padding::None, 5, whole), 0);
        assert_eq!(padding(Padding::Block(256), 5, whole), 251);
        assert_eq!(padding(Padding::Block(256), 256, whole), 0);
        assert_eq!(padding(Padding::Block(256), whole, whole), 0);
        assert_eq!(padding(Padding::Block(0), 5, whole), 0);
        let buckets = Padding::Buckets(&[64, 512]);
        assert_eq!(
            [1, 64, 65, 513].map(|inner| padding(buckets, inner, whole)),
            [63, 0, 447, 0]
        );
        assert_eq!(padding(buckets, 65, 100), 35, "the peer's limit counts the padding too");
    }
}
