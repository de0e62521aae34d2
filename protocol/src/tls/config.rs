//! What a client and a server are set up with: plain values, shared by every connection.

use std::sync::Arc;

use super::error::{Error, Misuse};
use super::identity::Identity;
use super::key_log::KeyLog;
use super::names::CipherSuite;
use super::record::MAX_CONTENT;
use super::resumption::{Sessions, Tickets};
use crate::crypto::{Group, SignatureScheme};
use crate::x509::Trust;

/// The set-up of a client.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ClientConfig {
    /// Which servers to trust.
    pub trust: Trust,
    /// Who we are, should the server ask: the first whose signature scheme the server takes. Empty: nobody.
    pub identities: Vec<Identity>,
    /// Application protocols offered (RFC 7301), most wanted first. Empty: the extension is not sent.
    pub alpn: Vec<Vec<u8>>,
    /// Cipher suites offered, most wanted first.
    pub cipher_suites: Vec<CipherSuite>,
    /// Groups offered, most wanted first.
    pub groups: Vec<Group>,
    /// The groups a key share is sent for at once; each must be one of `groups`. Empty: the server must ask (HelloRetryRequest).
    pub key_shares: Vec<Group>,
    /// Signature schemes taken in CertificateVerify, most wanted first.
    pub signature_schemes: Vec<SignatureScheme>,
    /// Signature schemes announced for chains, most wanted first. What a chain may have in fact is for `trust` to say.
    pub chain_schemes: Vec<SignatureScheme>,
    /// Whether to send the server's DNS name (SNI).
    pub send_server_name: bool,
    /// Whether to name the trusted roots (certificate_authorities), for servers with several certificates.
    pub send_authorities: bool,
    /// Whether to offer numbers that nobody knows, so that servers stay used to ignoring them (RFC 8701).
    pub grease: bool,
    /// Where sessions are kept to be resumed. Nothing: every handshake is a full one.
    pub sessions: Option<Arc<dyn Sessions>>,
    /// Where the traffic secrets go. Nothing: nowhere.
    pub key_log: Option<Arc<dyn KeyLog>>,
    /// How records are cut and padded.
    pub records: RecordPolicy,
}

/// The set-up of a server.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ServerConfig {
    /// Who we are: the first that fits the client's SNI and signature_algorithms, else the first that fits the latter; those reserved
    /// for the protocol chosen ([`Identity::reserved_for`]) come before the others.
    pub identities: Vec<Identity>,
    /// Application protocols, most wanted first. A client that offers some, none of them ours, is refused. Empty: not looked at.
    pub alpn: Vec<Vec<u8>>,
    /// Cipher suites, most wanted first: the server's order decides.
    pub cipher_suites: Vec<CipherSuite>,
    /// Groups, most wanted first; among those the client sent a share for, the server's order decides.
    pub groups: Vec<Group>,
    /// Signature schemes taken in clients' CertificateVerify, most wanted first.
    pub signature_schemes: Vec<SignatureScheme>,
    /// Signature schemes announced for clients' chains, most wanted first. What a chain may have in fact is for the trust to say.
    pub chain_schemes: Vec<SignatureScheme>,
    /// Whether to ask clients who they are.
    pub client_auth: ClientAuth,
    /// The application protocols for which `client_auth` applies; nothing: for all. A browser must not be prompted for a certificate.
    pub client_auth_protocols: Option<Vec<Vec<u8>>>,
    /// Whether to name the trusted roots to clients that are asked (certificate_authorities), so that they find the right one.
    pub send_authorities: bool,
    /// What resumption tickets are sealed with. Nothing: none are sent or taken.
    pub tickets: Option<Arc<dyn Tickets>>,
    /// How many tickets follow a full handshake with a client that can use them; one follows a resumed one.
    pub ticket_count: u8,
    /// Where the traffic secrets go. Nothing: nowhere.
    pub key_log: Option<Arc<dyn KeyLog>>,
    /// How records are cut and padded.
    pub records: RecordPolicy,
}

