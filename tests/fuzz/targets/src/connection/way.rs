//! One direction of the network: records opened with the sender's secrets and sealed again with the receiver's.

use std::collections::BTreeMap;

use nihao_protocol::tls::Role;
use nihao_protocol::tls::names::ContentType;
use nihao_protocol::tls::record::{HEADER, Header};
use nihao_protocol::tls::seal::{Opener, Sealer};

use super::end::Capture;

pub(super) const CHANGE_CIPHER_SPEC: u8 = 20;
pub(super) const ALERT: u8 = 21;
pub(super) const HANDSHAKE: u8 = 22;
pub(super) const DATA: u8 = 23;

/// The content of one record.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    /// 0 in the clear, 1 with the handshake's secret, from 2 on with those of application data.
    pub(super) epoch: usize,
    pub(super) kind: u8,
    pub(super) content: Vec<u8>,
    pub(super) padding: usize,
    /// The record's legacy version, in the clear.
    pub(super) version: [u8; 2],
    /// Changes of the record itself: the position and what is XORed there.
    pub(super) flips: Vec<(usize, u8)>,
    /// The bytes that are cut off the record's end.
    pub(super) cut: usize,
    /// Whether the network changes its key after this piece: a KeyUpdate of its own.
    pub(super) rekeys: bool,
}

impl Piece {
    pub(super) const fn new(epoch: usize, kind: u8, content: Vec<u8>) -> Self {
        Self {
            epoch,
            kind,
            content,
            padding: 0,
            version: [3, 3],
            flips: Vec::new(),
            cut: 0,
            rekeys: false,
        }
    }

    /// Damages the record as the piece says.
    fn damage(&self, wire: &mut Vec<u8>) -> Found {
        wire.truncate(wire.len().saturating_sub(self.cut));
        let before = wire.clone();
        for (at, mask) in &self.flips {
            if let Some(at) = at.checked_rem(wire.len()) {
                wire[at] ^= mask;
            }
        }
        match wire[..] {
            _ if *wire == before && self.cut > 0 => Found::Start(self.clone()),
            _ if *wire == before => Found::Piece(self.clone()),
            [kind, _, _, high, low, ref content @ ..]
                if self.epoch == 0 && content.len() == usize::from(u16::from_be_bytes([high, low])) =>
            {
                Found::Piece(Self::new(0, kind, content.to_vec()))
            }
            _ => Found::Damage,
        }
    }
}

/// What the receiver of a record finds.
pub(super) enum Found {
    /// A record of this content.
    Piece(Piece),
    /// The start of such a record. The first byte of the next one may, by chance, be the one that is missing.
    Start(Piece),
    /// What no end can have sealed, or what is longer or shorter than it says.
    Damage,
}

/// One direction.
pub(super) struct Way {
    from: Role,
    epoch: usize,
    opener: Option<Opener>,
    sealers: BTreeMap<usize, Sealer>,
    /// How many KeyUpdates of its own the network slipped in.
    shift: usize,
    /// The handshake messages as the sender said them, and as they were delivered.
    pub(super) said: Vec<u8>,
    pub(super) passed: Vec<u8>,
    /// Whether a record was delivered before the handshake's end that no honest end could have sent.
    pub(super) forged: bool,
    /// Whether anything was changed that a receiver may take offence at.
    pub(super) touched: bool,
    /// Nothing goes through any more.
    pub(super) cut: bool,
    /// The records in a row that brought nothing.
    pub(super) nothings: usize,
    /// Whether a damaged record was delivered: from there on nobody can say where records start.
    pub(super) is_torn: bool,
    /// Whether the end of a record is missing.
    pub(super) is_cut: bool,
    /// The application data that was delivered.
    pub(super) expected: Vec<u8>,
}

impl Way {
    pub(super) const fn new(from: Role) -> Self {
        Self {
            from,
            epoch: 0,
            opener: None,
            sealers: BTreeMap::new(),
            shift: 0,
            said: Vec::new(),
            passed: Vec::new(),
            forged: false,
            touched: false,
            cut: false,
            nothings: 0,
            is_torn: false,
            is_cut: false,
            expected: Vec::new(),
        }
    }

