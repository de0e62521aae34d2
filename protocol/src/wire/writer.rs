//! Appends numbers and length-prefixed vectors to a buffer.

/// A vector is longer than its length field can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a vector is longer than its length field can say")]
pub struct TooLong;

/// Appends to a buffer. A vector too long for its length field is remembered and told by [`Writer::finish`].
#[derive(Debug, Default)]
pub struct Writer {
    out: Vec<u8>,
    too_long: bool,
}

impl Writer {
    /// An empty buffer.
    #[must_use]
    pub fn new() -> Self {
        Self {
            out: Vec::with_capacity(512),
            too_long: false,
        }
    }

    /// The bytes, or that a vector did not fit its length field.
    pub fn finish(self) -> Result<Vec<u8>, TooLong> {
        if self.too_long { Err(TooLong) } else { Ok(self.out) }
    }

    /// One byte.
    pub fn u8(&mut self, value: u8) {
        self.out.push(value);
    }

    /// Two bytes, big-endian.
    pub fn u16(&mut self, value: u16) {
        self.bytes(&value.to_be_bytes());
    }

    /// Four bytes, big-endian.
    pub fn u32(&mut self, value: u32) {
        self.bytes(&value.to_be_bytes());
    }

    /// Bytes as they are.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// A vector with a one-byte length, written by `write`.
    pub fn vec8(&mut self, write: impl FnOnce(&mut Self)) {
        self.vec::<1>(write);
    }

    /// A vector with a two-byte length, written by `write`.
    pub fn vec16(&mut self, write: impl FnOnce(&mut Self)) {
        self.vec::<2>(write);
    }

    /// A vector with a three-byte length, written by `write`.
    pub fn vec24(&mut self, write: impl FnOnce(&mut Self)) {
        self.vec::<3>(write);
    }

    fn vec<const WIDTH: usize>(&mut self, write: impl FnOnce(&mut Self)) {
        let start = self.out.len();
        self.bytes(&[0; WIDTH]);
        write(self);
        let length = self.out.len().saturating_sub(start).saturating_sub(WIDTH);
        let digits = length.to_be_bytes();
        let (high, low) = digits.split_at(digits.len().saturating_sub(WIDTH));
        self.too_long |= high.iter().any(|digit| *digit != 0);
        for (to, from) in self.out.iter_mut().skip(start).zip(low) {
            *to = *from;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_written_and_watched() {
        let mut writer = Writer::new();
        writer.vec8(|w| w.bytes(&[7, 8]));
        writer.vec16(|w| w.vec24(|w| w.u16(0x0909)));
        assert_eq!(writer.finish(), Ok(vec![2, 7, 8, 0, 5, 0, 0, 2, 9, 9]));
        let mut writer = Writer::new();
        writer.vec8(|w| w.bytes(&[0; 256]));
        assert_eq!(writer.finish(), Err(TooLong));
    }
}
