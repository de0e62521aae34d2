//! `nihao explain` as a person runs it: the ladder, its views, its faults, its files.

use std::fs;
use std::path::Path;
use std::process::Command;

use nihao_tests::lab::binaries;
use nihao_tests::lab::explain::{explain, told};
use serde_json::{Value, json};

#[test]
fn the_ladder_has_every_step_in_its_order() {
    let ladder = told(&[]);
    let steps = [
        "ARP",
        "who has 192.0.2.1?",
        "DNS",
        "chat.nihao.test A 198.51.100.20",
        "SYN seq=",
        "SYN+ACK",
        "ClientHello",
        "ServerHello ChangeCipherSpec",
        "ChangeCipherSpec",
        "{EncryptedExtensions} {Certificate} {CertificateVerify} {Finished}",
        "{POST /v1/messages HTTP/1.1}",
        "{HTTP/1.1 201 Created}",
        "{close_notify} FIN",
        "{close_notify} FIN",
        "A was told: {\"seq\":",
        "B's screen shows: 您好！ (9 bytes, 3 characters, 6 columns)",
    ];
    let mut rest = ladder.as_str();
    for step in steps {
        let at = rest
            .find(step)
            .unwrap_or_else(|| panic!("no {step} after what came before it in\n{ladder}"));
        rest = &rest[at + step.len()..];
    }
    let lines = ladder.lines().take_while(|line| !line.is_empty()).count();
    assert!(lines <= 18, "{lines} lines\n{ladder}");
    assert!(!ladder.contains('\u{1b}'), "no colours in a pipe");
}

#[test]
fn the_same_seed_gives_the_same_words_and_files() {
    let directory = tempfile::tempdir().unwrap();
    let files = |name: &str, seed: &str| {
        let path = directory.path().join(name);
        let text = told(&["--seed", seed, "--pcap", path.to_str().unwrap()]);
        let mut names: Vec<_> = fs::read_dir(&path)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        names.sort();
        assert_eq!(names, ["A.pcapng", "B.pcapng", "router.pcapng"]);
        let bytes: Vec<_> = names.iter().map(|name| fs::read(path.join(name)).unwrap()).collect();
        (text, bytes)
    };
    let (first, second) = (files("one", "7"), files("two", "7"));
    assert_eq!(first, second);
    assert_ne!(first.1, files("three", "8").1);
    let taken = explain(&["--pcap", directory.path().to_str().unwrap()]);
    assert_eq!(taken.status.code(), Some(1), "what is there is left alone");
    assert!(String::from_utf8_lossy(&taken.stderr).contains("hint:"));
}

#[test]
fn tshark_opens_the_files_decrypted_and_finds_nothing_wrong() {
    for (arguments, kind) in [
        (&[][..], "http"),
        (&["--native"], "tls"),
        (&["--scene", "hrr"], "http"),
        (&["--scene", "resumed"], "http"),
        (&["--scene", "key-update"], "http"),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("captures");
        told(&[arguments, &["--pcap", path.to_str().unwrap()]].concat());
        for file in ["A.pcapng", "B.pcapng"] {
            let file = path.join(file);
            assert_eq!(expert(&file, "warn"), "", "{arguments:?}");
            assert!(
                !fields(&file, kind, "frame.number").is_empty(),
                "{arguments:?}: no {kind} in {}",
                file.display()
            );
            if kind == "http" {
                assert!(
                    fields(&file, "json", "json.value.string").contains("您好！"),
                    "{arguments:?}"
                );
            }
            assert_eq!(
                fields(&file, "tcp.flags.fin == 1", "frame.number").lines().count() % 2,
                0
            );
        }
    }
}

/// What tshark complains of at this severity or above.
fn expert(file: &Path, severity: &str) -> String {
    let all = run(&["-r", file.to_str().unwrap(), "-q", "-z", &format!("expert,{severity}")]);
    all.trim().to_owned()
}

