//! What a server of ours refuses in a client's messages, and with which alert.

#![allow(clippy::type_complexity, reason = "tables of cases read best as tuples")]

use nihao_protocol::crypto::Group;
use nihao_protocol::tls::AlertDescription as Alert;
use nihao_protocol::tls::messages::{ClientHello, Message};
use nihao_protocol::tls::names::{CipherSuite, ExtensionType, HandshakeType};
use nihao_tests::peer::{Peer, shares};
use nihao_tests::refusal::{expect, server, set, without};
use nihao_tests::refusal_table::Table;

/// A ClientHello changed by `change` must be refused with `alert`.
fn hello_refused(what: &str, alert: Alert, change: impl FnOnce(&mut ClientHello)) {
    let mut peer = server(false);
    let mut hello = peer.client_hello();
    change(&mut hello);
    peer.say(&Message::ClientHello(hello));
    expect(&peer, what, alert);
}

#[test]
fn a_good_hello_is_answered() {
    let mut peer = server(false);
    let hello = peer.client_hello();
    peer.say(&Message::ClientHello(hello));
    assert_eq!(peer.error, None);
    peer.say_certificate(&[]);
    peer.say_finished();
    assert_eq!(peer.ours.state_name(), "CONNECTED");
}

#[test]
fn fields_of_client_hello() {
    let _table = Table::open("refusals_server::fields_of_client_hello");
    hello_refused("§4.1.2: compression", Alert::ILLEGAL_PARAMETER, |hello| {
        hello.compression_methods = vec![0, 1]
    });
    hello_refused(
        "§4.1.2: compression other than null",
        Alert::ILLEGAL_PARAMETER,
        |hello| hello.compression_methods = vec![1],
    );
    hello_refused("§4.1.2: no compression method", Alert::DECODE_ERROR, |hello| {
        hello.compression_methods.clear()
    });
    hello_refused("§4.1.2: a session id of 33 bytes", Alert::DECODE_ERROR, |hello| {
        hello.session_id = vec![1; 33]
    });
    hello_refused("§D.5: SSL 3.0 as legacy_version", Alert::PROTOCOL_VERSION, |hello| {
        hello.legacy_version = 0x0300
    });
    hello_refused("§D.5: an older legacy_version", Alert::PROTOCOL_VERSION, |hello| {
        hello.legacy_version = 0x0002
    });
    hello_refused("§4.1.2: no suites", Alert::DECODE_ERROR, |hello| {
        hello.cipher_suites.clear()
    });
    hello_refused("§4.1.1: no common suite", Alert::HANDSHAKE_FAILURE, |hello| {
        hello.cipher_suites = vec![CipherSuite(0x1304)]
    });
    hello_refused("§4.2.1: no extensions", Alert::PROTOCOL_VERSION, |hello| {
        hello.extensions = Default::default()
    });
}

#[test]
fn extensions_that_must_be_there() {
    let _table = Table::open("refusals_server::extensions_that_must_be_there");
    use ExtensionType as E;
    hello_refused("§4.2.1: no versions", Alert::PROTOCOL_VERSION, |hello| {
        without(hello, E::SUPPORTED_VERSIONS)
    });
    hello_refused("§9.2: no groups", Alert::MISSING_EXTENSION, |hello| {
        without(hello, E::SUPPORTED_GROUPS)
    });
    hello_refused("§9.2: no shares", Alert::MISSING_EXTENSION, |hello| {
        without(hello, E::KEY_SHARE)
    });
    hello_refused("§4.2.3: no signature_algorithms", Alert::MISSING_EXTENSION, |hello| {
        without(hello, E::SIGNATURE_ALGORITHMS)
    });
}

