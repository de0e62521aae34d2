//! What the two streams of a TCP connection carry, found out from their first bytes and from what TLS agreed on.

use super::known::Known;
use super::spaces::{Spaces, Stream};
use super::tcp::Tracked;
use super::tls::{self, Around, CLIENT};
use super::udp::DNS_PORT;
use super::{dns, http, native};
use crate::capture::Capture;
use crate::event::{Agreement, Flow, Protocol, Schedule};
use crate::texts;

/// Tells streams, with what is known around them.
#[derive(Debug)]
pub(super) struct Streams<'k> {
    around: Around<'k>,
    is_withheld: bool,
}

impl<'k> Streams<'k> {
    pub(super) fn new(known: Known<'k>, capture: &Capture) -> Self {
        Self {
            around: Around::new(known, capture),
            is_withheld: known.is_withheld,
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
        self.inside(&mut told, streams, spaces);
        told
    }

    fn inside(&mut self, told: &mut Flow, streams: [Stream; 2], spaces: &mut Spaces) {
        let [client, _] = &streams;
        if client.rest().first() == Some(&22) || u64::from(told.server.port) == HTTPS_PORT {
            self.over_tls(told, streams, spaces);
        } else if u64::from(told.server.port) == DNS_PORT {
            messages(streams, spaces);
        } else if http::begins_second(client.rest()) {
            http::second_version(streams, spaces);
        } else if http::begins_so(client.rest()) {
            http::exchange(streams, spaces);
        }
    }

    /// Tells a connection that speaks TLS, or should.
    pub(super) fn over_tls(&mut self, told: &mut Flow, streams: [Stream; 2], spaces: &mut Spaces) {
        let mut inside = tls::connection(&self.around, streams, spaces);
        match inside.agreed.protocol.as_deref() {
            Some("nihao/1") => native::exchange(inside.data, spaces),
            Some("h2") => http::second_version(inside.data, spaces),
            Some("http/1.1") => http::exchange(inside.data, spaces),
            // Nothing was agreed on, or nothing that is known here: the first bytes decide, and what is no HTTP stays as it is.
            _ if http::begins_so(inside.data[CLIENT].rest()) => http::exchange(inside.data, spaces),
            _ => {}
        }
        if self.is_withheld {
            inside.agreement.iter_mut().for_each(Agreement::withhold);
            inside.schedule.iter_mut().for_each(Schedule::withhold);
        }
        told.tls = Some(inside.agreed);
        told.checks = inside.checks;
        told.agreement = inside.agreement;
        told.schedule = inside.schedule;
        self.around.remember(inside.tickets);
    }
}

/// Where HTTPS servers listen.
const HTTPS_PORT: u64 = 443;

/// Tells DNS messages over TCP.
pub(super) fn messages(streams: [Stream; 2], spaces: &mut Spaces) {
    streams.into_iter().for_each(|stream| messages_of(stream, spaces));
}

fn messages_of(mut stream: Stream, spaces: &mut Spaces) {
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
