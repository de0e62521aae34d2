//! A strict reader of DER: definite, minimal lengths; every read is bounded by the value it is in.

/// The tags that certificates are made of.
pub mod tag {
    #![expect(missing_docs, reason = "the names are those of X.680")]
    pub const BOOLEAN: u8 = 0x01;
    pub const INTEGER: u8 = 0x02;
    pub const BIT_STRING: u8 = 0x03;
    pub const OCTET_STRING: u8 = 0x04;
    pub const OID: u8 = 0x06;
    pub const UTC_TIME: u8 = 0x17;
    pub const GENERALIZED_TIME: u8 = 0x18;
    pub const SEQUENCE: u8 = 0x30;
    pub const SET: u8 = 0x31;
    /// Context-specific and constructed.
    pub const fn explicit(number: u8) -> u8 {
        0xa0 | number
    }
    /// Context-specific and primitive.
    pub const fn implicit(number: u8) -> u8 {
        0x80 | number
    }
}

/// Object identifiers that are decided on, in dotted form.
pub mod oid {
    #![expect(missing_docs, reason = "the names are those of the RFCs")]
    pub const ED25519: &str = "1.3.101.112";
    pub const EC_PUBLIC_KEY: &str = "1.2.840.10045.2.1";
    pub const P256: &str = "1.2.840.10045.3.1.7";
    pub const ECDSA_SHA256: &str = "1.2.840.10045.4.3.2";
    pub const COMMON_NAME: &str = "2.5.4.3";
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
    /// The content does not fit its type.
    #[error("a value of type 0x{0:02x} has impossible content")]
    Content(u8),
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

/// A cursor over values that stand one after the other.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads from the beginning of `bytes`.
    #[must_use]
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// The next value, whatever it is.
    ///
    /// # Errors
    /// [`DerError`] where no whole value follows.
    pub fn value(&mut self) -> Result<Value<'a>, DerError> {
        let before = self.rest;
        let (&tag, rest) = before.split_first().ok_or(DerError::Truncated)?;
        if tag & 0x1f == 0x1f {
            return Err(DerError::Content(tag));
        }
        let (&first, mut rest) = rest.split_first().ok_or(DerError::Truncated)?;
        let mut length = usize::from(first);
        if first >= 0x80 {
            let count = usize::from(first & 0x7f);
            if !(1..=4).contains(&count) {
                return Err(DerError::Length);
            }
            let (digits, after) = rest.split_at_checked(count).ok_or(DerError::Truncated)?;
            length = digits.iter().fold(0, |sum, &digit| sum << 8 | usize::from(digit));
            let is_minimal = length >= 0x80 && digits.first() != Some(&0);
            if !is_minimal {
                return Err(DerError::Length);
            }
            rest = after;
        }
        let (content, rest) = rest.split_at_checked(length).ok_or(DerError::Truncated)?;
        let (whole, _) = before.split_at(before.len() - rest.len());
        self.rest = rest;
        Ok(Value { tag, content, whole })
    }

    /// The tag of the next value, if there is one.
    #[must_use]
    pub fn peek(&self) -> Option<u8> {
        self.rest.first().copied()
    }

    /// The next value, which must have this tag.
    ///
    /// # Errors
    /// [`DerError::Unexpected`] for another tag.
    pub fn expect(&mut self, expected: u8) -> Result<Value<'a>, DerError> {
        let mut ahead = self.clone();
        let value = ahead.value()?;
        if value.tag != expected {
            return Err(DerError::Unexpected {
                expected,
                found: value.tag,
            });
        }
        *self = ahead;
        Ok(value)
    }

    /// A reader over the content of the next value, which must have this tag.
    ///
    /// # Errors
    /// As [`Self::expect`].
    pub fn inside(&mut self, expected: u8) -> Result<Self, DerError> {
        Ok(Self::new(self.expect(expected)?.content))
    }

    /// The next value's content if it has this tag, else nothing is read.
    ///
    /// # Errors
    /// [`DerError`] where a value begins and does not end.
    pub fn optional(&mut self, wanted: u8) -> Result<Option<Value<'a>>, DerError> {
        if self.peek() == Some(wanted) {
            self.value().map(Some)
        } else {
            Ok(None)
        }
    }

    /// An object identifier in dotted form.
    ///
    /// # Errors
    /// [`DerError`] where none stands there.
    pub fn oid(&mut self) -> Result<String, DerError> {
        dotted(self.expect(tag::OID)?.content)
    }

    /// A bit string of whole bytes.
    ///
    /// # Errors
    /// [`DerError`] where none stands there, or its length in bits is not a multiple of eight.
    pub fn bit_string(&mut self) -> Result<&'a [u8], DerError> {
        match self.expect(tag::BIT_STRING)?.content.split_first() {
            Some((0, bits)) => Ok(bits),
            _ => Err(DerError::Content(tag::BIT_STRING)),
        }
    }

    /// A boolean, or `false` where none stands there (the default in every structure that is read here).
    ///
    /// # Errors
    /// [`DerError::Content`] for a boolean of neither value.
    pub fn boolean_or_false(&mut self) -> Result<bool, DerError> {
        match self.optional(tag::BOOLEAN)?.map(|value| value.content) {
            None | Some([0]) => Ok(false),
            Some([0xff]) => Ok(true),
            Some(_) => Err(DerError::Content(tag::BOOLEAN)),
        }
    }

    /// Whether everything was read.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// [`DerError::Trailing`] if anything is left.
    pub const fn finish(&self) -> Result<(), DerError> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(DerError::Trailing)
        }
    }
}

