//! A TLS 1.3 connection from its two streams: records, messages, keys, and the streams of data inside (RFC 8446).

mod certificate;
mod extension;
mod half;
mod keys;
mod message;
mod numbers;
mod record;
mod schedule;
mod transcript;

pub(super) use keys::KeyLog;

use nihao_protocol::crypto::{Group, SignatureScheme};
use nihao_protocol::tls::messages::{ClientHello, Message, ServerHello, Signer, signed_content};
use nihao_protocol::x509::{CertificateError, verify_with_certificate};

use super::fields::layer;
use super::spaces::{Spaces, Stream};
use crate::event::{Agreed, Part, Protocol, Schedule, Span};
use crate::texts;
use half::Half;
use keys::Keys;
use message::Checked;
use record::Told;
use schedule::Hashes;
use transcript::Transcript;

/// Which end sends: an index into the two halves.
pub(super) const CLIENT: usize = 0;
pub(super) const SERVER: usize = 1;

/// A connection while it is read.
#[derive(Debug)]
pub(super) struct Connection<'k> {
    log: &'k KeyLog,
    halves: [Half; 2],
    transcript: Transcript,
    agreed: Agreed,
    hashes: Hashes,
    /// The server's Finished was heard: what the client sends under keys may be read.
    is_answered: bool,
}

/// What is inside a connection: what both agreed on, and what each said under it.
#[derive(Debug)]
pub(super) struct Inside {
    pub(super) agreed: Agreed,
    pub(super) schedule: Option<Schedule>,
    pub(super) data: [Stream; 2],
}

/// Tells a whole connection.
pub(super) fn connection(log: &KeyLog, streams: [Stream; 2], spaces: &mut Spaces) -> Inside {
    let mut connection = Connection {
        log,
        halves: streams.map(Half::new),
        transcript: Transcript::default(),
        agreed: Agreed::default(),
        hashes: Hashes::default(),
        is_answered: false,
    };
    while let Some(side) = connection.next_to_speak() {
        connection.record(side, spaces);
    }
    for half in &mut connection.halves {
        half.end(spaces);
    }
    let schedule = connection.schedule();
    let Connection { agreed, halves, .. } = connection;
    let data = halves.map(|half| half.data);
    Inside { agreed, schedule, data }
}

