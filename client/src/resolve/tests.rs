//! Look-ups on a network in memory, with the clock standing still between events.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use nihao_protocol::clock::{Clock, UnixTime};
use nihao_protocol::crypto::Seeded;
use nihao_protocol::dns::{Layer, NameServer, Record, RecordData, Verdict, Zone};
use nihao_protocol::net::Entropy;
use tokio::time::Instant;

use super::*;

/// Servers by address: how long they take, and the zone they hold; none at all is silence.
#[derive(Clone, Default)]
struct Net {
    servers: Arc<BTreeMap<SocketAddr, (u64, Option<Zone>)>>,
    hosts: &'static str,
    system: Vec<IpAddr>,
}

impl Ask for Net {
    async fn ask(&self, query: &Query) -> io::Result<Vec<u8>> {
        let Some((delay, zone)) = self.servers.get(&query.server) else {
            return Err(io::ErrorKind::ConnectionRefused.into());
        };
        tokio::time::sleep(Duration::from_millis(*delay)).await;
        match zone {
            Some(zone) => Ok(zone.answer(&query.bytes, query.transport).unwrap_or_default()),
            None => std::future::pending().await,
        }
    }

    async fn ask_system(&self, _: &Name) -> Result<Vec<IpAddr>, String> {
        Ok(self.system.clone())
    }

    fn hosts(&self) -> Hosts {
        Hosts::parse(self.hosts)
    }
}

fn environment() -> Environment {
    let began = Instant::now();
    Environment {
        clock: Clock::new(move || UnixTime(1_800_000_000_000 + u64::try_from(began.elapsed().as_millis()).unwrap())),
        entropy: Entropy::new(|| Box::new(Seeded::new(7, "resolve"))),
    }
}

fn record(name: &str, data: RecordData) -> Record {
    Record {
        name: Name::parse(name).unwrap(),
        ttl: 60,
        data,
    }
}

/// The root at 10.0.0.1, which hands `test` to a dead server and to 10.0.0.3.
fn net() -> Net {
    let name = |text: &str| Name::parse(text).unwrap();
    let root = Zone::new(
        Name::root(),
        30,
        vec![
            record("test", RecordData::Ns(name("a.test"))),
            record("test", RecordData::Ns(name("b.test"))),
            record("a.test", RecordData::A([10, 0, 0, 2].into())),
            record("b.test", RecordData::A([10, 0, 0, 3].into())),
        ],
    );
    let test = Zone::new(
        name("test"),
        30,
        vec![record("chat.test", RecordData::A([10, 1, 1, 1].into()))],
    );
    let at = |last, delay, zone| (SocketAddr::from(([10, 0, 0, last], 53)), (delay, zone));
    Net {
        servers: Arc::new(BTreeMap::from([
            at(1, 20, Some(root)),
            at(2, 0, None),
            at(3, 20, Some(test)),
        ])),
        ..Net::default()
    }
}

fn from_the_root(net: Net) -> Resolver<Net> {
    let root = NameServer {
        name: Name::parse("a.root").unwrap(),
        addresses: vec![[10, 0, 0, 1].into()],
    };
    Resolver::new(net, Route::Recursive(vec![root]), environment())
}

async fn find(resolver: &Resolver<Net>, host: &str) -> (Vec<Step>, Result<Vec<Found>, LookupError>) {
    let (mut finding, mut steps) = (resolver.find(host), Vec::new());
    while let Some(event) = finding.next().await {
        match event {
            Event::Step(step) => steps.push(*step),
            Event::Family(..) => {}
            Event::Ended(outcome) => {
                assert_eq!(finding.next().await, None);
                return (steps, outcome);
            }
        }
    }
    panic!("it ended without an outcome");
}

