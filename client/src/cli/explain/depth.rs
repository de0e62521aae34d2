//! What every story takes: how far it is unfolded, in which language, and how it looks where it is printed.

use std::io::{self, IsTerminal as _};

use clap::{Args, ValueEnum};
use nihao_explain::event::Protocol;
use nihao_explain::render::{Ladder, Look, Unfold};
use nihao_explain::story::Story;
use nihao_explain::texts::Language;

use crate::error::Error;

/// How far a story is told, and in which language.
#[derive(Debug, Args)]
pub(super) struct Depth {
    /// Show every field of this layer beneath the steps: ethernet, arp, ip, udp, tcp, dns, tls, x509, http, json, nihao. With x509 and tls
    /// also every check of a certificate, a signature or a hash, with what was expected and seen; with keys the key agreement and the
    /// key schedule with all values
    #[arg(long, value_name = "LAYER", value_parser = unfolded)]
    unfold: Vec<Unfolded>,
    /// Show every field of this frame alone, on all layers
    #[arg(long, value_name = "N", allow_negative_numbers = true, conflicts_with = "unfold")]
    frame: Option<usize>,
    /// The language of explanations: zh or en; else what the locale says
    #[arg(long, value_enum)]
    lang: Option<Lang>,
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

/// Where a story is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Standard output.
    Output,
    /// Standard error.
    Errors,
}

impl Depth {
    pub(super) fn language(&self) -> Language {
        match self.lang {
            Some(Lang::Zh) => Language::Chinese,
            Some(Lang::En) => Language::English,
            None => of_locale(),
        }
    }

    /// Colours and width are a terminal's; whoever reads from a pipe gets whole lines.
    pub(super) fn look(&self, place: Place) -> Look {
        let is_terminal = match place {
            Place::Output => io::stdout().is_terminal(),
            Place::Errors => io::stderr().is_terminal(),
        };
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty())
            || std::env::var_os("TERM").is_some_and(|terminal| terminal == "dumb");
        Look {
            colors: is_terminal && !plain,
            width: is_terminal.then(|| terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0))),
            language: self.language(),
        }
    }

    /// The story as lines, or [`Error::Asked`] where the frame that is wanted is not there.
    pub(super) fn ladder<'a>(&self, story: &'a Story, place: Place) -> Result<Ladder<'a>, Error> {
        let there = story.account.frames.len();
        if let Some(number) = self.frame.filter(|number| !(1..=there).contains(number)) {
            return Err(Error::Asked(format!(
                "there is no frame {number}: {there} were seen there, counted from 1"
            )));
        }
        Ok(Ladder {
            story,
            look: self.look(place),
            unfold: self.unfold(),
        })
    }

    fn unfold(&self) -> Unfold {
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

    /// Whether nothing but one frame is told.
    pub(super) const fn is_one_frame(&self) -> bool {
        self.frame.is_some()
    }

    /// Whether something is told beneath the steps.
    pub(super) const fn is_deep(&self) -> bool {
        !self.unfold.is_empty()
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
