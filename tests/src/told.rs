//! One account in the words of tshark: for each frame the values of its fields, as `tshark -T fields` writes them.

mod certificates;
mod names;
mod second;
mod secure;
mod wire;

pub use certificates::CERTIFICATES;
pub use names::NAMES;
pub use second::SECOND;
pub use secure::{ABOVE, SECURE};
pub use wire::WIRE;

use nihao_explain::event::{Account, Field, Layer, Part, Protocol, Value};

#[derive(Clone, Copy)]
/// A field of tshark's, and how the same is told by an account.
pub struct Same {
    /// tshark's name for it.
    pub field: &'static str,
    /// All its values in the layers that became complete with a frame.
    pub told: fn(&[&Layer]) -> Vec<String>,
}

const fn same(field: &'static str, told: fn(&[&Layer]) -> Vec<String>) -> Same {
    Same { field, told }
}

/// The values of all fields of this name that stand directly in layers of this protocol and name.
#[must_use]
pub fn values(
    layers: &[&Layer],
    (protocol, layer): (Protocol, &str),
    name: &str,
    write: fn(&Field) -> String,
) -> Vec<String> {
    let layers = layers.iter().filter(|found| is(found, protocol, layer));
    let parts = layers.flat_map(|layer| &layer.parts);
    let fields = parts.filter_map(|part| match part {
        Part::Field(field) if field.name == name => Some(field),
        _ => None,
    });
    fields.map(write).collect()
}

/// Whether a layer is of this protocol and name, or such a one in a quote: tshark reads quotes as if they had come.
fn is(found: &Layer, protocol: Protocol, name: &str) -> bool {
    let quoted = found.protocol == Protocol::Icmp && found.name.strip_prefix("quoted ") == Some(name);
    quoted || (found.protocol == protocol && found.name == name)
}

/// A number as tshark writes most of them.
#[must_use]
pub fn decimal(field: &Field) -> String {
    field
        .number()
        .map_or_else(|| format!("{:?}", field.value), |number| number.to_string())
}

/// A number as tshark writes checksums and registered numbers.
#[must_use]
pub fn hex4(field: &Field) -> String {
    field
        .number()
        .map_or_else(|| format!("{:?}", field.value), |number| format!("0x{number:04x}"))
}

fn relative(field: &Field) -> String {
    match field.value {
        Value::Sequence {
            relative: Some(relative),
            ..
        } => relative.to_string(),
        // tshark counts from 0 where nothing is acknowledged yet.
        _ => String::from("0"),
    }
}

/// A place in the sender's stream.
fn place(field: &Field) -> String {
    match field.value {
        // Whose SYN was not seen begins with this segment for tshark.
        Value::Sequence { relative: None, .. } => String::from("1"),
        _ => relative(field),
    }
}

/// A value as it reads.
#[must_use]
pub fn plain(field: &Field) -> String {
    match &field.value {
        Value::Text(text) => text.clone(),
        value => value.to_string(),
    }
}

fn run_together(field: &Field) -> String {
    field.value.to_string().replace(' ', "")
}

const FRAME: (Protocol, &str) = (Protocol::Ethernet, "frame");
const PACKET: (Protocol, &str) = (Protocol::Ipv4, "packet");
const SEGMENT: (Protocol, &str) = (Protocol::Tcp, "segment");
const RECORD: (Protocol, &str) = (Protocol::Tls, "record");

