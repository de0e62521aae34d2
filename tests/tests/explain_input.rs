//! What people give `nihao explain` that it cannot take, texts of every kind, and terminals of every width.

use std::io::Write as _;
use std::process::{Command, Stdio};

use nihao_client::explain::{Options, Shape, journey};
use nihao_explain::render::{Ladder, Look, Unfold};
use nihao_explain::scene::Distance;
use nihao_explain::story::{Story, Viewpoint};
use nihao_explain::texts::Language;
use nihao_explain::world::fault::{Fault, Segment};
use nihao_protocol::chat::Text;
use nihao_tests::lab::binaries;

/// The exit code, and what was said on both channels.
fn explain(arguments: &[&str], input: &str) -> (i32, String, String) {
    let mut child = Command::new(&binaries().nihao)
        .arg("explain")
        .args(arguments)
        .env_remove("LC_ALL")
        .env("LANG", "C.UTF-8")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn what_cannot_be_is_refused_by_name_with_a_hint() {
    let long = "x".repeat(16 * 1024 + 1);
    for (arguments, said) in [
        (&["--seed", "-1"][..], "invalid value '-1' for '--seed <N>'"),
        (&["--seed", "99999999999999999999"], "number too large"),
        (&["--loss", "101"], "101 is not in 0..=100"),
        (&["--loss", "-1"], "invalid value '-1'"),
        (&["--latency", "10001"], "10001 is not in 0..=10000"),
        (&["--latency", "-5"], "invalid value '-5'"),
        (&["--mtu", "67"], "67 is not in 68..=1500"),
        (&["--mtu", "1501"], "1501 is not in 68..=1500"),
        (&["--frame", "0"], "there is no frame 0: 27 were seen there"),
        (&["--frame", "28"], "there is no frame 28: 27 were seen there"),
        (&["--lose", "fin"], "one of syn, syn-ack, ack"),
        (&["--fault", "gremlins"], "no such fault"),
        (&["--fault", "lose"], "lose= needs the number"),
        (&["--fault", "lose=0"], "lose= counts frames from 1"),
        (&["--fault", "reset=x"], "reset= needs the number"),
        (&["--fault", "expired=3"], "expired takes no number"),
        (
            &["--fault", "expired", "--fault", "wrong-name"],
            "one fault of an end at a time",
        ),
        (&["--unfold", "phlogiston"], "one of ethernet"),
        (&["--native", "--scene", "hrr"], "cannot be used with"),
        (&["--json", "--frame", "1"], "cannot be used with"),
        (&["--view", "C"], "possible values: A, router, B, eavesdropper"),
        (&["您", "好"], "unexpected argument"),
        (&[""], "the text is empty"),
        (&[&long], "at most 16384"),
    ] {
        let (code, out, error) = explain(arguments, "");
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}: {error}");
        assert!(
            error.starts_with("error: ") && error.contains(said),
            "{arguments:?}: {error}"
        );
        assert!(error.contains("\nhint: "), "{arguments:?} without a hint: {error}");
        assert!(
            !error.contains("try 'nihao --help'"),
            "the help of explain tells more: {error}"
        );
    }
}

#[test]
fn any_text_comes_to_b_s_screen_and_none_is_executed() {
    let long = "好".repeat(5461);
    for (text, shown) in [
        (" ", "B's screen shows:   (1 bytes, 1 characters, 1 columns)"),
        ("a\u{1b}[2J\tb\u{7f}", "B's screen shows: a␛[2J␉b␡"),
        ("\u{202e}cod.exe", "B's screen shows: \\u{202e}cod.exe"),
        ("one\ntwo", "B's screen shows: one␊two"),
        ("👩‍👩‍👧 שלום", "B's screen shows: 👩‍👩‍👧 שלום"),
        (&long, "(16383 bytes, 5461 characters, 10922 columns)"),
    ] {
        let (code, out, error) = explain(&[text], "");
        assert_eq!((code, error.as_str()), (0, ""));
        assert!(out.contains(shown), "no {shown:?} in\n{out}");
        assert!(!out.contains(['\u{1b}', '\t', '\u{7f}', '\u{202e}']), "{out:?}");
    }
    let (code, out, error) = explain(&["-"], "from a pipe\r\n");
    assert_eq!(code, 0, "{error}");
    assert!(out.contains("B's screen shows: from a pipe (11 bytes"), "{out}");
}

