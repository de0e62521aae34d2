//! The ladder: one line for each step, with how far it got; layers unfold beneath.

use unicode_width::UnicodeWidthStr as _;

use super::beside::{self, Beside};
use super::paint::{Ink, Look};
use super::tree::Said;
use super::{checks, keys, names, tree, way};
use crate::capture::Way;
use crate::event::{FrameAccount, Note, Protocol, Space};
use crate::story::{Act, Rung, Story, Track};
use crate::texts::{self, Text};

/// Columns from one node of the path to the next.
const GAP: usize = 9;
/// A terminal with fewer columns than this has shorter arrows, lest nothing of what is said has room.
const ROOMY: usize = 110;
/// Columns before what goes on from the line before.
const ASIDE: usize = 18;
/// The same where columns are few.
const NARROW_GAP: usize = 3;
/// A terminal with fewer columns than this has what a step says in a line of its own.
const NARROW: usize = 64;
/// Before what it says.
const BENEATH: &str = "       ";

/// What is shown beneath the steps.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Unfold {
    /// Every field of these layers.
    pub layers: Vec<Protocol>,
    /// Every field of the frame of this number, counted from 1, and of what became complete with it.
    pub frame: Option<usize>,
    /// The key agreement and the key schedule of every connection, with their values.
    pub keys: bool,
}

/// A story as lines.
#[derive(Debug)]
pub struct Ladder<'a> {
    /// The story.
    pub story: &'a Story,
    /// How it looks.
    pub look: Look,
    /// What is shown of it.
    pub unfold: Unfold,
}

