//! `nihao explain --diff` as a person runs it, over runs that `--json` wrote.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use nihao_tests::lab::binaries;
use serde_json::Value;
use tempfile::TempDir;

/// A directory with runs in it, by name.
struct Runs(TempDir);

impl Runs {
    fn new(all: &[(&str, &[&str])]) -> Self {
        let runs = Self(tempfile::tempdir().unwrap());
        for (name, arguments) in all {
            let output = nihao(&[&["explain", "--json"], *arguments].concat(), runs.0.path());
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            fs::write(runs.0.path().join(name), output.stdout).unwrap();
        }
        runs
    }

    /// The exit code, and what was said on both channels.
    fn diff(&self, first: &str, second: &str, options: &[&str]) -> (i32, String, String) {
        let output = nihao(
            &[&["explain", "--diff", first, second], options].concat(),
            self.0.path(),
        );
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }
}

fn nihao(arguments: &[&str], directory: &Path) -> Output {
    Command::new(&binaries().nihao)
        .args(arguments)
        .current_dir(directory)
        .env_remove("LC_ALL")
        .env("LANG", "C.UTF-8")
        .output()
        .unwrap()
}

/// The mark of each step of a comparison, its first character.
fn marks(text: &str) -> Vec<(char, &str)> {
    let steps = text.lines().skip(3).take_while(|line| !line.is_empty());
    let marked = steps.filter_map(|line| Some((line.chars().next()?, line)));
    marked.filter(|(mark, _)| *mark != ' ').collect()
}

#[test]
fn equal_runs_say_so_in_one_line() {
    let all = [
        &[][..],
        &["--native"],
        &["--scene", "resumed"],
        &["--scene", "hrr", "--view", "B"],
        &["--view", "eavesdropper"],
    ];
    for arguments in all {
        let runs = Runs::new(&[("a", arguments), ("b", arguments)]);
        let said = "Equal: the same steps, and every field says the same.\n";
        assert_eq!(
            runs.diff("a", "b", &[]),
            (0, said.into(), String::new()),
            "{arguments:?}"
        );
    }
}

#[test]
fn another_seed_changes_what_is_fresh_and_the_certificate() {
    let runs = Runs::new(&[("a", &[]), ("b", &["--seed", "8"])]);
    let (code, text, _) = runs.diff("a", "b", &[]);
    assert_eq!(code, 8);
    assert!(
        text.contains("The same steps in both, with the same messages."),
        "{text}"
    );
    let other: Vec<_> = marks(&text).into_iter().filter(|(mark, _)| *mark != '=').collect();
    let [('~', certificate)] = other.as_slice() else {
        panic!("only the flight with the certificate says something else\n{text}");
    };
    assert!(certificate.contains("{Certificate}"), "{certificate}");
    for field in ["serialNumber", "subjectPublicKey", "issuer"] {
        assert!(
            text.contains(&format!("Certificate › {field}")) || text.contains(&format!("› {field}")),
            "{text}"
        );
    }
    assert!(
        text.contains("Fresh in each run: random") && !text.contains("key_exchange"),
        "{text}"
    );
}

#[test]
fn another_text_is_no_matter_of_chance() {
    for native in [&[][..], &["--native"]] {
        let runs = Runs::new(&[("a", native), ("b", &[native, &["再见！"]].concat())]);
        let (code, text, _) = runs.diff("a", "b", &[]);
        assert_eq!(code, 8, "{text}");
        assert!(text.contains("您好！") && text.contains("再见！"), "{text}");
    }
}

#[test]
fn a_resumed_run_has_a_second_connection_without_a_certificate() {
    let runs = Runs::new(&[("full", &[]), ("resumed", &["--scene", "resumed"])]);
    let (code, text, _) = runs.diff("full", "resumed", &[]);
    assert_eq!(code, 8);
    let added: Vec<_> = marks(&text).into_iter().filter(|(mark, _)| *mark == '+').collect();
    assert_eq!(added.len(), 10, "{text}");
    assert!(added.iter().any(|(_, line)| line.contains("SYN seq=")), "{text}");
    assert!(!added.iter().any(|(_, line)| line.contains("{Certificate}")), "{text}");
    assert!(text.contains("psk_key_exchange_modes"), "{text}");
    assert!(
        text.lines()
            .any(|line| line.trim_start().starts_with("round trips") && line.ends_with("+4")),
        "{text}"
    );
}

