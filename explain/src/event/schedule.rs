//! The key schedule of a TLS connection as a graph: what is made of what, and the values that are known.

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
    pub name: &'static str,
    /// Its label in a key log, if it has one.
    pub logged_as: Option<&'static str>,
    /// How it is made.
    pub how: Making,
    /// The nodes it is made of, by their indices.
    pub of: Vec<usize>,
    /// Its value: from the key log, or computed from known ones; nothing where neither can be.
    pub value: Option<Vec<u8>>,
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
        /// Which messages the hash in it covers, or nothing.
        over: &'static str,
        /// That hash; nothing where it is not known, or there is none.
        hash: Option<Vec<u8>>,
        /// How many bytes it gives.
        length: usize,
    },
}

impl Schedule {
    /// The node of this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&Made> {
        self.nodes.iter().find(|made| made.name == name)
    }
}
