//! What stands between the steps: names that are looked up, connections that are kept in mind, frames that never came here.

use super::names::{self, milliseconds};
use super::paint::Look;
use crate::event::Protocol;
use crate::story::{Act, Rung, Story, Track};
use crate::texts::{self, Text};

/// Something that happened without a frame that was seen here.
pub(super) struct Beside<'a> {
    pub(super) at: u64,
    /// At which node, if at one alone.
    pub(super) node: &'a str,
    /// How far a frame came that was lost before.
    pub(super) track: Option<&'a Track>,
    pub(super) protocol: Protocol,
    pub(super) what: String,
    pub(super) why: Option<&'static Text>,
}

impl Beside<'_> {
    /// Whether it stands before a step: before what it may have begun, and not between the answers to what was before.
    pub(super) fn is_before(&self, rung: &Rung) -> bool {
        const BEGINNINGS: [Act; 5] = [Act::Names, Act::Neighbour, Act::Syn, Act::Inside, Act::Connect];
        let begins = BEGINNINGS.contains(&rung.act) || rung.broken.is_some() || self.track.is_some();
        begins && self.at <= rung.at
    }
}

/// Everything of that kind in a story, in the order of time.
pub(super) fn all<'a>(story: &'a Story, look: &Look) -> Vec<Beside<'a>> {
    let waits = story.waits.iter().map(|wait| {
        let until = wait.until.map(|until| {
            let took = milliseconds(until.saturating_sub(wait.from) / 1000);
            format!(
                " {} {} ms ({took} s)",
                look.say(&texts::WORD_UNTIL),
                milliseconds(until)
            )
        });
        Beside {
            at: wait.from,
            node: &wait.node,
            track: None,
            protocol: Protocol::Tcp,
            what: format!("TIME-WAIT{}", until.unwrap_or_default()),
            why: Some(&texts::TIME_WAIT),
        }
    });
    let missed = story.missed.iter().map(|missed| Beside {
        at: missed.at,
        node: "",
        track: Some(&missed.track),
        protocol: missed.protocol,
        what: missed.what.clone(),
        why: missed.why,
    });
    let mut all: Vec<_> = waits.chain(missed).chain(names::summaries(story, look)).collect();
    all.sort_by_key(|event| event.at);
    all
}
