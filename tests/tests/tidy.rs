//! The house rules that a reader relies on: layers in one direction, short files, one form of citation, what we ship.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

/// Every Rust file below `dir`, its path from the root and its text.
fn sources(dir: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut open = vec![root().join(dir)];
    while let Some(dir) = open.pop() {
        for entry in fs::read_dir(&dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display())) {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("target") {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root()).unwrap().display().to_string();
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(!found.is_empty(), "no Rust file in {dir}");
    found.sort();
    found
}

fn all_sources() -> Vec<(String, String)> {
    ["protocol", "certs", "server", "explain", "client", "tests"]
        .into_iter()
        .flat_map(sources)
        .collect()
}

/// The layers of `protocol`, lowest first: a file may use its own layer and those before it.
const LAYERS: [&str; 8] = ["clock", "wire", "crypto", "x509", "tls", "chat", "dns", "net"];

#[test]
fn layers_of_protocol_point_one_way() {
    for (name, text) in sources("protocol/src") {
        let Some(rest) = name.strip_prefix("protocol/src/").filter(|rest| *rest != "lib.rs") else {
            continue;
        };
        let own = rest.split(['/', '.']).next().unwrap();
        let rank = |layer: &str| LAYERS.iter().position(|known| *known == layer);
        let own_rank =
            rank(own).unwrap_or_else(|| panic!("{name}: {own} is no layer; add it to the list where it belongs"));
        for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
            for used in line.split("crate::").skip(1) {
                let layer: String = used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                if let Some(rank) = rank(&layer) {
                    assert!(
                        rank <= own_rank,
                        "{name}: {own} uses {layer}, which is above it: {line}"
                    );
                }
            }
        }
        // chat and tls do not know each other: the one is carried by the other only in net and in the programs.
        assert!(own != "chat" || !text.contains("crate::tls"), "{name}: chat uses tls");
    }
}

#[test]
fn only_crypto_names_a_crypto_crate() {
    let crates = [
        "aes_gcm",
        "curve25519_dalek",
        "ed25519_dalek",
        "x25519_dalek",
        "chacha20poly1305::",
        "ml_kem::",
        "polyval::",
        "p256::",
        "p384::",
        "rsa::",
        "sha2::",
        "hkdf::",
        "hmac::",
        "subtle::",
    ];
    for (name, text) in sources("protocol/src") {
        if name.starts_with("protocol/src/crypto/") {
            continue;
        }
        for line in text.lines().filter(|line| !line.trim_start().starts_with("//")) {
            for name_of in crates {
                let named = line.contains(name_of)
                    && !line.contains(&format!("::{name_of}"))
                    && !line.contains(&format!("_{name_of}"));
                assert!(!named, "{name} names {name_of}: {line}");
            }
        }
    }
    for (name, text) in ["certs/src", "server/src", "client/src"].into_iter().flat_map(sources) {
        for name_of in &crates[..4] {
            assert!(!text.contains(name_of), "{name} names {name_of}");
        }
    }
}

#[test]
fn only_frames_name_bincode() {
    for (name, text) in all_sources() {
        let may =
            name.ends_with("chat/frame.rs") || name.ends_with("chat/message.rs") || name.ends_with("chat/names.rs");
        let test_of_it = name.ends_with("tests/tests/tidy.rs") || name.contains("tests/");
        assert!(
            may || test_of_it || !text.contains("bincode::config"),
            "{name} configures bincode"
        );
    }
}

#[test]
fn files_are_short() {
    for (name, text) in all_sources() {
        let lines = text.lines().count();
        assert!(lines <= 500, "{name} has {lines} lines: split it by noun");
    }
}

#[test]
fn every_file_says_in_one_sentence_what_it_is() {
    for (name, text) in all_sources() {
        let first = text.lines().next().unwrap_or_default();
        assert!(first.starts_with("//! "), "{name} does not open with a sentence");
    }
}

