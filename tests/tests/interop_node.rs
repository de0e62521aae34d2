//! Our TLS beside the `tls` of two Nodes, with OpenSSL 3.0 and 3.5, in both roles.

use nihao_tests::interop::case::{Case, ClientCertificate, Fault};
use nihao_tests::interop::matrix::check;
use nihao_tests::interop::tables::{
    bad_clients, bad_servers, everyday, everyday_with_one_share, our_client_refuses, our_server_refuses, refused,
    refused_by_peer, refused_by_peer_later,
};
use nihao_tests::interop::tap::Wire;
use nihao_tests::interop::tool::Tool;

#[tokio::test]
async fn our_server_and_node() {
    our_server_and(Tool::NodeClient).await;
}

#[tokio::test]
async fn our_client_and_node() {
    our_client_and(Tool::NodeServer).await;
}

#[tokio::test]
async fn our_server_and_node_24() {
    our_server_and(Tool::Node24Client).await;
}

#[tokio::test]
async fn our_client_and_node_24() {
    our_client_and(Tool::Node24Server).await;
}

async fn our_server_and(tool: Tool) {
    let mut cases = everyday_with_one_share(tool);
    let incompatible = "nothing in common with the peer: no common protocol version: the peer does not speak TLS 1.3";
    cases.push(
        Case::new(tool)
            .knobs(&["version=TLSv1.2"])
            .expect(refused(incompatible, "protocol_version")),
    );
    // Node looks at the chain after the handshake and leaves without a word, but says why to its user.
    let cut = "refused: the connection was cut without close_notify; peer heard nothing";
    let bad = bad_servers(tool, |fault| format!("{cut}; node: {}", node_code(fault)));
    cases.extend(bad.into_iter().map(|case| case.look(node_error)));
    cases.extend(bad_clients(tool, |client| {
        let (reason, alert) = our_server_refuses(client);
        refused(&reason, alert)
    }));
    check(tool, cases).await;
}

fn node_code(fault: Fault) -> &'static str {
    match fault {
        Fault::Expired => "CERT_HAS_EXPIRED",
        Fault::NotYetValid => "CERT_NOT_YET_VALID",
        Fault::WrongName => "ERR_TLS_CERT_ALTNAME_INVALID",
        Fault::WrongPurpose | Fault::WrongKeyUsage => "INVALID_PURPOSE",
        _ => "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    }
}

/// The code of the error that the script prints.
fn node_error(_: &Wire, printed: &str) -> String {
    let codes = printed
        .lines()
        .filter_map(|line| line.strip_prefix("failed: ")?.split(' ').next());
    format!("node: {}", codes.collect::<Vec<_>>().join(" and "))
}

async fn our_client_and(tool: Tool) {
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
        ClientCertificate::Sent(..) => {
            String::from("open; then the connection was cut without close_notify; peer heard nothing")
        }
        _ => refused_by_peer_later("certificate_required"),
    }));
    check(tool, cases).await;
}
