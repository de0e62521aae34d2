//! The real client against the real daemon, as people and scripts use them: shells, pipes, restarts, mistakes, strangers.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use nihao_protocol::chat::{ALPN, Refusal};
use nihao_protocol::net::{Acceptor, Environment};
use nihao_protocol::tls::ServerConfig;
use nihao_tests::lab::{Account, World, text_of};
use serde_json::Value;

#[test]
fn people_talk_from_their_shells() -> anyhow::Result<()> {
    let world = World::with(&["bob", "carol"])?;
    ensure!(
        world
            .works("alice", &["send", "#general", "您好！", "from", "alice"], "")?
            .is_empty(),
        "send says nothing"
    );
    world.works("bob", &["send", "#general", "-"], "two\nlines\n")?;
    world.works("alice", &["send", "@bob", "between us"], "")?;

    let heard = world.works("bob", &["listen", "--json", "--count", "2"], "")?;
    let heard: Vec<Value> = heard.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let fields: Vec<_> = heard[0]
        .as_object()
        .context("an object")?
        .keys()
        .map(String::as_str)
        .collect();
    ensure!(fields == ["at", "from", "id", "seq", "text", "to"], "{fields:?}");
    let told: Vec<_> = heard
        .iter()
        .map(|m| [&m["from"], &m["to"], &m["text"]].map(Value::as_str))
        .collect();
    let expected = [
        ["alice", "#general", "您好！ from alice"],
        ["alice", "@bob", "between us"],
    ];
    ensure!(told == expected.map(|line| line.map(Some)), "{told:?}");
    ensure!(heard[0]["seq"].as_u64() < heard[1]["seq"].as_u64(), "in order");

    // A new message only: what was heard is not heard again.
    world.works("carol", &["send", "#general", "and me"], "")?;
    ensure!(
        world.texts("bob", &["listen", "--json", "--count", "1"])? == ["and me"],
        "from where bob stopped"
    );
    let who = world.works("bob", &["who", "--json"], "")?;
    let who: Vec<Value> = who.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let names: Vec<_> = who
        .iter()
        .map(|member| (member["name"].as_str(), member["admin"].as_bool()))
        .collect();
    let expected = [("alice", true), ("bob", false), ("carol", false)];
    ensure!(
        names == expected.map(|(name, admin)| (Some(name), Some(admin))),
        "{names:?}"
    );
    Ok(())
}

#[test]
fn what_two_say_only_they_read() -> anyhow::Result<()> {
    let world = World::with(&["bob", "carol"])?;
    for (who, to, text) in [
        ("alice", "#general", "all of you"),
        ("alice", "@bob", "between us"),
        ("bob", "#general", "you too"),
        ("bob", "@alice", "just so"),
        ("carol", "#general", "and me"),
    ] {
        world.works(who, &["send", to, text], "")?;
    }
    // Carol hears others, in the room she is in, and nothing of what was said between two.
    let carol = world.texts("carol", &["listen", "--json", "--count", "2"])?;
    ensure!(carol == ["all of you", "you too"], "{carol:?}");
    ensure!(
        world.texts("carol", &["history", "@alice", "--json"])?.is_empty(),
        "not hers"
    );
    ensure!(
        world.texts("carol", &["history", "@bob", "--json"])?.is_empty(),
        "not hers"
    );

    for (who, with) in [("alice", "@bob"), ("bob", "@alice")] {
        let between = world.texts(who, &["history", with, "--json"])?;
        ensure!(between == ["between us", "just so"], "{between:?}");
    }
    let last = world.texts("carol", &["history", "#general", "--json", "--limit", "2"])?;
    ensure!(last == ["you too", "and me"], "{last:?}");
    let plain = world.works("bob", &["history", "@alice"], "")?;
    ensure!(plain.lines().count() == 2 && plain.contains("between us"), "{plain}");
    Ok(())
}

