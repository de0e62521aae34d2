//! The daemon's HTTP over real sockets: what idle and lazy followers cost, and that no answer is lost to a reset.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use nihao_protocol::chat::{ClientSays, Invite, ServerSays};
use nihao_protocol::crypto::SignatureScheme;
use nihao_protocol::net::{Connector, Environment, TlsStream};
use nihao_protocol::tls::ClientConfig;
use nihao_protocol::x509::{ServerName, Trust};
use nihao_tests::lab::{Account, Daemon, Start, Talk, send};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

type Stream = TlsStream<TcpStream>;

struct Site {
    daemon: Daemon,
    invite: Invite,
    alice: Talk,
    token: String,
    _dir: tempfile::TempDir,
}

impl Site {
    async fn new() -> anyhow::Result<Self> {
        let dir = tempfile::tempdir()?;
        let daemon = Daemon::start(dir.path(), &Start::default())?;
        let invite = daemon.invite.clone().context("an invite")?;
        let account = Account::join(&daemon.address, &invite, "alice").await?;
        let mut alice = account.connect(&daemon.address).await?;
        let says = ClientSays::NewAccess {
            use_for: "send,read".parse()?,
            lifetime: None,
        };
        let ServerSays::AccessGiven { secret: token, .. } = alice.ask(says).await? else {
            bail!("no token");
        };
        Ok(Self {
            daemon,
            invite,
            alice,
            token,
            _dir: dir,
        })
    }

    async fn connect(&self) -> anyhow::Result<Stream> {
        let mut config = ClientConfig::new(Trust::Pinned(self.invite.ca));
        // What is pinned is Ed25519's; over HTTP the server shows P-256 to whoever takes it.
        config.signature_schemes = vec![SignatureScheme::ED25519];
        config.alpn = vec![b"http/1.1".to_vec()];
        let connector = Connector::new(Arc::new(config), Environment::system());
        let socket = TcpStream::connect(&self.daemon.address).await?;
        Ok(connector.connect(socket, ServerName::parse("127.0.0.1")?).await?)
    }

    /// A follower, whose answer has begun.
    async fn follow(&self) -> anyhow::Result<Stream> {
        let mut stream = self.connect().await?;
        let fields = format!("Host: localhost\r\nAuthorization: Bearer {}\r\n\r\n", self.token);
        let request = format!("GET /v1/events HTTP/1.1\r\n{fields}");
        stream.write_all(request.as_bytes()).await?;
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await?);
        }
        ensure!(head.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&head));
        Ok(stream)
    }
}

/// Reads until `wanted` was seen.
async fn until(stream: &mut Stream, wanted: &str) -> anyhow::Result<()> {
    let (mut heard, mut buffer) = (Vec::new(), vec![0; 64 * 1024]);
    loop {
        let count = stream.read(&mut buffer).await?;
        ensure!(count > 0, "an end before {wanted:?}");
        heard.extend_from_slice(buffer.get(..count).context("a count")?);
        if heard.windows(wanted.len()).any(|window| window == wanted.as_bytes()) {
            return Ok(());
        }
        heard.drain(..heard.len().saturating_sub(wanted.len()));
    }
}

#[tokio::test]
async fn idle_followers_are_cheap_and_hear_all_the_same() -> anyhow::Result<()> {
    const FOLLOWERS: u64 = 300;
    let mut site = Site::new().await?;
    let mut followers = vec![site.follow().await?];
    let before = site.daemon.resident()?;
    for _ in 0..FOLLOWERS {
        followers.push(site.follow().await?);
    }
    let each = site.daemon.resident()?.saturating_sub(before) * 1024 / FOLLOWERS;
    println!("an idle follower: {each} bytes of RSS");
    ensure!(each < 64 * 1024, "{each} bytes for each of {FOLLOWERS} idle followers");
    site.alice.sent(send("#general", "to all of them")?).await?;
    for follower in &mut followers {
        timeout(Duration::from_secs(30), until(follower, "to all of them")).await??;
    }
    Ok(())
}

#[tokio::test]
async fn followers_who_never_read_cost_a_bounded_amount() -> anyhow::Result<()> {
    let mut site = Site::new().await?;
    let mut lazy = Vec::new();
    for _ in 0..8 {
        lazy.push(site.follow().await?);
    }
    let mut eager = site.follow().await?;
    let text = "x".repeat(16_000);
    // The caches of the log are full after these.
    for round in 0..3 {
        let before = site.daemon.resident()?;
        for _ in 0..512 {
            site.alice.sent(send("#general", &text)?).await?;
        }
        let mark = format!("round {round}");
        site.alice.sent(send("#general", &mark)?).await?;
        timeout(Duration::from_secs(60), until(&mut eager, &mark)).await??;
        let grown = site.daemon.resident()?.saturating_sub(before);
        println!("round {round}: {grown} KiB more, past 8 followers who do not read 8 MB");
        ensure!(round == 0 || grown < 16 * 1024, "round {round}: {grown} KiB more");
    }
    let mut first = lazy.pop().context("a follower")?;
    timeout(Duration::from_secs(60), until(&mut first, "round 2")).await??;
    Ok(())
}

#[tokio::test]
async fn an_answer_is_not_lost_to_a_reset() -> anyhow::Result<()> {
    let site = Site::new().await?;
    let long = "x".repeat(900_000);
    let fields = "Host: localhost\r\nContent-Type: application/json\r\n";
    for (what, request, status) in [
        (
            "a body",
            format!("POST /v1/messages HTTP/1.1\r\n{fields}Content-Length: 900000\r\n\r\n{long}"),
            "413",
        ),
        ("a head", format!("GET / HTTP/1.1\r\n{fields}X: {long}\r\n\r\n"), "431"),
    ] {
        let mut stream = site.connect().await?;
        // Whether all of it is taken does not matter: the answer does.
        let _ = stream.write_all(request.as_bytes()).await;
        let mut heard = String::new();
        stream
            .read_to_string(&mut heard)
            .await
            .with_context(|| format!("{what}: {heard}"))?;
        ensure!(heard.starts_with(&format!("HTTP/1.1 {status} ")), "{what}: {heard}");
    }
    Ok(())
}
