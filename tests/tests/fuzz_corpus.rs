//! Every input of the fuzzers' corpora, every one that ever found something, and the seeds, through the same functions.

use std::path::{Path, PathBuf};

use nihao_fuzz_targets::TARGETS;

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

/// The inputs of a directory, by name; none if there is no such directory.
fn inputs(dir: &Path) -> Vec<(String, Vec<u8>)> {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return Vec::new();
    };
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let read = |path: &PathBuf| (path.display().to_string(), std::fs::read(path).unwrap());
    paths.iter().map(read).collect()
}

/// Runs a target over the inputs; the name of the one under way is shown when it panics.
fn replay(name: &str) {
    struct Naming<'a>(&'a str);
    impl Drop for Naming<'_> {
        fn drop(&mut self) {
            if std::thread::panicking() {
                eprintln!("the input: {}", self.0);
            }
        }
    }
    let target = TARGETS.iter().find(|target| target.name == name).unwrap();
    let corpus = inputs(&fuzz().join("corpus").join(name));
    assert!(!corpus.is_empty(), "the corpus of {name} is empty");
    let regressions = inputs(&fuzz().join("regressions").join(name));
    let seeds = (target.seeds)().into_iter().enumerate();
    let seeds = seeds.map(|(number, seed)| (format!("seed {number}"), seed));
    for (input, data) in corpus.into_iter().chain(regressions).chain(seeds) {
        let _naming = Naming(&input);
        (target.run)(&data);
    }
}

#[test]
fn records() {
    replay("records");
}

#[test]
fn messages() {
    replay("messages");
}

#[test]
fn certificates() {
    replay("certificates");
}

#[test]
fn frames() {
    replay("frames");
}

#[test]
fn dns() {
    replay("dns");
}

#[test]
fn server_connection() {
    replay("server_connection");
}

#[test]
fn client_connection() {
    replay("client_connection");
}

/// A corpus or a regression that no target takes would be replayed by nobody.
#[test]
fn every_directory_belongs_to_a_target() {
    for kind in ["corpus", "regressions"] {
        let Ok(entries) = std::fs::read_dir(fuzz().join(kind)) else {
            continue;
        };
        for entry in entries {
            let name = entry.unwrap().file_name();
            assert!(
                TARGETS.iter().any(|target| name == target.name),
                "{kind}/{}",
                name.display()
            );
        }
    }
}
