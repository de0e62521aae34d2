//! What the public conformance suites hold a stack to, beyond a single refusal: how much is taken, and what is answered when.

use nihao_protocol::tls::messages::{KeyUpdate, Message};
use nihao_protocol::tls::names::{ContentType, ExtensionType, HandshakeType};
use nihao_protocol::tls::{AlertDescription as Alert, ClientConfig, ServerConfig};
use nihao_tests::peer::Peer;
use nihao_tests::pki::{Kind, Leaf};
use nihao_tests::refusal::{expect, servers, set, trust};
use nihao_tests::refusal_table::Table;

/// A server of ours that asks for no certificate.
fn server() -> Peer {
    Peer::client_of(ServerConfig::new(vec![
        servers().identity(&Leaf::server(Kind::Ed25519)),
    ]))
}

fn open_server() -> Peer {
    let mut peer = server();
    let hello = peer.client_hello();
    peer.say(&Message::ClientHello(hello));
    peer.say_finished();
    assert_eq!(peer.ours.state_name(), "CONNECTED", "{:?}", peer.error);
    peer
}

fn open_client() -> Peer {
    let mut peer = Peer::server_of(ClientConfig::new(trust(&servers())));
    peer.say_server_hello();
    peer.say_encrypted_extensions();
    peer.say_certificate(&[servers().issue(&Leaf::server(Kind::Ed25519))]);
    let verify = peer.certificate_verify(Kind::Ed25519, 7);
    peer.say(&Message::CertificateVerify(verify));
    peer.say_finished();
    assert_eq!(peer.ours.state_name(), "CONNECTED", "{:?}", peer.error);
    peer
}

fn key_updates(peer: &Peer) -> usize {
    peer.heard
        .iter()
        .filter(|message| matches!(message, Message::KeyUpdate(_)))
        .count()
}

#[test]
fn a_server_answers_each_request_for_a_key_update_at_once() {
    let mut peer = open_server();
    for round in 1..=32 {
        peer.say_key_update(KeyUpdate::Requested);
        assert_eq!(key_updates(&peer), round, "{:?}", peer.error);
    }
    peer.send_record(ContentType::ApplicationData, b"data ends the count");
    peer.say_key_update(KeyUpdate::NotRequested);
    assert_eq!(key_updates(&peer), 32, "no answer that nobody asked for");
    assert_eq!(peer.data, b"data ends the count");
}

#[test]
fn a_client_owes_one_key_update_for_many_requests_before_it_speaks() {
    let mut peer = open_client();
    for _ in 0..5 {
        peer.say_key_update(KeyUpdate::Requested);
    }
    assert_eq!((key_updates(&peer), &peer.error), (0, &None));
    for _ in 0..2 {
        peer.ours.send(b"data").unwrap();
        peer.send_wire(&[]);
        assert_eq!(key_updates(&peer), 1, "before the first data, and once");
    }
    peer.say_key_update(KeyUpdate::Requested);
    peer.ours.close();
    peer.send_wire(&[]);
    assert_eq!(key_updates(&peer), 2, "before close_notify");
}

#[test]
fn no_key_update_is_said_after_close_notify() {
    for mut peer in [open_server(), open_client()] {
        peer.ours.close();
        peer.send_wire(&[]);
        peer.say_key_update(KeyUpdate::Requested);
        assert_eq!((key_updates(&peer), &peer.error), (0, &None));
    }
}

#[test]
fn who_says_goodbye_after_key_updates_alone_is_understood() {
    for mut peer in [open_server(), open_client()] {
        for _ in 0..32 {
            peer.say_key_update(KeyUpdate::NotRequested);
        }
        peer.send_record(ContentType::Alert, &[1, Alert::USER_CANCELED.0]);
        peer.send_record(ContentType::Alert, &[1, Alert::CLOSE_NOTIFY.0]);
        assert_eq!((peer.ours.is_closed_by_peer(), &peer.error), (true, &None));
    }
}

#[test]
fn too_many_key_updates_in_a_row_are_refused() {
    let _table = Table::open("refusals_limits::too_many_key_updates_in_a_row_are_refused");
    for mut peer in [open_server(), open_client()] {
        for _ in 0..32 {
            peer.say_key_update(KeyUpdate::NotRequested);
        }
        assert_eq!(peer.error, None);
        peer.say_key_update(KeyUpdate::NotRequested);
        expect(&peer, "§4.6.3: 33 KeyUpdates in a row", Alert::UNEXPECTED_MESSAGE);
    }
}

