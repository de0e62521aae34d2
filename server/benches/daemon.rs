//! The whole daemon, as a process on loopback: durable sends, fan-out, idle memory, restart. `--quick` for a smoke run.
//!
//! Absolute figures wander with the machine; each is printed beside what it is to be compared with.

#[path = "../tests/lab/mod.rs"]
mod lab;

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use lab::{Lab, Outcome, Talk};
use nihao_protocol::chat::{ClientSays, Conversation, MessageId, Nickname, RoomName, Text};
use nihao_server::event::{CodeHash, Event, What};
use nihao_server::log::sqlite::Synchronous;
use nihao_server::log::{Log as _, SqliteLog};
use tokio::net::TcpStream;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome<()> {
    // `cargo bench` adds --bench.
    let quick = std::env::args().any(|argument| argument == "--quick");
    rlimit::increase_nofile_limit(u64::MAX)?;
    let scale = if quick { 10 } else { 1 };
    let dir = tempfile::tempdir()?;
    let unlimited = ["--user-rate", "100000000", "--address-rate", "100000000"];
    let lab = Lab::start(dir.path(), &unlimited).await?;
    durable_sends(&lab, dir.path(), Duration::from_millis(3000 / scale)).await?;
    fan_out(&lab, 200, 20_000 / usize::try_from(scale)?).await?;
    idle_memory(&lab, 10_000 / usize::try_from(scale)?).await?;
    neighbours(&lab, 10_000 / usize::try_from(scale)?).await?;
    drop(lab);
    restart(1_000, 1_000_000 / u32::try_from(scale)?).await
}

#[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
fn clock() -> Instant {
    Instant::now()
}

/// One sender with so many messages in flight, beside what the disk alone does.
async fn durable_sends(lab: &Lab, dir: &Path, time: Duration) -> Outcome<()> {
    println!("\ndurable sends, one member over TLS        /s   ÷ fdatasync   target");
    let mut talk = lab.member().await?;
    for (in_flight, target) in [(1, "-"), (64, ">= 20"), (256, ">= 60")] {
        let flush = fdatasync_rate(dir, time / 3)?;
        let (start, mut acknowledged) = (clock(), 0);
        for _ in 0..in_flight {
            talk.post().await?;
        }
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
        println!(
            "  {in_flight:>4} in flight                  {rate:>12.0} {:>13.1}   {target}",
            rate / flush
        );
    }
    Ok(())
}

fn fdatasync_rate(dir: &Path, time: Duration) -> Outcome<f64> {
    let mut file = File::create(dir.join("flush"))?;
    let (start, mut flushes) = (clock(), 0_u32);
    while start.elapsed() < time {
        file.write_all(&[0; 4096])?;
        file.sync_data()?;
        flushes += 1;
    }
    Ok(f64::from(flushes) / start.elapsed().as_secs_f64())
}

/// Bursts of 100-byte messages to many connections: the server's CPU time for a million deliveries.
async fn fan_out(lab: &Lab, readers: usize, messages: usize) -> Outcome<()> {
    let mut listening = tokio::task::JoinSet::new();
    let cursor = lab.account.cursor;
    for _ in 0..readers {
        let mut talk = lab.member().await?;
        talk.resume(cursor).await?;
        listening.spawn(async move { deliveries(&mut talk, messages).await });
    }
    let mut sender = lab.member().await?;
    let (start, before) = (clock(), lab.cpu()?);
    let mut sent = 0;
    while sent < messages {
        let burst = 256.min(messages - sent);
        for _ in 0..burst {
            sender.post_later()?;
        }
        sender.flush().await?;
        sender.receipts_left().await?;
        sent += burst;
    }
    while let Some(heard) = listening.join_next().await {
        heard??;
    }
    let (cpu, took) = (lab.cpu()? - before, start.elapsed());
    let deliveries = f64::from(u32::try_from(readers * messages)?);
    println!(
        "\nfan-out 1 -> {readers}, bursts of 256, durable: {:.2} s of server CPU per million deliveries (target <= 0.56), {:.0} /s",
        cpu / deliveries * 1e6,
        deliveries / took.as_secs_f64()
    );
    Ok(())
}

async fn deliveries(talk: &mut Talk, count: usize) -> Outcome<()> {
    for _ in 0..count {
        talk.hear().await?;
    }
    Ok(())
}

