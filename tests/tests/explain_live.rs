//! `nihao explain --live` against real servers on loopback: what holds, and what breaks and how that is told.

#[path = "explain_live/failures.rs"]
mod failures;

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use nihao_tests::capture::in_its_own_network;
use nihao_tests::lab::{World, binaries};
use nihao_tests::live::{Pki, Server, normal};
use serde_json::Value;

/// What a run said: the ladder, what stands on standard error, and the exit code.
struct Told {
    ladder: String,
    errors: String,
    code: Option<i32>,
}

fn explain(arguments: &[&str]) -> Told {
    let home = tempfile::tempdir().unwrap();
    let output = run(&home.path().join("home"), arguments);
    Told {
        ladder: String::from_utf8(output.stdout).unwrap(),
        errors: String::from_utf8(output.stderr).unwrap(),
        code: output.status.code(),
    }
}

fn run(home: &std::path::Path, arguments: &[&str]) -> Output {
    Command::new(&binaries().nihao)
        .arg("--home")
        .arg(home)
        .arg("explain")
        .args(arguments)
        .env_remove("LC_ALL")
        .env("LANG", "C.UTF-8")
        .stdin(Stdio::null())
        .output()
        .unwrap()
}

/// The step that broke, and everything beneath it, without what differs from run to run.
fn broken(told: &Told) -> String {
    let lines: Vec<_> = told.ladder.lines().collect();
    let begins = |line: &str| {
        ["expected: ", "期望: "]
            .iter()
            .any(|name| line == format!("{}{name}", " ".repeat(18)))
    };
    let first = lines
        .iter()
        .position(|line| line.split_inclusive(": ").next().is_some_and(begins));
    let first = first.unwrap_or_else(|| panic!("nothing broke:\n{}\n{}", told.ladder, told.errors));
    let what = lines[first - 1].split_once('✗').map_or("", |(_, what)| what);
    let beneath = lines[first..]
        .iter()
        .take_while(|line| line.starts_with(&" ".repeat(18)));
    let all: Vec<_> = std::iter::once(what.trim())
        .chain(beneath.map(|line| line.trim_start()))
        .collect();
    normal(&all.join("\n"))
}

/// A port on which every connection is answered by `answer`.
#[expect(clippy::disallowed_methods, reason = "a server beside the program under test")]
fn scripted(answer: impl Fn(TcpStream) + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || listener.incoming().for_each(|stream| answer(stream.unwrap())));
    port
}

fn url(port: u16) -> String {
    format!("https://127.0.0.1:{port}/")
}

#[test]
fn a_connection_that_holds_has_every_step() {
    let pki = Pki::new().unwrap();
    let server = Server::openssl(&pki, "p256", &["-www"]).unwrap();
    let told = explain(&["--live", &server.url("localhost"), "--cacert", &pki.file("ca.pem")]);
    let steps = [
        "known everywhere",
        "connected from",
        "ClientHello",
        "ServerHello",
        "{Certificate}",
        "{GET / HTTP/1.1}",
        "{HTTP/1.0 200 ok}",
        "{close_notify}",
        "TCP_INFO: RTT ",
        "our end of the stream",
        "What cannot be seen from here:",
    ];
    holds(&told, &steps);
}

/// Nothing broke, and these steps stand there in this order.
fn holds(told: &Told, steps: &[&str]) {
    let mut rest = told.ladder.as_str();
    for step in steps {
        let at = rest
            .find(step)
            .unwrap_or_else(|| panic!("no {step} in its place in\n{}", told.ladder));
        rest = &rest[at + step.len()..];
    }
    assert_eq!((told.code, told.errors.as_str()), (Some(0), ""), "{}", told.ladder);
    assert!(!told.ladder.contains('✗'), "{}", told.ladder);
}

/// HTTP/2 compresses its headers and says goodbye with a frame of its own.
#[test]
fn a_connection_to_nihaod_holds_in_both_versions() {
    let world = World::new().unwrap();
    let url = format!("https://{}/openapi.json", world.address());
    let ca = world.ca().display().to_string();
    let first = ["ClientHello", "{Certificate}", "✓ chain of 1: "];
    let http1 = ["{GET /openapi.json HTTP/1.1}", "{HTTP/1.1 200 OK}", "{close_notify}"];
    let http2 = [
        "{HTTP/2 preface} {SETTINGS on stream 0}",
        "{HEADERS on stream 1}",
        "{HEADERS on stream 1}",
        "{DATA on stream 1}",
        "{GOAWAY on stream 0}",
        "{close_notify}",
    ];
    holds(
        &explain(&["--live", &url, "--cacert", &ca]),
        &[&first[..], &http1].concat(),
    );
    holds(
        &explain(&["--live", &url, "--cacert", &ca, "--http2"]),
        &[&first[..], &http2].concat(),
    );
}

