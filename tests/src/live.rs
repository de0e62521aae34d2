//! What tests of real connections share: certificates by OpenSSL, servers that end with the test, and texts without what differs.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, ensure};
use tempfile::TempDir;

/// How `openssl ca` is to sign: nothing but that sets both ends of a validity.
const CA_CONF: &str = "[ca]\ndefault_ca = here\n[here]\ndatabase = index\nserial = serial\nnew_certs_dir = .\ndefault_md = sha256\npolicy = any\n\
    [any]\ncommonName = supplied\n";

/// A server that ends with the test.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// Where it listens, on loopback.
    pub port: u16,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    /// Starts what prints its port behind `mark` in some line.
    pub fn start(command: &mut Command, mark: &str) -> anyhow::Result<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let output = child.stdout.take().context("its output")?;
        let mut server = Self { child, port: 0 };
        for line in BufReader::new(output).lines() {
            if let Some((_, port)) = line?.split_once(mark) {
                server.port = port.trim().parse()?;
                return Ok(server);
            }
        }
        anyhow::bail!("{command:?} does not say where it listens")
    }

    /// OpenSSL's test server with the certificate `leaf`.
    pub fn openssl(pki: &Pki, leaf: &str, options: &[&str]) -> anyhow::Result<Self> {
        let mut command = Command::new("openssl");
        command.args(["s_server", "-accept", "127.0.0.1:0", "-cert"]);
        command
            .arg(pki.file(&format!("{leaf}.pem")))
            .arg("-key")
            .arg(pki.file(&format!("{leaf}.key")));
        Self::start(command.args(options).stderr(Stdio::null()), "ACCEPT 127.0.0.1:")
    }

    /// A program for Python that is told the certificate and its key, and prints `port N`.
    pub fn python(pki: &Pki, leaf: &str, program: &str) -> anyhow::Result<Self> {
        let mut command = Command::new("python3");
        command
            .args(["-u", "-c", program])
            .arg(pki.file(&format!("{leaf}.pem")));
        Self::start(command.arg(pki.file(&format!("{leaf}.key"))), "port ")
    }

    /// Its URL by a name of this machine.
    #[must_use]
    pub fn url(&self, host: &str) -> String {
        format!("https://{host}:{}/", self.port)
    }
}

/// Certificates by OpenSSL under `ca.pem`: `p256`, `rsa`, `expired`, `p521` (a key that nihao does not have).
#[derive(Debug)]
pub struct Pki(TempDir);

impl Pki {
    /// Makes them.
    pub fn new() -> anyhow::Result<Self> {
        Self::under("Test root")
    }

    /// Makes them, under a root of this name.
    pub fn under(name: &str) -> anyhow::Result<Self> {
        let subject = format!("/CN={name}");
        let pki = Self(tempfile::tempdir()?);
        let curve = |name: &str| ["ec".into(), "-pkeyopt".into(), format!("ec_paramgen_curve:{name}")];
        let root = [
            "req", "-x509", "-nodes", "-days", "30", "-subj", &subject, "-keyout", "ca.key", "-newkey",
        ];
        let key = curve("P-256");
        let key: Vec<_> = key.iter().map(String::as_str).collect();
        pki.run(&[root.as_slice(), &key, &["-out", "ca.pem"]].concat())?;
        let extensions = "subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\n";
        for (file, contents) in [
            ("extensions", extensions),
            ("ca.conf", CA_CONF),
            ("index", ""),
            ("serial", "01\n"),
        ] {
            std::fs::write(pki.file(file), contents)?;
        }
        let rsa = ["rsa:2048".to_owned()];
        for (leaf, kind, until) in [
            ("p256", &curve("P-256")[..], "20491231000000Z"),
            ("rsa", &rsa, "20491231000000Z"),
            ("expired", &curve("P-256"), "20200201000000Z"),
            ("p521", &curve("P-521"), "20491231000000Z"),
        ] {
            pki.sign(leaf, kind, until)?;
        }
        Ok(pki)
    }

    fn sign(&self, leaf: &str, kind: &[String], until: &str) -> anyhow::Result<()> {
        let [key, request, certificate, subject] = [
            format!("{leaf}.key"),
            format!("{leaf}.csr"),
            format!("{leaf}.pem"),
            format!("/CN={leaf}"),
        ];
        let kind: Vec<_> = kind.iter().map(String::as_str).collect();
        let asks = [
            "req", "-nodes", "-subj", &subject, "-keyout", &key, "-out", &request, "-newkey",
        ];
        self.run(&[asks.as_slice(), &kind].concat())?;
        let signs = [
            "ca", "-batch", "-notext", "-config", "ca.conf", "-cert", "ca.pem", "-keyfile", "ca.key",
        ];
        let shaped = [
            "-rand_serial",
            "-extfile",
            "extensions",
            "-startdate",
            "20200101000000Z",
            "-enddate",
            until,
        ];
        self.run(&[signs.as_slice(), &shaped, &["-in", &request, "-out", &certificate]].concat())
    }

    /// The path of one of its files.
    #[must_use]
    pub fn file(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    fn run(&self, arguments: &[&str]) -> anyhow::Result<()> {
        let output = Command::new("openssl")
            .current_dir(self.0.path())
            .args(arguments)
            .output()?;
        ensure!(output.status.success(), "{arguments:?}: {output:?}");
        Ok(())
    }
}

/// A text in which moments, ports and places of files are `TIME`, `PORT` and `FILE`.
#[must_use]
pub fn normal(text: &str) -> String {
    const MOMENT: &str = "0000-00-00 00:00:00 UTC";
    let is_like = |text: &str| {
        let pairs = text.chars().zip(MOMENT.chars());
        text.len() == MOMENT.len()
            && pairs
                .into_iter()
                .all(|(one, like)| if like == '0' { one.is_ascii_digit() } else { one == like })
    };
    let files = std::env::temp_dir();
    let files = files.to_string_lossy();
    let mut rest = text;
    let mut out = String::new();
    while let Some(first) = rest.chars().next() {
        if rest.get(..MOMENT.len()).is_some_and(is_like) {
            out.push_str("TIME");
            rest = &rest[MOMENT.len()..];
        } else if rest.starts_with(&*files) {
            out.push_str("FILE");
            rest = rest.trim_start_matches(|letter: char| letter.is_ascii_graphic());
        } else if first.is_ascii_digit() {
            let length = rest.bytes().take_while(u8::is_ascii_digit).count();
            out.push_str(if length >= 4 { "PORT" } else { &rest[..length] });
            rest = &rest[length..];
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}
