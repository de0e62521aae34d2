//! Rows that many tools share: what everyone passes, and what our side refuses, in its exact words.

use nihao_protocol::crypto::Group;
use nihao_protocol::tls::CipherSuite;

use super::case::{Between, Case, ClientCertificate, Fault, OPEN};
use super::foreign::Foreign;
use super::tool::Tool;

/// The rows that every tool passes: each kind of leaf with each kind of client certificate, each of its groups with each suite, and key
/// updates by us where two rounds can be spoken.
#[must_use]
pub fn everyday(tool: Tool) -> Vec<Case> {
    let suites = [
        CipherSuite::TLS_AES_128_GCM_SHA256,
        CipherSuite::TLS_AES_256_GCM_SHA384,
        CipherSuite::TLS_CHACHA20_POLY1305_SHA256,
    ];
    let mut cases = Vec::new();
    for &leaf in tool.kinds() {
        let certificates = tool
            .kinds()
            .iter()
            .map(|kind| ClientCertificate::Sent(*kind, Fault::None));
        for client in std::iter::once(ClientCertificate::None).chain(certificates) {
            cases.push(Case::new(tool).leaf(leaf, Fault::None).client(client));
        }
        for &group in tool.groups() {
            for suite in suites {
                let mut case = Case::new(tool).leaf(leaf, Fault::None).group(group);
                case.suite = suite;
                cases.push(case);
            }
        }
    }
    if !tool.speaks_once() {
        let update = |request, note| {
            Case::new(tool)
                .leaf(tool.kinds()[0], Fault::None)
                .between(Between::OurKeyUpdate(request))
                .note(note)
        };
        cases.push(update(false, "we update our key"));
        cases.push(update(true, "we update our key and ask for theirs"));
    }
    cases.extend(resumptions(tool));
    if tool.our_role() == "client" {
        cases.extend(Foreign::ALL.map(|kind| Case::new(tool).foreign(kind)));
    }
    cases
}

/// Resumption with each kind of leaf and with each suite, and of a connection in which the client said who it is.
fn resumptions(tool: Tool) -> Vec<Case> {
    let mut cases = Vec::new();
    for &leaf in tool.kinds() {
        cases.push(Case::new(tool).leaf(leaf, Fault::None).resumed());
    }
    for suite in [
        CipherSuite::TLS_AES_256_GCM_SHA384,
        CipherSuite::TLS_CHACHA20_POLY1305_SHA256,
    ] {
        let mut case = Case::new(tool).resumed();
        case.suite = suite;
        cases.push(case);
    }
    let own = ClientCertificate::Sent(tool.kinds()[0], Fault::None);
    cases.push(Case::new(tool).client(own).resumed());
    cases.push(Case::new(tool).group(Group::SECP256R1).resumed());
    cases
}

/// As [`everyday`], for clients that send an X25519 share alone: our server must ask them for another.
#[must_use]
pub fn everyday_with_one_share(tool: Tool) -> Vec<Case> {
    let retried = |case: Case| match case.group {
        Group::SECP256R1 => case.and("hello retried"),
        _ => case,
    };
    everyday(tool).into_iter().map(retried).collect()
}

/// Every bad server certificate, shown to a tool that is the client; `outcome` says what comes of it.
#[must_use]
pub fn bad_servers(tool: Tool, outcome: impl Fn(Fault) -> String) -> Vec<Case> {
    let mut cases = Vec::new();
    for &kind in tool.kinds() {
        for fault in Fault::ALL {
            cases.push(Case::new(tool).leaf(kind, fault).expect(outcome(fault)));
        }
    }
    cases
}

/// Every bad client certificate, and none where one is required, with a tool in the other role; `outcome` says what comes of it.
#[must_use]
pub fn bad_clients(tool: Tool, outcome: impl Fn(ClientCertificate) -> String) -> Vec<Case> {
    let mut certificates = vec![ClientCertificate::Missing];
    for &kind in tool.kinds() {
        let faults = Fault::ALL.into_iter().filter(|fault| *fault != Fault::WrongName);
        certificates.extend(faults.map(|fault| ClientCertificate::Sent(kind, fault)));
    }
    let leaf = tool.kinds()[0];
    let case = |client| {
        Case::new(tool)
            .leaf(leaf, Fault::None)
            .client(client)
            .expect(outcome(client))
    };
    certificates.into_iter().map(case).collect()
}

/// What our client says of a bad server certificate, and the alert it sends.
#[must_use]
pub fn our_client_refuses(fault: Fault) -> (String, &'static str) {
    let (reason, alert) = match fault {
        Fault::WrongName => (
            "the certificate is not for localhost but for other.test",
            "bad_certificate",
        ),
        Fault::WrongPurpose | Fault::OtherHierarchy => (
            "the certificate may not be used as a server's",
            "unsupported_certificate",
        ),
        Fault::WrongCa => (
            "the certificate was issued by CN=other CA, which is not trusted",
            "unknown_ca",
        ),
        fault => of_either_role(fault),
    };
    (String::from(reason), alert)
}

/// What our server says of a bad client certificate, and the alert it sends.
#[must_use]
pub fn our_server_refuses(client: ClientCertificate) -> (String, &'static str) {
    let (reason, alert) = match client {
        ClientCertificate::Sent(_, Fault::WrongPurpose | Fault::OtherHierarchy) => (
            "the certificate may not be used as a client's",
            "unsupported_certificate",
        ),
        ClientCertificate::Sent(_, Fault::WrongCa) => (
            "the certificate was issued by CN=other user CA, which is not trusted",
            "unknown_ca",
        ),
        ClientCertificate::Sent(_, fault) => of_either_role(fault),
        _ => (
            "nothing in common with the peer: a client certificate is required",
            "certificate_required",
        ),
    };
    (String::from(reason), alert)
}

/// What comes of a client certificate with a client that shows none but those of the issuers that our server names.
#[must_use]
pub const fn only_to_its_issuer(client: ClientCertificate) -> ClientCertificate {
    match client {
        ClientCertificate::Sent(_, Fault::WrongCa | Fault::OtherHierarchy) => ClientCertificate::Missing,
        client => client,
    }
}

const fn of_either_role(fault: Fault) -> (&'static str, &'static str) {
    match fault {
        Fault::Expired => ("the certificate expired", "certificate_expired"),
        Fault::NotYetValid => ("the certificate is not valid yet", "certificate_expired"),
        Fault::WrongKeyUsage => (
            "the certificate's keyUsage does not allow digital signatures",
            "unsupported_certificate",
        ),
        _ => (OPEN, ""),
    }
}

/// The outcome when we refuse with `reason` and the peer hears `alert`.
#[must_use]
pub fn refused(reason: &str, alert: &str) -> String {
    format!("refused: {reason}; peer heard {alert}")
}

/// The outcome when the peer refuses our handshake with `alert`.
#[must_use]
pub fn refused_by_peer(alert: &str) -> String {
    refused(&format!("the peer refused with the alert {alert}"), "nothing")
}

/// The outcome when the peer refuses us with `alert` after our handshake was complete.
#[must_use]
pub fn refused_by_peer_later(alert: &str) -> String {
    format!("open; then the peer refused with the alert {alert}; peer heard nothing")
}