fn fields(file: &Path, filter: &str, field: &str) -> String {
    run(&["-r", file.to_str().unwrap(), "-Y", filter, "-T", "fields", "-e", field])
}

fn run(arguments: &[&str]) -> String {
    let output = Command::new("tshark").args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn layers_unfold_and_one_frame_shows_all_its_bytes() {
    let http = told(&["--unfold", "http", "--unfold", "json"]);
    assert!(http.contains("request line") && http.contains("content-type"), "{http}");
    let request = http.lines().find(|line| line.contains("{POST")).unwrap();
    let number = request.split_whitespace().next().unwrap();
    let frame = told(&["--frame", number]);
    for part in [
        "Ethernet frame",
        "IPv4 packet",
        "TCP segment",
        "TLS record",
        "decrypted: CLIENT_TRAFFIC_SECRET_0",
        "您好！",
    ] {
        assert!(frame.contains(part), "no {part} in\n{frame}");
    }
    let beyond = explain(&["--frame", "999"]);
    assert!(!beyond.status.success() && beyond.stdout.is_empty());
    let said = String::from_utf8(beyond.stderr).unwrap();
    assert!(
        said.starts_with("error: there is no frame 999: ") && said.contains("\nhint: "),
        "{said}"
    );
}

#[test]
fn the_client_tells_layer_by_layer_where_it_looked_for_the_name() {
    let first = told(&["-v"]);
    for line in [
        "application cache: chat.nihao.test A: miss",
        "hosts file: chat.nihao.test A: miss",
        "198.51.100.20 (TTL 300 s)",
    ] {
        assert!(first.contains(line), "no {line:?} in\n{first}");
    }
    let again = told(&["-v", "--scene", "resumed"]);
    assert!(
        again.contains("application cache: chat.nihao.test A: hit: 198.51.100.20 (TTL 300 s left)"),
        "{again}"
    );
    assert!(again.contains("resumed: yes"), "{again}");
}

#[test]
fn programs_get_one_object_a_line_whose_fields_partition_the_bytes() {
    let lines = told(&["--json", "--lose", "syn"]);
    assert_eq!(
        lines,
        told(&["--json", "--lose", "syn"]),
        "the same seed, the same bytes"
    );
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["type"], &lines[0]["version"]), (&json!("story"), &json!(1)));
    assert_eq!(lines.last().unwrap()["heard"], json!(["您好！"]));
    let of = |kind: &'static str| lines.iter().filter(move |line| line["type"] == kind);
    assert_eq!(of("rung").filter(|rung| rung["lost_behind"] == "R1").count(), 1);
    assert!(of("flow").any(|flow| flow["tls"]["server_name"] == "chat.nihao.test"));
    let mut texts = String::new();
    for space in of("frame").chain(of("derived")) {
        let length = space["bytes"].as_str().unwrap().len() / 2;
        assert_eq!(partition(&space["tree"], 0, &mut texts), length as u64, "{space}");
    }
    assert!(texts.contains("您好！"));
}

/// Where a tree ends whose parts follow each other from `at` on.
fn partition(tree: &Value, at: u64, texts: &mut String) -> u64 {
    let (from, to) = (tree["range"][0].as_u64().unwrap(), tree["range"][1].as_u64().unwrap());
    assert_eq!(from, at, "{tree}");
    match tree["parts"].as_array() {
        Some(parts) => assert_eq!(
            parts.iter().fold(from, |at, part| partition(part, at, texts)),
            to,
            "{tree}"
        ),
        None => texts.push_str(tree["value"].as_str().unwrap()),
    }
    to
}

