//! rustls as the other end, in this process and over real TCP.

use std::io::{ErrorKind, Read as _, Write as _};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use nihao_protocol::crypto::Group;
use nihao_protocol::tls::CipherSuite;
use rustls::crypto::CryptoProvider;
use rustls::crypto::ring::{self, cipher_suite, kx_group};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, ClientConnection, Connection, RootCertStore, ServerConfig, ServerConnection};
use rustls::{SupportedProtocolVersion, version};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::case::{Between, Case};
use super::material::Material;
use super::ours::PAYLOAD;
use super::process::Output;
use super::run::Theirs;

/// A knob: speak TLS 1.2 alone.
const TLS12: &str = "tls12";
/// A knob: the client offers secp256r1 first, with a share, whatever our server takes.
const P256_FIRST: &str = "p256-first";

/// Connects to our server on `port`.
pub(super) async fn client(case: &Case, material: &Material, port: u16, output: &Output) -> Result<Theirs> {
    let builder = ClientConfig::builder_with_provider(provider(case))
        .with_protocol_versions(&versions(case))?
        .with_root_certificates(store(material.roots().0)?);
    let config = if material.has_client() {
        let (chain, key) = identity(material, "client")?;
        builder.with_client_auth_cert(chain, key)?
    } else {
        builder.with_no_client_auth()
    };
    let config = Arc::new(config);
    let mut connections = case.connections();
    loop {
        let tls = ClientConnection::new(Arc::clone(&config), ServerName::try_from("localhost")?)?;
        let io = TcpStream::connect(("127.0.0.1", port)).await?;
        let mut peer = Peer::new(io, tls.into(), output);
        let complete = peer.ask(case.between).await;
        let theirs = peer.over(complete).await?;
        connections -= 1;
        if connections == 0 {
            return Ok(theirs);
        }
    }
}

/// Serves our client once.
pub(super) async fn server(
    case: &Case,
    material: &Material,
    listener: &TcpListener,
    output: &Output,
) -> Result<Theirs> {
    let provider = provider(case);
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider)).with_protocol_versions(&versions(case))?;
    let builder = if case.client.is_asked() {
        let roots = Arc::new(store(material.roots().1)?);
        let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider);
        let verifier = if case.client.is_required() {
            verifier
        } else {
            verifier.allow_unauthenticated()
        };
        builder.with_client_cert_verifier(verifier.build()?)
    } else {
        builder.with_no_client_auth()
    };
    let (chain, key) = identity(material, "server")?;
    let config = Arc::new(builder.with_single_cert(chain, key)?);
    let mut connections = case.connections();
    loop {
        let (io, _) = listener.accept().await?;
        let mut peer = Peer::new(io, ServerConnection::new(Arc::clone(&config))?.into(), output);
        let complete = peer.echo(case.between).await;
        let theirs = peer.over(complete).await?;
        connections -= 1;
        if connections == 0 {
            return Ok(theirs);
        }
    }
}

fn versions(case: &Case) -> Vec<&'static SupportedProtocolVersion> {
    if case.knobs.contains(&TLS12) {
        vec![&version::TLS12]
    } else {
        vec![&version::TLS13]
    }
}

fn provider(case: &Case) -> Arc<CryptoProvider> {
    let mut provider = ring::default_provider();
    provider.kx_groups = match case.group {
        Group::X25519 if case.knobs.contains(&P256_FIRST) => vec![kx_group::SECP256R1, kx_group::X25519],
        Group::X25519 => vec![kx_group::X25519],
        _ => vec![kx_group::SECP256R1],
    };
    if !case.knobs.contains(&TLS12) {
        provider.cipher_suites = vec![match case.suite {
            CipherSuite::TLS_AES_128_GCM_SHA256 => cipher_suite::TLS13_AES_128_GCM_SHA256,
            CipherSuite::TLS_CHACHA20_POLY1305_SHA256 => cipher_suite::TLS13_CHACHA20_POLY1305_SHA256,
            _ => cipher_suite::TLS13_AES_256_GCM_SHA384,
        }];
    }
    Arc::new(provider)
}

