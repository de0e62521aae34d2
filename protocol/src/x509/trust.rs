//! Whom to trust: root certificates, one pinned key, or a verifier of the caller's own.

use std::sync::Arc;
use std::time::Duration;

use pki_types::{
    CertificateDer, CertificateRevocationListDer, Der as PkiDer, SignatureVerificationAlgorithm, TrustAnchor,
};
use webpki::{
    BorrowedCertRevocationList, CertRevocationList, EndEntityCert, ExpirationPolicy, KeyUsage, RevocationCheckDepth,
    RevocationOptionsBuilder, UnknownStatusPolicy,
};

use super::algorithms::{Ed25519, OTHERS};
use super::remembered::Remembered;
use super::{Certificate, CertificateError, DistinguishedName, PemError, ServerName, certificates_from_pem};
use crate::clock::UnixTime;
use crate::crypto::signature::Ed25519Key;

/// The most certificates a chain may have.
pub const MAX_CHAIN: usize = 10;

/// The contents of an Ed25519 SubjectPublicKeyInfo before its 32 key bytes (RFC 8410 §4).
const ED25519_INFO: [u8; 10] = [0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// An Ed25519 public key as a certificate has it: a DER SubjectPublicKeyInfo (RFC 8410 §4).
#[must_use]
pub fn ed25519_key_info(key: &[u8; 32]) -> Vec<u8> {
    [&[0x30, 0x2a][..], &ED25519_INFO, key].concat()
}

/// Whom to trust.
#[derive(Debug, Clone)]
pub enum Trust {
    /// Chains that lead to one of these root certificates.
    Roots(Arc<Roots>),
    /// Chains whose last certificate is signed by this Ed25519 key, whatever the issuer calls itself.
    ///
    /// Such a pin sees nothing of the CA but its key: not its validity, constraints or usage. So the key must never sign anything
    /// but certificates, and leaves must be short-lived.
    Pinned([u8; 32]),
    /// What this verifier accepts.
    Custom(Arc<dyn Verifier>),
}

/// A chain verifier of the caller's own.
pub trait Verifier: std::fmt::Debug + Send + Sync {
    /// Accepts or refuses `chain`: DER, the peer's own certificate first, never empty, at most [`MAX_CHAIN`] long.
    ///
    /// That the first certificate lets its key sign (RFC 8446 §4.4.2.2) is checked besides, and that the peer holds the private
    /// key by the handshake itself.
    fn verify(&self, chain: &[Vec<u8>], purpose: Purpose<'_>, now: UnixTime) -> Result<(), CertificateError>;
}

/// What a chain is to prove.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose<'a> {
    /// The peer is the server of this name.
    Server(&'a ServerName),
    /// The peer is a client.
    Client,
}

/// Root certificates, and the revocation lists that go with them.
///
/// A chain that they verified once is remembered (256 of them, see [`Roots::remembering`]) and not verified again inside its
/// validity window; the server's name is checked every time.
#[derive(Debug)]
pub struct Roots {
    anchors: Vec<TrustAnchor<'static>>,
    /// The anchors' subjects: DER Names.
    names: Vec<Vec<u8>>,
    revocation: Vec<CertRevocationList<'static>>,
    ed25519: Ed25519,
    remembered: Remembered,
    most_remembered: usize,
}

/// Chains remembered unless the caller says otherwise.
const REMEMBERED: usize = 256;

impl Default for Roots {
    fn default() -> Self {
        Self::new()
    }
}

/// A root certificate or revocation list could not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RootsError {
    /// The text is no PEM certificate.
    #[error(transparent)]
    Pem(#[from] PemError),
    /// The DER is no certificate that can be a root.
    #[error("not usable as a root certificate: {0}")]
    Certificate(String),
    /// The DER is no revocation list.
    #[error("not usable as a revocation list: {0}")]
    RevocationList(String),
}

impl Roots {
    /// No roots yet: nobody is trusted.
    #[must_use]
    pub fn new() -> Self {
        Self {
            anchors: Vec::new(),
            names: Vec::new(),
            revocation: Vec::new(),
            ed25519: Ed25519::default(),
            remembered: Remembered::new(REMEMBERED),
            most_remembered: REMEMBERED,
        }
    }

    /// Remembers at most so many verified chains; 0: none, every chain is verified every time.
    #[must_use]
    pub fn remembering(mut self, most: usize) -> Self {
        self.most_remembered = most;
        self.forget();
        self
    }

    /// What was verified by other roots or lists counts no more.
    fn forget(&mut self) {
        // A revocation list runs out by itself: with one at hand every chain is held against it every time.
        let most = if self.revocation.is_empty() {
            self.most_remembered
        } else {
            0
        };
        self.remembered = Remembered::new(most);
    }

    /// Finds a path for the chain, or remembers that there is one.
    fn verify(&self, chain: &[Vec<u8>], purpose: Purpose<'_>, now: UnixTime) -> Result<(), webpki::Error> {
        if self.remembered.knows(chain, purpose, now) {
            return Ok(());
        }
        verify_path(chain, &self.anchors, &self.revocation, &self.ed25519, purpose, now)?;
        self.remembered.remember(chain, purpose);
        Ok(())
    }

    /// The roots of a PEM text: one or more CERTIFICATE blocks.
    pub fn from_pem(pem: &str) -> Result<Self, RootsError> {
        let mut roots = Self::new();
        for der in certificates_from_pem(pem)? {
            roots.add(&der)?;
        }
        Ok(roots)
    }

    /// Adds a root certificate in DER.
    pub fn add(&mut self, der: &[u8]) -> Result<(), RootsError> {
        let certificate = CertificateDer::from(der);
        let anchor = webpki::anchor_from_trusted_cert(&certificate)
            .map_err(|error| RootsError::Certificate(error.to_string()))?
            .to_owned();
        let key = Certificate::parse(der).and_then(|certificate| certificate.public_key().map(Ed25519Key::parse));
        if let Ok(Ok(key)) = key {
            self.ed25519.0.push(key);
        }
        self.names.push(DistinguishedName::new(&anchor.subject).to_der());
        self.anchors.push(anchor);
        self.forget();
        Ok(())
    }

    /// Adds a certificate revocation list in DER. From then on every leaf must be covered by a list that is up to date.
    pub fn add_revocation_list(&mut self, der: &[u8]) -> Result<(), RootsError> {
        let list = CertificateRevocationListDer::from(der);
        let list = BorrowedCertRevocationList::from_der(&list)
            .and_then(|list| list.to_owned())
            .map_err(|error| RootsError::RevocationList(error.to_string()))?;
        self.revocation.push(list.into());
        self.forget();
        Ok(())
    }
}

impl Trust {
    /// The subjects of the trusted roots, DER Names, for certificate_authorities: a pin and a custom verifier have none.
    #[must_use]
    pub fn authorities(&self) -> &[Vec<u8>] {
        match self {
            Self::Roots(roots) => &roots.names,
            Self::Pinned(_) | Self::Custom(_) => &[],
        }
    }

    /// Accepts or refuses `chain` (DER, the peer's own certificate first).
    pub fn verify(&self, chain: &[Vec<u8>], purpose: Purpose<'_>, now: UnixTime) -> Result<(), CertificateError> {
        let (Some(leaf), Some(last)) = (chain.first(), chain.last()) else {
            return Err(CertificateError::Missing);
        };
        if chain.len() > MAX_CHAIN {
            return Err(CertificateError::ChainTooLong(chain.len()));
        }
        match self {
            Self::Custom(verifier) => verifier.verify(chain, purpose, now)?,
            Self::Roots(roots) => roots
                .verify(chain, purpose, now)
                .map_err(|error| explain(&error, last, purpose, now))?,
            Self::Pinned(key) => verify_pinned(chain, key, purpose, now)?,
        }
        let view = Certificate::parse(leaf).map_err(|_| CertificateError::Malformed)?;
        if !view
            .allows_digital_signature()
            .map_err(|_| CertificateError::Malformed)?
        {
            return Err(CertificateError::NoDigitalSignature);
        }
        match (self, purpose) {
            (Self::Custom(_), _) | (_, Purpose::Client) => Ok(()),
            (_, Purpose::Server(name)) => verify_name(leaf, name),
        }
    }
}

fn verify_path(
    chain: &[Vec<u8>],
    anchors: &[TrustAnchor<'_>],
    revocation: &[CertRevocationList<'_>],
    ed25519: &Ed25519,
    purpose: Purpose<'_>,
    now: UnixTime,
) -> Result<(), webpki::Error> {
    let mut certificates = chain.iter().map(|der| CertificateDer::from(der.as_slice()));
    let leaf = certificates.next().ok_or(webpki::Error::BadDer)?;
    let intermediates: Vec<_> = certificates.collect();
    let usage = match purpose {
        Purpose::Server(_) => KeyUsage::server_auth(),
        Purpose::Client => KeyUsage::client_auth(),
    };
    let lists: Vec<_> = revocation.iter().collect();
    let revocation = match RevocationOptionsBuilder::new(&lists) {
        Ok(builder) => Some(
            builder
                .with_depth(RevocationCheckDepth::EndEntity)
                .with_status_policy(UnknownStatusPolicy::Deny)
                .with_expiration_policy(ExpirationPolicy::Enforce)
                .build(),
        ),
        Err(_) => None, // no list at hand
    };
    let now = pki_types::UnixTime::since_unix_epoch(Duration::from_secs(now.seconds()));
    let ours: &dyn SignatureVerificationAlgorithm = ed25519;
    let algorithms = [&[ours], OTHERS].concat();
    EndEntityCert::try_from(&leaf)?
        .verify_for_usage(&algorithms, anchors, &intermediates, now, usage, revocation, None)
        .map(|_path| ())
}

/// A pinned key becomes a trust anchor under the name that the last certificate gives for its issuer: that name carries no trust.
fn verify_pinned(
    chain: &[Vec<u8>],
    key: &[u8; 32],
    purpose: Purpose<'_>,
    now: UnixTime,
) -> Result<(), CertificateError> {
    let last = chain.last().ok_or(CertificateError::Missing)?;
    let view = Certificate::parse(last).map_err(|_| CertificateError::Malformed)?;
    let info = [&ED25519_INFO[..], key].concat();
    let anchor = TrustAnchor {
        subject: PkiDer::from_slice(view.issuer.contents()),
        subject_public_key_info: PkiDer::from_slice(&info),
        name_constraints: None,
    };
    verify_path(chain, &[anchor], &[], &Ed25519::default(), purpose, now).map_err(|error| match error {
        webpki::Error::InvalidSignatureForPublicKey
        | webpki::Error::UnknownIssuer
        | webpki::Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => CertificateError::NotSignedByPin {
            issuer: view.issuer.to_string(),
        },
        other => explain(&other, last, purpose, now),
    })
}

/// Checks that a certificate is for the server of this name (RFC 9525), and nothing else of it.
///
/// # Errors
/// [`CertificateError::WrongName`] with the names that it is for, [`CertificateError::Malformed`] if they cannot be read.
pub fn verify_name(leaf: &[u8], name: &ServerName) -> Result<(), CertificateError> {
    let der = CertificateDer::from(leaf);
    let certificate = EndEntityCert::try_from(&der).map_err(|_| CertificateError::Malformed)?;
    certificate
        .verify_is_valid_for_subject_name(name.as_pki())
        .map_err(|error| match error {
            webpki::Error::CertNotValidForName(_) => CertificateError::WrongName {
                expected: name.to_string(),
                presented: Certificate::parse(leaf)
                    .and_then(|view| view.server_names())
                    .unwrap_or_default(),
            },
            _ => CertificateError::Malformed,
        })
}

/// webpki's reasons in our words, with what was seen.
fn explain(error: &webpki::Error, last: &[u8], purpose: Purpose<'_>, now: UnixTime) -> CertificateError {
    use webpki::Error as E;
    let seconds = |time: &pki_types::UnixTime| UnixTime::from_seconds(time.as_secs());
    match error {
        E::CertExpired { not_after, .. } => CertificateError::Expired {
            not_after: seconds(not_after),
            now,
        },
        E::CertNotValidYet { not_before, .. } => CertificateError::NotYetValid {
            not_before: seconds(not_before),
            now,
        },
        E::UnknownIssuer => CertificateError::UnknownIssuer {
            issuer: Certificate::parse(last).map_or_else(|_| String::from("?"), |view| view.issuer.to_string()),
        },
        E::InvalidSignatureForPublicKey => CertificateError::BadSignature,
        E::RequiredEkuNotFoundContext(_) | E::EmptyEkuExtension => CertificateError::WrongPurpose {
            required: match purpose {
                Purpose::Server(_) => "server",
                Purpose::Client => "client",
            },
        },
        E::CaUsedAsEndEntity | E::EndEntityUsedAsCa => CertificateError::MisplacedCa,
        E::NameConstraintViolation | E::PathLenConstraintViolated => CertificateError::OutsideConstraints,
        E::CertRevoked => CertificateError::Revoked,
        // A list that its issuer did not sign says nothing.
        E::UnknownRevocationStatus
        | E::CrlExpired { .. }
        | E::InvalidCrlSignatureForPublicKey
        | E::IssuerNotCrlSigner => CertificateError::UnknownRevocationStatus,
        E::UnsupportedSignatureAlgorithmContext(context) if is_broken(&context.signature_algorithm_id) => {
            CertificateError::BrokenHash
        }
        E::UnsupportedSignatureAlgorithmContext(_)
        | E::UnsupportedSignatureAlgorithmForPublicKeyContext(_)
        | E::SignatureAlgorithmMismatch => CertificateError::UnsupportedAlgorithm,
        _ => CertificateError::Malformed,
    }
}

/// Whether it is a signature over MD5 or SHA-1 (RFC 8446 §4.4.2.4): RSA's with either, ECDSA's and DSA's with SHA-1.
fn is_broken(algorithm: &[u8]) -> bool {
    const BROKEN: [&[u8]; 4] = [
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x04],
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05],
        &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01],
        &[0x2a, 0x86, 0x48, 0xce, 0x38, 0x04, 0x03],
    ];
    // The contents of an AlgorithmIdentifier: the OID's tag and length come first.
    algorithm
        .get(2..)
        .is_some_and(|oid| BROKEN.iter().any(|broken| oid.starts_with(broken)))
}
