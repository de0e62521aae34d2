//! Frames made by hand, for captures that no network saw, and their checksums made right again after something was changed.

use nihao_explain::capture::{Capture, Frame, Way};

const CLIENT: ([u8; 4], u16) = ([192, 0, 2, 10], 49_152);
const SERVER: ([u8; 4], u16) = ([198, 51, 100, 20], 443);
/// The most bytes in a segment.
const SEGMENT: usize = 1400;
const ETHERNET: usize = 14;

/// A connection of a client (true) and a server: what each says, in order, after a handshake of TCP.
#[must_use]
pub fn connection(port: u16, said: &[(bool, &[u8])]) -> Capture {
    let mut frames = Vec::new();
    let mut sent: [u32; 2] = [1000, 5000];
    let mut add = |from_client: bool, flags: u8, payload: &[u8]| {
        let (own, peer) = if from_client { (0, 1) } else { (1, 0) };
        let numbers = [sent[own], if flags & 0x10 == 0 { 0 } else { sent[peer] }];
        frames.push(segment((from_client, port), numbers, flags, payload));
        sent[own] += u32::try_from(payload.len()).expect("a short payload") + u32::from(flags & 2 != 0);
    };
    add(true, 2, b"");
    add(false, 0x12, b"");
    add(true, 0x10, b"");
    for (from_client, bytes) in said {
        bytes.chunks(SEGMENT).for_each(|chunk| add(*from_client, 0x18, chunk));
    }
    let frame = |(index, bytes)| Frame {
        at: index as u64 * 1000,
        interface: 0,
        way: Way::Out,
        bytes,
        lost: false,
    };
    Capture {
        interfaces: vec![String::from("A")],
        frames: frames.into_iter().enumerate().map(frame).collect(),
    }
}

fn segment(
    (from_client, port): (bool, u16),
    [sequence, acknowledgment]: [u32; 2],
    flags: u8,
    payload: &[u8],
) -> Vec<u8> {
    let client = (CLIENT.0, port.max(CLIENT.1));
    let ((from, source), (to, destination)) = if from_client {
        (client, SERVER)
    } else {
        (SERVER, client)
    };
    let mut frame = vec![2, 0, 0, 0, 1, 1, 2, 0, 0, 0, 0, 0x0a, 8, 0];
    let length = u16::try_from(payload.len() + 40).expect("a short payload");
    frame.extend([0x45, 0]);
    frame.extend(length.to_be_bytes());
    frame.extend([0x12, 0x34, 0x40, 0, 64, 6, 0, 0]);
    frame.extend([from, to].concat());
    frame.extend([source.to_be_bytes(), destination.to_be_bytes()].concat());
    frame.extend([sequence.to_be_bytes(), acknowledgment.to_be_bytes()].concat());
    frame.extend([0x50, flags, 0xfa, 0xf0, 0, 0, 0, 0]);
    frame.extend(payload);
    repair(&mut frame);
    frame
}

/// Computes the checksums of an IPv4 frame and of the TCP segment in it anew.
///
/// # Panics
/// If it is no whole frame of that kind.
pub fn repair(frame: &mut [u8]) {
    let packet = &mut frame[ETHERNET..];
    let header = usize::from(packet[0] & 0xf) * 4;
    let end = usize::from(u16::from_be_bytes([packet[2], packet[3]]));
    packet[10..12].fill(0);
    let checksum = sum(&[&packet[..header]]);
    packet[10..12].copy_from_slice(&checksum);
    let (head, segment) = packet[..end].split_at_mut(header);
    segment[16..18].fill(0);
    let length = u16::try_from(segment.len()).expect("a short segment").to_be_bytes();
    let checksum = sum(&[&head[12..20], &[0, 6], &length, segment]);
    segment[16..18].copy_from_slice(&checksum);
}

/// RFC 1071: of parts of which all but the last have an even length.
fn sum(parts: &[&[u8]]) -> [u8; 2] {
    let words = parts.iter().flat_map(|part| part.chunks(2));
    let words = words.map(|pair| u32::from(pair[0]) << 8 | pair.get(1).map_or(0, |low| u32::from(*low)));
    let mut sum: u32 = words.sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    (!u16::try_from(sum).expect("folded")).to_be_bytes()
}
