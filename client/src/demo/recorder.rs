//! A stream that notes the TLS records passing through it: their direction, type, size and moment.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

/// The bytes of a record's header (RFC 8446 §5.1).
const HEADER: usize = 5;

/// Which way a record went, seen from the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// To the server.
    Out,
    /// From the server.
    In,
}

/// One record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) way: Way,
    /// The content type in the clear: 22 handshake, 20 change_cipher_spec, 23 everything protected.
    pub(super) kind: u8,
    /// Its size with the header, in bytes.
    pub(super) size: usize,
    /// When its last byte passed.
    pub(super) at: Instant,
}

/// What passed; shared with the [`Recorder`], which lives inside the TLS stream.
#[derive(Debug, Clone, Default)]
pub(super) struct Records(Arc<Mutex<Vec<Seen>>>);

/// The stream and its notes.
#[derive(Debug)]
pub(crate) struct Recorder<S> {
    stream: S,
    records: Records,
    outward: Cutter,
    inward: Cutter,
}

/// Finds the ends of records in one direction.
#[derive(Debug, Default)]
struct Cutter {
    header: Vec<u8>,
    left: usize,
}

impl Records {
    pub(super) fn all(&self) -> Vec<Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn add(&self, seen: Seen) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(seen);
    }
}

impl<S> Recorder<S> {
    pub(super) fn new(stream: S, records: Records) -> Self {
        Self {
            stream,
            records,
            outward: Cutter::default(),
            inward: Cutter::default(),
        }
    }
}

impl Cutter {
    /// Takes bytes as they pass; gives type and size of each record that ends in them.
    fn take(&mut self, mut bytes: &[u8]) -> Vec<(u8, usize)> {
        let mut ended = Vec::new();
        while let Some((&byte, rest)) = bytes.split_first() {
            if self.left > 0 {
                let (now, later) = bytes.split_at(self.left.min(bytes.len()));
                self.left -= now.len();
                bytes = later;
            } else {
                self.header.push(byte);
                bytes = rest;
                if let &[_, _, _, high, low] = self.header.as_slice() {
                    self.left = usize::from(u16::from_be_bytes([high, low]));
                }
            }
            if self.left == 0
                && let &[kind, _, _, high, low] = self.header.as_slice()
            {
                ended.push((kind, HEADER + usize::from(u16::from_be_bytes([high, low]))));
                self.header.clear();
            }
        }
        ended
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Recorder<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.stream).poll_read(context, buffer);
        for (kind, size) in self.inward.take(buffer.filled().get(before..).unwrap_or_default()) {
            self.records.add(Seen {
                way: Way::In,
                kind,
                size,
                at: Instant::now(),
            });
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Recorder<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.stream).poll_write(context, bytes);
        if let Poll::Ready(Ok(count)) = &polled {
            for (kind, size) in self.outward.take(bytes.get(..*count).unwrap_or_default()) {
                self.records.add(Seen {
                    way: Way::Out,
                    kind,
                    size,
                    at: Instant::now(),
                });
            }
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_cut_however_they_come() {
        let wire = [22, 3, 1, 0, 2, 9, 9, 20, 3, 3, 0, 1, 1, 23, 3, 3, 0, 0];
        for step in 1..wire.len() {
            let mut cutter = Cutter::default();
            let cut: Vec<_> = wire.chunks(step).flat_map(|chunk| cutter.take(chunk)).collect();
            assert_eq!(cut, [(22, 7), (20, 6), (23, 5)], "in steps of {step}");
        }
    }
}
