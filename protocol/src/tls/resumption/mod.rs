//! Resumption: what both sides keep of a finished handshake, so that the next needs no certificates (RFC 8446 §2.2).
//!
//! A server keeps nothing: what it wants to remember goes, sealed under a key of its own, into the ticket that the client brings
//! back. A client keeps the ticket and its PSK, and uses each once.

mod remembering;
mod session;
mod state;
mod tickets;

pub use remembering::RememberedSessions;
pub(super) use session::Settled;
pub use session::{Session, Sessions};
pub(super) use state::TicketState;
pub use tickets::{TicketKeys, Tickets};
