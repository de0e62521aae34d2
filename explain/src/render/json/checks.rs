//! Checks, key agreements and key schedules as JSON.

use serde_json::{Value, json};

use super::{Teller, hex, span};
use crate::event::{Account, Agreement, Check, Flow, Half, Made, Making};
use crate::texts;

impl Teller {
    /// The checks of every flow, numbered through.
    pub(super) fn checks(&self, account: &Account) -> Vec<Value> {
        let flows = account.flows.iter().enumerate();
        let all = flows.flat_map(|(flow, told)| told.checks.iter().map(move |check| (flow, check)));
        all.enumerate()
            .map(|(index, (flow, check))| self.check(index, flow, check))
            .collect()
    }

    fn check(&self, index: usize, flow: usize, check: &Check) -> Value {
        json!({
            "type": "check",
            "number": index + 1,
            "flow": flow + 1,
            "frame": check.frame + 1,
            "aspect": format!("{:?}", check.aspect),
            "word": texts::word(check.aspect, self.language),
            "from": if check.of_server { "server" } else { "client" },
            "about": check.about,
            "what": self.text(texts::of_aspect(check.aspect)),
            "expected": check.expected,
            "seen": check.seen,
            "ok": check.ok,
            "why": self.text(check.why),
            "of": check.of.iter().map(span).collect::<Vec<_>>(),
        })
    }

    /// The key schedule of a flow, if it has one.
    pub(super) fn schedule(&self, index: usize, flow: &Flow) -> Option<Value> {
        let schedule = flow.schedule.as_ref()?;
        let nodes = schedule.nodes.iter().map(|made| self.made(made));
        Some(json!({
            "type": "schedule",
            "flow": index + 1,
            "nodes": nodes.collect::<Vec<_>>(),
            "agreement": flow.agreement.as_ref().map(agreement),
        }))
    }

    fn made(&self, made: &Made) -> Value {
        let (how, label, over, hash, length) = match &made.how {
            Making::Given => ("given", None, None, None, None),
            Making::Extract => ("extract", None, None, None, None),
            Making::Expand {
                label,
                over,
                hash,
                length,
            } => (
                "expand",
                Some(label),
                Some(over),
                hash.as_deref().map(hex),
                Some(length),
            ),
        };
        json!({
            "name": made.name,
            "logged_as": made.logged_as,
            "how": how,
            "label": label,
            "over": over,
            "hash": hash,
            "length": length,
            "of": made.of,
            "value": made.value.as_deref().map(hex),
            "why": self.text(made.why),
        })
    }
}

fn agreement(agreement: &Agreement) -> Value {
    let half = |half: &Half| {
        json!({
            "name": half.name,
            "client_share": hex(&half.client),
            "server_share": hex(&half.server),
            "shared_secret": half.shared.as_deref().map(hex),
        })
    };
    json!({
        "group": agreement.group,
        "name": agreement.name(),
        "client_share": hex(&agreement.client),
        "server_share": hex(&agreement.server),
        "shared_secret": agreement.shared.as_deref().map(hex),
        "halves": agreement.halves.iter().map(half).collect::<Vec<_>>(),
    })
}
