//! What a client of ours refuses in a server's messages, and with which alert.

#![allow(clippy::type_complexity, reason = "tables of cases read best as tuples")]

use nihao_protocol::crypto::Group;
use nihao_protocol::tls::AlertDescription as Alert;
use nihao_protocol::tls::messages::{CertificateRequest, EncryptedExtensions, Message, ServerHello};
use nihao_protocol::tls::names::{CipherSuite, ExtensionType as E, HandshakeType};
use nihao_tests::peer::Peer;
use nihao_tests::refusal::{client, expect, extensions, waiting};

fn hello_refused(what: &str, alert: Alert, change: impl FnOnce(&mut ServerHello)) {
    let mut peer = client();
    let mut hello = peer.server_hello();
    change(&mut hello);
    peer.say(&Message::ServerHello(hello));
    expect(&peer, what, alert);
}

const VERSION: (E, &[u8]) = (E::SUPPORTED_VERSIONS, &[3, 4]);
const SHARE: (E, &[u8]) = (E::KEY_SHARE, &{
    let mut body = [9; 36];
    [body[0], body[1], body[2], body[3]] = [0, 29, 0, 32];
    body
});

#[test]
fn fields_of_server_hello() {
    let illegal = Alert::ILLEGAL_PARAMETER;
    hello_refused("another session id", illegal, |hello| hello.session_id = vec![1; 32]);
    hello_refused("no session id", illegal, |hello| hello.session_id.clear());
    hello_refused("a long session id", Alert::DECODE_ERROR, |hello| {
        hello.session_id = vec![1; 33]
    });
    hello_refused("a compression method", illegal, |hello| hello.compression_method = 1);
    hello_refused("a legacy version", illegal, |hello| hello.legacy_version = 0x0304);
    hello_refused("SSL 3.0 as legacy version", Alert::PROTOCOL_VERSION, |hello| {
        hello.legacy_version = 0x0300
    });
    hello_refused("a suite not offered", illegal, |hello| {
        hello.cipher_suite = CipherSuite(0x1304)
    });
    hello_refused("a suite of TLS 1.2", illegal, |hello| {
        hello.cipher_suite = CipherSuite(0xc02f)
    });
}

fn hello_with_refused(cases: &[(&str, Alert, &[(E, &[u8])])]) {
    for (what, alert, list) in cases {
        hello_refused(what, *alert, |hello| hello.extensions = extensions(list));
    }
}

#[test]
fn the_version_and_length_of_server_hello() {
    hello_with_refused(&[
        ("no version: TLS 1.2", Alert::PROTOCOL_VERSION, &[SHARE]),
        ("no extensions at all", Alert::PROTOCOL_VERSION, &[]),
        (
            "TLS 1.2 in supported_versions",
            Alert::ILLEGAL_PARAMETER,
            &[(E::SUPPORTED_VERSIONS, &[3, 3]), SHARE],
        ),
        (
            "TLS 1.4",
            Alert::ILLEGAL_PARAMETER,
            &[(E::SUPPORTED_VERSIONS, &[3, 5]), SHARE],
        ),
        (
            "a version of three bytes",
            Alert::DECODE_ERROR,
            &[(E::SUPPORTED_VERSIONS, &[3, 4, 0]), SHARE],
        ),
    ]);
    let mut peer = client();
    peer.say_raw(HandshakeType::SERVER_HELLO, &[3, 3]);
    expect(&peer, "cut short", Alert::DECODE_ERROR);
}

