//! Messages on the wire: the one importer of hickory-proto.

use hickory_proto::op::{Edns, Message as WireMessage, MessageType, OpCode, Query, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA, CNAME, NS, SOA};
use hickory_proto::rr::{DNSClass, Name as WireName, RData, Record as WireRecord, RecordType as WireType};

use super::message::{Message, Question, Rcode, Record, RecordData, RecordType};
use super::name::Name;
use crate::wire::Reader;

/// The header's length in bytes (RFC 1035 §4.1.1).
const HEADER: usize = 12;
/// Bytes after the question's name: type and class.
const TYPE_AND_CLASS: usize = 4;

/// The bytes are no DNS message, or none that is used here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no DNS message: {0}")]
pub struct BadMessage(
    /// What is wrong with them.
    pub String,
);

/// Reads one message.
///
/// Records of other types than are used here, of other classes, and with names that are none of [`Name`] are left out.
///
/// # Errors
/// [`BadMessage`] where it cannot be taken apart, does not ask exactly one thing, or is neither a query nor an answer to one.
pub fn decode(bytes: &[u8]) -> Result<Message, BadMessage> {
    let bad = |what: &str| BadMessage(what.into());
    // The number of questions is looked at first: memory would be set aside for as many as the header claims.
    if field(bytes, 4) != Some(1) {
        return Err(bad("it does not have exactly one question"));
    }
    let wire = WireMessage::from_vec(bytes).map_err(|error| BadMessage(error.to_string()))?;
    if wire.metadata.op_code != OpCode::Query {
        return Err(bad("it is no query and no answer to one"));
    }
    let [query] = wire.queries.as_slice() else {
        return Err(bad("it does not have exactly one question"));
    };
    if query.query_class != DNSClass::IN {
        return Err(bad("its question is not of class IN"));
    }
    Ok(Message {
        id: wire.metadata.id,
        is_answer: wire.metadata.message_type == MessageType::Response,
        authoritative: wire.metadata.authoritative,
        truncated: wire.metadata.truncation,
        recursion_desired: wire.metadata.recursion_desired,
        recursion_available: wire.metadata.recursion_available,
        rcode: rcode(wire.metadata.response_code),
        question: Question {
            name: name(&query.name).ok_or_else(|| bad("its question is about no host's name"))?,
            record_type: record_type(query.query_type),
        },
        answers: wire.answers.iter().filter_map(record).collect(),
        authorities: wire.authorities.iter().filter_map(record).collect(),
        additionals: wire.additionals.iter().filter_map(record).collect(),
        edns: wire.edns.as_ref().map(Edns::max_payload),
    })
}

/// The message as it goes over the wire.
///
/// # Errors
/// [`BadMessage`] where there is too much in it for one message.
pub fn encode(message: &Message) -> Result<Vec<u8>, BadMessage> {
    let kind = if message.is_answer {
        MessageType::Response
    } else {
        MessageType::Query
    };
    let mut wire = WireMessage::new(message.id, kind, OpCode::Query);
    wire.metadata.authoritative = message.authoritative;
    wire.metadata.truncation = message.truncated;
    wire.metadata.recursion_desired = message.recursion_desired;
    wire.metadata.recursion_available = message.recursion_available;
    wire.metadata.response_code = wire_rcode(message.rcode);
    let mut query = Query::query(
        wire_name(&message.question.name)?,
        wire_type(message.question.record_type),
    );
    query.set_query_class(DNSClass::IN);
    wire.add_query(query);
    wire.answers = records(&message.answers)?;
    wire.authorities = records(&message.authorities)?;
    wire.additionals = records(&message.additionals)?;
    if let Some(largest) = message.edns {
        let mut edns = Edns::new();
        edns.set_max_payload(largest);
        wire.set_edns(edns);
    }
    wire.to_vec().map_err(|error| BadMessage(error.to_string()))
}

/// Whether `answer` is one to `query` by its id and question; what else is in it is not looked at (RFC 5452 §9.1).
#[must_use]
pub fn is_answer_to(query: &[u8], answer: &[u8]) -> bool {
    let same = || -> Option<bool> {
        let flags = field(answer, 2)?;
        let question = query.get(HEADER..question_end(query)?)?;
        let echoed = answer.get(HEADER..)?.get(..question.len())?;
        let is_query_answered = flags & 0x8000 != 0 && flags & 0x7800 == 0; // QR is 1, OPCODE is 0
        Some(
            is_query_answered
                && field(query, 0) == field(answer, 0)
                && field(answer, 4) == Some(1)
                && echoed.eq_ignore_ascii_case(question),
        )
    };
    same().unwrap_or(false)
}

