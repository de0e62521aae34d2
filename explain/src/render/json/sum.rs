//! Lines that add up: what each byte was for, and what came to a screen.

use serde_json::{Value, json};

use super::Teller;
use crate::story::{AROUND, Entry, Ledger, SHORTEST, Screen};
use crate::texts;

impl Teller {
    pub(super) fn ledger(&self, ledger: &Ledger) -> Value {
        let entries = |entries: &[Entry]| entries.iter().map(|entry| self.entry(*entry)).collect::<Vec<_>>();
        let wires = ledger.wires.iter().map(|passed| {
            json!({
                "wire": passed.ends.join("–"),
                "frames": passed.frames,
                "bytes": passed.bytes,
                "layers": passed
                    .layers
                    .iter()
                    .map(|entry| json!({"layer": entry.share.name(), "bytes": entry.bytes}))
                    .collect::<Vec<_>>(),
                "around": passed.around(),
            })
        });
        json!({
            "type": "ledger",
            "text_bytes": ledger.text,
            "text_frame": ledger.text_frames.last().map(|index| index + 1),
            "text_frames": ledger.text_frames.iter().map(|index| index + 1).collect::<Vec<_>>(),
            "layers": entries(&ledger.message),
            "all": entries(&ledger.all),
            "wires": wires.collect::<Vec<_>>(),
            "around": {
                "frame": AROUND,
                "shortest": SHORTEST,
                "why": self.text(&texts::LEDGER_CABLE),
            },
        })
    }

    fn entry(&self, entry: Entry) -> Value {
        json!({"layer": entry.share.name(), "bytes": entry.bytes, "why": self.text(entry.share.why())})
    }
}

pub(super) fn screen(screen: &Screen) -> Value {
    let steps = screen.steps.iter().map(|step| {
        json!({
            "layer": step.protocol.name(),
            "what": step.what,
            "count": step.count,
            "bytes": step.bytes,
        })
    });
    json!({
        "type": "screen",
        "node": screen.node,
        "steps": steps.collect::<Vec<_>>(),
        "text": screen.text,
        "bytes": screen.bytes(),
        "characters": screen.characters(),
        "columns": screen.columns(),
    })
}
