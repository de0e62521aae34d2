//! Every state of both roles, every message it does not wait for: refused with unexpected_message, and for good.

#![allow(clippy::type_complexity, reason = "tables of cases read best as tuples")]

use nihao_protocol::tls::names::{ContentType, HandshakeType};
use nihao_protocol::tls::{AlertDescription, ClientAuth, ClientConfig, Error, ServerConfig};
use nihao_tests::peer::Peer;
use nihao_tests::pki::{Kind, Leaf};
use nihao_tests::refusal::{servers, trust, users};

/// A server of ours in the state of this name, and the scripted client that brought it there.
fn server_in(state: &str) -> Peer {
    let (servers, users) = (servers(), users());
    let mut config = ServerConfig::new(vec![servers.identity(&Leaf::server(Kind::Ed25519))]);
    config.client_auth = ClientAuth::Optional(trust(&users));
    let mut peer = Peer::client_of(config);
    let mut hello = peer.client_hello();
    if state == "START after HelloRetryRequest" {
        hello
            .extensions
            .replace(nihao_protocol::tls::names::ExtensionType::KEY_SHARE, |w| w.u16(0))
            .unwrap();
    }
    let chain = [users.issue(&Leaf::user(Kind::Ed25519))];
    let script: &[&dyn Fn(&mut Peer)] = &[
        &|peer| peer.say(&nihao_protocol::tls::messages::Message::ClientHello(hello.clone())),
        &|peer| peer.say_certificate(&chain),
        &|peer| {
            let verify = peer.certificate_verify(Kind::Ed25519, 8);
            peer.say(&nihao_protocol::tls::messages::Message::CertificateVerify(verify));
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
fn client_in(state: &str) -> Peer {
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
            peer.say(&nihao_protocol::tls::messages::Message::CertificateVerify(verify));
        },
        &Peer::say_finished,
    ];
    let steps = match state {
        "WAIT_SH" => 0,
        "WAIT_SH after HelloRetryRequest" => {
            let retry = peer.hello_retry_request();
            peer.say(&nihao_protocol::tls::messages::Message::ServerHello(retry));
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

/// Every handshake type there is, HelloRequest and a number nobody has.
const TYPES: [u8; 13] = [0, 1, 2, 4, 5, 8, 11, 13, 15, 20, 24, 254, 99];

/// The states, and the types that each waits for.
const SERVER_STATES: [(&str, &[u8]); 6] = [
    ("START", &[1]),
    ("START after HelloRetryRequest", &[1]),
    ("WAIT_CERT", &[11]),
    ("WAIT_CV", &[15]),
    ("WAIT_FINISHED", &[20]),
    ("CONNECTED", &[24]),
];
const CLIENT_STATES: [(&str, &[u8]); 8] = [
    ("WAIT_SH", &[2]),
    ("WAIT_SH after HelloRetryRequest", &[2]),
    ("WAIT_EE", &[8]),
    ("WAIT_CERT_CR", &[11, 13]),
    ("WAIT_CERT", &[11]),
    ("WAIT_CV", &[15]),
    ("WAIT_FINISHED", &[20]),
    ("CONNECTED", &[4, 24]),
];

fn refused(mut peer: Peer, what: &str) {
    assert_eq!(
        peer.alert,
        Some(AlertDescription::UNEXPECTED_MESSAGE),
        "{what}: {:?}",
        peer.error
    );
    let error = peer.error.clone().unwrap_or_else(|| panic!("{what}: not refused"));
    assert!(matches!(error, Error::Peer(_)), "{what}: {error}");
    assert_eq!(peer.ours.send(b"x"), Err(error.clone()), "{what}: failure is final");
    peer.alert = None;
    peer.send_record(ContentType::Handshake, &[1, 0, 0, 0]);
    assert_eq!(peer.error, Some(error), "{what}: the same error for ever");
    assert_eq!(peer.alert, None, "{what}: one alert is enough");
}

#[test]
fn messages_out_of_turn() {
    let mut rows = 0;
    for (states, make) in [
        (SERVER_STATES.as_slice(), server_in as fn(&str) -> Peer),
        (CLIENT_STATES.as_slice(), client_in),
    ] {
        for (state, awaited) in states {
            for kind in TYPES.iter().filter(|kind| !awaited.contains(kind)) {
                let mut peer = make(state);
                peer.say_raw(HandshakeType(*kind), &[0; 3]);
                refused(peer, &format!("{state}: message {kind}"));
                rows += 1;
            }
        }
    }
    assert_eq!(rows, 6 * 13 - 6 + 8 * 13 - 10);
}

#[test]
fn records_out_of_turn() {
    for (states, make) in [
        (SERVER_STATES.as_slice(), server_in as fn(&str) -> Peer),
        (CLIENT_STATES.as_slice(), client_in),
    ] {
        for (state, _) in states {
            let open = *state == "CONNECTED";
            if !open {
                let mut peer = make(state);
                peer.send_record(ContentType::ApplicationData, b"too early");
                refused(peer, &format!("{state}: application data"));
            }
            if open || *state == "START" {
                let mut peer = make(state);
                peer.send_wire(&[20, 3, 3, 0, 1, 1]);
                refused(peer, &format!("{state}: change_cipher_spec"));
            }
            for bad in [&[20, 3, 3, 0, 1, 2][..], &[20, 3, 3, 0, 2, 1, 1], &[20, 3, 3, 0, 0]] {
                let mut peer = make(state);
                peer.send_wire(bad);
                refused(peer, &format!("{state}: change_cipher_spec {bad:?}"));
            }
            let mut peer = make(state);
            peer.send_wire(&[99, 3, 3, 0, 1, 1]);
            refused(peer, &format!("{state}: record type 99"));
            let mut peer = make(state);
            peer.send_record(ContentType::Handshake, &[]);
            refused(peer, &format!("{state}: an empty handshake record"));
            let mut peer = make(state);
            peer.send_record(ContentType::Alert, &[]);
            refused(peer, &format!("{state}: an empty alert record"));
        }
    }
}

#[test]
fn plaintext_handshake_records_after_keys_are_there() {
    for (make, state) in [
        (server_in as fn(&str) -> Peer, "WAIT_FINISHED"),
        (server_in, "CONNECTED"),
        (client_in, "WAIT_EE"),
        (client_in, "CONNECTED"),
    ] {
        let mut peer = make(state);
        peer.send_wire(&[22, 3, 3, 0, 5, 24, 0, 0, 1, 0]);
        refused(peer, state);
    }
}

#[test]
fn too_much_of_nothing() {
    type Bore = fn(&mut Peer);
    let bores: [(&str, Bore); 3] = [
        ("empty records", |peer| {
            peer.send_record(ContentType::ApplicationData, &[])
        }),
        ("user_canceled alerts", |peer| {
            peer.send_record(ContentType::Alert, &[1, 90])
        }),
        ("change_cipher_spec", |peer| peer.send_wire(&[20, 3, 3, 0, 1, 1])),
    ];
    for (what, bore) in bores {
        for (make, specs) in [(server_in as fn(&str) -> Peer, 1), (client_in, 32)] {
            let (state, most) = match what {
                "change_cipher_spec" => ("WAIT_FINISHED", specs),
                "user_canceled alerts" => ("CONNECTED", 4),
                _ => ("CONNECTED", 32),
            };
            let mut peer = make(state);
            for _ in 0..most {
                bore(&mut peer);
            }
            assert_eq!(peer.error, None, "{what}");
            bore(&mut peer);
            refused(peer, what);
        }
    }
}
