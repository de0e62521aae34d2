//! Why a root is not trusted, or goes on being so.

use std::io;
use std::path::PathBuf;

use nihao_protocol::chat::shown;

use super::ways::quoted;
use crate::error::Exit;

/// Why nothing was installed, removed or told.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// A file or directory cannot be used.
    #[error("cannot {verb} {path}: {source}")]
    File {
        /// What was tried.
        verb: &'static str,
        /// Which.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// There is no root in it that a store should have.
    #[error("{0} has no P-256 root of a nihao server")]
    NoRoot(String),
    /// The server has none to give.
    #[error("GET /ca.pem at {endpoint}: {}", shown(.reason))]
    NotServed {
        /// The server.
        endpoint: String,
        /// What it said instead.
        reason: String,
    },
    /// A program is not installed.
    #[error("{tool} is not installed")]
    NoTool {
        /// Its name.
        tool: &'static str,
        /// The Debian package it comes in.
        package: &'static str,
    },
    /// A program failed.
    #[error("{command} failed: {}", shown(.said))]
    ToolFailed {
        /// What was run.
        command: String,
        /// What it wrote.
        said: String,
    },
    /// Only root may do that.
    #[error("only the system's administrator may change {path}")]
    NoRights {
        /// What is to be changed.
        path: PathBuf,
        /// What was asked for.
        option: &'static str,
        /// The file with the server's root.
        root: PathBuf,
    },
    /// Nobody says where the user's files are.
    #[error("there is no place to look for databases: HOME is not set")]
    NoHome,
}

impl TrustError {
    /// The exit code.
    #[must_use]
    pub const fn exit(&self) -> Exit {
        match self {
            Self::NotServed { .. } => Exit::Unreachable,
            _ => Exit::Failed,
        }
    }

    /// One thing to do.
    #[must_use]
    pub fn hint(&self) -> String {
        match self {
            Self::File { .. } => "check the path and its permissions".into(),
            Self::NoRoot(_) => "give the ca.pem of the server's data directory: nihao trust --ca DIR/ca.pem".into(),
            Self::NotServed { .. } => "ask whoever runs the server for its ca.pem, and give it with --ca FILE".into(),
            Self::NoTool { package, .. } => format!("apt-get install {package}"),
            Self::ToolFailed { .. } => {
                "run that command by hand to see more; nihao trust without --install tells other ways".into()
            }
            Self::NoRights { option, root, .. } => {
                format!("sudo nihao trust {option} debian --ca {}", quoted(root))
            }
            Self::NoHome => "set HOME to your home directory".into(),
        }
    }
}
