//! What a client of ours refuses in a server's messages, and with which alert.

#![allow(clippy::type_complexity, reason = "tables of cases read best as tuples")]

use nihao_protocol::crypto::Group;
use nihao_protocol::tls::AlertDescription as Alert;
use nihao_protocol::tls::messages::{CertificateRequest, EncryptedExtensions, Message, ServerHello};
use nihao_protocol::tls::names::{CipherSuite, ExtensionType as E, HandshakeType};
use nihao_tests::peer::Peer;
use nihao_tests::refusal::{client, expect, extensions, waiting};
use nihao_tests::refusal_table::Table;

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
    let _table = Table::open("refusals_client::fields_of_server_hello");
    let illegal = Alert::ILLEGAL_PARAMETER;
    hello_refused("§4.1.3: another session id", illegal, |hello| {
        hello.session_id = vec![1; 32]
    });
    hello_refused("§4.1.3: no session id", illegal, |hello| hello.session_id.clear());
    hello_refused("§4.1.3: a long session id", Alert::DECODE_ERROR, |hello| {
        hello.session_id = vec![1; 33]
    });
    hello_refused("§4.1.3: a compression method", illegal, |hello| {
        hello.compression_method = 1
    });
    hello_refused("§4.1.3: a legacy version", illegal, |hello| {
        hello.legacy_version = 0x0304
    });
    hello_refused("§D.5: SSL 3.0 as legacy version", Alert::PROTOCOL_VERSION, |hello| {
        hello.legacy_version = 0x0300
    });
    hello_refused("§4.1.3: a suite not offered", illegal, |hello| {
        hello.cipher_suite = CipherSuite(0x1304)
    });
    hello_refused("§4.1.3: a suite of TLS 1.2", illegal, |hello| {
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
    let _table = Table::open("refusals_client::the_version_and_length_of_server_hello");
    hello_with_refused(&[
        ("§4.2.1: no version: TLS 1.2", Alert::PROTOCOL_VERSION, &[SHARE]),
        ("§4.1.3: no extensions at all", Alert::PROTOCOL_VERSION, &[]),
        (
            "§4.2.1: TLS 1.2 in supported_versions",
            Alert::ILLEGAL_PARAMETER,
            &[(E::SUPPORTED_VERSIONS, &[3, 3]), SHARE],
        ),
        (
            "§4.2.1: TLS 1.4",
            Alert::ILLEGAL_PARAMETER,
            &[(E::SUPPORTED_VERSIONS, &[3, 5]), SHARE],
        ),
        (
            "§4.2.1: a version of three bytes",
            Alert::DECODE_ERROR,
            &[(E::SUPPORTED_VERSIONS, &[3, 4, 0]), SHARE],
        ),
    ]);
    for (what, mark) in [("TLS 1.2", 1), ("TLS 1.1", 0)] {
        let what = format!("§4.1.3: the mark of a server brought down to {what}");
        hello_refused(&what, Alert::ILLEGAL_PARAMETER, |hello| {
            hello.random[24..].copy_from_slice(&[b"DOWNGRD".as_slice(), &[mark]].concat());
            hello.extensions = extensions(&[]);
        });
    }
    let mut peer = client();
    peer.say_raw(HandshakeType::SERVER_HELLO, &[3, 3]);
    expect(&peer, "§4.1.3: cut short", Alert::DECODE_ERROR);
    let mut peer = client();
    let long = [&Message::ServerHello(peer.server_hello()).encode().unwrap()[4..], &[0]].concat();
    peer.say_raw(HandshakeType::SERVER_HELLO, &long);
    expect(&peer, "§4.1.3: a byte after the extensions", Alert::DECODE_ERROR);
}

#[test]
fn extensions_of_server_hello() {
    let _table = Table::open("refusals_client::extensions_of_server_hello");
    hello_with_refused(&[
        ("§4.2.8: no share", Alert::MISSING_EXTENSION, &[VERSION]),
        (
            "§4.2.8: an empty share",
            Alert::ILLEGAL_PARAMETER,
            &[VERSION, (E::KEY_SHARE, &[0, 29, 0, 0])],
        ),
        (
            "§4.2.8: a group without share",
            Alert::DECODE_ERROR,
            &[VERSION, (E::KEY_SHARE, &[0, 29])],
        ),
        (
            "§4.2.8: a group no share was sent for",
            Alert::ILLEGAL_PARAMETER,
            &[VERSION, (E::KEY_SHARE, &[0, 23, 0, 1, 4])],
        ),
        (
            "§4.2.8: a share of one byte",
            Alert::ILLEGAL_PARAMETER,
            &[VERSION, (E::KEY_SHARE, &[0, 29, 0, 1, 0])],
        ),
        (
            "§4.2: a share twice",
            Alert::ILLEGAL_PARAMETER,
            &[VERSION, SHARE, SHARE],
        ),
        (
            "§4.2: ALPN in the wrong message",
            Alert::ILLEGAL_PARAMETER,
            &[VERSION, SHARE, (E::ALPN, &[0, 2, 1, b'x'])],
        ),
        (
            "§4.2: a PSK nobody offered",
            Alert::UNSUPPORTED_EXTENSION,
            &[VERSION, SHARE, (E::PRE_SHARED_KEY, &[0, 0])],
        ),
        (
            "§4.2: an unknown extension",
            Alert::UNSUPPORTED_EXTENSION,
            &[VERSION, SHARE, (E(0x9999), &[])],
        ),
    ]);
}

#[test]
fn hello_retry_request() {
    let _table = Table::open("refusals_client::hello_retry_request");
    let group: (E, &[u8]) = (E::KEY_SHARE, &[0, 23]);
    let cases: [(&str, Alert, &[(E, &[u8])]); 9] = [
        ("§4.1.4: no change", Alert::ILLEGAL_PARAMETER, &[VERSION]),
        (
            "§4.2.8: a group not offered",
            Alert::ILLEGAL_PARAMETER,
            &[VERSION, (E::KEY_SHARE, &[0, 24])],
        ),
        (
            "§4.2.8: a share that was sent",
            Alert::ILLEGAL_PARAMETER,
            &[VERSION, (E::KEY_SHARE, &[0, 29])],
        ),
        ("§4.1.4: no version", Alert::PROTOCOL_VERSION, &[group]),
        (
            "§4.2.2: an empty cookie",
            Alert::DECODE_ERROR,
            &[VERSION, group, (E::COOKIE, &[0, 0])],
        ),
        (
            "§4.2.8: a share and not a group",
            Alert::DECODE_ERROR,
            &[VERSION, SHARE],
        ),
        (
            "§4.2: ALPN",
            Alert::ILLEGAL_PARAMETER,
            &[VERSION, group, (E::ALPN, &[0, 2, 1, b'x'])],
        ),
        (
            "§4.2: an unknown extension",
            Alert::UNSUPPORTED_EXTENSION,
            &[VERSION, group, (E(0x9999), &[])],
        ),
        (
            "§4.2: a PSK",
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

#[test]
fn fields_of_hello_retry_request() {
    let _table = Table::open("refusals_client::fields_of_hello_retry_request");
    type Change = fn(&mut ServerHello);
    let cases: [(&str, Alert, Change); 7] = [
        ("§4.1.4: another session id", Alert::ILLEGAL_PARAMETER, |retry| {
            retry.session_id = vec![1; 32]
        }),
        ("§4.1.4: a suite not offered", Alert::ILLEGAL_PARAMETER, |retry| {
            retry.cipher_suite = CipherSuite(0x1304)
        }),
        ("§4.1.4: a compression method", Alert::ILLEGAL_PARAMETER, |retry| {
            retry.compression_method = 1
        }),
        ("§4.1.4: a legacy version", Alert::ILLEGAL_PARAMETER, |retry| {
            retry.legacy_version = 0x0302
        }),
        ("§4.1.4: TLS 1.2", Alert::ILLEGAL_PARAMETER, |retry| {
            retry.extensions = extensions(&[(E::SUPPORTED_VERSIONS, &[3, 3]), (E::KEY_SHARE, &[0, 23])])
        }),
        ("§4.2: a group twice", Alert::ILLEGAL_PARAMETER, |retry| {
            retry.extensions.add(E::KEY_SHARE, |w| w.u16(23)).unwrap()
        }),
        ("§4.2.2: a cookie cut short", Alert::DECODE_ERROR, |retry| {
            retry.extensions.add(E::COOKIE, |w| w.bytes(&[0, 2, 7])).unwrap()
        }),
    ];
    for (what, alert, change) in cases {
        let mut peer = client();
        let mut retry = peer.hello_retry_request();
        change(&mut retry);
        peer.say(&Message::ServerHello(retry));
        expect(&peer, &format!("{what} in HelloRetryRequest"), alert);
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
    let _table = Table::open("refusals_client::server_hello_after_retry");
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
    expect(&peer, "§4.1.4: a second HelloRetryRequest", Alert::UNEXPECTED_MESSAGE);
    let mut peer = retried();
    let hello = peer.server_hello();
    peer.say(&Message::ServerHello(hello));
    expect(&peer, "§4.2.8: another group than asked for", Alert::ILLEGAL_PARAMETER);
    let mut peer = retried();
    let mut hello = peer.server_hello();
    hello.cipher_suite = CipherSuite::TLS_AES_256_GCM_SHA384;
    peer.say(&Message::ServerHello(hello));
    expect(
        &peer,
        "§4.1.4: another suite than in HelloRetryRequest",
        Alert::ILLEGAL_PARAMETER,
    );
    for (what, versions) in [("TLS 1.2", Some([3, 3])), ("no version", None)] {
        let mut peer = retried();
        let mut hello = peer.server_hello();
        let list: Vec<(E, &[u8])> = versions
            .iter()
            .map(|body| (E::SUPPORTED_VERSIONS, body.as_slice()))
            .collect();
        hello.extensions = extensions(&[list.as_slice(), &[SHARE]].concat());
        peer.say(&Message::ServerHello(hello));
        let what = format!("§4.1.4: {what} after HelloRetryRequest");
        expect(&peer, &what, Alert::ILLEGAL_PARAMETER);
    }
}

#[test]
fn encrypted_extensions() {
    let _table = Table::open("refusals_client::encrypted_extensions");
    let cases: [(&str, Alert, &[(E, &[u8])]); 10] = [
        (
            "RFC 7301 §3.1: a protocol not offered",
            Alert::ILLEGAL_PARAMETER,
            &[(E::ALPN, &[0, 3, 2, b'h', b'2'])],
        ),
        ("RFC 7301 §3.1: no protocol", Alert::DECODE_ERROR, &[(E::ALPN, &[0, 0])]),
        (
            "RFC 7301 §3.1: two protocols",
            Alert::DECODE_ERROR,
            &[(E::ALPN, &[0, 4, 1, b'a', 1, b'b'])],
        ),
        (
            "RFC 6066 §3: a server_name with content",
            Alert::DECODE_ERROR,
            &[(E::SERVER_NAME, &[0])],
        ),
        (
            "§4.2.7: malformed groups",
            Alert::DECODE_ERROR,
            &[(E::SUPPORTED_GROUPS, &[0, 1, 0])],
        ),
        ("§4.3.1: a share", Alert::ILLEGAL_PARAMETER, &[SHARE]),
        ("§4.3.1: a version", Alert::ILLEGAL_PARAMETER, &[VERSION]),
        (
            "§4.2: early data nobody offered",
            Alert::UNSUPPORTED_EXTENSION,
            &[(E::EARLY_DATA, &[])],
        ),
        (
            "§4.2: a fragment length nobody offered",
            Alert::UNSUPPORTED_EXTENSION,
            &[(E::MAX_FRAGMENT_LENGTH, &[1])],
        ),
        (
            "§4.2: an unknown extension",
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
fn lengths_of_encrypted_extensions() {
    let _table = Table::open("refusals_client::lengths_of_encrypted_extensions");
    for (what, body) in [
        ("empty", &[][..]),
        ("with a byte more", &[0, 0, 0]),
        ("longer than it says", &[0, 5, 0, 0]),
    ] {
        let mut peer = waiting();
        peer.say_raw(HandshakeType::ENCRYPTED_EXTENSIONS, body);
        let what = format!("§4.3.1: EncryptedExtensions {what}");
        expect(&peer, &what, Alert::DECODE_ERROR);
    }
}

#[test]
fn certificate_request() {
    let _table = Table::open("refusals_client::certificate_request");
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
    expect(
        &request(&[], &[]),
        "§4.3.2: no signature_algorithms",
        Alert::MISSING_EXTENSION,
    );
    expect(
        &request(&[7], &[schemes]),
        "§4.3.2: a context",
        Alert::ILLEGAL_PARAMETER,
    );
    expect(
        &request(&[], &[schemes, SHARE]),
        "§4.3.1: a share",
        Alert::ILLEGAL_PARAMETER,
    );
    expect(
        &request(&[], &[schemes, schemes]),
        "§4.2: signature_algorithms twice in CertificateRequest",
        Alert::ILLEGAL_PARAMETER,
    );
    for (what, body) in [
        ("an empty CertificateRequest", &[][..]),
        (
            "a CertificateRequest with a byte more",
            &[0, 0, 8, 0, 13, 0, 4, 0, 2, 8, 7, 0],
        ),
    ] {
        let mut peer = waiting();
        peer.say_encrypted_extensions();
        peer.say_raw(HandshakeType::CERTIFICATE_REQUEST, body);
        expect(&peer, &format!("§4.3.2: {what}"), Alert::DECODE_ERROR);
    }
    let malformed: (E, &[u8]) = (E::SIGNATURE_ALGORITHMS, &[0, 1, 8]);
    expect(
        &request(&[], &[malformed]),
        "§4.3.2: malformed schemes",
        Alert::DECODE_ERROR,
    );
    assert_eq!(
        request(&[], &[schemes, (E(0x9999), &[1])]).error,
        None,
        "unknown ones are ignored"
    );
}

#[test]
fn a_server_that_does_not_speak_tls() {
    let _table = Table::open("refusals_client::a_server_that_does_not_speak_tls");
    let mut peer = client();
    peer.send_wire(b"HTTP/1.1 400 Bad Request\r\n");
    expect(&peer, "§5.1: HTTP", Alert::UNEXPECTED_MESSAGE);
    let mut peer = client();
    peer.send_wire(&[21, 3, 1, 0, 2, 2, 70]);
    assert_eq!(
        peer.error.unwrap().to_string(),
        "the peer refused with the alert protocol_version"
    );
}
