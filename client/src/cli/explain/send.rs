//! `send --explain`: a message to the real server, and beneath the way it took.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{ArgGroup, Args};
use nihao_explain::decode::{Credentials, Trusted};
use nihao_explain::story::{Said, Story};
use nihao_protocol::chat::{Conversation, Text};
use serde_json::json;

use super::depth::{Depth, Place};
use super::{files, live};
use crate::command::{self, Screen};
use crate::connect::{Secure, World};
use crate::error::Error;
use crate::explain::live::Watch;
use crate::home::Home;
use crate::resolve::Choice;

/// Whether and how the way of a message is told.
#[derive(Debug, Args)]
#[command(next_help_heading = "The way of the message")]
#[command(mut_arg("unfold", |arg| arg.requires("explain")), mut_arg("frame", |arg| arg.requires("explain")))]
#[command(mut_arg("lang", |arg| arg.requires("beneath")))]
#[command(group = ArgGroup::new("beneath").args(["explain", "explain_json", "explain_html"]).multiple(true))]
#[group(skip)]
pub(in crate::cli) struct Beneath {
    /// Tell beneath, on standard error, the way it took: names, TCP, TLS and native frames, or the step that broke
    #[arg(long)]
    explain: bool,
    /// Write the same to FILE as one JSON object a line, as nihao explain --json prints it; FILE must not exist
    #[arg(long, value_name = "FILE")]
    explain_json: Option<PathBuf>,
    /// Write the same to FILE as one page for a browser, as nihao explain --html does; FILE must not exist
    #[arg(long, value_name = "FILE")]
    explain_html: Option<PathBuf>,
    #[command(flatten)]
    depth: Depth,
}

/// Sends as `send` does, and tells what was seen of it; what went wrong is told, too.
pub(in crate::cli) async fn send(
    home: &Home,
    choice: Choice,
    (to, text, timeout): (Conversation, Text, Duration),
    beneath: &Beneath,
    screen: &mut Screen<'_>,
) -> Result<(), Error> {
    let endpoint = home.account()?.endpoint;
    for path in beneath.explain_json.iter().chain(&beneath.explain_html) {
        files::check(path)?;
    }
    let watch = Watch::new();
    let dial = watch.dial(choice.route(), Some(home.names(&choice.file_name())));
    let secure = Secure::new(dial, watch.environment.clone()).without_resumption();
    let mut world = World {
        clock: watch.environment.clock.clone(),
        random: watch.environment.entropy.open(),
        connect: secure.with_key_log(watch.key_log()),
    };
    let sent = command::send::send(home, &mut world, screen, to, text, timeout).await;
    let place = (endpoint.host.as_str(), endpoint.port, Path::new("the invite"));
    let mut credentials = Credentials::default();
    let (story, unseen) = watch.tell(
        place,
        Trusted::Key(&endpoint.ca),
        sent.as_ref().err(),
        Some(&mut credentials),
    );
    let failed = sent.as_ref().err().map(|error| credentials.hide(&error.to_string()));
    let told = beneath.tell(&story, failed.as_deref(), &unseen, screen);
    // That the message is not sent weighs more than that its way is not told.
    sent.and(told)
}

impl Beneath {
    /// Whether something is to be told.
    pub(in crate::cli) const fn is_wanted(&self) -> bool {
        self.explain || self.explain_json.is_some() || self.explain_html.is_some()
    }

    fn tell(&self, story: &Story, failed: Option<&str>, unseen: &[Said], screen: &mut Screen<'_>) -> Result<(), Error> {
        let language = self.depth.language();
        let lines = || {
            let unseen: Vec<_> = unseen.iter().map(|said| said.told(language)).collect();
            let outcome = json!({"type": "outcome", "error": failed, "unseen": unseen});
            live::lines(story, outcome, language)
        };
        if let Some(path) = &self.explain_json {
            let text: String = lines().iter().map(|line| format!("{line}\n")).collect();
            files::create(path, text.as_bytes(), true)?;
        }
        if let Some(path) = &self.explain_html {
            live::write_page(path, lines(), language)?;
        }
        if self.explain {
            self.print(story, unseen, screen);
        }
        Ok(())
    }

    /// What stands beneath. That it is not there or nobody can hear it is no failure: the message is where it is.
    fn print(&self, story: &Story, unseen: &[Said], screen: &mut Screen<'_>) {
        match self.depth.ladder(story, Place::Errors) {
            Ok(ladder) => {
                let mut text = ladder.text();
                if !self.depth.is_one_frame() {
                    text += &format!("\n{}", live::list(unseen, self.depth.language()));
                }
                let _ = screen.notes.write_all(text.as_bytes());
            }
            Err(error) => screen.warn(&error.to_string()),
        }
    }
}
