//! Times in human words: the date, and how long it is away.

use nihao_protocol::clock::UnixTime;
use time::OffsetDateTime;

/// `2027-02-20 09:00:00 UTC (in 89 days)`, seen from `now`.
#[must_use]
pub(crate) fn describe(at: UnixTime, now: UnixTime) -> String {
    let (seconds, now) = (at.seconds(), now.seconds());
    let moment = i64::try_from(seconds).map(OffsetDateTime::from_unix_timestamp);
    let Ok(Ok(moment)) = moment else {
        return format!("{seconds} s after 1970");
    };
    let (date, time) = (moment.date(), moment.time());
    let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
    let (hour, minute, second) = time.as_hms();
    let distance = distance(seconds.abs_diff(now));
    let relative = if seconds >= now {
        format!("in {distance}")
    } else {
        format!("{distance} ago")
    };
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC ({relative})")
}

fn distance(seconds: u64) -> String {
    let (count, unit) = match seconds {
        0..120 => (seconds, "second"),
        120..7_200 => (seconds / 60, "minute"),
        7_200..172_800 => (seconds / 3_600, "hour"),
        172_800..63_072_000 => (seconds / 86_400, "day"),
        _ => (seconds / 31_557_600, "year"),
    };
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {unit}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_told_with_its_distance() {
        for (at, now, told) in [
            (86_400 * 90, 86_400, "1970-04-01 00:00:00 UTC (in 89 days)"),
            (0, 1, "1970-01-01 00:00:00 UTC (1 second ago)"),
        ] {
            assert_eq!(describe(UnixTime::from_seconds(at), UnixTime::from_seconds(now)), told);
        }
    }
}
