//! A chain of certificates, checked as a receiver checks it (RFC 5280 §6), one thing at a time, with what was expected and seen.

mod constraints;
mod issuer;
mod told;

pub(super) use issuer::Issuer;
pub(super) use told::{hex, key};

use nihao_protocol::clock::UnixTime;
use nihao_protocol::x509::{Certificate, CertificateError, Meaning, Oid, ServerName, verify_name, verify_signed_by};

use super::known::Trusted;
use crate::event::{Aspect, Check, Layer, Protocol, Space, Span};
use crate::texts::{self, Text};

/// A chain as it was shown, and what is known about it.
#[derive(Debug)]
pub(super) struct Chain<'a> {
    /// In DER, the sender's own first.
    pub(super) certificates: &'a [Vec<u8>],
    /// Whether the server showed it.
    pub(super) of_server: bool,
    /// The name that the client asked for.
    pub(super) name: Option<&'a str>,
    /// When it was shown.
    pub(super) at: Option<UnixTime>,
    /// Whom its receiver trusts.
    pub(super) trusted: Trusted<'a>,
    /// Whether an answer about its revocation came with it.
    pub(super) is_stapled: bool,
    /// The index of the frame with which it was whole.
    pub(super) frame: usize,
    /// Where the certificates stand: a layer for each.
    pub(super) places: (Space, Vec<&'a Layer>),
}

/// What came of one check.
struct Outcome {
    expected: String,
    seen: String,
    ok: Option<bool>,
    /// Why it could not be told, if that was so.
    open: Option<&'static Text>,
    /// The parts of the certificate that it is about, by name.
    parts: &'static [&'static str],
}

