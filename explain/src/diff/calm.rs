//! Steps without what only keeps a connection going: whether it comes before something else or behind is chance.

use super::run::{Part, Run, Rung};

/// The steps of a run, in which housekeeping of HTTP/2 parts nothing: a step of it between two of the other way belongs to the next one
/// of its own way, and those two are one.
pub(super) fn steps(run: &Run) -> Vec<Rung> {
    let mut steps: Vec<Rung> = Vec::new();
    let mut held: Option<Rung> = None;
    let mut rest = run.rungs.iter().peekable();
    while let Some(rung) = rest.next() {
        let mut rung = rung.clone();
        if let Some(kept) = held.take_if(|kept| kept.way == rung.way && !rung.frames.is_empty()) {
            rung = joined(kept, &rung);
        }
        let parts =
            |before: &Rung, next: &Rung| before.way == next.way && before.way != rung.way && before.act == next.act;
        let next = rest
            .peek()
            .filter(|next| steps.last().is_some_and(|before| parts(before, next)));
        if held.is_none() && next.is_some() && is_housekeeping(run, &rung) {
            held = Some(rung);
            if let (Some(next), Some(before)) = (rest.next(), steps.pop()) {
                steps.push(joined(before, next));
            }
        } else {
            steps.push(rung);
        }
    }
    steps.extend(held);
    steps
}

fn joined(first: Rung, next: &Rung) -> Rung {
    Rung {
        what: format!("{} {}", first.what, next.what),
        frames: first.frames.iter().chain(&next.frames).copied().collect(),
        ..first
    }
}

/// Whether a step has frames of HTTP/2, and only such as ask for nothing and answer nothing.
fn is_housekeeping(run: &Run, rung: &Rung) -> bool {
    let (mut keeps, mut says) = (false, !rung.said.is_empty());
    for (_, tree) in run.trees(rung) {
        tree.visit(&mut |layer: &Part| match layer.layer.as_deref() {
            Some("HTTP") if layer.name == "frame" => {
                let kind = layer.what.split(' ').next().unwrap_or_default();
                let is_quiet = ["SETTINGS", "WINDOW_UPDATE", "PING"].contains(&kind);
                keeps |= is_quiet;
                says |= !is_quiet;
            }
            Some("HTTP") => {}
            _ => says |= super::message(layer).is_some(),
        });
    }
    keeps && !says
}
