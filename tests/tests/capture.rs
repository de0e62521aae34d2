//! Our TLS on a real wire, read by tshark with our key log: every message decoded, every byte decrypted, both closes seen.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use nihao_protocol::net::system::system_clock;
use nihao_protocol::net::{Acceptor, Connector, Environment, KeyLogFile, TlsStream};
use nihao_protocol::tls::{CipherSuite, ClientAuth, ClientConfig, Padding, ServerConfig};
use nihao_protocol::x509::{Roots, ServerName, Trust};
use nihao_tests::capture::Speaker::{Client, Server};
use nihao_tests::capture::{Capture, Saved, Speaker, Stream, in_its_own_network};
use nihao_tests::interop::process::{Output, Place, Process, Program};
use nihao_tests::pki::{Ca, Kind, Leaf};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const HELLO: [u8; 9] = [0xe6, 0x82, 0xa8, 0xe5, 0xa5, 0xbd, 0xef, 0xbc, 0x81];

/// The handshake's messages by their numbers (RFC 8446 §4).
const CLIENT_HELLO: u8 = 1;
const SERVER_HELLO: u8 = 2;
const ENCRYPTED_EXTENSIONS: u8 = 8;
const CERTIFICATE: u8 = 11;
const CERTIFICATE_REQUEST: u8 = 13;
const CERTIFICATE_VERIFY: u8 = 15;
const FINISHED: u8 = 20;
const KEY_UPDATE: u8 = 24;

#[test]
fn tshark_reads_our_client_and_server() {
    in_its_own_network("tshark_reads_our_client_and_server", || async {
        let folder = TempDir::new()?;
        let saved = capture_two_connections(folder.path()).await?;
        let streams = saved.streams().await?;
        let [plain, rich] = streams.as_slice() else {
            anyhow::bail!("two connections, not {streams:?}");
        };
        assert_eq!(plain.handshake, plain_handshake(), "{}", plain.story);
        assert_eq!(rich.handshake, rich_handshake(), "{}", rich.story);
        for stream in [plain, rich] {
            assert_eq!(stream.from_client, HELLO.repeat(2), "{}", stream.story);
            assert_eq!(stream.from_server, HELLO.repeat(2), "{}", stream.story);
            assert_closed(stream);
        }
        assert_eq!(saved.complaints().await?, Vec::<String>::new());
        assert_sealed(saved).await
    });
}

/// Without the key log, tshark sees the hellos and nothing else.
async fn assert_sealed(mut saved: Saved) -> Result<()> {
    saved.keys = saved.keys.with_file_name("no keys");
    std::fs::write(&saved.keys, "")?;
    for stream in saved.streams().await? {
        let hidden = |(_, kind): &(Speaker, u8)| *kind != CLIENT_HELLO && *kind != SERVER_HELLO;
        assert!(
            !stream.handshake.is_empty() && !stream.handshake.iter().any(hidden),
            "{}",
            stream.story
        );
        assert!(stream.alerts.is_empty(), "{}", stream.story);
        assert!(
            stream.from_client.is_empty() && stream.from_server.is_empty(),
            "{}",
            stream.story
        );
    }
    Ok(())
}

/// X25519 at once, no client certificate.
fn plain_handshake() -> Vec<(Speaker, u8)> {
    let mut said = vec![(Client, CLIENT_HELLO), (Server, SERVER_HELLO)];
    said.extend([ENCRYPTED_EXTENSIONS, CERTIFICATE, CERTIFICATE_VERIFY, FINISHED].map(|kind| (Server, kind)));
    said.push((Client, FINISHED));
    said
}

/// A retried hello, mutual authentication, and a key update that asks for another.
fn rich_handshake() -> Vec<(Speaker, u8)> {
    let mut said = vec![(Client, CLIENT_HELLO), (Server, SERVER_HELLO)];
    said.extend([(Client, CLIENT_HELLO), (Server, SERVER_HELLO)]);
    let flight = [
        ENCRYPTED_EXTENSIONS,
        CERTIFICATE_REQUEST,
        CERTIFICATE,
        CERTIFICATE_VERIFY,
        FINISHED,
    ];
    said.extend(flight.map(|kind| (Server, kind)));
    said.extend([CERTIFICATE, CERTIFICATE_VERIFY, FINISHED].map(|kind| (Client, kind)));
    said.extend([(Client, KEY_UPDATE), (Server, KEY_UPDATE)]);
    said
}

/// Each side said close_notify, once, and no other alert.
fn assert_closed(stream: &Stream) {
    let mut alerts = stream.alerts.clone();
    alerts.sort_by_key(|(speaker, _)| *speaker == Server);
    assert_eq!(alerts, [(Client, 0), (Server, 0)], "{}", stream.story);
}

