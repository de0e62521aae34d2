//! Reading the history while others write it.

use super::*;
use crate::event::{CodeHash, Device, Event, What};

fn event(what: What) -> Event {
    Event { at: NOW.0, what }
}

async fn join(log: &dyn Log, who: &str, by: Option<&str>, code: u8) {
    let invite = What::InviteCreated {
        by: by.map(name),
        code: CodeHash([code; 32]),
        expires: NOW.0 + 1,
    };
    log.append(event(invite)).await.unwrap();
    let join = What::UserJoined {
        name: name(who),
        device: Device::Native {
            public_key: [code; 32],
            certificate: vec![code],
        },
        code: CodeHash([code; 32]),
    };
    log.append(event(join)).await.unwrap();
}

fn post(number: u32, to: &str) -> Event {
    let mut id = [0; 16];
    id[..4].copy_from_slice(&number.to_be_bytes());
    event(What::MessagePosted {
        from: name("bob"),
        id: MessageId(id),
        to: to.parse().unwrap(),
        text: Text::parse("x").unwrap(),
        seen: None,
        salt: id,
    })
}

/// Everything that alice may see, page by page, as a reader that was away.
async fn read_all(core: &Core) -> Vec<u64> {
    let mut seen: Vec<u64> = Vec::new();
    loop {
        let query = core.news(&name("alice"), seen.last().copied().unwrap_or(0), 64);
        if query.places.is_empty() {
            return seen;
        }
        let page = core.log.messages(query).await.unwrap();
        if page.messages.is_empty() {
            return seen;
        }
        seen.extend(page.messages.iter().map(|message| message.seq));
    }
}

/// Two conversations are looked up one after the other: what comes into the first meanwhile must not be skipped.
#[tokio::test]
async fn whoever_catches_up_beside_writers_misses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let log: Arc<dyn Log> = Arc::new(SqliteLog::open(&dir.path().join("log.sqlite"), Synchronous::Off).unwrap());
    join(&*log, "alice", None, 1).await;
    join(&*log, "bob", Some("alice"), 2).await;
    let lab = lab_on(Arc::clone(&log), Limits::default());
    let writing = tokio::spawn(async move {
        for number in 0..3000 {
            let to = if number % 2 == 0 { "#general" } else { "@alice" };
            let appended = log.append(post(number, to));
            if number % 8 == 0 {
                appended.await.unwrap();
            }
        }
        log.append(post(3000, "#general")).await.unwrap();
    });
    let mut passes = Vec::new();
    while !writing.is_finished() {
        passes.push(read_all(&lab.core).await);
        tokio::task::yield_now().await; // the writer is a task beside this one
    }
    writing.await.unwrap();
    let all = read_all(&lab.core).await;
    assert_eq!(all.len(), 3001);
    for pass in passes {
        assert_eq!(pass, all[..pass.len()], "a pass that skipped something");
    }
}
