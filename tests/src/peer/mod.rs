//! A scripted peer: a TLS 1.3 end that says any message in any state, right or wrong, to a connection of ours.
//!
//! It shares the codecs and the key schedule with the code under test (both are held to RFC 8448 by tests of their own), but none
//! of its states.

mod after;

pub use after::Ticket;

use std::sync::Arc;

use nihao_protocol::crypto::{Digest, Group, HashAlgorithm, KeyPair, Seeded};
use nihao_protocol::tls::key_schedule::{
    EarlySecret, HandshakeSecret, MasterSecret, ResumptionSecret, TrafficSecret, TrafficSecrets,
};
use nihao_protocol::tls::messages::{
    Certificate, CertificateRequest, CertificateVerify, ClientHello, EncryptedExtensions, Extensions, Finished,
    KeyShareEntry, Message, RETRY_RANDOM, ServerHello, Signer, signed_content,
};
use nihao_protocol::tls::names::{ContentType, ExtensionType, HandshakeType, TLS12, TLS13};
use nihao_protocol::tls::record::Header;
use nihao_protocol::tls::seal::{Opener, Sealer};
use nihao_protocol::tls::{
    AlertDescription, CipherSuite, ClientConfig, Connection, Context, Error, Role, ServerConfig,
};
use nihao_protocol::x509::ServerName;

use crate::pki::{Kind, NOW};

const SUITE: CipherSuite = CipherSuite::TLS_AES_128_GCM_SHA256;

/// The scripted peer and the connection of ours that it plays with.
pub struct Peer {
    /// Ours, under test.
    pub ours: Connection,
    random: Seeded,
    transcript: Vec<u8>,
    key: Option<KeyPair>,
    sealer: Option<Sealer>,
    opener: Option<Opener>,
    handshake: Option<TrafficSecrets>,
    master: Option<MasterSecret>,
    application: Option<TrafficSecrets>,
    /// What the PSKs of tickets are made from.
    resumption: Option<ResumptionSecret>,
    /// What the PSK that is offered makes, should ours select it.
    pub psk: Option<EarlySecret>,
    /// The messages ours has said.
    pub heard: Vec<Message>,
    /// The alert ours has sent.
    pub alert: Option<AlertDescription>,
    /// Why ours failed.
    pub error: Option<Error>,
    /// What ours gave its application.
    pub data: Vec<u8>,
    /// The change_cipher_spec records ours has sent.
    pub change_cipher_specs: usize,
}

impl Peer {
    /// A scripted client for a server of ours.
    ///
    /// # Panics
    /// If the configuration cannot work.
    #[must_use]
    pub fn client_of(config: ServerConfig) -> Self {
        Self::new(Connection::server(Arc::new(config)).expect("a server"))
    }

    /// A scripted server for a client of ours; the client's hello has been heard.
    ///
    /// # Panics
    /// If the configuration cannot work.
    #[must_use]
    pub fn server_of(config: ClientConfig) -> Self {
        let mut random = Seeded::new(11, "ours");
        let mut context = Context {
            now: NOW,
            random: &mut random,
        };
        let name = ServerName::parse("localhost").expect("a name");
        let mut peer = Self::new(Connection::client(Arc::new(config), name, &mut context).expect("a client"));
        peer.listen();
        peer
    }

    fn new(ours: Connection) -> Self {
        Self {
            ours,
            random: Seeded::new(12, "peer"),
            transcript: Vec::new(),
            key: None,
            sealer: None,
            opener: None,
            handshake: None,
            master: None,
            application: None,
            resumption: None,
            psk: None,
            heard: Vec::new(),
            alert: None,
            error: None,
            data: Vec::new(),
            change_cipher_specs: 0,
        }
    }

    fn hash(&self) -> Digest {
        HashAlgorithm::Sha256.hash(&self.transcript)
    }

    /// Sends bytes as they are.
    pub fn send_wire(&mut self, wire: &[u8]) {
        let mut random = Seeded::new(13, "ours");
        let mut context = Context {
            now: NOW,
            random: &mut random,
        };
        if let Err(error) = self.ours.receive(wire, &mut context) {
            self.error = Some(error);
        }
        while let Some(event) = self.ours.next_event() {
            if let nihao_protocol::tls::Event::Data(data) = event {
                self.data.extend_from_slice(data);
            }
        }
        self.listen();
    }

