//! A connection that ends when its peer takes nothing of what it is sent for too long.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use nihao_protocol::net::TlsStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep_until};

/// How long what was written may wait without one byte of it being taken.
pub(super) const WRITE_DEADLINE: Duration = Duration::from_secs(30);

/// A TLS stream whose writes fail when nothing of them goes out for [`WRITE_DEADLINE`].
pub(super) struct Progress<S> {
    stream: TlsStream<S>,
    stalled: Option<Stalled>,
}

/// Sealed bytes that wait for the transport.
struct Stalled {
    /// As many as there were at least: with fewer there was progress.
    least: usize,
    deadline: Pin<Box<Sleep>>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Progress<S> {
    pub(super) const fn new(stream: TlsStream<S>) -> Self {
        Self { stream, stalled: None }
    }

    fn waiting(&self) -> usize {
        self.stream.connection().transmit().len()
    }

    /// Passes on what came of a write, before which so many bytes waited; one that waits too long has failed.
    fn judge<T>(&mut self, before: usize, written: Poll<io::Result<T>>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        let waiting = self.waiting();
        if waiting == 0 {
            self.stalled = None;
            return written;
        }
        let later = || Instant::now() + WRITE_DEADLINE;
        let stalled = self.stalled.get_or_insert_with(|| Stalled {
            least: waiting,
            deadline: Box::pin(sleep_until(later())),
        });
        // What was just added is no progress, and does not hide any.
        stalled.least += waiting.saturating_sub(before);
        if waiting < stalled.least {
            stalled.least = waiting;
            stalled.deadline.as_mut().reset(later());
        }
        if written.is_ready() {
            return written;
        }
        stalled.deadline.as_mut().poll(cx).map(|()| {
            let error = "the peer takes nothing of what it is sent";
            Err(io::Error::new(io::ErrorKind::TimedOut, error))
        })
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Progress<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Progress<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let before = self.waiting();
        let written = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.judge(before, written, cx)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let before = self.waiting();
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        self.judge(before, flushed, cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let before = self.waiting();
        let shut = Pin::new(&mut self.stream).poll_shutdown(cx);
        self.judge(before, shut, cx)
    }
}
