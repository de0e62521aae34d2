//! TLS 1.3, both roles, sans-IO.
//!
//! Written to RFC 8446, and cited by its section numbers throughout. (RFC 9846, which replaces it, moves §4.1.x to §4.2.x and
//! §4.2.x to §4.3.x; §5, §6 and §7 keep their numbers.)
//!
//! The layers inside, lowest first:
//!
//! | module | what it is |
//! |---|---|
//! | [`alert`], [`names`], [`error`] | the numbers of the wire and what they mean; every reason to end a connection |
//! | [`record`], [`seal`] | the record header; one direction's protection |
//! | [`messages`] | handshake messages, bytes to structs and back |
//! | `inbound`, `outbound` | the two one-directional halves |
//! | `transcript`, [`key_schedule`] | the hash of the handshake, and the keys that follow from it |
//! | [`identity`], [`resumption`] | who one side is; what is kept for the next connection |
//! | [`config`], [`key_log`] | what a connection is set up with |
//! | `flight` | the door between a handshake state and the outside |
//! | `client`, `server` | the states of RFC 8446 appendix A |
//! | `traffic`, [`connection`] | after the handshake; the whole of it |

pub mod alert;
mod certificate_verify;
mod client;
pub mod config;
pub mod connection;
pub mod error;
mod flight;
pub mod identity;
pub mod inbound;
pub mod key_log;
pub mod key_schedule;
pub mod messages;
pub mod names;
mod negotiated;
pub mod outbound;
pub mod record;
pub mod resumption;
pub mod seal;
mod server;
mod traffic;
mod transcript;

pub use alert::AlertDescription;
pub use config::{ClientAuth, ClientConfig, Padding, RecordPolicy, ServerConfig};
pub use connection::{Connection, Event, Role};
pub use error::Error;
pub use flight::Context;
pub use identity::{Identity, IdentityError};
pub use key_log::KeyLog;
pub use names::CipherSuite;
pub use negotiated::Negotiated;
pub use resumption::{RememberedSessions, Session, Sessions, TicketKeys, Tickets};
