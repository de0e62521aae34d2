//! What nobody need be asked for: addresses, and names that mean the same everywhere.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::LookupError;
use crate::dns::name::Name;

/// What a host is called means.
#[derive(Debug)]
pub(super) enum Meaning {
    /// These addresses, and no others; none where the name stands for nothing.
    Fixed(Name, Vec<IpAddr>),
    /// Whatever this name turns out to be.
    Name(Name),
}

pub(super) fn find(host: &str) -> Result<Meaning, LookupError> {
    let bare = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(host);
    if let Ok(address) = bare.parse() {
        return Ok(Meaning::Fixed(Name::root(), vec![address]));
    }
    let name = Name::parse(host)
        .ok()
        .filter(|name| !name.is_root())
        .ok_or_else(|| LookupError::BadName(host.into()))?;
    Ok(match name.labels().last() {
        // RFC 6761 §6.3: never asked for.
        Some("localhost") => Meaning::Fixed(name, vec![Ipv6Addr::LOCALHOST.into(), Ipv4Addr::LOCALHOST.into()]),
        // RFC 6761 §6.4 and RFC 7686 §2: nobody has them, and nobody need know who looked for them.
        Some("invalid" | "onion") => Meaning::Fixed(name, Vec::new()),
        _ => Meaning::Name(name),
    })
}
