//! Resumption between both ends of our own TLS: what is remembered, what it is bound to, and what ends it.

use std::sync::Arc;

use nihao_protocol::clock::UnixTime;
use nihao_protocol::crypto::Group;
use nihao_protocol::tls::{
    CipherSuite, ClientAuth, ClientConfig, RememberedSessions, ServerConfig, Sessions, TicketKeys,
};
use nihao_protocol::x509::{Roots, ServerName, Trust};
use nihao_tests::pair::Pair;
use nihao_tests::pki::{Ca, Kind, Leaf, NOW};

const DAY: u64 = 86_400;

/// One client and one server that meet again and again.
struct Pals {
    client: ClientConfig,
    server: ServerConfig,
    sessions: Arc<RememberedSessions>,
    users: Ca,
    meetings: u64,
}

fn roots(ca: &Ca) -> Trust {
    let mut roots = Roots::new();
    roots.add(&ca.der).unwrap();
    Trust::Roots(roots.into())
}

impl Pals {
    fn new() -> Self {
        let ca = Ca::new("server CA", Kind::Ed25519, 1);
        let sessions = Arc::new(RememberedSessions::new(16));
        let mut client = ClientConfig::new(roots(&ca));
        client.alpn = vec![b"nihao/1".to_vec()];
        client.sessions = Some(sessions.clone());
        let mut server = ServerConfig::new(vec![ca.identity(&Leaf::server(Kind::Ed25519))]);
        server.alpn = vec![b"nihao/1".to_vec(), b"h2".to_vec()];
        server.tickets = Some(Arc::new(TicketKeys::new(6 * 3600)));
        Self {
            client,
            server,
            sessions,
            users: Ca::new("user CA", Kind::Ed25519, 2),
            meetings: 0,
        }
    }

    /// The same, and the client has to say who it is.
    fn acquainted() -> Self {
        let mut pals = Self::new();
        pals.client.identities = vec![pals.users.identity(&Leaf::user(Kind::Ed25519))];
        pals.server.client_auth = ClientAuth::Required(roots(&pals.users));
        pals
    }

    fn meet(&mut self) -> Pair {
        self.meet_at(NOW)
    }

    /// A handshake, a word each way, a close. Says nothing of whether it was a resumption.
    fn meet_at(&mut self, now: UnixTime) -> Pair {
        self.meetings += 1;
        let mut pair = Pair::at(
            now,
            self.client.clone(),
            self.server.clone(),
            "localhost",
            self.meetings,
        );
        pair.drive(1000);
        assert!(pair.is_open(), "{:?} {:?}", pair.client.error, pair.server.error);
        pair.client.connection.send("您好！".as_bytes()).unwrap();
        pair.server.connection.send("好！".as_bytes()).unwrap();
        pair.drive(1000);
        assert_eq!(
            (&*pair.server.data, &*pair.client.data),
            ("您好！".as_bytes(), "好！".as_bytes())
        );
        assert_eq!(pair.client.facts().resumed, pair.server.facts().resumed);
        pair
    }

    fn resumes(&mut self) -> bool {
        self.meet().client.facts().resumed
    }
}

#[test]
fn who_met_before_meets_again_without_certificates() {
    for suite in [CipherSuite::TLS_AES_128_GCM_SHA256, CipherSuite::TLS_AES_256_GCM_SHA384] {
        for group in [Group::X25519, Group::SECP256R1] {
            for retry in [false, true] {
                let mut pals = Pals::acquainted();
                pals.client.cipher_suites = vec![suite];
                pals.server.groups = vec![group];
                pals.client.key_shares = if retry { Vec::new() } else { vec![group] };
                let first = pals.meet();
                assert!(!first.client.facts().resumed);
                for _ in 0..3 {
                    let mut again = pals.meet();
                    let (client, server) = (again.client.facts().clone(), again.server.facts().clone());
                    assert!(client.resumed, "{suite} {group} {retry}");
                    assert_eq!(
                        (client.cipher_suite, client.group, client.hello_retried),
                        (suite, group, retry)
                    );
                    assert_eq!(client.peer_chain, first.client.facts().peer_chain);
                    assert_eq!(
                        server.peer_chain,
                        first.server.facts().peer_chain,
                        "who the client is survives"
                    );
                    assert_eq!(server.client_scheme, first.server.facts().client_scheme);
                    assert_eq!(client.client_scheme, first.client.facts().client_scheme);
                    assert_eq!(client.server_scheme, first.client.facts().server_scheme);
                    again.client.connection.update_key(true).unwrap();
                    again.drive(7);
                    assert_eq!((again.client.key_updates, again.server.key_updates), (1, 1));
                }
            }
        }
    }
}

#[test]
fn a_ticket_is_used_once_and_each_meeting_brings_a_new_one() {
    let mut pals = Pals::new();
    pals.server.ticket_count = 3;
    let name = ServerName::parse("localhost").unwrap();
    let kept = |pals: &Pals| {
        let kept: Vec<_> = std::iter::from_fn(|| pals.sessions.take(&name)).collect();
        kept.iter()
            .rev()
            .for_each(|session| pals.sessions.keep(&name, session.clone()));
        kept
    };
    pals.meet();
    let first = kept(&pals);
    assert_eq!(first.len(), 3);
    assert!(pals.resumes());
    let second = kept(&pals);
    assert_eq!(second.len(), 3, "one used, one new");
    assert!(!second.contains(&first[0]) && second[1..] == first[1..]);
}