/// Where the question of a message that we wrote ends: it is never compressed.
fn question_end(query: &[u8]) -> Option<usize> {
    let mut reader = Reader::new(query.get(HEADER..)?, "DNS question");
    let mut end = HEADER;
    loop {
        let label = usize::from(reader.u8().ok()?);
        reader.take(label).ok()?;
        end = end.checked_add(label)?.checked_add(1)?;
        if label == 0 {
            return end.checked_add(TYPE_AND_CLASS);
        }
    }
}

fn field(bytes: &[u8], at: usize) -> Option<u16> {
    let (two, _) = bytes.get(at..)?.split_first_chunk()?;
    Some(u16::from_be_bytes(*two))
}

fn record(wire: &WireRecord) -> Option<Record> {
    if wire.dns_class != DNSClass::IN {
        return None;
    }
    let data = match &wire.data {
        RData::A(address) => RecordData::A(address.0),
        RData::AAAA(address) => RecordData::Aaaa(address.0),
        RData::CNAME(target) => RecordData::Cname(name(&target.0)?),
        RData::NS(server) => RecordData::Ns(name(&server.0)?),
        RData::SOA(soa) => RecordData::Soa {
            serial: soa.serial,
            minimum: ttl(soa.minimum),
        },
        _ => return None,
    };
    Some(Record {
        name: name(&wire.name)?,
        ttl: ttl(wire.ttl),
        data,
    })
}

/// RFC 2181 §8: one with the highest bit set is zero.
const fn ttl(wire: u32) -> u32 {
    if wire > i32::MAX as u32 { 0 } else { wire }
}

fn records(records: &[Record]) -> Result<Vec<WireRecord>, BadMessage> {
    records
        .iter()
        .map(|record| {
            let owner = wire_name(&record.name)?;
            let data = match &record.data {
                RecordData::A(address) => RData::A(A(*address)),
                RecordData::Aaaa(address) => RData::AAAA(AAAA(*address)),
                RecordData::Cname(target) => RData::CNAME(CNAME(wire_name(target)?)),
                RecordData::Ns(server) => RData::NS(NS(wire_name(server)?)),
                RecordData::Soa { serial, minimum } => RData::SOA(start_of_zone(&owner, *serial, *minimum)?),
            };
            Ok(WireRecord::from_rdata(owner, record.ttl, data))
        })
        .collect()
}

/// The fields that only a zone's secondaries read are fixed: refresh, retry and expire as RIPE-203 has them.
fn start_of_zone(owner: &WireName, serial: u32, minimum: u32) -> Result<SOA, BadMessage> {
    let mailbox = owner
        .prepend_label("hostmaster")
        .map_err(|error| BadMessage(error.to_string()))?;
    Ok(SOA::new(
        owner.clone(),
        mailbox,
        serial,
        86_400,
        7_200,
        3_600_000,
        minimum,
    ))
}

fn name(wire: &WireName) -> Option<Name> {
    Name::from_labels(wire.iter())
}

fn wire_name(name: &Name) -> Result<WireName, BadMessage> {
    let mut wire =
        WireName::from_labels(name.labels().map(str::as_bytes)).map_err(|error| BadMessage(error.to_string()))?;
    wire.set_fqdn(true);
    Ok(wire)
}

fn record_type(wire: WireType) -> RecordType {
    match wire {
        WireType::A => RecordType::A,
        WireType::AAAA => RecordType::Aaaa,
        WireType::CNAME => RecordType::Cname,
        WireType::NS => RecordType::Ns,
        WireType::SOA => RecordType::Soa,
        other => RecordType::Other(other.into()),
    }
}

fn wire_type(own: RecordType) -> WireType {
    match own {
        RecordType::A => WireType::A,
        RecordType::Aaaa => WireType::AAAA,
        RecordType::Cname => WireType::CNAME,
        RecordType::Ns => WireType::NS,
        RecordType::Soa => WireType::SOA,
        RecordType::Other(number) => number.into(),
    }
}

fn rcode(wire: ResponseCode) -> Rcode {
    match u16::from(wire) {
        0 => Rcode::NoError,
        1 => Rcode::FormErr,
        2 => Rcode::ServFail,
        3 => Rcode::NxDomain,
        4 => Rcode::NotImp,
        5 => Rcode::Refused,
        other => Rcode::Other(other),
    }
}