#[test]
fn a_message_to_nihaod_shows_its_way() {
    let world = World::with(&["bob"]).unwrap();
    let output = world
        .run("alice", &["send", "#general", "您好！", "--explain"], "")
        .unwrap();
    let ladder = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success() && output.stdout.is_empty(), "{ladder}");
    let steps = [
        "connected from",
        "ClientHello",
        "{CertificateVerify}",
        "nihao",
        "Send",
        "Sent",
        "{close_notify}",
    ];
    let mut rest = ladder.as_str();
    for step in steps {
        let at = rest
            .find(step)
            .unwrap_or_else(|| panic!("no {step} in its place in\n{ladder}"));
        rest = &rest[at + step.len()..];
    }
    assert!(!ladder.contains('✗'), "{ladder}");
    let mut stopped = world;
    stopped.stop().unwrap();
    let output = stopped
        .run("alice", &["send", "#general", "hi", "--timeout", "1", "--explain"], "")
        .unwrap();
    let ladder = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(5), "{ladder}");
    assert!(
        ladder.contains("connection refused") && ladder.contains("✗"),
        "{ladder}"
    );
}

#[test]
fn every_byte_has_one_field_and_is_opened() {
    let pki = Pki::new().unwrap();
    let server = Server::openssl(&pki, "p256", &["-www"]).unwrap();
    let told = explain(&[
        "--live",
        &server.url("localhost"),
        "--cacert",
        &pki.file("ca.pem"),
        "--json",
    ]);
    let lines: Vec<Value> = told
        .ladder
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        (&lines[0]["source"], &lines[0]["path"]),
        (&"live".into(), &serde_json::json!(["here", "server"]))
    );
    for line in lines
        .iter()
        .filter(|line| line["type"] == "frame" || line["type"] == "derived")
    {
        let length = line["bytes"].as_str().unwrap().len() / 2;
        assert_eq!(partition(&line["tree"], 0), length, "{line}");
    }
    let opened = lines
        .iter()
        .filter(|line| line["how"]["decrypted"]["secret"] == "SERVER_TRAFFIC_SECRET_0")
        .count();
    assert!(opened > 0 && lines.iter().any(|line| line["type"] == "check" && line["ok"] == true));
    let outcome = lines.last().unwrap();
    assert_eq!(
        (&outcome["error"], outcome["received"].as_u64() > Some(100)),
        (&Value::Null, true),
        "{outcome}"
    );
}

/// Where the parts of a tree end, which follow each other without a gap from `at` on.
fn partition(tree: &Value, at: usize) -> usize {
    let range = |of: &Value, index: usize| usize::try_from(of["range"][index].as_u64().unwrap()).unwrap();
    assert_eq!(range(tree, 0), at, "{tree}");
    let mut end = at;
    for part in tree["parts"].as_array().unwrap() {
        end = if part["parts"].is_array() {
            partition(part, end)
        } else {
            assert_eq!(range(part, 0), end, "{part}");
            range(part, 1)
        };
    }
    assert_eq!(end, range(tree, 1), "{tree}");
    end
}

/// A failure is told as it stands in `tests/live`, in both languages, and ends with this exit code. `NIHAO_WRITE=1` writes it anew.
fn assert_broken(name: &str, code: i32, arguments: &[&str]) -> Told {
    let [english, chinese] = ["en", "zh"].map(|language| {
        let told = explain(&[&["--live"], arguments, &["--lang", language]].concat());
        assert_eq!(told.code, Some(code), "{}\n{}", told.ladder, told.errors);
        assert!(
            told.errors.contains("error: ") && told.errors.contains("hint: "),
            "{}",
            told.errors
        );
        told
    });
    let text = format!("{}\n\n{}\n", broken(&english), broken(&chinese));
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("live")
        .join(format!("{name}.txt"));
    if std::env::var_os("NIHAO_WRITE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(text, expected, "{}\n{}", english.ladder, english.errors);
    english
}
