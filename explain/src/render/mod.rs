//! Stories for people, as lines on a terminal and as a page, and for programs, as lines of JSON.

mod beside;
mod checks;
pub mod html;
pub mod json;
mod keys;
mod ladder;
mod names;
mod paint;
mod sum;
mod tree;
mod way;

pub use ladder::{Ladder, Unfold};
pub(crate) use names::milliseconds;
pub(crate) use paint::Ink;
pub use paint::Look;
pub use sum::sum;