impl Chain<'_> {
    /// Every check of every certificate.
    pub(super) fn checks(&self) -> Vec<Check> {
        let mut checks = Vec::new();
        for (index, der) in self.certificates.iter().enumerate() {
            let Ok(view) = Certificate::parse(der) else {
                checks.push(self.unreadable(index));
                continue;
            };
            let about = view.subject.to_string();
            let mut add = |aspect, outcome: Option<Outcome>| {
                checks.extend(outcome.map(|outcome| self.check(index, &about, aspect, outcome)));
            };
            add(Aspect::Signature, Some(self.signature(index, &view)));
            if index == 0 && self.of_server {
                add(Aspect::Name, Some(self.names(der, &view)));
            }
            add(Aspect::Dates, Some(self.dates(&view)));
            add(Aspect::Authority, Some(self.authority(index, &view)));
            add(Aspect::Usage, Some(usage(index, &view)));
            add(Aspect::Purpose, self.purpose(index, &view));
            if index == 0 {
                add(Aspect::Constraints, self.constraints(&view));
                add(Aspect::Revocation, Some(self.revocation(&view)));
            }
        }
        if let Some(last) = self.path().last().copied()
            && let Some(Ok(view)) = self.certificates.get(last).map(|der| Certificate::parse(der))
        {
            checks.push(self.check(
                last,
                &view.subject.to_string(),
                Aspect::Anchor,
                self.anchor(last, &view),
            ));
        }
        checks
    }

    fn check(&self, index: usize, about: &str, aspect: Aspect, outcome: Outcome) -> Check {
        Check {
            aspect,
            of_server: self.of_server,
            about: about.to_owned(),
            frame: self.frame,
            expected: outcome.expected,
            seen: outcome.seen,
            ok: outcome.ok,
            why: outcome.open.unwrap_or_else(|| texts::why_aspect(aspect)),
            of: self.spans(index, outcome.parts),
        }
    }

    fn unreadable(&self, index: usize) -> Check {
        let outcome = Outcome {
            expected: String::from("DER"),
            seen: String::from("?"),
            ok: Some(false),
            open: Some(&texts::CHECK_MALFORMED),
            parts: &[],
        };
        self.check(
            index,
            &format!("#{}", index.saturating_add(1)),
            Aspect::Signature,
            outcome,
        )
    }

    /// Where these parts of a certificate stand; all of it where there are none such.
    fn spans(&self, index: usize, parts: &[&str]) -> Vec<Span> {
        let (space, layers) = &self.places;
        let Some(whole) = layers.get(index) else {
            return Vec::new();
        };
        let layer = |name: &&str| whole.find(Protocol::X509, name).map(|layer| layer.range.clone());
        let field = |name: &&str| whole.field_within(name).map(|field| field.range.clone());
        let mut ranges: Vec<_> = parts
            .iter()
            .filter_map(|name| layer(name).or_else(|| field(name)))
            .collect();
        if ranges.is_empty() {
            ranges.push(whole.range.clone());
        }
        let space = *space;
        ranges.into_iter().map(|range| Span { space, range }).collect()
    }

    fn signature(&self, index: usize, view: &Certificate<'_>) -> Outcome {
        let der = self.certificates.get(index).map_or(&[][..], Vec::as_slice);
        let issuer = Issuer::find(self.certificates, index, self.trusted);
        let verified = issuer.as_ref().map(|issuer| verify_signed_by(der, &issuer.key));
        let (ok, open) = match verified {
            Some(Ok(())) => (Some(true), None),
            Some(Err(CertificateError::UnsupportedAlgorithm)) => (None, Some(&texts::CHECK_UNSUPPORTED)),
            Some(Err(_)) => (Some(false), None),
            None => (None, Some(&texts::CHECK_ISSUER_MISSING)),
        };
        let signer = issuer.map_or_else(|| format!("? ({})", view.issuer), |issuer| issuer.to_string());
        Outcome {
            expected: format!("{} = {signer}", told::digest(der, view)),
            seen: told::signature(der),
            ok,
            open,
            parts: &["tbsCertificate", "signatureValue"],
        }
    }

    fn names(&self, der: &[u8], view: &Certificate<'_>) -> Outcome {
        let wanted = self.name.and_then(|name| ServerName::parse(name).ok());
        Outcome {
            expected: wanted.as_ref().map_or_else(|| String::from("?"), ToString::to_string),
            seen: told::list(&view.server_names().unwrap_or_default()),
            ok: wanted.as_ref().map(|name| verify_name(der, name).is_ok()),
            open: wanted.is_none().then_some(&texts::CHECK_NO_NAME),
            parts: &["subjectAltName"],
        }
    }

    fn dates(&self, view: &Certificate<'_>) -> Outcome {
        let (from, to) = (view.not_before, view.not_after);
        // RFC 5280 §4.1.2.5: both ends are part of the period, and dates have no parts of seconds.
        let inside = |at: UnixTime| from.seconds() <= at.seconds() && at.seconds() <= to.seconds();
        Outcome {
            expected: self.at.map_or_else(|| String::from("?"), told::moment),
            seen: format!("{} … {}", told::moment(from), told::moment(to)),
            ok: self.at.map(inside),
            open: self.at.is_none().then_some(&texts::CHECK_NO_TIME),
            parts: &["validity"],
        }
    }

    /// Who signs certificates must be an authority, with room for the authorities below; the first certificate is none.
    fn authority(&self, index: usize, view: &Certificate<'_>) -> Outcome {
        let stated = view.extension(Oid::BASIC_CONSTRAINTS);
        let (is_authority, limit) = match &stated {
            Ok(Some(Meaning::BasicConstraints {
                is_authority,
                path_length,
            })) => (*is_authority, *path_length),
            _ => (false, None),
        };
        let below = self.path().iter().position(|place| *place == index).unwrap_or(index);
        let below = below.saturating_sub(1) as u64;
        let seen = match (is_authority, limit) {
            (true, Some(limit)) => format!("cA = TRUE, pathLenConstraint = {limit}"),
            (true, None) => String::from("cA = TRUE"),
            (false, _) => String::from("cA = FALSE"),
        };
        let (expected, ok) = if index == 0 {
            (String::from("cA = FALSE"), !is_authority)
        } else {
            let expected = format!("cA = TRUE, pathLenConstraint >= {below}");
            (expected, is_authority && limit.is_none_or(|limit| limit >= below))
        };
        Outcome {
            expected,
            seen,
            ok: Some(ok && stated.is_ok()),
            open: None,
            parts: &["basicConstraints"],
        }
    }

    /// Without extKeyUsage every purpose is allowed; an authority's binds those below, where it has one.
    fn purpose(&self, index: usize, view: &Certificate<'_>) -> Option<Outcome> {
        let wanted = if self.of_server { "serverAuth" } else { "clientAuth" };
        let (seen, ok) = match view.extension(Oid::EXTENDED_KEY_USAGE) {
            Ok(Some(Meaning::ExtendedKeyUsage(purposes))) => {
                let names: Vec<_> = purposes.iter().map(ToString::to_string).collect();
                (told::list(&names), names.iter().any(|name| name == wanted))
            }
            Ok(_) if index > 0 => return None,
            Ok(_) => (String::from("-"), true),
            Err(error) => (error.to_string(), false),
        };
        Some(Outcome {
            expected: wanted.to_owned(),
            seen,
            ok: Some(ok),
            open: None,
            parts: &["extKeyUsage"],
        })
    }

    /// What the authorities above may sign for; nothing where no one of them is bound.
    fn constraints(&self, view: &Certificate<'_>) -> Option<Outcome> {
        let path = self.path();
        let shown = path.iter().skip(1).filter_map(|index| self.certificates.get(*index));
        let end = path
            .last()
            .and_then(|last| Issuer::find(self.certificates, *last, self.trusted));
        let root = end.as_ref().and_then(|issuer| issuer.root);
        let above: Vec<&[u8]> = shown.map(Vec::as_slice).chain(root).collect();
        let bounds = constraints::bounds(&above);
        if bounds.is_empty() {
            return None;
        }
        let names = view.names().unwrap_or_default();
        Some(Outcome {
            expected: constraints::told(&bounds),
            seen: told::list(&names.iter().map(ToString::to_string).collect::<Vec<_>>()),
            ok: constraints::allow(&bounds, &names),
            open: None,
            parts: &["subjectAltName"],
        })
    }

    fn revocation(&self, view: &Certificate<'_>) -> Outcome {
        let places = [Oid::REVOCATION_LISTS, Oid::AUTHORITY_ACCESS];
        let named = places.map(
            |oid| match view.extensions.iter().any(|extension| extension.oid == oid) {
                true => oid.to_string(),
                false => format!("{oid}: -"),
            },
        );
        let stapled = if self.is_stapled { "" } else { ": -" };
        Outcome {
            expected: String::from("?"),
            seen: format!("status_request{stapled}, {}", named.join(", ")),
            ok: None,
            open: Some(&texts::CHECK_REVOCATION_OPEN),
            parts: &["cRLDistributionPoints", "authorityInfoAccess"],
        }
    }

    /// Whether whoever signed the last certificate is trusted, or a trusted one is in the chain itself.
    fn anchor(&self, last: usize, view: &Certificate<'_>) -> Outcome {
        let end = Issuer::find(self.certificates, last, self.trusted);
        let signed = |index: usize, key: &[u8]| {
            let der = self.certificates.get(index);
            der.is_some_and(|der| verify_signed_by(der, key).is_ok())
        };
        let (expected, ok) = match self.trusted {
            Trusted::Untold => (String::from("?"), None),
            Trusted::Key(key) => {
                // A pin is held against the last certificate that was sent, whatever it calls its issuer.
                let sent = self.certificates.len().saturating_sub(1);
                (
                    told::pin(key),
                    Some(signed(sent, &nihao_protocol::x509::ed25519_key_info(key))),
                )
            }
            Trusted::Roots(roots) => {
                let is_trusted = |index: &usize| {
                    let shown = self.certificates.get(*index);
                    let is_root = shown.is_some_and(|der| roots.contains(der));
                    let by = Issuer::among_roots(self.certificates, *index, roots);
                    is_root || by.is_some_and(|issuer| signed(*index, &issuer.key))
                };
                (told::roots(roots), Some(self.path().iter().any(is_trusted)))
            }
        };
        Outcome {
            expected,
            seen: end.map_or_else(|| format!("? ({})", view.issuer), |issuer| issuer.to_string()),
            ok,
            open: ok.is_none().then_some(&texts::CHECK_ANCHOR_OPEN),
            parts: &["issuer"],
        }
    }

    /// From the first certificate to its issuer's and so on, as far as they were shown.
    fn path(&self) -> Vec<usize> {
        let mut path = vec![0];
        while let Some(next) = path
            .last()
            .and_then(|last| Issuer::find(self.certificates, *last, Trusted::Untold))
            .and_then(|issuer| issuer.shown)
            .filter(|next| !path.contains(next))
        {
            path.push(next);
        }
        path
    }
}

/// Without keyUsage everything is allowed (RFC 5280 §4.2.1.3).
fn usage(index: usize, view: &Certificate<'_>) -> Outcome {
    let wanted = if index == 0 { "digitalSignature" } else { "keyCertSign" };
    let (seen, ok) = match view.extension(Oid::KEY_USAGE) {
        Ok(Some(Meaning::KeyUsage(usage))) => {
            let names: Vec<_> = usage.names().map(String::from).collect();
            (told::list(&names), names.iter().any(|name| name == wanted))
        }
        Ok(_) => (String::from("-"), true),
        Err(error) => (error.to_string(), false),
    };
    Outcome {
        expected: wanted.to_owned(),
        seen,
        ok: Some(ok),
        open: None,
        parts: &["keyUsage"],
    }
}
