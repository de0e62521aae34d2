//! `nihao http` as people run it: to nihaod over both versions, to Python's and OpenSSL's servers, and to what is none.

use std::ffi::OsStr;
use std::net::TcpListener;
use std::process::{Command, Output, Stdio};

use anyhow::ensure;
use nihao_tests::lab::{World, binaries};
use nihao_tests::live::{Pki, Server};
use serde_json::{Value, json};

/// Answers HTTP/1.1 with what was asked; in chunks where the path says so.
const PYTHON: &str = r#"
import http.server, ssl, sys
class Echo(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def answer(self):
        asked = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b"%s %s %s\n%s" % (self.command.encode(), self.path.encode(), self.headers.get("X-Odd", "").encode(), asked)
        self.send_response(302 if self.path == "/moved" else 200)
        if self.path == "/moved": self.send_header("Location", "/elsewhere")
        if self.path == "/chunks":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for part in (body[:5], body[5:]): self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
            self.wfile.write(b"0\r\n\r\n")
            return
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD": self.wfile.write(body)
    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = do_OPTIONS = answer
    def log_message(self, *_): pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Echo)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1], sys.argv[2])
server.socket = context.wrap_socket(server.socket, server_side=True)
print("port", server.server_address[1])
server.serve_forever()
"#;

/// Runs `nihao http` with these roots; it needs no home.
fn nihao(cacert: impl AsRef<OsStr>, arguments: &[&str]) -> anyhow::Result<Output> {
    let mut command = Command::new("timeout");
    command
        .arg("60")
        .arg(&binaries().nihao)
        .args(["http", "--cacert"])
        .arg(cacert);
    Ok(command.args(arguments).stdin(Stdio::null()).output()?)
}

/// What it printed, and what it told.
fn works(cacert: impl AsRef<OsStr>, arguments: &[&str]) -> anyhow::Result<(String, String)> {
    let output = nihao(cacert, arguments)?;
    ensure!(output.status.success(), "{arguments:?}: {output:?}");
    Ok((String::from_utf8(output.stdout)?, String::from_utf8(output.stderr)?))
}

/// Fails with this code, nothing printed, and these words in its two lines.
fn fails(cacert: impl AsRef<OsStr>, arguments: &[&str], code: i32, words: &[&str]) -> anyhow::Result<()> {
    let output = nihao(cacert, arguments)?;
    let told = String::from_utf8(output.stderr)?;
    ensure!(
        output.status.code() == Some(code),
        "{arguments:?}: {:?} {told}",
        output.status
    );
    ensure!(output.stdout.is_empty(), "{arguments:?} printed something");
    ensure!(told.starts_with("error: ") && told.contains("\nhint: "), "{told}");
    for word in words {
        ensure!(told.contains(word), "{arguments:?}: {word} is missing: {told}");
    }
    Ok(())
}

#[test]
fn the_api_of_nihaod_over_both_versions() -> anyhow::Result<()> {
    let world = World::new()?;
    let token = world.works("alice", &["token", "new"], "")?;
    let token = token.trim_end();
    let bearer = format!("Authorization: Bearer {token}");
    let messages = format!("https://{}/v1/messages", world.address());
    let draft = world.dir().join("draft.json");
    for (version, shown, text) in [("--http1", "HTTP/1.1", "您好！"), ("--http2", "HTTP/2", "by h2")] {
        std::fs::write(&draft, json!({"to": "#general", "text": text}).to_string())?;
        let file = format!("@{}", draft.display());
        let json = "Content-Type: application/json";
        let post = ["POST", &messages, "-v", version, "-H", &bearer, "-H", json, "-d", &file];
        let (body, told) = works(world.ca(), &post)?;
        let receipt: Value = serde_json::from_str(&body)?;
        ensure!(receipt["seq"].is_u64(), "{body}");
        for line in [
            format!("* TCP: connected to {}", world.address()),
            format!("> POST /v1/messages {shown}\n> host: {}\n", world.address()),
            format!("< {shown} 201"),
            "> authorization: Bearer nihao_…(redacted)\n".into(),
            "* verified: ".into(),
        ] {
            ensure!(told.contains(&line), "{line} in {told}");
        }
        ensure!(
            !told.contains(token) && !told.contains(&token[6..]),
            "the token is told: {told}"
        );
    }
    let list = format!("{messages}?in=%23general&limit=10");
    let (body, told) = works(world.ca(), &["get", &list, "-H", &bearer])?;
    let page: Value = serde_json::from_str(&body)?;
    ensure!(
        page["messages"][0]["text"] == "您好！" && page["messages"][1]["text"] == "by h2",
        "{body}"
    );
    ensure!(told.is_empty(), "without -v nothing is told: {told}");

    let (body, _) = works(world.ca(), &["GET", &list])?;
    ensure!(
        body.contains("\"status\":401"),
        "an HTTP error is a body like any other: {body}"
    );
    let output = nihao(world.ca(), &["GET", &list, "--fail"])?;
    let told = String::from_utf8(output.stderr)?;
    ensure!(output.status.code() == Some(6) && told.contains("seen 401"), "{told}");
    let empty = "/dev/null";
    fails(empty, &["GET", &list], 1, &["no certificate in it", "PEM"])
}

