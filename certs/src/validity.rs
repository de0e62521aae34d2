//! From when until when a certificate holds.

use nihao_protocol::clock::UnixTime;
use time::OffsetDateTime;

/// Clocks that are this many seconds behind still accept what was issued just now.
const BACKDATED: u64 = 3600;
const DAY: u64 = 86_400;
/// Leaves live short: a pin sees no revocation, so what a stolen leaf key is good for must end by itself.
const SERVER_DAYS: u64 = 90;
/// Users live long: the server checks each user's key against its own state on every connection.
const USER_DAYS: u64 = 10 * 365;
const ROOT_DAYS: u64 = 20 * 365;
/// The last second that the four digits of a certificate's year can express: 9999-12-31T23:59:59Z.
const LAST_SECOND: u64 = 253_402_300_799;

/// The time in which a certificate holds, both ends included, in whole seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Validity {
    /// The first moment.
    pub not_before: UnixTime,
    /// The last moment.
    pub not_after: UnixTime,
}

/// A certificate cannot hold for such a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ValidityError {
    /// The end is not after the beginning.
    #[error("a certificate must end after it begins")]
    Empty,
    /// The years have four digits (RFC 5280 §4.1.2.5).
    #[error("a certificate cannot hold beyond the year 9999")]
    TooLate,
    /// Server certificates hold 90 days at most.
    #[error("a server certificate may hold 90 days at most")]
    TooLong,
}

impl Validity {
    /// From an hour before `now`, for clocks that are behind, so many days.
    #[must_use]
    pub const fn days(now: UnixTime, days: u64) -> Self {
        let not_before = UnixTime::from_seconds(now.seconds()).minus_seconds(BACKDATED);
        Self {
            not_before,
            not_after: not_before.plus_seconds(days.saturating_mul(DAY)),
        }
    }

    /// 90 days, the longest that a server certificate may hold.
    #[must_use]
    pub const fn of_server_certificate(now: UnixTime) -> Self {
        Self::days(now, SERVER_DAYS)
    }

    /// 10 years: a user is shut out by the server's own state, not by a date.
    #[must_use]
    pub const fn of_user_certificate(now: UnixTime) -> Self {
        Self::days(now, USER_DAYS)
    }

    /// 20 years, for a root.
    #[must_use]
    pub const fn of_root(now: UnixTime) -> Self {
        Self::days(now, ROOT_DAYS)
    }

    /// Whether `now` lies in the last third of the time, or past it.
    #[must_use]
    pub const fn needs_renewal(&self, now: UnixTime) -> bool {
        let third = self.not_after.0.saturating_sub(self.not_before.0) / 3;
        now.0 >= self.not_after.0.saturating_sub(third)
    }

    pub(crate) const fn check(&self) -> Result<(), ValidityError> {
        if self.not_after.seconds() > LAST_SECOND {
            return Err(ValidityError::TooLate);
        }
        if self.not_after.seconds() <= self.not_before.seconds() {
            return Err(ValidityError::Empty);
        }
        Ok(())
    }

    pub(crate) const fn check_server(&self) -> Result<(), ValidityError> {
        if self.not_after.seconds().saturating_sub(self.not_before.seconds()) > SERVER_DAYS * DAY {
            return Err(ValidityError::TooLong);
        }
        self.check()
    }
}

/// The moment as rcgen takes it. Times past the year 9999, which [`Validity::check`] refuses, give the epoch.
pub(crate) fn moment(time: UnixTime) -> OffsetDateTime {
    i64::try_from(time.seconds())
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renewal_is_due_in_the_last_third() {
        let now = UnixTime::from_seconds(1_800_000_000);
        let validity = Validity::of_server_certificate(now);
        assert!(validity.not_before < now);
        assert!(!validity.needs_renewal(validity.not_before.plus_seconds(60 * DAY - 1)));
        assert!(validity.needs_renewal(validity.not_before.plus_seconds(60 * DAY)));
        assert!(validity.needs_renewal(validity.not_after.plus_seconds(1)));
    }

    #[test]
    fn impossible_times_are_refused() {
        let now = UnixTime::from_seconds(1_800_000_000);
        assert_eq!(Validity::days(now, 0).check(), Err(ValidityError::Empty));
        assert_eq!(Validity::days(now, 91).check_server(), Err(ValidityError::TooLong));
        assert_eq!(Validity::days(now, 90).check_server(), Ok(()));
        assert_eq!(Validity::days(now, 4_000_000).check(), Err(ValidityError::TooLate));
    }
}
