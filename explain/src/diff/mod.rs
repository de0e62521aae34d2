//! Two runs side by side: which steps only one of them has, where they part, and what is of the same kind but says something else.
//!
//! Both are what [`render::json`](crate::render::json) wrote, simulated or live, and the first is taken for what was expected. Steps
//! are paired by a longest common subsequence over what they do, which way and with which messages; in what lies between, steps of
//! one kind that carry other messages are paired, too: there the runs part. In paired steps frames and what was made of them are
//! paired in the same way, then their fields by layer and name. A field that is another in each run ([`Fresh`]) is counted, not told.

mod align;
mod calm;
mod fresh;
mod json;
mod run;
mod tell;
#[cfg(test)]
mod tests;
mod totals;
mod trees;

use std::collections::BTreeMap;

pub use fresh::Fresh;
pub use json::json;
pub use run::{BadRun, LONGEST, Run};
pub use tell::{Names, text};
pub use totals::Total;
pub use trees::Difference;

use align::{Pair, align, refine};
use run::{Part, Rung};
use trees::{Found, Shapes};

/// Two runs, compared.
#[derive(Debug)]
pub struct Comparison {
    /// All steps of both, in order.
    pub steps: Vec<Step>,
    /// What differs beside the steps: the beginning of the story, look-ups, checks, the end.
    pub besides: Vec<Difference>,
    /// How many fields were another because they are in each run.
    pub fresh: BTreeMap<Fresh, usize>,
    /// What the runs took.
    pub totals: Vec<Total>,
}

/// A step of one run, or of both.
#[derive(Debug)]
pub struct Step {
    /// How it stands in both.
    pub mark: Mark,
    /// In the first run.
    pub first: Option<Told>,
    /// In the second run.
    pub second: Option<Told>,
    /// Where the two differ.
    pub differences: Vec<Difference>,
}

/// How a step stands in both runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// The same, but for what is fresh in each run.
    Same,
    /// The same in kind, with other values.
    Values,
    /// In its place stands another.
    Parted,
    /// Only the first has it.
    First,
    /// Only the second has it.
    Second,
}

/// A step as a run tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The number of its first frame.
    pub frame: Option<usize>,
    /// How many frames.
    pub frames: usize,
    /// Whether it goes from who began to who answers.
    pub is_forward: bool,
    /// Its layer.
    pub layer: String,
    /// What happened.
    pub what: String,
    /// The node behind which it was lost.
    pub lost_behind: Option<String>,
    /// What went wrong in it.
    pub broken: Option<String>,
}

impl Comparison {
    /// Whether the runs are equal, but for what is fresh in each.
    #[must_use]
    pub fn is_equal(&self) -> bool {
        self.besides.is_empty() && self.steps.iter().all(|step| step.mark == Mark::Same)
    }

    /// The index of the first step where the runs part, if any: other messages, or a step that only one has.
    #[must_use]
    pub fn parting(&self) -> Option<usize> {
        let parts = |step: &Step| !matches!(step.mark, Mark::Same | Mark::Values);
        self.steps.iter().position(parts)
    }
}

/// Compares two runs.
#[must_use]
pub fn compare(first: &Run, second: &Run) -> Comparison {
    let (one_rungs, other_rungs) = (calm::steps(first), calm::steps(second));
    let (ones, others) = (acts(first, &one_rungs), acts(second, &other_rungs));
    let kinds = |acts: &[Act]| acts.iter().map(|act| act.kind.clone()).collect::<Vec<_>>();
    let pairs = refine(align(&ones, &others), &kinds(&ones), &kinds(&others));
    let mut shapes = Shapes::default();
    let mut found = Found::default();
    let mut steps = Vec::new();
    for pair in pairs {
        let (one, other) = match pair {
            Pair::Both(one, other) => (one_rungs.get(one), other_rungs.get(other)),
            Pair::First(one) => (one_rungs.get(one), None),
            Pair::Second(other) => (None, other_rungs.get(other)),
        };
        let is_alike = match pair {
            Pair::Both(one, other) => ones.get(one) == others.get(other),
            _ => false,
        };
        if let (Some(one), Some(other)) = (one, other) {
            compare_steps((first, one), (second, other), &mut found, &mut shapes);
        }
        let differences = std::mem::take(&mut found.differences);
        steps.push(Step {
            mark: match (one, other) {
                (Some(_), None) => Mark::First,
                (None, _) => Mark::Second,
                _ if !is_alike => Mark::Parted,
                _ if differences.is_empty() => Mark::Same,
                _ => Mark::Values,
            },
            first: one.map(|rung| told(first, rung)),
            second: other.map(|rung| told(second, rung)),
            differences,
        });
    }
    Comparison {
        steps,
        besides: besides(first, second),
        fresh: found.fresh,
        totals: totals::totals(first, second),
    }
}

