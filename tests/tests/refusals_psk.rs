//! What is refused about PSKs: a server of ours in a client's offer, a client of ours in a server's choice.

#![allow(clippy::type_complexity, reason = "tables of cases read best as tuples")]

use std::sync::Arc;

use nihao_protocol::tls::messages::{ClientHello, Message, OfferedPsks, ServerHello};
use nihao_protocol::tls::names::{CipherSuite, ContentType, ExtensionType as E};
use nihao_protocol::tls::{AlertDescription as Alert, ClientConfig, RememberedSessions, ServerConfig, TicketKeys};
use nihao_tests::peer::{Peer, Ticket};
use nihao_tests::pki::{Kind, Leaf};
use nihao_tests::refusal::{expect, extensions, servers, set, trust, without};
use nihao_tests::refusal_table::Table;

/// A server that sends tickets, and one of them.
fn acquainted() -> (ServerConfig, Ticket) {
    let mut config = ServerConfig::new(vec![servers().identity(&Leaf::server(Kind::Ed25519))]);
    config.tickets = Some(Arc::new(TicketKeys::new(3600)));
    let mut peer = Peer::client_of(config.clone());
    let mut hello = peer.client_hello();
    hello.extensions.add_psk_dhe_ke().unwrap();
    peer.say(&Message::ClientHello(hello));
    peer.say_finished();
    assert_eq!(peer.error, None);
    let ticket = peer.ticket();
    (config, ticket)
}

/// A hello with a good offer of a PSK, changed by `change`, before a server that knows it.
fn offered(change: impl FnOnce(&mut ClientHello, &mut OfferedPsks)) -> Peer {
    let (config, ticket) = acquainted();
    let mut peer = Peer::client_of(config);
    let mut hello = peer.client_hello();
    let mut psks = ticket.offer(&mut hello);
    peer.psk = Some(ticket.early());
    change(&mut hello, &mut psks);
    peer.say(&Message::ClientHello(hello));
    peer
}

fn write(hello: &mut ClientHello, psks: &OfferedPsks) {
    hello.extensions.replace(E::PRE_SHARED_KEY, |w| psks.encode(w)).unwrap();
}

fn has_selected(peer: &Peer) -> bool {
    peer.heard.iter().any(|message| match message {
        Message::ServerHello(hello) => hello.extensions.find(E::PRE_SHARED_KEY).is_some(),
        _ => false,
    })
}

#[test]
fn a_good_offer_is_taken_and_an_unknown_one_passed_over() {
    let mut peer = offered(|_, _| {});
    assert_eq!((&peer.error, has_selected(&peer)), (&None, true));
    peer.say_finished();
    assert_eq!(peer.ours.state_name(), "CONNECTED", "{:?}", peer.error);
    for (what, change) in [
        (
            "an unknown ticket",
            (|hello, psks| {
                psks.identities[0].identity = vec![7; 90];
                write(hello, psks);
            }) as fn(&mut ClientHello, &mut OfferedPsks),
        ),
        ("psk_ke alone", |hello, _| {
            set(hello, E::PSK_KEY_EXCHANGE_MODES, &[1, 0])
        }),
    ] {
        let peer = offered(change);
        assert_eq!((&peer.error, has_selected(&peer)), (&None, false), "{what}");
        assert_eq!(peer.ours.state_name(), "WAIT_FINISHED", "{what}");
    }
}

#[test]
fn binders() {
    let _table = Table::open("refusals_psk::binders");
    let cases: [(&str, Alert, fn(&mut OfferedPsks)); 6] = [
        ("a flipped bit in the binder", Alert::DECRYPT_ERROR, |psks| {
            psks.binders[0][31] ^= 1
        }),
        ("a binder a byte too short", Alert::DECRYPT_ERROR, |psks| {
            psks.binders[0].pop();
        }),
        ("a binder a byte too long", Alert::DECRYPT_ERROR, |psks| {
            psks.binders[0].push(0)
        }),
        ("an empty binder", Alert::DECRYPT_ERROR, |psks| psks.binders[0].clear()),
        ("more binders than identities", Alert::ILLEGAL_PARAMETER, |psks| {
            psks.binders.push(vec![1; 32])
        }),
        ("fewer binders than identities", Alert::ILLEGAL_PARAMETER, |psks| {
            psks.identities.push(psks.identities[0].clone())
        }),
    ];
    for (what, alert, change) in cases {
        let peer = offered(|hello, psks| {
            change(psks);
            write(hello, psks);
        });
        expect(&peer, &format!("§4.2.11: {what}"), alert);
    }
}

#[test]
fn a_changed_hello_breaks_the_binder() {
    let _table = Table::open("refusals_psk::a_changed_hello_breaks_the_binder");
    let peer = offered(|hello, _| hello.random[0] ^= 1);
    expect(&peer, "§4.2.11.2: a binder over another hello", Alert::DECRYPT_ERROR);
}

