//! The P-256 root in people's stores speaks for the server's own names alone: whoever steals its key cannot be anybody else.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use nihao_protocol::crypto::SigningKey;
use nihao_protocol::net::system::system_clock;
use nihao_protocol::x509::{PemKind, certificates_from_pem, encode_pem};
use nihao_tests::interop::marionette::{Firefox, Shown, profile};
use nihao_tests::interop::process::{Output, Place, Process, Program};
use nihao_tests::lab::{Daemon, Start, binaries};
use nihao_tests::pki::{Ca, Kind, Leaf};
use tempfile::TempDir;
use tokio::time::timeout;

const DEADLINE: Duration = Duration::from_secs(180);
/// Our name, and one that the root may not speak for.
const OWN: &str = "chat.test";
const FOREIGN: &str = "evil.test";
/// What the page says that is loaded: a part of the API's description.
const PAGE: &str = "/openapi.json";
const TEXT: &str = "\"openapi\"";

/// A daemon that shows, for the foreign name, a certificate that its own root's key signed.
struct Forged {
    dir: TempDir,
    daemon: Daemon,
}

impl Forged {
    fn new() -> Result<Self> {
        let dir = tempfile::tempdir()?;
        let first = Start {
            arguments: &["--name", OWN],
            ..Start::default()
        };
        Daemon::start(dir.path(), &first)?.terminate()?;
        let keys = dir.path().join("data/ca");
        let root = certificates_from_pem(&fs::read_to_string(keys.join("server-p256.pem"))?)?.remove(0);
        fs::write(dir.path().join("root.pem"), encode_pem(PemKind::Certificate, &root))?;
        let key = SigningKey::from_pkcs8_pem(&fs::read_to_string(keys.join("server-p256.key"))?)?;
        let thief = Ca::existing(root, key, system_clock().now());
        for (file, names) in [("evil", &[FOREIGN][..]), ("both", &[OWN, FOREIGN])] {
            let leaf = Leaf {
                names: names.iter().copied().map(String::from).collect(),
                ..Leaf::server(Kind::P256)
            };
            let (certificate, key) = thief.pem_identity(&leaf);
            fs::write(dir.path().join(format!("{file}.pem")), certificate)?;
            fs::write(dir.path().join(format!("{file}.key")), key)?;
        }
        let words = ["evil.pem", "evil.key"].map(|name| dir.path().join(name).display().to_string());
        let arguments = ["--name", OWN, "--web-cert", &words[0], "--web-key", &words[1]];
        let start = Start {
            arguments: &arguments,
            ..Start::default()
        };
        let daemon = Daemon::start(dir.path(), &start)?;
        Ok(Self { dir, daemon })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn url(&self, host: &str) -> String {
        format!("https://{host}:{}{PAGE}", self.daemon.port())
    }

    /// Puts the root into the stores of this home.
    fn trust(&self, home: &Path) -> Result<()> {
        let output = Command::new(&binaries().nihao)
            .args(["trust", "--install", "nss", "--ca"])
            .arg(self.path("root.pem"))
            .env("HOME", home)
            .output()?;
        ensure!(output.status.success(), "{output:?}");
        Ok(())
    }
}

/// Whether a program succeeds, and what it said.
fn run(program: &str, arguments: &[&str]) -> Result<(bool, String)> {
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("{program} is missing"))?;
    let said = [output.stdout, output.stderr].concat();
    Ok((output.status.success(), String::from_utf8_lossy(&said).into_owned()))
}