/// What a step is known by: what it does and which way, the messages it carries, and how far it came.
#[derive(Debug, PartialEq, Eq)]
struct Act {
    kind: (String, bool),
    messages: Vec<String>,
    lost_behind: Option<String>,
    is_broken: bool,
}

fn acts(run: &Run, rungs: &[Rung]) -> Vec<Act> {
    let act = |rung: &Rung| Act {
        kind: (rung.act.clone(), is_forward(run, rung)),
        messages: match rung.said.first() {
            Some(said) => vec![said.key.clone()],
            None => run.trees(rung).flat_map(|(_, tree)| messages(tree)).collect(),
        },
        lost_behind: rung.lost_behind.clone(),
        is_broken: rung.broken.is_some(),
    };
    rungs.iter().map(act).collect()
}

/// The messages in a tree, as their kinds are called.
fn messages(tree: &Part) -> Vec<String> {
    let mut all = Vec::new();
    tree.visit(&mut |layer| all.extend(message(layer)));
    all
}

fn message(layer: &Part) -> Option<String> {
    let name = layer.name.as_str();
    match layer.layer.as_deref()? {
        "TLS" if layer.find("message type").is_some() => Some(match layer.what.as_str() {
            "HelloRetryRequest" => layer.what.clone(),
            _ => name.to_owned(),
        }),
        "TLS" if name == "alert" => Some(layer.what.clone()),
        "TLS" if name == "change_cipher_spec" => Some(name.to_owned()),
        "TLS" if name == "record" => {
            let sealed = layer.find("encrypted record")?;
            sealed.becomes.is_none().then(|| String::from("sealed record"))
        }
        "HTTP" if name == "request" || name == "response" => Some(name.to_owned()),
        // How data is cut, and what keeps them flowing, is another thing in each run.
        "HTTP" if name == "frame" => {
            let kind = layer.what.split(' ').next().unwrap_or_default();
            ["HEADERS", "RST_STREAM", "PUSH_PROMISE", "GOAWAY"]
                .contains(&kind)
                .then(|| kind.to_owned())
        }
        "ICMP" if name == "message" => Some(name.to_owned()),
        "nihao" if name == "frame" => Some(layer.what.clone()),
        _ => None,
    }
}

/// Whether a step goes from who began to who answers, wherever it was seen: only A sends what goes forward.
fn is_forward(run: &Run, rung: &Rung) -> bool {
    let is_beyond = ["Router", "B", "Eavesdropper"].contains(&run.story.view.as_str());
    (rung.way == "out") != is_beyond
}

fn told(run: &Run, rung: &Rung) -> Told {
    Told {
        lost_behind: rung.lost_behind.clone(),
        broken: rung.broken.as_ref().map(|broken| broken.seen.clone()),
        frame: rung.frames.first().copied(),
        frames: rung.frames.len(),
        is_forward: is_forward(run, rung),
        layer: rung.layer.clone(),
        what: rung.what.clone(),
    }
}

/// What is in the frames of two steps.
fn compare_steps(first: (&Run, &Rung), second: (&Run, &Rung), found: &mut Found, shapes: &mut Shapes) {
    let broken = |rung: &Rung| rung.broken.as_ref().map(|broken| broken.seen.clone());
    found.said("broken", (broken(first.1), broken(second.1)));
    found.told(first.1, second.1);
    let (ones, others): (Vec<_>, Vec<_>) = (first.0.trees(first.1).collect(), second.0.trees(second.1).collect());
    let numbers = |shapes: &mut Shapes, trees: &[(bool, &Part)]| {
        let numbers = trees.iter().map(|(way, tree)| (*way, shapes.of(tree)));
        numbers.collect::<Vec<_>>()
    };
    let pairs = align(&numbers(shapes, &ones), &numbers(shapes, &others));
    let kinds = |trees: &[(bool, &Part)]| trees.iter().map(|(way, tree)| (*way, chain(tree))).collect::<Vec<_>>();
    for pair in refine(pairs, &kinds(&ones), &kinds(&others)) {
        // A frame more or less without a message of its own is an acknowledgment or a copy: it shows in the sums.
        if let Pair::Both(one, other) = pair
            && let (Some((_, one)), Some((_, other))) = (ones.get(one), others.get(other))
        {
            found.compare((one, other), &mut Vec::new(), shapes);
        }
    }
}

/// Which protocols lie in each other in a tree, which messages, and whether it has a piece of something.
fn chain(tree: &Part) -> (Vec<String>, Vec<String>, bool) {
    let (mut protocols, mut has_piece) = (Vec::new(), false);
    tree.visit(&mut |layer| {
        has_piece |= layer.parts.iter().any(Part::is_piece);
        let protocol = layer.layer.clone().unwrap_or_default();
        if protocols.last() != Some(&protocol) {
            protocols.push(protocol);
        }
    });
    (protocols, messages(tree), has_piece)
}

