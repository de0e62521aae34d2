//! What is negotiated beside algorithms: record sizes, padding, exporters, unknown numbers, which certificate is shown.

use nihao_protocol::crypto::SignatureScheme;
use nihao_protocol::tls::error::Misuse;
use nihao_protocol::tls::messages::{ClientHello, EncryptedExtensions, Message};
use nihao_protocol::tls::names::{ContentType, ExtensionType};
use nihao_protocol::tls::{AlertDescription, ClientAuth, ClientConfig, Identity, Padding, Role, ServerConfig};
use nihao_tests::pair::Pair;
use nihao_tests::peer::Peer;
use nihao_tests::pki::{Ca, Kind, Leaf};
use nihao_tests::refusal::{expect, extensions, servers, set, trust, users};
use nihao_tests::refusal_table::Table;

fn configs() -> (ClientConfig, ServerConfig) {
    let client = ClientConfig::new(trust(&servers()));
    let server = ServerConfig::new(vec![servers().identity(&Leaf::server(Kind::Ed25519))]);
    (client, server)
}

/// The lengths of the application_data records in `wire`, as their headers have them.
fn lengths(wire: &[u8]) -> Vec<usize> {
    let (mut rest, mut lengths) = (wire, Vec::new());
    while let [kind, _, _, high, low, ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        lengths.extend((*kind == ContentType::ApplicationData.byte()).then_some(length));
        rest = &rest[5 + length..];
    }
    lengths
}

/// The lengths of all protected records of a handshake and of 3000 bytes each way: the client's, the server's.
fn protected(client: ClientConfig, server: ServerConfig) -> [Vec<usize>; 2] {
    let mut pair = Pair::new(client, server, "localhost", 1);
    let mut wires = [Vec::new(), Vec::new()];
    let mut note = |role, wire: &mut Vec<u8>| wires[usize::from(role == Role::Server)].extend_from_slice(wire);
    pair.drive_through(1000, &mut note);
    assert!(pair.is_open(), "{:?} {:?}", pair.client.error, pair.server.error);
    pair.client.connection.send(&[1; 3000]).unwrap();
    pair.server.connection.send(&[2; 3000]).unwrap();
    pair.drive_through(1000, &mut note);
    assert_eq!((pair.client.data.len(), pair.server.data.len()), (3000, 3000));
    wires.map(|wire| lengths(&wire))
}

#[test]
fn each_side_keeps_to_the_record_size_the_other_takes() {
    let most = |lengths: &[usize]| lengths.iter().copied().max().unwrap() - 16;
    let (mut client, mut server) = configs();
    client.records.receive_limit = Some(200);
    server.records.receive_limit = Some(700);
    server.records.padding = Padding::Block(512);
    let [ours, theirs] = protected(client.clone(), server.clone());
    assert_eq!(
        (most(&ours), most(&theirs)),
        (700, 200),
        "content, type and padding; the handshake too"
    );

    server.records.receive_limit = None;
    server.records.padding = Padding::None;
    let [ours, theirs] = protected(client, server);
    assert_eq!((most(&ours), most(&theirs)), (3001, 3001), "not agreed: not limited");
}

