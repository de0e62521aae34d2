//! The whole server behind TLS, on connections in memory and a clock of the tests' own.

mod repeatable;
mod resumed;
mod web_certificate;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use nihao_certs::{PublicKey, UserAuthority, Validity};
use nihao_protocol::chat::{
    self, ClientSays, ClientSession, Heard, Invite, MessageId, Nickname, Refusal, ServerSays, SessionError, Text,
};
use nihao_protocol::clock::{Clock, UnixTime};
use nihao_protocol::crypto::{Seeded, SignatureScheme, SigningKey};
use nihao_protocol::net::{Connector, Entropy, Environment, TlsStream};
use nihao_protocol::tls::{ClientConfig, Identity};
use nihao_protocol::x509::{ServerName, Trust};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use super::{Config, Listener, Server};
use crate::limits::{Limits, Rate};
use crate::log::sqlite::Synchronous;

const START: u64 = 1_800_000_000_000;

/// Connections that a test hands in.
struct InMemory(mpsc::Receiver<DuplexStream>);

impl Listener for InMemory {
    type Stream = DuplexStream;

    async fn accept(&mut self) -> (DuplexStream, SocketAddr) {
        match self.0.recv().await {
            Some(stream) => (stream, SocketAddr::from((Ipv4Addr::LOCALHOST, 1))),
            None => std::future::pending().await,
        }
    }
}

pub(crate) struct Lab {
    dir: tempfile::TempDir,
    time: Arc<AtomicU64>,
    dial: mpsc::Sender<DuplexStream>,
    shutdown: Option<oneshot::Sender<()>>,
    running: JoinHandle<()>,
    server: Arc<Server>,
    ca: [u8; 32],
    founder: tokio::sync::Mutex<Option<Identity>>,
}

pub(crate) type Stream = TlsStream<DuplexStream>;

fn environment(time: &Arc<AtomicU64>) -> Environment {
    let (time, opened) = (Arc::clone(time), AtomicU64::new(0));
    Environment {
        clock: Clock::new(move || UnixTime(time.load(Ordering::Relaxed))),
        entropy: Entropy::new(move || Box::new(Seeded::new(opened.fetch_add(1, Ordering::Relaxed), "test"))),
    }
}

pub(crate) fn start(dir: tempfile::TempDir, limits: Limits) -> Lab {
    start_with(dir, |config| Config { limits, ..config })
}

pub(crate) fn start_with(dir: tempfile::TempDir, change: impl FnOnce(Config) -> Config) -> Lab {
    let time = Arc::new(AtomicU64::new(START));
    let config = change(Config {
        // These tests end the server, never the machine.
        synchronous: Synchronous::Off,
        ..Config::new(dir.path(), SocketAddr::from((Ipv4Addr::LOCALHOST, 8443)))
    });
    let server = Arc::new(Server::open(config, environment(&time)).unwrap());
    let (dial, accept) = mpsc::channel(64);
    let (shutdown, told) = oneshot::channel();
    let running = tokio::spawn({
        let server = Arc::clone(&server);
        async move {
            let told = async { told.await.unwrap_or(()) };
            server.run(InMemory(accept), told).await;
        }
    });
    Lab {
        ca: server.core.door().ca,
        dir,
        time,
        dial,
        shutdown: Some(shutdown),
        running,
        server,
        founder: tokio::sync::Mutex::default(),
    }
}

pub(crate) fn lab() -> Lab {
    start(tempfile::tempdir().unwrap(), Limits::default())
}

impl Lab {
    async fn dial(&self) -> DuplexStream {
        let (ours, theirs) = duplex(64 * 1024);
        self.dial.send(theirs).await.unwrap();
        ours
    }

    pub(crate) async fn connect(&self, alpn: &[&[u8]], identity: Option<Identity>) -> Stream {
        let mut config = ClientConfig::new(Trust::Pinned(self.ca));
        config.alpn = alpn.iter().map(|name| name.to_vec()).collect();
        // What is pinned is Ed25519's; over HTTP the server shows P-256 to whoever takes it.
        config.signature_schemes = vec![SignatureScheme::ED25519];
        config.identities.extend(identity);
        Connector::new(Arc::new(config), environment(&self.time))
            .connect(self.dial().await, ServerName::parse("localhost").unwrap())
            .await
            .unwrap()
    }

    pub(crate) async fn chat(&self, identity: Option<&Identity>) -> Talk {
        Talk {
            stream: self.connect(&[chat::ALPN], identity.cloned()).await,
            session: ClientSession::new(),
        }
    }

    pub(crate) async fn join(&self, who: &str, invite: &Invite) -> Identity {
        let mut seed = [0; 32];
        seed[..who.len()].copy_from_slice(who.as_bytes());
        let (key, name) = (SigningKey::ed25519(&seed), Nickname::parse(who).unwrap());
        let join = ClientSays::Join {
            code: invite.code.0,
            public_key: key.public_key().try_into().unwrap(),
            proof: key.sign(&invite.code.statement(&name)).try_into().unwrap(),
            name,
        };
        match self.chat(None).await.ask(join).await {
            ServerSays::Joined { certificates, .. } => Identity::new(certificates, key).unwrap(),
            other => panic!("{other:?}"),
        }
    }

