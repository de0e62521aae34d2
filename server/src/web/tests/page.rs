//! The page's files: what they are sent with, and what may not stand in them.

use std::fs;
use std::path::{Path, PathBuf};

use crate::daemon::tests::{Lab, lab};

/// The files of the page by their names behind `/page/`, and their texts; the document as `index.html`.
fn files() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web/page");
    let (mut open, mut found): (_, Vec<(String, String)>) = (vec![root.clone()], Vec::new());
    while let Some(dir) = open.pop() {
        let entries = fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path());
        let (dirs, plain): (Vec<PathBuf>, Vec<PathBuf>) = entries.partition(|path| path.is_dir());
        open.extend(dirs);
        for path in plain {
            let name = path.strip_prefix(&root).unwrap().display().to_string();
            found.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
    assert!(found.len() > 20, "the page's files were not found");
    found
}

async fn ask(lab: &Lab, line: &str, more: &str) -> (String, String) {
    let request = format!("{line} HTTP/1.1\r\nHost: localhost\r\n{more}Connection: close\r\n\r\n");
    let answer = lab.exchange(&request).await;
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    (head.to_owned(), body.to_owned())
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut lines = head.lines().filter_map(|line| line.split_once(": "));
    lines
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value)
}

#[tokio::test]
async fn every_file_is_served_with_its_type_and_the_policy() {
    let lab = lab();
    for (name, content) in files() {
        let (path, kind) = match name.rsplit_once('.').unwrap() {
            (_, "html") => (String::from("/"), "text/html; charset=utf-8"),
            (_, "js") => (format!("/page/{name}"), "text/javascript; charset=utf-8"),
            (_, "css") => (format!("/page/{name}"), "text/css; charset=utf-8"),
            (_, "svg") => (format!("/page/{name}"), "image/svg+xml"),
            _ => panic!("{name}: what is it?"),
        };
        let (head, body) = ask(&lab, &format!("GET {path}"), "").await;
        assert!(head.starts_with("HTTP/1.1 200 "), "{path}: {head}");
        assert!(body == content, "{path} is not the file");
        let policy = header(&head, "content-security-policy").unwrap();
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
            "trusted-types 'none'",
        ] {
            assert!(policy.split("; ").any(|one| one == part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{policy}");
        for (field, value) in [
            ("content-type", kind),
            ("cache-control", "no-cache"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(header(&head, field), Some(value), "{path}: {field}");
        }
        let language = (path == "/").then_some("zh-Hans, en");
        assert_eq!(header(&head, "content-language"), language, "{path}");
    }
}

#[tokio::test]
async fn what_is_known_is_not_sent_again_and_head_has_no_body() {
    let lab = lab();
    for path in ["/", "/page/main.js"] {
        let (whole, body) = ask(&lab, &format!("GET {path}"), "").await;
        let tag = header(&whole, "etag").unwrap();
        let (head, nothing) = ask(&lab, &format!("GET {path}"), &format!("If-None-Match: W/{tag}\r\n")).await;
        assert!(head.starts_with("HTTP/1.1 304 ") && nothing.is_empty(), "{head}");
        assert_eq!(header(&head, "etag"), Some(tag));
        assert_eq!(header(&head, "cache-control"), Some("no-cache"));
        let (head, again) = ask(&lab, &format!("GET {path}"), "If-None-Match: \"other\"\r\n").await;
        assert!(head.starts_with("HTTP/1.1 200 ") && again == body, "{head}");
        let (head, nothing) = ask(&lab, &format!("HEAD {path}"), "").await;
        assert!(head.starts_with("HTTP/1.1 200 ") && nothing.is_empty(), "{head}");
        assert_eq!(header(&head, "content-length"), header(&whole, "content-length"));
        assert_eq!(header(&head, "etag"), Some(tag));
    }
    for path in [
        "/page/",
        "/page/index.html",
        "/page/../main.js",
        "/page/%2e%2e/page.rs",
        "/page/MAIN.js",
    ] {
        let (head, _) = ask(&lab, &format!("GET {path}"), "").await;
        assert!(head.starts_with("HTTP/1.1 404 "), "{path}: {head}");
    }
}

#[test]
fn nothing_in_the_page_becomes_markup_or_comes_from_elsewhere() {
    for (name, text) in files() {
        for word in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "createContextualFragment",
            "setHTML",
            "DOMParser",
            "document.write",
            "srcdoc",
            "eval(",
            "Function(",
            "javascript:",
            "@import",
            "style=",
            ".style",
        ] {
            assert!(!text.contains(word), "{name} has {word}");
        }
        let outside = text.replace("http://www.w3.org/2000/svg", "");
        for scheme in ["http://", "https://", "\"//", "'//", "(//"] {
            assert!(!outside.contains(scheme), "{name} names another place: {scheme}");
        }
        assert!(text.lines().count() <= 300, "{name} is long: split it by noun");
        let is_document = name.ends_with(".html");
        for line in text.lines().filter(|_| is_document) {
            let has_handler = line.split(' ').any(|word| word.starts_with("on") && word.contains('='));
            assert!(!has_handler, "{name}: {line}");
            let has_code = line.contains("<script") && !line.contains("src=\"/page/");
            assert!(!has_code && !line.contains("<style"), "{name}: {line}");
        }
    }
}

#[test]
fn what_a_module_imports_is_there() {
    let files = files();
    let has = |name: &str| files.iter().any(|(other, _)| other == name);
    for (name, text) in files.iter().filter(|(name, _)| name.ends_with(".js")) {
        let imports = text.lines().filter_map(|line| {
            let from = line.split_once(" from \"")?.1;
            line.starts_with("import ").then(|| from.trim_end_matches("\";"))
        });
        for import in imports {
            let wanted = match import.strip_prefix("../") {
                Some(above) => above.to_owned(),
                None => {
                    let beside = import.strip_prefix("./").expect("a relative path");
                    let folder = if name.starts_with("view/") && !beside.starts_with("view/") {
                        "view/"
                    } else {
                        ""
                    };
                    format!("{folder}{beside}")
                }
            };
            assert!(has(&wanted), "{name} imports {import}");
        }
    }
}