#[test]
fn http1_of_python_with_either_key() -> anyhow::Result<()> {
    let pki = Pki::new()?;
    let ca = pki.file("ca.pem");
    for leaf in ["p256", "rsa"] {
        let server = Server::python(&pki, leaf, PYTHON)?;
        let url = server.url("localhost");
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"] {
            let (body, _) = works(&ca, &[method, &url, "-H", "X-Odd: 1", "-d", "text\n"])?;
            ensure!(body == format!("{method} / 1\ntext\n"), "{body}");
        }
        let (body, told) = works(&ca, &["HEAD", &url, "-v"])?;
        ensure!(body.is_empty() && told.contains("< content-length: "), "{told}");
        let (body, _) = works(&ca, &["GET", &format!("{url}chunks")])?;
        ensure!(body == "GET /chunks \n", "{body}");
        let (body, told) = works(&ca, &["GET", &format!("{url}moved"), "-v"])?;
        ensure!(
            body == "GET /moved \n" && told.contains("< location: /elsewhere"),
            "not followed: {told}"
        );
        let file = pki.file("body");
        let (body, _) = works(&ca, &["GET", &url, "-o", &file])?;
        ensure!(body.is_empty() && std::fs::read_to_string(&file)? == "GET / \n");
    }
    Ok(())
}

#[test]
fn what_openssl_serves_and_what_it_does_not() -> anyhow::Result<()> {
    let pki = Pki::new()?;
    let stranger = Pki::under("Another root")?;
    let (ca, other) = (pki.file("ca.pem"), stranger.file("ca.pem"));
    let server = Server::openssl(&pki, "rsa", &["-www"])?;
    let url = server.url("localhost");
    let (body, told) = works(&ca, &["GET", &url, "-v"])?;
    ensure!(
        body.contains("TLSv1.3") && told.contains("server signed with rsa_pss"),
        "{told}"
    );
    fails(
        &other,
        &["GET", &url],
        4,
        &["certificate authority", "CN=Test root", "--cacert FILE"],
    )?;
    let by_address = server.url("127.0.0.1");
    fails(
        &ca,
        &["GET", &by_address],
        4,
        &["expected 127.0.0.1, seen a certificate for localhost", "in the URL"],
    )?;
    fails(
        &ca,
        &["GET", &url, "--http2"],
        3,
        &["ALPN", "leave out --http1 and --http2"],
    )?;
    let old = Server::openssl(&pki, "p256", &["-www", "-tls1_2"])?;
    fails(
        &ca,
        &["GET", &old.url("localhost")],
        3,
        &["TLS version: expected 1.3", "turn it on"],
    )?;
    let expired = Server::openssl(&pki, "expired", &["-www"])?;
    fails(
        &ca,
        &["GET", &expired.url("localhost")],
        4,
        &["certificate date", "seen one that ended", "date -u"],
    )?;
    let picky = Server::openssl(&pki, "p256", &["-www", "-Verify", "1", "-verify_return_error"])?;
    fails(
        &ca,
        &["GET", &picky.url("localhost")],
        6,
        &["client certificate", "certificate_required", "--cert FILE"],
    )
}

