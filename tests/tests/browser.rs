//! The page in real browsers, which trust the server's root as people would and ignore nothing.
//!
//! With `NIHAO_SCREENSHOTS=1` the pictures of the README are taken anew.

use nihao_tests::lab::{Browser, Script, World};

fn chromium(name: &str, world: &mut World) -> anyhow::Result<()> {
    let browser = Browser::Chromium;
    let environment = &[];
    Script {
        name,
        browser,
        environment,
    }
    .play(world)
}

#[test]
fn two_people_and_a_shell_hear_each_other() -> anyhow::Result<()> {
    chromium("talks", &mut World::with(&["bob"])?)
}

#[test]
fn a_restart_loses_nothing_and_doubles_nothing() -> anyhow::Result<()> {
    chromium("restart", &mut World::with(&["bob"])?)
}

#[test]
fn text_stays_text() -> anyhow::Result<()> {
    chromium("hostile", &mut World::with(&["bob"])?)
}

#[test]
fn scrolling_up_brings_the_past() -> anyhow::Result<()> {
    chromium("history", &mut World::with(&["bob"])?)
}

#[test]
fn a_keyboard_is_enough() -> anyhow::Result<()> {
    chromium("keyboard", &mut World::with(&["bob"])?)
}

#[test]
fn who_is_removed_or_leaves_is_outside() -> anyhow::Result<()> {
    let (mut world, invite) = World::empty()?;
    let script = Script {
        name: "ends",
        browser: Browser::Chromium,
        environment: &[("NIHAO_INVITE", &invite)],
    };
    script.play(&mut world)
}

#[test]
fn firefox_joins_and_hears_its_socket() -> anyhow::Result<()> {
    let script = Script {
        name: "firefox",
        browser: Browser::Firefox,
        environment: &[],
    };
    script.play(&mut World::with(&["bob"])?)
}

#[test]
fn pictures_are_small() -> anyhow::Result<()> {
    let mut world = World::with(&["bob"])?;
    let beside = world.dir().join("pictures").display().to_string();
    let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/browser/screenshots");
    let folder = if std::env::var_os("NIHAO_SCREENSHOTS").is_some() {
        kept
    } else {
        &beside
    };
    let script = Script {
        name: "pictures",
        browser: Browser::Chromium,
        environment: &[("NIHAO_SCREENSHOTS", folder)],
    };
    script.play(&mut world)
}
