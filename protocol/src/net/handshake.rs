//! The handshake over a stream, within a deadline, and the farewell when it fails.

use std::future::poll_fn;
use std::io;
use std::task::Poll;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;

use super::environment::Environment;
use super::error::{Error, tls_error};
use super::stream::TlsStream;
use crate::clock::Clock;
use crate::crypto::Random;
use crate::tls::error::{Error as TlsError, Peer};
use crate::tls::{Connection, Context};

/// The time a handshake may take, unless the caller says otherwise.
pub const HANDSHAKE_DEADLINE: Duration = Duration::from_secs(10);
/// How long, and for how many bytes, a failed handshake waits for the peer to have read the alert.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: usize = 4 * 1024 * 1024;
/// How many of a peer's first bytes are kept, to tell what answered.
const FIRST_BYTES: usize = 64;

/// Drives `connection` to the end of its handshake.
pub(super) async fn complete<S: AsyncRead + AsyncWrite + Unpin>(
    io: S,
    connection: Connection,
    mut random: Box<dyn Random + Send>,
    environment: &Environment,
    deadline: Duration,
) -> Result<TlsStream<S>, Error> {
    let mut stream = TlsStream::new(io, connection);
    let mut first = Vec::new();
    let outcome = timeout(
        deadline,
        drive(&mut stream, &mut *random, &environment.clock, &mut first),
    )
    .await;
    let error = match outcome {
        Ok(Ok(())) => return Ok(stream),
        Ok(Err(error)) => error,
        Err(_elapsed) => return Err(Error::TimedOut(deadline)),
    };
    let _ = timeout(LINGER, linger(&mut stream)).await;
    match tls_error(&error) {
        Some(TlsError::Peer(Peer::UnknownRecordType(_))) => Err(Error::NotTls { first }),
        Some(reason) => Err(Error::Tls(reason.clone())),
        None => Err(Error::Io(error)),
    }
}

async fn drive<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut TlsStream<S>,
    random: &mut (dyn Random + Send),
    clock: &Clock,
    first: &mut Vec<u8>,
) -> io::Result<()> {
    poll_fn(|cx| {
        while stream.connection().is_handshaking() {
            if let Poll::Ready(Err(error)) = stream.poll_transmit(cx) {
                return Poll::Ready(Err(error));
            }
            let mut context = Context {
                now: clock.now(),
                random,
            };
            let keep = |wire: &[u8]| {
                let room = FIRST_BYTES.saturating_sub(first.len());
                first.extend(wire.iter().take(room));
            };
            match stream.poll_receive(cx, &mut context, keep) {
                Poll::Ready(Ok(_)) => {}
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return Poll::Pending,
            }
        }
        stream.poll_transmit(cx)
    })
    .await
}

/// Sends the alert and reads on for a little: a socket closed with unread bytes resets, and the peer would lose the alert.
async fn linger<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut TlsStream<S>) -> io::Result<()> {
    poll_fn(|cx| stream.poll_transmit(cx)).await?;
    let io = stream.transport_mut();
    io.shutdown().await?;
    let mut left = LINGER_BYTES;
    let mut rest = [0; 4096];
    while left > 0 {
        match io.read(&mut rest).await? {
            0 => break,
            count => left = left.saturating_sub(count),
        }
    }
    Ok(())
}
