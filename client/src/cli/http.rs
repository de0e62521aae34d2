//! The command line of `http`.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use hyper::Method;
use nihao_protocol::net::{Environment, RootBundle};

use super::certified::Certified;
use crate::command::Screen;
use crate::command::http::{self, METHODS, Manner, Request, Versions, WebError};
use crate::dial::Dial;
use crate::error::Error;

const AFTER_HELP: &str = "The body goes to standard output unchanged, everything else to standard error. Redirects are not followed.\n\
    An address has 10 s to connect, the TLS handshake 10 s more; what follows takes as long as --max-time lets it.\n\
    A status of 400 or more is no failure but with --fail: then the exit code is 6, or 3 where another time may do \
    (408, 429, 5xx).\n\
    Exit code 4: the certificate is not trusted or not for this name. The others are in \"nihao --help\".";

/// What is asked, and how.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Http {
    /// The method
    #[arg(value_parser = METHODS, ignore_case = true, hide_possible_values = true, value_name = "GET|POST|PUT|DELETE|HEAD|PATCH|OPTIONS")]
    method: String,
    /// https://HOST[:PORT]/PATH
    url: String,
    /// A header to send, 'Name: value'; 'Name:' takes one of ours away
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    headers: Vec<String>,
    /// The body to send: the text itself, @FILE its bytes, - standard input; its Content-Type is yours to give
    #[arg(short, long, value_name = "BODY", allow_hyphen_values = true)]
    data: Option<String>,
    /// Trust the authorities in FILE (PEM) instead of the system's
    #[arg(long, value_name = "FILE")]
    cacert: Option<PathBuf>,
    #[command(flatten)]
    certified: Certified,
    /// Offer HTTP/1.1 alone
    #[arg(long, conflicts_with = "http2")]
    http1: bool,
    /// Offer HTTP/2 alone
    #[arg(long)]
    http2: bool,
    /// Tell each step on standard error: name, TCP, TLS (*), request (>) and response (<); secrets are left out
    #[arg(short, long)]
    verbose: bool,
    /// Fail where the status is 400 or more; the body is printed all the same
    #[arg(short, long)]
    fail: bool,
    /// Seconds that all of it may take, such as 30 or 0.5
    #[arg(short, long, value_name = "S", value_parser = seconds)]
    max_time: Option<Duration>,
    /// Write the body to FILE
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Http {
    /// Asks it of the real world.
    pub(super) async fn run(self, network: &impl Dial<Stream: 'static>, screen: &mut Screen<'_>) -> Result<(), Error> {
        // One of METHODS, whatever its case was.
        let method = Method::from_bytes(self.method.to_ascii_uppercase().as_bytes()).unwrap_or(Method::GET);
        let body = self.data.as_deref().map(body).transpose()?;
        let request = Request::new(method, &self.url, &self.headers, body)?;
        let manner = Manner {
            roots: match self.cacert {
                Some(path) => RootBundle::read(&path).map_err(|error| WebError::Bundle { path, error })?,
                None => RootBundle::system().map_err(WebError::from)?,
            },
            identity: self.certified.identity()?,
            versions: match (self.http1, self.http2) {
                (true, _) => Versions::Http1,
                (_, true) => Versions::Http2,
                _ => Versions::Both,
            },
            verbose: self.verbose,
            fail: self.fail,
            max_time: self.max_time,
            output: self.output,
            adjust: None,
        };
        http::http(network, &Environment::system(), &request, manner, screen).await
    }
}

fn body(text: &str) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    match text.strip_prefix('@') {
        Some(path) => {
            let read = File::open(path).and_then(|mut file| file.read_to_end(&mut bytes));
            read.map_err(|error| WebError::File {
                path: path.into(),
                error,
            })?;
        }
        None if text == "-" => {
            io::stdin().lock().read_to_end(&mut bytes).map_err(Error::Input)?;
        }
        None => bytes.extend_from_slice(text.as_bytes()),
    }
    Ok(bytes)
}

pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    let number: f64 = text.parse().map_err(|_| String::from("a number of seconds"))?;
    Duration::try_from_secs_f64(number)
        .ok()
        .filter(|time| !time.is_zero())
        .ok_or_else(|| String::from("more than 0 seconds"))
}
