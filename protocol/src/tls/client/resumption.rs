//! Resumption: the ticket that is offered, and how (RFC 8446 §4.2.11).

use crate::clock::UnixTime;
use crate::tls::config::ClientConfig;
use crate::tls::error::Error;
use crate::tls::flight::{Flight, suite_hash};
use crate::tls::key_schedule::EarlySecret;
use crate::tls::messages::{ClientHello, OfferedPsks, PskIdentity, encode};
use crate::tls::names::{ExtensionType, HandshakeType};
use crate::tls::resumption::Session;
use crate::x509::{Purpose, ServerName};

/// The most sessions looked at before the handshake is a full one.
const MOST_TRIED: usize = 4;

/// The session that is offered.
pub(in crate::tls) struct Offered {
    pub(super) session: Session,
    pub(super) early: EarlySecret,
}

/// Takes a session out of the store that may be resumed today, with this configuration.
pub(super) fn choose(config: &ClientConfig, name: &ServerName, now: UnixTime) -> Result<Option<Offered>, Error> {
    let Some(sessions) = &config.sessions else {
        return Ok(None);
    };
    for _ in 0..MOST_TRIED {
        let Some(session) = sessions.take(name) else {
            break;
        };
        if fits(&session, config, name, now) {
            let early = EarlySecret::new(suite_hash(session.settled.suite)?, &session.psk);
            return Ok(Some(Offered { session, early }));
        }
    }
    Ok(None)
}

/// Whether today's configuration would come to the same: a server trusted still, the same certificate shown, the same offers.
fn fits(session: &Session, config: &ClientConfig, name: &ServerName, now: UnixTime) -> bool {
    let settled = &session.settled;
    let would_show = match &settled.shown {
        _ if !settled.requested => true,
        None => config.identities.is_empty(),
        Some((_, leaf)) => config.identities.iter().any(|one| one.chain().first() == Some(leaf)),
    };
    session.is_alive(now)
        && would_show
        && config.cipher_suites.contains(&settled.suite)
        && settled
            .alpn
            .as_ref()
            .is_none_or(|protocol| config.alpn.contains(protocol))
        && config
            .trust
            .verify(&settled.server_chain, Purpose::Server(name), now)
            .is_ok()
}

/// Says ClientHello; with a session offered, pre_shared_key is its last extension and ends in the binder.
pub(super) fn say_hello(
    hello: &mut ClientHello,
    offered: Option<&Offered>,
    flight: &mut Flight<'_>,
) -> Result<(), Error> {
    if let Some(Offered { session, early }) = offered {
        let mut psks = OfferedPsks {
            identities: vec![PskIdentity {
                identity: session.ticket.clone(),
                obfuscated_age: session.obfuscated_age(flight.now),
            }],
            binders: vec![vec![0; early.hash().length()]],
        };
        hello
            .extensions
            .add(ExtensionType::PRE_SHARED_KEY, |w| psks.encode(w))?;
        // RFC 8446 §4.2.11.2: the binder signs the hello up to the binders, their lengths in all the lengths before counted in.
        let unsigned = encode(HandshakeType::CLIENT_HELLO, |w| hello.encode(w))?;
        let (truncated, _) = unsigned.split_at(unsigned.len().saturating_sub(psks.binders_length()));
        let binder = early.binder(&flight.hash_with(early.hash(), truncated))?;
        psks.binders = vec![binder.as_bytes().to_vec()];
        hello
            .extensions
            .replace(ExtensionType::PRE_SHARED_KEY, |w| psks.encode(w))?;
    }
    flight.say(HandshakeType::CLIENT_HELLO, |w| hello.encode(w))?;
    flight.outbound.flush_flight()
}
