//! Resumption: which of the offered tickets is taken, and the tickets that are sent (RFC 8446 §4.2.11, §4.6.1).

use std::sync::Arc;

use super::negotiate::Choice;
use crate::clock::UnixTime;
use crate::crypto::secret::wipe;
use crate::tls::config::ServerConfig;
use crate::tls::error::{Error, Peer};
use crate::tls::flight::{Context, Flight, Heard, suite_hash};
use crate::tls::key_schedule::{EarlySecret, MasterSecret, ResumptionSecret};
use crate::tls::messages::{MAX_TICKET_LIFETIME, NewSessionTicket, encode};
use crate::tls::names::HandshakeType;
use crate::tls::negotiated::Negotiated;
use crate::tls::resumption::{TicketState, Tickets};
use crate::x509::Purpose;

/// The most tickets of one hello that are tried.
const MOST_TRIED: usize = 8;

/// The ticket that was taken: its binder is right.
pub(super) struct Resumed {
    /// Its place among those offered.
    pub(super) index: u16,
    pub(super) early: EarlySecret,
    pub(super) state: TicketState,
}

/// Finds the first ticket that is ours and fits, and checks its binder before anything else is made of it.
pub(super) fn resume(
    config: &ServerConfig,
    choice: &Choice,
    heard: &Heard,
    flight: &Flight<'_>,
) -> Result<Option<Resumed>, Error> {
    let (Some(offered), Some(tickets)) = (&choice.psks, &config.tickets) else {
        return Ok(None);
    };
    let candidates = offered
        .identities
        .iter()
        .zip(&offered.binders)
        .zip(0..)
        .take(MOST_TRIED);
    for ((identity, binder), index) in candidates {
        let Some(state) = open(&**tickets, &identity.identity) else {
            continue;
        };
        if !fits(&state, config, &**tickets, choice, flight.now) {
            continue;
        }
        let early = EarlySecret::new(suite_hash(state.suite)?, &state.psk);
        let truncated = flight.hash_of_hello_without(heard, offered.binders_length(), early.hash());
        // RFC 8446 §4.2.11: a binder that is not right ends the handshake.
        if !early.binder_matches(&truncated, binder)? {
            return Err(Peer::BadBinder.into());
        }
        return Ok(Some(Resumed { index, early, state }));
    }
    Ok(None)
}

fn open(tickets: &dyn Tickets, ticket: &[u8]) -> Option<TicketState> {
    let mut bytes = tickets.open(ticket)?;
    let state = TicketState::decode(&bytes);
    wipe(&mut bytes);
    state.ok()
}

/// Whether the ticket is for just this connection: the same suite, name, protocol, and a client that would be let in today.
fn fits(state: &TicketState, config: &ServerConfig, tickets: &dyn Tickets, choice: &Choice, now: UnixTime) -> bool {
    if state.suite != choice.suite || state.server_name != choice.server_name || state.alpn != choice.alpn {
        return false;
    }
    if now < state.since || remaining(state.since, tickets, now) == 0 {
        return false;
    }
    match config.client_auth_for(state.alpn.as_deref()) {
        None => state.client_chain.is_empty(),
        Some((_, required)) if state.client_chain.is_empty() => !required,
        Some((trust, _)) => trust.verify(&state.client_chain, Purpose::Client, now).is_ok(),
    }
}

/// Seconds that a ticket of a handshake then has left.
fn remaining(since: UnixTime, tickets: &dyn Tickets, now: UnixTime) -> u32 {
    let lifetime = tickets.lifetime().min(MAX_TICKET_LIFETIME);
    let end = since.plus_seconds(lifetime.into());
    u32::try_from(end.0.saturating_sub(now.0) / 1000).unwrap_or(lifetime)
}

/// What is needed to send tickets once the client's Finished is here.
pub(super) struct Promised {
    pub(super) config: Arc<ServerConfig>,
    pub(super) master: MasterSecret,
    /// When the certificates were exchanged.
    pub(super) since: UnixTime,
    pub(super) count: u8,
}

impl Promised {
    /// Says NewSessionTicket, `count` times in one flight.
    pub(super) fn say(self, facts: &Negotiated, flight: &mut Flight<'_>) -> Result<(), Error> {
        let Some(tickets) = &self.config.tickets else {
            return Ok(());
        };
        let lifetime = remaining(self.since, &**tickets, flight.now);
        let secret = self.master.resumption(&flight.hash())?;
        for nonce in 0..self.count {
            let state = self.state(&secret, nonce, facts)?;
            // Without a ticket the next handshake is a full one: no reason to end this connection.
            let Some(ticket) = seal(&**tickets, &state, flight) else {
                return flight.outbound.flush_flight();
            };
            let message = NewSessionTicket {
                lifetime,
                age_add: u32::from_be_bytes(crate::crypto::random::array(flight.random)?),
                nonce: vec![nonce],
                ticket,
                extensions: Default::default(),
            };
            let message = encode(HandshakeType::NEW_SESSION_TICKET, |w| message.encode(w))?;
            flight.outbound.say(&message);
        }
        flight.outbound.flush_flight()
    }

    fn state(&self, secret: &ResumptionSecret, nonce: u8, facts: &Negotiated) -> Result<TicketState, Error> {
        Ok(TicketState {
            suite: facts.cipher_suite,
            psk: secret.psk(&[nonce])?,
            since: self.since,
            server_name: facts.server_name.clone(),
            alpn: facts.alpn.clone(),
            server_scheme: facts.server_scheme,
            client_scheme: facts.client_scheme,
            client_chain: facts.peer_chain.clone(),
        })
    }
}

/// A ticket of at most 2^16 - 1 bytes, or nothing: a very long chain does not fit into one.
fn seal(tickets: &dyn Tickets, state: &TicketState, flight: &mut Flight<'_>) -> Option<Vec<u8>> {
    let mut bytes = state.encode().ok()?;
    let mut context = Context {
        now: flight.now,
        random: &mut *flight.random,
    };
    let ticket = tickets.seal(&bytes, &mut context);
    wipe(&mut bytes);
    ticket.ok().filter(|ticket| (1..=MAX_TICKET).contains(&ticket.len()))
}

/// A ticket that a client can bring back: identity, binder and all must fit into an extension.
const MAX_TICKET: usize = (1 << 16) - 256;
