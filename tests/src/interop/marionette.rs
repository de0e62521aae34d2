//! Firefox without a window, driven by Marionette, its own remote control: a number, a colon, and so many bytes of JSON each way.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufStream};
use tokio::net::TcpStream;

use super::process::{Output, Place, Process, Program};

/// Debian's Firefox.
const FIREFOX: Program = Program {
    name: "firefox-esr",
    place: Place::Package("firefox-esr"),
    buffers: false,
};

/// Nothing that would make a certificate acceptable; no page of its own, and no request that nobody asked for.
const PREFERENCES: &str = r#"
user_pref("marionette.port", 0);
user_pref("app.normandy.enabled", false);
user_pref("app.update.auto", false);
user_pref("browser.aboutwelcome.enabled", false);
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("browser.startup.homepage_override.mstone", "ignore");
user_pref("browser.startup.page", 0);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("network.proxy.type", 0);
user_pref("services.settings.server", "https://localhost:1");
user_pref("toolkit.telemetry.server", "https://localhost:1");
"#;

/// The file in which it says where it listens.
const PORT: &str = "MarionetteActivePort";
/// No message is longer.
const LONGEST: usize = 16 << 20;

/// A running Firefox with one window. Dropping it kills it.
pub struct Firefox {
    _process: Process,
    stream: BufStream<TcpStream>,
    asked: u64,
}

/// What became of a page that was to be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    /// Its text.
    Page(String),
    /// Firefox shows an error instead: Marionette's name for it, and the text.
    Error(String, String),
}

/// A Firefox profile in `folder` for which these hosts are this machine; its certificate database is empty.
///
/// # Errors
/// When it cannot be written, or certutil is missing.
pub fn profile(folder: &Path, hosts: &str) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    let hosts = format!("user_pref(\"network.dns.localDomains\", \"{hosts}\");\n");
    std::fs::write(folder.join("user.js"), format!("{PREFERENCES}{hosts}"))?;
    let status = std::process::Command::new("certutil")
        .args(["-N", "--empty-password", "-d", &format!("sql:{}", folder.display())])
        .status()
        .context("certutil is not installed, and this test needs it: apt-get install libnss3-tools")?;
    anyhow::ensure!(status.success(), "certutil: {status}");
    Ok(())
}

impl Firefox {
    /// Starts it with this profile and home.
    ///
    /// # Errors
    /// When it is not installed, or does not listen.
    pub async fn start(home: &Path, profile: &Path, output: &Output) -> Result<Self> {
        let arguments = ["--headless", "--no-remote", "--marionette", "--profile"].map(String::from);
        let arguments = [&arguments[..], &[profile.display().to_string()]].concat();
        let process = Process::start_at(Some(home), FIREFOX, &arguments, output)?;
        let port = port(&profile.join(PORT), process.output()).await?;
        let stream = BufStream::new(TcpStream::connect(("127.0.0.1", port)).await?);
        let mut firefox = Self {
            _process: process,
            stream,
            asked: 0,
        };
        firefox.read().await.context("its greeting")?;
        let answer = firefox.ask("WebDriver:NewSession", &json!({})).await?;
        answer.map_err(|error| anyhow::anyhow!("no session: {error}"))?;
        Ok(firefox)
    }

    /// Loads a page, and says what is shown.
    ///
    /// # Errors
    /// When Firefox is gone.
    pub async fn load(&mut self, url: &str) -> Result<Shown> {
        let loaded = self.ask("WebDriver:Navigate", &json!({ "url": url })).await?;
        let script =
            json!({ "script": "return document.documentURI + ' ' + document.documentElement.textContent", "args": [] });
        let text = self.ask("WebDriver:ExecuteScript", &script).await?;
        let text = text.unwrap_or_else(|error| error);
        let text = text["value"].as_str().map_or_else(|| text.to_string(), String::from);
        Ok(match loaded {
            Ok(_) => Shown::Page(text),
            Err(error) => Shown::Error(error["error"].as_str().unwrap_or_default().to_owned(), text),
        })
    }

    async fn ask(&mut self, command: &str, parameters: &Value) -> Result<Result<Value, Value>> {
        self.asked += 1;
        let message = json!([0, self.asked, command, parameters]).to_string();
        let message = format!("{}:{message}", message.len());
        self.stream.write_all(message.as_bytes()).await?;
        self.stream.flush().await?;
        let answer = self.read().await?;
        Ok(match &answer[2] {
            Value::Null => Ok(answer[3].clone()),
            error => Err(error.clone()),
        })
    }

    async fn read(&mut self) -> Result<Value> {
        let mut length = 0;
        loop {
            match self.stream.read_u8().await? {
                b':' => break,
                digit @ b'0'..=b'9' if length < LONGEST => length = length * 10 + usize::from(digit - b'0'),
                other => bail!("{other} in the length of a message"),
            }
        }
        let mut message = vec![0; length];
        self.stream.read_exact(&mut message).await?;
        Ok(serde_json::from_slice(&message)?)
    }
}

/// Waits until the file with the port is there and whole. Nothing tells when: it is looked at now and then, until the caller's deadline.
async fn port(path: &PathBuf, output: &Output) -> Result<u16> {
    loop {
        let written = tokio::fs::read_to_string(path).await.unwrap_or_default();
        if let Ok(port) = written.trim().parse() {
            return Ok(port);
        }
        anyhow::ensure!(!output.is_over(), "Firefox ended: {output}");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
}
