//! `explain`: one message from A to B over a simulated network, by the product's own client, TLS and server, told byte for byte.

mod a;
mod b;
mod broken;
mod journey;
pub mod live;
mod network;
mod outcome;

pub use journey::{Journey, Options, Shape, Trouble, journey};
pub use outcome::outcome;
