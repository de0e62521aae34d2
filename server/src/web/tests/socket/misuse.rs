//! What RFC 6455 forbids, byte by byte: opening handshakes that are none, and frames that end the connection by their code.

use std::time::Duration;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use super::super::super::socket::MESSAGE;
use super::super::limits::{HEADERS, Two, WHOLE};
use super::super::token;
use super::{BINARY, CLOSE, CONTINUATION, Client, FIN, KEY, MASK, PING, PONG, TEXT, close, frame, handshake};
use crate::daemon::tests::lab;

/// What of a good opening handshake is replaced, by what, and how that is answered.
const HANDSHAKES: &[(&str, &str, &str)] = &[
    ("GET ", "HEAD ", "HTTP/1.1 405 "),
    ("GET ", "POST ", "HTTP/1.1 405 "),
    (" HTTP/1.1", " HTTP/1.0", "HTTP/1.0 426 "),
    ("Host: localhost\r\n", "", "HTTP/1.1 400 "),
    ("Upgrade: websocket\r\n", "", "HTTP/1.1 426 "),
    ("Upgrade: websocket\r\n", "Upgrade: h2c\r\n", "HTTP/1.1 426 "),
    ("Upgrade: websocket\r\n", "Upgrade: h2c, WebSocket\r\n", "HTTP/1.1 101 "),
    ("Connection: Upgrade\r\n", "", "HTTP/1.1 426 "),
    ("Connection: Upgrade\r\n", "Connection: keep-alive\r\n", "HTTP/1.1 426 "),
    (
        "Connection: Upgrade\r\n",
        "Connection: keep-alive, upgrade\r\n",
        "HTTP/1.1 101 ",
    ),
    ("Version: 13\r\n", "Version: 8\r\n", "HTTP/1.1 426 "),
    ("Version: 13\r\n", "Version: 13, 8\r\n", "HTTP/1.1 426 "),
    ("Sec-WebSocket-Version: 13\r\n", "", "HTTP/1.1 426 "),
    (
        "Sec-WebSocket-Version: 13\r\n",
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 13\r\n",
        "HTTP/1.1 426 ",
    ),
    ("Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "Key: \r\n", "HTTP/1.1 400 "),
    (
        "Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
        "Key: dGhlIHNhbXBsZSBub25j\r\n",
        "HTTP/1.1 400 ",
    ),
    (
        "Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
        "Key: dGhlIHNhbXBsZSBub25jZQ\r\n",
        "HTTP/1.1 400 ",
    ),
    (
        "Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
        "Key: dGhlIHNhbXBsZSBub25jZSE=\r\n",
        "HTTP/1.1 400 ",
    ),
    (
        "Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
        "Key: ????IHNhbXBsZSBub25jZQ==\r\n",
        "HTTP/1.1 400 ",
    ),
    ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "", "HTTP/1.1 400 "),
    (
        "Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
        "Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
        "HTTP/1.1 400 ",
    ),
    (
        "Host: localhost\r\n",
        "Host: localhost\r\nContent-Length: 4\r\n",
        "HTTP/1.1 400 ",
    ),
    (
        "Host: localhost\r\n",
        "Host: localhost\r\nTransfer-Encoding: chunked\r\n",
        "HTTP/1.1 400 ",
    ),
    ("/v1/ws ", "/v1/ws?after=x ", "HTTP/1.1 400 "),
    ("/v1/ws ", "/v1/ws?after=-1 ", "HTTP/1.1 400 "),
    ("/v1/ws ", "/v1/ws?since=1 ", "HTTP/1.1 400 "),
    ("Authorization: Bearer ", "X-Authorization: Bearer ", "HTTP/1.1 401 "),
    ("Authorization: Bearer ", "Authorization: Basic ", "HTTP/1.1 401 "),
    (
        "Host: localhost\r\n",
        "Host: localhost\r\nSec-WebSocket-Extensions: permessage-deflate\r\nSec-WebSocket-Protocol: chat\r\n",
        "HTTP/1.1 101 ",
    ),
];

#[tokio::test]
async fn an_opening_handshake_is_all_there_or_none() {
    let lab = lab();
    let token = token(&lab, "read").await;
    let good = handshake("GET /v1/ws HTTP/1.1", &token, "");
    assert!(good.contains(KEY));
    for (part, replaced, expected) in HANDSHAKES {
        assert!(good.contains(part), "{part}");
        let request = good.replacen(part, replaced, 1);
        let mut stream = lab.connect(&[b"http/1.1"], None).await;
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut heard = Vec::new();
        while !heard.ends_with(b"\r\n\r\n") {
            let byte = timeout(Duration::from_secs(5), stream.read_u8()).await;
            heard.push(byte.expect("an answer").expect("all of its head"));
        }
        let heard = String::from_utf8_lossy(&heard);
        assert!(heard.starts_with(expected), "{replaced:?}: {heard}");
        if expected.ends_with("426 ") {
            assert!(heard.contains("\r\nsec-websocket-version: 13\r\n"), "{heard}");
            assert!(heard.contains("\r\nupgrade: websocket\r\n"), "{heard}");
        }
        let selects = heard.contains("sec-websocket-extensions") || heard.contains("sec-websocket-protocol");
        assert!(!selects, "nothing of what was offered is chosen: {heard}");
    }
}

