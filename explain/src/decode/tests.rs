//! Any bytes give an account whose leaves partition every frame; hand-made frames give the fields they were made of.

mod http2;

use proptest::collection::vec;
use proptest::prelude::*;

use super::decode;
use crate::capture::{Capture, Frame, Way};
use crate::event::{Account, FlowEnd, Note, Protocol, Value};

const CLIENT: ([u8; 4], u16) = ([192, 0, 2, 10], 49_152);
const SERVER: ([u8; 4], u16) = ([198, 51, 100, 20], 80);

fn capture(frames: Vec<Vec<u8>>) -> Capture {
    let frame = |(index, bytes)| Frame {
        at: index as u64 * 1000,
        interface: 0,
        way: Way::Out,
        bytes,
        lost: false,
    };
    Capture {
        interfaces: vec![String::from("A")],
        frames: frames.into_iter().enumerate().map(frame).collect(),
    }
}

fn sum(parts: &[&[u8]]) -> [u8; 2] {
    let words = parts.iter().flat_map(|part| part.chunks(2));
    let mut sum: u32 = words
        .map(|pair| u32::from(pair[0]) << 8 | pair.get(1).map_or(0, |low| u32::from(*low)))
        .sum();
    while sum > 0xffff {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    (!(sum as u16)).to_be_bytes()
}

fn packet(protocol: u8, (from, to): ([u8; 4], [u8; 4]), fragment: u16, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() + 20) as u16;
    let mut header = vec![0x45, 0];
    header.extend(length.to_be_bytes());
    header.extend([0x12, 0x34]);
    header.extend(fragment.to_be_bytes());
    header.extend([64, protocol, 0, 0]);
    header.extend([from, to].concat());
    let checksum = sum(&[&header]);
    header[10..12].copy_from_slice(&checksum);
    let mut frame = vec![2, 0, 0, 0, 1, 1, 2, 0, 0, 0, 0, 0x0a, 8, 0];
    frame.extend(header);
    frame.extend(payload);
    frame
}

fn with_checksum(mut segment: Vec<u8>, protocol: u8, at: usize, (from, to): ([u8; 4], [u8; 4])) -> Vec<u8> {
    let mut pseudo = [from, to].concat();
    pseudo.extend([0, protocol]);
    pseudo.extend((segment.len() as u16).to_be_bytes());
    let checksum = sum(&[&pseudo, &segment]);
    segment[at..at + 2].copy_from_slice(&checksum);
    segment
}

fn tcp(from_client: bool, (sequence, acknowledgment): (u32, u32), flags: u8, payload: &[u8]) -> Vec<u8> {
    let ((from, source), (to, destination)) = if from_client {
        (CLIENT, SERVER)
    } else {
        (SERVER, CLIENT)
    };
    let mut segment = [source.to_be_bytes(), destination.to_be_bytes()].concat();
    segment.extend(sequence.to_be_bytes());
    segment.extend(acknowledgment.to_be_bytes());
    segment.extend([0x50, flags, 0xfa, 0xf0, 0, 0, 0, 0]);
    segment.extend(payload);
    packet(6, (from, to), 0x4000, &with_checksum(segment, 6, 16, (from, to)))
}

fn udp(payload: &[u8]) -> Vec<u8> {
    let mut datagram = vec![0xc0, 0, 0, 53];
    datagram.extend((payload.len() as u16 + 8).to_be_bytes());
    datagram.extend([0, 0]);
    datagram.extend(payload);
    with_checksum(datagram, 17, 6, (CLIENT.0, SERVER.0))
}

const QUERY: &[u8] = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04chat\x05nihao\x04test\x00\x00\x01\x00\x01";
const ANSWER: &[u8] = b"\x12\x34\x85\x80\x00\x01\x00\x02\x00\x00\x00\x01\x04chat\x05nihao\x04test\x00\x00\x01\x00\x01\
    \xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x3c\x00\x04\x01b\xc0\x11\
    \xc0\x2d\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc6\x33\x64\x14\
    \x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x00";

const SYN: u8 = 2;
const ACK: u8 = 0x10;
const FIN: u8 = 1;

