//! One end of a TLS 1.3 connection: four verbs, no IO.

use std::sync::Arc;

use super::alert::{AlertDescription, AlertLevel};
use super::client;
use super::config::{ClientConfig, RecordPolicy, ServerConfig};
use super::error::{Error, Misuse, Peer};
use super::flight::{Context, Established, Flight, Heard, Next};
use super::inbound::{Brought, Inbound, RawMessage};
use super::messages::KeyUpdate;
use super::negotiated::Negotiated;
use super::outbound::Outbound;
use super::server;
use super::traffic::{Happened, Traffic};
use super::transcript::Transcript;
use crate::x509::ServerName;

/// Which end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Speaks first.
    Client,
    /// Answers.
    Server,
}

/// What happened, for the application.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The handshake is complete; [`Connection::facts`] has its outcome.
    HandshakeComplete,
    /// Application data, all that has arrived.
    Data(&'a [u8]),
    /// The peer changed its key.
    KeyUpdated,
    /// The peer sent close_notify: no more data will come. Ours may still go.
    Closed,
}

/// One end of a connection.
///
/// ```text
///          receive(wire)  ┌────────────┐  next_event()
///   network ────────────▶ │ Connection │ ────────────▶ application
///           ◀──────────── │            │ ◀────────────
///            transmit()   └────────────┘  send(plaintext)
/// ```
///
/// Bytes from the network go into [`receive`](Self::receive); what then happened comes out of
/// [`next_event`](Self::next_event). What the application says goes into [`send`](Self::send); bytes for the network come out of
/// [`transmit`](Self::transmit). After every call, transmit what waits and drain the events.
#[derive(Debug)]
pub struct Connection {
    role: Role,
    phase: Phase,
    inbound: Inbound,
    outbound: Outbound,
    facts: Option<Box<Negotiated>>,
    news: News,
    received_close: bool,
    sent_close: bool,
}

/// Bytes that may wait for the wire when a KeyUpdate is answered at once: fewer answers in a row than a peer puts up with.
const MOST_ANSWERS: usize = 512;

/// What the application was not told yet.
#[derive(Debug, Default)]
struct News {
    complete: bool,
    key_updates: u8,
    closed: bool,
}

enum Phase {
    Client(Box<Handshaking<client::State>>),
    Server(Box<Handshaking<server::State>>),
    Open(Box<Traffic>),
    Failed(Error),
}

struct Handshaking<State> {
    /// Nothing while a step is under way.
    state: Option<State>,
    transcript: Transcript,
}

impl<State> Handshaking<State> {
    /// Lets the state follow the message's arrow; gives what a finished handshake leaves behind.
    fn hear(
        &mut self,
        raw: RawMessage,
        (inbound, outbound): (&mut Inbound, &mut Outbound),
        context: &mut Context<'_>,
        step: impl FnOnce(State, &Heard, &mut Flight<'_>) -> Result<Next<State>, Error>,
    ) -> Result<Option<Box<Established>>, Error> {
        let mut flight = Flight {
            inbound,
            outbound,
            transcript: &mut self.transcript,
            now: context.now,
            random: &mut *context.random,
        };
        let heard = flight.hear(raw);
        let state = self.state.take().ok_or(Misuse::HandshakeIncomplete)?;
        match step(state, &heard, &mut flight)? {
            Next::Open(established) => Ok(Some(established)),
            Next::Wait(next) => {
                self.state = Some(next);
                Ok(None)
            }
        }
    }
}

impl std::fmt::Debug for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

impl Phase {
    fn name(&self) -> &'static str {
        match self {
            Self::Client(handshake) => handshake.state.as_ref().map_or("FAILED", client::State::name),
            Self::Server(handshake) => handshake.state.as_ref().map_or("FAILED", server::State::name),
            Self::Open(_) => "CONNECTED",
            Self::Failed(_) => "FAILED",
        }
    }
}

impl Connection {
    /// A client's end, its ClientHello ready to be transmitted.
    pub fn client(config: Arc<ClientConfig>, name: ServerName, context: &mut Context<'_>) -> Result<Self, Error> {
        let mut connection = Self::new(Role::Client, config.records, 1);
        let mut transcript = Transcript::new();
        let mut flight = Flight {
            inbound: &mut connection.inbound,
            outbound: &mut connection.outbound,
            transcript: &mut transcript,
            now: context.now,
            random: context.random,
        };
        let state = Some(client::start(config, name, &mut flight)?);
        connection.phase = Phase::Client(Box::new(Handshaking { state, transcript }));
        Ok(connection)
    }

    /// A server's end, waiting for a ClientHello.
    pub fn server(config: Arc<ServerConfig>) -> Result<Self, Error> {
        let mut connection = Self::new(Role::Server, config.records, 3);
        let state = server::WaitClientHello::new(config)?;
        connection.phase = Phase::Server(Box::new(Handshaking {
            state: Some(server::State::WaitClientHello(Box::new(state))),
            transcript: Transcript::new(),
        }));
        Ok(connection)
    }

