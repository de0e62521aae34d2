//! What `nihao explain` tells beyond single messages: names layer by layer, routes, hops, what each byte was for, the screen.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use nihao_tests::lab::explain::{lines, told};
use serde_json::{Value, json};

fn of<'a>(lines: &'a [Value], kind: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["type"] == kind).collect()
}

fn sum(entries: &Value) -> u64 {
    let entries = entries.as_array().unwrap().iter();
    entries.map(|entry| entry["bytes"].as_u64().unwrap()).sum()
}

fn length(frame: &Value) -> u64 {
    frame["bytes"].as_str().unwrap().len() as u64 / 2
}

#[test]
fn the_ledger_adds_up_to_the_bytes_of_every_view() {
    let scenes: [&[&str]; 7] = [
        &[],
        &["--native"],
        &["--scene", "resumed"],
        &["--scene", "key-update"],
        &["--loss", "20"],
        &["--fault", "flip=1700"],
        &["--fault", "dns-timeout"],
    ];
    for scene in scenes {
        for view in ["A", "router", "B", "eavesdropper"] {
            let lines = lines(&[scene, &["--view", view]].concat());
            let frames = of(&lines, "frame");
            let ledger = of(&lines, "ledger")[0];
            let all: u64 = frames.iter().map(|frame| length(frame)).sum();
            assert_eq!(sum(&ledger["all"]), all, "{scene:?} {view}: {ledger}");
            let carried = ledger["text_frames"].as_array().unwrap().iter();
            let carried: u64 = carried
                .map(|number| length(frames[number.as_u64().unwrap() as usize - 1]))
                .sum();
            assert_eq!(sum(&ledger["layers"]), carried, "{scene:?} {view}: {ledger}");
            let can_tell = view != "eavesdropper" && !of(&lines, "screen").is_empty();
            assert_eq!(ledger["text_bytes"].as_u64(), can_tell.then_some(9), "{scene:?} {view}");
        }
    }
}

#[test]
fn the_text_is_nine_bytes_of_its_frame_and_a_long_one_comes_in_several() {
    let share = |ledger: &Value, layer: &str| {
        let entries = ledger["layers"].as_array().unwrap().iter();
        let found = entries.filter(|entry| entry["layer"] == layer);
        found.map(|entry| entry["bytes"].as_u64().unwrap()).sum::<u64>()
    };
    let short = lines(&[]);
    let ledger = of(&short, "ledger")[0];
    let known = [("Ethernet", 14), ("IP", 20), ("TCP", 20), ("text", 9)];
    for (layer, bytes) in known {
        assert_eq!(share(ledger, layer), bytes, "{ledger}");
    }
    // The request's body and nothing else: `{"text":"…","to":"#general"}`.
    assert_eq!(share(ledger, "JSON") + share(ledger, "text"), 36);
    let text = "您好！\"\n".repeat(500);
    let long = lines(&[&text]);
    let ledger = of(&long, "ledger")[0];
    assert!(ledger["text_frames"].as_array().unwrap().len() > 3, "{ledger}");
    assert_eq!(share(ledger, "text"), text.len() as u64);
    let screen = of(&long, "screen")[0];
    assert_eq!((&screen["text"], &screen["characters"]), (&json!(text), &json!(2500)));
    let segments = screen["steps"]
        .as_array()
        .unwrap()
        .iter()
        .find(|step| step["what"] == "segment");
    assert!(segments.unwrap()["count"].as_u64().unwrap() > 3, "{screen}");
}

#[test]
fn every_wire_has_the_bytes_that_its_ends_saw() {
    let per_view = |view: &str| {
        let lines = lines(&["--view", view]);
        let bytes: u64 = of(&lines, "frame").iter().map(|frame| length(frame)).sum();
        (of(&lines, "frame").len() as u64, bytes)
    };
    let lines = lines(&[]);
    let wires = of(&lines, "ledger")[0]["wires"].as_array().unwrap();
    let named: BTreeMap<&str, &Value> = wires
        .iter()
        .map(|wire| (wire["wire"].as_str().unwrap(), wire))
        .collect();
    assert_eq!(named.keys().copied().collect::<Vec<_>>(), ["A–R1", "R1–R2", "R2–B"]);
    assert_eq!(
        sum(&named["R1–R2"]["layers"]),
        named["R1–R2"]["bytes"].as_u64().unwrap()
    );
    for (wire, view) in [("A–R1", "A"), ("A–R1", "router"), ("R2–B", "B")] {
        let wire = named[wire];
        let told = (wire["frames"].as_u64().unwrap(), wire["bytes"].as_u64().unwrap());
        assert_eq!(told, per_view(view), "{view}");
        assert_eq!(sum(&wire["layers"]), told.1, "every byte is for something: {wire}");
        let short: u64 = 24 * told.0;
        assert!(
            wire["around"].as_u64().unwrap() > short,
            "short frames are filled up: {wire}"
        );
    }
}

