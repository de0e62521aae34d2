//! The server's flight, ServerHello to Finished, written straight down: nobody can interrupt it.

use std::sync::Arc;

use super::State;
use super::client_auth::{AskedClient, WaitCertificate};
use super::finish::WaitFinished;
use super::negotiate::Choice;
use super::resumption::{Promised, Resumed};
use crate::crypto::exchange::answer;
use crate::crypto::random::array;
use crate::tls::config::ServerConfig;
use crate::tls::error::Error;
use crate::tls::flight::{Flight, TRAFFIC_LABELS, log_handshake, log_secrets};
use crate::tls::identity::Identity;
use crate::tls::inbound::Aligned;
use crate::tls::key_schedule::{HandshakeSecret, MasterSecret};
use crate::tls::messages::{
    Certificate, CertificateRequest, CertificateVerify, ClientHello, EncryptedExtensions, Extensions, KeyShareEntry,
    ServerHello, Signer, signed_content,
};
use crate::tls::names::{ExtensionType, HandshakeType, TLS12, TLS13};
use crate::tls::negotiated::Negotiated;
use crate::x509::Trust;

/// What is answered, and why.
pub(super) struct Reply<'a> {
    pub(super) config: &'a Arc<ServerConfig>,
    pub(super) hello: &'a ClientHello,
    pub(super) choice: &'a Choice,
    pub(super) who: Who,
    pub(super) hello_retried: bool,
}

/// How the client knows who we are.
pub(super) enum Who {
    /// By our certificate.
    Shown(Identity),
    /// By the ticket it kept.
    Remembered(Box<Resumed>),
}

impl Reply<'_> {
    pub(super) fn say(self, share: &KeyShareEntry, aligned: &Aligned, flight: &mut Flight<'_>) -> Result<State, Error> {
        let (config, choice) = (self.config, self.choice);
        // A bad share is refused before anything is said.
        let (ours, shared) = answer(share.group, &share.share, flight.random)?;
        let ours = KeyShareEntry {
            group: share.group,
            share: ours,
        };
        self.say_server_hello(&ours, flight)?;
        let handshake = match &self.who {
            Who::Shown(_) => HandshakeSecret::new(choice.suite, &shared)?,
            Who::Remembered(resumed) => HandshakeSecret::resumed(choice.suite, &resumed.early, &shared)?,
        };
        let traffic = handshake.traffic(&flight.hash())?;
        let log = config.key_log.as_ref();
        log_handshake(log, &self.hello.random, &shared, &traffic);
        flight.agree_on_record_sizes(choice.record_size_limit);
        flight.write_with(&traffic.server)?;
        flight.read_with(&traffic.client, aligned)?;

        self.say_encrypted_extensions(flight)?;
        let asked = self.say_who_we_are(flight)?;
        let verify_data = traffic.server.finished(&flight.hash())?;
        flight.say(HandshakeType::FINISHED, |w| w.bytes(verify_data.as_bytes()))?;

        let master = handshake.master()?;
        let finished = flight.hash();
        let application = master.traffic(&finished)?;
        log_secrets(log, TRAFFIC_LABELS, &self.hello.random, &application);
        flight.write_with(&application.server)?;
        let waiting = WaitFinished {
            handshake: traffic.client,
            application,
            exporter: master.exporter(&finished)?,
            facts: self.facts(share, asked.is_some()),
            promised: self.promise(master, flight),
        };
        Ok(wait(config, asked, waiting))
    }

    /// Certificate and CertificateVerify, and CertificateRequest if the client is to say who it is; nothing of that in a resumption.
    fn say_who_we_are(&self, flight: &mut Flight<'_>) -> Result<Option<(&Trust, bool)>, Error> {
        let Who::Shown(identity) = &self.who else {
            return Ok(None);
        };
        let asked = self.config.client_auth_for(self.choice.alpn.as_deref());
        if let Some((trust, _)) = asked {
            say_certificate_request(self.config, trust, flight)?;
        }
        say_certificate(identity, flight)?;
        Ok(asked)
    }

    fn facts(&self, share: &KeyShareEntry, client_certificate_requested: bool) -> Negotiated {
        let (server_scheme, client_scheme, peer_chain) = match &self.who {
            Who::Shown(identity) => (identity.scheme(), None, Vec::new()),
            Who::Remembered(resumed) => {
                let state = &resumed.state;
                (state.server_scheme, state.client_scheme, state.client_chain.clone())
            }
        };
        Negotiated {
            cipher_suite: self.choice.suite,
            group: share.group,
            server_scheme,
            client_scheme,
            alpn: self.choice.alpn.clone(),
            server_name: self.choice.server_name.clone(),
            peer_chain,
            client_certificate_requested,
            resumed: matches!(self.who, Who::Remembered(_)),
            hello_retried: self.hello_retried,
            client_random: self.hello.random,
        }
    }

    /// RFC 8446 §4.2.9: tickets only for clients that could use them.
    fn promise(&self, master: MasterSecret, flight: &Flight<'_>) -> Option<Promised> {
        if !self.choice.takes_tickets || self.config.tickets.is_none() {
            return None;
        }
        let (since, count) = match &self.who {
            Who::Shown(_) => (flight.now, self.config.ticket_count),
            Who::Remembered(resumed) => (resumed.state.since, self.config.ticket_count.min(1)),
        };
        Some(Promised {
            config: self.config.clone(),
            master,
            since,
            count,
        })
    }

    fn say_server_hello(&self, share: &KeyShareEntry, flight: &mut Flight<'_>) -> Result<(), Error> {
        let mut extensions = Extensions::default();
        extensions.add(ExtensionType::KEY_SHARE, |w| share.encode(w))?;
        extensions.add(ExtensionType::SUPPORTED_VERSIONS, |w| w.u16(TLS13))?;
        if let Who::Remembered(resumed) = &self.who {
            extensions.add(ExtensionType::PRE_SHARED_KEY, |w| w.u16(resumed.index))?;
        }
        let message = ServerHello {
            legacy_version: TLS12,
            random: array(flight.random)?,
            session_id: self.hello.session_id.clone(),
            cipher_suite: self.choice.suite,
            compression_method: 0,
            extensions,
        };
        flight.say(HandshakeType::SERVER_HELLO, |w| message.encode(w))?;
        flight.outbound.flush_flight()?;
        // RFC 8446 §D.4: after the first handshake message. A client without session id need not get one, but a middlebox may want it.
        flight.outbound.change_cipher_spec()
    }

    fn say_encrypted_extensions(&self, flight: &mut Flight<'_>) -> Result<(), Error> {
        let mut message = EncryptedExtensions::default();
        // RFC 6066 §3: a server that used the name says so with an empty server_name.
        if let (Who::Shown(identity), Some(host)) = (&self.who, &self.choice.server_name)
            && identity.is_named(host)
        {
            message.extensions.add(ExtensionType::SERVER_NAME, |_| {})?;
        }
        if let Some(protocol) = &self.choice.alpn {
            message.extensions.add(ExtensionType::ALPN, |w| {
                w.vec16(|list| list.vec8(|w| w.bytes(protocol)));
            })?;
        }
        // RFC 8449 §4: only to clients that said theirs.
        if let (Some(_), Some(limit)) = (self.choice.record_size_limit, self.config.records.record_size_limit()) {
            message
                .extensions
                .add(ExtensionType::RECORD_SIZE_LIMIT, |w| w.u16(limit))?;
        }
        flight.say(HandshakeType::ENCRYPTED_EXTENSIONS, |w| message.encode(w))
    }
}

