//! The command line: what is asked, and the real world that it is asked of.

#[cfg(feature = "http")]
mod certified;
#[cfg(feature = "full")]
mod explain;
#[cfg(feature = "http")]
mod http;
#[cfg(feature = "http")]
mod trust;

use std::io::{self, Read as _, Write as _};
#[cfg(feature = "full")]
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Parser, Subcommand};
use nihao_protocol::chat::{AccessUse, Invite, NameError, Nickname, Text};
use nihao_protocol::net::Environment;

use crate::command::{self, Screen};
use crate::connect::{Connect, Secure, World};
use crate::dial::Resolving;
use crate::dial::system::SystemNetwork;
use crate::error::{EXIT_CODES, Error, Exit};
use crate::home::{self, Home, Variables};
use crate::render::Format;
use crate::resolve::{Choice, Resolver};

/// A private chat over a TLS 1.3 of its own.
///
/// This device's key and account are in its home: the directory given with --home, else NIHAO_HOME, else the platform's
/// usual place ($XDG_DATA_HOME/nihao or ~/.local/share/nihao on Linux).
#[derive(Debug, Parser)]
#[command(name = "nihao", version, after_help = EXIT_CODES)]
pub struct Cli {
    /// The directory with this device's key and account
    #[arg(long, global = true, value_name = "DIR")]
    home: Option<PathBuf>,
    /// Who is asked for names that neither the cache in the home nor the hosts file knows: the system, a resolver at this
    /// address, or (recursive) nobody but the servers that hold them, from the root down
    #[arg(long, global = true, value_name = "system|ADDR[:PORT]|recursive", default_value_t)]
    resolver: Choice,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Join a server with an invite; repeating it does no harm
    Join {
        /// The line that begins with nihao://, in quotes, or - to read it from standard input
        invite: String,
        /// The name to go by
        #[arg(long = "as", value_name = "NAME")]
        name: String,
    },
    /// Send a message; ends when the server has it durably
    Send {
        /// '#general' (in quotes, since # begins a comment in a shell) or @name
        to: String,
        /// The text; - reads all of standard input as one message, without its final line break
        #[arg(required = true, value_name = "TEXT")]
        text: Vec<String>,
        /// Seconds to try; after that the message stays queued, and the exit code is 5
        #[arg(long, value_name = "S", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..))]
        timeout: u64,
        #[cfg(feature = "full")]
        #[command(flatten)]
        beneath: Box<explain::Beneath>,
    },
    /// Print the messages of others as they come, from where this device stopped reading
    Listen {
        /// One JSON object a line: seq, id, from, to, text, at (ms since 1970)
        #[arg(long)]
        json: bool,
        /// End after so many messages
        #[arg(long, value_name = "N")]
        count: Option<u64>,
    },
    /// Print the last messages of a conversation, oldest first
    History {
        /// '#general' or @name
        conversation: String,
        /// One JSON object a line: seq, id, from, to, text, at (ms since 1970)
        #[arg(long)]
        json: bool,
        /// How many
        #[arg(long, value_name = "N", default_value_t = 50)]
        limit: usize,
    },
    /// Print who has joined, and who is here now
    Who {
        /// One JSON object a line: name, admin, online, joined (ms since 1970)
        #[arg(long)]
        json: bool,
    },
    /// Make an invite for somebody else; standard output gets the line and nothing more
    Invite,
    /// Take somebody's access away (admins only)
    Remove {
        /// @name
        name: String,
    },
    /// Give scripts a token for HTTP, list those given, take one back
    #[command(subcommand)]
    Token(Token),
    /// Give services a URL that posts to one conversation, list those given, take one back
    #[command(subcommand)]
    Webhook(Webhook),
    /// Make one HTTPS request over nihao's own TLS; -v shows name, TCP, TLS and headers
    #[cfg(feature = "http")]
    Http(Box<http::Http>),
    /// Tell how browsers and systems come to trust this server's root; put it into a store, or take it out
    #[cfg(feature = "http")]
    Trust(trust::Trust),
    /// Show one message travel from alice to bob, through a server of its own on this machine
    #[cfg(feature = "full")]
    Demo {
        /// The message
        #[arg(default_value = "您好！")]
        text: String,
        /// Write the secrets of alice's and bob's connections to FILE, for tshark or Wireshark: whoever has them reads all
        #[arg(long, value_name = "FILE")]
        keylog: Option<PathBuf>,
    },
    /// Show one message cross every layer, byte for byte, on a network in memory: no rights, nothing is sent anywhere
    #[cfg(feature = "full")]
    Explain(Box<explain::Explain>),
}

