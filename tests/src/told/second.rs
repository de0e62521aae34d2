//! HTTP/2: frames, and headers out of their compression.

use nihao_explain::event::{Layer, Protocol};

use super::{Same, bits, decimal, same, values};

const FRAME: (Protocol, &str) = (Protocol::Http, "frame");

/// HTTP/2, frame by frame and header by header.
pub const SECOND: [Same; 11] = [
    same("http2.type", |l| values(l, FRAME, "type", decimal)),
    same("http2.length", |l| values(l, FRAME, "length", decimal)),
    same("http2.streamid", |l| bits(l, FRAME, "stream identifier")),
    same("http2.flags.end_stream", |l| bits(l, FRAME, "END_STREAM")),
    same("http2.settings.id", |l| {
        values(l, (Protocol::Http, "setting"), "identifier", decimal)
    }),
    same("http2.window_update.window_size_increment", |l| {
        bits(l, FRAME, "increment")
    }),
    same("http2.header.name", |l| headers(l, |(name, _)| name.into())),
    same("http2.header.value", |l| headers(l, |(_, value)| value.into())),
    same("http2.header.index", indices),
    same("http2.header.name.length", |l| {
        headers(l, |(name, _)| name.len().to_string())
    }),
    same("http2.header.value.length", |l| {
        headers(l, |(_, value)| value.len().to_string())
    }),
];

fn lines<'a>(layers: &[&'a Layer]) -> impl Iterator<Item = &'a Layer> {
    let http = layers.iter().copied().filter(|layer| layer.protocol == Protocol::Http);
    http.filter(|layer| layer.name == "header field" || layer.name == "pseudo-header field")
}

fn headers(layers: &[&Layer], of: fn((&str, &str)) -> String) -> Vec<String> {
    let pairs = lines(layers).filter_map(|line| line.what.split_once(": "));
    pairs.map(of).collect()
}

/// Of those that name an entry of the table.
fn indices(layers: &[&Layer]) -> Vec<String> {
    let indices = lines(layers).filter_map(|line| line.field("representation")?.bits("index"));
    indices
        .filter(|index| *index > 0)
        .map(|index| index.to_string())
        .collect()
}
