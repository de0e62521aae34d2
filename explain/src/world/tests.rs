//! What must hold of any network: the product's streams over it, faults where they were asked for, the same bytes from a seed.

use std::net::{Ipv4Addr, SocketAddrV4};
use std::time::Duration;

use smoltcp::wire::{EthernetFrame, EthernetProtocol, Ipv4Packet, TcpPacket};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::fault::{Fault, Segment};
use super::*;
use crate::capture::{Frame, Way};

const A: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 10);
const B: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 20);

struct Scene {
    plan: Plan,
    a: NodeId,
    b: NodeId,
    /// The wire between the routers.
    wan: (NodeId, usize),
}

fn address(last: u8, ip: [u8; 4], prefix: u8) -> Address {
    Address {
        hardware: [2, 0, 0, 0, 0, last],
        ip: ip.into(),
        prefix,
    }
}

/// A, a switch, two routers, a switch, B.
fn scene(seed: u64) -> Scene {
    let mut plan = Plan::new(seed);
    let a = plan.host("A", address(0x0a, A.octets(), 24), [192, 0, 2, 1].into());
    let b = plan.host("B", address(0x0b, B.octets(), 24), [198, 51, 100, 1].into());
    let near = plan.switch("near", 2);
    let far = plan.switch("far", 2);
    let route = |to: [u8; 4], prefix, via: [u8; 4]| Route {
        to: to.into(),
        prefix,
        via: Some(via.into()),
        interface: 1,
    };
    let one = plan.router(
        "one",
        &[address(0x11, [192, 0, 2, 1], 24), address(0x12, [10, 0, 0, 1], 30)],
        &[
            route([198, 51, 100, 0], 24, [10, 0, 0, 2]),
            route([0, 0, 0, 0], 0, [10, 0, 0, 2]),
        ],
    );
    let two = plan.router(
        "two",
        &[address(0x21, [198, 51, 100, 1], 24), address(0x22, [10, 0, 0, 2], 30)],
        &[route([192, 0, 2, 0], 24, [10, 0, 0, 1])],
    );
    plan.plug((a, 0), (near, 0), Wire::lan());
    plan.plug((near, 1), (one, 0), Wire::lan());
    plan.plug((one, 1), (two, 1), Wire::wan(15_000));
    plan.plug((two, 0), (far, 0), Wire::lan());
    plan.plug((far, 1), (b, 0), Wire::lan());
    Scene {
        plan,
        a,
        b,
        wan: (one, 1),
    }
}

/// A says something to B, B says it back, both close. What A heard, and how long it took.
async fn echo(world: World, a: NodeId, b: NodeId) -> std::io::Result<(Vec<u8>, u64)> {
    let mut listener = world.listen(b, 443)?;
    let serving = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await?;
        let mut heard = Vec::new();
        stream.read_to_end(&mut heard).await?;
        stream.write_all(&heard).await?;
        stream.shutdown().await
    });
    let mut stream = world.connect(a, SocketAddrV4::new(B, 443)).await?;
    stream.write_all("您好！".repeat(1000).as_bytes()).await?;
    stream.shutdown().await?;
    let mut back = Vec::new();
    stream.read_to_end(&mut back).await?;
    serving
        .await
        .unwrap_or_else(|error| Err(std::io::Error::other(error)))?;
    Ok((back, world.now()))
}

fn run(seed: u64, faults: &[Fault]) -> (std::io::Result<(Vec<u8>, u64)>, Seen) {
    let mut scene = scene(seed);
    for fault in faults {
        scene.plan.fault(scene.wan, *fault);
    }
    let (a, b) = (scene.a, scene.b);
    let scenario = move |world: World| async move {
        let limit = Duration::from_secs(600);
        tokio::time::timeout(limit, echo(world, a, b))
            .await
            .unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()))
    };
    scene.plan.run(Duration::from_secs(30), scenario)
}

/// Sequence number, SYN and time to live of a TCP frame.
fn segment(frame: &Frame) -> Option<(i32, bool, u8)> {
    let ethernet = EthernetFrame::new_checked(&frame.bytes[..]).ok()?;
    let ip = (ethernet.ethertype() == EthernetProtocol::Ipv4)
        .then(|| Ipv4Packet::new_checked(ethernet.payload()))?
        .ok()?;
    let tcp = TcpPacket::new_checked(ip.payload()).ok()?;
    Some((tcp.seq_number().0, tcp.syn(), ip.hop_limit()))
}

#[test]
fn a_stream_crosses_two_routers() {
    let (heard, seen) = run(7, &[]);
    let (heard, took) = heard.unwrap();
    assert_eq!(String::from_utf8(heard).unwrap(), "您好！".repeat(1000));
    assert!(
        (60_000..200_000).contains(&took),
        "two round trips of 30 ms and little more, not {took} µs"
    );
    let arrived: Vec<_> = seen.captures["B"]
        .frames
        .iter()
        .filter(|frame| frame.way == Way::In)
        .collect();
    let hops = arrived.iter().find_map(|frame| segment(frame)).unwrap().2;
    assert_eq!(hops, 62, "each router takes one from the time to live");
    let to_b: Vec<_> = seen
        .decisions
        .iter()
        .filter(|decision| decision.destination == B)
        .collect();
    let fitting = to_b[0].candidates.iter().filter(|candidate| candidate.fits);
    assert_eq!(
        fitting.map(|candidate| candidate.route.prefix).collect::<Vec<_>>(),
        [24, 0],
        "the longest prefix first"
    );
    assert_eq!((to_b[0].taken().unwrap().prefix, to_b[0].ttl), (24, 63));
    let came = &seen.captures[&to_b[0].node].frames[to_b[0].frame.unwrap()];
    assert_eq!((came.way, segment(came).unwrap().2), (Way::In, 64));
    let [wait] = &seen.waits[..] else {
        panic!("{:?}", seen.waits)
    };
    assert_eq!(
        (wait.node.as_str(), wait.until.unwrap() - wait.from),
        ("A", 10_000_000),
        "A closed first, and B's stack keeps nothing"
    );
}

