//! DER (X.690): one strict tag-length-value reader, definite and minimal lengths only.

use crate::clock::UnixTime;
use crate::wire::{Malformed, Reader};

/// Universal and context tags that certificates use.
pub mod tag {
    /// BOOLEAN.
    pub const BOOLEAN: u8 = 0x01;
    /// INTEGER.
    pub const INTEGER: u8 = 0x02;
    /// BIT STRING.
    pub const BIT_STRING: u8 = 0x03;
    /// OCTET STRING.
    pub const OCTET_STRING: u8 = 0x04;
    /// OBJECT IDENTIFIER.
    pub const OBJECT_IDENTIFIER: u8 = 0x06;
    /// UTCTime: two digits of the year.
    pub const UTC_TIME: u8 = 0x17;
    /// GeneralizedTime: four digits of the year.
    pub const GENERALIZED_TIME: u8 = 0x18;
    /// SEQUENCE, constructed.
    pub const SEQUENCE: u8 = 0x30;
    /// SET, constructed.
    pub const SET: u8 = 0x31;
    /// `[0]`, constructed: a certificate's version.
    pub const CONTEXT_0: u8 = 0xa0;
    /// `[3]`, constructed: a certificate's extensions.
    pub const CONTEXT_3: u8 = 0xa3;
}

/// Reads tag-length-value elements one after another.
#[derive(Debug, Clone)]
pub struct Der<'a>(Reader<'a>);

impl<'a> Der<'a> {
    /// Starts at the first of `bytes`.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(Reader::new(bytes, "DER"))
    }

    /// The next element, whatever its tag: tag and contents.
    pub fn any(&mut self) -> Result<(u8, &'a [u8]), Malformed> {
        let tag = self.0.u8()?;
        let length = self.length()?;
        Ok((tag, self.0.take(length)?))
    }

    /// X.690 §10.1: the definite form, in as few bytes as can be.
    fn length(&mut self) -> Result<usize, Malformed> {
        let first = self.0.u8()?;
        let (length, least) = match first {
            0..=0x7f => (u32::from(first), 0),
            0x81 => (u32::from(self.0.u8()?), 0x80),
            0x82 => (u32::from(self.0.u16()?), 0x100),
            0x83 => (self.0.u24()?, 0x1_0000),
            _ => return Err(Malformed("DER")),
        };
        if length < least {
            return Err(Malformed("DER"));
        }
        usize::try_from(length).map_err(|_| Malformed("DER"))
    }

    /// The contents of the next element, which must carry `tag`.
    pub fn expect(&mut self, tag: u8) -> Result<&'a [u8], Malformed> {
        match self.any()? {
            (found, contents) if found == tag => Ok(contents),
            _ => Err(Malformed("DER")),
        }
    }

    /// The contents of the next element if it carries `tag`; otherwise nothing is read.
    pub fn optional(&mut self, tag: u8) -> Result<Option<&'a [u8]>, Malformed> {
        let mut ahead = self.clone();
        if ahead.is_empty() {
            return Ok(None);
        }
        let (found, contents) = ahead.any()?;
        if found != tag {
            return Ok(None);
        }
        *self = ahead;
        Ok(Some(contents))
    }

    /// A time in the one form certificates may use: Zulu, with seconds, without fractions (RFC 5280 §4.1.2.5).
    ///
    /// A time before 1970 reads as 1970.
    pub fn time(&mut self) -> Result<UnixTime, Malformed> {
        let (kind, text) = self.any()?;
        let digits = text.strip_suffix(b"Z").ok_or(Malformed("time"))?;
        let (pairs, []) = digits.as_chunks::<2>() else {
            return Err(Malformed("time"));
        };
        let mut numbers = [0; 7];
        let (century, rest) = match kind {
            tag::UTC_TIME => (None, pairs),
            tag::GENERALIZED_TIME => (pairs.first(), pairs.get(1..).unwrap_or_default()),
            _ => return Err(Malformed("time")),
        };
        if rest.len() != 6 {
            return Err(Malformed("time"));
        }
        for (number, pair) in numbers.iter_mut().zip(century.into_iter().chain(rest)) {
            *number = two_digits(*pair).ok_or(Malformed("time"))?;
        }
        let [a, b, c, d, e, f, g] = numbers;
        let (year, [month, day, hour, minute, second]) = match century {
            Some(_) => (a * 100 + b, [c, d, e, f, g]),
            // RFC 5280 §4.1.2.5.1: 50 and above is the last century.
            None => (if a >= 50 { 1900 + a } else { 2000 + a }, [b, c, d, e, f]),
        };
        if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 59 {
            return Err(Malformed("time"));
        }
        let seconds = days_since_1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
        Ok(UnixTime::from_seconds(u64::try_from(seconds).unwrap_or(0)))
    }

    /// Whether all was read.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Ends the decode: bytes left over are malformed.
    pub const fn finish(self) -> Result<(), Malformed> {
        self.0.finish()
    }
}

fn two_digits(pair: [u8; 2]) -> Option<i64> {
    let [tens, ones] = pair.map(|digit| char::from(digit).to_digit(10));
    Some(i64::from(tens? * 10 + ones?))
}

/// Days from 1970-01-01 to a date of the proleptic Gregorian calendar, whose years begin in March here: leap days come last.
const fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    year * 365 + year / 4 - year / 100 + year / 400 + of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_in_both_forms() {
        let read = |kind: u8, text: &str| {
            let der = [&[kind, u8::try_from(text.len()).unwrap()], text.as_bytes()].concat();
            Der::new(&der).time().map(UnixTime::seconds)
        };
        assert_eq!(read(tag::UTC_TIME, "260601000000Z"), Ok(1_780_272_000));
        assert_eq!(read(tag::UTC_TIME, "000229235959Z"), Ok(951_868_799));
        assert_eq!(read(tag::UTC_TIME, "500101000000Z"), Ok(0), "1950");
        assert_eq!(read(tag::GENERALIZED_TIME, "20500101000000Z"), Ok(2_524_608_000));
        assert_eq!(read(tag::GENERALIZED_TIME, "99991231235959Z"), Ok(253_402_300_799));
        for bad in [
            "260601000000",
            "2606010000Z",
            "261301000000Z",
            "26060100000+Z",
            "-10601000000Z",
            "",
        ] {
            assert!(read(tag::UTC_TIME, bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_minimal_definite_lengths_are_read() {
        assert_eq!(Der::new(&[4, 1, 7]).any(), Ok((4, &[7][..])));
        assert!(
            Der::new(&[4, 0x81, 1, 7]).any().is_err(),
            "long form for a short length"
        );
        assert!(Der::new(&[4, 0x80, 7, 0, 0]).any().is_err(), "indefinite");
        assert!(Der::new(&[4, 2, 7]).any().is_err(), "cut short");
        let mut long = vec![4, 0x82, 1, 0];
        long.extend([9; 256]);
        assert_eq!(Der::new(&long).any().unwrap().1.len(), 256);
    }
}
