//! RFC 8448's traces: key agreement, key schedule, Finished, every record opened and sealed, every message decoded and encoded.
//!
//! Not covered: remaking its RSA signatures, and the EndOfEarlyData message, which we do not speak. Section 4's early secrets
//! are computed with the bare HKDF here, for our key schedule starts without a PSK.

use std::collections::BTreeMap;

use nihao_protocol::crypto::SignatureAlgorithm;
use nihao_protocol::crypto::{Digest, Group, HashAlgorithm, KeyPair, Prk, Secret};
use nihao_protocol::tls::CipherSuite;
use nihao_protocol::tls::key_schedule::{
    EarlySecret, HandshakeSecret, ResumptionSecret, TrafficSecret, TrafficSecrets,
};
use nihao_protocol::tls::messages::{Message, Signer, signed_content};
use nihao_protocol::tls::names::ContentType;
use nihao_protocol::tls::record::{HEADER, Header};
use nihao_protocol::tls::seal::{Opener, Sealer};
use nihao_protocol::x509::Certificate;

const SUITE: CipherSuite = CipherSuite::TLS_AES_128_GCM_SHA256;
const HASH: HashAlgorithm = HashAlgorithm::Sha256;

/// A section's values by their names.
struct Trace(BTreeMap<&'static str, Vec<u8>>);

impl Trace {
    fn read(text: &'static str) -> Self {
        let line = |line: &'static str| {
            let (name, hex) = line.split_once(" = ").unwrap();
            let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
            (name, (0..hex.len()).step_by(2).map(byte).collect())
        };
        Self(text.lines().filter(|text| !text.starts_with('#')).map(line).collect())
    }

    #[track_caller]
    fn get(&self, name: &str) -> &[u8] {
        self.0.get(name).unwrap_or_else(|| panic!("no {name}"))
    }

    /// Compares with the value of this name, if the section has it.
    #[track_caller]
    fn check(&self, name: &str, ours: &[u8]) {
        if let Some(theirs) = self.0.get(name) {
            assert_eq!(ours, theirs, "{name}");
        }
    }

    fn hash(&self, name: &str, messages: &[&[u8]]) -> Digest {
        let digest = HASH.hash(&messages.concat());
        self.check(name, digest.as_bytes());
        digest
    }

    /// Every message decoded and encoded: how many.
    fn recode(&self) -> usize {
        let messages: Vec<_> = self.0.iter().filter(|(name, _)| name.starts_with("message.")).collect();
        for (name, bytes) in &messages {
            recode(bytes, name);
        }
        messages.len()
    }

    /// The shared secret, computed at both ends; both shares are what the hellos carry.
    fn shared(&self, group: Group) -> Secret {
        let key = |name| KeyPair::from_private(group, self.get(name)).unwrap();
        let (client, server) = (key("private.client"), key("private.server"));
        let Message::ClientHello(client_hello) = Message::decode(self.get("message.ClientHello")).unwrap() else {
            panic!("no ClientHello");
        };
        let Message::ServerHello(server_hello) = Message::decode(self.get("message.ServerHello")).unwrap() else {
            panic!("no ServerHello");
        };
        assert_eq!(server_hello.cipher_suite, SUITE);
        let offered = client_hello.extensions.client_shares().unwrap().unwrap();
        let chosen = server_hello.extensions.server_share().unwrap().unwrap();
        assert!(
            offered
                .iter()
                .any(|offer| offer.group == group && offer.share == client.share())
        );
        assert_eq!((chosen.group, &chosen.share[..]), (group, server.share()));
        let at_client = client.agree(&chosen.share).unwrap();
        let at_server = server.agree(&offered[0].share).unwrap();
        assert_eq!(at_client, at_server);
        self.check("shared", at_client.expose());
        at_client
    }

    /// Both directions' secrets, write keys and ivs of an epoch against the RFC's.
    fn check_secrets(&self, secrets: &TrafficSecrets, epoch: &str) {
        for (side, secret) in [("client", &secrets.client), ("server", &secrets.server)] {
            self.check(&format!("secret.{side}.{epoch}"), secret.secret().expose());
            let prk = Prk::from_secret(HASH, secret.secret()).unwrap();
            let (mut key, mut iv) = ([0; 16], [0; 12]);
            prk.expand_label("key", &[], &mut key).unwrap();
            prk.expand_label("iv", &[], &mut iv).unwrap();
            self.check(&format!("key.{side}.{epoch}"), &key);
            self.check(&format!("iv.{side}.{epoch}"), &iv);
        }
    }

    /// Records in the clear are a header and the message.
    fn check_plain_records(&self, names: &[&str]) {
        for name in names {
            let (header, body) = self
                .get(&format!("record.{name}"))
                .split_first_chunk::<HEADER>()
                .unwrap();
            let header = Header::decode(*header).unwrap();
            assert_eq!(header.content_type, ContentType::Handshake);
            assert_eq!(header.length, body.len());
            assert_eq!(body, self.get(&format!("message.{name}")));
            let again = Header::encode(ContentType::Handshake, header.bytes[2], body.len().try_into().unwrap());
            assert_eq!(again, header.bytes);
        }
    }
}

