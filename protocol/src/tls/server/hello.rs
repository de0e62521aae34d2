//! The client's offer, and the one wish a server may have first: another key share.

use std::sync::Arc;

use super::State;
use super::negotiate::{Share, choose_identity, negotiate};
use super::reply::{Reply, Who};
use super::resumption::resume;
use crate::crypto::Group;
use crate::tls::config::ServerConfig;
use crate::tls::error::{Error, Peer};
use crate::tls::flight::{Flight, Heard, Next, suite_hash};
use crate::tls::inbound::Stage;
use crate::tls::messages::{ClientHello, Extensions, RETRY_RANDOM, ServerHello};
use crate::tls::names::{CipherSuite, ExtensionType, TLS12, TLS13};

/// The most bytes of early data, which we never ask for, that are skipped: as many as others skip.
const MAX_SKIPPED_EARLY_DATA: usize = 1 << 14;

/// change_cipher_spec records taken after each ClientHello. A client has no use for more (RFC 8446 §D.4), but an attacker might.
const CHANGE_CIPHER_SPECS: u8 = 1;

/// Extensions that a second ClientHello may change, drop or add (RFC 8446 §4.1.2; encrypted_client_hello is sealed anew).
const CHANGEABLE: [ExtensionType; 6] = [
    ExtensionType::KEY_SHARE,
    ExtensionType::EARLY_DATA,
    ExtensionType::COOKIE,
    ExtensionType::PRE_SHARED_KEY,
    ExtensionType::PADDING,
    ExtensionType::ENCRYPTED_CLIENT_HELLO,
];

/// START: nothing came yet, or a HelloRetryRequest was sent.
pub(in crate::tls) struct WaitClientHello {
    config: Arc<ServerConfig>,
    retried: Option<Retried>,
}

struct Retried {
    first: ClientHello,
    suite: CipherSuite,
    group: Group,
    /// Whether the first hello offered a ticket that would have been taken.
    has_psk: bool,
}

impl WaitClientHello {
    pub(in crate::tls) fn new(config: Arc<ServerConfig>) -> Result<Self, Error> {
        config.check()?;
        Ok(Self { config, retried: None })
    }

    pub(super) fn hear(mut self: Box<Self>, heard: &Heard, flight: &mut Flight<'_>) -> Result<Next<State>, Error> {
        let hello = ClientHello::decode(heard.body())?;
        if let Some(retried) = &self.retried {
            retried.check(&hello)?;
        }
        let choice = negotiate(&self.config, &hello)?;
        let aligned = heard.aligned()?;
        let resumed = resume(&self.config, &choice, heard, flight)?;
        let has_psk = resumed.is_some();
        let who = match resumed {
            Some(resumed) => Who::Remembered(Box::new(resumed)),
            None => Who::Shown(choose_identity(&self.config, &hello, &choice)?),
        };
        flight.inbound.enter(Stage::Handshake);
        flight.inbound.allow_change_cipher_spec(CHANGE_CIPHER_SPECS);
        flight.settle(heard, suite_hash(choice.suite)?, false);
        let early = hello.extensions.offers_early_data()?;
        flight
            .inbound
            .skip_early_data(if early { MAX_SKIPPED_EARLY_DATA } else { 0 });
        match choice.share {
            Share::Answer(ref share) => {
                let reply = Reply {
                    config: &self.config,
                    hello: &hello,
                    choice: &choice,
                    who,
                    hello_retried: self.retried.is_some(),
                };
                reply.say(share, aligned, flight).map(Next::Wait)
            }
            Share::Ask(group) => {
                if self.retried.is_some() {
                    return Err(Peer::IllegalParameter("again no key share in the group asked for").into());
                }
                ask_for_share(&hello, choice.suite, group, flight)?;
                self.retried = Some(Retried {
                    first: hello,
                    suite: choice.suite,
                    group,
                    has_psk,
                });
                Ok(Next::Wait(State::WaitClientHello(self)))
            }
        }
    }
}

/// Says HelloRetryRequest (RFC 8446 §4.1.4).
fn ask_for_share(hello: &ClientHello, suite: CipherSuite, group: Group, flight: &mut Flight<'_>) -> Result<(), Error> {
    let mut extensions = Extensions::default();
    extensions.add(ExtensionType::SUPPORTED_VERSIONS, |w| w.u16(TLS13))?;
    extensions.add(ExtensionType::KEY_SHARE, |w| w.u16(group.0))?;
    let retry = ServerHello {
        legacy_version: TLS12,
        random: RETRY_RANDOM,
        session_id: hello.session_id.clone(),
        cipher_suite: suite,
        compression_method: 0,
        extensions,
    };
    flight.say_retry(|w| retry.encode(w))?;
    flight.outbound.flush_flight()?;
    flight.outbound.change_cipher_spec()
}

impl Retried {
    /// RFC 8446 §4.1.2: the second ClientHello is the first again, but for the share asked for, the cookie and the like.
    fn check(&self, second: &ClientHello) -> Result<(), Error> {
        let fixed = |hello: &ClientHello| {
            let unchangeable: Vec<_> = hello
                .extensions
                .iter()
                .filter(|extension| !CHANGEABLE.contains(&extension.kind))
                .cloned()
                .collect();
            (
                hello.legacy_version,
                hello.random,
                hello.session_id.clone(),
                hello.cipher_suites.clone(),
                hello.compression_methods.clone(),
                unchangeable,
            )
        };
        if fixed(&self.first) != fixed(second) {
            return Err(Peer::IllegalParameter("a second ClientHello that differs from the first").into());
        }
        // RFC 8446 §4.1.2: only a PSK that does not fit the suite chosen may be left out.
        if self.has_psk && second.extensions.find(ExtensionType::PRE_SHARED_KEY).is_none() {
            return Err(Peer::IllegalParameter("a second ClientHello without the PSK of the first").into());
        }
        if second.extensions.find(ExtensionType::EARLY_DATA).is_some() {
            return Err(Peer::IllegalParameter("early_data after HelloRetryRequest").into());
        }
        let shares = second.extensions.client_shares()?.unwrap_or_default();
        match shares.as_slice() {
            [share] if share.group == self.group => {}
            _ => return Err(Peer::IllegalParameter("not the one key share that was asked for").into()),
        }
        if !second.cipher_suites.contains(&self.suite) {
            return Err(Peer::IllegalParameter("a second ClientHello without the suite chosen").into());
        }
        Ok(())
    }
}
