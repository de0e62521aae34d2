//! Captures as pcapng files (draft-ietf-opsawg-pcapng), with the TLS secrets inside, so that Wireshark opens them decrypted.

use nihao_protocol::clock::UnixTime;

use crate::capture::{Capture, Way};
use crate::decode::SHARED_SECRET;

/// Writes a capture. `began` is the time of µs 0; `secrets` are lines of an SSLKEYLOGFILE, or nothing. What Wireshark has no label for
/// stays out.
#[must_use]
pub fn write(capture: &Capture, began: UnixTime, secrets: &str) -> Vec<u8> {
    let mut out = Vec::new();
    section_header(&mut out);
    for name in &capture.interfaces {
        interface(&mut out, name);
    }
    let own = |line: &&str| !line.starts_with(SHARED_SECRET);
    let secrets: String = secrets.split_inclusive('\n').filter(own).collect();
    if !secrets.is_empty() {
        decryption_secrets(&mut out, &secrets);
    }
    for frame in &capture.frames {
        let at = began.0.saturating_mul(1000).saturating_add(frame.at);
        let mut body = Vec::with_capacity(frame.bytes.len() + 48);
        body.extend((frame.interface as u32).to_le_bytes());
        body.extend(((at >> 32) as u32).to_le_bytes());
        body.extend((at as u32).to_le_bytes());
        let length = frame.bytes.len() as u32;
        body.extend(length.to_le_bytes()); // captured
        body.extend(length.to_le_bytes()); // on the wire
        padded(&mut body, &frame.bytes);
        let direction: u32 = match frame.way {
            Way::In => 1,
            Way::Out => 2,
        };
        option(&mut body, FLAGS, &direction.to_le_bytes());
        if frame.lost {
            option(&mut body, COMMENT, b"lost on the wire");
        }
        option(&mut body, END_OF_OPTIONS, &[]);
        block(&mut out, 6, &body);
    }
    out
}

const END_OF_OPTIONS: u16 = 0;
const COMMENT: u16 = 1;
/// Of an interface.
const NAME: u16 = 2;
/// Of a packet: which way it went.
const FLAGS: u16 = 2;

fn section_header(out: &mut Vec<u8>) {
    let mut body = Vec::new();
    body.extend(0x1A2B_3C4D_u32.to_le_bytes());
    body.extend(1_u16.to_le_bytes());
    body.extend(0_u16.to_le_bytes());
    body.extend(u64::MAX.to_le_bytes()); // its length is not said
    block(out, 0x0A0D_0D0A, &body);
}

/// Ethernet, with times in µs, which is what a file without another word has.
fn interface(out: &mut Vec<u8>, name: &str) {
    let mut body = Vec::new();
    body.extend(1_u16.to_le_bytes());
    body.extend(0_u16.to_le_bytes());
    body.extend(0_u32.to_le_bytes()); // frames are not cut
    option(&mut body, NAME, name.as_bytes());
    option(&mut body, END_OF_OPTIONS, &[]);
    block(out, 1, &body);
}

fn decryption_secrets(out: &mut Vec<u8>, secrets: &str) {
    const TLS_KEY_LOG: u32 = 0x544C_534B;
    let mut body = Vec::new();
    body.extend(TLS_KEY_LOG.to_le_bytes());
    body.extend((secrets.len() as u32).to_le_bytes());
    padded(&mut body, secrets.as_bytes());
    block(out, 10, &body);
}

fn block(out: &mut Vec<u8>, kind: u32, body: &[u8]) {
    let length = (body.len() as u32 + 12).to_le_bytes();
    out.extend(kind.to_le_bytes());
    out.extend(length);
    out.extend(body);
    out.extend(length);
}

fn option(body: &mut Vec<u8>, code: u16, value: &[u8]) {
    body.extend(code.to_le_bytes());
    body.extend((value.len() as u16).to_le_bytes());
    padded(body, value);
}

/// Everything in a file begins at a multiple of four.
fn padded(body: &mut Vec<u8>, bytes: &[u8]) {
    body.extend(bytes);
    body.resize(body.len().next_multiple_of(4), 0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::Frame;

    #[test]
    fn blocks_are_whole_and_aligned() {
        let frame = |bytes: &[u8], lost| Frame {
            at: 5,
            interface: 0,
            way: Way::Out,
            bytes: bytes.to_vec(),
            lost,
        };
        let capture = Capture {
            interfaces: vec!["eth0".into()],
            frames: vec![frame(&[1, 2, 3], false), frame(&[4; 60], true)],
        };
        let bytes = write(
            &capture,
            UnixTime(1_000),
            "NIHAO_SHARED_SECRET 00 22\nCLIENT_RANDOM 00 11\n",
        );
        let text = String::from_utf8_lossy(&bytes);
        assert!(
            text.contains("CLIENT_RANDOM 00 11") && !text.contains("NIHAO"),
            "{text:?}"
        );
        let mut kinds = Vec::new();
        let mut rest = &bytes[..];
        while let [a, b, c, d, e, f, g, h, ..] = *rest {
            let length = u32::from_le_bytes([e, f, g, h]) as usize;
            kinds.push(u32::from_le_bytes([a, b, c, d]));
            assert_eq!(length % 4, 0);
            assert_eq!(rest[length - 4..length], rest[4..8], "the length stands at both ends");
            rest = &rest[length..];
        }
        assert_eq!(rest, [0_u8; 0]);
        assert_eq!(kinds, [0x0A0D_0D0A, 1, 10, 6, 6]);
    }
}