    /// The bytes of one record, protected if keys are there.
    ///
    /// # Panics
    /// If it cannot be sealed.
    pub fn record(&mut self, content_type: ContentType, content: &[u8]) -> Vec<u8> {
        let mut wire = Vec::new();
        match &mut self.sealer {
            Some(sealer) => sealer.seal(content_type, content, 0, &mut wire).expect("a record"),
            None => {
                let length = u16::try_from(content.len()).expect("a short record");
                wire.extend(Header::encode(content_type, 3, length));
                wire.extend(content);
            }
        }
        wire
    }

    /// Sends one record, protected if keys are there.
    pub fn send_record(&mut self, content_type: ContentType, content: &[u8]) {
        let wire = self.record(content_type, content);
        self.send_wire(&wire);
    }

    /// Sends one protected record with so many zeros of padding.
    ///
    /// # Panics
    /// If there are no keys.
    pub fn send_padded(&mut self, content_type: ContentType, content: &[u8], padding: usize) {
        let mut wire = Vec::new();
        let sealer = self.sealer.as_mut().expect("keys");
        sealer
            .seal(content_type, content, padding, &mut wire)
            .expect("a record");
        self.send_wire(&wire);
    }

    /// Sends one protected record of a content type of any number.
    ///
    /// # Panics
    /// If there are no keys.
    pub fn send_typed(&mut self, content_type: u8, content: &[u8]) {
        let mut wire = Vec::new();
        let sealer = self.sealer.as_mut().expect("keys");
        sealer
            .seal_typed(content_type, content, 0, &mut wire)
            .expect("a record");
        self.send_wire(&wire);
    }

    /// Says a handshake message in a record of its own.
    ///
    /// # Panics
    /// If it cannot be encoded.
    pub fn say(&mut self, message: &Message) {
        let bytes = message.encode().expect("a message that fits");
        self.say_bytes(&bytes);
    }

    /// Says the bytes of a handshake message, header and body.
    pub fn say_bytes(&mut self, bytes: &[u8]) {
        self.transcript.extend(bytes);
        self.send_record(ContentType::Handshake, bytes);
    }

    /// Says the bytes of a handshake message over records of at most so many bytes each.
    pub fn say_in_pieces(&mut self, bytes: &[u8], most: usize) {
        self.transcript.extend(bytes);
        for piece in bytes.chunks(most) {
            self.send_record(ContentType::Handshake, piece);
        }
    }

    /// Says a message of this type with this body.
    pub fn say_raw(&mut self, kind: HandshakeType, body: &[u8]) {
        self.say_bytes(&raw(kind, body));
    }

    /// Hears what ours has to say.
    fn listen(&mut self) {
        let wire = self.ours.transmit().to_vec();
        self.ours.transmitted(wire.len());
        let mut rest = wire.as_slice();
        while let Some((header, after)) = rest.split_first_chunk::<5>() {
            let header = Header::decode(*header).expect("a record of ours");
            let (body, after) = after.split_at(header.length);
            rest = after;
            let mut body = body.to_vec();
            let content_type = match (&mut self.opener, header.content_type) {
                (Some(opener), ContentType::ApplicationData) => {
                    let (kind, length) = opener.open(&header, &mut body).expect("a record of ours");
                    body.truncate(length);
                    kind
                }
                (_, kind) => kind,
            };
            match content_type {
                ContentType::Handshake => self.hear(&body),
                ContentType::Alert => self.alert = Some(AlertDescription(body[1])),
                ContentType::ChangeCipherSpec => self.change_cipher_specs += 1,
                ContentType::ApplicationData => {}
            }
        }
    }

    fn hear(&mut self, mut bytes: &[u8]) {
        while let [_, a, b, c, ..] = *bytes {
            let length = u32::from_be_bytes([0, a, b, c]) as usize + 4;
            let (one, rest) = bytes.split_at(length);
            bytes = rest;
            let message = Message::decode(one).expect("a message of ours");
            if matches!(&message, Message::ServerHello(hello) if hello.is_retry()) {
                self.restart_transcript();
            }
            self.transcript.extend(one);
            match &message {
                Message::ServerHello(hello) if !hello.is_retry() => {
                    let share = hello.extensions.server_share().expect("a share").expect("a share");
                    if hello.extensions.find(ExtensionType::PRE_SHARED_KEY).is_none() {
                        self.psk = None;
                    }
                    self.agree(&share);
                }
                Message::Finished(_) if self.ours.role() == Role::Server => {
                    let master = self.master.as_ref().expect("a master secret");
                    self.application = Some(master.traffic(&self.hash()).expect("secrets"));
                    let secrets = self.application.as_ref().expect("secrets");
                    self.opener = Some(secrets.server.opener().expect("keys"));
                }
                Message::Finished(_) => {
                    self.remember_resumption();
                    let secrets = self.application.as_ref().expect("secrets");
                    self.opener = Some(secrets.client.opener().expect("keys"));
                    self.sealer = Some(secrets.server.sealer().expect("keys"));
                }
                Message::KeyUpdate(_) => self.hear_key_update(),
                _ => {}
            }
            self.heard.push(message);
        }
    }

