//! The program as people and scripts run it: exit codes, error and hint lines, standard input and output.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

struct Home(tempfile::TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn run(&self, arguments: &[&str], input: &[u8]) -> Output {
        let mut child = Command::new(env!("CARGO_BIN_EXE_nihao"))
            .args(arguments)
            .env("NIHAO_HOME", self.0.path().join("home"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // The program may refuse its arguments before it reads anything.
        let _ = child.stdin.take().unwrap().write_all(input);
        child.wait_with_output().unwrap()
    }

    /// Runs what must fail; gives its exit code, its error line and its hint line.
    fn fails(&self, arguments: &[&str], input: &[u8]) -> (i32, String, String) {
        let output = self.run(arguments, input);
        let said = String::from_utf8(output.stderr).unwrap();
        let line = |start: &str| {
            said.lines()
                .find_map(|line| line.strip_prefix(start))
                .unwrap_or_default()
                .to_owned()
        };
        assert!(output.stdout.is_empty(), "nothing but results goes to standard output");
        let (error, hint) = (line("error: "), line("hint: "));
        assert!(!error.is_empty() && !hint.is_empty(), "both lines are there: {said}");
        (output.status.code().unwrap(), error, hint)
    }
}

fn invite(port: u16) -> String {
    format!(
        "nihao://127.0.0.1:{port}/?ca={}&code={}",
        "A".repeat(43),
        "A".repeat(22)
    )
}

/// In a new home these arguments fail with this code, error and hint.
fn told(arguments: &[&str], input: &[u8], code: i32, error: &str, hint: &str) {
    let said = Home::new().fails(arguments, input);
    assert!(
        said.0 == code && said.1.contains(error) && said.2.contains(hint),
        "{arguments:?}: {said:?}"
    );
}

#[test]
fn every_mistake_has_its_exit_code_and_its_hint() {
    let long = "x".repeat(16 * 1024 + 1);
    told(&["who"], b"", 7, "nobody has joined", "nihao join INVITE");
    told(
        &["listen", "--count", "1"],
        b"",
        7,
        "nobody has joined",
        "nihao join INVITE",
    );
    told(
        &["send", "#general", "hi"],
        b"",
        7,
        "nobody has joined",
        "nihao join INVITE",
    );
    told(&["send", "general", "hi"], b"", 2, "#room or @name", "in quotes");
    told(&["send", "#general", "-"], &[b'a', 0xff], 2, "byte 1 is wrong", "iconv");
    told(
        &["send", "#general", "-"],
        b"\n",
        2,
        "the text is empty",
        "standard input",
    );
    told(
        &["send", "#general", &long],
        b"",
        2,
        "16385 bytes, at most 16384",
        "in parts",
    );
    told(&["dance"], b"", 2, "dance", "--help");
}

#[test]
fn every_mistake_in_joining_has_its_exit_code_and_its_hint() {
    let good = invite(1);
    told(
        &["join", "https://x/", "--as", "alice"],
        b"",
        2,
        "an invite starts with nihao://",
        "in quotes",
    );
    told(
        &["join", "-", "--as", "alice"],
        b"nihao://h:1/?ca=AA",
        2,
        "damaged",
        "in quotes",
    );
    told(
        &["join", &good, "--as", "al ice"],
        b"",
        2,
        "a name cannot hold ' '",
        "another name",
    );
    told(
        &["join", &good, "--as", "alice"],
        b"",
        3,
        "connection refused",
        "start nihaod",
    );
    told(&["join"], b"", 2, "required arguments", "--help");
}

#[test]
fn an_invite_may_come_from_standard_input() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let line = format!("{}\n", invite(closed.port()));
    let (code, error, _) = Home::new().fails(&["join", "-", "--as", "alice"], line.as_bytes());
    assert!(code == 3 && error.contains(&closed.to_string()), "{error}");
}

#[test]
fn help_tells_the_exit_codes() {
    let output = Home::new().run(&["--help"], b"");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success() && text.contains("5  the message is not confirmed yet"),
        "{text}"
    );
}