#[tokio::test]
async fn over_http2_it_says_where_websockets_are() {
    let lab = lab();
    let mut two = Two::connect(&lab).await;
    let token = token(&lab, "read").await;
    let value = format!("Bearer {token}");
    let length = u8::try_from(value.len()).unwrap();
    let block = [
        &[0x82, 0x87, 0x04, 6][..],
        b"/v1/ws",
        &[0x41, 9],
        b"localhost",
        &[0x0f, 0x08, length],
        value.as_bytes(),
    ];
    two.say(HEADERS, WHOLE, 1, &block.concat()).await;
    let body = two.hear_a(super::super::limits::DATA).await.3;
    let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(
        (&problem["error"], &problem["status"]),
        (&json!("http11_required"), &json!(400))
    );
}

/// Frames, and the code that they are answered with.
fn frames() -> Vec<(&'static str, Vec<u8>, u16)> {
    let text = |first: u8, text: &[u8]| frame(first, text);
    let announced = |first: u8, length: u64| [&[first, 0xff][..], &length.to_be_bytes(), &MASK].concat();
    let mut unmasked = vec![FIN | TEXT, 2];
    unmasked.extend(b"{}");
    vec![
        ("not masked", unmasked, 1002),
        ("the first reserved bit", text(0xc1, b"{}"), 1002),
        ("the second reserved bit", text(0xa1, b"{}"), 1002),
        ("the third reserved bit", text(0x91, b"{}"), 1002),
        ("a reserved bit of a ping", text(0xc9, b""), 1002),
        ("a reserved opcode", text(FIN | 3, b""), 1002),
        ("another", text(FIN | 7, b""), 1002),
        ("a reserved opcode of control", text(FIN | 11, b""), 1002),
        ("the last one", text(FIN | 15, b""), 1002),
        ("a ping in fragments", text(PING, b""), 1002),
        ("a close in fragments", text(CLOSE, b""), 1002),
        ("a long ping", text(FIN | PING, &[0; 126]), 1002),
        ("a long close", text(FIN | CLOSE, &[3; 126]), 1002),
        ("a continuation of nothing", text(FIN | CONTINUATION, b"x"), 1002),
        ("nothing continued", text(CONTINUATION, b"x"), 1002),
        ("two beginnings", [text(TEXT, b"{"), text(TEXT, b"}")].concat(), 1002),
        (
            "a whole one in another",
            [text(TEXT, b"{"), text(FIN | TEXT, b"{}")].concat(),
            1002,
        ),
        ("half a code", text(FIN | CLOSE, &[3]), 1002),
        ("a code of no use", close(999, ""), 1002),
        ("a code that is never said", close(1005, ""), 1002),
        ("another of them", close(1006, ""), 1002),
        ("a code that nobody gave out", close(1100, ""), 1002),
        ("a reason that is no text", text(FIN | CLOSE, &[3, 0xe8, 0xff]), 1007),
        ("no UTF-8", text(FIN | TEXT, b"\"\xff\""), 1007),
        ("half a surrogate", text(FIN | TEXT, b"\xed\xa0\x80"), 1007),
        ("too long a form", text(FIN | TEXT, b"\xc0\xaf"), 1007),
        ("half a character", text(FIN | TEXT, b"\"\xe6\x82"), 1007),
        ("no UTF-8 in a fragment, before the last", text(TEXT, b"\"\xff"), 1007),
        (
            "half a character, in fragments",
            [text(TEXT, b"\"\xe6"), text(FIN | CONTINUATION, b"\"")].concat(),
            1007,
        ),
        ("binary", text(FIN | BINARY, b"{}"), 1003),
        (
            "binary in fragments",
            [text(BINARY, b"{"), text(FIN | CONTINUATION, b"}")].concat(),
            1003,
        ),
        ("a byte too many", text(FIN | TEXT, &vec![b' '; MESSAGE + 1]), 1009),
        (
            "a byte too many, in fragments",
            [text(TEXT, &vec![b' '; MESSAGE]), text(FIN | CONTINUATION, b" ")].concat(),
            1009,
        ),
        ("more than there is memory", announced(FIN | TEXT, 1 << 62), 1009),
        ("a length whose first bit is set", announced(FIN | TEXT, u64::MAX), 1009),
    ]
}

