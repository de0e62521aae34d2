//! How long `nihao explain` takes, as a person waits for it: the whole program, beside tshark, which only reads a capture of the same
//! run. `--quick` for a smoke run.
//!
//! Absolute figures wander with the machine: each stands beside what it is to be compared with, measured in the same run.

use std::error::Error;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// What a default run may take, in ms.
const TARGET: f64 = 1000.0;

/// What is run, and what it is called.
const RUNS: [(&str, &[&str]); 5] = [
    ("a message over every layer, told in steps", &[]),
    ("the same by native frames", &["--native"]),
    ("two connections, the second resumed", &["--scene", "resumed"]),
    (
        "every field of every layer of TLS",
        &["--unfold", "tls", "--unfold", "x509"],
    ),
    ("all of it as JSON", &["--json"]),
];

fn main() -> Outcome<()> {
    let is_quick = std::env::args().any(|argument| argument == "--quick");
    let rounds = if is_quick { 3 } else { 41 };
    let folder = tempfile::tempdir()?;
    println!("\n| `nihao explain` | median | tshark -V on a capture of it | ratio | target | |");
    println!("|---|---:|---:|---:|---:|---|");
    for (index, (what, arguments)) in RUNS.into_iter().enumerate() {
        let captures = folder.path().join(index.to_string());
        if arguments.iter().all(|argument| *argument != "--json") {
            run(Command::new(nihao())
                .arg("explain")
                .args(arguments)
                .arg("--pcap")
                .arg(&captures))?;
        } else {
            run(Command::new(nihao()).args(["explain", "--pcap"]).arg(&captures))?;
        }
        let ours = median(rounds, || run(Command::new(nihao()).arg("explain").args(arguments)))?;
        let theirs = beside(rounds, &captures.join("A.pcapng"))?;
        let verdict = if ours <= TARGET { "met" } else { "**missed**" };
        let (theirs, ratio) = match theirs {
            Some(theirs) => (format!("{theirs:.0} ms"), format!("{:.2}", ours / theirs)),
            None => (String::from("not installed"), String::new()),
        };
        println!("| {what} | {ours:.1} ms | {theirs} | {ratio} | ≤ {TARGET:.0} ms | {verdict} |");
    }
    Ok(())
}

const fn nihao() -> &'static str {
    env!("CARGO_BIN_EXE_nihao")
}

/// ms that tshark takes to tell all of a capture; nothing without tshark.
fn beside(rounds: usize, capture: &Path) -> Outcome<Option<f64>> {
    let there = Command::new("tshark")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if !there.is_ok_and(|status| status.success()) {
        return Ok(None);
    }
    median(rounds.min(11), || {
        run(Command::new("tshark").arg("-V").arg("-r").arg(capture))
    })
    .map(Some)
}

/// Runs a program to its end; its output goes nowhere.
fn run(command: &mut Command) -> Outcome<()> {
    let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status()?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{command:?}: {status}").into())
    }
}

/// The median time of some runs, in ms; the first is not counted.
fn median(rounds: usize, mut run: impl FnMut() -> Outcome<()>) -> Outcome<f64> {
    run()?;
    let mut times = Vec::new();
    for _ in 0..rounds {
        let began = clock();
        run()?;
        times.push(clock().saturating_duration_since(began));
    }
    times.sort();
    let middle: Duration = times.get(times.len() / 2).copied().unwrap_or_default();
    Ok(middle.as_secs_f64() * 1000.0)
}

#[expect(clippy::disallowed_methods, reason = "a bench measures real time")]
fn clock() -> Instant {
    Instant::now()
}
