//! What a client of ours refuses in a server's certificates, Finished and tickets, and with which alert.

#![allow(clippy::type_complexity, reason = "tables of cases read best as tuples")]

use std::sync::Arc;

use nihao_protocol::clock::UnixTime;
use nihao_protocol::tls::messages::{Certificate, Message, NewSessionTicket};
use nihao_protocol::tls::names::{ContentType, ExtensionType as E, HandshakeType};
use nihao_protocol::tls::{AlertDescription as Alert, ClientConfig};
use nihao_protocol::x509::{CertificateError, Purpose, Trust, Verifier};
use nihao_tests::peer::Peer;
use nihao_tests::pki::{Ca, Kind, Leaf, signed_with};
use nihao_tests::refusal::{BROKEN_HASHES, expect, extensions, servers, waiting};
use nihao_tests::refusal_table::Table;

fn certified(leaf: &Leaf, ca: &Ca) -> Peer {
    let mut peer = waiting();
    peer.say_encrypted_extensions();
    peer.say_certificate(&[ca.issue(leaf)]);
    peer
}

fn refused(what: &str, leaf: Leaf, ca: &Ca, alert: Alert) {
    expect(&certified(&leaf, ca), what, alert);
}

#[test]
fn issuers_and_dates_of_server_certificates() {
    let _table = Table::open("refusals_client_auth::issuers_and_dates_of_server_certificates");
    let good = Leaf::server(Kind::Ed25519);
    let impostor = Ca::new("servers", Kind::Ed25519, 3);
    refused(
        "§6.2: signed by a CA of the same name",
        good.clone(),
        &impostor,
        Alert::BAD_CERTIFICATE,
    );
    refused(
        "§6.2: by a CA of another name",
        good.clone(),
        &Ca::new("x", Kind::Ed25519, 3),
        Alert::UNKNOWN_CA,
    );
    let (ca, expired) = (&servers(), Alert::CERTIFICATE_EXPIRED);
    refused(
        "§6.2: expired",
        Leaf {
            to_day: -1,
            from_day: -9,
            ..good.clone()
        },
        ca,
        expired,
    );
    refused("§6.2: not yet valid", Leaf { from_day: 1, ..good }, ca, expired);
}

#[test]
fn names_and_uses_of_server_certificates() {
    let _table = Table::open("refusals_client_auth::names_and_uses_of_server_certificates");
    let (ca, good) = (&servers(), Leaf::server(Kind::Ed25519));
    refused(
        "§6.2: another name",
        Leaf {
            names: vec!["other.test".into()],
            ..good.clone()
        },
        ca,
        Alert::BAD_CERTIFICATE,
    );
    refused(
        "§6.2: no name",
        Leaf {
            names: Vec::new(),
            ..good.clone()
        },
        ca,
        Alert::BAD_CERTIFICATE,
    );
    let purposes = Leaf::user(Kind::Ed25519).purposes;
    refused(
        "§4.4.2.2: a user's",
        Leaf {
            purposes,
            ..good.clone()
        },
        ca,
        Alert::UNSUPPORTED_CERTIFICATE,
    );
    let usages = vec![rcgen::KeyUsagePurpose::KeyAgreement];
    refused(
        "§4.4.2.2: no digitalSignature",
        Leaf { usages, ..good.clone() },
        ca,
        Alert::UNSUPPORTED_CERTIFICATE,
    );
    assert_eq!(
        certified(
            &Leaf {
                purposes: Vec::new(),
                ..good
            },
            ca
        )
        .error,
        None,
        "no EKU allows all"
    );
}

/// Takes every chain.
#[derive(Debug)]
struct Anybody;

impl Verifier for Anybody {
    fn verify(&self, _: &[Vec<u8>], _: Purpose<'_>, _: UnixTime) -> Result<(), CertificateError> {
        Ok(())
    }
}

