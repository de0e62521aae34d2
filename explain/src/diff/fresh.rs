//! Fields that are another in each run, however alike the runs are: told by what a field is, never by what stands in it.

use super::run::Part;

/// Why a field differs that says nothing by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fresh {
    /// Drawn at random: nonces, salts, GREASE.
    Random,
    /// A key made for one connection.
    Key,
    /// What keys make of other bytes: ciphertext, tags, signatures, tickets.
    Sealed,
    /// Where a stream's numbers stand.
    Sequence,
    /// A moment.
    Time,
    /// What tells one thing from others of its kind: ids, ports of clients, tokens.
    Id,
    /// A length or a sum of other bytes, which are compared themselves.
    Follows,
}

/// Ports from here on are drawn by the system of who connects: Linux begins there, RFC 6335 §6 later.
const DRAWN_PORTS: u64 = 32_768;

/// Header fields that are of one request: when it was made, what it is called, who asks.
const TIMES: [&str; 4] = ["date", "age", "expires", "last-modified"];
const IDS: [&str; 7] = [
    "authorization",
    "cookie",
    "set-cookie",
    "etag",
    "idempotency-key",
    "x-request-id",
    "traceparent",
];

/// What kind of fresh a field of a layer is; nothing for one whose value says something.
pub(super) fn kind(layer: &Part, field: &Part) -> Option<Fresh> {
    let name = field.field.as_deref()?;
    // A certificate is the same in each run with the same server: what it says is compared, lengths and signature aside.
    let protocol = layer.layer.as_deref().unwrap_or_default();
    match (protocol, name) {
        _ if field.is_piece() => Some(Fresh::Sealed),
        (_, "checksum" | "header checksum" | "tag and length") => Some(Fresh::Follows),
        (_, name) if name.ends_with("length") => Some(Fresh::Follows),
        // How much room is left follows from how much came; that none is left says something.
        ("TCP", "window") if field.value != "0" => Some(Fresh::Follows),
        ("TLS", "random" | "legacy_session_id" | "legacy_session_id_echo" | "ticket_nonce") => Some(Fresh::Random),
        ("TLS", _) if field.value.starts_with("GREASE ") => Some(Fresh::Random),
        ("TLS", name) if name.starts_with("key_exchange") => Some(Fresh::Key),
        ("TLS", "encrypted record" | "authentication tag" | "signature" | "verify_data" | "binder") => {
            Some(Fresh::Sealed)
        }
        ("TLS", "ticket" | "identity") | ("X.509", "signatureValue") => Some(Fresh::Sealed),
        ("TLS", "ticket_age_add" | "obfuscated_ticket_age") => Some(Fresh::Random),
        ("TCP", "sequence number" | "acknowledgment number" | "left edge" | "right edge") => Some(Fresh::Sequence),
        ("TCP", "timestamp value" | "timestamp echo reply") => Some(Fresh::Time),
        ("TCP" | "UDP", "source port" | "destination port") => (field.number >= Some(DRAWN_PORTS)).then_some(Fresh::Id),
        ("DNS", "id") => Some(Fresh::Random),
        ("IPv4", "identification") => Some(Fresh::Random),
        ("HTTP", "value") => header(layer),
        ("JSON" | "nihao", "id" | "seq" | "token" | "secret") => Some(Fresh::Id),
        ("JSON" | "nihao", "at" | "expires" | "joined") => Some(Fresh::Time),
        ("nihao", "salt" | "chain" | "seen") => Some(Fresh::Random),
        _ => None,
    }
}

fn header(layer: &Part) -> Option<Fresh> {
    let name = match layer.find("name") {
        Some(name) => name.value.trim_matches('"').to_ascii_lowercase(),
        // HPACK names many by a number alone.
        None => layer.what.split_once(": ")?.0.to_owned(),
    };
    if name == "content-length" {
        Some(Fresh::Follows)
    } else if TIMES.contains(&name.as_str()) {
        Some(Fresh::Time)
    } else {
        IDS.contains(&name.as_str()).then_some(Fresh::Id)
    }
}

/// The same of a place in some words that tell what no byte says: how long it took, which port it had.
pub(super) fn kind_said(key: &str, place: usize) -> Option<Fresh> {
    match (key, place) {
        ("STEP_FOUND", 2) | ("STEP_CONNECTED", 0) | ("STEP_CONNECTED_FROM", 1) => Some(Fresh::Time),
        // What is lost on the way is chance, and when it is sent again.
        ("STEP_MEASURED", 0 | 1 | 3) => Some(Fresh::Time),
        ("STEP_CONNECTED_FROM", 0) => Some(Fresh::Id),
        ("STEP_MEASURED", 4) => Some(Fresh::Follows), // the window grows with what was sent, and when
        _ => None,
    }
}

impl Fresh {
    /// All kinds, in the order they are told in.
    pub const ALL: [Self; 7] = [
        Self::Random,
        Self::Key,
        Self::Sealed,
        Self::Sequence,
        Self::Time,
        Self::Id,
        Self::Follows,
    ];

    /// What programs call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Random => "random",
            Self::Key => "keys",
            Self::Sealed => "sealed",
            Self::Sequence => "sequence",
            Self::Time => "times",
            Self::Id => "ids",
            Self::Follows => "follows",
        }
    }
}
