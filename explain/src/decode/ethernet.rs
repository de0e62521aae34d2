//! Ethernet II (RFC 894): two addresses, a type, and what it carries.

use super::fields::{Fields, Stop};
use super::wire::Wire;
use super::{arp, ipv4, ipv6};
use crate::event::{Protocol, Value};
use crate::texts;

/// Reads a whole frame.
pub(super) fn frame(fields: &mut Fields<'_>, wire: &mut Wire<'_>) -> Result<(), Stop> {
    let destination = mac(fields, "destination")?;
    fields.explain(match destination {
        [0xff, 0xff, 0xff, 0xff, 0xff, 0xff] => &texts::ETHERNET_BROADCAST,
        _ => &texts::ETHERNET_DESTINATION,
    });
    mac(fields, "source")?;
    fields.explain(&texts::ETHERNET_SOURCE);
    // IEEE 802.3 §3.2.6: smaller numbers are a length, and what follows begins with a header of its own.
    let is_length = fields
        .rest()
        .first_chunk()
        .is_some_and(|kind| u16::from_be_bytes(*kind) < 0x0600);
    let kind = fields.named(if is_length { "length" } else { "type" }, 2, |kind| match kind {
        0x0800 => Some("IPv4"),
        0x0806 => Some("ARP"),
        0x86dd => Some("IPv6"),
        _ => None,
    })?;
    if !is_length {
        fields.explain(&texts::ETHERNET_TYPE);
    }
    let left = fields.left();
    match kind {
        0x0800 => {
            let length = ipv4::length(fields.rest()).min(left);
            fields.layer((Protocol::Ipv4, "packet"), length, |packet| ipv4::packet(packet, wire));
        }
        0x0806 => {
            fields.layer((Protocol::Arp, "message"), arp::LENGTH.min(left), arp::message);
        }
        0x86dd => {
            let length = ipv6::length(fields.rest()).min(left);
            fields.layer((Protocol::Ipv6, "packet"), length, |packet| ipv6::packet(packet, wire));
        }
        _ => {
            fields.opaque("payload");
            fields.explain(&texts::UNKNOWN_KIND);
        }
    }
    if fields.left() > 0 {
        fields.bytes("padding", fields.left())?;
        fields.explain(&texts::ETHERNET_PADDING);
    }
    Ok(())
}

/// Names a link-layer address.
pub(super) fn mac(fields: &mut Fields<'_>, name: &'static str) -> Result<[u8; 6], Stop> {
    let mut address = [0; 6];
    fields.value(name, 6, |bytes| {
        address.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        Value::Mac(address)
    })?;
    Ok(address)
}
