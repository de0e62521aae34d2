//! A comparison for programs: one JSON object a line, in this order, each with its `type`.
//!
//! | `type` | what it has |
//! |---|---|
//! | `diff` | `version` (of this format: 1), `first`, `second` (the files), `equal`, `fresh` (how many fields of each kind) |
//! | `step` | `mark`: `same`, `values`, `parted`, `first`, `second`; `first`, `second`: `frame` (of its run, from 1), `frames` (how many), `way` (`forward`, `back`), `layer`, `what`, `lost_behind`, `broken`, or null; `differences` |
//! | `besides` | one difference that belongs to no step |
//! | `total` | `what` (`steps`, `frames`, `bytes`, `round trips`, `µs`, or a layer's name where both runs have a ledger), `layer`, `first`, `second` |
//!
//! A difference is `path` (layers, outer ones first, then the field), `expected` and `seen`: null where that run has no such thing.

use serde_json::{Value, json as object};

use super::{Comparison, Difference, Fresh, Mark, Names, Step, Told};

/// A comparison as lines of JSON.
#[must_use]
pub fn json(comparison: &Comparison, names: Names<'_>) -> Vec<Value> {
    let fresh = Fresh::ALL.iter().filter_map(|kind| {
        let count = comparison.fresh.get(kind)?;
        Some((kind.name().to_owned(), object!(count)))
    });
    let mut lines = vec![object!({
        "type": "diff",
        "version": 1,
        "first": names.first,
        "second": names.second,
        "equal": comparison.is_equal(),
        "fresh": Value::Object(fresh.collect()),
    })];
    lines.extend(comparison.steps.iter().map(step));
    lines.extend(comparison.besides.iter().map(|one| {
        let mut line = difference(one);
        line["type"] = "besides".into();
        line
    }));
    lines.extend(comparison.totals.iter().map(|total| {
        object!({
            "type": "total",
            "what": total.what,
            "layer": total.is_layer,
            "first": total.first,
            "second": total.second,
        })
    }));
    lines
}

fn step(step: &Step) -> Value {
    object!({
        "type": "step",
        "mark": match step.mark {
            Mark::Same => "same",
            Mark::Values => "values",
            Mark::Parted => "parted",
            Mark::First => "first",
            Mark::Second => "second",
        },
        "first": step.first.as_ref().map(told),
        "second": step.second.as_ref().map(told),
        "differences": step.differences.iter().map(difference).collect::<Vec<_>>(),
    })
}

fn told(told: &Told) -> Value {
    object!({
        "frame": told.frame,
        "frames": told.frames,
        "way": if told.is_forward { "forward" } else { "back" },
        "layer": told.layer,
        "what": told.what,
        "lost_behind": told.lost_behind,
        "broken": told.broken,
    })
}

fn difference(one: &Difference) -> Value {
    object!({"path": one.path, "expected": one.expected, "seen": one.seen})
}