    /// Takes the first ClientHello's place in the transcript by its hash.
    fn restart_transcript(&mut self) {
        let first = self.hash();
        self.transcript = raw(HandshakeType::MESSAGE_HASH, first.as_bytes());
    }

    fn agree(&mut self, share: &KeyShareEntry) {
        let key = self.key.take().expect("an ephemeral key");
        let shared = key.agree(&share.share).expect("a shared secret");
        let handshake = match &self.psk {
            Some(early) => HandshakeSecret::resumed(SUITE, early, &shared),
            None => HandshakeSecret::new(SUITE, &shared),
        };
        let handshake = handshake.expect("a secret");
        let traffic = handshake.traffic(&self.hash()).expect("secrets");
        let (read, write) = match self.ours.role() {
            Role::Server => (&traffic.server, &traffic.client),
            Role::Client => (&traffic.client, &traffic.server),
        };
        self.opener = Some(read.opener().expect("keys"));
        self.sealer = Some(write.sealer().expect("keys"));
        self.handshake = Some(traffic);
        self.master = Some(handshake.master().expect("a secret"));
    }

    /// A good ClientHello with an X25519 share.
    ///
    /// # Panics
    /// Never with the fixed randomness.
    #[must_use]
    pub fn client_hello(&mut self) -> ClientHello {
        let key = KeyPair::generate(Group::X25519, &mut self.random).expect("a key");
        let mut extensions = Extensions::default();
        let add = &mut |kind, body: &[u8]| extensions.add(kind, |w| w.bytes(body)).expect("an extension");
        add(ExtensionType::SUPPORTED_VERSIONS, &[2, 3, 4]);
        add(ExtensionType::SUPPORTED_GROUPS, &[0, 4, 0, 0x1d, 0, 0x17]);
        add(ExtensionType::SIGNATURE_ALGORITHMS, &[0, 4, 8, 7, 4, 3]);
        add(ExtensionType::KEY_SHARE, &shares(&[(Group::X25519, key.share())]));
        self.key = Some(key);
        ClientHello {
            legacy_version: TLS12,
            random: [7; 32],
            session_id: vec![9; 32],
            cipher_suites: vec![SUITE],
            compression_methods: vec![0],
            extensions,
        }
    }

    /// A good ServerHello for the ClientHello heard, with an X25519 share.
    ///
    /// # Panics
    /// If no ClientHello was heard.
    #[must_use]
    pub fn server_hello(&mut self) -> ServerHello {
        let key = KeyPair::generate(Group::X25519, &mut self.random).expect("a key");
        let mut extensions = Extensions::default();
        extensions
            .add(ExtensionType::SUPPORTED_VERSIONS, |w| w.u16(TLS13))
            .expect("an extension");
        extensions
            .add(ExtensionType::KEY_SHARE, |w| KeyShareEntry::of(&key).encode(w))
            .expect("an extension");
        self.key = Some(key);
        ServerHello {
            legacy_version: TLS12,
            random: [8; 32],
            session_id: self.client_hello_heard().session_id,
            cipher_suite: SUITE,
            compression_method: 0,
            extensions,
        }
    }

    /// The HelloRetryRequest that asks for a secp256r1 share.
    ///
    /// # Panics
    /// If no ClientHello was heard.
    #[must_use]
    pub fn hello_retry_request(&mut self) -> ServerHello {
        let mut extensions = Extensions::default();
        extensions
            .add(ExtensionType::SUPPORTED_VERSIONS, |w| w.u16(TLS13))
            .expect("an extension");
        extensions
            .add(ExtensionType::KEY_SHARE, |w| w.u16(Group::SECP256R1.0))
            .expect("an extension");
        ServerHello {
            random: RETRY_RANDOM,
            extensions,
            ..self.server_hello()
        }
    }

