//! The secrets of a key log, and what they open (RFC 8446 §5.2, §7.3).

use std::collections::BTreeMap;

use nihao_protocol::crypto::aead::TAG_LENGTH;
use nihao_protocol::crypto::{Aead, Digest, Prk, Secret};
use nihao_protocol::tls::CipherSuite;
use nihao_protocol::tls::key_schedule::TrafficSecret;

use crate::event::Protection;

/// The lines of an SSLKEYLOGFILE: by client random and label.
#[derive(Debug, Default)]
pub(super) struct KeyLog {
    secrets: BTreeMap<(Vec<u8>, String), Secret>,
    /// Whether they open records and are not told themselves.
    pub(super) is_withheld: bool,
}

/// The key, iv and sequence number of one direction.
#[derive(Debug)]
pub(super) struct Keys {
    label: &'static str,
    generation: u32,
    sequence: u64,
    suite: CipherSuite,
    secret: Secret,
    aead: Aead,
    iv: [u8; 12],
    is_withheld: bool,
}

impl KeyLog {
    /// Reads the lines that have a label, a random and a secret; others are comments.
    pub(super) fn parse(text: &str) -> Self {
        let line = |line: &str| {
            let mut words = line.split_ascii_whitespace();
            let (label, random, secret) = (words.next()?, words.next()?, words.next()?);
            Some(((hex(random)?, label.to_owned()), Secret::copy_of(&hex(secret)?)))
        };
        Self {
            secrets: text.lines().filter_map(line).collect(),
            is_withheld: false,
        }
    }

    /// Whether anything is known about this connection.
    pub(super) fn knows(&self, random: &[u8; 32]) -> bool {
        self.secrets.keys().any(|(known, _)| known == random)
    }

    /// A secret of this connection.
    pub(super) fn secret(&self, random: &[u8; 32], label: &str) -> Option<&Secret> {
        self.secrets.get(&(random.to_vec(), label.to_owned()))
    }

    /// What a secret of this connection opens.
    pub(super) fn keys(&self, random: &[u8; 32], label: &'static str, suite: CipherSuite) -> Option<Keys> {
        let secret = self.secret(random, label)?;
        Keys::new((label, 0), suite, secret.clone(), self.is_withheld)
    }
}

impl Keys {
    /// RFC 8446 §7.3: the write key and iv follow from the secret.
    fn new(
        (label, generation): (&'static str, u32),
        suite: CipherSuite,
        secret: Secret,
        is_withheld: bool,
    ) -> Option<Self> {
        let (algorithm, hash) = suite.algorithms()?;
        if secret.expose().len() != hash.length() {
            return None;
        }
        let prk = Prk::from_secret(hash, &secret).ok()?;
        let key = prk.secret("key", &[], algorithm.key_length()).ok()?;
        let mut iv = [0; 12];
        prk.expand_label("iv", &[], &mut iv).ok()?;
        Some(Self {
            label,
            generation,
            sequence: 0,
            suite,
            secret,
            aead: Aead::new(algorithm, key.expose()).ok()?,
            iv,
            is_withheld,
        })
    }

    /// Opens the next record: its plaintext, or nothing if the tag is wrong; then the sequence number stays.
    pub(super) fn open(&mut self, header: &[u8], body: &[u8]) -> Option<(Vec<u8>, Protection)> {
        let (sealed, tag) = body.split_at_checked(body.len().checked_sub(TAG_LENGTH)?)?;
        let mut nonce = self.iv;
        let low = nonce.iter_mut().skip(4);
        low.zip(self.sequence.to_be_bytes())
            .for_each(|(to, number)| *to ^= number);
        let mut plain = sealed.to_vec();
        self.aead.open(&nonce, header, &mut plain, tag.try_into().ok()?).ok()?;
        let protection = Protection {
            secret: self.label,
            generation: self.generation,
            sequence: self.sequence,
            iv: (!self.is_withheld).then_some(self.iv),
            nonce: (!self.is_withheld).then_some(nonce),
        };
        self.sequence = self.sequence.checked_add(1)?;
        Some((plain, protection))
    }

    /// RFC 8446 §7.2: the next keys, after a KeyUpdate.
    pub(super) fn updated(&self) -> Option<Self> {
        let next = TrafficSecret::new(self.suite, self.secret.clone()).update().ok()?;
        Self::new(
            (self.label, self.generation.saturating_add(1)),
            self.suite,
            next.secret().clone(),
            self.is_withheld,
        )
    }

    /// The verify_data that a Finished over this transcript must have.
    pub(super) fn finished(&self, transcript: &Digest) -> Option<Digest> {
        let secret = TrafficSecret::new(self.suite, self.secret.clone());
        secret.finished(transcript).ok()
    }
}

fn hex(text: &str) -> Option<Vec<u8>> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
        return None;
    };
    let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    pairs.iter().map(byte).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8448 §3: the server's handshake traffic secret, and the first record under it begins with the same nonce as its iv.
    #[test]
    fn a_line_gives_the_published_iv() {
        let random = "cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece7";
        let secret = "b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38";
        let log = KeyLog::parse(&format!(
            "# comment\nSERVER_HANDSHAKE_TRAFFIC_SECRET {random} {secret}\nbroken\n"
        ));
        let random: [u8; 32] = hex(random).unwrap().try_into().unwrap();
        assert!(log.knows(&random) && !log.knows(&[0; 32]));
        let suite = CipherSuite::TLS_AES_128_GCM_SHA256;
        let keys = log.keys(&random, "SERVER_HANDSHAKE_TRAFFIC_SECRET", suite).unwrap();
        assert_eq!(keys.iv.to_vec(), hex("5d313eb2671276ee13000b30").unwrap());
        assert!(log.keys(&random, "CLIENT_HANDSHAKE_TRAFFIC_SECRET", suite).is_none());
    }
}
