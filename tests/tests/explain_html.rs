//! The page of `nihao explain --html`: the same for the same seed, never in place of another file, and what it does in a browser.
//!
//! With `NIHAO_SCREENSHOTS=1` the pictures of the README are taken anew.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use anyhow::ensure;
use nihao_tests::lab::explain::explain;
use nihao_tests::lab::{Browser, Script, binaries};

/// The most bytes that the page of a run without faults may have.
const LARGEST: usize = 2 << 20;

fn page(path: &Path, arguments: &[&str]) -> Vec<u8> {
    let output = explain(&[arguments, &["--html", path.to_str().unwrap()]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    fs::read(path).unwrap()
}

#[test]
fn the_same_seed_gives_the_same_page_and_nothing_is_overwritten() {
    let directory = tempfile::tempdir().unwrap();
    let place = |name: &str| directory.path().join(name);
    let first = page(&place("one.html"), &["--seed", "7"]);
    assert!(first.len() <= LARGEST, "{} bytes", first.len());
    assert!(
        first == page(&place("two.html"), &["--seed", "7"]),
        "the same seed, another page"
    );
    assert!(first != page(&place("three.html"), &["--seed", "8"]));
    let again = explain(&["--html", place("one.html").to_str().unwrap()]);
    let said = String::from_utf8_lossy(&again.stderr);
    assert_eq!(again.status.code(), Some(1), "{said}");
    assert!(
        said.contains("error: cannot write") && said.contains("hint: nothing is overwritten"),
        "{said}"
    );
    assert!(first == fs::read(place("one.html")).unwrap());
    let nowhere = explain(&["--html", place("none/page.html").to_str().unwrap()]);
    assert_eq!(nowhere.status.code(), Some(1));
    let names: Vec<_> = fs::read_dir(directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names.len(), 3, "nothing half written is left: {names:?}");
}

#[test]
fn the_page_works_from_the_disk_in_a_browser() -> anyhow::Result<()> {
    let directory = tempfile::tempdir()?;
    let place = |name: &str| directory.path().join(name);
    page(&place("en.html"), &["--pcap", place("captures").to_str().unwrap()]);
    page(&place("zh.html"), &["--lang", "zh"]);
    let attack = "</script><img src=x onerror=\"window.hit=1\"><svg onload='window.hit=1'>";
    page(&place("hostile.html"), &[attack]);
    page(&place("lost.html"), &["--lose", "syn"]);
    page(&place("missed.html"), &["--lose", "syn-ack"]);
    page(&place("expired.html"), &["--fault", "expired"]);
    page(&place("long.html"), &[&"您好！".repeat(1500)]);
    page(&place("resumed.html"), &["--scene", "resumed"]);
    page(&place("nobody.html"), &["--fault", "no-such-name"]);
    page(&place("native.html"), &["--native"]);
    nobody_listens(&place("live.html"))?;
    play("explain", directory.path())?;
    for file in ["A.pcapng", "router.pcapng", "B.pcapng"] {
        let saved = place("saved").join(file);
        ensure!(
            fs::read(&saved)? == fs::read(place("captures").join(file))?,
            "{file} is another"
        );
        let output = Command::new("tshark")
            .arg("-r")
            .arg(&saved)
            .args(["-Y", "json", "-T", "fields", "-e", "json.value.string"])
            .output()?;
        let read = String::from_utf8_lossy(&output.stdout);
        ensure!(read.contains("您好！"), "{file} opens, but not decrypted: {read}");
    }
    Ok(())
}

/// The page of a real connection that cannot be made; it is for nobody but its owner.
fn nobody_listens(path: &Path) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let closed = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let output = explain(&[
        "--live",
        &format!("https://{closed}/"),
        "--html",
        path.to_str().unwrap(),
    ]);
    ensure!(!output.status.success());
    let mode = fs::metadata(path)?.permissions().mode() & 0o777;
    ensure!(mode == 0o600, "mode {mode:o}");
    Ok(())
}

#[test]
fn a_keyboard_is_enough_for_the_page() -> anyhow::Result<()> {
    let directory = tempfile::tempdir()?;
    page(&directory.path().join("en.html"), &[]);
    play("explain_keyboard", directory.path())
}

#[test]
fn pictures_are_small() -> anyhow::Result<()> {
    let directory = tempfile::tempdir()?;
    let place = |name: &str| directory.path().join(name);
    for language in ["en", "zh"] {
        page(&place(&format!("{language}.html")), &["--lang", language]);
        fs::write(place(&format!("ladder-{language}.ansi")), on_a_terminal(language)?)?;
    }
    let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/browser/screenshots").into();
    let folder = if std::env::var_os("NIHAO_SCREENSHOTS").is_some() {
        kept
    } else {
        place("pictures")
    };
    let environment = [("NIHAO_SCREENSHOTS", folder.to_str().unwrap())];
    play_with("explain_pictures", directory.path(), &environment)
}

/// The ladder as it comes to a terminal of 128 columns.
fn on_a_terminal(language: &str) -> anyhow::Result<Vec<u8>> {
    let nihao = binaries().nihao.display();
    let output = Command::new("script")
        .args(["--quiet", "--return", "--command"])
        .arg(format!("stty cols 128 rows 40 && '{nihao}' explain --lang {language}"))
        .arg("/dev/null")
        .env_remove("NO_COLOR")
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    Ok(output.stdout)
}

fn play(name: &str, directory: &Path) -> anyhow::Result<()> {
    play_with(name, directory, &[])
}

fn play_with(name: &str, directory: &Path, environment: &[(&str, &str)]) -> anyhow::Result<()> {
    Script {
        name,
        browser: Browser::Chromium,
        environment,
    }
    .play_files(directory)
}
