//! EncryptedExtensions and Finished (RFC 8446 §4.3.1, §4.4.4).

use super::extension::Extensions;
use crate::tls::error::Error;
use crate::wire::{Reader, Writer};

/// The server's answers that need no key agreement: ALPN, server_name, ….
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EncryptedExtensions {
    /// The extensions.
    pub extensions: Extensions,
}

/// The proof that both sides saw the same handshake: an HMAC over all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finished {
    /// As long as the suite's hash.
    pub verify_data: Vec<u8>,
}

impl EncryptedExtensions {
    /// Reads the body.
    pub fn decode(body: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(body, "EncryptedExtensions");
        let extensions = Extensions::decode(&mut reader)?;
        reader.finish()?;
        Ok(Self { extensions })
    }

    /// Writes the body.
    pub fn encode(&self, writer: &mut Writer) {
        self.extensions.encode(writer);
    }
}

impl Finished {
    /// Reads the body: all of it, so that its length is checked where it is compared.
    #[must_use]
    pub fn decode(body: &[u8]) -> Self {
        Self {
            verify_data: body.to_vec(),
        }
    }

    /// Writes the body.
    pub fn encode(&self, writer: &mut Writer) {
        writer.bytes(&self.verify_data);
    }
}
