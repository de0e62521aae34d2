//! The chat protocol on one page: what client and server say to each other once TLS (ALPN `nihao/1`) stands.
//!
//! ```text
//! newcomer (no certificate)        server             member (user certificate)       server
//!   Join{code, name, key, proof} ──►                    Resume{after: cursor} ──────────►
//!   ◄────── Joined{certificates, cursor}                ◄── Message{replayed: true} …  what was missed
//!   close, connect again as a member                    ◄── CaughtUp{cursor}
//!                                                       ◄── Message{replayed: false} … as it happens
//!                                                       Send{id, to, text, seen} ───────►
//!                                                       ◄── Sent{seq, at, …}           durable, in order
//! ```
//!
//! * The client speaks first. Every request carries a number, its reply repeats it; what the server says of itself
//!   ([`ServerSays::Message`] and [`ServerSays::Closing`]) carries none. Requests may be pipelined; replies come in any order,
//!   but after `CaughtUp` every `Message`, and the `Sent` of every message that is new, stands in the order of `seq`. One's own
//!   messages of this connection come as `Sent` alone. While a reader is far behind, `Sent` may come ahead of older messages; its
//!   own are then among those.
//! * A `Send` is idempotent by (sender, id): sent again, it has the same `seq`. A refusal says whether trying again can help.
//! * Nothing is delivered before `Resume`; a device keeps the `seq` it has seen up to and asks for what follows.
//! * Each conversation is a hash chain ([`chain`]); a lost, changed or forked history shows when two people who saw
//!   different things speak.
//!
//! | module | what it is |
//! |---|---|
//! | [`names`] | nicknames, rooms, conversations, message ids, texts |
//! | [`shown`](fn@shown) | text made safe for a terminal |
//! | [`invite`] | the one line that lets somebody in |
//! | [`message`] | everything that can be said |
//! | [`chain`] | tamper evidence |
//! | [`frame`] | length ‖ value on the wire; the only user of bincode |
//! | [`session`] | both ends as state machines with four verbs |

mod access;
pub mod chain;
pub mod frame;
pub mod invite;
pub mod message;
pub mod names;
pub mod session;
mod shown;

pub use access::{Access, AccessUse, BadAccessUse};
pub use chain::{ChainHash, Chains, Mismatch, Seen};
pub use invite::{Code, Invite, InviteError};
pub use message::{ClientSays, Member, Message, Refusal, Sent, ServerSays};
pub use names::{Conversation, MessageId, NameError, Nickname, RoomName, Text};
pub use session::{ClientSession, Heard, Request, ServerSession, SessionError};
pub use shown::shown;

/// The ALPN name of this protocol.
pub const ALPN: &[u8] = b"nihao/1";
