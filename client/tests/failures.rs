//! What people read when a connection fails, against things that really listen on a port.

use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpListener as StdListener};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use nihao_certs::{HostName, KeyAlgorithm, PublicKey, ServerAuthority, UserAuthority, Validity};
use nihao_client::command::{Screen, join};
use nihao_client::connect::{Connect as _, ConnectError, Secure, World};
use nihao_client::dial::system::SystemNetwork;
use nihao_client::dial::{Dial, DialError, Tell};
use nihao_client::home::{Endpoint, Home};
use nihao_client::{Error, Exit};
use nihao_protocol::chat::{ALPN, Code, Invite, Nickname};
use nihao_protocol::clock::UnixTime;
use nihao_protocol::crypto::{OsRandom, SigningKey};
use nihao_protocol::net::{Acceptor, Environment};
use nihao_protocol::tls::{Identity, ServerConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const DAY: u64 = 86_400;

/// Tries to join at `host` and `port`, pinning `ca`.
async fn failure(host: &str, port: u16, ca: [u8; 32]) -> Error {
    let dir = tempfile::tempdir().unwrap();
    let environment = Environment::system();
    let mut world = World {
        clock: environment.clock.clone(),
        random: Box::new(OsRandom),
        connect: Secure::new(SystemNetwork, environment),
    };
    let invite = Invite {
        host: host.into(),
        port,
        ca,
        code: Code([1; 16]),
    };
    let (mut out, mut notes) = (Vec::new(), Vec::new());
    let mut screen = Screen {
        out: &mut out,
        notes: &mut notes,
    };
    let home = Home::at(dir.path().join("home"));
    join::join(
        &home,
        &mut world,
        &mut screen,
        &invite,
        &Nickname::parse("alice").unwrap(),
    )
    .await
    .unwrap_err()
}

fn check(error: &Error, exit: Exit, parts: &[&str]) {
    let told = format!("{error}\n{}", error.hint());
    assert_eq!(error.exit(), exit, "{told}");
    for part in parts {
        assert!(told.contains(part), "{part:?} is missing in: {told}");
    }
}

/// A listener that takes one connection and answers `bytes` to it.
async fn plain(bytes: &'static [u8]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut hello = [0; 4096];
        let _ = stream.read(&mut hello).await;
        let _ = stream.write_all(bytes).await;
        let _ = stream.shutdown().await;
    });
    address
}

struct Lab {
    server: ServerAuthority,
    users: UserAuthority,
    now: UnixTime,
}

impl Lab {
    fn new() -> Self {
        let now = Environment::system().clock.now();
        Self {
            server: ServerAuthority::create(KeyAlgorithm::Ed25519, &[], now, &mut OsRandom).unwrap(),
            users: UserAuthority::create(now, &mut OsRandom).unwrap(),
            now,
        }
    }

    fn pin(&self) -> [u8; 32] {
        self.server.authority().public_key().bits().try_into().unwrap()
    }

    fn identity(&self, validity: Validity) -> Identity {
        let key = SigningKey::generate_ed25519(&mut OsRandom).unwrap();
        let names = [HostName::parse("chat.example").unwrap()];
        let leaf = self
            .server
            .issue(&names, &PublicKey::of(&key), validity, &mut OsRandom)
            .unwrap();
        Identity::new(vec![leaf.certificate], key).unwrap()
    }

    /// A TLS server that takes one connection.
    async fn serve(&self, identity: Identity, alpn: &[&[u8]]) -> SocketAddr {
        let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut config = ServerConfig::new(vec![identity]);
        config.alpn = alpn.iter().map(|name| name.to_vec()).collect();
        let acceptor = Acceptor::new(Arc::new(config), Environment::system());
        tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let _ = acceptor.accept(stream).await;
        });
        address
    }
}

#[tokio::test]
async fn nobody_there() {
    let closed = StdListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let port = closed.port();
    let error = failure("127.0.0.1", port, [0; 32]).await;
    check(
        &error,
        Exit::Unreachable,
        &[
            &format!("TCP: expected a server at 127.0.0.1:{port}"),
            "refused",
            "start nihaod",
        ],
    );
    let error = failure("no-such-host.invalid", 8443, [0; 32]).await;
    check(
        &error,
        Exit::Unreachable,
        &[
            "name lookup: expected an address for no-such-host.invalid",
            "getent hosts",
        ],
    );
}

#[tokio::test]
async fn something_else_has_the_port() {
    for (answer, told) in [
        (
            &b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"[..],
            "a web server without TLS that answers \"HTTP/1.1 400 Bad Request\"",
        ),
        (
            b"SSH-2.0-OpenSSH_9.2p1\r\n",
            "an SSH server that answers \"SSH-2.0-OpenSSH_9.2p1\"",
        ),
        (b"220 mail.example ESMTP\r\n", "a mail or FTP server"),
        (b"\x00\x1b[2Jnonsense", "something else that answers 00 1b"),
        (b"", "seen the end of the connection"),
    ] {
        let address = plain(answer).await;
        check(
            &failure("127.0.0.1", address.port(), [0; 32]).await,
            Exit::Unreachable,
            &[told, "nihaod"],
        );
    }
}

