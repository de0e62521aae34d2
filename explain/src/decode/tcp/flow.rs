//! The table of TCP connections: numbers, states, and what a segment means in its connection.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::flag;
use super::side::{Copies, Fit, Side};
use crate::event::{Endpoint, Flow, FlowEnd, Note, Span};
use crate::texts::{self, Text};

/// A segment, as its header says.
#[derive(Debug)]
pub(super) struct Segment<'a> {
    pub(super) from: SocketAddr,
    pub(super) to: SocketAddr,
    pub(super) sequence: u32,
    pub(super) acknowledgment: u32,
    pub(super) flags: u16,
    pub(super) window: u16,
    pub(super) scale: Option<u8>,
    pub(super) payload: &'a [u8],
    pub(super) span: Span,
    pub(super) frame: usize,
    /// When it was seen, in µs.
    pub(super) at: u64,
}

/// What a segment means in its connection.
#[derive(Debug, Default)]
pub(super) struct Verdict {
    pub(super) flags: u16,
    pub(super) relative: Option<u32>,
    pub(super) acknowledged: Option<u32>,
    /// The window in bytes.
    pub(super) window: u64,
    pub(super) what: String,
    pub(super) notes: Vec<Note>,
}

/// All connections, by interface and the two places.
#[derive(Debug, Default)]
pub(crate) struct Flows {
    pub(crate) all: Vec<Tracked>,
    open: BTreeMap<(usize, [SocketAddr; 2]), usize>,
}

/// One connection.
#[derive(Debug)]
pub(crate) struct Tracked {
    interface: usize,
    first: usize,
    places: [SocketAddr; 2],
    /// The client's and the server's.
    pub(crate) sides: [Side; 2],
    is_established: bool,
    end: FlowEnd,
}

impl Flows {
    /// Takes a segment; which connection it belongs to, and what it means there.
    pub(super) fn observe(&mut self, interface: usize, segment: &Segment<'_>) -> (usize, Verdict) {
        let mut places = [segment.from, segment.to];
        places.sort_unstable();
        let key = (interface, places);
        let known = self.open.get(&key).copied().filter(|index| {
            let begins_anew = |flow: &Tracked| flow.is_begun_anew_by(segment);
            !self.all.get(*index).is_some_and(begins_anew)
        });
        let index = known.unwrap_or_else(|| {
            self.all.push(Tracked::new(interface, segment));
            let index = self.all.len().saturating_sub(1);
            self.open.insert(key, index);
            index
        });
        let verdict = self.all.get_mut(index).map(|flow| flow.observe(segment));
        (index, verdict.unwrap_or_default())
    }
}

impl Tracked {
    fn new(interface: usize, segment: &Segment<'_>) -> Self {
        let syn = segment.flags & (flag::SYN | flag::ACK);
        // Without a SYN the lower port is taken for the server's.
        let from_server =
            syn == flag::SYN | flag::ACK || (syn & flag::SYN == 0 && segment.from.port() < segment.to.port());
        let (client, server) = match from_server {
            true => (segment.to, segment.from),
            false => (segment.from, segment.to),
        };
        Self {
            interface,
            first: segment.frame,
            places: [client, server],
            sides: Default::default(),
            is_established: false,
            end: FlowEnd::Open,
        }
    }

    /// A SYN of other numbers begins another connection between the same places.
    fn is_begun_anew_by(&self, segment: &Segment<'_>) -> bool {
        let [client, server] = &self.sides;
        let is_first_syn = segment.flags & (flag::SYN | flag::ACK) == flag::SYN;
        let spoke = client.spoke || server.spoke;
        let old = if self.places.first() == Some(&segment.from) {
            client
        } else {
            server
        };
        is_first_syn && spoke && old.initial != Some(segment.sequence)
    }

