//! Certificate, CertificateRequest, CertificateVerify (RFC 8446 §4.3.2, §4.4.2, §4.4.3).

use super::extension::Extensions;
use crate::crypto::{Digest, SignatureScheme};
use crate::tls::error::Error;
use crate::wire::{Malformed, Reader, Writer};

/// A certificate chain, one side's own certificate first.
///
/// ```text
/// struct {
///     opaque certificate_request_context<0..2^8-1>;
///     CertificateEntry certificate_list<0..2^24-1>;
/// } Certificate;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// What the CertificateRequest said; empty in a server's.
    pub context: Vec<u8>,
    /// The chain.
    pub entries: Vec<CertificateEntry>,
}

/// One certificate of a chain.
///
/// ```text
/// struct {
///     opaque cert_data<1..2^24-1>;
///     Extension extensions<0..2^16-1>;
/// } CertificateEntry;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateEntry {
    /// The certificate in DER.
    pub certificate: Vec<u8>,
    /// Extensions about it.
    pub extensions: Extensions,
}

/// A server's wish for the client's certificate.
///
/// ```text
/// struct {
///     opaque certificate_request_context<0..2^8-1>;
///     Extension extensions<2..2^16-1>;
/// } CertificateRequest;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateRequest {
    /// Empty in the handshake.
    pub context: Vec<u8>,
    /// signature_algorithms at least.
    pub extensions: Extensions,
}

/// The proof that one side holds the private key of its certificate.
///
/// ```text
/// struct {
///     SignatureScheme algorithm;
///     opaque signature<0..2^16-1>;
/// } CertificateVerify;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateVerify {
    /// How it is signed.
    pub scheme: SignatureScheme,
    /// The signature over [`signed_content`].
    pub signature: Vec<u8>,
}

impl Certificate {
    /// A chain without extensions.
    #[must_use]
    pub fn of(chain: &[Vec<u8>]) -> Self {
        let entry = |certificate: &Vec<u8>| CertificateEntry {
            certificate: certificate.clone(),
            extensions: Extensions::default(),
        };
        Self {
            context: Vec::new(),
            entries: chain.iter().map(entry).collect(),
        }
    }

    /// Reads the body.
    pub fn decode(body: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(body, "Certificate");
        let context = reader.vec8(0)?.to_vec();
        let mut list = reader.within(reader.clone().vec24(0)?);
        reader.vec24(0)?;
        reader.finish()?;
        let mut entries = Vec::new();
        while !list.is_empty() {
            entries.push(CertificateEntry {
                certificate: list.vec24(1)?.to_vec(),
                extensions: Extensions::decode(&mut list)?,
            });
        }
        Ok(Self { context, entries })
    }

    /// Writes the body.
    pub fn encode(&self, writer: &mut Writer) {
        writer.vec8(|w| w.bytes(&self.context));
        writer.vec24(|list| {
            for entry in &self.entries {
                list.vec24(|w| w.bytes(&entry.certificate));
                entry.extensions.encode(list);
            }
        });
    }
}

impl CertificateRequest {
    /// Reads the body.
    pub fn decode(body: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(body, "CertificateRequest");
        let context = reader.vec8(0)?.to_vec();
        let extensions = Extensions::decode(&mut reader)?;
        reader.finish()?;
        Ok(Self { context, extensions })
    }

    /// Writes the body.
    pub fn encode(&self, writer: &mut Writer) {
        writer.vec8(|w| w.bytes(&self.context));
        self.extensions.encode(writer);
    }
}

impl CertificateVerify {
    /// Reads the body.
    pub fn decode(body: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(body, "CertificateVerify");
        let scheme = SignatureScheme(reader.u16()?);
        let signature = reader.vec16(0)?.to_vec();
        reader.finish()?;
        Ok(Self { scheme, signature })
    }

    /// Writes the body.
    pub fn encode(&self, writer: &mut Writer) {
        writer.u16(self.scheme.0);
        writer.vec16(|w| w.bytes(&self.signature));
    }
}

/// Whose CertificateVerify it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signer {
    /// The client's.
    Client,
    /// The server's.
    Server,
}

/// What a CertificateVerify signs (RFC 8446 §4.4.3): 64 spaces, the context string, a zero byte, the transcript hash.
#[must_use]
pub fn signed_content(signer: Signer, transcript: &Digest) -> Vec<u8> {
    let context: &[u8] = match signer {
        Signer::Client => b"TLS 1.3, client CertificateVerify",
        Signer::Server => b"TLS 1.3, server CertificateVerify",
    };
    let mut content = Vec::with_capacity(64 + 33 + 1 + 48);
    content.resize(64, b' ');
    content.extend_from_slice(context);
    content.push(0);
    content.extend_from_slice(transcript.as_bytes());
    content
}
