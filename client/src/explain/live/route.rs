//! The route that the kernel takes and the gateway's link address, as Linux tells everybody under /proc/net.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use nihao_explain::capture::Way;
use nihao_explain::event::Protocol;
use nihao_explain::story::{Act, Mark, Phrase};
use nihao_explain::texts;

/// What the system tells of its routes and neighbours.
#[derive(Debug, Default)]
pub(super) struct Tables {
    ipv4: String,
    ipv6: String,
    neighbours: String,
}

/// One route.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Route {
    network: IpAddr,
    length: u32,
    gateway: Option<IpAddr>,
    metric: u32,
    interface: String,
}

impl Tables {
    /// What the system tells now; nothing where it does not.
    pub(super) fn of_system() -> Self {
        let read = |name: &str| fs::read_to_string(format!("/proc/net/{name}")).unwrap_or_default();
        Self {
            ipv4: read("route"),
            ipv6: read("ipv6_route"),
            neighbours: read("arp"),
        }
    }

    /// The step from this machine towards an address: of all routes that fit the one with the longest prefix.
    pub(super) fn mark(&self, at: u64, to: IpAddr) -> Option<Mark> {
        if to.is_loopback() {
            return None; // it does not leave this machine
        }
        let routes = match to {
            IpAddr::V4(_) => ipv4(&self.ipv4),
            IpAddr::V6(_) => ipv6(&self.ipv6),
        };
        let fitting: Vec<_> = routes.into_iter().filter(|route| route.fits(to)).collect();
        let taken = fitting
            .iter()
            .min_by_key(|route| (std::cmp::Reverse(route.length), route.metric))?;
        let next = taken.gateway.unwrap_or(to);
        let (prefix, interface) = (taken.prefix(), taken.interface.as_str());
        let to_told = to.to_string();
        let mut said = match taken.gateway {
            Some(gateway) => Phrase::new(&texts::STEP_ROUTE, [&to_told, &prefix, &gateway.to_string(), interface]),
            None => Phrase::new(&texts::STEP_ROUTE_DIRECT, [&to_told, &prefix, interface]),
        };
        let others = fitting.iter().filter(|route| *route != taken).map(Route::prefix);
        let others: Vec<_> = others.collect();
        if !others.is_empty() {
            said = said.and(&texts::STEP_ROUTE_OTHERS, [&others.join(" ")]);
        }
        if let Some(mac) = self.link_address(next) {
            said = said.and(&texts::STEP_ROUTE_LINK, [&next.to_string(), &mac]);
        }
        Some(Mark {
            at,
            act: Act::Inside,
            way: Way::Out,
            protocol: if to.is_ipv4() { Protocol::Ipv4 } else { Protocol::Ipv6 },
            said: Some(said),
            why: Some(&texts::LIVE_ROUTE),
            broken: None,
        })
    }

    /// The MAC that ARP found for a neighbour.
    fn link_address(&self, of: IpAddr) -> Option<String> {
        let lines = self.neighbours.lines().skip(1).map(|line| line.split_whitespace());
        let found = lines.filter_map(|mut words| Some((words.next()?, words.nth(2)?)));
        let mut own = found.filter(|(address, _)| address.parse() == Ok(of));
        own.find(|(_, mac)| *mac != "00:00:00:00:00:00")
            .map(|(_, mac)| mac.into())
    }
}

impl Route {
    fn fits(&self, to: IpAddr) -> bool {
        let (own, other, width) = match (self.network, to) {
            (IpAddr::V4(own), IpAddr::V4(other)) => (u128::from(own.to_bits()), u128::from(other.to_bits()), 32),
            (IpAddr::V6(own), IpAddr::V6(other)) => (own.to_bits(), other.to_bits(), 128),
            _ => return false,
        };
        let shift = width - self.length.min(width);
        own.checked_shr(shift).unwrap_or(0) == other.checked_shr(shift).unwrap_or(0)
    }

    fn prefix(&self) -> String {
        format!("{}/{}", self.network, self.length)
    }
}

/// RTF_UP and RTF_REJECT of Linux.
const UP: u32 = 1;
const REJECT: u32 = 0x0200;

