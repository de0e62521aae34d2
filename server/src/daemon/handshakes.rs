//! The handshakes in flight: bounded, and one too many ends the oldest, for an honest one takes milliseconds.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// The handshakes in flight.
#[derive(Debug, Default)]
pub(super) struct Handshakes(Mutex<InFlight>);

#[derive(Debug, Default)]
struct InFlight {
    last: u64,
    oldest_first: BTreeMap<u64, oneshot::Sender<()>>,
}

/// A place among the handshakes, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    all: Arc<Handshakes>,
    number: u64,
    evicted: oneshot::Receiver<()>,
}

impl Handshakes {
    /// Takes a place; with more than `limit` taken, the oldest is evicted.
    pub(super) fn enter(self: &Arc<Self>, limit: usize) -> Place {
        let (evict, evicted) = oneshot::channel();
        let mut in_flight = self.lock();
        in_flight.last += 1;
        let number = in_flight.last;
        in_flight.oldest_first.insert(number, evict);
        while in_flight.oldest_first.len() > limit.max(1) {
            // Dropping its end tells it.
            in_flight.oldest_first.pop_first();
        }
        drop(in_flight);
        Place {
            all: Arc::clone(self),
            number,
            evicted,
        }
    }

    /// Ends them all: the server goes down.
    pub(super) fn evict_all(&self) {
        self.lock().oldest_first.clear();
    }

    fn lock(&self) -> MutexGuard<'_, InFlight> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    /// Waits until the place is lost to newer ones.
    pub(super) async fn evicted(&mut self) {
        // Nothing is ever sent: the other end is dropped.
        let _ = (&mut self.evicted).await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.all.lock().oldest_first.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn the_oldest_makes_room_and_places_are_given_back() {
        let all = Arc::new(Handshakes::default());
        let mut one = all.enter(2);
        let mut two = all.enter(2);
        assert!(one.evicted().now_or_never().is_none());
        let mut three = all.enter(2);
        assert!(one.evicted().now_or_never().is_some());
        drop(two);
        two = all.enter(2);
        assert!(two.evicted().now_or_never().is_none());
        assert!(three.evicted().now_or_never().is_none());
        all.evict_all();
        assert!(two.evicted().now_or_never().is_some());
    }
}
