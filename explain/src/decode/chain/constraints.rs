//! Name constraints (RFC 5280 §4.2.1.10): what an authority may sign for.

use std::net::IpAddr;

use nihao_protocol::x509::{Certificate, GeneralName, Meaning, Oid};

/// What one authority may sign for.
#[derive(Debug)]
pub(super) struct Bounds<'a> {
    permitted: Vec<GeneralName<'a>>,
    excluded: Vec<GeneralName<'a>>,
}

/// Those of these certificates that have any.
pub(super) fn bounds<'a>(authorities: &[&'a [u8]]) -> Vec<Bounds<'a>> {
    let views = authorities.iter().filter_map(|der| Certificate::parse(der).ok());
    let bounds = views.filter_map(|view| match view.extension(Oid::NAME_CONSTRAINTS) {
        Ok(Some(Meaning::NameConstraints { permitted, excluded })) => Some(Bounds { permitted, excluded }),
        _ => None,
    });
    bounds.collect()
}

pub(super) fn told(bounds: &[Bounds<'_>]) -> String {
    let signed = |sign: &str, names: &[GeneralName<'_>]| -> Vec<String> {
        names.iter().map(|name| format!("{sign}{name}")).collect()
    };
    let both = bounds
        .iter()
        .flat_map(|bounds| [signed("+ ", &bounds.permitted), signed("- ", &bounds.excluded)].concat());
    super::told::list(&both.collect::<Vec<_>>())
}

/// Whether every name lies within all bounds; nothing if a bound is of a kind that is not compared here.
pub(super) fn allow(bounds: &[Bounds<'_>], names: &[GeneralName<'_>]) -> Option<bool> {
    let mut all = Some(true);
    for (bounds, name) in bounds
        .iter()
        .flat_map(|bounds| names.iter().map(move |name| (bounds, name)))
    {
        match bounds.allows(name) {
            Some(false) => return Some(false),
            Some(true) => {}
            None => all = None,
        }
    }
    all
}

impl Bounds<'_> {
    fn allows(&self, name: &GeneralName<'_>) -> Option<bool> {
        let same = |bound: &&GeneralName<'_>| kind(bound) == kind(name);
        let held = |bounds: &[GeneralName<'_>]| -> Option<Vec<bool>> {
            let same = bounds.iter().filter(same);
            same.map(|bound| is_within(name, bound)).collect()
        };
        let (permitted, excluded) = (held(&self.permitted)?, held(&self.excluded)?);
        Some(!excluded.contains(&true) && (permitted.is_empty() || permitted.contains(&true)))
    }
}

const fn kind(name: &GeneralName<'_>) -> u8 {
    match name {
        GeneralName::Email(_) => 0x81,
        GeneralName::Dns(_) => 0x82,
        GeneralName::Directory(_) => 0xa4,
        GeneralName::Uri(_) => 0x86,
        GeneralName::Ip(_) | GeneralName::IpRange { .. } => 0x87,
        GeneralName::Other { tag, .. } => *tag,
    }
}

/// Nothing for kinds of names that no server is called by.
fn is_within(name: &GeneralName<'_>, bound: &GeneralName<'_>) -> Option<bool> {
    match (name, bound) {
        (GeneralName::Dns(name), GeneralName::Dns(bound)) => {
            let (name, bound) = (name.to_ascii_lowercase(), bound.to_ascii_lowercase());
            let rest = name.strip_suffix(bound.trim_start_matches('.'));
            Some(rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.') || bound.is_empty()))
        }
        (GeneralName::Ip(name), GeneralName::Ip(bound)) => Some(name == bound),
        (GeneralName::Ip(name), GeneralName::IpRange { address, mask }) => Some(match (name, address, mask) {
            (IpAddr::V4(name), IpAddr::V4(address), IpAddr::V4(mask)) => {
                name.to_bits() & mask.to_bits() == address.to_bits() & mask.to_bits()
            }
            (IpAddr::V6(name), IpAddr::V6(address), IpAddr::V6(mask)) => {
                name.to_bits() & mask.to_bits() == address.to_bits() & mask.to_bits()
            }
            _ => false,
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dns(name: &str) -> GeneralName<'_> {
        GeneralName::Dns(name.into())
    }

    fn ip(address: &str) -> GeneralName<'static> {
        GeneralName::Ip(address.parse().unwrap())
    }

    fn range(address: &str, mask: &str) -> GeneralName<'static> {
        GeneralName::IpRange {
            address: address.parse().unwrap(),
            mask: mask.parse().unwrap(),
        }
    }

    /// The examples of RFC 5280 §4.2.1.10, and names on the edge of them.
    #[test]
    fn names_lie_within_or_outside() {
        let permitted = vec![dns("host.example.com"), range("192.0.2.0", "255.255.255.0")];
        let excluded = vec![dns("secret.host.example.com"), range("2001:db8::", "ffff:ffff::")];
        let bounds = [Bounds { permitted, excluded }];
        for (name, allowed) in [
            (dns("host.example.com"), Some(true)),
            (dns("My.Host.Example.Com"), Some(true)),
            (dns("host1.example.com"), Some(false)),
            (dns("myhost.example.com"), Some(false)),
            (dns("example.com"), Some(false)),
            (dns("a.secret.host.example.com"), Some(false)),
            (ip("192.0.2.255"), Some(true)),
            (ip("192.0.3.0"), Some(false)),
            (ip("2001:db8::1"), Some(false)),
            (GeneralName::Email("a@b".into()), Some(true)),
        ] {
            assert_eq!(allow(&bounds, std::slice::from_ref(&name)), allowed, "{name}");
        }
        let mail = [Bounds {
            permitted: vec![GeneralName::Email("b".into())],
            excluded: Vec::new(),
        }];
        assert_eq!(
            allow(&mail, &[GeneralName::Email("a@b".into())]),
            None,
            "not compared here"
        );
        assert_eq!(allow(&mail, &[dns("b")]), Some(true), "another kind of name");
        let everything = [Bounds {
            permitted: Vec::new(),
            excluded: vec![dns("")],
        }];
        assert_eq!(allow(&everything, &[dns("b")]), Some(false));
    }
}
