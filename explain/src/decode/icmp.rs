//! ICMP (RFC 792): the network's own messages.

use super::arp::ipv4 as address;
use super::fields::{Fields, Stop, big_endian};
use super::{checksum, ipv4};
use crate::event::{Protocol, Value};
use crate::texts;

/// Reads a message.
pub(super) fn message(fields: &mut Fields<'_>) -> Result<(), Stop> {
    let whole = fields.rest();
    let kind = fields.named("type", 1, kind_name)?;
    let code = fields.named("code", 1, |code| code_name(kind, code))?;
    fields.why(match (kind, code) {
        (3, 1) => &texts::ICMP_NO_HOST,
        (3, 3) => &texts::ICMP_NO_PORT,
        (3, 4) => &texts::ICMP_TOO_LONG,
        (11, 0) => &texts::ICMP_TOO_MANY_HOPS,
        _ => &texts::ICMP_PURPOSE,
    });
    fields.number("checksum", 2)?;
    checksum::check(fields, &[whole]);
    fields.what(match (kind_name(kind), code_name(kind, code)) {
        (Some(kind), Some(code)) => format!("{kind}: {code}"),
        (Some(kind), None) => format!("{kind}, code {code}"),
        (None, _) => format!("type {kind} code {code}"),
    });
    match kind {
        0 | 8 => {
            fields.number("identifier", 2)?;
            fields.number("sequence number", 2)?;
            fields.bytes("data", fields.left())?;
        }
        3 | 11 => {
            fields.number("unused", 2)?;
            if (kind, code) == (3, 4) {
                fields.number("next-hop MTU", 2)?;
                fields.explain(&texts::ICMP_MTU);
            } else {
                fields.number("unused", 2)?;
            }
            quoted_packet(fields);
        }
        5 => {
            address(fields, "gateway internet address")?;
            quoted_packet(fields);
        }
        12 => {
            fields.number("pointer", 1)?;
            fields.number("unused", 3)?;
            quoted_packet(fields);
        }
        _ => {
            fields.opaque("rest of message");
            fields.explain(&texts::UNKNOWN_KIND);
        }
    }
    Ok(())
}

const fn code_name(kind: u64, code: u64) -> Option<&'static str> {
    match (kind, code) {
        (3, 0) => Some("network unreachable"),
        (3, 1) => Some("host unreachable"),
        (3, 2) => Some("protocol unreachable"),
        (3, 3) => Some("port unreachable"),
        (3, 4) => Some("fragmentation needed"),
        (11, 0) => Some("time to live exceeded"),
        (11, 1) => Some("reassembly time exceeded"),
        _ => None,
    }
}

fn quoted_packet(fields: &mut Fields<'_>) {
    fields.layer((Protocol::Icmp, "quoted packet"), fields.left(), quote);
    fields.explain(&texts::ICMP_QUOTE);
}

/// Reads the beginning of a packet: its header, and of what it carried at least eight bytes (RFC 792).
fn quote(fields: &mut Fields<'_>) -> Result<(), Stop> {
    let protocol = ipv4::quoted(fields)?;
    let left = fields.left();
    match protocol {
        Some(6) => fields.layer((Protocol::Icmp, "quoted segment"), left, |segment| {
            let ports = ports(segment)?;
            segment.value("sequence number", 4, |bytes| Value::Sequence {
                raw: u32::try_from(big_endian(bytes)).unwrap_or_default(),
                relative: None,
            })?;
            segment.what(ports);
            rest(segment)
        }),
        Some(17) => fields.layer((Protocol::Icmp, "quoted datagram"), left, |datagram| {
            let ports = ports(datagram)?;
            datagram.number("length", 2)?;
            datagram.number("checksum", 2)?;
            datagram.what(ports);
            rest(datagram)
        }),
        _ => Some(rest(fields)?),
    };
    Ok(())
}

fn ports(fields: &mut Fields<'_>) -> Result<String, Stop> {
    let source = fields.number("source port", 2)?;
    let destination = fields.number("destination port", 2)?;
    Ok(format!("{source} -> {destination}"))
}

fn rest(fields: &mut Fields<'_>) -> Result<(), Stop> {
    fields.bytes("rest of quote", fields.left()).map(|_| ())
}

const fn kind_name(kind: u64) -> Option<&'static str> {
    match kind {
        0 => Some("echo reply"),
        3 => Some("destination unreachable"),
        5 => Some("redirect"),
        8 => Some("echo request"),
        11 => Some("time exceeded"),
        12 => Some("parameter problem"),
        _ => None,
    }
}
