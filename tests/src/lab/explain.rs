//! `nihao explain` as a person runs it whose locale says nothing of a language.

use std::process::{Command, Output};

use serde_json::Value;

use super::binaries;

/// Runs it to its end.
///
/// # Panics
/// If it cannot be started.
pub fn explain(arguments: &[&str]) -> Output {
    Command::new(&binaries().nihao)
        .arg("explain")
        .args(arguments)
        .env_remove("LC_ALL")
        .env("LANG", "C.UTF-8")
        .output()
        .expect("nihao can be started")
}

/// What it prints, where nothing is amiss.
///
/// # Panics
/// If it fails, or says anything on standard error.
pub fn told(arguments: &[&str]) -> String {
    let output = explain(arguments);
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("text")
}

/// What it prints for programs.
///
/// # Panics
/// If it fails, or a line is no JSON.
pub fn lines(arguments: &[&str]) -> Vec<Value> {
    let text = told(&[arguments, &["--json"]].concat());
    text.lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}
