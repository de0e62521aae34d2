//! The rest of what TLS says, beside [`HIGH`](super::HIGH).

use nihao_explain::event::{Layer, Protocol};

use super::{RECORD, Same, decimal, hex4, messages, plain, run_together, same, values};

const PLAINTEXT: (Protocol, &str) = (Protocol::Tls, "plaintext");
const ALERT: (Protocol, &str) = (Protocol::Tls, "alert");
const ENTRY: (Protocol, &str) = (Protocol::Tls, "certificate entry");
const IDENTITIES: (Protocol, &str) = (Protocol::Tls, "identities");

/// A layer of TLS's.
const fn tls(name: &'static str) -> (Protocol, &'static str) {
    (Protocol::Tls, name)
}

/// Records, messages, extensions.
pub const SECURE: [Same; 43] = [
    same("tls.record.content_type", content_types),
    same("tls.record.opaque_type", |l| types_of(l, true)),
    same("tls.record.version", |l| {
        values(l, RECORD, "legacy_record_version", hex4)
    }),
    same("tls.handshake.version", |l| messages(l, "legacy_version", hex4)),
    same("tls.handshake.session_id_length", |l| {
        messages(l, "session id length", decimal)
    }),
    same("tls.handshake.cipher_suites_length", |l| {
        messages(l, "cipher suites length", decimal)
    }),
    same("tls.handshake.comp_methods_length", |l| {
        messages(l, "compression methods length", decimal)
    }),
    same("tls.handshake.extensions_length", extensions_lengths),
    same("tls.handshake.extension.len", extension_lengths),
    same("tls.handshake.extensions_server_name_list_len", |l| {
        values(l, tls("server_name"), "list length", decimal)
    }),
    same("tls.handshake.extensions_server_name_type", |l| {
        values(l, tls("server_name"), "name type", decimal)
    }),
    same("tls.handshake.extensions_server_name_len", |l| {
        values(l, tls("server_name"), "name length", decimal)
    }),
    same("tls.handshake.extensions_supported_groups_length", |l| {
        values(l, tls("supported_groups"), "list length", decimal)
    }),
    same("tls.handshake.extensions_alpn_len", |l| {
        values(l, tls(ALPN), "list length", decimal)
    }),
    same("tls.handshake.extensions_alpn_str_len", |l| {
        values(l, tls(ALPN), "protocol name length", decimal)
    }),
    same("tls.handshake.sig_hash_alg_len", |l| {
        both(l, ["signature_algorithms", "signature_algorithms_cert"], "list length")
    }),
    same("tls.record_size_limit", |l| {
        values(l, tls("record_size_limit"), "record size limit", decimal)
    }),
    same("tls.handshake.extensions.supported_versions_len", |l| {
        values(l, tls("supported_versions"), "list length", decimal)
    }),
    same("tls.handshake.extensions_key_share_client_length", |l| {
        values(l, tls("key_share"), "list length", decimal)
    }),
    same("tls.handshake.extensions_key_share_key_exchange_length", |l| {
        both(l, ["share", "key_share"], "key exchange length")
    }),
    same("tls.handshake.extensions_key_share_selected_group", |l| {
        values(l, tls("key_share"), "selected group", decimal)
    }),
    same("tls.handshake.certificate_request_context_length", |l| {
        messages(l, "length", decimal)
    }),
    same("tls.handshake.certificates_length", |l| {
        messages(l, "certificate list length", decimal)
    }),
    same("tls.handshake.certificate_length", |l| {
        values(l, ENTRY, "certificate length", decimal)
    }),
    same("tls.handshake.dnames_len", |l| {
        values(l, tls("certificate_authorities"), "list length", decimal)
    }),
    same("tls.handshake.dname_len", |l| {
        values(l, tls("certificate_authorities"), "name length", decimal)
    }),
    same("tls.handshake.client_cert_vrfy.sig_len", |l| {
        messages(l, "signature length", decimal)
    }),
    same("tls.handshake.client_cert_vrfy.sig", |l| {
        messages(l, "signature", run_together)
    }),
    same("tls.alert_message.level", |l| values(l, ALERT, "level", decimal)),
    same("tls.handshake.key_update.request_update", |l| {
        messages(l, "request_update", decimal)
    }),
    same("tls.handshake.session_ticket_lifetime_hint", |l| {
        messages(l, "ticket_lifetime", decimal)
    }),
    same("tls.handshake.session_ticket_age_add", |l| {
        messages(l, "ticket_age_add", decimal)
    }),
    same("tls.handshake.session_ticket_nonce_length", |l| {
        messages(l, "ticket nonce length", decimal)
    }),
    same("tls.handshake.session_ticket_nonce", |l| {
        messages(l, "ticket_nonce", run_together)
    }),
    same("tls.handshake.session_ticket_length", |l| {
        messages(l, "ticket length", decimal)
    }),
    same("tls.handshake.session_ticket", |l| messages(l, "ticket", run_together)),
    same("tls.extension.psk_ke_mode", |l| {
        values(l, tls("psk_key_exchange_modes"), "key exchange mode", decimal)
    }),
    same("tls.handshake.extensions.psk.identities.length", |l| {
        values(l, tls(PSK), "identities length", decimal)
    }),
    same("tls.handshake.extensions.psk.identity.identity_length", |l| {
        values(l, IDENTITIES, "identity length", decimal)
    }),
    same("tls.handshake.extensions.psk.identity.identity", |l| {
        values(l, IDENTITIES, "identity", run_together)
    }),
    same("tls.handshake.extensions.psk.identity.obfuscated_ticket_age", |l| {
        values(l, IDENTITIES, "obfuscated_ticket_age", decimal)
    }),
    same("tls.handshake.extensions.psk.binders_len", |l| {
        values(l, tls(PSK), "binders length", decimal)
    }),
    same("tls.handshake.extensions.psk.identity.selected", |l| {
        values(l, tls(PSK), "selected_identity", decimal)
    }),
];