#[test]
fn extensions_of_server_hello() {
    hello_with_refused(&[
        ("no share", Alert::MISSING_EXTENSION, &[VERSION]),
        (
            "an empty share",
            Alert::ILLEGAL_PARAMETER,
            &[VERSION, (E::KEY_SHARE, &[0, 29, 0, 0])],
        ),
        (
            "a group without share",
            Alert::DECODE_ERROR,
            &[VERSION, (E::KEY_SHARE, &[0, 29])],
        ),
        (
            "a group no share was sent for",
            Alert::ILLEGAL_PARAMETER,
            &[VERSION, (E::KEY_SHARE, &[0, 23, 0, 1, 4])],
        ),
        (
            "a share of zeros",
            Alert::ILLEGAL_PARAMETER,
            &[VERSION, (E::KEY_SHARE, &[0, 29, 0, 1, 0])],
        ),
        ("a share twice", Alert::ILLEGAL_PARAMETER, &[VERSION, SHARE, SHARE]),
        (
            "ALPN in the wrong message",
            Alert::ILLEGAL_PARAMETER,
            &[VERSION, SHARE, (E::ALPN, &[0, 2, 1, b'x'])],
        ),
        (
            "a PSK nobody offered",
            Alert::UNSUPPORTED_EXTENSION,
            &[VERSION, SHARE, (E::PRE_SHARED_KEY, &[0, 0])],
        ),
        (
            "an unknown extension",
            Alert::UNSUPPORTED_EXTENSION,
            &[VERSION, SHARE, (E(0x9999), &[])],
        ),
    ]);
}

#[test]
fn hello_retry_request() {
    let group: (E, &[u8]) = (E::KEY_SHARE, &[0, 23]);
    let cases: [(&str, Alert, &[(E, &[u8])]); 9] = [
        ("no change", Alert::ILLEGAL_PARAMETER, &[VERSION]),
        (
            "a group not offered",
            Alert::ILLEGAL_PARAMETER,
            &[VERSION, (E::KEY_SHARE, &[0, 24])],
        ),
        (
            "a share that was sent",
            Alert::ILLEGAL_PARAMETER,
            &[VERSION, (E::KEY_SHARE, &[0, 29])],
        ),
        ("no version", Alert::PROTOCOL_VERSION, &[group]),
        (
            "an empty cookie",
            Alert::DECODE_ERROR,
            &[VERSION, group, (E::COOKIE, &[0, 0])],
        ),
        ("a share and not a group", Alert::DECODE_ERROR, &[VERSION, SHARE]),
        (
            "ALPN",
            Alert::ILLEGAL_PARAMETER,
            &[VERSION, group, (E::ALPN, &[0, 2, 1, b'x'])],
        ),
        (
            "an unknown extension",
            Alert::UNSUPPORTED_EXTENSION,
            &[VERSION, group, (E(0x9999), &[])],
        ),
        (
            "a PSK",
            Alert::UNSUPPORTED_EXTENSION,
            &[VERSION, group, (E::PRE_SHARED_KEY, &[0, 0])],
        ),
    ];
    for (what, alert, list) in cases {
        let mut peer = client();
        let mut retry = peer.hello_retry_request();
        retry.extensions = extensions(list);
        peer.say(&Message::ServerHello(retry));
        expect(&peer, what, alert);
    }
}

/// A client that was asked for another share, and given a cookie.
fn retried() -> Peer {
    let mut peer = client();
    let mut retry = peer.hello_retry_request();
    retry.extensions.add(E::COOKIE, |w| w.bytes(&[0, 2, 7, 7])).unwrap();
    peer.say(&Message::ServerHello(retry));
    assert_eq!(peer.error, None);
    peer
}

#[test]
fn server_hello_after_retry() {
    let mut peer = retried();
    let Some(Message::ClientHello(second)) = peer.heard.last() else {
        panic!("no second ClientHello");
    };
    assert_eq!(
        second.extensions.cookie(),
        Ok(Some(vec![7, 7])),
        "the cookie comes back"
    );
    let shares = second.extensions.client_shares().unwrap().unwrap();
    assert_eq!(
        shares.iter().map(|share| share.group).collect::<Vec<_>>(),
        [Group::SECP256R1]
    );
    let retry = peer.hello_retry_request();
    peer.say(&Message::ServerHello(retry));
    expect(&peer, "a second HelloRetryRequest", Alert::UNEXPECTED_MESSAGE);
    let mut peer = retried();
    let hello = peer.server_hello();
    peer.say(&Message::ServerHello(hello));
    expect(&peer, "another group than asked for", Alert::ILLEGAL_PARAMETER);
    let mut peer = retried();
    let mut hello = peer.server_hello();
    hello.cipher_suite = CipherSuite::TLS_AES_256_GCM_SHA384;
    peer.say(&Message::ServerHello(hello));
    expect(
        &peer,
        "another suite than in HelloRetryRequest",
        Alert::ILLEGAL_PARAMETER,
    );
}

