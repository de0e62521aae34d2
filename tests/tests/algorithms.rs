//! What both sides offer and agree on when nobody turns anything, and what spoils a hybrid key share.

use nihao_protocol::crypto::exchange::answer;
use nihao_protocol::crypto::{Group, KeyPair, Seeded, SignatureScheme as Scheme};
use nihao_protocol::tls::error::Misuse;
use nihao_protocol::tls::messages::Message;
use nihao_protocol::tls::names::ExtensionType as E;
use nihao_protocol::tls::{AlertDescription, CipherSuite, ClientConfig, Connection, Context, Error, ServerConfig};
use nihao_protocol::x509::ServerName;
use nihao_tests::pair::Pair;
use nihao_tests::peer::{Peer, shares};
use nihao_tests::pki::{Kind, Leaf, NOW};
use nihao_tests::refusal::{servers, trust};

const HYBRID: Group = Group::X25519MLKEM768;

fn client() -> ClientConfig {
    ClientConfig::new(trust(&servers()))
}

fn server() -> ServerConfig {
    ServerConfig::new(vec![servers().identity(&Leaf::server(Kind::Ed25519))])
}

/// The suite, the group, and whether the server had to ask for it.
fn agreed(client: ClientConfig) -> (CipherSuite, Group, bool) {
    let mut pair = Pair::new(client, server(), "localhost", 1);
    pair.drive(1000);
    assert!(pair.is_open(), "{:?} {:?}", pair.client.error, pair.server.error);
    let facts = pair.server.facts();
    (facts.cipher_suite, facts.group, facts.hello_retried)
}

#[test]
fn what_is_agreed_on() {
    let aes = CipherSuite::TLS_AES_128_GCM_SHA256;
    assert_eq!(agreed(client()), (aes, HYBRID, false));
    let mut modest = client();
    modest.key_shares = vec![Group::X25519];
    assert_eq!(
        agreed(modest),
        (aes, Group::X25519, false),
        "a share at hand is not asked for again"
    );
    let mut shy = client();
    shy.key_shares.clear();
    assert_eq!(agreed(shy), (aes, HYBRID, true));
    let mut slow = client();
    slow.cipher_suites.reverse();
    assert_eq!(agreed(slow), (aes, HYBRID, false), "the server's order of suites");
}

#[test]
fn what_a_client_offers() {
    let peer = Peer::server_of(client());
    let Some(Message::ClientHello(hello)) = peer.heard.first() else {
        panic!("no ClientHello");
    };
    let suites: Vec<_> = hello
        .cipher_suites
        .iter()
        .filter(|suite| suite.name().is_some())
        .collect();
    assert_eq!(suites.last(), Some(&&CipherSuite::TLS_CHACHA20_POLY1305_SHA256));
    let groups = hello.extensions.supported_groups().unwrap().unwrap();
    let groups: Vec<_> = groups.into_iter().filter(|group| group.is_supported()).collect();
    assert_eq!(groups, [HYBRID, Group::X25519, Group::SECP256R1]);
    let shares = hello.extensions.client_shares().unwrap().unwrap();
    let shares: Vec<_> = shares.iter().filter(|share| share.group.is_supported()).collect();
    let [hybrid, curve] = shares.as_slice() else {
        panic!("two shares");
    };
    assert_eq!((hybrid.group, curve.group), (HYBRID, Group::X25519));
    assert_eq!(hybrid.share.len(), 1216);
    assert_eq!(hybrid.share[1184..], curve.share, "one X25519 key in both");

    let known = |schemes: Vec<Scheme>| -> Vec<_> { schemes.into_iter().filter(|one| one.name().is_some()).collect() };
    let schemes = known(hello.extensions.signature_algorithms().unwrap().unwrap());
    let chains = known(hello.extensions.signature_algorithms_cert().unwrap().unwrap());
    assert!(schemes.iter().all(|scheme| scheme.signs_handshakes()), "{schemes:?}");
    assert_eq!(schemes.len(), 6);
    let pkcs1 = [
        Scheme::RSA_PKCS1_SHA256,
        Scheme::RSA_PKCS1_SHA384,
        Scheme::RSA_PKCS1_SHA512,
    ];
    assert_eq!(chains, [&schemes[..], &pkcs1].concat());
}

#[test]
fn what_cannot_stand_in_certificate_verify_is_not_offered_for_it() {
    for scheme in [Scheme::RSA_PKCS1_SHA256, Scheme(0x0809)] {
        let mut config = client();
        config.signature_schemes.push(scheme);
        let mut random = Seeded::new(1, "client");
        let mut context = Context {
            now: NOW,
            random: &mut random,
        };
        let name = ServerName::parse("localhost").unwrap();
        let error = Connection::client(config.into(), name, &mut context).err();
        let expected = Error::Misuse(Misuse::Unsupported("signature scheme"));
        assert_eq!(error, Some(expected), "{scheme}");
    }
}

/// draft-ietf-tls-ecdhe-mlkem, section 4.2: a share of another length, or a key that fails FIPS 203's check, is an
/// illegal_parameter; so is, RFC 8446 §7.4.2, an X25519 part that gives zeros.
#[test]
fn hybrid_shares_that_are_none() {
    let random = &mut Seeded::new(1, "hybrid");
    let key = KeyPair::generate(HYBRID, random).unwrap();
    let (ours, _) = answer(HYBRID, key.share(), random).unwrap();
    let spoilt = |good: &[u8], at: usize, byte: u8, count: usize| {
        let mut share = good.to_vec();
        share[at..at + count].fill(byte);
        share
    };
    let good = key.share();
    for (what, share) in [
        ("one byte short", good[1..].to_vec()),
        ("one byte long", [good, &[0]].concat()),
        ("no X25519 part", good[..1184].to_vec()),
        ("X25519 alone", good[1184..].to_vec()),
        ("a server's", ours.clone()),
        ("a coefficient of 4095", spoilt(good, 0, 0xff, 3)),
        ("an X25519 part of zeros", spoilt(good, 1184, 0, 32)),
    ] {
        let mut peer = Peer::client_of(server());
        let mut hello = peer.client_hello();
        let mut set = |kind, body: &[u8]| hello.extensions.replace(kind, |w| w.bytes(body)).unwrap();
        set(E::SUPPORTED_GROUPS, &[0, 2, 0x11, 0xec]);
        set(E::KEY_SHARE, &shares(&[(HYBRID, &share)]));
        peer.say(&Message::ClientHello(hello));
        assert_eq!(
            peer.alert,
            Some(AlertDescription::ILLEGAL_PARAMETER),
            "client's share: {what}"
        );
    }
    for (what, share) in [
        ("one byte short", ours[1..].to_vec()),
        ("one byte long", [&ours[..], &[0]].concat()),
        ("no X25519 part", ours[..1088].to_vec()),
        ("a client's", good.to_vec()),
        ("an X25519 part of zeros", spoilt(&ours, 1088, 0, 32)),
    ] {
        let mut peer = Peer::server_of(client());
        let mut hello = peer.server_hello();
        let entry = |w: &mut nihao_protocol::wire::Writer| {
            w.u16(HYBRID.0);
            w.vec16(|w| w.bytes(&share));
        };
        hello.extensions.replace(E::KEY_SHARE, entry).unwrap();
        peer.say(&Message::ServerHello(hello));
        assert_eq!(
            peer.alert,
            Some(AlertDescription::ILLEGAL_PARAMETER),
            "server's share: {what}"
        );
    }
}