#[test]
fn a_verifier_of_the_callers_own_cannot_let_a_key_sign_that_may_not() {
    let _table = Table::open("refusals_client_auth::a_verifier_of_the_callers_own_cannot_let_a_key_sign_that_may_not");
    for (usage, error) in [
        (rcgen::KeyUsagePurpose::DigitalSignature, None),
        (
            rcgen::KeyUsagePurpose::KeyAgreement,
            Some(CertificateError::NoDigitalSignature),
        ),
    ] {
        let mut peer = Peer::server_of(ClientConfig::new(Trust::Custom(Arc::new(Anybody))));
        peer.say_server_hello();
        peer.say_encrypted_extensions();
        let leaf = Leaf {
            usages: vec![usage],
            names: vec!["elsewhere.test".into()],
            ..Leaf::server(Kind::Ed25519)
        };
        peer.say_certificate(&[Ca::new("anybody", Kind::Ed25519, 9).issue(&leaf)]);
        assert_eq!(peer.error, error.clone().map(Into::into));
        if error.is_some() {
            let what = "§4.4.2.2: no digitalSignature, whoever else verifies";
            expect(&peer, what, Alert::UNSUPPORTED_CERTIFICATE);
        }
    }
}

#[test]
fn the_certificate_message() {
    let _table = Table::open("refusals_client_auth::the_certificate_message");
    let ca = servers();
    let say = |message: Certificate| {
        let mut peer = waiting();
        peer.say_encrypted_extensions();
        peer.say(&Message::Certificate(message));
        peer
    };
    expect(
        &say(Certificate::of(&[])),
        "§4.4.2.4: no certificate",
        Alert::DECODE_ERROR,
    );
    expect(
        &say(Certificate::of(std::slice::from_ref(&ca.der))),
        "§6.2: the CA's own",
        Alert::BAD_CERTIFICATE,
    );
    expect(
        &say(Certificate::of(&vec![ca.der.clone(); 11])),
        "§6.2: eleven",
        Alert::BAD_CERTIFICATE,
    );
    for (what, body) in [
        ("an empty certificate", &[0, 0, 0, 5, 0, 0, 0, 0, 0][..]),
        ("no list", &[0]),
        ("a byte after the list", &[0, 0, 0, 0, 0]),
        ("a certificate without extensions", &[0, 0, 0, 4, 0, 0, 1, 7]),
    ] {
        let mut peer = waiting();
        peer.say_encrypted_extensions();
        peer.say_raw(HandshakeType::CERTIFICATE, body);
        expect(&peer, &format!("§4.4.2: {what}"), Alert::DECODE_ERROR);
    }
    expect(
        &say(Certificate::of(&[b"not DER".to_vec()])),
        "§6.2: not DER",
        Alert::BAD_CERTIFICATE,
    );
    let chain = [ca.issue(&Leaf::server(Kind::Ed25519))];
    let mut message = Certificate::of(&chain);
    message.context = vec![1];
    expect(&say(message), "§4.4.2: a context", Alert::ILLEGAL_PARAMETER);
    for (what, kind, alert) in [
        (
            "§4.4.2: an OCSP answer nobody asked for",
            E::STATUS_REQUEST,
            Alert::UNSUPPORTED_EXTENSION,
        ),
        ("§4.2: a share", E::KEY_SHARE, Alert::ILLEGAL_PARAMETER),
    ] {
        let mut message = Certificate::of(&chain);
        message.entries[0].extensions.add(kind, |w| w.u8(1)).unwrap();
        expect(&say(message), what, alert);
    }
}

#[test]
fn server_certificate_verify() {
    let _table = Table::open("refusals_client_auth::server_certificate_verify");
    let good = Leaf::server(Kind::Ed25519);
    for (what, number, flip, alert) in [
        ("§4.4.3: a flipped bit", 7, true, Alert::DECRYPT_ERROR),
        ("§4.4.3: another key", 9, false, Alert::DECRYPT_ERROR),
    ] {
        let mut peer = certified(&good, &servers());
        let mut verify = peer.certificate_verify(Kind::Ed25519, number);
        verify.signature[0] ^= u8::from(flip);
        peer.say(&Message::CertificateVerify(verify));
        expect(&peer, what, alert);
    }
    for (what, scheme) in [
        ("§4.4.3: rsa_pkcs1_sha256", 0x0401),
        ("§4.4.3: ecdsa with an Ed25519 key", 0x0403),
        ("§4.4.3: rsa_pss", 0x0804),
    ] {
        let mut peer = certified(&good, &servers());
        let mut verify = peer.certificate_verify(Kind::Ed25519, 7);
        verify.scheme.0 = scheme;
        peer.say(&Message::CertificateVerify(verify));
        expect(&peer, what, Alert::ILLEGAL_PARAMETER);
    }
    for (what, body) in [
        ("cut short", &[8, 7, 0, 1][..]),
        ("with a byte more", &[8, 7, 0, 1, 0, 0]),
        ("without a signature's length", &[8, 7]),
    ] {
        let mut peer = certified(&good, &servers());
        peer.say_raw(HandshakeType::CERTIFICATE_VERIFY, body);
        let what = format!("§4.4.3: CertificateVerify {what}");
        expect(&peer, &what, Alert::DECODE_ERROR);
    }
}

