//! One family's way from server to server until something is known: referrals, aliases, and the names of servers on the way.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use super::servers::{Next, Servers};
use super::step::{Layer, LookupError, Step, Transport, Verdict};
use super::{Context, Query, Route};
use crate::crypto::random::{RandomUnavailable, array};
use crate::dns::LARGEST_DATAGRAM;
use crate::dns::answer::{Alias, Answer, Known, LONGEST_CHAIN, shorter};
use crate::dns::cache::{Cached, Kept};
use crate::dns::message::{Family, Message, Question, Rcode};
use crate::dns::name::Name;
use crate::dns::reply::{self, Asked, Reply, Trouble};
use crate::dns::wire;

/// The most queries that are sent for one name and family.
pub const MOST_QUERIES: u32 = 50;
/// How deep the look-ups of name servers' own names may nest.
pub const DEEPEST: usize = 5;
/// How long a server has to answer over TCP.
pub const TCP_PATIENCE: Duration = Duration::from_secs(4);

/// The walk: its first task is the name asked for, those above it are name servers' own names.
#[derive(Debug)]
pub(super) struct Walk {
    route: Route,
    tasks: Vec<Task>,
    sent: u32,
    open: Option<Open>,
    settled: Option<(Layer, Result<Answer, LookupError>)>,
}

#[derive(Debug)]
struct Task {
    /// What was asked for.
    wanted: Name,
    family: Family,
    aliases: Vec<Alias>,
    /// What the aliases lead to so far.
    name: Name,
    servers: Servers,
    /// The server last asked is asked again in another way.
    again: Option<Way>,
}

/// How a server is asked.
#[derive(Debug, Clone)]
struct Way {
    server: SocketAddr,
    named: Option<Name>,
    transport: Transport,
    edns: bool,
    attempt: u32,
    patience: Duration,
}

/// The query that waits for its answer.
#[derive(Debug)]
struct Open {
    query: Query,
    way: Way,
}

impl Walk {
    /// Begins at `name`, to which `aliases` have led from what was asked for.
    pub(super) fn new(
        wanted: Name,
        family: Family,
        aliases: Vec<Alias>,
        route: Route,
        context: &mut Context<'_>,
        steps: &mut VecDeque<Step>,
    ) -> Self {
        let name = aliases
            .last()
            .map_or_else(|| wanted.clone(), |alias| alias.target.clone());
        let servers = begin(&name, family, &route, context, steps);
        let task = Task {
            wanted,
            family,
            aliases,
            name,
            servers,
            again: None,
        };
        Self {
            route,
            tasks: vec![task],
            sent: 0,
            open: None,
            settled: None,
        }
    }

    pub(super) const fn settled(&self) -> Option<&(Layer, Result<Answer, LookupError>)> {
        self.settled.as_ref()
    }

    /// The next query, if none is under way.
    pub(super) fn transmit(
        &mut self,
        context: &mut Context<'_>,
        steps: &mut VecDeque<Step>,
    ) -> Result<Option<Query>, RandomUnavailable> {
        while self.open.is_none() && self.settled.is_none() {
            let Some(task) = self.tasks.last_mut() else {
                break;
            };
            let way = match task.again.take() {
                Some(way) => way,
                None => {
                    task.servers.shuffle(context.random)?;
                    match task.servers.next() {
                        Next::Ask {
                            server,
                            named,
                            attempt,
                            patience,
                        } => Way {
                            server,
                            named,
                            transport: Transport::Udp,
                            edns: true,
                            attempt,
                            patience,
                        },
                        Next::LookUp(name, family) => {
                            self.look_up(name, family, context, steps);
                            continue;
                        }
                        Next::Nobody => {
                            let error = task.servers.error(&task.name);
                            self.give_up(error, steps);
                            continue;
                        }
                    }
                }
            };
            if let Some(query) = self.ask(way, context, steps)? {
                return Ok(Some(query));
            }
        }
        Ok(None)
    }

    /// Takes an answer; whether it is one to what was asked.
    pub(super) fn receive(
        &mut self,
        from: SocketAddr,
        bytes: &[u8],
        context: &mut Context<'_>,
        steps: &mut VecDeque<Step>,
    ) -> bool {
        let Some(open) = self
            .open
            .take_if(|open| open.query.server == from && open.query.is_answered_by(bytes))
        else {
            return false;
        };
        match wire::decode(bytes) {
            Ok(message) => self.answered(open.way, &message, context, steps),
            Err(error) => self.failed(open.way.server, Trouble::Malformed(error.0), steps),
        }
        true
    }

    /// Takes it that a query is not answered.
    pub(super) fn unanswered(&mut self, query: &Query, trouble: Trouble, steps: &mut VecDeque<Step>) {
        if let Some(open) = self.open.take_if(|open| open.query == *query) {
            self.failed(open.way.server, trouble, steps);
        }
    }

