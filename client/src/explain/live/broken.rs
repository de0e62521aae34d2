//! From an error to the step that broke: what was expected and seen, whose fault it can be, and one thing to do.

mod certificate;
mod dialing;

use std::path::Path;
use std::time::Duration;

use nihao_explain::capture::{Purpose, Socket, Sockets, Way};
use nihao_explain::event::{Account, Protocol};
use nihao_explain::story::{Act, Broken, Mark, Said};
use nihao_explain::texts::{self, Text, Word};
use nihao_protocol::chat::shown;

use crate::command::http::{Stage, WebError};
use crate::connect::ConnectError;
use crate::diagnose::quoted;
use crate::error::Error;

/// Where it broke.
pub(in crate::explain) struct About<'a> {
    pub(in crate::explain) host: &'a str,
    pub(in crate::explain) port: u16,
    pub(in crate::explain) roots: &'a Path,
    pub(in crate::explain) stream: Stream,
    /// When it was known, in µs since the run began.
    pub(in crate::explain) now: u64,
}

/// What was seen of the connection to the server.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::explain) struct Stream {
    pub(in crate::explain) is_reset: bool,
    /// The server said that it will send no more.
    pub(in crate::explain) is_ended: bool,
    /// When something came last, in µs since the run began.
    pub(in crate::explain) last_heard: Option<u64>,
}

impl Stream {
    pub(super) fn of(seen: &Sockets) -> Self {
        let is_stream = |socket: &&Socket| socket.purpose == Purpose::Stream;
        Self {
            is_reset: seen.sockets.iter().any(|socket| socket.reset),
            is_ended: seen.sockets.iter().filter(is_stream).any(|socket| socket.ended),
            last_heard: last_heard(seen),
        }
    }
}

/// The step that broke.
pub(in crate::explain) fn mark(error: &Error, about: &About<'_>, account: &Account) -> Mark {
    let (protocol, title, broken) = match error {
        Error::Web(WebError::Connect { error, .. }) => connecting(error, about, account),
        Error::Connect { error, .. } => connecting(error, about, account),
        Error::Stuck(error) | Error::Queued { last: Some(error), .. } => return mark(error, about, account),
        Error::Web(error) => answering(error, about, account),
        // The server was reached, and said so.
        Error::Link(_) => unnamed(Protocol::Native, &error.to_string(), &error.hint()),
        other => unnamed(Protocol::Tls, &other.to_string(), &other.hint()),
    };
    let after = match protocol {
        // Silence lasted until it was given up.
        _ if is_silence(error) => None,
        Protocol::Http => response(account),
        Protocol::Tls | Protocol::X509 => about.stream.last_heard,
        _ => None,
    };
    Mark {
        at: after.unwrap_or(about.now),
        act: Act::Other,
        way: if protocol == Protocol::Dns || protocol == Protocol::Tcp {
            Way::Out
        } else {
            Way::In
        },
        protocol,
        said: None,
        why: None,
        broken: Some(Broken { title, ..broken }),
    }
}

fn is_silence(error: &Error) -> bool {
    match error {
        Error::Web(WebError::Connect { error, .. }) => matches!(**error, ConnectError::Silent { .. }),
        Error::Connect { error, .. } => matches!(**error, ConnectError::Silent { .. }),
        Error::Web(WebError::TimedOut { .. }) => true,
        _ => false,
    }
}

