//! `nihao demo` as a newcomer runs it: a real server, real TCP, real TLS.

#![cfg(feature = "full")]

use std::path::Path;
use std::process::{Command, Output};

fn demo(temporary: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nihao"));
    command.arg("demo").args(arguments).env("TMPDIR", temporary);
    command.output().unwrap()
}

#[test]
fn one_message_travels_and_its_way_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let output = demo(dir.path(), &[]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(text.starts_with("bob received from alice: 您好！\n"), "{text}");
    for part in [
        "localhost is 127.0.0.1",
        "in one round trip",
        "TLS_AES_128_GCM_SHA256",
        "X25519MLKEM768",
        "nihao server CA Ed25519",
        "mutual TLS",
        "9 bytes: E6 82 A8 E5 A5 BD EF BC 81",
        "alice sends one record of 64 B: header 5, frame 42, type 1, tag 16",
        "each send close_notify",
        "join 'nihao://…' --as alice",
    ] {
        assert!(text.contains(part), "{part:?} is missing in {text}");
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0, "nothing is left");
}

#[test]
fn any_text_travels_and_none_steers_the_terminal() {
    let dir = tempfile::tempdir().unwrap();
    let text = "\u{1b}[2J Grüße, 世界 👋🏽 \u{202e}x";
    let output = demo(dir.path(), &[text]);
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    assert!(
        told.contains("bob received from alice: ␛[2J Grüße, 世界 👋🏽 \\u{202e}x\n"),
        "{told}"
    );
    assert_eq!(demo(dir.path(), &[""]).status.code(), Some(2));
}

#[cfg(unix)]
#[test]
fn the_key_log_is_private_whole_and_announced() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("keys");
    let output = demo(dir.path(), &["--keylog", path.to_str().unwrap()]);
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("warning: --keylog: whoever reads "));
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let log = std::fs::read_to_string(&path).unwrap();
    for label in ["CLIENT_HANDSHAKE", "SERVER_HANDSHAKE", "CLIENT", "SERVER"] {
        let count = log
            .lines()
            .filter(|line| line.starts_with(&format!("{label}_TRAFFIC_SECRET")))
            .count();
        assert_eq!(count, 5, "two joins, an invite, bob's and alice's connection: {label}");
    }
}
