//! Our end of a case: a server for one connection, a client for one connection, and what they say.

use std::io;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use anyhow::{Context as _, Result};
use nihao_protocol::net::{self, Acceptor, Connector, Environment, TlsStream, tls_error};
use nihao_protocol::tls::{self, ClientAuth, ClientConfig, Negotiated, RememberedSessions, ServerConfig, TicketKeys};
use nihao_protocol::x509::ServerName;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::case::{Between, Case};
use super::http;
use super::material::Material;
use super::tap::{Tap, Wire};
use super::tool::Tool;

/// What crosses in each direction: 2000 lines of 您好！, more than a record holds.
pub static PAYLOAD: LazyLock<Vec<u8>> = LazyLock::new(|| "您好！\n".repeat(2000).into_bytes());

/// Seconds.
const TICKET_LIFETIME: u32 = 3600;
const MOST_SESSIONS: usize = 4;

/// How long a server that is just starting may take to listen.
const PATIENCE: Duration = Duration::from_secs(10);
const BETWEEN_TRIES: Duration = Duration::from_millis(20);

/// What came of a connection on our side.
pub(super) struct Ours {
    /// What the handshake settled, if it was completed.
    pub(super) facts: Option<Negotiated>,
    /// How it ended, in the words of our errors.
    pub(super) end: Result<(), String>,
}

impl Ours {
    fn refused(error: &net::Error) -> Self {
        Self {
            facts: None,
            end: Err(match error {
                net::Error::Io(error) => words(error),
                error => error.to_string(),
            }),
        }
    }

    fn open<S: AsyncRead + AsyncWrite + Unpin>(stream: &TlsStream<S>, end: io::Result<()>) -> Self {
        Self {
            facts: stream.facts().cloned(),
            end: end.map_err(|error| words(&error)),
        }
    }
}

/// An error in our words. Whether a peer that leaves without a word resets the connection is chance.
fn words(error: &io::Error) -> String {
    match error.kind() {
        _ if tls_error(error).is_some() => error.to_string(),
        io::ErrorKind::UnexpectedEof => String::from("close_notify before 您好！"),
        io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => tls::Error::Cut.to_string(),
        _ => error.to_string(),
    }
}

/// Serves as many connections as the case takes: what came of the last, or of the first that failed.
pub(super) async fn serve(case: &Case, material: &Material, listener: &TcpListener, wire: Wire) -> Result<Ours> {
    let mut config = ServerConfig::new(vec![material.server()]);
    config.groups = vec![case.group];
    config.cipher_suites = vec![case.suite];
    config.records = case.records;
    config.alpn.clone_from(&case.alpn);
    if case.client.is_required() {
        config.client_auth = ClientAuth::Required(material.users());
    } else if case.client.is_asked() {
        config.client_auth = ClientAuth::Optional(material.users());
    }
    if case.resumed {
        config.tickets = Some(Arc::new(TicketKeys::new(TICKET_LIFETIME)));
    }
    let acceptor = Acceptor::new(Arc::new(config), Environment::system());
    for connection in 1..case.connections() {
        let first = serve_one(case, &acceptor, listener, Wire::default(), connection).await?;
        if first.end.is_err() {
            return Ok(first);
        }
    }
    serve_one(case, &acceptor, listener, wire, case.connections()).await
}

async fn serve_one(
    case: &Case,
    acceptor: &Acceptor,
    listener: &TcpListener,
    wire: Wire,
    connection: usize,
) -> Result<Ours> {
    let (io, _) = listener.accept().await?;
    let mut stream = match acceptor.accept(Tap::new(io, wire)).await {
        Ok(stream) => stream,
        Err(error) => return Ok(Ours::refused(&error)),
    };
    let end = if case.tool.is_silent_at_first() && connection < case.connections() {
        expect_close(&mut stream).await
    } else {
        answer(&mut stream, case).await
    };
    Ok(Ours::open(&stream, end))
}

