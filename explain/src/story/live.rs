//! The story of a real connection: what passed this program's sockets, and what it did besides.

use std::collections::BTreeMap;

use super::{Act, Broken, Ledger, Lookup, Phrase, Rung, Source, Story, Viewpoint, lookup, rungs};
use crate::capture::{Capture, Sockets, Way};
use crate::decode::{self, Credentials, Known};
use crate::event::{Account, NameStep, Protocol};
use crate::texts::Text;

/// Something that happened and has no bytes: a look into a cache, a connection that opened or ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// When, in µs since the run began.
    pub at: u64,
    /// What kind of step.
    pub act: Act,
    /// Which way it went.
    pub way: Way,
    /// Of which layer it tells.
    pub protocol: Protocol,
    /// What happened; nothing where what is wrong says it.
    pub said: Option<Phrase>,
    /// Why it is there.
    pub why: Option<&'static Text>,
    /// What is wrong, if it did not hold.
    pub broken: Option<Broken>,
}

impl Mark {
    fn rung(self) -> Rung {
        Rung {
            act: self.act,
            at: self.at,
            way: self.way,
            frames: Vec::new(),
            protocol: self.protocol,
            what: String::new(),
            said: self.said,
            why: self.why,
            broken: self.broken,
        }
    }
}

impl Story {
    /// Tells what passed a program's sockets, on the way to a server. `steps` are those of its look-ups of names, `marks` what else
    /// happened that has no bytes. With `credentials`, what lets somebody in is told nowhere; they learn what was found.
    #[must_use]
    pub fn live(
        seen: &Sockets,
        known: Known<'_>,
        credentials: Option<&mut Credentials>,
        (steps, marks): (&[NameStep], Vec<Mark>),
    ) -> Self {
        let account = decode::sockets(seen, known, credentials);
        let mut rungs = rungs::rungs(&account, |_| false);
        rungs.extend(marks.into_iter().map(Mark::rung));
        rungs.sort_by_key(|rung| rung.at);
        let is_sent = |index: usize| account.frames.get(index).is_some_and(|frame| frame.way == Way::Out);
        let mut lookups = lookup::lookups(&BTreeMap::new(), &Capture::default(), steps);
        for lookup in &mut lookups {
            lookup.frames = messages(&account, lookup);
        }
        Self {
            source: Source::Live,
            path: ["here", "server"].map(String::from).to_vec(),
            own: 0,
            viewpoint: Viewpoint::A,
            ledger: Ledger::new(&account, is_sent, Vec::new()),
            account,
            rungs,
            missed: Vec::new(),
            tracks: BTreeMap::new(),
            hops: BTreeMap::new(),
            decisions: Vec::new(),
            lookups,
            screens: Vec::new(),
            waits: Vec::new(),
            capture: seen.capture.clone(),
        }
    }

    /// Puts another step where it belongs by its time: behind those of the same moment, but before what was sent for it.
    pub fn place(&mut self, mark: Mark) {
        let is_before =
            |rung: &Rung| rung.at < mark.at || rung.at == mark.at && (mark.way == Way::Out || rung.way == Way::In);
        let place = self.rungs.iter().rposition(is_before).map_or(0, |last| last + 1);
        self.rungs.insert(place, mark.rung());
    }

    /// Changes whatever is said of steps by somebody who knows what must not be told.
    pub fn reword(&mut self, change: impl Fn(&str) -> String) {
        for rung in &mut self.rungs {
            rung.what = change(&rung.what);
            let said = rung.said.iter_mut().flat_map(Phrase::particulars);
            said.for_each(|text| *text = change(text));
            if let Some(broken) = &mut rung.broken {
                let said = [
                    &mut broken.expected,
                    &mut broken.seen,
                    &mut broken.whose,
                    &mut broken.fix,
                ];
                let all = said.into_iter().chain(&mut broken.evidence);
                all.flat_map(|said| &mut said.of).for_each(|text| *text = change(text));
            }
        }
    }
}

/// The frames with the question of a look-up and its answer, which comes over the same socket.
fn messages(account: &Account, lookup: &Lookup) -> Vec<usize> {
    let end = lookup.at.saturating_add(lookup.took);
    let within = |at: u64| (lookup.at..=end).contains(&at);
    let question = format!("{}?", lookup.asked);
    let asks = |index: &usize| {
        let layers = account.layers_of(*index);
        layers
            .iter()
            .any(|(_, layer)| layer.protocol == Protocol::Dns && layer.what == question)
    };
    let frames = account.frames.iter().enumerate().filter(|(_, frame)| within(frame.at));
    let mut sent = frames
        .clone()
        .filter(|(index, frame)| frame.way == Way::Out && asks(index));
    let Some((first, asked)) = sent.next() else {
        return Vec::new();
    };
    let same = frames.filter(|(index, frame)| *index != first && frame.interface == asked.interface);
    std::iter::once(first).chain(same.map(|(index, _)| index)).collect()
}
