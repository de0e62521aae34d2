//! The facts of a handshake: what both sides agreed on, and who they are.

use super::names::CipherSuite;
use crate::crypto::{Group, SignatureScheme};
use crate::x509::Certificate;

/// What a finished handshake settled.
#[derive(Clone, PartialEq, Eq)]
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
    /// Whether a ticket stood in for the certificates: who the peer is comes from the handshake that brought the ticket.
    pub resumed: bool,
    /// Whether the server asked for another key share first (HelloRetryRequest).
    pub hello_retried: bool,
    /// The client's random: the name of this connection in a key log.
    pub client_random: [u8; 32],
}

impl std::fmt::Display for Negotiated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        writeln!(f, "cipher suite        {}", self.cipher_suite)?;
        writeln!(f, "group               {}", self.group)?;
        writeln!(f, "hello retried       {}", self.hello_retried)?;
        writeln!(f, "resumed             {}", self.resumed)?;
        writeln!(f, "server signed with  {}", self.server_scheme)?;
        match self.client_scheme {
            Some(scheme) => writeln!(f, "client signed with  {scheme}")?,
            None if self.client_certificate_requested => writeln!(f, "client              asked, has no certificate")?,
            None => writeln!(f, "client              not asked for a certificate")?,
        }
        let alpn = self.alpn.as_deref().map_or_else(|| String::from("none"), text);
        writeln!(f, "ALPN                {alpn}")?;
        writeln!(
            f,
            "server name         {}",
            self.server_name.as_deref().unwrap_or("not sent")
        )?;
        write!(f, "peer's chain        {} certificates", self.peer_chain.len())?;
        for der in &self.peer_chain {
            if let Ok(certificate) = Certificate::parse(der) {
                let (subject, issuer) = (certificate.subject, certificate.issuer);
                write!(f, "\n                    {subject}, by {issuer}")?;
            }
        }
        Ok(())
    }
}

impl std::fmt::Debug for Negotiated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Negotiated {{\n{self}\n}}")
    }
}
