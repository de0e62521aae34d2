//! A daemon, and people at their shells around it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use anyhow::{Context as _, ensure};
use serde_json::Value;
use tempfile::TempDir;

use super::{Daemon, Start, binaries};

/// A daemon, and a home for everybody.
pub struct World {
    dir: TempDir,
    /// The daemon, while it runs.
    pub daemon: Option<Daemon>,
    port: u16,
}

impl World {
    /// A daemon with alice, its admin.
    ///
    /// # Errors
    /// If it does not go so.
    pub fn new() -> anyhow::Result<Self> {
        let (world, invite) = Self::empty()?;
        world.works("alice", &["join", "-", "--as", "alice"], &format!("{invite}\n"))?;
        Ok(world)
    }

    /// A daemon that nobody has joined, and the invite for the first, its admin.
    ///
    /// # Errors
    /// If it does not go so.
    pub fn empty() -> anyhow::Result<(Self, String)> {
        let dir = tempfile::tempdir()?;
        let daemon = Daemon::start(dir.path(), &Start::default())?;
        let invite = daemon.invite.clone().context("an invite")?.to_string();
        let port = daemon.port();
        let world = Self {
            dir,
            daemon: Some(daemon),
            port,
        };
        Ok((world, invite))
    }

    /// With others, each by an invite of alice's.
    ///
    /// # Errors
    /// If it does not go so.
    pub fn with(others: &[&str]) -> anyhow::Result<Self> {
        let world = Self::new()?;
        for name in others {
            let invite = world.invite()?;
            world.works(name, &["join", &invite, "--as", name], "")?;
        }
        Ok(world)
    }

    /// An invite of alice's.
    ///
    /// # Errors
    /// If it does not go so.
    pub fn invite(&self) -> anyhow::Result<String> {
        let printed = self.works("alice", &["invite"], "")?;
        ensure!(
            printed.starts_with("nihao://") && printed.lines().count() == 1,
            "{printed}"
        );
        Ok(printed.trim_end().into())
    }

    /// The directory of everybody's homes.
    #[must_use]
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// The daemon's port.
    #[must_use]
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Where the daemon listens.
    #[must_use]
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The file with the server's roots.
    #[must_use]
    pub fn ca(&self) -> PathBuf {
        self.dir.path().join("data/ca.pem")
    }

    /// Ends the daemon in the proper way.
    ///
    /// # Errors
    /// If it does not go so.
    pub fn stop(&mut self) -> anyhow::Result<()> {
        let code = self.daemon.take().context("a running daemon")?.terminate()?;
        ensure!(code == Some(0), "it ended with {code:?}");
        Ok(())
    }

    /// Ends the daemon as a crash would.
    ///
    /// # Errors
    /// If it does not go so.
    pub fn kill(&mut self) -> anyhow::Result<()> {
        self.daemon.take().context("a running daemon")?.kill()
    }

    /// Starts it again at the same place.
    ///
    /// # Errors
    /// If it does not go so.
    pub fn start_again(&mut self) -> anyhow::Result<()> {
        let start = Start {
            port: self.port,
            ..Start::default()
        };
        let daemon = Daemon::start(self.dir.path(), &start)?;
        ensure!(daemon.invite.is_none(), "an invite although somebody has joined");
        self.daemon = Some(daemon);
        Ok(())
    }

    /// Starts a command of somebody's.
    ///
    /// # Errors
    /// If it does not go so.
    pub fn spawn(&self, who: &str, arguments: &[&str]) -> anyhow::Result<Child> {
        // A command that waits for what never comes is ended and fails.
        let mut command = Command::new("timeout");
        command.arg("120").arg(&binaries().nihao);
        command.arg("--home").arg(self.dir.path().join(who)).args(arguments);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        Ok(command.spawn()?)
    }

    /// Runs a command of somebody's to its end.
    ///
    /// # Errors
    /// If it does not go so.
    pub fn run(&self, who: &str, arguments: &[&str], input: impl AsRef<[u8]>) -> anyhow::Result<Output> {
        let mut child = self.spawn(who, arguments)?;
        // Whoever does not read its input says why in its own way.
        let _ = child.stdin.take().context("its input")?.write_all(input.as_ref());
        Ok(child.wait_with_output()?)
    }

    /// Runs what must work; gives what it printed.
    ///
    /// # Errors
    /// If it does not go so.
    pub fn works(&self, who: &str, arguments: &[&str], input: &str) -> anyhow::Result<String> {
        let output = self.run(who, arguments, input)?;
        ensure!(output.status.success(), "{arguments:?}: {output:?}");
        Ok(String::from_utf8(output.stdout)?)
    }

    /// Runs what must fail with this code, nothing on standard output, and two lines on standard error; gives those.
    ///
    /// # Errors
    /// If it does not go so.
    pub fn fails(&self, code: i32, who: &str, arguments: &[&str], input: impl AsRef<[u8]>) -> anyhow::Result<String> {
        let output = self.run(who, arguments, input)?;
        let said = String::from_utf8(output.stderr)?;
        ensure!(
            output.status.code() == Some(code),
            "{arguments:?}: {:?}, {said}",
            output.status
        );
        ensure!(output.stdout.is_empty(), "{arguments:?} printed something");
        ensure!(
            said.starts_with("error: ") && said.contains("\nhint: "),
            "{arguments:?}: {said}"
        );
        Ok(said)
    }

    /// The texts that a command prints as JSON.
    ///
    /// # Errors
    /// If it does not go so.
    pub fn texts(&self, who: &str, arguments: &[&str]) -> anyhow::Result<Vec<String>> {
        let printed = self.works(who, arguments, "")?;
        printed
            .lines()
            .map(|line| text_of(&serde_json::from_str(line)?))
            .collect()
    }
}

/// The text of a message as `--json` prints it.
///
/// # Errors
/// If it has none.
pub fn text_of(message: &Value) -> anyhow::Result<String> {
    Ok(message["text"].as_str().context("a text")?.into())
}
