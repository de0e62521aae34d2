//! Whole look-ups in a small world of servers in memory.

mod world;

use super::*;
use crate::crypto::Seeded;
use crate::dns::message::{Message, Rcode, Record, RecordData};
use crate::dns::root_servers;

use world::{BOTH, START, Server, World, name, zone};

#[test]
fn from_the_root_down_and_the_second_time_from_the_cache() {
    let mut world = World::new();
    assert_eq!(world.addresses("www.chat.test"), ["fd00::1", "10.1.1.1", "10.1.1.2"]);
    let order: Vec<_> = world.asked.iter().map(|query| query.server.ip().to_string()).collect();
    assert_eq!(order.len(), 6, "three servers for each family: {order:?}");
    assert!(world.asked.iter().all(|query| query.transport == Transport::Udp));
    let layers: Vec<_> = world.steps.iter().map(|step| &step.layer).collect();
    assert_eq!(layers[..2], [&Layer::Cache, &Layer::Hosts]);
    assert!(layers.contains(&&Layer::Zone(name("chat.test"))));

    world.now = START.plus_seconds(20);
    let again = world.walk("WWW.chat.test.").unwrap();
    assert!(world.asked.is_empty(), "{:?}", world.asked);
    assert!(again.iter().all(|found| found.ttl == Some(40)));
    let known = |step: &Step| matches!(&step.verdict, Verdict::Hit(answer) if answer.ttl == Some(40));
    assert!(world.steps.iter().all(|step| step.layer == Layer::Cache && known(step)));

    // Another name of the same zone: its servers are known.
    world.addresses("four.chat.test");
    assert_eq!(world.asked.len(), 2);

    world.now = START.plus_seconds(60);
    world.addresses("www.chat.test");
    assert_eq!(world.asked.len(), 6, "everything has ended");
    let ended = |step: &Step| step.verdict == Verdict::Miss(crate::dns::Miss::Expired(0));
    assert!(world.steps.iter().any(ended));
}

#[test]
fn an_alias_into_another_zone_begins_where_that_zone_is_known() {
    let mut world = World::new();
    assert_eq!(world.addresses("www.example").len(), 3);
    assert_eq!(
        world.walk("loop.chat.test"),
        Err(LookupError::LoopInChain {
            name: name("loop.chat.test")
        })
    );
    world.put(
        "10.0.0.3",
        Server::Zone(zone("example", "two.example CNAME one.chat.test")),
    );
    let circle = world.walk("two.example");
    assert_eq!(
        circle,
        Err(LookupError::LoopInChain {
            name: name("two.example")
        })
    );
}

#[test]
fn a_server_without_an_address_is_looked_up_first() {
    let mut world = World::new();
    assert_eq!(world.addresses("www.far.test"), ["10.1.1.5"]);
    let needed = |step: &Step| step.verdict == Verdict::NeedsServer(name("ns.far.example"));
    assert!(world.steps.iter().any(needed));

    let bent = world.walk("www.bent.test");
    assert_eq!(
        bent,
        Err(LookupError::NoServer {
            zone: name("bent.test")
        }),
        "its server is inside of it"
    );
}

#[test]
fn that_something_is_not_there_is_kept_too() {
    let mut world = World::new();
    let gone = LookupError::NameNotFound {
        name: name("gone.chat.test"),
        layer: Layer::Zone(name("chat.test")),
    };
    assert_eq!(world.walk("gone.chat.test"), Err(gone.clone()));
    assert!(!world.asked.is_empty());
    world.now = START.plus_seconds(29);
    let kept = world.walk("gone.chat.test");
    assert!(
        matches!(
            kept,
            Err(LookupError::NameNotFound {
                layer: Layer::Cache,
                ..
            })
        ),
        "{kept:?}"
    );
    assert!(world.asked.is_empty());
    world.now = START.plus_seconds(30);
    assert_eq!(world.walk("gone.chat.test"), Err(gone));
    assert!(!world.asked.is_empty());

    world.put(
        "10.0.0.4",
        Server::Zone(zone("chat.test", "deep.bare.chat.test A 10.1.1.9")),
    );
    let bare = world.walk("bare.chat.test");
    assert!(matches!(bare, Err(LookupError::NoAddress { .. })), "{bare:?}");
}

#[test]
fn the_next_server_helps_where_one_is_dead_lame_or_unwilling() {
    let good = || Server::Zone(zone("two.test", "www.two.test A 10.1.1.6"));
    for bad in [
        Server::Silent,
        Server::Absent,
        Server::Says(Rcode::ServFail),
        Server::Says(Rcode::Refused),
        Server::Zone(zone("elsewhere.test", "")),
        Server::Zone(zone(".", "test NS ns.test\n ns.test A 10.0.0.2")),
    ] {
        let mut world = World::new();
        world.put("10.0.0.8", bad);
        world.put("10.0.0.9", good());
        assert_eq!(world.addresses("www.two.test"), ["10.1.1.6"]);
    }
    let mut world = World::new();
    let upwards = || Server::Zone(zone(".", "test NS ns.test\n ns.test A 10.0.0.2"));
    world.put("10.0.0.8", upwards());
    world.put("10.0.0.9", upwards());
    let lame = world.walk("www.two.test");
    assert!(
        matches!(&lame, Err(LookupError::Lame { zone, .. }) if *zone == name("two.test")),
        "{lame:?}"
    );
}

