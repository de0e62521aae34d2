//! Our client beside nginx, haproxy and caddy, each speaking TLS for an application behind it.

use nihao_tests::interop::case::{Case, ClientCertificate, Fault, open};
use nihao_tests::interop::matrix::check;
use nihao_tests::interop::tables::{bad_clients, bad_servers, everyday, our_client_refuses};
use nihao_tests::interop::tool::Tool;

#[tokio::test]
async fn our_client_and_nginx() {
    // It completes the handshake with anybody, and refuses in HTTP.
    our_client_and(Tool::Nginx, |_| String::from("open; then HTTP 400; peer silent")).await;
}

#[tokio::test]
async fn our_client_and_haproxy() {
    let tool = Tool::Haproxy;
    our_client_and(tool, |client| {
        refused_later(match client {
            ClientCertificate::Sent(_, Fault::WrongCa | Fault::OtherHierarchy) => "unknown_ca",
            ClientCertificate::Sent(_, Fault::Expired) => "certificate_expired",
            ClientCertificate::Sent(_, Fault::NotYetValid) => "bad_certificate",
            ClientCertificate::Sent(..) => "unsupported_certificate",
            _ => "certificate_required",
        })
    })
    .await;
}

#[tokio::test]
async fn our_client_and_caddy() {
    let tool = Tool::Caddy;
    our_client_and(tool, |client| match client {
        ClientCertificate::Sent(_, Fault::WrongKeyUsage) => String::from(open(tool)), // Go does not look at it
        _ => refused_later("bad_certificate"),
    })
    .await;
}

fn refused_later(alert: &str) -> String {
    format!("open; then the peer refused with the alert {alert}; peer silent")
}

async fn our_client_and(tool: Tool, bad_client: impl Fn(ClientCertificate) -> String) {
    let mut cases: Vec<Case> = everyday(tool);
    cases.extend(bad_servers(tool, |fault| {
        let (reason, _) = our_client_refuses(fault);
        format!("refused: {reason}; peer silent")
    }));
    cases.extend(bad_clients(tool, bad_client));
    check(tool, cases).await;
}
