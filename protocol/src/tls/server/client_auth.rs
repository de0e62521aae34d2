//! Who the client is: Certificate and CertificateVerify, where they were asked for.

use super::State;
use super::finish::WaitFinished;
use crate::crypto::SignatureScheme;
use crate::tls::certificate_verify::verify_signature;
use crate::tls::error::{Error, Incompatible, Peer};
use crate::tls::flight::{Flight, Heard, Next};
use crate::tls::messages::{Certificate, CertificateVerify, Signer};
use crate::x509::{Purpose, Trust};

/// What was asked of the client, and what comes after.
pub(in crate::tls) struct AskedClient {
    pub(super) trust: Trust,
    pub(super) required: bool,
    pub(super) schemes: Vec<SignatureScheme>,
    pub(super) finished: WaitFinished,
}

/// WAIT_CERT.
pub(in crate::tls) struct WaitCertificate(pub(super) AskedClient);

/// WAIT_CV: the chain is good; whether the client holds its key is open.
pub(in crate::tls) struct WaitCertificateVerify {
    asked: AskedClient,
    chain: Vec<Vec<u8>>,
}

impl WaitCertificate {
    pub(super) fn hear(self: Box<Self>, heard: &Heard, flight: &Flight<'_>) -> Result<Next<State>, Error> {
        let asked = self.0;
        let message = Certificate::decode(heard.body())?;
        if !message.context.is_empty() {
            return Err(Peer::IllegalParameter("a certificate_request_context that was not sent").into());
        }
        // RFC 8446 §4.4.2: extensions must answer ones of the CertificateRequest, and ours asks for none.
        for entry in &message.entries {
            if let Some(extension) = entry.extensions.iter().next() {
                return Err(Peer::UnsolicitedExtension(extension.kind).into());
            }
        }
        if message.entries.is_empty() {
            if asked.required {
                return Err(Incompatible::ClientCertificateRequired.into());
            }
            return Ok(Next::Wait(State::WaitFinished(Box::new(asked.finished))));
        }
        let chain: Vec<_> = message.entries.into_iter().map(|entry| entry.certificate).collect();
        asked.trust.verify(&chain, Purpose::Client, flight.now)?;
        Ok(Next::Wait(State::WaitCertificateVerify(Box::new(
            WaitCertificateVerify { asked, chain },
        ))))
    }
}

impl WaitCertificateVerify {
    pub(super) fn hear(self: Box<Self>, heard: &Heard) -> Result<Next<State>, Error> {
        let Self { asked, chain } = *self;
        let message = CertificateVerify::decode(heard.body())?;
        verify_signature(Signer::Client, &chain, &message, &asked.schemes, &heard.before)?;
        let mut finished = asked.finished;
        finished.facts.peer_chain = chain;
        finished.facts.client_scheme = Some(message.scheme);
        Ok(Next::Wait(State::WaitFinished(Box::new(finished))))
    }
}
