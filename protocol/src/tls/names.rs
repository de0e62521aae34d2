//! Numbers that have names on the wire: content types, messages, extensions, cipher suites.

use crate::crypto::{AeadAlgorithm, HashAlgorithm};

/// TLS 1.3 in supported_versions (RFC 8446 §4.2.1).
pub const TLS13: u16 = 0x0304;
/// TLS 1.2: what every legacy version field says.
pub const TLS12: u16 = 0x0303;
/// SSL 3.0, which nobody may speak any more.
pub const SSL3: u16 = 0x0300;

/// What a record carries (RFC 8446 §5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContentType {
    /// 20: middlebox compatibility only.
    ChangeCipherSpec,
    /// 21.
    Alert,
    /// 22.
    Handshake,
    /// 23, and the outside of every protected record.
    ApplicationData,
}

impl ContentType {
    /// The content type of this number.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            20 => Some(Self::ChangeCipherSpec),
            21 => Some(Self::Alert),
            22 => Some(Self::Handshake),
            23 => Some(Self::ApplicationData),
            _ => None,
        }
    }

    /// Its number.
    #[must_use]
    pub const fn byte(self) -> u8 {
        match self {
            Self::ChangeCipherSpec => 20,
            Self::Alert => 21,
            Self::Handshake => 22,
            Self::ApplicationData => 23,
        }
    }
}

/// A set of numbers with names: a constant each, `name()`, Display and Debug. Unknown numbers are kept and shown in hexadecimal.
macro_rules! numbers {
    ($(#[$doc:meta])* $type:ident($repr:ty) { $($constant:ident = $number:literal $name:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type(pub $repr);

        impl $type {
            $(#[doc = concat!("`", $name, "`")] pub const $constant: Self = Self($number);)*

            /// The RFC's name, or nothing for a number this crate does not know.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($number => Some($name),)*
                    _ => None,
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                match self.name() {
                    Some(name) => f.write_str(name),
                    None => write!(f, "{:#x}", self.0),
                }
            }
        }

        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{self}")
            }
        }
    };
}

numbers! {
    /// A handshake message's type (RFC 8446 §4).
    HandshakeType(u8) {
        CLIENT_HELLO = 1 "ClientHello",
        SERVER_HELLO = 2 "ServerHello",
        NEW_SESSION_TICKET = 4 "NewSessionTicket",
        END_OF_EARLY_DATA = 5 "EndOfEarlyData",
        ENCRYPTED_EXTENSIONS = 8 "EncryptedExtensions",
        CERTIFICATE = 11 "Certificate",
        CERTIFICATE_REQUEST = 13 "CertificateRequest",
        CERTIFICATE_VERIFY = 15 "CertificateVerify",
        FINISHED = 20 "Finished",
        KEY_UPDATE = 24 "KeyUpdate",
        MESSAGE_HASH = 254 "message_hash",
    }
}

numbers! {
    /// An extension's type (RFC 8446 §4.2).
    ExtensionType(u16) {
        SERVER_NAME = 0 "server_name",
        MAX_FRAGMENT_LENGTH = 1 "max_fragment_length",
        STATUS_REQUEST = 5 "status_request",
        SUPPORTED_GROUPS = 10 "supported_groups",
        SIGNATURE_ALGORITHMS = 13 "signature_algorithms",
        USE_SRTP = 14 "use_srtp",
        HEARTBEAT = 15 "heartbeat",
        ALPN = 16 "application_layer_protocol_negotiation",
        SIGNED_CERTIFICATE_TIMESTAMP = 18 "signed_certificate_timestamp",
        CLIENT_CERTIFICATE_TYPE = 19 "client_certificate_type",
        SERVER_CERTIFICATE_TYPE = 20 "server_certificate_type",
        PADDING = 21 "padding",
        RECORD_SIZE_LIMIT = 28 "record_size_limit",
        PRE_SHARED_KEY = 41 "pre_shared_key",
        EARLY_DATA = 42 "early_data",
        SUPPORTED_VERSIONS = 43 "supported_versions",
        COOKIE = 44 "cookie",
        PSK_KEY_EXCHANGE_MODES = 45 "psk_key_exchange_modes",
        CERTIFICATE_AUTHORITIES = 47 "certificate_authorities",
        OID_FILTERS = 48 "oid_filters",
        POST_HANDSHAKE_AUTH = 49 "post_handshake_auth",
        SIGNATURE_ALGORITHMS_CERT = 50 "signature_algorithms_cert",
        KEY_SHARE = 51 "key_share",
        ENCRYPTED_CLIENT_HELLO = 0xfe0d "encrypted_client_hello",
    }
}

numbers! {
    /// A cipher suite (RFC 8446 §B.4).
    CipherSuite(u16) {
        TLS_AES_128_GCM_SHA256 = 0x1301 "TLS_AES_128_GCM_SHA256",
        TLS_AES_256_GCM_SHA384 = 0x1302 "TLS_AES_256_GCM_SHA384",
        TLS_CHACHA20_POLY1305_SHA256 = 0x1303 "TLS_CHACHA20_POLY1305_SHA256",
    }
}

impl CipherSuite {
    /// The AEAD and the hash of a suite this crate can use.
    #[must_use]
    pub const fn algorithms(self) -> Option<(AeadAlgorithm, HashAlgorithm)> {
        match self {
            Self::TLS_AES_128_GCM_SHA256 => Some((AeadAlgorithm::Aes128Gcm, HashAlgorithm::Sha256)),
            Self::TLS_AES_256_GCM_SHA384 => Some((AeadAlgorithm::Aes256Gcm, HashAlgorithm::Sha384)),
            Self::TLS_CHACHA20_POLY1305_SHA256 => Some((AeadAlgorithm::ChaCha20Poly1305, HashAlgorithm::Sha256)),
            _ => None,
        }
    }
}