#[test]
fn a_wire_that_loses_all_and_one_that_loses_nothing_are_both_told() {
    let (code, out, _) = explain(&["--loss", "100"], "");
    assert!(
        code == 0 && out.contains("failed:") && out.contains("B's screen shows nothing."),
        "{out}"
    );
    let (_, none, _) = explain(&["--loss", "0"], "");
    assert_eq!(none, explain(&[], "").1);
    for mtu in ["68", "1500"] {
        assert_eq!(explain(&["--mtu", mtu], "").0, 0, "{mtu}");
    }
}

#[test]
fn files_are_never_written_over_and_a_reader_may_go_away() {
    let folder = tempfile::tempdir().unwrap();
    let taken = folder.path().to_str().unwrap();
    let missing = format!("{taken}/not/there");
    for path in [taken, &missing] {
        let (code, _, error) = explain(&["--pcap", path], "");
        assert!(
            code == 1 && error.contains(path) && error.contains("\nhint: "),
            "{code} {error}"
        );
    }
    // A reader that takes one line of a long output and goes.
    let shell = format!("{} explain --json | head -c 100 | wc -c", binaries().nihao.display());
    let output = Command::new("sh").args(["-c", &shell]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), "100");
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The columns that a text takes, counted as terminals do.
fn columns(text: &str) -> usize {
    unicode_width::UnicodeWidthStr::width(text)
}

#[test]
fn the_ladder_fits_every_width_and_its_nodes_stand_in_line() {
    let options = Options {
        text: Text::parse("您好！👋").unwrap(),
        seed: 7,
        native: false,
        shape: Shape::Full,
        trouble: None,
        distance: Distance {
            faults: vec![Fault::Lose(Segment::Syn)],
            ..Distance::default()
        },
    };
    let journey = journey(&options).unwrap();
    for (width, view) in [
        (40, Viewpoint::A),
        (80, Viewpoint::B),
        (120, Viewpoint::Eavesdropper),
        (72, Viewpoint::A),
    ] {
        for language in [Language::English, Language::Chinese] {
            let story = Story::new(&journey.seen, journey.known(), view);
            let story = story.with_names(&journey.seen.captures, &journey.names);
            let look = Look {
                colors: false,
                width: Some(width),
                language,
            };
            let ladder = |unfold| {
                Ladder {
                    story: &story,
                    look,
                    unfold,
                }
                .text()
            };
            let folded = ladder(Unfold::default());
            assert_in_line(&folded, width);
            assert!(folded.contains("TLS"), "the layer is seen at {width} columns\n{folded}");
            let what = folded.contains("ClientHello") || folded.contains("ClientHe");
            assert!(what, "what happens is seen at {width} columns\n{folded}");
            let frame = ladder(Unfold {
                frame: Some(10),
                ..Unfold::default()
            });
            for line in frame.lines() {
                assert!(columns(line) <= width, "{} > {width}: {line}", columns(line));
            }
        }
    }
}

/// No line is longer than the terminal, and every node's mark stands in its column.
fn assert_in_line(text: &str, width: usize) {
    const MARKS: [char; 5] = ['│', '●', '┼', '▶', '◀'];
    let mut nodes: Option<Vec<usize>> = None;
    for line in text.lines() {
        assert!(columns(line) <= width, "{} > {width}: {line}", columns(line));
        let marks = line.char_indices().filter(|(_, character)| MARKS.contains(character));
        let at: Vec<_> = marks.map(|(at, _)| columns(&line[..at])).collect();
        if at.len() == 4 {
            assert_eq!(*nodes.get_or_insert_with(|| at.clone()), at, "{line}\n{text}");
        }
    }
    assert!(nodes.is_some(), "no ladder in\n{text}");
}
