//! The P-256 root of a nihao server: found in PEM, and described.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use nihao_protocol::crypto::HashAlgorithm;
use nihao_protocol::x509::{Certificate, Meaning, Oid, PemBlock, PemKind, encode_pem};

use super::TrustError;
use crate::render::moment;

/// What the common name of every such root begins with; its end is the beginning of its key's identifier.
const NAME: &str = "nihao server CA P-256 ";

/// A root that stores may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    der: Vec<u8>,
    /// Its common name.
    name: String,
    /// The hosts it may sign for, as text that is fit to be shown.
    permitted: Vec<String>,
}

impl Root {
    /// Finds the root in a file.
    ///
    /// # Errors
    /// [`TrustError::File`] where it cannot be read, [`TrustError::NoRoot`] where there is none in it.
    pub fn read(path: &Path) -> Result<Self, TrustError> {
        let bytes = fs::read(path).map_err(|source| TrustError::File {
            verb: "read",
            path: path.into(),
            source,
        })?;
        Self::parse(&bytes, &path.display().to_string())
    }

    /// Finds the root in a PEM text from `source`.
    ///
    /// # Errors
    /// [`TrustError::NoRoot`] where there is none in it: a root without name constraints is none that a store should have.
    pub fn parse(pem: &[u8], source: &str) -> Result<Self, TrustError> {
        let blocks = PemBlock::read_all(pem).unwrap_or_default();
        let certificates = blocks.into_iter().filter(|block| block.kind == PemKind::Certificate);
        let mut roots = certificates.filter_map(|block| Self::of(block.der));
        roots.next().ok_or_else(|| TrustError::NoRoot(source.into()))
    }

    fn of(der: Vec<u8>) -> Option<Self> {
        let view = Certificate::parse(&der).ok()?;
        let name = view.subject.to_string().strip_prefix("CN=")?.to_owned();
        let identifier = name.strip_prefix(NAME)?;
        let is_plain = identifier.len() == 8 && identifier.bytes().all(|byte| byte.is_ascii_hexdigit());
        let Some(Meaning::NameConstraints { permitted, .. }) = view.extension(Oid::NAME_CONSTRAINTS).ok()? else {
            return None;
        };
        let fits = is_plain && view.is_authority().ok()? && view.issuer == view.subject && !permitted.is_empty();
        let permitted = permitted.iter().map(ToString::to_string).collect();
        fits.then_some(Self { der, name, permitted })
    }

    /// Its DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// It alone, as PEM.
    #[must_use]
    pub fn pem(&self) -> String {
        encode_pem(PemKind::Certificate, &self.der)
    }

    /// Its common name: other servers' roots have others.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A file name, without ending, that no other server's root has.
    #[must_use]
    pub fn stem(&self) -> String {
        format!("nihao-{}", self.name.strip_prefix(NAME).unwrap_or_default())
    }

    /// The first of its hosts that not every machine has.
    #[must_use]
    pub fn host(&self) -> &str {
        let everywhere = ["localhost", "127.0.0.1", "::1"];
        let own = self.permitted.iter().find(|name| !everywhere.contains(&name.as_str()));
        own.map_or("localhost", String::as_str)
    }

    /// Its name, fingerprint, dates and constraints, a line each.
    #[must_use]
    pub fn describe(&self) -> String {
        let mut text = String::new();
        let digest = HashAlgorithm::Sha256.hash(&self.der);
        let bytes: Vec<_> = digest.as_bytes().iter().map(|byte| format!("{byte:02X}")).collect();
        let _ = writeln!(text, "root         {}", self.name);
        let _ = writeln!(text, "fingerprint  SHA-256 {}", bytes.join(":"));
        if let Ok(view) = Certificate::parse(&self.der) {
            let (from, until) = (moment(view.not_before.0), moment(view.not_after.0));
            let _ = writeln!(text, "valid        from {from} until {until}");
        }
        let _ = writeln!(text, "names        {}", self.permitted.join(", "));
        text
    }
}
