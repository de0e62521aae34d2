//! The way of a frame for people: each node that saw it, with its link addresses and time to live, what switches knew and what routers decided.

use super::names::{self, milliseconds};
use super::paint::{Ink, Look};
use crate::capture::Way;
use crate::event::{Protocol, Value};
use crate::story::{Hop, Routing, Story};
use crate::texts::{self, Text};
use crate::world::{Because, Switched};

/// The way of one frame: every node, what a switch knew, and every route that a router looked at.
pub(super) fn way(story: &Story, index: usize, look: &Look) -> String {
    let Some(hops) = story.hops.get(&index) else {
        return String::new();
    };
    let title = format!("      {}{}", look.say(&texts::WORD_ON_ITS_WAY), look.say(&texts::COLON));
    let mut text = look.line(&[(Ink::Plain, &title)]);
    let mut routings = story.decisions.iter().filter(|routing| routing.frame == Some(index));
    let mut reasons: Vec<&'static Text> = Vec::new();
    for (place, hop) in hops.iter().enumerate() {
        let before = place.checked_sub(1).and_then(|before| hops.get(before));
        if let Some(switched) = &hop.switched {
            text += &switching(hop, switched, look);
            reasons.push(match switched.because {
                Because::Broadcast | Because::Unknown => &texts::SWITCH_FLOODS,
                Because::Learned | Because::SamePort => &texts::SWITCH_LEARNS,
            });
        } else if hop.lost || before.is_none_or(|before| before.switched.is_none()) || hop.way == Way::In {
            text += &line(hop, look);
        }
        let decided = routings.clone().next();
        if let Some(routing) = decided.filter(|routing| hop.way == Way::In && routing.decision.node == hop.node) {
            routings.next();
            text += &decision(routing, look);
            if hops.get(place + 1..).is_some_and(|rest| !rest.is_empty()) {
                reasons.push(&texts::ROUTE_REWRITTEN);
            }
        }
    }
    let mut said: Vec<&Text> = Vec::new();
    for reason in reasons {
        if !said.contains(&reason) {
            said.push(reason);
            let why = format!("          · {} [{}]", reason.told(look.language), reason.section);
            text += &look.line(&[(Ink::Dim, &why)]);
        }
    }
    text
}

/// What a switch did: who is where, and by which ports the frame left.
fn switching(hop: &Hop, switched: &Switched, look: &Look) -> String {
    let ports = |ports: &[usize]| {
        let names: Vec<String> = ports.iter().map(|port| format!("eth{port}")).collect();
        names.join(", ")
    };
    let learned = if switched.is_learned {
        &texts::WORD_LEARNED_NOW
    } else {
        &texts::WORD_LEARNED_BEFORE
    };
    let because = match switched.because {
        Because::Learned => &texts::WORD_LEARNED_BEFORE,
        Because::SamePort => &texts::WORD_SAME_PORT,
        Because::Broadcast => &texts::WORD_BROADCAST,
        Because::Unknown => &texts::WORD_NOT_LEARNED,
    };
    let mac = |address| Value::Mac(address).to_string();
    let (at, name) = (milliseconds(hop.at), look.say(&texts::WORD_SWITCH));
    let head = format!("        {at:>11} ms  {name} {}", hop.node);
    let (from, to) = (ports(&[switched.from]), ports(&switched.to));
    let (source, destination) = (mac(hop.source), mac(hop.destination));
    let what = format!(
        "  {from}: {source} ({}) → {to}{}{destination} ({})",
        look.say(learned),
        if to.is_empty() { "" } else { ": " },
        look.say(because)
    );
    look.line(&[(Ink::Plain, &head), (Ink::Layer(Protocol::Ethernet), &what)])
}

fn line(hop: &Hop, look: &Look) -> String {
    let did = match hop.way {
        Way::Out => &texts::WORD_SENDS,
        Way::In => &texts::WORD_RECEIVES,
    };
    let mac = |address| Value::Mac(address).to_string();
    let ttl = hop.ttl.map_or_else(String::new, |ttl| format!("  TTL {ttl}"));
    let lost = if hop.lost {
        format!("  {}", look.say(&texts::WORD_LOST))
    } else {
        String::new()
    };
    let head = format!(
        "        {:>11} ms  {} {}",
        milliseconds(hop.at),
        names::node(&hop.node, look),
        look.say(did)
    );
    let addresses = format!("  {} → {}", mac(hop.source), mac(hop.destination));
    look.line(&[
        (Ink::Plain, &head),
        (Ink::Layer(Protocol::Ethernet), &addresses),
        (Ink::Layer(Protocol::Ipv4), &ttl),
        (Ink::Alarm, &lost),
    ])
}

/// What a router decided: every route it has, whether it fits, and the one that was taken.
pub(super) fn decision(routing: &Routing, look: &Look) -> String {
    let decision = &routing.decision;
    let taken = decision.taken();
    let (why, chosen) = match taken {
        None => (&texts::ROUTE_NONE, look.say(&texts::WORD_NO_ROUTE).to_owned()),
        Some(route) => {
            let next = match route.via {
                Some(via) => format!("{} {via}", look.say(&texts::WORD_NEXT_HOP)),
                None => look.say(&texts::WORD_DIRECTLY).to_owned(),
            };
            let (by, colon, clause) = (
                look.say(&texts::WORD_BY),
                look.say(&texts::COLON),
                look.say(&texts::CLAUSE),
            );
            let (to, prefix, interface) = (route.to, route.prefix, route.interface);
            let line = format!("{to}/{prefix}{colon}{next}{clause}{by} eth{interface}");
            (
                &texts::ROUTE_LONGEST_PREFIX,
                format!("{line}{clause}TTL {}", decision.ttl),
            )
        }
    };
    let head = format!(
        "          {} {} {} → ",
        decision.node,
        look.say(&texts::WORD_ROUTES),
        decision.destination
    );
    let mut text = look.line(&[(Ink::Plain, &head), (Ink::Layer(Protocol::Ipv4), &chosen)]);
    let candidates = decision.candidates.iter().map(|candidate| {
        let word = match candidate.fits {
            _ if taken == Some(&candidate.route) => &texts::WORD_TAKEN,
            true => &texts::WORD_FITS,
            false => &texts::WORD_FITS_NOT,
        };
        format!("{}/{} {}", candidate.route.to, candidate.route.prefix, look.say(word))
    });
    let candidates: Vec<String> = candidates.collect();
    text += &look.line(&[(Ink::Dim, &format!("            {}", candidates.join(" · ")))]);
    let why = format!("            · {} [{}]", why.told(look.language), why.section);
    text + &look.line(&[(Ink::Dim, &why)])
}
