//! A name on its way through the layers: what the programs told of it, and the messages that were seen on the wire for it.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use nihao_protocol::dns::{self, Answer, Known, Miss, Reply, Transport, Trouble, Verdict};

use super::tracks::Packet;
use crate::capture::{Capture, Way};
use crate::decode::decode;
use crate::event::{Account, Layer, NameStep, Protocol, Value};
use crate::texts::{self, Text};

/// What there is where the name does not exist, and where it has no address of the family (RFC 2308 §1).
const NO_SUCH_NAME: &str = "NXDOMAIN";
const NO_ADDRESS: &str = "NODATA";

/// One layer that was asked for a name, and what it said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    /// When it was asked, in µs since the run began.
    pub at: u64,
    /// How long its answer took, in µs.
    pub took: u64,
    /// Who asked.
    pub node: String,
    /// In which of its look-ups, counted from 1.
    pub number: u64,
    /// What was asked.
    pub place: Place,
    /// For what: a name and a type.
    pub asked: String,
    /// What came of it.
    pub result: Found,
    /// What it said.
    pub what: String,
    /// For how many seconds that holds, if it does for any.
    pub ttl: Option<u32>,
    /// Why it was asked, or what its answer means.
    pub why: &'static Text,
    /// The messages as they passed the node that asked.
    pub messages: Vec<Message>,
    /// Where they stand in the story: indices of its frames.
    pub frames: Vec<usize>,
}

/// A layer that may know a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Nobody need be asked.
    Everywhere,
    /// What the asking program learnt before.
    Cache,
    /// What a resolver learnt before, for whoever asked it.
    ResolverCache,
    /// The machine's hosts file.
    Hosts,
    /// The system's own resolver.
    System,
    /// A resolver that asks others.
    Resolver,
    /// A root server.
    Root,
    /// A server of this zone.
    Zone(String),
}

/// What came of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// It knew, without asking anybody.
    Hit,
    /// It did not know.
    Miss,
    /// A server knew.
    Answer,
    /// A server said who is nearer to it.
    Referral,
    /// There is nothing, and that is known.
    Negative,
    /// Nobody answered.
    Silence,
    /// An answer of no help.
    Failure,
    /// The same is asked again in another way.
    Again,
}

/// A message of DNS as it passed a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// When, in µs since the run began.
    pub at: u64,
    /// Whether the node sent or received it.
    pub way: Way,
    /// The frame's bytes.
    pub bytes: Vec<u8>,
    /// The frame, told.
    pub layer: Layer,
}

impl Place {
    fn of(layer: &dns::Layer) -> Self {
        match layer {
            dns::Layer::Special => Self::Everywhere,
            dns::Layer::Cache => Self::Cache,
            dns::Layer::Hosts => Self::Hosts,
            dns::Layer::System => Self::System,
            dns::Layer::Resolver => Self::Resolver,
            dns::Layer::Zone(zone) if zone.is_root() => Self::Root,
            dns::Layer::Zone(zone) => Self::Zone(zone.to_string()),
        }
    }

    /// Its name in what programs read.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Everywhere => "known everywhere".into(),
            Self::Cache => "application cache".into(),
            Self::ResolverCache => "resolver's cache".into(),
            Self::Hosts => "hosts file".into(),
            Self::System => "system's resolver".into(),
            Self::Resolver => "resolver".into(),
            Self::Root => "root".into(),
            Self::Zone(zone) => format!("zone {zone}"),
        }
    }
}

impl Lookup {
    /// Whether it came to an address.
    #[must_use]
    pub fn has_address(&self) -> bool {
        let is_answer = matches!(self.result, Found::Hit | Found::Answer);
        is_answer && self.what != NO_SUCH_NAME && self.what != NO_ADDRESS
    }
}

impl Found {
    /// Its name in what programs read.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hit => "hit",
            Self::Miss => "miss",
            Self::Answer => "answer",
            Self::Referral => "referral",
            Self::Negative => "negative",
            Self::Silence => "silence",
            Self::Failure => "failure",
            Self::Again => "again",
        }
    }
}

/// What was seen on each node that looked names up.
struct Witnesses<'a> {
    captures: &'a BTreeMap<String, Capture>,
    accounts: BTreeMap<&'a str, Account>,
}

/// A question that is not answered yet.
struct Open<'a> {
    asked: &'a NameStep,
    server: SocketAddr,
    transport: Transport,
}

