//! The internet checksum (RFC 1071).

use std::net::IpAddr;

use super::fields::Fields;
use crate::event::Note;
use crate::texts;

/// Says whether the checksum that was named last is right over these parts, which include it.
pub(super) fn check(fields: &mut Fields<'_>, parts: &[&[u8]]) {
    match sum(parts) {
        0xffff => fields.explain(&texts::CHECKSUM_RIGHT),
        other => fields.note(Note::with(&texts::CHECKSUM_WRONG, format!("off by 0x{:04x}", !other))),
    }
}

/// The pseudo header of TCP and UDP (RFC 9293 §3.1, RFC 8200 §8.1).
pub(super) fn pseudo_header(source: IpAddr, destination: IpAddr, protocol: u8, length: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(40);
    for address in [source, destination] {
        match address {
            IpAddr::V4(address) => bytes.extend(address.octets()),
            IpAddr::V6(address) => bytes.extend(address.octets()),
        }
    }
    bytes.extend(u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
    bytes.extend([0, 0, 0, protocol]);
    bytes
}

/// The ones' complement sum of 16-bit words; each part begins on a word.
fn sum(parts: &[&[u8]]) -> u16 {
    let mut sum = 0_u64;
    for part in parts {
        for pair in part.chunks(2) {
            let word = match pair {
                [high, low] => u16::from_be_bytes([*high, *low]),
                [high] => u16::from_be_bytes([*high, 0]),
                _ => 0,
            };
            sum = sum.wrapping_add(u64::from(word));
        }
    }
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    u16::try_from(sum).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 1071 §3.
    #[test]
    fn the_published_example() {
        assert_eq!(sum(&[&[0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7]]), 0xddf2);
        assert_eq!(sum(&[&[0x00, 0x01, 0xf2, 0x03], &[0xf4, 0xf5, 0xf6, 0xf7]]), 0xddf2);
        assert_eq!(sum(&[&[0xab]]), 0xab00);
    }
}
