//! `/v1/ws` byte by byte: a client that says what it likes, over the daemon in memory.

mod misuse;
mod talks;

use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use crate::daemon::tests::{Lab, Stream};

const CONTINUATION: u8 = 0;
const TEXT: u8 = 1;
const BINARY: u8 = 2;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;
/// The last fragment, or the only one.
const FIN: u8 = 0x80;
/// The example of RFC 6455 §1.3, and what it is answered with.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";
/// Any but zero, so that what is not unmasked is noticed.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// A frame as a client says it (RFC 6455 §5.2).
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        length @ 0..126 => frame.push(0x80 | u8::try_from(length).unwrap()),
        length @ 126..0x1_0000 => {
            frame.push(0x80 | 126);
            frame.extend(u16::try_from(length).unwrap().to_be_bytes());
        }
        length => {
            frame.push(0x80 | 127);
            frame.extend(u64::try_from(length).unwrap().to_be_bytes());
        }
    }
    frame.extend(MASK);
    frame.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

fn close(code: u16, reason: &str) -> Vec<u8> {
    frame(FIN | CLOSE, &[&code.to_be_bytes(), reason.as_bytes()].concat())
}

/// A WebSocket's client.
pub(super) struct Client(pub(super) Stream);

impl Client {
    /// Opens a WebSocket on `/v1/ws` with this query.
    pub(super) async fn open(lab: &Lab, token: &str, query: &str) -> Self {
        let mut stream = lab.connect(&[b"http/1.1"], None).await;
        let request = handshake(&format!("GET /v1/ws{query} HTTP/1.1"), token, "");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap();
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        assert!(head.contains(&format!("sec-websocket-accept: {ACCEPT}\r\n")), "{head}");
        Self(stream)
    }

    async fn put(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    async fn say(&mut self, wish: &Value) {
        self.put(&frame(FIN | TEXT, wish.to_string().as_bytes())).await;
    }

    /// The next frame: its first byte and its payload; none at the proper end.
    async fn hear_frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let heard = timeout(Duration::from_secs(90), async {
            let first = match self.0.read_u8().await {
                Ok(first) => first,
                Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return None,
                Err(error) => panic!("{error}"),
            };
            // What a server says is not masked: the first bit is 0.
            let length = match self.0.read_u8().await.unwrap() {
                length @ 0..126 => u64::from(length),
                126 => u64::from(self.0.read_u16().await.unwrap()),
                127 => self.0.read_u64().await.unwrap(),
                masked => panic!("{masked:x}"),
            };
            let mut payload = vec![0; usize::try_from(length).unwrap()];
            self.0.read_exact(&mut payload).await.unwrap();
            Some((first, payload))
        });
        heard.await.expect("something or the end")
    }

    /// The next message.
    pub(super) async fn hear(&mut self) -> Value {
        match self.hear_frame().await {
            Some((first, payload)) if first == FIN | TEXT => serde_json::from_slice(&payload).unwrap(),
            other => panic!("{other:x?}"),
        }
    }

    /// The code and reason of the next frame, which closes; nothing comes after it.
    async fn hear_close(&mut self) -> (u16, String) {
        let Some((first, payload)) = self.hear_frame().await else {
            panic!("an end without a word")
        };
        assert_eq!(first, FIN | CLOSE, "{payload:x?}");
        let (code, reason) = payload.split_at(payload.len().min(2));
        let code = code.try_into().map_or(1005, u16::from_be_bytes);
        (code, String::from_utf8(reason.to_vec()).unwrap())
    }
}

/// An opening handshake with more fields.
fn handshake(line: &str, token: &str, more: &str) -> String {
    format!(
        "{line}\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: {KEY}\r\nAuthorization: Bearer {token}\r\n{more}\r\n"
    )
}
