//! What `nihao explain` tells of a journey in which something went wrong: the step that broke, what A saw of it, what was sent again.

use nihao_client::explain::{Options, Shape, journey};
use nihao_explain::capture::{Frame, Way};
use nihao_explain::scene::Distance;
use nihao_explain::world::fault::Fault;
use nihao_protocol::chat::Text;
use nihao_tests::lab::explain::{lines, told};
use serde_json::Value;

fn rungs(arguments: &[&str]) -> Vec<Value> {
    let lines = lines(arguments).into_iter();
    lines.filter(|line| line["type"] == "rung").collect()
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("no {name} in {value}"))
}

/// The step that broke, and what stood before and behind it.
fn broken(rungs: &[Value]) -> (Option<&Value>, &Value, Option<&Value>) {
    let broken = rungs.iter().enumerate().filter(|(_, rung)| !rung["broken"].is_null());
    let [(place, rung)] = broken.collect::<Vec<_>>()[..] else {
        panic!("one step broke: {rungs:?}")
    };
    (
        place.checked_sub(1).map(|before| &rungs[before]),
        rung,
        rungs.get(place + 1),
    )
}

/// What is asked for, and what A says of the step that broke: in a few words, what was seen, whose fault it can be; in both languages.
const FAULTS: [(&[&str], [&str; 2], [&str; 2]); 12] = [
    (
        &["--fault", "wrong-name"],
        ["wrong name", "other.nihao.test"],
        ["名字不符", "other.nihao.test"],
    ),
    (
        &["--fault", "expired"],
        ["expired", "One that ended 2025-12-01"],
        ["已过期", "2025-12-01"],
    ),
    (
        &["--fault", "unknown-ca"],
        ["unknown authority", "which is not trusted"],
        ["未知的签发机构", "nihao server CA P-256"],
    ),
    (
        &["--fault", "port-closed"],
        ["port closed", "Connection refused"],
        ["端口关闭", "拒绝"],
    ),
    (
        &["--fault", "power-off"],
        ["no answer", "ICMP: host unreachable"],
        ["没有回应", "主机不可达"],
    ),
    (
        &["--fault", "no-such-name"],
        ["no address", "NXDOMAIN"],
        ["没有地址", "没有 chat.nihao.test 这个名字"],
    ),
    (
        &["--fault", "dns-timeout"],
        ["no answer", "203.0.113.53:53"],
        ["没有回应", "203.0.113.53:53"],
    ),
    (
        &["--fault", "flip=3000"],
        ["a record was changed", "Another tag"],
        ["记录被改动", "标签不符"],
    ),
    (
        &["--fault", "reset=4"],
        ["cut in mid-handshake", "A reset"],
        ["握手中途断开", "RST"],
    ),
    (
        &["--fault", "cut=20"],
        ["no answer", "Nothing for 10 s"],
        ["没有回应", "10 秒内什么也没有"],
    ),
    (
        &["--mtu", "1000"],
        ["no answer", "fragmentation needed"],
        ["没有回应", "需要分片"],
    ),
    (
        &["--native", "--fault", "wrong-name"],
        ["wrong name", "other.nihao.test"],
        ["名字不符", "other.nihao.test"],
    ),
];

#[test]
fn the_step_that_broke_is_marked_where_a_noticed_and_nowhere_else() {
    for (arguments, english, chinese) in FAULTS {
        for (language, [title, seen]) in [("en", english), ("zh", chinese)] {
            let rungs = rungs(&[arguments, &["--lang", language]].concat());
            let (_, rung, _) = broken(&rungs);
            assert_eq!(text(rung, "what"), title, "{arguments:?}");
            let told = text(&rung["broken"], "seen");
            assert!(told.contains(seen), "{arguments:?}: {told}");
            let evidence = rung["broken"]["evidence"].as_array().unwrap();
            let asked = arguments.iter().filter(|argument| **argument != "--native");
            let asked = asked.copied().collect::<Vec<_>>().join(" ");
            let says_so = evidence.iter().any(|line| line.as_str().unwrap().contains(&asked));
            assert!(says_so, "{asked}: {evidence:?}");
        }
        let from_b = rungs(&[arguments, &["--view", "B"]].concat());
        assert!(
            from_b.iter().all(|rung| rung["broken"].is_null()),
            "{arguments:?}: B is not told why A gave up"
        );
    }
}

