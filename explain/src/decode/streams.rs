//! What the two streams of a TCP connection carry, found out from their first bytes and from what TLS agreed on.

use super::spaces::{Spaces, Stream};
use super::tcp::Tracked;
use super::tls::{self, CLIENT, KeyLog};
use super::udp::DNS_PORT;
use super::{dns, http, native};
use crate::event::{Flow, Protocol};
use crate::texts;

/// Tells streams, with the secrets there are.
#[derive(Debug)]
pub(super) struct Streams {
    log: KeyLog,
}

impl Streams {
    pub(super) fn new(key_log: &str) -> Self {
        Self {
            log: KeyLog::parse(key_log),
        }
    }

    /// Tells what a connection carried.
    pub(super) fn tell(&self, mut flow: Tracked, spaces: &mut Spaces) -> Flow {
        let mut told = flow.flow();
        for side in &mut flow.sides {
            for (span, note) in side.again.drain(..) {
                spaces.mark(&span, "data seen before", note);
            }
        }
        let streams = flow.sides.map(|side| side.stream);
        let [client, _] = &streams;
        if client.rest().first() == Some(&22) || u64::from(told.server.port) == HTTPS_PORT {
            let inside = tls::connection(&self.log, streams, spaces);
            match inside.agreed.protocol.as_deref() {
                Some("nihao/1") => native::exchange(inside.data, spaces),
                Some("h2") => http::second_version(inside.data, spaces),
                Some("http/1.1") => http::exchange(inside.data, spaces),
                // Nothing was agreed on, or nothing that is known here: the first bytes decide, and what is no HTTP stays as it is.
                _ if http::begins_so(inside.data[CLIENT].rest()) => http::exchange(inside.data, spaces),
                _ => {}
            }
            told.tls = Some(inside.agreed);
            told.schedule = inside.schedule;
        } else if u64::from(told.server.port) == DNS_PORT {
            streams.into_iter().for_each(|stream| messages(stream, spaces));
        } else if http::begins_so(client.rest()) {
            http::exchange(streams, spaces);
        }
        told
    }
}

/// Where HTTPS servers listen.
const HTTPS_PORT: u64 = 443;

/// Tells DNS messages over TCP.
fn messages(mut stream: Stream, spaces: &mut Spaces) {
    while let [high, low, ..] = stream.rest() {
        let length = usize::from(u16::from_be_bytes([*high, *low])).saturating_add(2);
        if stream.rest().len() < length {
            break;
        }
        let range = stream.take(length);
        spaces.unit(
            &stream,
            range,
            (Protocol::Dns, "message over TCP", "part of a message"),
            dns::framed,
        );
    }
    spaces.leave(&mut stream, "beginning of a message", &texts::UNFINISHED);
}
