//! What a server of ours refuses in a client's certificates, Finished and later messages, and with which alert.

#![allow(clippy::type_complexity, reason = "tables of cases read best as tuples")]

use nihao_protocol::tls::AlertDescription as Alert;
use nihao_protocol::tls::messages::{Certificate, CertificateVerify, Finished, Message};
use nihao_protocol::tls::names::{ContentType, ExtensionType, HandshakeType};
use nihao_tests::peer::{Peer, raw};
use nihao_tests::pki::{Ca, Kind, Leaf, signed_with};
use nihao_tests::refusal::{BROKEN_HASHES, expect, server, users};
use nihao_tests::refusal_table::Table;

/// A server that waits for the client's Certificate.
fn waiting_for_certificate(required: bool) -> Peer {
    let mut peer = server(required);
    let hello = peer.client_hello();
    peer.say(&Message::ClientHello(hello));
    assert_eq!(peer.ours.state_name(), "WAIT_CERT");
    peer
}

#[test]
fn client_certificates() {
    let _table = Table::open("refusals_server_auth::client_certificates");
    let refused = |what: &str, leaf: &Leaf, ca: &Ca, alert| {
        let mut peer = waiting_for_certificate(false);
        peer.say_certificate(&[ca.issue(leaf)]);
        expect(&peer, what, alert);
    };
    let good = Leaf::user(Kind::Ed25519);
    let stranger = Ca::new("users", Kind::Ed25519, 3);
    refused(
        "§6.2: signed by a CA of the same name",
        &good,
        &stranger,
        Alert::BAD_CERTIFICATE,
    );
    refused(
        "§6.2: by a CA of another name",
        &good,
        &Ca::new("others", Kind::Ed25519, 3),
        Alert::UNKNOWN_CA,
    );
    refused(
        "§6.2: expired",
        &Leaf {
            to_day: -1,
            from_day: -9,
            ..good.clone()
        },
        &users(),
        Alert::CERTIFICATE_EXPIRED,
    );
    refused(
        "§6.2: not yet valid",
        &Leaf {
            from_day: 1,
            ..good.clone()
        },
        &users(),
        Alert::CERTIFICATE_EXPIRED,
    );
    let purposes = Leaf::server(Kind::Ed25519).purposes;
    refused(
        "§4.4.2.2: a server's",
        &Leaf {
            purposes,
            ..good.clone()
        },
        &users(),
        Alert::UNSUPPORTED_CERTIFICATE,
    );
    let usages = vec![rcgen::KeyUsagePurpose::KeyCertSign];
    refused(
        "§4.4.2.2: no digitalSignature",
        &Leaf { usages, ..good },
        &users(),
        Alert::UNSUPPORTED_CERTIFICATE,
    );
}

#[test]
fn the_certificate_message() {
    let _table = Table::open("refusals_server_auth::the_certificate_message");
    let mut peer = waiting_for_certificate(true);
    peer.say_certificate(&[]);
    expect(
        &peer,
        "§4.4.2.4: none where one is required",
        Alert::CERTIFICATE_REQUIRED,
    );
    let mut peer = waiting_for_certificate(false);
    peer.say_certificate(&[b"not DER".to_vec()]);
    expect(&peer, "§6.2: not DER", Alert::BAD_CERTIFICATE);
    let mut peer = waiting_for_certificate(false);
    peer.say(&Message::Certificate(Certificate {
        context: vec![1],
        entries: Vec::new(),
    }));
    expect(&peer, "§4.4.2: a context that was not sent", Alert::ILLEGAL_PARAMETER);
    for (what, body) in [
        ("§4.4.2: an empty certificate", &[0, 0, 0, 5, 0, 0, 0, 0, 0][..]),
        ("§4.4.2: no list", &[0]),
        ("§4.4.2: more", &[0, 0, 0, 0, 0]),
    ] {
        let mut peer = waiting_for_certificate(false);
        peer.say_raw(HandshakeType::CERTIFICATE, body);
        expect(&peer, what, Alert::DECODE_ERROR);
    }
    let mut peer = waiting_for_certificate(false);
    let mut message = Certificate::of(&[users().issue(&Leaf::user(Kind::Ed25519))]);
    message.entries[0]
        .extensions
        .add(ExtensionType::STATUS_REQUEST, |w| w.u8(1))
        .unwrap();
    peer.say(&Message::Certificate(message));
    expect(
        &peer,
        "§4.4.2: an extension nobody asked for",
        Alert::UNSUPPORTED_EXTENSION,
    );
}

#[test]
fn client_certificate_verify() {
    let _table = Table::open("refusals_server_auth::client_certificate_verify");
    let waiting = || {
        let mut peer = waiting_for_certificate(false);
        peer.say_certificate(&[users().issue(&Leaf::user(Kind::Ed25519))]);
        peer
    };
    type Change = fn(&mut CertificateVerify);
    let changes: [(&str, Alert, Change); 4] = [
        ("§4.4.3: a flipped bit", Alert::DECRYPT_ERROR, |verify| {
            verify.signature[3] ^= 1
        }),
        ("§4.4.3: no signature", Alert::DECRYPT_ERROR, |verify| {
            verify.signature.clear()
        }),
        ("§4.4.3: a scheme not offered", Alert::ILLEGAL_PARAMETER, |verify| {
            verify.scheme.0 = 0x0804
        }),
        ("§4.4.3: a scheme of another key", Alert::ILLEGAL_PARAMETER, |verify| {
            verify.scheme.0 = 0x0403
        }),
    ];
    for (what, alert, change) in changes {
        let mut peer = waiting();
        let mut verify = peer.certificate_verify(Kind::Ed25519, 8);
        change(&mut verify);
        peer.say(&Message::CertificateVerify(verify));
        expect(&peer, what, alert);
    }
    let mut peer = waiting();
    let verify = peer.certificate_verify(Kind::Ed25519, 9);
    peer.say(&Message::CertificateVerify(verify));
    expect(&peer, "§4.4.3: by another key", Alert::DECRYPT_ERROR);
    let mut peer = waiting();
    peer.say_raw(HandshakeType::CERTIFICATE_VERIFY, &[8, 7, 0, 1]);
    expect(&peer, "§4.4.3: cut short", Alert::DECODE_ERROR);
}

