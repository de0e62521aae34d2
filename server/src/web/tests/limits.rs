//! What one connection may ask of the server: sizes, deadlines, and streams of HTTP/2.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Instant, timeout};

use super::super::connection::{HEAD, HEAD_DEADLINE, STREAMS, TAKEN_BACK};
use super::super::strict::TARGET;
use super::super::{BODY, BODY_DEADLINE};
use crate::daemon::tests::{Lab, Stream, lab};

/// Says it, and hears until the proper end.
async fn answer(lab: &Lab, request: &str) -> String {
    timeout(Duration::from_secs(10), lab.exchange(request))
        .await
        .expect("an end")
}

#[tokio::test]
async fn too_much_is_refused_by_name() {
    let lab = lab();
    let head = |fields: &str| format!("GET /nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{fields}\r\n");
    let fields = |count: usize| head(&"X: y\r\n".repeat(count));
    let line = |length: usize| {
        format!(
            "GET /{} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
            "x".repeat(length - 1)
        )
    };
    let chunked = "POST /v1/session HTTP/1.1\r\nHost: localhost\r\nOrigin: https://localhost\r\nContent-Type: application/json\r\nConnection: close\r\n\
                   Transfer-Encoding: chunked\r\n\r\n";
    let chunk = format!("{chunked}{:x}\r\n{}\r\n0\r\n\r\n", BODY + 1, " ".repeat(BODY + 1));
    for (what, request, expected) in [
        ("100 fields", fields(98), "HTTP/1.1 404 "),
        ("101 fields", fields(99), "HTTP/1.1 431 "),
        (
            "a long field",
            head(&format!("X: {}\r\n", "y".repeat(HEAD as usize - 1024))),
            "HTTP/1.1 404 ",
        ),
        (
            "a field too long",
            head(&format!("X: {}\r\n", "y".repeat(HEAD as usize * 2))),
            "HTTP/1.1 431 ",
        ),
        ("a long target", line(TARGET), "HTTP/1.1 404 "),
        ("a target too long", line(TARGET + 1), "HTTP/1.1 414 "),
        (
            "a target longer than any head",
            line(HEAD as usize * 2),
            "HTTP/1.1 431 ",
        ),
        ("a body too long, in chunks", chunk, "HTTP/1.1 413 "),
        (
            "extensions without end",
            format!("{chunked}1;{}", "x".repeat(64 * 1024)),
            "HTTP/1.1 400 ",
        ),
        (
            "trailers without end",
            format!("{chunked}0\r\nX: {}", "x".repeat(64 * 1024)),
            "HTTP/1.1 400 ",
        ),
    ] {
        let heard = answer(&lab, &request).await;
        assert!(heard.starts_with(expected), "{what}: {heard}");
    }
}

/// What is heard until the end, and how long that took.
async fn until_the_end(stream: &mut Stream) -> (String, Duration) {
    let (start, mut heard) = (Instant::now(), String::new());
    stream.read_to_string(&mut heard).await.expect("a proper end");
    (heard, start.elapsed())
}

