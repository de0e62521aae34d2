//! What every log must do, run against each of them.

use std::sync::Arc;

use nihao_protocol::chat::{ChainHash, MessageId, Nickname, Refusal, Text};

use super::sqlite::Synchronous;
use super::{Appended, Log, LogError, MemoryLog, Query, SqliteLog, Tail};
use crate::event::{AttemptHash, CodeHash, Device, Event, Place, SecretHash, Verdict, What};

pub(super) fn name(name: &str) -> Nickname {
    Nickname::parse(name).unwrap()
}

pub(super) fn invite(by: Option<&str>, code: u8) -> Event {
    let what = What::InviteCreated {
        by: by.map(name),
        code: CodeHash([code; 32]),
        expires: 1_000_000,
    };
    Event { at: 1, what }
}

fn join(who: &str, code: u8) -> Event {
    let what = What::UserJoined {
        name: name(who),
        device: Device::Native {
            public_key: [code; 32],
            certificate: vec![code; 3],
        },
        code: CodeHash([code; 32]),
    };
    Event { at: 2, what }
}

pub(super) fn browse(who: &str, attempt: u8, code: u8) -> Event {
    let what = What::UserJoined {
        name: name(who),
        device: Device::Browser {
            attempt: AttemptHash([attempt; 32]),
        },
        code: CodeHash([code; 32]),
    };
    Event { at: 2, what }
}

fn post(from: &str, id: u8, to: &str, text: &str) -> Event {
    let what = What::MessagePosted {
        from: name(from),
        id: MessageId([id; 16]),
        to: to.parse().unwrap(),
        text: Text::parse(text).unwrap(),
        seen: None,
        salt: [id; 16],
    };
    Event { at: 3, what }
}

/// Alice, bob and carol have joined.
pub(super) async fn peopled(log: &dyn Log) {
    log.append(invite(None, 1)).await.unwrap();
    log.append(join("alice", 1)).await.unwrap();
    for (who, code) in [("bob", 2), ("carol", 3)] {
        log.append(invite(Some("alice"), code)).await.unwrap();
        let joined = log.append(join(who, code)).await.unwrap();
        assert!(matches!(joined.verdict, Verdict::Joined { .. }), "{joined:?}");
    }
}

fn query(place: &str) -> Query {
    Query {
        places: vec![Place::parse(place).unwrap()],
        after: 0,
        before: u64::MAX,
        limit: 100,
        newest: false,
    }
}

async fn texts(log: &dyn Log, query: Query) -> (Vec<String>, bool) {
    let page = log.messages(query).await.unwrap();
    let texts = page.messages.iter().map(|m| m.text.as_str().to_owned()).collect();
    (texts, page.more)
}

async fn each_event_has_its_place_and_the_history_is_a_chain(log: Arc<dyn Log>) {
    peopled(&*log).await;
    let mut last = log.recent().head();
    for (id, text) in [(1, "您好！"), (2, "two"), (3, "\u{1b}[2J")] {
        let appended = log.append(post("alice", id, "#general", text)).await.unwrap();
        assert!(appended.seq > last && !appended.repeated);
        last = appended.seq;
    }
    log.append(post("bob", 1, "@carol", "psst")).await.unwrap();
    assert_eq!(log.recent().head(), last + 1);

    let page = log.messages(query("#general")).await.unwrap();
    let mut chain = ChainHash::default();
    for message in &page.messages {
        assert_eq!(message.chained_after(&chain), message.chain);
        chain = message.chain;
    }
    assert_eq!(
        log.state().read().head(&Place::general()).map(|head| head.chain),
        Some(chain)
    );
    assert_eq!(page.messages.len(), 3);
    assert_eq!(
        texts(&*log, query("@bob@carol")).await,
        (vec!["psst".to_owned()], false)
    );
    assert_eq!(texts(&*log, query("@alice@carol")).await, (vec![], false));
}

async fn the_same_message_again_is_the_same_and_another_with_its_id_a_conflict(log: Arc<dyn Log>) {
    peopled(&*log).await;
    let first = log.append(post("alice", 1, "#general", "once")).await.unwrap();
    let mut again = post("alice", 1, "#general", "once");
    again.at = 99;
    let repeated = log.append(again).await.unwrap();
    assert_eq!(
        repeated,
        Appended {
            repeated: true,
            ..first.clone()
        }
    );
    for other in [post("alice", 1, "#general", "twice"), post("alice", 1, "@bob", "once")] {
        let conflict = log.append(other).await.unwrap();
        assert_eq!(conflict.verdict, Verdict::Refused(Refusal::IdConflict));
    }
    let bobs = log.append(post("bob", 1, "#general", "once")).await.unwrap();
    assert!(!bobs.repeated, "another sender's id is another id");
    assert_eq!(texts(&*log, query("#general")).await.0, ["once", "once"]);
}

