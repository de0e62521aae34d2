//! What a server seals its tickets with.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use crate::clock::UnixTime;
use crate::crypto::aead::{NONCE_LENGTH, TAG_LENGTH};
use crate::crypto::random::array;
use crate::crypto::secret::wipe;
use crate::crypto::{Aead, AeadAlgorithm};
use crate::tls::error::Error;
use crate::tls::flight::Context;
use crate::tls::messages::MAX_TICKET_LIFETIME;

/// What a server seals its tickets with: keys of its own making, perhaps shared by several servers.
pub trait Tickets: std::fmt::Debug + Send + Sync {
    /// How long a ticket may be used, in seconds; more than seven days count as seven.
    fn lifetime(&self) -> u32;

    /// Seals `state` into a ticket that only [`Tickets::open`] can read. An error means that no ticket is sent.
    fn seal(&self, state: &[u8], context: &mut Context<'_>) -> Result<Vec<u8>, Error>;

    /// Opens a ticket, or says that it is none of ours: then the handshake is a full one. The caller sees to its age.
    fn open(&self, ticket: &[u8]) -> Option<Vec<u8>>;
}

/// Bytes of a key's name at the start of a ticket.
const KEY_NAME: usize = 16;
/// The most tickets one key seals: with random nonces of 96 bits, two are the same with a chance below 2^-40.
const MOST_TICKETS: u32 = 1 << 28;
/// Within a lifetime keys are changed so many times.
const KEYS_PER_LIFETIME: u64 = 2;

/// Tickets sealed with AES-256-GCM under keys that are drawn when needed, change twice in a lifetime, and are in memory alone.
///
/// A ticket is a key's name, a random nonce, and the sealed state. Who learns a ticket key learns what resumed sessions agreed on
/// beyond the key agreement, but nothing they said: every resumption has a key agreement of its own (psk_dhe_ke).
#[derive(Debug)]
pub struct TicketKeys {
    lifetime: u32,
    /// Newest first.
    keys: Mutex<VecDeque<TicketKey>>,
}

#[derive(Debug)]
struct TicketKey {
    name: [u8; KEY_NAME],
    aead: Aead,
    since: UnixTime,
    sealed: u32,
}

impl TicketKeys {
    /// Tickets that live so many seconds, seven days at most.
    #[must_use]
    pub fn new(lifetime: u32) -> Self {
        Self {
            lifetime: lifetime.clamp(1, MAX_TICKET_LIFETIME),
            keys: Mutex::default(),
        }
    }

    /// Whether a key of that age seals no more.
    fn is_worn(&self, key: &TicketKey, now: UnixTime) -> bool {
        let until = key.since.0.saturating_add(self.milliseconds() / KEYS_PER_LIFETIME);
        now < key.since || now.0 >= until || key.sealed >= MOST_TICKETS
    }

    fn milliseconds(&self) -> u64 {
        u64::from(self.lifetime).saturating_mul(1000)
    }
}

impl TicketKey {
    fn draw(context: &mut Context<'_>) -> Result<Self, Error> {
        let mut key = array::<32>(context.random)?;
        let aead = Aead::new(AeadAlgorithm::Aes256Gcm, &key).map_err(|_| Error::KeyExhausted);
        wipe(&mut key);
        Ok(Self {
            name: array(context.random)?,
            aead: aead?,
            since: context.now,
            sealed: 0,
        })
    }

    fn seal(&mut self, state: &[u8], context: &mut Context<'_>) -> Result<Vec<u8>, Error> {
        self.sealed = self.sealed.saturating_add(1);
        let nonce = array(context.random)?;
        let mut ticket = [self.name.as_slice(), &nonce, state].concat();
        let (head, body) = ticket.split_at_mut(KEY_NAME.saturating_add(NONCE_LENGTH));
        let tag = self.aead.seal(&nonce, head, body).map_err(|_| Error::KeyExhausted)?;
        ticket.extend_from_slice(&tag);
        Ok(ticket)
    }
}

impl Tickets for TicketKeys {
    fn lifetime(&self) -> u32 {
        self.lifetime
    }

    fn seal(&self, state: &[u8], context: &mut Context<'_>) -> Result<Vec<u8>, Error> {
        let mut keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        if keys.front().is_none_or(|key| self.is_worn(key, context.now)) {
            // A key outlives the last ticket it sealed, no longer.
            let useful = self.milliseconds().saturating_mul(2);
            keys.retain(|key| context.now.0 < key.since.0.saturating_add(useful));
            keys.push_front(TicketKey::draw(context)?);
        }
        let key = keys.front_mut().ok_or(Error::KeyExhausted)?;
        key.seal(state, context)
    }

    fn open(&self, ticket: &[u8]) -> Option<Vec<u8>> {
        let (head, rest) = ticket.split_at_checked(KEY_NAME.checked_add(NONCE_LENGTH)?)?;
        let (name, nonce) = head.split_at_checked(KEY_NAME)?;
        let (sealed, tag) = rest.split_at_checked(rest.len().checked_sub(TAG_LENGTH)?)?;
        let keys = self.keys.lock().unwrap_or_else(PoisonError::into_inner);
        let key = keys.iter().find(|key| key.name == name)?;
        let mut state = sealed.to_vec();
        key.aead
            .open(nonce.try_into().ok()?, head, &mut state, tag.try_into().ok()?)
            .ok()?;
        Some(state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::Seeded;

    const HOUR: u32 = 3600;

    fn at(hours: u32, random: &mut Seeded) -> Context<'_> {
        Context {
            now: UnixTime::from_seconds(u64::from(hours * HOUR)),
            random,
        }
    }

    #[test]
    fn a_ticket_opens_for_its_keys_owner_alone_and_unchanged() {
        let mut random = Seeded::new(1, "tickets");
        let (ours, theirs) = (TicketKeys::new(HOUR), TicketKeys::new(HOUR));
        let ticket = ours.seal(b"state", &mut at(0, &mut random)).unwrap();
        theirs.seal(b"other", &mut at(0, &mut random)).unwrap();
        assert_eq!(ours.open(&ticket).as_deref(), Some(&b"state"[..]));
        assert_eq!(theirs.open(&ticket), None);
        for place in 0..ticket.len() {
            let mut flipped = ticket.clone();
            flipped[place] ^= 1;
            assert_eq!(ours.open(&flipped), None, "byte {place}");
            assert_eq!(ours.open(&ticket[..place]), None, "{place} bytes");
        }
        assert!(!ticket.windows(5).any(|bytes| bytes == b"state"));
    }

    #[test]
    fn keys_rotate_and_outlive_their_tickets() {
        let mut random = Seeded::new(1, "tickets");
        let keys = TicketKeys::new(10 * HOUR);
        let mut seal = |hours| keys.seal(b"state", &mut at(hours, &mut random)).unwrap();
        let (first, same, other) = (seal(0), seal(4), seal(5));
        assert_eq!(first[..KEY_NAME], same[..KEY_NAME]);
        assert_ne!(
            first[..KEY_NAME],
            other[..KEY_NAME],
            "half a lifetime later the key is another"
        );
        assert!(keys.open(&same).is_some());
        seal(19);
        assert!(keys.open(&first).is_some());
        seal(25);
        assert!(keys.open(&first).is_none(), "what no ticket needs is gone");
        assert_eq!(TicketKeys::new(u32::MAX).lifetime(), 604_800);
    }
}
