//! The key schedule as a graph (RFC 8446 §7.1), with the values that the key log gives and those that follow from them.

use std::borrow::Cow;

use nihao_protocol::crypto::hkdf::{Prk, hmac};
use nihao_protocol::crypto::{Digest, HashAlgorithm, Secret};
use nihao_protocol::tls::CipherSuite;

use super::keys::KeyLog;
use crate::decode::SHARED_SECRET;
use crate::event::{Made, Making, Schedule};
use crate::texts::{self, Text};

/// The hashes of the handshake at the points where secrets are made of them.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Hashes {
    /// ClientHello…ServerHello.
    pub(super) hello: Option<Digest>,
    /// ClientHello…server Finished.
    pub(super) server: Option<Digest>,
    /// ClientHello…client Finished.
    pub(super) client: Option<Digest>,
}

/// What a connection shows of what its secrets are made of.
#[derive(Debug)]
pub(super) struct Shown<'a> {
    pub(super) suite: CipherSuite,
    pub(super) hashes: &'a Hashes,
    /// Whether it goes on from an earlier connection.
    pub(super) resumed: bool,
    /// The PSK, if it does and that connection's secrets are known.
    pub(super) psk: Option<&'a Secret>,
    /// How often each end's secret was updated, the client's first.
    pub(super) updates: [u32; 2],
    /// The nonces of its tickets.
    pub(super) nonces: &'a [Vec<u8>],
}

const HELLOS: &str = "ClientHello…ServerHello";
const TO_SERVER_FINISHED: &str = "ClientHello…server Finished";
const TO_CLIENT_FINISHED: &str = "ClientHello…client Finished";

/// What is needed to make one.
#[derive(Debug)]
struct Builder<'a> {
    log: &'a KeyLog,
    random: [u8; 32],
    hash: HashAlgorithm,
    key: usize,
    schedule: Schedule,
}

/// The whole graph of a connection, and in it the places of its tickets' PSKs.
pub(super) fn schedule((log, random): (&KeyLog, [u8; 32]), shown: &Shown<'_>) -> Option<(Schedule, Vec<usize>)> {
    let (aead, hash) = shown.suite.algorithms()?;
    let mut build = Builder {
        log,
        random,
        hash,
        key: aead.key_length(),
        schedule: Schedule::default(),
    };
    let zeros = vec![0; hash.length()];
    let salt = build.given("0", &texts::KEY_ZEROS, Some(zeros.clone()));
    let psk = match shown.resumed {
        true => shown.psk.map(|psk| psk.expose().to_vec()),
        false => Some(zeros),
    };
    let psk = build.given("PSK", &texts::KEY_PSK, psk);
    let early = build.extract(("Early Secret", &texts::KEY_EARLY), salt, psk);
    if shown.resumed {
        let nothing = ("res binder", "", Some(hash.hash(b"")));
        build.derive(("binder key", &texts::KEY_BINDER), early, nothing);
    }
    let handshake = build.handshake(early, shown.hashes);
    let main = build.main(handshake, salt, shown);
    let places = build.resumption(main, shown);
    Some((build.schedule, places))
}

/// A traffic secret: its name, its label in a key log, and the names of what is made of it.
const CLIENT_HANDSHAKE: [&str; 5] = [
    "client_handshake_traffic_secret",
    "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
    "client handshake key",
    "client handshake iv",
    "client finished key",
];
const SERVER_HANDSHAKE: [&str; 5] = [
    "server_handshake_traffic_secret",
    "SERVER_HANDSHAKE_TRAFFIC_SECRET",
    "server handshake key",
    "server handshake iv",
    "server finished key",
];
const CLIENT_APPLICATION: [&str; 5] = [
    "client_application_traffic_secret_0",
    "CLIENT_TRAFFIC_SECRET_0",
    "client application key",
    "client application iv",
    "",
];
const SERVER_APPLICATION: [&str; 5] = [
    "server_application_traffic_secret_0",
    "SERVER_TRAFFIC_SECRET_0",
    "server application key",
    "server application iv",
    "",
];

/// A node's name, and what it is for.
type Named = (&'static str, &'static Text);
/// The label, what its context is, and the context.
type Label = (&'static str, &'static str, Option<Digest>);

