//! Whose key signed a certificate: the next one's, a trusted root's, the pinned one, or its own.

use std::fmt;

use nihao_protocol::x509::{Certificate, Meaning, Oid, ed25519_key_info, verify_signed_by};

use super::told;
use crate::decode::known::Trusted;

/// Who signed a certificate, by name and key identifier; whether they did, only the signature shows.
#[derive(Debug, Clone)]
pub(in crate::decode) struct Issuer<'a> {
    /// Its public key, a DER SubjectPublicKeyInfo.
    pub(in crate::decode) key: Vec<u8>,
    /// What it is called.
    name: String,
    /// Its place in the chain, if it was shown.
    pub(super) shown: Option<usize>,
    /// Its certificate in DER, if it is a root's that is trusted.
    pub(super) root: Option<&'a [u8]>,
}

impl<'a> Issuer<'a> {
    /// The issuer of a certificate of a chain: of those shown the next one first, then of those trusted, then itself.
    pub(in crate::decode) fn find(chain: &[Vec<u8>], index: usize, trusted: Trusted<'a>) -> Option<Self> {
        let view = Certificate::parse(chain.get(index)?).ok()?;
        let after = index.saturating_add(1)..chain.len();
        let among_shown = |fits: fn(&Certificate<'_>, &Certificate<'_>) -> bool| {
            after.clone().chain(0..index).find_map(|place| {
                let other = Certificate::parse(chain.get(place)?).ok()?;
                fits(&other, &view).then(|| Self::of(&other, Some(place), None))
            })
        };
        // RFC 8446 §4.4.2: who follows is meant to have signed, even where the key identifiers say another thing.
        let shown = among_shown(may_have_signed).or_else(|| among_shown(is_named));
        let is_last = index.saturating_add(1) == chain.len();
        let by_trusted = || match trusted {
            Trusted::Roots(roots) => Self::among_roots(chain, index, roots),
            Trusted::Key(key) if is_last => Some(Self::pinned(key)),
            Trusted::Key(_) | Trusted::Untold => None,
        };
        let itself = || may_have_signed(&view, &view).then(|| Self::of(&view, None, None));
        shown.or_else(by_trusted).or_else(itself)
    }

    /// A trusted root that may have signed it; of several one whose key fits, if there is such.
    pub(super) fn among_roots(chain: &[Vec<u8>], index: usize, roots: &'a [Vec<u8>]) -> Option<Self> {
        let der = chain.get(index)?;
        let view = Certificate::parse(der).ok()?;
        let named = roots.iter().filter_map(|root| {
            let other = Certificate::parse(root).ok()?;
            may_have_signed(&other, &view).then(|| Self::of(&other, None, Some(root)))
        });
        let mut named: Vec<_> = named.collect();
        let fits = named
            .iter()
            .position(|issuer| verify_signed_by(der, &issuer.key).is_ok());
        (!named.is_empty()).then(|| named.swap_remove(fits.unwrap_or_default()))
    }

    fn of(view: &Certificate<'_>, shown: Option<usize>, root: Option<&'a [u8]>) -> Self {
        Self {
            key: view.public_key_info.to_vec(),
            name: view.subject.to_string(),
            shown,
            root,
        }
    }

    fn pinned(key: &[u8; 32]) -> Self {
        Self {
            key: ed25519_key_info(key),
            name: String::from("pin"),
            shown: None,
            root: None,
        }
    }
}

impl fmt::Display for Issuer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.name, told::key(&self.key))
    }
}

/// Whether names and key identifiers say so (RFC 5280 §4.2.1.1, §6.1.3).
fn may_have_signed(issuer: &Certificate<'_>, certificate: &Certificate<'_>) -> bool {
    let wanted = match certificate.extension(Oid::AUTHORITY_KEY_IDENTIFIER) {
        Ok(Some(Meaning::AuthorityKey(id))) if !id.is_empty() => Some(id),
        _ => None,
    };
    let own = match issuer.extension(Oid::SUBJECT_KEY_IDENTIFIER) {
        Ok(Some(Meaning::SubjectKey(id))) => Some(id),
        _ => None,
    };
    is_named(issuer, certificate) && wanted.zip(own).is_none_or(|(wanted, own)| wanted == own)
}

/// Whether it is the one that the certificate names.
fn is_named(issuer: &Certificate<'_>, certificate: &Certificate<'_>) -> bool {
    issuer.subject.contents() == certificate.issuer.contents()
}
