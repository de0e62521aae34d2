//! What is believed of a message, and what is not.

use super::*;
use crate::dns::Question;

fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

/// `OWNER TTL TYPE DATA`
fn record(text: &str) -> Record {
    let words: Vec<_> = text.split(' ').collect();
    let data = match words[2] {
        "CNAME" => RecordData::Cname(name(words[3])),
        "NS" => RecordData::Ns(name(words[3])),
        "SOA" => RecordData::Soa {
            serial: 1,
            minimum: words[3].parse().unwrap(),
        },
        _ => words[3].parse::<IpAddr>().unwrap().into(),
    };
    Record {
        name: name(words[0]),
        ttl: words[1].parse().unwrap(),
        data,
    }
}

fn message(rcode: Rcode, answers: &[&str], authorities: &[&str], additionals: &[&str]) -> Message {
    let question = Question {
        name: name("www.chat.test"),
        record_type: Family::V4.record_type(),
    };
    let all = |list: &[&str]| list.iter().map(|text| record(text)).collect();
    Message {
        authoritative: true,
        recursion_available: true,
        answers: all(answers),
        authorities: all(authorities),
        additionals: all(additionals),
        ..Message::query(1, question, false, None).answer(rcode)
    }
}

fn from_zone(zone: &str, message: &Message) -> Result<Reply, Trouble> {
    read(message, &name("www.chat.test"), Family::V4, &Asked::Zone(name(zone)))
}

#[test]
fn addresses_and_aliases_of_the_zone_are_believed_and_others_are_not() {
    let said = message(
        Rcode::NoError,
        &[
            "www.chat.test 30 CNAME web.chat.test",
            "web.chat.test 60 A 10.0.0.1",
            "web.chat.test 50 A 10.0.0.2",
            "bank.test 99 A 10.6.6.6",
        ],
        &[],
        &[],
    );
    let Ok(Reply::Known { aliases, known, ttl }) = from_zone("chat.test", &said) else {
        panic!("not believed");
    };
    assert_eq!((aliases.len(), ttl), (1, Some(50)));
    let addresses = ["10.0.0.1", "10.0.0.2"].map(|text| text.parse().unwrap());
    assert_eq!(known, Known::Addresses(addresses.to_vec()));

    let abroad = message(
        Rcode::NoError,
        &["www.chat.test 30 CNAME www.bank.test", "www.bank.test 60 A 10.6.6.6"],
        &[],
        &[],
    );
    assert!(matches!(from_zone("chat.test", &abroad), Ok(Reply::Alias(aliases)) if aliases.len() == 1));
    let resolved = read(&abroad, &name("www.chat.test"), Family::V4, &Asked::Resolver);
    assert!(matches!(
        resolved,
        Ok(Reply::Known {
            known: Known::Addresses(_),
            ..
        })
    ));

    let unasked = message(Rcode::NoError, &["bank.test 99 A 10.6.6.6"], &[], &[]);
    assert!(
        matches!(
            from_zone("chat.test", &unasked),
            Ok(Reply::Known {
                known: Known::NoAddress,
                ttl: None,
                ..
            })
        ),
        "an answer for another name is none"
    );
}

#[test]
fn what_is_not_there_is_kept_for_as_long_as_the_zone_says() {
    let ttl_of = |said: &Message| match from_zone("chat.test", said) {
        Ok(Reply::Known { known, ttl, .. }) => (known, ttl),
        other => panic!("{other:?}"),
    };
    let gone = message(Rcode::NxDomain, &[], &["chat.test 600 SOA 40"], &[]);
    assert_eq!(ttl_of(&gone), (Known::NoSuchName, Some(40)));
    let none = message(Rcode::NoError, &[], &["chat.test 30 SOA 40"], &[]);
    assert_eq!(ttl_of(&none), (Known::NoAddress, Some(30)));
    let foreign = message(Rcode::NxDomain, &[], &["bank.test 600 SOA 40"], &[]);
    assert_eq!(ttl_of(&foreign), (Known::NoSuchName, None));
    let bare = message(Rcode::NoError, &[], &[], &[]);
    assert_eq!(ttl_of(&bare), (Known::NoAddress, None));
    let dangling = message(
        Rcode::NxDomain,
        &["www.chat.test 30 CNAME gone.chat.test"],
        &["chat.test 600 SOA 40"],
        &[],
    );
    assert!(matches!(
        from_zone("chat.test", &dangling),
        Ok(Reply::Known { aliases, known: Known::NoSuchName, .. }) if aliases.len() == 1
    ));
}

#[test]
fn a_referral_leads_down_and_its_glue_stays_in_the_zone() {
    let mut said = message(
        Rcode::NoError,
        &[],
        &[
            "chat.test 600 NS ns.chat.test",
            "chat.test 500 NS ns.elsewhere.example",
            "chat.test 600 NS ns.chat.test",
            "bank.test 600 NS ns.chat.test",
        ],
        &[
            "ns.chat.test 600 A 10.0.0.53",
            "ns.chat.test 600 AAAA ::53",
            "ns.elsewhere.example 600 A 10.6.6.6",
        ],
    );
    said.authoritative = false;
    let Ok(Reply::Referral { zone, servers, ttl }) = from_zone("test", &said) else {
        panic!("no referral");
    };
    assert_eq!((zone, ttl, servers.len()), (name("chat.test"), 500, 2));
    assert_eq!(servers[0].addresses.len(), 2);
    assert!(servers[1].addresses.is_empty(), "test may not speak of example");
    assert_eq!(from_zone("chat.test", &said), Err(Trouble::Lame), "in a circle");

    let mut upwards = message(Rcode::NoError, &[], &[". 600 NS a.root"], &["a.root 600 A 10.0.0.1"]);
    upwards.authoritative = false;
    assert_eq!(from_zone("chat.test", &upwards), Err(Trouble::Lame));
}

#[test]
fn servers_that_do_not_hold_the_zone_are_told_apart() {
    let mut said = message(Rcode::NoError, &["www.chat.test 60 A 10.0.0.1"], &[], &[]);
    said.authoritative = false;
    assert_eq!(from_zone("chat.test", &said), Err(Trouble::Lame));
    for rcode in [Rcode::ServFail, Rcode::Refused, Rcode::Other(23)] {
        let said = message(rcode, &["www.chat.test 60 A 10.0.0.1"], &[], &[]);
        assert_eq!(from_zone("chat.test", &said), Err(Trouble::Rcode(rcode)));
    }
    let mut closed = message(Rcode::NoError, &[], &[". 600 NS a.root"], &[]);
    closed.authoritative = false;
    closed.recursion_available = false;
    let asked = read(&closed, &name("www.chat.test"), Family::V4, &Asked::Resolver);
    assert_eq!(asked, Err(Trouble::NotRecursive));
}

#[test]
fn circles_end() {
    let circle = message(
        Rcode::NoError,
        &[
            "www.chat.test 30 CNAME a.test",
            "a.test 30 CNAME b.test",
            "b.test 30 CNAME www.chat.test",
        ],
        &[],
        &[],
    );
    let asked = read(&circle, &name("www.chat.test"), Family::V4, &Asked::Resolver);
    assert_eq!(asked, Err(Trouble::Circle));
}
