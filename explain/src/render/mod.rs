//! Stories for people: as lines on a terminal.

mod ladder;
mod paint;
mod tree;

pub use ladder::{Ladder, Unfold};
pub use paint::Look;
