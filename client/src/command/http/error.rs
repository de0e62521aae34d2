//! Why a request came to nothing.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hyper::StatusCode;
use nihao_protocol::chat::shown;
use nihao_protocol::net::{BundleError, NoRoots};

use crate::connect::ConnectError;
use crate::diagnose::diagnose_https;
use crate::error::Exit;

/// How far a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The name is being looked up.
    Lookup,
    /// TCP is being connected.
    Tcp,
    /// The TLS handshake is going on.
    Tls,
    /// The request is sent, the response has not begun.
    Response,
    /// The response's body is coming.
    Body {
        /// The bytes that came so far.
        received: u64,
    },
}

impl std::fmt::Display for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Lookup => f.write_str("the name was looked up"),
            Self::Tcp => f.write_str("TCP connected"),
            Self::Tls => f.write_str("the TLS handshake was over"),
            Self::Response => f.write_str("the response began"),
            Self::Body { received } => write!(f, "the body was whole ({received} bytes came)"),
        }
    }
}

/// Why there is no response, no whole one, or none that counts.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// The URL is none, or none that this command can use.
    #[error("URL: {0}")]
    Url(String),
    /// The URL asks for HTTP without TLS.
    #[error("URL: expected https://, seen http://, which nothing protects")]
    PlainHttp,
    /// A header is none, or none that may be given.
    #[error("header: {0}")]
    Header(String),
    /// A file of the command line's cannot be read or written.
    #[error("file: {}: {error}", .path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        error: io::Error,
    },
    /// The file with roots has none.
    #[error("roots: {}: {error}", .path.display())]
    Bundle {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        error: BundleError,
    },
    /// The system has no roots.
    #[error(transparent)]
    NoRoots(#[from] NoRoots),
    /// The certificate and the key that were given are none, or do not belong together.
    #[error("client certificate: {}: {problem}", .path.display())]
    Identity {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// There is no connection.
    #[error("{}", diagnose_https(.host, *.port, .roots, .error).problem)]
    Connect {
        /// The host in the URL.
        host: String,
        /// The port.
        port: u16,
        /// The file with the roots that were trusted.
        roots: PathBuf,
        /// Why.
        error: Box<ConnectError>,
    },
    /// The connection broke, or what came is not HTTP.
    #[error("HTTP: expected that {stage}, seen: {}", shown(.reason))]
    Broken {
        /// How far it was.
        stage: Stage,
        /// What went wrong.
        reason: String,
    },
    /// It took longer than it may.
    #[error("time: expected an end within {} s, seen none: it was over before {stage}", .limit.as_secs_f64())]
    TimedOut {
        /// The time all of it had.
        limit: Duration,
        /// How far it was.
        stage: Stage,
    },
    /// The server says no, and that was to be a failure.
    #[error("status: expected less than 400, seen {0}")]
    Status(StatusCode),
}

impl WebError {
    pub(super) fn file(path: &Path, error: io::Error) -> Self {
        Self::File {
            path: path.into(),
            error,
        }
    }

    /// The exit code.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Url(_) | Self::PlainHttp | Self::Header(_) => Exit::Usage,
            Self::File { .. } | Self::Bundle { .. } | Self::NoRoots(_) | Self::Identity { .. } => Exit::Failed,
            Self::Connect { error, .. } => error.exit(),
            Self::Broken { .. } | Self::TimedOut { .. } => Exit::Unreachable,
            // Another time it may go well.
            Self::Status(StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS) => Exit::Unreachable,
            Self::Status(status) if status.is_server_error() => Exit::Unreachable,
            Self::Status(_) => Exit::Refused,
        }
    }

    /// One thing to do.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Url(_) => "write https://HOST[:PORT]/PATH, in quotes, with % escapes for spaces".into(),
            Self::PlainHttp => "this command speaks HTTPS alone: write https://, or use curl for plain HTTP".into(),
            Self::Header(_) => "write -H 'Name: value'; the body's length and the connection are seen to".into(),
            Self::File { .. } => "check the path, its permissions, and the space on its disk".into(),
            Self::Bundle { .. } => "give a file of certificates in PEM (-----BEGIN CERTIFICATE-----)".into(),
            Self::Identity { .. } => {
                "give certificates in PEM, your own first, and the Ed25519 or P-256 key of that one: --cert FILE --key FILE".into()
            }
            Self::NoRoots(_) => {
                "install the system's certificates (ca-certificates), or name a file: --cacert FILE".into()
            }
            Self::Connect {
                host,
                port,
                roots,
                error,
            } => diagnose_https(host, *port, roots, error).fix,
            Self::Broken {
                stage: Stage::Body { .. },
                ..
            } => "do not take what was printed for the whole body; try again, or with the other of --http1 and --http2"
                .into(),
            Self::Broken { .. } => "see how far it goes with -v; try the other of --http1 and --http2".into(),
            Self::TimedOut { .. } => "see what takes so long with -v, or give it more: --max-time".into(),
            Self::Status(_) => "the body may say why; -v shows the headers".into(),
        }
    }
}
