//! What a shell hands to connections: what tells the time, and where each gets its randomness.

use std::sync::Arc;

use super::system::system_clock;
use crate::clock::Clock;
use crate::crypto::{OsRandom, Random};

/// The clock and the entropy of a program.
#[derive(Debug, Clone)]
pub struct Environment {
    /// Certificates are checked against it.
    pub clock: Clock,
    /// Each connection draws from a source of its own.
    pub entropy: Entropy,
}

impl Environment {
    /// The system's clock and generator.
    #[must_use]
    pub fn system() -> Self {
        Self {
            clock: system_clock(),
            entropy: Entropy::system(),
        }
    }
}

/// Opens a source of randomness for each who needs one.
#[derive(Clone)]
pub struct Entropy(Arc<dyn Fn() -> Box<dyn Random + Send> + Send + Sync>);

impl Entropy {
    /// Sources opened by `open`.
    pub fn new(open: impl Fn() -> Box<dyn Random + Send> + Send + Sync + 'static) -> Self {
        Self(Arc::new(open))
    }

    /// The operating system's generator for all.
    #[must_use]
    pub fn system() -> Self {
        Self::new(|| Box::new(OsRandom))
    }

    /// Opens a source.
    #[must_use]
    pub fn open(&self) -> Box<dyn Random + Send> {
        (self.0)()
    }
}

impl std::fmt::Debug for Entropy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Entropy")
    }
}
