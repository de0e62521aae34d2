//! The command line of `nihaod`: what it takes, and how it ends.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use nihao_certs::HostName;

use crate::daemon::{DataError, StartError, WebCertificate, WebCertificateError};
use crate::limits::{Limits, Rate};
use crate::log::sqlite::{OpenError, Synchronous};

/// A private chat you host yourself: the server.
///
/// While nobody has joined, every start prints one invite for the first user, the admin: hand it to `nihao join`.
/// On standard output stand the invite, if there is one, and then `listening on ADDRESS:PORT`; logs go to standard error.
#[derive(Debug, Clone, Parser)]
#[command(name = "nihaod", version, after_help = EXIT_CODES)]
pub struct Arguments {
    /// Where everything is kept: messages, users, certificate authorities. Made if it is not there.
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,

    /// The address and port to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8443")]
    pub listen: SocketAddr,

    /// A name or address that people reach this server by; may be given several times. The first stands in invites.
    #[arg(long = "name", value_name = "HOST")]
    pub names: Vec<HostName>,

    /// Shows browsers this certificate instead of the server's own, for its names: PEM, the issuers after it. Read again when renewed.
    #[arg(long, value_name = "FILE")]
    pub web_cert: Option<PathBuf>,

    /// The private key of --web-cert: PEM, P-256 or Ed25519.
    #[arg(long, value_name = "FILE")]
    pub web_key: Option<PathBuf>,

    /// Asks HTTP clients for a member's certificate, too, which then stands in for a token: `curl --cert`. Optional for them.
    #[arg(long)]
    pub client_certs: bool,

    /// Tells browsers that came by a host name to come back over TLS alone, for a year and on every port of that name.
    #[arg(long)]
    pub hsts: bool,

    /// Writes the TLS secrets of every connection to this file: whoever reads it can read everything. For debugging.
    #[arg(long, value_name = "FILE")]
    pub keylog: Option<PathBuf>,

    /// How log lines look.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub log_format: LogFormat,

    /// What is logged: error, warn, info, debug, trace, or a filter like nihao_server=debug.
    #[arg(long, value_name = "FILTER", default_value = "info", env = "NIHAO_LOG")]
    pub log: String,

    /// The most connections at one time.
    #[arg(long, value_name = "N", default_value_t = Limits::default().connections)]
    pub max_connections: usize,

    /// The most requests a second of one member, over all their connections; twice as many at once.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    pub user_rate: u32,

    /// The most new connections a second from one address; twice as many at once.
    #[arg(long, value_name = "N", default_value_t = 2000, value_parser = clap::value_parser!(u32).range(1..))]
    pub address_rate: u32,

    /// The most attempts a second from one address to join or to use a token that fail; a hundred times as many at once.
    #[arg(long, value_name = "N", default_value_t = Limits::default().guess_rate.per_second, value_parser = positive)]
    pub guess_rate: f64,

    /// How durable an acknowledged message is. `off` loses messages with the machine: for tests only.
    #[arg(long, value_name = "LEVEL", default_value = "full", hide = true)]
    pub synchronous: Durability,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

/// How durable a commit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Durability {
    /// The disk has it.
    Full,
    /// The system will write it some time.
    Off,
}

impl Arguments {
    /// The bounds asked for.
    #[must_use]
    pub fn limits(&self) -> Limits {
        Limits {
            connections: self.max_connections,
            user_rate: Rate::per_second(self.user_rate.into()),
            address_rate: Rate::per_second(self.address_rate.into()),
            guess_rate: Rate {
                per_second: self.guess_rate,
                burst: self.guess_rate * 100.0,
            },
            ..Limits::default()
        }
    }

    /// The certificate for browsers, if one is given.
    ///
    /// # Errors
    /// A [`Failure`] of code 5 where it cannot be used, of code 2 where only one of the two options is given.
    pub fn web_certificate(&self) -> Result<Option<WebCertificate>, Failure> {
        let (given, missing) = match (&self.web_cert, &self.web_key) {
            (None, None) => return Ok(None),
            (Some(certificate), Some(key)) => return Ok(Some(WebCertificate::open(certificate, key)?)),
            (Some(_), None) => ("--web-cert", "--web-key"),
            (None, Some(_)) => ("--web-key", "--web-cert"),
        };
        Err(Failure {
            code: 2,
            error: format!("{given} is given without {missing}"),
            hint: "give both: nihaod … --web-cert fullchain.pem --web-key privkey.pem".into(),
        })
    }

