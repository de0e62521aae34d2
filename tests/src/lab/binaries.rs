//! The programs under test, built once from this checkout.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// Where the programs are.
#[derive(Debug)]
pub struct Binaries {
    /// The daemon.
    pub nihaod: PathBuf,
    /// The client.
    pub nihao: PathBuf,
}

/// Builds both programs with the profile and into the target directory of the running test, unless they are fresh.
///
/// # Panics
/// If they cannot be built.
pub fn binaries() -> &'static Binaries {
    static BUILT: OnceLock<Binaries> = OnceLock::new();
    BUILT.get_or_init(build)
}

fn build() -> Binaries {
    // target/PROFILE/deps/TEST
    let test = std::env::current_exe().expect("the path of this test");
    let profile_dir = test.ancestors().nth(2).expect("a target directory");
    let target = profile_dir.parent().expect("a target directory");
    let profile = match profile_dir.file_name().and_then(|name| name.to_str()) {
        Some("debug") => "dev",
        other => other.expect("a profile"),
    };
    let mut cargo = Command::new(env!("CARGO"));
    // What cargo told this test of its package is not for the other packages: build scripts look at it and would run again.
    let ours = [
        "CARGO_PKG_",
        "CARGO_MANIFEST_",
        "CARGO_CRATE_",
        "CARGO_BIN_",
        "CARGO_PRIMARY_",
    ];
    for (name, _) in std::env::vars_os() {
        if ours.iter().any(|start| name.to_string_lossy().starts_with(start)) {
            cargo.env_remove(name);
        }
    }
    let output = cargo
        .args([
            "build",
            "--quiet",
            "--locked",
            "--workspace",
            "--bin",
            "nihaod",
            "--bin",
            "nihao",
        ])
        // With a test among the targets, features are those of `cargo test --workspace`, and nothing is built twice.
        .args(["--test", "nihaod"])
        .args(["--profile", profile, "--target-dir"])
        .arg(target)
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Binaries {
        nihaod: profile_dir.join("nihaod"),
        nihao: profile_dir.join("nihao"),
    }
}