/// Lines of interface, destination, gateway, flags, references, use, metric, mask; addresses in the order of this machine's bytes.
fn ipv4(table: &str) -> Vec<Route> {
    let line = |line: &str| {
        let words: Vec<_> = line.split_whitespace().collect();
        let hex = |index: usize| u32::from_str_radix(words.get(index)?, 16).ok();
        let address = |index: usize| Some(Ipv4Addr::from(hex(index)?.to_ne_bytes()));
        let (gateway, mask) = (address(2)?, address(7)?);
        (hex(3)? & (UP | REJECT) == UP).then_some(Route {
            network: address(1)?.into(),
            length: mask.to_bits().leading_ones(),
            gateway: (!gateway.is_unspecified()).then_some(gateway.into()),
            metric: words.get(6)?.parse().ok()?,
            interface: (*words.first()?).into(),
        })
    };
    table.lines().skip(1).filter_map(line).collect()
}

/// Lines of destination, length, source, length, next hop, metric, references, use, flags, interface, all in hexadecimal.
fn ipv6(table: &str) -> Vec<Route> {
    let line = |line: &str| {
        let words: Vec<_> = line.split_whitespace().collect();
        let hex = |index: usize| u32::from_str_radix(words.get(index)?, 16).ok();
        let address = |index: usize| Some(Ipv6Addr::from_bits(u128::from_str_radix(words.get(index)?, 16).ok()?));
        let gateway = address(4)?;
        (hex(8)? & (UP | REJECT) == UP).then_some(Route {
            network: address(0)?.into(),
            length: hex(1)?,
            gateway: (!gateway.is_unspecified()).then_some(gateway.into()),
            metric: hex(5)?,
            interface: (*words.get(9)?).into(),
        })
    };
    table.lines().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use nihao_explain::texts::Language;

    use super::*;

    fn tables() -> Tables {
        // As a little-endian Linux writes them; the test below turns nothing around where it runs on another.
        let hex = |address: [u8; 4]| format!("{:08X}", u32::from_ne_bytes(address));
        let row = |to, via, mask, interface: &str| {
            format!(
                "{interface}\t{}\t{}\t0003\t0\t0\t0\t{}\t0\t0\t0\n",
                hex(to),
                hex(via),
                hex(mask)
            )
        };
        Tables {
            ipv4: String::from("Iface Destination …\n")
                + &row([0; 4], [192, 0, 2, 1], [0; 4], "eth0")
                + &row([198, 51, 100, 0], [192, 0, 2, 9], [255, 255, 255, 0], "eth1")
                + &row([192, 0, 2, 0], [0; 4], [255, 255, 255, 0], "eth0"),
            ipv6: "20010db8000000000000000000000000 20 00000000000000000000000000000000 00 \
                   fe800000000000000000000000000001 00000400 00000001 00000000 00000003 eth0\n\
                   00000000000000000000000000000000 00 00000000000000000000000000000000 00 \
                   00000000000000000000000000000000 ffffffff 00000001 00000000 00200200 lo\n"
                .into(),
            neighbours: "IP address HW type Flags HW address Mask Device\n\
                         192.0.2.1 0x1 0x2 02:fc:00:00:00:05 * eth0\n192.0.2.9 0x1 0x0 00:00:00:00:00:00 * eth1\n"
                .into(),
        }
    }

    #[test]
    fn the_longest_prefix_that_fits_is_taken() {
        for (to, told) in [
            (
                "203.0.113.7",
                "203.0.113.7: 0.0.0.0/0 via 192.0.2.1 on eth0; 192.0.2.1 is at 02:fc:00:00:00:05",
            ),
            (
                "198.51.100.7",
                "198.51.100.7: 198.51.100.0/24 via 192.0.2.9 on eth1; 0.0.0.0/0 fits too",
            ),
            (
                "192.0.2.77",
                "192.0.2.77: 192.0.2.0/24 directly on eth0; 0.0.0.0/0 fits too",
            ),
            ("2001:db8::1", "2001:db8::1: 2001:db8::/32 via fe80::1 on eth0"),
        ] {
            let mark = tables().mark(0, to.parse().unwrap()).unwrap();
            assert_eq!(mark.said.unwrap().told(Language::English), told);
        }
        for to in ["127.0.0.1", "::1", "2001:db9::1"] {
            assert_eq!(tables().mark(0, to.parse().unwrap()), None, "{to}");
        }
        assert_eq!(Tables::default().mark(0, "203.0.113.7".parse().unwrap()), None);
    }
}
