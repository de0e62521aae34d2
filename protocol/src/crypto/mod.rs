//! The only importer of crypto crates: every primitive the rest of the crate may use.
//!
//! | module | what it promises |
//! |---|---|
//! | [`random`] | bytes from outside: the operating system's, or a seeded stream that repeats |
//! | [`secret`] | bytes wiped on drop, never printed, compared in constant time |
//! | [`signature`] | Ed25519 and ECDSA P-256, to sign and to verify |

pub mod random;
pub mod secret;
pub mod signature;

pub use random::{OsRandom, Random, Seeded};
pub use secret::Secret;
pub use signature::{SignatureScheme, SigningKey};