#[test]
fn server_finished() {
    let _table = Table::open("refusals_client_auth::server_finished");
    let good = Leaf::server(Kind::Ed25519);
    let verified = || {
        let mut peer = certified(&good, &servers());
        let verify = peer.certificate_verify(Kind::Ed25519, 7);
        peer.say(&Message::CertificateVerify(verify));
        peer
    };
    for (what, length) in [
        ("a short", 31),
        ("a long", 33),
        ("an empty", 0),
        ("SHA-384's length of", 48),
    ] {
        let mut peer = verified();
        peer.say_raw(HandshakeType::FINISHED, &vec![7; length]);
        let what = format!("§4.4.4: {what} Finished");
        expect(&peer, &what, Alert::DECODE_ERROR);
    }
    let mut peer = verified();
    let mut finished = peer.finished();
    finished.verify_data[31] ^= 0x80;
    peer.say(&Message::Finished(finished));
    expect(&peer, "§4.4.4: a wrong Finished", Alert::DECRYPT_ERROR);
    let mut peer = verified();
    let both = [Message::Finished(peer.finished()).encode().unwrap(), vec![4, 0, 0, 0]].concat();
    peer.send_record(ContentType::Handshake, &both);
    expect(&peer, "§5.1: a message in Finished's record", Alert::UNEXPECTED_MESSAGE);
}

#[test]
fn tickets_after_the_handshake() {
    let _table = Table::open("refusals_client_auth::tickets_after_the_handshake");
    let connected = || {
        let mut peer = certified(&Leaf::server(Kind::Ed25519), &servers());
        let verify = peer.certificate_verify(Kind::Ed25519, 7);
        peer.say(&Message::CertificateVerify(verify));
        peer.say_finished();
        assert_eq!(peer.ours.state_name(), "CONNECTED");
        peer
    };
    let ticket = NewSessionTicket {
        lifetime: 604_801, // too long to name, but no reason to end the connection: it is used for seven days
        age_add: 1,
        nonce: vec![1; 32],
        ticket: vec![2; 100],
        extensions: extensions(&[(E(0x9999), &[])]),
    };
    let mut peer = connected();
    let one = Message::NewSessionTicket(ticket.clone()).encode().unwrap();
    peer.send_record(ContentType::Handshake, &one.repeat(3));
    peer.send_record(ContentType::ApplicationData, "您好！".as_bytes());
    assert_eq!((peer.error.clone(), peer.data.as_slice()), (None, "您好！".as_bytes()));
    for (what, alert, bad) in [
        (
            "§4.2.10: early_data of three bytes",
            Alert::DECODE_ERROR,
            NewSessionTicket {
                extensions: extensions(&[(E::EARLY_DATA, &[0; 3])]),
                ..ticket.clone()
            },
        ),
        (
            "§4.2: a share in NewSessionTicket",
            Alert::ILLEGAL_PARAMETER,
            NewSessionTicket {
                extensions: extensions(&[(E::KEY_SHARE, &[0, 29])]),
                ..ticket.clone()
            },
        ),
        (
            "§4.6.1: an empty ticket",
            Alert::DECODE_ERROR,
            NewSessionTicket {
                ticket: Vec::new(),
                ..ticket
            },
        ),
    ] {
        let mut peer = connected();
        peer.say(&Message::NewSessionTicket(bad));
        expect(&peer, what, alert);
    }
}

#[test]
fn hashes_that_are_broken() {
    let _table = Table::open("refusals_client_auth::hashes_that_are_broken");
    let good = servers().issue(&Leaf::server(Kind::Ed25519));
    for (what, oid) in BROKEN_HASHES {
        let mut peer = waiting();
        peer.say_encrypted_extensions();
        peer.say_certificate(&[signed_with(&good, oid)]);
        expect(&peer, what, Alert::BAD_CERTIFICATE);
    }
}
