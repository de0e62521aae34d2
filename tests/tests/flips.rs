//! Every byte of a handshake changed, one at a time: the change is refused with an alert or leaves an end waiting.

use nihao_protocol::crypto::Group;
use nihao_protocol::tls::{ClientAuth, ClientConfig, Role, ServerConfig};
use nihao_protocol::x509::{Roots, Trust};
use nihao_tests::pair::Pair;
use nihao_tests::pki::{Ca, Kind, Leaf};

/// A full handshake with client certificate, with or without HelloRetryRequest.
fn pair(kind: Kind, retry: bool) -> Pair {
    let (servers, users) = (Ca::new("servers", kind, 1), Ca::new("users", Kind::Ed25519, 2));
    let trust = |ca: &Ca| {
        let mut roots = Roots::new();
        roots.add(&ca.der).unwrap();
        Trust::Roots(roots.into())
    };
    let mut client = ClientConfig::new(trust(&servers));
    client.identities = vec![users.identity(&Leaf::user(Kind::Ed25519))];
    client.alpn = vec![b"nihao/1".to_vec()];
    let mut server = ServerConfig::new(vec![servers.identity(&Leaf::server(kind))]);
    server.client_auth = ClientAuth::Required(trust(&users));
    server.alpn = client.alpn.clone();
    if retry {
        server.groups = vec![Group::SECP256R1];
    }
    Pair::new(client, server, "localhost", 3)
}

/// The positions of one direction that nothing may depend on: the version bytes of plaintext record headers (RFC 8446 §5.1).
fn ignored(wire: &[u8]) -> Vec<usize> {
    let (mut at, mut positions) = (0, Vec::new());
    while let [kind, _, _, high, low, ..] = wire[at..] {
        if kind != 23 {
            positions.extend([at + 1, at + 2]);
        }
        at += 5 + usize::from(u16::from_be_bytes([high, low]));
    }
    positions
}

fn flip_every_byte(kind: Kind, retry: bool) {
    let mut clean = [Vec::new(), Vec::new()];
    let mut one = pair(kind, retry);
    one.drive_through(1000, |role, wire| clean[role as usize].extend_from_slice(wire));
    assert!(one.is_open() && one.client.facts().hello_retried == retry);
    let (mut refused, mut waiting) = (0, 0);
    for role in [Role::Client, Role::Server] {
        let ignored = ignored(&clean[role as usize]);
        for position in 0..clean[role as usize].len() {
            for mask in [0x01, 0x80] {
                let mut pair = pair(kind, retry);
                let mut passed = 0;
                pair.drive_through(1000, |from, wire| {
                    if from == role {
                        if let Some(byte) = position.checked_sub(passed).and_then(|at| wire.get_mut(at)) {
                            *byte ^= mask;
                        }
                        passed += wire.len();
                    }
                });
                let what = format!("{kind:?} {role:?} byte {position} ^ {mask:#x}");
                if ignored.contains(&position) {
                    assert!(
                        pair.is_open(),
                        "{what}: {:?} {:?}",
                        pair.client.error,
                        pair.server.error
                    );
                    continue;
                }
                assert!(!pair.is_open(), "{what}: accepted");
                match [&pair.client.error, &pair.server.error] {
                    [None, None] => waiting += 1,
                    _ => refused += 1,
                }
            }
        }
    }
    assert!(refused > 20 * waiting, "{refused} refused, {waiting} waiting");
}

#[test]
fn ed25519() {
    flip_every_byte(Kind::Ed25519, false);
}

#[test]
fn p256_after_a_retry() {
    flip_every_byte(Kind::P256, true);
}
