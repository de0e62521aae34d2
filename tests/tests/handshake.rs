//! Both ends of our own TLS in memory: every combination of what can be negotiated, any chunking, close and key updates.

use nihao_protocol::crypto::Group;
use nihao_protocol::tls::error::{Incompatible, Misuse};
use nihao_protocol::tls::{AlertDescription, CipherSuite, ClientAuth, ClientConfig, Error, Padding, ServerConfig};
use nihao_protocol::x509::{CertificateError, Roots, Trust};
use nihao_tests::pair::Pair;
use nihao_tests::pki::{Ca, Kind, Leaf};

const HELLO: &[u8] = "您好！".as_bytes();

fn roots(ca: &Ca) -> Trust {
    let mut roots = Roots::new();
    roots.add(&ca.der).unwrap();
    Trust::Roots(roots.into())
}

fn configs(kind: Kind) -> (ClientConfig, ServerConfig) {
    let ca = Ca::new("server CA", kind, 1);
    let client = ClientConfig::new(roots(&ca));
    let server = ServerConfig::new(vec![ca.identity(&Leaf::server(kind))]);
    (client, server)
}

/// Sends 您好！ both ways and closes both ways.
fn talk(pair: &mut Pair, chunk: usize) {
    pair.drive(chunk);
    assert!(pair.is_open(), "{:?} {:?}", pair.client.error, pair.server.error);
    pair.client.connection.send(HELLO).unwrap();
    pair.server.connection.send(HELLO).unwrap();
    pair.drive(chunk);
    assert_eq!(pair.server.data, HELLO);
    assert_eq!(pair.client.data, HELLO);
    pair.client.connection.close();
    pair.drive(chunk);
    assert!(pair.server.closed);
    assert_eq!(pair.client.connection.send(b"more"), Err(Misuse::AlreadyClosed.into()));
    pair.server.connection.send(b"half-closed").unwrap();
    pair.server.connection.close();
    pair.drive(chunk);
    assert!(pair.client.data.ends_with(b"half-closed"));
    assert!(pair.client.closed);
    assert_eq!(pair.client.connection.receive_end(), Ok(()));
}

#[test]
fn everything_that_can_be_negotiated() {
    let users = Ca::new("user CA", Kind::Ed25519, 2);
    let suites = [
        CipherSuite::TLS_AES_128_GCM_SHA256,
        CipherSuite::TLS_AES_256_GCM_SHA384,
        CipherSuite::TLS_CHACHA20_POLY1305_SHA256,
    ];
    let groups = [Group::X25519MLKEM768, Group::X25519, Group::SECP256R1, Group::SECP384R1];
    for kind in Kind::ALL {
        for suite in suites {
            for group in groups {
                for (retry, certificate) in [(false, false), (false, true), (true, false), (true, true)] {
                    let (mut client, mut server) = configs(kind);
                    client.cipher_suites = vec![suite];
                    server.groups = vec![group];
                    client.groups = groups.to_vec();
                    client.key_shares = if retry { Vec::new() } else { vec![group] };
                    if certificate {
                        client.identities = vec![users.identity(&Leaf::user(Kind::Ed25519))];
                        server.client_auth = ClientAuth::Required(roots(&users));
                    }
                    let mut pair = Pair::new(client, server, "localhost", 1);
                    talk(&mut pair, 1000);
                    for facts in [pair.client.facts(), pair.server.facts()] {
                        assert_eq!(facts.cipher_suite, suite);
                        assert_eq!(facts.group, group);
                        assert_eq!(facts.hello_retried, retry);
                        assert_eq!(facts.client_scheme.is_some(), certificate);
                        assert_eq!(facts.server_name.as_deref(), Some("localhost"));
                    }
                    assert_eq!(pair.server.facts().peer_chain.len(), usize::from(certificate));
                    assert_eq!(pair.client.facts().peer_chain.len(), 1);
                }
            }
        }
    }
}

