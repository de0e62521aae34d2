//! The three authorities in a directory: made once, as a whole, and never silently made anew.
//!
//! ```text
//! DIR/ca.pem                   both server roots, for everyone who is to trust the server
//! DIR/ca/                      0700; every file in it 0600
//!     server-p256.pem .key     server-ed25519.pem .key     users.pem .key
//! ```

use std::path::{Path, PathBuf};

use nihao_protocol::clock::UnixTime;
use nihao_protocol::crypto::{Random, SigningKey};
use nihao_protocol::x509::{PemBlock, PemKind};

use crate::authority::{Authority, IssueError, ServerAuthority, UserAuthority};
use crate::files::{self, FileError};
use crate::key::KeyAlgorithm;
use crate::names::{HostName, default_names};

/// The file with both server roots, in the directory of the authorities.
pub const CA_FILE: &str = "ca.pem";
const KEYS: &str = "ca";
const P256: &str = "server-p256";
const ED25519: &str = "server-ed25519";
const USERS: &str = "users";

/// The authorities of one server.
pub struct Authorities {
    /// Signs server certificates; its key is what an invite pins.
    pub server_ed25519: ServerAuthority,
    /// Signs server certificates for browsers and system stores, for the server's own names only.
    pub server_p256: ServerAuthority,
    /// Signs users.
    pub users: UserAuthority,
    /// What opening them did.
    pub opened: Opened,
}

/// What opening the authorities did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opened {
    /// They were there.
    Found,
    /// They were made.
    Created,
    /// They were there, and the P-256 root was signed again by its own key to permit more names: whoever had put the old
    /// one into a browser's or a system's store must put the new one there, for the old one refuses the new names.
    Extended,
}

/// The authorities could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There are none, and none were to be made.
    #[error("there are no certificate authorities in {0}")]
    Absent(PathBuf),
    /// A part is missing. New authorities are not made in its place: every user would be locked out.
    #[error("the certificate authorities are incomplete: {0} is missing")]
    Missing(PathBuf),
    /// A part cannot be understood.
    #[error("{path} is damaged: {reason}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A certificate and a key are not of one authority.
    #[error("{certificate} and {key} do not belong together")]
    Mismatch {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// A root could not be made.
    #[error(transparent)]
    Issue(#[from] IssueError),
}

impl StoreError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Absent(dir) => format!("make them with: nihao-certs init {}", dir.display()),
            Self::Missing(_) | Self::Damaged { .. } | Self::Mismatch { .. } => {
                "restore it from a backup; to start over with new authorities and no users, move ca.pem and the directory ca away".into()
            }
            Self::File(FileError::Open { path, .. }) => format!("chmod 600 {}", path.display()),
            Self::File(FileError::Exists(_)) => "choose another name, or move the file away first".into(),
            Self::File(FileError::System { .. }) => "check the path, its permissions, and the space on its disk".into(),
            Self::Issue(_) => "check the clock of this machine and the names given".into(),
        }
    }
}

impl Authorities {
    /// Opens the authorities in `dir`, or makes them if there are none; makes the P-256 root permit `names`.
    ///
    /// # Errors
    /// [`StoreError`] for anything damaged or half missing, which is never replaced.
    pub fn open_or_create(
        dir: &Path,
        names: &[HostName],
        now: UnixTime,
        random: &mut dyn Random,
    ) -> Result<Self, StoreError> {
        let mut authorities = match Self::read(dir) {
            Err(StoreError::Absent(_)) => Self::create(dir, names, now, random)?,
            other => other?,
        };
        if !authorities.server_p256.may_sign_for(names) {
            authorities.extend(dir, names, now, random)?;
        }
        let roots = authorities.server_roots_pem();
        let path = dir.join(CA_FILE);
        if !path.exists() || files::read(&path)? != roots.as_bytes() {
            files::replace(&path, roots.as_bytes())?;
        }
        Ok(authorities)
    }

    /// Opens the authorities in `dir`, which must be there.
    ///
    /// # Errors
    /// [`StoreError`] for anything absent, damaged or half missing.
    pub fn read(dir: &Path) -> Result<Self, StoreError> {
        let keys = dir.join(KEYS);
        if !holds_anything(&keys) {
            // Roots without keys are what is left of authorities, not a fresh directory.
            let roots = dir.join(CA_FILE);
            return Err(if roots.exists() {
                StoreError::Missing(keys)
            } else {
                StoreError::Absent(dir.into())
            });
        }
        Ok(Self {
            server_ed25519: load(&keys, ED25519, load_server(KeyAlgorithm::Ed25519))?,
            server_p256: load(&keys, P256, load_server(KeyAlgorithm::P256))?,
            users: load(&keys, USERS, UserAuthority::load)?,
            opened: Opened::Found,
        })
    }

