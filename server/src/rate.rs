//! Token buckets: how often one address, or one member, may do something.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

use crate::limits::Rate;

/// How many buckets are kept before the full ones are thrown away.
const TIDY_AT: usize = 10_000;

/// One bucket for each key, full at first.
#[derive(Debug)]
pub struct Rates<K> {
    rate: Rate,
    buckets: Mutex<BTreeMap<K, Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    tokens: f64,
    at: Instant,
}

impl<K: Ord + Clone> Rates<K> {
    /// The same rate for every key.
    #[must_use]
    pub const fn new(rate: Rate) -> Self {
        Self {
            rate,
            buckets: Mutex::new(BTreeMap::new()),
        }
    }

    /// Takes a token, or says that there is none.
    pub fn take(&self, key: &K) -> bool {
        let now = Instant::now();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = buckets.get_mut(key) {
            return bucket.take(self.rate, now);
        }
        if buckets.len() >= TIDY_AT {
            // A full bucket is as good as none.
            buckets.retain(|_, bucket| bucket.fill(self.rate, now) < self.rate.burst);
        }
        let mut bucket = Bucket {
            tokens: self.rate.burst,
            at: now,
        };
        let taken = bucket.take(self.rate, now);
        buckets.insert(key.clone(), bucket);
        taken
    }

    /// Whether a token could be taken.
    pub fn has(&self, key: &K) -> bool {
        let now = Instant::now();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        buckets
            .get_mut(key)
            .is_none_or(|bucket| bucket.fill(self.rate, now) >= 1.0)
    }
}

impl Bucket {
    fn fill(&mut self, rate: Rate, now: Instant) -> f64 {
        let waited = now.saturating_duration_since(self.at).as_secs_f64();
        self.tokens = waited.mul_add(rate.per_second, self.tokens).min(rate.burst);
        self.at = now;
        self.tokens
    }

    fn take(&mut self, rate: Rate, now: Instant) -> bool {
        let enough = self.fill(rate, now) >= 1.0;
        if enough {
            self.tokens -= 1.0;
        }
        enough
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_then_the_rate() {
        let rates = Rates::new(Rate {
            per_second: 10.0,
            burst: 3.0,
        });
        let taken = |n| (0..n).filter(|_| rates.take(&"a")).count();
        assert_eq!(taken(9), 3);
        assert!(rates.has(&"b") && !rates.has(&"a"));
        tokio::time::advance(Duration::from_millis(200)).await;
        assert_eq!(taken(9), 2);
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!(taken(9), 3, "no more than the burst");
    }

    #[tokio::test(start_paused = true)]
    async fn full_buckets_are_thrown_away() {
        let rates = Rates::new(Rate::per_second(100.0));
        for key in 0..TIDY_AT {
            rates.take(&key);
        }
        tokio::time::advance(Duration::from_secs(1)).await;
        rates.take(&TIDY_AT);
        assert_eq!(rates.buckets.lock().unwrap().len(), 1);
    }
}
