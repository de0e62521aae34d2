//! The name servers of the journey: three that hold zones, and the resolver of A's provider that asks them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use nihao_protocol::clock::Clock;
use nihao_protocol::crypto::random::Seeded;
use nihao_protocol::dns::{
    Cache, Context, Family, Hosts, Layer, Lookup, Message, Name, NameServer, Query, Record, RecordData, RecordType,
    Route, Transport, Trouble, Zone, resolved, wire,
};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::event::NameStep;
use crate::scene::{self, Places};
use crate::world::{Datagrams, NodeId, World};

/// Seconds that each kind of record holds: the higher in the tree, the longer.
const TTLS: Ttls = Ttls {
    delegation: 172_800,
    zone: 86_400,
    host: 300,
    nothing: 60,
};

struct Ttls {
    delegation: u32,
    zone: u32,
    host: u32,
    nothing: u32,
}

/// What is wrong with the name service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Silence {
    /// Nobody knows the name.
    NoSuchName,
    /// The resolver does not answer.
    Resolver,
}

/// What programs tell of their look-ups while the network runs. Clones are the same list.
#[derive(Debug, Clone, Default)]
pub struct Told(Arc<Mutex<Vec<NameStep>>>);

impl Told {
    /// Adds a step.
    pub fn add(&self, step: NameStep) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(step);
    }

    /// All steps so far.
    #[must_use]
    pub fn take(&self) -> Vec<NameStep> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Starts all name servers; they run until the network does not any more. What the resolver does goes to `told`.
///
/// # Errors
/// When a port is taken, or a name of ours is none.
pub fn start(
    world: &World,
    places: &Places,
    seed: u64,
    clock: &Clock,
    silence: Option<Silence>,
    told: &Told,
) -> std::io::Result<()> {
    let zones = zones(silence == Some(Silence::NoSuchName)).map_err(std::io::Error::other)?;
    for (host, zone) in [places.root, places.top_level, places.authoritative]
        .into_iter()
        .zip(zones)
    {
        let socket = world.datagrams(host, nihao_protocol::dns::PORT)?;
        tokio::spawn(serve(socket, zone));
    }
    if silence == Some(Silence::Resolver) {
        world.power(places.resolver, false);
    } else {
        let resolver = Resolver {
            world: world.clone(),
            host: places.resolver,
            cache: Arc::default(),
            clock: clock.clone(),
            seed,
            told: told.clone(),
        };
        let socket = Arc::new(world.datagrams(places.resolver, nihao_protocol::dns::PORT)?);
        tokio::spawn(resolver.serve(socket));
    }
    Ok(())
}

/// Sends a query from a port of its own, and waits for its answer, however long that takes.
///
/// # Errors
/// When it cannot be sent.
pub async fn ask(world: &World, host: NodeId, query: &Query) -> std::io::Result<Vec<u8>> {
    let SocketAddr::V4(server) = query.server else {
        return Err(std::io::ErrorKind::AddrNotAvailable.into());
    };
    let socket = world.datagrams(host, 0)?;
    socket.send_to(&query.bytes, server).await?;
    loop {
        let (bytes, from) = socket.receive().await;
        if from == query.server && query.is_answered_by(&bytes) {
            return Ok(bytes);
        }
    }
}

/// The zones of the root, the top-level domain, and the one with B in it.
fn zones(is_unknown: bool) -> Result<[Zone; 3], nihao_protocol::dns::BadName> {
    let name = Name::parse;
    let record = |name: Name, ttl, data| Record { name, ttl, data };
    let hand_on = |zone: Name, server: Name, address: Ipv4Addr| {
        vec![
            record(zone, TTLS.delegation, RecordData::Ns(server.clone())),
            record(server, TTLS.delegation, RecordData::A(address)),
        ]
    };
    let (top, domain) = (name("test")?, name("nihao.test")?);
    let root = hand_on(top.clone(), name("a.nic.test")?, scene::TOP_LEVEL);
    let below = hand_on(domain.clone(), name("ns1.nihao.test")?, scene::AUTHORITATIVE);
    let mut own = hand_on(domain.clone(), name("ns1.nihao.test")?, scene::AUTHORITATIVE);
    for record in &mut own {
        record.ttl = TTLS.zone;
    }
    if !is_unknown {
        own.push(record(name(scene::HOST)?, TTLS.host, RecordData::A(scene::B)));
    }
    Ok([
        Zone::new(name(".")?, TTLS.nothing, root),
        Zone::new(top, TTLS.nothing, below),
        Zone::new(domain, TTLS.nothing, own),
    ])
}

async fn serve(socket: Datagrams, zone: Zone) {
    loop {
        let (query, from) = socket.receive().await;
        if let (Some(answer), SocketAddr::V4(from)) = (zone.answer(&query, Transport::Udp), from) {
            // Who asked and is gone asks again, or does not care.
            let _ = socket.send_to(&answer, from).await;
        }
    }
}

/// Asks from the root servers down for whoever asks it, and remembers.
#[derive(Clone)]
struct Resolver {
    world: World,
    host: NodeId,
    cache: Arc<Mutex<Cache>>,
    clock: Clock,
    seed: u64,
    told: Told,
}

