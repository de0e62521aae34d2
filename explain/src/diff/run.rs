//! A run as [`render::json`](crate::render::json) wrote it, read back into plain structs.

use std::io::{self, BufRead};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::render::json::VERSION;

/// The most bytes that a file may have: far more than any run, far less than a machine's memory.
pub const LONGEST: u64 = 64 << 20;

/// One run.
#[derive(Debug, Default)]
pub struct Run {
    /// The first line.
    pub story: Story,
    /// The steps, in order.
    pub rungs: Vec<Rung>,
    /// The frames, in the order of time.
    pub frames: Vec<Frame>,
    /// What was made of their bytes.
    pub derived: Vec<Derived>,
    /// Where a name was looked for.
    pub lookups: Vec<Lookup>,
    /// What was checked.
    pub checks: Vec<Check>,
    /// What each layer took.
    pub ledger: Option<Ledger>,
    /// How it ended.
    pub outcome: Option<Outcome>,
}

/// What is told of a whole run.
#[derive(Debug, Default, Deserialize)]
pub struct Story {
    /// Of the format.
    version: u64,
    /// From where it is told.
    #[serde(default)]
    pub view: String,
    /// Where it comes from, `simulated` or `live`.
    #[serde(default)]
    pub source: Option<String>,
    /// The nodes in order.
    #[serde(default)]
    pub path: Vec<String>,
}

/// A step.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Rung {
    /// What kind of step.
    pub act: String,
    /// µs since the run began.
    pub at: Option<u64>,
    /// `out` or `in`.
    pub way: String,
    /// The numbers of its frames, from 1.
    #[serde(default)]
    pub frames: Vec<usize>,
    /// The layer it is about.
    pub layer: String,
    /// What happened.
    pub what: String,
    /// The same where no byte says it.
    #[serde(default)]
    pub said: Vec<Phrase>,
    /// The node behind which its first frame was lost.
    pub lost_behind: Option<String>,
    /// Where the way ends.
    pub broken: Option<Broken>,
}

/// Some words about something.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Phrase {
    /// What they are called by.
    pub key: String,
    /// What they are about.
    pub of: Vec<String>,
}

/// A step that went wrong.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Broken {
    /// What should have been.
    pub expected: String,
    /// What was.
    pub seen: String,
}

/// A frame.
#[derive(Debug, Default, Deserialize)]
pub struct Frame {
    /// From 1.
    pub number: usize,
    /// µs since the run began.
    pub at: u64,
    /// `out` or `in`.
    pub way: String,
    /// Hexadecimal.
    pub bytes: String,
    /// The numbers of what became complete with it.
    #[serde(default)]
    pub completes: Vec<usize>,
    /// The number of its connection, from 1.
    pub flow: Option<usize>,
    /// What is in it.
    pub tree: Part,
}

/// What was made of bytes of frames.
#[derive(Debug, Default, Deserialize)]
pub struct Derived {
    /// From 1.
    pub number: usize,
    /// What is in it.
    pub tree: Part,
}

/// A layer, or a field: one of `layer` and `field` is there.
#[derive(Debug, Default, Deserialize)]
pub struct Part {
    /// Of a layer: its protocol.
    pub layer: Option<String>,
    /// Of a layer: what it is called.
    #[serde(default)]
    pub name: String,
    /// Of a layer: what it says in one line.
    #[serde(default)]
    pub what: String,
    /// Of a layer: what is in it.
    #[serde(default)]
    pub parts: Vec<Self>,
    /// Of a field: what it is called.
    pub field: Option<String>,
    /// Of a field: what it says.
    #[serde(default)]
    pub value: String,
    /// Of a field: its number, where it is one.
    pub number: Option<u64>,
    /// Of a field: there, if its bytes are told elsewhere.
    pub becomes: Option<serde::de::IgnoredAny>,
    /// Which bytes.
    #[serde(default)]
    pub range: [usize; 2],
}

