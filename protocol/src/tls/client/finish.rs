//! The server's Finished, and the client's last flight.

use super::State;
use super::server_auth::Agreed;
use crate::crypto::SignatureScheme;
use crate::tls::certificate_verify::verify_finished;
use crate::tls::config::Identity;
use crate::tls::error::Error;
use crate::tls::flight::{Established, Flight, Heard, Next, TRAFFIC_LABELS, log_secrets};
use crate::tls::inbound::Stage;
use crate::tls::messages::{Certificate, CertificateVerify, Finished, Signer, signed_content};
use crate::tls::names::HandshakeType;
use crate::tls::negotiated::Negotiated;

/// WAIT_FINISHED: the server holds its certificate's key.
pub(in crate::tls) struct WaitFinished {
    pub(super) agreed: Agreed,
    pub(super) chain: Vec<Vec<u8>>,
    pub(super) scheme: SignatureScheme,
}

impl WaitFinished {
    pub(super) fn hear(self: Box<Self>, heard: &Heard, flight: &mut Flight<'_>) -> Result<Next<State>, Error> {
        let Self { agreed, chain, scheme } = *self;
        let finished = Finished::decode(heard.body());
        verify_finished(&agreed.traffic.server, &heard.before, &finished.verify_data)?;
        let aligned = heard.aligned()?;
        let application = agreed.master.traffic(&flight.hash())?;
        let config = &agreed.offer.config;
        let random = agreed.offer.hello.random;
        log_secrets(config.key_log.as_ref(), TRAFFIC_LABELS, &random, &application);
        // A server may write under its application key before it has our Finished: the read key changes first.
        flight.read_with(&application.server, aligned)?;
        flight.inbound.enter(Stage::Open);

        let mut client_scheme = None;
        if let Some(schemes) = &agreed.requested {
            let identity = config.identities.iter().find(|one| schemes.contains(&one.scheme()));
            client_scheme = identity.map(Identity::scheme);
            say_who_we_are(identity, flight)?;
        }
        let verify_data = agreed.traffic.client.finished(&flight.hash())?;
        flight.say(HandshakeType::FINISHED, |w| w.bytes(verify_data.as_bytes()))?;
        flight.write_with(&application.client)?;

        Ok(Next::Open(Box::new(Established {
            facts: Negotiated {
                cipher_suite: agreed.suite,
                group: agreed.group,
                server_scheme: scheme,
                client_scheme,
                alpn: agreed.alpn,
                server_name: agreed.offer.hello.extensions.host_name()?,
                peer_chain: chain,
                client_certificate_requested: agreed.requested.is_some(),
                hello_retried: agreed.hello_retried,
                client_random: random,
            },
            reading: application.server,
            writing: application.client,
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
