//! Our TLS beside OpenSSL: `s_client` against our server, our client against `s_server`.

use nihao_protocol::crypto::Group;
use nihao_protocol::tls::{CipherSuite, Padding};
use nihao_tests::interop::case::{Between, Case, ClientCertificate, Fault};
use nihao_tests::interop::looks::{
    ccs_received, ccs_sent, hello_records, hello_records_sent, hellos, hellos_sent, key_updates, lengths_received,
    lengths_sent, longest_received, longest_sent,
};
use nihao_tests::interop::matrix::check;
use nihao_tests::interop::tables::{
    bad_clients, bad_servers, everyday, everyday_with_one_share, our_client_refuses, our_server_refuses, refused,
    refused_by_peer, refused_by_peer_later,
};
use nihao_tests::interop::tool::Tool;
use nihao_tests::pki::Kind;

#[tokio::test]
async fn our_server_and_s_client() {
    let tool = Tool::SClient;
    let mut cases = everyday_with_one_share(tool);
    cases.extend(s_client_knobs());
    cases.extend(nothing_in_common_with_s_client());
    cases.extend(bad_servers(tool, |fault| refused_by_peer(openssl_alert(fault))));
    cases.extend(bad_clients(tool, |client| {
        let (reason, alert) = our_server_refuses(client);
        refused(&reason, alert)
    }));
    check(tool, cases).await;
}

/// What OpenSSL says of a bad certificate.
fn openssl_alert(fault: Fault) -> &'static str {
    match fault {
        Fault::Expired => "certificate_expired",
        Fault::WrongCa | Fault::OtherHierarchy => "unknown_ca",
        Fault::WrongPurpose | Fault::WrongKeyUsage => "unsupported_certificate",
        _ => "bad_certificate",
    }
}

fn s_client_knobs() -> Vec<Case> {
    let case = |knobs| Case::new(Tool::SClient).knobs(knobs);
    let mut padded = Case::new(Tool::SClient).note("we pad to 1024");
    padded.records.padding = Padding::Block(1024);
    let mut small = Case::new(Tool::SClient).note("we cut to 512");
    small.records.max_fragment = 512;
    vec![
        case(&["-groups", "X448:X25519"])
            .look(hellos)
            .and("hello retried; 2 ClientHellos"),
        case(&["-groups", "X448:P-256"])
            .group(Group::SECP256R1)
            .look(hellos)
            .and("hello retried; 2 ClientHellos"),
        case(&["-groups", "P-256:X25519"]).group(Group::SECP256R1),
        case(&["-no_middlebox"])
            .look(ccs_received)
            .and("0 change_cipher_spec received"),
        case(&["-record_padding", "256"])
            .look(lengths_received)
            .and("records of 272 bytes"),
        case(&["-max_send_frag", "512", "-alpn", LONG_NAMES])
            .look(hello_records)
            .and("ClientHello in 3 records"),
        case(&["-max_send_frag", "512"])
            .client(ClientCertificate::Sent(Kind::P256, Fault::None))
            .note("with its certificate"),
        case(&["-sigalgs", "ed25519"]),
        case(&["-sigalgs", "ECDSA+SHA256"]).leaf(Kind::P256, Fault::None),
        typed("K\n", "KEYUPDATE").note("K").and("KeyUpdate sent 1, received 1"),
        typed("k\n", "KEYUPDATE").note("k").and("KeyUpdate sent 1, received 0"),
        Case::new(Tool::SClient)
            .between(Between::OurKeyUpdate(true))
            .note("ours; asking for theirs; as s_client saw it")
            .look(key_updates)
            .and("KeyUpdate sent 1, received 1"),
        padded.look(lengths_sent).and("records of 1040 bytes"),
        small.look(longest_sent).and("no record over 529 bytes"),
    ]
}

/// Twelve application protocols of 100 letters: more than two fragments of 512 bytes.
const LONG_NAMES: &str = concat!(
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,",
    "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb,",
    "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc,",
    "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd,",
    "eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee,",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff,",
    "gggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggggg,",
    "hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh",
);

fn typed(text: &'static str, answer: &'static str) -> Case {
    Case::new(Tool::SClient)
        .between(Between::Typed(text, answer))
        .look(key_updates)
}

