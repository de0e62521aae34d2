//! The key schedule as a graph (RFC 8446 §7.1), with the values that the key log gives and those that follow from them.

use nihao_protocol::crypto::hkdf::Prk;
use nihao_protocol::crypto::{Digest, HashAlgorithm, Secret};
use nihao_protocol::tls::CipherSuite;

use super::keys::KeyLog;
use crate::decode::SHARED_SECRET;
use crate::event::{Made, Making, Schedule};

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

/// The whole graph of a connection. `resumed`: the PSK is a ticket's, which no key log tells.
pub(super) fn schedule(
    (log, random): (&KeyLog, [u8; 32]),
    suite: CipherSuite,
    resumed: bool,
    hashes: &Hashes,
) -> Option<Schedule> {
    let (aead, hash) = suite.algorithms()?;
    let mut build = Builder {
        log,
        random,
        hash,
        key: aead.key_length(),
        schedule: Schedule::default(),
    };
    let zeros = vec![0; hash.length()];
    let salt = build.given("0", Some(zeros.clone()));
    let psk = build.given("PSK", (!resumed).then_some(zeros));
    let early = build.extract("Early Secret", salt, psk);
    let derived = build.derive(
        "derived from Early Secret",
        early,
        ("derived", "", Some(hash.hash(b""))),
    );
    let shared = build.given(
        "(EC)DHE shared secret",
        log.secret(&random, SHARED_SECRET)
            .map(|secret| secret.expose().to_vec()),
    );
    let handshake = build.extract("Handshake Secret", derived, shared);
    build.traffic(CLIENT_HANDSHAKE, handshake, ("c hs traffic", HELLOS, hashes.hello));
    build.traffic(SERVER_HANDSHAKE, handshake, ("s hs traffic", HELLOS, hashes.hello));
    let derived = build.derive(
        "derived from Handshake Secret",
        handshake,
        ("derived", "", Some(hash.hash(b""))),
    );
    let main = build.extract("Master Secret", derived, salt);
    build.traffic(
        CLIENT_APPLICATION,
        main,
        ("c ap traffic", TO_SERVER_FINISHED, hashes.server),
    );
    build.traffic(
        SERVER_APPLICATION,
        main,
        ("s ap traffic", TO_SERVER_FINISHED, hashes.server),
    );
    build.derive(
        "exporter_master_secret",
        main,
        ("exp master", TO_SERVER_FINISHED, hashes.server),
    );
    build.derive(
        "resumption_master_secret",
        main,
        ("res master", TO_CLIENT_FINISHED, hashes.client),
    );
    Some(build.schedule)
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

impl Builder<'_> {
    fn add(&mut self, made: Made) -> usize {
        self.schedule.nodes.push(made);
        self.schedule.nodes.len().saturating_sub(1)
    }

    fn value(&self, node: usize) -> Option<&[u8]> {
        self.schedule.nodes.get(node)?.value.as_deref()
    }

    fn given(&mut self, name: &'static str, value: Option<Vec<u8>>) -> usize {
        self.add(Made {
            name,
            logged_as: None,
            how: Making::Given,
            of: Vec::new(),
            value,
        })
    }

    /// RFC 5869 §2.2: HKDF-Extract is HMAC(salt, input).
    fn extract(&mut self, name: &'static str, salt: usize, input: usize) -> usize {
        let both = self.value(salt).zip(self.value(input));
        let value = both.and_then(|(salt, input)| {
            let made = nihao_protocol::crypto::hkdf::hmac(self.hash, &Secret::copy_of(salt), input);
            made.ok().map(|digest| digest.as_bytes().to_vec())
        });
        self.add(Made {
            name,
            logged_as: None,
            how: Making::Extract,
            of: vec![salt, input],
            value,
        })
    }

    fn derive(&mut self, name: &'static str, of: usize, how: (&'static str, &'static str, Option<Digest>)) -> usize {
        let (label, over, digest) = how;
        let hash = digest.map(|digest| digest.as_bytes().to_vec());
        self.expand((name, of), (label, over, hash), self.hash.length())
    }

    fn expand(
        &mut self,
        (name, of): (&'static str, usize),
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
        })
    }

    /// A traffic secret, with its key and iv (RFC 8446 §7.3) and the key of Finished (RFC 8446 §4.4.4).
    fn traffic(&mut self, names: [&'static str; 5], of: usize, how: (&'static str, &'static str, Option<Digest>)) {
        let [name, label, key, iv, finished] = names;
        let node = self.derive(name, of, how);
        let logged = self.log.secret(&self.random, label);
        let logged = logged.map(|secret| secret.expose().to_vec());
        if let Some(made) = self.schedule.nodes.get_mut(node) {
            made.logged_as = Some(label);
            made.value = logged.or_else(|| made.value.take());
        }
        let nothing = || Some(Vec::new());
        self.expand((key, node), ("key", "", nothing()), self.key);
        self.expand((iv, node), ("iv", "", nothing()), 12);
        if !finished.is_empty() {
            self.expand((finished, node), ("finished", "", nothing()), self.hash.length());
        }
    }
}
