//! IPv4 (RFC 791): header, options, fragments.

use std::net::IpAddr;

use super::arp::ipv4 as address;
use super::checksum;
use super::fields::{Fields, Stop};
use super::wire::{Datagram, Wire};
use crate::event::{Note, Protocol, Value};
use crate::texts;

/// Bytes of a header without options.
const HEADER: usize = 20;

/// The packet's length by its header, or everything if it makes no sense.
pub(super) fn length(bytes: &[u8]) -> usize {
    match bytes {
        [first, _, high, low, ..] => {
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            let header = usize::from(first & 0x0f) * 4;
            if length < header { usize::MAX } else { length }
        }
        _ => usize::MAX,
    }
}

/// What a header says that matters for what is behind it.
struct Header {
    datagram: Datagram,
    identification: u64,
    /// Where in its packet the payload stands, in bytes, and whether more of it follows elsewhere.
    offset: usize,
    more: bool,
}

/// Reads a packet.
pub(super) fn packet(fields: &mut Fields<'_>, wire: &mut Wire<'_>) -> Result<(), Stop> {
    let present = fields.left();
    let Header {
        datagram,
        identification,
        offset,
        more,
    } = header(fields, present)?;
    if more || offset > 0 {
        let range = fields.opaque_part("fragment", fields.left());
        fields.explain(&texts::IP_FRAGMENT);
        wire.fragment((datagram, identification), (offset, more), range);
        return Ok(());
    }
    wire.datagram(fields, datagram)
}

/// Reads a packet's beginning, as messages of ICMP quote it; the protocol that the rest belongs to, if that is its beginning.
pub(super) fn quoted(fields: &mut Fields<'_>) -> Result<Option<u8>, Stop> {
    // A quote is short; its total length is the packet's.
    let header = header(fields, usize::MAX)?;
    Ok((header.offset == 0).then_some(header.datagram.protocol))
}

/// Reads a header, of whose packet this many bytes are there.
fn header(fields: &mut Fields<'_>, present: usize) -> Result<Header, Stop> {
    let whole = fields.rest();
    let first = fields.bits("version and header length", &[("version", 4), ("header length", 4)])?;
    let header = usize::try_from(first & 0x0f).unwrap_or_default() * 4;
    fields.meaning("header length", format!("{header} bytes"));
    fields.explain(&texts::IP_VERSION);
    if first >> 4 != 4 || header < HEADER {
        fields.explain(&texts::BAD_VALUE);
        return Err(Stop);
    }
    fields.bits("differentiated services", &[("DSCP", 6), ("ECN", 2)])?;
    fields.explain(&texts::IP_TRAFFIC_CLASS);
    let length = fields.number("total length", 2)?;
    fields.explain(&texts::IP_LENGTH);
    if length < (first & 0x0f) * 4 || usize::try_from(length).is_ok_and(|length| length > present) {
        let found = format!("{length} / {present}");
        fields.note(Note::with(&texts::CUT_SHORT, found));
    }
    let identification = fields.number("identification", 2)?;
    fields.explain(&texts::IP_IDENTIFICATION);
    let fragment = fields.bits(
        "flags and fragment offset",
        &[("reserved", 1), ("DF", 1), ("MF", 1), ("fragment offset", 13)],
    )?;
    let (more, offset) = (
        fragment & 0x2000 != 0,
        usize::try_from(fragment & 0x1fff).unwrap_or_default() * 8,
    );
    fields.meaning("fragment offset", format!("{offset} bytes"));
    fields.explain(match (fragment & 0x4000 != 0, more || offset > 0) {
        (_, true) => &texts::IP_FRAGMENT,
        (true, _) => &texts::IP_DONT_FRAGMENT,
        _ => &texts::IP_IDENTIFICATION,
    });
    fields.number("time to live", 1)?;
    fields.explain(&texts::IP_TTL);
    let protocol = u8::try_from(fields.named("protocol", 1, protocol_name)?).unwrap_or_default();
    fields.explain(&texts::IP_PROTOCOL);
    fields.number("header checksum", 2)?;
    checksum::check(fields, &[whole.get(..header).unwrap_or(whole)]);
    let source = address(fields, "source address")?;
    fields.explain(&texts::IP_SOURCE);
    let destination = address(fields, "destination address")?;
    fields.explain(&texts::IP_DESTINATION);
    fields.explain(&texts::IP_ROUTING);
    fields.what(format!("{source} -> {destination}"));
    fields.layer((Protocol::Ipv4, "options"), header.saturating_sub(HEADER), options);
    Ok(Header {
        datagram: Datagram {
            source: IpAddr::V4(source),
            destination: IpAddr::V4(destination),
            protocol,
        },
        identification,
        offset,
        more,
    })
}

/// What people call a protocol over IP.
pub(super) const fn protocol_name(number: u64) -> Option<&'static str> {
    match number {
        1 => Some("ICMP"),
        6 => Some("TCP"),
        17 => Some("UDP"),
        58 => Some("ICMPv6"),
        _ => None,
    }
}

fn options(fields: &mut Fields<'_>) -> Result<(), Stop> {
    fields.why(&texts::IP_OPTION);
    while let [kind, rest @ ..] = fields.rest() {
        if let 0 | 1 = kind {
            fields.value("option", 1, |_| {
                let name = if *kind == 0 { "end of options" } else { "no operation" };
                Value::Named(u64::from(*kind), name.into())
            })?;
            if *kind == 0 && fields.left() > 0 {
                fields.bytes("padding", fields.left())?;
            }
            continue;
        }
        let length = rest.first().map_or(1, |length| usize::from(*length));
        if length < 2 {
            return Err(Stop);
        }
        fields.layer((Protocol::Ipv4, "option"), length, |option| {
            option.named("kind", 1, |kind| match kind {
                7 => Some("record route"),
                68 => Some("timestamp"),
                130 => Some("security"),
                131 => Some("loose source route"),
                137 => Some("strict source route"),
                148 => Some("router alert"),
                _ => None,
            })?;
            option.number("length", 1)?;
            option.bytes("data", option.left())?;
            Ok(())
        });
    }
    Ok(())
}
