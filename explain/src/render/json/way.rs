//! Lines about the way: look-ups of names, routers' decisions, what became of each frame at each node, TIME-WAIT.

use serde_json::{Value, json};

use super::{Teller, hex, way};
use crate::story::{Hop, Lookup, Message, Missed, Routing, Story};
use crate::texts;
use crate::world::{Route, TimeWait};

impl Teller {
    pub(super) fn lookup(&self, number: usize, lookup: &Lookup) -> Value {
        json!({
            "type": "lookup",
            "number": number + 1,
            "at": lookup.at,
            "took": lookup.took,
            "node": lookup.node,
            "run": lookup.number,
            "where": lookup.place.name(),
            "asked": lookup.asked,
            "result": lookup.result.name(),
            "what": lookup.what,
            "ttl": lookup.ttl,
            "why": self.text(lookup.why),
            "frames": lookup.frames.iter().map(|index| index + 1).collect::<Vec<_>>(),
            "messages": lookup.messages.iter().map(|message| self.message(message)).collect::<Vec<_>>(),
        })
    }

    fn message(&self, message: &Message) -> Value {
        json!({
            "at": message.at,
            "way": way(message.way),
            "bytes": hex(&message.bytes),
            "tree": self.layer(&message.layer),
        })
    }

    pub(super) fn decision(&self, routing: &Routing) -> Value {
        let decision = &routing.decision;
        let taken = decision.taken();
        let candidates = decision.candidates.iter();
        let candidates =
            candidates.map(|candidate| json!({"prefix": prefix(&candidate.route), "matches": candidate.fits}));
        json!({
            "type": "decision",
            "node": decision.node,
            "at": decision.at,
            "frame": routing.frame.map(|index| index + 1),
            "destination": decision.destination.to_string(),
            "candidates": candidates.collect::<Vec<_>>(),
            "prefix": taken.map(prefix),
            "next_hop": taken.and_then(|route| route.via).map(|via| via.to_string()),
            "interface": taken.map(|route| format!("eth{}", route.interface)),
            "ttl": decision.ttl,
            "why": self.text(if taken.is_some() { &texts::ROUTE_LONGEST_PREFIX } else { &texts::ROUTE_NONE }),
        })
    }

    pub(super) fn missed(&self, story: &Story, missed: &Missed) -> Value {
        let name = |node: usize| story.path.get(node).map_or("", String::as_str);
        let seen = missed.track.seen.iter();
        json!({
            "type": "missed",
            "at": missed.at,
            "layer": missed.protocol.name(),
            "what": missed.what,
            "why": missed.why.map(|text| self.text(text)),
            "seen": seen.map(|seen| json!({"node": name(seen.node), "at": seen.at})).collect::<Vec<_>>(),
            "lost_behind": missed.track.lost_behind.map(name),
            "changed_behind": missed.track.changed_behind.map(name),
        })
    }

    pub(super) fn wait(&self, wait: &TimeWait) -> Value {
        json!({
            "type": "wait",
            "node": wait.node,
            "local": wait.local.to_string(),
            "remote": wait.remote.to_string(),
            "at": wait.from,
            "until": wait.until,
            "why": self.text(&texts::TIME_WAIT),
        })
    }
}

pub(super) fn hop(hop: &Hop) -> Value {
    let port = |port: &usize| format!("eth{port}");
    let switched = hop.switched.as_ref().map(|switched| {
        json!({
            "from": port(&switched.from),
            "learned": switched.is_learned,
            "because": switched.because.name(),
            "to": switched.to.iter().map(port).collect::<Vec<_>>(),
        })
    });
    json!({
        "node": hop.node,
        "at": hop.at,
        "way": way(hop.way),
        "lost": hop.lost,
        "source_mac": mac(hop.source),
        "destination_mac": mac(hop.destination),
        "ttl": hop.ttl,
        "switched": switched,
    })
}

fn prefix(route: &Route) -> String {
    format!("{}/{}", route.to, route.prefix)
}

fn mac(address: [u8; 6]) -> String {
    crate::event::Value::Mac(address).to_string()
}
