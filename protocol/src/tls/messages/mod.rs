//! Handshake messages: bytes into structs and back, byte for byte (RFC 8446 §4).

mod certificate;
mod client_hello;
mod extension;
mod finished;
mod post;
mod pre_shared_key;
mod server_hello;

pub use certificate::{Certificate, CertificateEntry, CertificateRequest, CertificateVerify, Signer, signed_content};
pub use client_hello::ClientHello;
pub(super) use extension::first_twice;
pub use extension::{Extension, Extensions, KeyShareEntry};
pub use finished::{EncryptedExtensions, Finished};
pub(super) use post::MAX_TICKET_LIFETIME;
pub use post::{KeyUpdate, NewSessionTicket};
pub use pre_shared_key::{OfferedPsks, PskIdentity};
pub use server_hello::{RETRY_RANDOM, ServerHello};

use super::error::Error;
use super::names::HandshakeType;
use crate::wire::{Malformed, Reader, TooLong, Writer};

/// Any handshake message, for those who look at all of them; the handshake itself decodes the one it waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "each variant is the message of its name")]
pub enum Message {
    ClientHello(ClientHello),
    ServerHello(ServerHello),
    EncryptedExtensions(EncryptedExtensions),
    CertificateRequest(CertificateRequest),
    Certificate(Certificate),
    CertificateVerify(CertificateVerify),
    Finished(Finished),
    NewSessionTicket(NewSessionTicket),
    KeyUpdate(KeyUpdate),
}

impl Message {
    /// Decodes one whole message: header and body, nothing after it.
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(bytes, "handshake message");
        let kind = HandshakeType(reader.u8()?);
        let body = reader.vec24(0)?;
        reader.finish()?;
        Ok(match kind {
            HandshakeType::CLIENT_HELLO => Self::ClientHello(ClientHello::decode(body)?),
            HandshakeType::SERVER_HELLO => Self::ServerHello(ServerHello::decode(body)?),
            HandshakeType::ENCRYPTED_EXTENSIONS => Self::EncryptedExtensions(EncryptedExtensions::decode(body)?),
            HandshakeType::CERTIFICATE_REQUEST => Self::CertificateRequest(CertificateRequest::decode(body)?),
            HandshakeType::CERTIFICATE => Self::Certificate(Certificate::decode(body)?),
            HandshakeType::CERTIFICATE_VERIFY => Self::CertificateVerify(CertificateVerify::decode(body)?),
            HandshakeType::FINISHED => Self::Finished(Finished::decode(body)),
            HandshakeType::NEW_SESSION_TICKET => Self::NewSessionTicket(NewSessionTicket::decode(body)?),
            HandshakeType::KEY_UPDATE => Self::KeyUpdate(KeyUpdate::decode(body)?),
            _ => return Err(Malformed("handshake message of an unknown type").into()),
        })
    }

    /// Encodes the message: header and body.
    pub fn encode(&self) -> Result<Vec<u8>, TooLong> {
        match self {
            Self::ClientHello(message) => encode(HandshakeType::CLIENT_HELLO, |w| message.encode(w)),
            Self::ServerHello(message) => encode(HandshakeType::SERVER_HELLO, |w| message.encode(w)),
            Self::EncryptedExtensions(message) => encode(HandshakeType::ENCRYPTED_EXTENSIONS, |w| message.encode(w)),
            Self::CertificateRequest(message) => encode(HandshakeType::CERTIFICATE_REQUEST, |w| message.encode(w)),
            Self::Certificate(message) => encode(HandshakeType::CERTIFICATE, |w| message.encode(w)),
            Self::CertificateVerify(message) => encode(HandshakeType::CERTIFICATE_VERIFY, |w| message.encode(w)),
            Self::Finished(message) => encode(HandshakeType::FINISHED, |w| message.encode(w)),
            Self::NewSessionTicket(message) => encode(HandshakeType::NEW_SESSION_TICKET, |w| message.encode(w)),
            Self::KeyUpdate(message) => encode(HandshakeType::KEY_UPDATE, |w| message.encode(w)),
        }
    }
}

/// A message of this type with the body that `write` writes.
///
/// ```text
/// struct {
///     HandshakeType msg_type;
///     uint24 length;
///     select (Handshake.msg_type) { … };
/// } Handshake;
/// ```
pub(super) fn encode(kind: HandshakeType, write: impl FnOnce(&mut Writer)) -> Result<Vec<u8>, TooLong> {
    let mut writer = Writer::new();
    writer.u8(kind.0);
    writer.vec24(write);
    writer.finish()
}