#[derive(Debug, Subcommand)]
enum Token {
    /// Make a token; standard output gets it and nothing more: `curl -H "Authorization: Bearer $TOKEN" …`
    New {
        /// What it may do in your name: send, read, or send,read
        #[arg(long, value_name = "SCOPES", default_value = "send,read", value_parser = scopes)]
        scope: AccessUse,
        /// How long it lasts: 90s, 12h, 30d; until revoked if left out
        #[arg(long, value_name = "TIME", value_parser = lifetime)]
        expires: Option<u64>,
    },
    /// Print the tokens given: number, scopes, end
    List,
    /// Take a token back
    Revoke {
        /// Its number, from `list`
        number: u64,
    },
}

#[derive(Debug, Subcommand)]
enum Webhook {
    /// Make a URL that posts what it is sent: `curl -d 'build ok' URL`; standard output gets it and nothing more
    New {
        /// '#general' or @name
        to: String,
        /// How long it lasts: 90s, 12h, 30d; until revoked if left out
        #[arg(long, value_name = "TIME", value_parser = lifetime)]
        expires: Option<u64>,
    },
    /// Print the webhooks given: number, conversation, end
    List,
    /// Take a webhook back
    Revoke {
        /// Its number, from `list`
        number: u64,
    },
}

/// Reads the command line and does what it says; errors are told on standard error.
#[must_use]
pub fn main() -> Exit {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    match execute(cli) {
        Ok(()) => Exit::Done,
        Err(error) if error.is_broken_pipe() => Exit::Done,
        // Told already, and no failure.
        Err(Error::Differ) => Exit::Differ,
        Err(error) => {
            // Nobody may be listening there either.
            let _ = writeln!(io::stderr().lock(), "error: {error}\nhint: {}", error.hint());
            error.exit()
        }
    }
}

/// The help that tells most: that of the command that was named.
fn help() -> String {
    let commands = <Cli as clap::CommandFactory>::command();
    let named = std::env::args()
        .skip(1)
        .find(|word| commands.find_subcommand(word).is_some());
    named.map_or_else(|| String::from("nihao --help"), |name| format!("nihao {name} --help"))
}

fn usage(error: &clap::Error) -> Exit {
    if !error.use_stderr() {
        let _ = write!(io::stdout().lock(), "{}", error.render());
        return Exit::Done;
    }
    let text = error.render().to_string().replace(
        "For more information, try '--help'.",
        &format!("hint: try '{}'", help()),
    );
    let _ = write!(io::stderr().lock(), "{text}");
    Exit::Usage
}

fn execute(cli: Cli) -> Result<(), Error> {
    #[cfg(feature = "full")]
    if let Command::Explain(explain) = &cli.command
        && !explain.is_live()
    {
        // It has a clock of its own, and so a runtime of its own.
        let (mut out, mut notes) = (io::BufWriter::new(io::stdout()), io::stderr());
        let (out, notes) = (&mut out, &mut notes);
        return explain.run(&mut Screen { out, notes });
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::System)?;
    runtime.block_on(dispatch(cli))
}

async fn dispatch(cli: Cli) -> Result<(), Error> {
    let (mut out, mut notes) = (io::BufWriter::new(io::stdout()), io::stderr());
    let screen = &mut Screen {
        out: &mut out,
        notes: &mut notes,
    };
    #[cfg(feature = "full")]
    if let Command::Demo { text, keylog } = &cli.command {
        return demo(text, keylog.as_deref(), screen).await;
    }
    #[cfg(feature = "full")]
    let cli = match cli.command {
        Command::Explain(explain) => {
            let home = home::find(cli.home, &Variables::of_this_process()).ok();
            return explain.run_live(cli.resolver, home, screen).await;
        }
        command => Cli { command, ..cli },
    };
    #[cfg(feature = "http")]
    let cli = match cli.command {
        Command::Http(http) => {
            // Without a home it works as well: nothing is remembered then.
            let home = home::find(cli.home, &Variables::of_this_process()).ok();
            let network = network(home.as_ref(), cli.resolver, screen);
            return http.run(&network, screen).await;
        }
        Command::Trust(trust) => {
            let home = home::find(cli.home, &Variables::of_this_process());
            let network = network(home.as_ref().ok(), cli.resolver, screen);
            return trust.run(home, network, screen).await;
        }
        command => Cli { command, ..cli },
    };
    as_member(cli, screen).await
}

