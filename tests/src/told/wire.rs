//! The rest of what the link, the network and the transport say, beside [`LOW`](super::LOW).

use nihao_explain::event::{Field, Layer, Protocol};

use super::{FRAME, PACKET, SEGMENT, Same, bits, decimal, four_times, hex4, plain, same, values};

const ARP: (Protocol, &str) = (Protocol::Arp, "message");
const DATAGRAM: (Protocol, &str) = (Protocol::Udp, "datagram");

/// ARP, IP, UDP, TCP and its options.
pub const WIRE: [Same; 30] = [
    same("arp.hw.type", |l| values(l, ARP, "hardware type", decimal)),
    same("arp.proto.type", |l| values(l, ARP, "protocol type", hex4)),
    same("arp.hw.size", |l| values(l, ARP, "hardware address length", decimal)),
    same("arp.proto.size", |l| values(l, ARP, "protocol address length", decimal)),
    same("arp.src.hw_mac", |l| values(l, ARP, "sender hardware address", plain)),
    same("arp.dst.hw_mac", |l| values(l, ARP, "target hardware address", plain)),
    same("ip.version", |l| bits(l, PACKET, "version")),
    same("ip.hdr_len", |l| words(bits(l, PACKET, "header length"))),
    same("ip.dsfield.dscp", |l| bits(l, PACKET, "DSCP")),
    same("ip.dsfield.ecn", |l| bits(l, PACKET, "ECN")),
    same("ip.flags.rb", |l| bits(l, PACKET, "reserved")),
    same("ip.flags.mf", |l| bits(l, PACKET, "MF")),
    same("ip.frag_offset", |l| bits(l, PACKET, "fragment offset")),
    same("udp.srcport", |l| values(l, DATAGRAM, "source port", decimal)),
    same("udp.dstport", |l| values(l, DATAGRAM, "destination port", decimal)),
    same("udp.checksum", |l| values(l, DATAGRAM, "checksum", hex4)),
    same("tcp.flags.cwr", |l| bits(l, SEGMENT, "CWR")),
    same("tcp.flags.ece", |l| bits(l, SEGMENT, "ECE")),
    same("tcp.flags.urg", |l| bits(l, SEGMENT, "URG")),
    same("tcp.flags.push", |l| bits(l, SEGMENT, "PSH")),
    same("tcp.flags.reset", |l| bits(l, SEGMENT, "RST")),
    same("tcp.urgent_pointer", |l| values(l, SEGMENT, "urgent pointer", decimal)),
    same("tcp.len", payloads),
    same("tcp.option_kind", |l| {
        options(l, &["kind", "end of options", "no operation"])
    }),
    same("tcp.option_len", |l| options(l, &["length"])),
    same("tcp.options.wscale.shift", |l| {
        values(l, (Protocol::Tcp, "window scale"), "shift", decimal)
    }),
    same("tcp.options.sack_le", |l| {
        values(l, (Protocol::Tcp, "SACK"), "left edge", edge)
    }),
    same("tcp.options.sack_re", |l| {
        values(l, (Protocol::Tcp, "SACK"), "right edge", edge)
    }),
    same("eth.dst.ig", |l| {
        values(l, FRAME, "destination", |field| first_byte(field, 1))
    }),
    same("eth.src.lg", |l| {
        values(l, FRAME, "source", |field| first_byte(field, 2))
    }),
];

fn words(numbers: Vec<String>) -> Vec<String> {
    numbers.iter().map(|number| four_times(number)).collect()
}

/// How many bytes each segment carries.
fn payloads(layers: &[&Layer]) -> Vec<String> {
    let segments = layers
        .iter()
        .filter(|layer| (layer.protocol, layer.name.as_ref()) == SEGMENT);
    let carried = segments.filter_map(|segment| {
        let words = segment.field("data offset and flags")?.bits("data offset")?;
        segment.range.len().checked_sub(usize::try_from(words).ok()? * 4)
    });
    carried.map(|bytes| bytes.to_string()).collect()
}

/// The fields of these names, in the options of segments.
fn options(layers: &[&Layer], names: &[&str]) -> Vec<String> {
    let options = layers
        .iter()
        .filter(|layer| layer.protocol == Protocol::Tcp && layer.name == "options");
    let fields = options.flat_map(|layer| layer.fields());
    let told = fields.flat_map(|field| match field.name.as_ref() {
        // Each of these zeros is an end of options to tshark.
        "padding" if names.contains(&"end of options") => vec![String::from("0"); field.range.len()],
        name if names.contains(&name) => vec![decimal(field)],
        _ => Vec::new(),
    });
    told.collect()
}

/// Wireshark counts edges from the initial sequence number, as we do.
fn edge(field: &Field) -> String {
    super::relative(field)
}

/// Whether a bit of a link address's first byte is set.
fn first_byte(field: &Field, bit: u8) -> String {
    let text = plain(field);
    let first = text
        .split(':')
        .next()
        .and_then(|byte| u8::from_str_radix(byte, 16).ok());
    first.map_or_else(|| text.clone(), |byte| u8::from(byte & bit != 0).to_string())
}
