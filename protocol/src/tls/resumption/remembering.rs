//! A client's sessions in memory: the newest few of each server, the newest few servers.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use super::session::{Session, Sessions};
use crate::x509::ServerName;

/// Tickets kept of one server: browsers open about as many connections at once.
const PER_SERVER: usize = 4;

/// Sessions in memory, gone with the process.
#[derive(Debug)]
pub struct RememberedSessions {
    most: usize,
    /// Oldest first.
    kept: Mutex<VecDeque<(ServerName, Session)>>,
}

impl RememberedSessions {
    /// Keeps at most `most` sessions in all, and four with one server.
    #[must_use]
    pub const fn new(most: usize) -> Self {
        Self {
            most,
            kept: Mutex::new(VecDeque::new()),
        }
    }
}

impl Sessions for RememberedSessions {
    fn keep(&self, server: &ServerName, session: Session) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.iter().filter(|(name, _)| name == server).count() >= PER_SERVER
            && let Some(oldest) = kept.iter().position(|(name, _)| name == server)
        {
            kept.remove(oldest);
        }
        kept.push_back((server.clone(), session));
        while kept.len() > self.most {
            kept.pop_front();
        }
    }

    fn take(&self, server: &ServerName) -> Option<Session> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let newest = kept.iter().rposition(|(name, _)| name == server)?;
        kept.remove(newest).map(|(_, session)| session)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::UnixTime;
    use crate::crypto::{Secret, SignatureScheme};
    use crate::tls::CipherSuite;
    use crate::tls::resumption::Settled;

    fn session(ticket: u8) -> Session {
        Session {
            settled: Settled {
                suite: CipherSuite::TLS_AES_128_GCM_SHA256,
                since: UnixTime(1000),
                alpn: None,
                server_scheme: SignatureScheme::ED25519,
                server_chain: Vec::new(),
                requested: false,
                shown: None,
            },
            psk: Secret::copy_of(&[1; 32]),
            ticket: vec![ticket],
            age_add: 0,
            lifetime: 60,
        }
    }

    #[test]
    fn the_newest_is_taken_once_and_the_oldest_forgotten() {
        let (a, b) = (ServerName::parse("a").unwrap(), ServerName::parse("b").unwrap());
        let sessions = RememberedSessions::new(5);
        for ticket in 0..6 {
            sessions.keep(&a, session(ticket));
        }
        sessions.keep(&b, session(10));
        sessions.keep(&b, session(11));
        let taken: Vec<_> = std::iter::from_fn(|| sessions.take(&a))
            .map(|one| one.ticket[0])
            .collect();
        assert_eq!(taken, [5, 4, 3], "four of a server, five in all");
        assert_eq!(sessions.take(&b).unwrap().ticket, [11]);
    }

    #[test]
    fn a_session_lives_for_its_tickets_lifetime() {
        let session = session(0);
        assert!(!session.is_alive(UnixTime(999)) && session.is_alive(UnixTime(1000)));
        assert!(session.is_alive(UnixTime(60_999)) && !session.is_alive(UnixTime(61_000)));
        assert_eq!(session.obfuscated_age(UnixTime(1234)), 234);
    }
}
