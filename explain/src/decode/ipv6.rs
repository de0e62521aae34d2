//! IPv6 (RFC 8200): the fixed header; what extension headers say is not told.

use std::net::{IpAddr, Ipv6Addr};

use super::fields::{Fields, Stop};
use super::ipv4::protocol_name;
use super::wire::{Datagram, Wire};
use crate::event::{Note, Value};
use crate::texts;

/// Bytes of the header.
const HEADER: usize = 40;

/// The packet's length by its header, or everything if it is cut.
pub(super) fn length(bytes: &[u8]) -> usize {
    match bytes {
        [_, _, _, _, high, low, ..] => usize::from(u16::from_be_bytes([*high, *low])).saturating_add(HEADER),
        _ => usize::MAX,
    }
}

/// Reads a packet.
pub(super) fn packet(fields: &mut Fields<'_>, wire: &mut Wire<'_>) -> Result<(), Stop> {
    let present = fields.left().saturating_sub(HEADER);
    let first = fields.bits(
        "version, traffic class and flow label",
        &[("version", 4), ("DSCP", 6), ("ECN", 2), ("flow label", 20)],
    )?;
    fields.explain(&texts::IP_TRAFFIC_CLASS);
    if first >> 28 != 6 {
        fields.explain(&texts::BAD_VALUE);
        return Err(Stop);
    }
    let length = fields.number("payload length", 2)?;
    fields.explain(&texts::IP_LENGTH);
    if usize::try_from(length).is_ok_and(|length| length > present) {
        fields.note(Note::with(&texts::CUT_SHORT, length.to_string()));
    }
    let protocol = u8::try_from(fields.named("next header", 1, protocol_name)?).unwrap_or_default();
    fields.explain(&texts::IP_PROTOCOL);
    fields.number("hop limit", 1)?;
    fields.explain(&texts::IP_TTL);
    let source = address(fields, "source address")?;
    fields.explain(&texts::IP_SOURCE);
    let destination = address(fields, "destination address")?;
    fields.explain(&texts::IP_DESTINATION);
    fields.explain(&texts::IP_ROUTING);
    fields.what(format!("{source} -> {destination}"));
    let datagram = Datagram {
        source: IpAddr::V6(source),
        destination: IpAddr::V6(destination),
        protocol,
    };
    wire.datagram(fields, datagram)
}

/// Names an IPv6 address.
pub(super) fn address(fields: &mut Fields<'_>, name: &'static str) -> Result<Ipv6Addr, Stop> {
    let address = |bytes: &[u8]| {
        let mut octets = [0; 16];
        octets.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        Ipv6Addr::from(octets)
    };
    let bytes = fields.value(name, 16, |bytes| Value::Ip(address(bytes).into()))?;
    Ok(address(bytes))
}
