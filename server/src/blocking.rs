//! The one place that starts threads: blocking work lives on its own, never on the runtime's.

use std::io;
use std::thread::{Builder, JoinHandle};

/// Runs `work` on a thread of this name until it returns.
pub fn thread(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    Builder::new().name(String::from(name)).spawn(work)
}
