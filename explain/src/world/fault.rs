//! Faults on a wire: what is lost, doubled, late or changed, on demand or by chance.

use std::fmt;

use nihao_protocol::crypto::Random as _;
use nihao_protocol::crypto::random::Seeded;
use smoltcp::wire::{EthernetFrame, EthernetProtocol, IpProtocol, Ipv4Packet, TcpPacket};

/// Something that goes wrong on a wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The first segment of this kind is lost; of two such faults the second takes the next one.
    Lose(Segment),
    /// The `n`th frame on the wire is lost, counted from 1 in both directions together.
    LoseFrame(u64),
    /// The `n`th frame arrives twice.
    DuplicateFrame(u64),
    /// The `n`th frame arrives so many µs late, behind those that follow.
    DelayFrame(u64, u64),
    /// A bit of the `n`th byte of TCP payload, counted from 0 over the whole run, is turned.
    FlipPayload(u64),
    /// This share of all frames is lost, in percent.
    Loss(u8),
    /// Nothing passes any more after the `n`th frame.
    CutAfter(u64),
    /// The `n`th frame with TCP payload arrives as a reset of its connection, as a censor or a broken box on the way makes it.
    ResetAt(u64),
}

/// The segments of the three-way handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Segment {
    /// The first.
    Syn,
    /// The second.
    SynAck,
    /// The third.
    Ack,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lose(Segment::Syn) => f.write_str("lose syn"),
            Self::Lose(Segment::SynAck) => f.write_str("lose syn-ack"),
            Self::Lose(Segment::Ack) => f.write_str("lose ack"),
            Self::LoseFrame(n) => write!(f, "lose={n}"),
            Self::DuplicateFrame(n) => write!(f, "duplicate={n}"),
            Self::DelayFrame(n, _) => write!(f, "late={n}"),
            Self::FlipPayload(n) => write!(f, "flip={n}"),
            Self::Loss(percent) => write!(f, "loss {percent}"),
            Self::CutAfter(n) => write!(f, "cut={n}"),
            Self::ResetAt(n) => write!(f, "reset={n}"),
        }
    }
}

/// What becomes of one frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    Arrives,
    Lost,
    Twice,
    /// So many µs late.
    Late(u64),
    /// It arrives with these bytes.
    Changed(Vec<u8>),
}

/// Decides on every frame of one wire.
#[derive(Debug)]
pub(super) struct Judge {
    faults: Vec<Asked>,
    random: Seeded,
    /// Frames so far.
    frames: u64,
    /// Bytes of TCP payload so far.
    payload: u64,
    /// Frames with TCP payload so far.
    data_frames: u64,
    /// A SYN-ACK has passed, so that the next ACK is the handshake's.
    answered: bool,
}

/// A fault, and whether anything came of it.
#[derive(Debug)]
struct Asked {
    fault: Fault,
    happened: bool,
}

impl Judge {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            faults: Vec::new(),
            random: Seeded::new(seed, "wire"),
            frames: 0,
            payload: 0,
            data_frames: 0,
            answered: false,
        }
    }

    pub(super) fn add(&mut self, fault: Fault) {
        let happened = false;
        self.faults.push(Asked { fault, happened });
    }

    /// The faults that never happened. What is left to chance may well never happen, and is none of them.
    pub(super) fn idle(&self) -> impl Iterator<Item = Fault> {
        let idle = self.faults.iter().filter(|asked| !asked.happened);
        idle.map(|asked| asked.fault)
            .filter(|fault| !matches!(fault, Fault::Loss(_)))
    }

    pub(super) fn judge(&mut self, bytes: &[u8]) -> Fate {
        self.frames += 1;
        let seen = Segmented::read(bytes);
        let segment = seen.as_ref().and_then(|seen| self.recognise(seen));
        let payload = self.payload..self.payload + seen.as_ref().map_or(0, |seen| seen.payload.len() as u64);
        self.payload = payload.end;
        self.data_frames += u64::from(!payload.is_empty());
        let mut fate = Fate::Arrives;
        for Asked { fault, happened } in &mut self.faults {
            let verdict = match (*fault, &seen) {
                // Who asks twice loses the next one of the kind, too.
                (Fault::Lose(_), _) if *happened || fate != Fate::Arrives => Fate::Arrives,
                (Fault::Lose(which), _) if segment == Some(which) => Fate::Lost,
                (Fault::LoseFrame(n), _) if n == self.frames => Fate::Lost,
                (Fault::DuplicateFrame(n), _) if n == self.frames => Fate::Twice,
                (Fault::DelayFrame(n, by), _) if n == self.frames => Fate::Late(by),
                (Fault::FlipPayload(n), Some(seen)) if payload.contains(&n) => {
                    seen.flipped(bytes, (n - payload.start) as usize)
                }
                (Fault::Loss(percent), _) if percentile(&mut self.random) < percent => Fate::Lost,
                (Fault::CutAfter(n), _) if self.frames > n => Fate::Lost,
                (Fault::ResetAt(n), Some(seen)) if n == self.data_frames && !payload.is_empty() => seen.reset(bytes),
                _ => Fate::Arrives,
            };
            *happened |= verdict != Fate::Arrives;
            if fate == Fate::Arrives {
                fate = verdict;
            }
        }
        fate
    }

    fn recognise(&mut self, seen: &Segmented) -> Option<Segment> {
        match (seen.syn, seen.ack) {
            (true, false) => Some(Segment::Syn),
            (true, true) => {
                self.answered = true;
                Some(Segment::SynAck)
            }
            (false, true) if self.answered => {
                self.answered = false;
                Some(Segment::Ack)
            }
            _ => None,
        }
    }
}

