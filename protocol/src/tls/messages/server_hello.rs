//! ServerHello, and HelloRetryRequest in its shape (RFC 8446 §4.1.3, §4.1.4).

use super::extension::Extensions;
use crate::tls::error::Error;
use crate::tls::names::CipherSuite;
use crate::wire::{Malformed, Reader, Writer};

/// The random that makes a ServerHello a HelloRetryRequest: SHA-256 of "HelloRetryRequest".
pub const RETRY_RANDOM: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11,
    0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

/// What the server chose.
///
/// ```text
/// struct {
///     ProtocolVersion legacy_version = 0x0303;
///     Random random;
///     opaque legacy_session_id_echo<0..32>;
///     CipherSuite cipher_suite;
///     uint8 legacy_compression_method = 0;
///     Extension extensions<6..2^16-1>;
/// } ServerHello;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerHello {
    /// 0x0303 from a TLS 1.3 server.
    pub legacy_version: u16,
    /// 32 random bytes, or [`RETRY_RANDOM`].
    pub random: [u8; 32],
    /// The client's session id again.
    pub session_id: Vec<u8>,
    /// The suite chosen.
    pub cipher_suite: CipherSuite,
    /// 0.
    pub compression_method: u8,
    /// The extensions.
    pub extensions: Extensions,
}

impl ServerHello {
    /// Whether this is a HelloRetryRequest.
    #[must_use]
    pub fn is_retry(&self) -> bool {
        self.random == RETRY_RANDOM
    }

    /// Reads the body.
    pub fn decode(body: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(body, "ServerHello");
        let legacy_version = reader.u16()?;
        let random = reader.array()?;
        let session_id = reader.vec8(0)?.to_vec();
        if session_id.len() > 32 {
            return Err(Malformed("ServerHello").into());
        }
        let cipher_suite = CipherSuite(reader.u16()?);
        let compression_method = reader.u8()?;
        let extensions = if reader.is_empty() {
            Extensions::default() // a TLS 1.2 server may leave the field out
        } else {
            Extensions::decode(&mut reader)?
        };
        reader.finish()?;
        Ok(Self {
            legacy_version,
            random,
            session_id,
            cipher_suite,
            compression_method,
            extensions,
        })
    }

    /// Writes the body.
    pub fn encode(&self, writer: &mut Writer) {
        writer.u16(self.legacy_version);
        writer.bytes(&self.random);
        writer.vec8(|w| w.bytes(&self.session_id));
        writer.u16(self.cipher_suite.0);
        writer.u8(self.compression_method);
        self.extensions.encode(writer);
    }
}
