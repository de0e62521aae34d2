//! The door between a handshake state and the outside: what it hears, what it says, and the keys it changes.
//!
//! No state touches the transcript, a record or a socket: messages go out through [`Flight::say`], which hashes and queues them;
//! those that come in are hashed before the state sees them.

use std::sync::Arc;

use super::error::{Error, Peer};
use super::inbound::{Aligned, Inbound, RawMessage};
use super::key_log::{self, KeyLog};
use super::key_schedule::{Exporter, TrafficSecret, TrafficSecrets};
use super::messages::encode;
use super::names::{CipherSuite, HandshakeType};
use super::negotiated::Negotiated;
use super::outbound::Outbound;
use super::traffic::Resuming;
use super::transcript::Transcript;
use crate::clock::UnixTime;
use crate::crypto::{Digest, HashAlgorithm, Random, Secret};
use crate::wire::Writer;

/// What a connection needs from outside while it works: the time, and randomness.
pub struct Context<'a> {
    /// The time certificates are checked against.
    pub now: UnixTime,
    /// Where randoms, session ids and ephemeral keys come from.
    pub random: &'a mut dyn Random,
}

impl std::fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Context({:?})", self.now)
    }
}

/// A handshake message as a state hears it.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) kind: HandshakeType,
    bytes: Vec<u8>,
    /// The transcript hash before this message: what CertificateVerify and Finished speak of.
    pub(super) before: Digest,
    aligned: Option<Aligned>,
}

impl Heard {
    /// The message without its header.
    pub(super) fn body(&self) -> &[u8] {
        self.bytes.get(4..).unwrap_or_default()
    }

    /// The proof that nothing follows it in its record, or the peer's error.
    pub(super) const fn aligned(&self) -> Result<&Aligned, Peer> {
        match &self.aligned {
            Some(aligned) => Ok(aligned),
            None => Err(Peer::KeyChangeInsideRecord),
        }
    }
}

/// The door.
pub(super) struct Flight<'a> {
    pub(super) inbound: &'a mut Inbound,
    pub(super) outbound: &'a mut Outbound,
    pub(super) transcript: &'a mut Transcript,
    pub(super) now: UnixTime,
    pub(super) random: &'a mut dyn Random,
}

/// Where a step leads: on to the next state, or out of the handshake.
pub(super) enum Next<State> {
    Wait(State),
    Open(Box<Established>),
}

/// What a finished handshake leaves behind.
pub(super) struct Established {
    pub(super) facts: Negotiated,
    pub(super) reading: TrafficSecret,
    pub(super) writing: TrafficSecret,
    pub(super) exporter: Exporter,
    /// What a client needs to make sessions of the tickets that come.
    pub(super) resuming: Option<Box<Resuming>>,
}

impl Flight<'_> {
    /// Hears a message: it goes into the transcript, but for a hello, whose place there depends on what it says.
    pub(super) fn hear(&mut self, raw: RawMessage) -> Heard {
        let before = self.transcript.digest();
        if !matches!(raw.kind, HandshakeType::CLIENT_HELLO | HandshakeType::SERVER_HELLO) {
            self.transcript.add(&raw.bytes);
        }
        Heard {
            kind: raw.kind,
            bytes: raw.bytes,
            before,
            aligned: raw.aligned,
        }
    }

    /// Puts a hello into the transcript, now that its suite, and whether it asks to retry, are known.
    pub(super) fn settle(&mut self, hello: &Heard, hash: HashAlgorithm, is_retry: bool) {
        self.transcript.start(hash);
        if is_retry {
            self.transcript.restart_after_retry();
        }
        self.transcript.add(&hello.bytes);
    }

    /// Says a message.
    pub(super) fn say(&mut self, kind: HandshakeType, write: impl FnOnce(&mut Writer)) -> Result<(), Error> {
        let message = encode(kind, write)?;
        self.transcript.add(&message);
        self.outbound.say(&message);
        Ok(())
    }

    /// Says a HelloRetryRequest: the first ClientHello's place in the transcript is taken by its hash.
    pub(super) fn say_retry(&mut self, write: impl FnOnce(&mut Writer)) -> Result<(), Error> {
        self.transcript.restart_after_retry();
        self.say(HandshakeType::SERVER_HELLO, write)
    }

    /// The transcript hash with a ClientHello next that lacks the binders at its end (RFC 8446 §4.2.11.2).
    pub(super) fn hash_of_hello_without(&self, heard: &Heard, binders: usize, algorithm: HashAlgorithm) -> Digest {
        let (truncated, _) = heard.bytes.split_at(heard.bytes.len().saturating_sub(binders));
        self.hash_with(algorithm, truncated)
    }

    /// The transcript hash as if `tail` came next.
    pub(super) fn hash_with(&self, algorithm: HashAlgorithm, tail: &[u8]) -> Digest {
        self.transcript.digest_with(algorithm, tail)
    }

    /// The transcript hash, of everything heard and said.
    pub(super) fn hash(&self) -> Digest {
        self.transcript.digest()
    }

    /// RFC 8449 §4: where both sides said how much they take, each keeps to the other's limit from now on.
    pub(super) fn agree_on_record_sizes(&mut self, peers: Option<u16>) {
        if let (Some(peers), Some(ours)) = (peers, self.outbound.policy().record_size_limit()) {
            self.outbound.limit_records(usize::from(peers));
            self.inbound.limit_records(usize::from(ours));
        }
    }

    /// From here on we write under this secret.
    pub(super) fn write_with(&mut self, secret: &TrafficSecret) -> Result<(), Error> {
        self.outbound.change_key(secret.sealer()?)
    }

    /// From here on the peer writes under this secret.
    pub(super) fn read_with(&mut self, secret: &TrafficSecret, aligned: &Aligned) -> Result<(), Error> {
        self.inbound.change_key(secret.opener()?, aligned);
        Ok(())
    }
}

/// Logs both directions' secrets under the labels of the NSS key log format.
pub(super) fn log_secrets(
    log: Option<&Arc<dyn KeyLog>>,
    [client, server]: [&str; 2],
    random: &[u8; 32],
    secrets: &TrafficSecrets,
) {
    if let Some(log) = log {
        log.log(&key_log::line(client, random, secrets.client.secret()));
        log.log(&key_log::line(server, random, secrets.server.secret()));
    }
}

/// Logs what the key agreement came to, of which files take no notice, and both directions' secrets of the handshake.
pub(super) fn log_handshake(
    log: Option<&Arc<dyn KeyLog>>,
    random: &[u8; 32],
    shared: &Secret,
    secrets: &TrafficSecrets,
) {
    if let Some(log) = log {
        log.shared_secret(random, shared);
    }
    log_secrets(log, HANDSHAKE_LABELS, random, secrets);
}

/// The labels of the handshake's secrets.
const HANDSHAKE_LABELS: [&str; 2] = ["CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET"];
/// The labels of the first application secrets.
pub(super) const TRAFFIC_LABELS: [&str; 2] = ["CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0"];

/// The hash of a suite that was negotiated, and so is supported.
pub(super) fn suite_hash(suite: CipherSuite) -> Result<HashAlgorithm, Error> {
    let (_, hash) = suite
        .algorithms()
        .ok_or(Peer::IllegalParameter("a cipher suite that was not offered"))?;
    Ok(hash)
}