/// A server that waits for the Finished of a nameless client.
fn waiting_for_finished() -> Peer {
    let mut peer = waiting_for_certificate(false);
    peer.say_certificate(&[]);
    peer
}

/// A server after its handshake.
fn connected() -> Peer {
    let mut peer = waiting_for_finished();
    peer.say_finished();
    assert_eq!(peer.ours.state_name(), "CONNECTED");
    peer
}

#[test]
fn client_finished() {
    let _table = Table::open("refusals_server_auth::client_finished");
    type Change = fn(&mut Finished);
    let changes: [(&str, Alert, Change); 4] = [
        ("§4.4.4: a flipped bit", Alert::DECRYPT_ERROR, |finished| {
            finished.verify_data[0] ^= 1
        }),
        ("§4.4.4: too short", Alert::DECODE_ERROR, |finished| {
            finished.verify_data.truncate(31)
        }),
        ("§4.4.4: too long", Alert::DECODE_ERROR, |finished| {
            finished.verify_data.push(0)
        }),
        ("§4.4.4: empty", Alert::DECODE_ERROR, |finished| {
            finished.verify_data.clear()
        }),
    ];
    for (what, alert, change) in changes {
        let mut peer = waiting_for_finished();
        let mut finished = peer.finished();
        change(&mut finished);
        peer.say(&Message::Finished(finished));
        expect(&peer, what, alert);
    }
}

#[test]
fn messages_and_alerts_after_the_handshake() {
    let _table = Table::open("refusals_server_auth::messages_and_alerts_after_the_handshake");
    for (what, alert, bytes) in [
        (
            "§4.6.3: a KeyUpdate of 2",
            Alert::ILLEGAL_PARAMETER,
            raw(HandshakeType::KEY_UPDATE, &[2]),
        ),
        (
            "§4.6.3: an empty KeyUpdate",
            Alert::DECODE_ERROR,
            raw(HandshakeType::KEY_UPDATE, &[]),
        ),
        (
            "§4.6.3: a KeyUpdate of two bytes",
            Alert::DECODE_ERROR,
            raw(HandshakeType::KEY_UPDATE, &[0, 0]),
        ),
        (
            "§5.1: two KeyUpdates in a record",
            Alert::UNEXPECTED_MESSAGE,
            raw(HandshakeType::KEY_UPDATE, &[0]).repeat(2),
        ),
        (
            "§4: a message of 64 KiB and one byte",
            Alert::DECODE_ERROR,
            vec![24, 1, 0, 1],
        ),
    ] {
        let mut peer = connected();
        peer.send_record(ContentType::Handshake, &bytes);
        expect(&peer, what, alert);
    }
    for (what, alert, bytes) in [
        ("§6: an alert of one byte", Alert::DECODE_ERROR, &[1][..]),
        ("§6: an alert of three bytes", Alert::DECODE_ERROR, &[1, 0, 0]),
        ("§6: an alert of level 3", Alert::ILLEGAL_PARAMETER, &[3, 0]),
    ] {
        let mut peer = connected();
        peer.send_record(ContentType::Alert, bytes);
        expect(&peer, what, alert);
    }
}

#[test]
fn records_after_the_handshake() {
    let _table = Table::open("refusals_server_auth::records_after_the_handshake");
    let mut peer = connected();
    peer.send_record(ContentType::Handshake, &[24]);
    peer.send_record(ContentType::ApplicationData, b"between");
    expect(&peer, "§5.1: data between two fragments", Alert::UNEXPECTED_MESSAGE);
    let mut peer = connected();
    let mut wire = peer.record(ContentType::ApplicationData, b"hello");
    *wire.last_mut().unwrap() ^= 1;
    peer.send_wire(&wire);
    expect(&peer, "§5.2: a flipped bit", Alert::BAD_RECORD_MAC);
    let mut peer = connected();
    peer.send_wire(&[23, 3, 3, 0x41, 1]);
    expect(&peer, "§5.2: a record that is too long", Alert::RECORD_OVERFLOW);
    let mut peer = connected();
    peer.send_record(ContentType::ApplicationData, &[7; (1 << 14) + 1]);
    expect(
        &peer,
        "§5.2: more content than a record may have",
        Alert::RECORD_OVERFLOW,
    );
    let mut peer = connected();
    peer.send_record(ContentType::Alert, &[2, 40]);
    assert_eq!(peer.alert, None, "an error alert is not answered");
    assert!(peer.error.is_some());
}

#[test]
fn hashes_that_are_broken() {
    let _table = Table::open("refusals_server_auth::hashes_that_are_broken");
    let good = users().issue(&Leaf::user(Kind::Ed25519));
    for (what, oid) in BROKEN_HASHES {
        let mut peer = waiting_for_certificate(false);
        peer.say_certificate(&[signed_with(&good, oid)]);
        expect(&peer, what, Alert::BAD_CERTIFICATE);
    }
}
