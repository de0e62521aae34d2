//! Root certificates from files: those the system trusts, or a bundle that somebody names.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::x509::{PemBlock, PemKind, Roots};

/// Where systems keep the certificates they trust, in one file: Debian and Alpine, Fedora twice, openSUSE, macOS and Alpine again.
const PLACES: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// The longest bundle, in bytes; those of systems have some 200 kB.
const MAX_LENGTH: u64 = 16 << 20;

/// The roots of a file of certificates (PEM).
#[derive(Debug)]
pub struct RootBundle {
    /// The roots, at least one.
    pub roots: Roots,
    /// The file.
    pub path: PathBuf,
    /// How many of its certificates are not usable as a root. One broken certificate must not cost all the others.
    pub skipped: usize,
}

/// No file has a root certificate.
#[derive(Debug, thiserror::Error)]
#[error("no root certificates: {}", .looked.iter().map(|(path, why)| format!("{}: {why}", path.display())).collect::<Vec<_>>().join("; "))]
pub struct NoRoots {
    /// The files looked at, and what was wrong with each.
    pub looked: Vec<(PathBuf, BundleError)>,
}

/// What is wrong with a bundle.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// It cannot be read.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// It is longer than 16 MiB.
    #[error("longer than 16 MiB")]
    TooLong,
    /// It has no certificate in PEM.
    #[error("no certificate in it")]
    Empty,
    /// None of so many certificates is usable.
    #[error("none of its {0} certificates is usable")]
    NoneUsable(usize),
}

impl RootBundle {
    /// What the system trusts: the file that the variable `SSL_CERT_FILE` names, else the first with a usable certificate of those
    /// where Debian, Fedora, Alpine, openSUSE and macOS keep theirs.
    pub fn system() -> Result<Self, NoRoots> {
        match std::env::var_os("SSL_CERT_FILE").filter(|path| !path.is_empty()) {
            Some(path) => Self::first_of([path]),
            None => Self::first_of(PLACES),
        }
    }

    /// The first of these files with a usable certificate.
    pub fn first_of<P: AsRef<Path>>(places: impl IntoIterator<Item = P>) -> Result<Self, NoRoots> {
        let mut looked = Vec::new();
        for path in places {
            match Self::read(path.as_ref()) {
                Ok(bundle) => return Ok(bundle),
                Err(why) => looked.push((path.as_ref().to_owned(), why)),
            }
        }
        Err(NoRoots { looked })
    }

    /// Every usable certificate of a file, at least one; other blocks and the text between them are passed over.
    pub fn read(path: &Path) -> Result<Self, BundleError> {
        let mut text = Vec::new();
        File::open(path)?
            .take(MAX_LENGTH.saturating_add(1))
            .read_to_end(&mut text)?;
        if u64::try_from(text.len()).is_ok_and(|length| length > MAX_LENGTH) {
            return Err(BundleError::TooLong);
        }
        let (mut roots, mut used, mut skipped) = (Roots::new(), 0_usize, 0_usize);
        for block in blocks(&text) {
            match PemBlock::read_all(block).as_deref() {
                Ok([one]) if one.kind != PemKind::Certificate => {}
                Ok([one]) if roots.add(&one.der).is_ok() => used = used.saturating_add(1),
                _ => skipped = skipped.saturating_add(1),
            }
        }
        match (used, skipped) {
            (0, 0) => return Err(BundleError::Empty),
            (0, skipped) => return Err(BundleError::NoneUsable(skipped)),
            _ => {}
        }
        Ok(Self {
            roots,
            path: path.to_owned(),
            skipped,
        })
    }
}

/// The text cut before each BEGIN line: a block that does not end spoils itself alone.
fn blocks(text: &[u8]) -> Vec<&[u8]> {
    let mut blocks = Vec::new();
    let (mut rest, mut length) = (text, 0_usize);
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(b"-----BEGIN ")
            && let Some((before, from)) = rest.split_at_checked(length)
        {
            blocks.push(before);
            (rest, length) = (from, 0);
        }
        length = length.saturating_add(line.len());
    }
    blocks.push(rest);
    blocks.retain(|block| block.starts_with(b"-----BEGIN "));
    blocks
}
