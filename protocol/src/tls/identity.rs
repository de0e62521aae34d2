//! Who one side is, and which of several it is for this peer.

use std::sync::Arc;

use super::error::{Error, Peer};
use super::messages::Extensions;
use super::names::ExtensionType;
use crate::crypto::signature::KeyError;
use crate::crypto::{SignatureScheme, SigningKey};
use crate::x509::{Certificate, DerError, Oid, PemError, certificates_from_pem};

/// Who one side is: a certificate chain and the private key of its first certificate.
#[derive(Debug, Clone)]
pub struct Identity {
    chain: Arc<[Vec<u8>]>,
    key: Arc<SigningKey>,
    names: Arc<[String]>,
    /// For each certificate that is not self-signed the schemes its signature may be called.
    signed_with: Arc<[&'static [SignatureScheme]]>,
    /// Whoever issued one of the certificates: DER Names.
    issuers: Arc<[Vec<u8>]>,
    /// The application protocols that it is for; nothing: all.
    protocols: Option<Arc<[Option<Vec<u8>>]>>,
}

/// A chain and a key do not make an identity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// There is no certificate.
    #[error("there is no certificate")]
    NoCertificate,
    /// The first certificate is malformed.
    #[error("the first certificate is malformed: {0}")]
    Certificate(#[from] DerError),
    /// The key is not the one the first certificate names.
    #[error("the private key does not belong to the first certificate")]
    OtherKey,
    /// The certificates' PEM text is unusable.
    #[error(transparent)]
    Pem(#[from] PemError),
    /// The key's PEM text is unusable.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl Identity {
    /// Joins a chain (DER, own certificate first) and its private key.
    pub fn new(chain: Vec<Vec<u8>>, key: SigningKey) -> Result<Self, IdentityError> {
        let leaf = Certificate::parse(chain.first().ok_or(IdentityError::NoCertificate)?)?;
        if leaf.public_key()? != key.public_key() {
            return Err(IdentityError::OtherKey);
        }
        let names = leaf.server_names()?;
        let (mut signed_with, mut issuers) = (Vec::new(), Vec::new());
        for der in &chain {
            // RFC 8446 §4.2.3: a self-signed certificate's signature is not looked at.
            if let Ok(one) = Certificate::parse(der)
                && one.issuer != one.subject
            {
                signed_with.push(schemes_of(one.signature_algorithm));
                issuers.push(one.issuer.to_der());
            }
        }
        Ok(Self {
            chain: chain.into(),
            key: Arc::new(key),
            names: names.into(),
            signed_with: signed_with.into(),
            issuers: issuers.into(),
            protocols: None,
        })
    }

    /// Keeps it for these application protocols, where `None` is a client that names none. A server shows it there before its other
    /// identities to clients that name a host of it, or no host at all; nowhere else.
    #[must_use]
    pub fn reserved_for<'a>(mut self, protocols: impl IntoIterator<Item = Option<&'a [u8]>>) -> Self {
        let protocols = protocols.into_iter().map(|protocol| protocol.map(<[u8]>::to_vec));
        self.protocols = Some(protocols.collect());
        self
    }

    /// Reads a chain of CERTIFICATE blocks and a PKCS#8 PRIVATE KEY block.
    pub fn from_pem(chain: &str, key: &str) -> Result<Self, IdentityError> {
        Self::new(certificates_from_pem(chain)?, SigningKey::from_pkcs8_pem(key)?)
    }

    /// The chain in DER, own certificate first.
    #[must_use]
    pub fn chain(&self) -> &[Vec<u8>] {
        &self.chain
    }

    /// The one scheme its key signs with.
    #[must_use]
    pub fn scheme(&self) -> SignatureScheme {
        self.key.scheme()
    }

    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.key.sign(message)
    }

    /// Whether it may be shown to a client that chose this protocol and named this host.
    fn is_open_to(&self, protocol: Option<&[u8]>, host: Option<&str>) -> bool {
        self.protocols.as_deref().is_none_or(|protocols| {
            let is_named = host.is_none_or(|host| self.is_named(host));
            is_named && protocols.iter().any(|one| one.as_deref() == protocol)
        })
    }

