//! The server's flight, ServerHello to Finished, written straight down: nobody can interrupt it.

use std::sync::Arc;

use super::State;
use super::client_auth::{AskedClient, WaitCertificate};
use super::finish::WaitFinished;
use super::negotiate::Choice;
use crate::crypto::exchange::answer;
use crate::crypto::random::array;
use crate::tls::config::{Identity, ServerConfig};
use crate::tls::error::Error;
use crate::tls::flight::{Flight, HANDSHAKE_LABELS, TRAFFIC_LABELS, log_secrets};
use crate::tls::inbound::Aligned;
use crate::tls::key_schedule::HandshakeSecret;
use crate::tls::messages::{
    Certificate, CertificateRequest, CertificateVerify, ClientHello, EncryptedExtensions, Extensions, KeyShareEntry,
    ServerHello, Signer, signed_content,
};
use crate::tls::names::{ExtensionType, HandshakeType, TLS12, TLS13};
use crate::tls::negotiated::Negotiated;
use crate::x509::Trust;

pub(super) fn reply(
    config: &Arc<ServerConfig>,
    hello: &ClientHello,
    choice: Choice,
    share: &KeyShareEntry,
    hello_retried: bool,
    aligned: &Aligned,
    flight: &mut Flight<'_>,
) -> Result<State, Error> {
    let asked = config.client_auth_for(choice.alpn.as_deref());
    // A bad share is refused before anything is said.
    let (ours, shared) = answer(share.group, &share.share, flight.random)?;
    let ours = KeyShareEntry {
        group: share.group,
        share: ours,
    };
    say_server_hello(hello, &choice, &ours, flight)?;
    let handshake = HandshakeSecret::new(choice.suite, &shared)?;
    let traffic = handshake.traffic(&flight.hash())?;
    let log = config.key_log.as_ref();
    log_secrets(log, HANDSHAKE_LABELS, &hello.random, &traffic);
    flight.write_with(&traffic.server)?;
    flight.read_with(&traffic.client, aligned)?;

    say_encrypted_extensions(&choice, flight)?;
    if asked.is_some() {
        say_certificate_request(config, flight)?;
    }
    say_who_we_are(&choice.identity, flight)?;
    let verify_data = traffic.server.finished(&flight.hash())?;
    flight.say(HandshakeType::FINISHED, |w| w.bytes(verify_data.as_bytes()))?;

    let application = handshake.master()?.traffic(&flight.hash())?;
    log_secrets(log, TRAFFIC_LABELS, &hello.random, &application);
    flight.write_with(&application.server)?;

    let facts = Negotiated {
        cipher_suite: choice.suite,
        group: share.group,
        server_scheme: choice.identity.scheme(),
        client_scheme: None,
        alpn: choice.alpn,
        server_name: choice.server_name,
        peer_chain: Vec::new(),
        client_certificate_requested: asked.is_some(),
        hello_retried,
        client_random: hello.random,
    };
    let finished = WaitFinished {
        handshake: traffic.client,
        application,
        facts,
    };
    Ok(wait(config, asked, finished))
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

fn say_server_hello(
    hello: &ClientHello,
    choice: &Choice,
    share: &KeyShareEntry,
    flight: &mut Flight<'_>,
) -> Result<(), Error> {
    let mut extensions = Extensions::default();
    extensions.add(ExtensionType::KEY_SHARE, |w| share.encode(w))?;
    extensions.add(ExtensionType::SUPPORTED_VERSIONS, |w| w.u16(TLS13))?;
    let message = ServerHello {
        legacy_version: TLS12,
        random: array(flight.random)?,
        session_id: hello.session_id.clone(),
        cipher_suite: choice.suite,
        compression_method: 0,
        extensions,
    };
    flight.say(HandshakeType::SERVER_HELLO, |w| message.encode(w))?;
    flight.outbound.flush_flight()?;
    // RFC 8446 §D.4: after the first handshake message. A client without session id need not get one, but a middlebox may want it.
    flight.outbound.change_cipher_spec()
}

fn say_encrypted_extensions(choice: &Choice, flight: &mut Flight<'_>) -> Result<(), Error> {
    let mut message = EncryptedExtensions::default();
    // RFC 6066 §3: a server that used the name says so with an empty server_name.
    if choice
        .server_name
        .as_deref()
        .is_some_and(|host| choice.identity.is_named(host))
    {
        message.extensions.add(ExtensionType::SERVER_NAME, |_| {})?;
    }
    if let Some(protocol) = &choice.alpn {
        message.extensions.add(ExtensionType::ALPN, |w| {
            w.vec16(|list| list.vec8(|w| w.bytes(protocol)));
        })?;
    }
    flight.say(HandshakeType::ENCRYPTED_EXTENSIONS, |w| message.encode(w))
}

fn say_certificate_request(config: &ServerConfig, flight: &mut Flight<'_>) -> Result<(), Error> {
    let mut extensions = Extensions::default();
    extensions.add(ExtensionType::SIGNATURE_ALGORITHMS, |w| {
        w.vec16(|w| config.signature_schemes.iter().for_each(|scheme| w.u16(scheme.0)));
    })?;
    let message = CertificateRequest {
        context: Vec::new(),
        extensions,
    };
    flight.say(HandshakeType::CERTIFICATE_REQUEST, |w| message.encode(w))
}

fn say_who_we_are(identity: &Identity, flight: &mut Flight<'_>) -> Result<(), Error> {
    flight.say(HandshakeType::CERTIFICATE, |w| {
        Certificate::of(identity.chain()).encode(w)
    })?;
    let message = CertificateVerify {
        scheme: identity.scheme(),
        signature: identity.sign(&signed_content(Signer::Server, &flight.hash())),
    };
    flight.say(HandshakeType::CERTIFICATE_VERIFY, |w| message.encode(w))
}