type Told = (Protocol, &'static Word, Broken);

fn said(text: &'static Text, of: &[&str]) -> Said {
    Said {
        text,
        of: of.iter().map(|one| shown(one).into_owned()).collect(),
    }
}

fn broken(expected: Said, seen: Said, whose: &'static Text, fix: Said) -> Broken {
    Broken {
        title: &texts::BROKEN_STUCK,
        expected,
        seen,
        whose: said(whose, &[]),
        fix,
        evidence: Vec::new(),
    }
}

fn unnamed(protocol: Protocol, reason: &str, hint: &str) -> Told {
    let broken = broken(
        said(&texts::LIVE_EXPECTED_GO_ON, &[]),
        said(&texts::LIVE_SEEN, &[reason]),
        &texts::LIVE_WHOSE_UNKNOWN,
        said(&texts::LIVE_FIX, &[hint]),
    );
    (protocol, &texts::BROKEN_STUCK, broken)
}

fn connecting(error: &ConnectError, about: &About<'_>, account: &Account) -> Told {
    let port = about.port.to_string();
    let at = format!("{}:{}", about.host, about.port);
    let tls = |what, broken| (Protocol::Tls, what, broken);
    let is_answered = account
        .flows
        .iter()
        .any(|flow| flow.tls.as_ref().is_some_and(|tls| tls.suite.is_some()));
    let hello = match is_answered {
        true => said(&texts::LIVE_EXPECTED_HANDSHAKE, &[]),
        false => said(&texts::LIVE_EXPECTED_HELLO, &[]),
    };
    match error {
        ConnectError::Dial(error) => dialing::dialing(error, about),
        ConnectError::NotTls { seen } => tls(&texts::BROKEN_NO_TLS, not_tls(seen, hello, &port)),
        ConnectError::Silent { seconds } => tls(
            &texts::BROKEN_NO_ANSWER,
            broken(
                hello,
                said(&texts::LIVE_SEEN_SILENCE, &[&seconds.to_string()]),
                &texts::LIVE_WHOSE_SERVER,
                said(&texts::LIVE_FIX_OTHER_PROGRAM, &[&port]),
            ),
        ),
        ConnectError::EndedEarly => {
            let seen = if about.stream.is_reset {
                &texts::LIVE_SEEN_RESET
            } else {
                &texts::LIVE_SEEN_END
            };
            tls(
                &texts::BROKEN_CUT_HANDSHAKE,
                broken(
                    hello,
                    said(seen, &[]),
                    &texts::LIVE_WHOSE_SERVER_OR_BETWEEN,
                    said(&texts::LIVE_FIX_COMPARE, &[&at]),
                ),
            )
        }
        ConnectError::Certificate { error, .. } => certificate::bad(error, about, account),
        ConnectError::BadName(reason) => {
            let fix = crate::diagnose::diagnose_https(about.host, about.port, about.roots, error).fix;
            unnamed(Protocol::Dns, reason, &fix)
        }
        other => negotiating(other, &at, account),
    }
}

/// A record that does not open: what came is not what was sealed.
fn changed() -> Told {
    let broken = broken(
        said(&texts::BROKEN_EXPECTED_RECORD, &[]),
        said(&texts::BROKEN_SEEN_CHANGED, &[]),
        &texts::BROKEN_WHOSE_CHANGED,
        said(&texts::BROKEN_FIX_CHANGED, &[]),
    );
    (Protocol::Tls, &texts::BROKEN_CHANGED, broken)
}

/// The server ended it with an alert.
fn alerted(alert: &str, at: &str) -> Told {
    let seen = said(&texts::LIVE_SEEN_ALERT, &[alert]);
    let (title, broken) = if alert.contains("handshake_failure") {
        let fix = said(&texts::LIVE_FIX_KEY, &[]);
        let expected = said(&texts::LIVE_EXPECTED_COMMON, &[]);
        let broken = broken(expected, seen, &texts::LIVE_WHOSE_OUR_GAP, fix);
        (&texts::BROKEN_NOTHING_COMMON, broken)
    } else {
        let fix = said(&texts::LIVE_FIX_COMPARE, &[at]);
        let expected = said(&texts::LIVE_EXPECTED_GO_ON, &[]);
        (
            &texts::BROKEN_ALERT,
            broken(expected, seen, &texts::LIVE_WHOSE_SERVER, fix),
        )
    };
    (Protocol::Tls, title, broken)
}

/// What the two ends could not agree on, or what one of them holds against the other.
fn negotiating(error: &ConnectError, at: &str, account: &Account) -> Told {
    let tls = |what, broken| (Protocol::Tls, what, broken);
    match error {
        ConnectError::OldTls => tls(
            &texts::BROKEN_OLD_TLS,
            broken(
                said(&texts::LIVE_EXPECTED_TLS13, &[]),
                said(&texts::LIVE_SEEN_OLD_TLS, &[]),
                &texts::LIVE_WHOSE_OLD_TLS,
                said(&texts::LIVE_FIX_OLD_TLS, &[]),
            ),
        ),
        ConnectError::NotNihao => tls(
            &texts::BROKEN_ALPN,
            broken(
                said(&texts::LIVE_EXPECTED_ALPN, &[&offered(account)]),
                said(&texts::LIVE_SEEN_NO_ALPN, &[]),
                &texts::LIVE_WHOSE_ALPN,
                said(&texts::LIVE_FIX_ALPN, &[]),
            ),
        ),
        ConnectError::CertificateRefused { alert } => tls(
            &texts::BROKEN_CLIENT_CERTIFICATE,
            broken(
                said(&texts::LIVE_EXPECTED_LET_IN, &[]),
                said(&texts::LIVE_SEEN_ALERT, &[alert]),
                &texts::LIVE_WHOSE_CLIENT_CERTIFICATE,
                said(&texts::LIVE_FIX_CLIENT_CERTIFICATE, &[]),
            ),
        ),
        ConnectError::Alert { alert } => alerted(alert, at),
        _ if complained(account) => changed(),
        other => tls(
            &texts::BROKEN_AGAINST_RULES,
            broken(
                said(&texts::LIVE_EXPECTED_GO_ON, &[]),
                said(&texts::LIVE_SEEN, &[&other.to_string()]),
                &texts::LIVE_WHOSE_SERVER_OR_US,
                said(&texts::LIVE_FIX_COMPARE, &[at]),
            ),
        ),
    }
}

fn not_tls(seen: &[u8], hello: Said, port: &str) -> Broken {
    let first = quoted(seen);
    let is_http = seen.starts_with(b"HTTP/") || seen.starts_with(b"<");
    if is_http {
        broken(
            hello,
            said(&texts::LIVE_SEEN_PLAIN_HTTP, &[&first]),
            &texts::LIVE_WHOSE_PORT,
            said(&texts::LIVE_FIX_PLAIN_HTTP, &[port]),
        )
    } else {
        let text = if seen.starts_with(b"SSH-") {
            &texts::LIVE_SEEN_SSH
        } else {
            &texts::LIVE_SEEN_NOT_TLS
        };
        broken(
            hello,
            said(text, &[&first]),
            &texts::LIVE_WHOSE_PORT,
            said(&texts::LIVE_FIX_OTHER_PROGRAM, &[port]),
        )
    }
}

fn answering(error: &WebError, about: &About<'_>, account: &Account) -> Told {
    let http = |what, broken| (Protocol::Http, what, broken);
    match error {
        WebError::Status(status) => {
            let code = status.as_u16().to_string();
            let (whose, fix) = if status.is_server_error() {
                (&texts::LIVE_WHOSE_5XX, &texts::LIVE_FIX_5XX)
            } else {
                (&texts::LIVE_WHOSE_4XX, &texts::LIVE_FIX_4XX)
            };
            let seen = said(&texts::LIVE_SEEN_STATUS, &[&code]);
            http(
                &texts::BROKEN_SAYS_NO,
                broken(said(&texts::LIVE_EXPECTED_STATUS, &[]), seen, whose, said(fix, &[])),
            )
        }
        WebError::TimedOut { limit, stage } => out_of_time(*limit, stage, about),
        WebError::Broken { .. } if complained(account) => changed(),
        WebError::Broken { stage, reason } => cut(stage, reason, about, account),
        other => unnamed(Protocol::Http, &other.to_string(), &other.hint()),
    }
}

/// What the next thing would have been.
fn wanted(stage: &Stage, about: &About<'_>) -> Said {
    match stage {
        Stage::Lookup => said(&texts::LIVE_EXPECTED_ADDRESS, &[about.host]),
        Stage::Tcp => said(
            &texts::LIVE_EXPECTED_SYN_ACK,
            &[&format!("{}:{}", about.host, about.port)],
        ),
        Stage::Tls => said(&texts::LIVE_EXPECTED_HANDSHAKE, &[]),
        Stage::Response => said(&texts::LIVE_EXPECTED_RESPONSE, &[]),
        Stage::Body { received } => said(&texts::LIVE_EXPECTED_BODY, &[&received.to_string()]),
    }
}

/// The time is over that all of it has.
fn out_of_time(limit: Duration, stage: &Stage, about: &About<'_>) -> Told {
    let mut seen = said(&texts::LIVE_SEEN_TIMED_OUT, &[&limit.as_secs_f64().to_string()]);
    let expected = wanted(stage, about);
    let (protocol, whose, fix) = match stage {
        Stage::Lookup => (Protocol::Dns, &texts::LIVE_WHOSE_NAME, said(&texts::LIVE_FIX_NAME, &[])),
        Stage::Tcp => {
            seen = said(&texts::LIVE_SEEN_FILTERED, &[&limit.as_secs_f64().to_string()]);
            let fix = said(&texts::LIVE_FIX_FILTERED, &[&about.port.to_string()]);
            (Protocol::Tcp, &texts::LIVE_WHOSE_FILTERED, fix)
        }
        Stage::Tls => (
            Protocol::Tls,
            &texts::LIVE_WHOSE_SERVER,
            said(&texts::LIVE_FIX_MAX_TIME, &[]),
        ),
        Stage::Response | Stage::Body { .. } => (
            Protocol::Http,
            &texts::LIVE_WHOSE_SERVER,
            said(&texts::LIVE_FIX_MAX_TIME, &[]),
        ),
    };
    (protocol, &texts::BROKEN_LATE, broken(expected, seen, whose, fix))
}

/// The response is not whole.
fn cut(stage: &Stage, reason: &str, about: &About<'_>, account: &Account) -> Told {
    let http = |what, broken| (Protocol::Http, what, broken);
    let expected = wanted(stage, about);
    if about.stream.is_ended && !alerted_by(account, Way::In, |alert| alert.contains("close_notify")) {
        let seen = said(&texts::LIVE_SEEN_CUT, &[]);
        let fix = said(&texts::LIVE_FIX_CUT, &[]);
        return http(
            &texts::BROKEN_CUT,
            broken(expected, seen, &texts::LIVE_WHOSE_SERVER_OR_BETWEEN, fix),
        );
    }
    let seen = said(&texts::LIVE_SEEN, &[reason]);
    let fix = said(&texts::LIVE_FIX_VERSION, &[]);
    http(
        &texts::BROKEN_NOT_WHOLE,
        broken(expected, seen, &texts::LIVE_WHOSE_SERVER_OR_BETWEEN, fix),
    )
}

/// Whether an alert went this way of which `is_it` says that it is meant.
fn alerted_by(account: &Account, way: Way, is_it: impl Fn(&str) -> bool) -> bool {
    let frames = account.frames.iter().enumerate();
    let mut layers = frames
        .filter(|(_, frame)| frame.way == way)
        .flat_map(|(index, _)| account.layers_of(index));
    layers.any(|(_, layer)| layer.name == "alert" && is_it(&layer.what))
}

/// Whether we said of a record that it does not open.
fn complained(account: &Account) -> bool {
    alerted_by(account, Way::Out, |alert| alert == "bad_record_mac")
}

/// The protocols that the client offered, as its hello says.
fn offered(account: &Account) -> String {
    let spaces = (0..account.frames.len()).flat_map(|frame| account.layers_of(frame));
    let mut hellos = spaces.filter(|(_, layer)| layer.name == "ClientHello");
    let fields = hellos.next().map(|(_, hello)| hello.fields()).unwrap_or_default();
    let names = fields.into_iter().filter(|field| field.name == "protocol name");
    names
        .map(|field| field.value.to_string())
        .collect::<Vec<_>>()
        .join(", ")
}

/// When the head of the last response was there.
fn response(account: &Account) -> Option<u64> {
    let frames = account.frames.iter().enumerate().filter(|(index, frame)| {
        let layers = account.layers_of(*index);
        frame.way == Way::In && layers.iter().any(|(_, layer)| layer.protocol == Protocol::Http)
    });
    frames.map(|(_, frame)| frame.at).next_back()
}

/// When something came last over the stream.
fn last_heard(seen: &Sockets) -> Option<u64> {
    let is_stream = |interface: usize| {
        seen.sockets
            .get(interface)
            .is_some_and(|socket| socket.purpose == Purpose::Stream)
    };
    let heard = seen
        .capture
        .frames
        .iter()
        .filter(|frame| frame.way == Way::In && is_stream(frame.interface));
    heard.map(|frame| frame.at).next_back()
}
