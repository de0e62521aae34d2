//! Our TLS beside Go's `crypto/tls`, in both roles.

use nihao_protocol::crypto::Group;
use nihao_tests::interop::case::{Case, ClientCertificate, Fault, OPEN};
use nihao_tests::interop::matrix::check;
use nihao_tests::interop::tables::{
    bad_clients, bad_servers, everyday, everyday_with_one_share, only_to_its_issuer, our_client_refuses,
    our_server_refuses, refused, refused_by_peer, refused_by_peer_later,
};
use nihao_tests::interop::tool::Tool;

#[tokio::test]
async fn our_server_and_go() {
    let tool = Tool::GoClient;
    let mut cases = everyday_with_one_share(tool);
    let incompatible = "nothing in common with the peer: no common protocol version: the peer does not speak TLS 1.3";
    cases.extend([
        Case::new(tool).knobs(&["curve=P256"]).group(Group::SECP256R1),
        Case::new(tool)
            .knobs(&["version=1.2"])
            .expect(refused(incompatible, "protocol_version")),
    ]);
    cases.extend(bad_servers(tool, |fault| match fault {
        Fault::WrongKeyUsage => String::from(OPEN), // Go does not look at it
        _ => refused_by_peer("bad_certificate"),
    }));
    cases.extend(bad_clients(tool, |client| {
        let (reason, alert) = our_server_refuses(only_to_its_issuer(client));
        refused(&reason, alert)
    }));
    check(tool, cases).await;
}

/// What Go says of a bad client certificate.
fn go_alert(fault: Fault) -> &'static str {
    match fault {
        Fault::WrongCa | Fault::OtherHierarchy => "unknown_ca",
        Fault::Expired | Fault::NotYetValid => "certificate_expired",
        _ => "bad_certificate",
    }
}

#[tokio::test]
async fn our_client_and_go() {
    let tool = Tool::GoServer;
    let mut cases = everyday(tool);
    cases.push(
        Case::new(tool)
            .knobs(&["version=1.2"])
            .expect(refused_by_peer("protocol_version")),
    );
    cases.extend(bad_servers(tool, |fault| {
        let (reason, alert) = our_client_refuses(fault);
        refused(&reason, alert)
    }));
    cases.extend(bad_clients(tool, |client| match client {
        ClientCertificate::Sent(_, Fault::WrongKeyUsage) => String::from(OPEN),
        ClientCertificate::Sent(_, fault) => refused_by_peer_later(go_alert(fault)),
        _ => refused_by_peer_later("certificate_required"),
    }));
    check(tool, cases).await;
}
