//! Clients that come back with a ticket: as good as with a certificate, and no better.

use nihao_protocol::tls::RememberedSessions;

use super::*;

/// A user's client that keeps its tickets.
struct Returning {
    config: Arc<ClientConfig>,
}

impl Returning {
    fn new(lab: &Lab, identity: Identity) -> Self {
        let mut config = ClientConfig::new(Trust::Pinned(lab.ca));
        config.alpn = vec![chat::ALPN.to_vec()];
        config.identities = vec![identity];
        config.sessions = Some(Arc::new(RememberedSessions::new(4)));
        Self {
            config: Arc::new(config),
        }
    }

    /// Connects; says whether by a ticket.
    async fn come(&self, lab: &Lab) -> (Talk, bool) {
        let connector = Connector::new(Arc::clone(&self.config), environment(&lab.time));
        let name = ServerName::parse("localhost").unwrap();
        let stream = connector.connect(lab.dial().await, name).await.unwrap();
        let resumed = stream.facts().unwrap().resumed;
        let session = ClientSession::new();
        (Talk { stream, session }, resumed)
    }
}

#[tokio::test]
async fn a_member_comes_back_by_ticket_until_removed() {
    let lab = lab();
    let alice = lab.founder().await;
    let mut admin = lab.chat(Some(&alice)).await;
    let ServerSays::Invited { line, .. } = admin.ask(ClientSays::Invite).await else {
        panic!()
    };
    let bob = Returning::new(&lab, lab.join("bob", &line.parse().unwrap()).await);
    let (mut first, resumed) = bob.come(&lab).await;
    assert!(!resumed);
    let sent = first.ask(hello()).await;
    let (mut again, resumed) = bob.come(&lab).await;
    assert!(resumed);
    assert_eq!(again.ask(hello()).await, sent, "the same user said it again");

    let removed = admin
        .ask(ClientSays::Remove {
            name: "bob".parse().unwrap(),
        })
        .await;
    assert_eq!(removed, ServerSays::Removed);
    assert_eq!(again.last_word().await, Refusal::Removed);
    let (mut late, resumed) = bob.come(&lab).await;
    assert!(resumed, "the ticket opens the door");
    assert_eq!(late.last_word().await, Refusal::Removed, "and leads nowhere");
}

#[tokio::test]
async fn tickets_outlive_a_change_of_certificates_but_not_their_day() {
    let lab = lab();
    let alice = Returning::new(&lab, lab.founder().await);
    let hours = |n: u64| lab.time.store(START + n * 3600 * 1000, Ordering::Relaxed);
    for (at, expected) in [(0, false), (1, true), (23, true), (24, false), (25, true)] {
        hours(at);
        let (mut talk, resumed) = alice.come(&lab).await;
        assert_eq!(talk.ask(ClientSays::Ping).await, ServerSays::Pong);
        assert_eq!(resumed, expected, "after {at} hours");
    }
}
