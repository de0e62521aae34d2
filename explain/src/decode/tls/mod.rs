//! A TLS 1.3 connection from its two streams: records, messages, keys, and the streams of data inside (RFC 8446).

mod agreement;
mod around;
mod certificate;
mod extension;
mod half;
mod keys;
mod message;
mod numbers;
mod proof;
mod record;
mod schedule;
mod transcript;

pub(super) use around::Around;

use nihao_protocol::crypto::{Group, Secret, SignatureScheme};
use nihao_protocol::tls::messages::{ClientHello, KeyShareEntry, Message, ServerHello};

use super::SHARED_SECRET;
use super::chain::Issuer;
use super::fields::layer;
use super::spaces::{Spaces, Stream};
use crate::event::{Agreed, Agreement, Check, Part, Protocol, Schedule, Span};
use crate::texts;
use half::Half;
use keys::Keys;
use message::Checked;
use proof::Sent;
use record::Told;
use schedule::{Hashes, Shown};
use transcript::Transcript;

/// Which end sends: an index into the two halves.
pub(super) const CLIENT: usize = 0;
pub(super) const SERVER: usize = 1;

/// Tickets, and the PSKs that they stand for.
pub(super) type Tickets = Vec<(Vec<u8>, Secret)>;

/// A connection while it is read.
#[derive(Debug)]
pub(super) struct Connection<'k> {
    around: &'k Around<'k>,
    halves: [Half; 2],
    transcript: Transcript,
    agreed: Agreed,
    hashes: Hashes,
    checks: Vec<Check>,
    agreement: Option<Agreement>,
    /// The shares of the last ClientHello.
    shares: Vec<KeyShareEntry>,
    /// The tickets of the last ClientHello.
    identities: Vec<Vec<u8>>,
    /// The PSK that it goes on with, if that is known.
    psk: Option<&'k Secret>,
    /// What each end may sign with: what the other offered.
    schemes: [Vec<SignatureScheme>; 2],
    /// How often each end changed its key.
    updates: [u32; 2],
    /// The nonces of the tickets it gave, and the tickets.
    tickets: (Vec<Vec<u8>>, Vec<Vec<u8>>),
    /// The server picked a version before TLS 1.3: what follows is not told.
    is_old: bool,
    /// The server's Finished was heard: what the client sends under keys may be read.
    is_answered: bool,
}

/// What is inside a connection: what both agreed on, and what each said under it.
#[derive(Debug)]
pub(super) struct Inside {
    pub(super) agreed: Agreed,
    pub(super) checks: Vec<Check>,
    pub(super) agreement: Option<Agreement>,
    pub(super) schedule: Option<Schedule>,
    /// Its tickets, and the PSKs they stand for, as far as those are known.
    pub(super) tickets: Tickets,
    pub(super) data: [Stream; 2],
}

/// Tells a whole connection.
pub(super) fn connection<'k>(around: &'k Around<'k>, streams: [Stream; 2], spaces: &mut Spaces) -> Inside {
    let mut connection = Connection {
        around,
        halves: streams.map(Half::new),
        transcript: Transcript::default(),
        agreed: Agreed::default(),
        hashes: Hashes::default(),
        checks: Vec::new(),
        agreement: None,
        shares: Vec::new(),
        identities: Vec::new(),
        psk: None,
        schemes: Default::default(),
        updates: [0; 2],
        tickets: Default::default(),
        is_old: false,
        is_answered: false,
    };
    while let Some(side) = connection.next_to_speak() {
        connection.record(side, spaces);
    }
    for half in &mut connection.halves {
        half.end(spaces);
    }
    let (schedule, tickets) = connection.schedule().unzip();
    Inside {
        agreed: connection.agreed,
        checks: connection.checks,
        agreement: connection.agreement,
        schedule,
        tickets: tickets.unwrap_or_default(),
        data: connection.halves.map(|half| half.data),
    }
}