#[test]
fn silent_servers_are_asked_more_patiently_and_not_for_ever() {
    let resolvers = ["10.0.0.8:53", "10.0.0.9:5353"].map(|text| text.parse().unwrap());
    let route = Route::Resolvers(resolvers.to_vec());
    let mut world = World::new();
    world.put("10.0.0.8", Server::Silent);
    world.put("10.0.0.9", Server::Silent);
    let outcome = world.find("chat.test", &route, "");
    let servers = resolvers.to_vec();
    assert_eq!(outcome, Err(LookupError::TimedOut { servers }));
    let of_one: Vec<_> = world
        .asked
        .iter()
        .step_by(1)
        .map(|query| query.patience.as_secs())
        .collect();
    assert_eq!(of_one.len(), 12, "two servers, three rounds, two families");
    assert_eq!(of_one.iter().sum::<u64>(), 4 * (1 + 2 + 4));
    assert_eq!(world.cache.entries().count(), 0);

    world.put("10.0.0.9", Server::Says(Rcode::ServFail));
    let (server, rcode) = (resolvers[1], Rcode::ServFail);
    let failed = world.find("chat.test", &route, "");
    assert_eq!(failed, Err(LookupError::ServerFailure { server, rcode }));
    world.put("10.0.0.8", Server::Absent);
    world.put("10.0.0.9", Server::Absent);
    let cut_off = world.find("chat.test", &route, "");
    assert!(matches!(cut_off, Err(LookupError::Unreachable { server, .. }) if server == resolvers[1]));
}

#[test]
fn a_resolver_is_asked_to_ask_others() {
    let route = Route::Resolvers(vec!["10.0.0.8:53".parse().unwrap()]);
    let known = |addresses: &[&str]| Answer {
        aliases: vec![],
        name: name("chat.test"),
        known: Known::Addresses(addresses.iter().map(|text| text.parse().unwrap()).collect()),
        ttl: Some(9),
    };
    let mut world = World::new();
    world.put("10.0.0.8", Server::Resolver(Ok(known(&["10.1.1.1", "fd00::1"]))));
    assert_eq!(world.find("chat.test", &route, "").unwrap().len(), 2);
    assert_eq!(world.asked.len(), 2);
    let error = LookupError::NoServer { zone: Name::root() };
    world.put("10.0.0.8", Server::Resolver(Err(error)));
    assert_eq!(
        world.find("chat.test", &route, "").unwrap().len(),
        2,
        "the cache still knows"
    );
    assert!(matches!(
        world.find("b.test", &route, ""),
        Err(LookupError::ServerFailure { .. })
    ));
}

#[test]
fn too_long_an_answer_comes_over_tcp_and_old_servers_are_asked_without_edns() {
    let mut lines: String = (0..100)
        .map(|last| format!("many.chat.test A 10.2.0.{last}\n"))
        .collect();
    lines.push_str("four.chat.test A 10.1.1.4");
    let mut world = World::new();
    world.put("10.0.0.4", Server::Zone(zone("chat.test", &lines)));
    assert_eq!(world.addresses("many.chat.test").len(), 100);
    let over_tcp: Vec<_> = world
        .asked
        .iter()
        .filter(|query| query.transport == Transport::Tcp)
        .collect();
    assert_eq!(over_tcp.len(), 1);
    assert_eq!(over_tcp[0].patience, TCP_PATIENCE);

    world.put("10.0.0.4", Server::Old(zone("chat.test", &lines)));
    assert_eq!(world.addresses("four.chat.test"), ["10.1.1.4"]);
    let without = |step: &Step| matches!(step.verdict, Verdict::WithoutEdns { .. });
    assert!(world.steps.iter().any(without));
}

#[test]
fn what_does_not_answer_a_query_is_passed_over() {
    let mut world = World::new();
    let route = Route::Resolvers(vec!["10.0.0.8:53".parse().unwrap()]);
    let mut context = Context {
        cache: &mut world.cache,
        now: START,
        random: &mut world.random,
    };
    let mut lookup = Lookup::new("chat.test", &[Family::V4], &route, &Hosts::default(), &mut context);
    let query = lookup.transmit(&mut context).unwrap().unwrap();
    let said = |id_change: u16, name: &str, address: [u8; 4]| {
        let mut message = wire::decode(&query.bytes).unwrap();
        message.id ^= id_change;
        message.question.name = name.parse().unwrap();
        let mut answer = message.answer(Rcode::NoError);
        answer.recursion_available = true;
        answer.answers.push(Record {
            name: name.parse().unwrap(),
            ttl: 60,
            data: RecordData::A(address.into()),
        });
        wire::encode(&answer).unwrap()
    };
    let server = query.server;
    let wrong = "10.0.0.66:53".parse().unwrap();
    assert!(
        !lookup.receive(server, &said(1, "chat.test", [6; 4]), &mut context),
        "another id"
    );
    assert!(
        !lookup.receive(server, &said(0, "bank.test", [6; 4]), &mut context),
        "another name"
    );
    assert!(
        !lookup.receive(wrong, &said(0, "chat.test", [6; 4]), &mut context),
        "another server"
    );
    assert!(!lookup.receive(server, &query.bytes, &mut context), "the query itself");
    assert_eq!(lookup.outcome(), None);
    assert!(lookup.receive(server, &said(0, "chat.test", [10, 1, 1, 1]), &mut context));
    assert!(
        !lookup.receive(server, &said(0, "chat.test", [6; 4]), &mut context),
        "too late"
    );
    let found = lookup.outcome().unwrap().unwrap();
    assert_eq!(found[0].address.to_string(), "10.1.1.1");
}