/// Tells the look-ups: what was asked first comes first. `here` is what was seen from where the story is told.
pub(super) fn lookups(captures: &BTreeMap<String, Capture>, here: &Capture, steps: &[NameStep]) -> Vec<Lookup> {
    let mut witnesses = Witnesses {
        captures,
        accounts: BTreeMap::new(),
    };
    for step in steps {
        if let Some(capture) = captures.get(&step.node) {
            let account = || decode(capture, "");
            witnesses.accounts.entry(&step.node).or_insert_with(account);
        }
    }
    let mut open: Vec<Open<'_>> = Vec::new();
    let mut lookups = Vec::new();
    for told in steps {
        match &told.step.verdict {
            Verdict::Asks { server, transport, .. } => open.push(Open {
                asked: told,
                server: *server,
                transport: *transport,
            }),
            Verdict::Said { server, .. }
            | Verdict::Failed { server, .. }
            | Verdict::Truncated { server }
            | Verdict::WithoutEdns { server, .. } => {
                let is_it = |open: &Open<'_>| open.server == *server && is_same(open.asked, told);
                if let Some(index) = open.iter().position(is_it) {
                    lookups.push(witnesses.asked(&open.remove(index), Some(told), here));
                }
            }
            Verdict::Hit(_) | Verdict::Servers { .. } | Verdict::Miss(_) | Verdict::NotListed => {
                lookups.push(at_once(told));
            }
            // That nobody is left, or that a server's name comes first, shows in what is asked next.
            Verdict::NeedsServer(_) | Verdict::GaveUp(_) => {}
        }
    }
    lookups.extend(open.iter().map(|open| witnesses.asked(open, None, here)));
    // Who asks first asks for itself; the others look up because they were asked.
    let first = steps.first().map(|step| step.node.as_str());
    for lookup in &mut lookups {
        if lookup.place == Place::Cache && Some(lookup.node.as_str()) != first {
            lookup.place = Place::ResolverCache;
        }
    }
    lookups.sort_by_key(|lookup| lookup.at);
    lookups
}

fn is_same(one: &NameStep, other: &NameStep) -> bool {
    let of = |told: &NameStep| (told.number, told.step.family);
    one.node == other.node && of(one) == of(other) && one.step.name == other.step.name
}

/// A layer that answers without asking anybody.
fn at_once(told: &NameStep) -> Lookup {
    let place = Place::of(&told.step.layer);
    let (result, what, ttl, why): (_, _, _, &Text) = match &told.step.verdict {
        Verdict::Hit(answer) => {
            let why = match place {
                Place::Hosts => &texts::NAMES_HOSTS_HIT,
                Place::System => &texts::NAMES_SYSTEM,
                Place::Everywhere => &texts::NAMES_EVERYWHERE,
                _ => &texts::NAMES_CACHE_HIT,
            };
            (Found::Hit, known(answer), answer.ttl, why)
        }
        Verdict::Servers { servers, ttl } => {
            let servers: Vec<_> = servers.iter().map(ToString::to_string).collect();
            (Found::Hit, servers.join(" "), Some(*ttl), &texts::NAMES_ZONE_KNOWN)
        }
        Verdict::Miss(Miss::Expired(ago)) => (Found::Miss, format!("-{ago} s"), None, &texts::NAMES_CACHE_ENDED),
        Verdict::Miss(Miss::NoEntry) => (Found::Miss, String::new(), None, &texts::NAMES_CACHE_MISS),
        _ => (Found::Miss, String::new(), None, &texts::NAMES_HOSTS_MISS),
    };
    let kind = match &told.step.verdict {
        Verdict::Servers { .. } => String::from("NS"),
        _ => told.step.family.to_string(),
    };
    Lookup {
        at: told.at,
        took: 0,
        node: told.node.clone(),
        number: told.number,
        place,
        asked: format!("{} {kind}", told.step.name),
        result,
        what,
        ttl,
        why,
        messages: Vec::new(),
        frames: Vec::new(),
    }
}

fn known(answer: &Answer) -> String {
    match &answer.known {
        Known::Addresses(addresses) => list(addresses),
        Known::NoSuchName => String::from(NO_SUCH_NAME),
        Known::NoAddress => String::from(NO_ADDRESS),
    }
}

fn list(addresses: &[IpAddr]) -> String {
    let list: Vec<_> = addresses.iter().map(IpAddr::to_string).collect();
    list.join(" ")
}