/// What one idle member's connection costs the server.
async fn idle_memory(lab: &Lab, connections: usize) -> Outcome<()> {
    let before = lab.resident()?;
    let (cpu, mut open) = (lab.cpu()?, Vec::new());
    for _ in 0..connections {
        let mut talk = lab.member().await?;
        talk.resume(u64::MAX).await?;
        open.push(talk);
    }
    let cpu = (lab.cpu()? - cpu) * 1e3 / f64::from(u32::try_from(connections)?);
    tokio::time::sleep(Duration::from_millis(500)).await;
    let each = (lab.resident()? - before) / f64::from(u32::try_from(connections)?);
    println!(
        "\n{connections} idle connections: {each:.1} KiB each (target <= 8), {cpu:.2} ms of server CPU to connect and resume"
    );
    Ok(())
}

/// What one member notices of silent strangers and of a reader that never reads: how long their sends and pings take.
async fn neighbours(lab: &Lab, strangers: usize) -> Outcome<()> {
    println!("\none member's ms, p50 / p99                 ping          durable send");
    let mut talk = lab.member().await?;
    latencies("alone", &mut talk).await?;
    let mut silent = Vec::new();
    for _ in 0..strangers {
        silent.push(TcpStream::connect(&lab.address).await?);
    }
    latencies(&format!("{strangers} silent strangers"), &mut talk).await?;
    let mut slow = lab.member().await?;
    slow.resume(u64::MAX).await?;
    let mut sender = lab.member().await?;
    for _ in 0..strangers {
        sender.post_later()?;
    }
    sender.flush().await?;
    sender.receipts_left().await?;
    latencies("and one who never reads", &mut talk).await
}

async fn latencies(when: &str, talk: &mut Talk) -> Outcome<()> {
    let (mut pings, mut sends) = (Vec::new(), Vec::new());
    for _ in 0..200 {
        let start = clock();
        talk.ask(ClientSays::Ping).await?;
        pings.push(start.elapsed());
        let start = clock();
        talk.post().await?;
        talk.receipts(1).await?;
        sends.push(start.elapsed());
    }
    let figures = [pings, sends].map(|mut times| {
        times.sort();
        let ms = |at: usize| times[at].as_secs_f64() * 1e3;
        format!("{:>6.2} / {:>6.2}", ms(100), ms(198))
    });
    println!("  {when:<34} {}   {}", figures[0], figures[1]);
    Ok(())
}

/// How long opening the log takes with few messages and with many.
async fn restart(few: u32, many: u32) -> Outcome<()> {
    println!();
    for messages in [few, many] {
        let dir = tempfile::tempdir()?;
        let path = dir.path().join("log.sqlite");
        fill(&path, messages).await?;
        let mut times = Vec::new();
        for _ in 0..5 {
            let start = clock();
            let log = SqliteLog::open(&path, Synchronous::Full)?;
            times.push(start.elapsed());
            drop(log);
        }
        times.sort();
        println!(
            "opening a log of {messages:>7} messages: {:.2} ms (median of 5)",
            times[2].as_secs_f64() * 1e3
        );
    }
    Ok(())
}

async fn fill(path: &Path, messages: u32) -> Outcome<()> {
    let log = SqliteLog::open(path, Synchronous::Off)?;
    founder_in(&log).await?;
    let mut waiting = std::collections::VecDeque::new();
    for n in 0..messages {
        let mut id = [0; 16];
        id[..4].copy_from_slice(&n.to_be_bytes());
        let what = What::MessagePosted {
            from: Nickname::parse("alice")?,
            id: MessageId(id),
            to: Conversation::Room(RoomName::general()),
            text: Text::parse("x".repeat(100))?,
            seen: None,
            salt: [0; 16],
        };
        waiting.push_back(log.append(Event { at: 1, what }));
        if waiting.len() > 4000
            && let Some(answer) = waiting.pop_front()
        {
            answer.await?;
        }
    }
    for answer in waiting {
        answer.await?;
    }
    Ok(())
}

/// Puts alice into an empty log.
async fn founder_in(log: &SqliteLog) -> Outcome<()> {
    let code = CodeHash([1; 32]);
    let invite = What::InviteCreated {
        by: None,
        code,
        expires: 10,
    };
    let join = What::UserJoined {
        name: Nickname::parse("alice")?,
        public_key: [1; 32],
        code,
        certificate: Vec::new(),
    };
    for what in [invite, join] {
        log.append(Event { at: 1, what }).await?;
    }
    Ok(())
}
