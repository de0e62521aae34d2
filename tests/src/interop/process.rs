//! A stock tool as a child process: started, spoken to, listened to, and ended by its own handle alone.

use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result, ensure};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// Where a program comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// This Debian package; it is looked up in PATH.
    Package(&'static str),
    /// This workspace: cargo builds it along with its tests.
    Workspace,
    /// `tests/peers/setup`, which puts it into the folder of the peers.
    Peers,
    /// `tests/peers/setup`, which makes it of this file beside it.
    Made(&'static str),
}

/// What runs, and where it comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Program {
    /// The name of its file.
    pub name: &'static str,
    /// Where it comes from.
    pub place: Place,
    /// Whether it keeps what it prints to itself unless `stdbuf` (coreutils) forbids that.
    pub buffers: bool,
}

impl Program {
    /// Where it is.
    ///
    /// # Errors
    /// When it is not installed, or made of an older source: the message says how to get it.
    pub fn find(self) -> Result<PathBuf> {
        let name = self.name;
        match self.place {
            Place::Package(package) => {
                let path = std::env::var_os("PATH").unwrap_or_default();
                let mut candidates = std::env::split_paths(&path).map(|folder| folder.join(name));
                candidates.find(|candidate| candidate.is_file()).with_context(|| {
                    format!("{name} is not installed, and this test needs it: apt-get install {package}")
                })
            }
            Place::Workspace => {
                let test = std::env::current_exe()?;
                let path = test.ancestors().nth(2).context("a folder")?.join(name);
                ensure!(path.is_file(), "{} is not built", path.display());
                Ok(path)
            }
            Place::Peers => in_peers(name),
            Place::Made(source) => {
                let path = in_peers(name)?;
                let now = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/peers")).join(source);
                let fresh = std::fs::read(now)? == std::fs::read(in_peers(source)?)?;
                ensure!(fresh, "{name} was made of an older {source}: run tests/peers/setup");
                Ok(path)
            }
        }
    }
}

fn in_peers(name: &str) -> Result<PathBuf> {
    let path = peers()?.join(name);
    ensure!(
        path.is_file(),
        "{name} is missing, and this test needs it: run tests/peers/setup"
    );
    Ok(path)
}

/// The folder that `tests/peers/setup` fills: `peers` in the target directory that this program was built in.
///
/// # Errors
/// When there is none.
pub fn peers() -> Result<PathBuf> {
    let program = std::env::current_exe()?;
    let mut candidates = program.ancestors().skip(1).map(|folder| folder.join("peers"));
    candidates
        .find(|candidate| candidate.is_dir())
        .context("the folder of the peers is missing, and this test needs it: run tests/peers/setup")
}

/// What a process wrote so far; kept by who started it, so that it can be shown when a deadline passes.
#[derive(Debug, Clone, Default)]
pub struct Output {
    written: Arc<Mutex<Written>>,
    news: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Written {
    out: Vec<u8>,
    err: Vec<u8>,
    open: usize,
}

#[derive(Debug, Clone, Copy)]
enum Channel {
    Out,
    Err,
}

impl Output {
    fn with<T>(&self, look: impl FnOnce(&mut Written) -> T) -> T {
        look(&mut self.written.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Standard output.
    #[must_use]
    pub fn out(&self) -> Vec<u8> {
        self.with(|written| written.out.clone())
    }

    /// Standard error.
    #[must_use]
    pub fn err(&self) -> String {
        self.with(|written| String::from_utf8_lossy(&written.err).into_owned())
    }

    /// Whether nothing more will be written.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.with(|written| written.open == 0)
    }

    /// Adds a line to standard error, for peers that are no process.
    pub fn note(&self, line: &str) {
        self.with(|written| written.err.extend_from_slice(format!("{line}\n").as_bytes()));
        self.news.notify_one();
    }

    fn add(&self, channel: Channel, bytes: &[u8]) {
        self.with(|written| match channel {
            Channel::Out => written.out.extend_from_slice(bytes),
            Channel::Err => written.err.extend_from_slice(bytes),
        });
        self.news.notify_one();
    }

    fn end_one(&self) {
        self.with(|written| written.open = written.open.saturating_sub(1));
        self.news.notify_one();
    }

    async fn collect(self, channel: Channel, mut from: impl AsyncRead + Unpin) {
        let mut piece = vec![0; 16 * 1024];
        while let Ok(count @ 1..) = from.read(&mut piece).await {
            self.add(channel, &piece[..count]);
        }
        self.end_one();
    }
}

impl std::fmt::Display for Output {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (out, err) = (self.out(), self.err());
        let out = String::from_utf8_lossy(&out).replace("您好！\n", "");
        write!(
            f,
            "--- its standard output, without 您好！\n{out}\n--- its standard error\n{err}\n---"
        )
    }
}

/// A child process; dropping it kills it.
#[derive(Debug)]
pub struct Process {
    program: Program,
    child: Child,
    stdin: Option<ChildStdin>,
    output: Output,
    readers: JoinSet<()>,
}

/// Variables of the environment that would change what the tools do.
const DISTURBING: [&str; 10] = [
    "SSLKEYLOGFILE",
    "OPENSSL_CONF",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NODE_OPTIONS",
    "NODE_EXTRA_CA_CERTS",
    "GNUTLS_SYSTEM_PRIORITY_FILE",
    "PYTHONWARNINGS",
    "http_proxy",
    "https_proxy",
];

impl Process {
    /// Starts `program`; what it writes goes to `output`.
    ///
    /// # Errors
    /// When it is not installed: the message names the package.
    pub fn start(program: Program, arguments: &[String], output: &Output) -> Result<Self> {
        Self::start_at(None, program, arguments, output)
    }