const ALPN: &str = "application_layer_protocol_negotiation";
const PSK: &str = "pre_shared_key";

fn both(layers: &[&Layer], extensions: [&'static str; 2], name: &str) -> Vec<String> {
    let all = extensions.into_iter();
    all.flat_map(|extension| values(layers, tls(extension), name, decimal))
        .collect()
}

/// The types of records that are protected, or of those that are not: the ones have a tag.
fn types_of(layers: &[&Layer], is_protected: bool) -> Vec<String> {
    let records = layers
        .iter()
        .filter(|layer| (layer.protocol, layer.name.as_ref()) == RECORD);
    let records = records.filter(|record| record.field("encrypted record").is_some() == is_protected);
    records
        .filter_map(|record| record.field("content type"))
        .map(decimal)
        .collect()
}

/// What records really are: of protected ones the type inside.
fn content_types(layers: &[&Layer]) -> Vec<String> {
    let mut all = types_of(layers, false);
    all.extend(values(layers, PLAINTEXT, "inner content type", decimal));
    all
}

/// Of all messages, and of the entries in Certificate.
fn extensions_lengths(layers: &[&Layer]) -> Vec<String> {
    let mut all = messages(layers, "extensions length", decimal);
    all.extend(values(layers, ENTRY, "extensions length", decimal));
    all
}

fn extension_lengths(layers: &[&Layer]) -> Vec<String> {
    let extensions = layers.iter().filter(|layer| layer.protocol == Protocol::Tls);
    let lengths = extensions.filter_map(|layer| layer.field("extension length"));
    lengths.map(decimal).collect()
}

/// Names and JSON of the program above, as they read.
pub const ABOVE: [Same; 16] = [
    same("http.request.version", |l| {
        values(l, (Protocol::Http, "request line"), "version", plain)
    }),
    same("http.response.version", |l| {
        values(l, (Protocol::Http, "status line"), "version", plain)
    }),
    same("http.response.phrase", |l| {
        values(l, (Protocol::Http, "status line"), "reason", plain)
    }),
    same("http.host", |l| super::headers(l, "host")),
    same("http.user_agent", |l| super::headers(l, "user-agent")),
    same("http.accept", |l| super::headers(l, "accept")),
    same("http.accept_language", |l| super::headers(l, "accept-language")),
    same("http.authorization", |l| super::headers(l, "authorization")),
    same("http.content_type", |l| super::headers(l, "content-type")),
    same("http.cache_control", |l| super::headers(l, "cache-control")),
    same("http.location", |l| super::headers(l, "location")),
    same("http.date", |l| super::headers(l, "date")),
    same("json.key", keys),
    same("json.value.number", numbers),
    same("dns.qry.class", |l| {
        values(l, (Protocol::Dns, "question"), "class", hex4)
    }),
    same("dns.rr.udp_payload_size", |l| {
        values(l, (Protocol::Dns, "additional"), "UDP payload size", decimal)
    }),
];

fn keys(layers: &[&Layer]) -> Vec<String> {
    let json = layers.iter().filter(|layer| layer.protocol == Protocol::Json);
    let fields = json.flat_map(|layer| layer.fields());
    fields.filter(|field| field.name == "key").map(plain).collect()
}

/// The values of JSON that are no strings.
fn numbers(layers: &[&Layer]) -> Vec<String> {
    let json = layers.iter().filter(|layer| layer.protocol == Protocol::Json);
    let fields = json.flat_map(|layer| layer.fields());
    let fields = fields.filter(|field| !super::FURNITURE.contains(&field.name.as_ref()));
    let numbers = fields.filter(|field| !field.notes.iter().any(|note| note.text.key == "JSON_STRING"));
    numbers.map(plain).collect()
}
