//! What is said over a WebSocket when both keep to the rules.

use std::time::Duration;

use nihao_protocol::chat::ClientSays;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Instant, timeout};

use super::super::super::socket::{PING_AFTER, PONG_DEADLINE};
use super::super::token;
use super::{CLOSE, Client, FIN, PING, PONG, TEXT, close, frame, handshake};
use crate::daemon::tests::lab;

fn send(request: u64, text: &str) -> Value {
    json!({"type": "send", "request": request, "to": "#general", "text": text})
}

/// The next answer to a request.
async fn answer(client: &mut Client) -> Value {
    loop {
        let heard = client.hear().await;
        if heard["type"] != "message" && heard["type"] != "caught_up" {
            return heard;
        }
    }
}

#[tokio::test]
async fn a_text_is_posted_and_heard() {
    let lab = lab();
    let token = token(&lab, "send,read").await;
    let mut client = Client::open(&lab, &token, "").await;
    let caught_up = client.hear().await;
    assert_eq!(caught_up["type"], "caught_up");
    let id = "0192f0a0-0000-7000-8000-000000000001";
    let mut wish = send(7, "您好！");
    wish["id"] = json!(id);
    client.say(&wish).await;
    let (one, other) = (client.hear().await, client.hear().await);
    let (sent, message) = if one["type"] == "sent" {
        (one, other)
    } else {
        (other, one)
    };
    let seq = &sent["seq"];
    assert_eq!(
        sent,
        json!({"type": "sent", "request": 7, "seq": seq, "id": id, "at": sent["at"]})
    );
    let expected = json!({"seq": seq, "id": id, "from": "alice", "to": "#general", "text": "您好！", "at": sent["at"]});
    assert_eq!(message, json!({"type": "message", "message": expected}));
    // The same again is the same; another text under its id is refused.
    client.say(&wish).await;
    assert_eq!(client.hear().await, sent);
    wish["text"] = json!("再见");
    client.say(&wish).await;
    let refused = client.hear().await;
    assert_eq!(
        (&refused["request"], &refused["reason"]),
        (&json!(7), &json!("id_conflict"))
    );
    client
        .say(&json!({"type": "ping", "request": 9_007_199_254_740_991_u64}))
        .await;
    assert_eq!(
        client.hear().await,
        json!({"type": "pong", "request": 9_007_199_254_740_991_u64})
    );
    client.put(&close(1000, "bye")).await;
    assert_eq!(client.hear_close().await, (1000, String::from("bye")));
    assert_eq!(client.0.read(&mut [0; 16]).await.unwrap(), 0, "with close_notify");
}

#[tokio::test]
async fn many_texts_at_once_are_stored_in_their_order_and_each_is_answered() {
    let lab = lab();
    let token = token(&lab, "send,read").await;
    let mut client = Client::open(&lab, &token, "").await;
    client.hear().await;
    let all: Vec<u8> = (0..500_u64)
        .flat_map(|request| {
            frame(
                FIN | TEXT,
                send(request, &format!("text {request}")).to_string().as_bytes(),
            )
        })
        .collect();
    let (mut read, mut write) = tokio::io::split(client.0);
    let writing = tokio::spawn(async move { write.write_all(&all).await.map(|()| write) });
    let mut heard = Vec::new();
    let mut answers = Vec::new();
    while heard.len() < 500 || answers.len() < 500 {
        let first = read.read_u8().await.unwrap();
        assert_eq!(first, FIN | TEXT);
        let length = match read.read_u8().await.unwrap() {
            126 => usize::from(read.read_u16().await.unwrap()),
            length => usize::from(length),
        };
        let mut payload = vec![0; length];
        timeout(Duration::from_secs(30), read.read_exact(&mut payload))
            .await
            .unwrap()
            .unwrap();
        let says: Value = serde_json::from_slice(&payload).unwrap();
        match says["type"].as_str().unwrap() {
            "message" => heard.push(says["message"].clone()),
            "sent" => answers.push(says),
            other => panic!("{other}: {says}"),
        }
    }
    for (request, (message, answer)) in heard.iter().zip(&answers).enumerate() {
        assert_eq!(message["text"], format!("text {request}"));
        assert_eq!((&answer["request"], &answer["seq"]), (&json!(request), &message["seq"]));
    }
    writing.await.unwrap().unwrap();
}

