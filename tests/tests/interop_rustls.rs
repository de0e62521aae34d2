//! Our TLS beside rustls, in both roles, in one process.

use nihao_tests::interop::case::{Between, Case, ClientCertificate, Fault, OPEN};
use nihao_tests::interop::matrix::check;
use nihao_tests::interop::tables::{
    bad_clients, bad_servers, everyday, our_client_refuses, our_server_refuses, refused, refused_by_peer,
    refused_by_peer_later,
};
use nihao_tests::interop::tool::Tool;

#[tokio::test]
async fn our_server_and_rustls() {
    let tool = Tool::RustlsClient;
    let mut cases = everyday(tool);
    let incompatible = "nothing in common with the peer: no common protocol version: the peer does not speak TLS 1.3";
    cases.extend([
        Case::new(tool).knobs(&["p256-first"]).and("hello retried"),
        Case::new(tool)
            .between(Between::TheirKeyUpdate)
            .note("rustls updates its key and asks for ours"),
        Case::new(tool).between(Between::TheirClose).note("rustls closes first"),
        Case::new(tool)
            .knobs(&["tls12"])
            .expect(refused(incompatible, "protocol_version")),
    ]);
    cases.extend(bad_servers(tool, |fault| match fault {
        Fault::WrongKeyUsage => String::from(OPEN), // webpki does not look at it
        fault => refused_by_peer(rustls_alert(fault)),
    }));
    cases.extend(bad_clients(tool, |client| {
        let (reason, alert) = our_server_refuses(client);
        refused(&reason, alert)
    }));
    check(tool, cases).await;
}

fn rustls_alert(fault: Fault) -> &'static str {
    match fault {
        Fault::Expired | Fault::NotYetValid => "certificate_expired",
        Fault::WrongCa => "unknown_ca",
        Fault::WrongPurpose | Fault::OtherHierarchy => "unsupported_certificate",
        _ => "bad_certificate",
    }
}

#[tokio::test]
async fn our_client_and_rustls() {
    let tool = Tool::RustlsServer;
    let mut cases = everyday(tool);
    cases.extend([
        Case::new(tool)
            .between(Between::TheirKeyUpdate)
            .note("rustls updates its key and asks for ours"),
        Case::new(tool).between(Between::TheirClose).note("rustls closes first"),
        Case::new(tool)
            .knobs(&["tls12"])
            .expect(refused_by_peer("protocol_version")),
    ]);
    cases.extend(bad_servers(tool, |fault| {
        let (reason, alert) = our_client_refuses(fault);
        refused(&reason, alert)
    }));
    cases.extend(bad_clients(tool, |client| match client {
        ClientCertificate::Sent(_, Fault::WrongKeyUsage) => String::from(OPEN),
        ClientCertificate::Sent(_, fault) => refused_by_peer_later(rustls_alert(fault)),
        _ => refused_by_peer_later("certificate_required"),
    }));
    check(tool, cases).await;
}