/// A handshake with a lost SYN, a request in two segments the second of which comes first, an answer, and a close.
fn exchange() -> Capture {
    let request = b"POST /v1/messages HTTP/1.1\r\nHost: b\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{\"text\":\"\xe6\x82\xa8\xe5\xa5\xbd\xef\xbc\x81\"}";
    let (first, second) = request.split_at(30);
    let answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n5\r\n{\"id\"\r\n3\r\n:1}\r\n0\r\n\r\n";
    let (length, answered) = (request.len() as u32, answer.len() as u32);
    capture(vec![
        tcp(true, (99, 0), SYN, b""),
        tcp(true, (99, 0), SYN, b""),
        tcp(false, (499, 100), SYN | ACK, b""),
        tcp(true, (100, 500), ACK, b""),
        tcp(true, (130, 500), ACK | 8, second),
        tcp(true, (100, 500), ACK, first),
        tcp(true, (100, 500), ACK, first),
        tcp(false, (500, 100 + length), ACK, answer),
        tcp(true, (100 + length, 500 + answered), ACK | FIN, b""),
        tcp(false, (500 + answered, 101 + length), ACK | FIN, b""),
        tcp(true, (101 + length, 501 + answered), ACK, b""),
    ])
}

fn keys(account: &Account, frame: usize) -> Vec<&'static str> {
    let segment = account.frames[frame].layer.find(Protocol::Tcp, "segment").unwrap();
    segment.notes.iter().map(|note: &Note| note.text.key).collect()
}

fn assert_whole(account: &Account, capture: &Capture) {
    for (told, frame) in account.frames.iter().zip(&capture.frames) {
        assert!(told.layer.is_partition(), "{:#?}", told.layer);
        assert_eq!(told.layer.range, 0..frame.bytes.len());
    }
    for derived in &account.derived {
        assert!(derived.layer.is_partition(), "{:#?}", derived.layer);
        assert_eq!(derived.layer.range, 0..derived.bytes.len());
    }
}

#[test]
fn a_connection_is_told_with_its_numbers_and_its_accidents() {
    let capture = exchange();
    let account = decode(&capture, "");
    assert_whole(&account, &capture);
    assert_eq!(account.faults(), []);
    assert_eq!(keys(&account, 0), ["TCP_SYN"]);
    assert!(keys(&account, 1).contains(&"TCP_RETRANSMISSION"));
    assert_eq!(keys(&account, 2), ["TCP_SYN_ACK", "TCP_HANDSHAKE_NUMBERS"]);
    assert_eq!(keys(&account, 3), ["TCP_THIRD"]);
    assert_eq!(keys(&account, 4), ["TCP_OUT_OF_ORDER"]);
    assert_eq!(keys(&account, 5), ["TCP_DATA"]);
    assert!(keys(&account, 6).contains(&"TCP_RETRANSMISSION"));
    assert!(keys(&account, 8).contains(&"TCP_CLOSE_ORDER"));
    assert!(keys(&account, 9).contains(&"TCP_FIN_ACKNOWLEDGED"));
    let [flow] = account.flows.as_slice() else {
        panic!("one connection, not {:?}", account.flows);
    };
    assert_eq!(
        (flow.end, flow.client.port, flow.client.retransmitted),
        (FlowEnd::Closed, 49_152, 1)
    );
    assert_eq!((flow.client.initial, flow.server.initial), (Some(99), Some(499)));
    let sequence = account.frames[4].layer.field_within("sequence number").unwrap();
    let expected = Value::Sequence {
        raw: 130,
        relative: Some(31),
    };
    assert_eq!(sequence.value, expected);
}

#[test]
fn what_came_in_pieces_is_told_where_it_became_whole() {
    let account = decode(&exchange(), "");
    let said = |name: &str| {
        let derived = account
            .derived
            .iter()
            .filter_map(|derived| derived.layer.field_within(name));
        let frames = account.frames.iter().filter_map(|frame| frame.layer.field_within(name));
        derived.chain(frames).map(|field| field.value.clone()).next()
    };
    assert_eq!(said("text"), Some(Value::Text(String::from("您好！"))));
    assert_eq!(said("id"), Some(Value::Text(String::from("1"))), "out of two chunks");
    let (space, _) = account
        .layers_of(5)
        .into_iter()
        .find(|(_, layer)| layer.name == "request")
        .unwrap();
    assert_ne!(space, crate::event::Space::Frame(5), "the head came in two segments");
    let again = account.frames[6].layer.field_within("data seen before");
    assert!(again.is_some(), "{:#?}", account.frames[6].layer);
}

