//! Access beside a device's key: what scripts and services are given, in a member's name.

use std::fmt;
use std::str::FromStr;

use super::frame::{Decode, Encode};
use super::names::Conversation;

/// What an access beside a device's key may be used for, in its giver's name.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub enum AccessUse {
    /// A bearer token for HTTP.
    Token {
        /// Whether it may post.
        send: bool,
        /// Whether it may read what its giver may.
        read: bool,
    },
    /// An address that posts to one conversation whatever it is sent.
    Webhook {
        /// Which.
        to: Conversation,
    },
    /// A browser that somebody joined with. The server gives it, nobody asks for it.
    Browser,
}

/// An access that somebody gave, without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Access {
    /// What it is called by: the `seq` at which it was given.
    pub number: u64,
    /// What it may be used for.
    pub use_for: AccessUse,
    /// When it was given, in ms since 1970.
    pub given: u64,
    /// When it ends, in ms since 1970; none: never.
    pub expires: Option<u64>,
}

/// The text is no use of an access.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is none of: send, read, send,read, webhook #ROOM, webhook @NAME, browser")]
pub struct BadAccessUse(
    /// The text.
    pub String,
);

impl fmt::Display for AccessUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token { send, read } => f.write_str(match (send, read) {
                (true, true) => "send,read",
                (true, false) => "send",
                (false, true) => "read",
                (false, false) => "nothing",
            }),
            Self::Webhook { to } => write!(f, "webhook {to}"),
            Self::Browser => f.write_str("browser"),
        }
    }
}

impl FromStr for AccessUse {
    type Err = BadAccessUse;

    /// Reads what `Display` wrote; scopes in any order.
    fn from_str(text: &str) -> Result<Self, BadAccessUse> {
        let bad = || BadAccessUse(String::from(text));
        if text == "browser" {
            return Ok(Self::Browser);
        }
        if let Some(to) = text.strip_prefix("webhook ") {
            let to = to.parse().map_err(|_| bad())?;
            return Ok(Self::Webhook { to });
        }
        let (mut send, mut read) = (false, false);
        for scope in text.split(',') {
            match scope {
                "send" => send = true,
                "read" => read = true,
                _ => return Err(bad()),
            }
        }
        Ok(Self::Token { send, read })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uses_are_written_and_read() {
        for text in [
            "send",
            "read",
            "send,read",
            "webhook #general",
            "webhook @bob",
            "browser",
        ] {
            assert_eq!(text.parse::<AccessUse>().unwrap().to_string(), text);
        }
        assert_eq!("read,send".parse::<AccessUse>().unwrap().to_string(), "send,read");
        for text in [
            "",
            "admin",
            "send,",
            "webhook",
            "webhook general",
            "nothing",
            "send,browser",
        ] {
            assert!(text.parse::<AccessUse>().is_err(), "{text:?}");
        }
    }
}
