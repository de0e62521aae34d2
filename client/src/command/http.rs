//! `http`: one request over our own TLS, for people who want to see what HTTPS does.

mod error;
mod exchange;
mod request;
mod told;
mod witness;

use std::fs::{File, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use nihao_protocol::net::{Connector, Environment, RootBundle, TlsStream};
use nihao_protocol::tls::{ClientConfig, Identity};
use nihao_protocol::x509::{ServerName, Trust};
use tokio::time::Instant;

use super::Screen;
use crate::connect::{ConnectError, translate};
use crate::dial::{Dial, DialStep};
use crate::error::Error;

pub use error::{Stage, WebError};
pub use request::{METHODS, Request, Target};

use witness::Witness;

/// ALPN of HTTP/2 (RFC 9113 §3.2).
const H2: &[u8] = b"h2";
/// ALPN of HTTP/1.1 (RFC 7301 §6).
const HTTP1: &[u8] = b"http/1.1";

/// Which versions of HTTP are offered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Versions {
    /// HTTP/2, else HTTP/1.1; the server chooses, and one without ALPN means HTTP/1.1.
    #[default]
    Both,
    /// HTTP/1.1 alone.
    Http1,
    /// HTTP/2 alone.
    Http2,
}

impl Versions {
    fn offered(self) -> Vec<Vec<u8>> {
        match self {
            Self::Both => vec![H2.to_vec(), HTTP1.to_vec()],
            Self::Http1 => vec![HTTP1.to_vec()],
            Self::Http2 => vec![H2.to_vec()],
        }
    }
}

/// How a request is made.
#[derive(Debug)]
pub struct Manner {
    /// Which authorities are trusted.
    pub roots: RootBundle,
    /// Who we are, to a server that asks for a certificate.
    pub identity: Option<Identity>,
    /// Which versions are offered.
    pub versions: Versions,
    /// Whether every step is told on standard error.
    pub verbose: bool,
    /// Whether a status of 400 or more is a failure, once its body is printed.
    pub fail: bool,
    /// The time that all of it may take.
    pub max_time: Option<Duration>,
    /// The file that the body goes to; standard output without one.
    pub output: Option<PathBuf>,
    /// What else is different about the TLS of this request.
    pub adjust: Option<Adjust>,
}

/// Changes how a connection's TLS is set up, before it is: who keeps sessions, takes secrets, or wants to see a rare message asks for it.
pub struct Adjust(Box<dyn FnOnce(&mut ClientConfig) + Send>);

impl Adjust {
    /// Changes by `change`.
    pub fn new(change: impl FnOnce(&mut ClientConfig) + Send + 'static) -> Self {
        Self(Box::new(change))
    }
}

impl std::fmt::Debug for Adjust {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Adjust")
    }
}

/// Makes one request and writes the response's body, unchanged and as it comes, where it belongs.
///
/// # Errors
/// [`Error::Web`] where there is no connection, no whole response, or with [`Manner::fail`] one that says no.
pub async fn http<D: Dial>(
    dial: &D,
    environment: &Environment,
    request: &Request,
    manner: Manner,
    screen: &mut Screen<'_>,
) -> Result<(), Error>
where
    D::Stream: 'static,
{
    let sink = Sink::open(manner.output.as_deref())?;
    let Manner { max_time, fail, .. } = manner;
    let mut errand = Errand {
        request,
        verbose: manner.verbose,
        screen,
        sink,
        stage: Stage::Lookup,
    };
    let run = async {
        let stream = connect(dial, environment, &mut errand, manner).await?;
        exchange::exchange(stream, &mut errand).await
    };
    let status = match max_time {
        None => run.await?,
        Some(limit) => match tokio::time::timeout(limit, run).await {
            Ok(ended) => ended?,
            Err(_) => {
                let stage = errand.stage;
                return Err(WebError::TimedOut { limit, stage }.into());
            }
        },
    };
    if fail && (status.is_client_error() || status.is_server_error()) {
        return Err(WebError::Status(status).into());
    }
    Ok(())
}

