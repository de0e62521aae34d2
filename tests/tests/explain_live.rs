//! `nihao explain --live` against real servers on loopback: what holds, and what breaks and how that is told.

#[path = "explain_live/compared.rs"]
mod compared;
#[path = "explain_live/failures.rs"]
mod failures;
#[path = "explain_live/servers.rs"]
mod servers;

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
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
    run(&home.path().join("home"), arguments).into()
}

impl From<Output> for Told {
    fn from(output: Output) -> Self {
        Self {
            ladder: String::from_utf8(output.stdout).unwrap(),
            errors: String::from_utf8(output.stderr).unwrap(),
            code: output.status.code(),
        }
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
        ["expected: ", "期望："]
            .iter()
            .any(|name| line.starts_with(&format!("{}{name}", " ".repeat(18))))
    };
    let first = lines.iter().position(|line| begins(line));
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

/// HTTP/2 has its request line among its headers and says goodbye with a frame of its own.
#[test]
fn a_connection_to_nihaod_holds_in_both_versions() {
    let world = World::new().unwrap();
    let url = format!("https://{}/openapi.json", world.address());
    let ca = world.ca().display().to_string();
    let first = ["ClientHello", "{Certificate}", "✓ chain of 1: "];
    let http1 = ["{GET /openapi.json HTTP/1.1}", "{HTTP/1.1 200 OK}", "{close_notify}"];
    let http2 = [
        "{HTTP/2 preface} {SETTINGS on stream 0}",
        "{HEADERS on stream 1: GET /openapi.json}",
        "{HEADERS on stream 1: 200}",
        "{DATA on stream 1}",
        "{GOAWAY on stream 0: NO_ERROR}",
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

/// What `send --explain` tells on standard error, and the exit code. Standard output stays what scripts read.
fn sent(world: &World, words: &[&str]) -> Told {
    let output = world
        .run("alice", &[["send", "#general"].as_slice(), words].concat(), "")
        .unwrap();
    assert!(output.stdout.is_empty(), "{output:?}");
    Told {
        ladder: String::from_utf8(output.stderr).unwrap(),
        errors: String::new(),
        code: output.status.code(),
    }
}

#[test]
fn a_message_to_nihaod_shows_its_way() {
    let mut world = World::with(&["bob"]).unwrap();
    let steps = [
        "connected from",
        "ClientHello",
        "{CertificateVerify}",
        "nihao",
        "Send",
        "Sent",
        "{close_notify}",
    ];
    holds(&sent(&world, &["您好！", "--explain"]), &steps);
    let frame = sent(&world, &["hi", "--explain", "--frame", "1"]);
    assert!(frame.ladder.starts_with("frame 1: "), "{}", frame.ladder);
    let none = sent(&world, &["hi", "--explain", "--frame", "99"]);
    assert_eq!(none.code, Some(0), "the message is where it is: {}", none.ladder);
    assert!(
        none.ladder.starts_with("warning: there is no frame 99"),
        "{}",
        none.ladder
    );
    world.stop().unwrap();
    let told = sent(&world, &["hi", "--timeout", "1", "--explain"]);
    assert_eq!(told.code, Some(5), "{}", told.ladder);
    assert!(
        told.ladder.contains("connection refused") && told.ladder.contains("✗ port closed"),
        "{}",
        told.ladder
    );
}

#[test]
fn a_server_with_another_key_and_one_that_refuses_are_told() {
    let (world, other) = (World::new().unwrap(), World::new().unwrap());
    let output = world.run("alice", &["send", "@nobody", "hi", "--explain"], "").unwrap();
    let ladder = String::from_utf8(output.stderr).unwrap();
    let is_marked = |line: &str| line.contains("nihao     ✗ it does not go on");
    assert!(
        output.status.code() == Some(6) && ladder.lines().any(is_marked),
        "{ladder}"
    );
    // The account says another port now: that of a server which the invite does not speak of.
    let account = world.dir().join("alice/account.json");
    let text = std::fs::read_to_string(&account).unwrap();
    let port = |world: &World| world.address().rsplit_once(':').unwrap().1.to_owned();
    std::fs::write(&account, text.replace(&port(&world), &port(&other))).unwrap();
    let told = sent(&world, &["hi", "--explain"]);
    assert_eq!(told.code, Some(4), "{}", told.ladder);
    for part in [
        "X.509     ✗ unknown authority",
        "signed with the key in the invite",
        "Do not go on",
    ] {
        assert!(told.ladder.contains(part), "{part}: {}", told.ladder);
    }
    assert!(!told.ladder.contains("--cacert"), "{}", told.ladder);
}

#[test]
fn the_way_of_a_message_is_written_for_its_sender_alone() {
    let world = World::new().unwrap();
    let place = tempfile::tempdir().unwrap();
    let file = |name: &str| place.path().join(name);
    let (json, page) = (file("way.json"), file("way.html"));
    let (json_word, page_word) = (json.display().to_string(), page.display().to_string());
    let told = sent(
        &world,
        &[
            "您好！",
            "--explain-json",
            &json_word,
            "--explain-html",
            &page_word,
            "--lang",
            "zh",
        ],
    );
    assert_eq!((told.code, told.ladder.as_str()), (Some(0), ""));
    for path in [&json, &page] {
        let mode = std::fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", path.display());
    }
    let lines: Vec<Value> = std::fs::read_to_string(&json)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let outcome = lines.last().unwrap();
    assert_eq!((&lines[0]["source"], &outcome["error"]), (&"live".into(), &Value::Null));
    assert!(
        lines
            .iter()
            .any(|line| line["type"] == "rung" && line["layer"] == "nihao")
    );
    assert!(
        outcome["unseen"][0].as_str().unwrap().starts_with("看不到"),
        "{outcome}"
    );
    let written = std::fs::read_to_string(&page).unwrap();
    assert!(written.contains("lang=\"zh-Hans\"") && written.contains("ClientHello"));
    // What is there already is left alone, and the message is not sent either: nobody can tell afterwards that it is only half done.
    let again = sent(&world, &["again", "--explain-html", &page_word]);
    assert_eq!(again.code, Some(1), "{}", again.ladder);
    assert!(again.ladder.starts_with("error: cannot write"), "{}", again.ladder);
    assert_eq!(std::fs::read_to_string(&page).unwrap(), written);
    let history = world.run("alice", &["history", "#general"], "").unwrap();
    assert!(!String::from_utf8(history.stdout).unwrap().contains("again"));
    assert_eq!(
        std::fs::read_dir(place.path()).unwrap().count(),
        2,
        "nothing half done is left"
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
