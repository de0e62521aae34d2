//! Good conversations: what each side hears, in which order, and only what it may.

use super::*;

#[tokio::test]
async fn one_nihao_from_alice_to_bob() {
    let lab = lab();
    lab.join("alice").await;
    let cursor = lab.join("bob").await;
    let (mut alice, mut bob) = (lab.member("alice"), lab.member("bob"));
    assert_eq!(bob.resume(cursor).await, (vec![], lab.core.log.recent().head()));
    let sent = alice.sent(send(1, "#general", "您好！")).await;
    let heard = bob.message().await;
    assert_eq!(
        (heard.seq, heard.text.as_str(), heard.from),
        (sent.seq, "您好！", name("alice"))
    );
    assert_eq!((heard.chain, heard.at, heard.salt), (sent.chain, sent.at, sent.salt));

    let mut other_device = lab.member("bob");
    other_device.resume(sent.seq).await;
    let direct = bob.sent(send(1, "@alice", "你好")).await;
    assert_eq!(other_device.message().await.seq, direct.seq);
    assert_eq!(
        bob.sent(send(1, "@alice", "你好")).await,
        direct,
        "said twice, there once"
    );
    assert_eq!(bob.refusal(send(1, "@alice", "您好")).await, Refusal::IdConflict);
}

#[tokio::test]
async fn a_join_is_proved_repeated_and_used_once() {
    let lab = lab();
    let code = lab.core.founding_invite().await.unwrap().unwrap().code;
    let first = lab.connect(None).ask(join(&code, "alice")).await;
    let ServerSays::Joined {
        certificates,
        name: who,
        ..
    } = &first
    else {
        panic!("{first:?}")
    };
    assert_eq!((who, certificates.len()), (&name("alice"), 2));
    Certificate::parse(&certificates[0]).unwrap();
    assert_eq!(
        lab.connect(None).ask(join(&code, "alice")).await,
        first,
        "a lost reply burns nothing"
    );
    assert_eq!(lab.connect(None).refusal(join(&code, "bob")).await, Refusal::InviteUsed);
    assert_eq!(lab.core.founding_invite().await.unwrap(), None);

    let code = lab.invite_of("alice").await;
    let mut stranger = lab.connect(None);
    let ClientSays::Join {
        code: c,
        name: n,
        public_key,
        ..
    } = join(&code, "bob")
    else {
        unreachable!()
    };
    let stolen = ClientSays::Join {
        code: c,
        name: n,
        public_key,
        proof: [1; 64],
    };
    assert_eq!(stranger.refusal(stolen).await, Refusal::BadProof);
    assert_eq!(
        stranger.refusal(join(&Code([9; 16]), "bob")).await,
        Refusal::InviteUnknown
    );
    assert_eq!(stranger.refusal(send(1, "#general", "x")).await, Refusal::NotAMember);
    assert_eq!(stranger.ask(ClientSays::Ping).await, ServerSays::Pong);
    assert!(matches!(
        stranger.ask(join(&code, "bob")).await,
        ServerSays::Joined { .. }
    ));
    assert_eq!(lab.connect(Some(&key_of("mallory"))).ended().await, Refusal::NotAMember);
}

#[tokio::test]
async fn what_was_missed_comes_first_marked_as_old_and_only_what_one_may_see() {
    let lab = lab();
    lab.join("alice").await;
    let cursor = lab.join("bob").await;
    lab.join("carol").await;
    let mut alice = lab.member("alice");
    for n in 0..600 {
        let to = ["#general", "@bob", "@carol"][n as usize % 3];
        alice.sent(send(n, to, &n.to_string())).await;
    }
    let mut bob = lab.member("bob");
    let (missed, reached) = bob.resume(cursor).await;
    let expected: Vec<_> = (0..600).filter(|n| n % 3 < 2).map(|n: u32| n.to_string()).collect();
    assert_eq!(missed.iter().map(|m| m.text.as_str()).collect::<Vec<_>>(), expected);
    assert_eq!(bob.refusal(ClientSays::Resume { after: 0 }).await, Refusal::OutOfOrder);
    alice.sent(send(900, "#general", "new")).await;
    assert_eq!(bob.message().await.text.as_str(), "new");

    let mut again = lab.member("bob");
    let (missed, _) = again.resume(reached).await;
    assert_eq!(missed.len(), 1);
    let mut ahead = lab.member("bob");
    let (missed, cursor) = ahead.resume(1_000_000).await;
    assert_eq!((missed.len(), cursor), (0, lab.core.log.recent().head()));
}

