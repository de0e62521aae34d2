//! Messages after the handshake: NewSessionTicket and KeyUpdate (RFC 8446 §4.6).

use super::extension::Extensions;
use crate::tls::error::{Error, Peer};
use crate::tls::names::ExtensionType;
use crate::wire::{Malformed, Reader, Writer};

/// The longest ticket lifetime a server may name, in seconds: seven days.
pub(in crate::tls) const MAX_TICKET_LIFETIME: u32 = 604_800;

/// A ticket to resume the session with.
///
/// ```text
/// struct {
///     uint32 ticket_lifetime;
///     uint32 ticket_age_add;
///     opaque ticket_nonce<0..255>;
///     opaque ticket<1..2^16-1>;
///     Extension extensions<0..2^16-2>;
/// } NewSessionTicket;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSessionTicket {
    /// Seconds. A server may not name more than seven days; a client that reads more uses the ticket for seven days.
    pub lifetime: u32,
    /// Hides the ticket's age from onlookers.
    pub age_add: u32,
    /// Makes the ticket's PSK its own.
    pub nonce: Vec<u8>,
    /// The ticket, opaque to the client.
    pub ticket: Vec<u8>,
    /// early_data, or nothing.
    pub extensions: Extensions,
}

/// The sender's next record is protected with its next key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyUpdate {
    /// 0: the receiver need not change its own key.
    NotRequested,
    /// 1: the receiver is to answer with a KeyUpdate of its own.
    Requested,
}

impl NewSessionTicket {
    /// Reads the body.
    pub fn decode(body: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(body, "NewSessionTicket");
        let lifetime = reader.u32()?;
        let age_add = reader.u32()?;
        let nonce = reader.vec8(0)?.to_vec();
        let ticket = reader.vec16(1)?.to_vec();
        let extensions = Extensions::decode(&mut reader)?;
        reader.finish()?;
        // RFC 8446 §4.6.1: early_data says how many bytes of it may come, in four bytes.
        if extensions
            .find(ExtensionType::EARLY_DATA)
            .is_some_and(|body| body.len() != 4)
        {
            return Err(Malformed("early_data").into());
        }
        Ok(Self {
            lifetime,
            age_add,
            nonce,
            ticket,
            extensions,
        })
    }

    /// Writes the body.
    pub fn encode(&self, writer: &mut Writer) {
        writer.u32(self.lifetime);
        writer.u32(self.age_add);
        writer.vec8(|w| w.bytes(&self.nonce));
        writer.vec16(|w| w.bytes(&self.ticket));
        self.extensions.encode(writer);
    }
}

impl KeyUpdate {
    /// Reads the body.
    pub fn decode(body: &[u8]) -> Result<Self, Error> {
        match body {
            [0] => Ok(Self::NotRequested),
            [1] => Ok(Self::Requested),
            // RFC 8446 §4.6.3: any other value is an illegal_parameter.
            [_] => Err(Peer::IllegalParameter("a KeyUpdate request other than 0 or 1").into()),
            _ => Err(Malformed("KeyUpdate").into()),
        }
    }

    /// Writes the body.
    pub fn encode(self, writer: &mut Writer) {
        writer.u8(match self {
            Self::NotRequested => 0,
            Self::Requested => 1,
        });
    }
}
