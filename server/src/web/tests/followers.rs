//! Server-sent events to those who do not read, and to the end.

use std::time::Duration;

use nihao_protocol::chat::{ClientSays, MessageId, ServerSays, Text};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::time::timeout;

use super::token;
use crate::daemon::tests::{Lab, Stream, hello, lab};

/// Follows from now on, as far as the head of the answer.
pub(super) async fn follow(lab: &Lab, token: &str) -> Lines<BufReader<Stream>> {
    follow_with(lab, &format!("Authorization: Bearer {token}\r\n")).await
}

/// The same with that field, and the end of its line.
pub(super) async fn follow_with(lab: &Lab, field: &str) -> Lines<BufReader<Stream>> {
    let mut lines = open(lab, field).await;
    next(&mut lines, "id: ").await.expect("where it starts");
    lines
}

/// The same, up to the head of the answer.
pub(super) async fn open(lab: &Lab, field: &str) -> Lines<BufReader<Stream>> {
    let mut stream = lab.connect(&[b"http/1.1"], None).await;
    let request = format!("GET /v1/events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{field}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&head));
    BufReader::new(stream).lines()
}

pub(super) async fn next(lines: &mut Lines<BufReader<Stream>>, field: &str) -> Option<String> {
    let wanted = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            if let Some(value) = line.strip_prefix(field) {
                return Some(value.to_owned());
            }
        }
        None
    };
    timeout(Duration::from_secs(30), wanted).await.expect("an event")
}

#[tokio::test]
async fn whoever_does_not_read_holds_nobody_up_and_misses_nothing() {
    let lab = lab();
    let token = token(&lab, "read").await;
    let (mut lazy, mut eager) = (follow(&lab, &token).await, follow(&lab, &token).await);
    let alice = lab.founder_again().await;
    let mut alice = lab.chat(Some(&alice)).await;
    // Far more than a mailbox and the buffers on the way take.
    let text = Text::parse("x".repeat(16_000)).unwrap();
    let mut sent = Vec::new();
    for number in 0..256_u32 {
        let mut id = [0; 16];
        id[..4].copy_from_slice(&number.to_be_bytes());
        let says = ClientSays::Send {
            id: MessageId(id),
            to: "#general".parse().unwrap(),
            text: text.clone(),
            seen: None,
        };
        let ServerSays::Sent(one) = alice.ask(says).await else {
            panic!("refused")
        };
        assert_eq!(next(&mut eager, "id: ").await, Some(one.seq.to_string()));
        sent.push(one.seq);
    }
    for seq in sent {
        assert_eq!(next(&mut lazy, "id: ").await, Some(seq.to_string()));
    }
}

pub(super) async fn last_word(events: &mut Lines<BufReader<Stream>>) -> String {
    assert_eq!(next(events, "event: ").await.as_deref(), Some("closing"));
    let reason = next(events, "data: ").await.expect("a reason");
    assert_eq!(next(events, "event: ").await, None, "and then the end");
    reason
}

#[tokio::test]
async fn whoever_loses_the_access_they_came_by_hears_so_at_once_and_nobody_else() {
    let lab = lab();
    let (one, other) = (token(&lab, "read").await, token(&lab, "read").await);
    let (mut gone, mut stays) = (follow(&lab, &one).await, follow(&lab, &other).await);
    let alice = lab.founder_again().await;
    let mut alice = lab.chat(Some(&alice)).await;
    let ServerSays::Accesses { accesses } = alice.ask(ClientSays::ListAccess).await else {
        panic!("refused")
    };
    let number = accesses[0].number;
    let revoked = alice.ask(ClientSays::RevokeAccess { number }).await;
    assert_eq!(revoked, ServerSays::AccessRevoked);
    assert_eq!(last_word(&mut gone).await, "bad_access");
    assert!(matches!(alice.ask(hello()).await, ServerSays::Sent(_)));
    assert_eq!(next(&mut stays, "event: ").await.as_deref(), Some("message"));
}

#[tokio::test]
async fn a_stream_ends_when_its_access_does() {
    let lab = lab();
    let token = token(&lab, "read").await;
    let mut events = follow(&lab, &token).await;
    // Not before: whoever waits for the disk must not see hours go by.
    tokio::time::pause();
    let began = tokio::time::Instant::now();
    let wanted = async {
        let mut lines = Vec::new();
        while let Some(line) = events.next_line().await.unwrap() {
            lines.push(line);
        }
        lines
    };
    let lines = timeout(Duration::from_secs(4000), wanted).await.expect("an end");
    assert!(lines.contains(&"data: bad_access".to_owned()), "{lines:?}");
    // Its first moments were real time.
    let took = began.elapsed().as_secs();
    assert!((3590..=3600).contains(&took), "the token's lifetime: {took}");
}

#[tokio::test]
async fn a_server_that_goes_down_says_so_at_the_end_of_the_events() {
    let mut lab = lab();
    let token = token(&lab, "read").await;
    let mut events = follow(&lab, &token).await;
    lab.shut_down();
    assert_eq!(next(&mut events, "event: ").await.as_deref(), Some("closing"));
    assert_eq!(next(&mut events, "data: ").await.as_deref(), Some("shutting_down"));
    // To the proper end of the body and of the connection.
    let mut rest = Vec::new();
    events.into_inner().read_to_end(&mut rest).await.unwrap();
    assert!(rest.ends_with(b"0\r\n\r\n"), "{}", String::from_utf8_lossy(&rest));
}