#[test]
fn extensions_malformed() {
    let _table = Table::open("refusals_server::extensions_malformed");
    use ExtensionType as E;
    let decode: [(E, &[u8]); 29] = [
        (E::SUPPORTED_VERSIONS, &[]),
        (E::SUPPORTED_VERSIONS, &[0]),
        (E::SUPPORTED_VERSIONS, &[3, 3, 4, 3]),
        (E::SUPPORTED_VERSIONS, &[2, 3, 4, 0]),
        (E::SUPPORTED_GROUPS, &[0, 0]),
        (E::SUPPORTED_GROUPS, &[0, 3, 0, 29, 0]),
        (E::SUPPORTED_GROUPS, &[0, 2, 0, 29, 0]),
        (E::SIGNATURE_ALGORITHMS, &[0, 0]),
        (E::SIGNATURE_ALGORITHMS, &[0, 1, 8]),
        (E::SIGNATURE_ALGORITHMS, &[0, 4, 8, 7]),
        (E::SIGNATURE_ALGORITHMS_CERT, &[0, 0]),
        (E::SIGNATURE_ALGORITHMS_CERT, &[0, 2, 8]),
        (E::CERTIFICATE_AUTHORITIES, &[0, 0]),
        (E::CERTIFICATE_AUTHORITIES, &[0, 3, 0, 2, 1]),
        (E::PSK_KEY_EXCHANGE_MODES, &[]),
        (E::EARLY_DATA, &[0]),
        (E::KEY_SHARE, &[]),
        (E::KEY_SHARE, &[0, 5, 0, 29, 0, 2, 7]),
        (E::KEY_SHARE, &[0, 0, 0]),
        (E::ALPN, &[]),
        (E::ALPN, &[0, 0]),
        (E::ALPN, &[0, 1, 0]),
        (E::ALPN, &[0, 3, 3, b'h', b'2']),
        (E::ALPN, &[0, 3, 2, b'h', b'2', 0]),
        (E::SERVER_NAME, &[0, 0]),
        (E::SERVER_NAME, &[0, 3, 0, 0, 0]),
        (E::SERVER_NAME, &[0, 4, 0, 0, 1, 0]),
        (E::SERVER_NAME, &[0, 5, 0, 0, 1, b'a']),
        (E::SERVER_NAME, &[0, 8, 0, 0, 1, b'a', 0, 0, 1, b'b']),
    ];
    for (kind, body) in decode {
        let section = match kind {
            E::SUPPORTED_VERSIONS => "§4.2.1",
            E::SUPPORTED_GROUPS => "§4.2.7",
            E::SIGNATURE_ALGORITHMS | E::SIGNATURE_ALGORITHMS_CERT => "§4.2.3",
            E::CERTIFICATE_AUTHORITIES => "§4.2.4",
            E::PSK_KEY_EXCHANGE_MODES => "§4.2.9",
            E::EARLY_DATA => "§4.2.10",
            E::KEY_SHARE => "§4.2.8",
            E::ALPN => "RFC 7301 §3.1",
            _ => "RFC 6066 §3",
        };
        hello_refused(&format!("{section}: {kind} {body:?}"), Alert::DECODE_ERROR, |hello| {
            set(hello, kind, body)
        });
    }
}

#[test]
fn extensions_without_anything_in_common() {
    let _table = Table::open("refusals_server::extensions_without_anything_in_common");
    use ExtensionType as E;
    hello_refused("§4.2.1: only TLS 1.2", Alert::PROTOCOL_VERSION, |hello| {
        set(hello, E::SUPPORTED_VERSIONS, &[2, 3, 3])
    });
    hello_refused("§4.4.2.2: no common scheme", Alert::HANDSHAKE_FAILURE, |hello| {
        set(hello, E::SIGNATURE_ALGORITHMS, &[0, 2, 8, 4]);
    });
    hello_refused("§4.1.1: no common group", Alert::HANDSHAKE_FAILURE, |hello| {
        set(hello, E::SUPPORTED_GROUPS, &[0, 2, 0, 30]);
        set(hello, E::KEY_SHARE, &shares(&[(Group(30), &[1; 56])]));
    });
    hello_refused(
        "RFC 7301 §3.2: no common protocol",
        Alert::NO_APPLICATION_PROTOCOL,
        |hello| set(hello, E::ALPN, &[0, 3, 2, b'h', b'2']),
    );
}

