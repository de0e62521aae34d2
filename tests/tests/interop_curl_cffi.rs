//! Our server beside `curl_cffi`: a curl with BoringSSL, which also greets as Chrome, Firefox and Safari do.

use nihao_protocol::crypto::Group;
use nihao_tests::interop::case::{Case, ClientCertificate, Fault};
use nihao_tests::interop::matrix::check;
use nihao_tests::interop::tables::{
    bad_clients, bad_servers, everyday_with_one_share, our_server_refuses, refused, refused_by_peer,
};
use nihao_tests::interop::tap::Wire;
use nihao_tests::interop::tool::Tool;

const CHROME: &[&str] = &["impersonate=chrome150"];
const FIREFOX: &[&str] = &["impersonate=firefox147"];
const SAFARI: &[&str] = &["impersonate=safari2601"];

#[tokio::test]
async fn our_server_and_curl_cffi() {
    let tool = Tool::CurlCffi;
    let mut cases = everyday_with_one_share(tool);
    for knobs in [CHROME, FIREFOX, SAFARI] {
        let case = |group| Case::new(tool).knobs(knobs).group(group);
        cases.extend([case(Group::X25519), case(Group::X25519MLKEM768)]);
        cases.push(match knobs {
            FIREFOX => case(Group::SECP256R1), // it sends three shares
            _ => case(Group::SECP256R1).and("hello retried"),
        });
    }
    let incompatible = "nothing in common with the peer: no common protocol version: the peer does not speak TLS 1.3";
    cases.push(
        Case::new(tool)
            .knobs(&["maximum=1.2"])
            .expect(refused(incompatible, "protocol_version")),
    );
    let bad = bad_servers(tool, bad_server);
    cases.extend(bad.into_iter().map(|case| case.look(error)));
    cases.extend(bad_clients(tool, |client| match client {
        // It does not use such a certificate.
        ClientCertificate::Sent(_, Fault::WrongKeyUsage) => {
            String::from("refused: the connection was cut without close_notify; peer heard nothing")
        }
        client => {
            let (reason, alert) = our_server_refuses(client);
            refused(&reason, alert)
        }
    }));
    check(tool, cases).await;
}

/// It looks at the chain after the handshake and leaves without a word, but says why to its user.
fn bad_server(fault: Fault) -> String {
    let reason = match fault {
        Fault::WrongKeyUsage => {
            let refused = refused_by_peer("illegal_parameter");
            return format!(
                "{refused}; curl: (35) TLS connect error: error:1000012e:SSL routines:OPENSSL_internal:KEY_USAGE_BIT_INCORRECT"
            );
        }
        Fault::WrongName => "(60) SSL: no alternative certificate subject name matches target hostname 'localhost'",
        Fault::OtherHierarchy => "(60) SSL: certificate subject name 'leaf' does not match target hostname 'localhost'",
        Fault::Expired => "(60) SSL certificate OpenSSL verify result: certificate has expired (10)",
        Fault::NotYetValid => "(60) SSL certificate OpenSSL verify result: certificate is not yet valid (9)",
        Fault::WrongPurpose => "(60) SSL certificate OpenSSL verify result: unsupported certificate purpose (26)",
        _ => "(60) SSL certificate OpenSSL verify result: unable to get local issuer certificate (20)",
    };
    format!("open; then the connection was cut without close_notify; peer heard nothing; curl: {reason}")
}

/// The error that it prints.
fn error(_: &Wire, printed: &str) -> String {
    let errors = printed
        .lines()
        .filter_map(|line| line.split_once(", curl: ")?.1.split(". See ").next());
    format!("curl: {}", errors.collect::<Vec<_>>().join(" and "))
}
