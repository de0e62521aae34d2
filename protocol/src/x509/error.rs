//! Why a certificate chain is refused, with what was expected and what was seen.

use crate::clock::UnixTime;

/// The first check a chain failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// No certificate was presented.
    #[error("no certificate was presented")]
    Missing,
    /// More certificates than [`super::MAX_CHAIN`] were presented.
    #[error("the chain has {0} certificates")]
    ChainTooLong(usize),
    /// A certificate is not well-formed DER, or not an X.509 version 3 certificate.
    #[error("a certificate is malformed")]
    Malformed,
    /// The certificate ran out.
    #[error("the certificate expired")]
    Expired {
        /// When it ran out.
        not_after: UnixTime,
        /// The time of the check.
        now: UnixTime,
    },
    /// The certificate is not valid yet.
    #[error("the certificate is not valid yet")]
    NotYetValid {
        /// When it becomes valid.
        not_before: UnixTime,
        /// The time of the check.
        now: UnixTime,
    },
    /// The certificate names other servers.
    #[error("the certificate is not for {expected} but for {}", presented.join(", "))]
    WrongName {
        /// The name that was to be reached.
        expected: String,
        /// The names the certificate has.
        presented: Vec<String>,
    },
    /// No path leads to a trusted root.
    #[error("the certificate was issued by {issuer}, which is not trusted")]
    UnknownIssuer {
        /// The name of the issuer at the end of the presented chain.
        issuer: String,
    },
    /// The chain does not end in the pinned key.
    #[error("the certificate, issued by {issuer}, is not signed by the pinned key")]
    NotSignedByPin {
        /// The name of the issuer at the end of the presented chain.
        issuer: String,
    },
    /// A signature in the chain, or the peer's own, does not verify.
    #[error("a signature does not verify")]
    BadSignature,
    /// A signature or key algorithm this crate does not have, or that does not fit the key.
    #[error("a signature or key algorithm is not supported or does not fit the key")]
    UnsupportedAlgorithm,
    /// A certificate is signed over MD5 or SHA-1, which anybody can forge.
    #[error("a certificate's signature is over MD5 or SHA-1")]
    BrokenHash,
    /// The certificate's extended key usage does not allow this use.
    #[error("the certificate may not be used as a {required}'s")]
    WrongPurpose {
        /// `server` or `client`.
        required: &'static str,
    },
    /// keyUsage is there and does not allow digital signatures.
    #[error("the certificate's keyUsage does not allow digital signatures")]
    NoDigitalSignature,
    /// A CA's certificate is used as a server's or client's, or the other way round.
    #[error("a CA certificate is used as an end entity's, or the other way round")]
    MisplacedCa,
    /// A CA's path length or name constraints are violated.
    #[error("a certificate is outside what its CA may issue")]
    OutsideConstraints,
    /// The certificate was revoked.
    #[error("the certificate was revoked")]
    Revoked,
    /// The certificate's status could not be told from the CRLs at hand, or those are out of date.
    #[error("the certificate's revocation status is unknown")]
    UnknownRevocationStatus,
    /// A custom verifier refused the chain.
    #[error("the certificate was refused: {0}")]
    Refused(String),
}
