//! TLS over any stream: tokio's `AsyncRead` and `AsyncWrite` around a sans-IO connection.

use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::error::io_error;
use crate::clock::UnixTime;
use crate::crypto::Random;
use crate::crypto::random::RandomUnavailable;
use crate::tls::{self, Connection, Negotiated};

/// Bytes read from the transport at once. The buffer lives on the stack of one poll: a quiet stream holds none.
const READ_AT_ONCE: usize = 32 * 1024;
/// Sealed bytes that may wait for the transport before a writer has to wait too.
const WAITING_LIMIT: usize = 64 * 1024;
/// How often a failed writer reads on, for the alert that says why.
const LAST_READS: usize = 16;
/// Plaintext taken from a writer at once.
const WRITE_AT_ONCE: usize = 64 * 1024;

/// An open TLS connection over `S`.
///
/// Reading gives the peer's data; the end is given only after its close_notify, anything else is an error
/// ([`tls::Error::Cut`]). Writes are sealed at once, one record for each 16 KiB of a single write, and sent as the transport
/// takes them: flush to be sure. Shutting down sends close_notify, then shuts the transport down.
#[derive(Debug)]
pub struct TlsStream<S> {
    io: S,
    connection: Connection,
    /// Who waits for the transport to take more: a writer may be of another task than the reader.
    writer: Option<Waker>,
}

/// Wakes a reader and a writer: a transport remembers only who asked last.
struct Both([Waker; 2]);

impl Wake for Both {
    fn wake(self: Arc<Self>) {
        self.0.iter().for_each(Waker::wake_by_ref);
    }
}

/// After the handshake nothing random is needed.
struct NothingRandom;

impl Random for NothingRandom {
    fn fill(&mut self, _out: &mut [u8]) -> Result<(), RandomUnavailable> {
        Err(RandomUnavailable)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> TlsStream<S> {
    pub(super) const fn new(io: S, connection: Connection) -> Self {
        Self {
            io,
            connection,
            writer: None,
        }
    }

    /// What the handshake settled.
    #[must_use]
    pub fn facts(&self) -> Option<&Negotiated> {
        self.connection.facts()
    }

    /// The transport.
    pub const fn transport(&self) -> &S {
        &self.io
    }

    pub(super) const fn transport_mut(&mut self) -> &mut S {
        &mut self.io
    }

    /// The connection, for what a stream has no verbs for: the state's name, key updates.
    pub const fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Changes our write key, and with `request` asks the peer to change its own; sent with the next flush.
    pub fn update_key(&mut self, request: bool) -> Result<(), tls::Error> {
        self.connection.update_key(request)
    }

    /// Writes what waits. Ready when nothing waits any more.
    pub(super) fn poll_transmit(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.connection.transmit().is_empty() {
            let written = ready!(Pin::new(&mut self.io).poll_write(cx, self.connection.transmit()))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.connection.transmitted(written);
        }
        Poll::Ready(Ok(()))
    }

    /// As [`Self::poll_transmit`], for a writer.
    fn poll_write_out(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let done = self.poll_transmit(cx);
        self.writer = done.is_pending().then(|| cx.waker().clone());
        done
    }

    /// As [`Self::poll_transmit`], for a reader, which must not take a waiting writer's place.
    fn poll_write_beside(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.connection.transmit().is_empty() {
            return Poll::Ready(Ok(()));
        }
        let Some(writer) = self.writer.take() else {
            return self.poll_transmit(cx);
        };
        let both = Waker::from(Arc::new(Both([cx.waker().clone(), writer.clone()])));
        let done = self.poll_transmit(&mut Context::from_waker(&both));
        if done.is_pending() {
            self.writer = Some(writer);
        } else {
            writer.wake();
        }
        done
    }

    /// As [`Self::poll_receive`], once the handshake is complete: no certificate comes, nothing is drawn any more.
    fn poll_receive_data(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut context = tls::Context {
            now: UnixTime::default(),
            random: &mut NothingRandom,
        };
        self.poll_receive(cx, &mut context, |_| {})
    }

    /// Why the transport failed a write, where the peer said why before it closed: a broken pipe alone tells nobody anything.
    fn reason_of(&mut self, error: io::Error, cx: &mut Context<'_>) -> io::Error {
        for _ in 0..LAST_READS {
            if self.connection.error().is_some() {
                break;
            }
            match self.poll_receive_data(cx) {
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(_)) | Poll::Pending => break,
            }
        }
        match self.connection.error() {
            Some(reason @ tls::Error::AlertReceived(_)) => io_error(reason.clone()),
            _ => error,
        }
    }

    /// Reads once from the transport into the connection; says how many bytes came, and shows them to `look`.
    pub(super) fn poll_receive(
        &mut self,
        cx: &mut Context<'_>,
        context: &mut tls::Context<'_>,
        look: impl FnOnce(&[u8]),
    ) -> Poll<io::Result<usize>> {
        let mut room = [const { MaybeUninit::uninit() }; READ_AT_ONCE];
        let mut buffer = ReadBuf::uninit(&mut room);
        ready!(Pin::new(&mut self.io).poll_read(cx, &mut buffer))?;
        let wire = buffer.filled();
        look(wire);
        let received = if wire.is_empty() {
            self.connection.receive_end()
        } else {
            self.connection.receive(wire, context)
        };
        let count = wire.len();
        Poll::Ready(received.map(|()| count).map_err(io_error))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for TlsStream<S> {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        loop {
            let count = this.connection.read(buf.initialize_unfilled());
            if count > 0 || buf.remaining() == 0 {
                buf.advance(count);
                return Poll::Ready(Ok(()));
            }
            if this.connection.is_closed_by_peer() {
                return Poll::Ready(Ok(()));
            }
            if let Some(error) = this.connection.error() {
                return Poll::Ready(Err(io_error(error.clone())));
            }
            let received = this.poll_receive_data(cx);
            // Answers to KeyUpdate, and the alert of a failure, go out as far as the transport takes them.
            if let Poll::Ready(Err(error)) = this.poll_write_beside(cx)
                && received.is_pending()
            {
                return Poll::Ready(Err(error));
            }
            match received {
                Poll::Ready(Ok(_)) => {}
                // What came before the failure is given first; the next read gives the error again.
                Poll::Ready(Err(error)) if this.connection.error().is_none() => return Poll::Ready(Err(error)),
                Poll::Ready(Err(_)) => {}
                Poll::Pending => {
                    this.connection.release_idle_buffers();
                    return Poll::Pending;
                }
            }
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for TlsStream<S> {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.connection.transmit().len() >= WAITING_LIMIT
            && let Err(error) = ready!(this.poll_write_out(cx))
        {
            return Poll::Ready(Err(this.reason_of(error, cx)));
        }
        let (taken, _) = buf.split_at(buf.len().min(WRITE_AT_ONCE));
        this.connection.send(taken).map_err(io_error)?;
        // Whatever the transport does not take now waits; the next write or flush goes on.
        if let Poll::Ready(Err(error)) = this.poll_write_out(cx) {
            return Poll::Ready(Err(this.reason_of(error, cx)));
        }
        Poll::Ready(Ok(taken.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if let Err(error) = ready!(this.poll_write_out(cx)) {
            return Poll::Ready(Err(this.reason_of(error, cx)));
        }
        Pin::new(&mut this.io).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.connection.close();
        ready!(this.poll_write_out(cx))?;
        Pin::new(&mut this.io).poll_shutdown(cx)
    }
}