fn store(der: &[u8]) -> Result<RootCertStore> {
    let mut store = RootCertStore::empty();
    store.add(CertificateDer::from(der.to_vec()))?;
    Ok(store)
}

fn identity(material: &Material, who: &str) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)> {
    let chain = CertificateDer::pem_file_iter(material.path(&format!("{who}.pem")))?.collect::<Result<_, _>>()?;
    Ok((
        chain,
        PrivateKeyDer::from_pem_file(material.path(&format!("{who}.key")))?,
    ))
}

/// A rustls connection pumped over TCP.
struct Peer<'a> {
    io: TcpStream,
    tls: Connection,
    output: &'a Output,
}

impl<'a> Peer<'a> {
    const fn new(io: TcpStream, tls: Connection, output: &'a Output) -> Self {
        Self { io, tls, output }
    }

    async fn ask(&mut self, between: Between) -> Result<()> {
        for round in 0..between.rounds() {
            if round > 0 && between == Between::TheirKeyUpdate {
                self.tls.refresh_traffic_keys()?;
            }
            self.tls.writer().write_all(&PAYLOAD)?;
            self.hear().await?;
        }
        self.close(between).await
    }

    async fn echo(&mut self, between: Between) -> Result<()> {
        for round in 0..between.rounds() {
            self.hear().await?;
            if round > 0 && between == Between::TheirKeyUpdate {
                self.tls.refresh_traffic_keys()?;
            }
            self.tls.writer().write_all(&PAYLOAD)?;
        }
        self.close(between).await
    }

    /// Reads the payload.
    async fn hear(&mut self) -> Result<()> {
        let mut heard = Vec::new();
        while heard.len() < PAYLOAD.len() {
            let count = self.read(&mut heard).await?;
            anyhow::ensure!(count > 0, "the peer closed early");
        }
        anyhow::ensure!(heard == *PAYLOAD, "other data than was sent");
        Ok(())
    }

    /// Waits for the peer's close_notify and says our own, in either order.
    async fn close(&mut self, between: Between) -> Result<()> {
        if between == Between::TheirClose {
            self.tls.send_close_notify();
        }
        let count = self.read(&mut Vec::new()).await?;
        anyhow::ensure!(count == 0, "data where close_notify should be");
        self.output.note("alert received 0");
        if between != Between::TheirClose {
            self.tls.send_close_notify();
        }
        self.flush().await
    }

    /// Reads some data; 0 bytes is the peer's close_notify, a cut without it is an error.
    async fn read(&mut self, into: &mut Vec<u8>) -> Result<usize> {
        let mut piece = vec![0; 32 * 1024];
        loop {
            self.flush().await?;
            match self.tls.reader().read(&mut piece) {
                Ok(count) => {
                    into.extend_from_slice(&piece[..count]);
                    return Ok(count);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error.into()),
            }
            let count = self.io.read(&mut piece).await?;
            let mut wire = &piece[..count];
            loop {
                self.tls.read_tls(&mut wire)?;
                let processed = self.tls.process_new_packets();
                if let Err(error) = processed {
                    // What it has to say about that is sent before the error is told.
                    self.flush().await?;
                    self.io.shutdown().await?;
                    return Err(error.into());
                }
                if wire.is_empty() {
                    break;
                }
            }
        }
    }

    async fn flush(&mut self) -> Result<()> {
        let mut wire = Vec::new();
        while self.tls.wants_write() {
            self.tls.write_tls(&mut wire)?;
        }
        self.io.write_all(&wire).await.context("writing")
    }

    async fn over(mut self, complete: Result<()>) -> Result<Theirs> {
        if let Err(error) = &complete {
            self.output.note(&format!("{error:#}"));
            if let Some(rustls::Error::AlertReceived(alert)) = error.downcast_ref() {
                self.output.note(&format!("alert received {}", u8::from(*alert)));
            }
            // Unread bytes would make the close a reset, and the other side would lose the alert.
            let mut rest = Vec::new();
            let _ = self.io.read_to_end(&mut rest).await;
        }
        let printed = self.output.err();
        Ok(Theirs {
            alerts: super::alerts::received(super::tool::Tool::RustlsClient, &printed),
            complete: complete.is_ok(),
            printed,
        })
    }
}