#[test]
fn extensions_contradicting() {
    let _table = Table::open("refusals_server::extensions_contradicting");
    use ExtensionType as E;
    hello_refused("§4.2.8: a share twice", Alert::ILLEGAL_PARAMETER, |hello| {
        set(
            hello,
            E::KEY_SHARE,
            &shares(&[(Group::X25519, &[9; 32]), (Group::X25519, &[8; 32])]),
        );
    });
    hello_refused(
        "§4.2.8: a share for a group not offered",
        Alert::ILLEGAL_PARAMETER,
        |hello| {
            set(hello, E::SUPPORTED_GROUPS, &[0, 2, 0, 0x17]);
        },
    );
    for (what, group, share) in [
        ("§4.2.8: an empty X25519 share", Group::X25519, Vec::new()),
        ("§4.2.8: a short X25519 share", Group::X25519, vec![9; 31]),
        ("§4.2.8: a long X25519 share", Group::X25519, vec![9; 33]),
        ("§7.4.2: an X25519 share of zeros", Group::X25519, vec![0; 32]),
        (
            "§4.2.8.2: a P-256 share off the curve",
            Group::SECP256R1,
            [vec![4], vec![1; 64]].concat(),
        ),
        (
            "§4.2.8.2: a compressed P-256 share",
            Group::SECP256R1,
            [vec![2], vec![1; 32]].concat(),
        ),
        (
            "§4.2.8.2: a hybrid P-256 share",
            Group::SECP256R1,
            [vec![6], vec![1; 64]].concat(),
        ),
        ("§4.2.8.2: a short P-256 share", Group::SECP256R1, vec![4; 64]),
    ] {
        hello_refused(what, Alert::ILLEGAL_PARAMETER, |hello| {
            set(hello, E::KEY_SHARE, &shares(&[(group, &share)]))
        });
    }
    hello_refused("§4.2.11: pre_shared_key not last", Alert::ILLEGAL_PARAMETER, |hello| {
        set(hello, E::PRE_SHARED_KEY, &[0, 0]);
        set(hello, E::ALPN, &[0, 8, 7, b'n', b'i', b'h', b'a', b'o', b'/', b'1']);
    });
}

#[test]
fn an_extension_twice_and_trailing_bytes() {
    let _table = Table::open("refusals_server::an_extension_twice_and_trailing_bytes");
    let mut peer = server(false);
    let hello = peer.client_hello();
    let good = Message::ClientHello(hello).encode().unwrap();
    let body = &good[4..];
    let extensions = 2 + 32 + 33 + 4 + 2;
    let grow = |extra: &[u8]| {
        let mut body = body.to_vec();
        let length = u16::from_be_bytes([body[extensions], body[extensions + 1]]) + u16::try_from(extra.len()).unwrap();
        body[extensions..extensions + 2].copy_from_slice(&length.to_be_bytes());
        body.extend(extra);
        body
    };
    for (what, bad, alert) in [
        (
            "§4.2: supported_versions twice",
            grow(&[0, 43, 0, 3, 2, 3, 4]),
            Alert::ILLEGAL_PARAMETER,
        ),
        (
            "§4.2: an unknown extension twice",
            grow(&[99, 99, 0, 0, 99, 99, 0, 0]),
            Alert::ILLEGAL_PARAMETER,
        ),
        ("§4.2: half an extension", grow(&[99, 99, 0]), Alert::DECODE_ERROR),
        (
            "§4.2: an extension longer than the list",
            grow(&[99, 99, 0, 1]),
            Alert::DECODE_ERROR,
        ),
        (
            "§4.1.2: a byte after the extensions",
            [body, &[0]].concat(),
            Alert::DECODE_ERROR,
        ),
        (
            "§4.1.2: the last byte missing",
            body[..body.len() - 1].to_vec(),
            Alert::DECODE_ERROR,
        ),
        ("§4.1.2: nothing", Vec::new(), Alert::DECODE_ERROR),
    ] {
        let mut peer = server(false);
        peer.say_raw(HandshakeType::CLIENT_HELLO, &bad);
        expect(&peer, what, alert);
    }
    let mut peer = server(false);
    let _ = peer.client_hello(); // the same key again
    peer.say_raw(HandshakeType::CLIENT_HELLO, &grow(&[99, 99, 0, 0, 0xfa, 0xfa, 0, 1, 7]));
    assert_eq!(peer.error, None, "unknown extensions are ignored");
}

