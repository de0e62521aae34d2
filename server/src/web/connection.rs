//! One connection's HTTP by hyper: its bounds, its deadlines, and an end that loses nothing.

use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use hyper::body::{Bytes, Frame, Incoming, SizeHint};
use hyper::server::conn::{http1 as one, http2 as two};
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tower_service::Service as _;

use super::socket::{Agreed, Slot};
use super::{Origin, Peer};

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
        let mut request = received(request, peer);
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
        let (answer, counted) = (routes.clone().call(received(request, peer)), Counted::new(&open));
        Box::pin(async move { answer.await.map(|answer| counted.with(answer)) })
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
    connection.await.map_err(io::Error::other)
}

fn received(request: hyper::Request<Incoming>, peer: Peer) -> Request {
    let mut request = request.map(Body::new);
    request.extensions_mut().insert(Origin(peer.address));
    request
}

/// Says that no more comes, and reads on for a while what the peer has still to say: a connection that is closed before would be
/// reset, and the last answer might be lost.
pub(super) async fn linger<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S) -> io::Result<()> {
    stream.shutdown().await?;
    let mut rest = (&mut stream).take(LINGER_BYTES);
    tokio::io::copy(&mut rest, &mut tokio::io::sink()).await.map(|_| ())
}

/// The tasks of one connection, which end with it.
#[derive(Debug, Clone, Default)]
struct Tasks(Arc<Mutex<JoinSet<()>>>);

impl<F> hyper::rt::Executor<F> for Tasks
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, task: F) {
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }
}

/// How many requests of a connection are not answered to the end.
#[derive(Debug, Default)]
struct Open {
    requests: AtomicUsize,
    changed: Notify,
}

impl Open {
    /// Waits until there was no request for [`HEAD_DEADLINE`].
    async fn idle(&self) {
        loop {
            if self.requests.load(Ordering::Acquire) > 0 {
                self.changed.notified().await;
                continue;
            }
            if tokio::time::timeout(HEAD_DEADLINE, self.changed.notified())
                .await
                .is_err()
            {
                return;
            }
        }
    }
}

/// One request, counted as long as this lives.
#[derive(Debug)]
struct Counted(Arc<Open>);

impl Counted {
    fn new(open: &Arc<Open>) -> Self {
        open.requests.fetch_add(1, Ordering::AcqRel);
        open.changed.notify_one();
        Self(Arc::clone(open))
    }

    fn with(self, answer: Response) -> hyper::Response<CountedBody> {
        answer.map(|body| CountedBody { body, _counted: self })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.requests.fetch_sub(1, Ordering::AcqRel);
        self.0.changed.notify_one();
    }
}

/// An answer's body, whose request is open as long as it is.
#[derive(Debug)]
struct CountedBody {
    body: Body,
    _counted: Counted,
}

impl hyper::body::Body for CountedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
