//! Chromium without a window: it loads a page of the example `s_server`, and what it shows is read.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::case::{Case, ClientCertificate};
use super::material::Material;
use super::nss;
use super::process::{Output, Place, Process, Program};

/// What a page that was loaded brings.
pub const SHOWN: &str = "the page is shown";

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
    let arguments = browser_arguments(&home, port);
    Process::start_at(Some(&home), program, &arguments, output)?
        .finish()
        .await?;
    let seen = shown(case, &String::from_utf8_lossy(&output.out()), &output.err());
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
fn browser_arguments(home: &Path, port: u16) -> Vec<String> {
    let data = format!("--user-data-dir={}", home.join("data").display());
    let page = format!("https://localhost:{port}/");
    let flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-proxy-server"];
    let flags = flags.into_iter().map(String::from);
    flags.chain([data, String::from("--dump-dom"), page]).collect()
}

fn shown(case: &Case, page: &str, errors: &str) -> String {
    if let Some((_, after)) = errors.split_once("Page load failed: net::") {
        return after.lines().next().unwrap_or_default().trim().to_string();
    }
    if !page.contains("<h1>您好！</h1>") {
        return String::from("neither the page nor an error is shown");
    }
    let fact = |name: &str| {
        let line = page.lines().find_map(|line| line.rsplit_once(name))?;
        Some(line.1.trim().to_string())
    };
    let (group, suite) = (case.group.to_string(), case.suite.to_string());
    for (name, wanted) in [("group   ", &group), ("cipher suite   ", &suite)] {
        if fact(name).as_ref() != Some(wanted) {
            return format!("the page is shown, with the wrong {}{:?}", name.trim(), fact(name));
        }
    }
    let retried = fact("hello retried   ").is_some_and(|retried| retried == "true");
    format!("{SHOWN}{}", if retried { "; hello retried" } else { "" })
}
