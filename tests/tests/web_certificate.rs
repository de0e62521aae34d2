//! An operator's own certificate for browsers: who is shown it, what is refused at the start, and how a renewed one is taken up.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use nihao_protocol::net::system::system_clock;
use nihao_protocol::x509::{PemKind, encode_pem};
use nihao_tests::lab::{Daemon, Start, binaries};
use nihao_tests::pki::{Ca, Kind, Leaf};
use rcgen::ExtendedKeyUsagePurpose;
use tempfile::TempDir;
use tokio::time::Instant;

/// An authority that has nothing to do with the server, and the files that it gave the operator.
struct Operator {
    dir: TempDir,
    ca: Ca,
}

impl Operator {
    fn new() -> anyhow::Result<Self> {
        let dir = tempfile::tempdir()?;
        let ca = Ca::at("public authority", Kind::P256, 1, system_clock().now());
        fs::write(dir.path().join("public.pem"), ca.pem())?;
        let operator = Self { dir, ca };
        operator.renew(7)?;
        Ok(operator)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn words(&self, name: &str) -> String {
        self.path(name).display().to_string()
    }

    /// A certificate for chat.test with this key, in place of the one before.
    fn renew(&self, number: u64) -> anyhow::Result<()> {
        let (certificate, key) = self.ca.pem_identity(&for_chat(number));
        self.write("web.pem", &certificate)?;
        self.write("web.key", &key)
    }

    fn write(&self, name: &str, text: &str) -> anyhow::Result<()> {
        let path = self.path(name);
        fs::write(&path, text)?;
        Ok(fs::set_permissions(path, fs::Permissions::from_mode(0o600))?)
    }

    fn start(&self) -> anyhow::Result<Daemon> {
        let (certificate, key) = (self.words("web.pem"), self.words("web.key"));
        let arguments = ["--web-cert", &certificate, "--web-key", &key];
        let start = Start {
            arguments: &arguments,
            ..Start::default()
        };
        Daemon::start(self.dir.path(), &start)
    }

    /// What curl says about `https://HOST/v1/me` under the roots in this file: a status, or its exit code.
    fn curl(&self, daemon: &Daemon, roots: &str, host: &str, more: &[&str]) -> anyhow::Result<Result<String, i32>> {
        let resolve = format!("chat.test:{}:127.0.0.1", daemon.port());
        let output = Command::new("curl")
            .args([
                "--silent",
                "--max-time",
                "20",
                "--output",
                "/dev/null",
                "--write-out",
                "%{http_code}",
            ])
            .args(["--cacert", &self.words(roots), "--resolve", &resolve])
            .args(more)
            .arg(format!("https://{host}:{}/v1/me", daemon.port()))
            .output()
            .context("curl is missing")?;
        Ok(match output.status.code() {
            Some(0) => Ok(String::from_utf8(output.stdout)?),
            code => Err(code.context("an exit code")?),
        })
    }
}

fn for_chat(number: u64) -> Leaf {
    Leaf {
        names: vec!["chat.test".into()],
        number,
        ..Leaf::server(Kind::P256)
    }
}

/// The certificate that this server shows to a client that says so, as openssl describes its subject's key: base64 lines.
fn shown(daemon: &Daemon, more: &[&str]) -> anyhow::Result<String> {
    let output = Command::new("openssl")
        .args(["s_client", "-connect", &daemon.address, "-alpn", "http/1.1"])
        .args(more)
        .stdin(std::process::Stdio::null())
        .output()
        .context("openssl is missing")?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (_, after) = text.split_once("-----BEGIN CERTIFICATE-----").context(text.clone())?;
    Ok(after.split_once("-----END").context("an end")?.0.to_owned())
}

fn body(pem: &str) -> anyhow::Result<String> {
    let (_, after) = pem.split_once("-----BEGIN CERTIFICATE-----").context("a certificate")?;
    Ok(after.split_once("-----END").context("an end")?.0.to_owned())
}

#[test]
fn browsers_get_the_operators_certificate_and_everyone_else_ours() -> anyhow::Result<()> {
    let operator = Operator::new()?;
    let daemon = operator.start()?;
    // 401: the API answers, and does not know who asks. 60: not trusted, or not for this name.
    for (roots, host, more, expected) in [
        ("public.pem", "chat.test", &[][..], Ok("401")),
        ("public.pem", "chat.test", &["--http1.1"], Ok("401")),
        ("public.pem", "chat.test", &["--no-alpn"], Ok("401")),
        ("public.pem", "localhost", &[], Err(60)),
        ("public.pem", "127.0.0.1", &[], Err(60)),
        ("data/ca.pem", "localhost", &[], Ok("401")),
        ("data/ca.pem", "chat.test", &[], Err(60)),
    ] {
        let said = operator.curl(&daemon, roots, host, more)?;
        let expected = expected.map(String::from);
        ensure!(said == expected, "{host} under {roots} {more:?}: {said:?}");
    }
    let his = body(&fs::read_to_string(operator.path("web.pem"))?)?;
    ensure!(
        shown(&daemon, &["-noservername"])? == his,
        "who names no host gets the operator's"
    );
    ensure!(shown(&daemon, &["-servername", "CHAT.test"])? == his);
    ensure!(shown(&daemon, &["-servername", "localhost"])? != his);
    // The same name over the native protocol: the operator's authority counts for nothing there.
    let native = ["-servername", "chat.test", "-alpn", "nihao/1"];
    ensure!(shown(&daemon, &native)? != his);

    let invite = daemon.invite.clone().context("an invite")?.to_string();
    let joined = Command::new(&binaries().nihao)
        .arg("--home")
        .arg(operator.path("alice"))
        .args(["join", &invite, "--as", "alice"])
        .output()?;
    ensure!(joined.status.success(), "{joined:?}");
    Ok(())
}

#[test]
fn a_root_in_a_store_is_enough_for_clients_that_offer_ed25519_too() -> anyhow::Result<()> {
    let dir = tempfile::tempdir()?;
    let daemon = Daemon::start(dir.path(), &Start::default())?;
    let both = fs::read_to_string(dir.path().join("data/ca.pem"))?;
    let end = both.find("-----END CERTIFICATE-----\n").context("a certificate")? + "-----END CERTIFICATE-----\n".len();
    fs::write(dir.path().join("p256.pem"), &both[..end])?;
    let status = Command::new("curl")
        .args(["--silent", "--max-time", "20", "--output", "/dev/null", "--cacert"])
        .arg(dir.path().join("p256.pem"))
        .arg(format!("https://{}/", daemon.address))
        .status()?;
    ensure!(status.success(), "{status}");
    Ok(())
}

#[test]
fn a_renewed_certificate_is_taken_up_and_a_bad_one_is_not() -> anyhow::Result<()> {
    let operator = Operator::new()?;
    let daemon = operator.start()?;
    let wait_for = |what: &str, holds: &dyn Fn() -> anyhow::Result<bool>| {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !holds()? {
            ensure!(Instant::now() < deadline, "{what}: {}", daemon.log());
        }
        Ok(())
    };
    operator.renew(8)?;
    daemon.hang_up()?;
    let second = body(&fs::read_to_string(operator.path("web.pem"))?)?;
    wait_for("the second is shown", &|| Ok(shown(&daemon, &[])? == second))?;

    // Half of a renewal: another certificate, and the key of the one before.
    operator.write("web.pem", &operator.ca.pem_identity(&for_chat(9)).0)?;
    daemon.hang_up()?;
    wait_for("a warning", &|| Ok(daemon.log().contains("the old one is kept")))?;
    ensure!(daemon.log().contains("does not belong to"), "{}", daemon.log());
    ensure!(shown(&daemon, &[])? == second);
    fs::remove_file(operator.path("web.key"))?;
    daemon.hang_up()?;
    wait_for("another warning", &|| {
        Ok(daemon.log().matches("the old one is kept").count() == 2)
    })?;
    ensure!(shown(&daemon, &[])? == second);

    operator.renew(9)?;
    daemon.hang_up()?;
    let third = body(&fs::read_to_string(operator.path("web.pem"))?)?;
    wait_for("the third is shown", &|| Ok(shown(&daemon, &[])? == third))?;
    ensure!(daemon.terminate()? == Some(0));
    Ok(())
}

fn nihaod(operator: &Operator, arguments: &[&str]) -> anyhow::Result<Output> {
    let data = operator.path("data");
    let mut command = Command::new("timeout");
    command.arg("30").arg(&binaries().nihaod);
    command
        .args(["--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .args(arguments);
    Ok(command.output()?)
}

fn openssl(arguments: &[&str]) -> anyhow::Result<String> {
    let output = Command::new("openssl").args(arguments).output()?;
    ensure!(output.status.success(), "{arguments:?}: {output:?}");
    Ok(String::from_utf8(output.stdout)?)
}

/// Certificates and keys that cannot be used together, and what is said of them.
const REFUSED: [(&str, &str, &str); 18] = [
    ("missing.pem", "web.key", "cannot read"),
    ("web.pem", "missing.key", "cannot read"),
    ("data", "web.key", "cannot read"),
    ("text.pem", "web.key", "holds no certificate"),
    ("cut.pem", "web.key", "damaged"),
    ("damaged.pem", "web.key", "certificate 1 in"),
    ("web.key", "web.pem", "holds a private key, and no certificate"),
    ("web.pem", "web.pem", "holds no private key"),
    ("web.pem", "text.pem", "holds no private key"),
    ("web.pem", "encrypted.key", "is encrypted"),
    (
        "web.pem",
        "rsa.key",
        "is an RSA key, and nihaod signs with P-256 and Ed25519",
    ),
    ("web.pem", "rsa1.key", "is an RSA key"),
    ("web.pem", "p384.key", "is a P-384 key"),
    ("web.pem", "other.key", "does not belong to the first certificate"),
    ("backwards.pem", "web.key", "number 2, and must be the first"),
    ("gap.pem", "web.key", "number 1 is issued by CN=intermediate"),
    ("client.pem", "web.key", "extended key usage"),
    ("nameless.pem", "web.key", "names no host"),
];

/// Writes the files of [`REFUSED`], and a good chain.
fn write_files(operator: &Operator) -> anyhow::Result<()> {
    let ca = &operator.ca;
    let (certificate, _) = ca.pem_identity(&for_chat(7));
    let below = ca.below("intermediate", Kind::P256, 3, |_| ());
    let (leaf_below, _) = below.pem_identity(&for_chat(7));
    let intermediate = encode_pem(PemKind::Certificate, &below.der);
    operator.write("chain.pem", &format!("{leaf_below}{intermediate}{}", ca.pem()))?;
    operator.write("backwards.pem", &format!("{intermediate}{leaf_below}"))?;
    operator.write("gap.pem", &format!("{leaf_below}{}", ca.pem()))?;
    operator.write("text.pem", "您好！")?;
    operator.write("cut.pem", &certificate[..certificate.len() / 2])?;
    operator.write("damaged.pem", &encode_pem(PemKind::Certificate, b"no certificate"))?;
    operator.write(
        "client.pem",
        &ca.pem_identity(&Leaf {
            purposes: vec![ExtendedKeyUsagePurpose::ClientAuth],
            ..for_chat(7)
        })
        .0,
    )?;
    operator.write(
        "nameless.pem",
        &ca.pem_identity(&Leaf {
            names: Vec::new(),
            ..for_chat(7)
        })
        .0,
    )?;
    operator.write("other.key", &ca.pem_identity(&for_chat(8)).1)?;
    let plain = operator.path("web.key").display().to_string();
    operator.write(
        "encrypted.key",
        &openssl(&["pkcs8", "-topk8", "-in", &plain, "-passout", "pass:x"])?,
    )?;
    operator.write(
        "rsa.key",
        &openssl(&["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"])?,
    )?;
    let rsa = operator.path("rsa.key").display().to_string();
    operator.write("rsa1.key", &openssl(&["rsa", "-in", &rsa, "-traditional"])?)?;
    operator.write("p384.key", &openssl(&["ecparam", "-name", "secp384r1", "-genkey"])?)?;
    Ok(())
}

#[test]
fn what_cannot_be_used_is_named_with_a_hint() -> anyhow::Result<()> {
    let operator = Operator::new()?;
    fs::create_dir(operator.path("data"))?;
    write_files(&operator)?;
    for (certificate, key, said) in REFUSED {
        let output = nihaod(
            &operator,
            &[
                "--web-cert",
                &operator.words(certificate),
                "--web-key",
                &operator.words(key),
            ],
        )?;
        let error = String::from_utf8(output.stderr)?;
        ensure!(output.status.code() == Some(5), "{certificate} {key}: {error}");
        ensure!(error.starts_with("error: ") && error.contains("\nhint: "), "{error}");
        ensure!(error.contains(said), "{certificate} {key}: {error}");
        ensure!(!error.contains("PRIVATE KEY-----"), "{error}");
    }
    ensure!(
        fs::read_dir(operator.path("data"))?.count() == 0,
        "nothing was made before"
    );
    for one in ["--web-cert", "--web-key"] {
        let output = nihaod(&operator, &[one, &operator.words("web.pem")])?;
        let error = String::from_utf8(output.stderr)?;
        ensure!(output.status.code() == Some(2), "{error}");
        ensure!(
            error.contains("is given without --web-") && error.contains("hint: "),
            "{error}"
        );
    }
    Ok(())
}

/// Starts with these files, which is possible, and gives what was logged.
fn log_of(operator: &Operator, certificate: &str, key: &str) -> anyhow::Result<String> {
    let before = fs::read_to_string(operator.path("nihaod.log"))
        .unwrap_or_default()
        .len();
    let words = [operator.words(certificate), operator.words(key)];
    let arguments = ["--web-cert", &words[0], "--web-key", &words[1]];
    let start = Start {
        arguments: &arguments,
        ..Start::default()
    };
    let daemon = Daemon::start(operator.dir.path(), &start)?;
    let log = daemon.log();
    daemon.terminate()?;
    Ok(log[before..].to_owned())
}

#[test]
fn what_can_be_lived_with_is_warned_of() -> anyhow::Result<()> {
    let operator = Operator::new()?;
    write_files(&operator)?;
    let old = Leaf {
        from_day: -30,
        to_day: -1,
        ..for_chat(7)
    };
    operator.write("old.pem", &operator.ca.pem_identity(&old).0)?;
    let early = Leaf {
        from_day: 3,
        to_day: 9,
        ..for_chat(7)
    };
    operator.write("early.pem", &operator.ca.pem_identity(&early).0)?;
    let sec1 = openssl(&["ec", "-in", &operator.words("web.key")])?;
    let parameters = openssl(&["ecparam", "-name", "prime256v1"])?;
    operator.write("sec1.key", &(parameters + &sec1))?;
    operator.write("open.key", &fs::read_to_string(operator.path("web.key"))?)?;
    fs::set_permissions(operator.path("open.key"), fs::Permissions::from_mode(0o644))?;
    for (certificate, key, said) in [
        ("chain.pem", "web.key", ""),
        ("web.pem", "sec1.key", ""),
        ("old.pem", "web.key", "expired on"),
        ("early.pem", "web.key", "is not valid before"),
        (
            "web.pem",
            "open.key",
            "everybody on this machine can read the private key",
        ),
    ] {
        let log = log_of(&operator, certificate, key)?;
        if said.is_empty() {
            ensure!(log.is_empty(), "{certificate} {key}: {log}");
        } else {
            ensure!(log.contains("WARN") && log.contains(said), "{certificate} {key}: {log}");
        }
    }
    // A certificate for an Ed25519 key is as good, for who takes it.
    let leaf = Leaf {
        kind: Kind::Ed25519,
        ..for_chat(7)
    };
    let (certificate, key) = operator.ca.pem_identity(&leaf);
    operator.write("ed25519.pem", &certificate)?;
    operator.write("ed25519.key", &key)?;
    ensure!(log_of(&operator, "ed25519.pem", "ed25519.key")?.is_empty());
    ensure!(Path::new(&operator.words("data")).join("ca.pem").exists());
    Ok(())
}
