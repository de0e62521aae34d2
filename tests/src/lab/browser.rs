//! A real browser at a daemon's page: a script drives it, and asks for what happens around it.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, bail, ensure};
use nihao_protocol::x509::{PemBlock, PemKind, encode_pem};
use serde_json::{Value, json};

use super::World;

/// The object identifier of the curve P-256 as certificates have it: browsers know no Ed25519.
const P256: [u8; 10] = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];

/// After so many seconds a script is ended, whatever it waits for.
const DEADLINE: &str = "300";

/// Which browser a script is for; they keep the roots they trust in different places.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Browser {
    /// In the home of whoever runs it.
    Chromium,
    /// In its profile.
    Firefox,
}

/// A script of `tests/browser`.
#[derive(Debug, Clone, Copy)]
pub struct Script<'a> {
    /// Its file's name, without the ending.
    pub name: &'a str,
    /// The browser that it drives.
    pub browser: Browser,
    /// More that it is told, by environment variables.
    pub environment: &'a [(&'a str, &'a str)],
}

impl Script<'_> {
    /// Plays it in this world, to its end.
    ///
    /// # Errors
    /// If it fails: with all it told, the browser's console included.
    pub fn play(&self, world: &mut World) -> anyhow::Result<()> {
        let home = world.dir().join("browser");
        fs::create_dir_all(&home)?;
        trust(&world.ca(), &home, self.browser)?;
        let told = home.join("told");
        let mut script = self.start(&format!("https://{}", world.address()), &home, &told)?;
        let served = serve(&mut script, world);
        // It reads no answer any more, and ends.
        drop(script.stdin.take());
        let status = script.wait()?;
        let told = fs::read_to_string(told).unwrap_or_default();
        ensure!(status.success(), "{} ended with {status}:\n{told}", self.name);
        served.with_context(|| told)
    }

    /// Plays it to its end with pages that are files in this directory, and no server.
    ///
    /// # Errors
    /// If it fails: with all it told, the browser's console included.
    pub fn play_files(&self, directory: &Path) -> anyhow::Result<()> {
        let told = directory.join("told");
        let pages = format!("file://{}/", directory.display());
        let mut script = self.start(&pages, directory, &told)?;
        drop(script.stdin.take());
        let status = script.wait()?;
        let told = fs::read_to_string(told).unwrap_or_default();
        ensure!(status.success(), "{} ended with {status}:\n{told}", self.name);
        Ok(())
    }

    fn start(&self, url: &str, home: &Path, told: &Path) -> anyhow::Result<Child> {
        let target = target();
        let node = target.join("peers/node-24");
        let modules = target.join("browser");
        ensure!(node.exists(), "{} is missing: run tests/peers/setup", node.display());
        let has_modules = modules.join("installed").exists();
        ensure!(has_modules, "{} is missing: run tests/browser/setup", modules.display());
        let script = format!("{}/browser/{}.mjs", env!("CARGO_MANIFEST_DIR"), self.name);
        Command::new("timeout")
            .arg(DEADLINE)
            .arg(node)
            .arg(script)
            .env("NIHAO_URL", url)
            .env("NIHAO_HOME", home)
            .env("TMPDIR", home)
            .env("NIHAO_MODULES", modules)
            .envs(self.environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(File::create(told)?)
            .spawn()
            .context("the script does not start")
    }
}

/// Does what the script asks for, until it asks for nothing more.
fn serve(script: &mut Child, world: &mut World) -> anyhow::Result<()> {
    let mut answers = script.stdin.take().context("its input")?;
    for line in BufReader::new(script.stdout.take().context("its output")?).lines() {
        let ask = serde_json::from_str(&line?)?;
        let answer = match carry_out(&ask, world) {
            Ok(ok) => json!({ "ok": ok }),
            Err(error) => json!({ "error": format!("{error:#}") }),
        };
        // One that has ended meanwhile says so by its status.
        if writeln!(answers, "{answer}").is_err() {
            break;
        }
    }
    Ok(())
}

fn carry_out(ask: &Value, world: &mut World) -> anyhow::Result<Value> {
    match ask["do"].as_str() {
        Some("nihao") => {
            let words = ask["words"].as_array().context("words")?;
            let words: Option<Vec<_>> = words.iter().map(Value::as_str).collect();
            let who = ask["who"].as_str().context("who")?;
            Ok(world.works(who, &words.context("words")?, "")?.into())
        }
        Some("invite") => Ok(world.invite()?.into()),
        Some("kill") => world.kill().map(|()| Value::Null),
        Some("stop") => world.stop().map(|()| Value::Null),
        Some("freeze") => freeze(world, true),
        Some("thaw") => freeze(world, false),
        Some("start") => world.start_again().map(|()| Value::Null),
        _ => bail!("nobody knows how to do {ask}"),
    }
}

fn freeze(world: &World, is_frozen: bool) -> anyhow::Result<Value> {
    let daemon = world.daemon.as_ref().context("a running daemon")?;
    daemon.freeze(is_frozen).map(|()| Value::Null)
}

/// Puts the root that browsers understand into their database, and no other exception.
fn trust(roots: &Path, home: &Path, browser: Browser) -> anyhow::Result<()> {
    let blocks = PemBlock::read_all(&fs::read(roots)?)?;
    let mut ours = blocks
        .iter()
        .filter(|block| block.der.windows(P256.len()).any(|part| part == P256));
    let root = ours.next().context("a root with a P-256 key")?;
    let file = home.join("root.pem");
    fs::write(&file, encode_pem(PemKind::Certificate, &root.der))?;
    let folder = match browser {
        Browser::Chromium => home.join(".pki/nssdb"),
        Browser::Firefox => home.into(),
    };
    fs::create_dir_all(&folder)?;
    let database = format!("sql:{}", folder.display());
    let file = file.display().to_string();
    for arguments in [
        vec!["-N", "-d", &database, "--empty-password"],
        vec!["-A", "-d", &database, "-n", "nihao", "-t", "C,,", "-i", &file],
    ] {
        let output = Command::new("certutil").args(&arguments).output();
        let output = output.context("certutil is missing: it is in libnss3-tools")?;
        if !output.status.success() {
            bail!("certutil {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        }
    }
    Ok(())
}

/// The target directory of the running test: `target/PROFILE/deps/TEST`.
fn target() -> PathBuf {
    let test = std::env::current_exe().unwrap_or_default();
    test.ancestors().nth(3).map(Path::to_path_buf).unwrap_or_default()
}