/// Whether a server asks clients for a certificate, and which it trusts.
#[derive(Debug, Clone)]
pub enum ClientAuth {
    /// Clients are not asked.
    None,
    /// Clients are asked and may stay nameless; a certificate that is sent must be good.
    Optional(Trust),
    /// Clients are asked and refused without a good certificate.
    Required(Trust),
}

/// How records are cut and padded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordPolicy {
    /// How much a record is padded.
    pub padding: Padding,
    /// Whether to look like TLS 1.2 to middleboxes: a session id and change_cipher_spec records (RFC 8446 §D.4).
    pub change_cipher_spec: bool,
    /// The most content bytes in a record that we send, 1 to 16384. A peer that takes less (RFC 8449) gets less.
    pub max_fragment: u16,
    /// The most bytes of content, type and padding in a record that we take, 64 to 16385: told to the peer as record_size_limit
    /// (RFC 8449) and, where that one agrees, held to. Nothing: not told.
    pub receive_limit: Option<u16>,
    /// How many records a key of ours protects before it is updated (RFC 8446 §5.5): at least one, at most
    /// [`MAX_RECORDS_PER_KEY`].
    pub records_per_key: u64,
}

/// How much a protected record is padded (RFC 8446 §5.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Padding {
    /// Not at all.
    None,
    /// Content, type and padding together to a multiple of so many bytes.
    Block(u16),
    /// Content, type and padding together to the first of these sizes, in ascending order, that holds them; not at all beyond the
    /// last. An onlooker learns only which bucket it was.
    Buckets(&'static [u16]),
}

impl Default for RecordPolicy {
    fn default() -> Self {
        Self {
            padding: Padding::None,
            change_cipher_spec: true,
            max_fragment: 1 << 14,
            receive_limit: Some(MAX_RECEIVE_LIMIT),
            records_per_key: MAX_RECORDS_PER_KEY,
        }
    }
}

/// Records a key may protect before it is updated: well inside AES-GCM's bound of 2^24.5 full records (RFC 8446 §5.5).
pub const MAX_RECORDS_PER_KEY: u64 = 1 << 24;

/// What record_size_limit may say: 64 at least; in TLS 1.3 content and type, 2^14 + 1, is the most (RFC 8449 §4).
pub(super) const MIN_RECEIVE_LIMIT: u16 = 64;
pub(super) const MAX_RECEIVE_LIMIT: u16 = (1 << 14) + 1;

impl RecordPolicy {
    /// The receive limit, within what record_size_limit may say.
    pub(super) fn record_size_limit(&self) -> Option<u16> {
        let limit = self.receive_limit?;
        Some(limit.clamp(MIN_RECEIVE_LIMIT, MAX_RECEIVE_LIMIT))
    }

    pub(super) fn fragment_limit(&self) -> usize {
        usize::from(self.max_fragment).clamp(1, MAX_CONTENT)
    }
}

/// ChaCha20-Poly1305 last: with AES in the processor it is the slowest, and a server's order decides.
const SUITES: [CipherSuite; 3] = [
    CipherSuite::TLS_AES_128_GCM_SHA256,
    CipherSuite::TLS_AES_256_GCM_SHA384,
    CipherSuite::TLS_CHACHA20_POLY1305_SHA256,
];
const GROUPS: [Group; 3] = [Group::X25519MLKEM768, Group::X25519, Group::SECP256R1];
/// Two shares with one X25519 key: whichever of these groups a server takes, it need not ask.
const KEY_SHARES: [Group; 2] = [Group::X25519MLKEM768, Group::X25519];
const SCHEMES: &[SignatureScheme] = &[
    SignatureScheme::ED25519,
    SignatureScheme::ECDSA_SECP256R1_SHA256,
    SignatureScheme::ECDSA_SECP384R1_SHA384,
    #[cfg(feature = "rsa")]
    SignatureScheme::RSA_PSS_RSAE_SHA256,
    #[cfg(feature = "rsa")]
    SignatureScheme::RSA_PSS_RSAE_SHA384,
    #[cfg(feature = "rsa")]
    SignatureScheme::RSA_PSS_RSAE_SHA512,
];

