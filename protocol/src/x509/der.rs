//! DER (X.690): one strict reader of tags, lengths and values; definite and minimal lengths only.

use super::oid::Oid;
use crate::clock::UnixTime;
use crate::wire::{Malformed, Reader};

/// The tags that certificates are made of.
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
    /// BMPString: UTF-16, big-endian.
    pub const BMP_STRING: u8 = 0x1e;
    /// SEQUENCE, constructed.
    pub const SEQUENCE: u8 = 0x30;
    /// SET, constructed.
    pub const SET: u8 = 0x31;

    /// `[number] EXPLICIT`: context-specific and constructed.
    #[must_use]
    pub const fn explicit(number: u8) -> u8 {
        0xa0 | number
    }

    /// `[number] IMPLICIT` of a primitive type: context-specific.
    #[must_use]
    pub const fn implicit(number: u8) -> u8 {
        0x80 | number
    }
}

/// Bytes that are not the DER that was expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DerError {
    /// The input ends inside a value.
    #[error("it ends too early")]
    Truncated,
    /// A length that is indefinite, not minimal, or beyond four bytes.
    #[error("a length is not encoded as DER demands")]
    Length,
    /// Another kind of value stands there.
    #[error("a value of type 0x{expected:02x} was expected, 0x{found:02x} found")]
    Unexpected {
        /// The tag that should stand there.
        expected: u8,
        /// The tag that does.
        found: u8,
    },
    /// Bytes follow where nothing may.
    #[error("there are bytes left over")]
    Trailing,
    /// The content does not fit its type, whose tag this is.
    #[error("a value of type 0x{0:02x} has impossible content")]
    Content(u8),
}

/// What the bounds-checked cursor cannot give is not there.
impl From<Malformed> for DerError {
    fn from(_: Malformed) -> Self {
        Self::Truncated
    }
}

/// One value: its tag, what is inside, and all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Value<'a> {
    /// The tag byte.
    pub tag: u8,
    /// The content.
    pub content: &'a [u8],
    /// Tag, length and content.
    pub whole: &'a [u8],
}

/// A cursor over values that stand one after the other. A read that fails leaves it where it was.
#[derive(Debug, Clone)]
pub struct Der<'a>(Reader<'a>);

impl<'a> Der<'a> {
    /// Starts at the first of `bytes`.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self(Reader::new(bytes, "DER"))
    }

    /// The next value, whatever its tag.
    pub fn value(&mut self) -> Result<Value<'a>, DerError> {
        let mut ahead = self.0.clone();
        let tag = ahead.u8()?;
        // X.690 §8.1.2.4: tags of more than one byte, which no certificate has.
        if tag & 0x1f == 0x1f {
            return Err(DerError::Content(tag));
        }
        let (header, length) = length(&mut ahead)?;
        let content = ahead.take(length)?;
        let whole = self.0.take(header.saturating_add(length))?;
        Ok(Value { tag, content, whole })
    }

    /// The tag of the next value, if there is one.
    #[must_use]
    pub fn peek(&self) -> Option<u8> {
        self.0.clone().u8().ok()
    }

    /// The next value, which must carry this tag.
    pub fn expect(&mut self, expected: u8) -> Result<Value<'a>, DerError> {
        match self.peek() {
            Some(found) if found != expected => Err(DerError::Unexpected { expected, found }),
            _ => self.value(),
        }
    }

    /// A cursor over the content of the next value, which must carry this tag.
    pub fn inside(&mut self, expected: u8) -> Result<Self, DerError> {
        Ok(Self::new(self.expect(expected)?.content))
    }

    /// The next value if it carries this tag; otherwise nothing is read.
    pub fn optional(&mut self, wanted: u8) -> Result<Option<Value<'a>>, DerError> {
        match self.peek() {
            Some(found) if found == wanted => self.value().map(Some),
            _ => Ok(None),
        }
    }

    /// An object identifier.
    pub fn oid(&mut self) -> Result<Oid<'a>, DerError> {
        Oid::from_contents(self.expect(tag::OBJECT_IDENTIFIER)?.content)
    }

    /// The bytes of an integer that is not negative, big-endian, without the zero that only keeps the sign.
    pub fn unsigned(&mut self) -> Result<&'a [u8], DerError> {
        match self.expect(tag::INTEGER)?.content {
            [] => Err(DerError::Content(tag::INTEGER)),
            [0, rest @ ..] if !rest.is_empty() => Ok(rest),
            all => Ok(all),
        }
    }

    /// A bit string of whole bytes.
    pub fn bit_string(&mut self) -> Result<&'a [u8], DerError> {
        match self.expect(tag::BIT_STRING)?.content.split_first() {
            Some((0, bits)) => Ok(bits),
            _ => Err(DerError::Content(tag::BIT_STRING)),
        }
    }

    /// A boolean, or `false` where none stands there: the default in every structure that is read here.
    pub fn boolean_or_false(&mut self) -> Result<bool, DerError> {
        match self.optional(tag::BOOLEAN)?.map(|value| value.content) {
            None | Some([0]) => Ok(false),
            Some([0xff]) => Ok(true),
            Some(_) => Err(DerError::Content(tag::BOOLEAN)),
        }
    }

    /// A time in the one form certificates may use: Zulu, with seconds, without fractions (RFC 5280 §4.1.2.5).
    ///
    /// A time before 1970 reads as 1970.
    pub fn time(&mut self) -> Result<UnixTime, DerError> {
        let value = self.value()?;
        read_time(value).ok_or(DerError::Content(value.tag))
    }

    /// Whether all was read.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Ends the decode: bytes left over are [`DerError::Trailing`].
    pub fn finish(self) -> Result<(), DerError> {
        self.0.finish().map_err(|_| DerError::Trailing)
    }
}

