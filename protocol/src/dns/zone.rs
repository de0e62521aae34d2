//! The other side: what a server says that holds a zone, or that answers with what it found out for somebody.

use super::answer::{Answer, Known, LONGEST_CHAIN};
use super::message::{Message, Rcode, Record, RecordData, RecordType};
use super::name::Name;
use super::wire::{self, BadMessage};
use super::{LARGEST_DATAGRAM, LookupError, Transport};

/// The records of one zone, those by which it hands zones below to others included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    origin: Name,
    start: Record,
    records: Vec<Record>,
}

impl Zone {
    /// A zone with these records besides its start. NS records of a name below `origin` hand that zone to others; the
    /// addresses of their servers, where they are among the records, go along as glue.
    #[must_use]
    pub fn new(origin: Name, negative_ttl: u32, records: Vec<Record>) -> Self {
        let start = Record {
            name: origin.clone(),
            ttl: negative_ttl,
            data: RecordData::Soa {
                serial: 1,
                minimum: negative_ttl,
            },
        };
        Self { origin, start, records }
    }

    /// Where it begins.
    #[must_use]
    pub const fn origin(&self) -> &Name {
        &self.origin
    }

    /// The answer to a query as it came over `transport`, ready to send; nothing to what is no query.
    #[must_use]
    pub fn answer(&self, query: &[u8], transport: Transport) -> Option<Vec<u8>> {
        let query = wire::decode(query).ok().filter(|message| !message.is_answer)?;
        fit(&self.reply(&query), &query, transport).ok()
    }

    /// The answer to a query as a message.
    #[must_use]
    pub fn reply(&self, query: &Message) -> Message {
        let mut last = query.question.name.clone();
        if !last.is_within(&self.origin) {
            return query.answer(Rcode::Refused);
        }
        let mut message = query.answer(Rcode::NoError);
        message.authoritative = true;
        let wanted = query.question.record_type;
        while last.is_within(&self.origin) && message.answers.len() < LONGEST_CHAIN {
            if let Some(child) = self.delegated(&last) {
                self.refer(&child, &mut message);
                return message;
            }
            let own: Vec<&Record> = self.of(&last).collect();
            let found = own.iter().filter(|record| record.data.record_type() == wanted);
            let found: Vec<Record> = found.map(|record| (*record).clone()).collect();
            if !found.is_empty() {
                message.answers.extend(found);
                return message;
            }
            if wanted == RecordType::Soa && last == self.origin {
                message.answers.push(self.start.clone());
                return message;
            }
            let alias = own.into_iter().find_map(|record| match &record.data {
                RecordData::Cname(target) => Some((record.clone(), target.clone())),
                _ => None,
            });
            let Some((record, target)) = alias else {
                if !self.has(&last) {
                    message.rcode = Rcode::NxDomain;
                }
                message.authorities.push(self.start.clone());
                return message;
            };
            message.answers.push(record);
            last = target;
        }
        message
    }

    fn of<'a>(&'a self, name: &'a Name) -> impl Iterator<Item = &'a Record> {
        self.records.iter().filter(move |record| record.name == *name)
    }

    /// Whether the name is there, if only since others below it are (RFC 8020 §2).
    fn has(&self, name: &Name) -> bool {
        *name == self.origin || self.records.iter().any(|record| record.name.is_within(name))
    }

    /// The zone around `name` that others serve.
    fn delegated(&self, name: &Name) -> Option<Name> {
        let cuts = name.upwards().take_while(|zone| *zone != self.origin);
        cuts.filter(|zone| self.of(zone).any(|record| matches!(record.data, RecordData::Ns(_))))
            .last()
    }

    fn refer(&self, child: &Name, message: &mut Message) {
        message.authoritative = !message.answers.is_empty();
        for record in self.of(child) {
            let RecordData::Ns(server) = &record.data else {
                continue;
            };
            message.authorities.push(record.clone());
            let glue = self.of(server).filter(|record| record.data.address().is_some());
            message.additionals.extend(glue.cloned());
        }
    }
}

/// What a resolver answers with what it found out, or could not: ready to send.
///
/// # Errors
/// [`BadMessage`] where it is too much for one message.
pub fn resolved(
    query: &Message,
    found: Result<&Answer, &LookupError>,
    transport: Transport,
) -> Result<Vec<u8>, BadMessage> {
    let mut message = query.answer(match found {
        Ok(Answer {
            known: Known::NoSuchName,
            ..
        }) => Rcode::NxDomain,
        Ok(_) => Rcode::NoError,
        Err(_) => Rcode::ServFail,
    });
    message.recursion_available = true;
    if let Ok(answer) = found {
        let aliases = answer.aliases.iter().map(|alias| Record {
            name: alias.name.clone(),
            ttl: alias.ttl,
            data: RecordData::Cname(alias.target.clone()),
        });
        let ttl = answer.ttl.unwrap_or_default();
        let addresses = answer.addresses().iter().map(|address| Record {
            name: answer.name.clone(),
            ttl,
            data: (*address).into(),
        });
        message.answers = aliases.chain(addresses).collect();
        // The start of the zone is not known here any more; what is known is how long this may be kept.
        if let (true, Some(minimum)) = (answer.addresses().is_empty(), answer.ttl) {
            message.authorities.push(Record {
                name: answer.name.clone(),
                ttl: minimum,
                data: RecordData::Soa { serial: 0, minimum },
            });
        }
    }
    fit(&message, query, transport)
}