/// The second ClientHello after a HelloRetryRequest, changed by `change`.
fn second_hello(change: impl FnOnce(&mut ClientHello)) -> Peer {
    let mut peer = server(false);
    let mut hello = peer.client_hello();
    hello.cipher_suites.push(CipherSuite(0x0a0a));
    set(&mut hello, ExtensionType(0x0a0a), &[]);
    let share = hello.extensions.find(ExtensionType::KEY_SHARE).unwrap().to_vec();
    set(&mut hello, ExtensionType::KEY_SHARE, &[0, 0]);
    peer.say(&Message::ClientHello(hello.clone()));
    assert_eq!(peer.heard.len(), 1, "a HelloRetryRequest");
    set(&mut hello, ExtensionType::KEY_SHARE, &share);
    change(&mut hello);
    peer.say(&Message::ClientHello(hello));
    peer
}

#[test]
fn second_client_hello() {
    let _table = Table::open("refusals_server::second_client_hello");
    use ExtensionType as E;
    assert_eq!(second_hello(|_| {}).error, None);
    assert_eq!(
        second_hello(|hello| set(hello, E::COOKIE, &[0, 1, 7])).error,
        None,
        "a cookie may be added"
    );
    assert_eq!(
        second_hello(|hello| set(hello, E::PADDING, &[0; 9])).error,
        None,
        "padding may change"
    );
    let encrypted = E(0xfe0d);
    assert_eq!(
        second_hello(|hello| set(hello, encrypted, &[0; 9])).error,
        None,
        "an encrypted hello is sealed anew"
    );
    type Change = fn(&mut ClientHello);
    let changes: [(&str, Change); 13] = [
        ("§4.1.2: another legacy_version", |hello| hello.legacy_version = 0x0302),
        ("§4.1.2: another order of suites", |hello| {
            hello.cipher_suites.rotate_left(1)
        }),
        ("§4.1.2: one extension less", |hello| {
            without(hello, ExtensionType(0x0a0a))
        }),
        ("§4.1.2: another name", |hello| {
            set(hello, E::SERVER_NAME, &[0, 4, 0, 0, 1, b'a'])
        }),
        ("§4.1.2: another random", |hello| hello.random = [1; 32]),
        ("§4.1.2: another session id", |hello| hello.session_id = vec![1; 32]),
        ("§4.1.2: another suite", |hello| {
            hello.cipher_suites.push(CipherSuite::TLS_AES_256_GCM_SHA384)
        }),
        ("§4.1.2: other groups", |hello| {
            set(hello, E::SUPPORTED_GROUPS, &[0, 2, 0, 0x1d])
        }),
        ("§4.1.2: one more extension", |hello| {
            set(hello, ExtensionType(0x9999), &[])
        }),
        ("§4.1.2: no share again", |hello| set(hello, E::KEY_SHARE, &[0, 0])),
        ("§4.1.2: two shares", |hello| {
            let more = shares(&[(Group::X25519, &[9; 32]), (Group::SECP256R1, &[4; 65])]);
            set(hello, E::KEY_SHARE, &more);
        }),
        ("§4.1.2: a share in another group", |hello| {
            set(hello, E::KEY_SHARE, &shares(&[(Group::SECP256R1, &[4; 65])]))
        }),
        ("§4.1.2: early data", |hello| set(hello, E::EARLY_DATA, &[])),
    ];
    for (what, change) in changes {
        expect(&second_hello(change), what, Alert::ILLEGAL_PARAMETER);
    }
}
