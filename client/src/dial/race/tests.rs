//! Races on a network in memory, to the millisecond.

use std::collections::BTreeMap;
use std::sync::Arc;

use nihao_protocol::dns::{Hosts, Name, Query, Record, RecordData, Route, Zone, wire};
use nihao_protocol::net::Environment;
use tokio::io::DuplexStream;

use super::*;

/// How an address behaves: after so many ms it accepts, refuses, or (nothing) never says a word.
#[derive(Clone, Copy)]
enum Way {
    Accepts(u64),
    Refuses(u64),
    Silent,
}

#[derive(Clone)]
struct Net {
    /// After how many ms the resolver tells the addresses of each family.
    resolver: [u64; 2],
    ways: Arc<BTreeMap<IpAddr, Way>>,
}

impl Ask for Net {
    async fn ask(&self, query: &Query) -> io::Result<Vec<u8>> {
        let record = |address: &IpAddr| Record {
            name: Name::parse("chat.test").unwrap(),
            ttl: 60,
            data: RecordData::from(*address),
        };
        let zone = Zone::new(Name::root(), 30, self.ways.keys().map(record).collect());
        let message = wire::decode(&query.bytes).unwrap();
        let six = message.question.record_type == Family::V6.record_type();
        tokio::time::sleep(Duration::from_millis(self.resolver[usize::from(!six)])).await;
        Ok(zone.answer(&query.bytes, query.transport).unwrap())
    }

    async fn ask_system(&self, _: &Name) -> Result<Vec<IpAddr>, String> {
        Ok(self.ways.keys().copied().collect())
    }

    fn hosts(&self) -> Hosts {
        Hosts::default()
    }
}

impl Sockets for Net {
    type Stream = DuplexStream;

    async fn connect(&self, to: SocketAddr) -> io::Result<DuplexStream> {
        let (after, stream) = match self.ways.get(&to.ip()) {
            Some(Way::Accepts(after)) => (*after, Ok(tokio::io::duplex(64).0)),
            Some(Way::Refuses(after)) => (*after, Err(io::ErrorKind::ConnectionRefused.into())),
            Some(Way::Silent) => std::future::pending().await,
            None => return Err(io::ErrorKind::NetworkUnreachable.into()),
        };
        tokio::time::sleep(Duration::from_millis(after)).await;
        stream
    }

    fn ends(_: &DuplexStream) -> Option<(SocketAddr, SocketAddr)> {
        None
    }
}

/// What was told, when, and how it ended.
async fn race(
    resolver: [u64; 2],
    ways: &[(&str, Way)],
    route: Route,
) -> (Vec<(u128, DialStep)>, Result<u128, DialError>) {
    let ways = ways
        .iter()
        .map(|(address, way)| (address.parse().unwrap(), *way))
        .collect();
    let net = Net {
        resolver,
        ways: Arc::new(ways),
    };
    let dial = Resolving::new(net.clone(), Resolver::new(net, route, Environment::system()));
    let (began, mut told) = (Instant::now(), Vec::new());
    let tell = &mut |step| told.push((began.elapsed().as_millis(), step));
    let ended = dial.dial_telling("chat.test", 1, tell).await;
    let ended = ended.map(|_| began.elapsed().as_millis());
    told.retain(|(_, step)| !matches!(step, DialStep::Lookup(_)));
    (told, ended)
}

fn resolvers() -> Route {
    Route::Resolvers(vec!["10.0.0.1:53".parse().unwrap()])
}

fn tries(told: &[(u128, DialStep)]) -> Vec<(u128, String)> {
    let tries = told.iter().filter_map(|(at, step)| match step {
        DialStep::Trying { address } => Some((*at, address.ip().to_string())),
        _ => None,
    });
    tries.collect()
}

const SIX: &str = "fd00::1";
const FOUR: &str = "10.1.1.1";

