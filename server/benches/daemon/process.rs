//! Servers as processes of their own, so that their memory and CPU time can be told from ours.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::Outcome;

/// A running server. Dropping it kills it.
pub(crate) struct Process {
    child: Child,
    out: BufReader<ChildStdout>,
    /// The first line it printed, if that was not where it listens.
    pub(crate) invite: Option<String>,
    pub(crate) address: String,
}

/// No rate holds the load up: it is not what is measured.
const UNLIMITED: [&str; 4] = ["--user-rate", "100000000", "--address-rate", "100000000"];

impl Process {
    /// The daemon, on `dir/data`.
    pub(crate) fn daemon(dir: &Path) -> Outcome<Self> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nihaod"));
        command.args(["--listen", "127.0.0.1:0", "--log", "warn", "--data"]);
        Self::spawn(command.arg(dir.join("data")).args(UNLIMITED))
    }

    /// This program in another role.
    pub(crate) fn role(role: &str) -> Outcome<Self> {
        Self::spawn(Command::new(std::env::current_exe()?).arg(role))
    }

    fn spawn(command: &mut Command) -> Outcome<Self> {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
        let out = BufReader::new(child.stdout.take().ok_or("no output")?);
        let mut process = Self {
            child,
            out,
            invite: None,
            address: String::new(),
        };
        while process.address.is_empty() {
            let mut line = String::new();
            if process.out.read_line(&mut line)? == 0 {
                return Err("the server ended".into());
            }
            match line.trim_end().strip_prefix("listening on ") {
                Some(address) => process.address = address.into(),
                None => process.invite = Some(line),
            }
        }
        Ok(process)
    }

    /// Seconds of CPU it has used, all its threads together.
    pub(crate) fn cpu(&self) -> Outcome<f64> {
        let mut nanoseconds = 0_u64;
        for task in std::fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let times = std::fs::read_to_string(task?.path().join("schedstat"))?;
            nanoseconds += times.split(' ').next().ok_or("schedstat")?.parse::<u64>()?;
        }
        Ok(nanoseconds as f64 / 1e9)
    }

    /// KiB of memory it holds.
    pub(crate) fn resident(&self) -> Outcome<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find(|line| line.starts_with("VmRSS")).ok_or("VmRSS")?;
        Ok(line.split_whitespace().nth(1).ok_or("VmRSS")?.parse()?)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
