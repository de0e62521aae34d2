//! Everything that ends a command without success, its exit code, and what to do about it.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use nihao_protocol::chat::{InviteError, NameError, Refusal, shown};
use nihao_protocol::crypto::random::RandomUnavailable;

#[cfg(feature = "http")]
use crate::command::http::WebError;
#[cfg(feature = "http")]
use crate::command::trust::TrustError;
use crate::connect::ConnectError;
use crate::diagnose::diagnose;
use crate::home::{Endpoint, FileError, HomeError};
use crate::link::LinkError;

/// How the program ends; part of its interface, documented in `--help`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Something of this machine failed: a file, a pipe, randomness.
    Failed = 1,
    /// The command line, or a name or text in it, is wrong.
    Usage = 2,
    /// The server cannot be reached or is busy, or the connection broke.
    Unreachable = 3,
    /// What answers is not the server that the invite speaks of, or its certificate is not trusted.
    Untrusted = 4,
    /// The message is not confirmed yet; it stays queued and goes with the next connection.
    Queued = 5,
    /// The server refused, and will not do otherwise.
    Refused = 6,
    /// This home has not joined yet, or has joined elsewhere.
    Account = 7,
    /// The two runs that were compared differ.
    Differ = 8,
}

/// The paragraph of `--help` about exit codes.
pub const EXIT_CODES: &str = "Exit codes:\n  \
    0  done\n  \
    1  something of this machine failed: a file, randomness\n  \
    2  the command line, or a name, text or invite in it, is wrong\n  \
    3  the server cannot be reached or is busy, or the connection broke\n  \
    4  what answers is not the server that the invite speaks of, or its certificate is not trusted\n  \
    5  the message is not confirmed yet; it stays queued and goes with the next connection\n  \
    6  the server refused, and will not do otherwise\n  \
    7  this home has not joined yet, or has joined elsewhere\n  \
    8  the two runs that were compared differ";