    fn new(role: Role, policy: RecordPolicy, minor: u8) -> Self {
        Self {
            role,
            phase: Phase::Failed(Misuse::HandshakeIncomplete.into()),
            inbound: Inbound::default(),
            outbound: Outbound::new(policy, minor),
            facts: None,
            news: News::default(),
            received_close: false,
            sent_close: false,
        }
    }

    /// Takes bytes from the network, any number of them, cut anywhere.
    ///
    /// On an error the connection is over: an alert may wait to be transmitted, and every later call gives the same error. Data
    /// that came before it can still be taken with [`next_event`](Self::next_event).
    pub fn receive(&mut self, wire: &[u8], context: &mut Context<'_>) -> Result<(), Error> {
        if let Phase::Failed(error) = &self.phase {
            return Err(error.clone());
        }
        self.take(wire, context).map_err(|error| self.fail(error))
    }

    fn take(&mut self, mut wire: &[u8], context: &mut Context<'_>) -> Result<(), Error> {
        // RFC 8446 §6.1: what comes after a closure alert is ignored.
        while !self.received_close {
            if let Some(raw) = self.inbound.next_message()? {
                self.hear(raw, context)?;
                continue;
            }
            match self.inbound.next_record(&mut wire)? {
                None => break,
                Some(Brought::Content) => {}
                Some(Brought::Alert { level, description }) => self.hear_alert(level, description)?,
            }
        }
        Ok(())
    }

    fn hear(&mut self, raw: RawMessage, context: &mut Context<'_>) -> Result<(), Error> {
        // RFC 8446 §6.1: after close_notify nothing more is sent, so no handshake can be ended.
        if self.sent_close && self.is_handshaking() {
            return Err(Misuse::AlreadyClosed.into());
        }
        let halves = (&mut self.inbound, &mut self.outbound);
        let established = match &mut self.phase {
            Phase::Client(handshake) => handshake.hear(raw, halves, context, client::State::step)?,
            Phase::Server(handshake) => handshake.hear(raw, halves, context, server::State::step)?,
            Phase::Open(traffic) => {
                if traffic.hear(&raw, halves.0)? == Happened::KeyUpdated {
                    self.news.key_updates = self.news.key_updates.saturating_add(1);
                    // RFC 8446 §4.6.3: many requests may have one answer, at the latest before the next data. A server answers
                    // each at once, as those who ask one expect; a client, which may be silent for long, all with one.
                    // A peer that asks and does not read has one answer when it reads again.
                    let reads = halves.1.waiting().len() < MOST_ANSWERS;
                    if self.role == Role::Server && !self.sent_close && reads {
                        traffic.settle(halves.1)?;
                    }
                }
                return Ok(());
            }
            Phase::Failed(error) => return Err(error.clone()),
        };
        if let Some(established) = established {
            let (traffic, facts) = Traffic::new(self.role, *established);
            self.facts = Some(Box::new(facts));
            self.phase = Phase::Open(Box::new(traffic));
            self.news.complete = true;
        }
        Ok(())
    }

    /// RFC 8446 §6: the description decides; only close_notify and user_canceled are not errors.
    fn hear_alert(&mut self, level: u8, description: AlertDescription) -> Result<(), Error> {
        if level != 1 && level != 2 {
            return Err(Peer::BadAlertLevel(level).into());
        }
        match description {
            // A peer that leaves in the middle of the handshake: nothing will come of it.
            AlertDescription::CLOSE_NOTIFY if self.is_handshaking() => Err(Error::AlertReceived(description)),
            AlertDescription::CLOSE_NOTIFY => {
                self.received_close = true;
                self.news.closed = true;
                Ok(())
            }
            AlertDescription::USER_CANCELED => Ok(self.inbound.count_user_canceled()?),
            other => Err(Error::AlertReceived(other)),
        }
    }

    /// The one place where a connection fails: the peer is told why, and every key is wiped.
    fn fail(&mut self, error: Error) -> Error {
        if let Some(alert) = error.alert()
            && !self.sent_close
        {
            debug_assert_eq!(alert.level(), AlertLevel::Fatal);
            // An alert that cannot be sealed is not sent; the reason of the failure stays what it was.
            let _ = self.outbound.alert(alert);
        }
        self.inbound.forget_key();
        self.outbound.forget_key();
        self.phase = Phase::Failed(error.clone());
        error
    }

    /// Says that the network gave out. Without a close_notify before, that is an error: what was received may be incomplete.
    pub fn receive_end(&mut self) -> Result<(), Error> {
        match &self.phase {
            Phase::Failed(error) => Err(error.clone()),
            _ if self.received_close => Ok(()),
            _ => Err(self.fail(Error::Cut)),
        }
    }

    /// The bytes that wait for the network; [`transmitted`](Self::transmitted) says how many of them went.
    #[must_use]
    pub fn transmit(&self) -> &[u8] {
        self.outbound.waiting()
    }

