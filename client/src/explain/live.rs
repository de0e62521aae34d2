//! A real connection, told like a simulated one: this program's own look-up, TLS and HTTP over the system's sockets, every byte noted.

pub(super) mod broken;
mod marks;
#[cfg(target_os = "linux")]
mod measured;
mod record;
mod route;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use nihao_explain::decode::{Credentials, Known, Trusted};
use nihao_explain::event::{Account, NameStep, Protocol};
use nihao_explain::story::{Said, Story};
use nihao_explain::texts;
use nihao_protocol::clock::UnixTime;
use nihao_protocol::dns::{Layer, Route};
use nihao_protocol::net::Environment;
use nihao_protocol::tls::{ClientConfig, KeyLog};

use self::record::{Recorded, Recorder, Step, Telling};
use self::route::Tables;
use super::network::Secrets;
use crate::command::Screen;
use crate::command::http::{self, Adjust, Manner, Request};
use crate::dial::{DialStep, Resolving};
use crate::error::Error;
use crate::resolve::Resolver;

/// The longest body that is listened to, in bytes: what is told has every byte several times over.
const LONGEST_BODY: usize = 1024 * 1024;

/// What came of a real connection.
#[derive(Debug)]
pub struct Live {
    /// What happened, in the form of every story.
    pub story: Story,
    /// What the client told its user on the way, in lines.
    pub told: String,
    /// How it ended: the error is the first step's that did not hold.
    pub ended: Result<(), Error>,
    /// How many bytes of body came.
    pub received: usize,
    /// Whether the body was longer than what is listened to, and was left there.
    pub is_cut: bool,
    /// What could not be seen, and why.
    pub unseen: Vec<Said>,
    /// What lets somebody in, and must not be told.
    credentials: Option<Credentials>,
}

impl Live {
    /// A text without what lets somebody in.
    #[must_use]
    pub fn hide(&self, text: &str) -> String {
        match &self.credentials {
            Some(credentials) => credentials.hide(text),
            None => text.into(),
        }
    }
}

/// How a real connection is told.
#[derive(Debug)]
pub struct Options {
    /// What is asked for.
    pub request: Request,
    /// How; what it changes about TLS is added to.
    pub manner: Manner,
    /// Who is asked for names.
    pub route: Route,
    /// The file that remembers what was learnt of names.
    pub names: Option<PathBuf>,
    /// What lets somebody in, as far as it is known before; nothing where it may be told, with the TLS secrets.
    pub credentials: Option<Credentials>,
}

/// Makes one request over the system's network, and tells everything that this program could see of it.
pub async fn live(options: Options) -> Live {
    let Options {
        request,
        mut manner,
        route,
        names,
        mut credentials,
    } = options;
    let watch = Watch::new();
    let dial = watch.dial(route, names);
    let log = watch.key_log();
    manner.adjust = Some(Adjust::new(move |config: &mut ClientConfig| config.key_log = Some(log)));
    let path = manner.roots.path.clone();
    let roots = certificates(&path);
    let (mut body, mut notes) = (Sink::default(), Vec::new());
    let mut screen = Screen {
        out: &mut body,
        notes: &mut notes,
    };
    let ended = http::http(&dial, &watch.environment, &request, manner, &mut screen).await;
    let is_cut = body.is_full;
    let ended = if is_cut { Ok(()) } else { ended };
    let to = (request.target.host.as_str(), request.target.port, path.as_path());
    let (story, unseen) = watch.tell(to, Trusted::Roots(&roots), ended.as_ref().err(), credentials.as_mut());
    Live {
        story,
        told: String::from_utf8_lossy(&notes).into_owned(),
        ended,
        received: body.received,
        is_cut,
        unseen,
        credentials,
    }
}

/// What is remembered while the product's own code runs over the system's network.
pub(crate) struct Watch {
    recorder: Recorder,
    secrets: Secrets,
    pub(crate) environment: Environment,
    began: UnixTime,
}

impl Watch {
    pub(crate) fn new() -> Self {
        let environment = Environment::system();
        Self {
            recorder: Recorder::new(),
            secrets: Secrets::default(),
            began: environment.clock.now(),
            environment,
        }
    }

    /// What takes the secrets of connections, so that they can be told.
    pub(crate) fn key_log(&self) -> Arc<dyn KeyLog> {
        Arc::new(self.secrets.clone())
    }