/// What comes next: the client's certificate where one was asked for, else its Finished.
fn wait(config: &ServerConfig, asked: Option<(&Trust, bool)>, finished: WaitFinished) -> State {
    match asked {
        None => State::WaitFinished(Box::new(finished)),
        Some((trust, required)) => State::WaitCertificate(Box::new(WaitCertificate(AskedClient {
            trust: trust.clone(),
            required,
            schemes: config.signature_schemes.clone(),
            finished,
        }))),
    }
}

fn say_certificate_request(config: &ServerConfig, trust: &Trust, flight: &mut Flight<'_>) -> Result<(), Error> {
    let mut extensions = Extensions::default();
    extensions.add(ExtensionType::SIGNATURE_ALGORITHMS, |w| {
        w.vec16(|w| config.signature_schemes.iter().for_each(|scheme| w.u16(scheme.0)));
    })?;
    extensions.add_chain_schemes(&config.signature_schemes, &config.chain_schemes)?;
    if config.send_authorities {
        extensions.add_authorities(trust.authorities())?;
    }
    let message = CertificateRequest {
        context: Vec::new(),
        extensions,
    };
    flight.say(HandshakeType::CERTIFICATE_REQUEST, |w| message.encode(w))
}

fn say_certificate(identity: &Identity, flight: &mut Flight<'_>) -> Result<(), Error> {
    flight.say(HandshakeType::CERTIFICATE, |w| {
        Certificate::of(identity.chain()).encode(w)
    })?;
    let message = CertificateVerify {
        scheme: identity.scheme(),
        signature: identity.sign(&signed_content(Signer::Server, &flight.hash())),
    };
    flight.say(HandshakeType::CERTIFICATE_VERIFY, |w| message.encode(w))
}