    /// The durability asked for.
    #[must_use]
    pub const fn durability(&self) -> Synchronous {
        match self.synchronous {
            Durability::Full => Synchronous::Full,
            Durability::Off => Synchronous::Off,
        }
    }
}

/// A number above zero.
fn positive(text: &str) -> Result<f64, String> {
    let number = text
        .parse()
        .ok()
        .filter(|number: &f64| number.is_finite() && *number > 0.0);
    number.ok_or_else(|| String::from("a rate is a number above zero"))
}

/// What the exit codes mean; stable.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  ended by SIGTERM or SIGINT, after everyone was told
  1  something unexpected
  2  the command line makes no sense
  3  the data directory cannot be used: another nihaod has it, permissions, a full disk, damage
  4  the address cannot be listened on
  5  the certificate or key of --web-cert and --web-key cannot be used
SIGHUP, where --web-cert is given, reads it again at once; otherwise that happens within an hour.";

/// A failure with its exit code, its message, and what to do about it.
#[derive(Debug, PartialEq, Eq)]
pub struct Failure {
    /// One of [`EXIT_CODES`].
    pub code: u8,
    /// One line saying what.
    pub error: String,
    /// One line saying what to do.
    pub hint: String,
}

impl Failure {
    /// Something unexpected.
    #[must_use]
    pub fn unexpected(error: impl ToString) -> Self {
        Self {
            code: 1,
            error: error.to_string(),
            hint: "run it again with --log debug to see more".into(),
        }
    }

    /// The address cannot be listened on.
    #[must_use]
    pub fn listen(address: SocketAddr, error: &std::io::Error) -> Self {
        let hint = match error.kind() {
            std::io::ErrorKind::AddrInUse => "another program listens there; choose another port, or 0 for a free one",
            std::io::ErrorKind::PermissionDenied => "ports below 1024 need rights; choose a higher one",
            _ => "choose an address of this machine: 127.0.0.1 for itself alone, 0.0.0.0 for all its networks",
        };
        Self {
            code: 4,
            error: format!("cannot listen on {address}: {error}"),
            hint: hint.into(),
        }
    }

    /// The key log file cannot be used.
    #[must_use]
    pub fn key_log(path: &std::path::Path, error: &std::io::Error) -> Self {
        Self {
            code: 3,
            error: format!("cannot use the key log file {}: {error}", path.display()),
            hint: "name a file that you alone can read and write".into(),
        }
    }
}

impl From<WebCertificateError> for Failure {
    fn from(error: WebCertificateError) -> Self {
        Self {
            code: 5,
            error: error.to_string(),
            hint: error.hint().into(),
        }
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        let hint = match &error {
            StartError::Data(DataError::Locked { .. }) => "stop the other one first, or choose another --data".into(),
            StartError::Data(DataError::System { .. }) => {
                "check the path, its permissions, and the space on its disk".into()
            }
            StartError::Authorities(error) => error.hint(),
            StartError::Log(OpenError::Newer { .. }) => {
                "run the version of nihaod that wrote it, or a later one".into()
            }
            StartError::Log(_) => {
                "check the directory's permissions and the space on its disk; restore a backup if it is damaged".into()
            }
            StartError::Certificates(_) | StartError::Users(_) => {
                "check the clock of this machine and the names given".into()
            }
        };
        Self {
            code: 3,
            error: error.to_string(),
            hint,
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_sound_and_its_defaults_are_the_limits() {
        Arguments::command().debug_assert();
        let arguments = Arguments::parse_from(["nihaod", "--data", "x"]);
        assert_eq!(arguments.limits(), Limits::default());
        assert_eq!(arguments.listen.to_string(), "127.0.0.1:8443");
    }

    #[test]
    fn a_bad_name_is_said_to_be_one() {
        let error = Arguments::try_parse_from(["nihaod", "--data", "x", "--name", "https://x/"]).unwrap_err();
        assert!(error.to_string().contains("more than a host name"), "{error}");
    }
}