#[tokio::test]
async fn history_is_read_in_pages() {
    let lab = lab();
    lab.join("alice").await;
    lab.join("bob").await;
    let mut alice = lab.member("alice");
    for n in 0..10 {
        alice.sent(send(n, "@bob", &n.to_string())).await;
    }
    let mut bob = lab.member("bob");
    let mut page = async |before, after| {
        let conversation = "@alice".parse().unwrap();
        match bob
            .ask(ClientSays::History {
                conversation,
                before,
                after,
                limit: 4,
            })
            .await
        {
            ServerSays::History { messages, more } => (messages, more),
            other => panic!("{other:?}"),
        }
    };
    let texts = |page: &[Message]| page.iter().map(|m| m.text.as_str().to_owned()).collect::<String>();
    let (newest, more) = page(None, None).await;
    assert_eq!((texts(&newest), more), ("6789".into(), true));
    let (older, _) = page(Some(newest[0].seq), None).await;
    assert_eq!(texts(&older), "2345");
    let (oldest, more) = page(Some(older[0].seq), None).await;
    assert_eq!((texts(&oldest), more), ("01".into(), false));
    let (first, more) = page(None, Some(0)).await;
    assert_eq!((texts(&first), more), ("0123".into(), true));
}

#[tokio::test]
async fn a_removed_member_hears_it_at_once_and_is_not_let_in_again() {
    let lab = lab();
    lab.join("alice").await;
    let cursor = lab.join("bob").await;
    let mut bob = lab.member("bob");
    bob.resume(cursor).await;
    let mut alice = lab.member("alice");
    let remove = ClientSays::Remove { name: name("bob") };
    assert_eq!(bob.refusal(remove.clone()).await, Refusal::NotAdmin);
    assert_eq!(alice.ask(remove).await, ServerSays::Removed);
    let told = tokio::time::timeout(Duration::from_secs(1), bob.ended()).await.unwrap();
    assert_eq!(told, Refusal::Removed);
    assert_eq!(lab.member("bob").ended().await, Refusal::Removed);
    let ServerSays::Members { members, more } = alice.ask(ClientSays::Who { after: None }).await else {
        panic!()
    };
    let names: Vec<_> = members.iter().map(|m| (m.name.as_str(), m.admin, m.online)).collect();
    assert_eq!((names, more), (vec![("alice", true, true)], false));
}

/// Sends are pipelined; receipts and deliveries come in the order of the log, each once, and the chain holds.
async fn pipelined(log: Arc<dyn Log>) {
    let lab = lab_on(log, Limits::default());
    lab.join("alice").await;
    let cursor = lab.join("bob").await;
    let mut senders = JoinSet::new();
    let (mut alice, mut bob) = (lab.member("alice"), lab.member("bob"));
    alice.resume(cursor).await;
    bob.resume(cursor).await;
    for (who, mut talk) in [("alice", alice), ("bob", bob)] {
        senders.spawn(async move {
            let mut sends = std::collections::BTreeMap::new();
            for n in 0..400 {
                let says = send(n, "#general", &format!("{who} {n}"));
                sends.insert(talk.session.send(says.clone()).unwrap(), says);
            }
            talk.stream.write_all(&talk.session.transmit()).await.unwrap();
            hear_all(talk, who, sends).await
        });
    }
    let mut heard = senders.join_all().await;
    assert_eq!(heard.pop(), heard.pop(), "both saw one history");
}

async fn hear_all(mut talk: Talk, who: &str, mut sends: std::collections::BTreeMap<u32, ClientSays>) -> Vec<u64> {
    let mut chains = Chains::new(name(who));
    let mut seqs = Vec::new();
    while seqs.len() < 800 {
        match talk.hear().await.unwrap() {
            Heard::Delivery(ServerSays::Message { message, .. }) => {
                chains.hear(&message).unwrap();
                seqs.push(message.seq);
            }
            Heard::Reply(number, ServerSays::Sent(sent)) => {
                let Some(ClientSays::Send { id, to, text, seen }) = sends.remove(&number) else {
                    panic!("a second receipt for {number}");
                };
                chains.acked(id, to.clone(), text, seen, &sent);
                assert_eq!(
                    chains.last(&to).unwrap().seq,
                    sent.seq,
                    "the receipt stands at its place"
                );
                seqs.push(sent.seq);
            }
            other => panic!("{other:?}"),
        }
    }
    assert!(seqs.is_sorted());
    seqs
}

#[tokio::test]
async fn pipelined_sends_keep_the_order_of_the_log_in_memory() {
    pipelined(Arc::new(MemoryLog::new())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn pipelined_sends_keep_the_order_of_the_log_in_sqlite() {
    let dir = tempfile::tempdir().unwrap();
    let log = SqliteLog::open(&dir.path().join("log.sqlite"), Synchronous::Full).unwrap();
    pipelined(Arc::new(log)).await;
}

#[tokio::test]
async fn a_certificate_is_renewed_for_the_same_key() {
    let lab = lab();
    lab.join("alice").await;
    match lab.member("alice").ask(ClientSays::RenewCertificate).await {
        ServerSays::Renewed { certificates } => {
            let view = Certificate::parse(&certificates[0]).unwrap();
            assert_eq!(view.public_key().unwrap(), key_of("alice").public_key());
        }
        other => panic!("{other:?}"),
    }
}
