//! ARP for Ethernet and IPv4 (RFC 826): who has this IP address?

use std::net::Ipv4Addr;

use super::ethernet::mac;
use super::fields::{Fields, Stop, big_endian};
use crate::event::Value;
use crate::texts;

/// Bytes of a message for Ethernet and IPv4.
pub(super) const LENGTH: usize = 28;

/// Reads a message.
pub(super) fn message(fields: &mut Fields<'_>) -> Result<(), Stop> {
    let hardware = fields.named("hardware type", 2, |kind| (kind == 1).then_some("Ethernet"))?;
    let protocol = fields.named("protocol type", 2, |kind| (kind == 0x0800).then_some("IPv4"))?;
    let sizes = [
        fields.number("hardware address length", 1)?,
        fields.number("protocol address length", 1)?,
    ];
    let operation = fields.named("operation", 2, |operation| match operation {
        1 => Some("request"),
        2 => Some("reply"),
        _ => None,
    })?;
    if (hardware, protocol, sizes) != (1, 0x0800, [6, 4]) {
        fields.opaque("addresses");
        fields.explain(&texts::UNKNOWN_KIND);
        return Ok(());
    }
    let sender_mac = mac(fields, "sender hardware address")?;
    let sender = ipv4(fields, "sender protocol address")?;
    mac(fields, "target hardware address")?;
    if operation == 1 {
        fields.explain(&texts::ARP_TARGET_UNKNOWN);
    }
    let target = ipv4(fields, "target protocol address")?;
    match operation {
        1 => {
            fields.what(format!("who has {target}? tell {sender}"));
            fields.why(&texts::ARP_REQUEST);
        }
        2 => {
            fields.what(format!("{sender} is at {}", Value::Mac(sender_mac)));
            fields.why(&texts::ARP_REPLY);
        }
        _ => fields.why(&texts::UNKNOWN_KIND),
    }
    Ok(())
}

/// Names an IPv4 address.
pub(super) fn ipv4(fields: &mut Fields<'_>, name: &'static str) -> Result<Ipv4Addr, Stop> {
    let address = |bytes: &[u8]| Ipv4Addr::from_bits(u32::try_from(big_endian(bytes)).unwrap_or_default());
    let bytes = fields.value(name, 4, |bytes| Value::Ip(address(bytes).into()))?;
    Ok(address(bytes))
}
