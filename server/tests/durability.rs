//! What was acknowledged survives: kills under load, and the order of the system calls behind each receipt.

mod lab;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use lab::{Lab, Outcome, Talk};
use nihao_protocol::chat::{Chains, ClientSays, Heard, MessageId, Nickname, Sent, ServerSays};
use nihao_protocol::clock::UnixTime;
use nihao_protocol::crypto::Seeded;

const KILLS: u64 = 20;
const UNLIMITED: [&str; 2] = ["--user-rate", "1000000"];

/// What one sender knows, across all the crashes.
#[derive(Default)]
struct Sender {
    /// Said, and not acknowledged: said again with the same id after the next start.
    unsure: BTreeSet<MessageId>,
    acknowledged: BTreeMap<MessageId, Sent>,
}

#[tokio::test]
async fn whatever_is_acknowledged_survives_a_kill_at_any_moment() -> Outcome<()> {
    let dir = tempfile::tempdir()?;
    let mut lab = Lab::start(dir.path(), &UNLIMITED).await?;
    let (mut sender, mut random) = (Sender::default(), Seeded::new(1, "ids"));
    for round in 0..KILLS {
        let mut talk = lab.member().await?;
        let load = sender.keep_sending(&mut talk, &mut random);
        // Somewhere in the middle of it: reading, committing, answering.
        let ended = tokio::time::timeout(Duration::from_millis(30 + round * 13), load).await;
        assert!(ended.is_err(), "the load ended by itself: {ended:?}");
        let account = lab.kill()?;
        lab = Lab::again(&[], dir.path(), &UNLIMITED, account)?;
        sender.check(&mut lab.member().await?).await?;
    }
    assert!(
        sender.acknowledged.len() > 100,
        "hardly any load: {}",
        sender.acknowledged.len()
    );
    Ok(())
}

impl Sender {
    /// Keeps 32 messages in flight, those of unknown fate first.
    async fn keep_sending(&mut self, talk: &mut Talk, random: &mut Seeded) -> Outcome<()> {
        let mut in_flight = BTreeMap::new();
        for id in self.unsure.clone() {
            in_flight.insert(talk.post_again_later(id)?, id);
        }
        loop {
            while in_flight.len() < 32 {
                let id = MessageId::new(UnixTime(1), random)?;
                self.unsure.insert(id);
                in_flight.insert(talk.post_again_later(id)?, id);
            }
            talk.flush().await?;
            match talk.hear().await? {
                Heard::Reply(number, ServerSays::Sent(sent)) => {
                    let id = in_flight.remove(&number).ok_or("a receipt for nothing")?;
                    self.unsure.remove(&id);
                    self.acknowledged.insert(id, sent);
                }
                other => return Err(format!("{other:?}").into()),
            }
        }
    }

    /// Reads everything back: each acknowledged message once, at its place, in an unbroken chain.
    async fn check(&self, talk: &mut Talk) -> Outcome<()> {
        let (mut chains, mut found, mut last) = (Chains::new(Nickname::parse("alice")?), BTreeMap::new(), 0);
        let request = talk.session.send(ClientSays::Resume { after: 0 })?;
        talk.flush().await?;
        loop {
            match talk.hear().await? {
                Heard::Delivery(ServerSays::Message { message, .. }) => {
                    chains.hear(&message)?;
                    assert!(message.seq > last, "out of order");
                    last = message.seq;
                    assert_eq!(found.insert(message.id, message.seq), None, "stored twice");
                }
                Heard::Reply(number, ServerSays::CaughtUp { .. }) if number == request => break,
                other => return Err(format!("{other:?}").into()),
            }
        }
        for (id, sent) in &self.acknowledged {
            assert_eq!(found.get(id), Some(&sent.seq), "acknowledged, and gone or moved");
        }
        let known = |id| self.acknowledged.contains_key(id) || self.unsure.contains(id);
        assert!(found.keys().all(known), "nobody said that");
        Ok(())
    }
}

/// SIGKILL spares the page cache; only the order of the system calls shows that the disk had it first.
#[tokio::test]
async fn the_disk_has_each_message_before_its_receipt_is_written() -> Outcome<()> {
    let calls = traced("full").await?;
    assert!(each_receipt_follows_a_flush(&calls), "{calls}");
    let calls = traced("off").await?;
    assert!(
        !each_receipt_follows_a_flush(&calls),
        "without flushes this must fail: {calls}"
    );
    Ok(())
}

const SENDS: usize = 10;

/// The daemon's calls while it takes messages one by one: R for a request read, F for a flush done, W for a receipt begun.
async fn traced(synchronous: &str) -> Outcome<String> {
    let dir = tempfile::tempdir()?;
    let account = Lab::start(dir.path(), &UNLIMITED).await?.kill()?;
    let trace = dir.path().join("trace");
    let path = trace.to_str().ok_or("path")?;
    let calls = "trace=fdatasync,fsync,read,recvfrom,readv,recvmsg,write,sendto,writev,sendmsg";
    let strace = ["strace", "-f", "-yy", "-o", path, "-e", calls];
    let lab = Lab::again(&strace, dir.path(), &["--synchronous", synchronous], account)?;
    let mut talk = lab.member().await?;
    talk.ask(ClientSays::Ping).await?;
    for _ in 0..SENDS {
        talk.post().await?;
        talk.receipts(1).await?;
    }
    lab.kill()?;
    let calls = letters(&trace)?;
    // The last requests are the posts; before them come the handshake and the ping.
    let posts = calls
        .rmatch_indices('R')
        .nth(SENDS - 1)
        .ok_or("too few requests were traced")?
        .0;
    Ok(calls.get(posts..).unwrap_or_default().into())
}

fn letters(trace: &Path) -> Outcome<String> {
    let mut letters = String::new();
    for line in std::fs::read_to_string(trace)?.lines() {
        let call = line.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ');
        let (finished, of_socket) = (!call.contains("<unfinished"), call.contains("<TCP:["));
        let positive = call
            .rsplit("= ")
            .next()
            .and_then(|r| r.split(' ').next()?.parse::<i64>().ok())
            > Some(0);
        let name = call.trim_start_matches("<... ");
        if (name.starts_with("fdatasync") || name.starts_with("fsync")) && finished {
            letters.push('F');
        } else if (name.starts_with("re")) && of_socket && finished && positive {
            letters.push('R');
        } else if (name.starts_with("write") || name.starts_with("send")) && of_socket {
            letters.push('W');
        }
    }
    Ok(letters)
}

fn each_receipt_follows_a_flush(calls: &str) -> bool {
    let posts: Vec<&str> = calls.split('R').skip(1).collect();
    let in_order = |post: &&str| {
        let (flush, receipt) = (post.find('F'), post.find('W'));
        flush.is_some() && receipt.is_some() && flush < receipt
    };
    posts.len() == SENDS && posts.iter().all(in_order)
}
