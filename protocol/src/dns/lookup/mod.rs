//! One name on its way through the layers: what to send where, what came back, and each step told as data.

mod servers;
mod special;
mod step;
mod walk;

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::answer::{Answer, Known, NameServer};
use super::cache::{Cache, Cached, Kept};
use super::hosts::Hosts;
use super::message::Family;
use super::name::Name;
use super::reply::Trouble;
use super::wire;
use crate::clock::UnixTime;
use crate::crypto::Random;
use crate::crypto::random::RandomUnavailable;

pub use servers::{FIRST_PATIENCE, MOST_GLUELESS, MOST_TRIES, ROUNDS};
pub use step::{Found, Layer, LookupError, Step, Transport, Verdict};
pub use walk::{DEEPEST, MOST_QUERIES, TCP_PATIENCE};

use walk::Walk;

/// How long the system's answers are kept, in seconds: it does not tell for how long they hold. Browsers do the same.
pub const SYSTEM_TTL: u32 = 60;

/// Who is asked when neither cache nor hosts file knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// The system's own resolver: [`Lookup::asks_system`] says what.
    System,
    /// These, in this order; they ask others for us.
    Resolvers(Vec<SocketAddr>),
    /// Nobody for us: from these root servers down to those who hold the name.
    Recursive(Vec<NameServer>),
}

/// What every step takes from outside.
pub struct Context<'a> {
    /// What was learnt before; what is learnt goes there.
    pub cache: &'a mut Cache,
    /// The time.
    pub now: UnixTime,
    /// Randomness, for the queries' ids and for whom to ask first.
    pub random: &'a mut dyn Random,
}

/// A query to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// Where, from a port that cannot be guessed (RFC 5452 §9.2).
    pub server: SocketAddr,
    /// Over what.
    pub transport: Transport,
    /// The message; over TCP its length goes before it.
    pub bytes: Vec<u8>,
    /// How long to wait for its answer.
    pub patience: Duration,
}

impl Query {
    /// Whether these bytes are an answer to it. Others are none of ours, or forged: wait on.
    #[must_use]
    pub fn is_answered_by(&self, bytes: &[u8]) -> bool {
        wire::is_answer_to(&self.bytes, bytes)
    }
}

/// The look-up of one name, for both families of addresses at once or for one.
///
/// It is driven by four verbs: [`transmit`](Self::transmit) says what to send where, [`receive`](Self::receive) and
/// [`unanswered`](Self::unanswered) take what came of it, [`next_step`](Self::next_step) tells what happened; until
/// [`outcome`](Self::outcome) is there. Nothing waits for the order in which answers come.
#[derive(Debug)]
pub struct Lookup {
    ways: Vec<(Family, Way)>,
    steps: VecDeque<Step>,
    /// What the system told, in the order in which it wants it tried.
    told: Vec<IpAddr>,
}

/// How far one family is.
#[derive(Debug)]
enum Way {
    Settled(Layer, Result<Answer, LookupError>),
    /// The system is asked for the name.
    System(Name),
    Walking(Box<Walk>),
}

impl Lookup {
    /// Begins: what the cache or the hosts file knows is known at once.
    ///
    /// `host` is a name or an address (IPv6 in brackets or not); `families` says which addresses are wanted.
    pub fn new(host: &str, families: &[Family], route: &Route, hosts: &Hosts, context: &mut Context<'_>) -> Self {
        let (mut ways, mut steps) = (Vec::new(), VecDeque::new());
        let special = special::find(host);
        for family in families.iter().copied() {
            let way = match &special {
                Err(error) => Way::Settled(Layer::Special, Err(error.clone())),
                Ok(special::Meaning::Fixed(name, addresses)) => {
                    let answer = of_family(name, addresses, family, addresses.is_empty());
                    // An address has no name that there would be something to tell of.
                    if !name.is_root() {
                        steps.push_back(step(name, family, Layer::Special, Verdict::Hit(answer.clone())));
                    }
                    Way::Settled(Layer::Special, Ok(answer))
                }
                Ok(special::Meaning::Name(name)) => begin(name, family, route, hosts, context, &mut steps),
            };
            ways.push((family, way));
        }
        Self {
            ways,
            steps,
            told: Vec::new(),
        }
    }

    /// What to send next; more than one may be under way. Nothing more until something is received or unanswered.
    ///
    /// # Errors
    /// [`RandomUnavailable`]: an id that can be guessed is not sent.
    pub fn transmit(&mut self, context: &mut Context<'_>) -> Result<Option<Query>, RandomUnavailable> {
        for walk in walks(&mut self.ways) {
            if let Some(query) = walk.transmit(context, &mut self.steps)? {
                return Ok(Some(query));
            }
        }
        Ok(None)
    }

    /// Takes what came from a server; whether it answers anything that was asked. What does not is passed over.
    pub fn receive(&mut self, from: SocketAddr, bytes: &[u8], context: &mut Context<'_>) -> bool {
        walks(&mut self.ways).any(|walk| walk.receive(from, bytes, context, &mut self.steps))
    }

    /// Takes it that a query has no answer: [`Trouble::TimedOut`] or [`Trouble::Unreachable`].
    pub fn unanswered(&mut self, query: &Query, trouble: &Trouble) {
        for walk in walks(&mut self.ways) {
            walk.unanswered(query, trouble.clone(), &mut self.steps);
        }
    }

    /// The name that the system is to be asked for, by [`Route::System`]; [`Self::system_said`] takes its answer.
    #[must_use]
    pub fn asks_system(&self) -> Option<&Name> {
        self.ways.iter().find_map(|(_, way)| match way {
            Way::System(name) => Some(name),
            _ => None,
        })
    }