/// A number from 0 to 99.
fn percentile(random: &mut Seeded) -> u8 {
    let mut byte = [0];
    loop {
        // A seeded stream never fails.
        let _ = random.fill(&mut byte);
        if byte[0] < 200 {
            return byte[0] % 100;
        }
    }
}

/// A TCP segment in its frame.
#[derive(Debug)]
struct Segmented {
    syn: bool,
    ack: bool,
    /// Where its payload stands in the frame.
    payload: std::ops::Range<usize>,
    /// Where its TCP header begins.
    tcp: usize,
}

impl Segmented {
    fn read(bytes: &[u8]) -> Option<Self> {
        let frame = EthernetFrame::new_checked(bytes).ok()?;
        if frame.ethertype() != EthernetProtocol::Ipv4 {
            return None;
        }
        let ip = Ipv4Packet::new_checked(frame.payload()).ok()?;
        if ip.next_header() != IpProtocol::Tcp {
            return None;
        }
        let segment = TcpPacket::new_checked(ip.payload()).ok()?;
        let tcp = EthernetFrame::<&[u8]>::header_len() + usize::from(ip.header_len());
        let begin = tcp + usize::from(segment.header_len());
        Some(Self {
            syn: segment.syn(),
            ack: segment.ack(),
            payload: begin..begin + segment.payload().len(),
            tcp,
        })
    }

    /// The frame with one bit of its payload turned, and a TCP checksum that fits, as after a fault inside a middlebox: a wrong
    /// checksum would only have the segment dropped and sent again.
    fn flipped(&self, bytes: &[u8], at: usize) -> Fate {
        let mut bytes = bytes.to_vec();
        if let Some(byte) = bytes.get_mut(self.payload.start + at) {
            *byte ^= 1;
        }
        self.seal(&mut bytes);
        Fate::Changed(bytes)
    }

    /// The segment without its payload, and with RST among its flags.
    fn reset(&self, bytes: &[u8]) -> Fate {
        let mut bytes = bytes.to_vec();
        bytes.truncate(self.payload.start);
        let frame = EthernetFrame::<&[u8]>::header_len();
        let length = u16::try_from(bytes.len().saturating_sub(frame)).unwrap_or(u16::MAX);
        if let Some(packet) = bytes.get_mut(frame..) {
            let mut packet = Ipv4Packet::new_unchecked(packet);
            packet.set_total_len(length);
            packet.fill_checksum();
        }
        if let Some(segment) = bytes.get_mut(self.tcp..) {
            TcpPacket::new_unchecked(segment).set_rst(true);
        }
        self.seal(&mut bytes);
        Fate::Changed(bytes)
    }

    /// Writes the TCP checksum that fits the rest.
    fn seal(&self, bytes: &mut [u8]) {
        let addresses = EthernetFrame::new_checked(&bytes[..]).ok().and_then(|frame| {
            Ipv4Packet::new_checked(frame.payload())
                .ok()
                .map(|ip| (ip.src_addr(), ip.dst_addr()))
        });
        if let Some((from, to)) = addresses
            && let Some(segment) = bytes.get_mut(self.tcp..)
        {
            TcpPacket::new_unchecked(segment).fill_checksum(&from.into(), &to.into());
        }
    }
}