async fn whoever_is_first_in_the_log_wins(log: Arc<dyn Log>) {
    log.append(invite(None, 1)).await.unwrap();
    let (alice, mallory, again) = (
        log.append(join("alice", 1)),
        log.append({
            let mut event = join("mallory", 1);
            if let What::UserJoined {
                device: Device::Native { public_key, .. },
                ..
            } = &mut event.what
            {
                *public_key = [9; 32];
            }
            event
        }),
        log.append(join("alice", 1)),
    );
    let alice = alice.await.unwrap();
    assert_eq!(mallory.await.unwrap().verdict, Verdict::Refused(Refusal::InviteUsed));
    assert_eq!(
        again.await.unwrap().verdict,
        alice.verdict,
        "a lost reply burns nothing"
    );
    assert_eq!(log.state().read().users().count(), 1);
}

async fn a_tail_hears_everything_in_order_wherever_it_starts(log: Arc<dyn Log>) {
    peopled(&*log).await;
    let waits = tokio::spawn({
        let mut tail = Tail::new(Arc::clone(&log), log.recent().head());
        async move { tail.next().await.unwrap() }
    });
    tokio::task::yield_now().await;
    let sent = log.append(post("alice", 1, "#general", "news")).await.unwrap();
    assert_eq!(waits.await.unwrap()[0].seq, sent.seq);

    let mut tail = Tail::new(Arc::clone(&log), 0);
    let mut heard = Vec::new();
    while heard.last() != Some(&sent.seq) {
        heard.extend(tail.next().await.unwrap().iter().map(|entry| entry.seq));
    }
    assert_eq!(heard, (1..=sent.seq).collect::<Vec<_>>());
}

async fn pages_are_cut_from_either_end(log: Arc<dyn Log>) {
    peopled(&*log).await;
    for id in 1..=9 {
        let to = if id % 3 == 0 { "@bob" } else { "#general" };
        log.append(post("alice", id, to, &id.to_string())).await.unwrap();
    }
    let both = Query {
        places: vec![Place::general(), Place::parse("@alice@bob").unwrap()],
        limit: 4,
        ..query("#general")
    };
    assert_eq!(
        texts(&*log, both.clone()).await,
        (vec!["1", "2", "3", "4"].into_iter().map(str::to_owned).collect(), true)
    );
    let newest = Query {
        newest: true,
        ..both.clone()
    };
    assert_eq!(
        texts(&*log, newest).await,
        (vec!["6", "7", "8", "9"].into_iter().map(str::to_owned).collect(), true)
    );
    let head = log.recent().head();
    let middle = Query {
        after: head - 3,
        before: head,
        ..both
    };
    assert_eq!(
        texts(&*log, middle).await,
        (vec!["7", "8"].into_iter().map(str::to_owned).collect(), false)
    );
}

async fn a_page_is_bounded_in_bytes_too(log: Arc<dyn Log>) {
    peopled(&*log).await;
    for id in 1..=20 {
        log.append(post("alice", id, "#general", &"x".repeat(16 * 1024)))
            .await
            .unwrap();
    }
    let page = log.messages(query("#general")).await.unwrap();
    assert_eq!(
        (page.messages.len(), page.more),
        (super::PAGE_BYTES / (16 * 1024), true)
    );
}

async fn many_at_once_are_all_there_once(log: Arc<dyn Log>) {
    peopled(&*log).await;
    let answers: Vec<_> = (0..200)
        .map(|n| {
            // Every message is appended twice at once.
            let mut event = post("alice", 0, "#general", &(n / 2).to_string());
            if let What::MessagePosted { id, .. } = &mut event.what {
                id.0[..4].copy_from_slice(&(n / 2_u32).to_be_bytes());
            }
            log.append(event)
        })
        .collect();
    let mut seqs = Vec::new();
    for answer in answers {
        seqs.push(answer.await.unwrap().seq);
    }
    assert!(seqs.chunks(2).all(|pair| pair[0] == pair[1]));
    let (texts, _) = texts(&*log, query("#general")).await;
    assert_eq!(texts.len(), 100);
}

async fn what_was_given_and_taken_back_is_in_the_log(log: Arc<dyn Log>) {
    peopled(&*log).await;
    let give = |secret, use_for: &str| Event {
        at: 4,
        what: What::AccessGiven {
            by: name("bob"),
            secret: SecretHash([secret; 32]),
            use_for: use_for.parse().unwrap(),
            expires: Some(100),
        },
    };
    let token = log.append(give(1, "send,read")).await.unwrap();
    log.append(give(2, "webhook #general")).await.unwrap();
    let what = What::AccessRevoked {
        by: name("bob"),
        number: token.seq,
    };
    let revoked = log.append(Event { at: 5, what }).await.unwrap();
    assert_eq!(revoked.verdict, Verdict::Done);
    let state = log.state().read().clone();
    assert!(state.access(&SecretHash([1; 32]), 6).is_err() && state.access(&SecretHash([2; 32]), 6).is_ok());
    let mut again = crate::state::State::default();
    for entry in log.entries(0, 100).await.unwrap() {
        assert_eq!(again.apply(entry.seq, &entry.event).verdict, entry.verdict);
    }
    assert_eq!(again, state, "the log alone says it all");
}

