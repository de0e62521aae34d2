//! Reading and writing length-prefixed binary structures: the presentation language of RFC 8446 §3.

mod reader;
mod writer;

pub use reader::{Malformed, Reader};
pub use writer::{TooLong, Writer};
