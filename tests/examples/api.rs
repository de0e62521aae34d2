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

/// Somebody who asks.
struct Access {
    who: &'static str,
    /// A header field.
    field: String,
    seconds: u64,
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
    let dir = tempfile::tempdir()?;
    let start = Start {
        arguments: &LIMITS,
        ..Start::default()
    };
    let mut world = World {
        daemon: Daemon::start(dir.path(), &start)?,
        dir: dir.path(),
    };
    let (accesses, own) = world.accesses(seconds)?;
    let mut found = Vec::new();
    for access in &accesses {
        if !world.has_asked(&program, access, &accesses[0].field, &own)? {
            found.push(access.who);
        }
        ensure!(world.daemon.is_up(), "the daemon is gone: {}", world.daemon.log());
    }
    let log = world.daemon.log();
    ensure!(!log.contains("panicked"), "{log}");
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

    /// A browser of the admin's and a token that she gave; and the numbers of both.
    fn accesses(&self, seconds: u64) -> anyhow::Result<(Vec<Access>, String)> {
        let invite = self.daemon.invite.as_ref().context("an invite")?.to_string();
        let wish = json!({"code": invite, "name": "alice", "attempt": "A".repeat(43)});
        let (head, _) = self.post("/v1/session", "X-None: 1", &wish)?;
        let mut cookies = head.lines().filter_map(|line| line.strip_prefix("set-cookie: "));
        let cookie = cookies.next().and_then(|cookie| cookie.split(';').next());
        let cookie = format!("Cookie: {}", cookie.context("a cookie")?);
        let (_, token) = self.post("/v1/tokens", &cookie, &json!({"scopes": ["send", "read"]}))?;
        let secret = token["secret"].as_str().context("a secret")?;
        let number = token["number"].as_u64().context("a number")?;
        let accesses = vec![
            Access {
                who: "a browser",
                field: cookie,
                seconds: seconds.div_ceil(2),
            },
            Access {
                who: "a script",
                field: format!("Authorization: Bearer {secret}"),
                seconds: seconds.div_ceil(2),
            },
        ];
        // The session was given right before the token.
        Ok((accesses, format!("{} {number}", number - 1)))
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

    /// Whether everything was as described. `admin` is the field of the browser, `own` are the numbers of what lives on.
    fn has_asked(&self, program: &Path, access: &Access, admin: &str, own: &str) -> anyhow::Result<bool> {
        println!("asking as {} for {} s", access.who, access.seconds);
        let status = Command::new("timeout")
            .args(["--kill-after=10", &(access.seconds + 120).to_string()])
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
                &access.seconds.to_string(),
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
            .env("NIHAO_ACCESS", &access.field)
            .env("NIHAO_ADMIN", admin)
            .env("NIHAO_NUMBERS", own)
            .env("REQUESTS_CA_BUNDLE", self.ca())
            .current_dir(self.dir)
            .status()
            .with_context(|| program.display().to_string())?;
        Ok(status.success())
    }
}
