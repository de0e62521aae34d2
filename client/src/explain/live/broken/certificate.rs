//! A certificate that does not hold: which check, and the chain down to where it breaks.

use nihao_explain::event::{Account, Protocol};
use nihao_explain::story::{Broken, Said};
use nihao_explain::texts::{self, Word};
use nihao_protocol::x509::{Certificate, CertificateError, takes_key, verify_signed_by};

use super::super::{certificates, chain};
use super::{About, Told, broken, said};
use crate::diagnose::utc;

pub(super) fn bad(error: &CertificateError, about: &About<'_>, account: &Account) -> Told {
    let chain = chain(account);
    let views: Vec<_> = chain.iter().filter_map(|der| Certificate::parse(der).ok()).collect();
    let mut culprit = culprit(error, &views);
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
        CertificateError::NotSignedByPin { issuer } => (
            &texts::BROKEN_UNKNOWN_AUTHORITY,
            broken(
                said(&texts::LIVE_EXPECTED_PIN, &[]),
                said(&texts::LIVE_SEEN_ISSUER, &[issuer]),
                &texts::LIVE_WHOSE_PIN,
                said(&texts::LIVE_FIX_PIN, &[]),
            ),
        ),
        CertificateError::UnknownIssuer { issuer } => (
            &texts::BROKEN_UNKNOWN_AUTHORITY,
            broken(
                said(&texts::LIVE_EXPECTED_ROOT, &[&roots]),
                said(&texts::LIVE_SEEN_ISSUER, &[issuer]),
                &texts::LIVE_WHOSE_AUTHORITY,
                said(&texts::LIVE_FIX_AUTHORITY, &[]),
            ),
        ),
        CertificateError::UnsupportedAlgorithm => {
            let (whose, seen) = unsupported(&chain, &views, &certificates(about.roots));
            culprit = whose;
            (
                &texts::BROKEN_OUR_GAP,
                broken(
                    said(&texts::LIVE_EXPECTED_KEYS, &[]),
                    seen,
                    &texts::LIVE_WHOSE_OUR_GAP,
                    said(&texts::LIVE_FIX_KEY, &[]),
                ),
            )
        }
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
    broken.evidence = shown_chain(&views, error, culprit);
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

/// The place in the chain of the certificate that the error is about, where it tells.
fn culprit(error: &CertificateError, chain: &[Certificate<'_>]) -> Option<usize> {
    match error {
        CertificateError::WrongName { .. } => Some(0),
        CertificateError::Expired { not_after, .. } => chain.iter().position(|view| view.not_after == *not_after),
        CertificateError::NotYetValid { not_before, .. } => {
            chain.iter().position(|view| view.not_before == *not_before)
        }
        _ => None,
    }
}

/// The first key or signature of a chain that is not looked at here, and the place of its certificate: a certificate's own key, or
/// that of the root that signed the last one.
fn unsupported(chain: &[Vec<u8>], views: &[Certificate<'_>], roots: &[Vec<u8>]) -> (Option<usize>, Said) {
    let kind = |view: &Certificate<'_>| {
        view.key_kind()
            .map_or_else(|_| String::from("?"), |kind| kind.to_string())
    };
    if let Some((index, view)) = views
        .iter()
        .enumerate()
        .find(|(_, view)| !takes_key(view.public_key_info))
    {
        let of = [(index + 1).to_string(), view.subject.to_string(), kind(view)];
        let seen = said(&texts::LIVE_SEEN_KEY, &of.each_ref().map(String::as_str));
        return (Some(index), seen);
    }
    let roots: Vec<_> = roots.iter().filter_map(|der| Certificate::parse(der).ok()).collect();
    for (index, (der, view)) in chain.iter().zip(views).enumerate() {
        let named = |issuer: &&Certificate<'_>| issuer.subject == view.issuer;
        let issuer = views.get(index + 1).filter(named).or_else(|| roots.iter().find(named));
        let Some(issuer) = issuer else { continue };
        if verify_signed_by(der, issuer.public_key_info) == Err(CertificateError::UnsupportedAlgorithm) {
            let of = [
                (index + 1).to_string(),
                view.subject.to_string(),
                view.signature_algorithm.to_string(),
                issuer.subject.to_string(),
                kind(issuer),
            ];
            let seen = said(&texts::LIVE_SEEN_SIGNATURE, &of.each_ref().map(String::as_str));
            return (Some(index), seen);
        }
    }
    (None, said(&texts::LIVE_SEEN_NO_SCHEME, &[]))
}

/// Each certificate as it was sent, and who signed it, down to the one where it breaks.
fn shown_chain(views: &[Certificate<'_>], error: &CertificateError, culprit: Option<usize>) -> Vec<Said> {
    let is_about_authority = matches!(
        error,
        CertificateError::UnknownIssuer { .. } | CertificateError::NotSignedByPin { .. }
    );
    let mut lines = Vec::new();
    for (index, view) in views.iter().enumerate() {
        let (subject, issuer) = (view.subject.to_string(), view.issuer.to_string());
        let is_followed = views.get(index + 1).is_some_and(|next| next.subject == view.issuer);
        let text = match (is_about_authority, is_followed) {
            _ if culprit == Some(index) => &texts::LIVE_CHAIN_BAD,
            (true, false) if issuer == subject => &texts::LIVE_CHAIN_SELF,
            (true, false) => &texts::LIVE_CHAIN_BREAKS,
            (true, true) => &texts::LIVE_CHAIN_SIGNED,
            (false, _) => &texts::LIVE_CHAIN_SENT,
        };
        let number = (index + 1).to_string();
        lines.push(said(
            text,
            &[&number, &subject, &utc(view.not_before), &utc(view.not_after), &issuer],
        ));
    }
    lines
}
