//! A WebSocket client that nobody here wrote, Python's `websockets`, posts and hears while the daemon is killed and stopped under it.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::{Context as _, ensure};
use nihao_tests::lab::World;

/// Texts of one run: more than the server takes before it is killed.
const TEXTS: usize = 3000;

/// The script beside `tests/peers/setup`, in the Python that has the package.
fn peer(world: &World, token: &str, first: usize, last: usize) -> anyhow::Result<Child> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = option_env!("CARGO_TARGET_DIR").map_or_else(|| tests.join("../target"), PathBuf::from);
    let python = target.join("peers/venv/bin/python3");
    Command::new(&python)
        .arg(tests.join("peers/socket_peer.py"))
        .arg(world.address())
        .arg(world.ca())
        .args([token, &first.to_string(), &last.to_string()])
        .stdout(Stdio::piped())
        .spawn()
        .with_context(|| format!("{} is missing: tests/peers/setup installs it", python.display()))
}

/// What it heard.
#[derive(Default)]
struct Heard {
    seqs: Vec<u64>,
    texts: Vec<String>,
    ends: Vec<String>,
}

impl Heard {
    /// Reads what the peer prints until so many texts more were heard, or its end.
    fn more(&mut self, lines: &mut Lines<BufReader<ChildStdout>>, texts: usize) -> anyhow::Result<()> {
        let wanted = self.texts.len().saturating_add(texts);
        while self.texts.len() < wanted && self.next(lines)? {}
        Ok(())
    }

    /// Reads what it prints until it says that its connection ended so: what it printed before may still be on its way to us.
    fn end(&mut self, lines: &mut Lines<BufReader<ChildStdout>>, how: &str) -> anyhow::Result<()> {
        while !self.ends.iter().any(|end| end == how) {
            ensure!(self.next(lines)?, "no {how:?} among {:?}", self.ends);
        }
        Ok(())
    }

    /// Whether there was one more line.
    fn next(&mut self, lines: &mut Lines<BufReader<ChildStdout>>) -> anyhow::Result<bool> {
        let Some(line) = lines.next().transpose()? else {
            return Ok(false);
        };
        match line.split_once(' ') {
            Some((seq, text)) if seq.parse::<u64>().is_ok() => {
                self.seqs.push(seq.parse()?);
                self.texts.push(text.to_owned());
            }
            _ => self.ends.push(line),
        }
        Ok(true)
    }
}

#[test]
fn nothing_is_lost_or_doubled_by_a_crash_and_a_restart() -> anyhow::Result<()> {
    let mut world = World::new()?;
    let token = world.works("alice", &["token", "new"], "")?;
    let mut peer = peer(&world, token.trim_end(), 1, TEXTS)?;
    let mut lines = BufReader::new(peer.stdout.take().context("its output")?).lines();
    let mut heard = Heard::default();
    let talked = (|| {
        heard.more(&mut lines, TEXTS / 10)?;
        world.kill()?;
        heard.end(&mut lines, "closed without a word")?;
        world.start_again()?;
        heard.more(&mut lines, TEXTS / 10)?;
        world.stop()?;
        heard.end(&mut lines, "closed 1001")?;
        world.start_again()?;
        heard.more(&mut lines, usize::MAX)
    })();
    // The peer gives up by itself after a minute; if anything else went wrong, it is not left behind.
    if talked.is_err() {
        peer.kill()?;
    }
    let ended = peer.wait()?;
    talked?;
    ensure!(ended.success(), "{ended}: {:?}", heard.ends);
    ensure!(heard.seqs.is_sorted_by(|one, next| one < next), "in order, each once");
    let texts: BTreeSet<_> = heard.texts.iter().collect();
    ensure!(texts.len() == heard.texts.len(), "a text came twice");
    ensure!(heard.texts.len() == TEXTS + 1, "{} texts", heard.texts.len());
    ensure!(
        heard.texts.last().is_some_and(|text| text == "the end"),
        "{:?}",
        heard.texts.last()
    );
    Ok(())
}
