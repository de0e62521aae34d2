//! The receiving half: bytes into records, records into handshake messages, application data and alerts.

use super::alert::AlertDescription;
use super::error::{Error, Peer};
use super::names::{ContentType, HandshakeType};
use super::record::{HEADER, Header, MAX_PROTECTED};
use super::seal::Opener;
use crate::crypto::aead::TAG_LENGTH;

/// The longest handshake message that is taken, body only: 64 KiB.
pub const MAX_HANDSHAKE_MESSAGE: usize = 1 << 16;
/// The longest ClientHello: as long as its fields can say, since a client may well fill one of them (RFC 8446 §4.1.2).
pub const MAX_CLIENT_HELLO: usize = 2 + 32 + (1 + 32) + (2 + 65_534) + (1 + 255) + (2 + 65_535);
/// The most records or messages in a row that may bring nothing.
pub const MAX_IDLE: u8 = 32;
/// The most user_canceled alerts in a row: one is enough to say it.
pub const MAX_USER_CANCELED: u8 = 4;

/// One direction's way from wire to content.
#[derive(Debug, Default)]
pub(super) struct Inbound {
    /// The start of a record whose end has not arrived.
    partial: Vec<u8>,
    /// Handshake bytes that are not a whole message yet, or whole ones not yet taken.
    joined: Vec<u8>,
    /// Application data received; the first `given` bytes were handed out.
    data: Vec<u8>,
    given: usize,
    opener: Option<Box<Opener>>,
    stage: Stage,
    /// How many change_cipher_spec records may still come.
    change_cipher_specs: u8,
    /// Records or messages in a row that brought nothing.
    idle: u8,
    /// user_canceled alerts since something else came.
    canceled: u8,
    /// The most bytes of content, type and padding in a record, where less than the protocol's limit was agreed on.
    limit: Option<usize>,
    /// Bytes of early data that may still be skipped; nothing once a record was opened.
    skippable: usize,
}

/// How far the connection is, as far as it decides which records may come.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// Before the first ClientHello: no change_cipher_spec yet.
    #[default]
    Start,
    /// In the handshake: a change_cipher_spec is dropped.
    Handshake,
    /// After the peer's Finished: application data may come.
    Open,
}

/// A whole handshake message, not decoded yet.
#[derive(Debug)]
pub(super) struct RawMessage {
    pub(super) kind: HandshakeType,
    /// Header and body.
    pub(super) bytes: Vec<u8>,
    /// That nothing came after it in its record.
    pub(super) aligned: Option<Aligned>,
}

/// Proof that a handshake message ended where its record ended: only then may the read key change (RFC 8446 §5.1).
#[derive(Debug)]
pub(super) struct Aligned(());

/// What a record brought.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Brought {
    /// Handshake bytes, now joined; or application data, now readable; or nothing that matters.
    Content,
    Alert {
        level: u8,
        description: AlertDescription,
    },
}

impl Inbound {
    pub(super) const fn enter(&mut self, stage: Stage) {
        self.stage = stage;
        (self.idle, self.canceled) = (0, 0);
        self.change_cipher_specs = 0;
    }

    /// From here on so many change_cipher_spec records may come.
    pub(super) const fn allow_change_cipher_spec(&mut self, most: u8) {
        self.change_cipher_specs = most;
    }

    /// From now on a protected record with more bytes of content, type and padding is refused (RFC 8449 §4).
    pub(super) const fn limit_records(&mut self, limit: usize) {
        self.limit = Some(limit);
    }

    /// Changes the read key; the proof is that no message runs on past the change.
    pub(super) fn change_key(&mut self, opener: Opener, _proof: &Aligned) {
        self.opener = Some(Box::new(opener));
    }

    /// Wipes the read key; nothing will be read any more.
    pub(super) fn forget_key(&mut self) {
        self.opener = None;
    }

    /// Early data that was not asked for may be skipped, so many bytes of it (RFC 8446 §4.2.10).
    pub(super) const fn skip_early_data(&mut self, most: usize) {
        self.skippable = most;
    }

