//! What strangers and bad neighbours do to a daemon: it stays up, small, and quick for everybody else.

mod lab;

use std::time::Duration;

use lab::{Lab, Outcome, Talk};
use nihao_protocol::chat::{ClientSays, Heard, ServerSays};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;

const UNLIMITED: [&str; 4] = ["--user-rate", "1000000", "--address-rate", "1000000"];

/// How much more memory a daemon under attack may take, in KiB.
const GROWTH: f64 = 200.0 * 1024.0;

/// What the daemon holds once it has come to rest; memory goes back to the system a moment after it is freed.
async fn resident_below(lab: &Lab, bound: f64) -> Outcome<f64> {
    let mut resident = lab.resident()?;
    for _ in 0..50 {
        if resident < bound {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        resident = lab.resident()?;
    }
    Ok(resident)
}

#[tokio::test]
async fn ten_thousand_connections_that_say_nothing_keep_nobody_out() -> Outcome<()> {
    rlimit::increase_nofile_limit(u64::MAX)?;
    let dir = tempfile::tempdir()?;
    let lab = Lab::start(dir.path(), &UNLIMITED).await?;
    let before = lab.resident()?;
    let mut old_friend = lab.member().await?;
    let mut silent = Vec::new();
    for _ in 0..10_000 {
        silent.push(TcpStream::connect(&lab.address).await?);
    }
    for talk in [&mut old_friend, &mut lab.member().await?] {
        let sent = timeout(Duration::from_secs(5), async {
            talk.post().await?;
            talk.receipts(1).await
        });
        assert_eq!(sent.await??, 1);
    }
    let grown = lab.resident()? - before;
    assert!(grown < GROWTH, "{grown} KiB more");
    // The oldest had to make room: they hear it at once instead of holding on.
    let ended = timeout(Duration::from_secs(5), silent[0].read(&mut [0; 16])).await?;
    assert!(!matches!(ended, Ok(1..)), "{ended:?}");
    drop(silent);
    let after = resident_below(&lab, before + GROWTH / 4.0).await?;
    assert!(after < before + GROWTH / 4.0, "{before} KiB before, {after} KiB after");
    Ok(())
}

#[tokio::test]
async fn a_reader_that_does_not_read_costs_little_and_misses_nothing() -> Outcome<()> {
    const MESSAGES: usize = 100_000;
    let dir = tempfile::tempdir()?;
    let lab = Lab::start(dir.path(), &UNLIMITED).await?;
    let mut slow = lab.member().await?;
    slow.resume(lab.account.cursor).await?;
    let before = lab.resident()?;
    let mut sender = lab.member().await?;
    let mut sent = 0;
    while sent < MESSAGES {
        for _ in 0..1000 {
            sender.post_later()?;
        }
        sender.flush().await?;
        sent += sender.receipts_left().await?;
    }
    let grown = lab.resident()? - before;
    assert!(grown < GROWTH, "{grown} KiB more");
    let mut last = 0;
    for _ in 0..MESSAGES {
        let seq = next_message(&mut slow).await?;
        assert!(seq > last, "once each, in order");
        last = seq;
    }
    // Nothing more than that came, and the next thing that happens comes.
    sender.post().await?;
    sender.receipts(1).await?;
    assert_eq!(next_message(&mut slow).await?, last + 1);
    Ok(())
}

async fn next_message(talk: &mut Talk) -> Outcome<u64> {
    match timeout(Duration::from_secs(10), talk.hear()).await?? {
        Heard::Delivery(ServerSays::Message { message, .. }) => Ok(message.seq),
        other => Err(format!("{other:?}").into()),
    }
}

/// Every connection is told in its own way that its bytes make no sense; the daemon goes on.
#[tokio::test]
async fn nonsense_on_the_port_ends_its_connection_only() -> Outcome<()> {
    use tokio::io::AsyncWriteExt as _;
    let dir = tempfile::tempdir()?;
    let lab = Lab::start(dir.path(), &UNLIMITED).await?;
    let nonsense: [&[u8]; 5] = [
        b"GET / HTTP/1.1\r\n\r\n",
        &[0xff; 5000],
        &[22, 3, 1, 0xff, 0xff],
        &[22, 3, 3, 0, 0],
        &[21, 3, 3, 0, 2, 2, 40],
    ];
    for bytes in nonsense {
        let mut stream = TcpStream::connect(&lab.address).await?;
        stream.write_all(bytes).await?;
        let mut answer = Vec::new();
        // Bytes that were left unread make the end a reset; either way it ends.
        let _ = timeout(Duration::from_secs(5), stream.read_to_end(&mut answer)).await?;
        assert!(answer.is_empty() || answer[0] == 21, "an alert or nothing: {answer:?}");
    }
    assert_eq!(lab.member().await?.ask(ClientSays::Ping).await?, ServerSays::Pong);
    Ok(())
}
