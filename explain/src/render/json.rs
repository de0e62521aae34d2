//! A story for programs: one JSON object a line, in this order, each with its `type`.
//!
//! | `type` | what it has |
//! |---|---|
//! | `story` | `version` (of this format: 1), `view`, `source` (`simulated`, `live`), `path` (the nodes in order), `interfaces` (names of those that the frames passed) |
//! | `lookup` | a layer that was asked for a name: `number`, `at` (µs), `took` (µs), `node` (who asked), `run` (which of its look-ups), `where`, `asked`, `result` (`hit`, `miss`, `answer`, `referral`, `negative`, `silence`, `failure`, `again`), `what`, `ttl` (s), `why`, `frames` (numbers), `messages` (as they passed `node`: `at`, `way`, `bytes`, `tree`) |
//! | `rung` | a step: `act`, `at` (µs), `way`, `frames` (numbers from 1), `layer`, `what`, `said` (where no byte says what happened: its parts, each the `key` of some words and what they are about, `of`), `why`, `seen` (of its first frame: each `node`, and `at` which time), `lost_behind`, `changed_behind` (null, or the node behind which a wire made another frame of it), `broken` (null, or where a connection broke: `expected`, `seen`, `whose`, `fix`, `evidence`) |
//! | `missed` | a frame from the other end that was lost or changed before it came here: `at` (µs), `layer`, `what`, `why`, `seen` (each `node`), `lost_behind`, `changed_behind`, as of a rung |
//! | `decision` | a router's: `node`, `at` (µs), `frame` (a number, or null), `destination`, `candidates` (`prefix`, `matches`), `prefix` (the one taken, or null), `next_hop` (null: the destination itself), `interface`, `ttl` (it leaves with), `why` |
//! | `frame` | `number`, `at` (µs), `way` (`out`, `in`), `lost`, `bytes` (hexadecimal), `hops` (each node that saw it: `node`, `at`, `way`, `lost`, `source_mac`, `destination_mac`, `ttl`, `switched` (null, or what a switch did that received it: `from` and `to` which ports, `learned`: its sender was news, `because`: its destination was `learned` before, is behind the `same port`, it is a `broadcast`, or `unknown`)), `flow`, `completes` (numbers of `derived`), `tree` |
//! | `derived` | bytes that no frame holds as they are: `number`, `how` (`joined`, or `decrypted` by `secret` in its `generation`, the number of the `record`, `iv`, `nonce`; null where they are withheld), `from` (spans), `frame` (the number of that with which they were complete), `bytes`, `tree` |
//! | `flow` | a TCP connection: `client` and `server` (`address`, `port`, `initial` sequence number or null, bytes `sent`, segments `retransmitted`), `end` (one word of [`FlowEnd`](crate::event::FlowEnd)), `tls` (null, or what was agreed on: `client_random`, `server_name`, `suite`, `group`, `protocol`, `retried` after a HelloRetryRequest, `resumed`) |
//! | `check` | what was checked of who an end is: `number`, `flow`, `frame`, `aspect` (one word of [`Aspect`](crate::event::Aspect)), `word` (it, in the language), `from` (`server`, `client`), `about` (a certificate's subject, or a message), `what` and `why` (texts, as in notes), `expected`, `seen`, `ok` (null: cannot be told from here), `of` (spans) |
//! | `schedule` | the key schedule of a `flow`: `nodes`, each with `name`, `logged_as`, `how` (`given`, `extract` of salt and input, `expand`), of which `label`, `over`, `hash` and `length`, `of` (places in `nodes`, from 0), `value` (null: not known here), `why`; and the `agreement`: `group`, `name`, `client_share`, `server_share`, `shared_secret` (null: not known here), `halves` of a group that is two |
//! | `wait` | a connection in TIME-WAIT: `node`, `local`, `remote`, `at`, `until` (µs), `why` |
//! | `ledger` | what the bytes were for: `text_bytes`, `text_frame` and `text_frames` (numbers), `layers` (`layer`, `bytes`, `why`; of these frames), `all` (the same of all frames), `wires` (`wire`, `frames`, `bytes`, `layers` (`layer`, `bytes`), `around`: bytes besides that no capture has), `around` (of each `frame`, the `shortest` there is, and `why`) |
//! | `screen` | a text on its way up at the path's end: `node`, `steps` (`layer`, `what`, `count`, `bytes`; the lowest first), `text`, `bytes`, `characters`, `columns` |
//! | `outcome` | how it ended, which `nihao` adds: the `answer` or the `error`; simulated: `heard` (the texts on B's screen), `never_happened` (faults that were asked for); live: `received` (bytes of the body), `cut` (whether the rest was not waited for), `unseen` (what cannot be seen from here) |
//!
//! A `tree` is a layer: `layer` (its protocol), `name`, `what`, `range` (of its space, end excluded), `notes`, `parts`. A part is a
//! tree, or a field: `field`, `range`, `value`, `number` where it is one, `notes`, `becomes` (a span's space). The fields' ranges
//! partition the bytes. A span is a `range` of a `space`, which is a `frame` or `derived` bytes by their number. A note is `key`, `text` in the language asked for, `detail`, `section`, `invalid` where something is wrong.
//! Programs should pass over members that they do not know; a change of what is here is a new version.