    fn client_hello_heard(&self) -> ClientHello {
        let hello = self.heard.iter().rev().find_map(|message| match message {
            Message::ClientHello(hello) => Some(hello.clone()),
            _ => None,
        });
        hello.expect("a ClientHello of ours")
    }

    /// Says ServerHello, which selects the PSK if there is one, and changes keys.
    ///
    /// # Panics
    /// If the client sent no X25519 share.
    pub fn say_server_hello(&mut self) {
        let mut hello = self.server_hello();
        if self.psk.is_some() {
            let selected = hello.extensions.add(ExtensionType::PRE_SHARED_KEY, |w| w.u16(0));
            selected.expect("an extension");
        }
        let shares = self.client_hello_heard().extensions.client_shares();
        let mut shares = shares.expect("shares").expect("shares").into_iter();
        let share = shares.find(|share| share.group == Group::X25519).expect("a share");
        let bytes = Message::ServerHello(hello).encode().expect("a message");
        self.transcript.extend(&bytes);
        let wire = self.record(ContentType::Handshake, &bytes);
        self.agree(&share); // before ours answers
        self.send_wire(&wire);
    }

    /// Says an empty EncryptedExtensions.
    pub fn say_encrypted_extensions(&mut self) {
        self.say(&Message::EncryptedExtensions(EncryptedExtensions::default()));
    }

    /// Says a CertificateRequest for both our schemes.
    pub fn say_certificate_request(&mut self) {
        let mut extensions = Extensions::default();
        extensions
            .add(ExtensionType::SIGNATURE_ALGORITHMS, |w| w.bytes(&[0, 4, 8, 7, 4, 3]))
            .expect("an extension");
        self.say(&Message::CertificateRequest(CertificateRequest {
            context: Vec::new(),
            extensions,
        }));
    }

    /// Says this chain.
    pub fn say_certificate(&mut self, chain: &[Vec<u8>]) {
        self.say(&Message::Certificate(Certificate::of(chain)));
    }

    /// A good CertificateVerify by the key of this kind and number.
    #[must_use]
    pub fn certificate_verify(&self, kind: Kind, number: u64) -> CertificateVerify {
        let key = kind.key(number);
        let signer = match self.ours.role() {
            Role::Server => Signer::Client,
            Role::Client => Signer::Server,
        };
        CertificateVerify {
            scheme: key.scheme(),
            signature: key.sign(&signed_content(signer, &self.hash())),
        }
    }

    /// A good Finished for the transcript so far.
    ///
    /// # Panics
    /// If the keys are not settled.
    #[must_use]
    pub fn finished(&self) -> Finished {
        let secrets = self.handshake.as_ref().expect("secrets");
        let secret: &TrafficSecret = match self.ours.role() {
            Role::Server => &secrets.client,
            Role::Client => &secrets.server,
        };
        let verify_data = secret.finished(&self.hash()).expect("verify_data");
        Finished {
            verify_data: verify_data.as_bytes().to_vec(),
        }
    }

    /// Says Finished. As a client, changes to the application's key; as a server, does so once ours has answered.
    ///
    /// # Panics
    /// If the keys are not settled.
    pub fn say_finished(&mut self) {
        let bytes = Message::Finished(self.finished()).encode().expect("a message");
        let wire = self.record(ContentType::Handshake, &bytes);
        self.transcript.extend(&bytes);
        if self.ours.role() == Role::Client {
            let master = self.master.as_ref().expect("a master secret");
            self.application = Some(master.traffic(&self.hash()).expect("secrets"));
        } else {
            self.remember_resumption();
            let secrets = self.application.as_ref().expect("secrets");
            self.sealer = Some(secrets.client.sealer().expect("keys"));
        }
        self.send_wire(&wire);
    }
}

/// A handshake message of this type and body.
#[must_use]
pub fn raw(kind: HandshakeType, body: &[u8]) -> Vec<u8> {
    let [_, a, b, c] = u32::try_from(body.len()).expect("a short message").to_be_bytes();
    [&[kind.0, a, b, c], body].concat()
}

/// The body of a ClientHello's key_share.
#[must_use]
pub fn shares(entries: &[(Group, &[u8])]) -> Vec<u8> {
    let list: Vec<u8> = entries
        .iter()
        .flat_map(|(group, share)| {
            let length = u16::try_from(share.len()).expect("a short share").to_be_bytes();
            [&group.0.to_be_bytes(), &length, *share].concat()
        })
        .collect();
    [
        &u16::try_from(list.len()).expect("a short list").to_be_bytes()[..],
        &list,
    ]
    .concat()
}
