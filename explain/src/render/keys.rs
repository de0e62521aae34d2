//! The key agreement and the key schedule as a tree in lines: each secret beneath the one it is made of.

use super::json;
use super::paint::{Ink, Look};
use crate::event::{Account, Agreement, Flow, Made, Making, Protocol, Schedule};
use crate::texts;

/// Those of every connection that has them.
pub(super) fn keys(account: &Account, look: &Look) -> String {
    let mut text = String::new();
    for (index, flow) in account.flows.iter().enumerate() {
        if let Some(schedule) = &flow.schedule {
            text += "\n";
            text += &of_flow(index, flow, schedule, look);
        }
    }
    text
}

fn of_flow(index: usize, flow: &Flow, schedule: &Schedule, look: &Look) -> String {
    let suite = flow.tls.as_ref().and_then(|agreed| agreed.suite);
    let suite = suite.map_or_else(String::new, |suite| format!(", {suite}"));
    let (client, server) = (&flow.client, &flow.server);
    let head = format!(
        "{} {}: {}:{} → {}:{}{suite}",
        texts::keys_heading(look.language),
        index + 1,
        client.address,
        client.port,
        server.address,
        server.port
    );
    let mut text = look.line(&[(Ink::Layer(Protocol::Tls), &head)]);
    if let Some(agreement) = &flow.agreement {
        text += &agreed(agreement, look);
    }
    for (place, made) in schedule.nodes.iter().enumerate() {
        // What is made of something stands beneath that; of a salt and an input, where the later one is known.
        if made.of.is_empty() && !is_input(schedule, place) {
            text += &node(schedule, place, 1, look);
        }
    }
    text
}

/// Whether it is only ever the input of something that has a salt, and is told there.
fn is_input(schedule: &Schedule, place: usize) -> bool {
    let mut users = schedule.nodes.iter().filter(|made| made.of.contains(&place)).peekable();
    users.peek().is_some() && users.all(|made| made.of.first() != Some(&place))
}

fn agreed(agreement: &Agreement, look: &Look) -> String {
    let name = agreement
        .name()
        .map_or_else(|| format!("{:#06x}", agreement.group), str::to_owned);
    let mut rows = vec![(name, &agreement.client, &agreement.server, &agreement.shared)];
    let halves = agreement.halves.iter();
    rows.extend(halves.map(|half| (half.name.to_owned(), &half.client, &half.server, &half.shared)));
    let words = texts::agreement_words(look.language);
    let mut text = String::new();
    for (name, client, server, shared) in rows {
        text += &look.line(&[(Ink::Plain, "  "), (Ink::Layer(Protocol::Tls), &name)]);
        for (word, value) in words.into_iter().zip([Some(client), Some(server), shared.as_ref()]) {
            let length = value.map_or_else(String::new, |value| format!(" ({} B)", value.len()));
            let row = format!("    {word}{length}: ");
            text += &look.line(&[(Ink::Plain, &row), (Ink::Dim, &hex(value.map(Vec::as_slice)))]);
        }
    }
    text
}

/// A node, and beneath it what is made of it.
fn node(schedule: &Schedule, place: usize, depth: usize, look: &Look) -> String {
    let Some(made) = schedule.nodes.get(place) else {
        return String::new();
    };
    let indent = "  ".repeat(depth);
    let logged = made.logged_as.map_or_else(String::new, |label| format!(" [{label}]"));
    let mut text = look.line(&[
        (Ink::Plain, &indent),
        (Ink::Layer(Protocol::Tls), &made.name),
        (Ink::Dim, &logged),
        (Ink::Plain, " = "),
        (Ink::Plain, &hex(made.value.as_deref())),
    ]);
    let why = format!("{} [{}]", made.why.told(look.language), made.why.section);
    text += &look.line(&[(Ink::Plain, &indent), (Ink::Dim, &format!("  {}", how(schedule, made)))]);
    text += &look.line(&[(Ink::Plain, &indent), (Ink::Dim, &format!("  · {why}"))]);
    // The input of an extraction is told before what comes of it.
    let inputs = made.of.get(1).into_iter().filter(|input| is_input(schedule, **input));
    inputs.for_each(|input| text += &node(schedule, *input, depth + 1, look));
    let of_it = |other: &&(usize, &Made)| other.1.of.first() == Some(&place);
    for (next, _) in schedule
        .nodes
        .iter()
        .enumerate()
        .collect::<Vec<_>>()
        .iter()
        .filter(of_it)
    {
        text += &node(schedule, *next, depth + 1, look);
    }
    text
}

/// The formula of RFC 8446 §7.1.
fn how(schedule: &Schedule, made: &Made) -> String {
    let name = |index: usize| {
        let of = made.of.get(index).and_then(|place| schedule.nodes.get(*place));
        of.map_or("?", |of| of.name.as_ref())
    };
    match &made.how {
        Making::Given => String::from("-"),
        Making::Extract => format!("HKDF-Extract(salt = {}, {})", name(0), name(1)),
        Making::Expand {
            label,
            over,
            hash,
            length,
        } => {
            let hash = hash
                .as_deref()
                .map_or_else(String::new, |hash| format!(" {}", hex(Some(hash))));
            let over = if over.is_empty() { "\"\"" } else { over };
            format!("HKDF-Expand-Label({}, \"{label}\", {over}{hash}, {length})", name(0))
        }
    }
}

fn hex(bytes: Option<&[u8]>) -> String {
    bytes.map_or_else(|| String::from("?"), json::hex)
}