#[tokio::test(start_paused = true)]
async fn ipv4_waits_a_little_for_ipv6_and_not_for_long() {
    let both = [(SIX, Way::Accepts(5)), (FOUR, Way::Accepts(5))];
    let (told, ended) = race([10, 10], &both, resolvers()).await;
    assert_eq!((tries(&told), ended.unwrap()), (vec![(10, SIX.into())], 15));
    let (told, ended) = race([40, 10], &both, resolvers()).await;
    assert_eq!(
        (tries(&told), ended.unwrap()),
        (vec![(40, SIX.into())], 45),
        "within 50 ms"
    );
    let (told, ended) = race([500, 10], &both, resolvers()).await;
    assert_eq!(
        (tries(&told), ended.unwrap()),
        (vec![(60, FOUR.into())], 65),
        "too late"
    );
    let (told, ended) = race([10, 500], &both, resolvers()).await;
    assert_eq!(
        (tries(&told), ended.unwrap()),
        (vec![(10, SIX.into())], 15),
        "IPv6 need not wait"
    );
    let (told, ended) = race([10, 500], &both[1..], resolvers()).await;
    assert_eq!(
        (tries(&told), ended.unwrap()),
        (vec![(500, FOUR.into())], 505),
        "there is no IPv6"
    );
}

#[tokio::test(start_paused = true)]
async fn a_silent_address_holds_the_next_up_for_a_quarter_of_a_second() {
    let ways = [(SIX, Way::Silent), (FOUR, Way::Accepts(5))];
    let (told, ended) = race([0, 0], &ways, resolvers()).await;
    assert_eq!(
        (tries(&told), ended.unwrap()),
        (vec![(0, SIX.into()), (250, FOUR.into())], 255)
    );
    let late = [(SIX, Way::Refuses(5)), (FOUR, Way::Accepts(5))];
    let (told, ended) = race([0, 90], &late, resolvers()).await;
    assert_eq!(
        (tries(&told), ended.unwrap()),
        (vec![(0, SIX.into()), (90, FOUR.into())], 95)
    );
}

#[tokio::test(start_paused = true)]
async fn of_several_failures_the_first_address_is_told() {
    let ways = [
        (SIX, Way::Silent),
        (FOUR, Way::Refuses(5)),
        ("10.1.1.2", Way::Refuses(5)),
    ];
    let (told, ended) = race([0, 0], &ways, resolvers()).await;
    assert!(
        matches!(ended, Err(DialError::TimedOut { address, seconds: 10 }) if address.is_ipv6()),
        "{ended:?}"
    );
    assert_eq!(tries(&told).len(), 3);
    let (_, ended) = race([0, 0], &[], resolvers()).await;
    assert!(matches!(ended, Err(DialError::Lookup { .. })), "{ended:?}");
}

#[tokio::test(start_paused = true)]
async fn the_systems_order_stands_but_families_take_turns() {
    let ways = [
        (FOUR, Way::Silent),
        ("10.1.1.2", Way::Silent),
        (SIX, Way::Silent),
        ("fd00::2", Way::Accepts(1)),
    ];
    let (told, ended) = race([0, 0], &ways, Route::System).await;
    let order = [(0, FOUR), (250, SIX), (500, "10.1.1.2"), (750, "fd00::2")];
    let order: Vec<_> = order.map(|(at, address)| (at, String::from(address))).to_vec();
    assert_eq!((tries(&told), ended.unwrap()), (order, 751));
    let DialStep::Found { addresses, .. } = &told[0].1 else {
        panic!("{told:?}");
    };
    assert_eq!(addresses.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn addresses_that_nobody_answers_at_are_forgotten() {
    let ways = [(FOUR, Way::Refuses(1))].map(|(address, way)| (address.parse().unwrap(), way));
    let net = Net {
        resolver: [10, 10],
        ways: Arc::new(BTreeMap::from(ways)),
    };
    let dial = Resolving::new(net.clone(), Resolver::new(net, resolvers(), Environment::system()));
    for _ in 0..2 {
        let began = Instant::now();
        assert!(matches!(dial.dial("chat.test", 1).await, Err(DialError::Refused(_))));
        assert_eq!(began.elapsed().as_millis(), 11, "asked each time");
    }
}
