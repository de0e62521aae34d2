//! Real connections compared: what is another in each run is no difference.

use std::path::Path;

use nihao_tests::interop::tool::Tool;
use nihao_tests::live::Web;

use super::*;

/// What `explain --diff --json` says of two runs, line by line, and the exit code.
fn compared(first: &Path, second: &Path) -> (Vec<Value>, Option<i32>) {
    let [first, second] = [first, second].map(|path| path.display().to_string());
    let told = explain(&["--diff", &first, &second, "--json"]);
    let lines = told.ladder.lines().map(|line| serde_json::from_str(line).unwrap());
    (lines.collect(), told.code)
}

#[tokio::test]
async fn the_same_server_answers_the_same_and_a_wrong_root_is_found() {
    let (pki, other) = (Pki::new().unwrap(), Pki::under("Another root").unwrap());
    let web = Web::start(Tool::Nginx, &pki, "p256", "localhost").await.unwrap();
    let url = format!("https://localhost:{}/", web.port);
    let runs = tempfile::tempdir().unwrap();
    let record = |name: &str, ca: &Pki, arguments: &[&str]| {
        let asked = ["--live", &url, "--cacert", &ca.file("ca.pem"), "--json"];
        let path = runs.path().join(name);
        std::fs::write(&path, explain(&[&asked, arguments].concat()).ladder).unwrap();
        path
    };
    for version in [&[][..], &["--http2"]] {
        let (first, again) = (record("first", &pki, version), record("again", &pki, version));
        let (lines, code) = compared(&first, &again);
        let different: Vec<_> = lines
            .iter()
            .filter(|line| line["mark"].as_str() != Some("same"))
            .collect();
        assert_eq!(code, Some(0), "{version:?}: {different:#?}");
    }
    let good = runs.path().join("first");
    let (lines, code) = compared(&good, &record("bad", &other, &["--http2"]));
    assert_eq!(code, Some(8));
    let is_broken = |line: &&Value| line["type"] == "step" && !line["second"]["broken"].is_null();
    let broken = lines.iter().find(is_broken).unwrap_or_else(|| panic!("{lines:#?}"));
    assert_eq!(
        (&broken["second"]["layer"], &broken["second"]["what"]),
        (&"X.509".into(), &"unknown authority".into())
    );
}

#[tokio::test]
async fn another_server_says_other_things() {
    let pki = Pki::new().unwrap();
    let runs = tempfile::tempdir().unwrap();
    let mut paths = Vec::new();
    for (tool, name) in [(Tool::Nginx, "nginx"), (Tool::Caddy, "caddy")] {
        let web = Web::start(tool, &pki, "p256", "localhost").await.unwrap();
        let url = format!("https://localhost:{}/", web.port);
        let told = explain(&["--live", &url, "--cacert", &pki.file("ca.pem"), "--json"]);
        let path = runs.path().join(name);
        std::fs::write(&path, told.ladder).unwrap();
        paths.push(path.display().to_string());
    }
    let told = explain(&["--diff", &paths[0], &paths[1]]);
    assert_eq!(told.code, Some(8), "{}", told.errors);
    // They have their headers in another order, and other ports.
    let server = told.ladder.lines().find(|line| line.contains("header \"Server\""));
    let server = server.unwrap_or_else(|| panic!("{}", told.ladder));
    assert!(server.contains("nginx") && server.contains("\"Caddy\""), "{server}");
    let connect = told
        .ladder
        .lines()
        .find(|line| line.contains("~ step  expected: connect to"));
    assert!(connect.is_some(), "{}", told.ladder);
    assert!(!told.ladder.contains("~ step  expected: connected"), "{}", told.ladder);
}