#[test]
fn a_record_beyond_the_limit_is_refused() {
    let _table = Table::open("negotiation::a_record_beyond_the_limit_is_refused");
    let what = "RFC 8449 §4: a record beyond the limit";
    let mut config = ClientConfig::new(trust(&servers()));
    config.records.receive_limit = Some(1000);
    for (length, alert) in [(999, None), (1000, Some(AlertDescription::RECORD_OVERFLOW))] {
        let mut peer = Peer::server_of(config.clone());
        peer.say_server_hello();
        peer.say(&Message::EncryptedExtensions(EncryptedExtensions {
            extensions: extensions(&[(ExtensionType::RECORD_SIZE_LIMIT, &[0x40, 1])]),
        }));
        peer.say_certificate(servers().identity(&Leaf::server(Kind::Ed25519)).chain());
        let verify = peer.certificate_verify(Kind::Ed25519, 7);
        peer.say(&Message::CertificateVerify(verify));
        peer.say_finished();
        peer.send_record(ContentType::ApplicationData, &vec![7; length]);
        assert_eq!(peer.alert, alert, "{length} bytes and their type: {:?}", peer.error);
        assert_eq!(peer.data.len(), if alert.is_some() { 0 } else { length });
        if let Some(alert) = alert {
            expect(&peer, what, alert);
        }
    }
    let (_, mut config) = configs();
    config.records.receive_limit = Some(1000);
    let mut peer = Peer::client_of(config);
    let mut hello = peer.client_hello();
    set(&mut hello, ExtensionType::RECORD_SIZE_LIMIT, &[0x40, 1]);
    peer.say(&Message::ClientHello(hello));
    peer.say_finished();
    peer.send_record(ContentType::ApplicationData, &[7; 999]);
    assert_eq!((peer.data.len(), &peer.error), (999, &None));
    peer.send_record(ContentType::ApplicationData, &[7; 1000]);
    expect(&peer, what, AlertDescription::RECORD_OVERFLOW);
}

#[test]
fn record_size_limits_that_are_none_are_refused() {
    let _table = Table::open("negotiation::record_size_limits_that_are_none_are_refused");
    let mut bodies: [(&str, &[u8], AlertDescription); 3] = [
        ("RFC 8449 §4: 63", &[0, 63], AlertDescription::ILLEGAL_PARAMETER),
        ("RFC 8449 §4: one byte", &[64], AlertDescription::DECODE_ERROR),
        ("RFC 8449 §4: three bytes", &[0, 64, 0], AlertDescription::DECODE_ERROR),
    ];
    for (what, body, alert) in &mut bodies {
        let mut peer = Peer::server_of(ClientConfig::new(trust(&servers())));
        peer.say_server_hello();
        peer.say(&Message::EncryptedExtensions(EncryptedExtensions {
            extensions: extensions(&[(ExtensionType::RECORD_SIZE_LIMIT, body)]),
        }));
        expect(&peer, what, *alert);

        let (_, server) = configs();
        let mut peer = Peer::client_of(server);
        let mut hello = peer.client_hello();
        hello
            .extensions
            .add(ExtensionType::RECORD_SIZE_LIMIT, |w| w.bytes(body))
            .unwrap();
        peer.say(&Message::ClientHello(hello));
        expect(&peer, what, *alert);
    }
}

#[test]
fn padding_to_buckets_hides_the_length() {
    let (mut client, server) = configs();
    client.records.padding = Padding::Buckets(&[64, 1024, 4096]);
    let mut pair = Pair::new(client, server, "localhost", 1);
    pair.drive(1000);
    for (length, bucket) in [(1, 64), (63, 64), (64, 1024), (1023, 1024), (1024, 4096), (4096, 4097)] {
        pair.client.connection.send(&vec![1; length]).unwrap();
        let wire = pair.client.transmit();
        assert_eq!(lengths(&wire), [bucket + 16], "{length} bytes");
        pair.server.receive(&wire, 100);
        assert_eq!(std::mem::take(&mut pair.server.data).len(), length);
    }
}

#[test]
fn keys_are_updated_by_themselves_before_they_wear_out() {
    let (mut client, mut server) = configs();
    client.records.records_per_key = 3;
    client.records.max_fragment = 10;
    server.records.records_per_key = 0; // as few as can be: one
    let mut pair = Pair::new(client, server, "localhost", 1);
    pair.drive(1000);
    pair.client.connection.send(&[1; 100]).unwrap();
    pair.drive(7);
    // Ten records, three under each key.
    assert_eq!((pair.server.data.len(), pair.server.key_updates), (100, 3));
    for _ in 0..5 {
        pair.server.connection.send(b"x").unwrap();
    }
    pair.drive(7);
    assert_eq!((pair.client.data.len(), pair.client.key_updates), (5, 4));
}

