//! Clients that stop reading in the midst of what they are told: each is dropped by the deadline for writes, whatever it speaks.

use std::time::Duration;

use nihao_protocol::chat::{ClientSays, MessageId, ServerSays, Text};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::Instant;

use super::super::connection::HEAD_DEADLINE;
use super::super::progress::WRITE_DEADLINE;
use super::followers::follow;
use super::limits::{DATA, GET, HEADERS, RESET, SETTINGS, Two, WHOLE};
use super::socket::Client;
use super::token;
use crate::daemon::tests::{Lab, lab};

/// More than all buffers on the way take.
const MESSAGES: u32 = 256;
/// Timers have steps; a connection has a farewell.
const SLACK: Duration = Duration::from_secs(2);
const WINDOW_UPDATE: u8 = 8;

async fn fill(lab: &Lab, messages: u32) {
    let alice = lab.founder_again().await;
    let mut alice = lab.chat(Some(&alice)).await;
    for number in 0..messages {
        let mut id = [0; 16];
        id[..4].copy_from_slice(&number.to_be_bytes());
        let says = ClientSays::Send {
            id: MessageId(id),
            to: "#general".parse().unwrap(),
            text: Text::parse("x".repeat(16_000)).unwrap(),
            seen: None,
        };
        assert!(matches!(alice.ask(says).await, ServerSays::Sent(_)));
    }
}

/// How long it takes until nobody is connected any more. From here on nothing waits for another thread: what is stuck is stuck.
async fn until_deserted(lab: &Lab) -> Duration {
    tokio::time::pause();
    let start = Instant::now();
    while !lab.is_deserted() {
        assert!(start.elapsed() < WRITE_DEADLINE * 4, "it holds on");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    start.elapsed()
}

fn is_due(what: &str, took: Duration) {
    let bounds = WRITE_DEADLINE.saturating_sub(SLACK)..WRITE_DEADLINE + SLACK;
    assert!(bounds.contains(&took), "{what}: {took:?}");
}

#[tokio::test]
async fn an_answer_that_nobody_reads() {
    let lab = lab();
    let token = token(&lab, "read").await;
    fill(&lab, MESSAGES).await;
    let mut stream = lab.connect(&[b"http/1.1"], None).await;
    let fields = format!("Host: localhost\r\nAuthorization: Bearer {token}\r\n");
    let request = format!("GET /v1/messages?in=%23general&limit=200 HTTP/1.1\r\n{fields}\r\n");
    for _ in 0..16 {
        stream.write_all(request.as_bytes()).await.unwrap();
    }
    stream.read_u8().await.unwrap();
    is_due("pipelined answers", until_deserted(&lab).await);
}

#[tokio::test]
async fn events_that_nobody_reads() {
    let lab = lab();
    let token = token(&lab, "read").await;
    let _lazy = follow(&lab, &token).await;
    fill(&lab, MESSAGES).await;
    is_due("events", until_deserted(&lab).await);
}

#[tokio::test]
async fn a_websocket_that_nobody_reads() {
    let lab = lab();
    let token = token(&lab, "read").await;
    let mut lazy = Client::open(&lab, &token, "").await;
    lazy.hear().await;
    fill(&lab, MESSAGES).await;
    is_due("a WebSocket", until_deserted(&lab).await);
}

#[tokio::test]
async fn whoever_reads_slowly_is_not_dropped() {
    let lab = lab();
    let token = token(&lab, "read").await;
    let mut slow = Client::open(&lab, &token, "").await;
    slow.hear().await;
    // As much as a mailbox holds: the history would be looked up by a thread, for which this clock does not wait.
    fill(&lab, 28).await;
    tokio::time::pause();
    let start = Instant::now();
    let mut sip = [0; 2048];
    // A little at a time, over many deadlines; from the wire it is taken in pieces of 32 KiB.
    while start.elapsed() < WRITE_DEADLINE * 6 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        slow.0
            .read_exact(&mut sip)
            .await
            .unwrap_or_else(|error| panic!("{error} after {:?}", start.elapsed()));
    }
}

/// The header block of a GET of `path` at localhost: RFC 7541, appendix A.
fn get(path: &str) -> Vec<u8> {
    let length = u8::try_from(path.len()).unwrap();
    [
        &[GET, 0x87, 0x04, length][..],
        path.as_bytes(),
        &[0x41, 9],
        b"localhost",
    ]
    .concat()
}

#[tokio::test(start_paused = true)]
async fn a_stream_of_http2_that_is_let_nothing_come_is_reset_and_the_others_go_on() {
    let lab = lab();
    let mut two = Two::connect(&lab).await;
    // RFC 9113 §6.5.2: no byte of a body may come.
    two.say(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 0]).await;
    two.hear_a(SETTINGS).await;
    two.say(HEADERS, WHOLE, 1, &get("/openapi.json")).await;
    assert_eq!(two.hear_a(HEADERS).await.2, 1);
    let start = Instant::now();
    // Another request now and then, so that the connection itself is not idle.
    tokio::time::sleep(HEAD_DEADLINE / 2).await;
    two.say(HEADERS, WHOLE, 3, &get("/openapi.json")).await;
    let (_, _, stream, _) = two.hear_a(RESET).await;
    assert_eq!(stream, 1);
    is_due("a stream", start.elapsed());
    two.say(WINDOW_UPDATE, 0, 3, &(1_u32 << 20).to_be_bytes()).await;
    assert_eq!(two.hear_a(DATA).await.2, 3, "the other is answered");
}

#[tokio::test(start_paused = true)]
async fn the_last_bytes_of_an_answer_do_not_hold_a_connection() {
    let lab = lab();
    let mut two = Two::connect(&lab).await;
    two.say(SETTINGS, 0, 0, &[0, 4, 0, 0, 0, 1]).await;
    two.hear_a(SETTINGS).await;
    two.say(HEADERS, WHOLE, 1, &get("/nothing")).await;
    let start = Instant::now();
    while let Some((kind, _, _, _)) = two.hear().await {
        assert_ne!(kind, RESET, "what was handed over is not taken back");
    }
    let took = start.elapsed();
    assert!(took <= HEAD_DEADLINE + WRITE_DEADLINE + SLACK, "{took:?}");
}

#[tokio::test]
async fn http2_that_nobody_reads() {
    let lab = lab();
    let mut two = Two::connect(&lab).await;
    two.say(SETTINGS, 0, 0, &[0, 4, 0x10, 0, 0, 0]).await;
    two.say(WINDOW_UPDATE, 0, 0, &(1_u32 << 28).to_be_bytes()).await;
    two.hear_a(SETTINGS).await;
    for stream in (1..=61).step_by(2) {
        two.say(HEADERS, WHOLE, stream, &get("/openapi.json")).await;
    }
    two.0.flush().await.unwrap();
    is_due("HTTP/2", until_deserted(&lab).await);
}