/// The system's network, with names found by `resolver` and remembered in the home.
fn network(home: Option<&Home>, resolver: Choice, screen: &mut Screen<'_>) -> Resolving<SystemNetwork> {
    let found = Resolver::new(SystemNetwork, resolver.route(), Environment::system());
    let Some(home) = home else {
        return Resolving::new(SystemNetwork, found);
    };
    let (found, read) = found.with_store(home.names(&resolver.file_name()));
    if let Err(error) = read {
        screen.warn(&error.to_string());
    }
    Resolving::new(SystemNetwork, found)
}

/// What is asked of the server that this device has joined, or joins.
async fn as_member(cli: Cli, screen: &mut Screen<'_>) -> Result<(), Error> {
    let environment = Environment::system();
    let home = home::find(cli.home, &Variables::of_this_process())?;
    let mut world = World {
        clock: environment.clock.clone(),
        random: environment.entropy.open(),
        connect: Secure::new(network(Some(&home), cli.resolver, screen), environment),
    };
    match cli.command {
        Command::Join { invite, name } => {
            let invite: Invite = if invite == "-" {
                standard_input_line()?.parse()?
            } else {
                invite.parse()?
            };
            let name = nickname(&name)?;
            command::join::join(&home, &mut world, screen, &invite, &name).await?;
        }
        Command::Send {
            to,
            text,
            timeout,
            #[cfg(feature = "full")]
            beneath,
        } => {
            let (to, text) = (to.parse()?, said(&text)?);
            let timeout = Duration::from_secs(timeout);
            #[cfg(feature = "full")]
            if beneath.is_wanted() {
                let order = (to, text, timeout);
                return explain::send(&home, cli.resolver, order, &beneath, screen).await;
            }
            command::send::send(&home, &mut world, screen, to, text, timeout).await?;
        }
        Command::Listen { json, count } => {
            command::listen::listen(&home, &mut world, screen, &format(json), count).await?
        }
        Command::History {
            conversation,
            json,
            limit,
        } => {
            let conversation = conversation.parse()?;
            command::history::history(&home, &mut world, screen, &format(json), &conversation, limit).await?;
        }
        Command::Who { json } => command::who::who(&home, &mut world, screen, &format(json)).await?,
        Command::Invite => command::invite::invite(&home, &mut world, screen).await?,
        Command::Remove { name } => command::remove::remove(&home, &mut world, screen, nickname(&name)?).await?,
        Command::Token(token) => token.run(&home, &mut world, screen).await?,
        Command::Webhook(webhook) => webhook.run(&home, &mut world, screen).await?,
        // They need no home, and were given above.
        #[cfg(feature = "http")]
        Command::Http(_) | Command::Trust(_) => {}
        #[cfg(feature = "full")]
        Command::Demo { .. } | Command::Explain(_) => {}
    }
    Ok(())
}

#[cfg(feature = "full")]
async fn demo(text: &str, keylog: Option<&Path>, screen: &mut Screen<'_>) -> Result<(), Error> {
    if let Some(path) = keylog {
        let path = path.display();
        screen.warn(&format!(
            "--keylog: whoever reads {path} can read everything that alice and bob say here"
        ));
    }
    crate::demo::demo(Text::parse(text)?, keylog, screen).await
}

impl Token {
    async fn run<C: Connect>(self, home: &Home, world: &mut World<C>, screen: &mut Screen<'_>) -> Result<(), Error> {
        match self {
            Self::New { scope, expires } => command::access::give(home, world, screen, scope, expires).await,
            // Browsers too: they are whoever's tokens are, and are revoked the same way.
            Self::List => command::access::list(home, world, screen, |one| !is_webhook(one)).await,
            Self::Revoke { number } => command::access::revoke(home, world, screen, number).await,
        }
    }
}