impl Builder<'_> {
    fn handshake(&mut self, early: usize, hashes: &Hashes) -> usize {
        let nothing = ("derived", "", Some(self.hash.hash(b"")));
        let derived = self.derive(("derived from Early Secret", &texts::KEY_DERIVED), early, nothing);
        let shared = self.log.secret(&self.random, SHARED_SECRET);
        let shared = shared.map(|secret| secret.expose().to_vec());
        let shared = self.given("(EC)DHE shared secret", &texts::KEY_SHARED, shared);
        let handshake = self.extract(("Handshake Secret", &texts::KEY_HANDSHAKE), derived, shared);
        let why = &texts::KEY_TRAFFIC_HANDSHAKE;
        self.traffic(
            (CLIENT_HANDSHAKE, why),
            handshake,
            ("c hs traffic", HELLOS, hashes.hello),
        );
        self.traffic(
            (SERVER_HANDSHAKE, why),
            handshake,
            ("s hs traffic", HELLOS, hashes.hello),
        );
        handshake
    }

    fn main(&mut self, handshake: usize, salt: usize, shown: &Shown<'_>) -> usize {
        let nothing = ("derived", "", Some(self.hash.hash(b"")));
        let derived = self.derive(
            ("derived from Handshake Secret", &texts::KEY_DERIVED),
            handshake,
            nothing,
        );
        let main = self.extract(("Master Secret", &texts::KEY_MASTER), derived, salt);
        let over = (TO_SERVER_FINISHED, shown.hashes.server);
        let sides = [
            (CLIENT_APPLICATION, "c ap traffic", "client"),
            (SERVER_APPLICATION, "s ap traffic", "server"),
        ];
        for ((names, label, end), updates) in sides.into_iter().zip(shown.updates) {
            let mut secret = self.traffic((names, &texts::KEY_TRAFFIC), main, (label, over.0, over.1));
            for generation in 1..=updates {
                secret = self.update(end, generation, secret);
            }
        }
        let exporter = ("exporter_master_secret", &texts::KEY_EXPORTER);
        self.derive(exporter, main, ("exp master", over.0, over.1));
        main
    }

    /// RFC 8446 §7.2.
    fn update(&mut self, end: &str, generation: u32, of: usize) -> usize {
        let nothing = || Some(Vec::new());
        let name = format!("{end}_application_traffic_secret_{generation}");
        let length = self.hash.length();
        let secret = self.expand(
            (name.into(), &texts::KEY_NEXT_TRAFFIC, of),
            ("traffic upd", "", nothing()),
            length,
        );
        let key = format!("{end} application key {generation}");
        self.expand(
            (key.into(), &texts::KEY_WRITE, secret),
            ("key", "", nothing()),
            self.key,
        );
        let iv = format!("{end} application iv {generation}");
        self.expand((iv.into(), &texts::KEY_IV, secret), ("iv", "", nothing()), 12);
        secret
    }

    /// RFC 8446 §4.6.1; where the PSKs of the tickets are.
    fn resumption(&mut self, main: usize, shown: &Shown<'_>) -> Vec<usize> {
        let resumption = self.derive(
            ("resumption_master_secret", &texts::KEY_RESUMPTION),
            main,
            ("res master", TO_CLIENT_FINISHED, shown.hashes.client),
        );
        let mut places = Vec::new();
        for (index, nonce) in shown.nonces.iter().enumerate() {
            let name = format!("PSK of ticket {}", index.saturating_add(1));
            let how = ("resumption", "ticket_nonce", Some(nonce.clone()));
            let named = (name.into(), &texts::KEY_TICKET, resumption);
            places.push(self.expand(named, how, self.hash.length()));
        }
        places
    }

    fn add(&mut self, made: Made) -> usize {
        self.schedule.nodes.push(made);
        self.schedule.nodes.len().saturating_sub(1)
    }

    fn value(&self, node: usize) -> Option<&[u8]> {
        self.schedule.nodes.get(node)?.value.as_deref()
    }

    fn given(&mut self, name: &'static str, why: &'static Text, value: Option<Vec<u8>>) -> usize {
        self.add(Made {
            name: name.into(),
            logged_as: None,
            how: Making::Given,
            of: Vec::new(),
            value,
            why,
        })
    }

    /// RFC 5869 §2.2: HKDF-Extract is HMAC(salt, input).
    fn extract(&mut self, (name, why): Named, salt: usize, input: usize) -> usize {
        let both = self.value(salt).zip(self.value(input));
        let value = both.and_then(|(salt, input)| {
            let made = hmac(self.hash, &Secret::copy_of(salt), input);
            made.ok().map(|digest| digest.as_bytes().to_vec())
        });
        self.add(Made {
            name: name.into(),
            logged_as: None,
            how: Making::Extract,
            of: vec![salt, input],
            value,
            why,
        })
    }

    fn derive(&mut self, (name, why): Named, of: usize, (label, over, digest): Label) -> usize {
        let hash = digest.map(|digest| digest.as_bytes().to_vec());
        self.expand((name.into(), why, of), (label, over, hash), self.hash.length())
    }

    fn expand(
        &mut self,
        (name, why, of): (Cow<'static, str>, &'static Text, usize),
        (label, over, hash): (&'static str, &'static str, Option<Vec<u8>>),
        length: usize,
    ) -> usize {
        let value = self.value(of).zip(hash.as_deref()).and_then(|(secret, context)| {
            let prk = Prk::from_secret(self.hash, &Secret::copy_of(secret)).ok()?;
            let made = prk.secret(label, context, length).ok()?;
            Some(made.expose().to_vec())
        });
        let hash = hash.filter(|hash| !hash.is_empty());
        self.add(Made {
            name,
            logged_as: None,
            how: Making::Expand {
                label,
                over,
                hash,
                length,
            },
            of: vec![of],
            value,
            why,
        })
    }

    /// A traffic secret, with its key and iv (RFC 8446 §7.3) and the key of Finished (RFC 8446 §4.4.4).
    fn traffic(&mut self, (names, why): ([&'static str; 5], &'static Text), of: usize, how: Label) -> usize {
        let [name, label, key, iv, finished] = names;
        let node = self.derive((name, why), of, how);
        let logged = self.log.secret(&self.random, label);
        let logged = logged.map(|secret| secret.expose().to_vec());
        if let Some(made) = self.schedule.nodes.get_mut(node) {
            made.logged_as = Some(label);
            made.value = logged.or_else(|| made.value.take());
        }
        let nothing = || Some(Vec::new());
        let (key_length, hash_length) = (self.key, self.hash.length());
        self.expand(
            (key.into(), &texts::KEY_WRITE, node),
            ("key", "", nothing()),
            key_length,
        );
        self.expand((iv.into(), &texts::KEY_IV, node), ("iv", "", nothing()), 12);
        if !finished.is_empty() {
            let named = (finished.into(), &texts::KEY_FINISHED, node);
            self.expand(named, ("finished", "", nothing()), hash_length);
        }
        node
    }
}
