//! Our TLS beside NSS: `tstclnt` against our server, our client against `selfserv`. It does not know Ed25519.

use nihao_tests::interop::case::{Case, ClientCertificate, Fault, OPEN_QUIETLY};
use nihao_tests::interop::matrix::check;
use nihao_tests::interop::tables::{
    bad_clients, bad_servers, everyday, everyday_with_one_share, our_client_refuses, our_server_refuses, refused,
    refused_by_peer,
};
use nihao_tests::interop::tool::Tool;
use nihao_tests::pki::Kind;

#[tokio::test]
async fn our_server_and_tstclnt() {
    let tool = Tool::Tstclnt;
    let mut cases = everyday_with_one_share(tool);
    let reason = "nothing in common with the peer: no certificate for the peer's signature algorithms";
    cases.push(
        Case::new(tool)
            .leaf(Kind::Ed25519, Fault::None)
            .expect(refused(reason, "handshake_failure")),
    );
    cases.extend(bad_servers(tool, |fault| match fault {
        Fault::NotYetValid => String::from(OPEN_QUIETLY), // NSS is a day patient
        fault => refused_by_peer(nss_alert(fault)),
    }));
    cases.extend(bad_clients(tool, |client| {
        let (reason, alert) = our_server_refuses(match client {
            // It does not show a certificate that is no user's.
            ClientCertificate::Sent(_, Fault::WrongPurpose | Fault::WrongKeyUsage | Fault::OtherHierarchy) => {
                ClientCertificate::Missing
            }
            client => client,
        });
        refused(&reason, alert)
    }));
    check(tool, cases).await;
}

fn nss_alert(fault: Fault) -> &'static str {
    match fault {
        Fault::WrongCa => "unknown_ca",
        Fault::Expired => "certificate_expired",
        Fault::WrongName => "bad_certificate",
        _ => "certificate_unknown",
    }
}

#[tokio::test]
async fn our_client_and_selfserv() {
    let tool = Tool::Selfserv;
    // It can store no root with an Ed25519 key, and so trusts nobody who issues users.
    let distrusted = |client| {
        let alert = match client {
            ClientCertificate::Sent(_, Fault::Expired) => "certificate_expired",
            ClientCertificate::Sent(_, Fault::WrongPurpose | Fault::WrongKeyUsage | Fault::OtherHierarchy) => {
                "certificate_unknown"
            }
            ClientCertificate::Sent(..) => "unknown_ca",
            _ => "certificate_required",
        };
        format!("open; then the peer refused with the alert {alert}; peer silent")
    };
    let everyday = everyday(tool).into_iter().map(|case| match case.client {
        ClientCertificate::Sent(..) => case.clone().expect(distrusted(case.client)),
        _ => case,
    });
    let mut cases: Vec<Case> = everyday.collect();
    let bad = bad_servers(tool, |fault| {
        let (reason, _) = our_client_refuses(fault);
        format!("refused: {reason}; peer silent")
    });
    // With such a certificate it does not even start.
    cases.extend(bad.into_iter().filter(|case| case.fault != Fault::WrongKeyUsage));
    cases.extend(bad_clients(tool, distrusted));
    check(tool, cases).await;
}
