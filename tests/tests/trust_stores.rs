//! `nihao trust`: what it tells, what it puts into NSS databases and Debian's store, and that nothing of it is left after removal.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context as _, Result, ensure};
use nihao_tests::lab::{Daemon, Start, World, binaries};

fn call<S: AsRef<OsStr>>(program: &str, arguments: &[S]) -> Result<String> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .with_context(|| format!("{program} is missing"))?;
    ensure!(output.status.success(), "{program}: {output:?}");
    Ok(String::from_utf8(output.stdout)?)
}

fn sql(folder: &Path) -> String {
    format!("sql:{}", folder.display())
}

/// Everything that a database has: a line each, name and trust.
fn listed(folder: &Path) -> Result<String> {
    call("certutil", &["-L", "-d", &sql(folder)])
}

/// `nihao trust` with a home of the user's own.
fn trust(home: &Path, arguments: &[&str]) -> Result<Output> {
    let mut command = Command::new("timeout");
    command.arg("120").arg(&binaries().nihao).arg("trust").args(arguments);
    Ok(command.env("HOME", home).output()?)
}

fn works(home: &Path, arguments: &[&str]) -> Result<String> {
    let output = trust(home, arguments)?;
    ensure!(output.status.success(), "{arguments:?}: {output:?}");
    Ok(String::from_utf8(output.stdout)?)
}

/// A part of what is told of each, and of the ways to trust it.
const TOLD: [&str; 12] = [
    "names        localhost, 127.0.0.1, ::1",
    "\nDebian, Ubuntu",
    "\nFedora",
    "\nArch",
    "\nmacOS",
    "\nWindows",
    "\nFirefox",
    "\nChromium",
    "\ncurl, once",
    "\nJava",
    "\nNode",
    "--install nss",
];

#[test]
fn the_root_comes_over_the_pinned_connection_and_is_described() -> Result<()> {
    let world = World::new()?;
    let told = world.works("alice", &["trust"], "")?;
    let kept = world.dir().join("alice/server-root.pem");
    let served = call(
        "curl",
        &[
            "-sS",
            "--cacert",
            &world.ca().display().to_string(),
            &format!("https://{}/ca.pem", world.address()),
        ],
    )?;
    ensure!(fs::read_to_string(&kept)? == served, "what is served is kept");
    let print = call(
        "openssl",
        &[
            "x509",
            "-noout",
            "-fingerprint",
            "-sha256",
            "-in",
            &kept.display().to_string(),
        ],
    )?;
    let print = print.trim().split_once('=').context("a fingerprint")?.1;
    let kept = kept.display().to_string();
    for part in TOLD.into_iter().chain([print, &kept]) {
        ensure!(told.contains(part), "{part}: {told}");
    }
    ensure!(!told.contains('{'), "{told}");
    // The operator's way, from the file with both roots: the same root.
    let ca = world.ca().display().to_string();
    let own = world.works("nobody", &["trust", "--ca", &ca], "")?;
    ensure!(own.lines().take(4).eq(told.lines().take(4)), "{own}");

    Ok(())
}

#[test]
fn what_is_no_root_or_cannot_be_had_is_named() -> Result<()> {
    let mut world = World::new()?;
    let nobody = world.fails(7, "nobody", &["trust"], "")?;
    ensure!(nobody.contains("nobody has joined"), "{nobody}");
    let said = world.fails(1, "nobody", &["trust", "--ca", "/nowhere/ca.pem"], "")?;
    ensure!(said.contains("cannot read /nowhere/ca.pem"), "{said}");
    let other = world.dir().join("alice/certificate.pem").display().to_string();
    let said = world.fails(1, "nobody", &["trust", "--ca", &other], "")?;
    ensure!(said.contains("has no P-256 root"), "{said}");
    let both = world.run("alice", &["trust", "--install", "nss", "--remove", "nss"], "")?;
    ensure!(both.status.code() == Some(2), "{both:?}");
    world.stop()?;
    world.fails(3, "alice", &["trust"], "")?;
    Ok(())
}