/// Why a command ended without success.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What is on disk.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// There is no connection.
    #[error("{}", diagnose(endpoint, error).problem)]
    Connect {
        /// To where.
        endpoint: Endpoint,
        /// Why.
        error: Box<ConnectError>,
    },
    /// The connection broke, or the server refused.
    #[error("{}", shown(&.0.to_string()))]
    Link(#[from] LinkError),
    /// A name, conversation or text is not one.
    #[error("{}", shown(&.0.to_string()))]
    Name(#[from] NameError),
    /// The invite is not one.
    #[error("{}", shown(&.0.to_string()))]
    Invite(#[from] InviteError),
    /// A message is on disk, but not confirmed.
    #[error("the message is not confirmed after {seconds} s and stays queued: {reason}")]
    Queued {
        /// How long it was tried.
        seconds: u64,
        /// What stood in the way last, in words.
        reason: String,
        /// It, if an attempt came to an end.
        last: Option<Box<Self>>,
    },
    /// A message is on disk, and trying on would not help.
    #[error("the message is not sent, but stays queued: {0}")]
    Stuck(Box<Self>),
    /// The system gave no thread, timer or socket to begin with.
    #[error("cannot start: {0}")]
    System(#[source] io::Error),
    /// Standard input could not be read.
    #[error("cannot read standard input: {0}")]
    Input(#[source] io::Error),
    /// Standard output could not be written.
    #[error("cannot write to standard output: {0}")]
    Output(#[source] io::Error),
    /// No randomness.
    #[error(transparent)]
    Random(#[from] RandomUnavailable),
    /// A request over HTTPS came to nothing.
    #[cfg(feature = "http")]
    #[error(transparent)]
    Web(#[from] WebError),
    /// A root is not told, installed or removed.
    #[cfg(feature = "http")]
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The demonstration could not be given.
    #[error("the demonstration failed: {0}")]
    Demo(String),
    /// What was asked for cannot be told.
    #[error("cannot explain: {0}")]
    Explain(String),
    /// What was asked for does not fit together, or is not there.
    #[error("{0}")]
    Asked(String),
    /// A file is no run that can be compared.
    #[cfg(feature = "full")]
    #[error("{}: {}", shown(&.path.display().to_string()), shown(&.error.to_string()))]
    Run {
        /// Which file.
        path: PathBuf,
        /// Why.
        error: nihao_explain::diff::BadRun,
    },
    /// Two runs differ, as was told: nothing failed.
    #[error("the two runs differ")]
    Differ,
    /// A file or directory that was asked for cannot be made.
    #[error("cannot write {}: {source}", shown(&.path.display().to_string()))]
    File {
        /// Where it should be.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

impl Error {
    /// The exit code.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Home(HomeError::NotJoined(_) | HomeError::Taken { .. }) => Exit::Account,
            Self::Connect { error, .. } => error.exit(),
            #[cfg(feature = "http")]
            Self::Web(error) => error.exit(),
            #[cfg(feature = "http")]
            Self::Trust(error) => error.exit(),
            Self::Link(LinkError::CertificateRefused { .. }) => Exit::Refused,
            Self::Link(error) => match error.reason() {
                Some(reason) if !reason.is_retryable() => Exit::Refused,
                _ => Exit::Unreachable,
            },
            Self::Name(_) | Self::Invite(_) | Self::Asked(_) => Exit::Usage,
            Self::Queued { .. } => Exit::Queued,
            Self::Stuck(error) => error.exit(),
            Self::Differ => Exit::Differ,
            #[cfg(feature = "full")]
            Self::Run { .. } => Exit::Failed,
            Self::Home(_)
            | Self::System(_)
            | Self::Input(_)
            | Self::Output(_)
            | Self::Random(_)
            | Self::Demo(_)
            | Self::Explain(_)
            | Self::File { .. } => Exit::Failed,
        }
    }

    /// One thing to do.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::Home(error) => home_hint(error),
            Self::Connect { endpoint, error } => diagnose(endpoint, error).fix,
            Self::Link(LinkError::CertificateRefused { .. }) => refusal_hint(Refusal::NotAMember).into(),
            Self::Link(error) => match error.reason() {
                Some(reason) => refusal_hint(reason).into(),
                None => "try again; if it happens again, look into the server's log".into(),
            },
            Self::Name(error) => name_hint(error).into(),
            Self::Invite(_) => "give the whole line, in quotes, or on standard input: nihao join - --as NAME".into(),
            Self::Queued { .. } => "it goes with the next command that connects; nothing need be typed again".into(),
            Self::Stuck(error) => error.hint(),
            Self::System(_) => "check this machine's limits: ulimit -a".into(),
            Self::Input(_) => "give the text as arguments instead".into(),
            Self::Output(_) => "check the disk or program that standard output leads to".into(),
            Self::Random(_) => "the system's random generator is broken; nothing secret can be done".into(),
            #[cfg(feature = "http")]
            Self::Web(error) => error.hint(),
            #[cfg(feature = "http")]
            Self::Trust(error) => error.hint(),
            Self::Demo(_) => "run it again; \"nihao demo --help\" says what it needs".into(),
            Self::Explain(_) | Self::Asked(_) => "\"nihao explain --help\" says what it takes".into(),
            #[cfg(feature = "full")]
            Self::Run { .. } => {
                "write it with this program's nihao explain --json > FILE, and compare whole files".into()
            }
            Self::Differ => "nothing failed: the comparison says where".into(),
            Self::File { source, .. } if source.kind() == io::ErrorKind::AlreadyExists => {
                "nothing is overwritten: give another name, or remove it first".into()
            }
            Self::File { .. } => "check that its directory exists and that you may write there".into(),
        }
    }

    /// Whether the reader of standard output has gone away, which is no failure.
    #[must_use]
    pub fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// Whether the same may go well a little later without anybody doing anything.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Connect { error, .. } => error.is_passing(),
            Self::Link(error) => error.is_passing(),
            _ => false,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl From<FileError> for Error {
    fn from(error: FileError) -> Self {
        Self::Home(error.into())
    }
}

fn home_hint(error: &HomeError) -> String {
    match error {
        HomeError::NotJoined(_) => "join first: nihao join INVITE --as NAME".into(),
        HomeError::Taken { .. } => "use another home for another account: nihao --home DIR join …".into(),
        HomeError::Damaged { .. } => "restore it from a backup; without one, join again in a new home".into(),
        HomeError::File(FileError::Open { path, .. }) => format!("chmod 600 {}", path.display()),
        HomeError::File(_) => "check the path, its permissions, and the space on its disk".into(),
        HomeError::ForeignCertificate => {
            "join again with the same invite; if it repeats, tell the server's admin".into()
        }
        HomeError::Key(_) => "the system's random generator is broken; nothing secret can be done".into(),
        HomeError::NoPlace => "say where: nihao --home DIR …, or set NIHAO_HOME".into(),
    }
}

const fn name_hint(error: &NameError) -> &'static str {
    match error {
        NameError::NotAConversation(_) => "write '#general' (in quotes, since # begins a comment in a shell) or @name",
        NameError::LongText { .. } => "send it in parts, each at most 16 KiB",
        NameError::NotUtf8 { .. } => "convert it first, for instance with iconv -t UTF-8",
        NameError::EmptyText => "give some text, or - and the text on standard input",
        _ => "choose another name: 1 to 32 letters and digits, and - _ . inside",
    }
}

const fn refusal_hint(reason: Refusal) -> &'static str {
    match reason {
        Refusal::NameTaken => "choose another name: the invite is still good",
        Refusal::InviteUsed | Refusal::InviteExpired | Refusal::InviteUnknown => {
            "ask for a new invite: a member makes one with: nihao invite"
        }
        Refusal::NotAMember | Refusal::Removed => {
            "an admin took this access away; ask for a new invite and join in a new home"
        }
        Refusal::NotAdmin => "ask an admin: nihao who shows who they are",
        Refusal::NoSuchUser => "check the name: nihao who shows who is here",
        Refusal::NoSuchRoom => "write to '#general' or to @name",
        Refusal::TooLarge => "make it smaller",
        Refusal::LastAdmin => "make somebody else admin first",
        Refusal::RateLimited => "wait a moment and try again",
        Refusal::Busy | Refusal::Unavailable | Refusal::Unknown | Refusal::ShuttingDown => "try again a little later",
        Refusal::NoSuchAccess => "see what there is: nihao token list, nihao webhook list",
        Refusal::OutOfScope | Refusal::BadAccess => "make another: nihao token new",
        Refusal::IdConflict => "send the text again: it gets a new id",
        Refusal::BadProof | Refusal::Malformed | Refusal::OutOfOrder => {
            "check that nihao and nihaod are of the same version"
        }
    }
}
