//! Our TLS beside Java's JSSE, in both roles. It pads every record, and says user_canceled before close_notify.

use nihao_tests::interop::case::{Case, ClientCertificate};
use nihao_tests::interop::looks::lengths_received;
use nihao_tests::interop::matrix::check;
use nihao_tests::interop::tables::{
    bad_clients, bad_servers, everyday, only_to_its_issuer, our_client_refuses, our_server_refuses, refused,
    refused_by_peer, refused_by_peer_later,
};
use nihao_tests::interop::tool::Tool;

#[tokio::test]
async fn our_server_and_java() {
    let tool = Tool::JavaClient;
    let mut cases = everyday(tool);
    let incompatible = "nothing in common with the peer: no common protocol version: the peer does not speak TLS 1.3";
    cases.extend([
        // An alert alone would make 19.
        Case::new(tool)
            .look(lengths_received)
            .and("records of 35 bytes")
            .note("its padding"),
        Case::new(tool)
            .knobs(&["version=TLSv1.2"])
            .expect(refused(incompatible, "protocol_version")),
    ]);
    cases.extend(bad_servers(tool, |_| refused_by_peer("certificate_unknown")));
    cases.extend(bad_clients(tool, |client| {
        let (reason, alert) = our_server_refuses(only_to_its_issuer(client));
        refused(&reason, alert)
    }));
    check(tool, cases).await;
}

#[tokio::test]
async fn our_client_and_java() {
    let tool = Tool::JavaServer;
    let mut cases = everyday(tool);
    cases.push(
        Case::new(tool)
            .knobs(&["version=TLSv1.2"])
            .expect(refused_by_peer("protocol_version")),
    );
    cases.extend(bad_servers(tool, |fault| {
        let (reason, alert) = our_client_refuses(fault);
        refused(&reason, alert)
    }));
    cases.extend(bad_clients(tool, |client| match client {
        ClientCertificate::Sent(..) => refused_by_peer_later("certificate_unknown"),
        _ => refused_by_peer_later("bad_certificate"),
    }));
    check(tool, cases).await;
}
