//! Our TLS beside curl: a POST of 您好！ to our server.

use nihao_protocol::crypto::Group;
use nihao_tests::interop::case::{Case, Fault};
use nihao_tests::interop::matrix::check;
use nihao_tests::interop::tables::{
    bad_clients, bad_servers, everyday_with_one_share, our_server_refuses, refused, refused_by_peer,
};
use nihao_tests::interop::tool::Tool;

#[tokio::test]
async fn our_server_and_curl() {
    let tool = Tool::Curl;
    let mut cases = everyday_with_one_share(tool);
    let incompatible = "nothing in common with the peer: no common protocol version: the peer does not speak TLS 1.3";
    let mut protocol = Case::new(tool).note("we speak http/1.1");
    protocol.alpn = vec![b"http/1.1".to_vec()];
    cases.extend([
        Case::new(tool)
            .knobs(&["--curves", "P-256:X25519"])
            .and("hello retried"),
        Case::new(tool).knobs(&["--curves", "P-256"]).group(Group::SECP256R1),
        Case::new(tool)
            .knobs(&["--tls-max", "1.2"])
            .expect(refused(incompatible, "protocol_version")),
        protocol,
    ]);
    cases.extend(bad_servers(tool, |fault| {
        refused_by_peer(match fault {
            // curl looks at the name itself, after the handshake.
            Fault::WrongName => {
                return String::from("open; then close_notify before 您好！; peer heard nothing");
            }
            Fault::Expired => "certificate_expired",
            Fault::WrongCa | Fault::OtherHierarchy => "unknown_ca",
            Fault::WrongPurpose | Fault::WrongKeyUsage => "unsupported_certificate",
            _ => "bad_certificate",
        })
    }));
    cases.extend(bad_clients(tool, |client| {
        let (reason, alert) = our_server_refuses(client);
        refused(&reason, alert)
    }));
    check(tool, cases).await;
}
