//! The table of refusals: every row that ran, compared with the committed `tests/refusals.csv`.
//!
//! A test opens its table, each refusal it asserts adds a row, and at its end the rows are held against those of the file.
//! `NIHAO_REWRITE_REFUSALS=1 cargo test -p nihao-tests --test 'refusals_*' --test negotiation` writes the file anew.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::PathBuf;

use nihao_protocol::tls::{AlertDescription, Role};

/// Set to 1, it makes the tests write their rows instead of comparing them.
pub const REWRITE: &str = "NIHAO_REWRITE_REFUSALS";
const HEAD: &str = "section,role,refused,alert,test";

thread_local! {
    static OPEN: RefCell<Option<BTreeSet<Row>>> = const { RefCell::new(None) };
}

/// Section, role, what was refused, alert.
type Row = [String; 4];

/// A test's part of the table, compared when it is dropped.
#[derive(Debug)]
#[must_use]
pub struct Table {
    test: &'static str,
}

impl Table {
    /// Opens the table of the test of this name, `file::function`.
    ///
    /// # Panics
    /// If the test has one already.
    pub fn open(test: &'static str) -> Self {
        let before = OPEN.replace(Some(BTreeSet::new()));
        assert!(before.is_none(), "{test} opens its table twice");
        Self { test }
    }
}

/// Adds a row. `what` is the section and what is refused: `§4.1.2: no suites`, or `RFC 7301 §3.2: …` of another RFC.
///
/// # Panics
/// If no table is open, if `what` has no section, or if the row is there already.
pub fn add(role: Role, what: &str, alert: AlertDescription) {
    let (section, refused) = what.split_once(": ").unwrap_or_else(|| panic!("no section: {what}"));
    let section = match section.strip_prefix('§') {
        Some(number) => format!("RFC 8446 §{number}"),
        None => section.to_owned(),
    };
    assert!(
        section.starts_with("RFC ") && section.contains(" §"),
        "no section: {what}"
    );
    let role = match role {
        Role::Client => "client",
        Role::Server => "server",
    };
    let row = [section, role.to_owned(), refused.to_owned(), alert.to_string()];
    OPEN.with_borrow_mut(|open| {
        let rows = open.as_mut().unwrap_or_else(|| panic!("no table is open: {what}"));
        assert!(rows.insert(row), "twice in the table: {what}");
    });
}

impl Drop for Table {
    fn drop(&mut self) {
        let rows = OPEN.take().unwrap_or_default();
        if std::thread::panicking() {
            return;
        }
        let lines: BTreeSet<String> = rows.iter().map(|row| line(row, self.test)).collect();
        assert!(!lines.is_empty(), "{}: a table without rows", self.test);
        if std::env::var_os(REWRITE).is_some_and(|value| value == "1") {
            rewrite(self.test, &lines);
            return;
        }
        let committed = committed().remove(self.test).unwrap_or_default();
        let news: Vec<_> = lines.difference(&committed).collect();
        let gone: Vec<_> = committed.difference(&lines).collect();
        assert!(
            news.is_empty() && gone.is_empty(),
            "tests/refusals.csv differs from what ran ({REWRITE}=1 writes it anew): ran {news:#?}, did not run {gone:#?}"
        );
    }
}

fn path() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/refusals.csv"))
}

/// The committed lines of each test.
///
/// # Panics
/// When the file cannot be read or has another head.
#[must_use]
pub fn committed() -> BTreeMap<String, BTreeSet<String>> {
    let text = std::fs::read_to_string(path()).expect("tests/refusals.csv");
    parse(&text)
}

fn parse(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut tests: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some(HEAD), "the head of tests/refusals.csv");
    for line in lines {
        let (_, test) = line.rsplit_once(',').expect("columns");
        tests.entry(test.to_owned()).or_default().insert(line.to_owned());
    }
    tests
}

fn rewrite(test: &str, lines: &BTreeSet<String>) {
    let lock = File::options()
        .create(true)
        .append(true)
        .open(path())
        .expect("tests/refusals.csv");
    lock.lock().expect("a lock");
    let text = std::fs::read_to_string(path()).expect("tests/refusals.csv");
    let mut tests = if text.is_empty() { BTreeMap::new() } else { parse(&text) };
    tests.insert(test.to_owned(), lines.clone());
    let mut all: Vec<_> = tests.into_values().flatten().collect();
    all.sort_by_key(|line| (section_key(line), line.clone()));
    std::fs::write(path(), format!("{HEAD}\n{}\n", all.join("\n"))).expect("tests/refusals.csv");
}

/// Sections in the order of their numbers, RFC 8446 first.
fn section_key(line: &str) -> (bool, Vec<String>) {
    let section = line.split(',').next().unwrap_or_default();
    let number = section.rsplit('§').next().unwrap_or_default();
    let parts = number.split('.').map(|part| format!("{part:>4}")).collect();
    (!section.starts_with("RFC 8446 "), parts)
}

fn line(row: &Row, test: &str) -> String {
    let quoted = |text: &String| match text.contains([',', '"']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.clone(),
    };
    let columns: Vec<String> = row.iter().map(quoted).collect();
    format!("{},{test}", columns.join(","))
}
