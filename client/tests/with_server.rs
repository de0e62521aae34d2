//! The program against the product's own server over real TCP: scripts, pipes, restarts, many at once.

#![cfg(feature = "full")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::thread::JoinHandle;

use nihao_protocol::chat::Invite;
use nihao_protocol::net::Environment;
use nihao_server::{Config, Server};
use tokio::sync::oneshot;

/// A server in a thread; dropping it ends it.
struct Running {
    port: u16,
    invite: Option<Invite>,
    shutdown: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    fn start(data: PathBuf, port: u16) -> Self {
        let (shutdown, asked) = oneshot::channel::<()>();
        let (ready, started) = std::sync::mpsc::channel();
        let serve = async move {
            let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
            let listener = tokio::net::TcpListener::bind(address).await.unwrap();
            let address = listener.local_addr().unwrap();
            let server = Server::open(Config::new(data, address), Environment::system()).unwrap();
            ready
                .send((address.port(), server.founding_invite().await.unwrap()))
                .unwrap();
            server.run(listener, async { drop(asked.await) }).await;
        };
        let run = || {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap()
                .block_on(serve)
        };
        let thread = std::thread::Builder::new().spawn(run).unwrap();
        let (port, invite) = started.recv().unwrap();
        Self {
            port,
            invite,
            shutdown: Some(shutdown),
            thread: Some(thread),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.shutdown.take());
        let _ = self.thread.take().unwrap().join();
    }
}

struct World {
    dir: tempfile::TempDir,
    server: Option<Running>,
    port: u16,
}

impl World {
    /// A server, alice the admin, and bob.
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let server = Running::start(dir.path().join("data"), 0);
        let (port, invite) = (server.port, server.invite.as_ref().unwrap().to_string());
        let world = Self {
            dir,
            server: Some(server),
            port,
        };
        world.works("alice", &["join", "-", "--as", "alice"], &invite);
        let invite = world.works("alice", &["invite"], "");
        assert_eq!(invite.lines().count(), 1, "an invite and nothing more");
        world.works("bob", &["join", invite.trim(), "--as", "bob"], "");
        world
    }

    fn restart(&mut self) {
        self.server = None;
        self.server = Some(Running::start(self.dir.path().join("data"), self.port));
    }

    fn start(&self, who: &str, arguments: &[&str]) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nihao"));
        command.arg("--home").arg(self.dir.path().join(who)).args(arguments);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    }

    fn run(&self, who: &str, arguments: &[&str], input: &str) -> Output {
        let mut child = self.start(who, arguments);
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }

    fn works(&self, who: &str, arguments: &[&str], input: &str) -> String {
        let output = self.run(who, arguments, input);
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    fn texts(&self, who: &str, arguments: &[&str]) -> Vec<String> {
        let lines = self.works(who, arguments, "");
        lines.lines().map(text_of).collect()
    }
}