impl Ladder<'_> {
    /// All lines.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        if let Some(number) = self.unfold.frame {
            return match number
                .checked_sub(1)
                .filter(|index| *index < self.story.account.frames.len())
            {
                Some(index) => self.frame(index, None, &mut Said::default()),
                None => String::new(),
            };
        }
        let nodes: String = self
            .story
            .path
            .iter()
            .map(|node| format!("{node:<width$}", width = self.gap() + 1))
            .collect();
        // A Chinese character takes two columns.
        let frame = at_right(self.look.say(&texts::WORD_FRAME), 5);
        let layer = self.look.say(&texts::DIFF_LAYER);
        let head = format!("{frame}  {:>9}  {nodes} {layer}", "t ms");
        text += &self.look.line(&[(Ink::Dim, &head)]);
        let mut beside = beside::all(self.story, &self.look).into_iter().peekable();
        let mut said = Said::default();
        for rung in &self.story.rungs {
            while let Some(event) = beside.next_if(|event| event.is_before(rung)) {
                text += &self.beside(&event);
            }
            text += &self.rung(rung);
            text += &self.broken(rung);
            text += &checks::lines(&self.story.account, rung, &self.unfold.layers, &self.look);
            for index in &rung.frames {
                if !self.unfold.layers.is_empty() {
                    text += &self.frame(*index, Some(&self.unfold.layers), &mut said);
                }
            }
        }
        for event in beside {
            text += &self.beside(&event);
        }
        if self.unfold.layers.contains(&Protocol::Dns) {
            text += &names::unfolded(self.story, &self.look);
        }
        if self.unfold.keys {
            text += &keys::keys(&self.story.account, &self.look);
        }
        text
    }

    /// A line about a node alone, without any frame.
    fn beside(&self, event: &Beside<'_>) -> String {
        let (arrow, ink) = match event.track {
            Some(track) => (self.arrow(Some(track), Way::In).0, Ink::Alarm),
            None => (self.at(event.node), Ink::Plain),
        };
        let head = format!("{:>5}  {:>9}  ", "", names::milliseconds(event.at));
        let name = format!("{:<9} ", event.protocol.name());
        let why = event
            .why
            .map_or_else(String::new, |text| format!("  {}", text.told(self.look.language)));
        let way = [
            (Ink::Dim, head.as_str()),
            (ink, &arrow),
            (Ink::Layer(event.protocol), &name),
        ];
        if event.protocol == Protocol::Dns && event.track.is_none() {
            return if self.is_narrow() {
                let indent = [(Ink::Plain, BENEATH)];
                self.look.line(&way) + &self.look.list(&indent, &event.what, names::THEN, BENEATH.len())
            } else {
                self.look.list(&way, &event.what, names::THEN, ASIDE)
            };
        }
        self.told(&way, &[(Ink::Plain, &event.what)], &[], &why)
    }

    /// The nodes, one of them marked.
    fn at(&self, node: &str) -> String {
        let path = self.story.path.iter();
        let nodes = path.map(|name| if name == node { "●" } else { "│" });
        nodes.collect::<Vec<_>>().join(&" ".repeat(self.gap())) + "  "
    }

    fn rung(&self, rung: &Rung) -> String {
        let first = rung.frames.first().copied();
        let number = first.map_or(String::new(), |first| (first + 1).to_string());
        let head = format!("{number:>5}  {:>9}  ", names::milliseconds(rung.at));
        let own = self.story.path.get(self.story.own).map_or("", String::as_str);
        let (arrow, is_lost) = match rung.act {
            Act::Inside => (self.at(own), false),
            _ => self.arrow(first.and_then(|first| self.story.tracks.get(&first)), rung.way),
        };
        let name = format!("{:<9} ", rung.protocol.name());
        let faults = self.faults(rung);
        let fault = faults.map(|note| format!("  {} {}", note.text.told(self.look.language), note.detail));
        let detail = match (rung.why, first) {
            (Some(text), Some(first)) => self.detail(first, text),
            _ => String::new(),
        };
        let why = rung
            .why
            .map(|text| format!("  {}{detail}", text.told(self.look.language)));
        let ink = if is_lost || rung.broken.is_some() {
            Ink::Alarm
        } else {
            Ink::Plain
        };
        let broke = if rung.broken.is_some() { "✗ " } else { "" };
        let account = &self.story.account;
        let (mark, checked) = checks::summary(account, rung, &self.look).unwrap_or((Ink::Plain, String::new()));
        let way = [
            (Ink::Dim, head.as_str()),
            (ink, &arrow),
            (Ink::Layer(rung.protocol), &name),
        ];
        let what = [(Ink::Alarm, broke), (Ink::Plain, &rung.told(self.look.language))];
        let found = [(Ink::Alarm, fault.as_deref().unwrap_or_default()), (mark, &checked)];
        self.told(&way, &what, &found, why.as_deref().unwrap_or_default())
    }

    /// A step: its way, what it says, what was found wrong or right in it, and why it is taken.
    ///
    /// Where columns are few, its way has a line of its own; so has what was found, where it would be cut off. The reason may be.
    fn told(&self, way: &[(Ink, &str)], what: &[(Ink, &str)], found: &[(Ink, &str)], why: &str) -> String {
        let columns = self.look.width.unwrap_or(usize::MAX);
        let indent = if self.is_narrow() { BENEATH.len() } else { ASIDE };
        let margin = " ".repeat(indent);
        let mut text = String::new();
        let mut line = [way, what].concat();
        if self.is_narrow() {
            text += &self.look.line(way);
            line = [&[(Ink::Plain, BENEATH)], what].concat();
        }
        for (ink, part) in found.iter().filter(|(_, part)| !part.is_empty()) {
            let used: usize = line.iter().map(|(_, part)| part.width()).sum();
            if used + part.width() > columns {
                text += &self.look.line(&line);
                line = vec![(Ink::Plain, margin.as_str()), (*ink, part.trim_start())];
            } else {
                line.push((*ink, part));
            }
        }
        line.push((Ink::Dim, why));
        text + &self.look.line(&line)
    }

    fn is_narrow(&self) -> bool {
        self.look.width.is_some_and(|columns| columns < NARROW)
    }

    fn gap(&self) -> usize {
        let is_roomy = self.look.width.is_none_or(|columns| columns >= ROOMY);
        // Two names are not to run into one.
        let names = self.story.path.iter().rev().skip(1);
        let longest = names.map(|name| name.chars().count()).max().unwrap_or_default();
        if is_roomy { GAP } else { NARROW_GAP.max(longest) }
    }

    /// Of what is sent again: how long after the copy before.
    fn detail(&self, frame: usize, text: &Text) -> String {
        let layers = self.story.account.layers_of(frame).into_iter();
        let mut notes = layers.flat_map(|(_, layer)| &layer.notes);
        let is_it = |note: &&Note| *text == texts::TCP_RETRANSMISSION && note.text == text && !note.detail.is_empty();
        notes
            .find(is_it)
            .map_or_else(String::new, |note| format!(" ({})", note.detail))
    }

    /// From where to where the first frame of a step came, and whether it was lost.
    fn arrow(&self, track: Option<&Track>, way: Way) -> (String, bool) {
        let (own, nodes) = (self.story.own, self.story.path.len());
        let seen = |pick: fn(&[usize]) -> Option<usize>| {
            let nodes: Vec<usize> = track
                .map(|track| track.seen.iter().map(|seen| seen.node).collect())
                .unwrap_or_default();
            pick(&nodes)
        };
        // What no end of the path sent came from the next node, and goes no further.
        let neighbour = if own == 0 { 1 } else { own - 1 };
        let (from, to) = match (seen(|nodes| nodes.first().copied()), way) {
            (Some(from), _) => (from, seen(|nodes| nodes.last().copied()).unwrap_or(from)),
            (None, Way::Out) => (own, neighbour),
            (None, Way::In) => (neighbour, own),
        };
        let lost = track.and_then(Track::ended_behind);
        let gap = self.gap();
        let (begin, end) = (from * gap + from, to * gap + to);
        let mut cells: Vec<char> = vec![' '; nodes.saturating_sub(1) * (gap + 1) + 1];
        let mut put = |at: usize, character| {
            if let Some(cell) = cells.get_mut(at) {
                *cell = character;
            }
        };
        (0..nodes).for_each(|node| put(node * (gap + 1), '│'));
        (begin.min(end)..=begin.max(end)).for_each(|at| put(at, '─'));
        (from.min(to)..=from.max(to)).for_each(|node| put(node * (gap + 1), '┼'));
        put(begin, '●');
        match lost {
            Some(node) => {
                let half = gap / 2 + 1;
                let start = node * (gap + 1);
                let cross = if from == 0 {
                    start + half
                } else {
                    start.saturating_sub(half)
                };
                (start.min(cross)..start.max(cross))
                    .filter(|at| *at != start)
                    .for_each(|at| put(at, '─'));
                put(cross, '✗');
            }
            None if end > begin => put(end, '▶'),
            None if end < begin => put(end, '◀'),
            None => {}
        }
        let mut arrow: String = cells.into_iter().collect();
        arrow.push_str("  ");
        (arrow, lost.is_some())
    }

    /// Beneath a step that did not hold: what was expected and seen, whose fault it can be, what to do.
    fn broken(&self, rung: &Rung) -> String {
        let Some(broken) = &rung.broken else {
            return String::new();
        };
        // These are few, and nothing of them may be missing.
        let look = Look {
            width: None,
            ..self.look
        };
        let language = look.language;
        let names = [
            &texts::BROKEN_EXPECTED,
            &texts::BROKEN_SEEN,
            &texts::BROKEN_WHOSE,
            &texts::BROKEN_FIX,
        ];
        let said = [&broken.expected, &broken.seen, &broken.whose, &broken.fix];
        let mut text = String::new();
        for (index, (name, said)) in names.into_iter().zip(said).enumerate() {
            let (name, colon) = (name.told(language), texts::COLON.told(language));
            let name = format!("{}{name}{colon}", " ".repeat(ASIDE));
            let ink = if index == 1 { Ink::Alarm } else { Ink::Plain };
            text += &look.line(&[(Ink::Dim, &name), (ink, &said.told(language))]);
            for line in broken.evidence.iter().filter(|_| index == 1) {
                text += &self
                    .look
                    .line(&[(Ink::Plain, &" ".repeat(ASIDE + 2)), (Ink::Plain, &line.told(language))]);
            }
        }
        text
    }

    /// The first thing that is wrong in a step.
    fn faults(&self, rung: &Rung) -> Option<&Note> {
        self.notes(rung).into_iter().find(|note| note.text.is_invalid())
    }

    fn notes(&self, rung: &Rung) -> Vec<&Note> {
        let mut notes = Vec::new();
        for index in &rung.frames {
            let Some(frame) = self.story.account.frames.get(*index) else {
                continue;
            };
            frame.layer.visit_notes(&mut |_, note| notes.push(note));
            for derived in &frame.completes {
                if let Some(layer) = self.story.account.layer(Space::Derived(*derived)) {
                    layer.visit_notes(&mut |_, note| notes.push(note));
                }
            }
        }
        notes
    }

    /// Which frame it is, how long, which way and when it passed.
    fn head_of(&self, index: usize, frame: &FrameAccount) -> String {
        let way = match frame.way {
            Way::Out => &texts::WORD_SENT,
            Way::In => &texts::WORD_RECEIVED,
        };
        let node = self.story.path.get(self.story.own).map_or("", String::as_str);
        let (say, at) = (|word| self.look.say(word), names::milliseconds(frame.at));
        let (length, comma) = (frame.layer.range.len(), say(&texts::COMMA));
        let mut head = format!("{} {}{}", say(&texts::WORD_FRAME), index + 1, say(&texts::COLON));
        head += &format!(
            "{length} {}{comma}{node} {}{comma}{at} ms",
            say(&texts::WORD_BYTES),
            say(way)
        );
        if frame.lost {
            head += &format!("{comma}{}", say(&texts::WORD_LOST));
        }
        self.look.line(&[(Ink::Plain, &head)])
    }

    /// A frame and what became complete with it, field by field: all of it, or these layers.
    fn frame(&self, index: usize, only: Option<&[Protocol]>, said: &mut Said) -> String {
        let account = &self.story.account;
        let Some(frame) = account.frames.get(index) else {
            return String::new();
        };
        let mut text = String::new();
        if only.is_none() {
            text += &self.head_of(index, frame);
        }
        let spaces = frame.completes.iter().map(|derived| Space::Derived(*derived));
        for space in std::iter::once(Space::Frame(index)).chain(spaces) {
            text += &tree::tree(account, space, only, (&self.look, said));
        }
        let is_arp = || frame.layer.find(Protocol::Arp, "message").is_some();
        let is_about_way = |only: &[Protocol]| {
            only.contains(&Protocol::Ipv4)
                || only.contains(&Protocol::Ethernet)
                || only.contains(&Protocol::Arp) && is_arp()
        };
        if only.is_none_or(is_about_way) {
            text += &way::way(self.story, index, &self.look);
        }
        text
    }
}

/// A word at the right of so many columns.
fn at_right(word: &str, columns: usize) -> String {
    " ".repeat(columns.saturating_sub(word.width())) + word
}
