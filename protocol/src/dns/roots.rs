//! The thirteen root servers, where every walk begins that knows nothing yet.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::{Name, NameServer};

/// Letter, IPv4 and IPv6 address, as IANA publishes them (named.root of 2025; RFC 8109 §2 on how long such lists stay good).
const ROOTS: [(&str, [u8; 4], [u16; 8]); 13] = [
    ("a", [198, 41, 0, 4], [0x2001, 0x503, 0xba3e, 0, 0, 0, 2, 0x30]),
    ("b", [170, 247, 170, 2], [0x2801, 0x1b8, 0x10, 0, 0, 0, 0, 0xb]),
    ("c", [192, 33, 4, 12], [0x2001, 0x500, 2, 0, 0, 0, 0, 0xc]),
    ("d", [199, 7, 91, 13], [0x2001, 0x500, 0x2d, 0, 0, 0, 0, 0xd]),
    ("e", [192, 203, 230, 10], [0x2001, 0x500, 0xa8, 0, 0, 0, 0, 0xe]),
    ("f", [192, 5, 5, 241], [0x2001, 0x500, 0x2f, 0, 0, 0, 0, 0xf]),
    ("g", [192, 112, 36, 4], [0x2001, 0x500, 0x12, 0, 0, 0, 0, 0xd0d]),
    ("h", [198, 97, 190, 53], [0x2001, 0x500, 1, 0, 0, 0, 0, 0x53]),
    ("i", [192, 36, 148, 17], [0x2001, 0x7fe, 0, 0, 0, 0, 0, 0x53]),
    ("j", [192, 58, 128, 30], [0x2001, 0x503, 0xc27, 0, 0, 0, 2, 0x30]),
    ("k", [193, 0, 14, 129], [0x2001, 0x7fd, 0, 0, 0, 0, 0, 1]),
    ("l", [199, 7, 83, 42], [0x2001, 0x500, 0x9f, 0, 0, 0, 0, 0x42]),
    ("m", [202, 12, 27, 33], [0x2001, 0xdc3, 0, 0, 0, 0, 0, 0x35]),
];

/// The root servers of the Internet.
#[must_use]
pub fn root_servers() -> Vec<NameServer> {
    ROOTS
        .iter()
        .filter_map(|(letter, four, six)| {
            Some(NameServer {
                name: Name::parse(&format!("{letter}.root-servers.net")).ok()?,
                addresses: vec![IpAddr::V4(Ipv4Addr::from(*four)), IpAddr::V6(Ipv6Addr::from(*six))],
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_thirteen() {
        let roots = root_servers();
        assert_eq!(roots.len(), 13);
        assert_eq!(roots[12].addresses[1].to_string(), "2001:dc3::35");
    }
}
