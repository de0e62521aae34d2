//! The whole daemon, as a process on loopback: durable sends, fan-out, idle memory, neighbours, browsers, restart. `--quick` for a smoke run.
//!
//! Absolute figures wander with the machine: each stands beside what it is to be compared with, measured in the same run.

mod load;
mod member;
mod process;
mod restart;
mod roles;
mod table;
mod web;

use std::error::Error;
use std::time::Instant;

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

fn main() -> Outcome<()> {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(role) = arguments
        .iter()
        .find(|role| [roles::RAW, roles::IN_MEMORY].contains(&role.as_str()))
    {
        return roles::play(role);
    }
    // `cargo bench` adds --bench.
    let scale = if arguments.iter().any(|argument| argument == "--quick") {
        10
    } else {
        1
    };
    rlimit::increase_nofile_limit(u64::MAX)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        load::durable_sends(scale).await?;
        load::fan_out(scale).await?;
        load::idle_memory(scale).await?;
        load::neighbours(scale).await?;
        web::idle_events(scale).await?;
        web::unread_sockets(scale).await?;
        restart::restart(scale).await
    })
}

#[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
fn clock() -> Instant {
    Instant::now()
}
