//! A certificate of the operator's own for browsers: two PEM files, checked before they are used, and read again when they change.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use nihao_protocol::clock::UnixTime;
use nihao_protocol::crypto::SigningKey;
use nihao_protocol::crypto::hash::{Digest, HashAlgorithm};
use nihao_protocol::tls::{Identity, IdentityError};
use nihao_protocol::x509::der::{Der, tag};
use nihao_protocol::x509::{Certificate, DerError, Meaning, Oid, PemBlock, PemError, PemKind, certificates_from_pem};
use zeroize::Zeroizing;

/// The extKeyUsage of servers.
const SERVER_AUTH: &str = "serverAuth";

/// A chain and a key out of two files, fit to be shown to browsers.
#[derive(Debug, Clone)]
pub struct WebCertificate {
    certificate: PathBuf,
    key: PathBuf,
    /// Of both files, to see whether they changed.
    digest: Digest,
    identity: Identity,
}

/// Why two files are no certificate for browsers.
#[derive(Debug, thiserror::Error)]
pub enum WebCertificateError {
    /// The system refused.
    #[error("cannot read {path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The first file holds no certificates.
    #[error("{path} holds no certificate: {reason}")]
    NoCertificate {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: PemError,
    },
    /// The first file holds a private key and no certificate.
    #[error("{0} holds a private key, and no certificate")]
    Swapped(PathBuf),
    /// A certificate cannot be taken apart.
    #[error("certificate {number} in {path} is damaged: {reason}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Which one, from 1.
        number: usize,
        /// What is wrong with it.
        reason: DerError,
    },
    /// The second file holds no private key.
    #[error("{0} holds no private key in PEM")]
    NoKey(PathBuf),
    /// The private key needs a password.
    #[error("the private key in {0} is encrypted")]
    Encrypted(PathBuf),
    /// The private key is of a kind that this server does not sign with.
    #[error("the private key in {path} is {kind}, and nihaod signs with P-256 and Ed25519 keys only")]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// Which kind.
        kind: String,
    },
    /// The key is of none of the certificates.
    #[error("the private key in {key} does not belong to the first certificate in {certificate}")]
    OtherKey {
        /// The key's file.
        key: PathBuf,
        /// The certificates' file.
        certificate: PathBuf,
    },
    /// The key is of another certificate than the first, or one is not issued by the next.
    #[error("the certificates in {path} are out of order: {reason}")]
    Disordered {
        /// The file.
        path: PathBuf,
        /// Which, and how.
        reason: String,
    },
    /// No browser would take it for a server's.
    #[error("the first certificate in {path} is not a server's: {reason}")]
    NotAServers {
        /// The file.
        path: PathBuf,
        /// Why not.
        reason: &'static str,
    },
}

impl WebCertificateError {
    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Unreadable { source, .. } if source.kind() == io::ErrorKind::PermissionDenied => {
                "let nihaod's user read it: chown or setfacl, or copy both files to a directory of its own"
            }
            Self::Unreadable { .. } => "check the path; certbot puts both under /etc/letsencrypt/live/NAME/",
            Self::Swapped(_) => "--web-cert takes the certificates and --web-key the private key: are they swapped?",
            Self::NoCertificate { .. } | Self::Damaged { .. } => {
                "give PEM, the server's own certificate first and its issuers after it: certbot's fullchain.pem"
            }
            Self::NoKey(_) => {
                "give a PEM file with a PRIVATE KEY (PKCS#8) or EC PRIVATE KEY block: certbot's privkey.pem"
            }
            Self::Encrypted(_) => "take the password off: openssl pkey -in FILE -out NEW, and keep NEW to yourself",
            Self::Unsupported { .. } => {
                "get a certificate for a P-256 key: certbot certonly --key-type ecdsa --elliptic-curve secp256r1 …; \
                 by hand: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256"
            }
            Self::OtherKey { .. } => "give the key that the certificate was asked for with; both are renewed together",
            Self::Disordered { .. } => {
                "put the server's own certificate first, then each one's issuer: certbot's fullchain.pem"
            }
            Self::NotAServers { .. } => {
                "ask for a certificate for a server's host name (extended key usage serverAuth)"
            }
        }
    }
}

