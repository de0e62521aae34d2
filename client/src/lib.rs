//! The nihao client as a library: every command, over any stream, clock and source of randomness.
//!
//! ```text
//! main ── cli ── run ──► command/{join, send, listen, history, who, invite, remove}
//!                           │  World: Connect + Clock + Random      Home: key, account, cursor, queue
//!                           ▼
//!                        link  ── chat::ClientSession over one stream
//!                           ▼
//!                        connect ── TLS with a pinned CA over what a Dial gives; diagnose names what failed
//!                           ▼
//!                        dial ── resolve: addresses by cache, hosts file, resolver; dial/race: the first that answers
//!                           ▼
//!                        dial/system.rs ── the only file that knows sockets and asks the system for names
//! ```
//!
//! `command/http` stands beside: hyper's client over TLS that trusts roots, over the same `dial`; no account, no session.
//!
//! The network comes in through [`connect::Connect`] (a secure stream) or, one layer below, [`dial::Dial`] (a plain one), so
//! that the same commands run over real sockets, in memory, and on a simulated network.

pub mod cli;
pub mod command;
pub mod connect;
#[cfg(feature = "full")]
pub mod demo;
pub mod diagnose;
pub mod dial;
pub mod error;
#[cfg(feature = "full")]
pub mod explain;
pub mod home;
pub mod link;
pub mod render;
pub mod resolve;

pub use error::{Error, Exit};