    fn ask(
        &mut self,
        way: Way,
        context: &mut Context<'_>,
        steps: &mut VecDeque<Step>,
    ) -> Result<Option<Query>, RandomUnavailable> {
        let Some(task) = self.tasks.last() else {
            return Ok(None);
        };
        if self.sent >= MOST_QUERIES {
            let name = self.tasks.first().unwrap_or(task).wanted.clone();
            self.tasks.truncate(1);
            let most = MOST_QUERIES;
            self.give_up(LookupError::TooManySteps { name, most }, steps);
            return Ok(None);
        }
        let question = Question {
            name: task.name.clone(),
            record_type: task.family.record_type(),
        };
        let id = u16::from_be_bytes(array(context.random)?);
        let recursion_desired = task.servers.asked == Asked::Resolver;
        let message = Message::query(id, question, recursion_desired, way.edns.then_some(LARGEST_DATAGRAM));
        let bytes = match wire::encode(&message) {
            Ok(bytes) => bytes,
            Err(error) => {
                self.failed(way.server, Trouble::Malformed(error.0), steps);
                return Ok(None);
            }
        };
        steps.push_back(task.step(Verdict::Asks {
            server: way.server,
            named: way.named.clone(),
            transport: way.transport,
            attempt: way.attempt,
            patience: way.patience,
        }));
        self.sent = self.sent.saturating_add(1);
        let query = Query {
            server: way.server,
            transport: way.transport,
            bytes,
            patience: way.patience,
        };
        self.open = Some(Open {
            query: query.clone(),
            way,
        });
        Ok(Some(query))
    }

    fn answered(&mut self, way: Way, message: &Message, context: &mut Context<'_>, steps: &mut VecDeque<Step>) {
        let Some(task) = self.tasks.last_mut() else {
            return;
        };
        let server = way.server;
        if way.edns && message.edns.is_none() && matches!(message.rcode, Rcode::FormErr | Rcode::NotImp) {
            steps.push_back(task.step(Verdict::WithoutEdns {
                server,
                rcode: message.rcode,
            }));
            task.again = Some(Way { edns: false, ..way });
            return;
        }
        if message.truncated && way.transport == Transport::Udp {
            steps.push_back(task.step(Verdict::Truncated { server }));
            task.again = Some(Way {
                transport: Transport::Tcp,
                patience: TCP_PATIENCE,
                ..way
            });
            return;
        }
        match reply::read(message, &task.name, task.family, &task.servers.asked) {
            Err(trouble) => self.failed(server, trouble, steps),
            Ok(reply) => {
                steps.push_back(task.step(Verdict::Said {
                    server,
                    reply: reply.clone(),
                }));
                learn(&reply, &task.name, task.family, context);
                self.follow(reply, context, steps);
            }
        }
    }

    fn follow(&mut self, reply: Reply, context: &mut Context<'_>, steps: &mut VecDeque<Step>) {
        let Some(task) = self.tasks.last_mut() else {
            return;
        };
        match reply {
            Reply::Referral { zone, servers, .. } => task.servers = Servers::of_zone(zone, &servers),
            Reply::Known { aliases, known, ttl } => match task.extend(aliases) {
                Err(error) => self.give_up(error, steps),
                Ok(()) => self.finish(known, ttl, steps),
            },
            Reply::Alias(aliases) => {
                if let Err(error) = task.extend(aliases) {
                    self.give_up(error, steps);
                    return;
                }
                match consult(&task.name, task.family, context, steps) {
                    Cached::Hit(answer) => match task.extend(answer.aliases) {
                        Err(error) => self.give_up(error, steps),
                        Ok(()) => self.finish(answer.known, answer.ttl, steps),
                    },
                    Cached::Miss { aliases, .. } => match task.extend(aliases) {
                        Err(error) => self.give_up(error, steps),
                        Ok(()) => task.servers = begin(&task.name, task.family, &self.route, context, steps),
                    },
                }
            }
        }
    }

    /// Looks up a name server's own name first, where that does not lead in a circle.
    fn look_up(&mut self, name: Name, family: Family, context: &mut Context<'_>, steps: &mut VecDeque<Step>) {
        let circle = self.tasks.iter().any(|task| task.wanted == name || task.name == name);
        if circle || self.tasks.len() >= DEEPEST {
            return;
        }
        if let Some(task) = self.tasks.last() {
            steps.push_back(task.step(Verdict::NeedsServer(name.clone())));
        }
        match consult(&name, family, context, steps) {
            Cached::Hit(answer) => {
                if let Some(task) = self.tasks.last_mut() {
                    task.servers.add(&name, answer.addresses());
                }
            }
            Cached::Miss {
                aliases, name: last, ..
            } => {
                let servers = begin(&last, family, &self.route, context, steps);
                self.tasks.push(Task {
                    wanted: name,
                    family,
                    aliases,
                    name: last,
                    servers,
                    again: None,
                });
            }
        }
    }

