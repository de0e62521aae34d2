//! The store on disk: made once, deterministic, extended on demand, and never silently replaced.

use std::path::Path;

use nihao_certs::{Authorities, CA_FILE, HostName, Opened, StoreError};
use nihao_protocol::clock::UnixTime;
use nihao_protocol::crypto::Seeded;

const NOW: UnixTime = UnixTime::from_seconds(1_800_000_000);

fn open(dir: &Path, names: &[&str], seed: u64) -> Result<Authorities, StoreError> {
    let names: Vec<HostName> = names.iter().map(|name| HostName::parse(name).unwrap()).collect();
    Authorities::open_or_create(dir, &names, NOW, &mut Seeded::new(seed, "store"))
}

fn roots(authorities: &Authorities) -> [Vec<u8>; 3] {
    [
        authorities.server_ed25519.authority().certificate().to_vec(),
        authorities.server_p256.authority().certificate().to_vec(),
        authorities.users.authority().certificate().to_vec(),
    ]
}

#[test]
fn they_are_made_once_and_then_found() {
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("a/new/place");
    let made = open(&data, &["chat.example"], 1).unwrap();
    assert_eq!(made.opened, Opened::Created);
    let found = open(&data, &["chat.example"], 2).unwrap();
    assert_eq!(found.opened, Opened::Found);
    assert_eq!(roots(&made), roots(&found));
    let file = std::fs::read_to_string(data.join(CA_FILE)).unwrap();
    assert_eq!(file.matches("BEGIN CERTIFICATE").count(), 2);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &str| std::fs::metadata(data.join(path)).unwrap().permissions().mode() & 0o777;
        assert_eq!(
            [mode("ca"), mode("ca/users.key"), mode("ca/server-p256.key")],
            [0o700, 0o600, 0o600]
        );
    }
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    let (one, two, three) = (
        tempfile::tempdir().unwrap(),
        tempfile::tempdir().unwrap(),
        tempfile::tempdir().unwrap(),
    );
    let made = open(one.path(), &[], 7).unwrap();
    assert_eq!(roots(&made), roots(&open(two.path(), &[], 7).unwrap()));
    assert_ne!(roots(&made), roots(&open(three.path(), &[], 8).unwrap()));
}

#[test]
fn a_new_name_extends_the_p256_root_and_keeps_its_key() {
    let dir = tempfile::tempdir().unwrap();
    let before = open(dir.path(), &["old.example"], 1).unwrap();
    let after = open(dir.path(), &["new.example", "10.1.2.3"], 2).unwrap();
    assert_eq!(after.opened, Opened::Extended);
    assert_eq!(
        after.server_p256.authority().public_key(),
        before.server_p256.authority().public_key()
    );
    assert_eq!(
        after.server_ed25519.authority().certificate(),
        before.server_ed25519.authority().certificate()
    );
    let names: Vec<String> = after
        .server_p256
        .permitted()
        .unwrap()
        .iter()
        .map(HostName::to_string)
        .collect();
    assert_eq!(
        names,
        [
            "localhost",
            "127.0.0.1",
            "::1",
            "old.example",
            "new.example",
            "10.1.2.3"
        ]
    );
    let file = std::fs::read_to_string(dir.path().join(CA_FILE)).unwrap();
    assert!(file.starts_with(&after.server_p256.authority().pem()), "ca.pem follows");
    assert_eq!(
        open(dir.path(), &["old.example", "a.new.example"], 3).unwrap().opened,
        Opened::Found
    );
}

#[test]
fn a_lost_ca_file_is_written_again() {
    let dir = tempfile::tempdir().unwrap();
    let made = open(dir.path(), &[], 1).unwrap();
    std::fs::remove_file(dir.path().join(CA_FILE)).unwrap();
    open(dir.path(), &[], 2).unwrap();
    assert_eq!(
        std::fs::read_to_string(dir.path().join(CA_FILE)).unwrap(),
        made.server_roots_pem()
    );
}

#[test]
fn damage_is_named_and_nothing_is_made_anew() {
    type Harm = fn(&Path);
    let cases: [(&str, Harm, &str); 6] = [
        (
            "a key is gone",
            |dir| std::fs::remove_file(dir.join("ca/users.key")).unwrap(),
            "users.key is missing",
        ),
        (
            "all keys are gone",
            |dir| std::fs::remove_dir_all(dir.join("ca")).unwrap(),
            "ca is missing",
        ),
        (
            "a key is cut",
            |dir| cut(&dir.join("ca/users.key")),
            "users.key is damaged",
        ),
        (
            "a certificate is cut",
            |dir| cut(&dir.join("ca/server-p256.pem")),
            "server-p256.pem is damaged",
        ),
        (
            "two keys are swapped",
            |dir| {
                std::fs::copy(dir.join("ca/users.key"), dir.join("ca/server-ed25519.key")).unwrap();
            },
            "do not belong together",
        ),
        ("two roots are swapped", |dir| swap(dir), "do not belong together"),
    ];
    for (what, harm, because) in cases {
        let dir = tempfile::tempdir().unwrap();
        open(dir.path(), &[], 1).unwrap();
        harm(dir.path());
        let error = open(dir.path(), &[], 2)
            .err()
            .unwrap_or_else(|| panic!("{what}: opened"));
        assert!(error.to_string().contains(because), "{what}: {error}");
        assert!(error.hint().contains("backup"), "{what}: {}", error.hint());
    }
}

#[cfg(unix)]
#[test]
fn a_key_that_others_may_read_is_refused() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    open(dir.path(), &[], 1).unwrap();
    let key = dir.path().join("ca/users.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o640)).unwrap();
    let error = open(dir.path(), &[], 2).err().unwrap();
    assert!(error.to_string().contains("mode 0640"), "{error}");
    assert_eq!(error.hint(), format!("chmod 600 {}", key.display()));
}

#[test]
fn two_processes_at_once_agree() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path();
    let all: Vec<[Vec<u8>; 3]> = std::thread::scope(|scope| {
        let start = |seed| scope.spawn(move || roots(&open(path, &[], seed).unwrap()));
        let running: Vec<_> = (1..=4).map(start).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(all.iter().all(|one| one == &all[0]));
}

fn cut(path: &Path) {
    let text = std::fs::read_to_string(path).unwrap();
    std::fs::write(path, &text[..text.len() / 2]).unwrap();
}

fn swap(dir: &Path) {
    let (one, two) = (dir.join("ca/users.pem"), dir.join("ca/server-ed25519.pem"));
    let kept = std::fs::read(&one).unwrap();
    std::fs::copy(&two, &one).unwrap();
    std::fs::write(&two, kept).unwrap();
}