    /// Says that the first `count` bytes of [`transmit`](Self::transmit) went out.
    pub fn transmitted(&mut self, count: usize) {
        self.outbound.transmitted(count);
    }

    /// Protects `plaintext` for the peer: one record for every [`max_fragment`](RecordPolicy::max_fragment) bytes.
    pub fn send(&mut self, plaintext: &[u8]) -> Result<(), Error> {
        let traffic = match &mut self.phase {
            Phase::Failed(error) => return Err(error.clone()),
            Phase::Open(_) if self.sent_close => return Err(Misuse::AlreadyClosed.into()),
            Phase::Open(traffic) => traffic,
            Phase::Client(_) | Phase::Server(_) => return Err(Misuse::HandshakeIncomplete.into()),
        };
        traffic.settle(&mut self.outbound)?;
        for piece in plaintext.chunks(self.outbound.fragment_limit()) {
            // RFC 8446 §5.5: the key is updated before it has protected too much.
            if self.outbound.wants_key_update() {
                traffic.update_key(KeyUpdate::NotRequested, &mut self.outbound)?;
            }
            self.outbound.data(piece)?;
        }
        Ok(())
    }

    /// Changes our write key; with `request` the peer is asked to change its own too (RFC 8446 §4.6.3).
    pub fn update_key(&mut self, request: bool) -> Result<(), Error> {
        let update = if request {
            KeyUpdate::Requested
        } else {
            KeyUpdate::NotRequested
        };
        match &mut self.phase {
            Phase::Failed(error) => Err(error.clone()),
            Phase::Open(_) if self.sent_close => Err(Misuse::AlreadyClosed.into()),
            Phase::Open(traffic) => traffic.update_key(update, &mut self.outbound),
            Phase::Client(_) | Phase::Server(_) => Err(Misuse::HandshakeIncomplete.into()),
        }
    }

    /// Fills `out` with a secret for another protocol, named by a label and bound to a context; the peer gets the same
    /// (RFC 8446 §7.5, RFC 5705).
    pub fn export(&self, label: &str, context: &[u8], out: &mut [u8]) -> Result<(), Error> {
        match &self.phase {
            Phase::Failed(error) => Err(error.clone()),
            Phase::Open(traffic) => traffic.exporter().export(label, context, out),
            Phase::Client(_) | Phase::Server(_) => Err(Misuse::HandshakeIncomplete.into()),
        }
    }

    /// Says close_notify, once: we send no more. The peer may still (RFC 8446 §6.1).
    pub fn close(&mut self) {
        if !self.sent_close && !matches!(self.phase, Phase::Failed(_)) {
            if let Phase::Open(traffic) = &mut self.phase {
                let _ = traffic.settle(&mut self.outbound);
            }
            let _ = self.outbound.alert(AlertDescription::CLOSE_NOTIFY);
            self.sent_close = true;
        }
    }

    /// What happened since the last call, one thing at a time. Data that arrived is given before the news of its end.
    pub fn next_event(&mut self) -> Option<Event<'_>> {
        if std::mem::take(&mut self.news.complete) {
            return Some(Event::HandshakeComplete);
        }
        if let Some(left) = self.news.key_updates.checked_sub(1) {
            self.news.key_updates = left;
            return Some(Event::KeyUpdated);
        }
        let length = self.inbound.data().len();
        if length > 0 {
            return Some(Event::Data(self.inbound.give(length)));
        }
        std::mem::take(&mut self.news.closed).then_some(Event::Closed)
    }

    /// Copies received data into `out` and says how much: [`Event::Data`] for readers that bring their own buffer.
    pub fn read(&mut self, out: &mut [u8]) -> usize {
        let given = self.inbound.give(out.len());
        let (filled, _) = out.split_at_mut(given.len());
        filled.copy_from_slice(given);
        given.len()
    }

    /// The outcome of the handshake, once it is complete.
    #[must_use]
    pub fn facts(&self) -> Option<&Negotiated> {
        self.facts.as_deref()
    }

    /// Which end this is.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// The state's name in RFC 8446 appendix A, or `FAILED`.
    #[must_use]
    pub fn state_name(&self) -> &'static str {
        self.phase.name()
    }

    /// Whether the handshake is still under way.
    #[must_use]
    pub const fn is_handshaking(&self) -> bool {
        matches!(self.phase, Phase::Client(_) | Phase::Server(_))
    }

    /// Whether the peer sent close_notify.
    #[must_use]
    pub const fn is_closed_by_peer(&self) -> bool {
        self.received_close
    }

    /// Why the connection failed, if it did.
    #[must_use]
    pub const fn error(&self) -> Option<&Error> {
        match &self.phase {
            Phase::Failed(error) => Some(error),
            _ => None,
        }
    }

    /// Frees every buffer that holds nothing, for a connection that is quiet.
    pub fn release_idle_buffers(&mut self) {
        self.inbound.release_idle_buffers();
        self.outbound.release_idle_buffers();
    }
}
