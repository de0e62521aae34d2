//! TCP (RFC 9293): the header field by field; what it means follows from the connection it belongs to.

mod flow;
mod options;
mod side;

pub(super) use flow::{Flows, Tracked};

use std::net::SocketAddr;

use super::checksum;
use super::fields::{Fields, Stop};
use super::wire::{Datagram, Wire};
use crate::event::{Note, Protocol, Span, Value};
use crate::texts;
use flow::{Segment, Verdict};

/// Bytes of a header without options.
const HEADER: usize = 20;

/// The control bits of the header.
pub(super) mod flag {
    pub(crate) const FIN: u16 = 0x01;
    pub(crate) const SYN: u16 = 0x02;
    pub(crate) const RST: u16 = 0x04;
    pub(crate) const PSH: u16 = 0x08;
    pub(crate) const ACK: u16 = 0x10;
    pub(crate) const URG: u16 = 0x20;
}

/// Reads a segment.
pub(super) fn segment(fields: &mut Fields<'_>, addresses: &Datagram, wire: &mut Wire<'_>) -> Result<(), Stop> {
    let whole = fields.rest();
    let verdict = judge(fields.at(), whole, addresses, wire);
    named_port(fields, "source port")?;
    fields.explain(&texts::TCP_SOURCE_PORT);
    named_port(fields, "destination port")?;
    fields.explain(&texts::TCP_DESTINATION_PORT);
    let sequence = |raw: u64, relative| Value::Sequence {
        raw: u32::try_from(raw).unwrap_or_default(),
        relative,
    };
    let raw = fields.number("sequence number", 4)?;
    fields.revalue(sequence(raw, verdict.relative));
    fields.explain(&texts::TCP_SEQUENCE);
    let raw = fields.number("acknowledgment number", 4)?;
    fields.revalue(sequence(raw, verdict.acknowledged));
    let acknowledged = u32::try_from(raw).ok().zip(verdict.acknowledged);
    let initial = acknowledged.map(|(raw, relative)| raw.wrapping_sub(relative));
    let header = offset_and_flags(fields, &verdict)?;
    let window = fields.number("window", 2)?;
    match verdict.window {
        0 => fields.explain(&texts::TCP_ZERO_WINDOW),
        scaled if scaled != window => fields.note(Note::with(&texts::TCP_WINDOW, format!("{scaled} bytes"))),
        _ => fields.explain(&texts::TCP_WINDOW),
    }
    fields.number("checksum", 2)?;
    let pseudo = checksum::pseudo_header(addresses.source, addresses.destination, 6, whole.len());
    checksum::check(fields, &[&pseudo, whole]);
    fields.number("urgent pointer", 2)?;
    fields.explain(&texts::TCP_URGENT);
    fields.what(verdict.what);
    verdict.notes.into_iter().for_each(|note| fields.about(note));
    fields.layer((Protocol::Tcp, "options"), header.saturating_sub(HEADER), |inner| {
        options::options(inner, initial)
    });
    if fields.left() > 0 {
        fields.opaque("data");
        fields.explain(&texts::TCP_CARRIES);
    }
    Ok(())
}

fn offset_and_flags(fields: &mut Fields<'_>, verdict: &Verdict) -> Result<usize, Stop> {
    const BITS: [(&str, u8); 10] = [
        ("data offset", 4),
        ("reserved", 4),
        ("CWR", 1),
        ("ECE", 1),
        ("URG", 1),
        ("ACK", 1),
        ("PSH", 1),
        ("RST", 1),
        ("SYN", 1),
        ("FIN", 1),
    ];
    if verdict.flags & flag::ACK == 0 {
        fields.explain(&texts::TCP_NO_ACKNOWLEDGMENT);
    } else {
        fields.explain(&texts::TCP_ACKNOWLEDGMENT);
    }
    let bits = fields.bits("data offset and flags", &BITS)?;
    let header = usize::try_from(bits >> 12).unwrap_or_default() * 4;
    fields.meaning("data offset", format!("{header} bytes"));
    fields.explain(&texts::TCP_FLAGS);
    if header < HEADER {
        fields.explain(&texts::BAD_VALUE);
        return Err(Stop);
    }
    Ok(header)
}

fn named_port(fields: &mut Fields<'_>, name: &'static str) -> Result<u64, Stop> {
    fields.named(name, 2, |port| match port {
        53 => Some("DNS"),
        80 => Some("HTTP"),
        443 => Some("HTTPS"),
        _ => None,
    })
}

/// Hands the segment to its connection, which says what it means.
fn judge(at: usize, whole: &[u8], addresses: &Datagram, wire: &mut Wire<'_>) -> Verdict {
    let Some(
        &[
            s0,
            s1,
            d0,
            d1,
            q0,
            q1,
            q2,
            q3,
            a0,
            a1,
            a2,
            a3,
            f0,
            f1,
            w0,
            w1,
            _,
            _,
            _,
            _,
        ],
    ) = whole.first_chunk()
    else {
        return Verdict::default();
    };
    let header = usize::from(f0 >> 4) * 4;
    let (Some(options), Some(payload)) = (whole.get(HEADER..header), whole.get(header..)) else {
        return Verdict::default();
    };
    let start = at.saturating_add(header);
    let segment = Segment {
        from: SocketAddr::new(addresses.source, u16::from_be_bytes([s0, s1])),
        to: SocketAddr::new(addresses.destination, u16::from_be_bytes([d0, d1])),
        sequence: u32::from_be_bytes([q0, q1, q2, q3]),
        acknowledgment: u32::from_be_bytes([a0, a1, a2, a3]),
        flags: u16::from_be_bytes([f0 & 0x0f, f1]),
        window: u16::from_be_bytes([w0, w1]),
        scale: options::scale(options),
        payload,
        span: Span {
            space: wire.space,
            range: start..start.saturating_add(payload.len()),
        },
        frame: wire.frame,
        at: wire.at,
    };
    let (flow, verdict) = wire.flows.observe(wire.interface, &segment);
    wire.flow = Some(flow);
    verdict
}
