//! What the decoders of one frame share: where they are, the connections so far, fragments that wait for each other.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::ops::Range;

use super::fields::{Fields, Stop};
use super::tcp::Flows;
use super::{icmp, tcp, udp};
use crate::event::{Protocol, Space, Span};
use crate::texts;

/// What a network packet carries, and between whom.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Datagram {
    pub(super) source: IpAddr,
    pub(super) destination: IpAddr,
    pub(super) protocol: u8,
}

/// Where a decoder is, and what it may remember.
#[derive(Debug)]
pub(super) struct Wire<'w> {
    /// Whose bytes are read.
    pub(super) space: Space,
    /// The index of the frame that brought them.
    pub(super) frame: usize,
    /// When it was seen, in µs.
    pub(super) at: u64,
    /// The interface it was seen on.
    pub(super) interface: usize,
    pub(super) flows: &'w mut Flows,
    pub(super) fragments: &'w mut Fragments,
    /// The connection that was found in it.
    pub(super) flow: Option<usize>,
    /// A datagram whose fragments are all there now, with where they stand.
    pub(super) whole: Option<(Datagram, Vec<Span>)>,
}

/// Fragments that wait: by interface, packet and identification; each at its offset.
#[derive(Debug, Default)]
pub(super) struct Fragments(BTreeMap<(usize, Datagram, u64), Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    pieces: BTreeMap<usize, Span>,
    /// The whole length, once the last one is there.
    length: Option<usize>,
}

impl Wire<'_> {
    /// Reads what a packet carries.
    pub(super) fn datagram(&mut self, fields: &mut Fields<'_>, datagram: Datagram) -> Result<(), Stop> {
        let length = fields.left();
        match datagram.protocol {
            1 => {
                fields.layer((Protocol::Icmp, "message"), length, icmp::message);
            }
            6 => {
                fields.layer((Protocol::Tcp, "segment"), length, |segment| {
                    tcp::segment(segment, &datagram, self)
                });
            }
            17 => {
                fields.layer((Protocol::Udp, "datagram"), length, |inner| {
                    udp::datagram(inner, &datagram)
                });
            }
            _ => {
                fields.opaque("payload");
                fields.explain(&texts::UNKNOWN_KIND);
            }
        }
        Ok(())
    }

    /// Keeps a fragment until all of its packet are there.
    pub(super) fn fragment(
        &mut self,
        (datagram, identification): (Datagram, u64),
        (offset, more): (usize, bool),
        range: Range<usize>,
    ) {
        let key = (self.interface, datagram.clone(), identification);
        let waiting = self.fragments.0.entry(key.clone()).or_default();
        if !more {
            waiting.length = Some(offset.saturating_add(range.len()));
        }
        let space = self.space;
        waiting.pieces.entry(offset).or_insert(Span { space, range });
        if let Some(spans) = waiting.whole() {
            self.fragments.0.remove(&key);
            self.whole = Some((datagram, spans));
        }
    }
}

impl Waiting {
    /// All pieces in order, if they fit each other without gap or overlap.
    fn whole(&self) -> Option<Vec<Span>> {
        let mut at = 0_usize;
        for (offset, span) in &self.pieces {
            if *offset != at {
                return None;
            }
            at = at.saturating_add(span.range.len());
        }
        (Some(at) == self.length).then(|| self.pieces.values().cloned().collect())
    }
}
