//! What is kept, for how long, and how it is written down.

use super::*;

const START: UnixTime = UnixTime::from_seconds(1_800_000_000);

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn at(address: &str) -> Kept {
    let address = address.parse().unwrap();
    let family = if Family::V4.holds(address) {
        Family::V4
    } else {
        Family::V6
    };
    Kept::Addresses(family, vec![address])
}

fn ttl(cached: &Cached) -> Option<u32> {
    match cached {
        Cached::Hit(answer) => answer.ttl,
        Cached::Miss { .. } => None,
    }
}

#[test]
fn what_is_kept_ends_when_it_should() {
    let mut cache = Cache::new();
    cache.keep(&name("chat.test"), at("10.0.0.1"), 60, START);
    let find = |seconds| cache.find(&name("chat.test"), Family::V4, START.plus_seconds(seconds));
    assert_eq!(ttl(&find(0)), Some(60));
    assert_eq!(ttl(&find(59)), Some(1));
    let miss = |why| Cached::Miss {
        aliases: vec![],
        name: name("chat.test"),
        why,
    };
    assert_eq!(find(60), miss(Miss::Expired(0)));
    assert_eq!(find(75), miss(Miss::Expired(15)));
    let six = cache.find(&name("chat.test"), Family::V6, START);
    assert_eq!(six, miss(Miss::NoEntry));
}

#[test]
fn times_have_bounds_at_both_ends() {
    let mut cache = Cache::new();
    cache.keep(&name("a"), at("10.0.0.1"), 0, START);
    cache.keep(&name("b"), at("10.0.0.1"), u32::MAX, START);
    cache.keep(&name("c"), Kept::NoSuchName, u32::MAX, START);
    let find = |text| cache.find(&name(text), Family::V4, START);
    assert_eq!(ttl(&find("a")), None);
    assert_eq!(ttl(&find("b")), Some(LONGEST_TTL));
    assert_eq!(ttl(&find("c")), Some(LONGEST_NEGATIVE_TTL));
    // The clock was set back by years: what was learnt then holds for nobody knows how long.
    let before = cache.find(&name("b"), Family::V4, UnixTime::from_seconds(1));
    assert!(matches!(before, Cached::Miss { .. }));
}

#[test]
fn aliases_are_followed_and_the_shortest_time_counts() {
    let mut cache = Cache::new();
    cache.keep(&name("www.test"), Kept::Alias(name("web.test")), 30, START);
    cache.keep(&name("web.test"), at("::1"), 60, START);
    let Cached::Hit(answer) = cache.find(&name("www.test"), Family::V6, START) else {
        panic!("not found");
    };
    assert_eq!((answer.name, answer.ttl), (name("web.test"), Some(30)));
    assert_eq!(answer.aliases.len(), 1);
    let four = cache.find(&name("www.test"), Family::V4, START);
    assert!(matches!(four, Cached::Miss { name: at, .. } if at == name("web.test")));

    cache.keep(&name("web.test"), Kept::Alias(name("www.test")), 60, START);
    let circle = cache.find(&name("www.test"), Family::V4, START);
    assert!(matches!(circle, Cached::Miss { aliases, .. } if aliases.len() == LONGEST_CHAIN));
}

#[test]
fn the_newest_that_is_known_of_a_name_stands() {
    let mut cache = Cache::new();
    cache.keep(&name("chat.test"), at("10.0.0.1"), 60, START);
    cache.keep(&name("chat.test"), Kept::NoSuchName, 60, START);
    let known = |cache: &Cache| match cache.find(&name("chat.test"), Family::V4, START) {
        Cached::Hit(answer) => Some(answer.known),
        Cached::Miss { .. } => None,
    };
    assert_eq!(known(&cache), Some(Known::NoSuchName));
    cache.keep(&name("chat.test"), Kept::NoAddress(Family::V4), 60, START);
    assert_eq!(known(&cache), Some(Known::NoAddress));
    assert_eq!(cache.entries().count(), 1);
    cache.forget(&name("chat.test"), START);
    assert_eq!((known(&cache), cache.entries().count()), (None, 0));
}

#[test]
fn the_deepest_known_zone_is_where_a_walk_begins() {
    let mut cache = Cache::new();
    let server = |text: &str| NameServer {
        name: name(text),
        addresses: vec![],
    };
    cache.keep(&name("test"), Kept::Delegation(vec![server("ns.test")]), 600, START);
    cache.keep(
        &name("chat.test"),
        Kept::Delegation(vec![server("ns.chat.test")]),
        60,
        START,
    );
    let zone = |seconds| {
        let now = START.plus_seconds(seconds);
        cache.delegation(&name("www.chat.test"), now).map(|found| found.0)
    };
    assert_eq!(zone(0), Some(name("chat.test")));
    assert_eq!(zone(60), Some(name("test")));
    assert_eq!(zone(600), None);
}

#[test]
fn the_number_is_bounded_and_what_ends_soonest_goes() {
    let mut cache = Cache::new();
    cache.keep(&name("brief"), at("10.0.0.1"), 5, START);
    for number in 0..MOST_ENTRIES {
        cache.keep(&name(&format!("n{number}")), at("10.0.0.1"), 60, START);
    }
    assert_eq!(cache.entries().count(), MOST_ENTRIES);
    assert_eq!(ttl(&cache.find(&name("brief"), Family::V4, START)), None);
    assert_eq!(ttl(&cache.find(&name("n0"), Family::V4, START)), Some(60));
}

#[test]
fn entries_are_written_and_read_as_lines() {
    let lines = [
        "1800000000000 chat.test A 10.0.0.1 10.0.0.2",
        "1800000000000 chat.test AAAA ::1",
        "5 chat.test no-A",
        "5 chat.test no-AAAA",
        "5 www.chat.test CNAME chat.test",
        "5 gone.test NXDOMAIN",
        "5 . NS a.root=10.0.0.1=::1 b.root",
    ];
    for line in lines {
        let entry: Entry = line.parse().unwrap();
        assert_eq!(entry.to_string(), line);
    }
    for bad in [
        "",
        "x chat.test NXDOMAIN",
        "5 chat.test A",
        "5 chat.test A ::1",
        "5 chat.test A 10.0.0.1 ",
        "5 chat.test CNAME",
        "5 chat.test CNAME a b",
        "5 . NS a=x",
        "5 a NXDOMAIN more",
    ] {
        assert!(bad.parse::<Entry>().is_err(), "{bad}");
    }
}
