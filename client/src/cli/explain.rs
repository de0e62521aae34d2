//! The command line of `explain`.

mod depth;
mod diff;
mod files;
mod live;
mod send;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use nihao_explain::render::html::Page;
use nihao_explain::render::{json, sum};
use nihao_explain::scene::Distance;
use nihao_explain::story::{Story, Viewpoint};
use nihao_explain::texts::Language;
use nihao_explain::world::fault::{Fault, Segment};
use nihao_protocol::chat::Text;
use serde_json::Value;

use self::depth::{Depth, Place};
pub(super) use self::send::{Beneath, send};
use crate::command::Screen;
use crate::error::Error;
use crate::explain::{Journey, Options, Shape, Trouble, journey, outcome};

const FAULTS: &str = "\
Faults of the wire between the routers, frames counted from 1 over both directions:
  lose=N  duplicate=N  late=N  cut=N   frame N is lost, comes twice, comes 40 ms late; nothing passes after frame N
  flip=N                               a bit of byte N of all TCP payload is turned, behind every checksum but TLS's
  reset=N                              frame N with payload arrives as a reset
Faults of an end:
  wrong-name  expired  unknown-ca      what is wrong with the server's certificate
  port-closed  power-off               nothing listens there; nobody is there
  no-such-name  dns-timeout            nobody knows the name; the resolver does not answer

Exit codes: a journey in memory ends with 0 whatever it tells; --live with 0 only if every step holds, else with 3, 4 or 6;
--diff with 8 where the runs differ. \"nihao --help\" has them all.";

/// Options of a run: two files have had theirs.
const RUNNING: [&str; 16] = [
    "text", "seed", "native", "scene", "lose", "loss", "latency", "mtu", "fault", "view", "unfold", "frame", "verbose",
    "pcap", "html", "url",
];

/// What is told, and how.
#[derive(Debug, Args)]
#[command(after_help = FAULTS)]
pub(super) struct Explain {
    /// The message; - reads all of standard input, without its final line break
    #[arg(default_value = "您好！", conflicts_with = "url")]
    text: String,
    /// The seed of everything drawn: the same seed gives the same bytes
    #[arg(long, value_name = "N", default_value_t = 7, allow_negative_numbers = true)]
    seed: u64,
    /// Send native frames instead of an HTTP request
    #[arg(long, conflicts_with = "scene")]
    native: bool,
    /// What the connection shows beside the ordinary
    #[arg(long, value_enum, default_value_t = Scene::Full)]
    scene: Scene,
    /// Lose the first segment of this kind on the way; given twice, the next one, too
    #[arg(long, value_name = "syn|syn-ack|ack", value_parser = segment)]
    lose: Vec<Segment>,
    /// Lose so many percent of all frames between the routers
    #[arg(long, value_name = "PERCENT", allow_negative_numbers = true, value_parser = clap::value_parser!(u8).range(..=100))]
    loss: Option<u8>,
    /// Milliseconds from one router to the other
    #[arg(long, value_name = "MS", default_value_t = 15, allow_negative_numbers = true, value_parser = clap::value_parser!(u64).range(..=10_000))]
    latency: u64,
    /// The longest packet that passes between the routers, in bytes
    #[arg(long, value_name = "BYTES", allow_negative_numbers = true, value_parser = clap::value_parser!(u16).range(68..=1500))]
    mtu: Option<u16>,
    /// Something else that goes wrong, see below; may be given more than once
    #[arg(long, value_name = "FAULT", value_parser = wrong)]
    fault: Vec<Wrong>,
    /// From where it is told
    #[arg(long, value_enum, default_value_t = View::A)]
    view: View,
    #[command(flatten)]
    depth: Depth,
    /// Tell beneath what A's client tells its user: names, TCP, TLS, certificate, headers
    #[arg(short, long)]
    verbose: bool,
    /// One JSON object a line instead of the ladder; see the documentation of nihao_explain::render::json
    #[arg(long, conflicts_with_all = ["unfold", "frame", "verbose"])]
    json: bool,
    /// Compare two runs that --json wrote, simulated or live, with each other instead: the first is what was expected. Exit code 8
    /// where they differ; what is fresh in each run (keys, random numbers, times, ids) is counted and makes no difference
    #[arg(long, num_args = 2, value_names = ["A.json", "B.json"], conflicts_with_all = RUNNING)]
    diff: Vec<PathBuf>,
    /// Write what A, the router at A and B saw into the directory DIR, which must not exist: Wireshark opens it decrypted
    #[arg(long, value_name = "DIR")]
    pcap: Option<PathBuf>,
    /// Write all of it as one page for a browser, from every view, with the captures to save; FILE must not exist
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    #[command(flatten)]
    live: live::Live,
}

/// What a connection shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Scene {
    /// A full handshake
    Full,
    /// The server asks for a key share (HelloRetryRequest)
    Hrr,
    /// A second connection goes on from the first one's ticket
    Resumed,
    /// New keys after the first record
    KeyUpdate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum View {
    /// The sender
    #[value(name = "A", alias = "a")]
    A,
    /// The router at the sender, with the keys
    Router,
    /// The server
    #[value(name = "B", alias = "b")]
    B,
    /// The same router, without any key
    Eavesdropper,
}

/// A fault of the wire or of an end.
#[derive(Debug, Clone, Copy)]
enum Wrong {
    Wire(Fault),
    End(Trouble),
}