#[test]
fn any_chunking_gives_the_same_bytes() {
    let mut seen = Vec::new();
    for chunk in [1, 2, 3, 7, 1000] {
        let (client, server) = configs(Kind::Ed25519);
        let mut pair = Pair::new(client, server, "localhost", 5);
        let mut wire = Vec::new();
        pair.drive_through(chunk, |role, bytes| {
            wire.extend([vec![role as u8], bytes.clone()].concat())
        });
        assert!(pair.is_open());
        talk(&mut pair, chunk);
        seen.push(wire);
    }
    assert!(seen.iter().all(|wire| !wire.is_empty() && *wire == seen[0]));
}

#[test]
fn pinned_trust_takes_the_key_and_nothing_else() {
    let ca = Ca::new("server CA", Kind::Ed25519, 1);
    let (_, server) = configs(Kind::Ed25519);
    let mut pair = Pair::new(
        ClientConfig::new(Trust::Pinned(ca.pin())),
        server.clone(),
        "127.0.0.1",
        1,
    );
    talk(&mut pair, 1000);
    let other = Ca::new("server CA", Kind::Ed25519, 3);
    let mut pair = Pair::new(ClientConfig::new(Trust::Pinned(other.pin())), server, "127.0.0.1", 1);
    pair.drive(1000);
    let refused = matches!(
        pair.client.error,
        Some(Error::Certificate(CertificateError::NotSignedByPin { .. }))
    );
    assert!(refused, "{:?}", pair.client.error);
}

#[test]
fn long_data_small_fragments_and_padding() {
    let (mut client, mut server) = configs(Kind::P256);
    client.records.max_fragment = 512;
    client.records.padding = Padding::Block(256);
    server.records.max_fragment = 100;
    client.alpn = (0..90)
        .map(|n| format!("protocol-{n:03}-of-many").into_bytes())
        .collect();
    server.alpn = vec![b"protocol-089-of-many".to_vec()];
    let mut pair = Pair::new(client, server, "localhost", 1);
    assert!(
        pair.client.connection.transmit().len() > 3 * 512,
        "a ClientHello over several records"
    );
    talk(&mut pair, 7);
    assert_eq!(pair.server.facts().alpn.as_deref(), Some(&b"protocol-089-of-many"[..]));
    let (client, server) = configs(Kind::Ed25519);
    let mut pair = Pair::new(client, server, "localhost", 1);
    pair.drive(1000);
    let long: Vec<u8> = (0..300_000_u32).map(|n| n.to_be_bytes()[3]).collect();
    pair.client.connection.send(&long).unwrap();
    pair.drive(1000);
    assert_eq!(pair.server.data, long);
}

#[test]
fn no_middlebox_mode_has_no_session_id_and_no_change_cipher_spec() {
    let (mut client, mut server) = configs(Kind::Ed25519);
    client.records.change_cipher_spec = false;
    server.records.change_cipher_spec = false;
    let mut pair = Pair::new(client, server, "localhost", 1);
    let mut records = Vec::new();
    pair.drive_through(1000, |_, wire| {
        let mut rest = &wire[..];
        while let [kind, _, _, high, low, ..] = rest {
            records.push(*kind);
            rest = &rest[5 + usize::from(u16::from_be_bytes([*high, *low]))..];
        }
    });
    assert!(pair.is_open());
    assert!(!records.is_empty() && !records.contains(&20), "{records:?}");
}

#[test]
fn keys_are_updated_on_demand_from_both_ends() {
    let (client, server) = configs(Kind::Ed25519);
    let mut pair = Pair::new(client, server, "localhost", 1);
    pair.drive(1000);
    for round in 1..=3 {
        pair.client.connection.update_key(true).unwrap();
        pair.client.connection.send(HELLO).unwrap();
        pair.drive(1000);
        assert_eq!(pair.server.key_updates, round);
        assert_eq!(pair.client.key_updates, 2 * round - 1, "the answer that was asked for");
        pair.server.connection.update_key(false).unwrap();
        pair.server.connection.send(HELLO).unwrap();
        pair.drive(1000);
        assert_eq!(pair.server.key_updates, round, "no answer that was not asked for");
        assert_eq!(pair.client.key_updates, 2 * round);
    }
    assert!(pair.is_open(), "{:?} {:?}", pair.client.error, pair.server.error);
    assert_eq!(pair.server.data, HELLO.repeat(3));
    assert_eq!(pair.client.data, HELLO.repeat(3));
}

