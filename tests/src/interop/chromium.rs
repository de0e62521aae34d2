//! Chromium without a window: it loads a page of the example `s_server`, and what it shows is read.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::case::{Case, ClientCertificate};
use super::material::Material;
use super::nss;
use super::process::{Output, Place, Process, Program};

/// What a page that was loaded brings.
pub const SHOWN: &str = "the page is shown";

/// Frames that load the page one after the other, each over a connection of its own.
const FRAMES: &str = r#"<!doctype html><meta charset="utf-8"><body><script>
let left = 4;
function next() {
  if (left-- === 0) {
    document.body.append(Object.assign(document.createElement("h1"), { textContent: "您好！" }));
    return;
  }
  const src = `https://localhost:PORT/${left}`;
  document.body.append(Object.assign(document.createElement("iframe"), { src, onload: next }));
}
next();
</script></body>
"#;

const S_SERVER: Program = Program {
    name: "s-server-under-test",
    place: Place::Workspace,
    buffers: false,
};

/// Serves Chromium a page, and says what Chromium shows: the page with the facts that the case asks for, or its error.
///
/// # Errors
/// When a program is missing or does not start.
pub(super) async fn load(case: &Case, material: &Material, output: &Output) -> Result<String> {
    let home = PathBuf::from(material.path("home"));
    nss::database(material, &home.join(".pki/nssdb"), None, output).await?;
    let said = Output::default();
    let mut server = Process::start(S_SERVER, &server_arguments(case, material), &said)?;
    let port: u16 = server
        .wait_for("listening", |output| {
            let text = String::from_utf8_lossy(&output.out()).into_owned();
            let (_, after) = text.split_once("listening on 127.0.0.1:")?;
            after.split_once('\n')?.0.trim().parse().ok()
        })
        .await?;
    let program = case.tool.program().context("a program")?;
    let page = if case.resumed {
        let frames = home.join("frames.html");
        std::fs::write(&frames, FRAMES.replace("PORT", &port.to_string()))?;
        format!("file://{}", frames.display())
    } else {
        format!("https://localhost:{port}/")
    };
    let arguments = browser_arguments(&home, page);
    Process::start_at(Some(&home), program, &arguments, output)?
        .finish()
        .await?;
    let seen = shown(
        case,
        &String::from_utf8_lossy(&output.out()),
        &output.err(),
        &said.err(),
    );
    output.note(&said.err());
    Ok(seen)
}

fn server_arguments(case: &Case, material: &Material) -> Vec<String> {
    let paths = [
        material.path("server.pem"),
        material.path("server.key"),
        material.path("users.pem"),
    ];
    let [certificate, key, users] = &paths;
    let mut arguments = vec!["--accept", "127.0.0.1:0", "--cert", certificate, "--key", key];
    if case.client.is_asked() {
        arguments.extend(["--verify", users]);
    }
    if case.client == ClientCertificate::Missing {
        arguments.push("--require");
    }
    arguments.extend(case.knobs);
    arguments.into_iter().map(String::from).collect()
}

/// No sandbox, for root may not have one; nothing that would make a certificate acceptable.
fn browser_arguments(home: &Path, page: String) -> Vec<String> {
    let data = format!("--user-data-dir={}", home.join("data").display());
    let flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-proxy-server"];
    let flags = flags.into_iter().map(String::from);
    flags.chain([data, String::from("--dump-dom"), page]).collect()
}

fn shown(case: &Case, page: &str, errors: &str, said: &str) -> String {
    if let Some((_, after)) = errors.split_once("Page load failed: net::") {
        // Whether Chromium still reads the alert or finds the connection closed is chance: our server tells why.
        let reason = "a client certificate is required";
        return match case.client {
            ClientCertificate::Missing if said.contains(reason) => format!("no page is shown; our server: {reason}"),
            _ => after.lines().next().unwrap_or_default().trim().to_string(),
        };
    }
    if !page.contains("<h1>您好！</h1>") {
        return String::from("neither the page nor an error is shown");
    }
    if !case.resumed {
        return with_facts(case, page);
    }
    let connections = said.split(": open\n");
    let resumed = connections
        .skip(1)
        .find(|facts| fact(facts, "resumed   ") == Some("true"));
    resumed.map_or_else(
        || String::from("the frames are shown, but no connection was resumed"),
        |facts| with_facts(case, facts),
    )
}

fn fact<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    Some(text.lines().find_map(|line| line.rsplit_once(name))?.1.trim())
}

fn with_facts(case: &Case, facts: &str) -> String {
    let (group, suite) = (case.group.to_string(), case.suite.to_string());
    for (name, wanted) in [("group   ", &group), ("cipher suite   ", &suite)] {
        let found = fact(facts, name);
        if found != Some(wanted) {
            return format!("the page is shown, with the wrong {}{found:?}", name.trim());
        }
    }
    let retried = fact(facts, "hello retried   ") == Some("true");
    format!("{SHOWN}{}", if retried { "; hello retried" } else { "" })
}
