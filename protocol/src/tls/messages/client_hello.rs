//! ClientHello (RFC 8446 §4.1.2).

use super::extension::{Extensions, suites};
use crate::tls::error::Error;
use crate::tls::names::CipherSuite;
use crate::wire::{Malformed, Reader, Writer};

/// What a client offers.
///
/// ```text
/// struct {
///     ProtocolVersion legacy_version = 0x0303;
///     Random random;
///     opaque legacy_session_id<0..32>;
///     CipherSuite cipher_suites<2..2^16-2>;
///     opaque legacy_compression_methods<1..2^8-1>;
///     Extension extensions<8..2^16-1>;
/// } ClientHello;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientHello {
    /// 0x0303 from a TLS 1.3 client; what counts is supported_versions.
    pub legacy_version: u16,
    /// 32 random bytes.
    pub random: [u8; 32],
    /// Empty, or 32 bytes for middleboxes; echoed by the server.
    pub session_id: Vec<u8>,
    /// Suites, most wanted first.
    pub cipher_suites: Vec<CipherSuite>,
    /// The single byte 0 from a TLS 1.3 client.
    pub compression_methods: Vec<u8>,
    /// The extensions. None at all in the oldest clients.
    pub extensions: Extensions,
}

impl ClientHello {
    /// Reads the body.
    pub fn decode(body: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(body, "ClientHello");
        let legacy_version = reader.u16()?;
        let random = reader.array()?;
        let session_id = reader.vec8(0)?.to_vec();
        if session_id.len() > 32 {
            return Err(Malformed("ClientHello").into());
        }
        let cipher_suites = suites(&mut reader)?;
        let compression_methods = reader.vec8(1)?.to_vec();
        let extensions = if reader.is_empty() {
            Extensions::default() // RFC 8446 §4.1.2: older clients may leave the field out
        } else {
            Extensions::decode(&mut reader)?
        };
        reader.finish()?;
        Ok(Self {
            legacy_version,
            random,
            session_id,
            cipher_suites,
            compression_methods,
            extensions,
        })
    }

    /// Writes the body.
    pub fn encode(&self, writer: &mut Writer) {
        writer.u16(self.legacy_version);
        writer.bytes(&self.random);
        writer.vec8(|w| w.bytes(&self.session_id));
        writer.vec16(|w| self.cipher_suites.iter().for_each(|suite| w.u16(suite.0)));
        writer.vec8(|w| w.bytes(&self.compression_methods));
        self.extensions.encode(writer);
    }
}
