//! DNS: messages read and written again, look-ups whose servers say anything, what is kept as text.

use nihao_protocol::clock::UnixTime;
use nihao_protocol::crypto::Seeded;
use nihao_protocol::dns::{
    Cache, Context, Entry, Family, Hosts, Lookup, MOST_QUERIES, Message, Name, NameServer, Question, Rcode, Record,
    RecordData, RecordType, Route, Transport, Trouble, Zone, wire,
};

use crate::script::Script;

const NOW: UnixTime = UnixTime::from_seconds(1_800_000_000);

pub(crate) fn run(data: &[u8]) {
    let mut script = Script::new(data);
    match script.byte() % 4 {
        0 => message(script.rest()),
        1 => look_up(script, false),
        2 => look_up(script, true),
        _ => text(script.rest()),
    }
}

/// What was read can be written and is read as the same again; a zone answers what it can read, with what can be read.
fn message(bytes: &[u8]) {
    let Ok(read) = wire::decode(bytes) else {
        return;
    };
    let written = wire::encode(&read).expect("what was read can be written");
    let mut again = wire::decode(&written).expect("what was written can be read");
    if matches!(read.rcode, Rcode::Other(_)) {
        again.rcode = read.rcode; // written as SERVFAIL: no server of ours says it
    }
    assert_eq!(again, read);
    if let Some(answer) = zone().answer(bytes, Transport::Udp) {
        assert!(wire::is_answer_to(&written, &answer));
        wire::decode(&answer).expect("our own answer can be read");
    }
}

/// Servers that answer with the script's bytes, or with the zone's answer changed by them: the look-up ends, within its bounds.
fn look_up(mut script: Script<'_>, recursive: bool) {
    let server = NameServer {
        name: Name::parse("a.root").expect("a name"),
        addresses: vec![[10, 0, 0, 1].into()],
    };
    let route = if recursive {
        Route::Recursive(vec![server])
    } else {
        Route::Resolvers(server.sockets().collect())
    };
    let (mut cache, mut random) = (Cache::new(), Seeded::new(7, "fuzz"));
    let mut context = Context {
        cache: &mut cache,
        now: NOW,
        random: &mut random,
    };
    let families = [Family::V6, Family::V4];
    let mut lookup = Lookup::new("www.chat.test", &families, &route, &Hosts::default(), &mut context);
    let mut asked = 0;
    while lookup.outcome().is_none() {
        while let Some(query) = lookup.transmit(&mut context).expect("seeded randomness") {
            asked += 1;
            assert!(asked <= 2 * MOST_QUERIES, "no end");
            let said = answer(&mut script, &query.bytes, query.transport);
            if !lookup.receive(query.server, &said, &mut context) {
                lookup.unanswered(&query, &Trouble::TimedOut);
            }
        }
    }
    while lookup.next_step().is_some() {}
    for entry in cache.entries() {
        assert!(entry.left(NOW).is_some());
        assert_eq!(entry.to_string().parse().as_ref(), Ok(entry));
    }
}

fn answer(script: &mut Script<'_>, query: &[u8], transport: Transport) -> Vec<u8> {
    let mode = script.byte();
    if mode.is_multiple_of(4) {
        // The id and the question are right; the rest is the script's.
        let length = usize::from(script.byte());
        let mut said = query.to_vec();
        for (byte, other) in said.iter_mut().skip(2).take(2).zip(script.bytes(2)) {
            *byte = *other;
        }
        if let Some(flags) = said.get_mut(2) {
            *flags = (*flags | 0x80) & 0x87;
        }
        for (byte, other) in said.iter_mut().skip(6).take(6).zip(script.bytes(6)) {
            *byte = *other;
        }
        said.extend(script.bytes(length));
        return said;
    }
    let mut said = zone().answer(query, transport).unwrap_or_default();
    for _ in 0..mode % 4 {
        let (at, byte) = (script.below(said.len()), script.byte());
        if let Some(place) = said.get_mut(at) {
            *place = byte;
        }
    }
    said
}

fn text(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for line in text.lines() {
        if let Ok(entry) = line.parse::<Entry>() {
            assert_eq!(entry.to_string().parse(), Ok(entry));
        }
        if let Ok(name) = Name::parse(line) {
            assert_eq!(Name::parse(&name.to_string()), Ok(name.clone()));
            assert!(name.upwards().all(|zone| name.is_within(&zone)));
            let _ = Hosts::parse(&text).find(&name);
        }
    }
}

fn zone() -> Zone {
    let name = |text: &str| Name::parse(text).expect("a name");
    let record = |owner: &str, data| Record {
        name: name(owner),
        ttl: 60,
        data,
    };
    let records = vec![
        record("www.chat.test", RecordData::Cname(name("web.chat.test"))),
        record("web.chat.test", RecordData::A([10, 1, 1, 1].into())),
        record("test", RecordData::Ns(name("ns.test"))),
        record("ns.test", RecordData::A([10, 0, 0, 2].into())),
    ];
    Zone::new(Name::root(), 30, records)
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let question = |record_type| Question {
        name: Name::parse("www.chat.test").expect("a name"),
        record_type,
    };
    let query = Message::query(7, question(RecordType::A), true, Some(1232));
    let query = wire::encode(&query).expect("a short message");
    let answer = zone().answer(&query, Transport::Udp).expect("an answer");
    let lines = "1800000060000 chat.test A 10.0.0.1\n1800000060000 test NS ns.test=10.0.0.1=::1 b.test\n\
                 5 www.chat.test CNAME chat.test\n5 gone.test NXDOMAIN\nchat.test\n10.0.0.1 chat.test chat";
    let mut seeds: Vec<Vec<u8>> = [query, answer]
        .iter()
        .map(|bytes| [&[0], bytes.as_slice()].concat())
        .collect();
    for mode in [1, 2] {
        seeds.push(vec![mode]);
        seeds.push([&[mode], [1, 30, 3].repeat(20).as_slice()].concat());
        // AA, one answer: www.chat.test A.
        let record = [0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 10, 1, 1, 1];
        let said = [&[4, 16, 0x84, 0x80, 0, 1, 0, 0, 0, 0], record.as_slice()].concat();
        seeds.push([&[mode], said.repeat(2).as_slice()].concat());
    }
    seeds.push([&[3], lines.as_bytes()].concat());
    seeds
}