#[test]
fn the_offer_malformed() {
    let _table = Table::open("refusals_psk::the_offer_malformed");
    for (what, body) in [
        ("nothing in pre_shared_key", &[][..]),
        ("no identities", &[0, 0, 0, 33, 32]),
        ("an empty identity", &[0, 7, 0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 1]),
        ("an identity without age", &[0, 7, 0, 5, 1, 2, 3, 4, 5, 0, 2, 1, 1]),
        ("no binders", &[0, 7, 0, 1, 1, 0, 0, 0, 0, 0, 0]),
        ("a binder cut short", &[0, 7, 0, 1, 1, 0, 0, 0, 0, 0, 2, 2, 1]),
        ("a byte after the binders", &[0, 7, 0, 1, 1, 0, 0, 0, 0, 0, 2, 1, 1, 0]),
    ] {
        let peer = offered(|hello, _| set(hello, E::PRE_SHARED_KEY, body));
        expect(&peer, &format!("§4.2.11: {what}"), Alert::DECODE_ERROR);
    }
    for (what, body) in [("no modes", &[0][..]), ("modes and a byte more", &[1, 1, 0])] {
        let peer = offered(|hello, _| set(hello, E::PSK_KEY_EXCHANGE_MODES, body));
        expect(&peer, &format!("§4.2.9: {what}"), Alert::DECODE_ERROR);
    }
}

#[test]
fn what_a_psk_needs_beside_it() {
    let _table = Table::open("refusals_psk::what_a_psk_needs_beside_it");
    let cases: [(&str, Alert, fn(&mut ClientHello)); 4] = [
        ("§4.2.9: a PSK without modes", Alert::MISSING_EXTENSION, |hello| {
            without(hello, E::PSK_KEY_EXCHANGE_MODES)
        }),
        ("§9.2: a PSK without key share", Alert::MISSING_EXTENSION, |hello| {
            without(hello, E::KEY_SHARE)
        }),
        ("§9.2: a PSK without groups", Alert::MISSING_EXTENSION, |hello| {
            without(hello, E::SUPPORTED_GROUPS)
        }),
        (
            "§4.2.11: an extension after the PSK",
            Alert::ILLEGAL_PARAMETER,
            |hello| set(hello, E(0x9999), &[]),
        ),
    ];
    for (what, alert, change) in cases {
        expect(&offered(|hello, _| change(hello)), what, alert);
    }
}

#[test]
fn the_second_hello_keeps_its_psk() {
    let _table = Table::open("refusals_psk::the_second_hello_keeps_its_psk");
    let (config, ticket) = acquainted();
    let mut peer = Peer::client_of(config);
    let mut hello = peer.client_hello();
    let share = hello.extensions.find(E::KEY_SHARE).unwrap().to_vec();
    set(&mut hello, E::KEY_SHARE, &[0, 0]);
    ticket.offer(&mut hello);
    peer.say(&Message::ClientHello(hello.clone()));
    assert_eq!(peer.error, None);
    set(&mut hello, E::KEY_SHARE, &share);
    without(&mut hello, E::PRE_SHARED_KEY);
    peer.say(&Message::ClientHello(hello));
    expect(&peer, "§4.1.2: the PSK left out", Alert::ILLEGAL_PARAMETER);
}

/// A client that has met a server and now offers it a ticket, before another scripted server.
fn remembering() -> (Peer, Ticket) {
    let mut config = ClientConfig::new(trust(&servers()));
    config.sessions = Some(Arc::new(RememberedSessions::new(8)));
    let mut peer = Peer::server_of(config.clone());
    peer.say_server_hello();
    peer.say_encrypted_extensions();
    peer.say_certificate(&[servers().issue(&Leaf::server(Kind::Ed25519))]);
    let verify = peer.certificate_verify(Kind::Ed25519, 7);
    peer.say(&Message::CertificateVerify(verify));
    peer.say_finished();
    let ticket = peer.give_ticket();
    assert_eq!(peer.error, None);
    let peer = Peer::server_of(config);
    let Some(Message::ClientHello(hello)) = peer.heard.first() else {
        panic!("no ClientHello");
    };
    assert!(
        hello.extensions.find(E::PRE_SHARED_KEY).is_some(),
        "a ticket is offered"
    );
    (peer, ticket)
}

