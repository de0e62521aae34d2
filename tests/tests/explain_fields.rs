//! What stands beside each field explains that field and no other; and what is counted and timed is what the bytes and clocks say.

use std::collections::{BTreeMap, BTreeSet};

use nihao_tests::lab::explain::lines;
use serde_json::Value;

/// Layers and fields with the keys of what is said of them, in a journey in which all goes well. What is not here says different things
/// in different places.
const EXPLAINED: &str = "
ARP: target hardware address = ARP_TARGET_UNKNOWN
DNS: TTL = DNS_TTL; address = DNS_ADDRESS; flags = DNS_FLAGS; id = DNS_ID; pointer = DNS_POINTER; type = DNS_TYPE
Ethernet: source = ETHERNET_SOURCE; type = ETHERNET_TYPE
HTTP: method = HTTP_METHOD; target = HTTP_TARGET; status = HTTP_STATUS; end of headers = HTTP_END_OF_HEADERS
IPv4: version and header length = IP_VERSION; differentiated services = IP_TRAFFIC_CLASS; total length = IP_LENGTH
IPv4: identification = IP_IDENTIFICATION; flags and fragment offset = IP_DONT_FRAGMENT; time to live = IP_TTL
IPv4: protocol = IP_PROTOCOL; header checksum = CHECKSUM_RIGHT; source address = IP_SOURCE
IPv4: destination address = IP_DESTINATION IP_ROUTING
TCP: source port = TCP_SOURCE_PORT; destination port = TCP_DESTINATION_PORT; sequence number = TCP_SEQUENCE
TCP: data offset and flags = TCP_FLAGS; window = TCP_WINDOW; checksum = CHECKSUM_RIGHT; urgent pointer = TCP_URGENT
TLS: content type = TLS_RECORD_TYPE; legacy_record_version = TLS_RECORD_VERSION; length = TLS_RECORD_LENGTH
TLS: encrypted record = TLS_CIPHERTEXT; authentication tag = TLS_TAG; inner content type = TLS_INNER_TYPE
TLS: message type = TLS_MESSAGE; legacy_version = TLS_LEGACY_VERSION; random = TLS_RANDOM; legacy_session_id = TLS_SESSION_ID
TLS: cipher suite = TLS_SUITE; legacy_compression_method = TLS_COMPRESSION; extensions length = EXTENSIONS
TLS: signature = TLS_SIGNATURE_RIGHT; verify_data = TLS_FINISHED_RIGHT
UDP: source port = UDP_PORT; destination port = UDP_PORT; checksum = CHECKSUM_RIGHT
X.509: serialNumber = X509_SERIAL; tag and length = X509_TAG_LENGTH
";

/// Headers of the request and the response, with the keys of what is said of them.
const HEADERS: [(&str, &str); 7] = [
    ("host", "HTTP_HOST"),
    ("content-type", "HTTP_CONTENT_TYPE"),
    ("content-length", "HTTP_CONTENT_LENGTH"),
    ("accept-language", "HTTP_LANGUAGE"),
    ("authorization", "HTTP_AUTHORIZATION"),
    ("cache-control", "HTTP_CACHE_CONTROL"),
    ("date", "HTTP_DATE"),
];

/// The trees of every frame and of what was made of them.
fn trees(lines: &[Value]) -> Vec<&Value> {
    let told = |line: &&Value| line["type"] == "frame" || line["type"] == "derived";
    lines.iter().filter(told).map(|line| &line["tree"]).collect()
}

fn parts(tree: &Value) -> &[Value] {
    tree["parts"].as_array().map_or(&[], Vec::as_slice)
}

fn word<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

fn keys(part: &Value) -> BTreeSet<&str> {
    let notes = part["notes"].as_array().map_or(&[][..], Vec::as_slice);
    notes.iter().map(|note| word(note, "key")).collect()
}

/// Every layer of a tree, itself included.
fn layers<'a>(tree: &'a Value, found: &mut Vec<&'a Value>) {
    if !word(tree, "layer").is_empty() {
        found.push(tree);
        parts(tree).iter().for_each(|part| layers(part, found));
    }
}

#[test]
fn each_field_has_its_own_explanation() {
    let lines = lines(&[]);
    let mut all = Vec::new();
    trees(&lines).into_iter().for_each(|tree| layers(tree, &mut all));
    let mut said: BTreeMap<(&str, &str), BTreeSet<&str>> = BTreeMap::new();
    for layer in &all {
        for field in parts(layer) {
            let place = (word(layer, "layer"), word(field, "field"));
            said.entry(place).or_default().extend(keys(field));
        }
    }
    for line in EXPLAINED.lines().filter(|line| !line.is_empty()) {
        let (layer, fields) = line.split_once(": ").unwrap();
        for (field, expected) in fields.split("; ").map(|field| field.split_once(" = ").unwrap()) {
            let keys = said
                .get(&(layer, field))
                .unwrap_or_else(|| panic!("no {layer} {field}"));
            let keys: Vec<_> = keys.iter().copied().collect();
            assert_eq!(keys.join(" "), expected, "{layer} {field}");
        }
    }
    for (header, expected) in HEADERS {
        let is_it = |layer: &&&Value| {
            let name = parts(layer).iter().find(|part| part["field"] == "name");
            layer["name"] == "header"
                && name.is_some_and(|name| word(name, "value").trim_matches('"').eq_ignore_ascii_case(header))
        };
        let found: Vec<_> = all.iter().filter(is_it).collect();
        assert!(!found.is_empty(), "no header {header}");
        for layer in found {
            let value = parts(layer).iter().find(|part| part["field"] == "value").unwrap();
            assert_eq!(keys(value), BTreeSet::from([expected]), "{header}");
        }
    }
}

#[test]
fn what_certificates_take_is_their_length() {
    let lines = lines(&[]);
    let mut all = Vec::new();
    trees(&lines).into_iter().for_each(|tree| layers(tree, &mut all));
    let lengths = all.iter().filter(|layer| layer["name"] == "certificate entry");
    let lengths = lengths
        .flat_map(|layer| parts(layer))
        .filter(|part| part["field"] == "certificate length");
    let told: u64 = lengths.map(|length| length["number"].as_u64().unwrap()).sum();
    let ledger = lines.iter().find(|line| line["type"] == "ledger").unwrap();
    let entries = ledger["all"].as_array().unwrap().iter();
    let counted = entries.filter(|entry| entry["layer"] == "certificates");
    let counted: u64 = counted.map(|entry| entry["bytes"].as_u64().unwrap()).sum();
    assert!(told > 400 && counted == told, "{counted} bytes counted, {told} told");
}

#[test]
fn no_hop_is_before_the_one_before_it() {
    let mut crossed = 0;
    for frame in lines(&[]).iter().filter(|line| line["type"] == "frame") {
        let hops = frame["hops"].as_array().unwrap();
        let times: Vec<_> = hops.iter().map(|hop| hop["at"].as_u64().unwrap()).collect();
        assert!(times.is_sorted(), "{times:?}");
        assert!(
            times.contains(&frame["at"].as_u64().unwrap()),
            "{times:?} without the frame's own"
        );
        // A wire takes its time: what arrives is not there when it is sent.
        crossed += usize::from(times.len() > 4 && times.first() < times.last());
    }
    assert!(crossed > 10, "{crossed} frames crossed the network");
}
