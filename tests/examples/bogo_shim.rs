//! The shim that BoringSSL's TLS test runner (BoGo, `ssl/test/runner`) drives: one connection of ours for each of its tests.
//!
//! `cargo build -p nihao-tests --example bogo_shim`, then in `ssl/test/runner` of a BoringSSL checkout
//! `go test -shim-path …/target/debug/examples/bogo_shim -allow-unimplemented -loose-errors`. Flags this shim does not know end it
//! with 89, which the runner counts as not implemented.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use nihao_protocol::clock::UnixTime;
use nihao_protocol::crypto::{Group, OsRandom, SignatureScheme};
use nihao_protocol::tls::{
    ClientAuth, ClientConfig, Connection, Context, Event, Identity, RememberedSessions, ServerConfig, TicketKeys,
};
use nihao_protocol::x509::{CertificateError, Purpose, ServerName, Trust, Verifier};

/// The exit code for a flag that is not known.
const UNIMPLEMENTED: u8 = 89;
/// How long the peer may take to read our alert.
const LINGER: Duration = Duration::from_secs(2);
/// Certificates are not verified, so any time will do.
const NOW: UnixTime = UnixTime::from_seconds(1_700_000_000);

/// What one connection is to be, as the flags say.
#[derive(Debug, Clone, Default)]
struct Wanted {
    port: u16,
    server: bool,
    resume_count: usize,
    cert: Option<PathBuf>,
    key: Option<PathBuf>,
    host: Option<String>,
    alpn: Vec<Vec<u8>>,
    groups: Vec<Group>,
    verify_schemes: Vec<SignatureScheme>,
    signing_schemes: Vec<SignatureScheme>,
    expect_alpn: Option<Vec<u8>>,
    expect_name: Option<String>,
    expect_group: Option<u16>,
    expect_scheme: Option<u16>,
    expect_retry: Option<bool>,
    ask_client: bool,
    require_client: bool,
    verify_fails: bool,
    writes_first: bool,
    shuts_down: bool,
    check_close: bool,
    key_update: bool,
    read_size: Option<usize>,
    export: Option<usize>,
    export_label: String,
    export_context: String,
    grease: bool,
    max_fragment: Option<u16>,
}

