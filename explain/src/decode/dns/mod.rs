//! DNS messages (RFC 1035): header, questions, records, byte for byte.

mod name;
mod record;

use super::fields::{Fields, Stop, big_endian};
use crate::event::{Note, Protocol};
use crate::texts;
use name::name;
use record::{class_name, record, type_name};

const SECTIONS: [(&str, &str); 4] = [
    ("question count", "question"),
    ("answer count", "answer"),
    ("authority count", "authority"),
    ("additional count", "additional"),
];

/// The bit TC.
const TRUNCATED: u64 = 0x0200;

/// Reads a message with its length before it, as it comes over TCP.
pub(super) fn framed(fields: &mut Fields<'_>) -> Result<(), Stop> {
    let length = fields.number("length", 2)?;
    fields.explain(&texts::DNS_TCP_LENGTH);
    fields.layer(
        (Protocol::Dns, "message"),
        usize::try_from(length).unwrap_or(usize::MAX),
        message,
    );
    Ok(())
}

/// Reads a message.
pub(super) fn message(fields: &mut Fields<'_>) -> Result<(), Stop> {
    let start = fields.at();
    fields.number("id", 2)?;
    fields.explain(&texts::DNS_ID);
    let flags = flags(fields)?;
    let mut counts = [0; 4];
    for (count, (name, _)) in counts.iter_mut().zip(SECTIONS) {
        *count = fields.number(name, 2)?;
    }
    let is_answer = flags & 0x8000 != 0;
    let mut asked = String::new();
    let (mut told, mut refers) = (Vec::new(), false);
    for (count, (_, section)) in counts.into_iter().zip(SECTIONS) {
        for _ in 0..count {
            if fields.left() == 0 {
                fields.about(Note::with(&texts::CUT_SHORT, section));
                return Err(Stop);
            }
            let length = fields.left();
            let part = part_length(fields.rest(), section == "question").unwrap_or(length);
            let read = fields.layer((Protocol::Dns, section), part, |part| match section {
                "question" => question(part, start),
                _ => record(part, start),
            });
            let text = read.ok_or(Stop)?;
            match section {
                "question" => asked = text,
                "answer" => told.push(text),
                "authority" => refers |= text.split(' ').nth(1) == Some("NS"),
                _ => {}
            }
        }
    }
    explain(fields, flags, told.len() as u64, refers);
    fields.what(match is_answer {
        false => format!("{asked}?"),
        true if told.is_empty() && flags & TRUNCATED != 0 => format!("{asked}: TC"),
        true if told.is_empty() => format!("{asked}: {}", response_code(flags & 0x0f).unwrap_or("no answer")),
        true => told.join(", "),
    });
    Ok(())
}

fn flags(fields: &mut Fields<'_>) -> Result<u64, Stop> {
    const BITS: [(&str, u8); 10] = [
        ("QR", 1),
        ("opcode", 4),
        ("AA", 1),
        ("TC", 1),
        ("RD", 1),
        ("RA", 1),
        ("Z", 1),
        ("AD", 1),
        ("CD", 1),
        ("RCODE", 4),
    ];
    let flags = fields.bits("flags", &BITS)?;
    fields.meaning("QR", if flags & 0x8000 == 0 { "query" } else { "response" });
    if let Some(name) = response_code(flags & 0x0f) {
        fields.meaning("RCODE", name);
    }
    fields.explain(&texts::DNS_FLAGS);
    Ok(flags)
}

fn explain(fields: &mut Fields<'_>, flags: u64, answers: u64, refers: bool) {
    let recursion = flags & 0x0100 != 0;
    if flags & 0x8000 == 0 {
        fields.why(&texts::DNS_QUERY);
        fields.why(if recursion {
            &texts::DNS_RECURSION
        } else {
            &texts::DNS_ITERATIVE
        });
    } else {
        // RFC 2308 §2.2: with nothing of this type comes the zone's start, if anything does; with a referral its servers.
        fields.why(match (flags & 0x0f, answers) {
            (0, _) if flags & TRUNCATED != 0 => &texts::DNS_TRUNCATED,
            (3, _) => &texts::DNS_NXDOMAIN,
            (0, 0) if refers => &texts::DNS_REFERRAL,
            (0, 0) => &texts::DNS_NO_DATA,
            (0, _) => &texts::DNS_ANSWER,
            _ => &texts::DNS_FAILED,
        });
    }
    fields.why(&texts::DNS_CLEAR);
}

/// How many bytes a question or record takes; nothing if it is cut.
fn part_length(bytes: &[u8], is_question: bool) -> Option<usize> {
    let name = name::length(bytes)?;
    if is_question {
        return Some(name.saturating_add(4));
    }
    let length = bytes.get(name.saturating_add(8)..name.saturating_add(10))?;
    let length = usize::try_from(big_endian(length)).ok()?;
    Some(name.saturating_add(10).saturating_add(length))
}

fn question(fields: &mut Fields<'_>, start: usize) -> Result<String, Stop> {
    let name = name(fields, start, "name")?;
    let kind = fields.named("type", 2, type_name)?;
    fields.explain(&texts::DNS_TYPE);
    fields.named("class", 2, class_name)?;
    let kind = type_name(kind).map_or_else(|| format!("TYPE{kind}"), str::to_owned);
    fields.what(format!("{name} {kind}"));
    Ok(format!("{name} {kind}"))
}

const fn response_code(code: u64) -> Option<&'static str> {
    match code {
        0 => Some("NOERROR"),
        1 => Some("FORMERR"),
        2 => Some("SERVFAIL"),
        3 => Some("NXDOMAIN"),
        4 => Some("NOTIMP"),
        5 => Some("REFUSED"),
        _ => None,
    }
}