/// Link, network, transport.
pub const LOW: [Same; 27] = [
    same("eth.dst", |l| values(l, FRAME, "destination", plain)),
    same("eth.src", |l| values(l, FRAME, "source", plain)),
    same("eth.type", |l| values(l, FRAME, "type", hex4)),
    same("arp.opcode", |l| {
        values(l, (Protocol::Arp, "message"), "operation", decimal)
    }),
    same("arp.src.proto_ipv4", |l| {
        values(l, (Protocol::Arp, "message"), "sender protocol address", plain)
    }),
    same("arp.dst.proto_ipv4", |l| {
        values(l, (Protocol::Arp, "message"), "target protocol address", plain)
    }),
    same("ip.len", |l| values(l, PACKET, "total length", decimal)),
    same("ip.ttl", |l| values(l, PACKET, "time to live", decimal)),
    same("ip.proto", |l| values(l, PACKET, "protocol", decimal)),
    same("ip.checksum", |l| values(l, PACKET, "header checksum", hex4)),
    same("ip.src", |l| values(l, PACKET, "source address", plain)),
    same("ip.dst", |l| values(l, PACKET, "destination address", plain)),
    same("tcp.srcport", |l| values(l, SEGMENT, "source port", decimal)),
    same("tcp.dstport", |l| values(l, SEGMENT, "destination port", decimal)),
    same("tcp.seq_raw", |l| {
        values(&parted(l).0, SEGMENT, "sequence number", decimal)
    }),
    same("tcp.seq", places),
    same("tcp.ack_raw", |l| values(l, SEGMENT, "acknowledgment number", decimal)),
    same("tcp.ack", |l| values(l, SEGMENT, "acknowledgment number", relative)),
    same("tcp.window_size_value", |l| values(l, SEGMENT, "window", decimal)),
    same("tcp.checksum", |l| values(l, SEGMENT, "checksum", hex4)),
    same("tcp.options.mss_val", |l| {
        values(
            l,
            (Protocol::Tcp, "maximum segment size"),
            "maximum segment size",
            decimal,
        )
    }),
    same("ip.id", |l| values(l, PACKET, "identification", hex4)),
    same("ip.flags.df", |l| bits(l, PACKET, "DF")),
    same("tcp.hdr_len", |l| {
        bits(l, SEGMENT, "data offset")
            .iter()
            .map(|words| four_times(words))
            .collect()
    }),
    same("tcp.flags.syn", |l| bits(l, SEGMENT, "SYN")),
    same("tcp.flags.fin", |l| bits(l, SEGMENT, "FIN")),
    same("tcp.flags.ack", |l| bits(l, SEGMENT, "ACK")),
];

/// TLS and what is inside.
pub const HIGH: [Same; 24] = [
    same("tls.record.length", |l| values(l, RECORD, "length", decimal)),
    same("tls.handshake.type", |l| messages(l, "message type", decimal)),
    same("tls.handshake.length", |l| messages(l, "message length", decimal)),
    same("tls.handshake.random", |l| messages(l, "random", run_together)),
    same("tls.handshake.session_id", session_ids),
    same("tls.handshake.ciphersuite", suites),
    same("tls.handshake.extensions_server_name", |l| {
        values(l, (Protocol::Tls, "server_name"), "host name", plain)
    }),
    same("tls.handshake.extensions_alpn_str", |l| {
        values(
            l,
            (Protocol::Tls, "application_layer_protocol_negotiation"),
            "protocol name",
            plain,
        )
    }),
    same("tls.handshake.extensions_key_share_group", share_groups),
    same("tls.handshake.extension.type", extension_types),
    same("x509af.serialNumber", |l| {
        values(l, (Protocol::X509, "tbsCertificate"), "serialNumber", run_together)
    }),
    same("tls.alert_message.desc", |l| {
        values(l, (Protocol::Tls, "alert"), "description", decimal)
    }),
    same("http.request.method", |l| {
        values(l, (Protocol::Http, "request line"), "method", plain)
    }),
    same("http.request.uri", |l| {
        values(l, (Protocol::Http, "request line"), "target", plain)
    }),
    same("http.response.code", |l| {
        values(l, (Protocol::Http, "status line"), "status", plain)
    }),
    same("http.content_length_header", |l| headers(l, "content-length")),
    same("json.value.string", strings),
    same("tls.handshake.extensions.supported_version", |l| {
        [
            values(l, (Protocol::Tls, "supported_versions"), "version", hex4),
            values(l, (Protocol::Tls, "supported_versions"), "selected version", hex4),
        ]
        .concat()
    }),
    same("tls.handshake.extensions_supported_group", |l| {
        values(l, (Protocol::Tls, "supported_groups"), "group", hex4)
    }),
    same("tls.handshake.extensions_key_share_key_exchange", shares),
    same("tls.handshake.sig_hash_alg", schemes),
    same("x509ce.dNSName", host_names),
    same("http.request.line", |l| header_lines(l, "request line")),
    same("http.response.line", |l| header_lines(l, "status line")),
];