#[tokio::test(start_paused = true)]
async fn whoever_dawdles_is_not_waited_for() {
    let lab = lab();
    let body = "POST /v1/session HTTP/1.1\r\nHost: localhost\r\nOrigin: https://localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{";
    let slack = Duration::from_secs(2);
    for (what, said, expected, deadline) in [
        ("nothing", "", "", HEAD_DEADLINE),
        ("half a head", "GET /nothing HTTP/1.1\r\nHost: lo", "", HEAD_DEADLINE),
        ("half a body", body, "HTTP/1.1 408 ", BODY_DEADLINE),
        (
            "nothing more",
            "GET /nothing HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "HTTP/1.1 404 ",
            HEAD_DEADLINE,
        ),
    ] {
        let mut stream = lab.connect(&[b"http/1.1"], None).await;
        stream.write_all(said.as_bytes()).await.unwrap();
        let (heard, took) = until_the_end(&mut stream).await;
        assert!(
            heard.starts_with(expected) && heard.is_empty() == expected.is_empty(),
            "{what}: {heard}"
        );
        assert!(
            took >= deadline.saturating_sub(slack) && took <= deadline + slack,
            "{what}: {took:?}"
        );
    }
    // A byte now and then is no head either.
    let mut stream = lab.connect(&[b"http/1.1"], None).await;
    let start = Instant::now();
    while stream.write_all(b"G").await.is_ok() && start.elapsed() < HEAD_DEADLINE * 3 {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    assert!(start.elapsed() <= HEAD_DEADLINE + slack, "{:?}", start.elapsed());
}

/// One frame of HTTP/2: type, flags, stream, payload.
pub(super) type Frame = (u8, u8, u32, Vec<u8>);

pub(super) const DATA: u8 = 0;
pub(super) const HEADERS: u8 = 1;
pub(super) const RESET: u8 = 3;
pub(super) const SETTINGS: u8 = 4;
pub(super) const PING: u8 = 6;
const GOAWAY: u8 = 7;
const CONTINUATION: u8 = 9;
/// The end of the header block, and of the request.
pub(super) const WHOLE: u8 = 5;
const OPEN: u8 = 4;

/// The header block of a GET or a POST of `/` at localhost: RFC 7541, appendix A.
fn block(method: u8) -> Vec<u8> {
    [&[method, 0x87, 0x84, 0x41, 9][..], b"localhost"].concat()
}

pub(super) const GET: u8 = 0x82;
const POST: u8 = 0x83;

pub(super) struct Two(pub(super) Stream);

impl Two {
    pub(super) async fn connect(lab: &Lab) -> Self {
        let mut stream = lab.connect(&[b"h2"], None).await;
        stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
        let mut two = Self(stream);
        two.say(SETTINGS, 0, 0, &[]).await;
        two
    }

    pub(super) async fn say(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let frame = [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat();
        // A server that has heard enough is gone.
        let _ = self.0.write_all(&frame).await;
    }

    /// The next frame; none at the proper end. Settings and pings are answered.
    pub(super) async fn hear(&mut self) -> Option<Frame> {
        let mut head = [0; 9];
        if let Err(error) = self.0.read_exact(&mut head).await {
            assert_eq!(error.kind(), std::io::ErrorKind::UnexpectedEof, "{error}");
            return None;
        }
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
        let mut payload = vec![0; length as usize];
        self.0.read_exact(&mut payload).await.unwrap();
        let (kind, flags) = (head[3], head[4]);
        if matches!(kind, SETTINGS | PING) && flags & 1 == 0 {
            let echo = if kind == PING { payload.clone() } else { Vec::new() };
            self.say(kind, 1, 0, &echo).await;
        }
        let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        Some((kind, flags, stream, payload))
    }

    pub(super) async fn hear_a(&mut self, wanted: u8) -> Frame {
        loop {
            let frame = self.hear().await.expect("a frame");
            if frame.0 == wanted {
                return frame;
            }
        }
    }
}

#[tokio::test]
async fn http2_says_its_bounds() {
    let lab = lab();
    let (_, _, _, settings) = Two::connect(&lab).await.hear_a(SETTINGS).await;
    let settings = settings
        .chunks(6)
        .map(|one| (one[1], u32::from_be_bytes([one[2], one[3], one[4], one[5]])));
    let settings: Vec<_> = settings.collect();
    assert!(settings.contains(&(3, STREAMS)), "{settings:?}");
    assert!(settings.contains(&(6, HEAD)), "{settings:?}");
}

#[tokio::test]
async fn one_stream_too_many_is_refused_and_the_others_go_on() {
    let lab = lab();
    let mut two = Two::connect(&lab).await;
    let last = STREAMS * 2 + 1;
    // Each has a body that does not come.
    let uploads = [
        &[POST, 0x87][..],
        &[0x04, 12],
        b"/v1/messages",
        &[0x41, 9],
        b"localhost",
        &[0x5f, 16],
        b"application/json",
    ]
    .concat();
    two.hear_a(SETTINGS).await;
    for stream in (1..=last).step_by(2) {
        two.say(HEADERS, OPEN, stream, &uploads).await;
    }
    let (_, _, stream, code) = two.hear_a(RESET).await;
    assert_eq!((stream, code), (last, vec![0, 0, 0, 7]), "REFUSED_STREAM");
    two.say(DATA, 1, 1, b"{}").await;
    let (_, _, stream, _) = two.hear_a(HEADERS).await;
    assert_eq!(stream, 1);
}

#[tokio::test]
async fn streams_opened_and_taken_back_end_the_connection() {
    let lab = lab();
    let mut two = Two::connect(&lab).await;
    let mut burst = Vec::new();
    for stream in (1..=u32::try_from(TAKEN_BACK).unwrap() * 20).step_by(2) {
        let block = block(GET);
        burst.extend([0, 0, u8::try_from(block.len()).unwrap(), HEADERS, WHOLE]);
        burst.extend(stream.to_be_bytes());
        burst.extend(block);
        burst.extend([0, 0, 4, RESET, 0]);
        burst.extend(stream.to_be_bytes());
        burst.extend([0, 0, 0, 8]);
    }
    let _ = two.0.write_all(&burst).await;
    let (_, _, _, payload) = two.hear_a(GOAWAY).await;
    assert_eq!(payload[4..8], [0, 0, 0, 11], "ENHANCE_YOUR_CALM");
    while two.hear().await.is_some() {}
}

#[tokio::test]
async fn headers_without_end_are_refused_on_http2_too() {
    let lab = lab();
    // Four fields of 4000 bytes, in a frame of less than 16 KiB.
    let fields = [&[0x00, 1, b'x', 0x7f, 0xa1, 0x1e][..], &[b'y'; 4000]]
        .concat()
        .repeat(4);
    for (frames, refused_with, expected) in [(3, HEADERS, None), (64, GOAWAY, Some([0, 0, 0, 11]))] {
        let mut two = Two::connect(&lab).await;
        two.hear_a(SETTINGS).await;
        two.say(HEADERS, 1, 1, &block(GET)).await;
        for rest in 1..=frames {
            two.say(CONTINUATION, if rest == frames { OPEN } else { 0 }, 1, &fields)
                .await;
        }
        let (_, _, _, payload) = two.hear_a(refused_with).await;
        match expected {
            Some(code) => assert_eq!(payload[4..8], code, "ENHANCE_YOUR_CALM"),
            // RFC 7541 §6.2: a status that the static table lacks, under its name, in Huffman's code.
            None => assert_eq!(payload[..4], [0x48, 0x83, 0x69, 0x90], "431: {payload:x?}"),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_without_a_request_ends_on_http2_too() {
    let lab = lab();
    let mut two = Two::connect(&lab).await;
    two.say(HEADERS, WHOLE, 1, &block(GET)).await;
    two.hear_a(HEADERS).await;
    let start = Instant::now();
    let (_, _, _, payload) = two.hear_a(GOAWAY).await;
    assert_eq!(payload[4..8], [0; 4], "NO_ERROR");
    while two.hear().await.is_some() {}
    let took = start.elapsed();
    assert!(
        took >= HEAD_DEADLINE - Duration::from_secs(2) && took < HEAD_DEADLINE * 2,
        "{took:?}"
    );
}