fn text_of(line: &str) -> String {
    serde_json::from_str::<serde_json::Value>(line).unwrap()["text"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[test]
fn a_script_sends_and_receives() {
    let world = World::new();
    assert_eq!(
        world.works("alice", &["send", "#general", "您好！", "from", "alice"], ""),
        ""
    );
    world.works("alice", &["send", "@bob", "-"], "two\nlines\n");
    assert_eq!(
        world.texts("bob", &["listen", "--json", "--count", "2"]),
        ["您好！ from alice", "two\nlines"]
    );
    assert_eq!(world.texts("bob", &["history", "@alice", "--json"]), ["two\nlines"]);
    let who = world.works("bob", &["who"], "");
    // Whether alice is still seen as here, a moment after her last command, is the server's affair.
    let alice_first = who.starts_with("@alice  ") && who.contains(", admin, joined ");
    assert!(alice_first && who.contains("\n@bob  online, joined "), "{who}");
    let refused = world.run("bob", &["remove", "@alice"], "");
    assert_eq!(refused.status.code(), Some(6));
}

#[test]
fn many_at_once_on_one_home_lose_nothing_and_raise_no_alarm() {
    const EACH: usize = 12;
    let world = World::new();
    let listening =
        [("alice", "24"), ("bob", "24")].map(|(who, count)| world.start(who, &["listen", "--json", "--count", count]));
    let mut sending = Vec::new();
    for index in 0..EACH {
        for (who, to) in [
            ("alice", "#general"),
            ("alice", "@bob"),
            ("bob", "#general"),
            ("bob", "@alice"),
        ] {
            sending.push(world.start(who, &["send", to, &format!("{who} to {to} {index}")]));
        }
    }
    for child in sending {
        let output = child.wait_with_output().unwrap();
        assert!(
            output.status.success() && output.stderr.is_empty(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    for (child, other) in listening.into_iter().zip(["bob", "alice"]) {
        let output = child.wait_with_output().unwrap();
        assert!(
            output.status.success() && output.stderr.is_empty(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let mut texts: Vec<_> = String::from_utf8(output.stdout).unwrap().lines().map(text_of).collect();
        texts.sort();
        texts.dedup();
        assert!(
            texts.len() == 2 * EACH && texts.iter().all(|text| text.starts_with(other)),
            "{texts:?}"
        );
    }
    assert_eq!(
        world
            .texts("bob", &["history", "#general", "--json", "--limit", "100"])
            .len(),
        2 * EACH
    );
    for who in ["alice", "bob"] {
        assert_eq!(
            std::fs::read_dir(world.dir.path().join(who).join("queue"))
                .unwrap()
                .count(),
            0
        );
    }
}

#[test]
fn a_listener_goes_on_when_the_server_comes_back() {
    let mut world = World::new();
    let mut bob = world.start("bob", &["listen", "--json", "--count", "2"]);
    let mut lines = BufReader::new(bob.stdout.take().unwrap()).lines();
    world.works("alice", &["send", "#general", "before"], "");
    assert_eq!(text_of(&lines.next().unwrap().unwrap()), "before");
    world.server = None;
    let late = world.run("alice", &["send", "--timeout", "1", "#general", "meanwhile"], "");
    assert_eq!(late.status.code(), Some(5));
    let said = String::from_utf8(late.stderr).unwrap();
    assert!(
        said.contains("stays queued") && said.contains("hint: it goes with the next"),
        "{said}"
    );
    world.restart();
    // Whatever connects next takes it along.
    world.works("alice", &["who"], "");
    assert_eq!(text_of(&lines.next().unwrap().unwrap()), "meanwhile");
    assert!(bob.wait().unwrap().success());
}

#[test]
fn who_stops_reading_our_output_stops_us_quietly_and_loses_nothing() {
    let world = World::new();
    let mut bob = world.start("bob", &["listen", "--json"]);
    let mut lines = BufReader::new(bob.stdout.take().unwrap()).lines();
    world.works("alice", &["send", "#general", "one"], "");
    assert_eq!(text_of(&lines.next().unwrap().unwrap()), "one");
    drop(lines);
    world.works("alice", &["send", "#general", "two"], "");
    let output = bob.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
    let again = world.texts("bob", &["listen", "--json", "--count", "1"]);
    assert!(
        again == ["two"] || again == ["one"],
        "unread is not passed over: {again:?}"
    );
    assert_eq!(world.texts("bob", &["history", "#general", "--json"]), ["one", "two"]);
}

#[test]
fn a_removed_member_is_told_at_once_and_from_then_on() {
    let world = World::new();
    let bob = world.start("bob", &["listen"]);
    // A listener that is not there yet could not be cut off.
    while !world.works("alice", &["who"], "").contains("@bob  online") {}
    world.works("alice", &["remove", "@bob"], "");
    let output = bob.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(6) && said.contains("removed"), "{said}");
    let later = world.run("bob", &["send", "#general", "still here?"], "");
    assert_eq!(later.status.code(), Some(6));
    assert_eq!(world.works("alice", &["history", "#general"], ""), "");
}
