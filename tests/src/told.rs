//! One account in the words of tshark: for each frame the values of its fields, as `tshark -T fields` writes them.

use nihao_explain::event::{Account, Field, Layer, Part, Protocol, Value};

/// A field of tshark's, and how the same is told by an account.
pub struct Same {
    /// tshark's name for it.
    pub field: &'static str,
    /// All its values in the layers that became complete with a frame.
    pub told: fn(&[&Layer]) -> Vec<String>,
}

/// The values of all fields of this name that stand directly in layers of this protocol and name.
#[must_use]
pub fn values(
    layers: &[&Layer],
    (protocol, layer): (Protocol, &str),
    name: &str,
    write: fn(&Field) -> String,
) -> Vec<String> {
    let layers = layers
        .iter()
        .filter(|found| found.protocol == protocol && found.name == layer);
    let parts = layers.flat_map(|layer| &layer.parts);
    let fields = parts.filter_map(|part| match part {
        Part::Field(field) if field.name == name => Some(field),
        _ => None,
    });
    fields.map(write).collect()
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
    Same {
        field: "eth.dst",
        told: |l| values(l, FRAME, "destination", plain),
    },
    Same {
        field: "eth.src",
        told: |l| values(l, FRAME, "source", plain),
    },
    Same {
        field: "eth.type",
        told: |l| values(l, FRAME, "type", hex4),
    },
    Same {
        field: "arp.opcode",
        told: |l| values(l, (Protocol::Arp, "message"), "operation", decimal),
    },
    Same {
        field: "arp.src.proto_ipv4",
        told: |l| values(l, (Protocol::Arp, "message"), "sender protocol address", plain),
    },
    Same {
        field: "arp.dst.proto_ipv4",
        told: |l| values(l, (Protocol::Arp, "message"), "target protocol address", plain),
    },
    Same {
        field: "ip.len",
        told: |l| values(l, PACKET, "total length", decimal),
    },
    Same {
        field: "ip.ttl",
        told: |l| values(l, PACKET, "time to live", decimal),
    },
    Same {
        field: "ip.proto",
        told: |l| values(l, PACKET, "protocol", decimal),
    },
    Same {
        field: "ip.checksum",
        told: |l| values(l, PACKET, "header checksum", hex4),
    },
    Same {
        field: "ip.src",
        told: |l| values(l, PACKET, "source address", plain),
    },
    Same {
        field: "ip.dst",
        told: |l| values(l, PACKET, "destination address", plain),
    },
    Same {
        field: "tcp.srcport",
        told: |l| values(l, SEGMENT, "source port", decimal),
    },
    Same {
        field: "tcp.dstport",
        told: |l| values(l, SEGMENT, "destination port", decimal),
    },
    Same {
        field: "tcp.seq_raw",
        told: |l| values(l, SEGMENT, "sequence number", decimal),
    },
    Same {
        field: "tcp.seq",
        told: |l| values(l, SEGMENT, "sequence number", relative),
    },
    Same {
        field: "tcp.ack_raw",
        told: |l| values(l, SEGMENT, "acknowledgment number", decimal),
    },
    Same {
        field: "tcp.ack",
        told: |l| values(l, SEGMENT, "acknowledgment number", relative),
    },
    Same {
        field: "tcp.window_size_value",
        told: |l| values(l, SEGMENT, "window", decimal),
    },
    Same {
        field: "tcp.checksum",
        told: |l| values(l, SEGMENT, "checksum", hex4),
    },
    Same {
        field: "tcp.options.mss_val",
        told: |l| {
            values(
                l,
                (Protocol::Tcp, "maximum segment size"),
                "maximum segment size",
                decimal,
            )
        },
    },
    Same {
        field: "ip.id",
        told: |l| values(l, PACKET, "identification", hex4),
    },
    Same {
        field: "ip.flags.df",
        told: |l| bits(l, PACKET, "DF"),
    },
    Same {
        field: "tcp.hdr_len",
        told: |l| {
            bits(l, SEGMENT, "data offset")
                .iter()
                .map(|words| four_times(words))
                .collect()
        },
    },
    Same {
        field: "tcp.flags.syn",
        told: |l| bits(l, SEGMENT, "SYN"),
    },
    Same {
        field: "tcp.flags.fin",
        told: |l| bits(l, SEGMENT, "FIN"),
    },
    Same {
        field: "tcp.flags.ack",
        told: |l| bits(l, SEGMENT, "ACK"),
    },
];

/// TLS and what is inside.
pub const HIGH: [Same; 24] = [
    Same {
        field: "tls.record.length",
        told: |l| values(l, RECORD, "length", decimal),
    },
    Same {
        field: "tls.handshake.type",
        told: |l| messages(l, "message type", decimal),
    },
    Same {
        field: "tls.handshake.length",
        told: |l| messages(l, "message length", decimal),
    },
    Same {
        field: "tls.handshake.random",
        told: |l| messages(l, "random", run_together),
    },
    Same {
        field: "tls.handshake.session_id",
        told: session_ids,
    },
    Same {
        field: "tls.handshake.ciphersuite",
        told: suites,
    },
    Same {
        field: "tls.handshake.extensions_server_name",
        told: |l| values(l, (Protocol::Tls, "server_name"), "host name", plain),
    },
    Same {
        field: "tls.handshake.extensions_alpn_str",
        told: |l| {
            values(
                l,
                (Protocol::Tls, "application_layer_protocol_negotiation"),
                "protocol name",
                plain,
            )
        },
    },
    Same {
        field: "tls.handshake.extensions_key_share_group",
        told: share_groups,
    },
    Same {
        field: "tls.handshake.extension.type",
        told: extension_types,
    },
    Same {
        field: "x509af.serialNumber",
        told: |l| values(l, (Protocol::X509, "tbsCertificate"), "serialNumber", run_together),
    },
    Same {
        field: "tls.alert_message.desc",
        told: |l| values(l, (Protocol::Tls, "alert"), "description", decimal),
    },
    Same {
        field: "http.request.method",
        told: |l| values(l, (Protocol::Http, "request line"), "method", plain),
    },
    Same {
        field: "http.request.uri",
        told: |l| values(l, (Protocol::Http, "request line"), "target", plain),
    },
    Same {
        field: "http.response.code",
        told: |l| values(l, (Protocol::Http, "status line"), "status", plain),
    },
    Same {
        field: "http.content_length_header",
        told: |l| headers(l, "content-length"),
    },
    Same {
        field: "json.value.string",
        told: strings,
    },
    Same {
        field: "tls.handshake.extensions.supported_version",
        told: |l| {
            [
                values(l, (Protocol::Tls, "supported_versions"), "version", hex4),
                values(l, (Protocol::Tls, "supported_versions"), "selected version", hex4),
            ]
            .concat()
        },
    },
    Same {
        field: "tls.handshake.extensions_supported_group",
        told: |l| values(l, (Protocol::Tls, "supported_groups"), "group", hex4),
    },
    Same {
        field: "tls.handshake.extensions_key_share_key_exchange",
        told: shares,
    },
    Same {
        field: "tls.handshake.sig_hash_alg",
        told: schemes,
    },
    Same {
        field: "x509ce.dNSName",
        told: host_names,
    },
    Same {
        field: "http.request.line",
        told: |l| header_lines(l, "request line"),
    },
    Same {
        field: "http.response.line",
        told: |l| header_lines(l, "status line"),
    },
];

fn bits(layers: &[&Layer], (protocol, layer): (Protocol, &str), name: &str) -> Vec<String> {
    let layers = layers
        .iter()
        .filter(|found| found.protocol == protocol && found.name == layer);
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