impl Resolver {
    async fn serve(self, socket: Arc<Datagrams>) {
        let (mut asked, mut number) = (JoinSet::new(), 0_u64);
        loop {
            let (bytes, from) = tokio::select! {
                biased;
                received = socket.receive() => received,
                Some(_) = asked.join_next(), if !asked.is_empty() => continue,
            };
            let query = wire::decode(&bytes).ok().filter(|message| !message.is_answer);
            if let (Some(query), SocketAddr::V4(from)) = (query, from) {
                number += 1;
                let (resolver, socket) = (self.clone(), Arc::clone(&socket));
                asked.spawn(async move {
                    if let Some(answer) = resolver.answer(&query, number).await {
                        let _ = socket.send_to(&answer, from).await;
                    }
                });
            }
        }
    }

    async fn answer(&self, query: &Message, number: u64) -> Option<Vec<u8>> {
        let family = match query.question.record_type {
            RecordType::A => Family::V4,
            RecordType::Aaaa => Family::V6,
            _ => return wire::encode(&query.answer(nihao_protocol::dns::Rcode::NotImp)).ok(),
        };
        let mut random = Seeded::new(self.seed, &format!("resolver {number}"));
        let roots = vec![NameServer {
            name: Name::parse("a.root-servers.test").ok()?,
            addresses: vec![IpAddr::V4(scene::ROOT)],
        }];
        let route = Route::Recursive(roots);
        let mut lookup = {
            let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
            let mut context = self.context(&mut cache, &mut random);
            Lookup::new(
                query.question.name.as_str(),
                &[family],
                &route,
                &Hosts::default(),
                &mut context,
            )
        };
        self.tell(&mut lookup, number);
        while let Some(next) = {
            let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
            lookup.transmit(&mut self.context(&mut cache, &mut random)).ok()?
        } {
            self.tell(&mut lookup, number);
            let received = timeout(next.patience, ask(&self.world, self.host, &next)).await;
            let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
            match received {
                Ok(Ok(bytes)) => {
                    lookup.receive(next.server, &bytes, &mut self.context(&mut cache, &mut random));
                }
                Err(_) => lookup.unanswered(&next, &Trouble::TimedOut),
                Ok(Err(error)) => lookup.unanswered(&next, &Trouble::Unreachable(error.to_string())),
            }
            self.tell(&mut lookup, number);
        }
        let found = lookup.answer(family)?;
        resolved(query, found.as_ref(), Transport::Udp).ok()
    }

    fn tell(&self, lookup: &mut Lookup, number: u64) {
        while let Some(step) = lookup.next_step() {
            // Resolvers read no hosts file; this one is given an empty one.
            if step.layer != Layer::Hosts {
                let (at, node) = (self.world.now(), String::from(scene::RESOLVER_NAME));
                self.told.add(NameStep { at, node, number, step });
            }
        }
    }

    fn context<'a>(&self, cache: &'a mut Cache, random: &'a mut Seeded) -> Context<'a> {
        Context {
            cache,
            now: self.clock.now(),
            random,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use nihao_protocol::clock::UnixTime;

    use super::*;
    use crate::scene::{Distance, Scene, scene};

    /// What A's client finds by the resolver, twice, and how many frames the resolver saw each time.
    fn look_up(silence: Option<Silence>) -> (Vec<String>, Vec<usize>) {
        let Scene { plan, places } = scene(7, &Distance::default());
        let scenario = move |world: World| async move {
            let clock = Clock::fixed(UnixTime(0));
            start(&world, &places, 7, &clock, silence, &Told::default()).unwrap();
            let (mut found, mut took) = (Vec::new(), Vec::new());
            for _ in 0..2 {
                let began = world.now();
                let (mut cache, mut random) = (Cache::default(), Seeded::new(7, "A"));
                let route = Route::Resolvers(vec![SocketAddr::new(scene::RESOLVER.into(), 53)]);
                let mut context = Context {
                    cache: &mut cache,
                    now: clock.now(),
                    random: &mut random,
                };
                let mut lookup = Lookup::new(scene::HOST, &[Family::V4], &route, &Hosts::default(), &mut context);
                while let Some(query) = lookup.transmit(&mut context).unwrap() {
                    match timeout(query.patience, ask(&world, places.a, &query)).await {
                        Ok(bytes) => drop(lookup.receive(query.server, &bytes.unwrap(), &mut context)),
                        Err(_) => lookup.unanswered(&query, &Trouble::TimedOut),
                    }
                }
                found.push(match lookup.outcome().unwrap() {
                    Ok(found) => found.iter().map(|found| found.address.to_string()).collect(),
                    Err(error) => error.to_string(),
                });
                took.push((world.now() - began) as usize / 1000);
            }
            (found, took)
        };
        plan.run(Duration::ZERO, scenario).0
    }

    #[test]
    fn the_resolver_walks_down_from_the_root_and_remembers() {
        let (found, took) = look_up(None);
        assert_eq!(found, [scene::B.to_string(), scene::B.to_string()]);
        assert!(
            took[0] > 90 && took[1] < 5,
            "three servers behind the long wire, then none: {took:?} ms"
        );
    }

    #[test]
    fn what_goes_wrong_is_named() {
        let (found, _) = look_up(Some(Silence::NoSuchName));
        assert!(found[0].contains(scene::HOST), "{found:?}");
        let (found, took) = look_up(Some(Silence::Resolver));
        assert!(
            took[0] > 1000 && !found[0].contains(&scene::B.to_string()),
            "{found:?} {took:?}"
        );
    }
}
