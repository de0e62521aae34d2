//! What was checked of who the two ends are, one thing at a time, with what was expected and what was seen.

use super::Span;
use crate::texts::Text;

/// One check, made again here from the bytes that were seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What is checked.
    pub aspect: Aspect,
    /// Whether it is about what the server sent; else the client.
    pub of_server: bool,
    /// What it is about: a certificate's subject, or a message.
    pub about: String,
    /// The index of the frame with which it could be made.
    pub frame: usize,
    /// What had to be there.
    pub expected: String,
    /// What was.
    pub seen: String,
    /// Whether it is right; nothing where that cannot be told from here.
    pub ok: Option<bool>,
    /// Why it is checked, or why it cannot be.
    pub why: &'static Text,
    /// The bytes it is about.
    pub of: Vec<Span>,
}

/// What is checked. The first nine are a certificate's (RFC 5280 §6), the others the handshake's (RFC 8446 §4.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Aspect {
    /// The issuer's key made the signature over exactly these bytes.
    Signature,
    /// The name that was asked for is among those it speaks for.
    Name,
    /// It is valid now.
    Dates,
    /// Who signs certificates may, and who shows one as their own does not.
    Authority,
    /// The key may do what it does.
    Usage,
    /// The certificate is meant for this purpose.
    Purpose,
    /// Its authorities may sign for these names.
    Constraints,
    /// It was not revoked.
    Revocation,
    /// The chain ends at somebody the client trusts.
    Anchor,
    /// The signature scheme of CertificateVerify was offered.
    Scheme,
    /// The sender holds the certificate's private key.
    Possession,
    /// The sender has the keys, and saw the same handshake.
    Finished,
    /// The client has the key of the earlier connection.
    Binder,
}

impl Aspect {
    /// Whether it is a certificate that is checked.
    #[must_use]
    pub const fn is_of_certificate(self) -> bool {
        matches!(
            self,
            Self::Signature
                | Self::Name
                | Self::Dates
                | Self::Authority
                | Self::Usage
                | Self::Purpose
                | Self::Constraints
                | Self::Revocation
                | Self::Anchor
        )
    }
}
