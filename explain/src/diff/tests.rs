//! Comparisons of small runs made by hand: what is told, counted and refused.

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Value, json as object};

use super::*;
use crate::render::Look;
use crate::texts::Language;

const NAMES: Names<'_> = Names {
    first: "a.json",
    second: "b.json",
};

fn read(lines: &[Value]) -> Run {
    Run::read(written(lines).as_bytes()).unwrap()
}

fn written(lines: &[Value]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn story() -> Value {
    object!({"type": "story", "version": 1, "view": "A", "path": ["A", "B"]})
}

fn rung(act: &str, way: &str, frames: &[usize], what: &str) -> Value {
    object!({"type": "rung", "act": act, "at": 0, "way": way, "frames": frames, "layer": "TLS", "what": what})
}

/// A frame that holds one TLS message with these fields.
fn frame(number: usize, message: &str, fields: &[(&str, &str)]) -> Value {
    let mut parts = vec![object!({"field": "message type", "range": [0, 1], "value": message})];
    let fields = fields
        .iter()
        .map(|(field, value)| object!({"field": field, "range": [1, 2], "value": value}));
    parts.extend(fields);
    let tree = object!({"layer": "TLS", "name": message, "what": "", "range": [0, 2], "parts": parts});
    object!({"type": "frame", "number": number, "at": number, "way": "out", "bytes": "00ff", "tree": tree})
}

fn look(width: Option<usize>) -> Look {
    Look {
        colors: false,
        width,
        language: Language::English,
    }
}

fn told(first: &[Value], second: &[Value]) -> String {
    text(&compare(&read(first), &read(second)), NAMES, &look(None))
}

fn marks(comparison: &Comparison) -> Vec<Mark> {
    comparison.steps.iter().map(|step| step.mark).collect()
}

#[test]
fn equal_runs_say_so_in_one_line_and_what_is_fresh_makes_no_difference() {
    let run = |random: &str| {
        let fields = [("random", random), ("cipher suite", "AES")];
        [
            story(),
            rung("Data", "out", &[1], "hello"),
            frame(1, "ClientHello", &fields),
        ]
    };
    let same = told(&run("01"), &run("01"));
    assert_eq!(same, "Equal: the same steps, and every field says the same.\n");
    let other = told(&run("01"), &run("02"));
    assert!(
        other.ends_with("fresh in each run: random 1\n") && other.lines().count() == 1,
        "{other}"
    );
}

#[test]
fn a_value_that_says_something_is_told_by_its_path() {
    let run = |suite: &str| {
        [
            story(),
            rung("Data", "out", &[1], "hello"),
            frame(1, "ClientHello", &[("cipher suite", suite)]),
        ]
    };
    let comparison = compare(&read(&run("AES")), &read(&run("ChaCha")));
    assert_eq!(marks(&comparison), [Mark::Values]);
    let [difference] = comparison.steps[0].differences.as_slice() else {
        panic!("{:?}", comparison.steps);
    };
    assert_eq!(difference.path, ["ClientHello", "cipher suite"]);
    assert_eq!(
        (difference.expected.as_deref(), difference.seen.as_deref()),
        (Some("AES"), Some("ChaCha"))
    );
    assert!(comparison.parting().is_none() && !comparison.is_equal());
}

#[test]
fn steps_part_where_other_messages_stand_or_none() {
    let first = [
        story(),
        rung("Syn", "out", &[], "SYN"),
        rung("Data", "out", &[1], "hello"),
        rung("End", "out", &[], "FIN"),
        frame(1, "ClientHello", &[]),
    ];
    let mut lost = rung("Syn", "out", &[], "SYN");
    lost["lost_behind"] = "R1".into();
    let second = [
        story(),
        lost,
        rung("Syn", "out", &[], "SYN"),
        rung("Data", "out", &[1], "alert"),
        frame(1, "ServerHello", &[]),
    ];
    let comparison = compare(&read(&first), &read(&second));
    assert_eq!(
        marks(&comparison),
        [Mark::Second, Mark::Same, Mark::Parted, Mark::First]
    );
    assert_eq!(comparison.parting(), Some(0));
    let mirrored = compare(&read(&second), &read(&first));
    assert_eq!(marks(&mirrored), [Mark::First, Mark::Same, Mark::Parted, Mark::Second]);
    let text = text(&comparison, NAMES, &look(None));
    assert!(
        text.contains("✗ lost behind R1") && text.contains("expected: hello"),
        "{text}"
    );
}

#[test]
fn round_trips_are_counted_by_what_is_acknowledged() {
    let segment = |number: usize, way: &str, numbers: (u32, u32), (flags, bytes): (&str, usize)| {
        let fields = [
            object!({"field": "sequence number", "range": [0, 4], "value": "", "number": numbers.0}),
            object!({"field": "acknowledgment number", "range": [4, 8], "value": "", "number": numbers.1}),
            object!({"field": "data offset and flags", "range": [8, 10], "value": format!("data offset 5 (20 bytes), {flags}")}),
        ];
        let tree = object!({"layer": "TCP", "name": "segment", "range": [0, 20 + bytes], "parts": fields});
        object!({"type": "frame", "number": number, "at": number * 1000, "way": way, "flow": 1, "bytes": "00", "tree": tree})
    };
    let run = [
        story(),
        segment(1, "out", (u32::MAX, 0), ("ACK 0, SYN 1", 0)),
        segment(2, "in", (500, 0), ("ACK 1, SYN 1", 0)),
        segment(3, "out", (0, 501), ("ACK 1, SYN 0", 0)),
        segment(4, "out", (0, 501), ("ACK 1, SYN 0", 10)),
        // One answer in two segments, between them an acknowledgment.
        segment(5, "in", (501, 10), ("ACK 1, SYN 0", 7)),
        segment(6, "out", (10, 508), ("ACK 1, SYN 0", 6)),
        segment(7, "in", (508, 10), ("ACK 1, SYN 0", 7)),
        segment(8, "in", (515, 16), ("ACK 1, SYN 0", 0)),
        segment(9, "in", (515, 16), ("ACK 1, SYN 0", 3)),
    ];
    let run = read(&run);
    let totals = compare(&run, &run).totals;
    let counted: Vec<_> = totals.iter().map(|total| (total.what.as_str(), total.first)).collect();
    assert_eq!(
        counted,
        [
            ("steps", 0),
            ("frames", 9),
            ("bytes", 9),
            ("round trips", 3),
            ("µs", 8000)
        ]
    );
}

#[test]
fn ledgers_look_ups_checks_and_ends_are_compared_where_they_are() {
    let run = |bytes: u64, result: &str, ok: Value, heard: &str| {
        [
            story(),
            object!({"type": "lookup", "where": "resolver", "asked": "a.test A", "result": result, "what": "192.0.2.1", "node": "A"}),
            object!({"type": "check", "what": {"key": "CHECK_DATE"}, "expected": "today", "seen": "yesterday", "ok": ok}),
            object!({"type": "ledger", "all": [{"layer": "TLS", "bytes": bytes}]}),
            object!({"type": "outcome", "answer": "x", "heard": [heard]}),
        ]
    };
    let comparison = compare(
        &read(&run(5, "hit", object!(true), "a")),
        &read(&run(7, "miss", object!(false), "b")),
    );
    let besides: Vec<_> = comparison.besides.iter().map(|one| one.path.join(" ")).collect();
    assert_eq!(besides, ["heard", "lookup A resolver: a.test A", "check CHECK_DATE"]);
    let layer = comparison.totals.last().unwrap();
    assert_eq!(
        (layer.what.as_str(), layer.is_layer, layer.first, layer.second),
        ("TLS", true, 5, 7)
    );
    let lines = json(&comparison, NAMES);
    assert_eq!(
        (&lines[0]["type"], &lines[0]["equal"]),
        (&object!("diff"), &object!(false))
    );
    assert_eq!(lines.iter().filter(|line| line["type"] == "besides").count(), 3);
}

#[test]
fn what_is_no_run_of_this_version_is_refused_by_line() {
    let refused = |text: &str| Run::read(text.as_bytes()).unwrap_err().to_string();
    let story = written(&[story()]);
    for text in [
        "",
        "{}",
        "hello",
        "\u{0}\n",
        "{\"type\":\"rung\"}\n",
        "{\"type\":\"story\"}\n",
        "[1]\n",
    ] {
        assert!(
            refused(text).starts_with("it is no story"),
            "{text:?}: {}",
            refused(text)
        );
    }
    assert!(refused(&story.replace(":1", ":2")).contains("version 2"), "{story}");
    assert!(refused(&format!("{story}\n")).starts_with("line 2: "));
    let speaks_of_more = format!("{story}{}\n", rung("Data", "out", &[1], "x"));
    assert!(refused(&speaks_of_more).starts_with("it ends too early: frame 1"));
    assert!(refused(&format!("{story}{{\"type\":\"rung\"}}\n")).starts_with("line 2: missing field"));
    let (open, shut) = ("{\"parts\":[".repeat(100_000), "]}".repeat(100_000));
    let frame = "\"type\":\"frame\",\"number\":1,\"at\":0,\"way\":\"\",\"bytes\":\"\"";
    let deep = format!("{story}{{{frame},\"tree\":{open}{shut}}}\n");
    assert!(
        refused(&deep).starts_with("line 2: recursion limit"),
        "{}",
        refused(&deep)
    );
    let endless = std::io::repeat(b' ');
    assert!(matches!(
        Run::read(std::io::BufReader::new(endless)),
        Err(BadRun::TooLong)
    ));
}

#[test]
fn nothing_of_a_file_is_executed_and_lines_end_where_the_terminal_does() {
    let run = |what: &str| {
        [
            story(),
            rung("Data", "out", &[], what),
            object!({"type": "outcome", "error": what}),
        ]
    };
    let hostile = "a\u{1b}[2J\r\n\u{202e}您好！";
    let comparison = compare(&read(&run(hostile)), &read(&[story()]));
    for width in [40, 80, 120] {
        let text = text(&comparison, NAMES, &look(Some(width)));
        assert!(!text.contains(['\u{1b}', '\r', '\u{202e}']), "{text:?}");
        for line in text.lines() {
            assert!(unicode_width::UnicodeWidthStr::width(line) <= width, "{line:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Numbers that lead nowhere, steps and frames in any order, trees of any shape.
    #[test]
    fn any_two_runs_can_be_compared(
        first in vec((0_usize..4, 0_usize..6, "[ab]"), 0..12),
        second in vec((0_usize..4, 0_usize..6, "[ab]"), 0..12),
    ) {
        let run = |made: &[(usize, usize, String)]| {
            let line = |(kind, number, name): &(usize, usize, String)| match kind {
                0 => rung(name, "in", &[*number, 0], name),
                1 => rung("Data", "out", &[*number], name),
                2 => frame(*number, name, &[("random", name), ("x", name)]),
                _ => object!({"type": "derived", "number": number, "tree": {"layer": name, "parts": [{"field": name}, {}]}}),
            };
            // So many frames that no number is beyond the last one: that file would be cut off.
            let others = (1..6).map(|number| frame(number, "a", &[]));
            let lines: Vec<_> = std::iter::once(story()).chain(made.iter().map(line)).chain(others).collect();
            read(&lines)
        };
        let (first, second) = (run(&first), run(&second));
        let comparison = compare(&first, &second);
        let mut of_first = comparison.steps.iter().filter(|step| step.first.is_some());
        prop_assert_eq!(of_first.by_ref().count(), first.rungs.len());
        prop_assert_eq!(comparison.steps.iter().filter(|step| step.second.is_some()).count(), second.rungs.len());
        prop_assert!(compare(&first, &first).is_equal());
        prop_assert!(!text(&comparison, NAMES, &look(Some(40))).is_empty());
    }
}

/// A step that no byte says.
fn said(way: &str, what: &str, key: &str, of: &[&str]) -> Value {
    let mut step = rung("Connect", way, &[], what);
    step["said"] = object!([{"key": key, "of": of}]);
    step
}

#[test]
fn what_no_byte_says_is_compared_but_for_its_times_and_ports() {
    let run = |to: &str, from: &str, took: &str| {
        [
            story(),
            said("out", &format!("connect to {to}"), "STEP_TRYING", &[to]),
            said("in", "connected", "STEP_CONNECTED_FROM", &[from, took]),
        ]
    };
    let (one, again) = (run("192.0.2.1:443", "a:1", "1 ms"), run("192.0.2.1:443", "a:2", "2 ms"));
    let same = compare(&read(&one), &read(&again));
    assert!(same.is_equal());
    assert_eq!(same.fresh, BTreeMap::from([(Fresh::Time, 1), (Fresh::Id, 1)]));
    let elsewhere = compare(&read(&one), &read(&run("192.0.2.2:443", "a:1", "1 ms")));
    assert_eq!(marks(&elsewhere), [Mark::Values, Mark::Same]);
    let mut refused = one.clone();
    refused[2] = said("in", "connection refused", "STEP_REFUSED", &["192.0.2.1:443"]);
    let parted = compare(&read(&one), &read(&refused));
    assert_eq!(marks(&parted), [Mark::Same, Mark::Parted]);
}

#[test]
fn when_http2_keeps_its_house_makes_no_difference() {
    let frames = |number: usize, whats: &[&str]| {
        let parts: Vec<_> = whats
            .iter()
            .map(|what| object!({"layer": "HTTP", "name": "frame", "what": what, "range": [0, 1], "parts": []}))
            .collect();
        let tree = object!({"layer": "TCP", "name": "bytes", "what": "", "range": [0, 1], "parts": parts});
        object!({"type": "frame", "number": number, "at": number, "way": "out", "bytes": "00", "tree": tree})
    };
    let early = [
        story(),
        rung("Data", "in", &[1], "SETTINGS"),
        rung("Data", "out", &[2], "SETTINGS"),
        rung("Data", "in", &[3], "HEADERS DATA"),
        rung("Data", "out", &[4], "GOAWAY"),
        frames(1, &["SETTINGS on stream 0"]),
        frames(2, &["SETTINGS on stream 0"]),
        frames(3, &["HEADERS on stream 1: 200", "DATA on stream 1"]),
        frames(4, &["GOAWAY on stream 0: NO_ERROR"]),
    ];
    let late = [
        story(),
        rung("Data", "in", &[1, 2], "SETTINGS HEADERS DATA"),
        rung("Data", "out", &[3, 4], "SETTINGS GOAWAY"),
        frames(1, &["SETTINGS on stream 0"]),
        frames(2, &["HEADERS on stream 1: 200", "DATA on stream 1"]),
        frames(3, &["SETTINGS on stream 0"]),
        frames(4, &["GOAWAY on stream 0: NO_ERROR"]),
    ];
    assert!(compare(&read(&early), &read(&late)).is_equal());
    let mut together = late.clone();
    together[5] = frames(3, &["SETTINGS on stream 0", "GOAWAY on stream 0: NO_ERROR"]);
    together[6] = frames(4, &[]);
    assert!(compare(&read(&early), &read(&together)).is_equal());
    let mut reset = late;
    reset[4] = frames(2, &["RST_STREAM on stream 1: CANCEL"]);
    assert_eq!(
        marks(&compare(&read(&early), &read(&reset))),
        [Mark::Parted, Mark::Same]
    );
}

#[test]
fn a_date_that_hpack_names_by_a_number_is_fresh() {
    let run = |what: &str, date: &str| {
        let parts = object!([{"field": "representation", "range": [0, 1], "value": "index 33"}, {"field": "value", "range": [1, 2], "value": date}]);
        let tree = object!({"layer": "HTTP", "name": "header field", "what": what, "range": [0, 2], "parts": parts});
        let frame = object!({"type": "frame", "number": 1, "at": 1, "way": "in", "bytes": "00", "tree": tree});
        [story(), rung("Data", "in", &[1], "200"), frame]
    };
    let dated = compare(&read(&run("date: a", "a")), &read(&run("date: b", "b")));
    assert!(dated.is_equal() && dated.fresh == BTreeMap::from([(Fresh::Time, 1)]));
    assert!(!compare(&read(&run("server: a", "a")), &read(&run("server: b", "b"))).is_equal());
}

#[test]
fn header_fields_belong_together_in_any_order_and_case() {
    let header = |name: &str, value: &str| {
        object!({"layer": "HTTP", "name": "header", "what": "", "range": [0, 2], "parts": [
            {"field": "name", "range": [0, 1], "value": name},
            {"field": "value", "range": [1, 2], "value": value},
        ]})
    };
    let run = |headers: [Value; 2]| {
        let tree = object!({"layer": "HTTP", "name": "response", "what": "", "range": [0, 2], "parts": headers});
        let frame = object!({"type": "frame", "number": 1, "at": 1, "way": "in", "bytes": "00", "tree": tree});
        [story(), rung("Data", "in", &[1], "200"), frame]
    };
    let one = run([header("\"server\"", "\"a\""), header("\"vary\"", "\"*\"")]);
    let other = run([header("\"vary\"", "\"*\""), header("\"server\"", "\"b\"")]);
    let compared = compare(&read(&one), &read(&other));
    let differences: Vec<_> = compared.steps.iter().flat_map(|step| &step.differences).collect();
    assert_eq!(differences.len(), 1, "{differences:#?}");
    assert_eq!(
        (differences[0].expected.as_deref(), differences[0].seen.as_deref()),
        (Some("\"a\""), Some("\"b\""))
    );
}
