//! DER (X.690): one strict tag-length-value reader, definite and minimal lengths only.

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

#[cfg(test)]
mod tests {
    use super::*;

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
