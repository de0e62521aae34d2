//! The hosts file: names that this machine's owner wrote down (RFC 952 is its ancestor, hosts(5) its form).

use std::collections::BTreeMap;
use std::net::IpAddr;

use super::Name;

/// What a hosts file says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hosts {
    names: BTreeMap<Name, Vec<IpAddr>>,
}

impl Hosts {
    /// Reads `ADDRESS NAME…` lines; `#` begins a comment. What is no address or name is passed over, as every system does.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut hosts = Self::default();
        for line in text.lines() {
            let (said, _comment) = line.split_once('#').unwrap_or((line, ""));
            let mut words = said.split_ascii_whitespace();
            let Some(address) = words.next().and_then(|word| word.parse::<IpAddr>().ok()) else {
                continue;
            };
            for name in words.filter_map(|word| Name::parse(word).ok()) {
                let known = hosts.names.entry(name).or_default();
                if !known.contains(&address) {
                    known.push(address);
                }
            }
        }
        hosts
    }

    /// The addresses of `name`, both families, in the order of the file; none if it is not there.
    #[must_use]
    pub fn find(&self, name: &Name) -> &[IpAddr] {
        self.names.get(name).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_whatever_their_case_and_whatever_stands_around_them() {
        let hosts = Hosts::parse(
            "# a comment\n\
             127.0.0.1\tlocalhost\r\n\
             \x20 10.0.0.1   Chat.Test chat # ours\n\
             fe80::1%lo0 link\n\
             nonsense chat.test\n\
             10.0.0.2\n\
             ::1 chat.test bad*name chat.test\n",
        );
        let find = |text: &str| hosts.find(&Name::parse(text).unwrap());
        let expected: [IpAddr; 2] = ["10.0.0.1".parse().unwrap(), "::1".parse().unwrap()];
        assert_eq!(find("chat.test."), expected);
        assert_eq!(find("chat"), &expected[..1]);
        assert!(find("link").is_empty() && find("ours").is_empty());
    }
}
