//! Frames in few steps: what belongs together stands together.

use std::borrow::Cow;

use super::{Broken, Phrase, Track};
use crate::capture::Way;
use crate::event::{Account, FrameAccount, How, Layer, Protocol, Space, Value};
use crate::texts::{self, Language, Text};

/// The operation of ARP that answers (RFC 826).
const ARP_REPLY: u64 = 2;

/// One step of a journey: some frames that say one thing together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rung {
    /// What kind of step.
    pub act: Act,
    /// When, in µs since the run began.
    pub at: u64,
    /// Which way its frames went, as seen from the point it is told from; of a dialogue the first.
    pub way: Way,
    /// Their indices; none where something happened that has no bytes.
    pub frames: Vec<usize>,
    /// Of which layer it tells.
    pub protocol: Protocol,
    /// What happened, as the bytes say; nothing where none do.
    pub what: String,
    /// What happened where no byte says it.
    pub said: Option<Phrase>,
    /// Why it is there.
    pub why: Option<&'static Text>,
    /// What is wrong, if it is known to be where a connection broke.
    pub broken: Option<Broken>,
}

/// Kinds of steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Act {
    /// A name is looked up: questions and answers.
    Names,
    /// A neighbour's link address is asked for, and told.
    Neighbour,
    /// A router complains.
    Complaint,
    /// The first segment of a connection.
    Syn,
    /// The second.
    SynAck,
    /// The third.
    Ack,
    /// Bytes, in one direction.
    Data,
    /// One direction of the connection ends.
    End,
    /// The connection is reset.
    Reset,
    /// The last acknowledgments.
    LastAck,
    /// Something that happened within this machine, and sent nothing.
    Inside,
    /// A connection is opened: what the system says of it, where segments cannot be seen.
    Connect,
    /// What is none of these.
    Other,
}

/// Cuts an account into steps; a frame that something befell on its way has `apart` one of its own.
pub(super) fn rungs(account: &Account, apart: impl Fn(usize) -> bool) -> Vec<Rung> {
    let mut rungs: Vec<Rung> = Vec::new();
    for (index, frame) in account.frames.iter().enumerate() {
        let is_apart = |last: &Rung| apart(index) || last.frames.first().is_some_and(|first| apart(*first));
        let step = step(account, index, &rungs).or_else(|| apart(index).then(|| acknowledging(frame, index)));
        match (step, rungs.last_mut()) {
            // An acknowledgment alone says nothing that the next step does not.
            (None, Some(last)) => last.frames.push(index),
            (None, None) => {}
            (Some(step), Some(last)) if last.takes(&step) && !is_apart(last) => last.frames.push(index),
            (Some(step), _) => rungs.push(step),
        }
    }
    let mut is_closing = false;
    for rung in &mut rungs {
        let told = told(account, rung);
        (rung.protocol, rung.what, rung.why) = (told.protocol, told.what, told.why);
        if rung.act == Act::End && !is_closing {
            rung.why = close_order(account, rung).or(rung.why);
        }
        is_closing = rung.act == Act::End || is_closing && rung.act != Act::Syn;
    }
    rungs
}

/// What one frame says, whatever came before it.
pub(super) fn alone(account: &Account, index: usize) -> Option<Rung> {
    let frame = account.frames.get(index)?;
    let mut rung = step(account, index, &[]).unwrap_or_else(|| acknowledging(frame, index));
    let told = told(account, &rung);
    (rung.protocol, rung.what, rung.why) = (told.protocol, told.what, told.why);
    Some(rung)
}

/// A segment that only acknowledges.
fn acknowledging(frame: &FrameAccount, index: usize) -> Rung {
    Rung {
        act: Act::LastAck,
        at: frame.at,
        way: frame.way,
        frames: vec![index],
        protocol: Protocol::Ethernet,
        what: String::new(),
        said: None,
        why: None,
        broken: None,
    }
}

impl Rung {
    /// What happened, as it is said in a language: what the bytes say is the same in all.
    #[must_use]
    pub fn told(&self, language: Language) -> Cow<'_, str> {
        match (&self.broken, &self.said) {
            (Some(broken), _) => broken.title.told(language).into(),
            (None, Some(said)) => said.told(language).into(),
            (None, None) => self.what.as_str().into(),
        }
    }

    /// Whether a frame belongs to this step, too.
    fn takes(&self, next: &Self) -> bool {
        self.act == next.act
            && match self.act {
                Act::Names | Act::Neighbour => true,
                // Routers complain of each copy.
                Act::Complaint => self.way == next.way,
                Act::Data => self.way == next.way,
                _ => false,
            }
    }
}

