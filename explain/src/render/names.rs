//! Look-ups of names for people: one line that sums a look-up up, or every layer that was asked.

use super::beside::Beside;
use super::paint::{Ink, Look};
use super::tree;
use crate::capture::Way;
use crate::event::Protocol;
use crate::scene;
use crate::story::{Found, Lookup, Place, Story};
use crate::texts;

/// What stands between the layers of a look-up.
pub(super) const THEN: &str = " › ";

/// A line for each look-up of the program that asked first.
pub(super) fn summaries<'a>(story: &'a Story, look: &Look) -> Vec<Beside<'a>> {
    let Some(first) = story.lookups.first() else {
        return Vec::new();
    };
    let own = story.lookups.iter().filter(|lookup| lookup.node == first.node);
    let mut numbers: Vec<u64> = own.map(|lookup| lookup.number).collect();
    numbers.dedup();
    let summary = |number| {
        let run = |lookup: &&Lookup| lookup.node == first.node && lookup.number == number;
        let run: Vec<&Lookup> = story.lookups.iter().filter(run).collect();
        // Of both families that one which came to something says more.
        let told = run.iter().rfind(|lookup| lookup.has_address()).or(run.last())?;
        let of = |lookup: &&&Lookup| lookup.asked == told.asked;
        let layers: Vec<String> = run.iter().filter(of).map(|lookup| layer(story, lookup, look)).collect();
        Some(Beside {
            at: run.first()?.at,
            node: &first.node,
            track: None,
            protocol: Protocol::Dns,
            why: None,
            what: format!("{}{}{}", told.asked, look.say(&texts::COLON), layers.join(THEN)),
        })
    };
    numbers.into_iter().filter_map(summary).collect()
}

/// A layer that was asked, with those that it asked.
fn layer(story: &Story, lookup: &Lookup, look: &Look) -> String {
    let (name, colon) = (place(&lookup.place, look), look.say(&texts::COLON));
    let until = lookup.at.saturating_add(lookup.took);
    let within = |other: &&Lookup| {
        other.node != lookup.node && other.asked == lookup.asked && (lookup.at..=until).contains(&other.at)
    };
    let inner: Vec<String> = match lookup.place {
        Place::Resolver => story
            .lookups
            .iter()
            .filter(within)
            .map(|other| format!("{}{colon}{}", place(&other.place, look), outcome(other, look)))
            .collect(),
        _ => Vec::new(),
    };
    let inner = if inner.is_empty() {
        String::new()
    } else {
        format!(" ({})", inner.join(THEN))
    };
    format!("{name}{inner}{colon}{}", outcome(lookup, look))
}

/// What came of asking a layer, shortly.
fn outcome(lookup: &Lookup, look: &Look) -> String {
    let result = result(lookup.result, look);
    match lookup.result {
        Found::Hit | Found::Answer => {
            let ttl = lookup.ttl.map_or_else(String::new, |ttl| format!(", TTL {ttl} s"));
            let value = value(lookup);
            match lookup.result {
                Found::Hit => format!("{result} {value}{ttl}"),
                _ => format!("{value}{ttl}"),
            }
        }
        Found::Referral => {
            let zone = lookup.what.split(' ').next().unwrap_or_default();
            format!("{result} {zone}")
        }
        Found::Failure => format!("{result} ({})", lookup.what),
        Found::Miss | Found::Negative | Found::Silence | Found::Again => result.to_owned(),
    }
}

/// What was found, without what was asked for.
fn value(lookup: &Lookup) -> &str {
    let rest = lookup.what.strip_prefix(lookup.asked.as_str());
    rest.map_or(lookup.what.as_str(), str::trim_start)
}

/// Every layer that was asked, in the order of time, with the messages that are not among the story's own frames.
pub(super) fn unfolded(story: &Story, look: &Look) -> String {
    let mut text = String::new();
    for lookup in &story.lookups {
        let frames: Vec<String> = lookup.frames.iter().map(|index| (index + 1).to_string()).collect();
        let frames = match frames.as_slice() {
            [] => String::new(),
            frames => format!("  [{} {}]", look.say(&texts::WORD_FRAMES), frames.join(", ")),
        };
        let took = match lookup.took {
            0 => String::new(),
            took => format!(" +{}", milliseconds(took)),
        };
        let head = format!(
            "      {} ms{took}  {}: ",
            milliseconds(lookup.at),
            node(&lookup.node, look)
        );
        let what = match lookup.result {
            Found::Referral | Found::Negative => format!("{} {}", result(lookup.result, look), lookup.what),
            _ => outcome(lookup, look),
        };
        let ttl = match (lookup.result, lookup.ttl) {
            (Found::Referral | Found::Negative, Some(ttl)) => format!(", TTL {ttl} s"),
            _ => String::new(),
        };
        text += &look.line(&[
            (Ink::Dim, &head),
            (Ink::Layer(Protocol::Dns), &place(&lookup.place, look)),
            (Ink::Plain, &format!("  {}  {}{ttl}", lookup.asked, what.trim_end())),
            (Ink::Dim, &frames),
        ]);
        let why = format!("        · {} [{}]", lookup.why.told(look.language), lookup.why.section);
        text += &look.line(&[(Ink::Dim, &why)]);
        if !lookup.frames.is_empty() {
            continue;
        }
        for message in &lookup.messages {
            let way = match message.way {
                Way::Out => &texts::WORD_SENT,
                Way::In => &texts::WORD_RECEIVED,
            };
            let (node, at) = (node(&lookup.node, look), milliseconds(message.at));
            let (colon, comma, length) = (look.say(&texts::COLON), look.say(&texts::COMMA), message.bytes.len());
            let head = format!("        {node}{colon}{} {at} ms{comma}{length} B", look.say(way));
            text += &look.line(&[(Ink::Dim, &head)]);
            text += &tree::layers(&message.layer, &[Protocol::Dns], look);
        }
    }
    text
}

/// What a layer that may know is called.
fn place(place: &Place, look: &Look) -> String {
    let called = |name| texts::named("place", name, look.language).to_owned();
    match place {
        Place::Zone(zone) => format!("{} {zone}", called("zone")),
        other => called(&other.name()),
    }
}

fn result(found: Found, look: &Look) -> &'static str {
    texts::named("result", found.name(), look.language)
}

/// What a node is called: the resolver by what it is, others by their letters.
pub(super) fn node<'a>(name: &'a str, look: &Look) -> &'a str {
    match name {
        scene::RESOLVER_NAME => look.say(&texts::WORD_RESOLVER),
        other => other,
    }
}

/// µs as ms.
pub(crate) fn milliseconds(at: u64) -> String {
    format!("{}.{:03}", at / 1000, at % 1000)
}
