//! Every command against a server in memory, over real TLS, in good and in bad times.

mod fake;

use std::time::Duration;

use fake::{Fake, NOW, Trouble};
use nihao_client::command::{Screen, history, invite, join, listen, remove, send, who};
use nihao_client::connect::{Secure, World};
use nihao_client::home::{Account, Home};
use nihao_client::render::Format;
use nihao_client::{Error, Exit};
use nihao_protocol::chat::{ChainHash, Conversation, Nickname, Refusal, Sent, Text};
use nihao_protocol::clock::Clock;

struct Device {
    _dir: tempfile::TempDir,
    home: Home,
    world: World<Secure<Fake>>,
    out: Vec<u8>,
    notes: Vec<u8>,
}

impl Device {
    async fn joined(server: &Fake, name: &str, seed: u64) -> Self {
        let mut device = Self::new(server, seed);
        device.join(server, name).await.unwrap();
        device.out.clear();
        device
    }

    fn new(server: &Fake, seed: u64) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::at(dir.path().join("home"));
        Self {
            _dir: dir,
            home,
            world: server.client(seed),
            out: Vec::new(),
            notes: Vec::new(),
        }
    }

    async fn join(&mut self, server: &Fake, name: &str) -> Result<Account, Error> {
        let name = Nickname::parse(name).unwrap();
        let mut screen = Screen {
            out: &mut self.out,
            notes: &mut self.notes,
        };
        join::join(&self.home, &mut self.world, &mut screen, &server.invite(), &name).await
    }

    async fn send(&mut self, to: &str, text: &str) -> Result<Sent, Error> {
        let (to, text) = (to.parse().unwrap(), Text::parse(text).unwrap());
        let mut screen = Screen {
            out: &mut self.out,
            notes: &mut self.notes,
        };
        send::send(
            &self.home,
            &mut self.world,
            &mut screen,
            to,
            text,
            Duration::from_secs(30),
        )
        .await
    }

    async fn listen(&mut self, count: u64) -> Result<(), Error> {
        let mut screen = Screen {
            out: &mut self.out,
            notes: &mut self.notes,
        };
        listen::listen(&self.home, &mut self.world, &mut screen, &Format::Json, Some(count)).await
    }

    async fn history(&mut self, conversation: &str, limit: usize) -> Result<(), Error> {
        let conversation: Conversation = conversation.parse().unwrap();
        let mut screen = Screen {
            out: &mut self.out,
            notes: &mut self.notes,
        };
        history::history(
            &self.home,
            &mut self.world,
            &mut screen,
            &Format::Json,
            &conversation,
            limit,
        )
        .await
    }

    /// The texts of the JSON lines printed since the last call.
    fn texts(&mut self) -> Vec<String> {
        let out = String::from_utf8(std::mem::take(&mut self.out)).unwrap();
        let text = |line: &str| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["text"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        out.lines().map(text).collect()
    }

    fn notes(&mut self) -> String {
        String::from_utf8(std::mem::take(&mut self.notes)).unwrap()
    }

    fn queued(&self) -> usize {
        self.home.queued().unwrap().0.len()
    }
}

#[tokio::test]
async fn a_message_arrives_and_is_read_once() {
    let server = Fake::new();
    let mut alice = Device::joined(&server, "alice", 10).await;
    let mut bob = Device::joined(&server, "bob", 11).await;
    let sent = alice.send("#general", "您好！").await.unwrap();
    assert_eq!((alice.queued(), alice.notes().as_str()), (0, ""));
    bob.listen(1).await.unwrap();
    assert_eq!(bob.texts(), ["您好！"]);
    assert_eq!(bob.home.state().unwrap().cursor, sent.seq);
    alice.send("@bob", "again").await.unwrap();
    bob.listen(1).await.unwrap();
    assert_eq!(bob.texts(), ["again"], "the first one is not printed twice");
    assert_eq!(bob.notes(), "");
}