#[test]
fn openssl_and_curl_refuse_a_foreign_name_under_our_root() -> Result<()> {
    let forged = Forged::new()?;
    let root = forged.path("root.pem").display().to_string();
    for (file, host) in [("evil.pem", FOREIGN), ("both.pem", FOREIGN), ("both.pem", OWN)] {
        let file = forged.path(file).display().to_string();
        let (ok, said) = run(
            "openssl",
            &["verify", "-CAfile", &root, "-verify_hostname", host, &file],
        )?;
        ensure!(
            !ok && said.contains("permitted subtree violation"),
            "{file} {host}: {said}"
        );
        // The signature is the root's own: without its constraints nothing would be wrong.
        let (_, said) = run("openssl", &["x509", "-in", &file, "-noout", "-issuer"])?;
        ensure!(said.contains("nihao server CA P-256"), "{said}");
    }
    for (host, good) in [(OWN, true), (FOREIGN, false)] {
        let address = &forged.daemon.address;
        let mut arguments = vec![
            "s_client",
            "-connect",
            address,
            "-servername",
            host,
            "-alpn",
            "http/1.1",
        ];
        arguments.extend(["-CAfile", &root, "-verify_hostname", host, "-verify_return_error"]);
        let (ok, said) = run("openssl", &arguments)?;
        ensure!(ok == good, "{host}: {said}");
        ensure!(said.contains("permitted subtree violation") != good, "{host}: {said}");

        let resolve = format!("{host}:{}:127.0.0.1", forged.daemon.port());
        let url = forged.url(host);
        let (ok, said) = run(
            "curl",
            &[
                "-sS",
                "--max-time",
                "20",
                "--cacert",
                &root,
                "--resolve",
                &resolve,
                &url,
            ],
        )?;
        ensure!(ok == good && said.contains(TEXT) == good, "{host}: {said}");
        ensure!(good || said.contains("permitted subtree violation"), "{host}: {said}");
    }
    Ok(())
}

/// What Chromium shows: the document, or its error.
async fn chromium(home: &Path, url: &str) -> Result<(String, String)> {
    let program = Program {
        name: "chromium",
        place: Place::Package("chromium"),
        buffers: false,
    };
    let flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-proxy-server"];
    let data = format!("--user-data-dir={}", home.join("data").display());
    let hosts = format!("--host-resolver-rules=MAP {OWN} 127.0.0.1,MAP {FOREIGN} 127.0.0.1");
    let mut arguments: Vec<_> = flags.into_iter().map(String::from).collect();
    arguments.extend([data, hosts, String::from("--dump-dom"), String::from(url)]);
    let output = Output::default();
    let browser = Process::start_at(Some(home), program, &arguments, &output)?;
    let ended = timeout(DEADLINE, browser.finish()).await;
    ended.with_context(|| format!("Chromium does not end: {output}"))??;
    Ok((String::from_utf8_lossy(&output.out()).into_owned(), output.err()))
}

#[tokio::test]
async fn chromium_refuses_a_foreign_name_under_our_root() -> Result<()> {
    let forged = Forged::new()?;
    let home = forged.path("home");
    fs::create_dir(&home)?;
    let (_, error) = chromium(&home, &forged.url(OWN)).await?;
    ensure!(
        error.contains("ERR_CERT_AUTHORITY_INVALID"),
        "nobody trusts it yet: {error}"
    );
    forged.trust(&home)?;
    let (page, error) = chromium(&home, &forged.url(OWN)).await?;
    ensure!(page.contains(TEXT) || page.contains("openapi"), "{page} {error}");
    let (page, error) = chromium(&home, &forged.url(FOREIGN)).await?;
    ensure!(!page.contains("openapi"), "{page}");
    ensure!(error.contains("ERR_CERT_INVALID"), "{error}");
    Ok(())
}

#[tokio::test]
async fn firefox_refuses_a_foreign_name_under_our_root() -> Result<()> {
    let forged = Forged::new()?;
    let home = forged.path("home");
    let folder = home.join(".mozilla/firefox/test.default");
    profile(&folder, &format!("{OWN},{FOREIGN}"))?;
    forged.trust(&home)?;
    let output = Output::default();
    let looking = async {
        let mut firefox = Firefox::start(&home, &folder, &output).await?;
        Ok::<_, anyhow::Error>((
            firefox.load(&forged.url(OWN)).await?,
            firefox.load(&forged.url(FOREIGN)).await?,
        ))
    };
    let looked = timeout(DEADLINE, looking).await;
    let (own, foreign) = looked.with_context(|| format!("Firefox does not answer: {output}"))??;
    ensure!(matches!(&own, Shown::Page(text) if text.contains("openapi")), "{own:?}");
    let Shown::Error(kind, _) = &foreign else {
        anyhow::bail!("{foreign:?}");
    };
    ensure!(kind == "insecure certificate", "{foreign:?}");
    Ok(())
}