    /// The pieces of what the sender put on the wire.
    pub(super) fn open(&mut self, mut wire: &[u8], log: &Capture) -> Vec<Piece> {
        let mut pieces = Vec::new();
        while let Some((bytes, rest)) = wire.split_first_chunk::<HEADER>() {
            let header = Header::decode(*bytes).expect("an honest header");
            let (body, rest) = rest.split_at(header.length);
            wire = rest;
            let piece = match header.content_type {
                ContentType::ApplicationData => self.open_one(&header, body, log),
                kind => {
                    let mut piece = Piece::new(0, kind.byte(), body.to_vec());
                    piece.version = [bytes[1], bytes[2]];
                    piece
                }
            };
            if piece.kind == HANDSHAKE && piece.epoch < 2 {
                self.said.extend_from_slice(&piece.content);
            }
            pieces.push(piece);
        }
        assert!(wire.is_empty(), "an honest end sends whole records");
        pieces
    }

    fn open_one(&mut self, header: &Header, body: &[u8], log: &Capture) -> Piece {
        for epoch in self.epoch..self.epoch + 3 {
            if epoch != self.epoch || self.opener.is_none() {
                let Some(secret) = log.secret(self.from, epoch.max(1)) else {
                    continue;
                };
                self.opener = Some(secret.opener().expect("an opener"));
                self.epoch = epoch.max(1);
            }
            let mut content = body.to_vec();
            let opener = self.opener.as_mut().expect("an opener");
            if let Ok((kind, length)) = opener.open(header, &mut content) {
                let padding = content.len() - 16 - 1 - length;
                content.truncate(length);
                let mut piece = Piece::new(self.epoch, kind.byte(), content);
                piece.padding = padding;
                return piece;
            }
        }
        panic!("an honest end's record does not open");
    }

    /// The piece as a record for the receiver, and what the receiver finds in it; nothing if it cannot be a record.
    pub(super) fn seal(&mut self, piece: &Piece, receiver: &Capture, sender: &Capture) -> Option<(Vec<u8>, Found)> {
        if self.cut {
            return None;
        }
        let mut wire = Vec::new();
        if piece.epoch == 0 {
            let length = u16::try_from(piece.content.len()).ok()?.to_be_bytes();
            wire.extend([piece.kind, piece.version[0], piece.version[1], length[0], length[1]]);
            wire.extend_from_slice(&piece.content);
        } else {
            let epoch = piece.epoch + if piece.epoch > 1 { self.shift } else { 0 };
            let kind = ContentType::from_byte(piece.kind)?;
            if !self.sealers.contains_key(&epoch) {
                let secret = receiver
                    .secret(self.from, epoch)
                    .or_else(|| sender.secret(self.from, epoch))?;
                self.sealers.insert(epoch, secret.sealer().expect("a sealer"));
            }
            let sealer = self.sealers.get_mut(&epoch).expect("a sealer");
            sealer.seal(kind, &piece.content, piece.padding, &mut wire).ok()?;
        }
        let found = piece.damage(&mut wire);
        if piece.rekeys {
            self.shift += 1;
        }
        (!wire.is_empty()).then_some((wire, found))
    }

    /// Takes note of what this record means for the receiver.
    pub(super) fn note(&mut self, found: &Found, is_complete: bool) {
        let piece = match found {
            Found::Piece(piece) => piece,
            Found::Start(piece) => {
                self.is_torn = true;
                self.is_cut = true;
                piece
            }
            Found::Damage => {
                self.is_torn = true;
                self.forged |= !is_complete;
                return;
            }
        };
        let brings_nothing = match piece.kind {
            CHANGE_CIPHER_SPEC | ALERT => true,
            _ => piece.content.is_empty(),
        };
        self.nothings = if brings_nothing { self.nothings + 1 } else { 0 };
        match (piece.kind, piece.epoch) {
            (DATA, 2..) if is_complete => self.expected.extend_from_slice(&piece.content),
            _ if is_complete => {}
            (HANDSHAKE, 0 | 1) => self.passed.extend_from_slice(&piece.content),
            (CHANGE_CIPHER_SPEC, 0) if piece.content == [1] => {}
            (ALERT, 0 | 1) => {} // told apart by the receiver: user_canceled changes nothing
            _ => self.forged = true,
        }
    }
}