#[test]
fn nobody_resumes_without_a_store_or_tickets() {
    let mut pals = Pals::new();
    pals.client.sessions = None;
    pals.meet();
    assert!(!pals.resumes());
    let mut pals = Pals::new();
    pals.server.tickets = None;
    pals.meet();
    assert!(!pals.resumes());
    let mut pals = Pals::new();
    pals.server.ticket_count = 0;
    pals.meet();
    assert!(!pals.resumes());
}

#[test]
fn tickets_of_another_server_mean_a_full_handshake() {
    let mut pals = Pals::new();
    pals.meet();
    pals.server.tickets = Some(Arc::new(TicketKeys::new(3600)));
    assert!(!pals.resumes());
    assert!(pals.resumes(), "its own are good");
}

#[test]
fn a_ticket_is_bound_to_suite_name_and_protocol() {
    let mut pals = Pals::new();
    pals.meet();
    pals.server.cipher_suites = vec![CipherSuite::TLS_AES_256_GCM_SHA384];
    assert!(!pals.resumes(), "another suite with another hash");

    let mut pals = Pals::new();
    pals.meet();
    pals.server.cipher_suites = vec![CipherSuite::TLS_CHACHA20_POLY1305_SHA256];
    assert!(!pals.resumes(), "another suite with the same hash");

    let mut pals = Pals::new();
    pals.client.alpn.push(b"h2".to_vec());
    pals.meet();
    pals.server.alpn = vec![b"h2".to_vec()];
    assert!(!pals.resumes(), "another protocol");

    let mut pals = Pals::new();
    pals.meet();
    pals.client.send_server_name = false;
    assert!(!pals.resumes(), "another name");
}

#[test]
fn the_retry_of_a_hello_drops_a_psk_of_the_wrong_hash() {
    let mut pals = Pals::new();
    pals.meet();
    pals.server.cipher_suites = vec![CipherSuite::TLS_AES_256_GCM_SHA384];
    pals.server.groups = vec![Group::SECP256R1];
    let again = pals.meet();
    assert!(again.client.facts().hello_retried && !again.client.facts().resumed);
}

#[test]
fn a_client_that_would_not_be_let_in_today_is_looked_at_anew() {
    // Its authority is trusted no more.
    let mut pals = Pals::acquainted();
    pals.meet();
    let others = Ca::new("user CA", Kind::Ed25519, 9);
    pals.server.client_auth = ClientAuth::Required(roots(&others));
    pals.client.identities = vec![
        others.identity(&Leaf::user(Kind::Ed25519)),
        pals.client.identities[0].clone(),
    ];
    let again = pals.meet();
    assert!(!again.client.facts().resumed);

    // It was nameless, and now has to say who it is.
    let mut pals = Pals::new();
    pals.meet();
    let acquainted = Pals::acquainted();
    pals.server.client_auth = acquainted.server.client_auth.clone();
    pals.client.identities = acquainted.client.identities;
    let again = pals.meet();
    assert!(!again.server.facts().resumed && !again.server.facts().peer_chain.is_empty());

    // It said who it is, and now nobody asks.
    let mut pals = Pals::acquainted();
    pals.meet();
    pals.server.client_auth = ClientAuth::None;
    let again = pals.meet();
    assert!(!again.server.facts().resumed && again.server.facts().peer_chain.is_empty());
}

#[test]
fn a_client_resumes_only_what_it_would_do_again() {
    // Another certificate than then.
    let mut pals = Pals::acquainted();
    pals.meet();
    let mut another = Leaf::user(Kind::Ed25519);
    another.number += 1;
    pals.client.identities = vec![pals.users.identity(&another)];
    assert!(!pals.resumes());

    // A server it trusts no more.
    let mut pals = Pals::new();
    pals.meet();
    let trust = pals.client.trust.clone();
    pals.client.trust = Trust::Pinned([7; 32]);
    let pair = Pair::new(pals.client.clone(), pals.server.clone(), "localhost", 77);
    let wire = pair.client.connection.transmit().to_vec();
    assert!(!wire.windows(2).any(|bytes| bytes == [0, 41]), "no pre_shared_key");
    pals.client.trust = trust;
}

#[test]
fn a_session_ends_with_its_lifetime_however_often_it_was_resumed() {
    let mut pals = Pals::new();
    let at = |hours: u64| NOW.plus_seconds(hours * 3600);
    pals.meet_at(at(0));
    for hours in [1, 3, 5] {
        assert!(pals.meet_at(at(hours)).client.facts().resumed, "{hours} hours later");
    }
    assert!(
        !pals.meet_at(at(6)).client.facts().resumed,
        "six hours after the certificates were seen"
    );
    assert!(!pals.meet_at(NOW.plus_seconds(8 * DAY)).client.facts().resumed);
}

#[test]
fn a_ticket_from_the_future_is_no_ticket() {
    let mut pals = Pals::new();
    pals.meet_at(NOW.plus_seconds(60));
    assert!(!pals.meet_at(NOW).client.facts().resumed);
}
