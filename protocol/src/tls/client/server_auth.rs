//! Who the server is: EncryptedExtensions, CertificateRequest, Certificate, CertificateVerify.

use super::State;
use super::finish::WaitFinished;
use super::hello::Offer;
use crate::crypto::Group;
use crate::tls::certificate_verify::verify_signature;
use crate::tls::error::{Error, Peer};
use crate::tls::flight::{Flight, Heard, Next};
use crate::tls::identity::Wishes;
use crate::tls::key_schedule::{MasterSecret, TrafficSecrets};
use crate::tls::messages::{Certificate, CertificateRequest, CertificateVerify, EncryptedExtensions, Signer};
use crate::tls::names::{CipherSuite, ExtensionType};
use crate::tls::resumption::Session;
use crate::wire::Malformed;
use crate::x509::Purpose;

/// WAIT_EE: the keys of the handshake are settled.
pub(in crate::tls) struct WaitEncryptedExtensions(pub(super) Agreed);

/// What all later states carry on.
pub(in crate::tls) struct Agreed {
    pub(super) offer: Offer,
    pub(super) suite: CipherSuite,
    pub(super) group: Group,
    pub(super) hello_retried: bool,
    pub(super) master: MasterSecret,
    pub(super) traffic: TrafficSecrets,
    pub(super) alpn: Option<Vec<u8>>,
    /// What a CertificateRequest asks for, if one came.
    pub(super) requested: Option<Wishes>,
    /// The session that is resumed, in the place of certificates.
    pub(super) resumed: Option<Session>,
}

/// WAIT_CERT_CR.
pub(in crate::tls) struct WaitCertificateOrRequest(Agreed);

/// WAIT_CERT: a CertificateRequest came.
pub(in crate::tls) struct WaitCertificate(Agreed);

/// WAIT_CV: the chain is good; whether the server holds its key is open.
pub(in crate::tls) struct WaitCertificateVerify {
    agreed: Agreed,
    chain: Vec<Vec<u8>>,
}

impl WaitEncryptedExtensions {
    pub(super) fn hear(self: Box<Self>, heard: &Heard, flight: &mut Flight<'_>) -> Result<Next<State>, Error> {
        let mut agreed = self.0;
        let extensions = EncryptedExtensions::decode(heard.body())?.extensions;
        let mut allowed = vec![ExtensionType::SUPPORTED_GROUPS];
        for kind in [
            ExtensionType::SERVER_NAME,
            ExtensionType::ALPN,
            ExtensionType::RECORD_SIZE_LIMIT,
        ] {
            if agreed.offer.hello.extensions.find(kind).is_some() {
                allowed.push(kind);
            }
        }
        agreed.offer.refuse_all_but(&allowed, &extensions)?;
        extensions.supported_groups()?;
        flight.agree_on_record_sizes(extensions.record_size_limit()?);
        // RFC 6066 §3: the server's answer to server_name is empty.
        if extensions
            .find(ExtensionType::SERVER_NAME)
            .is_some_and(|body| !body.is_empty())
        {
            return Err(Malformed("server_name").into());
        }
        agreed.alpn = match extensions.protocols()?.as_deref() {
            None => None,
            Some([protocol]) if agreed.offer.config.alpn.contains(protocol) => Some(protocol.clone()),
            Some([_]) => return Err(Peer::IllegalParameter("an application protocol that was not offered").into()),
            Some(_) => return Err(Malformed("application_layer_protocol_negotiation").into()),
        };
        Ok(Next::Wait(match agreed.resumed.take() {
            None => State::WaitCertificateOrRequest(Box::new(WaitCertificateOrRequest(agreed))),
            // RFC 8446 §2.2: who resumes knows the other already.
            Some(mut session) => State::WaitFinished(Box::new(WaitFinished {
                agreed,
                chain: std::mem::take(&mut session.settled.server_chain),
                scheme: session.settled.server_scheme,
                resumed: Some(session),
            })),
        }))
    }
}

/// Extensions that may not stand in a CertificateRequest (RFC 8446 §4.2); those nobody knows are ignored there.
const NOT_IN_REQUESTS: [ExtensionType; 10] = [
    ExtensionType::SERVER_NAME,
    ExtensionType::SUPPORTED_GROUPS,
    ExtensionType::ALPN,
    ExtensionType::KEY_SHARE,
    ExtensionType::PRE_SHARED_KEY,
    ExtensionType::PSK_KEY_EXCHANGE_MODES,
    ExtensionType::EARLY_DATA,
    ExtensionType::SUPPORTED_VERSIONS,
    ExtensionType::COOKIE,
    ExtensionType::RECORD_SIZE_LIMIT,
];

impl WaitCertificateOrRequest {
    pub(super) fn hear_request(self: Box<Self>, heard: &Heard) -> Result<Next<State>, Error> {
        let request = CertificateRequest::decode(heard.body())?;
        if !request.context.is_empty() {
            return Err(Peer::IllegalParameter("a certificate_request_context in the handshake").into());
        }
        for kind in NOT_IN_REQUESTS {
            if request.extensions.find(kind).is_some() {
                return Err(Peer::MisplacedExtension(kind).into());
            }
        }
        let mut agreed = self.0;
        agreed.requested = Some(Wishes::read(&request.extensions)?);
        Ok(Next::Wait(State::WaitCertificate(Box::new(WaitCertificate(agreed)))))
    }

    pub(super) fn hear_certificate(self: Box<Self>, heard: &Heard, flight: &Flight<'_>) -> Result<Next<State>, Error> {
        hear_certificate(self.0, heard, flight)
    }
}

impl WaitCertificate {
    pub(super) fn hear(self: Box<Self>, heard: &Heard, flight: &Flight<'_>) -> Result<Next<State>, Error> {
        hear_certificate(self.0, heard, flight)
    }
}

fn hear_certificate(agreed: Agreed, heard: &Heard, flight: &Flight<'_>) -> Result<Next<State>, Error> {
    let message = Certificate::decode(heard.body())?;
    if !message.context.is_empty() {
        return Err(Peer::IllegalParameter("a certificate_request_context from a server").into());
    }
    if message.entries.is_empty() {
        return Err(Peer::EmptyServerCertificate.into());
    }
    for entry in &message.entries {
        agreed.offer.refuse_all_but(&[], &entry.extensions)?;
    }
    let chain: Vec<_> = message.entries.into_iter().map(|entry| entry.certificate).collect();
    let purpose = Purpose::Server(&agreed.offer.name);
    agreed.offer.config.trust.verify(&chain, purpose, flight.now)?;
    Ok(Next::Wait(State::WaitCertificateVerify(Box::new(
        WaitCertificateVerify { agreed, chain },
    ))))
}

impl WaitCertificateVerify {
    pub(super) fn hear(self: Box<Self>, heard: &Heard) -> Result<Next<State>, Error> {
        let message = CertificateVerify::decode(heard.body())?;
        let offered = &self.agreed.offer.config.signature_schemes;
        verify_signature(Signer::Server, &self.chain, &message, offered, &heard.before)?;
        let Self { agreed, chain } = *self;
        Ok(Next::Wait(State::WaitFinished(Box::new(WaitFinished {
            agreed,
            chain,
            scheme: message.scheme,
            resumed: None,
        }))))
    }
}
