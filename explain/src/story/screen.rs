//! Upwards: from the frame that brought a text to the text, layer by layer, as the capture at its end tells it.

use unicode_width::UnicodeWidthStr as _;

use super::ledger::{Place, origins, text_in};
use crate::capture::Way;
use crate::event::{Account, Layer, Part, Protocol, Space};

/// What came to a screen, and through what it came up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Screen {
    /// The node whose screen it is.
    pub node: String,
    /// The frames, by their index in that node's capture.
    pub frames: Vec<usize>,
    /// The lowest first.
    pub steps: Vec<Step>,
    /// The text.
    pub text: String,
}

/// One layer on the way up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Whose rules it follows.
    pub protocol: Protocol,
    /// What the standard calls it: `frame`, `packet`, `segment`, `record`, `plaintext`, `request`, `body`, `value`.
    pub what: String,
    /// How many of them the text came in.
    pub count: usize,
    /// Their bytes together.
    pub bytes: usize,
}

impl Screen {
    /// Its bytes in UTF-8.
    #[must_use]
    pub const fn bytes(&self) -> usize {
        self.text.len()
    }

    /// Its characters.
    #[must_use]
    pub fn characters(&self) -> usize {
        self.text.chars().count()
    }

    /// The columns it takes on a terminal: a Chinese character takes two.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.text.width()
    }
}

/// Every text that came in at a node, in the order of time.
pub(super) fn screens(account: &Account, node: &str) -> Vec<Screen> {
    let came = |(_, frame): &(usize, &crate::event::FrameAccount)| frame.way == Way::In;
    let frames = account.frames.iter().enumerate().filter(came);
    let found = frames.filter_map(|(index, _)| {
        let place = text_in(account, index)?;
        Some(Screen {
            node: node.to_owned(),
            frames: origins(account, place.space, &place.field.range).into_iter().collect(),
            steps: steps(account, index, &place),
            text: place.said.to_owned(),
        })
    });
    found.collect()
}

fn steps(account: &Account, frame: usize, place: &Place<'_>) -> Vec<Step> {
    let mut steps = rise(account, place.space, place.field.range.start);
    // The body stands behind its head, not in it: the request is both.
    if let Some(body) = steps.iter().position(|step| step.what == "body")
        && let Some(head) = head(account, frame)
    {
        let request = Step {
            protocol: Protocol::Http,
            what: head.name.to_string(),
            count: 1,
            bytes: head.range.len() + steps.get(body).map_or(0, |step| step.bytes),
        };
        steps.insert(body, request);
    }
    steps
}

/// The head of the request whose body became complete with a frame: the last one of its connection until then.
fn head(account: &Account, frame: usize) -> Option<&Layer> {
    let flow = account.frames.get(frame)?.flow;
    let frames = account.frames.iter().enumerate().take(frame + 1).rev();
    let own = frames.filter(|(_, before)| before.flow == flow);
    own.flat_map(|(index, _)| account.layers_of(index).into_iter().rev())
        .map(|(_, layer)| layer)
        .find(|layer| layer.protocol == Protocol::Http && layer.name == "request")
}

/// The layers around a byte, from the frame on.
fn rise(account: &Account, space: Space, at: usize) -> Vec<Step> {
    let mut steps = Vec::new();
    if let Space::Derived(index) = space
        && let Some(derived) = account.derived.get(index)
    {
        // A unit that came in pieces needs all of them.
        for span in &derived.from {
            merge(&mut steps, rise(account, span.space, span.range.start));
        }
    }
    let mut layer = account.layer(space);
    while let Some(found) = layer {
        let step = Step {
            protocol: found.protocol,
            what: found.name.to_string(),
            count: 1,
            bytes: found.range.len(),
        };
        // What came in pieces is told in a space of its own, by the same name.
        steps.retain(|other| (other.protocol, &other.what) != (step.protocol, &step.what));
        steps.push(step);
        layer = found.parts.iter().find_map(|part| match part {
            Part::Layer(inner) if inner.range.contains(&at) => Some(inner),
            _ => None,
        });
    }
    steps
}

/// Puts the same layers of several pieces together.
fn merge(steps: &mut Vec<Step>, other: Vec<Step>) {
    if steps.is_empty() {
        *steps = other;
        return;
    }
    for (step, other) in steps.iter_mut().zip(other) {
        if (step.protocol, &step.what) == (other.protocol, &other.what) {
            step.count += other.count;
            step.bytes += other.bytes;
        }
    }
}
