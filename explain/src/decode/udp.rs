//! UDP (RFC 768): two ports, a length, a checksum.

use super::fields::{Fields, Stop};
use super::wire::Datagram;
use super::{checksum, dns};
use crate::event::{Note, Protocol};
use crate::texts;

/// Where name servers listen.
pub(super) const DNS_PORT: u64 = 53;

/// Bytes of a header.
const HEADER: usize = 8;

/// Reads a datagram.
pub(super) fn datagram(fields: &mut Fields<'_>, addresses: &Datagram) -> Result<(), Stop> {
    let whole = fields.rest();
    fields.why(&texts::UDP_NO_CONNECTION);
    let source = port(fields, "source port")?;
    let destination = port(fields, "destination port")?;
    let length = usize::try_from(fields.number("length", 2)?).unwrap_or(usize::MAX);
    if length < HEADER {
        fields.explain(&texts::BAD_VALUE);
        return Err(Stop);
    }
    if length > whole.len() {
        fields.note(Note::with(&texts::CUT_SHORT, format!("{length} / {}", whole.len())));
    }
    let whole = whole.get(..length).unwrap_or(whole);
    let sum = fields.number("checksum", 2)?;
    if sum == 0 {
        fields.explain(&texts::CHECKSUM_ABSENT);
    } else {
        let pseudo = checksum::pseudo_header(addresses.source, addresses.destination, 17, whole.len());
        checksum::check(fields, &[&pseudo, whole]);
    }
    let data = whole.len().saturating_sub(HEADER);
    fields.what(format!("{source} -> {destination}, {data} bytes"));
    if source == DNS_PORT || destination == DNS_PORT {
        fields.layer((Protocol::Dns, "message"), data, dns::message);
    } else if data > 0 {
        fields.opaque_part("data", data);
        fields.explain(&texts::UNKNOWN_KIND);
    }
    Ok(())
}

fn port(fields: &mut Fields<'_>, name: &'static str) -> Result<u64, Stop> {
    let port = fields.named(name, 2, |port| (port == DNS_PORT).then_some("DNS"))?;
    fields.explain(&texts::UDP_PORT);
    Ok(port)
}
