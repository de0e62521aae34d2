//! The part of `explain`'s command line about real connections.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use hyper::Method;
use nihao_explain::decode::Credentials;
use nihao_explain::render::html::Page;
use nihao_explain::render::json;
use nihao_explain::story::{Phrase, Said, Story};
use nihao_explain::texts::{self, Language};
use nihao_protocol::net::RootBundle;
use serde_json::Value;

use super::depth::Place;
use super::{Explain, files, print_lines};
use crate::cli::certified::Certified;
use crate::cli::http::seconds;
use crate::command::Screen;
use crate::command::http::{Manner, Request, Versions, WebError};
use crate::error::Error;
use crate::explain::live::{self, Options};
use crate::home::Home;
use crate::resolve::Choice;

/// What is asked of the real world, and how.
#[derive(Debug, Args)]
#[command(next_help_heading = "A real connection")]
pub(super) struct Live {
    /// Tell a GET for https://HOST[:PORT]/PATH over the real network instead: as far as it comes, and what broke it
    #[arg(
        long = "live",
        id = "url",
        value_name = "URL",
        conflicts_with_all = ["text", "seed", "native", "scene", "lose", "loss", "latency", "mtu", "fault", "view", "pcap"]
    )]
    url: Option<String>,
    /// A header to send, 'Name: value'; 'Name:' takes one of ours away
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE", requires = "url")]
    headers: Vec<String>,
    /// Trust the authorities in FILE (PEM) instead of the system's
    #[arg(long, value_name = "FILE", requires = "url")]
    cacert: Option<PathBuf>,
    #[command(flatten)]
    certified: Certified,
    /// Offer HTTP/2 alone; without it HTTP/1.1 alone is offered, whose text can be read
    #[arg(long, requires = "url")]
    http2: bool,
    /// Seconds that all of it may take, such as 30 or 0.5
    #[arg(short, long, value_name = "S", value_parser = seconds, default_value = "30")]
    max_time: Duration,
    /// Tell passwords, tokens, cookies and the connection's TLS secrets, too: whoever sees them can use them
    #[arg(long, requires = "url")]
    with_secrets: bool,
}

impl Explain {
    /// Whether a real connection is to be told.
    pub(in crate::cli) const fn is_live(&self) -> bool {
        self.live.url.is_some()
    }

    /// Makes the connection and tells it.
    pub(in crate::cli) async fn run_live(
        &self,
        choice: Choice,
        home: Option<Home>,
        screen: &mut Screen<'_>,
    ) -> Result<(), Error> {
        let url = self.live.url.as_deref().unwrap_or_default();
        let options = self.live.options(url, choice, home)?;
        if let Some(path) = &self.html {
            files::check(path)?;
        }
        let told = live::live(options).await;
        self.tell(&told, screen)?;
        told.ended
    }

    fn tell(&self, told: &live::Live, screen: &mut Screen<'_>) -> Result<(), Error> {
        let language = self.depth.language();
        let lines = || lines(&told.story, outcome(told, language), language);
        if let Some(path) = &self.html {
            write_page(path, lines(), language)?;
        }
        if self.json {
            return print_lines(&lines(), screen);
        }
        let ladder = self.depth.ladder(&told.story, Place::Output)?;
        screen.print(&ladder.text())?;
        if !self.depth.is_one_frame() {
            if self.verbose {
                screen.print(&format!("\n{}", told.hide(&told.told)))?;
            }
            screen.print(&unseen(told, language))?;
        }
        screen.flush()
    }
}

impl Live {
    fn options(&self, url: &str, choice: Choice, home: Option<Home>) -> Result<Options, Error> {
        let mut credentials = Credentials::default();
        credentials.learn_url(url);
        for (name, value) in self.headers.iter().filter_map(|line| line.split_once(':')) {
            credentials.learn_header(name, value.trim());
        }
        Ok(Options {
            request: Request::new(Method::GET, url, &self.headers, None)?,
            manner: Manner {
                roots: match &self.cacert {
                    Some(path) => RootBundle::read(path).map_err(|error| WebError::Bundle {
                        path: path.clone(),
                        error,
                    })?,
                    None => RootBundle::system().map_err(WebError::from)?,
                },
                identity: self.certified.identity()?,
                versions: if self.http2 { Versions::Http2 } else { Versions::Http1 },
                verbose: true,
                fail: true,
                max_time: Some(self.max_time),
                output: None,
                adjust: None,
            },
            route: choice.route(),
            names: home.map(|home| home.names(&choice.file_name())),
            credentials: (!self.with_secrets).then_some(credentials),
        })
    }
}

/// The story for programs, with how it ended.
pub(super) fn lines(story: &Story, outcome: Value, language: Language) -> Vec<Value> {
    let mut lines = json::json(story, language);
    lines.push(outcome);
    lines
}

/// Writes the page. What somebody asked for, and of whom, is theirs alone.
pub(super) fn write_page(path: &Path, lines: Vec<Value>, language: Language) -> Result<(), Error> {
    let page = Page {
        language,
        views: vec![lines],
        captures: Vec::new(),
    };
    files::create(path, page.text().as_bytes(), true)
}

/// The last line for programs.
fn outcome(told: &live::Live, language: Language) -> Value {
    let unseen: Vec<_> = told.unseen.iter().map(|said| said.told(language)).collect();
    let error = told.ended.as_ref().err().map(|error| told.hide(&error.to_string()));
    serde_json::json!({"type": "outcome", "error": error, "received": told.received, "cut": told.is_cut, "unseen": unseen})
}

/// What came in the end, and what could not be seen.
fn unseen(told: &live::Live, language: Language) -> String {
    let frames = &told.story.account.frames;
    let passed: usize = frames.iter().map(|frame| frame.layer.range.len()).sum();
    let counts = [frames.len(), passed, told.received].map(|count| count.to_string());
    let mut sum = Phrase::new(&texts::LIVE_SUM, counts.each_ref().map(String::as_str));
    if told.is_cut {
        sum = sum.and(&texts::LIVE_SUM_CUT, []);
    }
    format!("\n{}\n{}", sum.told(language), list(&told.unseen, language))
}

/// What could not be seen, and why.
pub(super) fn list(unseen: &[Said], language: Language) -> String {
    let mut text = format!("{}\n", texts::WORD_UNSEEN.told(language));
    for said in unseen {
        text += &format!("  · {}\n", said.told(language));
    }
    text
}
