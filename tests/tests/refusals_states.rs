//! Every state of both roles, every message it does not wait for: refused with unexpected_message, and for good.

#![allow(clippy::type_complexity, reason = "tables of cases read best as tuples")]

use nihao_protocol::tls::names::{ContentType, HandshakeType};
use nihao_protocol::tls::{AlertDescription, Error};
use nihao_tests::peer::Peer;
use nihao_tests::refusal_table::{self, Table};
use nihao_tests::states::{CLIENT_STATES, SERVER_STATES, client_in, server_in};

/// Every handshake type there is, HelloRequest and a number nobody has.
const TYPES: [u8; 13] = [0, 1, 2, 4, 5, 8, 11, 13, 15, 20, 24, 254, 99];

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
    refusal_table::add(peer.ours.role(), what, AlertDescription::UNEXPECTED_MESSAGE);
    peer.alert = None;
    peer.send_record(ContentType::Handshake, &[1, 0, 0, 0]);
    assert_eq!(peer.error, Some(error), "{what}: the same error for ever");
    assert_eq!(peer.alert, None, "{what}: one alert is enough");
}

/// The section that names unexpected_message for this type in this state.
fn section_of(kind: u8, state: &str) -> &'static str {
    match (HandshakeType(kind), state) {
        (HandshakeType::CLIENT_HELLO, "CONNECTED") => "§4.1.2",
        (HandshakeType::CERTIFICATE_REQUEST, "CONNECTED") => "§4.6.2",
        (HandshakeType::KEY_UPDATE, _) => "§4.6.3",
        (HandshakeType(5), _) => "§4.5",
        _ => "§4",
    }
}

#[test]
fn messages_out_of_turn() {
    let _table = Table::open("refusals_states::messages_out_of_turn");
    let mut rows = 0;
    for (states, make) in [
        (SERVER_STATES.as_slice(), server_in as fn(&str) -> Peer),
        (CLIENT_STATES.as_slice(), client_in),
    ] {
        for (state, awaited) in states {
            for kind in TYPES.iter().filter(|kind| !awaited.contains(kind)) {
                let mut peer = make(state);
                peer.say_raw(HandshakeType(*kind), &[0; 3]);
                refused(
                    peer,
                    &format!(
                        "{}: {} in the state {state}",
                        section_of(*kind, state),
                        HandshakeType(*kind)
                    ),
                );
                rows += 1;
            }
        }
    }
    assert_eq!(rows, 6 * 13 - 6 + 8 * 13 - 10);
}

#[test]
fn records_out_of_turn() {
    let _table = Table::open("refusals_states::records_out_of_turn");
    for (states, make) in [
        (SERVER_STATES.as_slice(), server_in as fn(&str) -> Peer),
        (CLIENT_STATES.as_slice(), client_in),
    ] {
        for (state, _) in states {
            let open = *state == "CONNECTED";
            if !open {
                let mut peer = make(state);
                peer.send_record(ContentType::ApplicationData, b"too early");
                refused(peer, &format!("§5: application data in the state {state}"));
            }
            if open || *state == "START" {
                let mut peer = make(state);
                peer.send_wire(&[20, 3, 3, 0, 1, 1]);
                refused(peer, &format!("§5: change_cipher_spec in the state {state}"));
            }
            for bad in [&[20, 3, 3, 0, 1, 2][..], &[20, 3, 3, 0, 2, 1, 1], &[20, 3, 3, 0, 0]] {
                let mut peer = make(state);
                peer.send_wire(bad);
                refused(
                    peer,
                    &format!(
                        "§5: the change_cipher_spec {:?} in the state {state}",
                        bad[5..].to_vec()
                    ),
                );
            }
            let mut peer = make(state);
            peer.send_wire(&[99, 3, 3, 0, 1, 1]);
            refused(peer, &format!("§5: a record of type 99 in the state {state}"));
            let mut peer = make(state);
            peer.send_record(ContentType::Handshake, &[]);
            refused(peer, &format!("§5.4: an empty handshake record in the state {state}"));
            let mut peer = make(state);
            peer.send_record(ContentType::Alert, &[]);
            refused(peer, &format!("§5.4: an empty alert record in the state {state}"));
        }
    }
}

#[test]
fn plaintext_handshake_records_after_keys_are_there() {
    let _table = Table::open("refusals_states::plaintext_handshake_records_after_keys_are_there");
    for (make, state) in [
        (server_in as fn(&str) -> Peer, "WAIT_FINISHED"),
        (server_in, "CONNECTED"),
        (client_in, "WAIT_EE"),
        (client_in, "CONNECTED"),
    ] {
        let mut peer = make(state);
        peer.send_wire(&[22, 3, 3, 0, 5, 24, 0, 0, 1, 0]);
        refused(
            peer,
            &format!("§5.2: a plaintext handshake record in the state {state}"),
        );
    }
}

#[test]
fn too_much_of_nothing() {
    let _table = Table::open("refusals_states::too_much_of_nothing");
    type Bore = fn(&mut Peer);
    let bores: [(&str, &str, Bore); 3] = [
        ("5.4", "empty records", |peer| {
            peer.send_record(ContentType::ApplicationData, &[])
        }),
        ("6.1", "user_canceled alerts", |peer| {
            peer.send_record(ContentType::Alert, &[1, 90])
        }),
        ("5", "change_cipher_spec", |peer| peer.send_wire(&[20, 3, 3, 0, 1, 1])),
    ];
    for (section, what, bore) in bores {
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
            refused(peer, &format!("§{section}: too many {what} in a row"));
        }
    }
}