#[test]
fn a_broken_run_is_told_from_where_it_parts() {
    let runs = Runs::new(&[
        ("good", &[]),
        ("expired", &["--fault", "expired"]),
        ("lost", &["--lose", "syn"]),
    ]);
    let (_, text, _) = runs.diff("good", "expired", &[]);
    let parting = "expected: HTTP {Finished} {POST /v1/messages HTTP/1.1}\n  seen: nothing here; next is X.509 expired  ✗ One that ended";
    assert!(text.contains(parting), "{text}");
    assert!(text.contains("Certificate › validity › notAfter"), "{text}");
    assert!(
        text.contains("failed") && text.contains("certificate date: expected"),
        "{text}"
    );
    let (_, text, _) = runs.diff("good", "lost", &["--lang", "zh"]);
    assert!(
        text.contains("✗ 丢失于其后： R1") && text.contains("两次运行最先在这里分开"),
        "{text}"
    );
}

#[test]
fn from_the_other_end_the_same_messages_have_other_addresses_and_ttls() {
    let runs = Runs::new(&[("A", &[]), ("B", &["--view", "B"])]);
    let (_, text, _) = runs.diff("A", "B", &["--json"]);
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let hello = lines
        .iter()
        .find(|line| line["first"]["what"] == "ClientHello")
        .unwrap();
    assert_eq!(hello["mark"], "values");
    let differences = hello["differences"].as_array().unwrap();
    let differs = |name: &str, expected: &str, seen: &str| {
        let fits = |one: &&Value| one["path"].as_array().unwrap().iter().any(|part| part == name);
        let one = differences
            .iter()
            .find(fits)
            .unwrap_or_else(|| panic!("{name} in {hello:#}"));
        assert_eq!(
            (one["expected"].as_str(), one["seen"].as_str()),
            (Some(expected), Some(seen))
        );
    };
    differs("time to live", "64", "62");
    differs("source", "02:00:00:00:00:0a", "02:00:00:00:00:21");
    let last = |one: &Value| {
        one["path"]
            .as_array()
            .unwrap()
            .last()
            .unwrap()
            .as_str()
            .unwrap()
            .to_owned()
    };
    let names: BTreeSet<_> = differences.iter().map(last).collect();
    assert!(names.iter().eq(["destination", "source", "time to live"]), "{names:?}");
}

#[test]
fn what_is_no_run_is_refused_with_a_hint() {
    let runs = Runs::new(&[("a", &[])]);
    let good = fs::read_to_string(runs.0.path().join("a")).unwrap();
    let half = good.len() / 2;
    for (name, text, said) in [
        ("none", "", "it is no story"),
        ("other", "{\"type\":\"story\",\"version\":9}\n", "version 9"),
        ("cut", &good[..half], "line "),
        ("odd\u{1b}[2J", "\u{1b}[2J\n", "it is no story"),
    ] {
        fs::write(runs.0.path().join(name), text).unwrap();
        for (first, second) in [(name, "a"), ("a", name)] {
            let (code, out, error) = runs.diff(first, second, &[]);
            assert_eq!((code, out.as_str()), (1, ""), "{error}");
            assert!(
                error.contains(said) && error.contains("\nhint: ") && !error.contains('\u{1b}'),
                "{error:?}"
            );
        }
    }
    let (code, _, error) = runs.diff("a", "missing", &[]);
    assert_eq!(code, 1, "{error}");
    let (code, _, error) = runs.diff("a", "a", &["--seed", "8"]);
    assert_eq!(code, 2, "{error}");
}