mod checks;
mod sum;
mod way;

use serde_json::{Map, Value, json};

use crate::capture::Way;
use crate::event::{Derived, Endpoint, Field, Flow, FrameAccount, How, Layer, Note, Part, Space, Span};
use crate::story::{Broken, Phrase, Rung, Said, Story};
use crate::texts::{Language, Text};

/// The version of this format.
pub const VERSION: u32 = 1;

/// A story as lines of JSON, without what its caller knows besides.
#[must_use]
pub fn json(story: &Story, language: Language) -> Vec<Value> {
    let teller = Teller { language };
    let account = &story.account;
    let mut lines = vec![json!({
        "type": "story",
        "version": VERSION,
        "view": format!("{:?}", story.viewpoint),
        "source": story.source.name(),
        "path": story.path,
        "interfaces": account.interfaces,
    })];
    let lookups = story.lookups.iter().enumerate();
    lines.extend(lookups.map(|(index, lookup)| teller.lookup(index, lookup)));
    lines.extend(story.rungs.iter().map(|rung| teller.rung(story, rung)));
    lines.extend(story.missed.iter().map(|missed| teller.missed(story, missed)));
    lines.extend(story.decisions.iter().map(|routing| teller.decision(routing)));
    let frames = account.frames.iter().enumerate();
    lines.extend(frames.map(|(index, frame)| teller.frame(story, index, frame)));
    let derived = account.derived.iter().enumerate();
    lines.extend(derived.map(|(index, derived)| teller.derived(index, derived)));
    lines.extend(account.flows.iter().map(flow));
    lines.extend(teller.checks(account));
    let flows = account.flows.iter().enumerate();
    lines.extend(flows.filter_map(|(index, flow)| teller.schedule(index, flow)));
    lines.extend(story.waits.iter().map(|wait| teller.wait(wait)));
    lines.push(teller.ledger(&story.ledger));
    lines.extend(story.screens.iter().map(sum::screen));
    lines
}

struct Teller {
    language: Language,
}

impl Teller {
    fn rung(&self, story: &Story, rung: &Rung) -> Value {
        let track = rung.frames.first().and_then(|first| story.tracks.get(first));
        let name = |node: usize| story.path.get(node).map_or("", String::as_str);
        let seen = track.into_iter().flat_map(|track| &track.seen);
        json!({
            "type": "rung",
            "act": format!("{:?}", rung.act),
            "at": rung.at,
            "way": way(rung.way),
            "frames": rung.frames.iter().map(|index| index + 1).collect::<Vec<_>>(),
            "layer": rung.protocol.name(),
            "what": rung.told(self.language),
            "said": rung.said.iter().flat_map(Phrase::parts).map(|(key, of)| json!({"key": key, "of": of})).collect::<Vec<_>>(),
            "why": rung.why.map(|text| self.text(text)),
            "seen": seen.map(|seen| json!({"node": name(seen.node), "at": seen.at})).collect::<Vec<_>>(),
            "broken": rung.broken.as_ref().map(|broken| self.broken(broken)),
            "lost_behind": track.and_then(|track| track.lost_behind).map(name),
            "changed_behind": track.and_then(|track| track.changed_behind).map(name),
        })
    }

    fn broken(&self, broken: &Broken) -> Value {
        let told = |said: &Said| said.told(self.language);
        json!({
            "expected": told(&broken.expected),
            "seen": told(&broken.seen),
            "whose": told(&broken.whose),
            "fix": told(&broken.fix),
            "evidence": broken.evidence.iter().map(told).collect::<Vec<_>>(),
        })
    }