#[test]
fn a_cut_without_close_notify_is_an_error() {
    let (client, server) = configs(Kind::Ed25519);
    let mut pair = Pair::new(client, server, "localhost", 1);
    assert_eq!(pair.server.connection.receive_end(), Err(Error::Cut));
    pair.drive(1000);
    assert_eq!(pair.client.connection.receive_end(), Err(Error::Cut));
    assert_eq!(pair.client.connection.send(b"x"), Err(Error::Cut), "failure is final");
}

#[test]
fn nothing_in_common_is_told() {
    let (mut client, server) = configs(Kind::P256);
    client.signature_schemes = vec![nihao_protocol::crypto::SignatureScheme::ED25519];
    let mut pair = Pair::new(client, server, "localhost", 1);
    pair.drive(1000);
    assert_eq!(pair.server.error, Some(Incompatible::SignatureScheme.into()));
    let (mut client, mut server) = configs(Kind::P256);
    client.alpn = vec![b"a".to_vec()];
    server.alpn = vec![b"b".to_vec()];
    let mut pair = Pair::new(client, server, "localhost", 1);
    pair.drive(1000);
    assert_eq!(pair.server.error, Some(Incompatible::ApplicationProtocol.into()));
    let told = AlertDescription::NO_APPLICATION_PROTOCOL;
    assert_eq!(pair.client.error, Some(Error::AlertReceived(told)));
}

#[test]
fn a_peer_that_asks_for_key_updates_and_does_not_read_costs_no_memory() {
    let (client, server) = configs(Kind::Ed25519);
    let mut pair = Pair::new(client, server, "localhost", 1);
    pair.drive(usize::MAX);
    for _ in 0..2_000 {
        pair.client.connection.update_key(true).unwrap();
        pair.client.connection.send(b"x").unwrap();
        let wire = pair.client.transmit();
        pair.server.receive(&wire, wire.len());
    }
    assert_eq!((pair.server.data.len(), &pair.server.error), (2_000, &None));
    let waiting = pair.server.connection.transmit().len();
    assert!((1..1_024).contains(&waiting), "{waiting} bytes");
    pair.server.data.clear();
    talk(&mut pair, usize::MAX);
}

#[test]
fn who_leaves_in_the_middle_of_the_handshake_ends_it() {
    let (client, server) = configs(Kind::Ed25519);
    let left = Some(Error::AlertReceived(AlertDescription::CLOSE_NOTIFY));
    let mut pair = Pair::new(client.clone(), server.clone(), "localhost", 1);
    pair.client.connection.close();
    let wire = pair.client.transmit();
    pair.server.receive(&wire, wire.len());
    assert_eq!(pair.server.error, left);
    let flight = pair.server.transmit();
    pair.client.receive(&flight, flight.len());
    assert_eq!(pair.client.error, Some(Misuse::AlreadyClosed.into()));
    assert!(pair.client.transmit().is_empty(), "nothing after close_notify");

    let mut pair = Pair::new(client, server, "localhost", 1);
    let wire = pair.client.transmit();
    pair.server.receive(&wire, wire.len());
    pair.server.connection.close();
    let wire = pair.server.transmit();
    // Under the application's key, which the client has once it is connected: to it this is an end like any other.
    pair.client.receive(&wire, wire.len());
    assert_eq!((pair.client.closed, &pair.client.error), (true, &None));
    let wire = pair.client.transmit();
    pair.server.receive(&wire, wire.len());
    assert_eq!(pair.server.error, Some(Misuse::AlreadyClosed.into()));
}