#[tokio::test]
async fn a_new_device_starts_at_its_join_and_skips_its_own() {
    let server = Fake::new();
    let mut alice = Device::joined(&server, "alice", 10).await;
    alice.send("#general", "before").await.unwrap();
    let mut bob = Device::joined(&server, "bob", 11).await;
    bob.send("#general", "bob's own").await.unwrap();
    alice.send("#general", "after").await.unwrap();
    bob.listen(1).await.unwrap();
    assert_eq!(bob.texts(), ["after"]);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_lost_or_doubled_when_the_receipt_is_lost() {
    let server = Fake::new();
    let mut alice = Device::joined(&server, "alice", 10).await;
    server.trouble(&[Trouble::CutBeforeReceipt, Trouble::NoServer, Trouble::CutBeforeReceipt]);
    alice.send("#general", "once").await.unwrap();
    assert_eq!(server.books().log.len(), 1);
    let notes = alice.notes();
    assert!(
        notes.contains("trying again") && notes.contains("start nihaod") || notes.contains("refused"),
        "{notes}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_unconfirmed_message_waits_and_goes_with_the_next_connection() {
    let server = Fake::new();
    let mut alice = Device::joined(&server, "alice", 10).await;
    server.trouble(&[Trouble::NoServer; 40]);
    let started = tokio::time::Instant::now();
    let error = alice.send("#general", "patience").await.unwrap_err();
    assert_eq!(started.elapsed(), Duration::from_secs(30));
    assert_eq!((error.exit(), alice.queued()), (Exit::Queued, 1));
    assert!(
        error.to_string().contains("30 s") && error.to_string().contains("connection refused"),
        "{error}"
    );
    server.books().troubles.clear();
    alice.history("#general", 5).await.unwrap();
    assert_eq!((alice.texts(), alice.queued()), (vec!["patience".to_owned()], 0));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_for_now_is_tried_again_and_one_for_good_is_told() {
    let server = Fake::new();
    let mut alice = Device::joined(&server, "alice", 10).await;
    server.trouble(&[
        Trouble::RefuseSend(Refusal::RateLimited),
        Trouble::RefuseSend(Refusal::Unavailable),
    ]);
    alice.send("#general", "soon").await.unwrap();
    server.trouble(&[Trouble::RefuseSend(Refusal::NoSuchUser)]);
    let error = alice.send("@nobody", "hello?").await.unwrap_err();
    assert_eq!((error.exit(), alice.queued()), (Exit::Refused, 0));
    assert!(
        error.to_string().contains("no_such_user") && error.hint().contains("nihao who"),
        "{error}"
    );
    let aside: Vec<_> = std::fs::read_dir(alice.home.path().join("refused")).unwrap().collect();
    assert_eq!(aside.len(), 1, "its text is kept");
}

#[tokio::test(start_paused = true)]
async fn listening_survives_a_server_that_goes_and_comes() {
    let server = Fake::new();
    let mut alice = Device::joined(&server, "alice", 10).await;
    let mut bob = Device::joined(&server, "bob", 11).await;
    let posting = async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        alice.send("#general", "one").await.unwrap();
        tokio::time::sleep(Duration::from_secs(5)).await;
        server.trouble(&[Trouble::NoServer, Trouble::NoServer]);
        server.books().hang_up();
        server.post("alice", "#general", "while away");
        tokio::time::sleep(Duration::from_secs(100)).await;
        server.post("alice", "#general", "three");
    };
    let (listened, ()) = tokio::join!(bob.listen(3), posting);
    listened.unwrap();
    assert_eq!(bob.texts(), ["one", "while away", "three"]);
}

#[tokio::test]
async fn who_is_removed_is_told_so() {
    let server = Fake::new();
    let mut alice = Device::joined(&server, "alice", 10).await;
    let mut bob = Device::joined(&server, "bob", 11).await;
    let mut screen = Screen {
        out: &mut alice.out,
        notes: &mut alice.notes,
    };
    remove::remove(
        &alice.home,
        &mut alice.world,
        &mut screen,
        Nickname::parse("bob").unwrap(),
    )
    .await
    .unwrap();
    assert_eq!(alice.out, b"removed @bob\n");
    let error = bob.listen(1).await.unwrap_err();
    assert_eq!(error.exit(), Exit::Refused);
    assert!(
        error.to_string().contains("removed") && error.hint().contains("new invite"),
        "{error}"
    );
    let error = bob.send("#general", "still here?").await.unwrap_err();
    assert_eq!((error.exit(), bob.queued()), (Exit::Refused, 1));
}

#[tokio::test]
async fn a_join_whose_answer_is_lost_goes_on_with_the_same_key() {
    let server = Fake::new();
    let mut alice = Device::new(&server, 10);
    server.trouble(&[Trouble::LoseJoined]);
    assert_eq!(
        alice.join(&server, "alice").await.unwrap_err().exit(),
        Exit::Unreachable
    );
    let key = std::fs::read(alice.home.path().join("identity.key")).unwrap();
    assert!(matches!(
        alice.send("#general", "too soon").await.unwrap_err().exit(),
        Exit::Account
    ));
    alice.join(&server, "alice").await.unwrap();
    assert_eq!(std::fs::read(alice.home.path().join("identity.key")).unwrap(), key);
    alice.join(&server, "Alice").await.unwrap();
    let error = alice.join(&server, "mallory").await.unwrap_err();
    assert_eq!(error.exit(), Exit::Account);
    assert!(
        error.to_string().contains("belongs to @alice at localhost:8443"),
        "{error}"
    );
    assert_eq!(std::fs::read(alice.home.path().join("identity.key")).unwrap(), key);
}

#[tokio::test]
async fn a_certificate_is_renewed_in_time() {
    let server = Fake::new();
    let mut alice = Device::joined(&server, "alice", 10).await;
    let first = alice.home.credentials().unwrap().chain;
    alice.send("#general", "young").await.unwrap();
    assert_eq!(alice.home.credentials().unwrap().chain, first);
    alice.world.clock = Clock::fixed(NOW.plus_seconds(8 * 365 * 86_400));
    alice.send("#general", "old").await.unwrap();
    let second = alice.home.credentials().unwrap().chain;
    assert_ne!(second, first);
    alice.send("#general", "with the new one").await.unwrap();
    assert_eq!((server.books().log.len(), alice.notes().as_str()), (3, ""));
}

#[cfg(unix)]
#[tokio::test]
async fn what_is_on_disk_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let server = Fake::new();
    let mut alice = Device::joined(&server, "alice", 10).await;
    alice.send("#general", "x").await.unwrap();
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(alice.home.path()), 0o700);
    for entry in std::fs::read_dir(alice.home.path()).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(
            mode(&path),
            if path.is_dir() { 0o700 } else { 0o600 },
            "{}",
            path.display()
        );
    }
}

