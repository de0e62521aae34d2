//! A small world of servers in memory.

use std::collections::BTreeMap;

use super::super::*;
use crate::crypto::Seeded;
use crate::dns::message::{Rcode, Record, RecordData};
use crate::dns::{Zone, resolved};

pub(super) const START: UnixTime = UnixTime::from_seconds(1_800_000_000);
pub(super) const BOTH: [Family; 2] = [Family::V6, Family::V4];

/// What stands at an address.
pub(super) enum Server {
    Zone(Zone),
    Silent,
    Absent,
    Says(Rcode),
    /// Knows no EDNS.
    Old(Zone),
    /// Answers with this for every name.
    Resolver(Result<Answer, LookupError>),
    /// Anything between a right answer and noise.
    Broken(Zone, Seeded),
}

pub(super) struct World {
    pub(super) servers: BTreeMap<IpAddr, Server>,
    pub(super) cache: Cache,
    pub(super) now: UnixTime,
    pub(super) random: Seeded,
    pub(super) asked: Vec<Query>,
    pub(super) steps: Vec<Step>,
}

pub(super) fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

/// `OWNER TYPE DATA` a line.
pub(super) fn zone(origin: &str, lines: &str) -> Zone {
    let record = |line: &str| {
        let words: Vec<_> = line.split_whitespace().collect();
        Record {
            name: name(words[0]),
            ttl: 60,
            data: match words[1] {
                "NS" => RecordData::Ns(name(words[2])),
                "CNAME" => RecordData::Cname(name(words[2])),
                _ => words[2].parse::<IpAddr>().unwrap().into(),
            },
        }
    };
    Zone::new(
        name(origin),
        30,
        lines
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .map(record)
            .collect(),
    )
}

impl World {
    /// The root at 10.0.0.1, `test` at 10.0.0.2, `example` at 10.0.0.3, `chat.test` at 10.0.0.4.
    pub(super) fn new() -> Self {
        let mut world = Self {
            servers: BTreeMap::new(),
            cache: Cache::new(),
            now: START,
            random: Seeded::new(7, "lookup"),
            asked: Vec::new(),
            steps: Vec::new(),
        };
        world.put(
            "10.0.0.1",
            Server::Zone(zone(
                ".",
                "test NS ns.test\n ns.test A 10.0.0.2\n example NS ns.example\n ns.example A 10.0.0.3",
            )),
        );
        world.put(
            "10.0.0.2",
            Server::Zone(zone(
                "test",
                "chat.test NS ns.chat.test\n ns.chat.test A 10.0.0.4\n
                 far.test NS ns.far.example\n
                 bent.test NS ns.bent.test\n
                 two.test NS a.two.test\n two.test NS b.two.test\n a.two.test A 10.0.0.8\n b.two.test A 10.0.0.9",
            )),
        );
        world.put(
            "10.0.0.3",
            Server::Zone(zone(
                "example",
                "ns.far.example A 10.0.0.5\n www.example CNAME www.chat.test",
            )),
        );
        let chat = "www.chat.test CNAME web.chat.test\n web.chat.test A 10.1.1.1\n web.chat.test A 10.1.1.2\n
             web.chat.test AAAA fd00::1\n four.chat.test A 10.1.1.4\n
             one.chat.test CNAME two.example\n loop.chat.test CNAME loop.chat.test";
        world.put("10.0.0.4", Server::Zone(zone("chat.test", chat)));
        world.put("10.0.0.5", Server::Zone(zone("far.test", "www.far.test A 10.1.1.5")));
        world
    }

    pub(super) fn put(&mut self, address: &str, server: Server) {
        self.servers.insert(address.parse().unwrap(), server);
    }

    pub(super) fn recursive() -> Route {
        Route::Recursive(vec![NameServer {
            name: name("a.root"),
            addresses: vec!["10.0.0.1".parse().unwrap()],
        }])
    }

    pub(super) fn find(&mut self, host: &str, route: &Route, hosts: &str) -> Result<Vec<Found>, LookupError> {
        self.asked.clear();
        self.steps.clear();
        let hosts = Hosts::parse(hosts);
        let mut context = Context {
            cache: &mut self.cache,
            now: self.now,
            random: &mut self.random,
        };
        let mut lookup = Lookup::new(host, &BOTH, route, &hosts, &mut context);
        for _ in 0..500 {
            while let Some(query) = lookup.transmit(&mut context).unwrap() {
                self.asked.push(query.clone());
                answer(&mut lookup, &query, &mut self.servers, &mut context);
            }
            self.steps.extend(std::iter::from_fn(|| lookup.next_step()));
            if let Some(outcome) = lookup.outcome() {
                return outcome;
            }
        }
        panic!("the look-up does not end");
    }

    pub(super) fn walk(&mut self, host: &str) -> Result<Vec<Found>, LookupError> {
        self.find(host, &Self::recursive(), "")
    }

    pub(super) fn addresses(&mut self, host: &str) -> Vec<String> {
        let found = self.walk(host).unwrap();
        found.iter().map(|found| found.address.to_string()).collect()
    }
}

fn answer(lookup: &mut Lookup, query: &Query, servers: &mut BTreeMap<IpAddr, Server>, context: &mut Context<'_>) {
    let message = wire::decode(&query.bytes).unwrap();
    let said = match servers.get_mut(&query.server.ip()) {
        None | Some(Server::Absent) => {
            return lookup.unanswered(query, &Trouble::Unreachable("no route".into()));
        }
        Some(Server::Silent) => return lookup.unanswered(query, &Trouble::TimedOut),
        Some(Server::Zone(zone)) => zone.answer(&query.bytes, query.transport).unwrap(),
        Some(Server::Says(rcode)) => wire::encode(&message.answer(*rcode)).unwrap(),
        Some(Server::Old(_)) if message.edns.is_some() => {
            let mut refused = message.answer(Rcode::FormErr);
            refused.edns = None;
            wire::encode(&refused).unwrap()
        }
        Some(Server::Old(zone)) => zone.answer(&query.bytes, query.transport).unwrap(),
        Some(Server::Resolver(known)) => {
            assert!(message.recursion_desired);
            resolved(&message, known.as_ref(), query.transport).unwrap()
        }
        Some(Server::Broken(zone, random)) => {
            let mut said = zone.answer(&query.bytes, query.transport).unwrap();
            let mut draw = [0; 4];
            random.fill(&mut draw).unwrap();
            let at = 2 + usize::from(draw[0]) % (said.len() - 2);
            said[at] = draw[1];
            said.truncate(said.len() - usize::from(draw[2] & 3));
            said
        }
    };
    if !lookup.receive(query.server, &said, context) {
        lookup.unanswered(query, &Trouble::TimedOut);
    }
}
