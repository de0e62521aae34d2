//! Certificates (RFC 5280): trust, names, our signature algorithms under webpki, and a view of a certificate's fields.
//!
//! Paths are built and checked by `rustls-webpki`; the signatures are checked by our [`crypto`](crate::crypto). What webpki does
//! not check — the leaf's keyUsage — is checked here.

mod algorithms;
pub mod certificate;
pub mod der;
mod error;
mod name;
mod pem;
mod remembered;
mod trust;

pub use algorithms::verify_with_certificate;
pub use certificate::Certificate;
pub use error::CertificateError;
pub use name::{InvalidName, ServerName};
pub use pem::{PemError, certificates_from_pem};
pub use trust::{MAX_CHAIN, Purpose, Roots, RootsError, Trust, Verifier};