    /// The next whole handshake message, if one has arrived.
    pub(super) fn next_message(&mut self) -> Result<Option<RawMessage>, Error> {
        let Some((&[kind, a, b, c], _)) = self.joined.split_first_chunk::<4>() else {
            return Ok(None);
        };
        let length = usize::try_from(u32::from_be_bytes([0, a, b, c])).unwrap_or(usize::MAX);
        let limit = match HandshakeType(kind) {
            HandshakeType::CLIENT_HELLO => MAX_CLIENT_HELLO,
            _ => MAX_HANDSHAKE_MESSAGE,
        };
        if length > limit {
            return Err(Peer::MessageTooLong(length).into());
        }
        let whole = length.saturating_add(4);
        if self.joined.len() < whole {
            return Ok(None);
        }
        let rest = self.joined.split_off(whole);
        let bytes = std::mem::replace(&mut self.joined, rest);
        Ok(Some(RawMessage {
            kind: HandshakeType(kind),
            bytes,
            aligned: self.joined.is_empty().then_some(Aligned(())),
        }))
    }

    /// Takes the next whole record from `wire`, or keeps its start until the rest arrives.
    pub(super) fn next_record(&mut self, wire: &mut &[u8]) -> Result<Option<Brought>, Error> {
        if self.partial.is_empty() {
            let Some((header, rest)) = wire.split_first_chunk::<HEADER>() else {
                self.keep(wire, HEADER);
                return Ok(None);
            };
            let header = Header::decode(*header)?;
            let Some((body, rest)) = rest.split_at_checked(header.length) else {
                self.keep(wire, HEADER.saturating_add(header.length));
                return Ok(None);
            };
            *wire = rest;
            return self.take_record(&header, body).map(Some);
        }
        self.keep(wire, HEADER);
        let Some((header, _)) = self.partial.split_first_chunk::<HEADER>() else {
            return Ok(None);
        };
        let header = Header::decode(*header)?;
        let whole = HEADER.saturating_add(header.length);
        self.keep(wire, whole);
        if self.partial.len() < whole {
            return Ok(None);
        }
        let mut record = std::mem::take(&mut self.partial);
        let (_, body) = record.split_at(HEADER);
        let brought = self.take_record(&header, body);
        record.clear();
        self.partial = record; // its room is used again
        brought.map(Some)
    }

    /// Moves bytes from `wire` to the partial record until that has `whole` bytes.
    fn keep(&mut self, wire: &mut &[u8], whole: usize) {
        let missing = whole.saturating_sub(self.partial.len()).min(wire.len());
        let (head, rest) = wire.split_at(missing);
        self.partial.extend_from_slice(head);
        *wire = rest;
    }

    fn take_record(&mut self, header: &Header, body: &[u8]) -> Result<Brought, Error> {
        let opened = self.opener.as_ref().map(|opener| opener.sequence());
        match (header.content_type, opened) {
            (ContentType::ChangeCipherSpec, _) => self.drop_change_cipher_spec(body),
            (ContentType::ApplicationData, Some(_)) => self.open(header, body),
            (ContentType::ApplicationData, None) if self.stage == Stage::Handshake && self.skip(body.len()) => {
                Ok(Brought::Content)
            }
            // A peer that could not derive our keys tells why in the clear; nothing protected can have come before.
            (ContentType::Alert, Some(0)) if self.stage == Stage::Handshake => read_alert(body),
            (kind, Some(_)) | (kind @ ContentType::ApplicationData, None) => Err(Peer::UnexpectedRecord(kind).into()),
            (ContentType::Alert, None) => self.take_alert(body),
            (ContentType::Handshake, None) => {
                if body.is_empty() {
                    return Err(Peer::EmptyRecord(ContentType::Handshake).into());
                }
                (self.idle, self.canceled) = (0, 0);
                self.joined.extend_from_slice(body);
                Ok(Brought::Content)
            }
        }
    }

    /// RFC 8446 §5: between the first ClientHello and the peer's Finished a change_cipher_spec of the single byte 1 is dropped.
    fn drop_change_cipher_spec(&mut self, body: &[u8]) -> Result<Brought, Error> {
        if body != [1] {
            return Err(Peer::BadChangeCipherSpec.into());
        }
        self.change_cipher_specs = self
            .change_cipher_specs
            .checked_sub(1)
            .ok_or(Peer::BadChangeCipherSpec)?;
        Ok(Brought::Content)
    }

