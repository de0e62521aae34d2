//! The facts of a handshake: what both sides agreed on, and who they are.

use super::names::CipherSuite;
use crate::crypto::{Group, SignatureScheme};

/// What a finished handshake settled.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Negotiated {
    /// The cipher suite.
    pub cipher_suite: CipherSuite,
    /// The key agreement group.
    pub group: Group,
    /// How the server signed its CertificateVerify.
    pub server_scheme: SignatureScheme,
    /// How the client signed its CertificateVerify, if it sent a certificate.
    pub client_scheme: Option<SignatureScheme>,
    /// The application protocol, if one was negotiated.
    pub alpn: Option<Vec<u8>>,
    /// The DNS name the client asked for (SNI), if it sent one.
    pub server_name: Option<String>,
    /// The peer's certificate chain in DER, its own certificate first, verified. Empty for a nameless client.
    pub peer_chain: Vec<Vec<u8>>,
    /// Whether the server asked the client for its certificate.
    pub client_certificate_requested: bool,
    /// Whether the server asked for another key share first (HelloRetryRequest).
    pub hello_retried: bool,
    /// The client's random: the name of this connection in a key log.
    pub client_random: [u8; 32],
}
