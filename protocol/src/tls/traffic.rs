//! After the handshake: KeyUpdate and NewSessionTicket, in any order, at any time (RFC 8446 §4.6).

use std::sync::Arc;

use super::connection::Role;
use super::error::{Error, Peer};
use super::flight::Established;
use super::inbound::{Inbound, RawMessage};
use super::key_schedule::{Exporter, ResumptionSecret, TrafficSecret};
use super::messages::{KeyUpdate, MAX_TICKET_LIFETIME, NewSessionTicket, encode};
use super::names::{ExtensionType, HandshakeType};
use super::negotiated::Negotiated;
use super::outbound::Outbound;
use super::resumption::{Session, Sessions, Settled};
use crate::x509::ServerName;

/// Extensions that may not stand in a NewSessionTicket (RFC 8446 §4.2); those nobody knows are ignored there.
const NOT_IN_TICKETS: [ExtensionType; 12] = [
    ExtensionType::SERVER_NAME,
    ExtensionType::SUPPORTED_GROUPS,
    ExtensionType::SIGNATURE_ALGORITHMS,
    ExtensionType::SIGNATURE_ALGORITHMS_CERT,
    ExtensionType::ALPN,
    ExtensionType::KEY_SHARE,
    ExtensionType::PRE_SHARED_KEY,
    ExtensionType::PSK_KEY_EXCHANGE_MODES,
    ExtensionType::SUPPORTED_VERSIONS,
    ExtensionType::COOKIE,
    ExtensionType::CERTIFICATE_AUTHORITIES,
    ExtensionType::RECORD_SIZE_LIMIT,
];

/// The secrets of an open connection, for the next epoch's keys.
#[derive(Debug)]
pub(super) struct Traffic {
    role: Role,
    reading: Option<TrafficSecret>,
    writing: Option<TrafficSecret>,
    /// Whether the peer asked for a KeyUpdate that was not said yet.
    owes_key_update: bool,
    exporter: Exporter,
    resuming: Option<Box<Resuming>>,
}

/// What a client needs to make a session of a ticket.
#[derive(Debug)]
pub(super) struct Resuming {
    pub(super) sessions: Arc<dyn Sessions>,
    pub(super) name: ServerName,
    pub(super) secret: ResumptionSecret,
    pub(super) settled: Settled,
}

impl Resuming {
    fn keep(&self, ticket: NewSessionTicket) -> Result<(), Error> {
        // RFC 8446 §4.6.1: no ticket is kept for more than seven days, and one of no lifetime not at all.
        let lifetime = ticket.lifetime.min(MAX_TICKET_LIFETIME);
        if lifetime > 0 {
            let session = Session {
                settled: self.settled.clone(),
                psk: self.secret.psk(&ticket.nonce)?,
                ticket: ticket.ticket,
                age_add: ticket.age_add,
                lifetime,
            };
            self.sessions.keep(&self.name, session);
        }
        Ok(())
    }
}

/// What a message after the handshake means to the application.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Happened {
    /// The peer changed its key.
    KeyUpdated,
    /// A ticket came, and was kept if there is a store for it.
    Ticket,
}

impl Traffic {
    /// Takes over from the handshake, whose facts go their own way.
    pub(super) fn new(role: Role, established: Established) -> (Self, Negotiated) {
        let traffic = Self {
            role,
            reading: Some(established.reading),
            writing: Some(established.writing),
            owes_key_update: false,
            exporter: established.exporter,
            resuming: established.resuming,
        };
        (traffic, established.facts)
    }

    pub(super) const fn exporter(&self) -> &Exporter {
        &self.exporter
    }

    pub(super) fn hear(&mut self, raw: &RawMessage, inbound: &mut Inbound) -> Result<Happened, Error> {
        let body = raw.bytes.get(4..).unwrap_or_default();
        match (raw.kind, self.role) {
            (HandshakeType::NEW_SESSION_TICKET, Role::Client) => {
                let ticket = NewSessionTicket::decode(body)?;
                if let Some(kind) = NOT_IN_TICKETS
                    .into_iter()
                    .find(|kind| ticket.extensions.find(*kind).is_some())
                {
                    return Err(Peer::MisplacedExtension(kind).into());
                }
                if let Some(resuming) = &self.resuming {
                    resuming.keep(ticket)?;
                }
                Ok(Happened::Ticket)
            }
            (HandshakeType::KEY_UPDATE, _) => {
                let update = KeyUpdate::decode(body)?;
                let aligned = raw.aligned.as_ref().ok_or(Peer::KeyChangeInsideRecord)?;
                inbound.count_idle("KeyUpdate messages")?;
                let next = advance(&mut self.reading)?;
                inbound.change_key(next.opener()?, aligned);
                self.reading = Some(next);
                self.owes_key_update |= update == KeyUpdate::Requested;
                Ok(Happened::KeyUpdated)
            }
            (message, _) => Err(Peer::UnexpectedMessage {
                state: "CONNECTED",
                message,
            }
            .into()),
        }
    }

    /// Says the KeyUpdate that the peer asked for, if any is due.
    pub(super) fn settle(&mut self, outbound: &mut Outbound) -> Result<(), Error> {
        if self.owes_key_update {
            self.update_key(KeyUpdate::NotRequested, outbound)?;
        }
        Ok(())
    }

    /// Says KeyUpdate and changes the write key.
    pub(super) fn update_key(&mut self, update: KeyUpdate, outbound: &mut Outbound) -> Result<(), Error> {
        self.owes_key_update = false;
        outbound.say(&encode(HandshakeType::KEY_UPDATE, |w| update.encode(w))?);
        let next = advance(&mut self.writing)?;
        outbound.change_key(next.sealer()?)?;
        self.writing = Some(next);
        Ok(())
    }
}

/// The next epoch's secret; the old one is wiped. A secret is missing only after an update failed, which ended the connection.
fn advance(secret: &mut Option<TrafficSecret>) -> Result<TrafficSecret, Error> {
    secret.take().ok_or(Error::KeyExhausted)?.update()
}
