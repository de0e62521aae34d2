//! Certificates in the place of tokens, where the operator wants that.

use nihao_protocol::chat::Nickname;
use nihao_protocol::tls::Identity;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::*;
use crate::daemon::Config;
use crate::daemon::tests::{Stream, start_with};

fn asking() -> Lab {
    start_with(tempfile::tempdir().unwrap(), |config| Config {
        client_certificates: true,
        ..config
    })
}

async fn connect(lab: &Lab, who: &Identity) -> Stream {
    lab.connect(&[b"http/1.1"], Some(who.clone())).await
}

/// A request on a connection of its own under a certificate: status and body.
async fn ask(lab: &Lab, who: &Identity, line: &str, fields: &str, body: &str) -> (u16, Value) {
    let mut stream = connect(lab, who).await;
    assert!(stream.facts().unwrap().client_certificate_requested);
    let length = body.len();
    let request = format!(
        "{line} HTTP/1.1\r\nHost: localhost:8443\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
         Connection: close\r\n{fields}\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    (
        head[9..12].parse().unwrap(),
        serde_json::from_str(body).unwrap_or(Value::Null),
    )
}

async fn bob(lab: &Lab) -> Identity {
    let alice = lab.founder_again().await;
    let ServerSays::Invited { line, .. } = lab.chat(Some(&alice)).await.ask(ClientSays::Invite).await else {
        panic!()
    };
    lab.join("bob", &line.parse().unwrap()).await
}

const TEXT: &str = r##"{"to":"#general","text":"您好！"}"##;

/// A request, more of its fields, its body; the status and the error.
fn asked() -> Vec<(&'static str, &'static str, &'static str, (u16, Value))> {
    vec![
        ("POST /v1/messages", "", TEXT, (201, Value::Null)),
        (
            "POST /v1/messages",
            "Origin: https://localhost:8443\r\n",
            TEXT,
            (201, Value::Null),
        ),
        (
            "POST /v1/messages",
            "Origin: https://evil.test\r\n",
            TEXT,
            (403, json!("wrong_origin")),
        ),
        (
            "POST /v1/messages",
            "Origin: http://localhost:8443\r\n",
            TEXT,
            (403, json!("wrong_origin")),
        ),
        (
            "POST /v1/messages",
            "Origin: https://localhost\r\n",
            TEXT,
            (403, json!("wrong_origin")),
        ),
        (
            "POST /v1/messages",
            "Origin: null\r\n",
            TEXT,
            (403, json!("wrong_origin")),
        ),
        ("POST /v1/invites", "", "", (201, Value::Null)),
        (
            "DELETE /v1/members/alice",
            "Origin: https://evil.test\r\n",
            "",
            (403, json!("wrong_origin")),
        ),
        ("DELETE /v1/members/alice", "", "", (409, json!("last_admin"))),
        (
            "GET /v1/messages?in=%23general",
            "Origin: https://evil.test\r\n",
            "",
            (200, Value::Null),
        ),
        ("DELETE /v1/session", "", "", (403, json!("out_of_scope"))),
        (
            "GET /v1/me",
            "Authorization: Bearer nihao_AAAA\r\n",
            "",
            (401, json!("bad_access")),
        ),
    ]
}

#[tokio::test]
async fn a_member_shows_a_certificate_instead_of_a_token() {
    let lab = asking();
    let alice = lab.founder_again().await;
    let me = ask(&lab, &alice, "GET /v1/me", "", "").await;
    assert_eq!(me, (200, json!({"name": "alice", "access": "certificate"})));
    // A member may do all that members may; a page of another origin in their browser may not.
    for (line, fields, body, expected) in asked() {
        let (status, body) = ask(&lab, &alice, line, fields, body).await;
        assert_eq!((status, body["error"].clone()), expected, "{line} {fields}: {body}");
    }
    // A token wins over the certificate: it may be there to do less.
    let token = token(&lab, "read").await;
    let fields = format!("Authorization: Bearer {token}\r\n");
    let bob = bob(&lab).await;
    let me = ask(&lab, &bob, "GET /v1/me", &fields, "").await;
    assert_eq!(me, (200, json!({"name": "alice", "access": "read"})));
    let nobody = say(&lab, None, "GET /v1/me", None).await;
    assert_eq!(nobody.status.as_u16(), 401, "the certificate is optional");
}

#[tokio::test]
async fn whoever_was_removed_is_refused_by_name_and_their_streams_end() {
    let lab = asking();
    let (alice, bob) = (lab.founder_again().await, bob(&lab).await);
    let mut events = connect(&lab, &bob).await;
    let request = "GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n";
    events.write_all(request.as_bytes()).await.unwrap();
    let mut kept = connect(&lab, &bob).await;
    let request = "GET /v1/me HTTP/1.1\r\nHost: localhost\r\n\r\n";
    kept.write_all(request.as_bytes()).await.unwrap();
    let mut first = [0; 12];
    kept.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    let mut head = [0; 12];
    events.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 200");

    let name = Nickname::parse("bob").unwrap();
    let removed = lab.chat(Some(&alice)).await.ask(ClientSays::Remove { name }).await;
    assert_eq!(removed, ServerSays::Removed);
    let mut rest = String::new();
    events.read_to_string(&mut rest).await.unwrap();
    assert!(rest.contains("event: closing\ndata: removed"), "{rest}");
    let (status, body) = ask(&lab, &bob, "GET /v1/me", "", "").await;
    assert_eq!((status, body["error"].clone()), (403, json!("removed")));
    let (status, body) = ask(&lab, &bob, "POST /v1/messages", "", TEXT).await;
    assert_eq!((status, body["error"].clone()), (403, json!("removed")));
    let request = "GET /v1/me HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    // The connection may be over by now: then there is no answer at all.
    let _ = kept.write_all(request.as_bytes()).await;
    let mut rest = String::new();
    kept.read_to_string(&mut rest).await.unwrap();
    assert!(!rest.contains("HTTP/1.1 200"), "{rest}");
}