#[tokio::test]
async fn it_goes_on_where_one_stopped() {
    let lab = lab();
    let token = token(&lab, "send,read").await;
    let mut seqs = Vec::new();
    let mut writer = Client::open(&lab, &token, "").await;
    for number in 0..600 {
        writer.say(&send(number, &"x".repeat(900))).await;
        seqs.push(answer(&mut writer).await["seq"].clone());
    }
    for skipped in [0, 1, 599, 600] {
        let after = if skipped == 0 {
            json!(0)
        } else {
            seqs[skipped - 1].clone()
        };
        let mut client = Client::open(&lab, &token, &format!("?after={after}")).await;
        for seq in &seqs[skipped..] {
            assert_eq!(client.hear().await["message"]["seq"], *seq);
        }
        let caught_up = client.hear().await;
        assert_eq!(
            (&caught_up["type"], &caught_up["cursor"]),
            (&json!("caught_up"), &seqs[599])
        );
    }
    let ahead = Client::open(&lab, &token, "?after=99999999").await.hear().await;
    assert_eq!(ahead["cursor"], seqs[599], "what is not there yet is not skipped");
}

/// Requests that cannot be done, the number they are known by, and what is said to them.
const NONSENSE: &[(&str, Option<u64>, &str)] = &[
    ("", None, "malformed"),
    ("hello", None, "malformed"),
    ("[]", None, "malformed"),
    (r#"{"type":"ping"}"#, None, "malformed"),
    (r#"{"type":"ping","request":-1}"#, None, "malformed"),
    (r#"{"type":"ping","request":1.5}"#, None, "malformed"),
    (r#"{"type":"ping","request":9007199254740992}"#, None, "malformed"),
    (r#"{"type":"ping","request":1,"request":2}"#, None, "malformed"),
    (r#"{"type":"dance","request":3}"#, Some(3), "malformed"),
    (r#"{"type":"ping","request":4,"more":1}"#, Some(4), "malformed"),
    (r##"{"type":"send","request":4,"to":"#general"}"##, Some(4), "malformed"),
    (
        r##"{"type":"send","request":4,"to":"#general","text":"x","id":"7"}"##,
        Some(4),
        "malformed",
    ),
    (
        r##"{"type":"send","request":4,"to":"#general","text":""}"##,
        Some(4),
        "malformed",
    ),
    (
        r##"{"type":"send","request":4,"to":"general","text":"x"}"##,
        Some(4),
        "malformed",
    ),
    (
        r##"{"type":"send","request":4,"to":"#other","text":"x"}"##,
        Some(4),
        "no_such_room",
    ),
    (
        r##"{"type":"send","request":4,"to":"@mallory","text":"x"}"##,
        Some(4),
        "no_such_user",
    ),
];

#[tokio::test]
async fn what_makes_no_sense_is_refused_and_the_connection_goes_on() {
    let lab = lab();
    let token = token(&lab, "send,read").await;
    let mut client = Client::open(&lab, &token, "").await;
    client.hear().await;
    let too_long = send(5, &"x".repeat(16_385)).to_string();
    let too_deep = "[".repeat(5000);
    let more = [
        (too_long.as_str(), Some(5), "malformed"),
        (too_deep.as_str(), None, "malformed"),
    ];
    for (said, request, reason) in NONSENSE.iter().chain(&more) {
        client.put(&frame(FIN | TEXT, said.as_bytes())).await;
        let heard = client.hear().await;
        assert_eq!(heard["type"], "refused", "{said}: {heard}");
        assert_eq!(
            (&heard["request"], &heard["reason"]),
            (&json!(request), &json!(reason)),
            "{said}: {heard}"
        );
        assert!(!heard["detail"].as_str().unwrap().is_empty());
    }
    client.say(&send(6, "still here")).await;
    assert_eq!(answer(&mut client).await["request"], 6);
}

#[tokio::test]
async fn a_token_does_what_it_was_given_for_and_ends_with_it() {
    let lab = lab();
    let reads = token(&lab, "read").await;
    let sends = token(&lab, "send").await;
    let mut client = Client::open(&lab, &reads, "").await;
    client.hear().await;
    client.say(&send(1, "x")).await;
    let heard = client.hear().await;
    assert_eq!(
        (&heard["type"], &heard["reason"]),
        (&json!("refused"), &json!("out_of_scope"))
    );
    let no_reader = lab
        .exchange(&handshake("GET /v1/ws HTTP/1.1", &sends, "Connection: close\r\n"))
        .await;
    assert!(
        no_reader.starts_with("HTTP/1.1 403 ") && no_reader.contains("out_of_scope"),
        "{no_reader}"
    );
    let nobody = handshake("GET /v1/ws HTTP/1.1", "x", "Connection: close\r\n");
    let nobody = lab.exchange(&nobody).await;
    assert!(nobody.starts_with("HTTP/1.1 401 "), "{nobody}");

    let alice = lab.founder_again().await;
    let mut alice = lab.chat(Some(&alice)).await;
    let nihao_protocol::chat::ServerSays::Accesses { accesses } = alice.ask(ClientSays::ListAccess).await else {
        panic!("no list")
    };
    let number = accesses.iter().map(|access| access.number).min().unwrap();
    let start = Instant::now();
    alice.ask(ClientSays::RevokeAccess { number }).await;
    assert_eq!(client.hear().await, json!({"type": "closing", "reason": "bad_access"}));
    assert_eq!(client.hear_close().await, (1008, String::from("bad_access")));
    assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_server_that_goes_down_answers_what_it_took_and_says_so() {
    let mut lab = lab();
    let token = token(&lab, "send,read").await;
    let mut client = Client::open(&lab, &token, "").await;
    client.hear().await;
    client.say(&json!({"type": "ping", "request": 1})).await;
    client.hear().await;
    lab.shut_down();
    assert_eq!(
        client.hear().await,
        json!({"type": "closing", "reason": "shutting_down"})
    );
    assert_eq!(client.hear_close().await, (1001, String::from("shutting_down")));
    client.put(&close(1001, "")).await;
    assert!(client.hear_frame().await.is_none(), "with close_notify");
}

#[tokio::test]
async fn whoever_gives_no_sign_of_life_is_dropped() {
    let lab = lab();
    let token = token(&lab, "read").await;
    let (mut silent, mut alive) = (
        Client::open(&lab, &token, "").await,
        Client::open(&lab, &token, "").await,
    );
    for client in [&mut silent, &mut alive] {
        client.hear().await;
    }
    // From here on nothing waits for another thread.
    tokio::time::pause();
    let start = Instant::now();
    for client in [&mut silent, &mut alive] {
        let (first, payload) = client.hear_frame().await.unwrap();
        assert_eq!((first, payload), (FIN | PING, Vec::new()));
    }
    let took = start.elapsed();
    assert!(took + Duration::from_secs(2) >= PING_AFTER, "{took:?}");
    alive.put(&frame(FIN | PONG, b"")).await;
    assert!(silent.hear_frame().await.is_none(), "dropped");
    let took = start.elapsed();
    let due = PING_AFTER + PONG_DEADLINE;
    let slack = Duration::from_secs(2);
    assert!(took + slack >= due && took < due + slack, "{took:?}");
    let (first, _) = alive.hear_frame().await.unwrap();
    assert_eq!(first, FIN | PING, "the other is asked again");
    alive.put(&frame(FIN | CLOSE, b"")).await;
    assert_eq!(alive.hear_close().await.0, 1005);
}