impl Webhook {
    async fn run<C: Connect>(self, home: &Home, world: &mut World<C>, screen: &mut Screen<'_>) -> Result<(), Error> {
        match self {
            Self::New { to, expires } => {
                let use_for = AccessUse::Webhook { to: to.parse()? };
                command::access::give(home, world, screen, use_for, expires).await
            }
            Self::List => command::access::list(home, world, screen, is_webhook).await,
            Self::Revoke { number } => command::access::revoke(home, world, screen, number).await,
        }
    }
}

const fn is_webhook(use_for: &AccessUse) -> bool {
    matches!(use_for, AccessUse::Webhook { .. })
}

fn scopes(text: &str) -> Result<AccessUse, String> {
    match text.parse() {
        Ok(use_for @ AccessUse::Token { .. }) => Ok(use_for),
        _ => Err(String::from("scopes are send, read, or send,read")),
    }
}

/// Seconds, from a number and its unit.
fn lifetime(text: &str) -> Result<u64, String> {
    let units = [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)];
    let read = units.iter().find_map(|(unit, seconds)| {
        let number: u64 = text.strip_suffix(unit)?.parse().ok()?;
        number.checked_mul(*seconds).filter(|total| *total > 0)
    });
    read.ok_or_else(|| String::from("a time is a number and s, m, h or d, such as 30d"))
}

/// A name, with or without the @ that it is written with elsewhere.
fn nickname(text: &str) -> Result<Nickname, NameError> {
    Nickname::parse(text.strip_prefix('@').unwrap_or(text))
}

fn format(json: bool) -> Format {
    if json { Format::Json } else { Format::plain() }
}

/// The words of a message, or standard input.
fn said(words: &[String]) -> Result<Text, Error> {
    match words {
        [only] if only == "-" => standard_input_text(),
        words => Ok(Text::parse(words.join(" "))?),
    }
}

fn standard_input_line() -> Result<String, Error> {
    let mut line = String::new();
    io::stdin().read_line(&mut line).map_err(Error::Input)?;
    Ok(line)
}

fn standard_input_text() -> Result<Text, Error> {
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes).map_err(Error::Input)?;
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
    }
    Ok(Text::from_bytes(bytes)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
    }

    #[test]
    #[cfg(feature = "full")]
    fn how_a_way_is_told_is_said_where_it_is_told() {
        for (line, is_good) in [
            ("--explain --unfold tls --lang zh", true),
            ("--explain-json a --explain-html b --lang zh", true),
            ("--explain --explain-json a --frame 1", true),
            ("--explain-json a --unfold tls", false),
            ("--explain-html a --frame 1", false),
            ("--lang zh", false),
            ("--explain --frame 1 --unfold tls", false),
        ] {
            let words = format!("nihao send #general hi {line}");
            assert_eq!(Cli::try_parse_from(words.split(' ')).is_ok(), is_good, "{line}");
        }
    }

    #[test]
    fn options_may_stand_anywhere() {
        for line in [
            "nihao --home h send #general hi there --timeout 5",
            "nihao send --timeout 5 #general hi there --home h",
        ] {
            let cli = Cli::try_parse_from(line.split(' ')).unwrap();
            assert_eq!((cli.home, cli.resolver), (Some("h".into()), Choice::System));
            assert!(matches!(cli.command, Command::Send { timeout: 5, text, .. } if text == ["hi", "there"]));
        }
        let cli = Cli::try_parse_from("nihao who --resolver ::1".split(' ')).unwrap();
        assert_eq!(cli.resolver, Choice::Server("[::1]:53".parse().unwrap()));
        assert!(Cli::try_parse_from("nihao who --resolver dns.example".split(' ')).is_err());
        let cli = Cli::try_parse_from("nihao token new --scope read,send --expires 30d".split(' ')).unwrap();
        let Command::Token(Token::New { scope, expires }) = cli.command else {
            panic!()
        };
        assert_eq!((scope.to_string().as_str(), expires), ("send,read", Some(2_592_000)));
        for line in [
            "--scope admin",
            "--expires 0d",
            "--expires 5",
            "--expires 99999999999999999999d",
        ] {
            let line = format!("nihao token new {line}");
            assert!(Cli::try_parse_from(line.split(' ')).is_err(), "{line}");
        }
        assert!(Cli::try_parse_from("nihao send #general - --timeout 0".split(' ')).is_err());
        assert!(Cli::try_parse_from("nihao send #general".split(' ')).is_err());
    }
}
