//! What the network does to a flight: each change is one decision of the script.

use super::way::{CHANGE_CIPHER_SPEC, DATA, HANDSHAKE, Piece, Way};
use crate::script::Script;

/// The kinds of change, with 0 for none.
pub(super) const KINDS: u8 = 24;
const MAX_CHANGES: usize = 12;
const MAX_PIECES: usize = 80;
const MAX_CONTENT: usize = 1 << 14;

/// Changes the flight as the script says, until it says no more.
pub(super) fn apply(pieces: &mut Vec<Piece>, way: &mut Way, script: &mut Script<'_>) {
    for _ in 0..MAX_CHANGES {
        let kind = script.byte() % KINDS;
        if kind == 0 || pieces.is_empty() {
            return;
        }
        let at = script.below(pieces.len());
        let harmless = match kind {
            1..=7 => change_piece(kind, &mut pieces[at], script),
            8..=13 => change_order(kind, pieces, at, script),
            14..=17 => change_messages(kind, &mut pieces[at].content, script),
            _ => insert(kind, pieces, at, script),
        };
        if kind == 13 {
            way.cut = true;
        }
        if !harmless {
            way.touched = true;
            pieces.truncate(MAX_PIECES);
        }
    }
}

/// Changes one record. Says whether a receiver must not mind.
fn change_piece(kind: u8, piece: &mut Piece, script: &mut Script<'_>) -> bool {
    let length = piece.content.len();
    match kind {
        1 => piece.flips.push((script.word(), 1 << script.below(8))),
        2 => piece.cut = 1 + script.below(64),
        3 if length > 0 => piece.content[script.below(length)] = script.byte(),
        4 => {
            let at = script.below(length + 1);
            let count = script.below(40);
            piece.content.splice(at..at, script.bytes(count).iter().copied());
        }
        5 if length > 0 => {
            let at = script.below(length);
            let end = (at + 1 + script.below(40)).min(length);
            piece.content.drain(at..end);
        }
        6 => {
            // RFC 8446 §5.4: any padding goes, within the size of a record.
            piece.padding = script.below(MAX_CONTENT + 400);
            return piece.epoch > 0 && length + piece.padding <= MAX_CONTENT;
        }
        7 => {
            // RFC 8446 §5.1: the version of a record is ignored, but protected ones have it in the additional data.
            piece.version = [script.byte(), script.byte()];
            return true;
        }
        _ => {}
    }
    false
}

/// Changes the order of records. Says whether a receiver must not mind.
fn change_order(kind: u8, pieces: &mut Vec<Piece>, at: usize, script: &mut Script<'_>) -> bool {
    let other = script.below(pieces.len());
    match kind {
        8 => pieces.insert(other, pieces[at].clone()),
        9 => {
            let gone = pieces.remove(at);
            // RFC 8446 §D.4: a change_cipher_spec means nothing.
            return gone.kind == CHANGE_CIPHER_SPEC && gone.epoch == 0 && gone.flips.is_empty();
        }
        10 => pieces.swap(at, other),
        11 => {
            let piece = &mut pieces[at];
            let middle = script.below(piece.content.len());
            if middle == 0 || !matches!(piece.kind, HANDSHAKE | DATA) || piece.rekeys {
                return true; // nothing to cut
            }
            let mut rest = piece.clone();
            rest.content = piece.content.split_off(middle);
            let whole = piece.flips.is_empty() && piece.cut == 0 && (piece.kind, piece.epoch) != (DATA, 0);
            pieces.insert(at + 1, rest);
            return whole;
        }
        12 if at + 1 < pieces.len() => {
            let next = &pieces[at + 1];
            let same = (next.kind, next.epoch) == (pieces[at].kind, pieces[at].epoch);
            if same && next.content.len() + pieces[at].content.len() < MAX_CONTENT {
                let next = pieces.remove(at + 1);
                pieces[at].content.extend(next.content);
                pieces[at].padding = 0;
                // A KeyUpdate must end its record.
                return next.kind == DATA || next.epoch < 2;
            }
            return true;
        }
        _ => {}
    }
    false
}

/// Changes handshake messages inside one record: their order, number, kind or length.
fn change_messages(kind: u8, content: &mut Vec<u8>, script: &mut Script<'_>) -> bool {
    let mut messages = split(content);
    if messages.is_empty() {
        return true;
    }
    let (at, other) = (script.below(messages.len()), script.below(messages.len()));
    match kind {
        14 => messages.swap(at, other),
        15 => {
            messages.remove(at);
        }
        16 => messages.insert(other, messages[at].clone()),
        _ => {
            // Its type and length, or what it says.
            let place = match script.byte() % 2 {
                0 => script.below(4).min(messages[at].len() - 1),
                _ => script.below(messages[at].len()),
            };
            messages[at][place] = script.byte();
        }
    }
    *content = messages.concat();
    false
}

/// Whole messages, and what is left behind them.
fn split(content: &[u8]) -> Vec<Vec<u8>> {
    let mut messages = Vec::new();
    let mut rest = content;
    while let [_, a, b, c, ..] = *rest {
        let length = 4 + usize::from(a) * 0x1_0000 + usize::from(b) * 0x100 + usize::from(c);
        let (message, after) = rest.split_at(length.min(rest.len()));
        messages.push(message.to_vec());
        rest = after;
    }
    if !rest.is_empty() {
        messages.push(rest.to_vec());
    }
    messages
}

/// Puts in records of the network's own.
fn insert(kind: u8, pieces: &mut Vec<Piece>, at: usize, script: &mut Script<'_>) -> bool {
    let epoch = pieces[at].epoch;
    let piece = match kind {
        18 => {
            let length = script.below(80);
            Piece::new(0, 20 + script.byte() % 5, script.bytes(length).to_vec())
        }
        19 => Piece::new(0, CHANGE_CIPHER_SPEC, vec![1]),
        20 => {
            let length = script.below(200);
            Piece::new(
                1 + script.below(3),
                20 + script.byte() % 4,
                script.bytes(length).to_vec(),
            )
        }
        21 => {
            let mut piece = Piece::new(epoch.max(2), HANDSHAKE, vec![24, 0, 0, 1, script.byte() % 3]);
            piece.rekeys = true;
            piece
        }
        22 => {
            // The same again and again: what brings nothing must not go on for ever.
            let nothing = [
                Piece::new(epoch, DATA, Vec::new()),
                Piece::new(epoch, 21, vec![1, 90]),
                Piece::new(0, CHANGE_CIPHER_SPEC, vec![1]),
                pieces[at].clone(),
            ];
            let piece = nothing[script.below(4)].clone();
            let count = script.below(MAX_PIECES);
            pieces.splice(at..at, std::iter::repeat_n(piece, count));
            return count == 0;
        }
        _ => {
            let length = script.below(300);
            pieces[at].content = script.bytes(length).to_vec();
            return false;
        }
    };
    let after = usize::from(script.byte() & 1);
    pieces.insert(at + after, piece);
    false
}