/// What is asked, how far it is, and where it is told.
struct Errand<'a, 'b> {
    request: &'a Request,
    verbose: bool,
    screen: &'a mut Screen<'b>,
    sink: Sink,
    stage: Stage,
}

impl Errand<'_, '_> {
    /// Tells lines, each with its mark before it as curl's users know them: `*`, `>` or `<`.
    fn tell(&mut self, mark: char, lines: impl IntoIterator<Item = String>) {
        if self.verbose {
            for line in lines {
                self.screen.note(format!("{mark} {line}").trim_end());
            }
        }
    }

    fn write(&mut self, data: &[u8]) -> Result<(), Error> {
        match &mut self.sink {
            Sink::Screen => {
                self.screen.out.write_all(data).map_err(Error::Output)?;
                self.screen.flush()
            }
            Sink::File { file, path } => Ok(file.write_all(data).map_err(|error| WebError::file(path, error))?),
        }
    }
}

/// Where the body goes.
enum Sink {
    Screen,
    File { file: File, path: PathBuf },
}

impl Sink {
    /// Opens the file before anything is asked: a response that could not be kept had better not be caused. What it held stays
    /// until there is a response.
    fn open(path: Option<&Path>) -> Result<Self, WebError> {
        let Some(path) = path else {
            return Ok(Self::Screen);
        };
        let opened = OpenOptions::new().write(true).create(true).truncate(false).open(path);
        Ok(Self::File {
            file: opened.map_err(|error| WebError::file(path, error))?,
            path: path.into(),
        })
    }

    /// Takes away what was there before.
    fn begin(&mut self) -> Result<(), WebError> {
        match self {
            Self::File { file, path } if file.metadata().is_ok_and(|about| about.is_file()) => {
                file.set_len(0).map_err(|error| WebError::file(path, error))
            }
            _ => Ok(()),
        }
    }
}

async fn connect<D: Dial>(
    dial: &D,
    environment: &Environment,
    errand: &mut Errand<'_, '_>,
    manner: Manner,
) -> Result<TlsStream<D::Stream>, Error> {
    let Target { host, port } = &errand.request.target;
    let RootBundle { roots, path, .. } = manner.roots;
    let versions = manner.versions;
    let failed = |error: ConnectError| WebError::Connect {
        host: host.clone(),
        port: *port,
        roots: path.clone(),
        error: Box::new(error),
    };
    let name = ServerName::parse(host).map_err(|error| failed(ConnectError::BadName(error.to_string())))?;
    let plain = {
        let errand = &mut *errand;
        let mut tell = |step: DialStep| {
            if matches!(step, DialStep::Found { .. }) {
                errand.stage = Stage::Tcp;
            }
            errand.tell('*', [told::step(host, &step)]);
        };
        dial.dial_telling(host, *port, &mut tell).await
    };
    let plain = plain.map_err(|error| failed(error.into()))?;
    errand.stage = Stage::Tls;
    let trust = Trust::Roots(Arc::new(roots));
    let count = trust.authorities().len();
    let witness = Arc::new(Witness::new(trust));
    let mut config = ClientConfig::new(Trust::Custom(witness.clone()));
    (config.alpn, config.identities) = (versions.offered(), manner.identity.into_iter().collect());
    if let Some(Adjust(adjust)) = manner.adjust {
        adjust(&mut config);
    }
    let began = Instant::now();
    let connector = Connector::new(Arc::new(config), environment.clone());
    let stream = match connector.connect(plain, name).await {
        Ok(stream) => stream,
        Err(error) => {
            errand.tell('*', told::chain(&witness.seen()));
            return Err(failed(translate(error, host)).into());
        }
    };
    if let Some(facts) = stream.facts() {
        errand.tell('*', told::negotiated(facts, began.elapsed()));
        errand.tell('*', told::chain(&facts.peer_chain));
        errand.tell('*', [told::verified(host, &path, count)]);
        // A server without ALPN ignores ours: that means HTTP/1.1.
        if versions == Versions::Http2 && facts.alpn.is_none() {
            return Err(failed(ConnectError::NotNihao).into());
        }
    }
    Ok(stream)
}