impl WebCertificate {
    /// Reads both files and checks that they belong together.
    ///
    /// # Errors
    /// [`WebCertificateError`], each with what is wrong and in which file. Dates are no error: see [`Self::warnings`].
    pub fn open(certificate: &Path, key: &Path) -> Result<Self, WebCertificateError> {
        let chain_text = read(certificate)?;
        let key_text = read(key)?;
        let mut both = HashAlgorithm::Sha256.hash(chain_text.as_bytes()).as_bytes().to_vec();
        both.extend_from_slice(HashAlgorithm::Sha256.hash(key_text.as_bytes()).as_bytes());
        let chain = chain(certificate, &chain_text)?;
        let identity = identity(certificate, key, chain, signing_key(key, &key_text)?)?;
        Ok(Self {
            certificate: certificate.into(),
            key: key.into(),
            digest: HashAlgorithm::Sha256.hash(&both),
            identity,
        })
    }

    /// What the files hold now, if that is something else than before.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn reread(&self) -> Result<Option<Self>, WebCertificateError> {
        let fresh = Self::open(&self.certificate, &self.key)?;
        Ok((fresh.digest.as_bytes() != self.digest.as_bytes()).then_some(fresh))
    }

    /// What the operator should know, and the server can live with.
    #[must_use]
    pub fn warnings(&self, now: UnixTime) -> Vec<String> {
        let mut warnings = Vec::new();
        let path = self.certificate.display();
        let leaf = self
            .identity
            .chain()
            .first()
            .and_then(|der| Certificate::parse(der).ok());
        if let Some(leaf) = leaf {
            if now > leaf.not_after {
                warnings.push(format!("the certificate in {path} expired on {}", date(leaf.not_after)));
            } else if now < leaf.not_before {
                warnings.push(format!(
                    "the certificate in {path} is not valid before {}",
                    date(leaf.not_before)
                ));
            }
        }
        if is_open_to_others(&self.key) {
            warnings.push(format!(
                "everybody on this machine can read the private key {}",
                self.key.display()
            ));
        }
        warnings
    }

    /// Logs [`Self::warnings`].
    pub(super) fn warn(&self, now: UnixTime) {
        for warning in self.warnings(now) {
            tracing::warn!("{warning}");
        }
    }

    /// The chain and the key.
    pub(super) const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The host names it is for.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let leaf = self.identity.chain().first().map(|der| Certificate::parse(der));
        leaf.and_then(|leaf| leaf.ok()?.server_names().ok()).unwrap_or_default()
    }
}

fn read(path: &Path) -> Result<Zeroizing<String>, WebCertificateError> {
    let failed = |source| WebCertificateError::Unreadable {
        path: path.into(),
        source,
    };
    let bytes = Zeroizing::new(fs::read(path).map_err(failed)?);
    // DER, then: no text, and no PEM in it.
    Ok(Zeroizing::new(str::from_utf8(&bytes).unwrap_or_default().into()))
}

fn chain(path: &Path, text: &str) -> Result<Vec<Vec<u8>>, WebCertificateError> {
    certificates_from_pem(text).map_err(|reason| match reason {
        PemError::NoCertificate if text.contains("PRIVATE KEY-----") => WebCertificateError::Swapped(path.into()),
        reason => WebCertificateError::NoCertificate {
            path: path.into(),
            reason,
        },
    })
}

fn signing_key(path: &Path, text: &str) -> Result<SigningKey, WebCertificateError> {
    SigningKey::from_pem(text).map_err(|_| {
        if text.contains("BEGIN ENCRYPTED PRIVATE KEY") || text.contains("Proc-Type: 4,ENCRYPTED") {
            return WebCertificateError::Encrypted(path.into());
        }
        match kind_of_key(text) {
            Some(kind) => WebCertificateError::Unsupported {
                path: path.into(),
                kind,
            },
            None => WebCertificateError::NoKey(path.into()),
        }
    })
}

