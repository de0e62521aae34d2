//! The program as people run it: files, exit codes, error and hint lines.

use std::path::Path;
use std::process::{Command, Output};

fn run(dir: &Path, line: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_nihao-certs"))
        .args(line.split(' '))
        .current_dir(dir)
        .output()
        .unwrap()
}

fn works(dir: &Path, line: &str) -> String {
    let output = run(dir, line);
    assert!(
        output.status.success(),
        "{line}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn everything_is_made_and_shown() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    works(dir, "init data --name chat.example");
    assert!(works(dir, "init data --name chat.example").contains("there already"));
    works(dir, "issue server data --name chat.example --out web");
    works(dir, "issue server data --key ed25519 --days 7 --out short");
    works(dir, "issue request --as bob --out bob");
    works(dir, "issue user data --as bob --request bob.csr --out bob");
    works(dir, "issue user data --as carol --out carol");
    works(dir, "issue crl data --by users --revoke bob.pem --number 1 --out users");
    let shown = works(
        dir,
        "show web.pem short.pem bob.csr bob.pem bob.key carol.pem users.crl data/ca.pem",
    );
    for part in [
        "names           localhost, 127.0.0.1, ::1, chat.example",
        "in 6 days",
        "CN=bob",
        "TLS client",
        "revoked  ",
    ] {
        assert!(shown.contains(part), "{part} is missing in {shown}");
    }
    assert!(works(dir, "trust data").contains("curl --cacert data/ca.pem https://chat.example:8443/"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |name: &str| std::fs::metadata(dir.join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!([mode("web.key"), mode("bob.key"), mode("carol.key")], [0o600; 3]);
    }
}

/// What is typed, the exit code, and what the two lines that answer have in them.
const MISTAKES: [(&str, i32, &str, &str); 8] = [
    (
        "trust nowhere",
        3,
        "no certificate authorities in nowhere",
        "nihao-certs init nowhere",
    ),
    (
        "issue server data --name bank.example --out x",
        4,
        "not for bank.example",
        "nihao-certs init",
    ),
    (
        "issue server data --out web",
        1,
        "web.key exists already",
        "another name",
    ),
    (
        "issue user data --as bob --request note.txt --out x",
        4,
        "no -----BEGIN",
        "PEM",
    ),
    (
        "issue user data --as bob --request bob.pem --out x",
        4,
        "no block of kind Request",
        "show",
    ),
    (
        "issue crl data --by server-p256 --revoke bob.pem --number 1 --out x",
        4,
        "was issued by CN=nihao user CA",
        "--by",
    ),
    ("show note.txt", 4, "neither PEM", "certificate"),
    ("show missing.pem", 1, "cannot read missing.pem", "path"),
];

#[test]
fn every_mistake_has_its_exit_code_and_its_hint() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    works(dir, "init data --name chat.example");
    works(dir, "issue user data --as bob --out bob");
    works(dir, "issue server data --out web");
    std::fs::write(dir.join("note.txt"), "您好").unwrap();
    for (line, code, error, hint) in MISTAKES {
        let output = run(dir, line);
        let said = String::from_utf8(output.stderr).unwrap();
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!(output.status.code(), Some(code), "{line}: {said}");
        assert!(
            lines.len() == 2 && lines[0].starts_with("error: ") && lines[0].contains(error),
            "{line}: {said}"
        );
        assert!(
            lines[1].starts_with("hint: ") && lines[1].contains(hint),
            "{line}: {said}"
        );
    }
    assert_eq!(run(dir, "issue server data --days 91 --out x").status.code(), Some(2));
    assert_eq!(run(dir, "init data --name 你好.cn").status.code(), Some(2));
}
