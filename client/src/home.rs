//! What a device keeps on disk: its key, its account, what it has read, and what it has yet to send.
//!
//! ```text
//! HOME/                 0700; every file in it 0600, replaced whole or not at all
//!     identity.key      the Ed25519 key; made once, never overwritten, never sent
//!     certificate.pem   the user certificate
//!     account.json      who, where, and whose key to trust; written last: with it the device has joined
//!     state.json        the cursor, and the last message seen in each conversation
//!     server-root.pem   the server's P-256 root, once `trust` has fetched it
//!     queue/ID.json     one message that is not yet confirmed
//!     refused/ID.json   one message that the server refused for good
//!     dns/RESOLVER      what was learnt of names from a resolver, and how long it holds
//!     lock              held while state.json is changed
//! ```

mod account;
mod files;
mod place;
mod queue;
mod state;

use std::path::{Path, PathBuf};

use nihao_protocol::chat::Nickname;
use nihao_protocol::clock::UnixTime;
use nihao_protocol::crypto::signature::KeyError;
use nihao_protocol::crypto::{Random, SigningKey};
use nihao_protocol::x509::{Certificate, PemKind, certificates_from_pem, encode_pem};

pub use account::{Account, Endpoint};
pub use files::FileError;
pub use place::{Variables, find};
pub use queue::Unsent;
pub use state::State;

const KEY: &str = "identity.key";
const CERTIFICATE: &str = "certificate.pem";
const ACCOUNT: &str = "account.json";
/// The server's P-256 root.
pub const ROOT: &str = "server-root.pem";

/// A device's directory.
#[derive(Debug, Clone)]
pub struct Home {
    root: PathBuf,
}

/// What a member shows to the server.
#[derive(Clone)]
pub struct Credentials {
    /// The private key.
    pub key: SigningKey,
    /// The user certificate in DER, and what stands above it.
    pub chain: Vec<Vec<u8>>,
}

