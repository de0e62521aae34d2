//! The names a server certificate may carry: DNS names as A-labels, and IP addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use nihao_protocol::x509::GeneralName;

/// A DNS name (lower case, A-labels) or an IP address, checked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HostName {
    /// A DNS name without a final dot, in lower case.
    Dns(String),
    /// An IPv4 or IPv6 address.
    Ip(IpAddr),
}

/// A text is not a name that a certificate can carry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// There is nothing in it.
    #[error("a host name cannot be empty")]
    Empty,
    /// Certificates carry international names in their ASCII form only (RFC 5280 §7.2).
    #[error(
        "\"{0}\" is not ASCII; give an international name in its A-label form, which begins with xn-- (\"idn2 {0}\" prints it)"
    )]
    NotAscii(String),
    /// One certificate for every host of a domain is more than a chat server needs.
    #[error("\"{0}\" has a wildcard; give each name in full")]
    Wildcard(String),
    /// A port or a URL was given along with the name.
    #[error("\"{0}\" is more than a host name; give the name alone, without scheme, port or path")]
    NotAlone(String),
    /// Longer than RFC 1035 §2.3.4 allows.
    #[error("\"{0}\" is too long: at most 63 characters between dots and 253 in all")]
    TooLong(String),
    /// Another rule of RFC 1035 §2.3.1 is broken.
    #[error(
        "\"{0}\" is not a host name: letters, digits and hyphens, separated by single dots, the last part not a number"
    )]
    Malformed(String),
}

impl HostName {
    /// Reads a DNS name or an IP address; an IPv6 address may stand in brackets, one final dot is dropped.
    ///
    /// # Errors
    /// Each [`NameError`] says what is wrong and what to give instead.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        if let Ok(address) = inner.unwrap_or(text).parse() {
            return Ok(Self::Ip(address));
        }
        if !text.is_ascii() {
            return Err(NameError::NotAscii(text.into()));
        }
        if text.contains('*') {
            return Err(NameError::Wildcard(text.into()));
        }
        if text.contains([':', '/', '@']) {
            return Err(NameError::NotAlone(text.into()));
        }
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        if name.is_empty() {
            return Err(NameError::Empty);
        }
        if name.len() > 253 || name.split('.').any(|label| label.len() > 63) {
            return Err(NameError::TooLong(text.into()));
        }
        let last_is_a_number = name
            .rsplit('.')
            .next()
            .is_some_and(|last| last.bytes().all(|byte| byte.is_ascii_digit()));
        if last_is_a_number || !name.split('.').all(is_label) {
            return Err(NameError::Malformed(text.into()));
        }
        Ok(Self::Dns(name))
    }

    /// The host that a certificate or a name constraint names, if it names one. Taken as it stands, not checked.
    pub(crate) fn of(name: &GeneralName<'_>) -> Option<Self> {
        let one = |mask: &IpAddr| match mask {
            IpAddr::V4(mask) => *mask == Ipv4Addr::BROADCAST,
            IpAddr::V6(mask) => mask.octets() == [0xff; 16],
        };
        match name {
            GeneralName::Dns(name) => Some(Self::Dns(name.clone().into_owned())),
            GeneralName::Ip(address) => Some(Self::Ip(*address)),
            GeneralName::IpRange { address, mask } if one(mask) => Some(Self::Ip(*address)),
            _ => None,
        }
    }

    /// Whether a name constraint for `self` permits `name` (RFC 5280 §4.2.1.10): the name itself, or a host below it.
    #[must_use]
    pub fn permits(&self, name: &Self) -> bool {
        match (self, name) {
            (Self::Dns(base), Self::Dns(name)) => {
                name == base
                    || name
                        .strip_suffix(base.as_str())
                        .is_some_and(|front| front.ends_with('.'))
            }
            (base, name) => base == name,
        }
    }
}

impl std::fmt::Display for HostName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Dns(name) => f.write_str(name),
            Self::Ip(address) => write!(f, "{address}"),
        }
    }
}

impl std::str::FromStr for HostName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        Self::parse(text)
    }
}

/// The names every server certificate carries: `localhost`, `127.0.0.1`, `::1`.
#[must_use]
pub fn default_names() -> [HostName; 3] {
    [
        HostName::Dns("localhost".into()),
        HostName::Ip(Ipv4Addr::LOCALHOST.into()),
        HostName::Ip(Ipv6Addr::LOCALHOST.into()),
    ]
}

/// `names` after the default ones, each once, in the order of first mention.
pub(crate) fn with_defaults(names: &[HostName]) -> Vec<HostName> {
    let mut all = default_names().to_vec();
    for name in names {
        if !all.contains(name) {
            all.push(name.clone());
        }
    }
    all
}

/// This machine's own name, where the system tells one that a certificate can carry.
#[must_use]
pub fn this_host() -> Option<HostName> {
    ["/proc/sys/kernel/hostname", "/etc/hostname"]
        .iter()
        .find_map(|path| std::fs::read_to_string(path).ok())
        .and_then(|name| HostName::parse(name.trim()).ok())
}

fn is_label(label: &str) -> bool {
    let inside = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    !label.is_empty() && label.bytes().all(inside) && !label.starts_with('-') && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_names_are_read() {
        for (text, read) in [
            ("Chat.Example.org.", "chat.example.org"),
            ("localhost", "localhost"),
            ("xn--6qq79v.example", "xn--6qq79v.example"),
            ("192.0.2.7", "192.0.2.7"),
            ("[2001:DB8::1]", "2001:db8::1"),
            ("::1", "::1"),
            ("box_1", "box_1"),
        ] {
            assert_eq!(HostName::parse(text).unwrap().to_string(), read);
        }
    }

    #[test]
    fn bad_names_are_refused_by_their_reason() {
        let long = format!("{}.example", "a".repeat(64));
        for (text, error) in [
            ("", NameError::Empty),
            (".", NameError::Empty),
            ("你好.example", NameError::NotAscii("你好.example".into())),
            ("*.example", NameError::Wildcard("*.example".into())),
            ("chat.example:8443", NameError::NotAlone("chat.example:8443".into())),
            (
                "https://chat.example",
                NameError::NotAlone("https://chat.example".into()),
            ),
            (&long, NameError::TooLong(long.clone())),
            ("a..b", NameError::Malformed("a..b".into())),
            ("-a.example", NameError::Malformed("-a.example".into())),
            ("10.0.0", NameError::Malformed("10.0.0".into())),
            ("with space", NameError::Malformed("with space".into())),
        ] {
            assert_eq!(HostName::parse(text), Err(error));
        }
        assert!(
            HostName::parse("你好.example")
                .unwrap_err()
                .to_string()
                .contains("xn--")
        );
    }

    #[test]
    fn a_constraint_permits_its_host_and_what_is_below() {
        let base = HostName::parse("example.org").unwrap();
        for (name, permitted) in [
            ("example.org", true),
            ("a.example.org", true),
            ("badexample.org", false),
            ("127.0.0.1", false),
        ] {
            assert_eq!(base.permits(&HostName::parse(name).unwrap()), permitted, "{name}");
        }
    }
}
