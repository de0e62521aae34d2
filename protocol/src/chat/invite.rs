//! The one line that lets somebody in: `nihao://host:port/?ca=…&code=…`.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::names::Nickname;
use crate::crypto::Random;
use crate::crypto::random::{self, RandomUnavailable};

/// What every invite starts with.
const SCHEME: &str = "nihao://";

/// A one-time code: 128 random bits, good for one person. Never printed by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Code(pub [u8; 16]);

impl Code {
    /// Draws a code.
    pub fn new(random: &mut dyn Random) -> Result<Self, RandomUnavailable> {
        random::array(random).map(Self)
    }

    /// What a joiner signs with the key it brings, to prove that the key is its own: a context, the code, the name.
    #[must_use]
    pub fn statement(&self, name: &Nickname) -> Vec<u8> {
        [b"nihao/1 join\0".as_slice(), &self.0, name.as_str().as_bytes()].concat()
    }
}

impl FromStr for Code {
    type Err = InviteError;

    /// Reads base64url, as it stands in an invite.
    fn from_str(text: &str) -> Result<Self, InviteError> {
        decode("code", text).map(Self)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Code(…)")
    }
}

/// Everything a newcomer needs: where the server is, whom to trust there, and the right to join once.
///
/// ```
/// use nihao_protocol::chat::Invite;
/// let line = "nihao://[::1]:8443/?ca=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8&code=AAECAwQFBgcICQoLDA0ODw";
/// let invite: Invite = line.parse()?;
/// assert_eq!((invite.host.as_str(), invite.port), ("::1", 8443));
/// assert_eq!(invite.to_string(), line);
/// # Ok::<(), nihao_protocol::chat::InviteError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invite {
    /// A DNS name or an IP address; an IPv6 address stands here without its brackets.
    pub host: String,
    /// The TCP port.
    pub port: u16,
    /// The server CA's Ed25519 public key, which the newcomer pins.
    pub ca: [u8; 32],
    /// The right to join once.
    pub code: Code,
}

/// Why a line is no invite.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InviteError {
    /// It starts otherwise.
    #[error("an invite starts with {SCHEME}")]
    NotAnInvite,
    /// There is no host, or one that cannot be.
    #[error("the invite's host {0:?} is neither a name nor an address")]
    BadHost(String),
    /// There is no port between 1 and 65535.
    #[error("the invite's port is missing or not a number from 1 to 65535")]
    BadPort,
    /// `ca=` or `code=` is missing: the line was cut off.
    #[error("the invite has no {0}: was the line cut? A shell needs it in quotes, because of the &")]
    Missing(&'static str),
    /// A value is not the right number of bytes in base64url.
    #[error("the invite's {name} is damaged: it should be {bytes} bytes in base64url")]
    Damaged {
        /// `ca` or `code`.
        name: &'static str,
        /// How many bytes it should have.
        bytes: usize,
    },
    /// A parameter stands there twice.
    #[error("the invite has two values for {0}")]
    Twice(&'static str),
}

impl Invite {
    /// What a browser opens to join: the server's page, with the code where no server and no log on the way sees it.
    ///
    /// ```
    /// use nihao_protocol::chat::Invite;
    /// let line = "nihao://[::1]:8443/?ca=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8&code=AAECAwQFBgcICQoLDA0ODw";
    /// assert_eq!(line.parse::<Invite>()?.link(), "https://[::1]:8443/#code=AAECAwQFBgcICQoLDA0ODw");
    /// # Ok::<(), nihao_protocol::chat::InviteError>(())
    /// ```
    #[must_use]
    pub fn link(&self) -> String {
        format!(
            "https://{}/#code={}",
            self.authority(),
            URL_SAFE_NO_PAD.encode(self.code.0)
        )
    }

    fn authority(&self) -> String {
        match self.host.parse() {
            Ok(IpAddr::V6(address)) => format!("[{address}]:{}", self.port),
            _ => format!("{}:{}", self.host, self.port),
        }
    }
}

impl FromStr for Invite {
    type Err = InviteError;

    fn from_str(line: &str) -> Result<Self, InviteError> {
        let rest = line.trim().strip_prefix(SCHEME).ok_or(InviteError::NotAnInvite)?;
        let (authority, query) = rest.split_once('?').ok_or(InviteError::Missing("ca"))?;
        let (host, port) = parse_authority(authority.strip_suffix('/').unwrap_or(authority))?;
        let (mut ca, mut code) = (None, None);
        // Unknown parameters are left alone: a later version may add some.
        for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
            match name {
                "ca" if ca.replace(decode::<32>("ca", value)?).is_some() => return Err(InviteError::Twice("ca")),
                "code" if code.replace(decode::<16>("code", value)?).is_some() => {
                    return Err(InviteError::Twice("code"));
                }
                _ => {}
            }
        }
        Ok(Self {
            host,
            port,
            ca: ca.ok_or(InviteError::Missing("ca"))?,
            code: Code(code.ok_or(InviteError::Missing("code"))?),
        })
    }
}