impl Witnesses<'_> {
    /// A server that was asked: what it said is read off its message, where that was seen.
    fn asked(&self, open: &Open<'_>, came: Option<&NameStep>, here: &Capture) -> Lookup {
        let asked = open.asked;
        let end = came.map_or(u64::MAX, |came| came.at);
        let question = format!("{} {}", asked.step.name, asked.step.family);
        let messages = self.messages(open, &question, end);
        let mut lookup = Lookup {
            at: asked.at,
            took: came.map_or(0, |came| came.at.saturating_sub(asked.at)),
            node: asked.node.clone(),
            number: asked.number,
            place: Place::of(&asked.step.layer),
            asked: question,
            result: Found::Silence,
            what: String::new(),
            ttl: None,
            why: &texts::NAMES_SILENCE,
            frames: places(&messages, here),
            messages,
        };
        match came.map(|came| &came.step.verdict) {
            Some(Verdict::Said { reply, .. }) => {
                (lookup.result, lookup.what, lookup.ttl, lookup.why) = said(reply);
            }
            Some(Verdict::Failed { trouble, .. }) if *trouble != Trouble::TimedOut => {
                lookup.result = Found::Failure;
                lookup.what = failed(trouble);
                lookup.why = &texts::NAMES_FAILURE;
            }
            Some(Verdict::Truncated { .. } | Verdict::WithoutEdns { .. }) => {
                lookup.result = Found::Again;
                lookup.why = &texts::NAMES_AGAIN;
            }
            _ => {}
        }
        let answer = lookup.messages.iter().find(|message| message.way == Way::In);
        if let Some((what, ttl)) = answer.and_then(|answer| records(&answer.layer)) {
            lookup.what = what;
            lookup.ttl = ttl;
        }
        lookup
    }

    /// The question and its answer, as they passed the node that asked.
    fn messages(&self, open: &Open<'_>, question: &str, end: u64) -> Vec<Message> {
        let node = open.asked.node.as_str();
        let (Some(capture), Some(account)) = (self.captures.get(node), self.accounts.get(node)) else {
            return Vec::new();
        };
        let frames = capture.frames.iter().zip(&account.frames).enumerate();
        let frames = frames.filter(|(_, (frame, _))| (open.asked.at..=end).contains(&frame.at));
        let messages = frames.filter_map(|(index, (frame, told))| {
            let peer = match frame.way {
                Way::Out => "destination address",
                Way::In => "source address",
            };
            let is_peer = told.layer.field_within(peer).map(|field| &field.value) == Some(&Value::Ip(open.server.ip()));
            let is_stream = told.flow.is_some();
            let asked = |layer: &Layer| layer.name == "question" && layer.what == question;
            // Over TCP a message may have come in several segments: it is told with the last of them.
            let layers = account.layers_of(index).into_iter();
            let (space, _) = layers
                .into_iter()
                .find(|(_, layer)| layer.protocol == Protocol::Dns && asked(layer))?;
            (is_peer && is_stream == (open.transport == Transport::Tcp)).then_some(())?;
            Some(Message {
                at: frame.at,
                way: frame.way,
                bytes: frame.bytes.clone(),
                layer: account.layer(space)?.clone(),
            })
        });
        let mut messages: Vec<_> = messages.collect();
        // Who asks again asks in a look-up of its own.
        let answered = messages.iter().position(|message| message.way == Way::In);
        messages.truncate(answered.map_or(1, |answered| answered + 1));
        messages
    }
}

/// The indices of the frames that hold the same packets.
fn places(messages: &[Message], here: &Capture) -> Vec<usize> {
    let wanted: Vec<_> = messages.iter().map(|message| Packet::of(&message.bytes)).collect();
    let frames = here.frames.iter().enumerate();
    let same = frames.filter(|(_, frame)| wanted.contains(&Packet::of(&frame.bytes)));
    same.map(|(index, _)| index).collect()
}

/// What a message's records say, without their owner where that is the name asked for, and for how long.
fn records(frame: &Layer) -> Option<(String, Option<u32>)> {
    let layers = frame.layers();
    let of = |section: &'static str| {
        let of = layers
            .iter()
            .filter(move |layer| layer.protocol == Protocol::Dns && layer.name == section);
        of.copied().collect::<Vec<_>>()
    };
    let (answers, authorities) = (of("answer"), of("authority"));
    let told = if answers.is_empty() { authorities } else { answers };
    let ttls = told.iter().filter_map(|record| record.field("TTL")?.number());
    let ttl = ttls.filter_map(|ttl| u32::try_from(ttl).ok()).min();
    let glue = of("additional")
        .into_iter()
        .filter(|record| record.field("TTL").is_some());
    let lines = told.iter().copied().chain(glue).map(|record| {
        let line = record
            .what
            .rsplit_once(", ")
            .map_or(record.what.as_str(), |(line, _)| line);
        line.to_owned()
    });
    let lines: Vec<String> = lines.collect();
    (!lines.is_empty()).then(|| (lines.join(", "), ttl))
}

fn said(reply: &Reply) -> (Found, String, Option<u32>, &'static Text) {
    match reply {
        Reply::Known { known, ttl, .. } => match known {
            Known::Addresses(addresses) => (Found::Answer, list(addresses), *ttl, &texts::DNS_ANSWER),
            Known::NoSuchName => (Found::Negative, String::from(NO_SUCH_NAME), *ttl, &texts::DNS_NXDOMAIN),
            Known::NoAddress => (Found::Negative, String::from(NO_ADDRESS), *ttl, &texts::DNS_NO_DATA),
        },
        Reply::Alias(aliases) => {
            let target = aliases.last().map(|alias| alias.target.to_string());
            (Found::Answer, target.unwrap_or_default(), None, &texts::DNS_CNAME)
        }
        Reply::Referral { zone, servers, ttl } => {
            let servers: Vec<_> = servers.iter().map(|server| server.name.to_string()).collect();
            let what = format!("{zone} NS {}", servers.join(" "));
            (Found::Referral, what, Some(*ttl), &texts::DNS_REFERRAL)
        }
    }
}

fn failed(trouble: &Trouble) -> String {
    match trouble {
        Trouble::TimedOut => String::new(),
        Trouble::Unreachable(detail) | Trouble::Malformed(detail) => detail.clone(),
        Trouble::Rcode(rcode) => rcode.to_string(),
        Trouble::Lame => String::from("lame"),
        Trouble::NotRecursive => String::from("RA 0"),
        Trouble::Circle => String::from("CNAME"),
    }
}