impl<'k> Connection<'k> {
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
        half.is_sealed_otherwise |= self.is_old && kind == 20;
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
            self.is_old |= side == SERVER && message::is_old(&bytes);
            let checked = self.check(side, &bytes);
            if let Some(half) = self.halves.get(side) {
                let frame = half.handshake.frame_of(&range);
                let named = (Protocol::Tls, message::name(kind), "part of a handshake message");
                let (span, _) = spaces.unit(&half.handshake, range, named, |fields| {
                    message::message(fields, &checked)
                });
                let bytes = &bytes;
                if !self.is_old {
                    self.prove(
                        &Sent {
                            side,
                            bytes,
                            span,
                            frame,
                        },
                        spaces,
                    );
                }
            }
            if !self.is_old {
                self.hear(side, &bytes);
            }
        }
    }

    /// What is found out about a message beside its bytes, over the transcript before it.
    fn check(&self, side: usize, bytes: &[u8]) -> Checked {
        if self.is_old {
            return Checked {
                is_old: true,
                ..Checked::default()
            };
        }
        let issuers = match Message::decode(bytes) {
            Ok(Message::Certificate(message)) => {
                let chain: Vec<_> = message.entries.into_iter().map(|entry| entry.certificate).collect();
                let issuer = |index| Issuer::find(&chain, index, self.trusted(side)).map(|issuer| issuer.key);
                (0..chain.len()).map(issuer).collect()
            }
            _ => Vec::new(),
        };
        Checked {
            is_right: self.is_right(side, bytes),
            is_second: self.agreed.retried,
            is_old: false,
            issuers,
        }
    }

    /// Takes a message as the two ends do: it goes into the transcript, and may change keys.
    fn hear(&mut self, side: usize, bytes: &[u8]) {
        let message = Message::decode(bytes);
        match &message {
            Ok(Message::ServerHello(hello)) if side == SERVER => self.transcript.begin(hello),
            Ok(Message::KeyUpdate(_)) => {
                if let (Some(half), Some(updates)) = (self.halves.get_mut(side), self.updates.get_mut(side)) {
                    half.keys = half.keys.as_ref().and_then(Keys::updated);
                    *updates = updates.saturating_add(1);
                }
                return;
            }
            Ok(Message::NewSessionTicket(ticket)) => {
                self.tickets.0.push(ticket.nonce.clone());
                self.tickets.1.push(ticket.ticket.clone());
                return;
            }
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
                    half.chain = message.entries.into_iter().map(|entry| entry.certificate).collect();
                }
            }
            Ok(Message::CertificateRequest(request)) => {
                let [client, _] = &mut self.schemes;
                *client = request
                    .extensions
                    .signature_algorithms()
                    .ok()
                    .flatten()
                    .unwrap_or_default();
            }
            Ok(Message::Finished(_)) => self.finished(side),
            _ => {}
        }
    }

    fn client_hello(&mut self, hello: &ClientHello) {
        self.agreed.client_random = Some(hello.random);
        self.agreed.has_secrets = self.around.log.knows(&hello.random);
        self.agreed.server_name = hello.extensions.host_name().ok().flatten();
        self.shares = hello.extensions.client_shares().ok().flatten().unwrap_or_default();
        let [_, server] = &mut self.schemes;
        *server = hello
            .extensions
            .signature_algorithms()
            .ok()
            .flatten()
            .unwrap_or_default();
        let psks = hello.extensions.offered_psks().ok().flatten();
        let psks = psks.map(|psks| psks.identities).unwrap_or_default();
        self.identities = psks.into_iter().map(|psk| psk.identity).collect();
    }

    fn server_hello(&mut self, hello: &ServerHello) {
        self.agreed.suite = Some(hello.cipher_suite);
        if hello.is_retry() {
            self.agreed.retried = true;
            return;
        }
        let share = hello.extensions.server_share().ok().flatten();
        self.agreed.group = share.as_ref().map(|share| {
            let Group(number) = share.group;
            number
        });
        let shared = self.agreed.client_random;
        let shared = shared.and_then(|random| self.around.log.secret(&random, SHARED_SECRET));
        self.agreement = share.and_then(|share| agreement::agreement(&self.shares, &share, shared.map(Secret::expose)));
        let selected = hello.extensions.selected_psk().ok().flatten();
        self.agreed.resumed = selected.is_some();
        let identity = selected.and_then(|index| self.identities.get(usize::from(index)));
        self.psk = identity.and_then(|identity| self.around.tickets.get(identity));
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

    /// The graph of its secrets, as far as they were agreed on, and what its tickets stand for.
    fn schedule(&self) -> Option<(Schedule, Tickets)> {
        self.hashes.hello?;
        let (nonces, tickets) = &self.tickets;
        let shown = Shown {
            suite: self.agreed.suite?,
            hashes: &self.hashes,
            resumed: self.agreed.resumed,
            psk: self.psk,
            updates: self.updates,
            nonces,
        };
        let (schedule, places) = schedule::schedule((&self.around.log, self.agreed.client_random?), &shown)?;
        let made = places
            .into_iter()
            .map(|place| schedule.nodes.get(place)?.value.as_ref());
        let known = tickets
            .iter()
            .zip(made)
            .filter_map(|(ticket, psk)| Some((ticket.clone(), Secret::copy_of(psk?))));
        let known = known.collect();
        Some((schedule, known))
    }

    fn set_keys(&mut self, side: usize, label: &'static str) {
        let (Some(random), Some(suite)) = (self.agreed.client_random, self.agreed.suite) else {
            return;
        };
        if let Some(half) = self.halves.get_mut(side) {
            half.keys = self.around.log.keys(&random, label, suite);
            half.is_protected = true;
        }
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
