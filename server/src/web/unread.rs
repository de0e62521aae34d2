//! What an answer leaves unread of its request: read and thrown away, within bounds, before the answer goes out.
//!
//! HTTP/2 resets a stream whose request is not read to its end (RFC 9113 §8.1), and some clients take that for the answer.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use hyper::body::{Body as _, Bytes, Frame, Incoming, SizeHint};

/// How long an answer waits for the rest of its request.
const PATIENCE: Duration = Duration::from_secs(1);
/// The most bytes that are thrown away: twice what the longest body may have.
const MOST: usize = 2 * super::BODY;

/// The rest of a request's body.
#[derive(Debug)]
pub(super) struct Unread(Shared);

/// A body that somebody else may go on with.
#[derive(Debug, Clone)]
struct Shared(Arc<Mutex<Incoming>>);

impl Unread {
    /// The body for whoever answers, and what they will have left of it.
    pub(super) fn share(body: Incoming) -> (Body, Self) {
        let shared = Shared(Arc::new(Mutex::new(body)));
        (Body::new(shared.clone()), Self(shared))
    }

    /// Reads on to the end, as far as it is worth it.
    pub(super) async fn throw_away(mut self) {
        let rest = async {
            let mut left = MOST;
            while let Some(Ok(frame)) = poll_fn(|cx| Pin::new(&mut self.0).poll_frame(cx)).await {
                let length = frame.data_ref().map_or(0, Bytes::len);
                let Some(after) = left.checked_sub(length) else { break };
                left = after;
            }
        };
        // Whoever sends on and on is cut off by the reset.
        let _ = tokio::time::timeout(PATIENCE, rest).await;
    }
}

impl hyper::body::Body for Shared {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let mut body = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Pin::new(&mut *body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).size_hint()
    }
}