#[test]
fn a_lost_syn_is_sent_again_unchanged_after_a_second() {
    let (heard, seen) = run(7, &[Fault::Lose(Segment::Syn)]);
    assert!(heard.is_ok());
    let syns: Vec<_> = seen.captures["A"]
        .frames
        .iter()
        .filter(|frame| frame.way == Way::Out)
        .collect();
    let syns: Vec<_> = syns
        .into_iter()
        .filter_map(|frame| segment(frame).map(|(seq, syn, _)| (frame.at, seq, syn)))
        .collect();
    let syns: Vec<_> = syns.into_iter().filter(|(_, _, syn)| *syn).collect();
    let [(first, one, _), (second, two, _)] = syns[..] else {
        panic!("{syns:?}")
    };
    assert_eq!((one, second - first), (two, 1_000_000));
    let lost = seen.captures["one"].frames.iter().filter(|frame| frame.lost).count();
    assert_eq!(lost, 1);
}

#[test]
fn the_same_seed_gives_the_same_frames() {
    let lossy = [Fault::Loss(10)];
    let (first, second) = (
        run(7, &lossy).1,
        std::thread::scope(|scope| scope.spawn(|| run(7, &lossy).1).join().unwrap()),
    );
    assert!(first.captures["A"].frames.len() > 20);
    assert_eq!(first, second);
    assert_ne!(first, run(8, &lossy).1);
}

#[test]
fn whatever_is_lost_it_ends() {
    for seed in 0..40 {
        let (heard, _) = run(seed, &[Fault::Loss((seed % 4) as u8 * 10)]);
        match heard {
            Ok((heard, _)) => assert_eq!(heard.len(), 9000, "seed {seed}"),
            Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::TimedOut, "seed {seed}: {error}"),
        }
    }
}

#[test]
fn nobody_listening_is_a_refusal_and_nobody_there_is_silence() {
    let scene = scene(7);
    let a = scene.a;
    let scenario = move |world: World| async move {
        let refused = world.connect(a, SocketAddrV4::new(B, 444)).await.unwrap_err();
        let nobody = SocketAddrV4::new([198, 51, 100, 99].into(), 443);
        let silent = tokio::time::timeout(Duration::from_secs(10), world.connect(a, nobody)).await;
        (refused.kind(), silent.is_err())
    };
    let ((refused, silent), seen) = scene.plan.run(Duration::ZERO, scenario);
    assert_eq!((refused, silent), (std::io::ErrorKind::ConnectionRefused, true));
    // After three questions the far router says that the host cannot be reached.
    let icmp = seen.captures["A"]
        .frames
        .iter()
        .filter(|frame| frame.bytes.get(23) == Some(&1))
        .count();
    assert!(icmp >= 1, "an ICMP message came back");
}

#[test]
fn datagrams_cross_too() {
    let scene = scene(7);
    let (a, b) = (scene.a, scene.b);
    let scenario = move |world: World| async move {
        let server = world.datagrams(b, 53).unwrap();
        tokio::spawn(async move {
            let (question, from) = server.receive().await;
            let std::net::SocketAddr::V4(from) = from else {
                panic!("{from}")
            };
            server.send_to(&question, from).await.unwrap();
            server.receive().await; // keeps the port until the end
        });
        let socket = world.datagrams(a, 0).unwrap();
        socket.send_to(b"who?", SocketAddrV4::new(B, 53)).await.unwrap();
        socket.receive().await
    };
    let ((answer, from), _) = scene.plan.run(Duration::ZERO, scenario);
    assert_eq!(
        (answer.as_slice(), from.to_string().as_str()),
        (&b"who?"[..], "198.51.100.20:53")
    );
}

#[test]
fn what_a_switch_says_it_did_is_what_left_it() {
    let (ended, seen) = run(7, &[]);
    ended.unwrap();
    assert!(seen.switchings.len() > 20);
    for name in ["near", "far"] {
        let frames = &seen.captures[name].frames;
        let mut left = frames.iter().filter(|frame| frame.way == Way::Out);
        for switching in seen.switchings.iter().filter(|switching| switching.node == name) {
            let (came, switched) = (&frames[switching.frame], &switching.switched);
            assert_eq!((came.way, came.interface), (Way::In, switched.from));
            for port in &switched.to {
                let sent = left.next().unwrap();
                assert_eq!((sent.interface, sent.at), (*port, came.at));
                assert_eq!(sent.bytes, came.bytes, "a switch changes nothing");
            }
        }
        assert_eq!(left.next(), None, "nothing left that is not told");
    }
}