/// What came, and what was quoted.
fn parted<'a>(layers: &[&'a Layer]) -> (Vec<&'a Layer>, Vec<&'a Layer>) {
    layers.iter().partition(|layer| !layer.name.starts_with("quoted "))
}

/// A quote has no stream to count in: tshark gives the number as it stands, and not by its other name.
fn places(layers: &[&Layer]) -> Vec<String> {
    let (came, quoted) = parted(layers);
    let mut all = values(&came, SEGMENT, "sequence number", place);
    all.extend(values(&quoted, SEGMENT, "sequence number", decimal));
    all
}

fn bits(layers: &[&Layer], (protocol, layer): (Protocol, &str), name: &str) -> Vec<String> {
    let layers = layers.iter().filter(|found| is(found, protocol, layer));
    let fields = layers.flat_map(|layer| layer.parts.iter());
    let bits = fields.filter_map(|part| match part {
        Part::Field(field) => field.bits(name),
        Part::Layer(_) => None,
    });
    bits.map(|number| number.to_string()).collect()
}

fn four_times(words: &str) -> String {
    words
        .parse::<u64>()
        .map_or_else(|_| words.to_owned(), |words| (words * 4).to_string())
}

/// One for each share: those of two key agreements side by side have two fields.
fn shares(layers: &[&Layer]) -> Vec<String> {
    let of = |name: &'static str| {
        let found = layers
            .iter()
            .filter(move |layer| layer.protocol == Protocol::Tls && layer.name == name);
        found.filter_map(|layer| {
            let parts = layer.parts.iter();
            let halves = parts.filter_map(|part| match part {
                Part::Field(field) if field.name.starts_with("key_exchange") => Some(run_together(field)),
                _ => None,
            });
            let whole: String = halves.collect();
            (!whole.is_empty()).then_some(whole)
        })
    };
    of("share").chain(of("key_share")).collect()
}

/// Those of both extensions, and that of CertificateVerify.
fn schemes(layers: &[&Layer]) -> Vec<String> {
    let mut all = values(
        layers,
        (Protocol::Tls, "signature_algorithms"),
        "signature scheme",
        hex4,
    );
    let others = values(
        layers,
        (Protocol::Tls, "signature_algorithms_cert"),
        "signature scheme",
        hex4,
    );
    all.extend(others);
    all.extend(messages(layers, "algorithm", hex4));
    all
}

/// DNS names in certificates: the values with the tag `[2]` in subjectAltName.
fn host_names(layers: &[&Layer]) -> Vec<String> {
    let names = layers
        .iter()
        .filter(|layer| layer.protocol == Protocol::X509 && layer.name == "subjectAltName");
    let mut all = Vec::new();
    for fields in names.map(|layer| layer.fields()) {
        for pair in fields.windows(2) {
            if let [header, name] = pair
                && matches!(&header.value, Value::Bytes(bytes) if bytes.first() == Some(&0x82))
            {
                all.push(plain(name));
            }
        }
    }
    all
}

