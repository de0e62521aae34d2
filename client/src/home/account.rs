//! Who this device is, where its server is, and whose key to trust there.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use nihao_protocol::chat::{Invite, Nickname};
use serde::{Deserialize, Serialize};

/// A server: where it is, and the Ed25519 key of its CA.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// A DNS name or an IP address; an IPv6 address without brackets.
    pub host: String,
    /// The TCP port.
    pub port: u16,
    /// The key that signs the server's certificates.
    pub ca: [u8; 32],
}

/// A device that has joined.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its user's name.
    pub name: Nickname,
    /// Its server.
    pub endpoint: Endpoint,
}

#[derive(Serialize, Deserialize)]
struct Written {
    version: u32,
    name: String,
    host: String,
    port: u16,
    ca: String,
}

impl Endpoint {
    /// The server that an invite leads to.
    #[must_use]
    pub fn of(invite: &Invite) -> Self {
        Self {
            host: invite.host.clone(),
            port: invite.port,
            ca: invite.ca,
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, .. } = self;
        if host.contains(':') {
            write!(f, "[{host}]:{port}")
        } else {
            write!(f, "{host}:{port}")
        }
    }
}

impl Account {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let written: Written = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if written.version != 1 {
            return Err(format!(
                "it is of version {}, and this program knows version 1",
                written.version
            ));
        }
        let name = Nickname::parse(&written.name).map_err(|error| error.to_string())?;
        let ca = BASE64_URL_SAFE_NO_PAD
            .decode(&written.ca)
            .ok()
            .and_then(|bytes| bytes.try_into().ok());
        let ca = ca.ok_or("the server's key is not 32 bytes in base64url")?;
        Ok(Self {
            name,
            endpoint: Endpoint {
                host: written.host,
                port: written.port,
                ca,
            },
        })
    }

    pub(super) fn to_json(&self) -> String {
        let Endpoint { host, port, ca } = &self.endpoint;
        let written = Written {
            version: 1,
            name: self.name.as_str().into(),
            host: host.clone(),
            port: *port,
            ca: BASE64_URL_SAFE_NO_PAD.encode(ca),
        };
        super::state::json(&written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let endpoint = Endpoint {
            host: "::1".into(),
            port: 8443,
            ca: [7; 32],
        };
        let account = Account {
            name: Nickname::parse("小明").unwrap(),
            endpoint,
        };
        assert_eq!(Account::parse(&account.to_json()), Ok(account.clone()));
        assert_eq!(account.endpoint.to_string(), "[::1]:8443");
        for bad in ["", "{}", &account.to_json().replace("\"version\": 1", "\"version\": 2")] {
            assert!(Account::parse(bad).is_err(), "{bad}");
        }
    }
}
