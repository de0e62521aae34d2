//! The command line of `explain`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use nihao_explain::pcapng;
use nihao_explain::scene::Distance;
use nihao_explain::world::fault::{Fault, Segment};
use nihao_protocol::chat::Text;

use crate::command::Screen;
use crate::error::Error;
use crate::explain::{Journey, Options, Shape, journey};

/// The captures that --pcap writes: the file, and the node that saw it.
const VIEWPOINTS: [(&str, &str); 3] = [("A.pcapng", "A"), ("router.pcapng", "R1"), ("B.pcapng", "B")];

/// What is told, and how.
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The message
    #[arg(default_value = "您好！")]
    text: String,
    /// The seed of everything drawn: the same seed gives the same bytes
    #[arg(long, value_name = "N", default_value_t = 7)]
    seed: u64,
    /// Send native frames instead of an HTTP request
    #[arg(long)]
    native: bool,
    /// Lose the first segment of this kind on the way
    #[arg(long, value_name = "syn|syn-ack|ack", value_parser = segment)]
    lose: Vec<Segment>,
    /// Lose so many percent of all frames between the routers
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u8).range(1..=100))]
    loss: Option<u8>,
    /// Write what A, the router at A and B saw into the directory DIR, which must not exist: Wireshark opens it decrypted
    #[arg(long, value_name = "DIR")]
    pcap: Option<PathBuf>,
}

impl Explain {
    /// Runs the journey and tells it.
    pub(super) fn run(self, screen: &mut Screen<'_>) -> Result<(), Error> {
        let lost = self.lose.into_iter().map(Fault::Lose);
        let options = Options {
            text: Text::parse(self.text)?,
            seed: self.seed,
            native: self.native,
            shape: Shape::Full,
            trouble: None,
            distance: Distance {
                faults: lost.chain(self.loss.map(Fault::Loss)).collect(),
                ..Distance::default()
            },
        };
        let journey = journey(&options)?;
        if let Some(directory) = &self.pcap {
            write_captures(directory, &journey).map_err(|error| {
                Error::Explain(format!(
                    "the captures cannot be written to {}: {error}",
                    directory.display()
                ))
            })?;
        }
        screen.flush()
    }
}

/// Makes the directory with its three files. What is there already is left alone.
fn write_captures(directory: &Path, journey: &Journey) -> io::Result<()> {
    fs::create_dir(directory)?;
    for (file, node) in VIEWPOINTS {
        if let Some(capture) = journey.seen.captures.get(node) {
            fs::write(
                directory.join(file),
                pcapng::write(capture, journey.began, &journey.secrets),
            )?;
        }
    }
    Ok(())
}

fn segment(text: &str) -> Result<Segment, String> {
    match text {
        "syn" => Ok(Segment::Syn),
        "syn-ack" => Ok(Segment::SynAck),
        "ack" => Ok(Segment::Ack),
        _ => Err("one of syn, syn-ack, ack".into()),
    }
}