/// What is on disk cannot be used, or could not be written.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// The system refused.
    #[error(transparent)]
    File(#[from] FileError),
    /// Nobody has joined from here.
    #[error("nobody has joined from {0}")]
    NotJoined(PathBuf),
    /// Somebody has, with another name or at another server.
    #[error("{path} belongs to @{name} at {endpoint} already")]
    Taken {
        /// The directory.
        path: PathBuf,
        /// Who joined.
        name: Nickname,
        /// Where.
        endpoint: Endpoint,
    },
    /// A file does not hold what it should.
    #[error("{path} is damaged: {reason}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// The certificate that the server gave is for another key.
    #[error("the server gave a certificate for another key than this device's")]
    ForeignCertificate,
    /// No key could be made.
    #[error("no key could be made: {0}")]
    Key(#[from] KeyError),
    /// Neither the command line nor the environment says where the home is.
    #[error("there is no place for this device's files: HOME is not set")]
    NoPlace,
}

impl Credentials {
    /// Whether the certificate is in the last third of its time, or past it.
    #[must_use]
    pub fn needs_renewal(&self, now: UnixTime) -> bool {
        let own = self.chain.first().and_then(|der| Certificate::parse(der).ok());
        own.is_some_and(|own| {
            let third = own.not_after.0.saturating_sub(own.not_before.0) / 3;
            now.0 >= own.not_after.0.saturating_sub(third)
        })
    }
}

impl Home {
    /// The home at `root`; nothing is made or read yet.
    #[must_use]
    pub const fn at(root: PathBuf) -> Self {
        Self { root }
    }

    /// The directory.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.root
    }

    /// The file for what is learnt of names from one resolver.
    #[must_use]
    pub fn names(&self, resolver: &str) -> PathBuf {
        self.root.join("dns").join(resolver)
    }

    /// Who this device is, and where it belongs.
    ///
    /// # Errors
    /// [`HomeError::NotJoined`] before the first successful join.
    pub fn account(&self) -> Result<Account, HomeError> {
        self.account_if_any()?
            .ok_or_else(|| HomeError::NotJoined(self.root.clone()))
    }

    /// The same, or nothing before the first successful join.
    ///
    /// # Errors
    /// [`HomeError`] where the file cannot be read or understood.
    pub fn account_if_any(&self) -> Result<Option<Account>, HomeError> {
        let path = self.root.join(ACCOUNT);
        match files::read_if_any(&path)? {
            Some(text) => Account::parse(&text)
                .map(Some)
                .map_err(|reason| HomeError::Damaged { path, reason }),
            None => Ok(None),
        }
    }

    /// The key and certificate of a device that has joined.
    ///
    /// # Errors
    /// [`HomeError`] where one of them is missing, damaged, or of another key.
    pub fn credentials(&self) -> Result<Credentials, HomeError> {
        let key_path = self.root.join(KEY);
        let text = files::read_secret(&key_path)?;
        let key = SigningKey::from_pkcs8_pem(&text).map_err(|error| damaged(&key_path, error))?;
        let path = self.root.join(CERTIFICATE);
        let text = files::read_secret(&path)?;
        let chain = certificates_from_pem(&text).map_err(|error| damaged(&path, error))?;
        if !certifies(&chain, &key) {
            return Err(damaged(&path, "it is not for the key in identity.key"));
        }
        Ok(Credentials { key, chain })
    }

    /// The device's key, which is made if there is none: a join that failed half-way goes on with the same key.
    ///
    /// # Errors
    /// [`HomeError`] where it cannot be made, read or understood.
    pub fn key_to_join_with(&self, random: &mut dyn Random) -> Result<SigningKey, HomeError> {
        files::ensure_directory(&self.root)?;
        let path = self.root.join(KEY);
        if !path.exists() {
            let key = SigningKey::generate_ed25519(random)?;
            match files::create_secret(&path, key.to_pkcs8_pem()?.as_bytes()) {
                // Another process was faster: its key is the device's.
                Ok(()) | Err(FileError::Exists(_)) => {}
                Err(error) => return Err(error.into()),
            }
        }
        let text = files::read_secret(&path)?;
        SigningKey::from_pkcs8_pem(&text).map_err(|error| damaged(&path, error))
    }

    /// Keeps what a join brought. The account comes last: only with it the device has joined.
    ///
    /// # Errors
    /// [`HomeError::ForeignCertificate`] for a certificate of another key; [`HomeError`] where a file cannot be written.
    pub fn keep_joined(
        &self,
        account: &Account,
        chain: &[Vec<u8>],
        key: &SigningKey,
        cursor: u64,
    ) -> Result<(), HomeError> {
        self.keep_certificate(chain, key)?;
        self.change_state(|state| state.cursor = state.cursor.max(cursor))?;
        Ok(files::replace(&self.root.join(ACCOUNT), account.to_json().as_bytes())?)
    }

    /// Where the server's P-256 root is kept.
    #[must_use]
    pub fn root_file(&self) -> PathBuf {
        self.root.join(ROOT)
    }

    /// Keeps the server's P-256 root.
    ///
    /// # Errors
    /// [`HomeError`] where it cannot be written.
    pub fn keep_root(&self, pem: &str) -> Result<(), HomeError> {
        Ok(files::replace(&self.root_file(), pem.as_bytes())?)
    }

    /// Keeps a certificate of the device's key.
    ///
    /// # Errors
    /// As [`Self::keep_joined`].
    pub fn keep_certificate(&self, chain: &[Vec<u8>], key: &SigningKey) -> Result<(), HomeError> {
        if !certifies(chain, key) {
            return Err(HomeError::ForeignCertificate);
        }
        let text: String = chain.iter().map(|der| encode_pem(PemKind::Certificate, der)).collect();
        Ok(files::replace(&self.root.join(CERTIFICATE), text.as_bytes())?)
    }
}

fn certifies(chain: &[Vec<u8>], key: &SigningKey) -> bool {
    let own = chain.first().and_then(|der| Certificate::parse(der).ok());
    own.and_then(|certificate| certificate.public_key().ok())
        .is_some_and(|bits| bits == key.public_key())
}

fn damaged(path: &Path, reason: impl ToString) -> HomeError {
    HomeError::Damaged {
        path: path.into(),
        reason: reason.to_string(),
    }
}
