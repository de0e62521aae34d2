//! Moves time: only when every task rests, and never past what the network has to do next.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::sync::Notify;
use tokio::time::{Instant, advance, sleep, sleep_until};

use super::World;

/// Tells when every other task has come to rest.
#[derive(Debug, Clone, Default)]
pub(super) struct Gate(Arc<State>);

#[derive(Debug, Default)]
struct State {
    wanted: AtomicBool,
    idle: Notify,
}

impl Gate {
    async fn settled(&self) {
        self.0.wanted.store(true, Ordering::Relaxed);
        self.0.idle.notified().await;
    }
}

/// A runtime on this thread whose clock stands still, and its gate.
pub(super) fn runtime() -> (Gate, Runtime) {
    let gate = Gate::default();
    let state = Arc::clone(&gate.0);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        // The scheduler asks before it parks, and does not park when this woke somebody.
        .on_thread_park(move || {
            if state.wanted.swap(false, Ordering::Relaxed) {
                state.idle.notify_one();
            }
        })
        .build();
    (
        gate,
        runtime.unwrap_or_else(|error| panic!("no runtime for a simulated network: {error}")),
    )
}

/// Runs `scenario` beside the network, and the network on for a while when it has ended.
pub(super) async fn run<F: Future>(world: World, gate: Gate, scenario: F, rest: Duration) -> F::Output {
    let driver = tokio::spawn(drive(world.clone(), gate));
    sleep(Duration::ZERO).await; // the driver's clock begins on a whole tick
    let ended = scenario.await;
    sleep(rest).await;
    driver.abort();
    ended
}

/// µs between two ticks of tokio's timers.
const TICK: u64 = 1000;

async fn drive(world: World, gate: Gate) {
    let began = *world.inner.began.get_or_init(Instant::now);
    loop {
        gate.settled().await;
        let now = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
        let (did, next) = {
            let mut network = world.lock();
            let did = network.step(now);
            (did, network.next_event())
        };
        if did {
            continue; // frames left, or sockets changed: tasks may have something to do at this very instant
        }
        let tick = now.div_ceil(TICK) * TICK;
        match next {
            // No timer of tokio's can end inside a tick.
            Some(event) if event <= tick || event - event % TICK <= now => {
                advance(Duration::from_micros(event.saturating_sub(now))).await;
            }
            // A clock between two ticks makes every sleep overshoot.
            _ if now < tick => advance(Duration::from_micros(tick - now)).await,
            Some(event) => {
                let wake = began + Duration::from_micros(event - event % TICK);
                tokio::select! {
                    biased;
                    () = world.inner.kick.notified() => {}
                    () = sleep_until(wake) => {}
                }
            }
            None => world.inner.kick.notified().await,
        }
    }
}
