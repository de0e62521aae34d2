//! Ours in every state of RFC 8446 appendix A, with a scripted peer that brought it there.

use nihao_protocol::tls::messages::Message;
use nihao_protocol::tls::names::ExtensionType;
use nihao_protocol::tls::{ClientAuth, ClientConfig, ServerConfig};

use crate::peer::Peer;
use crate::pki::{Kind, Leaf};
use crate::refusal::{servers, trust, users};

/// A server's states, and the types that each waits for.
pub const SERVER_STATES: [(&str, &[u8]); 6] = [
    ("START", &[1]),
    ("START after HelloRetryRequest", &[1]),
    ("WAIT_CERT", &[11]),
    ("WAIT_CV", &[15]),
    ("WAIT_FINISHED", &[20]),
    ("CONNECTED", &[24]),
];
/// A client's states, and the types that each waits for.
pub const CLIENT_STATES: [(&str, &[u8]); 8] = [
    ("WAIT_SH", &[2]),
    ("WAIT_SH after HelloRetryRequest", &[2]),
    ("WAIT_EE", &[8]),
    ("WAIT_CERT_CR", &[11, 13]),
    ("WAIT_CERT", &[11]),
    ("WAIT_CV", &[15]),
    ("WAIT_FINISHED", &[20]),
    ("CONNECTED", &[4, 24]),
];

/// A server of ours in the state of this name, and the scripted client that brought it there.
///
/// # Panics
/// Where ours does not go there.
#[must_use]
pub fn server_in(state: &str) -> Peer {
    let (servers, users) = (servers(), users());
    let mut config = ServerConfig::new(vec![servers.identity(&Leaf::server(Kind::Ed25519))]);
    config.client_auth = ClientAuth::Optional(trust(&users));
    let mut peer = Peer::client_of(config);
    let mut hello = peer.client_hello();
    if state == "START after HelloRetryRequest" {
        hello
            .extensions
            .replace(ExtensionType::KEY_SHARE, |w| w.u16(0))
            .unwrap();
    }
    let chain = [users.issue(&Leaf::user(Kind::Ed25519))];
    let script: &[&dyn Fn(&mut Peer)] = &[
        &|peer| peer.say(&Message::ClientHello(hello.clone())),
        &|peer| peer.say_certificate(&chain),
        &|peer| {
            let verify = peer.certificate_verify(Kind::Ed25519, 8);
            peer.say(&Message::CertificateVerify(verify));
        },
        &|peer| peer.say_finished(),
    ];
    let (steps, name) = match state {
        "START" => (0, "START"),
        "START after HelloRetryRequest" => (1, "START"),
        "WAIT_CERT" => (1, "WAIT_CERT"),
        "WAIT_CV" => (2, "WAIT_CV"),
        "WAIT_FINISHED" => (3, "WAIT_FINISHED"),
        "CONNECTED" => (4, "CONNECTED"),
        other => panic!("no state {other}"),
    };
    script.iter().take(steps).for_each(|step| step(&mut peer));
    assert_eq!(peer.ours.state_name(), name, "{state}: {:?}", peer.error);
    peer
}

/// A client of ours in the state of this name, and the scripted server that brought it there.
///
/// # Panics
/// Where ours does not go there.
#[must_use]
pub fn client_in(state: &str) -> Peer {
    let servers = servers();
    let mut peer = Peer::server_of(ClientConfig::new(trust(&servers)));
    let chain = [servers.issue(&Leaf::server(Kind::Ed25519))];
    let script: &[&dyn Fn(&mut Peer)] = &[
        &Peer::say_server_hello,
        &Peer::say_encrypted_extensions,
        &Peer::say_certificate_request,
        &|peer| peer.say_certificate(&chain),
        &|peer| {
            let verify = peer.certificate_verify(Kind::Ed25519, 7);
            peer.say(&Message::CertificateVerify(verify));
        },
        &Peer::say_finished,
    ];
    let steps = match state {
        "WAIT_SH" => 0,
        "WAIT_SH after HelloRetryRequest" => {
            let retry = peer.hello_retry_request();
            peer.say(&Message::ServerHello(retry));
            assert_eq!(peer.heard.len(), 2, "two ClientHellos");
            return peer;
        }
        "WAIT_EE" => 1,
        "WAIT_CERT_CR" => 2,
        "WAIT_CERT" => 3,
        "WAIT_CV" => 4,
        "WAIT_FINISHED" => 5,
        "CONNECTED" => 6,
        other => panic!("no state {other}"),
    };
    script.iter().take(steps).for_each(|step| step(&mut peer));
    assert_eq!(peer.ours.state_name(), state, "{:?}", peer.error);
    peer
}
