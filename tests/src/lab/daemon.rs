//! The daemon as a process of its own: started, read, measured, killed by its number.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context as _, ensure};
use nihao_protocol::chat::Invite;

use super::binaries;

/// How a daemon is started.
#[derive(Debug, Clone, Default)]
pub struct Start<'a> {
    /// A program and its arguments that runs the daemon; none: it runs by itself.
    pub wrapper: &'a [&'a str],
    /// The port; 0 takes a free one.
    pub port: u16,
    /// More arguments.
    pub arguments: &'a [&'a str],
}

/// A running daemon. Dropping it kills it.
pub struct Daemon {
    child: Child,
    /// Under a wrapper another process than the child.
    process: u32,
    _out: Lines<BufReader<ChildStdout>>,
    dir: PathBuf,
    /// The invite it printed, if nobody had joined.
    pub invite: Option<Invite>,
    /// Where it listens: `127.0.0.1:PORT`.
    pub address: String,
}

impl Daemon {
    /// Starts it on `dir/data` and waits until it listens.
    ///
    /// # Errors
    /// If it does not start; with what it said.
    pub fn start(dir: &Path, start: &Start<'_>) -> anyhow::Result<Self> {
        let mut words = start.wrapper.iter().map(Path::new).chain([binaries().nihaod.as_path()]);
        let program = words.next().context("a program")?;
        let log = File::options().create(true).append(true).open(dir.join("nihaod.log"))?;
        let mut child = Command::new(program)
            .args(words)
            .args([
                "--listen",
                &format!("127.0.0.1:{}", start.port),
                "--log",
                "warn",
                "--data",
            ])
            .arg(dir.join("data"))
            .args(start.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .with_context(|| format!("cannot run {}: is it installed?", program.display()))?;
        let mut out = BufReader::new(child.stdout.take().context("its output")?).lines();
        let read = Self::read_greeting(&mut out, dir);
        let (invite, address, process) = match read {
            Ok(read) => read,
            Err(error) => {
                // Whatever it is, it is not left behind.
                let _ = child.kill();
                let _ = child.wait();
                return Err(error);
            }
        };
        Ok(Self {
            child,
            process,
            _out: out,
            dir: dir.into(),
            invite,
            address,
        })
    }

    fn read_greeting(
        out: &mut Lines<BufReader<ChildStdout>>,
        dir: &Path,
    ) -> anyhow::Result<(Option<Invite>, String, u32)> {
        let mut invite = None;
        loop {
            let line = match out.next() {
                Some(line) => line?,
                None => anyhow::bail!(
                    "the daemon ended: {}",
                    fs::read_to_string(dir.join("nihaod.log")).unwrap_or_default()
                ),
            };
            if let Some(address) = line.strip_prefix("listening on ") {
                let process = fs::read_to_string(dir.join("data/lock"))?.trim().parse()?;
                return Ok((invite, address.into(), process));
            }
            ensure!(invite.is_none(), "a second line before it listens: {line}");
            invite = Some(line.parse()?);
        }
    }

    /// The port it listens on.
    ///
    /// # Panics
    /// Never: it printed one.
    #[must_use]
    pub fn port(&self) -> u16 {
        let port = self.address.rsplit(':').next().and_then(|port| port.parse().ok());
        port.expect("an address with a port")
    }

    /// Ends it as a crash would, and waits until it is gone.
    ///
    /// # Errors
    /// If there is nothing to kill.
    pub fn kill(mut self) -> anyhow::Result<()> {
        self.signal("-KILL")?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks it to end, and waits; gives its exit code.
    ///
    /// # Errors
    /// If there is nothing to end.
    pub fn terminate(mut self) -> anyhow::Result<Option<i32>> {
        self.signal("-TERM")?;
        Ok(self.child.wait()?.code())
    }

    /// Tells it to read its certificates again (SIGHUP).
    ///
    /// # Errors
    /// If there is nothing to tell it to.
    pub fn hang_up(&self) -> anyhow::Result<()> {
        self.signal("-HUP")
    }

    /// Stops it where it stands, connections and all, or lets it go on.
    ///
    /// # Errors
    /// If it is gone.
    pub fn freeze(&self, is_frozen: bool) -> anyhow::Result<()> {
        self.signal(if is_frozen { "-STOP" } else { "-CONT" })
    }

    /// Whether it still runs.
    pub fn is_up(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// The memory it holds, in KiB (`VmRSS`).
    ///
    /// # Errors
    /// If it is gone.
    pub fn resident(&self) -> anyhow::Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let words = line.and_then(|line| line.split_whitespace().nth(1));
        Ok(words.context("VmRSS")?.parse()?)
    }

    /// What it wrote to its log.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.dir.join("nihaod.log")).unwrap_or_default()
    }

    fn signal(&self, signal: &str) -> anyhow::Result<()> {
        let status = Command::new("kill")
            .args([signal, &self.process.to_string()])
            .status()?;
        ensure!(status.success(), "kill {signal} {}", self.process);
        Ok(())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if self.is_up() {
            // A test that failed half-way leaves no daemon behind, and no wrapper.
            let _ = self.signal("-KILL");
            let _ = self.child.wait();
        }
    }
}
