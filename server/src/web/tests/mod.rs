//! HTTP as curl and scripts use it, over the daemon in memory.

mod certificate;
mod followers;
mod limits;
mod openapi;
mod page;
mod permissions;
mod raw;
mod root;
mod session;
mod socket;
mod stalls;

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::daemon::tests::{Lab, lab};
use nihao_protocol::chat::{ClientSays, ServerSays};

/// An answer, taken apart.
struct Answer {
    status: StatusCode,
    head: String,
    body: Value,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }
}

async fn say(lab: &Lab, token: Option<&str>, line: &str, body: Option<Value>) -> Answer {
    let token = token
        .map(|token| format!("Authorization: Bearer {token}\r\n"))
        .unwrap_or_default();
    ask(lab, line, &token, body).await
}

/// One request with these fields, each with the end of its line.
async fn ask(lab: &Lab, line: &str, fields: &str, body: Option<Value>) -> Answer {
    let body = body.map(|body| body.to_string()).unwrap_or_default();
    let request = format!(
        "{line} HTTP/1.1\r\nHost: localhost\r\n{fields}Content-Type: application/json\r\nContent-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
    let answer = lab.exchange(&request).await;
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    let status = head[9..12].parse().expect("a status");
    let body = serde_json::from_str(body).unwrap_or(Value::Null);
    Answer {
        status,
        head: head.to_owned(),
        body,
    }
}

/// A token that alice, the admin, gave on her own connection.
async fn token(lab: &Lab, use_for: &str) -> String {
    let alice = lab.founder_again().await;
    let says = ClientSays::NewAccess {
        use_for: use_for.parse().unwrap(),
        lifetime: Some(3600),
    };
    match lab.chat(Some(&alice)).await.ask(says).await {
        ServerSays::AccessGiven { secret, .. } => secret,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_script_posts_and_reads() {
    let lab = lab();
    let token = token(&lab, "send,read").await;
    let me = say(&lab, Some(&token), "GET /v1/me", None).await;
    assert_eq!(
        (me.status, me.body),
        (StatusCode::OK, json!({"name": "alice", "access": "send,read"}))
    );

    let id = "0192f0a0-0000-7000-8000-000000000001";
    let draft = json!({"to": "#general", "text": "您好！", "id": id});
    let first = say(&lab, Some(&token), "POST /v1/messages", Some(draft.clone())).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.body);
    let again = say(&lab, Some(&token), "POST /v1/messages", Some(draft)).await;
    assert_eq!(
        (again.status, &again.body),
        (StatusCode::OK, &first.body),
        "the same id: the same message"
    );
    let other = json!({"to": "#general", "text": "再见", "id": id});
    let conflict = say(&lab, Some(&token), "POST /v1/messages", Some(other)).await;
    assert_eq!(conflict.status, StatusCode::CONFLICT);
    assert_eq!(conflict.body["error"], "id_conflict");
    assert_eq!(conflict.header("content-type"), Some("application/problem+json"));

    let location = first.header("location").unwrap().to_owned();
    let found = say(&lab, Some(&token), &format!("GET {location}"), None).await;
    assert_eq!(found.body["messages"][0]["text"], "您好！");
    assert_eq!(found.body["messages"][0]["seq"], first.body["seq"]);
    let all = say(&lab, Some(&token), "GET /v1/messages?in=%23general", None).await;
    assert_eq!(all.body["messages"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn each_access_does_what_it_was_given_for() {
    let lab = lab();
    let tokens = [Some(token(&lab, "send").await), Some(token(&lab, "read").await), None];
    let hook = token(&lab, "webhook #general").await;
    assert!(hook.starts_with("https://127.0.0.1:8443/v1/hooks/"), "{hook}");
    let draft = || Some(json!({"to": "#general", "text": "x"}));
    // Columns: a token to send, one to read, nobody.
    for (line, body, expected) in [
        ("POST /v1/messages", draft(), [201, 403, 401]),
        ("GET /v1/messages?in=%23general", None, [403, 200, 401]),
        ("GET /v1/members", None, [403, 200, 401]),
        ("GET /v1/me", None, [200, 200, 401]),
        ("POST /v1/invites", None, [403, 403, 401]),
        ("DELETE /v1/members/alice", None, [403, 403, 401]),
        ("POST /v1/tokens", Some(json!({"scopes": ["send"]})), [403, 403, 401]),
        ("GET /v1/tokens", None, [403, 403, 401]),
        ("DELETE /v1/tokens/1", None, [403, 403, 401]),
    ] {
        for (token, expected) in tokens.iter().zip(expected) {
            let answer = say(&lab, token.as_deref(), line, body.clone()).await;
            assert_eq!(answer.status.as_u16(), expected, "{line}: {}", answer.body);
        }
    }
    let path = hook.split_once(":8443").unwrap().1;
    let secret = path.rsplit_once('/').unwrap().1;
    let posted = lab.exchange(&plain(&format!("POST {path}"), "build ok\n")).await;
    assert!(posted.starts_with("HTTP/1.1 201 "), "{posted}");
    let as_token = say(&lab, Some(&format!("nihao_{secret}")), "GET /v1/me", None).await;
    assert_eq!(
        (as_token.status.as_u16(), &as_token.body["error"]),
        (401, &json!("bad_access"))
    );
    let wrong = lab.exchange(&plain("POST /v1/hooks/AAAA", "x")).await;
    assert!(wrong.starts_with("HTTP/1.1 401 "), "{wrong}");
}

fn plain(line: &str, body: &str) -> String {
    let length = body.len();
    format!("{line} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
}

/// Requests that cannot be done, and what is said to them.
fn nonsense() -> Vec<(&'static str, Option<Value>, u16, &'static str)> {
    vec![
        ("GET /nothing", None, 404, "not_found"),
        ("GET /page/nothing.js", None, 404, "not_found"),
        ("POST /", None, 405, "method_not_allowed"),
        ("PUT /v1/messages", None, 405, "method_not_allowed"),
        ("GET /v1/messages", None, 400, "malformed"),
        ("GET /v1/messages?in=%23general&limit=x", None, 400, "malformed"),
        ("GET /v1/messages?in=general", None, 400, "malformed"),
        ("GET /v1/messages?in=%23other", None, 404, "no_such_room"),
        ("GET /v1/messages?in=%40mallory", None, 404, "no_such_user"),
        ("POST /v1/messages", Some(json!({"to": "#general"})), 400, "malformed"),
        (
            "POST /v1/messages",
            Some(json!({"to": "#general", "text": ""})),
            400,
            "malformed",
        ),
        (
            "POST /v1/messages",
            Some(json!({"to": "#general", "text": "x", "id": "7"})),
            400,
            "malformed",
        ),
        (
            "POST /v1/messages",
            Some(json!({"to": "#general", "text": "x".repeat(16_385)})),
            400,
            "malformed",
        ),
        (
            "POST /v1/messages",
            Some(json!({"to": "#general", "text": "x".repeat(200_000)})),
            413,
            "too_large",
        ),
    ]
}

#[tokio::test]
async fn what_makes_no_sense_is_told_so() {
    let lab = lab();
    let token = token(&lab, "send,read").await;
    for (line, body, status, error) in nonsense() {
        let answer = say(&lab, Some(&token), line, body).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.body["error"]),
            (status, &json!(error)),
            "{line}: {}",
            answer.body
        );
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(
            answer.header("date"),
            Some("Fri, 15 Jan 2027 08:00:00 GMT"),
            "the server's own clock"
        );
    }
    for bad in ["", "x", "nihao_x", "nihao_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] {
        let answer = say(&lab, Some(bad), "GET /v1/me", None).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.body["error"]),
            (401, &json!("bad_access")),
            "{bad:?}"
        );
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
}
