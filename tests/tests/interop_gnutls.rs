//! Our TLS beside GnuTLS: `gnutls-cli` against our server, our client against `gnutls-serv`.

use nihao_tests::interop::case::{Between, Case, ClientCertificate, Fault, OPEN};
use nihao_tests::interop::matrix::check;
use nihao_tests::interop::tables::{
    bad_clients, bad_servers, everyday, our_client_refuses, our_server_refuses, refused, refused_by_peer,
    refused_by_peer_later,
};
use nihao_tests::interop::tool::Tool;

#[tokio::test]
async fn our_server_and_gnutls_cli() {
    let tool = Tool::GnutlsCli;
    let mut cases = everyday(tool);
    let incompatible = "nothing in common with the peer: no common protocol version: the peer does not speak TLS 1.3";
    cases.extend([
        Case::new(tool)
            .knobs(&["--inline-commands"])
            .between(Between::Typed("^rekey^\n", "KEY_UPDATE was queued"))
            .note("^rekey^"),
        Case::new(tool)
            .knobs(&["--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.2"])
            .expect(refused(incompatible, "protocol_version")),
    ]);
    cases.extend(bad_servers(tool, |fault| refused_by_peer(gnutls_alert(fault))));
    cases.extend(bad_clients(tool, |client| {
        let (reason, alert) = our_server_refuses(client);
        refused(&reason, alert)
    }));
    check(tool, cases).await;
}

/// What `gnutls-cli` says of a bad server certificate: mostly, one alert for all.
fn gnutls_alert(fault: Fault) -> &'static str {
    match fault {
        Fault::WrongKeyUsage => "internal_error",
        _ => "bad_certificate",
    }
}

#[tokio::test]
async fn our_client_and_gnutls_serv() {
    let tool = Tool::GnutlsServ;
    let mut cases = everyday(tool);
    cases.push(
        Case::new(tool)
            .knobs(&["--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.2"])
            .expect(refused_by_peer("handshake_failure")),
    );
    cases.extend(bad_servers(tool, |fault| match fault {
        // It finds itself that it cannot sign with this certificate.
        Fault::WrongKeyUsage => refused_by_peer("handshake_failure"),
        fault => {
            let (reason, alert) = our_client_refuses(fault);
            refused(&reason, alert)
        }
    }));
    cases.extend(bad_clients(tool, |client| match client {
        // It does not look at a client's extended key usage.
        ClientCertificate::Sent(_, Fault::WrongPurpose) => String::from(OPEN),
        ClientCertificate::Sent(_, Fault::WrongKeyUsage) => refused_by_peer_later("internal_error"),
        ClientCertificate::Sent(..) => refused_by_peer_later("access_denied"),
        _ => refused_by_peer_later("certificate_required"),
    }));
    check(tool, cases).await;
}
