//! Certificate times (RFC 5280 §4.1.2.5) and how long they are away.

use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time};

use crate::der::{DerError, Reader, tag};

/// Reads a `UTCTime` or a `GeneralizedTime` in the forms that RFC 5280 allows, as seconds since 1970.
///
/// # Errors
/// [`DerError::Content`] for any other form.
pub fn seconds_since_1970(reader: &mut Reader<'_>) -> Result<i64, DerError> {
    let value = reader.value()?;
    let bad = DerError::Content(value.tag);
    let digits = value.content.strip_suffix(b"Z").ok_or(bad)?;
    let (year, rest) = match value.tag {
        tag::UTC_TIME if digits.len() == 12 => {
            let (year, rest) = digits.split_at(2);
            let year = number(year).ok_or(bad)?;
            (if year < 50 { 2000 + year } else { 1900 + year }, rest)
        }
        tag::GENERALIZED_TIME if digits.len() == 14 => {
            let (year, rest) = digits.split_at(4);
            (number(year).ok_or(bad)?, rest)
        }
        _ => return Err(bad),
    };
    let parts: Vec<u8> = rest
        .chunks_exact(2)
        .filter_map(number)
        .filter_map(|part| u8::try_from(part).ok())
        .collect();
    let &[month, day, hour, minute, second] = parts.as_slice() else {
        return Err(bad);
    };
    let month = Month::try_from(month).map_err(|_| bad)?;
    let date = Date::from_calendar_date(year, month, day).map_err(|_| bad)?;
    let time = Time::from_hms(hour, minute, second).map_err(|_| bad)?;
    Ok(PrimitiveDateTime::new(date, time).assume_utc().unix_timestamp())
}

/// `2027-02-20 09:00:00 UTC (in 89 days)`, seen from `now`; both in seconds since 1970.
#[must_use]
pub fn describe(seconds: i64, now: i64) -> String {
    let Ok(moment) = OffsetDateTime::from_unix_timestamp(seconds) else {
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

fn number(digits: &[u8]) -> Option<i32> {
    digits.iter().try_fold(0, |sum, digit| {
        digit.is_ascii_digit().then(|| sum * 10 + i32::from(digit - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read() {
        for (bytes, seconds) in [
            (&b"\x17\x0d700101000000Z"[..], Some(0)),
            (b"\x17\x0d491231235959Z", Some(2_524_607_999)),
            (b"\x17\x0d500101000000Z", Some(-631_152_000)),
            (b"\x18\x0f20500101000000Z", Some(2_524_608_000)),
            (b"\x17\x0d701301000000Z", None),
            (b"\x17\x0d70010100000 Z", None),
            (b"\x17\x0b7001010000Z", None),
            (b"\x18\x13197001010000+0000", None),
        ] {
            assert_eq!(seconds_since_1970(&mut Reader::new(bytes)).ok(), seconds, "{bytes:?}");
        }
    }

    #[test]
    fn a_time_is_told_with_its_distance() {
        assert_eq!(describe(86_400 * 90, 86_400), "1970-04-01 00:00:00 UTC (in 89 days)");
        assert_eq!(describe(0, 1), "1970-01-01 00:00:00 UTC (1 second ago)");
    }
}
