//! Everything that ends a connection, and the one place that maps a reason to the alert it is told with.

use super::alert::AlertDescription;
use super::names::{ContentType, ExtensionType, HandshakeType};
use crate::crypto::exchange::ExchangeError;
use crate::crypto::hkdf::HkdfError;
use crate::crypto::random::RandomUnavailable;
use crate::wire::{Malformed, TooLong};
use crate::x509::CertificateError;

/// Why a connection ended. Failure is final: every later call gives the same error again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The peer broke a rule of the protocol.
    #[error("the peer misbehaved: {0}")]
    Peer(#[from] Peer),
    /// There is nothing both sides can do.
    #[error("nothing in common with the peer: {0}")]
    Incompatible(#[from] Incompatible),
    /// A message does not have the structure it should have.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// The peer's certificate chain was refused.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The peer ended the connection with this alert.
    #[error("the peer refused with the alert {0}")]
    AlertReceived(AlertDescription),
    /// The connection was cut without close_notify: what was received may be incomplete.
    #[error("the connection was cut without close_notify")]
    Cut,
    /// The source of randomness failed.
    #[error(transparent)]
    Random(#[from] RandomUnavailable),
    /// Something of our own did not fit: a configured chain, name or protocol list is too long for its field.
    #[error("a configured value is too long for its field")]
    TooLong(#[from] TooLong),
    /// A key of the wrong length was used; a defect of this crate.
    #[error(transparent)]
    Hkdf(#[from] HkdfError),
    /// A direction's sequence numbers are used up.
    #[error("a key has protected all the records it may")]
    KeyExhausted,
    /// The caller asked for what the connection's state does not allow.
    #[error("not possible now: {0}")]
    Misuse(#[from] Misuse),
}

/// A rule of the protocol that the peer broke, in the RFC's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Peer {
    /// A handshake message that the state does not wait for.
    #[error("{message} in the state {state}")]
    UnexpectedMessage {
        /// The state's name.
        state: &'static str,
        /// The message.
        message: HandshakeType,
    },
    /// A record of a content type that the state does not allow.
    #[error("a record of type {0:?} where none may be")]
    UnexpectedRecord(ContentType),
    /// A record of a type that does not exist: most likely not TLS at all.
    #[error("a record of the unknown type {0}: probably not TLS")]
    UnknownRecordType(u8),
    /// A protected record whose content type does not exist.
    #[error("a protected record of the unknown type {0}")]
    UnknownContentType(u8),
    /// A change_cipher_spec that is not the single byte 1, or comes where none may be.
    #[error("a change_cipher_spec that is not allowed")]
    BadChangeCipherSpec,
    /// A record between two fragments of one handshake message.
    #[error("a record between two fragments of one handshake message")]
    Interleaved,
    /// A handshake message runs on past a change of keys.
    #[error("a handshake message shares a record with a change of keys")]
    KeyChangeInsideRecord,
    /// A handshake or alert record without content.
    #[error("a {0:?} record without content")]
    EmptyRecord(ContentType),
    /// A protected record of zeros only: it has no content type.
    #[error("a protected record without content type")]
    NoContentType,
    /// Too many records or messages in a row that bring nothing.
    #[error("too many {0} in a row")]
    TooMany(&'static str),
    /// A record longer than the protocol allows.
    #[error("a record longer than allowed")]
    RecordOverflow,
    /// A protected record fails authentication.
    #[error("a record fails authentication")]
    BadRecordMac,
    /// A handshake message longer than [`super::inbound::MAX_HANDSHAKE_MESSAGE`].
    #[error("a handshake message of {0} bytes")]
    MessageTooLong(usize),
    /// An alert with a level that does not exist.
    #[error("an alert of the unknown level {0}")]
    BadAlertLevel(u8),
    /// A field whose value contradicts the rest of the handshake or is not allowed.
    #[error("{0}")]
    IllegalParameter(&'static str),
    /// An extension twice in one message.
    #[error("the extension {0} twice")]
    DuplicateExtension(ExtensionType),
    /// An extension in a message where it may not be.
    #[error("the extension {0} where it may not be")]
    MisplacedExtension(ExtensionType),
    /// An answer to an extension that was never offered.
    #[error("the extension {0}, which was not offered")]
    UnsolicitedExtension(ExtensionType),
    /// An extension that must be there is missing.
    #[error("without the extension {0}")]
    MissingExtension(ExtensionType),
    /// A server's Certificate message without a certificate.
    #[error("a server without a certificate")]
    EmptyServerCertificate,
    /// The signature of CertificateVerify does not verify.
    #[error("the signature of CertificateVerify does not verify")]
    BadCertificateVerify,
    /// The binder of the PSK taken is wrong: the client does not have it, or the hello was changed.
    #[error("a PSK binder does not match")]
    BadBinder,
    /// The verify_data of Finished is wrong: the two sides did not see the same handshake.
    #[error("Finished does not match the handshake")]
    BadFinished,
    /// A key share is not valid in its group.
    #[error("a key share that is not valid in its group")]
    BadKeyShare,
}

/// What the two sides do not have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Incompatible {
    /// The peer does not speak TLS 1.3.
    #[error("no common protocol version: the peer does not speak TLS 1.3")]
    Version,
    /// No common cipher suite.
    #[error("no common cipher suite")]
    CipherSuite,
    /// No common group.
    #[error("no common key agreement group")]
    Group,
    /// None of our certificates can be signed for with an algorithm the peer takes.
    #[error("no certificate for the peer's signature algorithms")]
    SignatureScheme,
    /// No common application protocol.
    #[error("no common application protocol")]
    ApplicationProtocol,
    /// A client certificate is required and none was sent.
    #[error("a client certificate is required")]
    ClientCertificateRequired,
}

/// What the caller asked for and the connection's state does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Misuse {
    /// Data before the handshake is complete.
    #[error("the handshake is not complete")]
    HandshakeIncomplete,
    /// Data after close_notify was sent.
    #[error("close_notify was sent")]
    AlreadyClosed,
    /// A configuration that cannot work: no suites, groups, schemes or identities.
    #[error("the configuration has no {0}")]
    EmptyConfiguration(&'static str),
    /// A configuration names something this crate does not have.
    #[error("the configuration names an unsupported {0}")]
    Unsupported(&'static str),
}

impl Error {
    /// The alert that tells the peer, or nothing where none may be sent.
    #[must_use]
    pub const fn alert(&self) -> Option<AlertDescription> {
        Some(match self {
            Self::Peer(reason) => reason.alert(),
            Self::Incompatible(reason) => reason.alert(),
            Self::Malformed(_) => AlertDescription::DECODE_ERROR,
            Self::Certificate(reason) => certificate_alert(reason),
            // RFC 8446 §6.2: an error alert ends the connection without an answer; a cut one has nobody to tell.
            Self::AlertReceived(_) | Self::Cut | Self::Misuse(_) => return None,
            Self::Random(_) | Self::TooLong(_) | Self::Hkdf(_) | Self::KeyExhausted => AlertDescription::INTERNAL_ERROR,
        })
    }
}

impl Peer {
    const fn alert(&self) -> AlertDescription {
        match self {
            Self::UnexpectedMessage { .. }
            | Self::UnexpectedRecord(_)
            | Self::UnknownRecordType(_)
            | Self::UnknownContentType(_)
            | Self::BadChangeCipherSpec
            | Self::Interleaved
            | Self::KeyChangeInsideRecord
            | Self::EmptyRecord(_)
            | Self::NoContentType
            | Self::TooMany(_) => AlertDescription::UNEXPECTED_MESSAGE,
            Self::RecordOverflow => AlertDescription::RECORD_OVERFLOW,
            Self::BadRecordMac => AlertDescription::BAD_RECORD_MAC,
            Self::MessageTooLong(_) | Self::EmptyServerCertificate => AlertDescription::DECODE_ERROR,
            Self::BadAlertLevel(_)
            | Self::IllegalParameter(_)
            | Self::DuplicateExtension(_)
            | Self::MisplacedExtension(_)
            | Self::BadKeyShare => AlertDescription::ILLEGAL_PARAMETER,
            Self::UnsolicitedExtension(_) => AlertDescription::UNSUPPORTED_EXTENSION,
            Self::MissingExtension(_) => AlertDescription::MISSING_EXTENSION,
            Self::BadCertificateVerify | Self::BadFinished | Self::BadBinder => AlertDescription::DECRYPT_ERROR,
        }
    }
}

impl Incompatible {
    const fn alert(self) -> AlertDescription {
        match self {
            Self::Version => AlertDescription::PROTOCOL_VERSION,
            Self::CipherSuite | Self::Group | Self::SignatureScheme => AlertDescription::HANDSHAKE_FAILURE,
            Self::ApplicationProtocol => AlertDescription::NO_APPLICATION_PROTOCOL,
            Self::ClientCertificateRequired => AlertDescription::CERTIFICATE_REQUIRED,
        }
    }
}

/// RFC 8446 §6.2, the certificate alerts.
const fn certificate_alert(reason: &CertificateError) -> AlertDescription {
    match reason {
        CertificateError::Expired { .. } | CertificateError::NotYetValid { .. } => {
            AlertDescription::CERTIFICATE_EXPIRED
        }
        CertificateError::UnknownIssuer { .. } | CertificateError::NotSignedByPin { .. } => {
            AlertDescription::UNKNOWN_CA
        }
        CertificateError::Revoked => AlertDescription::CERTIFICATE_REVOKED,
        CertificateError::WrongPurpose { .. }
        | CertificateError::NoDigitalSignature
        | CertificateError::UnsupportedAlgorithm => AlertDescription::UNSUPPORTED_CERTIFICATE,
        CertificateError::UnknownRevocationStatus | CertificateError::Refused(_) => {
            AlertDescription::CERTIFICATE_UNKNOWN
        }
        _ => AlertDescription::BAD_CERTIFICATE,
    }
}

impl From<ExchangeError> for Error {
    fn from(error: ExchangeError) -> Self {
        match error {
            ExchangeError::BadShare => Self::Peer(Peer::BadKeyShare),
            ExchangeError::UnsupportedGroup => Self::Misuse(Misuse::Unsupported("group")),
            ExchangeError::Random(error) => Self::Random(error),
        }
    }
}
