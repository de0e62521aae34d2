//! How 您好！ is passed to each stock tool and taken from it.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context as _, Result};

use super::case::{Between, Case};
use super::material::Material;
use super::ours::PAYLOAD;
use super::process::{Output, Process, occurrences};
use super::run::Theirs;
use super::tool::Tool;
use tokio::net::TcpSocket;

use super::{alerts, arguments, nss, proxies};

/// Runs the tool as a client of our server on `port`.
pub(super) async fn client(case: &Case, material: &Material, port: u16, output: &Output) -> Result<Theirs> {
    if case.tool == Tool::Tstclnt {
        let who = material.has_client().then_some("client");
        nss::database(material, Path::new(&material.path("nss")), who, output).await?;
    }
    let connections = if case.tool.is_silent_at_first() {
        1
    } else {
        case.connections()
    };
    let mut process = start(case, arguments::client(case, material, port, 1), output)?;
    let complete = if case.tool.speaks_once() {
        process.finish().await?;
        output.out() == PAYLOAD.repeat(connections)
    } else {
        let mut complete = false;
        for connection in 1..=connections {
            if connection > 1 && case.tool == Tool::SClient {
                process.finish().await?;
                process = start(case, arguments::client(case, material, port, connection), output)?;
            }
            complete = relay(case, &mut process, connection).await;
        }
        if case.they_close_first() {
            process.hang_up();
        }
        process.finish().await?;
        complete
    };
    Ok(theirs(case, material, output, complete))
}

fn start(case: &Case, arguments: Vec<String>, output: &Output) -> Result<Process> {
    let program = case.tool.program().context("a program")?;
    Process::start(program, &arguments, output)
}

fn theirs(case: &Case, material: &Material, output: &Output, complete: bool) -> Theirs {
    let printed = match case.tool {
        Tool::SClient | Tool::SServer => std::fs::read_to_string(material.path("messages")).unwrap_or_default(),
        _ => output.err(),
    };
    Theirs {
        alerts: alerts::received(case.tool, &printed),
        complete,
        printed,
    }
}

/// Types 您好！ at a client and reads it from its screen. Whether it came back each time.
async fn relay(case: &Case, process: &mut Process, connection: usize) -> bool {
    let rounds = case.between.rounds();
    for round in 0..rounds {
        if round > 0
            && let Between::Typed(text, answer) = case.between
        {
            process.say(text.as_bytes()).await;
            if process
                .wait_for(answer, |output| mentions(output, answer))
                .await
                .is_err()
            {
                return false;
            }
        }
        process.say(&PAYLOAD).await;
        if shown(process, (connection - 1) * rounds + round + 1).await.is_err() {
            return false;
        }
    }
    true
}

/// Waits until 您好！ was shown so many times.
async fn shown(process: &mut Process, times: usize) -> Result<()> {
    let enough = |output: &Output| (occurrences(&output.out(), &PAYLOAD) >= times).then_some(());
    process.wait_for("showing 您好！", enough).await
}

fn mentions(output: &Output, text: &str) -> Option<()> {
    (output.err().contains(text) || occurrences(&output.out(), text.as_bytes()) > 0).then_some(())
}

/// Starts the tool as a server: the process and its port.
pub(super) async fn server(case: &Case, material: &Material, output: &Output) -> Result<(Process, u16)> {
    let free = if case.tool.serves_for_ever() { free_port()? } else { 0 };
    if case.tool == Tool::Selfserv {
        nss::database(material, Path::new(&material.path("nss")), Some("server"), output).await?;
    }
    let mut process = start(case, arguments::server(case, material, free), output)?;
    if free != 0 {
        return Ok((process, free)); // it does not say when it listens: who connects must be patient
    }
    let mark = if case.tool == Tool::SServer {
        "ACCEPT 127.0.0.1:"
    } else {
        "listening on "
    };
    let port = process
        .wait_for("listening", |output| {
            let text = String::from_utf8_lossy(&output.out()).into_owned();
            let (_, after) = text.split_once(mark)?;
            after.split_once('\n')?.0.trim().parse().ok()
        })
        .await?;
    Ok((process, port))
}

/// Starts a proxy for the application on `behind`: the process and its port.
pub(super) fn proxy(case: &Case, material: &Material, behind: u16, output: &Output) -> Result<(Process, u16)> {
    let port = free_port()?;
    let arguments = proxies::configure(case, material, port, behind)?;
    let program = case.tool.program().context("a program")?;
    let home = material.path("home");
    Ok((
        Process::start_at(Some(Path::new(&home)), program, &arguments, output)?,
        port,
    ))
}

/// Lets the server do its part, until it ends or, if it serves for ever, until it has heard how it ended.
pub(super) async fn attend(case: &Case, material: &Material, mut process: Process) -> Result<Theirs> {
    let output = process.output().clone();
    let complete = match case.tool {
        Tool::SServer => echo_by_hand(case, &mut process).await,
        _ => true,
    };
    if case.tool.serves_for_ever() {
        let over = |output: &Output| {
            let text = output.err();
            let heard = !alerts::received(case.tool, &text).is_empty();
            (heard || text.contains("Sending Alert[2")).then_some(())
        };
        process.wait_for("the end of the connection", over).await?;
    } else {
        process.finish().await?;
    }
    Ok(theirs(case, material, &output, complete))
}

/// s_server shows what it hears and says what is typed: typing it back is left to us.
async fn echo_by_hand(case: &Case, process: &mut Process) -> bool {
    for round in 0..case.between.rounds() * case.connections() {
        if shown(process, round + 1).await.is_err() {
            return false;
        }
        if round > 0
            && let Between::Typed(text, answer) = case.between
        {
            process.say(text.as_bytes()).await;
            if process
                .wait_for(answer, |output| mentions(output, answer))
                .await
                .is_err()
            {
                return false;
            }
        }
        process.say(&PAYLOAD).await;
    }
    true
}

/// A port for a tool that cannot pick one itself, below those that the system gives to connections.
pub(crate) fn free_port() -> Result<u16> {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    // Processes that start one after the other look in different places.
    let start = std::process::id().wrapping_mul(7919);
    for _ in 0..1000 {
        let step = start.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = u16::try_from(20_000 + step % 12_000)?;
        // Bound, but never listening: nobody who looks for a server on this port is to find this socket.
        let socket = TcpSocket::new_v4()?;
        socket.set_reuseaddr(true)?;
        if socket.bind(([0, 0, 0, 0], port).into()).is_ok() {
            return Ok(port);
        }
    }
    anyhow::bail!("no free port")
}