const fn wire_rcode(own: Rcode) -> ResponseCode {
    match own {
        Rcode::NoError => ResponseCode::NoError,
        Rcode::FormErr => ResponseCode::FormErr,
        Rcode::NxDomain => ResponseCode::NXDomain,
        Rcode::NotImp => ResponseCode::NotImp,
        Rcode::Refused => ResponseCode::Refused,
        Rcode::ServFail | Rcode::Other(_) => ResponseCode::ServFail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{Random as _, Seeded};

    fn question(text: &str) -> Question {
        Question {
            name: Name::parse(text).unwrap(),
            record_type: RecordType::Aaaa,
        }
    }

    fn answer() -> Message {
        let query = Message::query(7, question("www.chat.test"), true, Some(1232));
        let at = |text: &str, data| Record {
            name: Name::parse(text).unwrap(),
            ttl: 60,
            data,
        };
        let mut answer = query.answer(Rcode::NoError);
        answer.authoritative = true;
        answer.answers = vec![
            at("www.chat.test", RecordData::Cname(Name::parse("chat.test").unwrap())),
            at("chat.test", RecordData::Aaaa("2001:db8::1".parse().unwrap())),
        ];
        answer.authorities = vec![
            at("chat.test", RecordData::Ns(Name::parse("ns.chat.test").unwrap())),
            at("chat.test", RecordData::Soa { serial: 1, minimum: 5 }),
        ];
        answer.additionals = vec![at("ns.chat.test", RecordData::A([192, 0, 2, 1].into()))];
        answer
    }

    #[test]
    fn what_is_written_is_read_again() {
        let query = Message::query(7, question("chat.test"), true, Some(1232));
        assert_eq!(decode(&encode(&query).unwrap()).unwrap(), query);
        assert_eq!(decode(&encode(&answer()).unwrap()).unwrap(), answer());
        let root = Message::query(0, question("."), false, None);
        assert_eq!(
            encode(&root).unwrap(),
            [0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 28, 0, 1],
            "as in RFC 1035 §4.1"
        );
    }

    #[test]
    fn an_answer_is_known_by_its_id_its_flags_and_its_question() {
        let query = encode(&Message::query(7, question("www.chat.test"), true, Some(1232))).unwrap();
        let good = encode(&answer()).unwrap();
        assert!(is_answer_to(&query, &good));
        let mut shouted = good.clone();
        shouted[12..25].make_ascii_uppercase();
        assert!(is_answer_to(&query, &shouted), "DNS does not tell case apart");
        for at in 0..31 {
            let mut other = good.clone();
            other[at] ^= 0x02;
            // AA, RD, RA, Z and RCODE, and the counts of the other sections, are not looked at.
            let matters = !matches!(at, 2 | 3 | 6..=11);
            assert_eq!(is_answer_to(&query, &other), !matters, "byte {at}");
        }
        for bit in [0x80, 0x40, 0x20, 0x10, 0x08] {
            let mut other = good.clone();
            other[2] ^= bit;
            assert!(!is_answer_to(&query, &other), "flag {bit:#x}");
        }
        assert!(!is_answer_to(&query, &query), "a query is no answer");
        for length in 0..31 {
            assert!(!is_answer_to(&query, &good[..length]), "{length} bytes");
        }
    }

    #[test]
    fn hostile_bytes_are_refused_and_never_more() {
        let good = encode(&answer()).unwrap();
        for length in 0..good.len() {
            assert!(decode(&good[..length]).is_err(), "{length} bytes");
        }
        let mut random = Seeded::new(5, "mutations");
        for _ in 0..20_000 {
            let mut draw = [0; 3];
            random.fill(&mut draw).unwrap();
            let mut bad = good.clone();
            let at = usize::from(draw[0]) % bad.len();
            bad[at] = draw[1];
            bad.truncate(bad.len().saturating_sub(usize::from(draw[2] % 4)));
            if let Ok(read) = decode(&bad) {
                assert!(encode(&read).is_ok(), "{read:?}");
            }
        }
        let mut many = good;
        many[4..6].copy_from_slice(&[0xff, 0xff]);
        assert!(decode(&many).is_err());
        let mut spins = encode(&Message::query(7, question("chat.test"), true, None)).unwrap();
        spins[12..14].copy_from_slice(&[0xc0, 12]);
        assert!(decode(&spins).is_err(), "a name that points to itself");
    }

    #[test]
    fn records_that_are_not_used_here_are_left_out() {
        // One TXT, one A of class CH, one A whose owner has a dot in its label, and one of ours.
        let mut bytes = encode(&Message::query(7, question("a"), true, None)).unwrap();
        bytes[2] |= 0x80;
        bytes[7] = 4;
        for (owner, kind, class, data) in [
            (&b"\x01a\0"[..], 16, 1, &b"\x02hi"[..]),
            (b"\x01a\0", 1, 3, &[1, 2, 3, 4]),
            (b"\x03a.b\0", 1, 1, &[1, 2, 3, 4]),
            (b"\x01A\0", 1, 1, &[1, 2, 3, 4]),
        ] {
            bytes.extend(owner);
            bytes.extend([0, kind, 0, class, 0x80, 0, 0, 9, 0, u8::try_from(data.len()).unwrap()]);
            bytes.extend(data);
        }
        let read = decode(&bytes).unwrap();
        let ours = Record {
            name: Name::parse("a").unwrap(),
            ttl: 0, // with its highest bit set it is none
            data: RecordData::A([1, 2, 3, 4].into()),
        };
        assert_eq!(read.answers, [ours]);
    }
}
