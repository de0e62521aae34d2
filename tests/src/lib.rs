//! What the end-to-end tests share: certificates of every shape, connections in memory, a scripted peer, a lab of real processes.

pub mod capture;
pub mod frames;
pub mod interop;
pub mod lab;
pub mod live;
pub mod names;
pub mod pair;
pub mod pcap;
pub mod peer;
pub mod pki;
pub mod refusal;
pub mod refusal_table;
pub mod states;
pub mod told;
pub mod tshark;