fn recode(bytes: &[u8], name: &str) -> Message {
    let message = Message::decode(bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(message.encode().unwrap(), bytes, "{name}");
    message
}

/// One direction of one epoch, both ways: records are opened, and sealed again to the same bytes.
struct Direction(Opener, Sealer);

impl Direction {
    fn new(secret: &TrafficSecret) -> Self {
        Self(secret.opener().unwrap(), secret.sealer().unwrap())
    }

    fn content(&mut self, record: &[u8], kind: ContentType) -> Vec<u8> {
        let (header, body) = record.split_first_chunk::<HEADER>().unwrap();
        let header = Header::decode(*header).unwrap();
        assert_eq!(header.length, body.len());
        let mut changed = body.to_vec();
        changed[0] ^= 1;
        assert!(self.0.open(&header, &mut changed).is_err(), "a changed record");
        let mut content = body.to_vec();
        let (found, length) = self.0.open(&header, &mut content).unwrap();
        assert_eq!(found, kind);
        content.truncate(length);
        let mut sealed = Vec::new();
        self.1.seal(kind, &content, 0, &mut sealed).unwrap();
        assert_eq!(sealed, record);
        content
    }
}

/// Cuts joined handshake messages apart.
fn split(mut joined: &[u8]) -> Vec<&[u8]> {
    let mut messages = Vec::new();
    while let [_, a, b, c, ..] = joined {
        let length = 4 + usize::from(*a) * 0x1_0000 + usize::from(*b) * 0x100 + usize::from(*c);
        let (message, rest) = joined.split_at(length);
        messages.push(message);
        joined = rest;
    }
    assert!(joined.is_empty());
    messages
}

/// Walks a whole trace without PSK; `before` is what the transcript has before ServerHello.
fn walk(trace: &Trace, group: Group, before: &[&[u8]]) {
    let mut transcript = before.to_vec();
    transcript.push(trace.get("message.ServerHello"));
    let hellos = trace.hash("hash.ServerHello", &transcript);
    let handshake = HandshakeSecret::new(SUITE, &trace.shared(group)).unwrap();
    let secrets = handshake.traffic(&hellos).unwrap();
    trace.check_secrets(&secrets, "handshake");

    let flight = Direction::new(&secrets.server).content(trace.get("record.server.flight"), ContentType::Handshake);
    let names = [
        "EncryptedExtensions",
        "CertificateRequest",
        "Certificate",
        "CertificateVerify",
        "Finished",
    ];
    let messages = names.map(|name| trace.0.get(&*format!("message.{name}")).map(Vec::as_slice));
    let messages: Vec<&[u8]> = messages.into_iter().flatten().collect();
    assert_eq!(split(&flight), messages);
    for message in &messages {
        match recode(message, "the server's flight") {
            Message::CertificateVerify(verify) => {
                let content = signed_content(Signer::Server, &HASH.hash(&transcript.concat()));
                trace.check("signed.server", &content);
                assert!(trace.get("message.CertificateVerify").ends_with(&verify.signature));
            }
            Message::Finished(finished) => {
                let at = HASH.hash(&transcript.concat());
                assert_eq!(secrets.server.finished(&at).unwrap().as_bytes(), finished.verify_data);
                assert!(secrets.server.finished_matches(&at, &finished.verify_data).unwrap());
                assert!(!secrets.client.finished_matches(&at, &finished.verify_data).unwrap());
            }
            _ => {}
        }
        transcript.push(message);
    }
    let finished = trace.hash("hash.Finished", &transcript);
    let master = handshake.master().unwrap();
    let application = master.traffic(&finished).unwrap();
    trace.check_secrets(&application, "application");
    trace.check("secret.exporter", master.exporter(&finished).unwrap().secret().expose());

    let answer = client_flight(trace, &secrets.client, &mut transcript.clone());
    transcript.extend(split(&answer));
    let whole = trace.hash("hash.client.Finished", &transcript);
    let resumption = master.resumption(&whole).unwrap();
    trace.check("secret.resumption", resumption.secret().expose());
    trace.check_psk(&resumption);
    application_data(trace, &application);
}

/// The client's messages after the server's: its Finished, perhaps with a certificate before.
fn client_flight<'a>(trace: &'a Trace, secret: &TrafficSecret, transcript: &mut Vec<&'a [u8]>) -> Vec<u8> {
    let flight = Direction::new(secret).content(trace.get("record.client.flight"), ContentType::Handshake);
    let mut heard = transcript.concat();
    let mut finished = 0;
    for message in split(&flight) {
        match recode(message, "the client's flight") {
            Message::CertificateVerify(verify) => {
                let content = signed_content(Signer::Client, &HASH.hash(&heard));
                assert_eq!(content, trace.get("signed.client"));
                assert_eq!(verify.signature, trace.get("signature.client"));
            }
            Message::Finished(body) => {
                assert_eq!(
                    secret.finished(&HASH.hash(&heard)).unwrap().as_bytes(),
                    body.verify_data
                );
                trace.check("message.client.Finished", message);
                finished += 1;
            }
            _ => {}
        }
        heard.extend_from_slice(message);
    }
    assert_eq!(finished, 1);
    flight
}