#[tokio::test(start_paused = true)]
async fn a_dead_server_costs_its_patience_and_the_cache_nothing() {
    let resolver = from_the_root(net());
    let began = Instant::now();
    let (steps, outcome) = find(&resolver, "chat.test").await;
    assert_eq!(outcome.unwrap().len(), 1);
    // Each family draws which of the two servers it begins with: a second for the dead one at most.
    let took = began.elapsed().as_millis();
    assert!(took == 40 || took == 1040, "{took} ms");
    let dead = steps
        .iter()
        .filter(|step| matches!(step.verdict, Verdict::Failed { .. }))
        .count();
    assert_eq!(dead > 0, took == 1040);

    let began = Instant::now();
    let (steps, outcome) = find(&resolver, "chat.test").await;
    assert_eq!((outcome.unwrap().len(), began.elapsed()), (1, Duration::ZERO));
    assert!(steps.iter().all(|step| step.layer == Layer::Cache));

    tokio::time::advance(Duration::from_secs(61)).await;
    let (steps, outcome) = find(&resolver, "chat.test").await;
    assert!(outcome.is_ok() && steps.iter().any(|step| matches!(step.verdict, Verdict::Said { .. })));
}

#[tokio::test(start_paused = true)]
async fn what_is_learnt_is_there_for_the_next_process() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("dns").join("recursive");
    let (resolver, read) = from_the_root(net()).with_store(path.clone());
    read.unwrap();
    let (_, gone) = find(&resolver, "gone.test").await;
    assert!(
        matches!(
            gone,
            Err(LookupError::NameNotFound {
                layer: Layer::Zone(_),
                ..
            })
        ),
        "{gone:?}"
    );
    find(&resolver, "chat.test").await.1.unwrap();
    resolver.keep().unwrap();

    let (next, read) = from_the_root(Net::default()).with_store(path.clone());
    read.unwrap();
    let (_, gone) = find(&next, "gone.test").await;
    assert!(
        matches!(
            gone,
            Err(LookupError::NameNotFound {
                layer: Layer::Cache,
                ..
            })
        ),
        "{gone:?}"
    );
    assert_eq!(find(&next, "chat.test").await.1.unwrap().len(), 1);
    next.forget("chat.test");
    assert!(find(&next, "chat.test").await.1.is_err(), "nobody is there to ask");

    std::fs::write(&path, "nihao dns cache 1\nnonsense\n").unwrap();
    let (fresh, read) = from_the_root(net()).with_store(path.clone());
    assert!(read.unwrap_err().to_string().contains("left aside"));
    find(&fresh, "chat.test").await.1.unwrap();
    fresh.keep().unwrap();
    assert!(Store::at(path).load().is_ok());
}

#[tokio::test(start_paused = true)]
async fn the_hosts_file_and_the_system_have_their_turn() {
    let system = vec![IpAddr::from([10, 5, 5, 5])];
    let hosts = "10.4.4.4 listed.test";
    let net = Net {
        system,
        hosts,
        ..Net::default()
    };
    let resolver = Resolver::new(net, Route::System, environment());
    let address = |found: Result<Vec<Found>, LookupError>| found.unwrap()[0].address.to_string();
    assert_eq!(address(find(&resolver, "listed.test").await.1), "10.4.4.4");
    let (steps, found) = find(&resolver, "chat.test").await;
    assert_eq!(address(found), "10.5.5.5");
    let layers: Vec<_> = steps.iter().map(|step| step.layer.clone()).collect();
    let [cache, hosts, system] = [Layer::Cache, Layer::Hosts, Layer::System];
    let both = [cache.clone(), hosts.clone(), cache, hosts, system.clone(), system];
    assert_eq!(layers, both);
}

#[tokio::test(start_paused = true)]
async fn every_step_can_be_said_in_a_line() {
    let resolver = from_the_root(net());
    let (steps, _) = find(&resolver, "chat.test").await;
    let lines: Vec<_> = steps.iter().map(told::step).collect();
    for part in [
        "application cache: chat.test A: miss: never asked",
        "hosts file: chat.test A: miss: not in it",
        "root: chat.test A? to a.root at 10.0.0.1:53 over UDP (1 s to answer)",
        "root: 10.0.0.1:53 says: ask those who serve test: a.test at 10.0.0.2, b.test at 10.0.0.3 (TTL 60 s)",
        "zone test: 10.0.0.3:53 says: chat.test: 10.1.1.1 (TTL 60 s)",
        "zone test: 10.0.0.3:53 says: chat.test: no address of this family (TTL 30 s)",
    ] {
        assert!(lines.iter().any(|line| line == part), "{part} is not in {lines:#?}");
    }
}
