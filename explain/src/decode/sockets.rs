//! What passed a program's sockets: no headers, for those are the kernel's; datagrams and streams as they are.

use std::sync::Arc;

use super::credentials::{self, Credentials};
use super::fields::layer;
use super::known::Known;
use super::spaces::{Spaces, Stream};
use super::streams::{self, Streams};
use super::{account, dns};
use crate::capture::{Purpose, Socket, Sockets, Way};
use crate::event::{Account, Endpoint, Flow, FlowEnd, Protocol, Space, Span};
use crate::texts;

/// Tells what passed a program's sockets. With `credentials` what lets somebody in is found and blanked, in every form that is known
/// of it, before anything is told of it: lengths stay. They learn what was found, for what is said elsewhere.
#[must_use]
pub fn sockets<'a>(seen: &Sockets, known: impl Into<Known<'a>>, credentials: Option<&mut Credentials>) -> Account {
    let known = known.into();
    let mut spaces = Spaces::default();
    if let Some(credentials) = credentials {
        let frank = tell(seen, &known, Spaces::default());
        spaces.blanks = credentials::blanks(&frank, credentials);
    }
    tell(seen, &known, spaces)
}

fn tell(seen: &Sockets, known: &Known<'_>, mut spaces: Spaces) -> Account {
    let mut flow_of = Vec::with_capacity(seen.capture.frames.len());
    let mut watched: Vec<Watched<'_>> = Vec::new();
    for (index, frame) in seen.capture.frames.iter().enumerate() {
        let bytes: Arc<[u8]> = Arc::from(frame.bytes.as_slice());
        let socket = seen.sockets.get(frame.interface);
        let whole = 0..bytes.len();
        let is_stream = socket.is_none_or(|socket| socket.purpose != Purpose::Datagrams);
        let (told, _) = if is_stream {
            layer(&bytes, whole.clone(), (Protocol::Tcp, "bytes"), |fields| {
                fields.why(&texts::LIVE_BYTES);
                fields.what(format!("{} bytes", fields.left()));
                fields.opaque("data");
                Ok(())
            })
        } else {
            layer(&bytes, whole.clone(), (Protocol::Udp, "payload"), |fields| {
                fields.why(&texts::LIVE_DATAGRAM);
                fields.layer((Protocol::Dns, "message"), fields.left(), dns::message);
                Ok(())
            })
        };
        spaces.frames.push((bytes.clone(), told));
        let span = Span {
            space: Space::Frame(index),
            range: whole,
        };
        let flow = socket.filter(|_| is_stream).map(|socket| {
            let known = watched.iter().position(|one| one.interface == frame.interface);
            known.unwrap_or_else(|| {
                watched.push(Watched::new(frame.interface, index, socket));
                watched.len().saturating_sub(1)
            })
        });
        if let Some(one) = flow.and_then(|flow| watched.get_mut(flow)) {
            let [ours, theirs] = &mut one.streams;
            let stream = if frame.way == Way::Out { ours } else { theirs };
            stream.push(span, &bytes, index);
        }
        flow_of.push(flow);
    }
    let mut streams = Streams::new(*known, &seen.capture);
    let flows = watched
        .into_iter()
        .map(|one| one.tell(&mut streams, &mut spaces))
        .collect();
    account(&seen.capture, spaces, flow_of, flows)
}

/// A socket with the two streams over it: ours, and theirs.
struct Watched<'a> {
    interface: usize,
    first: usize,
    socket: &'a Socket,
    streams: [Stream; 2],
}

impl<'a> Watched<'a> {
    fn new(interface: usize, first: usize, socket: &'a Socket) -> Self {
        Self {
            interface,
            first,
            socket,
            streams: Default::default(),
        }
    }

    fn tell(self, over: &mut Streams<'_>, spaces: &mut Spaces) -> Flow {
        let [ours, theirs] = &self.streams;
        let end = |address: Option<std::net::SocketAddr>, stream: &Stream| Endpoint {
            address: address.map_or_else(|| std::net::Ipv4Addr::UNSPECIFIED.into(), |address| address.ip()),
            port: address.map_or(0, |address| address.port()),
            initial: None,
            sent: stream.len() as u64,
            retransmitted: 0,
        };
        let mut flow = Flow {
            interface: self.interface,
            client: end(self.socket.local, ours),
            server: end(Some(self.socket.remote), theirs),
            first: self.first,
            end: match self.socket {
                Socket { reset: true, .. } => FlowEnd::Reset,
                Socket { ended: true, .. } => FlowEnd::Closed,
                _ => FlowEnd::Open,
            },
            tls: None,
            schedule: None,
            checks: Vec::new(),
            agreement: None,
        };
        match self.socket.purpose {
            Purpose::Stream => over.over_tls(&mut flow, self.streams, spaces),
            Purpose::Messages | Purpose::Datagrams => streams::messages(self.streams, spaces),
        }
        flow
    }
}
