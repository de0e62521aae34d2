//! Resource records (RFC 1035 §3.2.1): owner, type, TTL, and the data by its type.

use super::name::name;
use crate::decode::arp::ipv4;
use crate::decode::fields::{Fields, Stop};
use crate::decode::ipv6;
use crate::event::Protocol;
use crate::texts;

/// Reads a record; a line that tells it.
pub(super) fn record(fields: &mut Fields<'_>, start: usize) -> Result<String, Stop> {
    let owner = name(fields, start, "name")?;
    let kind = fields.named("type", 2, type_name)?;
    fields.explain(&texts::DNS_TYPE);
    if kind == 41 {
        return extension(fields);
    }
    fields.named("class", 2, class_name)?;
    let ttl = fields.number("TTL", 4)?;
    fields.explain(&texts::DNS_TTL);
    let length = fields.number("data length", 2)?;
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let kind_name = type_name(kind).map_or_else(|| format!("TYPE{kind}"), str::to_owned);
    let told = fields.layer((Protocol::Dns, "data"), length, |data| data_of(data, start, kind));
    let told = if length == 0 { Some(String::new()) } else { told };
    let line = format!("{owner} {kind_name} {}", told.ok_or(Stop)?);
    fields.what(format!("{line}, {ttl} s"));
    Ok(line.trim_end().to_owned())
}

fn data_of(data: &mut Fields<'_>, start: usize, kind: u64) -> Result<String, Stop> {
    Ok(match kind {
        1 => {
            let address = ipv4(data, "address")?;
            data.explain(&texts::DNS_ADDRESS);
            address.to_string()
        }
        28 => {
            let address = ipv6::address(data, "address")?;
            data.explain(&texts::DNS_ADDRESS);
            address.to_string()
        }
        2 => name(data, start, "name server")?,
        5 => {
            data.why(&texts::DNS_CNAME);
            name(data, start, "canonical name")?
        }
        12 => name(data, start, "domain name")?,
        6 => {
            data.why(&texts::DNS_SOA);
            let primary = name(data, start, "primary name server")?;
            name(data, start, "responsible mailbox")?;
            for number in ["serial", "refresh", "retry", "expire", "minimum"] {
                data.number(number, 4)?;
            }
            primary
        }
        15 => {
            data.number("preference", 2)?;
            name(data, start, "exchange")?
        }
        16 => {
            while data.left() > 0 {
                let length = data.number("text length", 1)?;
                data.text("text", usize::try_from(length).unwrap_or_default())?;
            }
            String::new()
        }
        _ => {
            data.opaque("data");
            data.explain(&texts::UNKNOWN_KIND);
            String::new()
        }
    })
}

/// RFC 6891 §6.1: the pseudo record has other meanings where class and TTL stand.
fn extension(fields: &mut Fields<'_>) -> Result<String, Stop> {
    fields.why(&texts::DNS_EDNS);
    let size = fields.number("UDP payload size", 2)?;
    fields.number("extended RCODE", 1)?;
    fields.number("version", 1)?;
    fields.bits("flags", &[("DO", 1), ("Z", 15)])?;
    let length = fields.number("data length", 2)?;
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    fields.layer((Protocol::Dns, "options"), length, |options| {
        while options.left() > 0 {
            options.named("option code", 2, |code| match code {
                3 => Some("NSID"),
                8 => Some("client subnet"),
                10 => Some("cookie"),
                12 => Some("padding"),
                15 => Some("extended error"),
                _ => None,
            })?;
            options.bytes_vector("option data", 2)?;
        }
        Ok(())
    });
    fields.what(format!("EDNS, {size} bytes"));
    Ok(String::from("EDNS"))
}

/// What people call a type.
pub(super) const fn type_name(kind: u64) -> Option<&'static str> {
    match kind {
        1 => Some("A"),
        2 => Some("NS"),
        5 => Some("CNAME"),
        6 => Some("SOA"),
        12 => Some("PTR"),
        15 => Some("MX"),
        16 => Some("TXT"),
        28 => Some("AAAA"),
        33 => Some("SRV"),
        41 => Some("OPT"),
        43 => Some("DS"),
        46 => Some("RRSIG"),
        47 => Some("NSEC"),
        48 => Some("DNSKEY"),
        50 => Some("NSEC3"),
        64 => Some("SVCB"),
        65 => Some("HTTPS"),
        255 => Some("ANY"),
        _ => None,
    }
}

/// What people call a class.
pub(super) fn class_name(class: u64) -> Option<&'static str> {
    (class == 1).then_some("IN")
}