#[test]
fn rfcs_are_cited_in_one_form() {
    for (name, text) in all_sources().into_iter().filter(|(name, _)| !name.ends_with("tidy.rs")) {
        for line in text.lines() {
            for (at, _) in line.match_indices("RFC") {
                let after = line[at + 3..].trim_start_matches(['s', ' ']);
                let digits: String = after.chars().take_while(char::is_ascii_digit).collect();
                if digits.is_empty() {
                    continue; // the word, not a citation
                }
                assert!(line[at..].starts_with(&format!("RFC {digits}")), "{name}: {line}");
                let rest = &after[digits.len()..];
                for bad in [" section", ", section", " Section", ", Section", " sec.", "#section"] {
                    assert!(!rest.starts_with(bad), "{name}: write `RFC {digits} §…`: {line}");
                }
            }
        }
    }
}

#[test]
fn no_module_is_a_drawer() {
    for (name, _) in all_sources() {
        for drawer in ["utils", "util", "common", "helpers", "types", "misc"] {
            let parts: Vec<_> = name.split(['/', '.']).collect();
            assert!(!parts.contains(&drawer), "{name} is called {drawer}");
        }
    }
}

/// The crates of the workspace and those of ours each may depend on.
const CRATES: [(&str, &[&str]); 5] = [
    ("nihao-protocol", &[]),
    ("nihao-certs", &["nihao-protocol"]),
    ("nihao-server", &["nihao-protocol", "nihao-certs"]),
    ("nihao-explain", &["nihao-protocol"]),
    (
        "nihao-client",
        &["nihao-protocol", "nihao-certs", "nihao-server", "nihao-explain"],
    ),
];

fn tree(package: &str, edges: &str) -> String {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--offline",
            "--locked",
            "--edges",
            edges,
            "--prefix",
            "none",
            "--package",
            package,
        ])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn crates_point_one_way() {
    for (package, allowed) in CRATES {
        let output = Command::new(env!("CARGO"))
            .args([
                "tree",
                "--offline",
                "--locked",
                "--edges",
                "normal",
                "--depth",
                "1",
                "--prefix",
                "none",
            ])
            .args(["--package", package])
            .current_dir(root())
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        for line in text.lines().skip(1).filter(|line| line.starts_with("nihao-")) {
            let used = line.split(' ').next().unwrap();
            assert!(allowed.contains(&used), "{package} depends on {used}");
        }
    }
}

#[test]
fn what_we_ship_has_no_other_tls_in_it() {
    for (package, _) in CRATES {
        let tree = tree(package, "normal,build");
        for line in tree.lines() {
            let name = line.split(' ').next().unwrap_or_default();
            let foreign = ["ring", "rustls", "openssl", "openssl-sys", "boring", "native-tls"].contains(&name)
                || name.starts_with("aws-lc");
            assert!(!foreign, "{package} ships {line}");
        }
        assert!(tree.lines().count() > 5, "{package}: cargo tree printed nothing");
    }
}

#[test]
fn the_crates_forbid_unsafe_code() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    assert!(manifest.contains("unsafe_code = \"forbid\""));
    for (package, _) in CRATES {
        let dir = package.trim_start_matches("nihao-");
        let manifest = fs::read_to_string(root().join(dir).join("Cargo.toml")).unwrap();
        assert!(
            manifest.contains("[lints]\nworkspace = true"),
            "{package} has lints of its own"
        );
    }
}

#[test]
fn functions_are_short() {
    let mut long = Vec::new();
    for (name, text) in all_sources() {
        let mut start = None;
        for (number, line) in text.lines().enumerate() {
            let indent = line.len() - line.trim_start().len();
            let code = line.trim_start();
            let is_function = [
                "fn ",
                "pub fn ",
                "async fn ",
                "pub async fn ",
                "pub(super) fn ",
                "pub(crate) fn ",
                "const fn ",
                "pub const fn ",
            ]
            .iter()
            .any(|head| code.starts_with(head));
            if is_function && !code.ends_with(';') && !code.ends_with('}') {
                start = Some((number, indent, code.to_owned()));
            }
            if let Some((from, indent_of, head)) = &start
                && code == "}"
                && indent == *indent_of
            {
                let lines = number - from + 1;
                if lines > 60 {
                    long.push(format!("{name}:{}: {lines} lines in {head}", from + 1));
                }
                start = None;
            }
        }
    }
    assert!(long.is_empty(), "functions of more than 60 lines:\n{}", long.join("\n"));
}
