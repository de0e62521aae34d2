//! `http` over real TLS in memory, to servers that say exactly these bytes.

use std::sync::Arc;
use std::time::Duration;

use hyper::{Method, StatusCode};
use nihao_certs::{KeyAlgorithm, PublicKey, ServerAuthority, Validity};
use nihao_client::command::Screen;
use nihao_client::command::http::{Manner, Request, Stage, Versions, WebError, http};
use nihao_client::dial::{Dial, DialError, Tell};
use nihao_client::{Error, Exit};
use nihao_protocol::clock::{Clock, UnixTime};
use nihao_protocol::crypto::{Seeded, SigningKey};
use nihao_protocol::net::{Acceptor, Entropy, Environment, RootBundle};
use nihao_protocol::tls::{Identity, ServerConfig};
use nihao_protocol::x509::Roots;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};

const NOW: UnixTime = UnixTime::from_seconds(1_800_000_000);

/// How a server ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// With close_notify.
    Proper,
    /// Without.
    Cut,
    /// It takes the connection and never says anything.
    Silent,
}

/// A server that reads one request and says `says`.
struct Server {
    acceptor: Acceptor,
    root: Vec<u8>,
    says: Vec<u8>,
    end: End,
}

fn environment(seed: u64) -> Environment {
    Environment {
        clock: Clock::fixed(NOW),
        entropy: Entropy::new(move || Box::new(Seeded::new(seed, "http"))),
    }
}

impl Server {
    fn new(says: &[u8], end: End) -> Self {
        let mut random = Seeded::new(1, "web server");
        let names = ["web.example".parse().unwrap()];
        let authority = ServerAuthority::create(KeyAlgorithm::P256, &names, NOW, &mut random).unwrap();
        let key = SigningKey::generate_p256(&mut random).unwrap();
        let validity = Validity::of_server_certificate(NOW);
        let leaf = authority
            .issue(&names, &PublicKey::of(&key), validity, &mut random)
            .unwrap();
        let mut config = ServerConfig::new(vec![Identity::new(vec![leaf.certificate], key).unwrap()]);
        config.alpn = vec![b"http/1.1".to_vec()];
        Self {
            acceptor: Acceptor::new(Arc::new(config), environment(2)),
            root: authority.authority().certificate().to_vec(),
            says: says.to_vec(),
            end,
        }
    }

    fn manner(&self) -> Manner {
        let mut roots = Roots::new();
        roots.add(&self.root).unwrap();
        Manner {
            roots: RootBundle {
                roots,
                path: "roots.pem".into(),
                skipped: 0,
            },
            identity: None,
            versions: Versions::Both,
            verbose: true,
            fail: false,
            max_time: None,
            output: None,
            adjust: None,
        }
    }

    /// Asks; gives how it ended, standard output and standard error.
    async fn ask(&self, url: &str, manner: Manner) -> (Result<(), Error>, Vec<u8>, String) {
        let headers = [String::from("Authorization: Bearer nihao_s3cret")];
        let request = Request::new(Method::POST, url, &headers, Some(b"hello".to_vec())).unwrap();
        let (mut out, mut notes) = (Vec::new(), Vec::new());
        let screen = &mut Screen {
            out: &mut out,
            notes: &mut notes,
        };
        let ended = http(self, &environment(3), &request, manner, screen).await;
        (ended, out, String::from_utf8(notes).unwrap())
    }
}

impl Dial for Server {
    type Stream = DuplexStream;

    async fn dial_telling(&self, _host: &str, _port: u16, _tell: Tell<'_>) -> Result<DuplexStream, DialError> {
        let (far, near) = tokio::io::duplex(64 * 1024);
        let (acceptor, says, end) = (self.acceptor.clone(), self.says.clone(), self.end);
        tokio::spawn(async move {
            if end == End::Silent {
                return std::future::pending::<()>().await;
            }
            // Whoever refuses the certificate does not get this far.
            let Ok(mut stream) = acceptor.accept(near).await else {
                return;
            };
            let mut asked = Vec::new();
            while !asked.ends_with(b"\r\n\r\nhello") {
                asked.push(stream.read_u8().await.unwrap());
            }
            let asked = String::from_utf8(asked).unwrap();
            assert!(asked.contains("authorization: Bearer nihao_s3cret\r\n"), "{asked}");
            stream.write_all(&says).await.unwrap();
            stream.flush().await.unwrap();
            if end == End::Proper {
                let _ = stream.shutdown().await;
            }
        });
        Ok(far)
    }
}

const URL: &str = "https://web.example/x?y";

#[tokio::test]
async fn the_body_passes_unchanged_and_everything_else_is_told_safely() {
    let says = b"HTTP/1.1 200 Fine\r\ncontent-length: 7\r\nx-odd: \xc2\x9b31m\r\nset-cookie: id=s3cret; Secure\r\n\r\n\0\x1b[2J\r\n\xff";
    let server = Server::new(&says[..], End::Proper);
    let (ended, out, told) = server.ask(URL, server.manner()).await;
    ended.unwrap();
    assert_eq!(out, b"\0\x1b[2J\r\n", "as many bytes as were promised");
    for line in [
        "* TLS: application protocol (ALPN): http/1.1\n",
        "*   names: localhost, 127.0.0.1, ::1, web.example\n",
        "* verified: leads to one of 1 root in roots.pem, and is for web.example\n",
        "> POST /x?y HTTP/1.1\n> host: web.example\n",
        "> authorization: Bearer nihao_…(redacted)\n",
        "> content-length: 5\n>\n",
        "< HTTP/1.1 200 Fine\n",
        "< x-odd: \\u{9b}31m\n",
        "< set-cookie: id=…(redacted); Secure\n",
    ] {
        assert!(told.contains(line), "{line} in {told}");
    }
    assert!(!told.contains("s3cret"), "{told}");
}

