//! What the two streams of a TCP connection carry, found out from their first bytes and from what TLS agreed on.

use super::known::Known;
use super::spaces::{Spaces, Stream};
use super::tcp::Tracked;
use super::tls::{self, Around, CLIENT};
use super::udp::DNS_PORT;
use super::{dns, http, native};
use crate::capture::Capture;
use crate::event::{Flow, Protocol};
use crate::texts;

/// Tells streams, with what is known around them.
#[derive(Debug)]
pub(super) struct Streams<'k> {
    around: Around<'k>,
}

impl<'k> Streams<'k> {
    pub(super) fn new(known: Known<'k>, capture: &Capture) -> Self {
        Self {
            around: Around::new(known, capture),
        }
    }

    /// Tells what a connection carried; what it leaves for later ones is remembered.
    pub(super) fn tell(&mut self, mut flow: Tracked, spaces: &mut Spaces) -> Flow {
        let mut told = flow.flow();
        for side in &mut flow.sides {
            for (span, note) in side.again.drain(..) {
                spaces.mark(&span, "data seen before", note);
            }
        }
        let streams = flow.sides.map(|side| side.stream);
        let [client, _] = &streams;
        if client.rest().first() == Some(&22) || u64::from(told.server.port) == HTTPS_PORT {
            let inside = tls::connection(&self.around, streams, spaces);
            match inside.agreed.protocol.as_deref() {
                Some("nihao/1") => native::exchange(inside.data, spaces),
                Some("h2") => http::second_version(inside.data, spaces),
                Some("http/1.1") => http::exchange(inside.data, spaces),
                // Nothing was agreed on, or nothing that is known here: the first bytes decide, and what is no HTTP stays as it is.
                _ if http::begins_so(inside.data[CLIENT].rest()) => http::exchange(inside.data, spaces),
                _ => {}
            }
            told.tls = Some(inside.agreed);
            told.checks = inside.checks;
            told.agreement = inside.agreement;
            told.schedule = inside.schedule;
            self.around.remember(inside.tickets);
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
