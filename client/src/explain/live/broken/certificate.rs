//! A certificate that does not hold: which check, and the chain down to where it breaks.

use nihao_explain::event::{Account, Protocol};
use nihao_explain::story::{Broken, Said};
use nihao_explain::texts::{self, Word};
use nihao_protocol::x509::{Certificate, CertificateError};

use super::super::chain;
use super::{About, Told, broken, said};
use crate::diagnose::utc;

pub(super) fn bad(error: &CertificateError, about: &About<'_>, account: &Account) -> Told {
    let chain = chain(account);
    let (host, roots) = (about.host, about.roots.display().to_string());
    let (what, mut broken) = match error {
        CertificateError::WrongName { presented, .. } => (
            &texts::BROKEN_WRONG_NAME,
            broken(
                said(&texts::LIVE_EXPECTED_NAME, &[host]),
                said(&texts::LIVE_SEEN_NAMES, &[&presented.join(", ")]),
                &texts::LIVE_WHOSE_CERTIFICATE_NAME,
                said(&texts::LIVE_FIX_CERTIFICATE_NAME, &[host]),
            ),
        ),
        CertificateError::Expired { .. } | CertificateError::NotYetValid { .. } => dated(error),
        CertificateError::UnknownIssuer { issuer } | CertificateError::NotSignedByPin { issuer } => (
            &texts::BROKEN_UNKNOWN_AUTHORITY,
            broken(
                said(&texts::LIVE_EXPECTED_ROOT, &[&roots]),
                said(&texts::LIVE_SEEN_ISSUER, &[issuer]),
                &texts::LIVE_WHOSE_AUTHORITY,
                said(&texts::LIVE_FIX_AUTHORITY, &[]),
            ),
        ),
        CertificateError::UnsupportedAlgorithm => (
            &texts::BROKEN_OUR_GAP,
            broken(
                said(&texts::LIVE_EXPECTED_KEYS, &[]),
                said(&texts::LIVE_SEEN_KEY, &[&algorithms(&chain)]),
                &texts::LIVE_WHOSE_OUR_GAP,
                said(&texts::LIVE_FIX_KEY, &[]),
            ),
        ),
        other => (
            &texts::BROKEN_BAD_CERTIFICATE,
            broken(
                said(&texts::LIVE_EXPECTED_CERTIFICATE, &[]),
                said(&texts::LIVE_SEEN, &[&other.to_string()]),
                &texts::LIVE_WHOSE_CERTIFICATE,
                said(&texts::LIVE_FIX_CERTIFICATE, &[]),
            ),
        ),
    };
    broken.evidence = shown_chain(&chain, error);
    (Protocol::X509, what, broken)
}

/// It is not its time.
fn dated(error: &CertificateError) -> (&'static Word, Broken) {
    match error {
        CertificateError::Expired { not_after, now } => (
            &texts::BROKEN_EXPIRED,
            broken(
                said(&texts::LIVE_EXPECTED_VALID, &[&utc(*now)]),
                said(&texts::LIVE_SEEN_EXPIRED, &[&utc(*not_after)]),
                &texts::LIVE_WHOSE_DATE,
                said(&texts::LIVE_FIX_EXPIRED, &[]),
            ),
        ),
        CertificateError::NotYetValid { not_before, now } => (
            &texts::BROKEN_NOT_YET,
            broken(
                said(&texts::LIVE_EXPECTED_VALID, &[&utc(*now)]),
                said(&texts::LIVE_SEEN_NOT_YET, &[&utc(*not_before)]),
                &texts::LIVE_WHOSE_DATE,
                said(&texts::LIVE_FIX_CLOCK, &[]),
            ),
        ),
        other => (
            &texts::BROKEN_NOT_ITS_TIME,
            broken(
                said(&texts::LIVE_EXPECTED_CERTIFICATE, &[]),
                said(&texts::LIVE_SEEN, &[&other.to_string()]),
                &texts::LIVE_WHOSE_DATE,
                said(&texts::LIVE_FIX_CLOCK, &[]),
            ),
        ),
    }
}

/// The signature algorithms of a chain, by their object identifiers' names where they have some.
fn algorithms(chain: &[Vec<u8>]) -> String {
    let names = chain
        .iter()
        .filter_map(|der| Some(Certificate::parse(der).ok()?.signature_algorithm.to_string()));
    names.collect::<Vec<_>>().join(", ")
}

/// Each certificate as it was sent, and who signed it, down to the one where it breaks.
fn shown_chain(chain: &[Vec<u8>], error: &CertificateError) -> Vec<Said> {
    let views: Vec<_> = chain.iter().filter_map(|der| Certificate::parse(der).ok()).collect();
    let is_about_authority = matches!(
        error,
        CertificateError::UnknownIssuer { .. } | CertificateError::NotSignedByPin { .. }
    );
    let mut lines = Vec::new();
    for (index, view) in views.iter().enumerate() {
        let (subject, issuer) = (view.subject.to_string(), view.issuer.to_string());
        let is_followed = views
            .get(index + 1)
            .is_some_and(|next| next.subject.to_string() == issuer);
        let text = match (is_about_authority, is_followed) {
            (true, false) if issuer == subject => &texts::LIVE_CHAIN_SELF,
            (true, false) => &texts::LIVE_CHAIN_BREAKS,
            (false, _) if index == 0 => &texts::LIVE_CHAIN_BAD,
            _ => &texts::LIVE_CHAIN_SIGNED,
        };
        let number = (index + 1).to_string();
        lines.push(said(
            text,
            &[&number, &subject, &utc(view.not_before), &utc(view.not_after), &issuer],
        ));
    }
    lines
}