/// A ClientHello with so many signature schemes before ours, over as many records as it takes.
fn hello_with_schemes(count: usize) -> Peer {
    let mut peer = server();
    let mut hello = peer.client_hello();
    let list = [[0x02, 0x02].repeat(count), vec![8, 7]].concat();
    let body = [&u16::try_from(list.len()).unwrap().to_be_bytes()[..], &list].concat();
    set(&mut hello, ExtensionType::SIGNATURE_ALGORITHMS, &body);
    let bytes = Message::ClientHello(hello).encode().unwrap();
    peer.say_in_pieces(&bytes, 1 << 14);
    peer
}

#[test]
fn a_client_hello_may_be_as_long_as_its_fields_allow() {
    let _table = Table::open("refusals_limits::a_client_hello_may_be_as_long_as_its_fields_allow");
    let peer = hello_with_schemes(32_700);
    assert_eq!(peer.error, None);
    assert_eq!(peer.ours.state_name(), "WAIT_FINISHED");
    let mut peer = server();
    peer.send_record(ContentType::Handshake, &[HandshakeType::CLIENT_HELLO.0, 2, 1, 70]);
    expect(
        &peer,
        "§4.1.2: a ClientHello that claims more than its fields can hold",
        Alert::DECODE_ERROR,
    );
}

#[test]
fn thousands_of_extensions_are_looked_through_in_no_time() {
    let _table = Table::open("refusals_limits::thousands_of_extensions_are_looked_through_in_no_time");
    let mut peer = server();
    let mut hello = peer.client_hello();
    for kind in 20_000..30_000 {
        hello.extensions.add(ExtensionType(kind), |_| {}).unwrap();
    }
    let good = Message::ClientHello(hello.clone()).encode().unwrap();
    peer.say_in_pieces(&good, 1 << 14);
    assert_eq!(peer.error, None);
    let mut peer = server();
    let _ = peer.client_hello();
    hello.extensions.add(ExtensionType(20_000), |_| {}).unwrap();
    peer.say_in_pieces(&Message::ClientHello(hello).encode().unwrap(), 1 << 14);
    expect(
        &peer,
        "§4.2: one of ten thousand extensions twice",
        Alert::ILLEGAL_PARAMETER,
    );
}

#[test]
fn early_data_is_skipped_up_to_16_kib() {
    let _table = Table::open("refusals_limits::early_data_is_skipped_up_to_16_kib");
    for (bytes, is_taken) in [(1 << 14, true), ((1 << 14) + 1, false)] {
        let mut peer = server();
        let mut hello = peer.client_hello();
        set(&mut hello, ExtensionType::EARLY_DATA, &[]);
        peer.say(&Message::ClientHello(hello));
        let mut left: usize = bytes;
        while left > 0 {
            let length = left.min(1 << 13);
            let head = u16::try_from(length).unwrap().to_be_bytes();
            peer.send_wire(&[&[23, 3, 3, head[0], head[1]], vec![0xab; length].as_slice()].concat());
            left -= length;
        }
        if is_taken {
            peer.say_finished();
            assert_eq!(peer.ours.state_name(), "CONNECTED", "{:?}", peer.error);
        } else {
            expect(&peer, "§4.2.10: more early data than is skipped", Alert::BAD_RECORD_MAC);
        }
    }
}

#[test]
fn a_client_without_session_id_gets_a_change_cipher_spec_all_the_same() {
    let mut peer = server();
    let mut hello = peer.client_hello();
    hello.session_id.clear();
    peer.say(&Message::ClientHello(hello));
    assert_eq!((peer.change_cipher_specs, &peer.error), (1, &None));
}

#[test]
fn one_change_cipher_spec_is_taken_after_each_client_hello() {
    let _table = Table::open("refusals_limits::one_change_cipher_spec_is_taken_after_each_client_hello");
    let mut peer = server();
    let mut hello = peer.client_hello();
    let share = hello.extensions.find(ExtensionType::KEY_SHARE).unwrap().to_vec();
    set(&mut hello, ExtensionType::KEY_SHARE, &[0, 0]);
    peer.say(&Message::ClientHello(hello.clone()));
    peer.send_wire(&[20, 3, 3, 0, 1, 1]);
    set(&mut hello, ExtensionType::KEY_SHARE, &share);
    peer.say(&Message::ClientHello(hello));
    peer.send_wire(&[20, 3, 3, 0, 1, 1]);
    assert_eq!(peer.error, None);
    peer.send_wire(&[20, 3, 3, 0, 1, 1]);
    expect(
        &peer,
        "§5: a second change_cipher_spec after a ClientHello",
        Alert::UNEXPECTED_MESSAGE,
    );
}