/// The message as it goes over `transport`: cut to the question, with TC, where a datagram is too small for it.
fn fit(message: &Message, query: &Message, transport: Transport) -> Result<Vec<u8>, BadMessage> {
    let whole = wire::encode(message)?;
    // RFC 6891 §6.2.3: without EDNS it is 512 bytes, and never less.
    let most = query.edns.map_or(512, |takes| takes.clamp(512, LARGEST_DATAGRAM));
    if transport == Transport::Tcp || whole.len() <= usize::from(most) {
        return Ok(whole);
    }
    wire::encode(&Message {
        truncated: true,
        answers: Vec::new(),
        authorities: Vec::new(),
        additionals: Vec::new(),
        ..message.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dns::{Family, Question};

    fn zone() -> Zone {
        let records = "www CNAME web\nweb A 10.0.0.1\nmail.deep A 10.0.0.2\nout CNAME a.example\n\
                       sub NS ns.sub\nns.sub A 10.0.0.53\nlame NS ns.example";
        let name = |text: &str| Name::parse(&format!("{text}.test")).unwrap();
        let record = |line: &str| {
            let words: Vec<_> = line.split(' ').collect();
            let target = || {
                let inside = !words[2].ends_with("example");
                if inside {
                    name(words[2])
                } else {
                    words[2].parse().unwrap()
                }
            };
            Record {
                name: name(words[0]),
                ttl: 60,
                data: match words[1] {
                    "A" => RecordData::A(words[2].parse().unwrap()),
                    "NS" => RecordData::Ns(target()),
                    _ => RecordData::Cname(target()),
                },
            }
        };
        Zone::new("test".parse().unwrap(), 30, records.lines().map(record).collect())
    }

    fn asked(name: &str, family: Family) -> Message {
        let question = Question {
            name: name.parse().unwrap(),
            record_type: family.record_type(),
        };
        zone().reply(&Message::query(1, question, false, None))
    }

    #[test]
    fn each_question_has_the_answer_that_its_zone_gives() {
        let shape = |name, family| {
            let said = asked(name, family);
            let counts = (said.answers.len(), said.authorities.len(), said.additionals.len());
            (said.rcode, said.authoritative, counts)
        };
        assert_eq!(shape("web.test", Family::V4), (Rcode::NoError, true, (1, 0, 0)));
        assert_eq!(shape("www.test", Family::V4), (Rcode::NoError, true, (2, 0, 0)));
        assert_eq!(
            shape("www.test", Family::V6),
            (Rcode::NoError, true, (1, 1, 0)),
            "no data"
        );
        assert_eq!(
            shape("out.test", Family::V4),
            (Rcode::NoError, true, (1, 0, 0)),
            "elsewhere"
        );
        assert_eq!(
            shape("deep.test", Family::V4),
            (Rcode::NoError, true, (0, 1, 0)),
            "others below it"
        );
        assert_eq!(shape("gone.test", Family::V4), (Rcode::NxDomain, true, (0, 1, 0)));
        assert_eq!(
            shape("a.sub.test", Family::V4),
            (Rcode::NoError, false, (0, 1, 1)),
            "referral"
        );
        assert_eq!(
            shape("ns.sub.test", Family::V4),
            (Rcode::NoError, false, (0, 1, 1)),
            "glue is no answer"
        );
        assert_eq!(
            shape("lame.test", Family::V4),
            (Rcode::NoError, false, (0, 1, 0)),
            "no glue"
        );
        assert_eq!(shape("a.example", Family::V4), (Rcode::Refused, false, (0, 0, 0)));
    }

    #[test]
    fn what_does_not_fit_a_datagram_is_cut_and_comes_over_tcp() {
        let name: Name = "many.test".parse().unwrap();
        let address = |last| Record {
            name: name.clone(),
            ttl: 60,
            data: RecordData::A([10, 0, 0, last].into()),
        };
        let zone = Zone::new("test".parse().unwrap(), 30, (0..60).map(address).collect());
        let question = Question {
            name: name.clone(),
            record_type: RecordType::A,
        };
        let answer = |edns, transport| {
            let query = wire::encode(&Message::query(1, question.clone(), false, edns)).unwrap();
            wire::decode(&zone.answer(&query, transport).unwrap()).unwrap()
        };
        assert!(answer(None, Transport::Udp).truncated);
        assert_eq!(answer(None, Transport::Tcp).answers.len(), 60);
        assert_eq!(answer(Some(4096), Transport::Udp).answers.len(), 60);
        assert_eq!(zone.answer(&[0; 12], Transport::Udp), None);
    }
}