#[test]
fn both_ends_export_the_same_and_nobody_before_the_end() {
    let (client, server) = configs();
    let mut pair = Pair::new(client, server, "localhost", 1);
    let early = pair.client.connection.export("EXPORTER-nihao", b"", &mut [0; 32]);
    assert_eq!(early, Err(Misuse::HandshakeIncomplete.into()));
    pair.drive(1000);
    let export = |label, context, length| {
        let (mut ours, mut theirs) = (vec![0; length], vec![0; length]);
        pair.client.connection.export(label, context, &mut ours).unwrap();
        pair.server.connection.export(label, context, &mut theirs).unwrap();
        assert_eq!(ours, theirs);
        ours
    };
    let one = export("EXPORTER-nihao", b"room", 32);
    assert_ne!(one, export("EXPORTER-nihao", b"", 32));
    assert_ne!(one, export("EXPORTER-other", b"room", 32));
    assert_ne!(one, export("EXPORTER-nihao", b"room", 33)[..32], "the length counts");
    assert_eq!(export("EXPORTER-nihao", &[0; 5000], 255 * 32).len(), 8160);
    let too_much = pair
        .client
        .connection
        .export("EXPORTER-nihao", b"", &mut [0; 255 * 32 + 1]);
    assert_eq!(too_much, Err(Misuse::Unsupported("exporter length").into()));
    let too_long = pair.client.connection.export(&"x".repeat(250), b"", &mut [0; 32]);
    assert_eq!(too_long, Err(Misuse::Unsupported("exporter label").into()));
}

fn hello_of(config: ClientConfig) -> ClientHello {
    let (_, server) = configs();
    let pair = Pair::new(config, server, "localhost", 3);
    ClientHello::decode(&pair.client.connection.transmit()[9..]).unwrap()
}

#[test]
fn numbers_that_nobody_knows_are_offered_unless_switched_off() {
    let is_grease = |number: u16| number & 0x0f0f == 0x0a0a && number >> 8 == number & 0xff;
    for on in [true, false] {
        let (mut client, _) = configs();
        client.grease = on;
        let hello = hello_of(client);
        let groups = hello.extensions.supported_groups().unwrap().unwrap();
        let shares = hello.extensions.client_shares().unwrap().unwrap();
        let schemes = hello.extensions.signature_algorithms().unwrap().unwrap();
        assert_eq!(is_grease(hello.cipher_suites[0].0), on);
        assert_eq!(is_grease(groups[0].0), on);
        assert_eq!(is_grease(schemes[0].0), on);
        assert_eq!(shares[0].group == groups[0] && is_grease(groups[0].0), on);
        assert_eq!(hello.extensions.iter().any(|one| is_grease(one.kind.0)), on);
        let versions = hello.extensions.find(ExtensionType::SUPPORTED_VERSIONS).unwrap();
        assert_eq!(versions.len(), if on { 5 } else { 3 });
    }
}

/// The names of the certificate that the server showed.
fn shown(client: ClientConfig, identities: &[&Identity], name: &str) -> Vec<u8> {
    let (_, mut server) = configs();
    server.identities = identities.iter().map(|one| (*one).clone()).collect();
    let mut pair = Pair::new(client, server, name, 1);
    pair.drive(1000);
    assert!(pair.is_open(), "{:?} {:?}", pair.client.error, pair.server.error);
    pair.client.facts().peer_chain[0].clone()
}

#[test]
fn a_server_shows_the_certificate_that_the_client_can_check() {
    let (ed25519, p256) = (Ca::new("ed25519", Kind::Ed25519, 1), Ca::new("p256", Kind::P256, 2));
    let leaf = |ca: &Ca, names: &[&str]| {
        ca.identity(&Leaf {
            names: names.iter().copied().map(String::from).collect(),
            ..Leaf::server(Kind::P256)
        })
    };
    let (under_ed25519, under_p256) = (leaf(&ed25519, &["a.test", "b.test"]), leaf(&p256, &["a.test"]));
    let both = {
        let mut roots = nihao_protocol::x509::Roots::new();
        roots.add(&ed25519.der).unwrap();
        roots.add(&p256.der).unwrap();
        ClientConfig::new(nihao_protocol::x509::Trust::Roots(roots.into()))
    };
    let first = |one: &Identity| one.chain()[0].clone();
    let offered = [&under_ed25519, &under_p256];
    assert_eq!(
        shown(both.clone(), &offered, "a.test"),
        first(&under_ed25519),
        "as good: the first"
    );
    // A browser: no Ed25519, in keys or in chains.
    let mut browser = both.clone();
    browser.signature_schemes = vec![SignatureScheme::ECDSA_SECP256R1_SHA256];
    browser.chain_schemes = browser.signature_schemes.clone();
    assert_eq!(shown(browser, &offered, "a.test"), first(&under_p256));
    assert_eq!(
        shown(both, &[&under_p256, &under_ed25519], "b.test"),
        first(&under_ed25519),
        "by name"
    );
    // One that names its authorities.
    let mut choosy = ClientConfig::new(trust(&p256));
    choosy.send_authorities = true;
    assert_eq!(shown(choosy, &offered, "a.test"), first(&under_p256));
}