/// One place where a name was looked for.
#[derive(Debug, Default, Deserialize)]
pub struct Lookup {
    /// `resolver`, `root`, …
    #[serde(rename = "where")]
    pub place: String,
    /// What was asked for.
    pub asked: String,
    /// `hit`, `miss`, …
    pub result: String,
    /// What was found.
    #[serde(default)]
    pub what: Option<String>,
    /// Who asked.
    #[serde(default)]
    pub node: Option<String>,
}

/// One thing that was checked.
#[derive(Debug, Default, Deserialize)]
pub struct Check {
    /// Which check.
    pub what: Said,
    /// The same in one word.
    #[serde(default)]
    pub aspect: Option<String>,
    /// About what: a certificate, a message.
    #[serde(default)]
    pub about: Option<String>,
    /// What should be.
    #[serde(default)]
    pub expected: Option<String>,
    /// What is.
    #[serde(default)]
    pub seen: Option<String>,
    /// Whether it is right; nothing where that cannot be told.
    #[serde(default)]
    pub ok: Option<bool>,
}

/// A text.
#[derive(Debug, Default, Deserialize)]
pub struct Said {
    /// What it is called by, for good.
    pub key: String,
}

/// What each layer took.
#[derive(Debug, Default, Deserialize)]
pub struct Ledger {
    /// Of the whole run.
    #[serde(default)]
    pub all: Vec<Taken>,
}

/// What one layer took.
#[derive(Debug, Default, Deserialize)]
pub struct Taken {
    /// Which.
    pub layer: String,
    /// Its bytes.
    pub bytes: u64,
}

/// How a run ended.
#[derive(Debug, Default, Deserialize)]
pub struct Outcome {
    /// Why it failed, if it did.
    pub error: Option<String>,
    /// What came to B's screen.
    #[serde(default)]
    pub heard: Vec<String>,
}

/// Why a file is no run that can be compared.
#[derive(Debug, thiserror::Error)]
pub enum BadRun {
    /// It cannot be read.
    #[error("{0}")]
    Unreadable(#[from] io::Error),
    /// It has more than [`LONGEST`] bytes.
    #[error("it has more than {} MiB", LONGEST >> 20)]
    TooLong,
    /// It does not begin as a story does.
    #[error("it is no story: its first line is none of nihao explain --json")]
    NoStory,
    /// It is of a version that is not known here.
    #[error("its format is of version {0}, and this program knows version {VERSION}")]
    OtherVersion(u64),
    /// What a step or a frame speaks of is not there: the end is missing.
    #[error("it ends too early: {0}, which it speaks of, is not there")]
    Cut(String),
    /// A line is not what it says it is.
    #[error("line {number}: {reason}")]
    BadLine {
        /// From 1.
        number: usize,
        /// What is wrong with it.
        reason: String,
    },
}

#[derive(Deserialize)]
struct Kind {
    #[serde(rename = "type")]
    name: String,
}

impl Run {
    /// Reads the lines that [`render::json`](crate::render::json) made. Lines of a kind that is not known here are passed over.
    ///
    /// # Errors
    /// [`BadRun`] where it is something else.
    pub fn read(lines: impl BufRead) -> Result<Self, BadRun> {
        let mut run = Self::default();
        let mut lines = lines.take(LONGEST);
        let mut bytes = Vec::new();
        for number in 1.. {
            bytes.clear();
            if lines.read_until(b'\n', &mut bytes)? == 0 {
                break;
            }
            if lines.limit() == 0 {
                return Err(BadRun::TooLong);
            }
            let bytes = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
            let bad = |error: serde_json::Error| BadRun::BadLine {
                number,
                // Its own count of lines begins with this one.
                reason: error.to_string().replace(" at line 1 column ", " at column "),
            };
            if number == 1 {
                run.story = story(bytes)?;
            } else {
                run.add(bytes).map_err(bad)?;
            }
        }
        if run.story.version == 0 {
            return Err(BadRun::NoStory);
        }
        run.check_whole()?;
        Ok(run)
    }