#[test]
fn nss_databases_trust_the_root_until_it_is_removed() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let daemon = Daemon::start(dir.path(), &Start::default())?;
    let ca = dir.path().join("data/ca.pem").display().to_string();
    let home = dir.path().join("home");
    let (chromium, firefox) = (home.join(".pki/nssdb"), home.join(".mozilla/firefox/x.default"));
    fs::create_dir_all(&firefox)?;
    call("certutil", &["-N", "--empty-password", "-d", &sql(&firefox)])?;
    // Somebody else's root, which stays.
    let foreign = dir.path().join("foreign.pem").display().to_string();
    make_root(&foreign, dir.path())?;
    call(
        "certutil",
        &["-A", "-d", &sql(&firefox), "-n", "foreign", "-t", "C,,", "-i", &foreign],
    )?;

    works(&home, &["--ca", &ca])?;
    ensure!(!chromium.exists(), "nothing is installed without being asked for");
    let said = works(&home, &["--ca", &ca, "--install", "nss"])?;
    ensure!(said.matches(" trusts nihao server CA P-256 ").count() == 2, "{said}");
    for folder in [&chromium, &firefox] {
        let line = listed(folder)?
            .lines()
            .find(|line| line.starts_with("nihao server CA P-256 "))
            .map(String::from);
        ensure!(
            line.as_deref().is_some_and(|line| line.trim_end().ends_with("C,,")),
            "{line:?}"
        );
    }
    let said = works(&home, &["--ca", &ca, "--install", "nss"])?;
    ensure!(said.matches("trusts it already").count() == 2, "{said}");

    drop(daemon);
    a_root_with_one_more_name_makes_the_old_one_go(dir.path(), &home, &[&chromium, &firefox])?;

    let said = works(&home, &["--ca", &ca, "--remove", "nss"])?;
    ensure!(said.matches("does not trust").count() == 2, "{said}");
    ensure!(!listed(&chromium)?.contains("nihao") && !listed(&firefox)?.contains("nihao"));
    ensure!(listed(&firefox)?.contains("foreign"), "what others put there stays");
    let said = works(&home, &["--ca", &ca, "--remove", "nss"])?;
    ensure!(said.matches("does not have it").count() == 2, "{said}");
    Ok(())
}

/// The same authority, started with another name.
fn a_root_with_one_more_name_makes_the_old_one_go(dir: &Path, home: &Path, folders: &[&Path]) -> Result<()> {
    let ca = dir.join("data/ca.pem").display().to_string();
    let start = Start {
        arguments: &["--name", "more.test"],
        ..Start::default()
    };
    Daemon::start(dir, &start)?.terminate()?;
    works(home, &["--ca", &ca, "--install", "nss"])?;
    for folder in folders {
        ensure!(
            listed(folder)?.matches("nihao server CA").count() == 1,
            "{}",
            listed(folder)?
        );
        let root = listed(folder)?
            .lines()
            .find_map(|line| Some(line.split_once("  ")?.0.to_owned()).filter(|name| name.starts_with("nihao")));
        let root = root.context("a name")?;
        let pem = call("certutil", &["-L", "-a", "-d", &sql(folder), "-n", &root])?;
        let text = Command::new("openssl")
            .args(["storeutl", "-noout", "-text", "-certs"])
            .arg(write(dir, &pem)?)
            .output()?;
        ensure!(
            String::from_utf8_lossy(&text.stdout).contains("DNS:more.test"),
            "{text:?}"
        );
    }
    Ok(())
}

#[test]
fn without_certutil_the_package_is_named() -> Result<()> {
    let dir = tempfile::tempdir()?;
    Daemon::start(dir.path(), &Start::default())?.terminate()?;
    let ca = dir.path().join("data/ca.pem").display().to_string();
    let without = Command::new(&binaries().nihao)
        .args(["trust", "--install", "nss", "--ca", &ca])
        .env("HOME", dir.path())
        .env("PATH", dir.path())
        .output()?;
    let said = String::from_utf8(without.stderr)?;
    ensure!(without.status.code() == Some(1), "{said}");
    ensure!(
        said.contains("error: certutil is not installed\nhint: apt-get install libnss3-tools"),
        "{said}"
    );
    ensure!(!dir.path().join(".pki").exists());
    Ok(())
}

