//! A running server under load: what it stores, passes on, holds, and lets its members feel of each other.

use std::fs::File;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::Duration;

use nihao_protocol::chat::ClientSays;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::member::{Lab, Talk};
use crate::process::Process;
use crate::roles::{IN_MEMORY, RAW, read_raw};
use crate::table::{Target, figure, head, median, ratio};
use crate::{Outcome, clock};

/// One sender with so many messages in flight, beside what the disk alone does; the ratio is the median of rounds.
pub(crate) async fn durable_sends(scale: u32) -> Outcome<()> {
    let (rounds, time) = if scale == 1 {
        (7, Duration::from_millis(1000))
    } else {
        (3, Duration::from_millis(200))
    };
    let dir = tempfile::tempdir()?;
    let lab = Lab::start(Process::daemon(dir.path())?).await?;
    let mut talk = lab.member().await?;
    let mut disturbed = false;
    head("durable sends, one member over TLS", "fdatasync alone");
    for (in_flight, target) in [
        (1, Target::None),
        (64, Target::AtLeast(20.0)),
        (256, Target::AtLeast(60.0)),
    ] {
        let (mut rates, mut flushes, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..rounds {
            let before = fdatasync_rate(dir.path(), time / 4)?;
            let rate = send_rate(&mut talk, in_flight, time).await?;
            let flush = (before + fdatasync_rate(dir.path(), time / 4)?) / 2.0;
            rates.push(rate);
            flushes.push(flush);
            ratios.push(rate / flush);
        }
        let what = format!("{in_flight} in flight");
        let times = median(ratios);
        ratio(&what, median(rates), median(flushes), "/s", times, target);
        disturbed |= in_flight == 1 && times > 1.5;
    }
    if disturbed {
        println!(
            "\nOne in flight cannot be faster than the disk: other programs held the flushes alone up. Run it on a quiet machine."
        );
    }
    Ok(())
}

async fn send_rate(talk: &mut Talk, in_flight: usize, time: Duration) -> Outcome<f64> {
    let (start, mut acknowledged) = (clock(), 0);
    for _ in 0..in_flight {
        talk.post_later()?;
    }
    talk.flush().await?;
    while start.elapsed() < time {
        let receipts = talk.receipts(1).await?;
        acknowledged += receipts;
        for _ in 0..receipts {
            talk.post_later()?;
        }
        talk.flush().await?;
    }
    let rate = f64::from(u32::try_from(acknowledged)?) / start.elapsed().as_secs_f64();
    talk.receipts_left().await?;
    Ok(rate)
}

/// As a write-ahead log does in its steady state: over a file that is there already, page by page.
fn fdatasync_rate(dir: &Path, time: Duration) -> Outcome<f64> {
    const PAGES: u32 = 1024;
    let path = dir.join("flush");
    let mut file = File::options().create(true).truncate(false).write(true).open(path)?;
    if file.metadata()?.len() == 0 {
        file.write_all(&vec![0; 4096 * usize::try_from(PAGES)?])?;
        file.sync_all()?;
    }
    let (start, mut flushes) = (clock(), 0_u32);
    while start.elapsed() < time {
        file.seek(SeekFrom::Start(u64::from(flushes % PAGES) * 4096))?;
        file.write_all(&[1; 4096])?;
        file.sync_data()?;
        flushes += 1;
    }
    Ok(f64::from(flushes) / start.elapsed().as_secs_f64())
}

const READERS: usize = 200;
const BURST: usize = 256;

/// Bursts of 100-byte messages to many connections: the server's CPU time for a million deliveries.
pub(crate) async fn fan_out(scale: u32) -> Outcome<()> {
    let messages = 20_480 / usize::try_from(scale)?;
    let (mut raw, mut memory, mut durable) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..if scale == 1 { 3 } else { 1 } {
        raw.push(raw_fan_out(messages).await?);
        memory.push(chat_fan_out(Process::role(IN_MEMORY)?, messages).await?);
        let dir = tempfile::tempdir()?;
        durable.push(chat_fan_out(Process::daemon(dir.path())?, messages).await?);
    }
    let title = format!("fan-out 1 → {READERS}, bursts of {BURST}, CPU s a million deliveries");
    head(&title, "bare tokio broadcast");
    let raw = median(raw);
    figure(
        "delivery alone, log in memory",
        median(memory),
        raw,
        "s/M",
        Target::AtMost(0.56),
    );
    figure(
        "stored durably first",
        median(durable),
        raw,
        "s/M",
        Target::AtMost(0.56),
    );
    Ok(())
}

async fn chat_fan_out(server: Process, messages: usize) -> Outcome<f64> {
    let lab = Lab::start(server).await?;
    let mut listening = JoinSet::new();
    for _ in 0..READERS {
        let mut talk = lab.listener().await?;
        listening.spawn(async move { talk.deliveries(messages).await });
    }
    let mut sender = lab.member().await?;
    let before = lab.server.cpu()?;
    for _ in 0..messages / BURST {
        for _ in 0..BURST {
            sender.post_later()?;
        }
        sender.flush().await?;
        sender.receipts_left().await?;
    }
    while let Some(heard) = listening.join_next().await {
        heard??;
    }
    per_million(lab.server.cpu()? - before, messages / BURST * BURST)
}

async fn raw_fan_out(messages: usize) -> Outcome<f64> {
    let server = Process::role(RAW)?;
    let messages = messages / BURST * BURST;
    let mut listening = JoinSet::new();
    for _ in 0..READERS - 1 {
        listening.spawn(read_raw(TcpStream::connect(&server.address).await?, messages * 100));
    }
    // Every connection hears everything, the sender as well: it waits for its own burst before the next one.
    let mut sender = TcpStream::connect(&server.address).await?;
    sender.set_nodelay(true)?;
    let before = server.cpu()?;
    let mut echo = vec![0; BURST * 100];
    for _ in 0..messages / BURST {
        sender.write_all(&vec![b'x'; BURST * 100]).await?;
        tokio::io::AsyncReadExt::read_exact(&mut sender, &mut echo).await?;
    }
    while let Some(heard) = listening.join_next().await {
        heard??;
    }
    per_million(server.cpu()? - before, messages)
}

fn per_million(cpu: f64, messages: usize) -> Outcome<f64> {
    Ok(cpu / f64::from(u32::try_from(READERS * messages)?) * 1e6)
}

/// What one idle member's connection holds, beside a bare one.
pub(crate) async fn idle_memory(scale: u32) -> Outcome<()> {
    head("resident memory of one idle connection", "bare TCP");
    for connections in [1_000 / scale, 10_000 / scale] {
        let bare = bare(connections).await?;
        let dir = tempfile::tempdir()?;
        let lab = Lab::start(Process::daemon(dir.path())?).await?;
        let before = lab.server.resident()?;
        let mut open = Vec::new();
        for _ in 0..connections {
            open.push(lab.listener().await?);
        }
        let whole = each(&lab.server, before, connections).await?;
        let target = if connections >= 10_000 {
            Target::AtMost(8.0)
        } else {
            Target::None
        };
        figure(&format!("{connections} connections"), whole, bare, "KiB", target);
    }
    Ok(())
}

/// Bytes of a process that takes connections and does nothing with them, for each of so many.
pub(crate) async fn bare(connections: u32) -> Outcome<f64> {
    let raw = Process::role(RAW)?;
    let before = raw.resident()?;
    let mut open = Vec::new();
    for _ in 0..connections {
        open.push(TcpStream::connect(&raw.address).await?);
    }
    each(&raw, before, connections).await
}

pub(crate) async fn each(server: &Process, before: f64, connections: u32) -> Outcome<f64> {
    // The last ones are still being taken in.
    tokio::time::sleep(Duration::from_secs(1)).await;
    Ok((server.resident()? - before) / f64::from(connections))
}

/// What one member notices of silent strangers and of a reader who never reads: how long their pings and durable sends take.
pub(crate) async fn neighbours(scale: u32) -> Outcome<()> {
    let count = 10_000 / usize::try_from(scale)?;
    let samples = if scale == 1 { 1000 } else { 100 };
    let dir = tempfile::tempdir()?;
    let lab = Lab::start(Process::daemon(dir.path())?).await?;
    let mut talk = lab.member().await?;
    latencies(&mut talk, samples / 10).await?;
    let alone = latencies(&mut talk, samples).await?;
    let mut silent = Vec::new();
    for _ in 0..count {
        silent.push(TcpStream::connect(&lab.server.address).await?);
    }
    let crowded = latencies(&mut talk, samples).await?;
    drop(silent);
    let _slow = lab.listener().await?;
    let mut sender = lab.member().await?;
    for _ in 0..count {
        sender.post_later()?;
    }
    sender.flush().await?;
    sender.receipts_left().await?;
    let stuck = latencies(&mut talk, samples).await?;
    head("one member's p99", "alone");
    for (what, at) in [("ping", 0), ("durable send", 1)] {
        for (beside, times) in [
            ("silent strangers", &crowded),
            ("messages past one who never reads", &stuck),
        ] {
            let what = format!("{what}, with {count} {beside}");
            ratio(
                &what,
                times[at],
                alone[at],
                "ms",
                times[at] / alone[at],
                Target::AtMost(2.0),
            );
        }
    }
    Ok(())
}

/// The p99 of pings and of durable sends, in ms.
pub(crate) async fn latencies(talk: &mut Talk, samples: usize) -> Outcome<[f64; 2]> {
    let (mut pings, mut sends) = (Vec::new(), Vec::new());
    for _ in 0..samples {
        let start = clock();
        talk.ask(ClientSays::Ping).await?;
        pings.push(start.elapsed());
        let start = clock();
        talk.post_later()?;
        talk.flush().await?;
        talk.receipts(1).await?;
        sends.push(start.elapsed());
    }
    Ok([pings, sends].map(|mut times| {
        times.sort_unstable();
        times[times.len() * 99 / 100].as_secs_f64() * 1e3
    }))
}
