//! What the end-to-end tests share: certificates of every shape, two connections in memory, a scripted peer.

pub mod interop;
pub mod pair;
pub mod peer;
pub mod pki;