    fn observe(&mut self, segment: &Segment<'_>) -> Verdict {
        let [client, server] = &mut self.sides;
        let from_client = self.places.first() == Some(&segment.from);
        let (own, peer) = if from_client {
            (client, server)
        } else {
            (server, client)
        };
        let has = |flag| segment.flags & flag != 0;
        let mut notes = Vec::new();
        let is_first = !has(flag::SYN) || own.begin(segment.sequence);
        own.scale = if has(flag::SYN) { segment.scale } else { own.scale };
        let start = segment.sequence.wrapping_add(u32::from(has(flag::SYN)));
        let is_probe = is_probe(own, segment);
        let data = (&segment.span, segment.payload, segment.frame);
        let fit = own.receive(start, data);
        let opens = &mut self.is_established;
        if has(flag::RST) {
            self.end = FlowEnd::Reset;
            let refused = !own.spoke && peer.initial.is_some() && !*opens;
            notes.push(if refused { &texts::TCP_REFUSED } else { &texts::TCP_RST });
        } else if has(flag::SYN) {
            syn(segment.flags, is_first, &mut notes);
        } else if is_probe {
            notes.push(&texts::TCP_KEEP_ALIVE);
        } else {
            if from_client && !*opens && own.initial.is_some() && peer.initial.is_some() {
                *opens = true;
                notes.push(&texts::TCP_THIRD);
            }
            carried(fit, own, &mut notes);
        }
        if has(flag::FIN) {
            self.end = finished(own, peer, (start, segment.payload.len()), self.end, &mut notes);
        }
        if has(flag::ACK) && !has(flag::RST) {
            acknowledged(own, peer, segment, &mut notes);
        }
        if has(flag::PSH) && fit == Fit::Next {
            notes.push(&texts::TCP_PUSH);
        }
        let pure = notes.is_empty() && segment.flags == flag::ACK;
        if pure {
            notes.push(&texts::TCP_PURE_ACK);
        }
        own.spoke = true;
        let takes = has(flag::SYN) || has(flag::FIN) || !segment.payload.is_empty();
        let copies = takes.then(|| own.copy(segment.sequence, segment.at));
        verdict(own, peer, segment, (notes, copies))
    }

    /// It as data.
    pub(crate) fn flow(&self) -> Flow {
        let [client, server] = [0, 1].map(|index: usize| {
            let unspecified = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);
            let place = self.places.get(index).copied().unwrap_or(unspecified);
            let side = self.sides.get(index);
            Endpoint {
                address: place.ip(),
                port: place.port(),
                initial: side.and_then(|side| side.initial),
                sent: side.map_or(0, |side| side.stream.len() as u64),
                retransmitted: side.map_or(0, |side| side.retransmitted),
            }
        });
        Flow {
            interface: self.interface,
            client,
            server,
            first: self.first,
            end: self.end,
            tls: None,
            checks: Vec::new(),
            agreement: None,
            schedule: None,
        }
    }
}

/// A note; of what is sent again with how long after the copies before: `#3: #2 + 2.000 s, #1 + 3.000 s`.
fn note(text: &'static Text, copies: Option<Copies>) -> Note {
    let again = copies.filter(|copies| copies.count > 1 && *text == texts::TCP_RETRANSMISSION);
    let Some(copies) = again else {
        return Note::plain(text);
    };
    let seconds = |from: u64| {
        let took = copies.last.saturating_sub(from);
        format!("{}.{:03} s", took / 1_000_000, took / 1000 % 1000)
    };
    let before = copies.count.saturating_sub(1);
    let since_first = match before {
        1 => String::new(),
        _ => format!(", #1 + {}", seconds(copies.first)),
    };
    let detail = format!("#{}: #{before} + {}{since_first}", copies.count, seconds(copies.before));
    Note::with(text, detail)
}

/// RFC 9293 §3.8.4: at most one byte, and it is the one before the next.
fn is_probe(own: &Side, segment: &Segment<'_>) -> bool {
    let is_plain = segment.flags & (flag::SYN | flag::FIN | flag::RST) == 0;
    let before_next = own.next().is_some_and(|next| segment.sequence == next.wrapping_sub(1));
    // Behind a FIN the next number is one further than the stream, so that only who has not sent one can probe.
    is_plain && before_next && segment.payload.len() <= 1 && own.initial != Some(segment.sequence) && own.fin.is_none()
}

fn syn(flags: u16, is_first: bool, notes: &mut Vec<&'static Text>) {
    if flags & flag::ACK == 0 {
        notes.push(&texts::TCP_SYN);
    } else {
        notes.extend([&texts::TCP_SYN_ACK, &texts::TCP_HANDSHAKE_NUMBERS]);
    }
    if !is_first {
        notes.extend([&texts::TCP_RETRANSMISSION, &texts::TCP_RETRANSMISSION_TIMER]);
    }
}