    fn open(&mut self, header: &Header, body: &[u8]) -> Result<Brought, Error> {
        self.forget_given();
        let Some(opener) = &mut self.opener else {
            return Err(Peer::UnexpectedRecord(header.content_type).into());
        };
        let start = self.data.len();
        self.data.extend_from_slice(body);
        let (_, body) = self.data.split_at_mut(start);
        let opened = opener.open(header, body);
        let (kind, length) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                let sealed = self.data.len().saturating_sub(start);
                self.data.truncate(start);
                if error == Error::Peer(Peer::BadRecordMac) && self.skip(sealed) {
                    return Ok(Brought::Content);
                }
                return Err(error);
            }
        };
        self.skippable = 0;
        if self
            .limit
            .is_some_and(|limit| body.len().saturating_sub(TAG_LENGTH) > limit)
        {
            self.data.truncate(start);
            return Err(Peer::RecordOverflow.into());
        }
        self.data.truncate(start.saturating_add(length));
        let brought = match kind {
            ContentType::ApplicationData => self.keep_data(length),
            ContentType::Handshake => {
                if length == 0 {
                    return Err(Peer::EmptyRecord(kind).into());
                }
                let (_, body) = self.data.split_at(start);
                self.joined.extend_from_slice(body);
                crate::crypto::secret::wipe(self.data.split_at_mut(start).1);
                self.data.truncate(start);
                Ok(Brought::Content)
            }
            ContentType::Alert => {
                let alert = self.data.split_off(start);
                self.take_alert(&alert)
            }
            ContentType::ChangeCipherSpec => Err(Peer::BadChangeCipherSpec.into()),
        };
        if brought.is_err() {
            self.data.truncate(start); // what is refused is not handed out
        }
        brought
    }

    /// Application data is where it belongs already; only whether it may come is asked.
    fn keep_data(&mut self, length: usize) -> Result<Brought, Error> {
        if !self.joined.is_empty() {
            return Err(Peer::Interleaved.into());
        }
        if self.stage != Stage::Open {
            return Err(Peer::UnexpectedRecord(ContentType::ApplicationData).into());
        }
        if length == 0 {
            self.count_idle("empty records")?;
        } else {
            (self.idle, self.canceled) = (0, 0);
        }
        Ok(Brought::Content)
    }

    fn take_alert(&mut self, body: &[u8]) -> Result<Brought, Error> {
        if body.is_empty() {
            return Err(Peer::EmptyRecord(ContentType::Alert).into());
        }
        if !self.joined.is_empty() {
            return Err(Peer::Interleaved.into());
        }
        read_alert(body)
    }

    /// Counts what brings nothing; too many in a row end the connection.
    pub(super) const fn count_idle(&mut self, what: &'static str) -> Result<(), Peer> {
        count(&mut self.idle, MAX_IDLE, what)
    }

    /// Counts a user_canceled, apart from what came before it: it is the usual word before close_notify.
    pub(super) const fn count_user_canceled(&mut self) -> Result<(), Peer> {
        count(&mut self.canceled, MAX_USER_CANCELED, "user_canceled alerts")
    }

    fn skip(&mut self, bytes: usize) -> bool {
        match self.skippable.checked_sub(bytes) {
            Some(left) if bytes > 0 => {
                self.skippable = left;
                true
            }
            _ => false,
        }
    }

    /// Application data received and not handed out yet.
    pub(super) fn data(&self) -> &[u8] {
        self.data.get(self.given..).unwrap_or_default()
    }

    /// Hands out the next bytes of [`Inbound::data`], at most `most` of them.
    pub(super) fn give(&mut self, most: usize) -> &[u8] {
        let start = self.given;
        self.given = start.saturating_add(most).min(self.data.len());
        self.data.get(start..self.given).unwrap_or_default()
    }

    /// Drops what was handed out, once that is all there is.
    fn forget_given(&mut self) {
        if self.given == self.data.len() {
            self.data.clear();
            self.given = 0;
        } else if self.given > MAX_PROTECTED {
            self.data.drain(..self.given);
            self.given = 0;
        }
    }

    /// Frees every buffer that holds nothing.
    pub(super) fn release_idle_buffers(&mut self) {
        self.forget_given();
        for buffer in [&mut self.partial, &mut self.joined, &mut self.data] {
            if buffer.is_empty() {
                *buffer = Vec::new();
            }
        }
    }
}

const fn count(so_far: &mut u8, most: u8, what: &'static str) -> Result<(), Peer> {
    *so_far = so_far.saturating_add(1);
    if *so_far > most {
        Err(Peer::TooMany(what))
    } else {
        Ok(())
    }
}

fn read_alert(body: &[u8]) -> Result<Brought, Error> {
    let (level, description) = AlertDescription::decode(body)?;
    Ok(Brought::Alert { level, description })
}