#[test]
fn encrypted_extensions() {
    let cases: [(&str, Alert, &[(E, &[u8])]); 10] = [
        (
            "a protocol not offered",
            Alert::ILLEGAL_PARAMETER,
            &[(E::ALPN, &[0, 3, 2, b'h', b'2'])],
        ),
        ("no protocol", Alert::DECODE_ERROR, &[(E::ALPN, &[0, 0])]),
        (
            "two protocols",
            Alert::DECODE_ERROR,
            &[(E::ALPN, &[0, 4, 1, b'a', 1, b'b'])],
        ),
        (
            "a server_name with content",
            Alert::DECODE_ERROR,
            &[(E::SERVER_NAME, &[0])],
        ),
        (
            "malformed groups",
            Alert::DECODE_ERROR,
            &[(E::SUPPORTED_GROUPS, &[0, 1, 0])],
        ),
        ("a share", Alert::ILLEGAL_PARAMETER, &[SHARE]),
        ("a version", Alert::ILLEGAL_PARAMETER, &[VERSION]),
        (
            "early data nobody offered",
            Alert::UNSUPPORTED_EXTENSION,
            &[(E::EARLY_DATA, &[])],
        ),
        (
            "a fragment length nobody offered",
            Alert::UNSUPPORTED_EXTENSION,
            &[(E::MAX_FRAGMENT_LENGTH, &[1])],
        ),
        (
            "an unknown extension",
            Alert::UNSUPPORTED_EXTENSION,
            &[(E(0x9999), &[])],
        ),
    ];
    for (what, alert, list) in cases {
        let mut peer = waiting();
        peer.say(&Message::EncryptedExtensions(EncryptedExtensions {
            extensions: extensions(list),
        }));
        expect(&peer, what, alert);
    }
    let mut peer = waiting();
    peer.say(&Message::EncryptedExtensions(EncryptedExtensions {
        extensions: extensions(&[
            (E::SERVER_NAME, &[]),
            (E::SUPPORTED_GROUPS, &[0, 2, 0, 99]),
            (E::ALPN, b"\x00\x08\x07nihao/1"),
        ]),
    }));
    assert_eq!(peer.error, None);
}

#[test]
fn certificate_request() {
    let request = |context: &[u8], list: &[(E, &[u8])]| {
        let mut peer = waiting();
        peer.say_encrypted_extensions();
        peer.say(&Message::CertificateRequest(CertificateRequest {
            context: context.to_vec(),
            extensions: extensions(list),
        }));
        peer
    };
    let schemes: (E, &[u8]) = (E::SIGNATURE_ALGORITHMS, &[0, 2, 8, 7]);
    expect(&request(&[], &[]), "no signature_algorithms", Alert::MISSING_EXTENSION);
    expect(&request(&[7], &[schemes]), "a context", Alert::ILLEGAL_PARAMETER);
    expect(&request(&[], &[schemes, SHARE]), "a share", Alert::ILLEGAL_PARAMETER);
    let malformed: (E, &[u8]) = (E::SIGNATURE_ALGORITHMS, &[0, 1, 8]);
    expect(&request(&[], &[malformed]), "malformed schemes", Alert::DECODE_ERROR);
    assert_eq!(
        request(&[], &[schemes, (E(0x9999), &[1])]).error,
        None,
        "unknown ones are ignored"
    );
}

#[test]
fn a_server_that_does_not_speak_tls() {
    let mut peer = client();
    peer.send_wire(b"HTTP/1.1 400 Bad Request\r\n");
    expect(&peer, "HTTP", Alert::UNEXPECTED_MESSAGE);
    let mut peer = client();
    peer.send_wire(&[21, 3, 1, 0, 2, 2, 70]);
    assert_eq!(
        peer.error.unwrap().to_string(),
        "the peer refused with the alert protocol_version"
    );
}
