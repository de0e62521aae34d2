//! The daemon as a process: what it prints, how it ends, what it leaves behind.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Output, Stdio};

use nihao_protocol::chat::Invite;

struct Daemon {
    child: Child,
    out: BufReader<ChildStdout>,
}

fn command(data: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nihaod"));
    command
        .args(["--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .args(more)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

impl Daemon {
    fn start(data: &Path, more: &[&str]) -> Self {
        let mut child = command(data, more).spawn().unwrap();
        let out = BufReader::new(child.stdout.take().unwrap());
        Self { child, out }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.out.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn signal(&self, signal: &str) {
        let status = Command::new("kill")
            .arg(signal)
            .arg(self.child.id().to_string())
            .status();
        assert!(status.unwrap().success());
    }

    /// Ends it with SIGTERM: its exit code, and what it wrote to standard error.
    fn terminate(mut self) -> (Option<i32>, String) {
        self.signal("-TERM");
        let mut log = String::new();
        self.child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        (self.child.wait().unwrap().code(), log)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Already ended in most tests.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn address(line: &str) -> String {
    line.strip_prefix("listening on ").expect(line).to_owned()
}

fn failed(output: &Output) -> (Option<i32>, String) {
    assert!(output.stdout.is_empty());
    (output.status.code(), String::from_utf8(output.stderr.clone()).unwrap())
}

#[test]
fn it_prints_the_invite_then_where_it_listens_and_ends_when_told() {
    let dir = tempfile::tempdir().unwrap();
    let mut daemon = Daemon::start(dir.path(), &["--name", "chat.example.org"]);
    let first: Invite = daemon.line().parse().unwrap();
    let address = address(&daemon.line());
    assert_eq!(first.host, "chat.example.org");
    assert_eq!(address, format!("127.0.0.1:{}", first.port));
    let roots = std::fs::read_to_string(dir.path().join("ca.pem")).unwrap();
    assert_eq!(roots.matches("BEGIN CERTIFICATE").count(), 2);
    TcpStream::connect(&address).unwrap();
    let (code, log) = daemon.terminate();
    assert_eq!(code, Some(0), "{log}");

    // Nobody has joined: the next start has a fresh invite under the same authority.
    let mut daemon = Daemon::start(dir.path(), &[]);
    let second: Invite = daemon.line().parse().unwrap();
    assert_eq!((second.ca, second.host.as_str()), (first.ca, "127.0.0.1"));
    assert_ne!(second.code, first.code);
    daemon.line();
    daemon.signal("-INT");
    assert_eq!(daemon.child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_second_daemon_on_the_same_directory_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let mut daemon = Daemon::start(dir.path(), &[]);
    daemon.line();
    let (code, error) = failed(&command(dir.path(), &[]).output().unwrap());
    assert_eq!(code, Some(3));
    assert!(
        error.contains("error: another nihaod") && error.contains("\nhint: "),
        "{error}"
    );
    assert!(error.contains(&daemon.child.id().to_string()), "{error}");
    daemon.signal("-KILL");
    daemon.child.wait().unwrap();
    let mut next = Daemon::start(dir.path(), &[]);
    assert!(next.line().starts_with("nihao://"), "a killed daemon leaves no lock");
}

#[test]
fn what_cannot_be_used_is_named_with_a_hint_and_its_exit_code() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let (code, error) = failed(&command(&file, &[]).output().unwrap());
    assert_eq!(code, Some(3), "{error}");
    assert!(error.contains("data directory") && error.contains("hint: "), "{error}");

    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = Command::new(env!("CARGO_BIN_EXE_nihaod"))
        .args(["--listen", &address, "--data"])
        .arg(dir.path().join("data"))
        .output()
        .unwrap();
    let (code, error) = failed(&output);
    assert_eq!(code, Some(4), "{error}");
    assert!(error.contains(&address) && error.contains("hint: "), "{error}");

    for usage in [&["--nonsense"][..], &["--name", "a b"], &["--log", "=,="]] {
        let (code, error) = failed(&command(&dir.path().join("d"), usage).output().unwrap());
        assert_eq!(code, Some(2), "{error}");
    }
}

#[test]
fn damaged_authorities_are_not_replaced() {
    let dir = tempfile::tempdir().unwrap();
    let mut daemon = Daemon::start(dir.path(), &[]);
    daemon.line();
    daemon.line();
    daemon.terminate();
    let key = dir.path().join("ca/users.key");
    std::fs::remove_file(&key).unwrap();
    let (code, error) = failed(&command(dir.path(), &[]).output().unwrap());
    assert_eq!(code, Some(3), "{error}");
    assert!(error.contains("users.key") && !key.exists(), "{error}");
}

#[test]
fn a_key_log_is_private_and_warned_of_at_each_start() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys");
    for _ in 0..2 {
        let mut daemon = Daemon::start(&dir.path().join("data"), &["--keylog", path.to_str().unwrap()]);
        daemon.line();
        daemon.line();
        let (_, log) = daemon.terminate();
        assert!(log.contains("WARN") && log.contains("can read everything"), "{log}");
    }
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

    // The variable that browsers and curl follow is none of the server's business.
    let ignored = dir.path().join("ignored");
    let mut command = command(&dir.path().join("data"), &["--log-format", "json"]);
    let mut child = command.env("SSLKEYLOGFILE", &ignored).spawn().unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    let mut daemon = Daemon { child, out };
    daemon.line();
    let at = address(&daemon.line());
    let mut stream = TcpStream::connect(at).unwrap();
    stream.write_all(b"this is not TLS").unwrap();
    let mut alert = Vec::new();
    stream.read_to_end(&mut alert).unwrap();
    assert_eq!(alert.first(), Some(&21), "an alert record: {alert:?}");
    let (_, log) = daemon.terminate();
    assert!(log.lines().all(|line| line.starts_with('{')), "{log}");
    assert!(!ignored.exists());
}