#[test]
fn nothing_about_certificates_comes_beside_a_psk() {
    let _table = Table::open("refusals_psk::nothing_about_certificates_comes_beside_a_psk");
    let resuming = || {
        let (mut peer, ticket) = remembering();
        peer.psk = Some(ticket.early());
        peer.say_server_hello();
        peer.say_encrypted_extensions();
        assert_eq!(peer.ours.state_name(), "WAIT_FINISHED", "{:?}", peer.error);
        peer
    };
    let mut peer = resuming();
    peer.say_finished();
    assert_eq!(
        peer.ours.facts().map(|facts| facts.resumed),
        Some(true),
        "{:?}",
        peer.error
    );
    let mut peer = resuming();
    peer.say_certificate_request();
    let what = "§4.3.2: a CertificateRequest beside a PSK";
    expect(&peer, what, Alert::UNEXPECTED_MESSAGE);
    let mut peer = resuming();
    peer.say_certificate(&[servers().issue(&Leaf::server(Kind::Ed25519))]);
    expect(&peer, "§4.4.2: a Certificate beside a PSK", Alert::UNEXPECTED_MESSAGE);
}

#[test]
fn early_data_is_skipped_whether_its_psk_is_taken_or_not() {
    for is_known in [true, false] {
        for is_retried in [false, true] {
            let (mut config, ticket) = acquainted();
            if !is_known {
                config.tickets = Some(Arc::new(TicketKeys::new(3600)));
            }
            let mut peer = Peer::client_of(config);
            let mut hello = peer.client_hello();
            let share = hello.extensions.find(E::KEY_SHARE).unwrap().to_vec();
            if is_retried {
                set(&mut hello, E::KEY_SHARE, &[0, 0]);
            }
            set(&mut hello, E::EARLY_DATA, &[]);
            ticket.offer(&mut hello);
            peer.psk = Some(ticket.early());
            peer.say(&Message::ClientHello(hello.clone()));
            let garbage = [&[23, 3, 3, 0x1f, 0xff], &[0xab; 0x1fff][..]].concat();
            peer.send_wire(&garbage);
            peer.send_wire(&[20, 3, 3, 0, 1, 1]);
            peer.send_wire(&garbage);
            assert_eq!(peer.error, None, "{is_known} {is_retried}");
            if is_retried {
                // The PSK that was known must come again, with a binder over the retry: other tests see to that.
                assert_eq!(peer.ours.state_name(), "START");
                if !is_known {
                    without(&mut hello, E::EARLY_DATA);
                    without(&mut hello, E::PRE_SHARED_KEY);
                    set(&mut hello, E::KEY_SHARE, &share);
                    peer.say(&Message::ClientHello(hello));
                    peer.say_finished();
                    assert_eq!(peer.ours.state_name(), "CONNECTED", "{:?}", peer.error);
                }
                continue;
            }
            assert_eq!(has_selected(&peer), is_known);
            peer.say_finished();
            peer.send_record(ContentType::ApplicationData, b"late");
            assert_eq!(peer.data, b"late", "{:?}", peer.error);
        }
    }
}

#[test]
fn the_servers_choice() {
    let _table = Table::open("refusals_psk::the_servers_choice");
    let select = |hello: &mut ServerHello, body: &[u8]| {
        hello.extensions.add(E::PRE_SHARED_KEY, |w| w.bytes(body)).unwrap();
    };
    let cases: [(&str, Alert, &dyn Fn(&mut ServerHello)); 5] = [
        ("a PSK that was not offered", Alert::ILLEGAL_PARAMETER, &|hello| {
            select(hello, &[0, 1])
        }),
        (
            "a PSK and a suite of another hash",
            Alert::ILLEGAL_PARAMETER,
            &|hello| {
                select(hello, &[0, 0]);
                hello.cipher_suite = CipherSuite::TLS_AES_256_GCM_SHA384;
            },
        ),
        ("a PSK without key share", Alert::ILLEGAL_PARAMETER, &|hello| {
            hello.extensions = extensions(&[(E::SUPPORTED_VERSIONS, &[3, 4]), (E::PRE_SHARED_KEY, &[0, 0])]);
        }),
        ("half an index", Alert::DECODE_ERROR, &|hello| select(hello, &[0])),
        ("an index and a byte more", Alert::DECODE_ERROR, &|hello| {
            select(hello, &[0, 0, 0])
        }),
    ];
    for (what, alert, change) in cases {
        let (mut peer, _) = remembering();
        let mut hello = peer.server_hello();
        change(&mut hello);
        peer.say(&Message::ServerHello(hello));
        expect(&peer, &format!("§4.2.11: {what}"), alert);
    }
    let (mut peer, _) = remembering();
    let mut retry = peer.hello_retry_request();
    retry.extensions.add(E::PRE_SHARED_KEY, |w| w.u16(0)).unwrap();
    peer.say(&Message::ServerHello(retry));
    expect(&peer, "§4.2: a PSK in HelloRetryRequest", Alert::ILLEGAL_PARAMETER);
}
