//! `--resolver`: who is asked for names that neither the cache nor the hosts file knows.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use nihao_protocol::dns::{PORT, Route, root_servers};

/// Who is asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Choice {
    /// The system, as other programs ask it: with everything that the machine is set up to look into.
    #[default]
    System,
    /// This resolver, directly.
    Server(SocketAddr),
    /// Nobody for us: from the root servers down.
    Recursive,
}

/// The text is no choice.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("write system, recursive, or the address of a resolver, such as 9.9.9.9 or [::1]:5353")]
pub struct BadChoice;

impl Choice {
    /// The way a look-up takes.
    #[must_use]
    pub fn route(self) -> Route {
        match self {
            Self::System => Route::System,
            Self::Server(server) => Route::Resolvers(vec![server]),
            Self::Recursive => Route::Recursive(root_servers()),
        }
    }

    /// The name of the file with what was learnt this way: what one resolver says need not hold for another.
    #[must_use]
    pub fn file_name(self) -> String {
        let name: String = self.to_string();
        name.replace(['[', ']'], "").replace([':', '%'], "_")
    }
}

impl fmt::Display for Choice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("system"),
            Self::Server(server) => server.fmt(f),
            Self::Recursive => f.write_str("recursive"),
        }
    }
}

impl FromStr for Choice {
    type Err = BadChoice;

    fn from_str(text: &str) -> Result<Self, BadChoice> {
        match text {
            "system" => return Ok(Self::System),
            "recursive" => return Ok(Self::Recursive),
            _ => {}
        }
        if let Ok(server) = text.parse::<SocketAddr>() {
            return if server.port() == 0 {
                Err(BadChoice)
            } else {
                Ok(Self::Server(server))
            };
        }
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let address = bare.unwrap_or(text).parse::<IpAddr>().map_err(|_| BadChoice)?;
        Ok(Self::Server(SocketAddr::new(address, PORT)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_written_as_people_write_addresses() {
        for (text, shown, file) in [
            ("system", "system", "system"),
            ("recursive", "recursive", "recursive"),
            ("9.9.9.9", "9.9.9.9:53", "9.9.9.9_53"),
            ("127.0.0.1:5353", "127.0.0.1:5353", "127.0.0.1_5353"),
            ("::1", "[::1]:53", "__1_53"),
            ("[::1]", "[::1]:53", "__1_53"),
            ("[::1]:5353", "[::1]:5353", "__1_5353"),
        ] {
            let choice: Choice = text.parse().unwrap();
            assert_eq!(
                (choice.to_string().as_str(), choice.file_name().as_str()),
                (shown, file)
            );
        }
        for bad in [
            "",
            "System",
            "dns.example",
            "9.9.9.9:0",
            "9.9.9",
            "9.9.9.9:99999",
            "[9.9.9.9",
        ] {
            assert_eq!(bad.parse::<Choice>(), Err(BadChoice), "{bad}");
        }
    }
}
