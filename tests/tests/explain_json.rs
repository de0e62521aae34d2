//! The format of `nihao explain --json`: what its documentation says of each line is what the lines have, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use nihao_tests::lab::explain::explain;
use serde_json::Value;

const DOCUMENTATION: &str = include_str!("../../explain/src/render/json.rs");

/// Runs that together have every kind of line, and each in more than one shape.
const RUNS: &[&[&str]] = &[
    &[],
    &["--view", "router"],
    &["--view", "eavesdropper"],
    &["--view", "B", "--scene", "resumed", "--lang", "zh"],
    &["--native", "--view", "B"],
    &["--scene", "hrr"],
    &["--scene", "key-update"],
    &["--lose", "syn", "--lose", "syn-ack", "--fault", "cut=9000"],
    &["--loss", "30", "--seed", "3"],
    &["--mtu", "1000"],
    &["--fault", "wrong-name"],
    &["--fault", "flip=900"],
    &["--fault", "reset=9"],
    &["--fault", "port-closed"],
    &["--fault", "no-such-name"],
    &["--fault", "dns-timeout"],
];

/// Values that none of these runs has.
const NOT_HERE: [&str; 4] = ["again", "failure", "same port", "unknown"];

#[test]
fn every_member_of_every_line_is_documented_and_every_documented_one_is_there() {
    let (rows, besides) = documented();
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in RUNS.iter().flat_map(|arguments| lines(arguments)).chain(broken()) {
        let kind = line["type"].as_str().unwrap().to_owned();
        words(&line, found.entry(kind).or_default());
    }
    let kinds = |map: &BTreeMap<String, BTreeSet<String>>| map.keys().cloned().collect::<Vec<_>>();
    assert_eq!(kinds(&rows), kinds(&found), "the kinds of lines");
    let mut wrong = Vec::new();
    for (kind, row) in &rows {
        let is_documented = |name: &&str| row.contains(*name) || besides.contains(*name);
        let members = found[kind].iter().filter_map(|word| word.strip_prefix("member "));
        let unsaid = members
            .filter(|name| !is_documented(name))
            .map(|name| format!("{kind}: {name} is not documented"));
        let is_there = |word: &str| {
            ["member", "value"]
                .iter()
                .any(|sort| found[kind].contains(&format!("{sort} {word}")))
        };
        let unseen = row
            .iter()
            .filter(|word| !is_there(word) && !NOT_HERE.contains(&word.as_str()));
        wrong.extend(unsaid.chain(unseen.map(|word| format!("{kind}: no line has {word}"))));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// What the documentation names: of each kind of line, and of what lines have in common.
fn documented() -> (BTreeMap<String, BTreeSet<String>>, BTreeSet<String>) {
    let text = DOCUMENTATION.lines().map_while(|line| line.strip_prefix("//!"));
    let (table, rest): (Vec<&str>, Vec<&str>) = text.partition(|line| line.starts_with(" | `"));
    let named = |text: &str| -> BTreeSet<String> { text.split('`').skip(1).step_by(2).map(String::from).collect() };
    let rows = table.iter().filter(|line| !line.starts_with(" | `type`"));
    let rows = rows.map(|line| {
        let (_, name, said) = {
            let mut cells = line.splitn(3, " | ");
            (cells.next(), cells.next().unwrap(), cells.next().unwrap())
        };
        // Links to types are no members.
        let said: BTreeSet<_> = named(said)
            .into_iter()
            .filter(|word| word.starts_with(|letter: char| letter.is_lowercase()))
            .collect();
        (
            name.trim_matches('`').to_owned(),
            said.into_iter().filter(|word| word != "nihao").collect(),
        )
    });
    (rows.collect(), named(&rest.join(" ")))
}

/// The names of all members in a value, and all texts in it of one word.
fn words(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                found.insert(format!("member {name}"));
                words(member, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| words(item, found)),
        Value::String(text) if text.len() < 30 => _ = found.insert(format!("value {text}")),
        _ => {}
    }
}

fn lines(arguments: &[&str]) -> Vec<Value> {
    let output = explain(&[arguments, &["--json"]].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        !text.is_empty(),
        "{arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A real connection that nobody takes.
fn broken() -> Vec<Value> {
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    lines(&["--live", &format!("https://{closed}/")])
}