impl Connection<'_> {
    /// Whose next record became complete first. What a client sends under keys waits for the server's flight, on which it depends:
    /// a loaded machine captures frames out of order.
    fn next_to_speak(&self) -> Option<usize> {
        let [client, server] = [CLIENT, SERVER].map(|side| self.halves.get(side).and_then(Half::next_record));
        match (client, server) {
            (Some((frame, kind)), Some((other, _))) => {
                let depends = kind == 23 && !self.is_answered;
                Some(if frame <= other && !depends { CLIENT } else { SERVER })
            }
            (Some(_), None) => Some(CLIENT),
            (None, Some(_)) => Some(SERVER),
            (None, None) => None,
        }
    }

    /// Tells the next record of one side, and what is in it.
    fn record(&mut self, side: usize, spaces: &mut Spaces) {
        let Some(half) = self.halves.get_mut(side) else {
            return;
        };
        if let Some(Told { kind, content, frame }) = half.tell_record(spaces) {
            self.content(side, kind, (content, frame), spaces);
        }
    }

    fn content(&mut self, side: usize, kind: u8, (span, frame): (Span, usize), spaces: &mut Spaces) {
        let bytes = spaces.bytes(span.space);
        let content = bytes.get(span.range.clone()).unwrap_or_default();
        let Some(half) = self.halves.get_mut(side) else {
            return;
        };
        let range = span.range.clone();
        let told = match kind {
            20 => layer(
                &bytes,
                range,
                (Protocol::Tls, "change_cipher_spec"),
                message::change_cipher_spec,
            ),
            21 => layer(&bytes, range, (Protocol::Tls, "alert"), message::alert),
            22 => {
                half.handshake.push(span, content, frame);
                self.messages(side, spaces);
                return;
            }
            23 => {
                half.data.push(span, content, frame);
                return;
            }
            _ => return,
        };
        spaces.put(span.space, Part::Layer(told.0));
    }

    /// Tells every handshake message that is whole now.
    fn messages(&mut self, side: usize, spaces: &mut Spaces) {
        loop {
            let Some(half) = self.halves.get_mut(side) else {
                return;
            };
            let &[kind, a, b, c, ..] = half.handshake.rest() else {
                return;
            };
            let length = usize::try_from(u32::from_be_bytes([0, a, b, c])).unwrap_or(usize::MAX);
            let length = length.saturating_add(4);
            if half.handshake.rest().len() < length {
                return;
            }
            let range = half.handshake.take(length);
            let bytes = half.handshake.bytes(range.clone()).to_vec();
            let checked = self.check(side, &bytes);
            if let Some(half) = self.halves.get(side) {
                let named = (Protocol::Tls, message::name(kind), "part of a handshake message");
                spaces.unit(&half.handshake, range, named, |fields| {
                    message::message(fields, checked)
                });
            }
            self.hear(side, &bytes);
        }
    }

    /// Checks what a message proves, over the transcript before it.
    fn check(&self, side: usize, bytes: &[u8]) -> Checked {
        let is_second = self.agreed.retried;
        let checked = Checked {
            is_right: None,
            is_second,
        };
        let (Some(half), Some(transcript)) = (self.halves.get(side), self.transcript.digest()) else {
            return checked;
        };
        let is_right = match Message::decode(bytes) {
            Ok(Message::Finished(finished)) => {
                let keys = half.keys.as_ref();
                keys.and_then(|keys| keys.finished_matches(&transcript, &finished.verify_data))
            }
            Ok(Message::CertificateVerify(verify)) => {
                let signer = if side == SERVER { Signer::Server } else { Signer::Client };
                let content = signed_content(signer, &transcript);
                half.leaf
                    .as_ref()
                    .and_then(|leaf| verified(leaf, verify.scheme, &content, &verify.signature))
            }
            _ => None,
        };
        Checked { is_right, is_second }
    }

    /// Takes a message as the two ends do: it goes into the transcript, and may change keys.
    fn hear(&mut self, side: usize, bytes: &[u8]) {
        let message = Message::decode(bytes);
        match &message {
            Ok(Message::ServerHello(hello)) if side == SERVER => self.transcript.begin(hello),
            Ok(Message::KeyUpdate(_)) => {
                if let Some(half) = self.halves.get_mut(side) {
                    half.keys = half.keys.as_ref().and_then(Keys::updated);
                }
                return;
            }
            Ok(Message::NewSessionTicket(_)) => return,
            _ => {}
        }
        self.transcript.add(bytes);
        match message {
            Ok(Message::ClientHello(hello)) if side == CLIENT => self.client_hello(&hello),
            Ok(Message::ServerHello(hello)) if side == SERVER => self.server_hello(&hello),
            Ok(Message::EncryptedExtensions(message)) => {
                let protocol = message.extensions.protocols().ok().flatten();
                let first = protocol.and_then(|all| all.into_iter().next());
                self.agreed.protocol = first.map(|name| String::from_utf8_lossy(&name).into_owned());
            }
            Ok(Message::Certificate(message)) => {
                if let Some(half) = self.halves.get_mut(side) {
                    half.leaf = message.entries.into_iter().next().map(|entry| entry.certificate);
                }
            }
            Ok(Message::Finished(_)) => self.finished(side),
            _ => {}
        }
    }

    fn client_hello(&mut self, hello: &ClientHello) {
        self.agreed.client_random = Some(hello.random);
        self.agreed.has_secrets = self.log.knows(&hello.random);
        self.agreed.server_name = hello.extensions.host_name().ok().flatten();
    }

    fn server_hello(&mut self, hello: &ServerHello) {
        self.agreed.suite = Some(hello.cipher_suite);
        if hello.is_retry() {
            self.agreed.retried = true;
            return;
        }
        self.agreed.group = hello.extensions.server_share().ok().flatten().map(|share| {
            let Group(number) = share.group;
            number
        });
        self.agreed.resumed = hello.extensions.selected_psk().is_ok_and(|psk| psk.is_some());
        self.hashes.hello = self.transcript.digest();
        self.set_keys(CLIENT, "CLIENT_HANDSHAKE_TRAFFIC_SECRET");
        self.set_keys(SERVER, "SERVER_HANDSHAKE_TRAFFIC_SECRET");
    }

    fn finished(&mut self, side: usize) {
        if side == SERVER {
            self.is_answered = true;
            self.hashes.server = self.transcript.digest();
            self.set_keys(SERVER, "SERVER_TRAFFIC_SECRET_0");
        } else {
            self.hashes.client = self.transcript.digest();
            self.set_keys(CLIENT, "CLIENT_TRAFFIC_SECRET_0");
        }
    }

    /// The graph of its secrets, as far as they were agreed on.
    fn schedule(&self) -> Option<Schedule> {
        let known = (self.log, self.agreed.client_random?);
        self.hashes.hello?;
        schedule::schedule(known, self.agreed.suite?, self.agreed.resumed, &self.hashes)
    }

    fn set_keys(&mut self, side: usize, label: &'static str) {
        let (Some(random), Some(suite)) = (self.agreed.client_random, self.agreed.suite) else {
            return;
        };
        if let Some(half) = self.halves.get_mut(side) {
            half.keys = self.log.keys(&random, label, suite);
            half.is_protected = true;
        }
    }
}

/// Whether the signature is right; nothing if this program cannot check such signatures.
fn verified(leaf: &[u8], scheme: SignatureScheme, content: &[u8], signature: &[u8]) -> Option<bool> {
    match verify_with_certificate(leaf, scheme, content, signature) {
        Ok(()) => Some(true),
        Err(CertificateError::BadSignature) => Some(false),
        Err(_) => None,
    }
}

impl Half {
    /// Names what was begun and not ended.
    fn end(&mut self, spaces: &mut Spaces) {
        spaces.leave(&mut self.stream, "beginning of a TLS record", &texts::UNFINISHED);
        spaces.leave(
            &mut self.handshake,
            "beginning of a handshake message",
            &texts::UNFINISHED,
        );
    }
}