#[test]
fn an_identity_reserved_for_protocols_is_shown_there_before_the_others() {
    let ca = Ca::new("web", Kind::P256, 2);
    let leaf = |names: &[&str]| Leaf {
        names: names.iter().copied().map(String::from).collect(),
        ..Leaf::server(Kind::P256)
    };
    let common = ca.identity(&leaf(&["web.test", "other.test"]));
    let web = ca
        .identity(&leaf(&["web.test"]))
        .reserved_for([Some(&b"http/1.1"[..]), None]);
    let roots = ClientConfig::new(trust(&ca));
    for (protocol, name, is_web) in [
        (Some("http/1.1"), "web.test", true),
        (None, "web.test", true),
        (Some("nihao/1"), "web.test", false),
        (Some("http/1.1"), "other.test", false),
    ] {
        let mut client = roots.clone();
        client.alpn = protocol.into_iter().map(|name| name.as_bytes().to_vec()).collect();
        let (_, mut server) = configs();
        server.alpn = vec![b"nihao/1".to_vec(), b"http/1.1".to_vec()];
        server.identities = vec![common.clone(), web.clone()];
        let mut pair = Pair::new(client, server, name, 1);
        pair.drive(1000);
        assert!(pair.is_open(), "{:?} {:?}", pair.client.error, pair.server.error);
        let expected = if is_web { &web } else { &common };
        assert_eq!(pair.client.facts().peer_chain, expected.chain(), "{protocol:?} {name}");
    }
    // Who names no host gets it as well: here an address, which the certificate need not have.
    let mut nameless = roots;
    nameless.trust = nihao_protocol::x509::Trust::Custom(std::sync::Arc::new(Anybody));
    assert_eq!(shown(nameless, &[&common, &web], "127.0.0.1"), web.chain()[0]);
}

#[derive(Debug)]
struct Anybody;

impl nihao_protocol::x509::Verifier for Anybody {
    fn verify(
        &self,
        _: &[Vec<u8>],
        _: nihao_protocol::x509::Purpose<'_>,
        _: nihao_protocol::clock::UnixTime,
    ) -> Result<(), nihao_protocol::x509::CertificateError> {
        Ok(())
    }
}

#[test]
fn a_client_shows_the_certificate_of_an_authority_that_was_named() {
    let others = Ca::new("others", Kind::Ed25519, 5).identity(&Leaf::user(Kind::Ed25519));
    let ours = users().identity(&Leaf::user(Kind::Ed25519));
    let (mut client, mut server) = configs();
    client.identities = vec![others, ours.clone()];
    server.client_auth = ClientAuth::Required(trust(&users()));
    let mut pair = Pair::new(client.clone(), server.clone(), "localhost", 1);
    pair.drive(1000);
    assert!(pair.is_open(), "{:?}", pair.server.error);
    assert_eq!(pair.server.facts().peer_chain, ours.chain());

    server.send_authorities = false;
    let mut pair = Pair::new(client, server, "localhost", 1);
    pair.drive(1000);
    assert_eq!(
        pair.server.error.and_then(|error| error.alert()),
        Some(AlertDescription::UNKNOWN_CA),
        "without the names the first is shown"
    );
}
