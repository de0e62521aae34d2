//! Every request that the API describes, by everybody: the whole table of who may do what over HTTP.

use std::collections::BTreeSet;
use std::time::Duration;

use nihao_protocol::chat::Invite;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use super::ask;
use crate::daemon::tests::{Lab, lab};

/// Who asks, in the order of the columns.
const ACTORS: [&str; 9] = [
    "nobody",
    "alice, the admin, by her browser",
    "bob by his browser",
    "bob's token to send",
    "bob's token to read",
    "bob's token for both",
    "the secret of bob's webhook as a token",
    "carol, who was removed, by her browser",
    "carol's token",
];

/// Whatever may be asked by everybody.
const OPEN: &str = "ok ok ok ok ok ok ok ok ok";
const UNKNOWN: &str = "invite_unknown invite_unknown invite_unknown invite_unknown invite_unknown invite_unknown \
                       invite_unknown invite_unknown invite_unknown";
const NO_HOOK: &str =
    "bad_access bad_access bad_access bad_access bad_access bad_access bad_access bad_access bad_access";
/// What a device may, and what was given for less than that may not.
const DEVICE: &str = "not_a_member ok ok out_of_scope out_of_scope out_of_scope bad_access removed removed";
const READ: &str = "not_a_member ok ok out_of_scope ok ok bad_access removed removed";
const SEND: &str = "not_a_member ok ok ok out_of_scope ok bad_access removed removed";

/// Requests, what stands in their bodies, and what each of [`ACTORS`] hears: `ok`, or the name of an error.
fn table() -> Vec<(&'static str, Option<Value>, &'static str)> {
    let draft = |to: &str| Some(json!({"to": to, "text": "x"}));
    let token = Some(json!({"scopes": ["send"]}));
    let newcomer = Some(json!({"code": "AAAAAAAAAAAAAAAAAAAAAA", "name": "erin", "attempt": "A".repeat(43)}));
    let own = "not_a_member no_such_access ok out_of_scope out_of_scope out_of_scope bad_access removed removed";
    vec![
        ("GET /openapi.json", None, OPEN),
        ("GET /ca.pem", None, OPEN),
        ("POST /v1/session", newcomer, UNKNOWN),
        ("DELETE /v1/session", None, DEVICE),
        (
            "GET /v1/me",
            None,
            "not_a_member ok ok ok ok ok bad_access removed removed",
        ),
        ("GET /v1/members", None, READ),
        (
            "DELETE /v1/members/dave",
            None,
            "not_a_member ok not_admin out_of_scope out_of_scope out_of_scope bad_access removed removed",
        ),
        ("POST /v1/invites", None, DEVICE),
        ("GET /v1/messages?in=%23general", None, READ),
        ("POST /v1/messages", draft("#general"), SEND),
        (
            "POST /v1/messages",
            draft("@carol"),
            "not_a_member no_such_user no_such_user no_such_user out_of_scope no_such_user bad_access removed removed",
        ),
        ("GET /v1/events", None, READ),
        ("GET /v1/ws", None, READ),
        ("GET /v1/tokens", None, DEVICE),
        ("POST /v1/tokens", token, DEVICE),
        ("DELETE /v1/tokens/{token}", None, own),
        ("GET /v1/webhooks", None, DEVICE),
        ("POST /v1/webhooks", Some(json!({"to": "#general"})), DEVICE),
        ("DELETE /v1/webhooks/{webhook}", None, own),
        ("GET /v1/sessions", None, DEVICE),
        ("DELETE /v1/sessions/{session}", None, own),
        ("POST /v1/hooks/{secret}", Some(json!("x")), OPEN),
        ("POST /v1/hooks/AAAA", Some(json!("x")), NO_HOOK),
    ]
}