async fn capture_two_connections(folder: &Path) -> Result<Saved> {
    let keys = folder.join("keys.log");
    let key_log = Arc::new(KeyLogFile::open(&keys)?);
    let now = system_clock().now();
    let (servers, users) = (
        Ca::at("server CA", Kind::P256, 1, now),
        Ca::at("user CA", Kind::Ed25519, 2, now),
    );
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let capture = Capture::start().await?;
    for rich in [false, true] {
        let mut client = ClientConfig::new(trust(&servers)?);
        let mut server = ServerConfig::new(vec![servers.identity(&Leaf::server(Kind::P256))]);
        client.key_log = Some(key_log.clone());
        if rich {
            client.key_shares = Vec::new();
            client.cipher_suites = vec![CipherSuite::TLS_AES_256_GCM_SHA384];
            client.identities = vec![users.identity(&Leaf::user(Kind::Ed25519))];
            client.records.padding = Padding::Block(256);
            server.client_auth = ClientAuth::Required(trust(&users)?);
        }
        tokio::try_join!(ask(client, &listener, rich), answer(server, &listener))?;
    }
    let file = folder.join("capture.pcap");
    capture.save(&file).await?;
    let port = listener.local_addr()?.port();
    Ok(Saved { file, keys, port })
}

fn trust(ca: &Ca) -> Result<Trust> {
    let mut roots = Roots::new();
    roots.add(&ca.der)?;
    Ok(Trust::Roots(Arc::new(roots)))
}

/// Says 您好！ twice and hears it twice; between, the key may change.
async fn ask(config: ClientConfig, listener: &TcpListener, update_key: bool) -> Result<()> {
    let io = TcpStream::connect(listener.local_addr()?).await?;
    let connector = Connector::new(Arc::new(config), Environment::system());
    let mut stream = connector.connect(io, ServerName::parse("localhost")?).await?;
    for round in 0..2 {
        if round > 0 && update_key {
            stream.update_key(true)?;
        }
        stream.write_all(&HELLO).await?;
        hear(&mut stream).await?;
    }
    stream.shutdown().await?;
    ensure!(stream.read(&mut [0]).await? == 0, "data where the end should be");
    Ok(())
}

async fn answer(config: ServerConfig, listener: &TcpListener) -> Result<()> {
    let (io, _) = listener.accept().await?;
    let mut stream = Acceptor::new(Arc::new(config), Environment::system())
        .accept(io)
        .await?;
    for _ in 0..2 {
        hear(&mut stream).await?;
        stream.write_all(&HELLO).await?;
    }
    ensure!(stream.read(&mut [0]).await? == 0, "data where the end should be");
    stream.shutdown().await?;
    Ok(())
}

async fn hear(stream: &mut TlsStream<TcpStream>) -> Result<()> {
    let mut heard = [0; HELLO.len()];
    stream.read_exact(&mut heard).await?;
    ensure!(heard == HELLO, "{heard:x?}");
    Ok(())
}

#[test]
fn tshark_reads_a_run_of_the_demo() {
    in_its_own_network("tshark_reads_a_run_of_the_demo", || async {
        let folder = TempDir::new()?;
        let saved = capture_demo(folder.path()).await?;
        let logged = std::fs::read_to_string(&saved.keys)?;
        let mut streams = saved.streams().await?;
        // localhost is ::1, too, where nobody listens: that is tried first, and refused.
        streams.retain(|stream| !stream.handshake.is_empty());
        // Alice joins, invites and sends; bob joins and listens.
        assert_eq!(streams.len(), 5);
        assert_eq!(logged.lines().count(), 4 * streams.len(), "four secrets a connection");
        for stream in &streams {
            let mut said = stream.handshake.clone();
            // Who has a certificate shows it; who joins has none yet.
            said.retain(|message| !matches!(message, (Client, CERTIFICATE | CERTIFICATE_VERIFY)));
            said.retain(|message| *message != (Server, CERTIFICATE_REQUEST));
            assert_eq!(said, plain_handshake(), "{}", stream.story);
            assert!(
                !stream.from_client.is_empty() && !stream.from_server.is_empty(),
                "{}",
                stream.story
            );
            assert_closed(stream);
        }
        let from_alice = streams.iter().filter(|stream| contains(&stream.from_client)).count();
        let to_bob = streams.iter().filter(|stream| contains(&stream.from_server)).count();
        assert_eq!(
            (from_alice, to_bob),
            (1, 1),
            "您好！ from alice in one connection, to bob in another"
        );
        assert_eq!(saved.complaints().await?, Vec::<String>::new());
        Ok(())
    });
}

fn contains(data: &[u8]) -> bool {
    data.windows(HELLO.len()).any(|window| window == HELLO)
}

async fn capture_demo(folder: &Path) -> Result<Saved> {
    let (keys, file) = (folder.join("keys.log"), folder.join("capture.pcap"));
    let capture = Capture::start().await?;
    let program = Program {
        name: "nihao-under-test",
        place: Place::Workspace,
        buffers: false,
    };
    let output = Output::default();
    let arguments = ["demo", "--keylog", &keys.display().to_string()].map(String::from);
    let status = Process::start(program, &arguments, &output)?.finish().await?;
    ensure!(status.success(), "{output}");
    capture.save(&file).await?;
    let told = String::from_utf8(output.out())?;
    let (_, after) = told.split_once("to server 127.0.0.1:").with_context(|| told.clone())?;
    let port = after.split_once(',').context("a port")?.0.parse()?;
    Ok(Saved { file, keys, port })
}