    fn check_whole(&self) -> Result<(), BadRun> {
        let frames = self.rungs.iter().flat_map(|rung| &rung.frames);
        let derived = self.frames.iter().flat_map(|frame| &frame.completes);
        let last_frame = frames.max().filter(|last| **last > self.frames.len());
        let last_derived = derived.max().filter(|last| **last > self.derived.len());
        let missing = last_frame.map(|number| format!("frame {number}"));
        match missing.or(last_derived.map(|number| format!("derived {number}"))) {
            Some(what) => Err(BadRun::Cut(what)),
            None => Ok(()),
        }
    }

    fn add(&mut self, line: &[u8]) -> Result<(), serde_json::Error> {
        let kind: Kind = serde_json::from_slice(line)?;
        match kind.name.as_str() {
            "rung" => push(&mut self.rungs, line),
            "frame" => push(&mut self.frames, line),
            "derived" => push(&mut self.derived, line),
            "lookup" => push(&mut self.lookups, line),
            "check" => push(&mut self.checks, line),
            "ledger" => serde_json::from_slice(line).map(|ledger| self.ledger = Some(ledger)),
            "outcome" => serde_json::from_slice(line).map(|outcome| self.outcome = Some(outcome)),
            _ => Ok(()),
        }
    }

    /// The frames of a step, in order.
    pub(super) fn frames_of<'a>(&'a self, rung: &'a Rung) -> impl Iterator<Item = &'a Frame> {
        let frames = rung.frames.iter();
        frames.filter_map(|number| self.frames.get(number.checked_sub(1)?))
    }

    /// What is in a step: each of its frames, and behind it what became complete with it; and whether that goes the step's way.
    pub(super) fn trees<'a>(&'a self, rung: &'a Rung) -> impl Iterator<Item = (bool, &'a Part)> {
        self.frames_of(rung).flat_map(|frame| {
            let derived = frame.completes.iter();
            let derived = derived.filter_map(|number| self.derived.get(number.checked_sub(1)?));
            let trees = std::iter::once(&frame.tree).chain(derived.map(|derived| &derived.tree));
            trees.map(|tree| (frame.way == rung.way, tree))
        })
    }
}

/// The first line: whatever it is, what is wrong with it is told of the file as a whole.
fn story(line: &[u8]) -> Result<Story, BadRun> {
    let kind: Kind = serde_json::from_slice(line).map_err(|_| BadRun::NoStory)?;
    if kind.name != "story" {
        return Err(BadRun::NoStory);
    }
    let story: Story = serde_json::from_slice(line).map_err(|_| BadRun::NoStory)?;
    if story.version == u64::from(VERSION) {
        Ok(story)
    } else {
        Err(BadRun::OtherVersion(story.version))
    }
}

fn push<T: DeserializeOwned>(all: &mut Vec<T>, line: &[u8]) -> Result<(), serde_json::Error> {
    all.push(serde_json::from_slice(line)?);
    Ok(())
}

impl Part {
    /// Shows itself and every layer inside, outer ones first.
    pub(super) fn visit<'a>(&'a self, see: &mut impl FnMut(&'a Self)) {
        if self.layer.is_some() {
            see(self);
            self.parts.iter().for_each(|part| part.visit(see));
        }
    }

    /// The first field of this name that is directly in it.
    pub(super) fn find(&self, name: &str) -> Option<&Self> {
        let mut parts = self.parts.iter();
        parts.find(|part| part.field.as_deref() == Some(name))
    }

    /// Whether it is a field whose bytes are a piece of something that is told elsewhere.
    pub(super) fn is_piece(&self) -> bool {
        self.field.as_ref().is_some_and(|name| name.starts_with("part of ")) || self.becomes.is_some()
    }

    /// Whether it is a layer of this protocol.
    pub(super) fn is_of(&self, protocol: &str) -> bool {
        self.layer.as_deref() == Some(protocol)
    }
}