#[test]
fn who_has_no_keys_sees_no_message() {
    let seen = told(&["--view", "eavesdropper", "-v", "--unfold", "tls", "--unfold", "http"]);
    assert!(
        seen.contains("sealed record") && seen.contains("chat.nihao.test"),
        "the name is in the clear\n{seen}"
    );
    assert!(!seen.contains("POST") && !seen.contains("您好"), "{seen}");
    for view in ["A", "router", "B"] {
        assert!(
            told(&["--view", view]).contains("{POST /v1/messages HTTP/1.1}"),
            "{view}"
        );
    }
}

#[test]
fn the_language_is_asked_for_or_the_locale_s() {
    assert!(told(&["--lang", "zh"]).contains("B 的屏幕显示：您好！"));
    let output = Command::new(&binaries().nihao)
        .arg("explain")
        .env("LC_ALL", "zh_CN.UTF-8")
        .output()
        .unwrap();
    assert!(String::from_utf8(output.stdout).unwrap().contains("B 的屏幕显示"));
}

#[test]
fn every_fault_says_where_it_failed() {
    for (arguments, said) in [
        (&["--lose", "syn"][..], "B's screen shows: 您好！"),
        (&["--loss", "20"], "B's screen shows: 您好！"),
        (&["--fault", "duplicate=6"], "B's screen shows: 您好！"),
        (
            &["--fault", "cut=9000"],
            "this fault never happened, for the run was over before: cut=9000",
        ),
        (&["--fault", "wrong-name"], "certificate name: expected chat.nihao.test"),
        (&["--fault", "expired"], "certificate date"),
        (&["--fault", "unknown-ca"], "certificate authority"),
        (&["--fault", "port-closed"], "refused"),
        (&["--fault", "power-off"], "seen none for 10 s"),
        (&["--fault", "flip=1700"], "failed:"),
        (&["--fault", "reset=2"], "failed:"),
        (&["--fault", "no-such-name"], "failed:"),
        (&["--fault", "dns-timeout"], "failed:"),
        (&["--mtu", "1000"], "failed:"),
    ] {
        let story = told(arguments);
        assert!(story.contains(said), "{arguments:?}: no {said:?} in\n{story}");
    }
    let unknown = explain(&["--fault", "gremlins"]);
    assert_eq!(unknown.status.code(), Some(2));
}

#[test]
fn a_asks_for_the_gateway_s_address_and_not_for_b_s() {
    for (view, asked, why) in [
        ("A", "who has 192.0.2.1?", "ARP_GATEWAY"),
        ("B", "who has 198.51.100.20?", "ARP_REQUEST"),
    ] {
        let lines = told(&["--view", view, "--json"]);
        let mut lines = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let rung = lines.find(|line| line["act"] == "Neighbour").unwrap();
        assert!(rung["what"].as_str().unwrap().starts_with(asked), "{rung}");
        assert_eq!(rung["why"]["key"], why, "{rung}");
    }
}

/// What a field says in the first frame of A's capture that has it.
fn first(arguments: &[&str], filter: &str, field: &str) -> String {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("captures");
    told(&[arguments, &["--pcap", path.to_str().unwrap()]].concat());
    let all = fields(&path.join("A.pcapng"), filter, field);
    all.lines().next().unwrap_or_else(|| panic!("no {filter}")).to_owned()
}

#[test]
fn captures_begin_with_the_year_and_the_wire_is_as_slow_as_is_asked_for() {
    assert_eq!(first(&[], "arp", "frame.time_epoch"), "1767225600.000000000");
    for milliseconds in ["1", "100"] {
        // From SYN to SYN+ACK the long wire is crossed twice; all other wires together take less than a millisecond.
        let waited = first(
            &["--latency", milliseconds],
            "tcp.flags.syn == 1 && tcp.flags.ack == 1",
            "tcp.time_delta",
        );
        let (waited, asked) = (
            waited.parse::<f64>().unwrap() * 1000.0,
            milliseconds.parse::<f64>().unwrap(),
        );
        assert!(
            (2.0 * asked..2.0 * asked + 1.0).contains(&waited),
            "{asked}: {waited} ms"
        );
    }
}