#[test]
fn b_s_screen_is_told_upwards_from_what_b_received() {
    let lines = lines(&["--view", "B"]);
    let screen = of(&lines, "screen")[0];
    let steps = screen["steps"].as_array().unwrap();
    let whats: Vec<_> = steps.iter().map(|step| step["what"].as_str().unwrap()).collect();
    let upwards = [
        "frame",
        "packet",
        "segment",
        "record",
        "plaintext",
        "request",
        "body",
        "value",
    ];
    assert_eq!(whats, upwards);
    let bytes: Vec<_> = steps.iter().map(|step| step["bytes"].as_u64().unwrap()).collect();
    assert!(bytes.is_sorted_by(|lower, upper| lower >= upper), "{bytes:?}");
    let ledger = of(&lines, "ledger")[0];
    let frames = of(&lines, "frame");
    let number = ledger["text_frame"].as_u64().unwrap() as usize;
    assert_eq!(bytes[0], length(frames[number - 1]), "it is the frame that B has");
    assert_eq!(
        [&screen["bytes"], &screen["characters"], &screen["columns"]],
        [&json!(9), &json!(3), &json!(6)]
    );
    let native = self::lines(&["--native"]);
    let steps = of(&native, "screen")[0]["steps"].as_array().unwrap();
    let last = steps.last().unwrap();
    assert_eq!((&last["layer"], &last["what"]), (&json!("nihao"), &json!("frame")));
}

#[test]
fn a_name_is_looked_up_layer_by_layer_and_remembered() {
    let lines = lines(&["--scene", "resumed"]);
    let steps: Vec<_> = of(&lines, "lookup")
        .into_iter()
        .filter(|lookup| lookup["asked"] == "chat.nihao.test A")
        .map(|lookup| {
            let word = |member: &str| lookup[member].as_str().unwrap();
            (word("node"), word("where"), word("result"), lookup["ttl"].as_u64())
        })
        .collect();
    assert_eq!(
        steps,
        [
            ("A", "application cache", "miss", None),
            ("A", "hosts file", "miss", None),
            ("A", "resolver", "answer", Some(300)),
            ("resolver", "resolver's cache", "miss", None),
            ("resolver", "root", "referral", Some(172_800)),
            ("resolver", "zone test", "referral", Some(172_800)),
            ("resolver", "zone nihao.test", "answer", Some(300)),
            ("A", "application cache", "hit", Some(300)),
        ]
    );
    for lookup in of(&lines, "lookup") {
        let asked_somebody = ["answer", "referral", "negative"].contains(&lookup["result"].as_str().unwrap());
        let messages = lookup["messages"].as_array().unwrap();
        assert_eq!(messages.len(), if asked_somebody { 2 } else { 0 }, "{lookup}");
    }
    let silent = self::lines(&["--fault", "dns-timeout"]);
    let silent = of(&silent, "lookup");
    let silent: Vec<_> = silent
        .into_iter()
        .filter(|lookup| lookup["result"] == "silence")
        .collect();
    let took: Vec<_> = silent
        .iter()
        .map(|lookup| lookup["took"].as_u64().unwrap().div_ceil(1_000_000))
        .collect();
    assert_eq!(
        took,
        [1, 1, 2, 2, 4, 4],
        "twice as patient each time, for both families"
    );
}

/// The resolver's own frames, given to a reader that nobody here wrote.
#[test]
fn what_root_and_zones_said_is_what_tshark_reads_in_their_frames() {
    let lines = lines(&[]);
    let mut compared = 0;
    for lookup in of(&lines, "lookup") {
        if lookup["node"] != "resolver" || lookup["messages"] == json!([]) {
            continue;
        }
        let answer = &lookup["messages"][1];
        let fields = tshark(
            answer["bytes"].as_str().unwrap(),
            &["ip.src", "dns.qry.name", "dns.ns", "dns.a", "dns.resp.ttl"],
        );
        let [from, asked, servers, addresses, ttls] = &fields[..] else {
            panic!("{fields:?}")
        };
        let root = lookup["where"] == "root";
        assert_eq!(from == "203.0.113.1", root, "{lookup}");
        assert!(lookup["asked"].as_str().unwrap().starts_with(asked));
        let what = lookup["what"].as_str().unwrap();
        for said in [servers, addresses].into_iter().filter(|said| !said.is_empty()) {
            assert!(what.contains(said.as_str()), "{what}: {said}");
        }
        let ttl = lookup["ttl"].to_string();
        assert!(ttls.split(',').any(|said| said == ttl), "{ttls}: {lookup}");
        compared += 1;
    }
    assert_eq!(compared, 6, "three servers, for both families");
}