    /// The way to servers, with what was learnt of names in the file `names`.
    pub(crate) fn dial(&self, route: Route, names: Option<PathBuf>) -> Telling<Resolving<Recorded>> {
        let network = Recorded(self.recorder.clone());
        let mut resolver = Resolver::new(network.clone(), route, self.environment.clone());
        if let Some(names) = names {
            // What cannot be read there is as good as nothing, and is written anew.
            resolver = resolver.with_store(names).0;
        }
        Telling {
            inner: Resolving::new(network, resolver),
            recorder: self.recorder.clone(),
        }
    }

    /// What happened until now on the way to a host and port, whose roots are in a file; and what could not be seen.
    pub(crate) fn tell(
        &self,
        (host, port, roots): (&str, u16, &Path),
        trusted: Trusted<'_>,
        error: Option<&Error>,
        mut credentials: Option<&mut Credentials>,
    ) -> (Story, Vec<Said>) {
        let (seen, steps, lines) = (self.recorder.seen(), self.recorder.steps(), self.secrets.lines());
        let known = Known {
            secrets: &lines,
            trusted,
            began: Some(self.began),
            is_withheld: credentials.is_some(),
        };
        let (names, mut marks) = (looked_up(&steps), marks::marks(host, &steps));
        let tables = Tables::of_system();
        let tried = steps.iter().filter_map(|(at, step)| match step {
            Step::Dial(DialStep::Trying { address }) => tables.mark(*at, address.ip()),
            _ => None,
        });
        let routes: Vec<_> = tried.collect();
        marks.splice(0..0, routes);
        let mut story = Story::live(&seen, known, credentials.as_deref_mut(), (&names, marks));
        if let Some(error) = error {
            let about = broken::About {
                host,
                port,
                roots,
                stream: broken::Stream::of(&seen),
                now: self.recorder.now(),
            };
            story.place(broken::mark(error, &about, &story.account));
        }
        if let Some(credentials) = credentials {
            story.reword(|text| credentials.hide(text));
        }
        let unseen = unseen(&story.account, &names);
        (story, unseen)
    }
}

/// The steps of the look-up.
fn looked_up(steps: &[(u64, Step)]) -> Vec<NameStep> {
    let of_names = steps.iter().filter_map(|(at, step)| match step {
        Step::Dial(DialStep::Lookup(step)) => Some(NameStep {
            at: *at,
            node: "here".into(),
            number: 1,
            step: step.as_ref().clone(),
        }),
        _ => None,
    });
    of_names.collect()
}

/// What no program sees without rights, and what this run did not see.
fn unseen(account: &Account, names: &[NameStep]) -> Vec<Said> {
    let mut all = Vec::new();
    if names.iter().any(|name| name.step.layer == Layer::System) {
        all.push(Said::new(&texts::LIVE_UNSEEN_RESOLVER, []));
    }
    all.push(Said::new(&texts::LIVE_UNSEEN_SEGMENTS, []));
    all.push(Said::new(&texts::LIVE_UNSEEN_PATH, []));
    let is_secure = account.flows.iter().any(|flow| flow.tls.is_some());
    if is_secure {
        all.push(Said::new(&texts::LIVE_UNSEEN_SERVER, []));
    }
    all
}

/// The certificates in the file with the roots: it was read before.
fn certificates(path: &Path) -> Vec<Vec<u8>> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    nihao_protocol::x509::certificates_from_pem(&text).unwrap_or_default()
}

/// The chain that the server showed, in DER, its own certificate first.
fn chain(account: &Account) -> Vec<Vec<u8>> {
    let mut chain = Vec::new();
    for derived in &account.derived {
        let layers = derived.layer.layers().into_iter();
        let found = layers.filter(|layer| layer.protocol == Protocol::X509 && layer.name == "certificate");
        chain.extend(found.filter_map(|layer| derived.bytes.get(layer.range.clone()).map(<[u8]>::to_vec)));
    }
    chain
}

/// Counts the body, and ends it where it is long enough.
#[derive(Debug, Default)]
struct Sink {
    received: usize,
    is_full: bool,
}

impl io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.received += bytes.len();
        self.is_full = self.received > LONGEST_BODY;
        if self.is_full {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
