//! DNS and ICMP as `explain` tells them, and as tshark does: questions, aliases, addresses, referrals, refusals, pointers.

use std::process::{Command, Stdio};

use anyhow::{Result, ensure};
use nihao_explain::capture::{Capture, Frame, Way};
use nihao_explain::decode::decode;
use nihao_explain::pcapng;
use nihao_protocol::clock::UnixTime;
use nihao_tests::lab::binaries;
use nihao_tests::live::Server;
use nihao_tests::told::{NAMES, count, differences};
use nihao_tests::tshark;
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Builder;

const MESSAGES: [&[u8]; 5] = [
    // chat.nihao.test A? with EDNS
    b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x01\x04chat\x05nihao\x04test\x00\x00\x01\x00\x01\
      \x00\x00\x29\x04\xd0\x00\x00\x00\x00\x00\x00",
    // its answer: an alias and two addresses
    b"\x12\x34\x85\x80\x00\x01\x00\x03\x00\x00\x00\x00\x04chat\x05nihao\x04test\x00\x00\x01\x00\x01\
      \xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x3c\x00\x04\x01b\xc0\x11\
      \xc0\x2d\x00\x01\x00\x01\x00\x00\x00\x3d\x00\x04\xc6\x33\x64\x14\
      \xc0\x2d\x00\x1c\x00\x01\x00\x00\x00\x3e\x00\x10\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x14",
    // a root server's referral
    b"\x56\x78\x80\x00\x00\x01\x00\x00\x00\x01\x00\x01\x04chat\x05nihao\x04test\x00\x00\x01\x00\x01\
      \xc0\x17\x00\x02\x00\x01\x00\x02\xa3\x00\x00\x05\x02ns\xc0\x17\
      \xc0\x2d\x00\x01\x00\x01\x00\x02\xa3\x00\x00\x04\xcb\x00\x71\x02",
    // no such name, and who says so
    b"\x9a\xbc\x84\x03\x00\x01\x00\x00\x00\x01\x00\x00\x03odd\x05nihao\x04test\x00\x00\x01\x00\x01\
      \xc0\x10\x00\x06\x00\x01\x00\x00\x01\x2c\x00\x20\x02ns\xc0\x10\x04mail\xc0\x10\
      \x78\xa4\xd7\xe1\x00\x00\x0e\x10\x00\x00\x03\x84\x00\x09\x3a\x80\x00\x00\x00\x3c",
    // a text
    b"\xde\xf0\x85\x80\x00\x01\x00\x01\x00\x00\x00\x00\x05nihao\x04test\x00\x00\x10\x00\x01\
      \xc0\x0c\x00\x10\x00\x01\x00\x00\x00\x05\x00\x06\x05hello",
];

#[test]
fn tshark_reads_the_same_names() -> Result<()> {
    let mut frames: Vec<_> = MESSAGES.iter().map(|message| packet(17, &datagram(message))).collect();
    frames.push(packet(1, b"\x08\x00\x8f\xfb\x00\x01\x00\x02hello, host"));
    let frame = |(index, bytes)| Frame {
        at: index as u64 * 1000,
        interface: 0,
        way: Way::Out,
        bytes,
        lost: false,
    };
    let capture = Capture {
        interfaces: vec![String::from("A")],
        frames: frames.into_iter().enumerate().map(frame).collect(),
    };
    let account = decode(&capture, "");
    ensure!(
        account.frames.iter().all(|frame| frame.layer.is_partition()),
        "{account:#?}"
    );
    let folder = TempDir::new()?;
    let file = folder.path().join("capture.pcapng");
    std::fs::write(&file, pcapng::write(&capture, UnixTime(1_767_225_600_000), ""))?;
    let names: Vec<_> = NAMES.iter().map(|same| same.field).collect();
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let rows = runtime.block_on(tshark::fields(&file, &[], &names))?;
    ensure!(rows.len() == account.frames.len(), "{} rows", rows.len());
    let found = differences(&account, &rows, &NAMES);
    ensure!(found.is_empty(), "{}", found.join("\n"));
    for same in &NAMES {
        ensure!(count(&account, same) > 0, "nothing to compare in {}", same.field);
    }
    Ok(())
}

fn datagram(message: &[u8]) -> Vec<u8> {
    let mut datagram = vec![0, 53, 0xc0, 0];
    datagram.extend((message.len() as u16 + 8).to_be_bytes());
    datagram.extend([0, 0]);
    datagram.extend(message);
    datagram
}

fn packet(protocol: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![2, 0, 0, 0, 1, 1, 2, 0, 0, 0, 0, 0x0a, 8, 0, 0x45, 0];
    frame.extend((payload.len() as u16 + 20).to_be_bytes());
    frame.extend([0, 0, 0x40, 0, 64, protocol, 0, 0, 192, 0, 2, 53, 192, 0, 2, 10]);
    frame.extend(payload);
    frame
}

/// A name server whose answers fit no datagram.
const LONG_WINDED: &str = r#"
import socket, struct, threading
tcp = socket.create_server(("127.0.0.1", 0))
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(tcp.getsockname())
def question(query):
    return query[12:query.index(b"\0", 12) + 5]
def datagrams():
    while True:
        query, who = udp.recvfrom(4096)
        udp.sendto(query[:2] + b"\x83\x80\0\1\0\0\0\0\0\0" + question(query), who)
threading.Thread(target=datagrams, daemon=True).start()
print("port", tcp.getsockname()[1])
while True:
    stream, _ = tcp.accept()
    query = stream.recv(4096)[2:]
    record = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x7f\0\0\1"
    count = 1 if question(query)[-4:-2] == b"\0\1" else 0
    answer = query[:2] + b"\x81\x80\0\1" + struct.pack(">H", count) + b"\0\0\0\0" + question(query) + record * count
    stream.sendall(struct.pack(">H", len(answer)) + answer)
"#;

/// Asked again over TCP, a look-up has its messages as over UDP: here two frames, for our own code reads the length first.
#[test]
fn an_answer_over_tcp_stands_with_its_look_up() -> Result<()> {
    let server = Server::start(Command::new("python3").args(["-u", "-c", LONG_WINDED]), "port ")?;
    let home = TempDir::new()?;
    let output = Command::new(&binaries().nihao)
        .arg("--home")
        .arg(home.path())
        .args([
            "--resolver",
            &format!("127.0.0.1:{}", server.port),
            "explain",
            "--json",
            "--live",
        ])
        .arg(format!("https://long.example.org:{}/", server.port))
        .stdin(Stdio::null())
        .output()?;
    let text = String::from_utf8(output.stdout)?;
    let lines: Vec<Value> = text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let asked = |result: &str| {
        let lookups = lines.iter().filter(|line| line["type"] == "lookup");
        lookups
            .filter(|line| line["asked"] == "long.example.org A" && line["result"] == result)
            .collect::<Vec<_>>()
    };
    for (result, frames, layer) in [("again", 2, "payload"), ("answer", 3, "message over TCP")] {
        let [lookup] = asked(result)[..] else {
            anyhow::bail!("one look-up with {result}: {text}");
        };
        let numbers = lookup["frames"].as_array().expect("frames");
        ensure!(numbers.len() == frames, "{lookup}");
        let told = lines
            .iter()
            .filter(|line| numbers.contains(&line["number"]) || numbers.contains(&line["frame"]));
        let trees: String = told.map(|line| line["tree"].to_string()).collect();
        ensure!(
            trees.contains(layer) && trees.contains("long.example.org A?"),
            "{trees}"
        );
    }
    Ok(())
}