async fn who_joins_with_a_browser_is_known_again_by_the_attempt(log: Arc<dyn Log>) {
    peopled(&*log).await;
    log.append(invite(Some("alice"), 4)).await.unwrap();
    let dave = log.append(browse("dave", 7, 4)).await.unwrap();
    let again = log.append(browse("dave", 7, 4)).await.unwrap();
    assert_eq!(again.verdict, dave.verdict);
    let other = log.append(browse("dave", 8, 4)).await.unwrap();
    assert_eq!(other.verdict, Verdict::Refused(Refusal::InviteUsed));
    let what = What::AccessGiven {
        by: name("dave"),
        secret: SecretHash([1; 32]),
        use_for: "browser".parse().unwrap(),
        expires: Some(100),
    };
    assert_eq!(log.append(Event { at: 4, what }).await.unwrap().verdict, Verdict::Done);
    let mut state = crate::state::State::default();
    for entry in log.entries(0, 100).await.unwrap() {
        state.apply(entry.seq, &entry.event);
    }
    assert_eq!(state, *log.state().read(), "the log alone says it all");
    assert!(state.access(&SecretHash([1; 32]), 6).is_ok());
}

macro_rules! conformance {
    ($($test:ident),* $(,)?) => {
        mod memory {
            $(#[tokio::test]
            async fn $test() {
                super::$test(super::Arc::new(super::MemoryLog::new())).await;
            })*
        }
        mod sqlite {
            $(#[tokio::test]
            async fn $test() {
                let dir = tempfile::tempdir().unwrap();
                super::$test(super::Arc::new(super::open(dir.path()))).await;
            })*
        }
    };
}

conformance!(
    each_event_has_its_place_and_the_history_is_a_chain,
    the_same_message_again_is_the_same_and_another_with_its_id_a_conflict,
    whoever_is_first_in_the_log_wins,
    a_tail_hears_everything_in_order_wherever_it_starts,
    pages_are_cut_from_either_end,
    a_page_is_bounded_in_bytes_too,
    many_at_once_are_all_there_once,
    what_was_given_and_taken_back_is_in_the_log,
    who_joins_with_a_browser_is_known_again_by_the_attempt,
);

pub(super) fn open(dir: &std::path::Path) -> SqliteLog {
    SqliteLog::open(&dir.join("log.sqlite"), Synchronous::Full).unwrap()
}

#[tokio::test]
async fn what_was_answered_is_there_after_opening_again() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    peopled(&log).await;
    let sent = log.append(post("alice", 1, "#general", "stays")).await.unwrap();
    let (state, head) = (log.state().read().clone(), log.recent().head());
    let entries = log.entries(0, 100).await.unwrap();
    drop(log);

    let log = open(dir.path());
    assert_eq!(*log.state().read(), state);
    assert_eq!(log.recent().head(), head);
    let read = log.entries(0, 100).await.unwrap();
    let plain = |entries: &[Arc<crate::event::Entry>]| -> Vec<_> {
        entries
            .iter()
            .map(|e| (e.seq, e.event.clone(), e.verdict.clone()))
            .collect()
    };
    assert_eq!(plain(&read), plain(&entries));
    let again = log.append(post("alice", 1, "#general", "stays")).await.unwrap();
    assert_eq!((again.seq, again.repeated), (sent.seq, true));
    let next = log.append(post("alice", 2, "#general", "goes on")).await.unwrap();
    assert_eq!(next.seq, head + 1);
}

/// A tail far behind the window in memory reads on from the tables, and misses nothing.
#[tokio::test]
async fn a_tail_that_fell_behind_reads_from_the_tables() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    peopled(&log).await;
    drop(log);
    let log: Arc<dyn Log> = Arc::new(open(dir.path()));
    let mut tail = Tail::new(Arc::clone(&log), 0);
    assert_eq!(tail.next().await.unwrap().len(), 6);
}

#[tokio::test]
async fn a_full_disk_refuses_writes_keeps_reads_and_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let log = open(dir.path());
    peopled(&log).await;
    drop(log);
    let log = SqliteLog::open_with_pages(&dir.path().join("log.sqlite"), 40).unwrap();
    let mut stored = Vec::new();
    let error = loop {
        let id = u8::try_from(stored.len()).unwrap() + 1;
        match log.append(post("alice", id, "#general", &"x".repeat(8000))).await {
            Ok(appended) => stored.push(appended.seq),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, LogError::Unavailable(_)), "{error:?}");
    assert!(error.refusal().is_retryable());
    assert!(!stored.is_empty());
    let head = log.state().read().head(&Place::general()).unwrap();
    assert_eq!(Some(&head.seq), stored.last(), "the state is what is durable");
    let page = log.messages(query("#general")).await.unwrap();
    assert_eq!(page.messages.iter().map(|m| m.seq).collect::<Vec<_>>(), stored);
    drop(log);

    let log = open(dir.path());
    let id = u8::try_from(stored.len()).unwrap() + 1;
    let retried = log
        .append(post("alice", id, "#general", &"x".repeat(8000)))
        .await
        .unwrap();
    assert!(!retried.repeated);
    let page = log.messages(query("#general")).await.unwrap();
    assert_eq!(page.messages.len(), stored.len() + 1);
    let last = page.messages.last().unwrap();
    assert_eq!(last.chained_after(&head.chain), last.chain);
}