#[tokio::test]
async fn a_body_that_was_cut_is_told_from_one_that_ended() {
    let whole = b"HTTP/1.1 200 OK\r\n\r\nall of it";
    let (ended, out, _) = {
        let server = Server::new(whole, End::Proper);
        server.ask(URL, server.manner()).await
    };
    ended.unwrap();
    assert_eq!(out, b"all of it");
    let short = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nall of it";
    let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nall of it\r\n";
    for (says, end) in [
        (&whole[..], End::Cut),
        (short, End::Cut),
        (short, End::Proper),
        (chunked, End::Proper),
    ] {
        let server = Server::new(says, end);
        let (ended, out, _) = server.ask(URL, server.manner()).await;
        let error = ended.unwrap_err();
        let Error::Web(WebError::Broken { stage, .. }) = &error else {
            panic!("{error:?}")
        };
        assert_eq!(
            (*stage, error.exit()),
            (Stage::Body { received: 9 }, Exit::Unreachable),
            "{error}"
        );
        assert_eq!(out, b"all of it", "what came is printed");
    }
}

#[tokio::test]
async fn a_status_is_a_failure_only_where_that_is_asked_for() {
    for (status, exit) in [(404, Exit::Refused), (503, Exit::Unreachable), (429, Exit::Unreachable)] {
        let says = format!("HTTP/1.1 {status} No\r\ncontent-length: 3\r\n\r\nwhy");
        let server = Server::new(says.as_bytes(), End::Proper);
        let (ended, out, _) = server.ask(URL, server.manner()).await;
        ended.unwrap();
        assert_eq!(out, b"why");
        let manner = Manner {
            fail: true,
            verbose: false,
            ..server.manner()
        };
        let (ended, out, told) = server.ask(URL, manner).await;
        let error = ended.unwrap_err();
        assert_eq!(error.exit(), exit);
        let expected = StatusCode::from_u16(status).unwrap();
        assert!(matches!(error, Error::Web(WebError::Status(seen)) if seen == expected));
        assert_eq!(
            (out.as_slice(), told.as_str()),
            (&b"why"[..], ""),
            "without -v nothing is told"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_silent_server_has_its_time() {
    let server = Server::new(b"", End::Silent);
    let manner = Manner {
        max_time: Some(Duration::from_secs(2)),
        ..server.manner()
    };
    let (ended, _, _) = server.ask(URL, manner).await;
    let error = ended.unwrap_err();
    assert!(
        matches!(error, Error::Web(WebError::TimedOut { stage: Stage::Tls, .. })),
        "{error:?}"
    );
    assert!(
        error.to_string().contains("before the TLS handshake was over"),
        "{error}"
    );
    let (ended, _, _) = server.ask(URL, server.manner()).await;
    assert!(ended.unwrap_err().to_string().contains("seen nothing for 10 s"));
}

#[tokio::test]
async fn a_chain_that_is_refused_is_shown() {
    let server = Server::new(b"", End::Proper);
    let (ended, out, told) = server.ask("https://other.example/", server.manner()).await;
    let error = ended.unwrap_err();
    assert_eq!(error.exit(), Exit::Untrusted);
    assert!(
        error
            .to_string()
            .contains("expected other.example, seen a certificate for localhost, 127.0.0.1, ::1, web.example"),
        "{error}"
    );
    assert!(
        told.contains("*   names: localhost, 127.0.0.1, ::1, web.example\n") && !told.contains("> "),
        "{told}"
    );
    assert!(out.is_empty());
}

#[tokio::test]
async fn a_file_keeps_what_it_had_until_there_is_a_response() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("body");
    std::fs::write(&path, "what was there before, and longer").unwrap();
    let server = Server::new(b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nnew", End::Proper);
    let manner = || Manner {
        output: Some(path.clone()),
        adjust: None,
        ..server.manner()
    };
    let (ended, ..) = server.ask("https://other.example/", manner()).await;
    ended.unwrap_err();
    assert_eq!(std::fs::read(&path).unwrap(), b"what was there before, and longer");
    let (ended, out, _) = server.ask(URL, manner()).await;
    ended.unwrap();
    assert_eq!((std::fs::read(&path).unwrap().as_slice(), out.len()), (&b"new"[..], 0));
    let missing = Manner {
        output: Some(folder.path().join("no/such/folder")),
        adjust: None,
        ..server.manner()
    };
    let (ended, _, told) = server.ask(URL, missing).await;
    assert_eq!(
        (ended.unwrap_err().exit(), told.as_str()),
        (Exit::Failed, ""),
        "nothing was asked"
    );
}
