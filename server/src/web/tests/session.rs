//! Browsers: joining, coming back, leaving, and what no foreign page can do.

use std::time::Duration;

use nihao_protocol::chat::{ClientSays, Invite, Nickname, ServerSays};
use serde_json::{Value, json};

use super::followers::{follow_with, last_word};
use super::{Answer, ask, token};
use crate::daemon::tests::{Lab, lab, start};
use crate::limits::{Limits, Rate};

const OWN: &str = "Origin: https://localhost\r\n";

/// The whole line of an invite that alice, the admin, gave.
async fn invite(lab: &Lab) -> String {
    let alice = lab.founder_again().await;
    match lab.chat(Some(&alice)).await.ask(ClientSays::Invite).await {
        ServerSays::Invited { line, .. } => line,
        other => panic!("{other:?}"),
    }
}

fn wish(code: &str, name: &str, attempt: u8) -> Value {
    let attempt = format!("{}A", char::from(attempt).to_string().repeat(42));
    json!({"code": code, "name": name, "attempt": attempt})
}

async fn join(lab: &Lab, wish: &Value) -> Answer {
    ask(lab, "POST /v1/session", OWN, Some(wish.clone())).await
}

/// The header by which a browser comes back.
fn cookie(answer: &Answer) -> String {
    let set = answer.header("set-cookie").expect("a cookie");
    let (pair, attributes) = set.split_once("; ").unwrap();
    assert_eq!(attributes, "Max-Age=2592000; Path=/; Secure; HttpOnly; SameSite=Strict");
    format!("Cookie: {pair}\r\n")
}

fn told(answer: &Answer) -> (u16, &str) {
    (
        answer.status.as_u16(),
        answer.body["error"].as_str().unwrap_or_default(),
    )
}

/// A browser of bob's.
async fn browser(lab: &Lab) -> String {
    cookie(&join(lab, &wish(&invite(lab).await, "bob", b'b')).await)
}

#[tokio::test]
async fn a_browser_joins_talks_and_leaves() {
    let lab = lab();
    let line = invite(&lab).await;
    let code = line.split_once("&code=").unwrap().1;
    let first = join(&lab, &wish(&line, "bob", b'b')).await;
    assert_eq!(
        (first.status.as_u16(), &first.body),
        (201, &json!({"name": "bob", "access": "browser"}))
    );
    // The answer was lost: the code alone and the link are the same invite.
    let again = join(&lab, &wish(code, "bob", b'b')).await;
    assert_eq!((again.status.as_u16(), &again.body), (200, &first.body));
    let link = line.parse::<Invite>().unwrap().link();
    assert_eq!(join(&lab, &wish(&link, "bob", b'b')).await.status, 200);
    assert_eq!(told(&join(&lab, &wish(code, "bob", b'c')).await), (409, "invite_used"));

    let (one, other) = (cookie(&first), cookie(&again));
    assert_ne!(one, other, "each answer has a session of its own");
    let me = ask(&lab, "GET /v1/me", &one, None).await;
    assert_eq!(
        (me.body.clone(), me.header("set-cookie")),
        (first.body, None),
        "young enough"
    );
    let browsers = ask(&lab, "GET /v1/sessions", &one, None).await;
    assert_eq!(browsers.body.as_array().unwrap().len(), 3);
    let draft = json!({"to": "@alice", "text": "您好！"});
    let sent = ask(&lab, "POST /v1/messages", &format!("{one}{OWN}"), Some(draft)).await;
    assert_eq!(sent.status, 201, "{}", sent.body);
    let invited = ask(&lab, "POST /v1/invites", &format!("{one}{OWN}"), None).await;
    let line = invited.body["invite"].as_str().unwrap().parse::<Invite>().unwrap();
    assert_eq!(invited.body["link"], line.link());

    let left = ask(&lab, "DELETE /v1/session", &format!("{one}{OWN}"), None).await;
    assert_eq!(left.status, 204);
    assert!(
        left.header("set-cookie")
            .unwrap()
            .starts_with("__Host-nihao=; Max-Age=0; ")
    );
    let gone = ask(&lab, "GET /v1/me", &one, None).await;
    assert_eq!(told(&gone), (401, "bad_access"));
    assert!(
        gone.header("set-cookie")
            .unwrap()
            .starts_with("__Host-nihao=; Max-Age=0; ")
    );
    assert_eq!(
        ask(&lab, "GET /v1/me", &other, None).await.status,
        200,
        "the other one stays"
    );
}

#[tokio::test]
async fn what_another_page_could_make_a_browser_do_is_refused() {
    let lab = lab();
    let bob = browser(&lab).await;
    let draft = || Some(json!({"to": "#general", "text": "x"}));
    let wish = wish(&invite(&lab).await, "dave", b'd');
    for origin in [
        "",
        "Origin: null\r\n",
        "Origin: http://localhost\r\n",
        "Origin: https://localhost:8443\r\n",
        "Origin: https://localhost.example\r\n",
        "Origin: https://localhost\r\nOrigin: https://localhost\r\n",
    ] {
        let fields = format!("{bob}{origin}");
        let posted = ask(&lab, "POST /v1/messages", &fields, draft()).await;
        assert_eq!(told(&posted), (403, "wrong_origin"), "{origin}");
        assert_eq!(posted.header("set-cookie"), None);
        let upgrade = format!("{fields}Upgrade: websocket\r\n");
        assert_eq!(
            told(&ask(&lab, "GET /v1/me", &upgrade, None).await),
            (403, "wrong_origin")
        );
        let opening =
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
        let socket = ask(&lab, "GET /v1/ws", &format!("{upgrade}{opening}"), None).await;
        assert_eq!(told(&socket), (403, "wrong_origin"), "{origin}");
        let joined = ask(&lab, "POST /v1/session", origin, Some(wish.clone())).await;
        assert_eq!(told(&joined), (403, "wrong_origin"), "{origin}");
        assert_eq!(
            ask(&lab, "GET /v1/me", &fields, None).await.status,
            200,
            "safe whoever asks"
        );
    }
    for origin in [OWN, "Origin: https://LOCALHOST:443\r\n"] {
        let posted = ask(&lab, "POST /v1/messages", &format!("{bob}{origin}"), draft()).await;
        assert_eq!(posted.status, 201, "{origin}");
    }
    // A token is nobody's but who shows it, and wins over a cookie.
    let token = token(&lab, "send").await;
    let fields = format!("{bob}Authorization: Bearer {token}\r\n");
    assert_eq!(ask(&lab, "POST /v1/messages", &fields, draft()).await.status, 201);
    assert_eq!(ask(&lab, "GET /v1/me", &fields, None).await.body["name"], "alice");
    assert_eq!(
        told(&ask(&lab, "DELETE /v1/session", &fields, None).await),
        (403, "out_of_scope")
    );
}