    fn frame(&self, story: &Story, index: usize, frame: &FrameAccount) -> Value {
        let hops = story.hops.get(&index).map_or(&[][..], Vec::as_slice);
        json!({
            "type": "frame",
            "number": index + 1,
            "at": frame.at,
            "way": way(frame.way),
            "lost": frame.lost,
            "bytes": hex(story.bytes(index)),
            "hops": hops.iter().map(way::hop).collect::<Vec<_>>(),
            "flow": frame.flow.map(|flow| flow + 1),
            "completes": frame.completes.iter().map(|index| index + 1).collect::<Vec<_>>(),
            "tree": self.layer(&frame.layer),
        })
    }

    fn derived(&self, index: usize, derived: &Derived) -> Value {
        let how = match &derived.how {
            How::Joined => json!("joined"),
            How::Decrypted(protection) => json!({"decrypted": {
                "secret": protection.secret,
                "generation": protection.generation,
                "record": protection.sequence,
                "iv": protection.iv.map(|iv| hex(&iv)),
                "nonce": protection.nonce.map(|nonce| hex(&nonce)),
            }}),
        };
        json!({
            "type": "derived",
            "number": index + 1,
            "how": how,
            "from": derived.from.iter().map(span).collect::<Vec<_>>(),
            "frame": derived.frame + 1,
            "bytes": hex(&derived.bytes),
            "tree": self.layer(&derived.layer),
        })
    }

    fn layer(&self, layer: &Layer) -> Value {
        let parts = layer.parts.iter().map(|part| match part {
            Part::Field(field) => self.field(field),
            Part::Layer(layer) => self.layer(layer),
        });
        let mut members = Map::new();
        members.insert("layer".into(), json!(layer.protocol.name()));
        members.insert("name".into(), json!(layer.name));
        members.insert("what".into(), json!(layer.what));
        members.insert("range".into(), json!([layer.range.start, layer.range.end]));
        members.insert("parts".into(), parts.collect());
        self.add_notes(&mut members, &layer.notes);
        Value::Object(members)
    }

    fn field(&self, field: &Field) -> Value {
        let mut members = Map::new();
        members.insert("field".into(), json!(field.name));
        members.insert("range".into(), json!([field.range.start, field.range.end]));
        members.insert("value".into(), json!(field.value.to_string()));
        if let Some(number) = field.number() {
            members.insert("number".into(), json!(number));
        }
        if let Some(becomes) = field.becomes {
            members.insert("becomes".into(), space(becomes));
        }
        self.add_notes(&mut members, &field.notes);
        Value::Object(members)
    }

    fn add_notes(&self, members: &mut Map<String, Value>, notes: &[Note]) {
        if !notes.is_empty() {
            let told = notes.iter().map(|note| self.note(note)).collect();
            members.insert("notes".into(), Value::Array(told));
        }
    }

    fn note(&self, note: &Note) -> Value {
        let mut told = self.text(note.text);
        if let (Value::Object(members), false) = (&mut told, note.detail.is_empty()) {
            members.insert("detail".into(), json!(note.detail));
        }
        told
    }

    fn text(&self, text: &Text) -> Value {
        let mut told = json!({
            "key": text.key,
            "text": text.told(self.language),
            "section": text.section,
        });
        if let (Value::Object(members), true) = (&mut told, text.is_invalid()) {
            members.insert("invalid".into(), json!(true));
        }
        told
    }
}

fn flow(flow: &Flow) -> Value {
    let end = |end: &Endpoint| {
        json!({
            "address": end.address.to_string(),
            "port": end.port,
            "initial": end.initial,
            "sent": end.sent,
            "retransmitted": end.retransmitted,
        })
    };
    let tls = flow.tls.as_ref().map(|agreed| {
        json!({
            "client_random": agreed.client_random.map(|random| hex(&random)),
            "server_name": agreed.server_name,
            "suite": agreed.suite.map(|suite| format!("{suite:?}")),
            "group": agreed.group,
            "protocol": agreed.protocol,
            "retried": agreed.retried,
            "resumed": agreed.resumed,
        })
    });
    json!({
        "type": "flow",
        "client": end(&flow.client),
        "server": end(&flow.server),
        "end": format!("{:?}", flow.end),
        "tls": tls,
    })
}

fn span(span: &Span) -> Value {
    json!({"space": space(span.space), "range": [span.range.start, span.range.end]})
}

fn space(space: Space) -> Value {
    match space {
        Space::Frame(index) => json!({"frame": index + 1}),
        Space::Derived(index) => json!({"derived": index + 1}),
    }
}

const fn way(way: Way) -> &'static str {
    match way {
        Way::Out => "out",
        Way::In => "in",
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
