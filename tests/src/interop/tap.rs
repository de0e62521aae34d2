//! A transport that remembers what crossed it: the records as they were on the wire.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What is kept of each direction.
const KEPT: usize = 128 * 1024;

/// What crossed a [`Tap`].
#[derive(Debug, Clone, Default)]
pub struct Wire(Arc<Mutex<[Vec<u8>; 2]>>);

/// One record, as its header tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// 20 change_cipher_spec, 21 alert, 22 handshake, 23 protected.
    pub content_type: u8,
    /// What follows the header.
    pub body: Vec<u8>,
}

impl Wire {
    /// The records that came in.
    #[must_use]
    pub fn received(&self) -> Vec<Record> {
        self.records(0)
    }

    /// The records that went out.
    #[must_use]
    pub fn sent(&self) -> Vec<Record> {
        self.records(1)
    }

    fn records(&self, direction: usize) -> Vec<Record> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut rest = kept[direction].as_slice();
        let mut records = Vec::new();
        while let [content_type, _, _, high, low, tail @ ..] = rest {
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            let Some((body, after)) = tail.split_at_checked(length) else {
                break;
            };
            records.push(Record {
                content_type: *content_type,
                body: body.to_vec(),
            });
            rest = after;
        }
        records
    }

    fn keep(&self, direction: usize, bytes: &[u8]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let room = KEPT.saturating_sub(kept[direction].len());
        kept[direction].extend(bytes.iter().take(room));
    }
}

/// Counts the ClientHellos among `records`; one may be spread over several.
#[must_use]
pub fn client_hellos(records: &[Record]) -> usize {
    let plain = records.iter().filter(|record| record.content_type == 22);
    let bytes: Vec<u8> = plain.flat_map(|record| record.body.clone()).collect();
    let (mut rest, mut count) = (bytes.as_slice(), 0);
    while let [kind, high, middle, low, tail @ ..] = rest {
        count += usize::from(*kind == 1);
        let length = u32::from_be_bytes([0, *high, *middle, *low]) as usize;
        rest = tail.get(length..).unwrap_or_default();
    }
    count
}

/// A stream that shows a [`Wire`] what crosses it.
#[derive(Debug)]
pub struct Tap<S> {
    io: S,
    wire: Wire,
}

impl<S> Tap<S> {
    /// Around `io`.
    pub const fn new(io: S, wire: Wire) -> Self {
        Self { io, wire }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Tap<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.io).poll_read(cx, buf);
        self.wire.keep(0, &buf.filled()[before..]);
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Tap<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.io).poll_write(cx, buf);
        if let Poll::Ready(Ok(count)) = polled {
            self.wire.keep(1, &buf[..count]);
        }
        polled
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
