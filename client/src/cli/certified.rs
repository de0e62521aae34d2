//! Who the user is to a server that wants to know by a certificate: options that several commands have.

use std::path::{Path, PathBuf};

use clap::Args;
use nihao_protocol::crypto::SigningKey;
use nihao_protocol::tls::Identity;
use nihao_protocol::x509::certificates_from_pem;
use zeroize::Zeroizing;

use crate::command::http::WebError;

/// A certificate and its key, in files.
#[derive(Debug, Default, Args)]
pub(super) struct Certified {
    /// Show the certificate in FILE (PEM, with those between it and the authority after it) to a server that asks for one
    #[arg(long, value_name = "FILE")]
    cert: Option<PathBuf>,
    /// The private key of --cert, Ed25519 or P-256, without a password; else it is in the same file
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
}

impl Certified {
    /// Reads the two.
    pub(super) fn identity(&self) -> Result<Option<Identity>, WebError> {
        let Some(cert) = &self.cert else {
            return Ok(None);
        };
        let key = self.key.as_ref().unwrap_or(cert);
        let of = |path: &Path, error: String| WebError::Identity {
            path: path.into(),
            problem: error,
        };
        let text = read(key)?;
        let key = SigningKey::from_pem(&text).map_err(|_| {
            let problem = if text.contains("ENCRYPTED") {
                "expected a private key without a password, seen one that is encrypted"
            } else {
                "expected a private key for Ed25519 or P-256 (PKCS#8 or SEC 1), seen none"
            };
            of(key, problem.into())
        })?;
        let chain = certificates_from_pem(&read(cert)?).map_err(|error| of(cert, error.to_string()))?;
        let identity = Identity::new(chain, key);
        identity.map(Some).map_err(|error| of(cert, error.to_string()))
    }
}

fn read(path: &Path) -> Result<Zeroizing<String>, WebError> {
    let read = std::fs::read_to_string(path).map(Zeroizing::new);
    read.map_err(|error| WebError::File {
        path: path.into(),
        error,
    })
}
