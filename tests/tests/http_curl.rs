//! The HTTP API with nothing but curl: both versions, tokens, webhooks, server-sent events over a restart.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use nihao_tests::lab::{World, text_of};
use serde_json::{Value, json};

/// What curl printed: the body, and the status behind it.
fn curl(world: &World, arguments: &[&str]) -> anyhow::Result<(String, u16)> {
    let output = Command::new("curl")
        .args([
            "--silent",
            "--show-error",
            "--max-time",
            "20",
            "--write-out",
            "\n%{http_version} %{http_code}",
        ])
        .arg("--cacert")
        .arg(world.ca())
        .args(arguments)
        .output()
        .context("curl is missing")?;
    ensure!(output.status.success(), "{arguments:?}: {output:?}");
    let printed = String::from_utf8(output.stdout)?;
    let (body, last) = printed.rsplit_once('\n').context("a status")?;
    let (_, status) = last.split_once(' ').context("a status")?;
    Ok((body.to_owned(), status.parse()?))
}

fn token(world: &World, arguments: &[&str]) -> anyhow::Result<String> {
    let printed = world.works("alice", &[&["token", "new"], arguments].concat(), "")?;
    Ok(format!("Authorization: Bearer {}", printed.trim_end()))
}

/// An answer that comes before the request is read must not look like a broken connection.
#[test]
fn whoever_is_refused_early_is_told_why() -> anyhow::Result<()> {
    let world = World::with(&["bob"])?;
    let messages = format!("https://{}/v1/messages", world.address());
    let draft = json!({"to": "#general", "text": "您好！".repeat(1000)}).to_string();
    for round in 0..20 {
        let (body, status) = curl(&world, &["--http2", "--json", &draft, &messages])?;
        ensure!(
            status == 401 && body.contains("not_a_member"),
            "round {round}: {status} {body}"
        );
    }
    Ok(())
}

#[test]
fn a_script_needs_nothing_but_curl() -> anyhow::Result<()> {
    let world = World::with(&["bob"])?;
    let bearer = token(&world, &["--expires", "1h"])?;
    let messages = format!("https://{}/v1/messages", world.address());
    let mut last = 0;
    for (version, text) in [("--http1.1", "您好！"), ("--http2", "by h2")] {
        let draft = json!({"to": "#general", "text": text}).to_string();
        let post = [version, "--header", &bearer, "--json", &draft, &messages];
        let (body, status) = curl(&world, &post)?;
        ensure!(status == 201, "{body}");
        let receipt: Value = serde_json::from_str(&body)?;
        let seq = receipt["seq"].as_u64().context("a seq")?;
        ensure!(seq > last, "{body}");
        last = seq;
    }
    let (body, _) = curl(
        &world,
        &["--header", &bearer, &format!("{messages}?in=%23general&limit=10")],
    )?;
    let page: Value = serde_json::from_str(&body)?;
    let texts: Vec<_> = page["messages"]
        .as_array()
        .context("messages")?
        .iter()
        .map(|one| &one["text"])
        .collect();
    ensure!(texts == ["您好！", "by h2"], "{body}");
    let seen = world.texts("bob", &["listen", "--json", "--count", "2"])?;
    ensure!(
        seen == ["您好！", "by h2"],
        "whoever speaks the native protocol hears the same: {seen:?}"
    );

    let hook = world.works("alice", &["webhook", "new", "@bob"], "")?;
    let (body, status) = curl(&world, &["--data", "build ok", hook.trim_end()])?;
    ensure!(status == 201, "{body}");
    let seen = world.texts("bob", &["listen", "--json", "--count", "1"])?;
    ensure!(seen == ["build ok"], "{seen:?}");

    let listed = world.works("alice", &["webhook", "list"], "")?;
    let number = listed.split_whitespace().next().context("a number")?;
    world.works("alice", &["webhook", "revoke", number], "")?;
    let (body, status) = curl(&world, &["--data", "too late", hook.trim_end()])?;
    ensure!(status == 401 && body.contains("bad_access"), "{status} {body}");
    Ok(())
}

/// The ids and texts of the next `count` events after `after`.
fn follow(world: &World, bearer: &str, after: &str, count: usize) -> anyhow::Result<Vec<(String, String)>> {
    let mut curl = Command::new("curl")
        .args([
            "--silent",
            "--show-error",
            "--no-buffer",
            "--max-time",
            "60",
            "--cacert",
        ])
        .arg(world.ca())
        .args(["--header", bearer, "--header", &format!("Last-Event-ID: {after}")])
        .arg(format!("https://{}/v1/events", world.address()))
        .stdout(Stdio::piped())
        .spawn()
        .context("curl is missing")?;
    let (mut id, mut events) = (String::new(), Vec::new());
    for line in BufReader::new(curl.stdout.take().context("its output")?).lines() {
        let line = line?;
        if let Some(number) = line.strip_prefix("id: ") {
            id = number.to_owned();
        } else if let Some(data) = line.strip_prefix("data: ") {
            events.push((id.clone(), text_of(&serde_json::from_str(data)?)?));
        }
        if events.len() == count {
            break;
        }
    }
    curl.kill()?;
    curl.wait()?;
    ensure!(events.len() == count, "{events:?}");
    Ok(events)
}

#[test]
fn events_go_on_where_they_stopped() -> anyhow::Result<()> {
    let mut world = World::new()?;
    let bearer = token(&world, &["--scope", "read"])?;
    world.works("alice", &["send", "#general", "one"], "")?;
    let first = follow(&world, &bearer, "0", 1)?;
    ensure!(first[0].1 == "one", "{first:?}");
    world.works("alice", &["send", "#general", "two"], "")?;
    world.stop()?;
    world.start_again()?;
    world.works("alice", &["send", "#general", "three"], "")?;
    let rest = follow(&world, &bearer, &first[0].0, 2)?;
    let texts: Vec<_> = rest.iter().map(|(_, text)| text.as_str()).collect();
    ensure!(texts == ["two", "three"], "{rest:?}");
    Ok(())
}