/// Connects as often as the case takes: what came of the last, or of the first that failed.
pub(super) async fn connect(case: &Case, material: &Material, port: u16, wire: Wire) -> Result<Ours> {
    let mut config = ClientConfig::new(material.servers());
    config.groups = vec![case.group];
    config.key_shares.clone_from(&case.shares);
    for share in &case.shares {
        if !config.groups.contains(share) {
            config.groups.insert(0, *share);
        }
    }
    config.cipher_suites = vec![case.suite];
    config.records = case.records;
    config.alpn.clone_from(&case.alpn);
    config.identities = material.client().into_iter().collect();
    if case.resumed {
        config.sessions = Some(Arc::new(RememberedSessions::new(MOST_SESSIONS)));
    }
    let connector = Connector::new(Arc::new(config), Environment::system());
    for _ in 1..case.connections() {
        let first = connect_once(case, &connector, port, Wire::default()).await?;
        if first.end.is_err() {
            return Ok(first);
        }
    }
    connect_once(case, &connector, port, wire).await
}

async fn connect_once(case: &Case, connector: &Connector, port: u16, wire: Wire) -> Result<Ours> {
    let io = patiently(port).await?;
    let mut stream = match connector
        .connect(Tap::new(io, wire), ServerName::parse("localhost")?)
        .await
    {
        Ok(stream) => stream,
        Err(error) => return Ok(Ours::refused(&error)),
    };
    let end = ask(&mut stream, case).await;
    Ok(Ours::open(&stream, end))
}

/// Connects, again and again while nobody listens yet.
async fn patiently(port: u16) -> Result<TcpStream> {
    tokio::time::timeout(PATIENCE, async {
        loop {
            match TcpStream::connect(("127.0.0.1", port)).await {
                Ok(io) => return io,
                Err(_) => tokio::time::sleep(BETWEEN_TRIES).await,
            }
        }
    })
    .await
    .context("nobody listened")
}

async fn answer(stream: &mut TlsStream<Tap<TcpStream>>, case: &Case) -> io::Result<()> {
    if case.tool.speaks_http() {
        http::answer(stream).await?;
        return close(stream, false).await;
    }
    let between = case.between;
    for round in 0..between.rounds() {
        if round > 0 {
            change_key(stream, between).await?;
        }
        hear(stream).await?;
        say(stream).await?;
    }
    close(stream, case.they_close_first()).await
}

async fn ask(stream: &mut TlsStream<Tap<TcpStream>>, case: &Case) -> io::Result<()> {
    if case.tool.speaks_http() {
        match case.tool {
            Tool::Selfserv => http::mirror(stream).await?,
            _ => http::post(stream).await?,
        }
        return stream.shutdown().await;
    }
    let between = case.between;
    for round in 0..between.rounds() {
        if round > 0 {
            change_key(stream, between).await?;
        }
        // A peer that refused us may be gone while we write: what it said last is read before that is an error.
        let written = say(stream).await;
        hear(stream).await?;
        written?;
    }
    close(stream, case.they_close_first()).await
}

async fn change_key(stream: &mut TlsStream<Tap<TcpStream>>, between: Between) -> io::Result<()> {
    if let Between::OurKeyUpdate(request) = between {
        stream.update_key(request).map_err(io::Error::other)?;
        stream.flush().await?;
    }
    Ok(())
}

async fn say(stream: &mut TlsStream<Tap<TcpStream>>) -> io::Result<()> {
    stream.write_all(&PAYLOAD).await?;
    stream.flush().await
}

/// Reads the payload, and nothing else.
async fn hear(stream: &mut TlsStream<Tap<TcpStream>>) -> io::Result<()> {
    let mut heard = vec![0; PAYLOAD.len()];
    stream.read_exact(&mut heard).await?;
    if heard == *PAYLOAD {
        Ok(())
    } else {
        Err(io::Error::other("the data that arrived is not the data that was sent"))
    }
}

/// Says close_notify and waits for the peer's, or the other way round.
async fn close(stream: &mut TlsStream<Tap<TcpStream>>, they_first: bool) -> io::Result<()> {
    if they_first {
        expect_close(stream).await?;
        return stream.shutdown().await;
    }
    stream.shutdown().await?;
    expect_close(stream).await
}

async fn expect_close(stream: &mut TlsStream<Tap<TcpStream>>) -> io::Result<()> {
    match stream.read(&mut [0; 16]).await? {
        0 => Ok(()),
        _ => Err(io::Error::other("data where close_notify should be")),
    }
}