#[tokio::test]
async fn the_certificate_is_not_right() {
    let lab = Lab::new();
    let good = Validity::of_server_certificate(lab.now);
    let port = lab.serve(lab.identity(good), &[ALPN]).await.port();
    let error = failure("127.0.0.1", port, [7; 32]).await;
    check(
        &error,
        Exit::Untrusted,
        &[
            "the key from the invite (0707070707070707…)",
            lab.server.authority().name(),
            "do not go on",
        ],
    );

    let port = lab.serve(lab.identity(good), &[ALPN]).await.port();
    // On Linux the whole of 127/8 leads here, and the certificate has 127.0.0.1 only.
    let error = failure("127.0.0.2", port, lab.pin()).await;
    check(
        &error,
        Exit::Untrusted,
        &[
            "expected 127.0.0.2, seen a certificate for localhost",
            "chat.example",
            "--name 127.0.0.2",
        ],
    );

    let past = Validity::days(lab.now.minus_seconds(100 * DAY), 90);
    let port = lab.serve(lab.identity(past), &[ALPN]).await.port();
    check(
        &failure("127.0.0.1", port, lab.pin()).await,
        Exit::Untrusted,
        &["certificate date", "seen one that ended 20", "date -u"],
    );

    let future = Validity::days(lab.now.plus_seconds(10 * DAY), 90);
    let port = lab.serve(lab.identity(future), &[ALPN]).await.port();
    check(
        &failure("127.0.0.1", port, lab.pin()).await,
        Exit::Untrusted,
        &["certificate date", "seen one that begins 20", "clock"],
    );
}

#[tokio::test]
async fn a_user_posing_as_the_server_is_refused() {
    let lab = Lab::new();
    let users: [u8; 32] = lab.users.authority().public_key().bits().try_into().unwrap();
    for pin in [lab.pin(), users] {
        let key = SigningKey::generate_ed25519(&mut OsRandom).unwrap();
        let validity = Validity::of_user_certificate(lab.now);
        let bob = lab
            .users
            .issue("localhost", &PublicKey::of(&key), validity, &[1])
            .unwrap();
        let identity = Identity::new(vec![bob.certificate], key).unwrap();
        let port = lab.serve(identity, &[ALPN]).await.port();
        check(
            &failure("localhost", port, pin).await,
            Exit::Untrusted,
            &["certificate purpose", "a user's", "do not go on"],
        );
    }
}

#[tokio::test]
async fn a_web_server_of_ours_is_not_a_chat() {
    let lab = Lab::new();
    for alpn in [&[][..], &[&b"http/1.1"[..]]] {
        let port = lab
            .serve(lab.identity(Validity::of_server_certificate(lab.now)), alpn)
            .await
            .port();
        check(
            &failure("localhost", port, lab.pin()).await,
            Exit::Unreachable,
            &["application protocol: expected nihao/1", "web server"],
        );
    }
}

/// A process that ends with its owner.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn an_old_tls_server_is_named_as_such() {
    let dir = tempfile::tempdir().unwrap();
    let (key, certificate) = (dir.path().join("key.pem"), dir.path().join("cert.pem"));
    let openssl = "the program openssl is needed: apt-get install openssl";
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
            "-subj",
            "/CN=old",
        ])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .stderr(Stdio::null())
        .status();
    assert!(made.expect(openssl).success());
    let mut process = Command::new("openssl");
    process
        .args(["s_server", "-tls1_2", "-accept", "127.0.0.1:0", "-key"])
        .arg(&key)
        .arg("-cert")
        .arg(&certificate);
    let mut server = Server(
        process
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect(openssl),
    );
    let mut lines = BufReader::new(server.0.stdout.take().unwrap()).lines();
    let port = lines.find_map(|line| {
        line.unwrap()
            .strip_prefix("ACCEPT 127.0.0.1:")
            .map(|port| port.parse().unwrap())
    });
    let error = failure("127.0.0.1", port.expect("openssl says where it listens"), [0; 32]).await;
    check(&error, Exit::Unreachable, &["TLS version: expected 1.3", "older"]);
}

/// A network on which somebody takes the connection and says nothing.
struct Silence;

impl Dial for Silence {
    type Stream = tokio::io::DuplexStream;

    async fn dial_telling(&self, _: &str, _: u16, _: Tell<'_>) -> Result<Self::Stream, DialError> {
        let (near, mut far) = tokio::io::duplex(4096);
        tokio::spawn(async move { while far.read(&mut [0; 1024]).await.is_ok_and(|count| count > 0) {} });
        Ok(near)
    }
}

#[tokio::test(start_paused = true)]
async fn silence_ends_after_ten_seconds() {
    let secure = Secure::new(Silence, Environment::system());
    let endpoint = Endpoint {
        host: "localhost".into(),
        port: 1,
        ca: [0; 32],
    };
    let connected = secure.connect(&endpoint, None).await;
    assert!(matches!(connected, Err(ConnectError::Silent { seconds: 10 })));
}
