//! Bad conversations: guesses, floods, silence, slow readers, broken frames, and the end.

use super::*;

#[tokio::test(start_paused = true)]
async fn guessing_codes_is_slowed_down_but_joining_is_not() {
    let limits = Limits {
        guess_rate: Rate {
            per_second: 1.0,
            burst: 3.0,
        },
        ..Limits::default()
    };
    let lab = lab_on(Arc::new(MemoryLog::new()), limits);
    for who in ["alice", "b1", "b2", "b3", "b4", "b5"] {
        lab.join(who).await;
    }
    let mut stranger = lab.connect(None);
    for guess in 0..3 {
        assert_eq!(
            stranger.refusal(join(&Code([guess; 16]), "eve")).await,
            Refusal::InviteUnknown
        );
    }
    assert_eq!(
        stranger.refusal(join(&Code([4; 16]), "eve")).await,
        Refusal::RateLimited
    );
    assert_eq!(
        lab.connect(None).refusal(join(&Code([5; 16]), "eve")).await,
        Refusal::RateLimited
    );
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(
        stranger.refusal(join(&Code([6; 16]), "eve")).await,
        Refusal::InviteUnknown
    );
}

#[tokio::test(start_paused = true)]
async fn a_stranger_who_does_nothing_is_sent_away() {
    assert_eq!(lab().connect(None).ended().await, Refusal::OutOfOrder);
}

/// A removed member who does not even read is gone within a second too.
#[tokio::test]
async fn a_removed_member_who_does_not_read_is_cut_off() {
    let lab = lab();
    lab.join("alice").await;
    let cursor = lab.join("bob").await;
    let mut bob = lab.member("bob");
    bob.say(ClientSays::Resume { after: cursor }).await;
    let mut alice = lab.member("alice");
    for n in 0..50 {
        alice.sent(send(n, "#general", &"x".repeat(8000))).await;
    }
    alice.ask(ClientSays::Remove { name: name("bob") }).await;
    let ended = tokio::time::timeout(Duration::from_secs(2), bob.served)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(ended.unwrap_err().kind(), std::io::ErrorKind::TimedOut);
}

/// One who does not read while thousands of messages pass costs nobody anything, and then gets every one, once, in order.
#[tokio::test]
async fn a_slow_reader_delays_nobody_and_loses_nothing() {
    let limits = Limits {
        mailbox: 16,
        user_rate: Rate::per_second(1e9),
        ..Limits::default()
    };
    let lab = lab_on(Arc::new(MemoryLog::new()), limits);
    lab.join("alice").await;
    let cursor = lab.join("bob").await;
    let mut bob = lab.member("bob");
    bob.resume(cursor).await;
    let mut alice = lab.member("alice");
    let mut seqs = Vec::new();
    for n in 0..5000 {
        seqs.push(alice.sent(send(n, "#general", &"好".repeat(100))).await.seq);
    }
    for seq in &seqs {
        assert_eq!(bob.message().await.seq, *seq);
    }
    let last = alice.sent(send(9999, "#general", "end")).await.seq;
    assert_eq!(bob.message().await.seq, last);
}

#[tokio::test(start_paused = true)]
async fn a_member_over_their_rate_is_refused_by_name_and_heard_again_later() {
    let limits = Limits {
        user_rate: Rate {
            per_second: 10.0,
            burst: 5.0,
        },
        ..Limits::default()
    };
    let lab = lab_on(Arc::new(MemoryLog::new()), limits);
    lab.join("alice").await;
    let (mut one, mut other) = (lab.member("alice"), lab.member("alice"));
    let mut refused = 0;
    for n in 0..5 {
        refused += u32::from(one.ask(send(n, "#general", "x")).await != ServerSays::Pong && n >= 5);
        other.ask(ClientSays::Ping).await;
    }
    assert_eq!(refused, 0);
    assert_eq!(
        one.refusal(send(9, "#general", "x")).await,
        Refusal::RateLimited,
        "over all connections"
    );
    assert!(Refusal::RateLimited.is_retryable());
    tokio::time::advance(Duration::from_secs(1)).await;
    one.sent(send(9, "#general", "x")).await;
}

#[tokio::test]
async fn a_malformed_frame_is_refused_and_a_hostile_length_ends_the_connection() {
    let lab = lab();
    lab.join("alice").await;
    let mut alice = lab.member("alice");
    let request = alice.session.send(ClientSays::Ping).unwrap();
    alice.session.transmit();
    alice
        .stream
        .write_all(&[0, 0, 0, 2, u8::try_from(request).unwrap(), 250])
        .await
        .unwrap();
    let heard = alice.hear().await.unwrap();
    assert!(
        matches!(
            heard,
            Heard::Reply(
                _,
                ServerSays::Refused {
                    reason: Refusal::Malformed,
                    ..
                }
            )
        ),
        "{heard:?}"
    );
    alice.sent(send(1, "#general", "still here")).await;
    alice.stream.write_all(&[0xff; 4]).await.unwrap();
    assert_eq!(alice.ended().await, Refusal::TooLarge);
}

#[tokio::test]
async fn going_down_is_said_to_everyone() {
    let lab = lab();
    lab.join("alice").await;
    let mut alice = lab.member("alice");
    alice.sent(send(1, "#general", "safe")).await;
    let stranger = lab.connect(None);
    tokio::task::yield_now().await;
    lab.core.hub.close();
    assert_eq!(alice.ended().await, Refusal::ShuttingDown);
    assert_eq!(stranger.ended().await, Refusal::ShuttingDown);
    assert_eq!(lab.member("alice").ended().await, Refusal::ShuttingDown);
}

/// What is on its way to the disk when the server goes down is answered before the last word.
#[tokio::test]
async fn going_down_answers_what_is_on_its_way() {
    let dir = tempfile::tempdir().unwrap();
    let log = SqliteLog::open(&dir.path().join("log.sqlite"), Synchronous::Full).unwrap();
    let lab = lab_on(Arc::new(log), Limits::default());
    let cursor = lab.join("alice").await;
    let mut alice = lab.member("alice");
    alice.resume(cursor).await;
    for n in 0..300 {
        alice.session.send(send(n, "#general", "x")).unwrap();
    }
    alice.stream.write_all(&alice.session.transmit()).await.unwrap();
    // On one thread the server reads the requests during these yields, and closes long before the disk has them.
    while lab.core.log.recent().head() <= cursor {
        tokio::task::yield_now().await;
    }
    lab.core.hub.close();
    let mut receipts = 0;
    let reason = loop {
        match alice.hear().await {
            Ok(Heard::Reply(_, ServerSays::Sent(_))) => receipts += 1,
            Err(SessionError::Closed { reason, .. }) => break reason,
            other => panic!("{other:?}"),
        }
    };
    let stored = lab.core.log.recent().head() - cursor;
    assert_eq!((receipts, reason), (stored, Refusal::ShuttingDown));
}

/// A peer that has said everything and closed its half still gets its answers.
#[tokio::test]
async fn a_half_closed_peer_is_answered() {
    let dir = tempfile::tempdir().unwrap();
    let log = SqliteLog::open(&dir.path().join("log.sqlite"), Synchronous::Full).unwrap();
    let lab = lab_on(Arc::new(log), Limits::default());
    lab.join("alice").await;
    let mut alice = lab.member("alice");
    alice.say(send(1, "#general", "last words")).await;
    alice.stream.shutdown().await.unwrap();
    assert!(matches!(
        alice.hear().await.unwrap(),
        Heard::Reply(_, ServerSays::Sent(_))
    ));
    assert_eq!(alice.served.await.unwrap().unwrap(), Ended::ByPeer);
}