fn nothing_in_common_with_s_client() -> Vec<Case> {
    let case = |knobs, reason: &str, alert| {
        let reason = format!("nothing in common with the peer: {reason}");
        Case::new(Tool::SClient).knobs(knobs).expect(refused(&reason, alert))
    };
    let mut protocols = case(
        &["-alpn", "other/1"],
        "no common application protocol",
        "no_application_protocol",
    );
    protocols.alpn = vec![b"nihao/1".to_vec()];
    vec![
        case(
            &["-tls1_2"],
            "no common protocol version: the peer does not speak TLS 1.3",
            "protocol_version",
        ),
        case(
            &["-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"],
            "no common cipher suite",
            "handshake_failure",
        ),
        case(
            &["-groups", "X448"],
            "no common key agreement group",
            "handshake_failure",
        ),
        case(
            &["-sigalgs", "ed25519"],
            "no certificate for the peer's signature algorithms",
            "handshake_failure",
        )
        .leaf(Kind::P256, Fault::None),
        protocols.note("we speak nihao/1"),
    ]
}

#[tokio::test]
async fn our_client_and_s_server() {
    let tool = Tool::SServer;
    let mut cases = everyday(tool);
    cases.extend(s_server_knobs());
    cases.extend(nothing_in_common_with_s_server());
    cases.extend(bad_servers(tool, |fault| {
        let (reason, alert) = our_client_refuses(fault);
        refused(&reason, alert)
    }));
    cases.extend(bad_clients(tool, |client| match client {
        ClientCertificate::Sent(_, fault) => refused_by_peer_later(openssl_alert(fault)),
        _ => refused_by_peer_later("certificate_required"),
    }));
    check(tool, cases).await;
}

fn s_server_knobs() -> Vec<Case> {
    let case = |knobs| Case::new(Tool::SServer).knobs(knobs);
    let mut asked_again = case(&["-groups", "P-256"]).group(Group::SECP256R1);
    asked_again.shares = vec![Group::X25519];
    let mut no_share = Case::new(Tool::SServer).note("no key share sent");
    no_share.shares = Vec::new();
    let mut plain = Case::new(Tool::SServer).note("no middlebox mode of ours");
    plain.records.change_cipher_spec = false;
    let mut padded = Case::new(Tool::SServer).note("we pad to 1024");
    padded.records.padding = Padding::Block(1024);
    let mut small = Case::new(Tool::SServer).note("we cut to 512");
    small.records.max_fragment = 512;
    let mut tiny = Case::new(Tool::SServer).note("we cut to 64");
    tiny.records.max_fragment = 64;
    let mut protocol = case(&["-alpn", "nihao/1"]).note("we offer nihao/1");
    protocol.alpn = vec![b"nihao/1".to_vec()];
    vec![
        asked_again.look(hellos_sent).and("hello retried; 2 ClientHellos"),
        no_share.look(hellos_sent).and("hello retried; 2 ClientHellos"),
        case(&["-no_middlebox"])
            .look(ccs_received)
            .and("0 change_cipher_spec received"),
        plain.look(ccs_sent).and("0 change_cipher_spec sent"),
        case(&["-record_padding", "128"])
            .look(lengths_received)
            .and("records of 144 bytes"),
        case(&["-max_send_frag", "512"])
            .look(longest_received)
            .and("no record over 529 bytes"),
        case(&["-num_tickets", "0"]),
        case(&["-num_tickets", "4"]),
        protocol,
        padded.look(lengths_sent).and("records of 1040 bytes"),
        small.look(longest_sent).and("no record over 529 bytes"),
        tiny.look(hello_records_sent).and("ClientHello in 4 records"),
        key_update("K\n").note("K").and("KeyUpdate sent 1, received 1"),
        key_update("k\n").note("k").and("KeyUpdate sent 1, received 0"),
        Case::new(Tool::SServer)
            .between(Between::OurKeyUpdate(true))
            .note("ours; asking for theirs; as s_server saw it")
            .look(key_updates)
            .and("KeyUpdate sent 1, received 1"),
    ]
}

fn key_update(text: &'static str) -> Case {
    Case::new(Tool::SServer)
        .between(Between::Typed(text, "SSL_do_handshake -> 1"))
        .look(key_updates)
}

fn nothing_in_common_with_s_server() -> Vec<Case> {
    let case = |knobs, alert| Case::new(Tool::SServer).knobs(knobs).expect(refused_by_peer(alert));
    let mut suite = case(&["-ciphersuites", "TLS_AES_128_GCM_SHA256"], "handshake_failure");
    suite.suite = CipherSuite::TLS_AES_256_GCM_SHA384;
    let mut protocols = case(&["-alpn", "other/1"], "no_application_protocol").note("we offer nihao/1");
    protocols.alpn = vec![b"nihao/1".to_vec()];
    vec![
        case(&["-tls1_2"], "protocol_version"),
        case(&["-groups", "P-256"], "handshake_failure"),
        suite,
        protocols,
    ]
}
