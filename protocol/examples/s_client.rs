//! A TLS 1.3 client in the manner of `openssl s_client`: standard input goes to the server, what it says to standard output.
//!
//! `cargo run -p nihao-protocol --example s_client -- --connect localhost:4433 --cacert ca.pem`
//!
//! Without `--cacert` the system's authorities are trusted. Most of them sign with RSA, and that is a feature: `cargo run -p
//! nihao-protocol --features rsa --example s_client -- --connect www.rust-lang.org:443`.
//!
//! A line with the single letter `k` changes our key, `K` asks the server to change its own too, `Q` ends.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result, bail};
use clap::Parser;
use nihao_protocol::crypto::Group;
use nihao_protocol::net::{Connector, Environment, KeyLogFile, RootBundle, TlsStream};
use nihao_protocol::tls::{CipherSuite, ClientConfig, Identity, Padding, RememberedSessions};
use nihao_protocol::x509::{ServerName, Trust};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

/// A TLS 1.3 client in the manner of `openssl s_client`.
#[derive(Parser)]
struct Arguments {
    /// Where the server is: HOST:PORT.
    #[arg(long)]
    connect: String,
    /// The name to ask for and to verify; the host of --connect otherwise.
    #[arg(long)]
    servername: Option<String>,
    /// Root certificates to trust (PEM) instead of the system's.
    #[arg(long, alias = "ca-file")]
    cacert: Option<PathBuf>,
    /// Our own certificate chain (PEM), should the server ask for it.
    #[arg(long, requires = "key")]
    cert: Option<PathBuf>,
    /// Its private key (PEM, PKCS#8).
    #[arg(long, requires = "cert")]
    key: Option<PathBuf>,
    /// Application protocols to offer, comma-separated.
    #[arg(long, value_delimiter = ',')]
    alpn: Vec<String>,
    /// Groups to offer, in order: X25519MLKEM768, x25519, secp256r1, secp384r1.
    #[arg(long, value_delimiter = ',', default_value = "X25519MLKEM768,x25519,secp256r1")]
    groups: Vec<String>,
    /// Groups to send a key share for at once; "none" makes the server ask (HelloRetryRequest).
    #[arg(long, value_delimiter = ',', default_value = "X25519MLKEM768,x25519")]
    key_shares: Vec<String>,
    /// Use TLS_AES_256_GCM_SHA384 alone.
    #[arg(long)]
    aes256: bool,
    /// Leave out the session id and change_cipher_spec records.
    #[arg(long)]
    no_middlebox: bool,
    /// Pad every record to a multiple of so many bytes.
    #[arg(long, default_value_t = 0)]
    record_padding: u16,
    /// The most content bytes in a record.
    #[arg(long, default_value_t = 16384)]
    max_send_frag: u16,
    /// Connect once before, for a ticket, and resume that session.
    #[arg(long)]
    reconnect: bool,
    /// Append the connection's secrets to this file, for Wireshark.
    #[arg(long)]
    keylogfile: Option<PathBuf>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let (host, _) = arguments
        .connect
        .rsplit_once(':')
        .context("--connect takes HOST:PORT")?;
    let name = ServerName::parse(arguments.servername.as_deref().unwrap_or(host))?;
    let mut config = configure(&arguments)?;
    config.sessions = Some(Arc::new(RememberedSessions::new(8)));
    let connector = Connector::new(Arc::new(config), Environment::system());
    if arguments.reconnect {
        let transport = TcpStream::connect(&arguments.connect).await?;
        let mut stream = connector.connect(transport, name.clone()).await?;
        stream.shutdown().await?; // the tickets come before the server's own close_notify
        stream.read_to_end(&mut Vec::new()).await?;
    }
    let transport = TcpStream::connect(&arguments.connect).await?;
    let stream = connector.connect(transport, name).await?;
    eprintln!("{}", stream.facts().context("the handshake is complete")?);
    talk(stream).await
}

fn configure(arguments: &Arguments) -> Result<ClientConfig> {
    let bundle = match &arguments.cacert {
        Some(path) => RootBundle::first_of([path])?,
        None => RootBundle::system()?,
    };
    if bundle.skipped > 0 {
        eprintln!(
            "{}: {} certificates are not usable",
            bundle.path.display(),
            bundle.skipped
        );
    }
    let mut config = ClientConfig::new(Trust::Roots(Arc::new(bundle.roots)));
    if let (Some(cert), Some(key)) = (&arguments.cert, &arguments.key) {
        config.identities = vec![Identity::from_pem(&read(cert)?, &read(key)?)?];
    }
    config.alpn = arguments.alpn.iter().map(|name| name.clone().into_bytes()).collect();
    config.groups = groups(&arguments.groups)?;
    config.key_shares = groups(&arguments.key_shares)?;
    if arguments.aes256 {
        config.cipher_suites = vec![CipherSuite::TLS_AES_256_GCM_SHA384];
    }
    config.records.change_cipher_spec = !arguments.no_middlebox;
    config.records.max_fragment = arguments.max_send_frag;
    if arguments.record_padding > 0 {
        config.records.padding = Padding::Block(arguments.record_padding);
    }
    if let Some(path) = &arguments.keylogfile {
        config.key_log = Some(Arc::new(KeyLogFile::open(path)?));
    }
    Ok(config)
}

fn read(path: &Path) -> Result<String> {
    std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))
}

fn groups(names: &[String]) -> Result<Vec<Group>> {
    let named = names.iter().filter(|name| *name != "none");
    named
        .map(|name| match name.to_ascii_lowercase().as_str() {
            "x25519mlkem768" => Ok(Group::X25519MLKEM768),
            "x25519" => Ok(Group::X25519),
            "secp384r1" | "p-384" => Ok(Group::SECP384R1),
            "secp256r1" | "p-256" => Ok(Group::SECP256R1),
            other => bail!("no group {other}: there are X25519MLKEM768, x25519, secp256r1 and secp384r1"),
        })
        .collect()
}

async fn talk(mut stream: TlsStream<TcpStream>) -> Result<()> {
    let mut typed = BufReader::new(tokio::io::stdin());
    let mut screen = tokio::io::stdout();
    let (mut line, mut heard) = (Vec::new(), vec![0; 16 * 1024]);
    let mut typing = true;
    loop {
        tokio::select! {
            biased;
            count = stream.read(&mut heard) => match count? {
                0 => {
                    eprintln!("close_notify received");
                    return Ok(stream.shutdown().await?);
                }
                count => {
                    screen.write_all(heard.get(..count).unwrap_or_default()).await?;
                    screen.flush().await?;
                }
            },
            count = typed.read_until(b'\n', &mut line), if typing => {
                match line.as_slice() {
                    _ if count? == 0 => { typing = false; stream.shutdown().await?; }
                    b"k\n" | b"K\n" => { stream.update_key(line == b"K\n")?; stream.flush().await?; }
                    b"Q\n" => return Ok(stream.shutdown().await?),
                    text => { stream.write_all(text).await?; stream.flush().await?; }
                }
                line.clear();
            }
        }
    }
}
