//! What an HTTP/2 connection has open: its requests, and whether what answers them is taken.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use axum::body::Body;
use axum::response::Response;
use hyper::body::{Bytes, Frame, SizeHint};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::connection::HEAD_DEADLINE;
use super::progress::WRITE_DEADLINE;

/// How much of an answer is handed over at once: more of it waits for the client inside HTTP/2, whoever lets none come.
const CHUNK: usize = 16 * 1024;

/// The tasks of one connection, one for each request; they end with it. One whose answer is not taken for [`WRITE_DEADLINE`] is
/// dropped, and its stream reset.
#[derive(Debug, Clone, Default)]
pub(super) struct Tasks(Arc<Mutex<JoinSet<()>>>);

impl<F> hyper::rt::Executor<F> for Tasks
where
    F: Future<Output = ()> + Send + 'static,
{
    fn execute(&self, task: F) {
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        let taken = Arc::new(Taken::default());
        tasks.spawn(TAKEN.scope(Arc::clone(&taken), async move {
            tokio::select! {
                biased;
                () = task => {}
                () = taken.given_up() => tracing::debug!("a client lets nothing of its answer come"),
            }
        }));
    }
}

tokio::task_local! {
    static TAKEN: Arc<Taken>;
}

/// Since when a part of an answer waits for its client, if one does.
#[derive(Debug, Default)]
struct Taken(Mutex<Option<Instant>>);

impl Taken {
    /// HTTP/2 asks for the next part when the client has let the last one come.
    fn is_given(is_given: bool) {
        let since = is_given.then(Instant::now);
        // Answers are made by tasks of their own; if ever by another, it is not watched.
        let _ = TAKEN.try_with(|taken| *taken.0.lock().unwrap_or_else(PoisonError::into_inner) = since);
    }

    /// Waits until a part has waited too long.
    async fn given_up(&self) {
        let mut due = Instant::now() + WRITE_DEADLINE;
        loop {
            sleep_until(due).await;
            let since = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            due = since.unwrap_or(now) + WRITE_DEADLINE;
            if due <= now {
                return;
            }
        }
    }
}

/// How many requests of a connection are not answered to the end.
#[derive(Debug, Default)]
pub(super) struct Open {
    requests: AtomicUsize,
    changed: Notify,
}

impl Open {
    /// Waits until there was no request for [`HEAD_DEADLINE`].
    pub(super) async fn idle(&self) {
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
pub(super) struct Counted(Arc<Open>);

impl Counted {
    pub(super) fn new(open: &Arc<Open>) -> Self {
        open.requests.fetch_add(1, Ordering::AcqRel);
        open.changed.notify_one();
        Self(Arc::clone(open))
    }

    pub(super) fn with(self, answer: Response) -> hyper::Response<CountedBody> {
        Taken::is_given(true);
        answer.map(|body| CountedBody {
            body,
            rest: Bytes::new(),
            _counted: self,
        })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.requests.fetch_sub(1, Ordering::AcqRel);
        self.0.changed.notify_one();
    }
}

/// An answer's body, in small parts, whose request is open as long as it is.
#[derive(Debug)]
pub(super) struct CountedBody {
    body: Body,
    /// What is left of a larger part.
    rest: Bytes,
    _counted: Counted,
}

impl hyper::body::Body for CountedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Taken::is_given(false);
        if self.rest.is_empty() {
            let Some(frame) = ready!(Pin::new(&mut self.body).poll_frame(cx)?) else {
                return Poll::Ready(None);
            };
            match frame.into_data() {
                Ok(data) => self.rest = data,
                Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
            }
        }
        let part = self.rest.len().min(CHUNK);
        let part = self.rest.split_to(part);
        Taken::is_given(true);
        Poll::Ready(Some(Ok(Frame::data(part))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (inner, rest) = (self.body.size_hint(), self.rest.len() as u64);
        let mut hint = SizeHint::new();
        hint.set_lower(inner.lower() + rest);
        if let Some(upper) = inner.upper() {
            hint.set_upper(upper + rest);
        }
        hint
    }
}
