//! Starts a daemon and has schemathesis ask it everything: what `tests/api/run` runs.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};
use nihao_tests::lab::{Daemon, Start};
use serde_json::{Value, json};

/// The same numbers on every run.
const SEED: &str = "20260801";
/// Nobody is to be held up: how much one may ask is tested elsewhere.
const LIMITS: [&str; 6] = [
    "--guess-rate",
    "100000",
    "--user-rate",
    "100000",
    "--address-rate",
    "100000",
];

/// What is asked with: header fields.
struct Secrets {
    /// The admin's browser.
    cookie: String,
    /// A token that she gave.
    bearer: String,
    /// The numbers of both.
    numbers: String,
}

/// A running daemon, and the directory that it keeps its certificates in.
struct World<'a> {
    daemon: Daemon,
    dir: &'a Path,
}

fn main() -> anyhow::Result<()> {
    let mut words = std::env::args().skip(1);
    let program = PathBuf::from(words.next().context("the path of schemathesis")?);
    let seconds: u64 = words.next().context("how many seconds")?.parse()?;
    let mut found = Vec::new();
    for (who, is_browser) in [("a browser", true), ("a script", false)] {
        // Each has a daemon of its own: what one of them fills up is not the other's concern.
        let dir = tempfile::tempdir()?;
        let start = Start {
            arguments: &LIMITS,
            ..Start::default()
        };
        let mut world = World {
            daemon: Daemon::start(dir.path(), &start)?,
            dir: dir.path(),
        };
        let secrets = world.secrets()?;
        let seconds = seconds.div_ceil(2);
        println!("asking as {who} for {seconds} s");
        if !world.is_as_described(&program, seconds, &secrets, is_browser)? {
            found.push(who);
        }
        ensure!(world.daemon.is_up(), "the daemon is gone: {}", world.daemon.log());
        let log = world.daemon.log();
        ensure!(!log.contains("panicked"), "{log}");
    }
    ensure!(
        found.is_empty(),
        "schemathesis found something, asking as {}",
        found.join(" and as ")
    );
    Ok(())
}

impl World<'_> {
    fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.daemon.address)
    }

    fn ca(&self) -> PathBuf {
        self.dir.join("data/ca.pem")
    }

    fn secrets(&self) -> anyhow::Result<Secrets> {
        let invite = self.daemon.invite.as_ref().context("an invite")?.to_string();
        let wish = json!({"code": invite, "name": "alice", "attempt": "A".repeat(43)});
        let (head, _) = self.post("/v1/session", "X-None: 1", &wish)?;
        let mut cookies = head.lines().filter_map(|line| line.strip_prefix("set-cookie: "));
        let cookie = cookies.next().and_then(|cookie| cookie.split(';').next());
        let cookie = format!("Cookie: {}", cookie.context("a cookie")?);
        let (_, token) = self.post("/v1/tokens", &cookie, &json!({"scopes": ["send", "read"]}))?;
        let secret = token["secret"].as_str().context("a secret")?;
        let number = token["number"].as_u64().context("a number")?;
        Ok(Secrets {
            cookie,
            bearer: format!("Authorization: Bearer {secret}"),
            // The session was given right before the token.
            numbers: format!("{} {number}", number - 1),
        })
    }

    /// Posts JSON as this server's own page would; gives the head and the body of the answer.
    fn post(&self, path: &str, field: &str, body: &Value) -> anyhow::Result<(String, Value)> {
        let origin = format!("Origin: {}", self.url(""));
        let output = Command::new("curl")
            .args([
                "--silent",
                "--show-error",
                "--fail-with-body",
                "--http1.1",
                "--max-time",
                "20",
                "--include",
            ])
            .args(["--header", field, "--header", &origin, "--json", &body.to_string()])
            .arg("--cacert")
            .arg(self.ca())
            .arg(self.url(path))
            .output()
            .context("curl is missing")?;
        ensure!(output.status.success(), "{path}: {output:?}");
        let answer = String::from_utf8(output.stdout)?;
        let (head, body) = answer.split_once("\r\n\r\n").context("a head")?;
        Ok((head.to_owned(), serde_json::from_str(body)?))
    }

    /// Whether everything was as described.
    fn is_as_described(
        &self,
        program: &Path,
        seconds: u64,
        secrets: &Secrets,
        is_browser: bool,
    ) -> anyhow::Result<bool> {
        let access = if is_browser { &secrets.cookie } else { &secrets.bearer };
        let status = Command::new("timeout")
            .args(["--kill-after=10", &(seconds + 120).to_string()])
            .arg(program)
            .args([
                "--config-file",
                concat!(env!("CARGO_MANIFEST_DIR"), "/api/schemathesis.toml"),
            ])
            .args([
                "run",
                "--no-color",
                "--continue-on-failure",
                "--generation-database",
                "none",
            ])
            .args([
                "--seed",
                SEED,
                "--max-time",
                &seconds.to_string(),
                "--request-timeout",
                "20",
            ])
            .arg("--tls-verify")
            .arg(self.ca())
            .arg(self.url("/openapi.json"))
            .env(
                "SCHEMATHESIS_HOOKS",
                concat!(env!("CARGO_MANIFEST_DIR"), "/api/hooks.py"),
            )
            .env("NIHAO_ORIGIN", self.url(""))
            .env("NIHAO_ACCESS", access)
            .env("NIHAO_ADMIN", &secrets.cookie)
            .env("NIHAO_NUMBERS", &secrets.numbers)
            .env("REQUESTS_CA_BUNDLE", self.ca())
            .current_dir(self.dir)
            .status()
            .with_context(|| program.display().to_string())?;
        Ok(status.success())
    }
}
