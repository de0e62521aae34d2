//! Alerts and their numbers on the wire (RFC 8446 §6).

use crate::wire::{Malformed, Reader};

/// What an alert says, by its number; unknown ones are kept.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlertDescription(pub u8);

/// How grave the sender calls an alert. RFC 8446 §6: the description alone decides what happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlertLevel {
    /// 1: close_notify and user_canceled are sent so.
    Warning,
    /// 2: every error is sent so.
    Fatal,
}

/// Every description of RFC 8446 §6 by number, name and constant.
macro_rules! descriptions {
    ($($number:literal $constant:ident $name:literal,)*) => {
        impl AlertDescription {
            $(#[doc = concat!("`", $name, "`")] pub const $constant: Self = Self($number);)*

            /// The RFC's name, or nothing for a number it does not have.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($number => Some($name),)*
                    _ => None,
                }
            }
        }
    };
}

descriptions! {
    0 CLOSE_NOTIFY "close_notify",
    10 UNEXPECTED_MESSAGE "unexpected_message",
    20 BAD_RECORD_MAC "bad_record_mac",
    22 RECORD_OVERFLOW "record_overflow",
    40 HANDSHAKE_FAILURE "handshake_failure",
    42 BAD_CERTIFICATE "bad_certificate",
    43 UNSUPPORTED_CERTIFICATE "unsupported_certificate",
    44 CERTIFICATE_REVOKED "certificate_revoked",
    45 CERTIFICATE_EXPIRED "certificate_expired",
    46 CERTIFICATE_UNKNOWN "certificate_unknown",
    47 ILLEGAL_PARAMETER "illegal_parameter",
    48 UNKNOWN_CA "unknown_ca",
    49 ACCESS_DENIED "access_denied",
    50 DECODE_ERROR "decode_error",
    51 DECRYPT_ERROR "decrypt_error",
    70 PROTOCOL_VERSION "protocol_version",
    71 INSUFFICIENT_SECURITY "insufficient_security",
    80 INTERNAL_ERROR "internal_error",
    86 INAPPROPRIATE_FALLBACK "inappropriate_fallback",
    90 USER_CANCELED "user_canceled",
    109 MISSING_EXTENSION "missing_extension",
    110 UNSUPPORTED_EXTENSION "unsupported_extension",
    112 UNRECOGNIZED_NAME "unrecognized_name",
    113 BAD_CERTIFICATE_STATUS_RESPONSE "bad_certificate_status_response",
    115 UNKNOWN_PSK_IDENTITY "unknown_psk_identity",
    116 CERTIFICATE_REQUIRED "certificate_required",
    120 NO_APPLICATION_PROTOCOL "no_application_protocol",
}

impl AlertDescription {
    /// The level this description is sent with.
    #[must_use]
    pub const fn level(self) -> AlertLevel {
        match self {
            Self::CLOSE_NOTIFY | Self::USER_CANCELED => AlertLevel::Warning,
            _ => AlertLevel::Fatal,
        }
    }

    /// The two bytes of the alert.
    #[must_use]
    pub const fn encode(self) -> [u8; 2] {
        match self.level() {
            AlertLevel::Warning => [1, self.0],
            AlertLevel::Fatal => [2, self.0],
        }
    }

    /// Reads an alert: a level that is not checked here, and the description.
    pub fn decode(bytes: &[u8]) -> Result<(u8, Self), Malformed> {
        let mut reader = Reader::new(bytes, "alert");
        let level = reader.u8()?;
        let description = Self(reader.u8()?);
        reader.finish()?;
        Ok((level, description))
    }
}

impl std::fmt::Display for AlertDescription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "alert {}", self.0),
        }
    }
}

impl std::fmt::Debug for AlertDescription {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}
