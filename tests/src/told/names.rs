//! What name servers say.

use nihao_explain::event::{Field, Layer, Protocol};

use super::{Same, decimal, hex4, plain, values};

const DNS: (Protocol, &str) = (Protocol::Dns, "message");

fn in_records(layers: &[&Layer], name: &str, write: fn(&Field) -> String) -> Vec<String> {
    let sections = ["answer", "authority", "additional"].into_iter();
    sections
        .flat_map(|section| values(layers, (Protocol::Dns, section), name, write))
        .collect()
}

/// The names of one kind that stand in layers of this name, in full.
fn names(layers: &[&Layer], sections: &[&str], name: &str) -> Vec<String> {
    let within = layers
        .iter()
        .filter(|layer| layer.protocol == Protocol::Dns && sections.contains(&layer.name.as_ref()));
    let found = within.filter_map(|layer| {
        let inner = layer.find(Protocol::Dns, name)?;
        // tshark writes the root so.
        Some(if inner.what == "." {
            String::from("<Root>")
        } else {
            inner.what.clone()
        })
    });
    found.collect()
}

const RECORDS: [&str; 3] = ["answer", "authority", "additional"];

/// Names: questions, answers, and who knows more.
pub const NAMES: [Same; 17] = [
    Same {
        field: "dns.id",
        told: |l| values(l, DNS, "id", hex4),
    },
    Same {
        field: "dns.flags.rcode",
        told: codes,
    },
    Same {
        field: "dns.count.queries",
        told: |l| values(l, DNS, "question count", decimal),
    },
    Same {
        field: "dns.count.answers",
        told: |l| values(l, DNS, "answer count", decimal),
    },
    Same {
        field: "dns.count.auth_rr",
        told: |l| values(l, DNS, "authority count", decimal),
    },
    Same {
        field: "dns.qry.name",
        told: |l| names(l, &["question"], "name"),
    },
    Same {
        field: "dns.qry.type",
        told: |l| values(l, (Protocol::Dns, "question"), "type", decimal),
    },
    Same {
        field: "dns.resp.name",
        told: |l| names(l, &RECORDS, "name"),
    },
    Same {
        field: "dns.resp.type",
        told: |l| in_records(l, "type", decimal),
    },
    Same {
        field: "dns.resp.ttl",
        told: |l| in_records(l, "TTL", decimal),
    },
    Same {
        field: "dns.cname",
        told: |l| names(l, &["data"], "canonical name"),
    },
    Same {
        field: "dns.ns",
        told: |l| names(l, &["data"], "name server"),
    },
    Same {
        field: "dns.soa.mname",
        told: |l| names(l, &["data"], "primary name server"),
    },
    Same {
        field: "dns.soa.serial_number",
        told: |l| values(l, (Protocol::Dns, "data"), "serial", decimal),
    },
    Same {
        field: "dns.txt",
        told: |l| values(l, (Protocol::Dns, "data"), "text", plain),
    },
    Same {
        field: "icmp.type",
        told: |l| values(l, (Protocol::Icmp, "message"), "type", decimal),
    },
    Same {
        field: "udp.length",
        told: |l| values(l, (Protocol::Udp, "datagram"), "length", decimal),
    },
];

fn codes(layers: &[&Layer]) -> Vec<String> {
    let messages = layers
        .iter()
        .filter(|layer| (layer.protocol, layer.name.as_ref()) == DNS);
    let flags = messages.filter_map(|layer| layer.field("flags"));
    // Only answers have one.
    let answers = flags.filter(|flags| flags.bits("QR") == Some(1));
    answers
        .filter_map(|flags| flags.bits("RCODE"))
        .map(|code| code.to_string())
        .collect()
}