#[tokio::test]
async fn what_breaks_the_protocol_ends_the_connection_by_its_code() {
    let lab = lab();
    let token = token(&lab, "send,read").await;
    for (what, sent, code) in frames() {
        let mut client = Client::open(&lab, &token, "").await;
        client.hear().await;
        client.put(&sent).await;
        let (heard, reason) = client.hear_close().await;
        assert_eq!(heard, code, "{what}: {reason}");
        // What comes after it is not taken; the end is a proper one.
        let late = json!({"type": "send", "request": 1, "to": "#general", "text": what});
        let _ = client
            .0
            .write_all(&frame(FIN | TEXT, late.to_string().as_bytes()))
            .await;
        assert!(client.hear_frame().await.is_none(), "{what}");
    }
    let mut client = Client::open(&lab, &token, "?after=0").await;
    assert_eq!(client.hear().await["type"], "caught_up", "nothing was posted");
}

#[tokio::test]
async fn what_is_allowed_is_understood() {
    let lab = lab();
    let token = token(&lab, "send,read").await;
    let mut client = Client::open(&lab, &token, "").await;
    client.hear().await;
    let ping = r#"{"type":"ping","request":1}"#;
    let (one, other) = ping.split_at(9);
    let pong = json!({"type": "pong", "request": 1});
    // In fragments, an empty one among them, with a ping in between.
    for part in [
        frame(TEXT, one.as_bytes()),
        frame(FIN | PING, b"are you there?"),
        frame(CONTINUATION, b""),
        frame(FIN | CONTINUATION, other.as_bytes()),
    ] {
        client.put(&part).await;
    }
    assert_eq!(
        client.hear_frame().await,
        Some((FIN | PONG, b"are you there?".to_vec()))
    );
    assert_eq!(client.hear().await, pong);
    // A character over three fragments, byte by byte on the wire.
    let wish = r##"{"type":"send","request":1,"to":"#general","text":"您"}"##;
    let at = wish.find('您').unwrap();
    let (head, tail) = wish.as_bytes().split_at(at + 1);
    let (middle, tail) = tail.split_at(1);
    let whole = [
        frame(TEXT, head),
        frame(CONTINUATION, middle),
        frame(FIN | CONTINUATION, tail),
    ]
    .concat();
    for byte in whole {
        client.put(&[byte]).await;
    }
    let heard = [client.hear().await, client.hear().await];
    assert!(heard.iter().any(|says| says["message"]["text"] == "您"), "{heard:?}");
    // A pong that nobody asked for, the longest request there is, and the longest ping.
    client.put(&frame(FIN | PONG, b"unasked")).await;
    client
        .put(&frame(
            FIN | TEXT,
            format!("{ping}{}", " ".repeat(MESSAGE - ping.len())).as_bytes(),
        ))
        .await;
    assert_eq!(client.hear().await, pong);
    client.put(&frame(FIN | PING, &[b'x'; 125])).await;
    assert_eq!(client.hear_frame().await, Some((FIN | PONG, vec![b'x'; 125])));
    // A close without a code, and what comes behind it.
    client
        .put(&[frame(FIN | CLOSE, b""), frame(FIN | TEXT, ping.as_bytes())].concat())
        .await;
    assert_eq!(client.hear_close().await, (1005, String::new()));
    assert!(client.hear_frame().await.is_none());
}

#[tokio::test]
async fn what_comes_in_one_packet_with_the_handshake_is_heard() {
    let lab = lab();
    let token = token(&lab, "read").await;
    let mut stream = lab.connect(&[b"http/1.1"], None).await;
    let mut sent = handshake("GET /v1/ws HTTP/1.1", &token, "").into_bytes();
    sent.extend(frame(FIN | TEXT, br#"{"type":"ping","request":1}"#));
    sent.extend(close(1000, ""));
    stream.write_all(&sent).await.unwrap();
    let mut heard = String::new();
    let end = timeout(Duration::from_secs(5), async {
        let mut bytes = Vec::new();
        stream
            .read_to_end(&mut bytes)
            .await
            .map(|_| heard = String::from_utf8_lossy(&bytes).into_owned())
    });
    end.await.expect("an end").expect("a proper end");
    assert!(
        heard.starts_with("HTTP/1.1 101 ") && heard.contains(r#"{"type":"pong","request":1}"#),
        "{heard}"
    );
}

#[tokio::test]
async fn a_flood_of_pings_is_answered_as_far_as_it_is_read() {
    let lab = lab();
    let token = token(&lab, "send,read").await;
    let mut client = Client::open(&lab, &token, "").await;
    client.hear().await;
    // RFC 6455 §5.5.3: of several pings only the last need be answered; all of them would be megabytes.
    let flood = frame(FIN | PING, &[b'x'; 125]).repeat(1000);
    for _ in 0..40 {
        timeout(Duration::from_secs(30), client.put(&flood))
            .await
            .expect("it is taken");
    }
    client.say(&json!({"type": "ping", "request": 1})).await;
    let mut pongs = 0_usize;
    loop {
        let (first, payload) = client.hear_frame().await.expect("it goes on");
        if first == FIN | TEXT {
            assert_eq!(
                serde_json::from_slice::<serde_json::Value>(&payload).unwrap()["type"],
                "pong"
            );
            break;
        }
        assert_eq!(first, FIN | PONG);
        pongs += 1;
    }
    assert!((1..40_000).contains(&pongs), "{pongs}");
}