    fn finish(&mut self, known: Known, ttl: Option<u32>, steps: &mut VecDeque<Step>) {
        let Some(task) = self.tasks.pop() else {
            return;
        };
        let ttl = task.aliases.iter().fold(ttl, |ttl, alias| shorter(ttl, alias.ttl));
        let layer = task.servers.layer();
        let answer = Answer {
            aliases: task.aliases,
            name: task.name,
            known,
            ttl,
        };
        match self.tasks.last_mut() {
            None => self.settled = Some((layer, Ok(answer))),
            Some(parent) => {
                let addresses = answer.addresses();
                if addresses.is_empty() {
                    let layer = parent.servers.layer();
                    let error = LookupError::NoAddress {
                        name: answer.name,
                        layer,
                    };
                    steps.push_back(parent.step(Verdict::GaveUp(error)));
                } else {
                    parent.servers.add(&task.wanted, addresses);
                }
            }
        }
    }

    /// The task comes to nothing: one for a server's name is no more than that, the last one is the end.
    fn give_up(&mut self, error: LookupError, steps: &mut VecDeque<Step>) {
        let Some(task) = self.tasks.pop() else {
            return;
        };
        steps.push_back(task.step(Verdict::GaveUp(error.clone())));
        if self.tasks.is_empty() {
            self.settled = Some((task.servers.layer(), Err(error)));
        }
    }

    fn failed(&mut self, server: SocketAddr, trouble: Trouble, steps: &mut VecDeque<Step>) {
        let Some(task) = self.tasks.last_mut() else {
            return;
        };
        steps.push_back(task.step(Verdict::Failed {
            server,
            trouble: trouble.clone(),
        }));
        task.servers.failed(server, trouble);
    }
}

impl Task {
    fn step(&self, verdict: Verdict) -> Step {
        Step {
            name: self.name.clone(),
            family: self.family,
            layer: self.servers.layer(),
            verdict,
        }
    }

    /// Goes on along `aliases`.
    fn extend(&mut self, aliases: Vec<Alias>) -> Result<(), LookupError> {
        for alias in aliases {
            let known = alias.target == self.wanted || self.aliases.iter().any(|before| before.target == alias.target);
            if known || self.aliases.len() >= LONGEST_CHAIN {
                let name = self.wanted.clone();
                return Err(LookupError::LoopInChain { name });
            }
            self.name = alias.target.clone();
            self.aliases.push(alias);
        }
        Ok(())
    }
}

/// Asks the cache, and tells what it said.
pub(super) fn consult(name: &Name, family: Family, context: &Context<'_>, steps: &mut VecDeque<Step>) -> Cached {
    let cached = context.cache.find(name, family, context.now);
    steps.push_back(Step {
        name: name.clone(),
        family,
        layer: Layer::Cache,
        verdict: match &cached {
            Cached::Hit(answer) => Verdict::Hit(answer.clone()),
            Cached::Miss { why, .. } => Verdict::Miss(*why),
        },
    });
    cached
}

/// Whom to ask first: the resolvers, or the servers of the deepest zone that is known.
fn begin(name: &Name, family: Family, route: &Route, context: &Context<'_>, steps: &mut VecDeque<Step>) -> Servers {
    if let (Route::Recursive(_), Some((zone, servers, ttl))) = (route, context.cache.delegation(name, context.now)) {
        steps.push_back(Step {
            name: zone.clone(),
            family,
            layer: Layer::Cache,
            verdict: Verdict::Servers {
                servers: servers.iter().map(|server| server.name.clone()).collect(),
                ttl,
            },
        });
        return Servers::of_zone(zone, &servers);
    }
    Servers::of_route(route)
}

fn learn(reply: &Reply, name: &Name, family: Family, context: &mut Context<'_>) {
    let now = context.now;
    let (aliases, last): (&[Alias], _) = match reply {
        Reply::Referral { zone, servers, ttl } => {
            let kept = Kept::Delegation(servers.clone());
            context.cache.keep(zone, kept, *ttl, now);
            return;
        }
        Reply::Alias(aliases) => (aliases, None),
        Reply::Known { aliases, known, ttl } => (aliases, ttl.map(|ttl| (known, ttl))),
    };
    for alias in aliases {
        context
            .cache
            .keep(&alias.name, Kept::Alias(alias.target.clone()), alias.ttl, now);
    }
    if let Some((known, ttl)) = last {
        let kept = match known {
            Known::Addresses(addresses) => Kept::Addresses(family, addresses.clone()),
            Known::NoSuchName => Kept::NoSuchName,
            Known::NoAddress => Kept::NoAddress(family),
        };
        let name = aliases.last().map_or(name, |alias| &alias.target);
        context.cache.keep(name, kept, ttl, now);
    }
}
