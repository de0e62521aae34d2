//! The root for stores, and the promise to come back over TLS.

use super::*;
use crate::daemon::Config;
use crate::daemon::tests::start_with;
use nihao_protocol::x509::{Certificate, PemBlock};

fn get(path: &str, host: &str, more: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{more}Connection: close\r\n\r\n")
}

#[tokio::test]
async fn the_root_for_stores_is_there_for_everybody() {
    let lab = lab();
    let answer = lab.exchange(&get("/ca.pem", "localhost", "")).await;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    assert!(head.contains("content-type: application/x-x509-ca-cert\r\n"), "{head}");
    assert!(!head.contains("strict-transport-security"), "{head}");
    let blocks = PemBlock::read_all(body.as_bytes()).unwrap();
    let [root] = blocks.as_slice() else { panic!("{body}") };
    let root = Certificate::parse(&root.der).unwrap();
    assert!(
        root.subject.to_string().starts_with("CN=nihao server CA P-256 "),
        "{}",
        root.subject
    );
    let tag = head.lines().find_map(|line| line.strip_prefix("etag: ")).unwrap();
    let again = lab
        .exchange(&get("/ca.pem", "localhost", &format!("If-None-Match: {tag}\r\n")))
        .await;
    assert!(
        again.starts_with("HTTP/1.1 304 ") && again.ends_with("\r\n\r\n"),
        "{again}"
    );
}

#[tokio::test]
async fn a_real_host_name_is_promised_to_be_served_over_tls_where_that_is_wanted() {
    let lab = start_with(tempfile::tempdir().unwrap(), |config| Config { hsts: true, ..config });
    for (host, promised) in [
        ("chat.example.org", true),
        ("chat.example.org:8443", true),
        ("localhost:8443", false),
        ("127.0.0.1", false),
        ("[::1]:8443", false),
    ] {
        for path in ["/openapi.json", "/v1/me", "/nothing"] {
            let answer = lab.exchange(&get(path, host, "")).await;
            let found = answer.contains("\r\nstrict-transport-security: max-age=31536000\r\n");
            assert_eq!(found, promised, "{host}: {answer}");
        }
    }
}