/// What tshark reads in one Ethernet frame.
fn tshark(hexadecimal: &str, fields: &[&str]) -> Vec<String> {
    let bytes: Vec<u8> = (0..hexadecimal.len() / 2)
        .map(|at| u8::from_str_radix(&hexadecimal[2 * at..2 * at + 2], 16).unwrap())
        .collect();
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("one.pcap");
    std::fs::write(&file, pcap(&bytes)).unwrap();
    let line = read(&file, fields);
    line.trim_end_matches('\n').split('\t').map(String::from).collect()
}

fn read(file: &Path, fields: &[&str]) -> String {
    let mut command = Command::new("tshark");
    command.arg("-r").arg(file).args(["-T", "fields"]);
    for field in fields {
        command.args(["-e", field]);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The oldest form of a capture file, with one frame.
fn pcap(frame: &[u8]) -> Vec<u8> {
    let length = u32::try_from(frame.len()).unwrap();
    let words = [0xa1b2_c3d4, 0x0004_0002, 0, 0, 65_535, 1, 0, 0, length, length];
    let head = words.iter().flat_map(|word: &u32| word.to_le_bytes());
    head.chain(frame.iter().copied()).collect()
}

#[test]
fn routers_take_the_longest_prefix_and_every_hop_has_its_addresses() {
    let lines = lines(&[]);
    let decisions = of(&lines, "decision");
    assert!(decisions.len() > 20);
    for decision in &decisions {
        let candidates = decision["candidates"].as_array().unwrap();
        let matching = candidates.iter().filter(|candidate| candidate["matches"] == true);
        let bits = |prefix: &Value| {
            prefix
                .as_str()
                .unwrap()
                .split_once('/')
                .unwrap()
                .1
                .parse::<u8>()
                .unwrap()
        };
        let longest = matching.map(|candidate| bits(&candidate["prefix"])).max().unwrap();
        assert_eq!(bits(&decision["prefix"]), longest, "{decision}");
    }
}

#[test]
fn every_hop_of_the_message_has_its_addresses_and_one_hop_less() {
    let lines = lines(&[]);
    let decisions = of(&lines, "decision");
    let frames = of(&lines, "frame");
    let message = of(&lines, "ledger")[0]["text_frame"].as_u64().unwrap();
    let hops = frames[message as usize - 1]["hops"].as_array().unwrap();
    let told: Vec<_> = hops
        .iter()
        .map(|hop| {
            (
                hop["node"].as_str().unwrap(),
                hop["way"].as_str().unwrap(),
                hop["ttl"].as_u64(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("A", "out", Some(64)),
            ("S1", "in", Some(64)),
            ("S1", "out", Some(64)),
            ("R1", "in", Some(64)),
            ("R1", "out", Some(63)),
            ("R2", "in", Some(63)),
            ("R2", "out", Some(62)),
            ("S2", "in", Some(62)),
            ("S2", "out", Some(62)),
            ("B", "in", Some(62)),
        ]
    );
    for pair in hops.chunks(2) {
        let [sent, came] = pair else { panic!("{hops:?}") };
        for address in ["source_mac", "destination_mac"] {
            assert_eq!(sent[address], came[address], "one wire");
        }
    }
    for address in ["source_mac", "destination_mac"] {
        assert_eq!(hops[1][address], hops[2][address], "a switch changes nothing");
        assert_ne!(hops[3][address], hops[4][address], "a router changes both");
    }
    let decided: Vec<_> = decisions
        .iter()
        .filter(|decision| decision["frame"] == message)
        .map(|decision| (decision["node"].as_str().unwrap(), decision["ttl"].as_u64().unwrap()))
        .collect();
    assert_eq!(decided, [("R1", 63), ("R2", 62)]);
    let listened = self::lines(&["--view", "eavesdropper"]);
    assert!(
        of(&listened, "decision").is_empty(),
        "who listens on a wire sees no router decide"
    );
}

#[test]
fn switches_learn_from_who_sends_and_flood_what_is_for_everybody() {
    let frames = lines(&[]);
    let switched: Vec<_> = of(&frames, "frame")
        .iter()
        .take(3)
        .map(|frame| {
            let hops = frame["hops"].as_array().unwrap();
            let told: Vec<_> = hops
                .iter()
                .map(|hop| &hop["switched"])
                .filter(|told| !told.is_null())
                .collect();
            let [told] = told[..] else {
                panic!("one switch: {frame}")
            };
            told.clone()
        })
        .collect();
    let told = |from: &str, learned: bool, because: &str, to: &[&str]| serde_json::json!({"from": from, "learned": learned, "because": because, "to": to});
    assert_eq!(
        switched,
        [
            told("eth0", true, "broadcast", &["eth1", "eth2"]),
            told("eth1", true, "learned", &["eth0"]),
            told("eth0", false, "learned", &["eth1"]),
        ],
        "who has it?, it is here, and what is sent there"
    );
    for (language, asked, answered) in [
        (
            "en",
            "switch S1  eth0: 02:00:00:00:00:0a (learned now) → eth1, eth2: ff:ff:ff:ff:ff:ff (broadcast, flooded)",
            "switch S1  eth1: 02:00:00:00:00:11 (learned now) → eth0: 02:00:00:00:00:0a (learned before)",
        ),
        (
            "zh",
            "交换机 S1  eth0: 02:00:00:00:00:0a (刚学到) → eth1, eth2: ff:ff:ff:ff:ff:ff (广播，泛洪)",
            "交换机 S1  eth1: 02:00:00:00:00:11 (刚学到) → eth0: 02:00:00:00:00:0a (早已学到)",
        ),
    ] {
        let text = self::told(&["--unfold", "arp", "--lang", language]);
        assert!(text.contains(asked) && text.contains(answered), "{text}");
    }
}

#[test]
fn what_is_sent_again_has_its_number_and_twice_the_patience() {
    let ladder = told(&["--fault", "power-off"]);
    for detail in [
        "(#2: #1 + 1.000 s)",
        "(#3: #2 + 2.000 s, #1 + 3.000 s)",
        "(#4: #3 + 4.000 s, #1 + 7.000 s)",
    ] {
        assert!(ladder.contains(detail), "no {detail} in\n{ladder}");
    }
    let syns = ladder
        .lines()
        .filter_map(|line| line.split_once("SYN seq="))
        .map(|(_, rest)| {
            let end = rest.find(' ').unwrap_or(rest.len());
            &rest[..end]
        });
    let mut syns: Vec<_> = syns.collect();
    assert_eq!(syns.len(), 4);
    syns.dedup();
    assert_eq!(syns.len(), 1, "the same number each time");
}

#[test]
fn what_was_lost_before_it_came_here_is_told_all_the_same() {
    let lines = lines(&["--lose", "syn-ack"]);
    let [missed] = of(&lines, "missed")[..] else {
        panic!("one frame was lost on its way to A")
    };
    assert!(missed["what"].as_str().unwrap().starts_with("SYN+ACK seq="), "{missed}");
    assert_eq!(missed["lost_behind"], "R2");
    let from_b = self::lines(&["--lose", "syn-ack", "--view", "B"]);
    assert!(of(&from_b, "missed").is_empty(), "B saw what it sent");
    let sent = of(&from_b, "rung");
    let lost = sent.iter().find(|rung| rung["lost_behind"] == "R2").unwrap();
    assert_eq!((&lost["what"], &lost["at"]), (&missed["what"], &missed["at"]));
    let listened = self::lines(&["--lose", "syn-ack", "--view", "eavesdropper"]);
    assert!(of(&listened, "missed").is_empty());
    assert!(told(&["--lose", "syn-ack"]).contains("✗────┼─────────●  TCP       SYN+ACK"));
}

#[test]
fn people_read_it_all_beneath_the_ladder_in_both_languages() {
    for (language, parts) in [
        (
            "en",
            [
                "application cache: miss › hosts file: miss › resolver (resolver's cache: miss › root: refers to test",
                "TIME-WAIT until",
                "› text 9",
                "the message: 9 → ",
                "R1–R2",
            ],
        ),
        (
            "zh",
            [
                "应用缓存：未命中 › hosts 文件：未命中 › 解析器 (解析器缓存：未命中 › 根：转介给 test",
                "TIME-WAIT 直到",
                "› 文字 9",
                "这条消息：9 → ",
                "R1–R2",
            ],
        ),
    ] {
        let text = told(&["--lang", language]);
        for part in parts {
            assert!(text.contains(part), "no {part:?} in\n{text}");
        }
    }
    let names = told(&["--unfold", "dns", "--lang", "en"]);
    for part in [
        "zone nihao.test",
        "test NS a.nic.test",
        "responsible mailbox",
        "What the bytes were for",
        "preamble",
    ] {
        assert!(names.contains(part), "no {part:?} in\n{names}");
    }
    let frame = told(&["--frame", "7", "--lang", "en"]);
    for part in [
        "on its way:",
        "R1 routes 198.51.100.20",
        "0.0.0.0/0 taken",
        "R2 sends",
        "TTL 62",
    ] {
        assert!(frame.contains(part), "no {part:?} in\n{frame}");
    }
    let heads = told(&["--unfold", "http", "--lang", "en"]);
    for why in [
        "What kind of data the body is",
        "Languages: which ones",
        "no-store: not at all",
    ] {
        assert!(heads.contains(why), "no {why:?} in\n{heads}");
    }
}
