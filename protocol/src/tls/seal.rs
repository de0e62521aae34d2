//! One direction's record protection: key, iv, sequence number, inner type, padding (RFC 8446 §5.2–§5.5).

use super::error::{Error, Peer};
use super::names::ContentType;
use super::record::{HEADER, Header, MAX_CONTENT};
use crate::crypto::Aead;
use crate::crypto::aead::{NONCE_LENGTH, TAG_LENGTH};

/// The key, iv and sequence number of one direction.
#[derive(Debug)]
struct Protection {
    aead: Aead,
    /// The iv as a number, so that a nonce is one XOR and one store.
    iv: u128,
    sequence: u64,
}

impl Protection {
    fn new(aead: Aead, iv: [u8; NONCE_LENGTH]) -> Self {
        let iv = iv.iter().fold(0, |number, byte| (number << 8) | u128::from(*byte));
        Self { aead, iv, sequence: 0 }
    }

    /// RFC 8446 §5.3: the nonce is the iv XOR the sequence number, which is never used twice.
    fn next_nonce(&mut self) -> Result<[u8; NONCE_LENGTH], Error> {
        let [_, _, _, _, nonce @ ..] = (self.iv ^ u128::from(self.sequence)).to_be_bytes();
        self.sequence = self.sequence.checked_add(1).ok_or(Error::KeyExhausted)?;
        Ok(nonce)
    }
}

/// Seals records of one direction.
#[derive(Debug)]
pub struct Sealer(Protection);

impl Sealer {
    /// Starts at sequence number 0.
    #[must_use]
    pub fn new(aead: Aead, iv: [u8; NONCE_LENGTH]) -> Self {
        Self(Protection::new(aead, iv))
    }

    /// Records sealed so far under this key.
    #[must_use]
    pub const fn sequence(&self) -> u64 {
        self.0.sequence
    }

    /// Appends one protected record to `out`: header, encrypted content ‖ type ‖ `padding` zeros, tag.
    ///
    /// The content is at most 2^14 bytes, and with type and padding at most 2^14 + 1.
    pub fn seal(
        &mut self,
        content_type: ContentType,
        content: &[u8],
        padding: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        self.seal_typed(content_type.byte(), content, padding, out)
    }

    /// As [`Self::seal`], with an inner content type of any number: what only a peer that plays foul sends.
    pub fn seal_typed(
        &mut self,
        content_type: u8,
        content: &[u8],
        padding: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let inner = content.len().saturating_add(1).saturating_add(padding);
        let length = u16::try_from(inner.saturating_add(TAG_LENGTH)).map_err(|_| Peer::RecordOverflow)?;
        let header = Header::encode(ContentType::ApplicationData, 3, length);
        out.reserve(HEADER.saturating_add(usize::from(length)));
        out.extend_from_slice(&header);
        let start = out.len();
        out.extend_from_slice(content);
        out.push(content_type);
        out.resize(start.saturating_add(inner), 0);
        let nonce = self.0.next_nonce()?;
        let (_, body) = out.split_at_mut(start);
        let tag = self
            .0
            .aead
            .seal(&nonce, &header, body)
            .map_err(|_| Error::KeyExhausted)?;
        out.extend_from_slice(&tag);
        Ok(())
    }
}

/// Opens records of one direction.
#[derive(Debug)]
pub struct Opener(Protection);

impl Opener {
    /// Starts at sequence number 0.
    #[must_use]
    pub fn new(aead: Aead, iv: [u8; NONCE_LENGTH]) -> Self {
        Self(Protection::new(aead, iv))
    }

    /// Records opened so far under this key.
    #[must_use]
    pub const fn sequence(&self) -> u64 {
        self.0.sequence
    }

    /// Opens the protected record in place and gives its inner type and the length of its content, which then starts `body`.
    ///
    /// RFC 8446 §5.4: the padding is every zero from the end up to the type.
    pub fn open(&mut self, header: &Header, body: &mut [u8]) -> Result<(ContentType, usize), Error> {
        let sealed = body.len().checked_sub(TAG_LENGTH).ok_or(Peer::BadRecordMac)?;
        let (inner, tag) = body.split_at_mut(sealed);
        let tag: &[u8; TAG_LENGTH] = (&*tag).try_into().map_err(|_| Peer::BadRecordMac)?;
        let before = self.0.sequence;
        let nonce = self.0.next_nonce()?;
        if self.0.aead.open(&nonce, &header.bytes, inner, tag).is_err() {
            self.0.sequence = before; // what is not authentic does not count: early data may be skipped so
            return Err(Peer::BadRecordMac.into());
        }
        if inner.len() > MAX_CONTENT.saturating_add(1) {
            return Err(Peer::RecordOverflow.into());
        }
        let length = inner.iter().rposition(|byte| *byte != 0).ok_or(Peer::NoContentType)?;
        let kind = inner.get(length).copied().unwrap_or_default();
        let kind = ContentType::from_byte(kind).ok_or(Peer::UnknownContentType(kind))?;
        Ok((kind, length))
    }
}
