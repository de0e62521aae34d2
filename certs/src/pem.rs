//! PEM: the text form of certificates, requests, revocation lists and keys (RFC 7468).

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use pki_types::pem::{PemObject as _, SectionKind};

/// What a block holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `CERTIFICATE`
    Certificate,
    /// `CERTIFICATE REQUEST`
    Request,
    /// `X509 CRL`
    RevocationList,
    /// `PUBLIC KEY`
    PublicKey,
    /// `PRIVATE KEY` and its older forms
    PrivateKey,
    /// Something else.
    Other,
}

/// One block and its DER.
#[derive(Clone, PartialEq, Eq)]
pub struct Block {
    /// What it says it holds.
    pub kind: Kind,
    /// The bytes in it.
    pub der: Vec<u8>,
}

/// The text is not PEM.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PemError {
    /// No block at all.
    #[error("there is no -----BEGIN …----- block in it")]
    Empty,
    /// A block that does not end, or is no base64.
    #[error("block {0} is damaged")]
    Damaged(usize),
}

impl std::fmt::Debug for Block {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // It may hold a private key.
        write!(f, "Block({:?}, {} bytes)", self.kind, self.der.len())
    }
}

/// Reads every block of `text`, at least one.
///
/// # Errors
/// [`PemError`] for a text without any block, or with a damaged one.
pub fn read(text: &[u8]) -> Result<Vec<Block>, PemError> {
    let mut blocks = Vec::new();
    for block in <(SectionKind, Vec<u8>)>::pem_slice_iter(text) {
        let (kind, der) = block.map_err(|_| PemError::Damaged(blocks.len() + 1))?;
        let kind = match kind {
            SectionKind::Certificate => Kind::Certificate,
            SectionKind::Csr => Kind::Request,
            SectionKind::Crl => Kind::RevocationList,
            SectionKind::PublicKey => Kind::PublicKey,
            SectionKind::PrivateKey | SectionKind::EcPrivateKey | SectionKind::RsaPrivateKey => Kind::PrivateKey,
            _ => Kind::Other,
        };
        blocks.push(Block { kind, der });
    }
    if blocks.is_empty() {
        Err(PemError::Empty)
    } else {
        Ok(blocks)
    }
}

/// Writes one block of at most 64 characters a line. Private keys have their own writer, which wipes what it wrote.
#[must_use]
pub fn encode(kind: Kind, der: &[u8]) -> String {
    let label = match kind {
        Kind::Certificate => "CERTIFICATE",
        Kind::Request => "CERTIFICATE REQUEST",
        Kind::RevocationList => "X509 CRL",
        Kind::PublicKey => "PUBLIC KEY",
        Kind::PrivateKey => "PRIVATE KEY",
        Kind::Other => "DATA",
    };
    let base64 = BASE64_STANDARD.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    let mut line = base64.as_str();
    while !line.is_empty() {
        let (now, later) = line.split_at(line.len().min(64));
        text.push_str(now);
        text.push('\n');
        line = later;
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let der: Vec<u8> = (0..200).collect();
        let text = format!(
            "a comment\n{}{}",
            encode(Kind::Certificate, &der),
            encode(Kind::RevocationList, b"x")
        );
        let blocks = read(text.as_bytes()).unwrap();
        assert_eq!(
            blocks[0],
            Block {
                kind: Kind::Certificate,
                der
            }
        );
        assert_eq!(
            blocks[1],
            Block {
                kind: Kind::RevocationList,
                der: b"x".to_vec()
            }
        );
        assert!(text.lines().all(|line| line.len() <= 64));
    }

    #[test]
    fn what_is_not_pem_is_refused() {
        assert_eq!(read("您好".as_bytes()), Err(PemError::Empty));
        let cut = encode(Kind::Certificate, &[7; 100]).replace("-----END CERTIFICATE-----\n", "");
        assert_eq!(read(cut.as_bytes()), Err(PemError::Damaged(1)));
    }
}
