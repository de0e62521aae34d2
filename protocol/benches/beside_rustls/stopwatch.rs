//! CPU time of this thread, so that other programs on the machine do not count.

use rustix::time::{ClockId, clock_gettime};

/// Adds up the CPU time of what it runs.
#[derive(Default)]
pub(crate) struct Stopwatch(f64);

impl Stopwatch {
    pub(crate) fn run<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let start = now();
        let result = work();
        self.0 += now() - start;
        result
    }

    pub(crate) const fn seconds(&self) -> f64 {
        self.0
    }
}

fn now() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
