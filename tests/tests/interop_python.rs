//! Our TLS beside Python's `ssl`, in both roles.

use nihao_tests::interop::case::{Case, ClientCertificate, Fault};
use nihao_tests::interop::matrix::check;
use nihao_tests::interop::tables::{
    bad_clients, bad_servers, everyday, everyday_with_one_share, our_client_refuses, our_server_refuses, refused,
    refused_by_peer, refused_by_peer_later,
};
use nihao_tests::interop::tool::Tool;

#[tokio::test]
async fn our_server_and_python() {
    let tool = Tool::PythonClient;
    let mut cases = everyday_with_one_share(tool);
    let incompatible = "nothing in common with the peer: no common protocol version: the peer does not speak TLS 1.3";
    cases.push(
        Case::new(tool)
            .knobs(&["version=TLSv1_2"])
            .expect(refused(incompatible, "protocol_version")),
    );
    cases.extend(bad_servers(tool, |fault| refused_by_peer(openssl_alert(fault))));
    cases.extend(bad_clients(tool, |client| {
        let (reason, alert) = our_server_refuses(client);
        refused(&reason, alert)
    }));
    check(tool, cases).await;
}

fn openssl_alert(fault: Fault) -> &'static str {
    match fault {
        Fault::Expired => "certificate_expired",
        Fault::WrongCa | Fault::OtherHierarchy => "unknown_ca",
        Fault::WrongPurpose | Fault::WrongKeyUsage => "unsupported_certificate",
        _ => "bad_certificate",
    }
}

#[tokio::test]
async fn our_client_and_python() {
    let tool = Tool::PythonServer;
    let mut cases = everyday(tool);
    cases.push(
        Case::new(tool)
            .knobs(&["version=TLSv1_2"])
            .expect(refused_by_peer("protocol_version")),
    );
    cases.extend(bad_servers(tool, |fault| {
        let (reason, alert) = our_client_refuses(fault);
        refused(&reason, alert)
    }));
    cases.extend(bad_clients(tool, |client| match client {
        ClientCertificate::Sent(_, fault) => refused_by_peer_later(openssl_alert(fault)),
        _ => refused_by_peer_later("certificate_required"),
    }));
    check(tool, cases).await;
}