#[test]
fn what_nobody_need_be_asked_is_known_at_once() {
    let mut world = World::new();
    let mut find = |host: &str| {
        let outcome = world.find(host, &Route::Recursive(root_servers()), "10.9.9.9 listed.test listed");
        assert!(world.asked.is_empty());
        let found = outcome.map(|found| found.iter().map(|one| one.address.to_string()).collect::<Vec<_>>());
        found.map(|found| found.join(" "))
    };
    assert_eq!(find("10.1.2.3").as_deref(), Ok("10.1.2.3"));
    assert_eq!(find("[::1]").as_deref(), Ok("::1"));
    assert_eq!(find("localhost").as_deref(), Ok("::1 127.0.0.1"));
    assert_eq!(find("a.localhost.").as_deref(), Ok("::1 127.0.0.1"));
    assert_eq!(find("Listed").as_deref(), Ok("10.9.9.9"));
    for nobody in ["a.invalid", "x.onion"] {
        assert!(matches!(
            find(nobody),
            Err(LookupError::NameNotFound {
                layer: Layer::Special,
                ..
            })
        ));
    }
    for bad in ["", ".", "您好.test", "a b"] {
        assert_eq!(find(bad), Err(LookupError::BadName(bad.into())));
    }
}

#[test]
fn the_system_keeps_its_order_and_is_asked_again_after_a_minute() {
    let mut world = World::new();
    let told: [IpAddr; 3] = ["10.1.1.1", "fd00::1", "10.1.1.2"].map(|text| text.parse().unwrap());
    let mut find = |now: UnixTime, said: Option<Result<&[IpAddr], String>>| {
        let mut context = Context {
            cache: &mut world.cache,
            now,
            random: &mut world.random,
        };
        let mut lookup = Lookup::new("chat.test", &BOTH, &Route::System, &Hosts::default(), &mut context);
        assert_eq!(lookup.transmit(&mut context).unwrap(), None);
        assert_eq!(lookup.asks_system().is_some(), said.is_some());
        if let Some(said) = said {
            lookup.system_said(said, &mut context);
        }
        lookup.outcome().unwrap()
    };
    let addresses = |found: Result<Vec<Found>, LookupError>| -> Vec<_> {
        found.unwrap().into_iter().map(|found| found.address).collect()
    };
    let failed = find(START, Some(Err("out of order".into())));
    assert!(matches!(failed, Err(LookupError::System { .. })));
    let gone = find(START, Some(Ok(&[])));
    assert!(matches!(
        gone,
        Err(LookupError::NameNotFound {
            layer: Layer::System,
            ..
        })
    ));
    assert_eq!(addresses(find(START, Some(Ok(&told)))), told);
    assert_eq!(addresses(find(START.plus_seconds(59), None)).len(), 3);
    assert_eq!(addresses(find(START.plus_seconds(60), Some(Ok(&told)))), told);
}

#[test]
fn servers_that_say_anything_at_all_cannot_keep_a_look_up_from_ending() {
    for seed in 0..300 {
        let mut world = World::new();
        let servers = std::mem::take(&mut world.servers);
        for (address, server) in servers {
            let Server::Zone(zone) = server else { continue };
            let random = Seeded::new(seed, &address.to_string());
            world.servers.insert(address, Server::Broken(zone, random));
        }
        for host in ["www.chat.test", "www.far.test", "www.example", "gone.two.test"] {
            let _ = world.walk(host);
            assert!(world.asked.len() <= 2 * usize::try_from(MOST_QUERIES).unwrap());
        }
    }
}

#[test]
fn the_same_seed_asks_the_same_bytes() {
    let run = || {
        let mut world = World::new();
        world.walk("www.far.test").unwrap();
        world.asked
    };
    assert_eq!(run(), run());
    let ids: std::collections::BTreeSet<_> = run().iter().map(|query| query.bytes[..2].to_vec()).collect();
    assert_eq!(ids.len(), run().len(), "each query has an id of its own");
    let Message { question, .. } = wire::decode(&run()[0].bytes).unwrap();
    assert_eq!(question.name, name("www.far.test"));
}