/// What people call the kind of a private key that this server cannot use.
fn kind_of_key(text: &str) -> Option<String> {
    if text.contains("BEGIN RSA PRIVATE KEY") {
        return Some(String::from("an RSA key"));
    }
    let blocks = PemBlock::read_all(text.as_bytes()).ok()?;
    let key = blocks.into_iter().find(|block| block.kind == PemKind::PrivateKey)?;
    let der = Zeroizing::new(key.der);
    let mut fields = Der::new(&der).inside(tag::SEQUENCE).ok()?;
    fields.unsigned().ok()?;
    let algorithm = match fields.inside(tag::SEQUENCE) {
        // PKCS#8: the algorithm, and of a curve its name.
        Ok(mut algorithm) => match algorithm.oid().ok()? {
            Oid::EC_PUBLIC_KEY => algorithm.oid().ok()?.to_string(),
            other => other.to_string(),
        },
        // RFC 5915: the key itself, and then its curve.
        Err(_) => {
            fields.expect(tag::OCTET_STRING).ok()?;
            let curve = fields.optional(tag::explicit(0)).ok()??;
            Der::new(curve.content).oid().ok()?.to_string()
        }
    };
    let article = if algorithm.starts_with("RSA") { "an" } else { "a" };
    Some(format!("{article} {algorithm} key"))
}

fn identity(
    certificate: &Path,
    key_path: &Path,
    chain: Vec<Vec<u8>>,
    key: SigningKey,
) -> Result<Identity, WebCertificateError> {
    let mut views = Vec::new();
    for (index, der) in chain.iter().enumerate() {
        let damaged = |reason| WebCertificateError::Damaged {
            path: certificate.into(),
            number: index + 1,
            reason,
        };
        views.push(Certificate::parse(der).map_err(damaged)?);
    }
    check_order(certificate, key_path, &views, &key.public_key())?;
    if let Some(leaf) = views.first() {
        let refused = |reason| WebCertificateError::NotAServers {
            path: certificate.into(),
            reason,
        };
        check_leaf(leaf).map_err(refused)?;
    }
    drop(views);
    Identity::new(chain, key).map_err(|error| match error {
        IdentityError::Certificate(reason) => WebCertificateError::Damaged {
            path: certificate.into(),
            number: 1,
            reason,
        },
        _ => WebCertificateError::OtherKey {
            key: key_path.into(),
            certificate: certificate.into(),
        },
    })
}

fn check_order(
    certificate: &Path,
    key_path: &Path,
    views: &[Certificate<'_>],
    key: &[u8],
) -> Result<(), WebCertificateError> {
    let disordered = |reason| WebCertificateError::Disordered {
        path: certificate.into(),
        reason,
    };
    let own = views
        .iter()
        .position(|view| view.public_key().is_ok_and(|bits| bits == key));
    match own {
        Some(0) => {}
        Some(index) => {
            let number = index + 1;
            return Err(disordered(format!(
                "the one of this key is number {number}, and must be the first"
            )));
        }
        None => {
            return Err(WebCertificateError::OtherKey {
                key: key_path.into(),
                certificate: certificate.into(),
            });
        }
    }
    for (index, (one, next)) in views.iter().zip(views.iter().skip(1)).enumerate() {
        if one.issuer != next.subject {
            let (number, issuer) = (index + 1, one.issuer);
            let reason = format!(
                "number {number} is issued by {issuer}, and number {} is {}",
                number + 1,
                next.subject
            );
            return Err(disordered(reason));
        }
    }
    Ok(())
}

/// What every browser refuses at the server's own certificate.
fn check_leaf(leaf: &Certificate<'_>) -> Result<(), &'static str> {
    if leaf.is_authority().unwrap_or_default() {
        return Err("it is an authority's");
    }
    if leaf.server_names().is_ok_and(|names| names.is_empty()) {
        return Err("it names no host (subjectAltName)");
    }
    if let Ok(Some(Meaning::ExtendedKeyUsage(purposes))) = leaf.extension(Oid::EXTENDED_KEY_USAGE)
        && !purposes.iter().any(|purpose| purpose.to_string() == SERVER_AUTH)
    {
        return Err("its extended key usage is another than serverAuth");
    }
    if !leaf.allows_digital_signature().unwrap_or(true) {
        return Err("its key usage has no digitalSignature");
    }
    Ok(())
}

fn date(at: UnixTime) -> String {
    // Years of more than four digits are no dates there.
    let latest = Duration::from_secs(at.seconds().min(253_402_300_799));
    httpdate::fmt_http_date(UNIX_EPOCH + latest)
}

#[cfg(unix)]
fn is_open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).is_ok_and(|about| about.permissions().mode() & 0o007 != 0)
}

#[cfg(not(unix))]
const fn is_open_to_others(_: &Path) -> bool {
    false
}
