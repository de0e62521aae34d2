//! The command line of `explain`.

mod diff;
mod files;
mod live;
pub(super) mod send;

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use nihao_explain::event::Protocol;
use nihao_explain::render::html::Page;
use nihao_explain::render::{Ladder, Look, Unfold, json, sum};
use nihao_explain::scene::Distance;
use nihao_explain::story::{Story, Viewpoint};
use nihao_explain::texts::Language;
use nihao_explain::world::fault::{Fault, Segment};
use nihao_protocol::chat::Text;
use serde_json::Value;

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
  no-such-name  dns-timeout            nobody knows the name; the resolver does not answer";

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
    /// Lose the first segment of this kind on the way
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
    /// Show every field of this layer beneath the steps: ethernet, arp, ip, tcp, dns, tls, x509, http, json, nihao. With x509 and tls
    /// also every check of a certificate, a signature or a hash, with what was expected and seen; with keys the key agreement and the
    /// key schedule with all values
    #[arg(long, value_name = "LAYER", value_parser = unfolded)]
    unfold: Vec<Unfolded>,
    /// Show every field of this frame alone, on all layers
    #[arg(long, value_name = "N", allow_negative_numbers = true, conflicts_with = "unfold")]
    frame: Option<usize>,
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
    /// The language of explanations: zh or en; else what the locale says
    #[arg(long, value_enum)]
    lang: Option<Lang>,
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

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Lang {
    /// 中文
    Zh,
    /// English
    En,
}

/// What is shown beneath the ladder's steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unfolded {
    Layer(Protocol),
    Keys,
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
            return diff::run((first, second), self.json, &self.look(), screen);
        }
        let journey = journey(&self.options()?)?;
        self.write_files(&journey)?;
        let story = Story::new(&journey.seen, journey.known(), self.view.into());
        let story = story.with_names(&journey.seen.captures, &journey.names);
        if self.json {
            return self.print_json(&journey, &story, screen);
        }
        self.check_frame(&story)?;
        let ladder = Ladder {
            story: &story,
            look: self.look(),
            unfold: self.unfolded(),
        };
        screen.print(&ladder.text())?;
        if self.frame.is_none() {
            if self.verbose {
                screen.print(&format!("\n{}", journey.told))?;
            }
            screen.print(&outcome(&journey, ladder.look.language))?;
            let full = self.verbose || !self.unfold.is_empty();
            screen.print(&sum(&story, &ladder.look, full))?;
        }
        screen.flush()
    }

    fn write_files(&self, journey: &Journey) -> Result<(), Error> {
        let refused = |path: &Path| {
            let path = path.to_owned();
            |source| Error::File { path, source }
        };
        if let Some(directory) = &self.pcap {
            files::write_captures(directory, journey).map_err(refused(directory))?;
        }
        if let Some(path) = &self.html {
            let page = self.page(journey).text();
            files::create(path, page.as_bytes(), false).map_err(refused(path))?;
        }
        Ok(())
    }

    /// Whether the frame that is wanted is there.
    fn check_frame(&self, story: &Story) -> Result<(), Error> {
        let there = story.account.frames.len();
        match self.frame {
            Some(number) if number == 0 || number > there => Err(Error::Asked(format!(
                "there is no frame {number}: {there} were seen there, counted from 1"
            ))),
            _ => Ok(()),
        }
    }

    fn print_json(&self, journey: &Journey, story: &Story, screen: &mut Screen<'_>) -> Result<(), Error> {
        for line in lines(journey, story, self.language()) {
            screen.print(&format!("{line}\n"))?;
        }
        screen.flush()
    }

    fn unfolded(&self) -> Unfold {
        let layers = self.unfold.iter().filter_map(|unfolded| match unfolded {
            Unfolded::Layer(layer) => Some(*layer),
            Unfolded::Keys => None,
        });
        Unfold {
            layers: layers.collect(),
            frame: self.frame,
            keys: self.unfold.contains(&Unfolded::Keys),
        }
    }

    /// The journey from every view.
    fn page(&self, journey: &Journey) -> Page {
        let language = self.language();
        let views = View::value_variants().iter().map(|view| {
            let story = Story::new(&journey.seen, journey.known(), (*view).into());
            let story = story.with_names(&journey.seen.captures, &journey.names);
            lines(journey, &story, language)
        });
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

    fn look(&self) -> Look {
        look(self.lang, true)
    }

    fn language(&self) -> Language {
        language(self.lang)
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

/// Colours and width are a terminal's, where standard output or error is one; whoever reads from a pipe gets whole lines.
fn look(lang: Option<Lang>, is_output: bool) -> Look {
    let is_terminal = if is_output {
        io::stdout().is_terminal()
    } else {
        io::stderr().is_terminal()
    };
    let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
        || std::env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
    Look {
        colors: is_terminal && !plain,
        width: is_terminal.then(|| terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0))),
        language: language(lang),
    }
}

fn language(lang: Option<Lang>) -> Language {
    match lang {
        Some(Lang::Zh) => Language::Chinese,
        Some(Lang::En) => Language::English,
        None => of_locale(),
    }
}

/// The first of these variables that says something decides, as POSIX has it.
fn of_locale() -> Language {
    let said = ["LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .filter_map(std::env::var_os);
    match said.into_iter().find(|value| !value.is_empty()) {
        Some(value) if value.to_string_lossy().starts_with("zh") => Language::Chinese,
        _ => Language::English,
    }
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

fn unfolded(text: &str) -> Result<Unfolded, String> {
    Ok(Unfolded::Layer(match text {
        "keys" => return Ok(Unfolded::Keys),
        "ethernet" => Protocol::Ethernet,
        "arp" => Protocol::Arp,
        "ip" => Protocol::Ipv4,
        "tcp" => Protocol::Tcp,
        "udp" => Protocol::Udp,
        "dns" => Protocol::Dns,
        "tls" => Protocol::Tls,
        "x509" => Protocol::X509,
        "http" => Protocol::Http,
        "json" => Protocol::Json,
        "nihao" => Protocol::Native,
        _ => return Err("one of ethernet, arp, ip, udp, tcp, dns, tls, x509, http, json, nihao, keys".into()),
    }))
}
