//! What tests of real connections share: certificates by OpenSSL, servers that end with the test, and texts without what differs.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, ensure};
use tempfile::TempDir;

use crate::interop::free_port;
use crate::interop::process::{Output, Process};
use crate::interop::tool::Tool;

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

/// nginx or caddy with one page, over HTTP/1.1 and HTTP/2.
#[derive(Debug)]
pub struct Web {
    _process: Process,
    _folder: TempDir,
    /// Where it listens, on loopback.
    pub port: u16,
}

impl Web {
    /// What stands on the page.
    pub const PAGE: &str = "<!doctype html><p>您好！</p>\n";

    /// Starts it for `host` with the certificates in `leaf`; it listens when this returns.
    ///
    /// # Errors
    /// When it is not installed or does not start.
    pub async fn start(tool: Tool, pki: &Pki, leaf: &str, host: &str) -> anyhow::Result<Self> {
        let folder = tempfile::tempdir()?;
        let path = |name: &str| folder.path().join(name).display().to_string();
        std::fs::create_dir(path("pages"))?;
        std::fs::write(path("pages/index.html"), Self::PAGE)?;
        let (port, root) = (free_port()?, path("pages"));
        let (certificate, key) = (pki.file(&format!("{leaf}.pem")), pki.file(&format!("{leaf}.key")));
        let (configuration, first, ready) = match tool {
            Tool::Nginx => {
                let kinds = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
                let temporary = kinds.map(|kind| format!("{kind}_temp_path {};\n", path(kind))).concat();
                let text = format!(
                    "daemon off;\nmaster_process off;\npid {};\nerror_log stderr notice;\nevents {{}}\nhttp {{\naccess_log off;\n\
                     {temporary}types {{ text/html html; }}\nserver {{\nlisten 127.0.0.1:{port} ssl http2;\n\
                     ssl_protocols TLSv1.3;\nssl_certificate {certificate};\nssl_certificate_key {key};\nroot {root};\n}}\n}}\n",
                    path("pid")
                );
                (text, ["-e", "stderr", "-c"].as_slice(), "getrlimit") // said behind opening its sockets
            }
            _ => {
                let text = format!(
                    "{{\nadmin off\nauto_https off\n}}\nhttps://{host}:{port} {{\nbind 127.0.0.1\n\
                     tls {certificate} {key} {{\nprotocols tls1.3\n}}\nroot * {root}\nfile_server\n}}\n"
                );
                let first = ["run", "--adapter", "caddyfile", "--config"].as_slice();
                (text, first, "serving initial configuration")
            }
        };
        std::fs::write(path("conf"), configuration)?;
        let arguments: Vec<_> = first.iter().map(ToString::to_string).chain([path("conf")]).collect();
        let program = tool.program().context("a program")?;
        let mut process = Process::start_at(Some(folder.path()), program, &arguments, &Output::default())?;
        let is_ready = |output: &Output| output.err().contains(ready).then_some(());
        process.wait_for("serving", is_ready).await?;
        Ok(Self {
            _process: process,
            _folder: folder,
            port,
        })
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
        self.request(leaf, kind)?;
        self.certify(leaf, "ca", "extensions", until)
    }

    /// An authority below the root, with such a key: what `openssl req -newkey` takes.
    pub fn authority(&self, name: &str, kind: &[&str]) -> anyhow::Result<()> {
        std::fs::write(
            self.file("authority"),
            "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n",
        )?;
        self.request(name, &kind.iter().map(ToString::to_string).collect::<Vec<_>>())?;
        self.certify(name, "ca", "authority", "20491231000000Z")
    }

    /// A server's certificate for `host`, with a key of P-256, by such an authority or by `ca`; behind it stands the authority's.
    pub fn serve(&self, leaf: &str, host: &str, authority: &str) -> anyhow::Result<()> {
        let names = format!("subjectAltName=DNS:{host}\nextendedKeyUsage=serverAuth\n");
        std::fs::write(self.file("names"), names)?;
        self.request(leaf, &["ec", "-pkeyopt", "ec_paramgen_curve:P-256"].map(String::from))?;
        self.certify(leaf, authority, "names", "20491231000000Z")?;
        let chain = [leaf, authority].map(|name| std::fs::read_to_string(self.file(&format!("{name}.pem"))));
        let [own, above] = chain;
        std::fs::write(self.file(&format!("{leaf}.pem")), own? + &above?)?;
        Ok(())
    }

    fn request(&self, name: &str, kind: &[String]) -> anyhow::Result<()> {
        let [key, request, subject] = [format!("{name}.key"), format!("{name}.csr"), format!("/CN={name}")];
        let kind: Vec<_> = kind.iter().map(String::as_str).collect();
        let asks = [
            "req", "-nodes", "-subj", &subject, "-keyout", &key, "-out", &request, "-newkey",
        ];
        self.run(&[asks.as_slice(), &kind].concat())
    }

    fn certify(&self, name: &str, authority: &str, extensions: &str, until: &str) -> anyhow::Result<()> {
        let [request, certificate] = [format!("{name}.csr"), format!("{name}.pem")];
        let [above, key] = [format!("{authority}.pem"), format!("{authority}.key")];
        let signs = [
            "ca", "-batch", "-notext", "-config", "ca.conf", "-cert", &above, "-keyfile", &key,
        ];
        let shaped = [
            "-rand_serial",
            "-extfile",
            extensions,
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

/// A text in which moments, ports (those here have five digits) and places of files are `TIME`, `PORT` and `FILE`.
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
        } else if first.is_ascii_alphabetic() {
            // Digits of a name are no port.
            let length = rest.bytes().take_while(u8::is_ascii_alphanumeric).count();
            out.push_str(&rest[..length]);
            rest = &rest[length..];
        } else if first.is_ascii_digit() {
            let length = rest.bytes().take_while(u8::is_ascii_digit).count();
            out.push_str(if length >= 5 { "PORT" } else { &rest[..length] });
            rest = &rest[length..];
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}
