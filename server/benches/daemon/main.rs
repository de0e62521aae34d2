//! The whole daemon, as a process on loopback: durable sends, fan-out, idle memory, neighbours, browsers, restart. `--quick` for a smoke
//! run; `sends`, `fan-out`, `memory`, `neighbours`, `web` or `restart` for that part alone.
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
    let wanted = |part: &str| {
        let named = arguments.iter().skip(1).filter(|argument| !argument.starts_with('-'));
        named.clone().next().is_none() || named.clone().any(|name| name == part)
    };
    runtime.block_on(async {
        if wanted("sends") {
            load::durable_sends(scale).await?;
        }
        if wanted("fan-out") {
            load::fan_out(scale).await?;
        }
        if wanted("memory") {
            load::idle_memory(scale).await?;
        }
        if wanted("neighbours") {
            load::neighbours(scale).await?;
        }
        if wanted("web") {
            web::idle_events(scale).await?;
            web::unread_sockets(scale).await?;
        }
        if wanted("restart") {
            restart::restart(scale).await?;
        }
        Ok(())
    })
}

#[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
fn clock() -> Instant {
    Instant::now()
}