fn dotted(content: &[u8]) -> Result<String, DerError> {
    let bad = DerError::Content(tag::OID);
    let mut arcs: Vec<u64> = Vec::new();
    let mut arc = 0_u64;
    let mut ended = false;
    for &byte in content {
        arc = arc
            .checked_mul(128)
            .and_then(|arc| arc.checked_add(u64::from(byte & 0x7f)))
            .ok_or(bad)?;
        ended = byte < 0x80;
        if ended {
            if arcs.is_empty() {
                let root = (arc / 40).min(2);
                arcs.push(root);
                arc -= root * 40;
            }
            arcs.push(arc);
            arc = 0;
        }
    }
    if !ended {
        return Err(bad);
    }
    Ok(arcs.iter().map(u64::to_string).collect::<Vec<_>>().join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_and_bounded() {
        let mut reader = Reader::new(&[0x30, 3, 0x02, 1, 7, 0x05, 0]);
        let mut inside = reader.inside(tag::SEQUENCE).unwrap();
        assert_eq!(inside.expect(tag::INTEGER).unwrap().content, [7]);
        assert_eq!(inside.finish(), Ok(()));
        assert_eq!(reader.finish(), Err(DerError::Trailing));
        assert_eq!(
            reader.expect(tag::SET),
            Err(DerError::Unexpected {
                expected: 0x31,
                found: 5
            })
        );
        assert_eq!(reader.value().unwrap().whole, [5, 0]);
    }

    #[test]
    fn lengths_that_are_not_der_are_refused() {
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
            assert_eq!(Reader::new(bytes).value(), Err(error), "{bytes:02x?}");
        }
    }

    #[test]
    fn object_identifiers_read_as_dots() {
        for (bytes, text) in [
            (&[0x06, 3, 0x2b, 0x65, 0x70][..], "1.3.101.112"),
            (&[0x06, 3, 0x55, 0x04, 0x03], "2.5.4.3"),
            (&[0x06, 2, 0x88, 0x37], "2.999"),
        ] {
            assert_eq!(Reader::new(bytes).oid().unwrap(), text);
        }
        assert!(Reader::new(&[0x06, 1, 0x80]).oid().is_err());
        assert!(Reader::new(&[0x06, 0]).oid().is_err());
    }
}
