//! The decoders of `explain` over captures of the loopback: our TLS and OpenSSL's, in handshakes of every kind; tshark reads the same.

#[path = "explain_capture/second.rs"]
mod second;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result, ensure};
use nihao_explain::decode::decode;
use nihao_explain::event::{Account, How, Value};
use nihao_protocol::crypto::Secret;
use nihao_protocol::net::system::system_clock;
use nihao_protocol::net::{Acceptor, Connector, Environment, TlsStream};
use nihao_protocol::tls::{
    CipherSuite, ClientAuth, ClientConfig, KeyLog, Padding, RememberedSessions, ServerConfig, TicketKeys,
};
use nihao_protocol::x509::{Roots, ServerName, Trust};
use nihao_tests::capture::{Capture, in_its_own_network};
use nihao_tests::interop::process::{Output, Place, Process, Program};
use nihao_tests::pki::{Ca, Kind, Leaf};
use nihao_tests::told::{HIGH, LOW, differences};
use nihao_tests::{pcap, tshark};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

const OPENSSL: Program = Program {
    name: "openssl",
    place: Place::Package("openssl"),
    buffers: false,
};

const POST: &str = "POST /v1/messages HTTP/1.1\r\nHost: localhost\r\nAccept-Language: zh-CN\r\nContent-Type: application/json\r\n\
    Content-Length: 20\r\n\r\n{\"text\":\"您好！\"}";