#[test]
fn what_went_well_has_no_broken_step() {
    for arguments in [
        &["--lose", "syn-ack"][..],
        &["--loss", "20"],
        &["--fault", "duplicate=20"],
        &["--native"],
    ] {
        let rungs = rungs(arguments);
        assert!(rungs.iter().all(|rung| rung["broken"].is_null()), "{arguments:?}");
    }
}

#[test]
fn a_certificate_breaks_between_its_arrival_and_the_alert() {
    for (fault, alert) in [
        ("wrong-name", "{bad_certificate} FIN"),
        ("expired", "{certificate_expired} FIN"),
        ("unknown-ca", "{unknown_ca} FIN"),
        ("flip=3000", "{bad_record_mac} FIN"),
    ] {
        let rungs = rungs(&["--fault", fault]);
        let (before, rung, behind) = broken(&rungs);
        let (before, behind) = (before.unwrap(), behind.unwrap());
        assert_eq!((text(before, "way"), text(behind, "what")), ("in", alert), "{fault}");
        assert_eq!(rung["at"], before["at"], "{fault}");
    }
}

#[test]
fn who_asks_twice_loses_two_and_the_patience_doubles() {
    for (kind, what) in [("syn", "SYN seq="), ("syn-ack", "SYN+ACK seq=")] {
        let view = if kind == "syn" { "A" } else { "B" };
        let rungs = rungs(&["--lose", kind, "--lose", kind, "--view", view]);
        let sent = rungs.iter().filter(|rung| text(rung, "what").starts_with(what));
        let sent: Vec<_> = sent.collect();
        let at: Vec<_> = sent.iter().map(|rung| rung["at"].as_u64().unwrap()).collect();
        let lost: Vec<_> = sent.iter().map(|rung| !rung["lost_behind"].is_null()).collect();
        assert_eq!(lost, [true, true, false], "{kind}");
        assert!(
            sent.iter().all(|rung| rung["what"] == sent[0]["what"]),
            "the same numbers"
        );
        if kind == "syn" {
            assert_eq!((at[1] - at[0], at[2] - at[1]), (1_000_000, 2_000_000));
        }
    }
}

#[test]
fn a_lost_ack_is_not_sent_again_and_needs_not_be() {
    for (view, kind) in [("A", "rung"), ("B", "missed")] {
        let story = told(&["--lose", "ack", "--view", view, "--json"]);
        let lines = story.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let lost: Vec<_> = lines
            .filter(|line| line["type"] == kind && line["lost_behind"] == "R1")
            .collect();
        let [lost] = &lost[..] else {
            panic!("one is lost: {lost:?}")
        };
        assert_eq!(lost["why"]["key"], "TCP_ACK_LOST");
        assert!(story.contains("您好！"), "it arrives all the same");
    }
}

#[test]
fn who_gives_up_before_any_answer_says_nothing() {
    let rungs = rungs(&["--fault", "power-off"]);
    let said = |act: &str| rungs.iter().filter(|rung| rung["act"] == act).count();
    assert_eq!(
        (said("Syn"), said("Reset")),
        (4, 0),
        "RFC 9293: CLOSE in SYN-SENT sends nothing"
    );
}

#[test]
fn a_router_says_how_long_a_packet_may_be() {
    let story = told(&["--mtu", "1000", "--unfold", "ip", "--lang", "en"]);
    assert!(!story.contains("next-hop MTU"), "not a field of IP");
    let frame = told(&["--mtu", "1000", "--frame", "12", "--lang", "en"]);
    assert!(frame.contains("next-hop MTU: 1000"), "{frame}");
    assert!(!frame.contains("Invalid"), "{frame}");
}