    /// The first user, who joins if nobody has yet.
    pub(crate) async fn founder_again(&self) -> Identity {
        let mut founder = self.founder.lock().await;
        if founder.is_none() {
            *founder = Some(self.founder().await);
        }
        founder.clone().unwrap()
    }

    /// Says an HTTP/1.1 request on a connection of its own; gives all that comes back until its proper end.
    pub(crate) async fn exchange(&self, request: &str) -> String {
        let mut stream = self.connect(&[b"http/1.1"], None).await;
        // A server that has read enough answers, and closes before the rest is out.
        let _ = stream.write_all(request.as_bytes()).await;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    /// The line by which the first user joins, the admin.
    pub(crate) async fn founding_line(&self) -> String {
        self.server.founding_invite().await.unwrap().unwrap().to_string()
    }

    /// Lets the wall clock go on by that much.
    pub(crate) fn wait(&self, time: Duration) {
        let time = u64::try_from(time.as_millis()).unwrap();
        self.time.fetch_add(time, Ordering::Relaxed);
    }

    /// Whether no connection is left that HTTP or the chat is spoken on.
    pub(crate) fn is_deserted(&self) -> bool {
        self.server.core.hub.is_deserted()
    }

    /// Tells the server to go down.
    pub(crate) fn shut_down(&mut self) {
        self.shutdown.take().unwrap().send(()).unwrap();
    }

    async fn founder(&self) -> Identity {
        let invite = self.server.founding_invite().await.unwrap().unwrap();
        self.join("alice", &invite).await
    }
}

pub(crate) struct Talk {
    stream: Stream,
    session: ClientSession,
}

impl Talk {
    async fn hear(&mut self) -> Result<Heard, SessionError> {
        loop {
            if let Some(heard) = self.session.next_event() {
                return heard;
            }
            let mut buffer = [0; 4096];
            let received = self.stream.read(&mut buffer).await.unwrap();
            assert_ne!(received, 0, "the server closed without a word");
            self.session.receive(&buffer[..received]);
        }
    }

    pub(crate) async fn ask(&mut self, says: ClientSays) -> ServerSays {
        let request = self.session.send(says).unwrap();
        self.stream.write_all(&self.session.transmit()).await.unwrap();
        self.stream.flush().await.unwrap();
        match self.hear().await.unwrap() {
            Heard::Reply(number, says) if number == request => says,
            other => panic!("{other:?}"),
        }
    }

    async fn last_word(&mut self) -> Refusal {
        match self.hear().await {
            Err(SessionError::Closed { reason, .. }) => reason,
            other => panic!("{other:?}"),
        }
    }
}

pub(crate) fn hello() -> ClientSays {
    ClientSays::Send {
        id: MessageId([1; 16]),
        to: "#general".parse().unwrap(),
        text: Text::parse("您好！").unwrap(),
        seen: None,
    }
}

#[tokio::test]
async fn a_newcomer_joins_and_comes_back_as_a_member() {
    let lab = lab();
    let alice = lab.founder().await;
    let mut talk = lab.chat(Some(&alice)).await;
    assert!(talk.stream.facts().unwrap().client_certificate_requested);
    assert!(matches!(talk.ask(hello()).await, ServerSays::Sent(_)));
    let ServerSays::Invited { line, .. } = talk.ask(ClientSays::Invite).await else {
        panic!()
    };
    let invite: Invite = line.parse().unwrap();
    assert_eq!(
        (invite.host.as_str(), invite.port, invite.ca),
        ("127.0.0.1", 8443, lab.ca)
    );
    lab.join("bob", &invite).await;
    assert!(lab.server.founding_invite().await.unwrap().is_none());
}

#[tokio::test]
async fn a_browser_is_not_asked_for_a_certificate_and_gets_one_answer() {
    let lab = lab();
    for alpn in [&[][..], &[&b"http/1.1"[..]]] {
        let mut stream = lab.connect(alpn, None).await;
        assert!(!stream.facts().unwrap().client_certificate_requested);
        stream
            .write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            .await
            .unwrap();
        let mut answer = String::new();
        // An end without close_notify would be an error here.
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    }
}

#[tokio::test]
async fn a_user_certificate_of_another_authority_is_refused() {
    let lab = lab();
    lab.founder().await;
    let mut random = Seeded::new(9, "mallory");
    let key = SigningKey::generate_ed25519(&mut random).unwrap();
    let authority = UserAuthority::create(UnixTime(START), &mut random).unwrap();
    let validity = Validity::of_user_certificate(UnixTime(START));
    let issued = authority
        .issue("alice", &PublicKey::of(&key), validity, &[1; 16])
        .unwrap();
    let forged = Identity::new(vec![issued.certificate], key).unwrap();
    // In TLS 1.3 the refusal comes after the client's handshake.
    let mut stream = lab.connect(&[chat::ALPN], Some(forged)).await;
    let error = stream.read(&mut [0; 16]).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionAborted, "{error}");
}

