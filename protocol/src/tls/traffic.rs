//! After the handshake: KeyUpdate and NewSessionTicket, in any order, at any time (RFC 8446 §4.6).

use super::connection::Role;
use super::error::{Error, Peer};
use super::inbound::{Inbound, MAX_IDLE, RawMessage};
use super::key_schedule::TrafficSecret;
use super::messages::{KeyUpdate, NewSessionTicket, encode};
use super::names::HandshakeType;
use super::outbound::Outbound;

/// The secrets of an open connection, for the next epoch's keys.
#[derive(Debug)]
pub(super) struct Traffic {
    role: Role,
    reading: Option<TrafficSecret>,
    writing: Option<TrafficSecret>,
    /// Whether the peer asked for a KeyUpdate that was not said yet.
    owes_key_update: bool,
}

/// What a message after the handshake means to the application.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Happened {
    /// The peer changed its key.
    KeyUpdated,
    /// A ticket came; nothing to do without resumption.
    Ticket,
}

impl Traffic {
    pub(super) const fn new(role: Role, reading: TrafficSecret, writing: TrafficSecret) -> Self {
        Self {
            role,
            reading: Some(reading),
            writing: Some(writing),
            owes_key_update: false,
        }
    }

    pub(super) fn hear(&mut self, raw: &RawMessage, inbound: &mut Inbound) -> Result<Happened, Error> {
        let body = raw.bytes.get(4..).unwrap_or_default();
        match (raw.kind, self.role) {
            (HandshakeType::NEW_SESSION_TICKET, Role::Client) => {
                NewSessionTicket::decode(body)?;
                Ok(Happened::Ticket)
            }
            (HandshakeType::KEY_UPDATE, _) => {
                let update = KeyUpdate::decode(body)?;
                let aligned = raw.aligned.as_ref().ok_or(Peer::KeyChangeInsideRecord)?;
                inbound.count_idle("KeyUpdate messages", MAX_IDLE)?;
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