#[test]
fn a_changed_frame_is_crossed_on_the_wire_that_changed_it() {
    // From A, of what B sent; from A and from B, of what A sent; and the whole of a request.
    for (fault, view, kind, behind, what) in [
        ("flip=3000", "A", "missed", "R2", "{EncryptedExtensions}"),
        ("flip=3000", "B", "rung", "R2", "{EncryptedExtensions}"),
        ("flip=10", "A", "rung", "R1", "ACK seq=1 ack=1 1460 bytes"),
        ("reset=2", "A", "rung", "R1", "ClientHello"),
        ("flip=4200", "A", "missed", "R2", "{HTTP/1.1 201 Created}"),
    ] {
        let story = told(&["--fault", fault, "--view", view, "--json"]);
        let lines = story.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let changed: Vec<_> = lines
            .filter(|line| line["type"] == kind && !line["changed_behind"].is_null())
            .collect();
        let [changed] = &changed[..] else {
            panic!("{fault} from {view}: one was changed: {changed:?}")
        };
        assert_eq!(changed["changed_behind"], behind, "{fault} from {view}");
        assert!(text(changed, "what").contains(what), "{fault} from {view}: {changed}");
        assert_eq!(changed["why"]["key"], "WIRE_CHANGED");
        let seen = changed["seen"].as_array().unwrap();
        assert_eq!(
            seen.last().unwrap()["node"],
            behind,
            "{fault} from {view}: it goes no further"
        );
    }
    for arguments in [&[][..], &["--fault", "duplicate=20"], &["--loss", "20"]] {
        let rungs = rungs(arguments);
        assert!(
            rungs.iter().all(|rung| rung["changed_behind"].is_null()),
            "{arguments:?}"
        );
    }
    let listened = rungs(&["--fault", "flip=10", "--view", "router"]);
    assert!(
        listened.iter().any(|rung| rung["changed_behind"] == "R1"),
        "{listened:?}"
    );
}

/// What crosses the wire between the routers, in order: the frame, and when it came in at the other one, if it did.
fn crossed(faults: &[Fault]) -> Vec<(Frame, Option<u64>)> {
    let mut distance = Distance::default();
    distance.faults.extend(faults);
    let journey = journey(&Options {
        text: Text::parse("您好！").unwrap(),
        seed: 7,
        native: false,
        shape: Shape::Full,
        trouble: None,
        distance,
    });
    let journey = journey.unwrap();
    let seen = |router: &str, way| {
        let frames = journey.seen.captures[router].frames.iter();
        let own = frames.filter(move |frame| frame.interface == 1 && frame.way == way);
        own.cloned().collect::<Vec<_>>()
    };
    let mut all = Vec::new();
    for (from, to) in [("R1", "R2"), ("R2", "R1")] {
        let came = seen(to, Way::In);
        all.extend(seen(from, Way::Out).into_iter().map(|frame| {
            let it = came.iter().find(|came| came.bytes == frame.bytes && came.at > frame.at);
            let at = it.map(|came| came.at);
            (frame, at)
        }));
    }
    all.sort_by_key(|(frame, _)| frame.at);
    all
}

#[test]
fn the_frame_that_is_named_is_the_one_that_suffers() {
    let well = crossed(&[]);
    assert!(well.iter().all(|(frame, came)| !frame.lost && came.is_some()));
    for number in [3, 12, 20] {
        let index = number as usize - 1;
        let lost = crossed(&[Fault::LoseFrame(number)]);
        assert_eq!(lost[index].0.bytes, well[index].0.bytes, "until then all is the same");
        let places = lost.iter().enumerate().filter(|(_, (frame, _))| frame.lost);
        assert_eq!(places.map(|(place, _)| place).collect::<Vec<_>>(), [index]);
        let late = crossed(&[Fault::DelayFrame(number, 40_000)]);
        let (punctual, delayed) = (well[index].1.unwrap(), late[index].1.unwrap());
        assert_eq!(delayed - punctual, 40_000, "frame {number}");
        assert_eq!(late[index - 1].1, well[index - 1].1, "the frame before {number}");
    }
}

#[test]
fn what_came_twice_is_told_apart_from_what_was_sent_twice() {
    // A SYN+ACK, an ACK and data to A; data to B.
    for (fault, view, what) in [
        ("duplicate=16", "A", "SYN+ACK seq="),
        ("duplicate=20", "A", "ACK seq=1 ack=1461"),
        ("duplicate=23", "A", "ACK seq=1461 ack=1474 449 bytes"),
        ("duplicate=18", "B", "ACK seq=1 ack=1 1460 bytes"),
    ] {
        let rungs = rungs(&["--fault", fault, "--view", view]);
        let twice: Vec<_> = rungs.iter().filter(|rung| rung["why"]["key"] == "WIRE_TWICE").collect();
        let [twice] = twice[..] else {
            panic!("{fault} from {view}: {rungs:?}")
        };
        assert!(text(twice, "what").starts_with(what), "{fault} from {view}: {twice}");
    }
    let again = rungs(&["--lose", "syn"]);
    assert!(again.iter().all(|rung| rung["why"]["key"] != "WIRE_TWICE"), "{again:?}");
}