#[tokio::test]
async fn silent_handshakes_make_room_for_honest_ones() {
    let limits = Limits {
        handshakes: 2,
        ..Limits::default()
    };
    let lab = start(tempfile::tempdir().unwrap(), limits);
    let mut silent = Vec::new();
    for _ in 0..5 {
        silent.push(lab.dial().await);
    }
    assert!(matches!(
        lab.chat(None).await.ask(ClientSays::Ping).await,
        ServerSays::Pong
    ));
    let mut first = silent.remove(0);
    assert_eq!(first.read(&mut [0; 16]).await.unwrap(), 0, "the oldest was ended");
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_stops_midway_ends_at_its_deadline() {
    let lab = lab();
    let mut slow = lab.dial().await;
    slow.write_all(&[22, 3, 1, 0, 200, 1]).await.unwrap();
    let mut rest = Vec::new();
    let end = tokio::time::timeout(Duration::from_secs(11), slow.read_to_end(&mut rest)).await;
    end.expect("the server gave up").unwrap();
}

#[tokio::test]
async fn one_connection_too_many_is_not_let_in() {
    let limits = Limits {
        connections: 1,
        ..Limits::default()
    };
    let lab = start(tempfile::tempdir().unwrap(), limits);
    let mut one = lab.chat(None).await;
    assert_eq!(one.ask(ClientSays::Ping).await, ServerSays::Pong);
    assert_eq!(lab.chat(None).await.last_word().await, Refusal::Busy);
    let mut browser = lab.connect(&[], None).await;
    assert_eq!(browser.read(&mut [0; 16]).await.unwrap(), 0);
    drop(one);
    // Its place is free as soon as the server has noticed.
    while !lab.server.core.hub.is_deserted() {
        tokio::task::yield_now().await;
    }
    tokio::task::yield_now().await;
    assert_eq!(lab.chat(None).await.ask(ClientSays::Ping).await, ServerSays::Pong);
}

#[tokio::test(start_paused = true)]
async fn an_address_that_connects_too_often_is_told_so_and_let_in_later() {
    let limits = Limits {
        address_rate: Rate {
            per_second: 1.0,
            burst: 2.0,
        },
        ..Limits::default()
    };
    let lab = start(tempfile::tempdir().unwrap(), limits);
    for _ in 0..2 {
        assert_eq!(lab.chat(None).await.ask(ClientSays::Ping).await, ServerSays::Pong);
    }
    assert_eq!(lab.chat(None).await.last_word().await, Refusal::RateLimited);
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(lab.chat(None).await.ask(ClientSays::Ping).await, ServerSays::Pong);
}

#[tokio::test]
async fn a_server_that_is_told_to_end_says_so_and_ends() {
    let mut lab = lab();
    let alice = lab.founder().await;
    let mut talk = lab.chat(Some(&alice)).await;
    assert_eq!(talk.ask(ClientSays::Ping).await, ServerSays::Pong);
    // Neither a silent handshake nor a browser without a question holds it up.
    let (mut silent, mut browser) = (lab.dial().await, lab.connect(&[], None).await);
    lab.shut_down();
    assert_eq!(silent.read(&mut [0; 16]).await.unwrap(), 0);
    assert_eq!(browser.read(&mut [0; 16]).await.unwrap(), 0);
    assert_eq!(talk.last_word().await, Refusal::ShuttingDown);
    assert_eq!(talk.stream.read(&mut [0; 16]).await.unwrap(), 0, "with close_notify");
    // Nobody is left whom it would give all of its time.
    tokio::time::timeout(Limits::default().drain / 2, lab.running)
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn after_a_crash_everything_acknowledged_is_there_and_everyone_is_still_a_member() {
    let lab = lab();
    let alice = lab.founder().await;
    let sent = lab.chat(Some(&alice)).await.ask(hello()).await;
    let ca = lab.ca;
    lab.running.abort();
    assert!(lab.running.await.unwrap_err().is_cancelled());
    drop(lab.server);

    let lab = start(lab.dir, Limits::default());
    assert_eq!(lab.ca, ca);
    assert!(lab.server.founding_invite().await.unwrap().is_none());
    let mut talk = lab.chat(Some(&alice)).await;
    assert_eq!(talk.ask(hello()).await, sent, "said again, it is the same message");
}

#[tokio::test(start_paused = true)]
async fn certificates_renew_themselves_while_the_server_runs() {
    let lab = lab();
    let days = |n: u64| lab.time.store(START + n * 24 * 3600 * 1000, Ordering::Relaxed);
    let leaf = async || lab.connect(&[], None).await.facts().unwrap().peer_chain[0].clone();
    let first = leaf().await;
    days(30);
    tokio::time::sleep(Duration::from_secs(3700)).await;
    assert_eq!(leaf().await, first, "not due yet");
    days(61);
    tokio::time::sleep(Duration::from_secs(3700)).await;
    let second = leaf().await;
    assert_ne!(second, first);
    // Long after the first one's end the server is still trusted.
    days(125);
    tokio::time::sleep(Duration::from_secs(3700)).await;
    assert_ne!(leaf().await, second);
}
