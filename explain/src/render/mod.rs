//! Stories for people, as lines on a terminal, and for programs, as lines of JSON.

mod checks;
pub mod json;
mod keys;
mod ladder;
mod paint;
mod tree;

pub use ladder::{Ladder, Unfold};
pub(crate) use paint::Ink;
pub use paint::Look;
