//! A bounds-checked cursor over untrusted bytes; the only place that takes them apart.

/// The bytes do not have the structure they should have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed {0}")]
pub struct Malformed(
    /// What was being read.
    pub &'static str,
);

/// A cursor over untrusted bytes. Every decode ends in [`Reader::finish`].
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    rest: &'a [u8],
    what: &'static str,
}

impl<'a> Reader<'a> {
    /// Starts at the first of `bytes`; `what` names the structure in errors.
    #[must_use]
    pub const fn new(bytes: &'a [u8], what: &'static str) -> Self {
        Self { rest: bytes, what }
    }

    /// The next `count` bytes.
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.rest.split_at_checked(count).ok_or(Malformed(self.what))?;
        self.rest = rest;
        Ok(taken)
    }

    /// The next `N` bytes as an array.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or(Malformed(self.what))?;
        self.rest = rest;
        Ok(*taken)
    }

    /// The next byte.
    pub fn u8(&mut self) -> Result<u8, Malformed> {
        self.array().map(|[byte]| byte)
    }

    /// The next two bytes, big-endian.
    pub fn u16(&mut self) -> Result<u16, Malformed> {
        self.array().map(u16::from_be_bytes)
    }

    /// The next three bytes, big-endian.
    pub fn u24(&mut self) -> Result<u32, Malformed> {
        self.array().map(|[a, b, c]| u32::from_be_bytes([0, a, b, c]))
    }

    /// The next four bytes, big-endian.
    pub fn u32(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_be_bytes)
    }

    /// A vector whose length takes one byte and is at least `least` bytes.
    pub fn vec8(&mut self, least: usize) -> Result<&'a [u8], Malformed> {
        let length = usize::from(self.u8()?);
        self.vec(length, least)
    }

    /// A vector whose length takes two bytes and is at least `least` bytes.
    pub fn vec16(&mut self, least: usize) -> Result<&'a [u8], Malformed> {
        let length = usize::from(self.u16()?);
        self.vec(length, least)
    }

    /// A vector whose length takes three bytes and is at least `least` bytes.
    pub fn vec24(&mut self, least: usize) -> Result<&'a [u8], Malformed> {
        let length = usize::try_from(self.u24()?).map_err(|_| Malformed(self.what))?;
        self.vec(length, least)
    }

    fn vec(&mut self, length: usize, least: usize) -> Result<&'a [u8], Malformed> {
        if length < least {
            return Err(Malformed(self.what));
        }
        self.take(length)
    }

    /// A reader over a part already taken, named as this one is.
    #[must_use]
    pub const fn within(&self, part: &'a [u8]) -> Self {
        Self::new(part, self.what)
    }

    /// All two-byte numbers of a vector whose length takes two bytes: at least one of them.
    pub fn list16(&mut self) -> Result<Vec<u16>, Malformed> {
        let list = self.vec16(2)?;
        let (pairs, []) = list.as_chunks::<2>() else {
            return Err(Malformed(self.what));
        };
        Ok(pairs.iter().copied().map(u16::from_be_bytes).collect())
    }

    /// Whether all bytes were read.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// What was not read yet, all of it; nothing is left after.
    pub const fn rest(&mut self) -> &'a [u8] {
        let rest = self.rest;
        self.rest = &[];
        rest
    }

    /// Ends the decode: bytes left over make the structure malformed.
    pub const fn finish(self) -> Result<(), Malformed> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(Malformed(self.what))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_keep_their_bounds() {
        let mut reader = Reader::new(&[2, 7, 8, 0, 2, 9, 9, 0, 0, 1, 5], "test");
        assert_eq!(reader.vec8(1), Ok(&[7, 8][..]));
        assert_eq!(reader.vec16(2), Ok(&[9, 9][..]));
        assert_eq!(reader.vec24(1), Ok(&[5][..]));
        assert_eq!(reader.finish(), Ok(()));
        assert_eq!(Reader::new(&[1, 7], "test").vec8(2), Err(Malformed("test")));
        assert_eq!(Reader::new(&[3, 7], "test").vec8(0), Err(Malformed("test")));
        assert_eq!(Reader::new(&[0, 3, 1, 2, 3], "test").list16(), Err(Malformed("test")));
        assert_eq!(Reader::new(&[1], "test").finish(), Err(Malformed("test")));
    }
}
