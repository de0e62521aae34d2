//! Key shares that are none, in every group and at both ends.

use nihao_protocol::crypto::Group;
use nihao_protocol::tls::messages::Message;
use nihao_protocol::tls::names::ExtensionType;
use nihao_protocol::tls::{AlertDescription, ClientConfig, ServerConfig};
use nihao_tests::peer::{Peer, shares};
use nihao_tests::pki::{Kind, Leaf};
use nihao_tests::refusal::{expect, servers, set, trust};
use nihao_tests::refusal_table::Table;

/// A point of this form with these coordinates.
fn point(form: u8, bytes: usize) -> Vec<u8> {
    [vec![form], vec![1; bytes]].concat()
}

/// What is no share of its group, whoever sends it.
fn bad_points() -> Vec<(&'static str, Group, Vec<u8>)> {
    let (p256, p384, x25519) = (Group::SECP256R1, Group::SECP384R1, Group::X25519);
    vec![
        ("§4.2.8.2: off secp256r1", p256, point(4, 64)),
        ("§4.2.8.2: compressed, on secp256r1", p256, point(2, 32)),
        ("§4.2.8.2: the point at infinity of secp256r1", p256, vec![0]),
        ("§4.2.8.2: a byte short of secp256r1", p256, point(4, 63)),
        ("§4.2.8.2: off secp384r1", p384, point(4, 96)),
        ("§4.2.8.2: a byte more than secp384r1", p384, point(4, 97)),
        ("§7.4.2: x25519 of 32 zeros", x25519, vec![0; 32]),
        ("§4.2.8: x25519 of 31 bytes", x25519, vec![9; 31]),
    ]
}

#[test]
fn shares_of_clients() {
    let _table = Table::open("refusals_shares::shares_of_clients");
    let hybrid = Group::X25519MLKEM768;
    let good = vec![9; 32];
    let mut cases = bad_points();
    cases.extend([
        ("§4.2.8: X25519MLKEM768, a server's", hybrid, vec![9; 1120]),
        ("§4.2.8: X25519MLKEM768 without x25519", hybrid, vec![0; 1184]),
        (
            "§4.2.8: X25519MLKEM768 with coefficients of 4095",
            hybrid,
            [vec![0xff; 1184], good].concat(),
        ),
        ("§7.4.2: X25519MLKEM768 with x25519 of zeros", hybrid, vec![0; 1216]),
    ]);
    for (what, group, share) in cases {
        let mut config = ServerConfig::new(vec![servers().identity(&Leaf::server(Kind::Ed25519))]);
        config.groups = vec![group];
        let mut peer = Peer::client_of(config);
        let mut hello = peer.client_hello();
        let [high, low] = group.0.to_be_bytes();
        set(&mut hello, ExtensionType::SUPPORTED_GROUPS, &[0, 2, high, low]);
        set(&mut hello, ExtensionType::KEY_SHARE, &shares(&[(group, &share)]));
        peer.say(&Message::ClientHello(hello));
        expect(&peer, what, AlertDescription::ILLEGAL_PARAMETER);
        assert_eq!(peer.heard, [], "{what}: refused before anything is said");
    }
}

#[test]
fn shares_of_servers() {
    let _table = Table::open("refusals_shares::shares_of_servers");
    let hybrid = Group::X25519MLKEM768;
    let mut cases = bad_points();
    cases.extend([
        ("§4.2.8: X25519MLKEM768, a client's", hybrid, vec![9; 1216]),
        ("§4.2.8: X25519MLKEM768 without x25519", hybrid, vec![0; 1088]),
        ("§7.4.2: X25519MLKEM768 with x25519 of zeros", hybrid, vec![0; 1120]),
    ]);
    for (what, group, share) in cases {
        let mut config = ClientConfig::new(trust(&servers()));
        (config.groups, config.key_shares) = (vec![group], vec![group]);
        let mut peer = Peer::server_of(config);
        let mut hello = peer.server_hello();
        let list = shares(&[(group, &share)]);
        let replaced = hello
            .extensions
            .replace(ExtensionType::KEY_SHARE, |w| w.bytes(&list[2..]));
        replaced.unwrap();
        peer.say(&Message::ServerHello(hello));
        expect(&peer, what, AlertDescription::ILLEGAL_PARAMETER);
    }
}