/// RFC 8446 §4.2.3: PKCS#1 signatures are for certificates alone.
const CHAINS_ALONE: &[SignatureScheme] = &[
    #[cfg(feature = "rsa")]
    SignatureScheme::RSA_PKCS1_SHA256,
    #[cfg(feature = "rsa")]
    SignatureScheme::RSA_PKCS1_SHA384,
    #[cfg(feature = "rsa")]
    SignatureScheme::RSA_PKCS1_SHA512,
];

fn chain_schemes() -> Vec<SignatureScheme> {
    [SCHEMES, CHAINS_ALONE].concat()
}

impl ClientConfig {
    /// Everything this crate has, most wanted first; X25519MLKEM768 and X25519 shares are sent at once.
    #[must_use]
    pub fn new(trust: Trust) -> Self {
        Self {
            trust,
            identities: Vec::new(),
            alpn: Vec::new(),
            cipher_suites: SUITES.to_vec(),
            groups: GROUPS.to_vec(),
            key_shares: KEY_SHARES.to_vec(),
            signature_schemes: SCHEMES.to_vec(),
            chain_schemes: chain_schemes(),
            send_server_name: true,
            send_authorities: false,
            grease: true,
            sessions: None,
            key_log: None,
            records: RecordPolicy::default(),
        }
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        check_lists(&self.cipher_suites, &self.groups, &self.signature_schemes)?;
        if self.key_shares.iter().any(|group| !self.groups.contains(group)) {
            return Err(Misuse::Unsupported("key share: not one of the groups").into());
        }
        Ok(())
    }
}

impl ServerConfig {
    /// Everything this crate has, most wanted first; clients are not asked for a certificate.
    #[must_use]
    pub fn new(identities: Vec<Identity>) -> Self {
        Self {
            identities,
            alpn: Vec::new(),
            cipher_suites: SUITES.to_vec(),
            groups: GROUPS.to_vec(),
            signature_schemes: SCHEMES.to_vec(),
            chain_schemes: chain_schemes(),
            client_auth: ClientAuth::None,
            client_auth_protocols: None,
            send_authorities: true,
            tickets: None,
            ticket_count: 2,
            key_log: None,
            records: RecordPolicy::default(),
        }
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        if self.identities.is_empty() {
            return Err(Misuse::EmptyConfiguration("identities").into());
        }
        check_lists(&self.cipher_suites, &self.groups, &self.signature_schemes)
    }

    /// Whether, and by whose trust, a client that speaks `protocol` is asked for a certificate.
    pub(super) fn client_auth_for(&self, protocol: Option<&[u8]>) -> Option<(&Trust, bool)> {
        if let Some(protocols) = &self.client_auth_protocols
            && !protocols.iter().any(|one| Some(one.as_slice()) == protocol)
        {
            return None;
        }
        match &self.client_auth {
            ClientAuth::None => None,
            ClientAuth::Optional(trust) => Some((trust, false)),
            ClientAuth::Required(trust) => Some((trust, true)),
        }
    }
}

fn check_lists(suites: &[CipherSuite], groups: &[Group], schemes: &[SignatureScheme]) -> Result<(), Error> {
    for (empty, what) in [
        (suites.is_empty(), "cipher suites"),
        (groups.is_empty(), "groups"),
        (schemes.is_empty(), "signature schemes"),
    ] {
        if empty {
            return Err(Misuse::EmptyConfiguration(what).into());
        }
    }
    if suites.iter().any(|suite| suite.algorithms().is_none()) {
        return Err(Misuse::Unsupported("cipher suite").into());
    }
    if groups.iter().any(|group| !group.is_supported()) {
        return Err(Misuse::Unsupported("group").into());
    }
    if schemes
        .iter()
        .any(|scheme| scheme.algorithm().is_none() || !scheme.signs_handshakes())
    {
        return Err(Misuse::Unsupported("signature scheme").into());
    }
    Ok(())
}
