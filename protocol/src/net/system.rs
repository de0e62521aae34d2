//! The one file that reads the system's clock.

use crate::clock::{Clock, UnixTime};

/// The system's wall clock. A time before 1970 reads as 1970.
#[must_use]
pub fn system_clock() -> Clock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place where the system's clock is read"
    )]
    Clock::new(|| {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        UnixTime(since.map_or(0, |since| u64::try_from(since.as_millis()).unwrap_or(u64::MAX)))
    })
}