/// X.690 §10.1: the definite form, in as few bytes as can be. The size of tag and length, and the length.
fn length(reader: &mut Reader<'_>) -> Result<(usize, usize), DerError> {
    let first = reader.u8()?;
    let (header, length, least) = match first {
        0..=0x7f => return Ok((2, usize::from(first))),
        0x81 => (3, u32::from(reader.u8()?), 0x80),
        0x82 => (4, u32::from(reader.u16()?), 0x100),
        0x83 => (5, reader.u24()?, 0x1_0000),
        0x84 => (6, reader.u32()?, 0x100_0000),
        _ => return Err(DerError::Length),
    };
    match usize::try_from(length) {
        Ok(size) if length >= least => Ok((header, size)),
        _ => Err(DerError::Length),
    }
}

#[expect(clippy::arithmetic_side_effects, reason = "a year has four digits, all else two")]
fn read_time(value: Value<'_>) -> Option<UnixTime> {
    let (pairs, []) = value.content.strip_suffix(b"Z")?.as_chunks::<2>() else {
        return None;
    };
    let (year, rest) = match (value.tag, pairs) {
        // RFC 5280 §4.1.2.5.1: 50 and above is the last century.
        (tag::UTC_TIME, [year, rest @ ..]) => match two_digits(*year)? {
            year @ 50.. => (1900 + year, rest),
            year => (2000 + year, rest),
        },
        (tag::GENERALIZED_TIME, [century, year, rest @ ..]) => (two_digits(*century)? * 100 + two_digits(*year)?, rest),
        _ => return None,
    };
    let &[month, day, hour, minute, second] = rest else {
        return None;
    };
    let [month, day, hour, minute, second] = [
        two_digits(month)?,
        two_digits(day)?,
        two_digits(hour)?,
        two_digits(minute)?,
        two_digits(second)?,
    ];
    let possible = (1..=12).contains(&month)
        && (1..=days_of(year, month)).contains(&day)
        && hour < 24
        && minute < 60
        && second < 60;
    let seconds = days_since_1970(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second;
    possible.then(|| UnixTime::from_seconds(u64::try_from(seconds).unwrap_or(0)))
}

#[expect(clippy::arithmetic_side_effects, reason = "a year has four digits, all else two")]
fn two_digits(pair: [u8; 2]) -> Option<i64> {
    let [tens, ones] = pair.map(|digit| char::from(digit).to_digit(10));
    Some(i64::from(tens? * 10 + ones?))
}

const fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days from 1970-01-01 to a date of the proleptic Gregorian calendar, whose years begin in March here: leap days come last.
#[expect(clippy::arithmetic_side_effects, reason = "a year has four digits, all else two")]
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
        assert_eq!(read(tag::UTC_TIME, "491231235959Z"), Ok(2_524_607_999));
        assert_eq!(read(tag::UTC_TIME, "500101000000Z"), Ok(0), "1950");
        assert_eq!(read(tag::GENERALIZED_TIME, "20500101000000Z"), Ok(2_524_608_000));
        assert_eq!(read(tag::GENERALIZED_TIME, "99991231235959Z"), Ok(253_402_300_799));
        for bad in [
            "260601000000",
            "2606010000Z",
            "261301000000Z",
            "260229000000Z",
            "210631000000Z",
            "70010100000 Z",
            "26060100000+Z",
            "-10601000000Z",
            "",
        ] {
            assert_eq!(read(tag::UTC_TIME, bad), Err(DerError::Content(tag::UTC_TIME)), "{bad}");
        }
        assert!(read(tag::GENERALIZED_TIME, "197001010000+0000").is_err());
    }

    #[test]
    fn values_are_read_and_bounded() {
        let mut der = Der::new(&[0x30, 3, 0x02, 1, 7, 0x05, 0]);
        let mut inside = der.inside(tag::SEQUENCE).unwrap();
        assert_eq!(inside.expect(tag::INTEGER).unwrap().content, [7]);
        assert_eq!(inside.finish(), Ok(()));
        assert_eq!(der.clone().finish(), Err(DerError::Trailing));
        let other = DerError::Unexpected {
            expected: 0x31,
            found: 5,
        };
        assert_eq!(der.expect(tag::SET), Err(other));
        assert_eq!(der.optional(tag::SET), Ok(None));
        assert_eq!(der.value().unwrap().whole, [5, 0]);
        assert!(der.is_empty() && der.optional(tag::SET) == Ok(None));
        let mut long = vec![4, 0x82, 1, 0];
        long.extend([9; 256]);
        let value = Der::new(&long).value().unwrap();
        assert_eq!((value.content.len(), value.whole.len()), (256, 260));
    }

    #[test]
    fn what_is_not_der_is_refused() {
        for (bytes, error) in [
            (&[0x04, 0x80, 0, 0][..], DerError::Length),
            (&[0x04, 0x81, 0x7f], DerError::Length),
            (&[0x04, 0x82, 0x00, 0x80], DerError::Length),
            (&[0x04, 0x85, 1, 1, 1, 1, 1], DerError::Length),
            (&[0x04, 0x84, 0xff, 0xff, 0xff, 0xff], DerError::Truncated),
            (&[0x04, 2, 0], DerError::Truncated),
            (&[0x1f, 0x81, 0], DerError::Content(0x1f)),
            (&[], DerError::Truncated),
        ] {
            assert_eq!(Der::new(bytes).value(), Err(error), "{bytes:02x?}");
        }
        assert!(Der::new(&[1, 1, 2]).boolean_or_false().is_err());
        assert!(Der::new(&[2, 0]).unsigned().is_err());
        assert!(Der::new(&[3, 2, 1, 2]).bit_string().is_err());
    }
}
