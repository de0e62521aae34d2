//! The server's Finished, and the client's last flight.

use super::State;
use super::server_auth::Agreed;
use crate::crypto::SignatureScheme;
use crate::tls::certificate_verify::verify_finished;
use crate::tls::error::Error;
use crate::tls::flight::{Established, Flight, Heard, Next, TRAFFIC_LABELS, log_secrets};
use crate::tls::identity::Identity;
use crate::tls::inbound::Stage;
use crate::tls::messages::{Certificate, CertificateVerify, Finished, Signer, signed_content};
use crate::tls::names::HandshakeType;
use crate::tls::negotiated::Negotiated;
use crate::tls::resumption::{Session, Settled};
use crate::tls::traffic::Resuming;

/// WAIT_FINISHED: the server holds its certificate's key, or the PSK of a session.
pub(in crate::tls) struct WaitFinished {
    pub(super) agreed: Agreed,
    pub(super) chain: Vec<Vec<u8>>,
    pub(super) scheme: SignatureScheme,
    /// The session that is resumed.
    pub(super) resumed: Option<Session>,
}

impl WaitFinished {
    pub(super) fn hear(self: Box<Self>, heard: &Heard, flight: &mut Flight<'_>) -> Result<Next<State>, Error> {
        let finished = Finished::decode(heard.body());
        let traffic = &self.agreed.traffic;
        verify_finished(&traffic.server, &heard.before, &finished.verify_data)?;
        let aligned = heard.aligned()?;
        let so_far = flight.hash();
        let application = self.agreed.master.traffic(&so_far)?;
        let exporter = self.agreed.master.exporter(&so_far)?;
        let config = &self.agreed.offer.config;
        let random = self.agreed.offer.hello.random;
        log_secrets(config.key_log.as_ref(), TRAFFIC_LABELS, &random, &application);
        // A server may write under its application key before it has our Finished: the read key changes first.
        flight.read_with(&application.server, aligned)?;
        flight.inbound.enter(Stage::Open);

        let mut shown = None;
        if let Some(wishes) = &self.agreed.requested {
            let identity = wishes.choose(&config.identities, None, None);
            shown = identity.and_then(|one| Some((one.scheme(), one.chain().first()?.clone())));
            say_who_we_are(identity, flight)?;
        }
        let verify_data = traffic.client.finished(&flight.hash())?;
        flight.say(HandshakeType::FINISHED, |w| w.bytes(verify_data.as_bytes()))?;
        flight.write_with(&application.client)?;
        let (requested, shown) = match &self.resumed {
            Some(session) => (session.settled.requested, session.settled.shown.clone()),
            None => (self.agreed.requested.is_some(), shown),
        };
        let facts = self.facts(requested, shown.as_ref())?;
        let resuming = self.resuming(&facts, shown, flight)?;
        Ok(Next::Open(Box::new(Established {
            facts,
            reading: application.server,
            writing: application.client,
            exporter,
            resuming,
        })))
    }

    fn facts(&self, requested: bool, shown: Option<&(SignatureScheme, Vec<u8>)>) -> Result<Negotiated, Error> {
        Ok(Negotiated {
            cipher_suite: self.agreed.suite,
            group: self.agreed.group,
            server_scheme: self.scheme,
            client_scheme: shown.map(|(scheme, _)| *scheme),
            alpn: self.agreed.alpn.clone(),
            server_name: self.agreed.offer.hello.extensions.host_name()?,
            peer_chain: self.chain.clone(),
            client_certificate_requested: requested,
            resumed: self.resumed.is_some(),
            hello_retried: self.agreed.hello_retried,
            client_random: self.agreed.offer.hello.random,
        })
    }

    /// What is kept until tickets come, if there is a store for them.
    fn resuming(
        self,
        facts: &Negotiated,
        shown: Option<(SignatureScheme, Vec<u8>)>,
        flight: &Flight<'_>,
    ) -> Result<Option<Box<Resuming>>, Error> {
        let Some(sessions) = self.agreed.offer.config.sessions.clone() else {
            return Ok(None);
        };
        Ok(Some(Box::new(Resuming {
            sessions,
            name: self.agreed.offer.name,
            secret: self.agreed.master.resumption(&flight.hash())?,
            settled: Settled {
                suite: facts.cipher_suite,
                since: flight.now,
                alpn: facts.alpn.clone(),
                server_scheme: facts.server_scheme,
                server_chain: self.chain,
                requested: facts.client_certificate_requested,
                shown,
            },
        })))
    }
}

/// RFC 8446 §4.4.2: a client that was asked and has nothing fitting sends an empty Certificate and no CertificateVerify.
fn say_who_we_are(identity: Option<&Identity>, flight: &mut Flight<'_>) -> Result<(), Error> {
    let chain = identity.map(Identity::chain).unwrap_or_default();
    flight.say(HandshakeType::CERTIFICATE, |w| Certificate::of(chain).encode(w))?;
    if let Some(identity) = identity {
        let message = CertificateVerify {
            scheme: identity.scheme(),
            signature: identity.sign(&signed_content(Signer::Client, &flight.hash())),
        };
        flight.say(HandshakeType::CERTIFICATE_VERIFY, |w| message.encode(w))?;
    }
    Ok(())
}
