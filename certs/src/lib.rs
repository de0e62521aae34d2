//! The certificate authorities of one nihao server: made, kept, and put to work locally.
//!
//! Two hierarchies that never mix, and the types keep them apart:
//!
//! - the **server CA** signs server certificates: [`ServerAuthority`], once with Ed25519 (what an invite pins) and once with
//!   P-256 (what browsers take: they refuse Ed25519 in leaf and root). The P-256 root is the one that people put into a
//!   browser's or a system's store, so it carries critical name constraints for the server's own names and path length 0;
//! - the **user CA** signs users: [`UserAuthority`], Ed25519.
//!
//! [`Authorities::open_or_create`] keeps all three in a directory. Time and randomness are arguments: the same inputs give
//! the same bytes.
//!
//! ```
//! use nihao_certs::{Authorities, HostName, PublicKey, Validity};
//! use nihao_protocol::clock::UnixTime;
//! use nihao_protocol::crypto::{OsRandom, SigningKey};
//!
//! let dir = tempfile::tempdir()?;
//! let now = UnixTime::from_seconds(1_800_000_000);
//! let names = [HostName::parse("chat.example.org")?];
//! let authorities = Authorities::open_or_create(dir.path(), &names, now, &mut OsRandom)?;
//!
//! let key = SigningKey::generate_ed25519(&mut OsRandom)?;
//! let validity = Validity::of_server_certificate(now);
//! let leaf = authorities.server_ed25519.issue(&names, &PublicKey::of(&key), validity, &mut OsRandom)?;
//! assert!(!leaf.validity.needs_renewal(now));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod authority;
mod files;
mod key;
mod names;
mod request;
mod revocation_list;
pub mod show;
mod store;
pub mod trust;
mod validity;
mod when;

pub use authority::{Authority, IssueError, Issued, Revoked, ServerAuthority, UserAuthority, random_serial};
pub use files::{FileError, create_public, create_secret, replace};
pub use key::{KeyAlgorithm, PublicKey, UnknownKey};
pub use names::{HostName, NameError, default_names, this_host};
pub use request::{RequestError, SigningRequest};
pub use revocation_list::RevocationList;
pub use store::{Authorities, CA_FILE, Opened, StoreError};
pub use validity::{Validity, ValidityError};
