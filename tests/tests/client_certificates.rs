//! `nihaod --client-certs`: curl as a member by certificate and key, and nobody asked for one without the switch.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use nihao_tests::lab::{Daemon, Start, binaries};

fn start(dir: &Path, arguments: &[&str]) -> Result<Daemon> {
    let start = Start {
        arguments,
        ..Start::default()
    };
    Daemon::start(dir, &start)
}

/// Whether a client that offers this ALPN is asked for a certificate, and for whose.
fn asked(daemon: &Daemon, alpn: &[&str]) -> Result<(bool, bool)> {
    let output = Command::new("openssl")
        .args(["s_client", "-connect", &daemon.address, "-msg"])
        .args(alpn)
        .stdin(Stdio::null())
        .output()
        .context("openssl is missing")?;
    let said = String::from_utf8_lossy(&output.stdout);
    ensure!(said.contains("EncryptedExtensions"), "{output:?}");
    Ok((said.contains("CertificateRequest"), said.contains("CN = nihao user CA")))
}

#[test]
fn browsers_are_asked_where_the_operator_wants_it_and_nowhere_else() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let daemon = start(dir.path(), &[])?;
    for alpn in [&["-alpn", "http/1.1"][..], &["-alpn", "h2"], &[]] {
        ensure!(asked(&daemon, alpn)? == (false, false), "{alpn:?}");
    }
    ensure!(asked(&daemon, &["-alpn", "nihao/1"])? == (true, true));
    drop(daemon);
    let daemon = start(dir.path(), &["--client-certs"])?;
    for alpn in [&["-alpn", "http/1.1"][..], &["-alpn", "h2"], &["-alpn", "nihao/1"], &[]] {
        // With the authority's name, so that browsers that have none of its certificates ask nobody.
        ensure!(asked(&daemon, alpn)? == (true, true), "{alpn:?}");
    }
    Ok(())
}

/// The home of alice, who joined.
fn joined(dir: &Path, daemon: &Daemon) -> Result<PathBuf> {
    let invite = daemon.invite.clone().context("an invite")?.to_string();
    let home = dir.join("alice");
    let joined = Command::new(&binaries().nihao)
        .arg("--home")
        .arg(&home)
        .args(["join", &invite, "--as", "alice"])
        .output()?;
    ensure!(joined.status.success(), "{joined:?}");
    Ok(home)
}

#[test]
fn nihao_http_is_a_member_by_certificate_and_key() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let daemon = start(dir.path(), &["--client-certs"])?;
    let home = joined(dir.path(), &daemon)?;
    let me = Command::new(&binaries().nihao)
        .args([
            "http",
            "GET",
            &format!("https://{}/v1/me", daemon.address),
            "--fail",
            "--cacert",
        ])
        .arg(dir.path().join("data/ca.pem"))
        .arg("--cert")
        .arg(home.join("certificate.pem"))
        .arg("--key")
        .arg(home.join("identity.key"))
        .output()?;
    ensure!(String::from_utf8_lossy(&me.stdout).contains("\"alice\""), "{me:?}");
    Ok(())
}

#[test]
fn curl_is_a_member_by_certificate_and_key() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let daemon = start(dir.path(), &["--client-certs"])?;
    let home = joined(dir.path(), &daemon)?;
    let curl = |certified: bool, more: &[&str]| -> Result<(String, String)> {
        let mut command = Command::new("curl");
        command.args(["-sS", "--max-time", "20", "--write-out", "\n%{http_code}", "--cacert"]);
        command.arg(dir.path().join("data/ca.pem"));
        if certified {
            command.arg("--cert").arg(home.join("certificate.pem"));
            command.arg("--key").arg(home.join("identity.key"));
        }
        command
            .args(&more[1..])
            .arg(format!("https://{}{}", daemon.address, more[0]));
        let output = command.output().context("curl is missing")?;
        let text = String::from_utf8(output.stdout)?;
        let (body, status) = text.rsplit_once('\n').context("a status")?;
        Ok((body.into(), status.into()))
    };
    for version in ["--http1.1", "--http2"] {
        let (body, status) = curl(true, &["/v1/me", version])?;
        ensure!(status == "200" && body.contains("\"alice\""), "{body}");
        let json = r##"{"to":"#general","text":"您好！"}"##;
        let (body, status) = curl(true, &["/v1/messages", version, "--json", json])?;
        ensure!(status == "201", "{body}");
        let (body, status) = curl(
            true,
            &[
                "/v1/messages",
                version,
                "--json",
                json,
                "-H",
                "Origin: https://evil.test",
            ],
        )?;
        ensure!(status == "403" && body.contains("wrong_origin"), "{body}");
        let (body, status) = curl(false, &["/v1/me", version])?;
        ensure!(status == "401", "{body}");
    }
    Ok(())
}