#[test]
fn names_are_told_with_their_pointers() {
    let frames = vec![
        packet(17, (CLIENT.0, SERVER.0), 0x4000, &udp(QUERY)),
        packet(17, (CLIENT.0, SERVER.0), 0x4000, &udp(ANSWER)),
    ];
    let capture = capture(frames);
    let account = decode(&capture, "");
    assert_whole(&account, &capture);
    assert_eq!(account.faults(), []);
    let what = |frame: usize| {
        account.frames[frame]
            .layer
            .find(Protocol::Dns, "message")
            .unwrap()
            .what
            .as_str()
    };
    assert_eq!(what(0), "chat.nihao.test A?");
    assert_eq!(
        what(1),
        "chat.nihao.test CNAME b.nihao.test, b.nihao.test A 198.51.100.20"
    );
}

/// What a frame of UDP is told to be: the keys of its notes.
fn notes(payload: &[u8], change: impl Fn(&mut Vec<u8>)) -> Vec<&'static str> {
    let mut datagram = udp(payload);
    change(&mut datagram);
    let capture = capture(vec![packet(17, (CLIENT.0, SERVER.0), 0x4000, &datagram)]);
    let account = decode(&capture, "");
    assert_whole(&account, &capture);
    let mut keys = Vec::new();
    let layer = account.frames[0].layer.find(Protocol::Udp, "datagram").unwrap();
    layer.visit_notes(&mut |_, note| keys.push(note.text.key));
    keys
}

#[test]
fn an_answer_is_told_to_be_one_only_if_it_is() {
    let answers = [
        "DNS_ANSWER",
        "DNS_NO_DATA",
        "DNS_NXDOMAIN",
        "DNS_FAILED",
        "DNS_TRUNCATED",
    ];
    let told = |flags: [u8; 2]| {
        let empty = [&QUERY[..2], &flags, &QUERY[4..]].concat();
        let notes = notes(&empty, |_| ());
        notes
            .into_iter()
            .filter(|key| answers.contains(key))
            .collect::<Vec<_>>()
    };
    assert_eq!(told([0x81, 0x80]), ["DNS_NO_DATA"]);
    assert_eq!(told([0x83, 0x80]), ["DNS_TRUNCATED"]);
    assert_eq!(told([0x81, 0x82]), ["DNS_FAILED"], "SERVFAIL");
    assert_eq!(told([0x81, 0x83]), ["DNS_NXDOMAIN"]);
    let full = notes(ANSWER, |_| ());
    assert!(full.contains(&"DNS_ANSWER"), "{full:?}");
}

#[test]
fn a_datagram_ends_where_it_says() {
    let shorter = notes(QUERY, |datagram| datagram.extend([0; 4]));
    assert!(
        shorter.contains(&"LEFT_OVER") && !shorter.contains(&"CUT_SHORT"),
        "{shorter:?}"
    );
    let longer = notes(QUERY, |datagram| datagram[5] += 1);
    assert!(longer.contains(&"CUT_SHORT"), "{longer:?}");
    let none = notes(QUERY, |datagram| datagram[5] = 7);
    assert!(none.contains(&"BAD_VALUE"), "{none:?}");
}

#[test]
fn what_is_no_chunk_is_told_to_be_none() {
    let head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let request = b"GET / HTTP/1.1\r\nHost: b\r\n\r\n";
    for (rest, key) in [
        (&b"xyz\r\nabc"[..], "HTTP_BAD_CHUNK"),
        (b"5", "UNFINISHED"),
        (b"5\r\nab", "UNFINISHED"),
    ] {
        let answer = [&head[..], rest].concat();
        let account = decode(
            &capture(vec![
                tcp(true, (100, 1), ACK, request),
                tcp(false, (500, 1), ACK, &answer),
            ]),
            "",
        );
        let mut keys = Vec::new();
        account.frames[1]
            .layer
            .visit_notes(&mut |_, note| keys.push(note.text.key));
        assert_eq!(keys.last(), Some(&key), "{keys:?}");
    }
}

