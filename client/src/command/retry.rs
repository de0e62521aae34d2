//! Waiting longer and longer between attempts, and never in step with everybody else.

use std::time::Duration;

use nihao_protocol::crypto::Random;
use nihao_protocol::crypto::random;

const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(30);

/// How long to wait before the next attempt.
pub(super) struct Backoff {
    next: Duration,
}

impl Backoff {
    pub(super) const fn new() -> Self {
        Self { next: FIRST }
    }

    /// Half to the whole of 0.5, 1, 2, … 30 s: a server that comes back is not stormed by all at once.
    pub(super) fn step(&mut self, random: &mut dyn Random) -> Duration {
        let whole = self.next;
        self.next = whole.saturating_mul(2).min(LONGEST);
        // Without randomness the whole time is as good.
        let [jitter] = random::array::<1>(random).unwrap_or([u8::MAX]);
        whole / 2 + whole.mul_f64(f64::from(jitter) / f64::from(u8::MAX) / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nihao_protocol::crypto::Seeded;

    #[test]
    fn it_grows_to_a_limit() {
        let (mut backoff, mut random) = (Backoff::new(), Seeded::new(1, "retry"));
        for seconds in [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0] {
            let waited = backoff.step(&mut random).as_secs_f64();
            assert!((seconds / 2.0..=seconds).contains(&waited), "{waited} of {seconds}");
        }
    }
}