impl Explain {
    /// Runs the journey and tells it.
    pub(super) fn run(&self, screen: &mut Screen<'_>) -> Result<(), Error> {
        if let [first, second] = self.diff.as_slice() {
            return diff::run((first, second), self.json, &self.depth.look(Place::Output), screen);
        }
        let journey = journey(&self.options()?)?;
        self.write_files(&journey)?;
        let story = journey.story(self.view.into());
        if self.json {
            return print_lines(&lines(&journey, &story, self.depth.language()), screen);
        }
        let ladder = self.depth.ladder(&story, Place::Output)?;
        screen.print(&ladder.text())?;
        if !self.depth.is_one_frame() {
            if self.verbose && self.view != View::Eavesdropper {
                screen.print(&format!("\n{}", journey.told))?;
            }
            screen.print(&outcome(&journey, ladder.look.language, self.view.into()))?;
            let full = self.verbose || self.depth.is_deep();
            screen.print(&sum(&story, &ladder.look, full))?;
        }
        screen.flush()
    }

    fn write_files(&self, journey: &Journey) -> Result<(), Error> {
        if let Some(directory) = &self.pcap {
            files::write_captures(directory, journey)?;
        }
        if let Some(path) = &self.html {
            files::create(path, self.page(journey).text().as_bytes(), false)?;
        }
        Ok(())
    }

    /// The journey from every view.
    fn page(&self, journey: &Journey) -> Page {
        let language = self.depth.language();
        let views = View::value_variants()
            .iter()
            .map(|view| lines(journey, &journey.story((*view).into()), language));
        Page {
            language,
            views: views.collect(),
            captures: files::captures(journey),
        }
    }

    fn options(&self) -> Result<Options, Error> {
        let lost = self.lose.iter().copied().map(Fault::Lose);
        let mut faults: Vec<_> = lost.chain(self.loss.map(Fault::Loss)).collect();
        let mut trouble = None;
        for wrong in &self.fault {
            match wrong {
                Wrong::Wire(fault) => faults.push(*fault),
                Wrong::End(end) if trouble.is_none() => trouble = Some(*end),
                Wrong::End(_) => {
                    let said = "--fault: one fault of an end at a time; those of the wire may be many";
                    return Err(Error::Asked(said.into()));
                }
            }
        }
        Ok(Options {
            text: if self.text == "-" {
                super::standard_input_text()?
            } else {
                Text::parse(&self.text)?
            },
            seed: self.seed,
            native: self.native,
            shape: match self.scene {
                Scene::Full => Shape::Full,
                Scene::Hrr => Shape::Retry,
                Scene::Resumed => Shape::Resumed,
                Scene::KeyUpdate => Shape::KeyUpdate,
            },
            trouble,
            distance: Distance {
                latency: self.latency * 1000,
                mtu: self.mtu.map(usize::from),
                faults,
            },
        })
    }
}

impl From<View> for Viewpoint {
    fn from(view: View) -> Self {
        match view {
            View::A => Self::A,
            View::Router => Self::Router,
            View::B => Self::B,
            View::Eavesdropper => Self::Eavesdropper,
        }
    }
}

fn print_lines(lines: &[Value], screen: &mut Screen<'_>) -> Result<(), Error> {
    for line in lines {
        screen.print(&format!("{line}\n"))?;
    }
    screen.flush()
}

/// The story for programs, with how it ended.
fn lines(journey: &Journey, story: &Story, language: Language) -> Vec<Value> {
    let mut lines = json::json(story, language);
    let heard: Vec<_> = journey.heard.iter().map(Text::as_str).collect();
    let (ended, what) = match &journey.answer {
        Ok(answer) => ("answer", answer.clone()),
        Err(error) => ("error", error.to_string()),
    };
    let idle: Vec<_> = journey.seen.idle.iter().map(ToString::to_string).collect();
    lines.push(serde_json::json!({"type": "outcome", ended: what, "heard": heard, "never_happened": idle}));
    lines
}

fn segment(text: &str) -> Result<Segment, String> {
    match text {
        "syn" => Ok(Segment::Syn),
        "syn-ack" => Ok(Segment::SynAck),
        "ack" => Ok(Segment::Ack),
        _ => Err("one of syn, syn-ack, ack".into()),
    }
}

fn wrong(text: &str) -> Result<Wrong, String> {
    /// µs that a late frame is late.
    const LATE: u64 = 40_000;
    let (name, number) = match text.split_once('=') {
        Some((name, number)) => (name, Some(number)),
        None => (text, None),
    };
    let count = || {
        let parsed = number.and_then(|number| number.parse::<u64>().ok());
        parsed.ok_or_else(|| format!("{name}= needs the number of a frame or byte"))
    };
    let frame = || match count()? {
        0 => Err(format!("{name}= counts frames from 1")),
        number => Ok(number),
    };
    let end = |trouble| match number {
        Some(_) => Err(format!("{name} takes no number")),
        None => Ok(Wrong::End(trouble)),
    };
    Ok(match name {
        "lose" => Wrong::Wire(Fault::LoseFrame(frame()?)),
        "duplicate" => Wrong::Wire(Fault::DuplicateFrame(frame()?)),
        "late" => Wrong::Wire(Fault::DelayFrame(frame()?, LATE)),
        "cut" => Wrong::Wire(Fault::CutAfter(count()?)),
        "flip" => Wrong::Wire(Fault::FlipPayload(count()?)),
        "reset" => Wrong::Wire(Fault::ResetAt(frame()?)),
        "wrong-name" => end(Trouble::WrongName)?,
        "expired" => end(Trouble::Expired)?,
        "unknown-ca" => end(Trouble::UnknownAuthority)?,
        "port-closed" => end(Trouble::PortClosed)?,
        "power-off" => end(Trouble::PowerOff)?,
        "no-such-name" => end(Trouble::NoSuchName)?,
        "dns-timeout" => end(Trouble::ResolverSilent)?,
        _ => return Err(String::from("no such fault; 'nihao explain --help' lists them")),
    })
}
