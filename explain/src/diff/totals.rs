//! What a run took: steps, frames, bytes, round trips, time, and bytes for each layer.

use std::collections::BTreeMap;

use super::run::{Frame, Part, Run};

/// One thing that is counted in both runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Total {
    /// What: `steps`, `frames`, `bytes`, `round trips`, `µs`, or a layer's name.
    pub what: String,
    /// Whether it is a layer's bytes.
    pub is_layer: bool,
    /// In the first run.
    pub first: u64,
    /// In the second run.
    pub second: u64,
}

pub(super) fn totals(first: &Run, second: &Run) -> Vec<Total> {
    let mut totals: Vec<_> = of(first)
        .into_iter()
        .zip(of(second))
        .map(|((what, first), (_, second))| Total {
            what: what.to_owned(),
            is_layer: false,
            first,
            second,
        })
        .collect();
    let (Some(one), Some(other)) = (&first.ledger, &second.ledger) else {
        return totals;
    };
    let bytes = |layer: &str, all: &[super::run::Taken]| {
        let taken = all.iter().filter(|taken| taken.layer == layer).map(|taken| taken.bytes);
        taken.fold(0, u64::saturating_add)
    };
    let mut layers: Vec<&str> = Vec::new();
    for taken in one.all.iter().chain(&other.all) {
        if !layers.contains(&taken.layer.as_str()) {
            layers.push(&taken.layer);
        }
    }
    totals.extend(layers.into_iter().map(|layer| Total {
        what: layer.to_owned(),
        is_layer: true,
        first: bytes(layer, &one.all),
        second: bytes(layer, &other.all),
    }));
    totals
}

fn of(run: &Run) -> [(&'static str, u64); 5] {
    let times = || {
        run.frames
            .iter()
            .map(|frame| frame.at)
            .chain(run.rungs.iter().filter_map(|rung| rung.at))
    };
    let took = times().max().unwrap_or_default() - times().min().unwrap_or_default();
    let bytes = run.frames.iter().map(|frame| frame.bytes.len() / 2).sum::<usize>();
    [
        ("steps", run.rungs.len() as u64),
        ("frames", run.frames.len() as u64),
        ("bytes", bytes as u64),
        ("round trips", round_trips(run)),
        ("µs", took),
    ]
}

/// How often one end could not go on before it heard from the other: where there is TCP, how often something new came that
/// acknowledges what was sent since the last such answer; elsewhere how often an answer follows a question.
fn round_trips(run: &Run) -> u64 {
    let mut flows: BTreeMap<usize, Talk<'_>> = BTreeMap::new();
    let (mut trips, mut asked) = (0, None);
    for frame in &run.frames {
        match (frame.flow, segment(&frame.tree)) {
            (Some(flow), Some(segment)) => {
                let talk = flows.entry(flow).or_insert_with(|| Talk::new(frame));
                trips += u64::from(talk.hears(frame, &segment));
            }
            _ => match asked {
                None => asked = Some(&frame.way),
                Some(way) if *way != frame.way => {
                    trips += 1;
                    asked = None;
                }
                Some(_) => {}
            },
        }
    }
    trips
}

/// One connection, as whoever began it lives through it.
struct Talk<'a> {
    /// Which way its first segment went.
    asks: &'a str,
    /// Where the asker's stream ends, as far as it was sent.
    sent: Option<u32>,
    /// How far it was sent when the last answer came.
    answered: Option<u32>,
}

struct Segment {
    sequence: u32,
    acknowledgment: u32,
    /// Sequence numbers it takes.
    takes: u32,
}

impl<'a> Talk<'a> {
    const fn new(frame: &'a Frame) -> Self {
        Self {
            asks: frame.way.as_str(),
            sent: None,
            answered: None,
        }
    }

    /// Whether a segment is an answer that was waited for.
    fn hears(&mut self, frame: &Frame, segment: &Segment) -> bool {
        if frame.way == self.asks {
            let end = segment.sequence.wrapping_add(segment.takes);
            if self.sent.is_none_or(|sent| is_ahead(end, sent)) {
                self.sent = Some(end);
            }
            return false;
        }
        let is_new = self
            .answered
            .is_none_or(|before| is_ahead(segment.acknowledgment, before));
        let is_answer = segment.takes > 0 && is_new;
        if is_answer {
            self.answered = self.sent;
        }
        is_answer
    }
}

/// Sequence numbers go round: what is ahead is less than half of all away (RFC 9293 §3.4).
const fn is_ahead(number: u32, of: u32) -> bool {
    let distance = number.wrapping_sub(of);
    distance != 0 && distance < 1 << 31
}

fn segment(tree: &Part) -> Option<Segment> {
    let mut found = None;
    tree.visit(&mut |layer| {
        if found.is_none() && layer.is_of("TCP") && layer.name == "segment" {
            found = Some(layer);
        }
    });
    let segment = found?;
    let number = |name: &str| segment.find(name)?.number.and_then(|number| u32::try_from(number).ok());
    let flags = &segment.find("data offset and flags")?.value;
    let bit = |name: &str| u32::from(flags.contains(&format!("{name} 1")));
    let words = flags
        .strip_prefix("data offset ")?
        .split(' ')
        .next()?
        .parse::<usize>()
        .ok()?;
    let [start, end] = segment.range;
    let carries = end.checked_sub(start)?.saturating_sub(words.saturating_mul(4));
    Some(Segment {
        sequence: number("sequence number")?,
        acknowledgment: number("acknowledgment number")?,
        takes: u32::try_from(carries)
            .ok()?
            .saturating_add(bit("SYN"))
            .saturating_add(bit("FIN")),
    })
}