#[tokio::test]
async fn a_changed_history_is_seen() {
    let server = Fake::new();
    let mut alice = Device::joined(&server, "alice", 10).await;
    let mut bob = Device::joined(&server, "bob", 11).await;
    for text in ["one", "two", "three"] {
        alice.send("#general", text).await.unwrap();
    }
    bob.listen(2).await.unwrap();
    assert_eq!(bob.notes(), "");
    // The server drops a message that nobody has read yet, and goes on as if it had never been.
    server.books().log.remove(2);
    server.post("alice", "#general", "four");
    bob.listen(1).await.unwrap();
    let notes = bob.notes();
    assert!(
        notes.contains("warning: the history was tampered with") && notes.contains("#general"),
        "{notes}"
    );
    // It changes what was read.
    let seq = server.books().log[1].seq;
    server.books().log[1].chain = ChainHash([1; 32]);
    bob.home
        .change_state(|state| state.seen.values_mut().for_each(|seen| seen.seq = seq))
        .unwrap();
    bob.history("#general", 10).await.unwrap();
    let notes = bob.notes();
    assert!(notes.contains(&format!("message {seq} is not what it was")), "{notes}");
}

#[tokio::test]
async fn history_is_the_last_ones_oldest_first() {
    let server = Fake::new();
    let mut alice = Device::joined(&server, "alice", 10).await;
    for text in ["one", "two", "three", "four", "five"] {
        alice.send("#general", text).await.unwrap();
    }
    alice.send("@bob", "aside").await.unwrap();
    for (limit, texts) in [
        (3, &["three", "four", "five"][..]),
        (9, &["one", "two", "three", "four", "five"]),
        (0, &[]),
    ] {
        alice.history("#general", limit).await.unwrap();
        assert_eq!(alice.texts(), texts);
    }
    alice.history("@bob", 3).await.unwrap();
    assert_eq!((alice.texts(), alice.notes().as_str()), (vec!["aside".to_owned()], ""));
}

#[tokio::test]
async fn invites_and_members_are_printed() {
    let server = Fake::new();
    let mut alice = Device::joined(&server, "alice", 10).await;
    let _bob = Device::joined(&server, "bob", 11).await;
    let mut screen = Screen {
        out: &mut alice.out,
        notes: &mut alice.notes,
    };
    invite::invite(&alice.home, &mut alice.world, &mut screen)
        .await
        .unwrap();
    who::who(&alice.home, &mut alice.world, &mut screen, &Format::Json)
        .await
        .unwrap();
    let member = |name| {
        format!(
            "{{\"name\":\"{name}\",\"admin\":true,\"online\":false,\"joined\":{}}}\n",
            NOW.0
        )
    };
    let expected = format!("{}\n{}{}", server.invite(), member("alice"), member("bob"));
    assert_eq!(String::from_utf8(alice.out).unwrap(), expected);
}

#[tokio::test]
async fn another_server_is_not_trusted() {
    let (server, other) = (Fake::new(), Fake::new());
    let mut alice = Device::joined(&server, "alice", 10).await;
    let mut account = alice.home.account().unwrap();
    account.endpoint.ca = [1; 32];
    let credentials = alice.home.credentials().unwrap();
    alice
        .home
        .keep_joined(&account, &credentials.chain, &credentials.key, 0)
        .unwrap();
    alice.world = other.client(12);
    let error = alice.send("#general", "secret").await.unwrap_err();
    assert_eq!((error.exit(), alice.queued()), (Exit::Untrusted, 1));
    assert!(
        error.to_string().contains("certificate authority") && error.hint().contains("do not go on"),
        "{error}"
    );
    assert_eq!(other.books().log.len(), 0);
}
