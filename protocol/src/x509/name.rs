//! The name a client means to reach: a DNS name or an IP address (RFC 9525).

use std::net::IpAddr;

/// A server's name, checked once: a DNS name in A-label form, or an IP address.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ServerName(pki_types::ServerName<'static>);

/// The text is neither a DNS name nor an IP address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is neither a DNS name nor an IP address")]
pub struct InvalidName(
    /// The text.
    pub String,
);

impl ServerName {
    /// Reads a DNS name (a trailing dot is dropped) or an IP address; IPv6 may be in brackets.
    pub fn parse(text: &str) -> Result<Self, InvalidName> {
        let bare = text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
            .unwrap_or(text);
        // RFC 6066 §3: the name goes on the wire without a trailing dot.
        let bare = bare.strip_suffix('.').unwrap_or(bare);
        if bare.ends_with('.') {
            return Err(InvalidName(String::from(text))); // a second one would go on the wire
        }
        pki_types::ServerName::try_from(bare.to_ascii_lowercase())
            .map(Self)
            .map_err(|_| InvalidName(String::from(text)))
    }

    /// The DNS name, for SNI; an IP address has none (RFC 6066 §3).
    #[must_use]
    pub fn dns(&self) -> Option<&str> {
        match &self.0 {
            pki_types::ServerName::DnsName(name) => Some(name.as_ref()),
            _ => None,
        }
    }

    pub(super) const fn as_pki(&self) -> &pki_types::ServerName<'static> {
        &self.0
    }
}

impl From<IpAddr> for ServerName {
    fn from(address: IpAddr) -> Self {
        Self(pki_types::ServerName::IpAddress(address.into()))
    }
}

impl std::fmt::Display for ServerName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.to_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_users_type_them() {
        assert_eq!(ServerName::parse("Chat.Test.").unwrap().dns(), Some("chat.test"));
        assert_eq!(ServerName::parse("[::1]").unwrap().to_string(), "::1");
        assert_eq!(ServerName::parse("127.0.0.1").unwrap().dns(), None);
        for bad in ["", "a b", "您好", "x..y", "x..", "-"] {
            assert!(ServerName::parse(bad).is_err(), "{bad}");
        }
    }
}