#[test]
fn a_certificate_and_its_key_let_in() -> anyhow::Result<()> {
    let pki = Pki::new()?;
    let (ca, file) = (pki.file("ca.pem"), |name: &str| pki.file(name));
    let (cert, key) = (file("me.pem"), file("me.key"));
    let openssl = |arguments: &[&str]| -> anyhow::Result<()> {
        let output = Command::new("openssl").args(arguments).output()?;
        ensure!(output.status.success(), "{output:?}");
        Ok(())
    };
    let asked = [
        "req", "-x509", "-newkey", "ed25519", "-nodes", "-subj", "/CN=me", "-addext",
    ];
    openssl(
        &[
            &asked[..],
            &["extendedKeyUsage=clientAuth", "-keyout", &key, "-out", &cert],
        ]
        .concat(),
    )?;
    let picky = ["-www", "-Verify", "1", "-verify_return_error", "-CAfile", &cert];
    let picky = Server::openssl(&pki, "p256", &picky)?;
    let url = picky.url("localhost");
    let (page, told) = works(&ca, &["GET", &url, "--cert", &cert, "--key", &key, "-v"])?;
    ensure!(
        page.contains("Client certificate") && page.contains("Verify return code: 0 (ok)"),
        "{page}"
    );
    ensure!(told.contains("client certificate: asked for, sent"), "{told}");
    // Both in one file, as curl takes them, too.
    let both = file("both.pem");
    std::fs::write(&both, [std::fs::read(&cert)?, std::fs::read(&key)?].concat())?;
    works(&ca, &["GET", &url, "--cert", &both])?;
    let explain = Command::new(&binaries().nihao)
        .args(["explain", "--live", &url, "--cacert", &ca, "--cert", &both, "--json"])
        .output()?;
    ensure!(explain.status.success(), "{explain:?}");
    let sealed = file("sealed.key");
    openssl(&["pkcs8", "-topk8", "-passout", "pass:x", "-in", &key, "-out", &sealed])?;
    // One that leads to another root.
    let (other, its_key) = (file("p256.pem"), file("p256.key"));
    let refused = ["client certificate", "unknown_ca"];
    fails(&ca, &["GET", &url, "--cert", &other, "--key", &its_key], 6, &refused)?;
    for (cert, key, words) in [
        (&file("rsa.pem"), &key, "does not belong"),
        (&cert, &file("rsa.key"), "Ed25519 or P-256"),
        (&cert, &sealed, "password"),
        (&cert, &file("none.key"), "none.key"),
        (&key, &key, "no CERTIFICATE"),
        (&cert, &cert, "seen none"),
    ] {
        fails(&ca, &["GET", &url, "--cert", cert, "--key", key], 1, &[words])?;
    }
    Ok(())
}

#[test]
fn what_is_no_https_at_all() -> anyhow::Result<()> {
    let pki = Pki::new()?;
    let ca = pki.file("ca.pem");
    let mut plain = Command::new("python3");
    plain.args(["-u", "-c", "import http.server as h\ns = h.HTTPServer(('127.0.0.1', 0), h.SimpleHTTPRequestHandler)\nprint('port', s.server_address[1])\ns.serve_forever()"]);
    let plain = Server::start(plain.stderr(Stdio::null()), "port ")?;
    fails(
        &ca,
        &["GET", &plain.url("127.0.0.1")],
        3,
        &["a web server without TLS", "curl for plain HTTP"],
    )?;
    let silent = TcpListener::bind("127.0.0.1:0")?;
    let url = format!("https://{}/", silent.local_addr()?);
    fails(
        &ca,
        &["GET", &url, "--max-time", "0.3"],
        3,
        &["within 0.3 s", "before the TLS handshake was over"],
    )?;
    drop(silent);
    fails(&ca, &["GET", &url], 3, &["connection refused", "its port"])?;
    fails(
        &ca,
        &["GET", "https://no.such.name.invalid/"],
        3,
        &["name lookup", "getent hosts"],
    )?;
    fails(
        &ca,
        &["GET", "http://localhost/"],
        2,
        &["seen http://", "curl for plain HTTP"],
    )?;
    fails(
        &ca,
        &["GET", "https://a:s3cret@localhost/"],
        2,
        &["is not sent", "Authorization"],
    )?;
    fails(
        &ca,
        &["GET", &url, "-H", "no header"],
        2,
        &["without a colon", "Name: value"],
    )?;
    fails(
        &ca,
        &["POST", &url, "-d", "@/no/such/file"],
        1,
        &["/no/such/file", "check the path"],
    )
}
