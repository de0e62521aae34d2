//! The client's handshake: one arm for each arrow of RFC 8446 appendix A.1.
//!
//! ```text
//! START -> WAIT_SH -> WAIT_EE -> WAIT_CERT_CR -> WAIT_CERT -> WAIT_CV -> WAIT_FINISHED -> CONNECTED
//! ```

mod finish;
mod grease;
mod hello;
mod resumption;
mod server_auth;

pub(super) use hello::start;

use super::error::{Error, Peer};
use super::flight::{Flight, Heard, Next};
use super::names::HandshakeType;

/// What the client waits for.
#[expect(clippy::enum_variant_names, reason = "the names are those of RFC 8446 appendix A")]
pub(super) enum State {
    WaitServerHello(Box<hello::WaitServerHello>),
    WaitEncryptedExtensions(Box<server_auth::WaitEncryptedExtensions>),
    WaitCertificateOrRequest(Box<server_auth::WaitCertificateOrRequest>),
    WaitCertificate(Box<server_auth::WaitCertificate>),
    WaitCertificateVerify(Box<server_auth::WaitCertificateVerify>),
    WaitFinished(Box<finish::WaitFinished>),
}

impl State {
    /// The state's name in appendix A.1.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::WaitServerHello(_) => "WAIT_SH",
            Self::WaitEncryptedExtensions(_) => "WAIT_EE",
            Self::WaitCertificateOrRequest(_) => "WAIT_CERT_CR",
            Self::WaitCertificate(_) => "WAIT_CERT",
            Self::WaitCertificateVerify(_) => "WAIT_CV",
            Self::WaitFinished(_) => "WAIT_FINISHED",
        }
    }

    /// Follows the arrow of this message, or refuses it.
    pub(super) fn step(self, heard: &Heard, flight: &mut Flight<'_>) -> Result<Next<Self>, Error> {
        match (self, heard.kind) {
            (Self::WaitServerHello(state), HandshakeType::SERVER_HELLO) => state.hear(heard, flight),
            (Self::WaitEncryptedExtensions(state), HandshakeType::ENCRYPTED_EXTENSIONS) => state.hear(heard, flight),
            (Self::WaitCertificateOrRequest(state), HandshakeType::CERTIFICATE_REQUEST) => state.hear_request(heard),
            (Self::WaitCertificateOrRequest(state), HandshakeType::CERTIFICATE) => {
                state.hear_certificate(heard, flight)
            }
            (Self::WaitCertificate(state), HandshakeType::CERTIFICATE) => state.hear(heard, flight),
            (Self::WaitCertificateVerify(state), HandshakeType::CERTIFICATE_VERIFY) => state.hear(heard),
            (Self::WaitFinished(state), HandshakeType::FINISHED) => state.hear(heard, flight),
            (state, message) => Err(Peer::UnexpectedMessage {
                state: state.name(),
                message,
            }
            .into()),
        }
    }
}