impl Trace {
    /// RFC 8446 §4.6.1: the PSK of the ticket in the trace.
    fn check_psk(&self, resumption: &ResumptionSecret) {
        let Some(ticket) = self.0.get("message.NewSessionTicket") else {
            return;
        };
        let Message::NewSessionTicket(ticket) = Message::decode(ticket).unwrap() else {
            panic!("no NewSessionTicket");
        };
        assert_eq!(resumption.psk(&ticket.nonce).unwrap().expose(), self.get("secret.psk"));
    }
}

/// What is said after the handshake, in the order of the trace.
fn application_data(trace: &Trace, secrets: &TrafficSecrets) {
    let mut server = Direction::new(&secrets.server);
    if let Some(record) = trace.0.get("record.server.ticket") {
        let ticket = server.content(record, ContentType::Handshake);
        assert_eq!(ticket, trace.get("message.NewSessionTicket"));
    }
    for (side, mut direction) in [("client", Direction::new(&secrets.client)), ("server", server)] {
        if let Some(record) = trace.0.get(&*format!("record.{side}.data")) {
            let data = direction.content(record, ContentType::ApplicationData);
            assert_eq!(data, trace.get(&format!("data.{side}")));
        }
        let record = trace.get(&format!("record.{side}.close"));
        assert_eq!(direction.content(record, ContentType::Alert), [1, 0], "close_notify");
    }
}

#[test]
fn section_3_simple_handshake() {
    let trace = Trace::read(include_str!("vectors/rfc8448/simple.txt"));
    assert_eq!(trace.recode(), 8);
    trace.check_plain_records(&["ClientHello", "ServerHello"]);
    walk(&trace, Group::X25519, &[trace.get("message.ClientHello")]);
}

#[test]
fn section_4_resumption_with_early_data() {
    let trace = Trace::read(include_str!("vectors/rfc8448/resumed.txt"));
    assert_eq!(trace.recode(), 5);
    trace.check_plain_records(&["ClientHello", "ServerHello"]);
    let hello = trace.get("message.ClientHello");
    let length = HASH.length();
    let psk = Secret::copy_of(trace.get("psk"));
    let resumed = EarlySecret::new(HASH, &psk);
    let early = Prk::extract(HASH, &[], psk.expose()); // 0-RTT's secrets, which the crate has no use for
    // The binder is the ClientHello's last 32 bytes, before it two lengths: uint16 of the list, uint8 of itself.
    let prefix = trace.hash("hash.ClientHello.prefix", &[&hello[..hello.len() - length - 3]]);
    let binder = resumed.binder(&prefix).unwrap();
    trace.check("binder", binder.as_bytes());
    assert!(resumed.binder_matches(&prefix, binder.as_bytes()).unwrap());
    assert!(hello.ends_with(binder.as_bytes()));

    let heard = trace.hash("hash.ClientHello", &[hello]);
    let exporter = early.secret("e exp master", heard.as_bytes(), length).unwrap();
    trace.check("secret.early.exporter", exporter.expose());
    let early_traffic = early.secret("c e traffic", heard.as_bytes(), length).unwrap();
    let mut early_data = Direction::new(&TrafficSecret::new(SUITE, early_traffic));
    let data = early_data.content(trace.get("record.client.early"), ContentType::ApplicationData);
    assert_eq!(data, trace.get("data.early"));
    let end = early_data.content(trace.get("record.client.EndOfEarlyData"), ContentType::Handshake);
    assert_eq!(end, [5, 0, 0, 0]);

    let handshake = HandshakeSecret::resumed(SUITE, &resumed, &trace.shared(Group::X25519)).unwrap();
    let mut transcript = vec![hello, trace.get("message.ServerHello")];
    let secrets = handshake.traffic(&trace.hash("hash.ServerHello", &transcript)).unwrap();
    trace.check_secrets(&secrets, "handshake");
    let flight = Direction::new(&secrets.server).content(trace.get("record.server.flight"), ContentType::Handshake);
    let [extensions, finished] = ["EncryptedExtensions", "Finished"].map(|name| trace.get(&format!("message.{name}")));
    assert_eq!(split(&flight), [extensions, finished]);
    transcript.push(extensions);
    let verify = secrets.server.finished(&HASH.hash(&transcript.concat())).unwrap();
    assert_eq!(verify.as_bytes(), &finished[4..]);
    transcript.push(finished);

    let master = handshake.master().unwrap();
    let application = master.traffic(&trace.hash("hash.Finished", &transcript)).unwrap();
    trace.check_secrets(&application, "application");
    transcript.push(&end);
    let answer = client_flight(&trace, &secrets.client, &mut transcript.clone());
    transcript.push(&answer);
    trace.hash("hash.client.Finished", &transcript);
    application_data(&trace, &application);
}