/// The header lines of requests or responses, with their ends written as tshark writes them.
fn header_lines(layers: &[&Layer], first: &str) -> Vec<String> {
    let is_head = |layer: &&&Layer| layer.protocol == Protocol::Http && layer.find(Protocol::Http, first).is_some();
    let heads = layers
        .iter()
        .filter(is_head)
        .filter(|layer| layer.name == "request" || layer.name == "response");
    let lines = heads
        .flat_map(|head| head.layers())
        .filter(|layer| layer.name == "header");
    lines
        .map(|line| {
            line.fields()
                .into_iter()
                .map(plain)
                .collect::<String>()
                .replace("\r\n", "\\r\\n")
        })
        .collect()
}

fn messages(layers: &[&Layer], name: &str, write: fn(&Field) -> String) -> Vec<String> {
    let fields = layers
        .iter()
        .filter(|layer| layer.protocol == Protocol::Tls && layer.field("message type").is_some());
    fields.filter_map(|layer| layer.field(name)).map(write).collect()
}

fn session_ids(layers: &[&Layer]) -> Vec<String> {
    let mut all = messages(layers, "legacy_session_id", run_together);
    all.extend(messages(layers, "legacy_session_id_echo", run_together));
    all
}

fn suites(layers: &[&Layer]) -> Vec<String> {
    let mut all = values(layers, (Protocol::Tls, "cipher_suites"), "cipher suite", hex4);
    all.extend(messages(layers, "cipher suite", hex4));
    all
}

fn share_groups(layers: &[&Layer]) -> Vec<String> {
    let mut all = values(layers, (Protocol::Tls, "share"), "group", decimal);
    all.extend(values(layers, (Protocol::Tls, "key_share"), "group", decimal));
    all
}

fn extension_types(layers: &[&Layer]) -> Vec<String> {
    let layers = layers.iter().filter(|layer| layer.protocol == Protocol::Tls);
    layers
        .filter_map(|layer| layer.field("extension type"))
        .map(decimal)
        .collect()
}

fn headers(layers: &[&Layer], wanted: &str) -> Vec<String> {
    let lines = layers
        .iter()
        .filter(|layer| layer.protocol == Protocol::Http && layer.name == "header");
    let values = lines.filter_map(|line| {
        let name = plain(line.field("name")?);
        (name.eq_ignore_ascii_case(wanted))
            .then(|| line.field("value").map(plain))
            .flatten()
    });
    values.collect()
}

fn strings(layers: &[&Layer]) -> Vec<String> {
    let json = layers.iter().filter(|layer| layer.protocol == Protocol::Json);
    let parts = json.flat_map(|layer| &layer.parts);
    let fields = parts.filter_map(|part| match part {
        Part::Field(field) if !FURNITURE.contains(&field.name.as_ref()) => Some(field),
        _ => None,
    });
    let strings = fields.filter(|field| field.notes.iter().any(|note| note.text.key == "JSON_STRING"));
    strings.map(plain).collect()
}

const FURNITURE: [&str; 3] = ["key", "punctuation", "white space"];

/// Every difference between an account and tshark's rows for the same frames, in these fields; values are compared without order, for
/// what came in pieces is told after what came whole.
#[must_use]
pub fn differences(account: &Account, rows: &[crate::tshark::Row], fields: &[Same]) -> Vec<String> {
    let mut found = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let layers: Vec<&Layer> = account.layers_of(index).into_iter().map(|(_, layer)| layer).collect();
        for same in fields {
            let (mut ours, mut theirs) = ((same.told)(&layers), row.all(same.field).to_vec());
            ours.sort();
            theirs.sort();
            if ours != theirs {
                found.push(format!("frame {index}, {}: {ours:?}, tshark {theirs:?}", same.field));
            }
        }
    }
    found
}

/// How many values of a field there are at all: a comparison of nothing shows nothing.
#[must_use]
pub fn count(account: &Account, field: &Same) -> usize {
    let frames = 0..account.frames.len();
    let layers = frames.map(|index| {
        account
            .layers_of(index)
            .into_iter()
            .map(|(_, layer)| layer)
            .collect::<Vec<_>>()
    });
    layers.map(|layers| (field.told)(&layers).len()).sum()
}
