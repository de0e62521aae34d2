//! From frames and a key log to an [`Account`]: decoded from the bytes on the wire, never from own knowledge.
//!
//! [`decode`] is all there is to call. It reads each frame from the link upwards, follows TCP connections, puts streams together,
//! cuts them into TLS records, opens those that the key log has secrets for, and reads what is inside. It is total: any bytes
//! give an account whose leaves partition every frame; what cannot be right is told to be invalid, with its place; nothing is guessed.
//!
//! ```
//! use nihao_explain::capture::{Capture, Frame, Way};
//! use nihao_explain::event::Protocol;
//!
//! let asks: [u8; 42] = [
//!     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 0x0a, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1, //
//!     2, 0, 0, 0, 0, 0x0a, 10, 0, 1, 10, 0, 0, 0, 0, 0, 0, 10, 0, 1, 1,
//! ];
//! let frame = Frame { at: 0, interface: 0, way: Way::Out, bytes: asks.to_vec(), lost: false };
//! let capture = Capture { interfaces: vec!["A".into()], frames: vec![frame] };
//! let account = nihao_explain::decode::decode(&capture, "");
//! let frame = &account.frames[0].layer;
//! assert!(frame.is_partition());
//! assert_eq!(frame.find(Protocol::Arp, "message").unwrap().what, "who has 10.0.1.1? tell 10.0.1.10");
//! ```
//!
//! One file for each protocol, one job each, in the order of layers: `ethernet`, `arp`, `ipv4`, `ipv6`, `icmp`, `udp`, `tcp`, `dns`,
//! `tls`, `x509`, `http`, `json`, `native`. Below them `fields` (a cursor that names what it passes) and `spaces` (the byte spaces, and
//! streams that are made of pieces of them).

mod arp;
mod chain;
mod checksum;
mod credentials;
mod dns;
mod ethernet;
mod fields;
mod http;
mod icmp;
mod ipv4;
mod ipv6;
mod json;
mod known;
mod native;
mod sockets;
mod spaces;
mod streams;
mod tcp;
#[cfg(test)]
mod tests;
mod tls;
mod udp;
mod wire;
mod x509;

pub use credentials::Credentials;
pub use known::{Known, SHARED_SECRET, Trusted};
pub use sockets::sockets;

use std::sync::Arc;

use crate::capture::Capture;
use crate::event::{Account, FrameAccount, Protocol, Space};
use fields::layer;
use spaces::Spaces;
use tcp::Flows;
use wire::{Fragments, Wire};

/// Tells a whole capture. What is known may be the text of an SSLKEYLOGFILE alone: then the checks that need more stay open.
/// A line of [`SHARED_SECRET`], which a [`KeyLog`](nihao_protocol::tls::KeyLog) of one's own can write, tells what the key agreement came
/// to: then the whole key schedule has values.
///
/// A connection is known by its interface, addresses and ports: a capture should be of one viewpoint, where a packet is not seen
/// on one interface twice.
#[must_use]
pub fn decode<'a>(capture: &Capture, known: impl Into<Known<'a>>) -> Account {
    let known = known.into();
    let (mut spaces, mut flows, mut fragments) = (Spaces::default(), Flows::default(), Fragments::default());
    let mut flow_of = Vec::with_capacity(capture.frames.len());
    for (index, frame) in capture.frames.iter().enumerate() {
        let bytes: Arc<[u8]> = Arc::from(frame.bytes.as_slice());
        let mut wire = Wire {
            space: Space::Frame(index),
            frame: index,
            at: frame.at,
            interface: frame.interface,
            flows: &mut flows,
            fragments: &mut fragments,
            flow: None,
            whole: None,
        };
        let (told, _) = layer(&bytes, 0..bytes.len(), (Protocol::Ethernet, "frame"), |fields| {
            ethernet::frame(fields, &mut wire)
        });
        spaces.frames.push((bytes, told));
        whole_datagram(&mut wire, &mut spaces);
        flow_of.push(wire.flow);
    }
    let mut streams = streams::Streams::new(known, capture);
    let flows = flows
        .all
        .into_iter()
        .map(|flow| streams.tell(flow, &mut spaces))
        .collect();
    account(capture, spaces, flow_of, flows)
}

/// Tells a datagram whose fragments came together.
fn whole_datagram(wire: &mut Wire<'_>, spaces: &mut Spaces) {
    if let Some((datagram, from)) = wire.whole.take() {
        wire.space = Space::Derived(spaces.derived.len());
        spaces.join(from, wire.frame, (Protocol::Ipv4, "payload of fragments"), |fields| {
            wire.datagram(fields, datagram)
        });
    }
}

fn account(capture: &Capture, spaces: Spaces, flow_of: Vec<Option<usize>>, flows: Vec<crate::event::Flow>) -> Account {
    let seen = capture.frames.iter().zip(spaces.frames).zip(flow_of);
    let mut frames: Vec<_> = seen
        .map(|((frame, (_, layer)), flow)| FrameAccount {
            at: frame.at,
            interface: frame.interface,
            way: frame.way,
            lost: frame.lost,
            layer,
            completes: Vec::new(),
            flow,
        })
        .collect();
    let derived: Vec<_> = spaces.derived.into_iter().map(|(_, derived)| derived).collect();
    for (index, derived) in derived.iter().enumerate() {
        if let Some(frame) = frames.get_mut(derived.frame) {
            frame.completes.push(index);
        }
    }
    Account {
        interfaces: capture.interfaces.clone(),
        frames,
        derived,
        flows,
    }
}
