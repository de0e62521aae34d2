//! Browsers on a running server: what idle and lazy ones hold, and what another member notices of them.

use std::time::Duration;

use nihao_protocol::chat::{ClientSays, ServerSays};

use crate::Outcome;
use crate::load::{bare, each, latencies};
use crate::member::{Lab, Talk};
use crate::process::Process;
use crate::table::{Target, figure, head, ratio};

const EVENTS: &str = "GET /v1/events HTTP/1.1\r\n";
const SOCKET: &str = "GET /v1/ws HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
                      Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
/// WebSockets that never read.
const LAZY: u32 = 10;
/// How long each of their messages is, in bytes: what all of them did not read is far more than the kernel takes.
const TEXT: usize = 4000;

/// Event streams on which nothing happens, beside bare connections and beside nobody.
pub(crate) async fn idle_events(scale: u32) -> Outcome<()> {
    let (connections, samples) = (5_000 / scale, if scale == 1 { 1000 } else { 100 });
    let bare = bare(connections).await?;

    let dir = tempfile::tempdir()?;
    let lab = Lab::start(Process::daemon(dir.path())?).await?;
    let token = token(&lab).await?;
    let mut bob = lab.neighbour().await?;
    latencies(&mut bob, samples / 10).await?;
    let alone = latencies(&mut bob, samples).await?;
    let (mut kept, mut figures) = (Vec::new(), Vec::new());
    for (request, status) in [(EVENTS, "HTTP/1.1 200 "), (SOCKET, "HTTP/1.1 101 ")] {
        kept.clear();
        tokio::time::sleep(Duration::from_secs(1)).await;
        let before = lab.server.resident()?;
        for _ in 0..connections {
            kept.push(lab.web(&token, request, status).await?);
        }
        let whole = each(&lab.server, before, connections).await?;
        figures.push((whole, latencies(&mut bob, samples).await?));
    }
    head("resident memory of one idle follower", "bare TCP");
    figure(
        &format!("{connections} streams of events"),
        figures[0].0,
        bare,
        "KiB",
        Target::AtMost(25.0),
    );
    head("p99 of another member's durable sends", "alone");
    for (what, (_, times)) in ["streams of events", "WebSockets"].iter().zip(&figures) {
        let what = format!("beside {connections} idle {what}");
        ratio(
            &what,
            times[1],
            alone[1],
            "ms",
            times[1] / alone[1],
            Target::AtMost(2.0),
        );
    }
    Ok(())
}

/// WebSockets that never read while much is said, beside the same without them.
pub(crate) async fn unread_sockets(scale: u32) -> Outcome<()> {
    let (messages, samples) = (10_000 / scale, if scale == 1 { 1000 } else { 100 });
    let dir = tempfile::tempdir()?;
    let lab = Lab::start(Process::daemon(dir.path())?).await?;
    let token = token(&lab).await?;
    let (mut bob, mut alice) = (lab.neighbour().await?, lab.member().await?);
    alice.text = TEXT;
    // The caches of the log and of the database are full after these.
    post(&mut alice, messages).await?;
    let full = lab.server.resident()?;
    post(&mut alice, messages).await?;
    let without = (lab.server.resident()? - full).max(1.0) / 1024.0;
    latencies(&mut bob, samples / 10).await?;
    let alone = latencies(&mut bob, samples).await?;
    let mut lazy = Vec::new();
    for _ in 0..LAZY {
        lazy.push(lab.web(&token, SOCKET, "HTTP/1.1 101 ").await?);
    }
    let before = lab.server.resident()?;
    post(&mut alice, messages).await?;
    let with = (lab.server.resident()? - before) / 1024.0;
    let beside = latencies(&mut bob, samples).await?;
    head(
        &format!("{messages} messages of {TEXT} bytes past {LAZY} WebSockets that never read"),
        "without them",
    );
    figure("more resident memory", with, without, "MiB", Target::AtMost(16.0));
    let times = beside[1] / alone[1];
    ratio(
        "p99 of another member's durable sends",
        beside[1],
        alone[1],
        "ms",
        times,
        Target::AtMost(2.0),
    );
    Ok(())
}

async fn post(talk: &mut Talk, messages: u32) -> Outcome<()> {
    const BURST: u32 = 250;
    for _ in 0..messages / BURST {
        for _ in 0..BURST {
            talk.post_later()?;
        }
        talk.flush().await?;
        talk.receipts_left().await?;
    }
    Ok(())
}

async fn token(lab: &Lab) -> Outcome<String> {
    let says = ClientSays::NewAccess {
        use_for: "send,read".parse().map_err(|_| "scopes")?,
        lifetime: None,
    };
    match lab.member().await?.ask(says).await? {
        ServerSays::AccessGiven { secret, .. } => Ok(secret),
        other => Err(format!("{other:?}").into()),
    }
}