fn carried(fit: Fit, own: &mut Side, notes: &mut Vec<&'static Text>) {
    match fit {
        Fit::Nothing => {}
        Fit::Next => notes.push(&texts::TCP_DATA),
        Fit::Again => {
            own.retransmitted += 1;
            notes.extend([&texts::TCP_RETRANSMISSION, &texts::TCP_RETRANSMISSION_TIMER]);
        }
        Fit::Ahead => notes.push(&texts::TCP_OUT_OF_ORDER),
    }
}

fn finished(
    own: &mut Side,
    peer: &Side,
    (start, length): (u32, usize),
    end: FlowEnd,
    notes: &mut Vec<&'static Text>,
) -> FlowEnd {
    let length = u32::try_from(length).unwrap_or_default();
    let fin = start.wrapping_add(length);
    if own.fin == Some(fin) {
        notes.extend([&texts::TCP_RETRANSMISSION, &texts::TCP_RETRANSMISSION_TIMER]);
    }
    own.fin = Some(fin);
    notes.extend([&texts::TCP_FIN, &texts::TCP_CLOSE_ORDER]);
    match (end, peer.fin) {
        (FlowEnd::Reset, _) => FlowEnd::Reset,
        (_, Some(_)) => FlowEnd::Closed,
        (_, None) => FlowEnd::HalfClosed,
    }
}

fn acknowledged(own: &mut Side, peer: &Side, segment: &Segment<'_>, notes: &mut Vec<&'static Text>) {
    let said = (segment.acknowledgment, segment.window);
    let says_nothing_else = segment.payload.is_empty() && segment.flags & (flag::SYN | flag::FIN) == 0;
    let misses = peer.has_gap()
        || peer
            .next()
            .is_some_and(|next| next != segment.acknowledgment && peer.fin.is_none());
    let heard_fin = peer
        .fin
        .is_some_and(|fin| fin.wrapping_add(1) == segment.acknowledgment);
    if heard_fin && own.acknowledged.is_none_or(|(before, _)| before != said.0) {
        notes.push(&texts::TCP_FIN_ACKNOWLEDGED);
    } else if says_nothing_else && misses && own.acknowledged == Some(said) {
        notes.push(&texts::TCP_DUPLICATE_ACK);
    }
    own.acknowledged = Some(said);
}

fn verdict(
    own: &Side,
    peer: &Side,
    segment: &Segment<'_>,
    (notes, copies): (Vec<&'static Text>, Option<Copies>),
) -> Verdict {
    let has = |flag| segment.flags & flag != 0;
    let relative = own.initial.map(|initial| segment.sequence.wrapping_sub(initial));
    let from_peer = |initial| segment.acknowledgment.wrapping_sub(initial);
    let acknowledged = peer.initial.map(from_peer).filter(|_| has(flag::ACK));
    // RFC 7323 §2.2: the windows of SYNs are never scaled, and both sides must have announced a scale.
    let shift = match (own.scale, peer.scale) {
        (Some(scale), Some(_)) if !has(flag::SYN) => scale,
        _ => 0,
    };
    let names = [
        (flag::SYN, "SYN"),
        (flag::FIN, "FIN"),
        (flag::RST, "RST"),
        (flag::URG, "URG"),
        (flag::ACK, "ACK"),
    ];
    let names = names.iter().filter(|(flag, _)| has(*flag)).map(|(_, name)| *name);
    let mut what = names.collect::<Vec<_>>().join("+");
    let number = |relative: Option<u32>, raw: u32| relative.map_or_else(|| raw.to_string(), |n| n.to_string());
    what += &match (has(flag::SYN), segment.payload.is_empty()) {
        (true, _) => format!(" seq={}", segment.sequence),
        (false, _) => format!(" seq={}", number(relative, segment.sequence)),
    };
    if has(flag::ACK) {
        let raw = segment.acknowledgment;
        what += &match has(flag::SYN) {
            true => format!(" ack={raw}"),
            false => format!(" ack={}", number(acknowledged, raw)),
        };
    }
    if !segment.payload.is_empty() {
        what += &format!(" {} bytes", segment.payload.len());
    }
    Verdict {
        flags: segment.flags,
        relative,
        acknowledged,
        window: u64::from(segment.window) << shift,
        what,
        notes: notes.into_iter().map(|text| note(text, copies)).collect(),
    }
}
