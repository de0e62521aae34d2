//! Requests byte for byte: what RFC 9110 and RFC 9112 say of each, and that nothing hidden behind a refused one is answered.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::super::connection::HEAD_DEADLINE;
use super::{say, token};
use crate::daemon::tests::{Lab, lab};

/// Requests and what is heard of each, in the form that its first lines tell.
const ROWS: &str = include_str!("raw.txt");

/// Whoever answers a refused request and reads on answers this, too.
const LAST: &str = "GET /last HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/// A message in 33 bytes (0x21).
const BODY: &str = r#"{"to":"@alice","text":"smuggled"}"#;

struct Row {
    name: &'static str,
    sent: Vec<u8>,
    expected: Vec<u16>,
    /// Whether nothing follows.
    is_cut: bool,
}

fn rows(token: &str) -> Vec<Row> {
    let fields = format!("Host: localhost\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\n");
    let (mut rows, mut is_cut) = (Vec::new(), false);
    for line in ROWS.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if line.starts_with('[') {
            is_cut = line.starts_with("[cut]");
            continue;
        }
        let mut columns = line.splitn(3, " | ");
        let statuses = columns.next().unwrap().split_whitespace();
        let expected = statuses.map(|status| status.parse().unwrap()).collect();
        let name = columns.next().unwrap();
        let sent = columns.next().unwrap().replace("{B}", BODY).replace("{T}", &fields);
        let mut sent = unescaped(&sent);
        if !is_cut {
            sent.extend_from_slice(LAST.as_bytes());
        }
        rows.push(Row {
            name,
            sent,
            expected,
            is_cut,
        });
    }
    rows
}

/// Says all of it, perhaps that no more comes, and hears until the proper end.
async fn statuses(lab: &Lab, sent: &[u8], and_close: bool) -> Result<Vec<u16>, String> {
    let mut stream = lab.connect(&[b"http/1.1"], None).await;
    // A server that has read enough answers, and closes before the rest is out.
    let _ = stream.write_all(sent).await;
    if and_close {
        let _ = stream.shutdown().await;
    }
    let mut heard = Vec::new();
    // Before the server would end it for saying nothing more.
    let end = tokio::time::timeout(HEAD_DEADLINE / 2, stream.read_to_end(&mut heard)).await;
    let heard = String::from_utf8_lossy(&heard);
    let end = end.map_err(|_| format!("no end after {heard:?}"))?;
    end.map_err(|error| format!("{error} after {heard:?}"))?;
    let starts = heard.match_indices("HTTP/1.");
    let statuses = starts.filter_map(|(at, start)| heard.get(at + start.len() + 2..)?.get(..3)?.parse().ok());
    Ok(statuses.collect())
}

fn unescaped(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        let escaped = (byte == b'\\').then(|| rest.next().expect("an escape"));
        bytes.push(match escaped {
            None => byte,
            Some(b'r') => b'\r',
            Some(b'n') => b'\n',
            Some(b't') => b'\t',
            Some(b'x') => {
                let digits = [rest.next().unwrap(), rest.next().unwrap()];
                u8::from_str_radix(str::from_utf8(&digits).unwrap(), 16).unwrap()
            }
            Some(other) => other,
        });
    }
    bytes
}

#[tokio::test]
async fn what_the_rfcs_say_of_each_request_happens() {
    let lab = lab();
    let token = token(&lab, "send,read").await;
    let (mut wrong, mut posted) = (Vec::new(), 0);
    for row in rows(&token) {
        let heard = statuses(&lab, &row.sent, row.is_cut).await;
        posted += row.expected.iter().filter(|status| **status == 201).count();
        if heard.as_ref() != Ok(&row.expected) {
            wrong.push(format!("{}: {heard:?}, not {:?}", row.name, row.expected));
        }
    }
    assert!(wrong.is_empty(), "{} rows differ:\n{}", wrong.len(), wrong.join("\n"));
    let all = say(&lab, Some(&token), "GET /v1/messages?in=%40alice", None).await;
    let found = all.body["messages"].as_array().unwrap().len();
    assert_eq!(found, posted, "what was refused was not carried out");
}