#[test]
fn a_restart_loses_nothing_and_what_could_not_be_sent_goes_with_the_next_connection() -> anyhow::Result<()> {
    let mut world = World::with(&["bob"])?;
    let mut bob = world.spawn("bob", &["listen", "--json", "--count", "4"])?;
    let mut heard = BufReader::new(bob.stdout.take().context("its output")?).lines();
    let mut next = || text_of(&serde_json::from_str(&heard.next().context("one more")??)?);
    world.works("alice", &["send", "#general", "before"], "")?;
    ensure!(next()? == "before", "live");
    world.stop()?;
    for text in ["while it was down", "and still"] {
        let said = world.run("alice", &["send", "--timeout", "1", "#general", text], "")?;
        ensure!(said.status.code() == Some(5), "{said:?}");
        let said = String::from_utf8(said.stderr)?;
        ensure!(
            said.contains("error: ") && said.contains("stays queued") && said.contains("hint: "),
            "{said}"
        );
    }
    world.fails(3, "alice", &["who"], "")?;
    world.start_again()?;
    world.works("alice", &["who"], "")?;
    ensure!(
        (next()?, next()?) == ("while it was down".into(), "and still".into()),
        "in order"
    );

    // The same after a crash; the listener comes back by itself.
    world.daemon.take().context("a daemon")?.kill()?;
    world.start_again()?;
    world.works("alice", &["send", "#general", "after"], "")?;
    ensure!(next()? == "after" && bob.wait()?.success(), "the fourth and last");
    let all = world.texts("bob", &["history", "#general", "--json"])?;
    ensure!(all == ["before", "while it was down", "and still", "after"], "{all:?}");
    ensure!(
        std::fs::read_dir(world.dir().join("alice/queue"))?.count() == 0,
        "still queued"
    );
    Ok(())
}

#[tokio::test]
async fn whoever_is_removed_is_cut_off_within_a_second_and_refused_by_name() -> anyhow::Result<()> {
    let world = World::with(&["bob"])?;
    let daemon = world.daemon.as_ref().context("a daemon")?;
    let carol = Account::join(&daemon.address, &world.invite()?.parse()?, "carol").await?;
    let mut open = carol.connect(&daemon.address).await?;
    open.ask(nihao_protocol::chat::ClientSays::Ping).await?;
    let listening = world.spawn("bob", &["listen"])?;
    while !world.works("alice", &["who"], "")?.contains("@bob  online") {}

    for name in ["@carol", "@bob"] {
        world.works("alice", &["remove", name], "")?;
    }
    let reason = tokio::time::timeout(Duration::from_secs(1), open.last_word()).await??;
    ensure!(reason == Refusal::Removed, "{reason}");
    let ended = listening.wait_with_output()?;
    let said = String::from_utf8(ended.stderr)?;
    ensure!(
        ended.status.code() == Some(6) && said.contains("removed") && said.contains("hint: "),
        "{said}"
    );
    for arguments in [
        &["send", "#general", "still here?"][..],
        &["who"],
        &["listen"],
        &["invite"],
    ] {
        let said = world.fails(6, "bob", arguments, "")?;
        ensure!(said.contains("removed"), "{said}");
    }
    ensure!(
        world.works("alice", &["history", "#general"], "")?.is_empty(),
        "nothing of theirs was taken"
    );
    // The name stays taken, and the last admin stays.
    let invite = world.invite()?;
    world.fails(6, "bob2", &["join", &invite, "--as", "bob"], "")?;
    world.fails(6, "alice", &["remove", "@alice"], "")?;
    Ok(())
}

