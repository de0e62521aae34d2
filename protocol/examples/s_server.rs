//! A TLS 1.3 server in the manner of `openssl s_server -rev`: every line comes back reversed; an HTTP request gets a page.
//!
//! `cargo run -p nihao-protocol --example s_server -- --cert leaf.pem --key leaf.key --accept 127.0.0.1:4433`

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use clap::Parser;
use nihao_protocol::crypto::Group;
use nihao_protocol::net::{Acceptor, Environment, KeyLogFile, TlsStream};
use nihao_protocol::tls::{ClientAuth, Identity, Padding, ServerConfig, TicketKeys};
use nihao_protocol::x509::{Roots, Trust};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

/// The longest line that is answered.
const MAX_LINE: u64 = 64 * 1024;
/// Seconds that a ticket may be used.
const TICKET_LIFETIME: u32 = 7200;
/// How long a peer may take to close after we did.
const LINGER: Duration = Duration::from_secs(2);

/// A TLS 1.3 server in the manner of `openssl s_server -rev`.
#[derive(Parser)]
struct Arguments {
    /// Where to listen; port 0 picks one.
    #[arg(long, default_value = "127.0.0.1:4433")]
    accept: String,
    /// Certificate chains (PEM), one for each --key in the same order.
    #[arg(long, required = true)]
    cert: Vec<PathBuf>,
    /// Private keys (PEM, PKCS#8).
    #[arg(long, required = true)]
    key: Vec<PathBuf>,
    /// Ask clients for a certificate by one of these roots (PEM).
    #[arg(long)]
    verify: Option<PathBuf>,
    /// Refuse clients without one.
    #[arg(long, requires = "verify")]
    require: bool,
    /// Application protocols, most wanted first.
    #[arg(long, value_delimiter = ',')]
    alpn: Vec<String>,
    /// Agree on secp256r1 alone: clients that sent another share are asked again (HelloRetryRequest).
    #[arg(long)]
    p256_only: bool,
    /// Pad every record to a multiple of so many bytes.
    #[arg(long, default_value_t = 0)]
    record_padding: u16,
    /// Resumption tickets after a full handshake; 0: none.
    #[arg(long, default_value_t = 2)]
    num_tickets: u8,
    /// Append the connections' secrets to this file, for Wireshark.
    #[arg(long)]
    keylogfile: Option<PathBuf>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let acceptor = Acceptor::new(Arc::new(configure(&arguments)?), Environment::system());
    let listener = TcpListener::bind(&arguments.accept).await?;
    println!("listening on {}", listener.local_addr()?);
    loop {
        let (transport, peer) = listener.accept().await?;
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            match acceptor.accept(transport).await {
                Ok(mut stream) => {
                    eprintln!("{peer}: open\n{}", facts(&stream));
                    let outcome = answer(&mut stream).await;
                    farewell(stream).await;
                    match outcome {
                        Ok(()) => eprintln!("{peer}: closed"),
                        Err(error) => eprintln!("{peer}: {error:#}"),
                    }
                }
                Err(error) => eprintln!("{peer}: {error}"),
            }
        });
    }
}

fn configure(arguments: &Arguments) -> Result<ServerConfig> {
    ensure!(arguments.cert.len() == arguments.key.len(), "one --key for each --cert");
    let mut identities = Vec::new();
    for (cert, key) in arguments.cert.iter().zip(&arguments.key) {
        identities.push(Identity::from_pem(&read(cert)?, &read(key)?).with_context(|| cert.display().to_string())?);
    }
    let mut config = ServerConfig::new(identities);
    config.alpn = arguments.alpn.iter().map(|name| name.clone().into_bytes()).collect();
    if let Some(path) = &arguments.verify {
        let trust = Trust::Roots(Arc::new(Roots::from_pem(&read(path)?)?));
        config.client_auth = if arguments.require {
            ClientAuth::Required(trust)
        } else {
            ClientAuth::Optional(trust)
        };
    }
    if arguments.p256_only {
        config.groups = vec![Group::SECP256R1];
    }
    if arguments.record_padding > 0 {
        config.records.padding = Padding::Block(arguments.record_padding);
    }
    config.tickets = Some(Arc::new(TicketKeys::new(TICKET_LIFETIME)));
    config.ticket_count = arguments.num_tickets;
    if let Some(path) = &arguments.keylogfile {
        config.key_log = Some(Arc::new(KeyLogFile::open(path)?));
    }
    Ok(config)
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))
}

async fn answer(stream: &mut TlsStream<TcpStream>) -> Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    while (&mut stream).take(MAX_LINE).read_line(&mut line).await? > 0 {
        if line.starts_with("GET ") {
            while !line.trim_end().is_empty() {
                line.clear();
                (&mut stream).take(MAX_LINE).read_line(&mut line).await?;
            }
            stream.write_all(page(&facts(stream.get_ref())).as_bytes()).await?;
            break;
        }
        let reversed: String = line.trim_end().chars().rev().chain(['\n']).collect();
        stream.write_all(reversed.as_bytes()).await?;
        stream.flush().await?;
        line.clear();
    }
    Ok(())
}

/// Says close_notify, or the alert of a failure, and reads on until the peer has closed too: a socket closed with unread bytes
/// resets, and the peer might lose what it was told.
async fn farewell(mut stream: TlsStream<TcpStream>) {
    let _ = stream.shutdown().await;
    let rest = async {
        let mut rest = [0; 4096];
        loop {
            stream.transport().readable().await?;
            match stream.transport().try_read(&mut rest) {
                Ok(0) => return Ok(()),
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    };
    let _ = timeout(LINGER, rest).await;
}

/// An HTTP answer: a page that shows `facts`.
fn page(facts: &str) -> String {
    let facts = facts.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let start = "<!doctype html><html lang=\"zh\"><meta charset=\"utf-8\"><title>您好！</title><h1>您好！</h1>";
    let body = format!("{start}\n<pre>{facts}</pre></html>\n");
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\n";
    format!("{head}Content-Length: {}\r\n\r\n{body}", body.len())
}

fn facts(stream: &TlsStream<TcpStream>) -> String {
    stream.facts().map(|facts| format!("{facts}\n")).unwrap_or_default()
}
