//! A lab: the real `nihaod` and `nihao` as processes, and members who speak to the daemon over our own TLS.

mod binaries;
mod browser;
mod daemon;
pub mod explain;
mod talk;
mod world;

pub use binaries::{Binaries, binaries};
pub use browser::{Browser, Script};
pub use daemon::{Daemon, Start};
pub use talk::{Account, Talk, says, send};
pub use world::{World, text_of};