impl Found {
    fn said(&mut self, name: &str, (expected, seen): (Option<String>, Option<String>)) {
        if expected != seen {
            let path = vec![name.to_owned()];
            self.differences.push(Difference { path, expected, seen });
        }
    }
}

impl Found {
    /// Compares what happened where no byte says it.
    fn told(&mut self, first: &Rung, second: &Rung) {
        let parts = |rung: &Rung| -> Vec<(String, Option<String>)> {
            let of = |said: &run::Phrase| {
                let values = said.of.iter().enumerate();
                let known = values.map(|(place, value)| (fresh::kind_said(&said.key, place).is_none(), value.clone()));
                let known: Vec<_> = known.map(|(is_known, value)| is_known.then_some(value)).collect();
                known
                    .into_iter()
                    .map(|value| (said.key.clone(), value))
                    .collect::<Vec<_>>()
            };
            rung.said.iter().flat_map(of).collect()
        };
        let key = |rung: &Rung| rung.said.first().map(|said| said.key.clone());
        // Other words altogether are another step: both are told.
        if key(first) == key(second) && parts(first) != parts(second) {
            self.said("step", (Some(first.what.clone()), Some(second.what.clone())));
        }
        for (one, other) in first.said.iter().zip(&second.said) {
            for (place, (own, others)) in one.of.iter().zip(&other.of).enumerate() {
                if let Some(kind) = fresh::kind_said(&one.key, place).filter(|_| own != others) {
                    *self.fresh.entry(kind).or_default() += 1;
                }
            }
        }
    }
}

/// What differs beside the steps: how the runs ended first, then what came to something else, then what only one of them has.
fn besides(first: &Run, second: &Run) -> Vec<Difference> {
    let mut found = Found::default();
    let (one, other) = (&first.story, &second.story);
    let failed = |run: &Run| run.outcome.as_ref().and_then(|outcome| outcome.error.clone());
    found.said("failed", (failed(first), failed(second)));
    let heard = |run: &Run| run.outcome.as_ref().map(|outcome| outcome.heard.join(" | "));
    found.said("heard", (heard(first), heard(second)));
    found.said("view", (Some(one.view.clone()), Some(other.view.clone())));
    found.said("source", (one.source.clone(), other.source.clone()));
    found.said("path", (Some(one.path.join(" ")), Some(other.path.join(" "))));
    found.listed("lookup", &lookups(first), &lookups(second));
    found.listed("check", &checks(first), &checks(second));
    let is_of_one = |difference: &Difference| {
        let is_listed = difference.path.len() > 1;
        is_listed && (difference.expected.is_none() || difference.seen.is_none())
    };
    found.differences.sort_by_key(is_of_one);
    found.differences
}

/// A thing that is in a list, and what it came to.
type Item = (String, String);

fn lookups(run: &Run) -> Vec<Item> {
    let item = |lookup: &run::Lookup| {
        let who = lookup.node.as_deref().unwrap_or_default();
        let found = lookup.what.as_deref().unwrap_or_default();
        (
            format!("{who} {}: {}", lookup.place, lookup.asked)
                .trim_start()
                .to_owned(),
            format!("{} {found}", lookup.result).trim_end().to_owned(),
        )
    };
    run.lookups.iter().map(item).collect()
}

fn checks(run: &Run) -> Vec<Item> {
    let item = |check: &run::Check| {
        let of = |part: &Option<String>| part.clone().unwrap_or_default();
        // What was compared may be a name or a date; whether it is right is what counts.
        let verdict = match check.ok {
            Some(true) => String::from("✓"),
            Some(false) => format!("✗ {} / {}", of(&check.expected), of(&check.seen)),
            None => String::from("?"),
        };
        let name = check.aspect.as_ref().unwrap_or(&check.what.key);
        // What is checked of a message is often the message itself.
        let about = check.about.as_ref().filter(|about| *about != name);
        (
            format!("{name} {}", about.map_or("", String::as_str))
                .trim_end()
                .to_owned(),
            verdict,
        )
    };
    run.checks.iter().map(item).collect()
}

impl Found {
    fn listed(&mut self, list: &str, first: &[Item], second: &[Item]) {
        let names = |items: &[Item]| items.iter().map(|item| item.0.clone()).collect::<Vec<_>>();
        for pair in refine(align(first, second), &names(first), &names(second)) {
            let (one, other) = match pair {
                Pair::Both(one, other) => (first.get(one), second.get(other)),
                Pair::First(one) => (first.get(one), None),
                Pair::Second(other) => (None, second.get(other)),
            };
            let name = one.or(other).map(|item| item.0.clone()).unwrap_or_default();
            let (expected, seen) = (one.map(|item| item.1.clone()), other.map(|item| item.1.clone()));
            if expected != seen {
                let path = vec![list.to_owned(), name];
                self.differences.push(Difference { path, expected, seen });
            }
        }
    }
}
