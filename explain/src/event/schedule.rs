//! The key agreement of a TLS connection, and its key schedule as a graph: what is made of what, and the values that are known.

use std::borrow::Cow;

use nihao_protocol::crypto::Group;

use crate::texts::Text;

/// How the two ends of a connection came to a secret that nobody else has (RFC 8446 §4.2.8).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// The group.
    pub group: u16,
    /// The client's public share.
    pub client: Vec<u8>,
    /// The server's public share.
    pub server: Vec<u8>,
    /// What it came to, if the key log tells.
    pub shared: Option<Vec<u8>>,
    /// The same, taken apart, where the group is two side by side.
    pub halves: Vec<Half>,
}

impl Agreement {
    /// Forgets what it came to: the shares are everybody's to see.
    pub(crate) fn withhold(&mut self) {
        self.shared = None;
        self.halves.iter_mut().for_each(|half| half.shared = None);
    }

    /// What the group is called, if it has a name.
    #[must_use]
    pub const fn name(&self) -> Option<&'static str> {
        Group(self.group).name()
    }
}

/// One of two key agreements side by side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Half {
    /// What it is called.
    pub name: &'static str,
    /// The client's public share.
    pub client: Vec<u8>,
    /// The server's public share.
    pub server: Vec<u8>,
    /// What it came to, if the key log tells.
    pub shared: Option<Vec<u8>>,
}

/// The secrets and keys of one connection (RFC 8446 §7.1), each after those it is made of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Schedule {
    /// The nodes of the graph.
    pub nodes: Vec<Made>,
}

/// One secret or key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// What RFC 8446 calls it.
    pub name: Cow<'static, str>,
    /// Its label in a key log, if it has one.
    pub logged_as: Option<&'static str>,
    /// How it is made.
    pub how: Making,
    /// The nodes it is made of, by their indices.
    pub of: Vec<usize>,
    /// Its value: from the key log, or computed from known ones; nothing where neither can be.
    pub value: Option<Vec<u8>>,
    /// What it is for.
    pub why: &'static Text,
}

/// How a secret is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Making {
    /// It comes from outside: zeros, a PSK, the key agreement.
    Given,
    /// HKDF-Extract: the first of its nodes is the salt, the second the input.
    Extract,
    /// HKDF-Expand-Label of its one node.
    Expand {
        /// The label, without `tls13 `.
        label: &'static str,
        /// What its context is: which messages the hash in it covers, or a ticket's nonce; or nothing.
        over: &'static str,
        /// The context; nothing where it is not known, or there is none.
        hash: Option<Vec<u8>>,
        /// How many bytes it gives.
        length: usize,
    },
}

impl Schedule {
    /// Forgets every value: what remains is what is made of what.
    pub(crate) fn withhold(&mut self) {
        self.nodes.iter_mut().for_each(|made| made.value = None);
    }

    /// The node of this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Made> {
        self.nodes.iter().find(|made| made.name == name)
    }
}