    /// Takes the system's answer: addresses in the order in which it wants them tried, none where it knows no such name, or
    /// why it could not find out.
    pub fn system_said(&mut self, said: Result<&[IpAddr], String>, context: &mut Context<'_>) {
        for (family, way) in &mut self.ways {
            let Way::System(name) = way else {
                continue;
            };
            let result = match &said {
                Err(detail) => Err(LookupError::System { detail: detail.clone() }),
                Ok(addresses) => {
                    self.told = addresses.to_vec();
                    let mut answer = of_family(name, addresses, *family, addresses.is_empty());
                    if let Known::Addresses(addresses) = &answer.known {
                        answer.ttl = Some(SYSTEM_TTL);
                        let kept = Kept::Addresses(*family, addresses.clone());
                        context.cache.keep(name, kept, SYSTEM_TTL, context.now);
                    }
                    Ok(answer)
                }
            };
            let verdict = match &result {
                Ok(answer) => Verdict::Hit(answer.clone()),
                Err(error) => Verdict::GaveUp(error.clone()),
            };
            self.steps.push_back(step(name, *family, Layer::System, verdict));
            *way = Way::Settled(Layer::System, result);
        }
    }

    /// What happened, step by step.
    pub fn next_step(&mut self) -> Option<Step> {
        self.steps.pop_front()
    }

    /// What is known of one family; nothing while it is looked up.
    #[must_use]
    pub fn answer(&self, family: Family) -> Option<&Result<Answer, LookupError>> {
        let (_, way) = self.ways.iter().find(|(own, _)| *own == family)?;
        way.settled().map(|(_, result)| result)
    }

    /// The addresses of both families, or why there are none; nothing while one of them is still looked up.
    #[must_use]
    pub fn outcome(&self) -> Option<Result<Vec<Found>, LookupError>> {
        let settled: Vec<_> = self.ways.iter().map(|(_, way)| way.settled()).collect::<Option<_>>()?;
        let mut found = self.found();
        if !found.is_empty() {
            let place = |found: &Found| self.told.iter().position(|told| *told == found.address);
            found.sort_by_key(place);
            return Some(Ok(found));
        }
        // A family that could not be looked up says more than one that is not there.
        let mut error = None;
        for (layer, result) in settled {
            match result {
                Err(failure) => return Some(Err(failure.clone())),
                Ok(answer) => error = Some(nothing(answer, layer, error)),
            }
        }
        error.map(Err)
    }

    /// The addresses that are known so far.
    #[must_use]
    pub fn found(&self) -> Vec<Found> {
        let answers = self.ways.iter().filter_map(|(_, way)| way.settled()?.1.as_ref().ok());
        let found = answers.flat_map(|answer| {
            let ttl = answer.ttl;
            answer
                .addresses()
                .iter()
                .map(move |address| Found { address: *address, ttl })
        });
        found.collect()
    }
}

impl Way {
    const fn settled(&self) -> Option<(&Layer, &Result<Answer, LookupError>)> {
        match self {
            Self::Settled(layer, result) => Some((layer, result)),
            Self::Walking(walk) => match walk.settled() {
                Some((layer, result)) => Some((layer, result)),
                None => None,
            },
            Self::System(_) => None,
        }
    }
}

fn walks(ways: &mut [(Family, Way)]) -> impl Iterator<Item = &mut Walk> {
    ways.iter_mut().filter_map(|(_, way)| match way {
        Way::Walking(walk) => Some(&mut **walk),
        _ => None,
    })
}

/// Cache, hosts file, and whoever is asked then.
fn begin(
    name: &Name,
    family: Family,
    route: &Route,
    hosts: &Hosts,
    context: &mut Context<'_>,
    steps: &mut VecDeque<Step>,
) -> Way {
    let aliases = match walk::consult(name, family, context, steps) {
        Cached::Hit(answer) => return Way::Settled(Layer::Cache, Ok(answer)),
        Cached::Miss { aliases, .. } => aliases,
    };
    let listed = hosts.find(name);
    if !listed.is_empty() {
        // What has one address there has no others: that is what the file is for.
        let answer = of_family(name, listed, family, false);
        steps.push_back(step(name, family, Layer::Hosts, Verdict::Hit(answer.clone())));
        return Way::Settled(Layer::Hosts, Ok(answer));
    }
    steps.push_back(step(name, family, Layer::Hosts, Verdict::NotListed));
    match route {
        Route::System => Way::System(name.clone()),
        _ => {
            let walk = Walk::new(name.clone(), family, aliases, route.clone(), context, steps);
            Way::Walking(Box::new(walk))
        }
    }
}

fn of_family(name: &Name, addresses: &[IpAddr], family: Family, is_unknown: bool) -> Answer {
    let own: Vec<_> = addresses
        .iter()
        .copied()
        .filter(|address| family.holds(*address))
        .collect();
    Answer {
        aliases: Vec::new(),
        name: name.clone(),
        known: match own.is_empty() {
            true if is_unknown => Known::NoSuchName,
            true => Known::NoAddress,
            false => Known::Addresses(own),
        },
        ttl: None,
    }
}

fn nothing(answer: &Answer, layer: &Layer, before: Option<LookupError>) -> LookupError {
    let (name, layer) = (answer.name.clone(), layer.clone());
    match (&answer.known, before) {
        (Known::NoSuchName, None | Some(LookupError::NameNotFound { .. })) => LookupError::NameNotFound { name, layer },
        (_, Some(before @ LookupError::NoAddress { .. })) => before,
        _ => LookupError::NoAddress { name, layer },
    }
}

fn step(name: &Name, family: Family, layer: Layer, verdict: Verdict) -> Step {
    Step {
        name: name.clone(),
        family,
        layer,
        verdict,
    }
}

#[cfg(test)]
mod tests;
