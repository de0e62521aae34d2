//! PEM: the text form of certificates, requests, revocation lists and keys (RFC 7468).

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use pki_types::pem::{PemObject as _, SectionKind};

/// What a block holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PemKind {
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
pub struct PemBlock {
    /// What it says it holds.
    pub kind: PemKind,
    /// The bytes in it.
    pub der: Vec<u8>,
}

/// A PEM text does not hold what it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PemError {
    /// There is no block at all.
    #[error("there is no -----BEGIN …----- block in it")]
    Empty,
    /// There is no CERTIFICATE block.
    #[error("no CERTIFICATE block in the PEM text")]
    NoCertificate,
    /// This block, counted from 1, does not end, or is no base64.
    #[error("block {0} of the PEM text is damaged")]
    Damaged(usize),
}

impl std::fmt::Debug for PemBlock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // It may hold a private key.
        write!(f, "PemBlock({:?}, {} bytes)", self.kind, self.der.len())
    }
}

impl PemBlock {
    /// Reads every block of `text`, at least one; what stands between blocks is passed over.
    pub fn read_all(text: &[u8]) -> Result<Vec<Self>, PemError> {
        let mut blocks = Vec::new();
        for block in <(SectionKind, Vec<u8>)>::pem_slice_iter(text) {
            let (kind, der) = block.map_err(|_| PemError::Damaged(blocks.len().saturating_add(1)))?;
            let kind = match kind {
                SectionKind::Certificate => PemKind::Certificate,
                SectionKind::Csr => PemKind::Request,
                SectionKind::Crl => PemKind::RevocationList,
                SectionKind::PublicKey => PemKind::PublicKey,
                SectionKind::PrivateKey | SectionKind::EcPrivateKey | SectionKind::RsaPrivateKey => PemKind::PrivateKey,
                _ => PemKind::Other,
            };
            blocks.push(Self { kind, der });
        }
        if blocks.is_empty() {
            return Err(PemError::Empty);
        }
        Ok(blocks)
    }
}

/// The DER of every CERTIFICATE block, in order; at least one.
pub fn certificates_from_pem(pem: &str) -> Result<Vec<Vec<u8>>, PemError> {
    let certificates: Vec<_> = PemBlock::read_all(pem.as_bytes())?
        .into_iter()
        .filter(|block| block.kind == PemKind::Certificate)
        .map(|block| block.der)
        .collect();
    if certificates.is_empty() {
        return Err(PemError::NoCertificate);
    }
    Ok(certificates)
}

/// Writes one block of at most 64 characters a line. Private keys have their own writer, which wipes what it wrote:
/// [`SigningKey::to_pkcs8_pem`](crate::crypto::SigningKey::to_pkcs8_pem).
#[must_use]
pub fn encode_pem(kind: PemKind, der: &[u8]) -> String {
    let label = match kind {
        PemKind::Certificate => "CERTIFICATE",
        PemKind::Request => "CERTIFICATE REQUEST",
        PemKind::RevocationList => "X509 CRL",
        PemKind::PublicKey => "PUBLIC KEY",
        PemKind::PrivateKey => "PRIVATE KEY",
        PemKind::Other => "DATA",
    };
    let base64 = BASE64_STANDARD.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    let mut rest = base64.as_str();
    while let Some((line, after)) = rest.split_at_checked(64) {
        text.extend([line, "\n"]);
        rest = after;
    }
    if !rest.is_empty() {
        text.extend([rest, "\n"]);
    }
    text.extend(["-----END ", label, "-----\n"]);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for size in [1, 47, 48, 49, 200] {
            let der: Vec<u8> = (0..size).collect();
            let (kind, other) = (PemKind::Certificate, PemKind::RevocationList);
            let text = format!("a comment\n{}{}", encode_pem(kind, &der), encode_pem(other, b"x"));
            assert!(text.lines().all(|line| line.len() <= 64 && !line.is_empty()), "{text}");
            assert_eq!(certificates_from_pem(&text), Ok(vec![der.clone()]));
            let blocks = PemBlock::read_all(text.as_bytes()).unwrap();
            let list = PemBlock {
                kind: other,
                der: b"x".to_vec(),
            };
            assert_eq!(blocks, [PemBlock { kind, der }, list]);
        }
    }

    #[test]
    fn what_is_not_pem_is_refused() {
        assert_eq!(PemBlock::read_all("您好".as_bytes()), Err(PemError::Empty));
        assert_eq!(certificates_from_pem(""), Err(PemError::Empty));
        let list = encode_pem(PemKind::RevocationList, b"x");
        assert_eq!(certificates_from_pem(&list), Err(PemError::NoCertificate));
        let cut = encode_pem(PemKind::Certificate, &[7; 100]).replace("-----END CERTIFICATE-----\n", "");
        assert_eq!(certificates_from_pem(&(list + &cut)), Err(PemError::Damaged(2)));
    }
}