fn step(account: &Account, index: usize, before: &[Rung]) -> Option<Rung> {
    let frame = account.frames.get(index)?;
    let layers = frame.layer.layers();
    let has = |protocol| layers.iter().any(|layer| layer.protocol == protocol);
    let act = match layers.iter().find(|layer| layer.protocol == Protocol::Tcp) {
        // What a socket gave or got has no header.
        Some(bytes) if bytes.name == "bytes" && has(Protocol::Dns) => Act::Names,
        Some(bytes) if bytes.name == "bytes" => Act::Data,
        Some(segment) => segment_act(segment, before)?,
        None if has(Protocol::Arp) => Act::Neighbour,
        None if has(Protocol::Dns) => Act::Names,
        None if has(Protocol::Icmp) => Act::Complaint,
        None => Act::Other,
    };
    Some(Rung {
        act,
        at: frame.at,
        way: frame.way,
        frames: vec![index],
        protocol: Protocol::Ethernet,
        what: String::new(),
        said: None,
        why: None,
        broken: None,
    })
}

/// What a segment does; nothing where it only acknowledges in the middle of a connection.
fn segment_act(segment: &Layer, before: &[Rung]) -> Option<Act> {
    let flag = |name| {
        let field = segment.field("data offset and flags");
        field.and_then(|field| field.bits(name)).is_some_and(|bit| bit == 1)
    };
    let header = segment
        .field("data offset and flags")
        .and_then(|field| field.bits("data offset"));
    let carries = segment.range.len() > usize::try_from(header.unwrap_or(5) * 4).unwrap_or_default();
    let last = before.last().map(|rung| rung.act);
    match (flag("SYN"), flag("ACK")) {
        _ if flag("RST") => Some(Act::Reset),
        (true, false) => Some(Act::Syn),
        (true, true) => Some(Act::SynAck),
        _ if flag("FIN") => Some(Act::End),
        _ if carries => Some(Act::Data),
        _ if last == Some(Act::SynAck) => Some(Act::Ack),
        _ if last == Some(Act::End) && ends(before) >= 2 => Some(Act::LastAck),
        _ => None,
    }
}

/// How many directions have ended since the last connection began.
fn ends(before: &[Rung]) -> usize {
    let since = before.iter().rev().take_while(|rung| rung.act != Act::Syn);
    since.filter(|rung| rung.act == Act::End).count()
}

/// What a step says on its uppermost layer.
#[derive(Debug, Default)]
struct Told {
    protocol: Protocol,
    what: String,
    why: Option<&'static Text>,
}

fn told(account: &Account, rung: &Rung) -> Told {
    match rung.act {
        Act::Neighbour => {
            let told = each(account, rung, Protocol::Arp);
            let why = is_gateway(account, rung).then_some(&texts::ARP_GATEWAY);
            Told {
                why: why.or(told.why),
                ..told
            }
        }
        Act::Complaint => each(account, rung, Protocol::Icmp),
        Act::Names => each(account, rung, Protocol::Dns),
        Act::Data | Act::End => messages(account, rung),
        Act::Syn | Act::SynAck | Act::Ack | Act::LastAck | Act::Reset => first(account, rung),
        Act::Inside | Act::Connect | Act::Other => Told::default(),
    }
}

/// What the first segment of a step does.
fn first(account: &Account, rung: &Rung) -> Told {
    let frame = rung.frames.first().and_then(|index| account.frames.get(*index));
    let layers = frame.map(|frame| frame.layer.layers()).unwrap_or_default();
    let segment = layers.into_iter().find(|layer| layer.protocol == Protocol::Tcp);
    segment.map_or_else(Told::default, |segment| Told {
        protocol: Protocol::Tcp,
        what: segment.what.clone(),
        // That it comes again says more than what it is.
        why: again(segment).or_else(|| why(segment)),
    })
}

/// That a segment was sent before, if it was.
fn again(segment: &Layer) -> Option<&'static Text> {
    let texts = segment.notes.iter().map(|note| note.text);
    texts.into_iter().find(|text| **text == texts::TCP_RETRANSMISSION)
}

/// What is said on a layer, each thing once; where there are answers, they say what the questions were.
fn each(account: &Account, rung: &Rung, protocol: Protocol) -> Told {
    let (mut whats, mut reason): (Vec<&str>, _) = (Vec::new(), None);
    for (_, layer) in rung.frames.iter().flat_map(|index| account.layers_of(*index)) {
        let is_message = layer.protocol == protocol && layer.name == "message";
        if is_message && !whats.contains(&layer.what.as_str()) {
            whats.push(&layer.what);
            let said = why(layer);
            reason = said.filter(|text| tells_most(text)).or(reason).or(said);
        }
    }
    let is_question = |what: &&str| what.ends_with('?') && protocol == Protocol::Dns;
    if !whats.iter().all(is_question) {
        whats.retain(|what| !is_question(what));
    }
    Told {
        protocol,
        what: whats.join("; "),
        why: reason,
    }
}

/// Whether who answered is sent packets for others, as a router is.
fn is_gateway(account: &Account, rung: &Rung) -> bool {
    let value = |layer: &Layer, name: &str| layer.field(name).map(|field| field.value.clone());
    let answers = rung.frames.iter().filter_map(|index| {
        let message = account.frames.get(*index)?.layer.find(Protocol::Arp, "message")?;
        let is_reply = message.field("operation")?.number() == Some(ARP_REPLY);
        let of = value(message, "sender protocol address").zip(value(message, "sender hardware address"));
        of.filter(|_| is_reply)
    });
    let answers: Vec<(Value, Value)> = answers.collect();
    account.frames.iter().any(|frame| {
        let packet = frame.layer.find(Protocol::Ipv4, "packet");
        let to = packet.and_then(|packet| value(packet, "destination address"));
        let taker = value(&frame.layer, "destination");
        answers
            .iter()
            .any(|(ip, mac)| taker.as_ref() == Some(mac) && to.as_ref().is_some_and(|to| to != ip))
    })
}