#[test]
fn mistakes_are_named_with_a_hint_and_a_code_of_their_own() -> anyhow::Result<()> {
    let world = World::with(&["bob"])?;
    let used = world.invite()?;
    world.works("carol", &["join", &used, "--as", "carol"], "")?;
    let fresh = world.invite()?;
    let (start, code) = fresh.split_once("code=").context("a code")?;
    let unknown = format!("{start}code={}", "A".repeat(code.len()));
    let other_ca = fresh.replacen("ca=", "ca=AAAA", 1);
    let long = "x".repeat(16 * 1024 + 1);
    let cases = [
        (6, "eve", &["join", &unknown, "--as", "eve"][..], &b""[..], "invite"),
        (6, "eve", &["join", &used, "--as", "eve"], b"", "invite"),
        (6, "eve", &["join", &fresh, "--as", "Bob"], b"", "name"),
        (
            2,
            "eve",
            &["join", &fresh[..fresh.len() - 3], "--as", "eve"],
            b"",
            "damaged",
        ),
        (2, "eve", &["join", &other_ca, "--as", "eve"], b"", "damaged"),
        (
            2,
            "eve",
            &["join", "https://example.org/", "--as", "eve"],
            b"",
            "nihao://",
        ),
        (2, "eve", &["join", "-", "--as", "eve"], b"\n", "nihao://"),
        (2, "eve", &["join", &fresh, "--as", "e v e"], b"", "' '"),
        (2, "eve", &["join", &fresh, "--as", "\u{1b}[2J"], b"", "u{1b}"),
        (7, "eve", &["who"], b"", "join"),
        (7, "alice", &["join", &fresh, "--as", "eve"], b"", "alice"),
        (2, "alice", &["send", "general", "x"], b"", "#room or @name"),
        (6, "alice", &["send", "@nobody", "x"], b"", "no_such_user"),
        (6, "alice", &["send", "#elsewhere", "x"], b"", "no_such_room"),
        (2, "alice", &["send", "#general", "-"], long.as_bytes(), "16384"),
        (2, "alice", &["send", "#general", "-"], b"a\xff", "UTF-8"),
        (2, "alice", &["send", "#general", "-"], b"", "empty"),
        (6, "alice", &["history", "@nobody"], b"", "no_such_user"),
        (6, "bob", &["remove", "@alice"], b"", "not_admin"),
    ];
    for (code, who, arguments, input, part) in cases {
        let said = world.fails(code, who, arguments, input)?;
        ensure!(
            said.to_lowercase().contains(&part.to_lowercase()),
            "{arguments:?}: no {part:?} in {said}"
        );
        ensure!(!said.contains('\u{1b}'), "{arguments:?} steers the terminal: {said:?}");
    }
    ensure!(
        world.works("alice", &["history", "#general"], "")?.is_empty(),
        "nothing was stored"
    );
    // None of that used up the invite.
    world.works("eve", &["join", &fresh, "--as", "eve"], "")?;
    Ok(())
}

#[test]
fn what_would_steer_a_terminal_is_shown_to_people_and_kept_for_programs() -> anyhow::Result<()> {
    let world = World::with(&["bob"])?;
    let text = "\u{1b}[31mred\u{1b}]0;title\u{7} \u{9b}2J \u{202e}back\r\nover 您好";
    world.works("alice", &["send", "@bob", "-"], text)?;
    let listened = world.works("bob", &["listen", "--count", "1"], "")?;
    let history = world.works("bob", &["history", "@alice"], "")?;
    for printed in [&listened, &history] {
        let line = printed.strip_suffix('\n').context("one line")?;
        ensure!(!line.chars().any(|c| c.is_control() || c == '\u{202e}'), "{printed:?}");
        ensure!(
            line.contains("␛[31mred␛]0;title␇") && line.ends_with("over 您好"),
            "{printed:?}"
        );
    }
    let json = world.works("bob", &["history", "@alice", "--json"], "")?;
    ensure!(
        json.lines().count() == 1 && !json.trim_end().chars().any(char::is_control),
        "{json:?}"
    );
    ensure!(text_of(&serde_json::from_str(&json)?)? == text, "{json}");
    Ok(())
}

