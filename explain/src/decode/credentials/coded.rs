//! Huffman-coded strings in headers of HTTP/2: what they say is nowhere in the bytes, and letters begin in the middle of them.

use std::ops::Range;

use super::places::header_secrets;
use crate::decode::http;
use crate::event::{Account, Layer, Protocol, Space, Span};

/// One such string.
pub(super) struct Coded {
    pub(super) span: Span,
    /// What it says; nothing where the code is broken.
    pub(super) said: Option<Vec<u8>>,
    /// What of it lets somebody in, by the name it stands with.
    pub(super) secrets: Vec<Range<usize>>,
}

/// Every Huffman-coded string of an account.
pub(super) fn strings(account: &Account) -> Vec<Coded> {
    let mut all = Vec::new();
    for (index, derived) in account.derived.iter().enumerate() {
        let layers = derived.layer.layers().into_iter().filter(|layer| is_header(layer));
        for layer in layers {
            let coded = |length, name| coded(layer, [length, name], &derived.bytes, Space::Derived(index));
            all.extend(coded("name length", "name"));
            all.extend(coded("value length", "value").map(|mut value| {
                let name = name(layer, &derived.bytes);
                value.secrets = header_secrets(&name, value.said.as_deref().unwrap_or_default());
                value
            }));
        }
    }
    all
}

/// Whether a layer is a header of HTTP/2.
pub(super) fn is_header(layer: &Layer) -> bool {
    layer.protocol == Protocol::Http && matches!(layer.name.as_ref(), "header field" | "pseudo-header field")
}

/// Whether a string of a header is Huffman-coded.
pub(super) fn is_coded(layer: &Layer, length: &str) -> bool {
    layer.field(length).and_then(|length| length.bits("H")) == Some(1)
}

/// A header's name in small letters: its own, or that of the table's entry.
pub(super) fn name(layer: &Layer, bytes: &[u8]) -> String {
    let own = layer.field("name").and_then(|name| {
        let own = bytes.get(name.range.clone())?;
        let coded = is_coded(layer, "name length");
        if coded { http::huffman(own) } else { Some(own.to_vec()) }
    });
    let name = own.map(|own| String::from_utf8_lossy(&own).into_owned());
    let entry = || layer.field("representation")?.meaning("index").map(String::from);
    name.or_else(entry).unwrap_or_default().to_ascii_lowercase()
}

fn coded(layer: &Layer, [length, name]: [&str; 2], bytes: &[u8], space: Space) -> Option<Coded> {
    let field = layer.field(name).filter(|_| is_coded(layer, length))?;
    let range = field.range.clone();
    Some(Coded {
        said: http::huffman(bytes.get(range.clone())?),
        span: Span { space, range },
        secrets: Vec::new(),
    })
}