/// The messages that became complete in a step: those that were encrypted on the wire stand in braces.
fn messages(account: &Account, rung: &Rung) -> Told {
    let (mut protocol, mut whats, mut reason) = (Protocol::Tcp, Vec::new(), None);
    for (space, layer) in rung.frames.iter().flat_map(|index| account.layers_of(*index)) {
        let Some(text) = message(layer) else { continue };
        if layer.protocol > protocol {
            (protocol, reason) = (layer.protocol, None);
        }
        if layer.protocol == protocol {
            reason = reason.or_else(|| layer.layers().into_iter().find_map(why));
        }
        whats.push(if is_sealed(account, space) {
            format!("{{{text}}}")
        } else {
            text
        });
    }
    if whats.is_empty() {
        return first(account, rung);
    }
    if rung.act == Act::End {
        whats.push(String::from("FIN"));
    }
    Told {
        protocol,
        what: whats.join(" "),
        why: reason,
    }
}

/// In which order a connection is closed, where its close begins.
fn close_order(account: &Account, rung: &Rung) -> Option<&'static Text> {
    let mut layers = rung.frames.iter().flat_map(|index| account.layers_of(*index));
    let is_said = layers.any(|(_, layer)| layer.notes.iter().any(|note| *note.text == texts::TCP_CLOSE_ORDER));
    is_said.then_some(&texts::TCP_CLOSE_ORDER)
}

/// Why a frame is there that did not arrive as it was. The handshake's third segment is all of it that nobody sends again.
pub(super) fn why_ended(why: Option<&'static Text>, track: &Track) -> Option<&'static Text> {
    if track.lost_behind.is_none() && track.changed_behind.is_some() {
        Some(&texts::WIRE_CHANGED)
    } else if track.lost_behind.is_some() && why == Some(&texts::TCP_THIRD) {
        Some(&texts::TCP_ACK_LOST)
    } else {
        why
    }
}

/// What is said about a layer, but not what is wrong with it: what tells most, else the first.
fn why(layer: &Layer) -> Option<&'static Text> {
    let mut texts = layer.notes.iter().map(|note| note.text);
    let telling = texts.clone().find(|text| tells_most(text));
    telling.or_else(|| texts.find(|text| !text.is_invalid()))
}

/// Whether it says more of a step than what its kind of message is for.
fn tells_most(text: &Text) -> bool {
    [&texts::TLS_CLOSE_NOTIFY, &texts::TLS_NO_KEY, &texts::DNS_NXDOMAIN].contains(&text)
}

/// What a message is called in one word or line; nothing for a layer that is none.
fn message(layer: &Layer) -> Option<String> {
    const STRUCTURES: [&str; 3] = ["record", "plaintext", "frame"];
    match layer.protocol {
        Protocol::Tls if layer.name == "record" => {
            let sealed = layer
                .fields()
                .iter()
                .any(|field| field.name == "encrypted record" && matches!(field.value, Value::Opaque(_)));
            sealed.then(|| format!("sealed record, {} B", layer.range.len()))
        }
        Protocol::Tls if STRUCTURES.contains(&layer.name.as_ref()) => None,
        Protocol::Tls if layer.name == "alert" => Some(layer.what.clone()),
        Protocol::Tls if layer.name == "change_cipher_spec" => Some(String::from("ChangeCipherSpec")),
        Protocol::Tls => is_handshake(layer).then(|| match layer.what.as_str() {
            "HelloRetryRequest" => layer.what.clone(),
            _ => camel(&layer.name),
        }),
        Protocol::Http if layer.name == "preface" => Some(String::from("HTTP/2 preface")),
        Protocol::Http if ["request", "response", "frame"].contains(&layer.name.as_ref()) => Some(layer.what.clone()),
        Protocol::Native if layer.name == "frame" => Some(layer.what.clone()),
        _ => None,
    }
}

fn is_handshake(layer: &Layer) -> bool {
    layer.field("message type").is_some()
}

/// `client_hello` as RFC 8446's text calls it: `ClientHello`.
fn camel(name: &str) -> String {
    let word = |word: &str| {
        let mut letters = word.chars();
        let first = letters.next().map(|letter| letter.to_ascii_uppercase());
        first.into_iter().chain(letters).collect::<String>()
    };
    name.split('_').map(word).collect()
}

/// Whether bytes were encrypted on the wire.
fn is_sealed(account: &Account, space: Space) -> bool {
    let Space::Derived(index) = space else { return false };
    let Some(derived) = account.derived.get(index) else {
        return false;
    };
    matches!(derived.how, How::Decrypted(_))
        || derived
            .from
            .first()
            .is_some_and(|span| span.space != space && is_sealed(account, span.space))
}
