//! What both roles refuse in records and alerts, with keys and without.

#![allow(clippy::type_complexity, reason = "tables of cases read best as tuples")]

use nihao_protocol::tls::AlertDescription as Alert;
use nihao_protocol::tls::messages::Message;
use nihao_protocol::tls::names::{ContentType, HandshakeType};
use nihao_tests::peer::{Peer, raw};
use nihao_tests::refusal::expect;
use nihao_tests::refusal_table::Table;
use nihao_tests::states::{client_in, server_in};

/// Both roles, where keys are there: in the handshake and after it.
fn keyed() -> [(&'static str, Peer); 4] {
    [
        ("in the handshake", server_in("WAIT_FINISHED")),
        ("in the handshake", client_in("WAIT_FINISHED")),
        ("after it", server_in("CONNECTED")),
        ("after it", client_in("CONNECTED")),
    ]
}

/// What `say` says is refused with `alert`, by both roles, in the handshake and after it.
fn refused(what: &str, alert: Alert, say: impl Fn(&mut Peer)) {
    for (when, mut peer) in keyed() {
        say(&mut peer);
        expect(&peer, &format!("{what}, {when}"), alert);
    }
}

#[test]
fn lengths() {
    let _table = Table::open("refusals_records::lengths");
    refused(
        "§5.2: a protected record of 2^14 + 257 bytes",
        Alert::RECORD_OVERFLOW,
        |peer| peer.send_wire(&[23, 3, 3, 0x41, 1]),
    );
    refused(
        "§5.2: a record of 2^14 + 2 bytes inside",
        Alert::RECORD_OVERFLOW,
        |peer| {
            peer.send_padded(ContentType::ApplicationData, b"x", 1 << 14);
        },
    );
    refused("§5.2: content of 2^14 + 1 bytes", Alert::RECORD_OVERFLOW, |peer| {
        peer.send_record(ContentType::Handshake, &[7; (1 << 14) + 1])
    });
    refused(
        "§5.2: a protected record shorter than a tag",
        Alert::BAD_RECORD_MAC,
        |peer| peer.send_wire(&[&[23, 3, 3, 0, 15][..], &[7; 15]].concat()),
    );
    refused("§5.2: an empty protected record", Alert::BAD_RECORD_MAC, |peer| {
        peer.send_wire(&[23, 3, 3, 0, 0])
    });
    for mut peer in [server_in("START"), client_in("WAIT_SH")] {
        peer.send_wire(&[22, 3, 1, 0x40, 1]);
        expect(
            &peer,
            "§5.1: a plaintext record of 2^14 + 1 bytes",
            Alert::RECORD_OVERFLOW,
        );
    }
}

#[test]
fn authenticity() {
    let _table = Table::open("refusals_records::authenticity");
    for (what, at) in [("tag", usize::MAX), ("content", 6), ("additional data", 2)] {
        refused(
            &format!("§5.2: a flipped bit in the {what}"),
            Alert::BAD_RECORD_MAC,
            |peer| {
                let mut wire = peer.record(ContentType::ApplicationData, b"hello");
                let at = at.min(wire.len() - 1);
                wire[at] ^= 1;
                peer.send_wire(&wire);
            },
        );
    }
    refused("§5.3: a record left out", Alert::BAD_RECORD_MAC, |peer| {
        let _ = peer.record(ContentType::ApplicationData, b"lost");
        peer.send_record(ContentType::ApplicationData, b"next");
    });
    for (when, mut peer) in keyed() {
        if when == "after it" {
            let wire = peer.record(ContentType::ApplicationData, b"twice");
            peer.send_wire(&wire);
            assert_eq!(peer.error, None);
            peer.send_wire(&wire);
            expect(&peer, "§5.3: a record twice", Alert::BAD_RECORD_MAC);
        }
    }
}

#[test]
fn types() {
    let _table = Table::open("refusals_records::types");
    refused("§5.4: no content type", Alert::UNEXPECTED_MESSAGE, |peer| {
        peer.send_typed(0, &[])
    });
    refused("§5.4: zeros only", Alert::UNEXPECTED_MESSAGE, |peer| {
        peer.send_typed(0, &[0; 42])
    });
    refused(
        "§5: an unknown content type inside",
        Alert::UNEXPECTED_MESSAGE,
        |peer| peer.send_typed(24, &[1]),
    );
    refused(
        "§5: a protected change_cipher_spec",
        Alert::UNEXPECTED_MESSAGE,
        |peer| peer.send_typed(20, &[1]),
    );
    for mut peer in [server_in("START"), client_in("WAIT_SH")] {
        peer.send_wire(&[23, 3, 3, 0, 0]);
        expect(
            &peer,
            "§5: empty application data before keys",
            Alert::UNEXPECTED_MESSAGE,
        );
    }
    for (what, wire) in [
        ("an SSL 2.0 hello", &[0x80, 0x2e, 1, 3, 4, 0, 3][..]),
        ("HTTP", b"GET / HTTP/1.1\r\n\r\n"),
    ] {
        let mut peer = server_in("START");
        peer.send_wire(wire);
        expect(&peer, &format!("§5.1: {what}"), Alert::UNEXPECTED_MESSAGE);
    }
}

#[test]
fn alerts() {
    let _table = Table::open("refusals_records::alerts");
    for (what, alert, body) in [
        ("§6: an alert of one byte", Alert::DECODE_ERROR, &[1][..]),
        ("§6: an alert of three bytes", Alert::DECODE_ERROR, &[1, 0, 0]),
        ("§5.1: two alerts in a record", Alert::DECODE_ERROR, &[1, 90, 1, 0]),
        ("§6: an alert of level 0", Alert::ILLEGAL_PARAMETER, &[0, 0]),
        ("§6: an alert of level 3", Alert::ILLEGAL_PARAMETER, &[3, 40]),
        ("§5.4: an empty alert", Alert::UNEXPECTED_MESSAGE, &[]),
    ] {
        refused(what, alert, |peer| peer.send_record(ContentType::Alert, body));
    }
    for (level, description) in [(1, 40), (2, 40), (1, 99), (2, 255), (1, 100), (1, 41)] {
        for (when, mut peer) in keyed() {
            peer.send_record(ContentType::Alert, &[level, description]);
            assert_eq!(peer.alert, None, "an error alert {description} is not answered, {when}");
            assert!(
                peer.error.is_some(),
                "an unknown or warning alert {description} is an error too, {when}"
            );
        }
    }
}

#[test]
fn fragments() {
    let _table = Table::open("refusals_records::fragments");
    for (what, between) in [
        ("application data", (ContentType::ApplicationData, &b"x"[..])),
        ("empty application data", (ContentType::ApplicationData, &[])),
        ("an alert", (ContentType::Alert, &[1, 0])),
    ] {
        refused(
            &format!("§5.1: {what} between two fragments of a message"),
            Alert::UNEXPECTED_MESSAGE,
            |peer| {
                peer.send_record(ContentType::Handshake, &[20, 0, 0]);
                peer.send_record(between.0, between.1);
            },
        );
    }
    refused(
        "§5.4: an empty fragment of a message",
        Alert::UNEXPECTED_MESSAGE,
        |peer| {
            peer.send_record(ContentType::Handshake, &[20, 0]);
            peer.send_record(ContentType::Handshake, &[]);
        },
    );
    refused("§4: a message of more than 64 KiB", Alert::DECODE_ERROR, |peer| {
        peer.send_record(ContentType::Handshake, &[20, 1, 0, 1])
    });
}

#[test]
fn messages_that_share_a_record_with_a_change_of_keys() {
    let _table = Table::open("refusals_records::messages_that_share_a_record_with_a_change_of_keys");
    let more = raw(HandshakeType::KEY_UPDATE, &[0]);
    for half in [false, true] {
        let (what, more) = if half {
            ("half a message", &more[..3])
        } else {
            ("a message", &more[..])
        };
        let mut peer = server_in("START");
        let hello = Message::ClientHello(peer.client_hello()).encode().unwrap();
        peer.send_record(ContentType::Handshake, &[&hello, more].concat());
        expect(
            &peer,
            &format!("§5.1: {what} after ClientHello"),
            Alert::UNEXPECTED_MESSAGE,
        );
        let mut peer = server_in("WAIT_FINISHED");
        let finished = Message::Finished(peer.finished()).encode().unwrap();
        peer.send_record(ContentType::Handshake, &[&finished, more].concat());
        expect(
            &peer,
            &format!("§5.1: {what} after Finished"),
            Alert::UNEXPECTED_MESSAGE,
        );
        let mut peer = client_in("WAIT_SH");
        let hello = Message::ServerHello(peer.server_hello()).encode().unwrap();
        peer.send_record(ContentType::Handshake, &[&hello, more].concat());
        expect(
            &peer,
            &format!("§5.1: {what} after ServerHello"),
            Alert::UNEXPECTED_MESSAGE,
        );
        let mut peer = client_in("WAIT_SH");
        let retry = Message::ServerHello(peer.hello_retry_request()).encode().unwrap();
        peer.send_record(ContentType::Handshake, &[&retry, more].concat());
        let what = format!("§5.1: {what} after HelloRetryRequest");
        expect(&peer, &what, Alert::UNEXPECTED_MESSAGE);
    }
    for mut peer in [server_in("CONNECTED"), client_in("CONNECTED")] {
        peer.send_record(ContentType::Handshake, &more.repeat(2));
        expect(&peer, "§5.1: two KeyUpdates in a record", Alert::UNEXPECTED_MESSAGE);
    }
}

#[test]
fn key_updates_malformed() {
    let _table = Table::open("refusals_records::key_updates_malformed");
    for open in [server_in as fn(&str) -> Peer, client_in].map(|make| move || make("CONNECTED")) {
        for (what, alert, body) in [
            ("2", Alert::ILLEGAL_PARAMETER, &[2][..]),
            ("255", Alert::ILLEGAL_PARAMETER, &[255]),
            ("nothing", Alert::DECODE_ERROR, &[]),
            ("two bytes", Alert::DECODE_ERROR, &[0, 0]),
        ] {
            let mut peer = open();
            peer.say_raw(HandshakeType::KEY_UPDATE, body);
            expect(&peer, &format!("§4.6.3: a KeyUpdate that asks for {what}"), alert);
        }
    }
}