/// People, and what they hold.
struct People {
    lab: Lab,
    /// The header field of each of [`ACTORS`].
    fields: Vec<String>,
    /// What stands for what in a request's path.
    places: Vec<(&'static str, String)>,
}

async fn joined(lab: &Lab, code: &str, name: &str) -> String {
    let wish = json!({"code": code, "name": name, "attempt": "A".repeat(43)});
    let answer = ask(lab, "POST /v1/session", OWN, Some(wish)).await;
    let cookie = answer.header("set-cookie").expect("a cookie");
    format!("Cookie: {}\r\n{OWN}", cookie.split_once(';').unwrap().0)
}

const OWN: &str = "Origin: https://localhost\r\n";

async fn made(lab: &Lab, field: &str, line: &str, body: Option<Value>) -> Value {
    let answer = ask(lab, line, field, body).await;
    assert_eq!(answer.status.as_u16(), 201, "{line}: {}", answer.body);
    answer.body
}

fn bearer(token: &str) -> String {
    format!("Authorization: Bearer {token}\r\n")
}

async fn people() -> People {
    let lab = lab();
    let alice = joined(&lab, &lab.founding_line().await, "alice").await;
    let (mut cookies, mut links) = (Vec::new(), Vec::new());
    for name in ["bob", "carol", "dave"] {
        let invite = made(&lab, &alice, "POST /v1/invites", None).await;
        let link = invite["link"].as_str().unwrap().to_owned();
        cookies.push(joined(&lab, &link, name).await);
        links.push(link);
    }
    let [bob, carol, _] = <[String; 3]>::try_from(cookies).unwrap();
    let mut tokens = Vec::new();
    for (whose, scopes) in [
        (&bob, &["send"][..]),
        (&bob, &["read"]),
        (&bob, &["send", "read"]),
        (&carol, &["send", "read"]),
    ] {
        let token = made(&lab, whose, "POST /v1/tokens", Some(json!({"scopes": scopes}))).await;
        tokens.push(bearer(token["secret"].as_str().unwrap()));
    }
    let [send, read, both, gone] = <[String; 4]>::try_from(tokens).unwrap();
    let to = Some(json!({"to": "#general"}));
    let hook = made(&lab, &bob, "POST /v1/webhooks", to.clone()).await;
    let secret = hook["secret"].as_str().unwrap().rsplit_once('/').unwrap().1;
    let removed = ask(&lab, "DELETE /v1/members/carol", &alice, None).await;
    assert_eq!(removed.status.as_u16(), 204);

    // More of bob's, which nobody here lives by.
    let token = made(&lab, &bob, "POST /v1/tokens", Some(json!({"scopes": ["send"]}))).await;
    let webhook = made(&lab, &bob, "POST /v1/webhooks", to).await;
    joined(&lab, &links[0], "bob").await;
    let sessions = ask(&lab, "GET /v1/sessions", &bob, None).await.body;
    let places = vec![
        ("{token}", token["number"].to_string()),
        ("{webhook}", webhook["number"].to_string()),
        ("{session}", sessions[1]["number"].to_string()),
        ("{secret}", secret.to_owned()),
    ];
    let as_token = bearer(&format!("nihao_{secret}"));
    let fields = vec![String::new(), alice, bob, send, read, both, as_token, carol, gone];
    People { lab, fields, places }
}

impl People {
    /// `ok`, or the name of the error. Of an answer without end only the head is read.
    async fn hear(&self, line: &str, field: &str, body: Option<&Value>) -> String {
        let line = self
            .places
            .iter()
            .fold(line.to_owned(), |line, (name, place)| line.replace(name, place));
        let body = body.map(Value::to_string).unwrap_or_default();
        let how = if line.starts_with("GET /v1/ws") {
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        } else {
            "Connection: close\r\nContent-Type: application/json\r\n"
        };
        let origin = if field.contains(OWN) { "" } else { OWN };
        let request = format!(
            "{line} HTTP/1.1\r\nHost: localhost\r\n{field}{origin}{how}Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream = self.lab.connect(&[b"http/1.1"], None).await;
        let answer = async {
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            let head = String::from_utf8(head).unwrap();
            if head.starts_with("HTTP/1.1 2") || head.starts_with("HTTP/1.1 101 ") {
                return String::from("ok");
            }
            let mut fields = head.lines().filter_map(|line| line.strip_prefix("content-length: "));
            let mut body = vec![0; fields.next().unwrap().parse().unwrap()];
            stream.read_exact(&mut body).await.unwrap();
            let body: Value = serde_json::from_slice(&body).unwrap();
            body["error"].as_str().unwrap().to_owned()
        };
        timeout(Duration::from_secs(30), answer).await.expect("an answer")
    }
}

#[tokio::test]
async fn who_may_do_what_over_http() {
    for (line, body, expected) in table() {
        let people = people().await;
        let mut heard = Vec::new();
        for field in &people.fields {
            heard.push(people.hear(line, field, body.as_ref()).await);
        }
        let expected: Vec<_> = expected.split(' ').collect();
        for (actor, (heard, expected)) in ACTORS.iter().zip(heard.iter().zip(&expected)) {
            assert_eq!(heard, expected, "{line} asked by {actor}");
        }
        assert_eq!(heard.len(), expected.len(), "{line}");
    }
}

/// Numbers are counted over all kinds: what is no webhook does not end as one.
#[tokio::test]
async fn access_is_revoked_as_what_it_is() {
    let people = people().await;
    let [_, _, bob, ..] = &people.fields[..] else { panic!() };
    let kinds = [
        ("tokens", "{token}"),
        ("webhooks", "{webhook}"),
        ("sessions", "{session}"),
    ];
    for own in [false, true] {
        for (kind, _) in kinds {
            for (other, number) in kinds {
                if (kind == other) == own {
                    let heard = people.hear(&format!("DELETE /v1/{kind}/{number}"), bob, None).await;
                    assert_eq!(heard, if own { "ok" } else { "no_such_access" }, "{number} of {kind}");
                }
            }
        }
    }
}

#[tokio::test]
async fn the_table_names_every_route() {
    let lab = lab();
    let description = ask(&lab, "GET /openapi.json", "", None).await.body;
    let mut described = BTreeSet::new();
    for (path, item) in description["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            described.insert((method.to_uppercase(), shape(path)));
        }
    }
    let rows = table();
    let named = rows.iter().map(|(line, ..)| {
        let (method, target) = line.split_once(' ').unwrap();
        (method.to_owned(), shape(target.split('?').next().unwrap()))
    });
    assert_eq!(named.collect::<BTreeSet<_>>(), described);
    assert!(
        rows.iter()
            .all(|(.., expected)| expected.split(' ').count() == ACTORS.len())
    );
}

/// A path with its parameters, and what stands for them here, as a star.
fn shape(path: &str) -> String {
    let parts = path.split('/').enumerate();
    let parts = parts.map(|(at, part)| if at == 3 { "*" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

/// What bob says to alice is not dave's to read, however he asks.
#[tokio::test]
async fn a_conversation_is_seen_by_its_two_ends_and_nobody_else() {
    let lab = lab();
    let alice = joined(&lab, &lab.founding_line().await, "alice").await;
    let mut others = Vec::new();
    for name in ["bob", "dave"] {
        let invite = made(&lab, &alice, "POST /v1/invites", None).await;
        let line = invite["invite"].as_str().unwrap();
        assert_eq!(line.parse::<Invite>().unwrap().link(), invite["link"]);
        others.push(joined(&lab, line, name).await);
    }
    let [bob, dave] = <[String; 2]>::try_from(others).unwrap();
    let draft = json!({"to": "@alice", "text": "psst"});
    made(&lab, &bob, "POST /v1/messages", Some(draft)).await;
    for (who, with, seen) in [
        (&alice, "bob", 1),
        (&bob, "alice", 1),
        (&dave, "alice", 0),
        (&dave, "bob", 0),
    ] {
        let page = ask(&lab, &format!("GET /v1/messages?in=%40{with}"), who, None).await;
        assert_eq!(page.body["messages"].as_array().unwrap().len(), seen, "{with}");
    }
    // What everybody hears comes after it in the log: who has heard that has not been told the other.
    let draft = json!({"to": "#general", "text": "all"});
    made(&lab, &bob, "POST /v1/messages", Some(draft)).await;
    for (who, expected) in [(&alice, "psst"), (&bob, "psst"), (&dave, "all")] {
        let field = format!("{who}Last-Event-ID: 0\r\n");
        let mut events = super::followers::open(&lab, &field).await;
        let first = super::followers::next(&mut events, "data: ").await.unwrap();
        let first: Value = serde_json::from_str(&first).unwrap();
        assert_eq!(first["text"], expected);
    }
}