#[test]
fn section_5_hello_retry_request() {
    let trace = Trace::read(include_str!("vectors/rfc8448/retry.txt"));
    assert_eq!(trace.recode(), 8);
    trace.check_plain_records(&["ClientHello.first", "HelloRetryRequest", "ClientHello", "ServerHello"]);
    let Message::ServerHello(retry) = Message::decode(trace.get("message.HelloRetryRequest")).unwrap() else {
        panic!("no HelloRetryRequest");
    };
    assert!(retry.is_retry());
    assert_eq!(retry.extensions.selected_group().unwrap(), Some(Group::SECP256R1));
    let cookie = retry.extensions.cookie().unwrap().unwrap();
    let Message::ClientHello(hello) = Message::decode(trace.get("message.ClientHello")).unwrap() else {
        panic!("no ClientHello");
    };
    assert_eq!(hello.extensions.cookie().unwrap(), Some(cookie));
    // RFC 8446 §4.4.1: the first ClientHello's hash takes its place, as a message of type message_hash.
    let first = HASH.hash(trace.get("message.ClientHello.first"));
    let stand_in = [&[254, 0, 0, 32], first.as_bytes()].concat();
    let before = [
        &stand_in,
        trace.get("message.HelloRetryRequest"),
        trace.get("message.ClientHello"),
    ];
    walk(&trace, Group::SECP256R1, &before);
}

#[test]
fn section_6_client_authentication() {
    let trace = Trace::read(include_str!("vectors/rfc8448/client_auth.txt"));
    assert_eq!(trace.recode(), 7);
    trace.check_plain_records(&["ClientHello", "ServerHello"]);
    walk(&trace, Group::X25519, &[trace.get("message.ClientHello")]);
    // The server's signature alone is ECDSA: it verifies under the key of its certificate.
    let Message::Certificate(chain) = Message::decode(trace.get("message.Certificate")).unwrap() else {
        panic!("no Certificate");
    };
    let Message::CertificateVerify(verify) = Message::decode(trace.get("message.CertificateVerify")).unwrap() else {
        panic!("no CertificateVerify");
    };
    let certificate = Certificate::parse(&chain.entries[0].certificate).unwrap();
    let point = certificate.public_key().unwrap();
    SignatureAlgorithm::EcdsaP256Sha256
        .verify(point, trace.get("signed.server"), &verify.signature)
        .unwrap();
    assert!(
        SignatureAlgorithm::EcdsaP256Sha256
            .verify(point, trace.get("signed.client"), &verify.signature)
            .is_err()
    );
}

#[test]
fn section_7_compatibility_mode() {
    let trace = Trace::read(include_str!("vectors/rfc8448/compatibility.txt"));
    assert_eq!(trace.recode(), 6);
    trace.check_plain_records(&["ClientHello", "ServerHello"]);
    for side in ["client", "server"] {
        let record = trace.get(&format!("record.{side}.change_cipher_spec"));
        assert_eq!(
            record,
            [&Header::encode(ContentType::ChangeCipherSpec, 3, 1)[..], &[1]].concat()
        );
    }
    walk(&trace, Group::X25519, &[trace.get("message.ClientHello")]);
}