fn parse_authority(authority: &str) -> Result<(String, u16), InviteError> {
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) => {
            let address: Ipv6Addr = address
                .parse()
                .map_err(|_| InviteError::BadHost(String::from(address)))?;
            (address.to_string(), port.strip_prefix(':').ok_or(InviteError::BadPort)?)
        }
        None => {
            let (host, port) = authority.rsplit_once(':').ok_or(InviteError::BadPort)?;
            (parse_host(host)?, port)
        }
    };
    match port.parse() {
        Ok(0) | Err(_) => Err(InviteError::BadPort),
        Ok(port) => Ok((host, port)),
    }
}

fn parse_host(host: &str) -> Result<String, InviteError> {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    if host.len() > 253 || !host.split('.').all(label) {
        return Err(InviteError::BadHost(String::from(host)));
    }
    Ok(host.to_ascii_lowercase())
}

fn decode<const N: usize>(name: &'static str, value: &str) -> Result<[u8; N], InviteError> {
    let damaged = InviteError::Damaged { name, bytes: N };
    let bytes = URL_SAFE_NO_PAD
        .decode(value.trim_end_matches('='))
        .map_err(|_| damaged.clone())?;
    bytes.try_into().map_err(|_| damaged)
}

impl fmt::Display for Invite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{SCHEME}{}/?ca={}&code={}",
            self.authority(),
            URL_SAFE_NO_PAD.encode(self.ca),
            URL_SAFE_NO_PAD.encode(self.code.0)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invite(host: &str) -> Invite {
        Invite {
            host: host.into(),
            port: 8443,
            ca: [7; 32],
            code: Code([9; 16]),
        }
    }

    #[test]
    fn every_kind_of_host_reads_back() {
        for host in ["127.0.0.1", "::1", "fe80::1", "chat.example.org", "localhost", "my_box"] {
            let line = invite(host).to_string();
            assert_eq!(line.parse::<Invite>(), Ok(invite(host)), "{line}");
            assert_eq!(format!("  {line}\n").parse::<Invite>(), Ok(invite(host)));
        }
    }

    #[test]
    fn a_damaged_line_says_what_is_wrong() {
        let line = invite("localhost").to_string();
        let parse = |line: &str| line.parse::<Invite>().unwrap_err();
        assert_eq!(parse("https://localhost:8443/"), InviteError::NotAnInvite);
        assert_eq!(parse(line.split('&').next().unwrap()), InviteError::Missing("code"));
        assert_eq!(parse("nihao://localhost:8443/"), InviteError::Missing("ca"));
        assert_eq!(
            parse(&line[..line.len() - 2]),
            InviteError::Damaged {
                name: "code",
                bytes: 16
            }
        );
        assert_eq!(
            parse(&format!("{line}&ca={}", "A".repeat(43))),
            InviteError::Twice("ca")
        );
        for (bad, why) in [
            ("localhost", InviteError::BadPort),
            ("localhost:0", InviteError::BadPort),
            ("localhost:65536", InviteError::BadPort),
            ("[::1]", InviteError::BadPort),
            ("[::g]:1", InviteError::BadHost("::g".into())),
            (":1", InviteError::BadHost(String::new())),
            ("a b:1", InviteError::BadHost("a b".into())),
            ("::1:8443", InviteError::BadHost("::1".into())),
        ] {
            assert_eq!(parse(&line.replace("localhost:8443", bad)), why, "{bad}");
        }
    }

    #[test]
    fn a_code_is_never_printed() {
        assert!(!format!("{:?}", invite("localhost")).contains('9'));
    }
}
