//! TLS 1.3 written from the primitives up, chain checks, and the nihao chat frames: sans-IO.
//!
//! The core performs no IO, reads no clock, draws no randomness of its own and logs nothing: bytes, the time and a source of
//! randomness come in as arguments, bytes and events come out.
//!
//! Layers, lowest first; each uses only those above it in this list:
//!
//! | layer | what it is |
//! |---|---|
//! | [`clock`] | points in time as plain data |
//! | [`wire`] | reading and writing length-prefixed structures |
//! | [`crypto`] | the only importer of crypto crates |
//! | [`x509`] | certificates: trust, names, our algorithms under webpki |
//! | [`tls`] | TLS 1.3 (RFC 8446), both roles |
//! | [`chat`] | what client and server say to each other over TLS |
//! | `net` (feature `tokio`) | streams over tokio's traits |

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::unreachable
    )
)]

pub mod chat;
pub mod clock;
pub mod crypto;
#[cfg(feature = "tokio")]
pub mod net;
pub mod tls;
pub mod wire;
pub mod x509;