/// Flags that ask for what is always so here, or check what cannot be seen from outside.
const IGNORED: [&str; 20] = [
    "async",
    "implicit-handshake",
    "no-op-extra-handshake",
    "no-tls1",
    "no-tls11",
    "no-tls12",
    "use-early-callback",
    "use-custom-verify-callback",
    "peek-then-read",
    "expect-no-session",
    "expect-no-session-id",
    "renegotiate-ignore",
    "renegotiate-freely",
    "renegotiate-once",
    "use-old-client-cert-callback",
    "expect-verify-result",
    "enforce-rsa-key-usage",
    "reverify-on-resume",
    "use-export-context",
    "expect-session-miss",
];
/// The same, with a value.
const IGNORED_WITH_VALUE: [&str; 8] = [
    "expect-total-renegotiations",
    "expect-peer-cert-file",
    "expect-early-data-reason",
    "expect-peer-verify-pref",
    "cipher",
    "expect-cipher-aes",
    "expect-cipher-no-aes",
    "on-retry-expect-cipher",
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if arguments.iter().any(|one| one == "-is-handshaker-supported") {
        println!("No");
        return ExitCode::SUCCESS;
    }
    let (Some(first), Some(later)) = (parse(&arguments, "on-initial-"), parse(&arguments, "on-resume-")) else {
        return ExitCode::from(UNIMPLEMENTED);
    };
    let kept = Kept::default();
    for number in 0..=first.resume_count {
        let wanted = if number == 0 { &first } else { &later };
        let Some(connection) = connection(wanted, &kept) else {
            return ExitCode::from(UNIMPLEMENTED);
        };
        if let Err(error) = exchange(connection, wanted) {
            eprintln!("{error:#}");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// What the flags say for the connections of this prefix; nothing where one is not known.
fn parse(arguments: &[String], prefix: &str) -> Option<Wanted> {
    let mut wanted = Wanted::default();
    let mut rest = arguments.iter();
    while let Some(flag) = rest.next() {
        let flag = flag.strip_prefix('-')?;
        let (name, mut ours) = match flag.strip_prefix(prefix) {
            Some(name) => (name, wanted.clone()),
            None => (
                flag.strip_prefix("on-initial-")
                    .or_else(|| flag.strip_prefix("on-resume-"))
                    .unwrap_or(flag),
                wanted.clone(),
            ),
        };
        let applies = !flag.starts_with("on-") || flag.starts_with(prefix);
        if !set(&mut ours, name) {
            set_value(&mut ours, name, rest.next()?)?;
        }
        if applies {
            wanted = ours;
        }
    }
    Some(wanted)
}

/// Takes a flag without a value, if it is one.
fn set(wanted: &mut Wanted, name: &str) -> bool {
    let field = match name {
        "server" => &mut wanted.server,
        "verify-peer" | "verify-peer-if-no-obc" => &mut wanted.ask_client,
        "require-any-client-certificate" => &mut wanted.require_client,
        "verify-fail" => &mut wanted.verify_fails,
        "shim-writes-first" => &mut wanted.writes_first,
        "shim-shuts-down" => &mut wanted.shuts_down,
        "check-close-notify" => &mut wanted.check_close,
        "key-update" => &mut wanted.key_update,
        "enable-grease" => &mut wanted.grease,
        "expect-hrr" | "expect-no-hrr" => {
            wanted.expect_retry = Some(name == "expect-hrr");
            return true;
        }
        "decline-alpn" => {
            wanted.alpn.clear();
            return true;
        }
        _ => return IGNORED.contains(&name),
    };
    *field = true;
    true
}

fn set_value(wanted: &mut Wanted, name: &str, value: &str) -> Option<()> {
    match name {
        "port" => wanted.port = value.parse().ok()?,
        "resume-count" => wanted.resume_count = value.parse().ok()?,
        "cert-file" => wanted.cert = Some(usable(value)),
        "key-file" => wanted.key = Some(usable(value)),
        "host-name" => wanted.host = Some(value.to_owned()),
        "advertise-alpn" => wanted.alpn = protocols(value.as_bytes()),
        "select-alpn" => wanted.alpn = vec![value.as_bytes().to_vec()],
        "expect-alpn" => wanted.expect_alpn = Some(value.as_bytes().to_vec()),
        "expect-server-name" => wanted.expect_name = Some(value.to_owned()),
        "expect-curve-id" => wanted.expect_group = Some(value.parse().ok()?),
        "expect-peer-signature-algorithm" => wanted.expect_scheme = Some(value.parse().ok()?),
        "curves" => wanted.groups.push(Group(value.parse().ok()?)),
        "verify-prefs" => wanted.verify_schemes.push(SignatureScheme(value.parse().ok()?)),
        "signing-prefs" => wanted.signing_schemes.push(SignatureScheme(value.parse().ok()?)),
        "read-size" => wanted.read_size = Some(value.parse().ok()?),
        "export-keying-material" => wanted.export = Some(value.parse().ok()?),
        "export-label" => wanted.export_label = value.to_owned(),
        "export-context" => wanted.export_context = value.to_owned(),
        "max-send-fragment" => wanted.max_fragment = Some(value.parse().ok()?),
        // Versions are named by their numbers on the wire.
        "max-version" => return (value.parse::<u16>().ok()? >= 0x0304).then_some(()),
        "min-version" => {}
        _ => return IGNORED_WITH_VALUE.contains(&name).then_some(()),
    }
    Some(())
}

/// The runner's default identity is RSA, with which nothing is signed here: its P-256 one stands in.
fn usable(path: &str) -> PathBuf {
    let path = Path::new(path);
    match path.file_name().and_then(|name| name.to_str()) {
        Some("cert.pem" | "rsa_chain_cert.pem") => path.with_file_name("ecdsa_p256_cert.pem"),
        Some("key.pem" | "rsa_chain_key.pem") => path.with_file_name("ecdsa_p256_key.pem"),
        _ => path.to_owned(),
    }
}

fn protocols(mut wire: &[u8]) -> Vec<Vec<u8>> {
    let mut list = Vec::new();
    while let [length, rest @ ..] = wire {
        let (one, rest) = rest.split_at(usize::from(*length).min(rest.len()));
        list.push(one.to_vec());
        wire = rest;
    }
    list
}

/// Takes any chain, or none.
#[derive(Debug)]
struct Anybody {
    refused: bool,
}

impl Verifier for Anybody {
    fn verify(&self, _: &[Vec<u8>], _: Purpose<'_>, _: UnixTime) -> Result<(), CertificateError> {
        if self.refused {
            return Err(CertificateError::Refused("as the test wants".to_owned()));
        }
        Ok(())
    }
}

/// What is kept from one connection to the next.
#[derive(Debug)]
struct Kept {
    tickets: Arc<TicketKeys>,
    sessions: Arc<RememberedSessions>,
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            tickets: Arc::new(TicketKeys::new(604_800)),
            sessions: Arc::new(RememberedSessions::new(16)),
        }
    }
}

/// The connection wanted; nothing where our stack does not have what it takes.
fn connection(wanted: &Wanted, kept: &Kept) -> Option<Connection> {
    let trust = Trust::Custom(Arc::new(Anybody {
        refused: wanted.verify_fails,
    }));
    let mut identities = Vec::new();
    if let (Some(cert), Some(key)) = (&wanted.cert, &wanted.key) {
        let text = |path: &Path| std::fs::read_to_string(path).ok();
        identities.push(Identity::from_pem(&text(cert)?, &text(key)?).ok()?);
    }
    let signing = &wanted.signing_schemes;
    if !signing.is_empty() && identities.iter().any(|one| !signing.contains(&one.scheme())) {
        return None;
    }
    if wanted.server {
        return server(wanted, identities, trust, kept);
    }
    let mut config = ClientConfig::new(trust);
    config.identities = identities;
    config.alpn = wanted.alpn.clone();
    config.sessions = Some(kept.sessions.clone());
    config.grease = wanted.grease;
    if !wanted.groups.is_empty() {
        config.groups = wanted.groups.clone();
        config.key_shares = vec![*wanted.groups.first()?];
    }
    if !wanted.verify_schemes.is_empty() {
        config.signature_schemes = wanted.verify_schemes.clone();
    }
    if let Some(most) = wanted.max_fragment {
        config.records.max_fragment = most;
    }
    config.send_server_name = wanted.host.is_some();
    let name = ServerName::parse(wanted.host.as_deref().unwrap_or("example.test")).ok()?;
    let mut context = Context {
        now: NOW,
        random: &mut OsRandom,
    };
    Connection::client(Arc::new(config), name, &mut context).ok()
}

fn server(wanted: &Wanted, identities: Vec<Identity>, trust: Trust, kept: &Kept) -> Option<Connection> {
    let mut config = ServerConfig::new(identities);
    config.tickets = Some(kept.tickets.clone());
    config.alpn = wanted.alpn.clone();
    if !wanted.groups.is_empty() {
        config.groups = wanted.groups.clone();
    }
    if !wanted.verify_schemes.is_empty() {
        config.signature_schemes = wanted.verify_schemes.clone();
    }
    if let Some(most) = wanted.max_fragment {
        config.records.max_fragment = most;
    }
    if wanted.require_client {
        config.client_auth = ClientAuth::Required(trust);
    } else if wanted.ask_client {
        config.client_auth = ClientAuth::Optional(trust);
    }
    Connection::server(Arc::new(config)).ok()
}

/// A connection and its socket.
struct Link {
    tls: Connection,
    socket: TcpStream,
}

/// What a round with the network brought.
enum Heard {
    Complete,
    Data(Vec<u8>),
    Closed,
    /// The network gave out.
    End,
}

fn exchange(tls: Connection, wanted: &Wanted) -> Result<()> {
    let socket =
        TcpStream::connect(("127.0.0.1", wanted.port)).or_else(|_| TcpStream::connect(("::1", wanted.port)))?;
    let mut link = Link { tls, socket };
    let outcome = talk(&mut link, wanted);
    let _ = link.flush();
    // A socket closed with bytes unread resets the connection, and our alert could be lost.
    let _ = link.socket.shutdown(Shutdown::Write);
    let _ = link.socket.set_read_timeout(Some(LINGER));
    while matches!(link.socket.read(&mut [0; 4096]), Ok(1..)) {}
    outcome
}

fn talk(link: &mut Link, wanted: &Wanted) -> Result<()> {
    link.flush()?;
    loop {
        let heard = link.hear(wanted)?;
        match heard {
            Heard::Complete => {
                check(&link.tls, wanted)?;
                if let Some(length) = wanted.export {
                    let mut secret = vec![0; length];
                    link.tls
                        .export(&wanted.export_label, wanted.export_context.as_bytes(), &mut secret)?;
                    link.tls.send(&secret)?;
                }
                if wanted.writes_first {
                    link.tls.send(b"hello")?;
                }
                if wanted.shuts_down {
                    link.tls.close();
                }
            }
            Heard::Data(_) if wanted.shuts_down => bail!("data after the shutdown"),
            Heard::Data(mut data) => {
                data.iter_mut().for_each(|byte| *byte ^= 0xff);
                if wanted.key_update {
                    link.tls.update_key(false)?;
                }
                link.tls.send(&data)?;
            }
            Heard::Closed => {
                link.tls.close();
                return link.flush();
            }
            Heard::End => {
                ensure!(!link.tls.is_handshaking(), "the end, inside the handshake");
                ensure!(!wanted.check_close, "no close_notify");
                return Ok(());
            }
        }
        link.flush()?;
    }
}

fn check(tls: &Connection, wanted: &Wanted) -> Result<()> {
    let facts = tls.facts().context("no facts")?;
    if let Some(alpn) = &wanted.expect_alpn {
        ensure!(facts.alpn.clone().unwrap_or_default() == *alpn, "ALPN {:?}", facts.alpn);
    }
    if let Some(name) = &wanted.expect_name {
        ensure!(facts.server_name.as_ref() == Some(name), "name {:?}", facts.server_name);
    }
    if let Some(group) = wanted.expect_group {
        ensure!(facts.group.0 == group, "group {}", facts.group);
    }
    if let Some(expected) = wanted.expect_retry {
        ensure!(
            facts.hello_retried == expected,
            "hello retried: {}",
            facts.hello_retried
        );
    }
    if let Some(scheme) = wanted.expect_scheme {
        let seen = if wanted.server {
            facts.client_scheme
        } else {
            Some(facts.server_scheme)
        };
        ensure!(seen == Some(SignatureScheme(scheme)), "scheme {seen:?}");
    }
    Ok(())
}

impl Link {
    fn flush(&mut self) -> Result<()> {
        let waiting = self.tls.transmit().to_vec();
        self.socket.write_all(&waiting)?;
        self.tls.transmitted(waiting.len());
        Ok(())
    }

    /// The next thing that happens.
    fn hear(&mut self, wanted: &Wanted) -> Result<Heard> {
        loop {
            match self.tls.next_event() {
                Some(Event::HandshakeComplete) => return Ok(Heard::Complete),
                Some(Event::Data(data)) => return Ok(Heard::Data(data.to_vec())),
                Some(Event::Closed) => return Ok(Heard::Closed),
                Some(_) => continue,
                None => {}
            }
            if let Some(error) = self.tls.error() {
                return Err(error.clone().into());
            }
            let mut buffer = vec![0; wanted.read_size.unwrap_or(1 << 14)];
            let count = self.socket.read(&mut buffer).unwrap_or(0);
            if count == 0 {
                return Ok(Heard::End);
            }
            let mut context = Context {
                now: NOW,
                random: &mut OsRandom,
            };
            // What came before an error is still told.
            let _ = self.tls.receive(&buffer[..count], &mut context);
            self.flush()?;
        }
    }
}