    /// Whether the certificate names this host; a wildcard stands for one label.
    pub(super) fn is_named(&self, host: &str) -> bool {
        self.names.iter().any(|name| {
            name.eq_ignore_ascii_case(host)
                || name
                    .strip_prefix("*.")
                    .zip(host.split_once('.'))
                    .is_some_and(|(parent, (_, rest))| parent.eq_ignore_ascii_case(rest))
        })
    }
}

/// What a peer can do with certificates: what it says in a ClientHello or a CertificateRequest.
pub(super) struct Wishes {
    /// signature_algorithms: for CertificateVerify.
    pub(super) schemes: Vec<SignatureScheme>,
    /// signature_algorithms_cert, or else the same again: for the signatures in the chain.
    chain_schemes: Vec<SignatureScheme>,
    /// The DER Names of certificate_authorities; none: any.
    authorities: Vec<Vec<u8>>,
}

impl Wishes {
    /// Reads them. RFC 8446 §4.2.3, §4.3.2: signature_algorithms must be there.
    pub(super) fn read(extensions: &Extensions) -> Result<Self, Error> {
        let schemes = extensions
            .signature_algorithms()?
            .ok_or(Peer::MissingExtension(ExtensionType::SIGNATURE_ALGORITHMS))?;
        Ok(Self {
            chain_schemes: extensions
                .signature_algorithms_cert()?
                .unwrap_or_else(|| schemes.clone()),
            authorities: extensions.authorities()?.unwrap_or_default(),
            schemes,
        })
    }

    /// The best identity whose key signs with one of the schemes, or nothing; the first of several that are as good.
    ///
    /// RFC 8446 §4.4.2.2: a chain that the peer cannot check, of another name or another authority is still sent when there is no
    /// better one.
    pub(super) fn choose<'a>(
        &self,
        identities: &'a [Identity],
        protocol: Option<&[u8]>,
        host: Option<&str>,
    ) -> Option<&'a Identity> {
        let usable = identities
            .iter()
            .filter(|one| self.schemes.contains(&one.scheme()) && one.is_open_to(protocol, host));
        usable.rev().max_by_key(|one| {
            let is_named = host.is_some_and(|host| one.is_named(host));
            let is_reserved = one.protocols.is_some();
            (is_named, self.can_check(one), self.wants_issuer_of(one), is_reserved)
        })
    }

    fn can_check(&self, identity: &Identity) -> bool {
        let mut signatures = identity.signed_with.iter();
        signatures.all(|names| names.iter().any(|scheme| self.chain_schemes.contains(scheme)))
    }

    fn wants_issuer_of(&self, identity: &Identity) -> bool {
        self.authorities.is_empty() || identity.issuers.iter().any(|issuer| self.authorities.contains(issuer))
    }
}

/// The schemes that a certificate's signature algorithm goes by in signature_algorithms (RFC 8446 §4.2.3).
const fn schemes_of(algorithm: Oid<'_>) -> &'static [SignatureScheme] {
    match algorithm.contents() {
        [0x2b, 0x65, 0x70] => &[SignatureScheme::ED25519],
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02] => &[SignatureScheme::ECDSA_SECP256R1_SHA256],
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03] => &[SignatureScheme::ECDSA_SECP384R1_SHA384],
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x04] => &[SignatureScheme(0x0603)],
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, last] => match last {
            0x0b => &[SignatureScheme::RSA_PKCS1_SHA256],
            0x0c => &[SignatureScheme::RSA_PKCS1_SHA384],
            0x0d => &[SignatureScheme::RSA_PKCS1_SHA512],
            // RSA-PSS: which hash, its parameters say.
            0x0a => &[
                SignatureScheme::RSA_PSS_RSAE_SHA256,
                SignatureScheme::RSA_PSS_RSAE_SHA384,
                SignatureScheme::RSA_PSS_RSAE_SHA512,
            ],
            _ => &[],
        },
        _ => &[],
    }
}
