//! Certificates (RFC 5280): trust, names, our signature algorithms under webpki, and a view of a certificate's fields.
//!
//! Paths are built and checked by `rustls-webpki`; the signatures are checked by our [`crypto`](crate::crypto). What webpki does
//! not check — the leaf's keyUsage — is checked here.

mod algorithms;
mod certificate;
pub mod der;
mod distinguished_name;
mod error;
mod extension;
mod name;
mod oid;
mod pem;
mod remembered;
mod trust;

pub use algorithms::{takes_key, verify_signed_by, verify_with_certificate};
pub use certificate::{Certificate, Signed};
pub use der::DerError;
pub use distinguished_name::{Attribute, DistinguishedName};
pub use error::CertificateError;
pub use extension::{Extension, GeneralName, KeyUsage, Meaning};
pub use name::{InvalidName, ServerName};
pub use oid::Oid;
pub use pem::{PemBlock, PemError, PemKind, certificates_from_pem, encode_pem};
pub use trust::{MAX_CHAIN, Purpose, Roots, RootsError, Trust, Verifier, ed25519_key_info, verify_name};
