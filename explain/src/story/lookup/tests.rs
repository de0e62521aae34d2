//! An answer that did not fit a datagram: the messages of both tries, made by hand.

use std::net::Ipv4Addr;
use std::time::Duration;

use nihao_protocol::dns::{Family, Layer as Place, Name, Step};

use super::*;
use crate::capture::Frame;

const A: [u8; 4] = [192, 0, 2, 10];
const SERVER: [u8; 4] = [203, 0, 113, 53];
const QUESTION: &[u8] =
    b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04chat\x05nihao\x04test\x00\x00\x01\x00\x01";
const TRUNCATED: &[u8] =
    b"\x12\x34\x83\x80\x00\x01\x00\x00\x00\x00\x00\x00\x04chat\x05nihao\x04test\x00\x00\x01\x00\x01";
const ANSWER: &[u8] = b"\x12\x34\x81\x80\x00\x01\x00\x01\x00\x00\x00\x00\x04chat\x05nihao\x04test\x00\x00\x01\x00\x01\
    \xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc6\x33\x64\x14";

fn packet(at: u64, way: Way, protocol: u8, rest: &[u8]) -> Frame {
    let (from, to) = if way == Way::Out { (A, SERVER) } else { (SERVER, A) };
    let ports: [u8; 4] = if way == Way::Out {
        [0xc0, 0, 0, 53]
    } else {
        [0, 53, 0xc0, 0]
    };
    let length = (24 + rest.len() as u16).to_be_bytes();
    let mut bytes = vec![2, 0, 0, 0, 1, 1, 2, 0, 0, 0, 0, 0x0a, 8, 0, 0x45, 0];
    bytes.extend(length);
    bytes.extend([0, 0, 0x40, 0, 64, protocol, 0, 0]);
    bytes.extend([from, to].concat());
    bytes.extend(ports);
    bytes.extend(rest);
    Frame {
        at,
        interface: 0,
        way,
        bytes,
        lost: false,
    }
}

fn datagram(at: u64, way: Way, message: &[u8]) -> Frame {
    let length = (8 + message.len() as u16).to_be_bytes();
    packet(at, way, 17, &[&length, &[0, 0][..], message].concat())
}

fn segment(at: u64, way: Way, sequence: u32, payload: &[u8]) -> Frame {
    let header = [0, 0, 0, 0, 0x50, 0x10, 0xff, 0xff, 0, 0, 0, 0];
    packet(at, way, 6, &[&sequence.to_be_bytes(), &header[..], payload].concat())
}

fn step(at: u64, verdict: Verdict) -> NameStep {
    NameStep {
        at,
        node: String::from("A"),
        number: 1,
        step: Step {
            name: Name::parse("chat.nihao.test").unwrap(),
            family: Family::V4,
            layer: Place::Resolver,
            verdict,
        },
    }
}

fn framed(message: &[u8]) -> Vec<u8> {
    [&(message.len() as u16).to_be_bytes(), message].concat()
}

#[test]
fn what_is_asked_again_over_tcp_has_its_messages() {
    let answer = framed(ANSWER);
    let (first, second) = answer.split_at(20);
    let capture = Capture {
        interfaces: vec![String::from("eth0")],
        frames: vec![
            datagram(10, Way::Out, QUESTION),
            datagram(20, Way::In, TRUNCATED),
            segment(20, Way::Out, 100, &framed(QUESTION)),
            segment(30, Way::In, 500, first),
            segment(40, Way::In, 520, second),
        ],
    };
    let server = SocketAddr::from((SERVER, 53));
    let asks = |transport| Verdict::Asks {
        server,
        named: None,
        transport,
        attempt: 0,
        patience: Duration::from_secs(5),
    };
    let said = Reply::Known {
        aliases: Vec::new(),
        known: Known::Addresses(vec![Ipv4Addr::new(198, 51, 100, 20).into()]),
        ttl: Some(60),
    };
    let steps = [
        step(10, asks(Transport::Udp)),
        step(20, Verdict::Truncated { server }),
        step(20, asks(Transport::Tcp)),
        step(40, Verdict::Said { server, reply: said }),
    ];
    let captures = BTreeMap::from([(String::from("A"), capture.clone())]);
    let told = lookups(&captures, &capture, &steps);
    let [datagrams, stream] = told.as_slice() else {
        panic!("two, not {told:?}");
    };
    assert_eq!((datagrams.result, stream.result), (Found::Again, Found::Answer));
    // The answer came in two segments, and is told with the second of them.
    assert_eq!((&datagrams.frames, &stream.frames), (&vec![0, 1], &vec![2, 4]));
    assert_eq!(
        (stream.what.as_str(), stream.ttl),
        ("chat.nihao.test A 198.51.100.20", Some(60))
    );
    let said: Vec<_> = stream
        .messages
        .iter()
        .map(|message| (message.way, message.layer.name.as_ref()))
        .collect();
    assert_eq!(said, [(Way::Out, "frame"), (Way::In, "message over TCP")]);
}