/// A member has a certificate of a CA of the server's. It must not make them the server.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_member_who_poses_as_the_server_is_refused() -> anyhow::Result<()> {
    let mut world = World::new()?;
    let bob = Account::join(&world.address(), &world.invite()?.parse()?, "bob").await?;
    world.works("alice", &["send", "#general", "to the real one"], "")?;
    world.stop()?;

    let listener = tokio::net::TcpListener::bind(world.address()).await?;
    let mut config = ServerConfig::new(vec![bob.identity.clone()]);
    config.alpn = vec![ALPN.to_vec()];
    let acceptor = Acceptor::new(Arc::new(config), Environment::system());
    let posing = tokio::spawn(async move {
        let mut refused = 0;
        while let Ok((stream, _)) = listener.accept().await {
            if acceptor.accept(stream).await.is_ok() {
                return Err(refused);
            }
            refused += 1;
            if refused == 2 {
                break;
            }
        }
        Ok(refused)
    });
    let said = world.fails(4, "alice", &["who"], "")?;
    ensure!(said.contains("certificate"), "{said}");
    let said = world.fails(4, "alice", &["send", "--timeout", "5", "#general", "to whom?"], "")?;
    ensure!(said.contains("queued"), "{said}");
    ensure!(posing.await? == Ok(2), "a handshake with the impostor succeeded");

    // What bob was not given goes to the real server when it is back.
    world.start_again()?;
    world.works("alice", &["who"], "")?;
    let all = world.texts("alice", &["history", "#general", "--json"])?;
    ensure!(all == ["to the real one", "to whom?"], "{all:?}");
    Ok(())
}

#[test]
fn curl_gets_one_short_answer_and_a_clean_end() -> anyhow::Result<()> {
    let world = World::new()?;
    let url = format!("https://{}/", world.address());
    for version in [&["--http1.1"][..], &["--no-alpn"], &[]] {
        let output = Command::new("curl")
            .args(["--silent", "--show-error", "--max-time", "20", "--cacert"])
            .arg(world.ca())
            .args(["--write-out", "%{http_code} %{ssl_verify_result}"])
            .args(version)
            .arg(&url)
            .output()
            .context("curl is missing")?;
        let printed = String::from_utf8(output.stdout)?;
        ensure!(
            output.status.success() && printed.ends_with("200 0"),
            "{version:?}: {printed} {:?}",
            output.stderr
        );
    }
    let wrong = Command::new("curl")
        .args(["--silent", "--max-time", "20", &url])
        .output()?;
    ensure!(
        wrong.status.code() == Some(60),
        "without our root curl trusts nobody: {wrong:?}"
    );
    Ok(())
}

/// A browser must never be prompted for a certificate; a member's client is asked for its own.
#[test]
fn only_who_speaks_nihao_is_asked_for_a_certificate() -> anyhow::Result<()> {
    let world = World::new()?;
    for (alpn, asked) in [(None, false), (Some("http/1.1"), false), (Some("nihao/1"), true)] {
        let mut command = Command::new("timeout");
        command
            .args(["30", "openssl", "s_client", "-connect", &world.address(), "-CAfile"])
            .arg(world.ca());
        command.args(["-verify_return_error", "-tls1_3", "-msg", "-ign_eof"]);
        command.args(alpn.map(|name| ["-alpn", name]).into_iter().flatten());
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().context("openssl is missing")?;
        let request: &[u8] = match asked {
            false => b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
            true => &[0xff; 4], // a frame that the server closes at
        };
        child.stdin.take().context("its input")?.write_all(request)?;
        let output = child.wait_with_output()?;
        let (printed, errors) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        ensure!(printed.contains("Verify return code: 0"), "{alpn:?}: {printed}{errors}");
        ensure!(printed.contains("CertificateRequest") == asked, "{alpn:?}: {printed}");
        ensure!(asked || printed.contains("HTTP/1.1 200"), "{alpn:?}: {printed}");
        ensure!(
            output.status.success() && !errors.contains("unexpected eof"),
            "{alpn:?}: no clean end: {errors}"
        );
    }
    Ok(())
}