    /// As [`Process::start`], with this folder as its home.
    ///
    /// # Errors
    /// When it is not installed: the message names the package.
    pub fn start_at(home: Option<&Path>, program: Program, arguments: &[String], output: &Output) -> Result<Self> {
        let path = program.find()?;
        let mut command = if program.buffers {
            let mut command = Command::new("stdbuf");
            command.arg("-o0").arg(path);
            command
        } else {
            Command::new(path)
        };
        command.args(arguments).env("LC_ALL", "C.UTF-8");
        for variable in DISTURBING {
            command.env_remove(variable);
        }
        if let Some(home) = home {
            command
                .env("HOME", home)
                .env("TMPDIR", home) // browsers leave things there
                .env("XDG_DATA_HOME", home)
                .env("XDG_CONFIG_HOME", home);
        }
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("starting {}", program.name))?;
        let (out, err) = (
            child.stdout.take().context("a pipe")?,
            child.stderr.take().context("a pipe")?,
        );
        output.with(|written| written.open = 2);
        let mut readers = JoinSet::new();
        readers.spawn(output.clone().collect(Channel::Out, out));
        readers.spawn(output.clone().collect(Channel::Err, err));
        Ok(Self {
            program,
            stdin: child.stdin.take(),
            child,
            output: output.clone(),
            readers,
        })
    }

    /// What it wrote so far.
    #[must_use]
    pub const fn output(&self) -> &Output {
        &self.output
    }

    /// Writes to its standard input. That it no longer reads shows in what it wrote, and is no error here.
    pub async fn say(&mut self, bytes: &[u8]) {
        if let Some(stdin) = &mut self.stdin
            && (stdin.write_all(bytes).await.is_err() || stdin.flush().await.is_err())
        {
            self.stdin = None;
        }
    }

    /// Ends its standard input.
    pub fn hang_up(&mut self) {
        self.stdin = None;
    }

    /// Waits until `look` finds something in what it wrote.
    ///
    /// # Errors
    /// When it ended without.
    pub async fn wait_for<T>(&mut self, what: &str, mut look: impl FnMut(&Output) -> Option<T>) -> Result<T> {
        loop {
            let open = self.output.with(|written| written.open);
            if let Some(found) = look(&self.output) {
                return Ok(found);
            }
            ensure!(open > 0, "{} ended without {what}", self.program.name);
            self.output.news.notified().await;
        }
    }

    /// Waits for its end.
    ///
    /// # Errors
    /// When the system cannot tell.
    pub async fn finish(mut self) -> Result<ExitStatus> {
        while self.readers.join_next().await.is_some() {}
        Ok(self.child.wait().await?)
    }
}

/// How often `wanted` stands in `text`.
#[must_use]
pub fn occurrences(text: &[u8], wanted: &[u8]) -> usize {
    let (mut count, mut rest) = (0, text);
    while let Some(at) = rest.windows(wanted.len()).position(|window| window == wanted) {
        count += 1;
        rest = &rest[at + wanted.len()..];
    }
    count
}
