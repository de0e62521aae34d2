//! PEM in, DER out (RFC 7468).

use pki_types::CertificateDer;
use pki_types::pem::PemObject as _;

/// A PEM text holds no certificate, or a damaged one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PemError {
    /// There is no CERTIFICATE block.
    #[error("no CERTIFICATE block in the PEM text")]
    NoCertificate,
    /// A block is damaged.
    #[error("damaged PEM text: {0}")]
    Damaged(String),
}

/// The DER of every CERTIFICATE block, in order; at least one.
pub fn certificates_from_pem(pem: &str) -> Result<Vec<Vec<u8>>, PemError> {
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes())
        .map(|certificate| certificate.map(|der| der.to_vec()))
        .collect();
    let found = found.map_err(|error| PemError::Damaged(error.to_string()))?;
    if found.is_empty() {
        return Err(PemError::NoCertificate);
    }
    Ok(found)
}