#[test]
fn behind_a_switch_stands_another_protocol() {
    let request = b"GET /v1/ws HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    let answer = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\x81\x02hi";
    let length = request.len() as u32;
    let capture = capture(vec![
        tcp(true, (100, 1), ACK, request),
        tcp(false, (500, 1), ACK, answer),
        tcp(true, (100 + length, 1), ACK, b"\x81\x82abcd\x09\x0b"),
    ]);
    let account = decode(&capture, "");
    assert_whole(&account, &capture);
    for (frame, length) in [(1, 4), (2, 8)] {
        let other = account.frames[frame].layer.field_within("another protocol").unwrap();
        assert_eq!((other.range.len(), other.notes[0].text.key), (length, "HTTP_SWITCHED"));
    }
}

#[test]
fn fragments_come_together() {
    let datagram = udp(QUERY);
    let (first, rest) = datagram.split_at(24);
    let between = (CLIENT.0, SERVER.0);
    let capture = capture(vec![packet(17, between, 3, rest), packet(17, between, 0x2000, first)]);
    let account = decode(&capture, "");
    assert_whole(&account, &capture);
    let [derived] = account.derived.as_slice() else {
        panic!("one datagram, not {:?}", account.derived);
    };
    assert_eq!(derived.frame, 1);
    for frame in &account.frames {
        let fragment = frame.layer.field_within("fragment").unwrap();
        assert_eq!(fragment.becomes, Some(crate::event::Space::Derived(0)));
    }
    assert_eq!(
        derived.layer.find(Protocol::Dns, "message").unwrap().what,
        "chat.nihao.test A?"
    );
}

#[test]
fn an_event_stands_after_the_one_that_holds_it() {
    let account = decode(&exchange(), "");
    let events = account.events();
    for (index, event) in events.iter().enumerate() {
        assert!(
            event
                .parent
                .is_none_or(|parent| parent < index && events[parent].frame == event.frame)
        );
    }
    let roots = events.iter().filter(|event| event.parent.is_none()).count();
    assert_eq!(roots, account.frames.len());
}

/// The leaves without the bytes they stand for, so that two accounts can be compared by what they say.
fn said(account: &Account) -> String {
    account
        .frames
        .iter()
        .map(|frame| format!("{:?}", frame.layer))
        .collect()
}

#[test]
fn any_other_byte_gives_another_account() {
    let capture = exchange();
    let told = said(&decode(&capture, ""));
    for (frame, at) in (0..capture.frames.len()).flat_map(|frame| (0..54).map(move |at| (frame, at))) {
        let mut other = capture.clone();
        other.frames[frame].bytes[at] ^= 0x04;
        let account = decode(&other, "");
        assert_whole(&account, &other);
        assert_ne!(said(&account), told, "byte {at} of frame {frame}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_give_an_account(frames in vec(vec(any::<u8>(), 0..200), 0..6)) {
        let capture = capture(frames);
        assert_whole(&decode(&capture, ""), &capture);
    }

    /// Bytes behind headers that lead deep.
    #[test]
    fn any_payload_gives_an_account(bytes in vec(any::<u8>(), 0..300), kind in 0_u8..6, cut in 0_usize..300) {
        let starts: [&[u8]; 6] = [b"", b"\x16\x03\x01\x00\x40\x01\x00\x00\x3c\x03\x03", b"GET / HTTP/1.1\r\n", ANSWER, QUERY, b"\x16\x03\x03\x00\x20\x0b\x00\x00\x80"];
        let mut payload = [starts[usize::from(kind)], &bytes].concat();
        payload.truncate(cut.max(1));
        let capture = capture(vec![
            tcp(true, (100, 500), ACK, &payload),
            tcp(false, (500, 100), ACK, &payload),
            packet(17, (CLIENT.0, SERVER.0), 0, &udp(&payload)),
            packet(1, (CLIENT.0, SERVER.0), 0, &payload),
        ]);
        assert_whole(&decode(&capture, ""), &capture);
    }

    /// Damaged recordings: bytes changed, segments left out or moved.
    #[test]
    fn damage_gives_an_account(changes in vec((0_usize..11, 0_usize..200, any::<u8>()), 1..20), order in vec(0_usize..11, 1..14)) {
        let mut capture = exchange();
        for (frame, at, byte) in changes {
            let bytes = &mut capture.frames[frame].bytes;
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        capture.frames = order.into_iter().map(|index| capture.frames[index].clone()).collect();
        let account = decode(&capture, "");
        assert_whole(&account, &capture);
    }
}
