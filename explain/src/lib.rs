//! One message over every layer, byte for byte: what was on each wire, and why.
//!
//! Layers, lowest first: [`capture`] (frames as they were seen, plain data) < [`pcapng`] (captures as files) < [`world`] (a network in
//! memory that makes them).
//! This crate knows no server and no client: whoever calls it brings them.

pub mod capture;
pub mod pcapng;
pub mod scene;
pub mod world;