const ANSWER: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n\
    7\r\n{\"id\":1\r\n1\r\n}\r\n0\r\n\r\n";

/// What a scene was, when it is over: all that was captured.
struct Scene {
    folder: TempDir,
    port: u16,
}

impl Scene {
    /// Our account, after tshark was found to read the same.
    async fn told(&self) -> Result<Account> {
        let file = self.folder.path().join("capture.pcap");
        let log = self.folder.path().join("keys.log");
        let capture = pcap::read(&std::fs::read(&file)?)?;
        let account = decode(&capture, &std::fs::read_to_string(&log)?);
        for (told, frame) in account.frames.iter().zip(&capture.frames) {
            ensure!(
                told.layer.is_partition() && told.layer.range == (0..frame.bytes.len()),
                "{:#?}",
                told.layer
            );
        }
        ensure!(
            account.derived.iter().all(|derived| derived.layer.is_partition()),
            "{:#?}",
            account.derived
        );
        let port = self.port;
        let options = [
            "-o".to_owned(),
            format!("tls.keylog_file:{}", log.display()),
            "-o".to_owned(),
            "tcp.reassemble_out_of_order:TRUE".to_owned(),
            // A body that ends with the connection would keep its head back.
            "-o".to_owned(),
            "http.desegment_body:FALSE".to_owned(),
            "-d".to_owned(),
            format!("tcp.port=={port},tls"),
            "-d".to_owned(),
            format!("tls.port=={port},http"),
        ];
        let names: Vec<_> = LOW.iter().chain(&HIGH).map(|same| same.field).collect();
        let rows = tshark::fields(&file, &options, &names).await?;
        ensure!(rows.len() == account.frames.len(), "{} rows", rows.len());
        let mut found = differences(&account, &rows, &LOW);
        found.extend(differences(&account, &rows, &HIGH));
        ensure!(found.is_empty(), "{}", found.join("\n"));
        // A loopback's checksums are left to a network card that is not there.
        let faults = account
            .faults()
            .into_iter()
            .filter(|(_, note)| note.text.key != "CHECKSUM_WRONG");
        let faults: Vec<_> = faults.map(|(span, note)| (span, note.text.key)).collect();
        ensure!(faults.is_empty(), "{faults:?}");
        Ok(account)
    }
}

/// How often something is said.
fn count(account: &Account, key: &str) -> usize {
    let mut count = 0;
    let frames = account.frames.iter().map(|frame| &frame.layer);
    for layer in frames.chain(account.derived.iter().map(|derived| &derived.layer)) {
        layer.visit_notes(&mut |_, note| count += usize::from(note.text.key == key));
    }
    count
}

fn texts(account: &Account, name: &str) -> Vec<String> {
    let frames = account.frames.iter().map(|frame| &frame.layer);
    let layers = frames.chain(account.derived.iter().map(|derived| &derived.layer));
    let fields = layers
        .flat_map(|layer| layer.fields())
        .filter(|field| field.name == name);
    let text = |value: &Value| match value {
        Value::Text(text) => text.clone(),
        other => other.to_string(),
    };
    fields.map(|field| text(&field.value)).collect()
}

/// A retried hello, both certificates, padding, AES-256, keys updated both ways; then the same two resume.
#[test]
fn our_tls_in_its_richest_handshake_and_resumed() {
    in_its_own_network("our_tls_in_its_richest_handshake_and_resumed", || async {
        let scene = rich_and_resumed().await?;
        let account = scene.told().await?;
        let agreed: Vec<_> = account.flows.iter().filter_map(|flow| flow.tls.as_ref()).collect();
        let [first, second] = agreed.as_slice() else {
            anyhow::bail!("two connections, not {agreed:?}");
        };
        ensure!(first.retried && !first.resumed && second.resumed, "{agreed:?}");
        ensure!(first.suite == Some(CipherSuite::TLS_AES_256_GCM_SHA384), "{first:?}");
        ensure!(count(&account, "TLS_HELLO_RETRY_REQUEST") >= 2 && count(&account, "TLS_KEY_UPDATE") >= 2);
        // Of both connections the Finished of both sides, and of the first the signatures of both.
        ensure!(
            count(&account, "TLS_FINISHED_RIGHT") == 4,
            "{}",
            count(&account, "TLS_FINISHED_RIGHT")
        );
        ensure!(
            count(&account, "TLS_SIGNATURE_RIGHT") == 2,
            "{}",
            count(&account, "TLS_SIGNATURE_RIGHT")
        );
        ensure!(count(&account, "TLS_PADDING") > 0 && count(&account, "EXT_PSK_SELECTED") == 1);
        let updated = account.derived.iter().filter(|derived| match &derived.how {
            How::Decrypted(protection) => protection.generation == 1,
            How::Joined => false,
        });
        ensure!(updated.count() >= 2, "records of both sides under the next keys");
        assert_scheduled(&scene)?;
        ensure!(
            texts(&account, "text") == ["您好！", "您好！"],
            "{:?}",
            texts(&account, "text")
        );
        ensure!(texts(&account, "id") == ["1", "1"], "{:?}", texts(&account, "id"));
        Ok(())
    });
}

async fn rich_and_resumed() -> Result<Scene> {
    let folder = TempDir::new()?;
    let now = system_clock().now();
    let servers = Ca::at("server CA", Kind::P256, 1, now);
    let users = Ca::at("user CA", Kind::Ed25519, 2, now);
    let mut client = ClientConfig::new(trust(&servers)?);
    let mut server = ServerConfig::new(vec![servers.identity(&Leaf::server(Kind::P256))]);
    let log = Arc::new(Everything::default());
    client.key_log = Some(log.clone());
    client.key_shares = Vec::new();
    client.cipher_suites = vec![CipherSuite::TLS_AES_256_GCM_SHA384];
    client.identities = vec![users.identity(&Leaf::user(Kind::Ed25519))];
    client.records.padding = Padding::Block(256);
    client.sessions = Some(Arc::new(RememberedSessions::new(16)));
    server.client_auth = ClientAuth::Required(trust(&users)?);
    server.tickets = Some(Arc::new(TicketKeys::new(3600)));
    let (client, server) = (Arc::new(client), Arc::new(server));
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let capture = Capture::start().await?;
    for _ in 0..2 {
        tokio::try_join!(ask(&client, &listener), answer(&server, &listener))?;
    }
    capture.save(&folder.path().join("capture.pcap")).await?;
    std::fs::write(folder.path().join("keys.log"), log.lines())?;
    let port = listener.local_addr()?.port();
    Ok(Scene { folder, port })
}

/// The lines of an SSLKEYLOGFILE, and what the key agreement came to.
#[derive(Debug, Default)]
struct Everything(Mutex<String>);

impl Everything {
    fn lines(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl KeyLog for Everything {
    fn log(&self, line: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_str(line);
    }

    fn shared_secret(&self, client_random: &[u8; 32], secret: &Secret) {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let (random, secret) = (hex(client_random), hex(secret.expose()));
        self.log(&format!("NIHAO_SHARED_SECRET {random} {secret}\n"));
    }
}

/// With the outcome of the key agreement every secret has a value, and a secret that the key log is silent about comes out the same.
fn assert_scheduled(scene: &Scene) -> Result<()> {
    let capture = pcap::read(&std::fs::read(scene.folder.path().join("capture.pcap"))?)?;
    let log = std::fs::read_to_string(scene.folder.path().join("keys.log"))?;
    let scheduled = |lines: &[&str]| {
        let account = decode(&capture, &lines.join("\n"));
        let schedule = account.flows.into_iter().find_map(|flow| flow.schedule);
        schedule.context("a schedule")
    };
    let all: Vec<&str> = log.lines().collect();
    let told = scheduled(&all)?;
    ensure!(told.nodes.iter().all(|made| made.value.is_some()), "{told:#?}");
    let four: Vec<_> = all.iter().copied().filter(|line| !line.starts_with("NIHAO")).collect();
    let logged = scheduled(&four)?;
    let has = |name: &str| logged.find(name).is_some_and(|made| made.value.is_some());
    ensure!(
        has("Early Secret") && has("server application key") && !has("Handshake Secret"),
        "{logged:#?}"
    );
    let mut compared = 0;
    for silent in four.iter().take(4) {
        let rest: Vec<_> = all.iter().copied().filter(|line| line != silent).collect();
        let label = silent.split(' ').next();
        let computed = scheduled(&rest)?;
        for (made, computed) in told
            .nodes
            .iter()
            .zip(&computed.nodes)
            .filter(|(made, _)| made.logged_as == label)
        {
            // Without the handshake's secrets its messages cannot be read, so that later hashes are not known.
            let is_reached = computed.value.is_some();
            ensure!(!is_reached || made.value == computed.value, "{label:?}: {computed:?}");
            compared += usize::from(is_reached);
        }
    }
    ensure!(
        compared == 4,
        "{compared} of the four secrets came out of the agreement"
    );
    Ok(())
}

fn trust(ca: &Ca) -> Result<Trust> {
    let mut roots = Roots::new();
    roots.add(&ca.der)?;
    Ok(Trust::Roots(Arc::new(roots)))
}

async fn ask(config: &Arc<ClientConfig>, listener: &TcpListener) -> Result<()> {
    let io = TcpStream::connect(listener.local_addr()?).await?;
    let connector = Connector::new(config.clone(), Environment::system());
    let mut stream = connector.connect(io, ServerName::parse("localhost")?).await?;
    stream.update_key(true)?;
    stream.write_all(POST.as_bytes()).await?;
    hear(&mut stream, ANSWER).await?;
    stream.shutdown().await?;
    ensure!(stream.read(&mut [0]).await? == 0, "data where the end should be");
    Ok(())
}

async fn answer(config: &Arc<ServerConfig>, listener: &TcpListener) -> Result<()> {
    let (io, _) = listener.accept().await?;
    let acceptor = Acceptor::new(config.clone(), Environment::system());
    let mut stream = acceptor.accept(io).await?;
    hear(&mut stream, POST).await?;
    stream.write_all(ANSWER.as_bytes()).await?;
    ensure!(stream.read(&mut [0]).await? == 0, "data where the end should be");
    stream.shutdown().await?;
    Ok(())
}

async fn hear(stream: &mut TlsStream<TcpStream>, expected: &str) -> Result<()> {
    let mut heard = vec![0; expected.len()];
    stream.read_exact(&mut heard).await?;
    ensure!(heard == expected.as_bytes(), "{}", String::from_utf8_lossy(&heard));
    Ok(())
}

/// OpenSSL at both ends: not a byte of this connection is ours.
#[test]
fn openssl_with_openssl() {
    in_its_own_network("openssl_with_openssl", || async {
        for suite in ["TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256"] {
            let folder = TempDir::new()?;
            let scene = openssl(folder, suite).await?;
            let account = scene.told().await?;
            let agreed = account.flows.iter().find_map(|flow| flow.tls.as_ref()).context("TLS")?;
            ensure!(
                agreed.suite.map(|suite| suite.to_string()).as_deref() == Some(suite),
                "{agreed:?}"
            );
            ensure!(agreed.server_name.as_deref() == Some("localhost"), "{agreed:?}");
            ensure!(count(&account, "TLS_FINISHED_RIGHT") == 2 && count(&account, "TLS_SIGNATURE_RIGHT") == 1);
            ensure!(
                count(&account, "TLS_NEW_SESSION_TICKET") == 2,
                "OpenSSL gives two tickets"
            );
            ensure!(texts(&account, "target") == ["/"], "{:?}", texts(&account, "target"));
            ensure!(texts(&account, "status") == ["200"], "{:?}", texts(&account, "status"));
        }
        Ok(())
    });
}

/// Of a version that is not told here nothing is told but that; above all not that it is wrong.
#[test]
fn openssl_with_openssl_in_an_older_version() {
    in_its_own_network("openssl_with_openssl_in_an_older_version", || async {
        let scene = openssl(TempDir::new()?, "-tls1_2").await?;
        let capture = pcap::read(&std::fs::read(scene.folder.path().join("capture.pcap"))?)?;
        let account = decode(&capture, "");
        ensure!(
            texts(&account, "server_version") == ["TLS 1.2 (0x303)"],
            "{:?}",
            texts(&account, "server_version")
        );
        ensure!(count(&account, "TLS_OLD_VERSION") >= 2 && count(&account, "TLS_NO_KEY") >= 4);
        let faults = account.faults().into_iter().map(|(_, note)| note.text.key);
        let faults: Vec<_> = faults.filter(|key| *key != "CHECKSUM_WRONG").collect();
        ensure!(faults.is_empty(), "{faults:?}");
        ensure!(
            account
                .flows
                .iter()
                .all(|flow| flow.checks.is_empty() && flow.schedule.is_none())
        );
        let derived = account.derived.iter().all(|derived| derived.layer.is_partition());
        ensure!(derived && account.frames.iter().all(|frame| frame.layer.is_partition()));
        Ok(())
    });
}

/// A suite of TLS 1.3 or an option of the server's.
async fn openssl(folder: TempDir, suite: &str) -> Result<Scene> {
    let ca = Ca::at("server CA", Kind::P256, 1, system_clock().now());
    let (certificate, key) = ca.pem_identity(&Leaf::server(Kind::P256));
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(path("leaf.pem"), certificate)?;
    std::fs::write(path("leaf.key"), key)?;
    let capture = Capture::start().await?;
    let output = Output::default();
    let arguments = ["s_server", "-www", "-accept", "127.0.0.1:0"];
    let mut arguments = arguments.map(String::from).to_vec();
    if !suite.starts_with('-') {
        arguments.push("-ciphersuites".into());
    }
    arguments.push(suite.into());
    arguments.extend(["-cert".into(), path("leaf.pem"), "-key".into(), path("leaf.key")]);
    let mut server = Process::start(OPENSSL, &arguments, &output)?;
    let port: u16 = server.wait_for("listening", port).await?;
    client(folder.path(), port).await?;
    drop(server);
    capture.save(&folder.path().join("capture.pcap")).await?;
    Ok(Scene { folder, port })
}

fn port(output: &Output) -> Option<u16> {
    let text = String::from_utf8_lossy(&output.out()).into_owned();
    let (_, after) = text.split_once("ACCEPT 127.0.0.1:")?;
    let (number, _) = after.split_once('\n')?;
    number.trim().parse().ok()
}

/// Asks as a browser would, and reads until the server has said it all.
async fn client(folder: &Path, port: u16) -> Result<()> {
    let output = Output::default();
    let arguments = [
        "s_client".to_owned(),
        "-connect".to_owned(),
        format!("127.0.0.1:{port}"),
        "-servername".to_owned(),
        "localhost".to_owned(),
        "-keylogfile".to_owned(),
        folder.join("keys.log").display().to_string(),
        "-quiet".to_owned(),
    ];
    let mut client = Process::start(OPENSSL, &arguments, &output)?;
    client.say(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    client.finish().await?;
    ensure!(String::from_utf8_lossy(&output.out()).contains("200 ok"), "{output}");
    Ok(())
}
