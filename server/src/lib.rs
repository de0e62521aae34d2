//! The chat daemon as a library: one log, one state, many mailboxes.
//!
//! | module | what it is |
//! |---|---|
//! | [`event`] | what happened, and what it came to |
//! | [`state`] | what all events add up to; who may do what |
//! | [`log`] | the durable order of events: in memory, in SQLite |
//! | [`mailbox`], [`hub`] | what waits for each connection, and who is connected |
//! | [`session`] | one connection's chat, on any stream |
//! | [`cli`] | the command line of `nihaod` |
//! | [`core`] | everything the connections work with |
//! | [`daemon`] | listening, TLS, and who came for what |
//! | [`limits`], [`rate`] | how much one server takes on |

pub mod blocking;
mod browsers;
pub mod cli;
mod command;
pub mod core;
pub mod daemon;
pub mod event;
pub mod hub;
pub mod limits;
pub mod log;
pub mod mailbox;
pub mod rate;
pub mod session;

pub mod state;
mod web;

pub use daemon::{Config, Listener, Server, StartError};
pub use limits::Limits;
