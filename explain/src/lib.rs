//! One message over every layer, byte for byte: what was on each wire, and why.
//!
//! Layers, lowest first: [`capture`] (frames as they were seen, plain data) < [`pcapng`] (captures as files) < [`world`] (a network in
//! memory that makes them); and [`capture`] < [`texts`] (what is said to people, in both languages) < [`event`] (what was seen, told
//! as plain data) < [`decode`] (from frames to that). Decoders know no network, and the network knows no decoder;
//! [`story`] puts together what was seen at several points, [`render`] shows it, and [`diff`] compares two runs that it wrote.
//! This crate knows no server and no client: whoever calls it brings them.

pub mod capture;
pub mod decode;
pub mod diff;
pub mod event;
pub mod names;
pub mod pcapng;
pub mod render;
pub mod scene;
pub mod story;
pub mod texts;
pub mod world;