fn write(dir: &Path, pem: &str) -> Result<PathBuf> {
    let path = dir.join("found.pem");
    fs::write(&path, pem)?;
    Ok(path)
}

fn make_root(path: &str, dir: &Path) -> Result<()> {
    let key = dir.join("foreign.key").display().to_string();
    let subject = ["-subj", "/CN=foreign", "-days", "30", "-nodes"];
    let new = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
    let files = ["-keyout", &key, "-out", path];
    call("openssl", &[&new[..], &subject, &files].concat()).map(|_| ())
}

/// Inside a mount namespace of its own, where the store is a copy: the machine's own stays as it is.
const IN_A_COPY: &str = r#"
set -eu
url=https://localhost:$PORT/ca.pem
cp -a /etc/ssl/certs "$DIR/certs"
mkdir "$DIR/local"
mkdir -p /usr/local/share/ca-certificates
cp -a /usr/local/share/ca-certificates/. "$DIR/local/"
mount --bind "$DIR/certs" /etc/ssl/certs
mount --bind "$DIR/local" /usr/local/share/ca-certificates
if [ -d /etc/ca-certificates/update.d ]; then mount -t tmpfs none /etc/ca-certificates/update.d; fi
update-ca-certificates --fresh >/dev/null
cp "$DIR/certs/ca-certificates.crt" "$DIR/before"
fetch() { curl --silent --output /dev/null --max-time 20 "$url"; }
trust() { "$NIHAO" trust --ca "$CA" "$@"; }

fetch && exit 101 || [ $? = 60 ]
trust --install debian
fetch || exit 102
ls "$DIR/local" | grep -qx 'nihao-[0-9a-f]\{8\}\.crt' || exit 103
trust --install debian | grep -q already || exit 104
fetch || exit 105
# Only as many as the file says: the root with constraints, and not the one without.
[ "$(grep -c BEGIN "$DIR"/local/nihao-*.crt)" = 1 ] || exit 106
trust --remove debian
fetch && exit 107 || [ $? = 60 ]
! ls -A "$DIR/local" "$DIR/certs" | grep nihao || exit 108
trust --remove debian | grep -q 'does not have it' || exit 109
cmp "$DIR/certs/ca-certificates.crt" "$DIR/before" || exit 110

# Somebody who may not write there: even root, without the right to override modes.
chmod 555 "$DIR/local"
code=0
setpriv --bounding-set -dac_override "$NIHAO" trust --ca "$CA" --install debian 2>"$DIR/said" || code=$?
[ $code = 1 ] || exit 111
grep -q "^hint: sudo nihao trust --install debian --ca $CA" "$DIR/said" || exit 112
code=0
PATH=/nowhere "$NIHAO" trust --ca "$CA" --install debian --remove debian 2>/dev/null || code=$?
[ $code = 2 ] || exit 113
"#;

#[test]
fn debians_store_trusts_the_root_until_it_is_removed() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let daemon = Daemon::start(dir.path(), &Start::default())?;
    let before = fs::read("/etc/ssl/certs/ca-certificates.crt").context("ca-certificates is missing")?;
    let mut command = Command::new("unshare");
    // Whoever is not root is so in a user namespace of their own.
    if call("id", &["-u"])?.trim() != "0" {
        command.arg("--map-root-user");
    }
    let output = command
        .args(["--mount", "timeout", "300", "sh", "-c", IN_A_COPY])
        .env("DIR", dir.path())
        .env("NIHAO", &binaries().nihao)
        .env("CA", dir.path().join("data/ca.pem"))
        .env("PORT", daemon.port().to_string())
        .env_remove("SSL_CERT_FILE")
        .env_remove("CURL_CA_BUNDLE")
        .output()
        .context("unshare is missing")?;
    ensure!(output.status.success(), "{output:?}");
    ensure!(
        fs::read("/etc/ssl/certs/ca-certificates.crt")? == before,
        "the machine's own store is as it was"
    );
    Ok(())
}
