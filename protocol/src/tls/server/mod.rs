//! The server's handshake: one arm for each arrow of RFC 8446 appendix A.2.
//!
//! ```text
//! START -> RECVD_CH -> NEGOTIATED -> WAIT_FLIGHT2 -> [WAIT_CERT -> [WAIT_CV]] -> WAIT_FINISHED -> CONNECTED
//! ```
//!
//! RECVD_CH to WAIT_FLIGHT2 is one step: nobody can interrupt a server that writes its flight.

mod client_auth;
mod finish;
mod hello;
mod negotiate;
mod reply;
mod resumption;

pub(super) use hello::WaitClientHello;

use super::error::{Error, Peer};
use super::flight::{Flight, Heard, Next};
use super::names::HandshakeType;

/// What the server waits for.
#[expect(clippy::enum_variant_names, reason = "the names are those of RFC 8446 appendix A")]
pub(super) enum State {
    WaitClientHello(Box<WaitClientHello>),
    WaitCertificate(Box<client_auth::WaitCertificate>),
    WaitCertificateVerify(Box<client_auth::WaitCertificateVerify>),
    WaitFinished(Box<finish::WaitFinished>),
}

impl State {
    /// The state's name in appendix A.2.
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::WaitClientHello(_) => "START",
            Self::WaitCertificate(_) => "WAIT_CERT",
            Self::WaitCertificateVerify(_) => "WAIT_CV",
            Self::WaitFinished(_) => "WAIT_FINISHED",
        }
    }

    /// Follows the arrow of this message, or refuses it.
    pub(super) fn step(self, heard: &Heard, flight: &mut Flight<'_>) -> Result<Next<Self>, Error> {
        match (self, heard.kind) {
            (Self::WaitClientHello(state), HandshakeType::CLIENT_HELLO) => state.hear(heard, flight),
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