#[tokio::test]
async fn a_secret_opens_what_it_was_given_for() {
    let lab = lab();
    let bob = browser(&lab).await;
    let secret = bob.trim_end().strip_prefix("Cookie: __Host-nihao=").unwrap();
    let as_token = format!("Authorization: Bearer nihao_{secret}\r\n");
    assert_eq!(
        told(&ask(&lab, "GET /v1/me", &as_token, None).await),
        (401, "bad_access")
    );
    let as_hook = ask(&lab, &format!("POST /v1/hooks/{secret}"), "", None).await;
    assert_eq!(told(&as_hook), (401, "bad_access"));
    let token = token(&lab, "read").await;
    let token = token.strip_prefix("nihao_").unwrap();
    for bad in [
        format!("Cookie: __Host-nihao={token}\r\n"),
        format!("{bob}{bob}"),
        "Cookie: __Host-nihao\r\n".into(),
    ] {
        let answer = ask(&lab, "GET /v1/me", &bad, None).await;
        assert_eq!(told(&answer), (401, "bad_access"), "{bad}");
        assert!(
            answer.header("set-cookie").unwrap().starts_with("__Host-nihao=; "),
            "{bad}"
        );
    }
}

#[tokio::test]
async fn a_session_is_renewed_in_time_and_ends_when_it_is_not() {
    let day = Duration::from_secs(24 * 3600);
    let lab = lab();
    let old = browser(&lab).await;
    lab.wait(10 * day);
    assert_eq!(ask(&lab, "GET /v1/me", &old, None).await.header("set-cookie"), None);
    lab.wait(day);
    let new = cookie(&ask(&lab, "GET /v1/me", &old, None).await);
    assert_eq!(ask(&lab, "GET /v1/me", &new, None).await.header("set-cookie"), None);
    assert_eq!(
        ask(&lab, "GET /v1/me", &old, None).await.status,
        200,
        "the answer may have been lost"
    );
    lab.wait(19 * day);
    assert_eq!(told(&ask(&lab, "GET /v1/me", &old, None).await), (401, "bad_access"));
    assert_eq!(ask(&lab, "GET /v1/me", &new, None).await.status, 200);
}

#[tokio::test]
async fn a_removed_member_hears_so_at_once_and_is_forgotten() {
    let lab = lab();
    let bob = browser(&lab).await;
    let mut events = follow_with(&lab, &bob).await;
    let alice = lab.founder_again().await;
    let name = Nickname::parse("bob").unwrap();
    let removed = lab.chat(Some(&alice)).await.ask(ClientSays::Remove { name }).await;
    assert_eq!(removed, ServerSays::Removed);
    assert_eq!(last_word(&mut events).await, "removed");
    let answer = ask(&lab, "GET /v1/me", &bob, None).await;
    assert_eq!(told(&answer), (403, "removed"));
    assert!(answer.header("set-cookie").unwrap().starts_with("__Host-nihao=; "));
}

#[tokio::test]
async fn what_makes_no_sense_lets_nobody_in() {
    let lab = lab();
    let line = invite(&lab).await;
    let code = line.split_once("&code=").unwrap().1;
    let good = wish(code, "bob", b'b');
    for (field, value, expected) in [
        ("code", json!("x"), (400, "malformed")),
        ("code", json!("AAAAAAAAAAAAAAAAAAAAAA"), (404, "invite_unknown")),
        ("name", json!("b b"), (400, "malformed")),
        ("name", json!("alice"), (409, "name_taken")),
        ("attempt", json!("AAAA"), (400, "malformed")),
        ("attempt", json!(7), (400, "malformed")),
        ("more", json!(7), (400, "malformed")),
    ] {
        let mut wish = good.clone();
        wish[field] = value;
        assert_eq!(told(&join(&lab, &wish).await), expected, "{field}");
    }
    lab.wait(Duration::from_secs(8 * 24 * 3600));
    assert_eq!(told(&join(&lab, &good).await), (410, "invite_expired"));
}

#[tokio::test]
async fn whoever_guesses_codes_is_held_up() {
    let limits = Limits {
        guess_rate: Rate {
            per_second: 0.001,
            burst: 3.0,
        },
        ..Limits::default()
    };
    let lab = start(tempfile::tempdir().unwrap(), limits);
    let bad = wish("AAAAAAAAAAAAAAAAAAAAAA", "bob", b'b');
    for expected in [(404, "invite_unknown"); 3].into_iter().chain([(429, "rate_limited")]) {
        assert_eq!(told(&join(&lab, &bad).await), expected);
    }
}
