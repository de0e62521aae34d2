//! One connection's HTTP by hyper: its bounds, its deadlines, and an end that loses nothing.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper::server::conn::{http1 as one, http2 as two};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;
use tower_service::Service as _;

use super::progress::WRITE_DEADLINE;
use super::socket::{Agreed, Slot};
use super::streams::{Counted, Open, Tasks};
use super::unread::Unread;
use super::{DeviceKey, Origin, Peer};

/// The most bytes of a request's head. Its fields are at most 100, which is hyper's own bound.
pub(super) const HEAD: u32 = 32 * 1024;
/// How long the head of a request may take, and how long a connection may be without a request.
pub(super) const HEAD_DEADLINE: Duration = Duration::from_secs(30);
/// The most requests at one time on one HTTP/2 connection.
pub(super) const STREAMS: u32 = 64;
/// Streams that a client opened and took back before they were looked at; one more ends the connection (CVE-2023-44487).
pub(super) const TAKEN_BACK: usize = 20;
/// How many bytes a client may send ahead on one stream: no body is longer.
const STREAM_WINDOW: u32 = 128 * 1024;
/// The same for all streams of a connection together.
const CONNECTION_WINDOW: u32 = 256 * 1024;
/// How many bytes of one answer wait for a client that does not read.
const SEND_BUFFER: usize = 64 * 1024;
/// How much is read of what a client still says after its last answer.
const LINGER_BYTES: u64 = 1 << 20;

/// A connection that is a WebSocket from here on.
pub(super) struct Upgraded {
    pub(super) agreed: Agreed,
    /// What the client said after its handshake.
    pub(super) read: Vec<u8>,
}

/// Serves HTTP/1.1 until the connection ends or must, or becomes a WebSocket; the stream is left open.
pub(super) async fn http1<S>(
    stream: S,
    routes: Router,
    peer: Peer,
    stop: impl Future<Output = ()>,
) -> io::Result<Option<Upgraded>>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let slot = Slot::default();
    let service = service_fn(|request| {
        let mut request = received(request.map(Body::new), peer);
        request.extensions_mut().insert(slot.clone());
        Box::pin(routes.clone().call(request))
    });
    let mut builder = one::Builder::new();
    builder
        .timer(TokioTimer::new())
        .auto_date_header(false)
        .header_read_timeout(HEAD_DEADLINE)
        .max_buf_size(HEAD as usize);
    let mut connection = builder.serve_connection(TokioIo::new(stream), service);
    let ended = tokio::select! {
        biased;
        () = stop => None,
        ended = poll_fn(|cx| connection.poll_without_shutdown(cx)) => Some(ended),
    };
    let ended = match ended {
        Some(ended) => ended,
        None => {
            Pin::new(&mut connection).graceful_shutdown();
            poll_fn(|cx| connection.poll_without_shutdown(cx)).await
        }
    };
    ended.map_err(io::Error::other)?;
    Ok(slot.take().map(|agreed| Upgraded {
        agreed,
        read: connection.into_parts().read_buf.into(),
    }))
}

/// Serves HTTP/2 until the connection ends, must, or had no request for too long.
pub(super) async fn http2<S>(stream: S, routes: Router, peer: Peer, stop: impl Future<Output = ()>) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let (tasks, open) = (Tasks::default(), Arc::new(Open::default()));
    let service = service_fn(|request| {
        let (head, body) = request.into_parts();
        let (body, unread) = Unread::share(body);
        let request = received(Request::from_parts(head, body), peer);
        let (answer, counted) = (routes.clone().call(request), Counted::new(&open));
        Box::pin(async move {
            let answer = answer.await?;
            unread.throw_away().await;
            Ok::<_, std::convert::Infallible>(counted.with(answer))
        })
    });
    let mut builder = two::Builder::new(tasks.clone());
    builder
        .timer(TokioTimer::new())
        .auto_date_header(false)
        .max_concurrent_streams(STREAMS)
        .max_pending_accept_reset_streams(TAKEN_BACK)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(SEND_BUFFER)
        .max_header_list_size(HEAD)
        .keep_alive_interval(HEAD_DEADLINE);
    let mut connection = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), service));
    tokio::select! {
        biased;
        () = stop => {}
        () = open.idle() => {}
        ended = &mut connection => return ended.map_err(io::Error::other),
    }
    connection.as_mut().graceful_shutdown();
    // The last bytes of an answer may wait for a client that lets none of them come.
    match timeout(WRITE_DEADLINE, connection).await {
        Ok(ended) => ended.map_err(io::Error::other),
        Err(_) => Err(io::ErrorKind::TimedOut.into()),
    }
}

fn received(mut request: Request, peer: Peer) -> Request {
    request.extensions_mut().insert(Origin(peer.address));
    if let Some(key) = peer.key {
        request.extensions_mut().insert(DeviceKey(key));
    }
    request
}

/// Says that no more comes, and reads on for a while what the peer has still to say: a connection that is closed before would be
/// reset, and the last answer might be lost.
pub(super) async fn linger<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S) -> io::Result<()> {
    stream.shutdown().await?;
    let mut rest = (&mut stream).take(LINGER_BYTES);
    tokio::io::copy(&mut rest, &mut tokio::io::sink()).await.map(|_| ())
}