    /// Both server roots as PEM, the browsers' first.
    #[must_use]
    pub fn server_roots_pem(&self) -> String {
        self.server_p256.authority().pem() + &self.server_ed25519.authority().pem()
    }

    fn create(dir: &Path, names: &[HostName], now: UnixTime, random: &mut dyn Random) -> Result<Self, StoreError> {
        let made = Self {
            server_ed25519: ServerAuthority::create(KeyAlgorithm::Ed25519, names, now, random)?,
            server_p256: ServerAuthority::create(KeyAlgorithm::P256, names, now, random)?,
            users: UserAuthority::create(now, random)?,
            opened: Opened::Created,
        };
        files::ensure_directory(dir)?;
        let mut content = Vec::new();
        for (stem, authority) in made.parts() {
            let key = authority
                .key()
                .to_pkcs8_pem()
                .map_err(|error| damaged(dir, error.to_string()))?;
            content.push((format!("{stem}.pem"), zeroize_on_drop(authority.pem())));
            content.push((format!("{stem}.key"), key));
        }
        let borrowed: Vec<(&str, &[u8])> = content
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_bytes()))
            .collect();
        // Another process may have been faster: then its authorities hold.
        if files::create_secret_directory(&dir.join(KEYS), &borrowed)? {
            Ok(made)
        } else {
            Self::read(dir)
        }
    }

    fn extend(
        &mut self,
        dir: &Path,
        names: &[HostName],
        now: UnixTime,
        random: &mut dyn Random,
    ) -> Result<(), StoreError> {
        let defaults = default_names();
        let before = self
            .server_p256
            .permitted()
            .unwrap_or_default()
            .iter()
            .filter(|name| !defaults.contains(name));
        let all: Vec<HostName> = before.chain(names).cloned().collect();
        let key = self.server_p256.authority().key().clone();
        self.server_p256 = ServerAuthority::with_key(key, &all, now, random)?;
        files::replace(
            &dir.join(KEYS).join(format!("{P256}.pem")),
            self.server_p256.authority().pem().as_bytes(),
        )?;
        if self.opened == Opened::Found {
            self.opened = Opened::Extended;
        }
        Ok(())
    }

    fn parts(&self) -> [(&'static str, &Authority); 3] {
        [
            (P256, self.server_p256.authority()),
            (ED25519, self.server_ed25519.authority()),
            (USERS, self.users.authority()),
        ]
    }
}

fn load<T>(
    keys: &Path,
    stem: &str,
    put_together: impl FnOnce(SigningKey, Vec<u8>) -> Option<T>,
) -> Result<T, StoreError> {
    let certificate = keys.join(format!("{stem}.pem"));
    let key = keys.join(format!("{stem}.key"));
    if let Some(missing) = [&certificate, &key].into_iter().find(|path| !path.exists()) {
        return Err(StoreError::Missing(missing.clone()));
    }
    let text = zeroize_on_drop(files::read_secret(&key)?);
    let signing = SigningKey::from_pkcs8_pem(&text).map_err(|error| damaged(&key, error.to_string()))?;
    let mut blocks =
        PemBlock::read_all(&files::read(&certificate)?).map_err(|error| damaged(&certificate, error.to_string()))?;
    match (blocks.pop(), blocks.is_empty()) {
        (Some(block), true) if block.kind == PemKind::Certificate => {
            put_together(signing, block.der).ok_or(StoreError::Mismatch { certificate, key })
        }
        _ => Err(damaged(&certificate, "one certificate was expected in it".into())),
    }
}

fn load_server(algorithm: KeyAlgorithm) -> impl FnOnce(SigningKey, Vec<u8>) -> Option<ServerAuthority> {
    move |key, certificate| {
        let authority = ServerAuthority::load(key, certificate)?;
        (authority.authority().public_key().algorithm() == algorithm).then_some(authority)
    }
}

fn holds_anything(directory: &Path) -> bool {
    match std::fs::read_dir(directory) {
        Ok(mut entries) => entries.next().is_some(),
        Err(error) => error.kind() != std::io::ErrorKind::NotFound,
    }
}

fn damaged(path: &Path, reason: String) -> StoreError {
    StoreError::Damaged {
        path: path.into(),
        reason,
    }
}

fn zeroize_on_drop(text: String) -> zeroize::Zeroizing<String> {
    zeroize::Zeroizing::new(text)
}
