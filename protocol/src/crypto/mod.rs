//! The only importer of crypto crates: every primitive the rest of the crate may use.
//!
//! | module | what it promises |
//! |---|---|
//! | [`random`] | bytes from outside: the operating system's, or a seeded stream that repeats |
//! | [`secret`] | bytes wiped on drop, never printed, compared in constant time |
//! | [`hash`] | SHA-256 and SHA-384, running and one-shot |
//! | [`hkdf`] | RFC 5869 and the labels of RFC 8446 §7.1, HMAC for Finished |
//! | [`aead`] | AES-GCM and ChaCha20-Poly1305 in place, with the nonce given by the caller |
//! | [`exchange`] | ephemeral key agreement: X25519, secp256r1, secp384r1, X25519MLKEM768 |
//! | [`signature`] | Ed25519 and ECDSA P-256 to sign and to verify, ECDSA P-384 and RSA to verify |

pub mod aead;
pub mod exchange;
mod gcm;
pub mod hash;
pub mod hkdf;
pub mod random;
pub mod secret;
pub mod signature;

pub use aead::{Aead, AeadAlgorithm};
pub use exchange::{Group, KeyPair};
pub use hash::{Digest, HashAlgorithm};
pub use hkdf::Prk;
pub use random::{OsRandom, Random, Seeded};
pub use secret::Secret;
pub use signature::{SignatureAlgorithm, SignatureScheme, SigningKey};
