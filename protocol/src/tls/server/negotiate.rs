//! The server's choice from a ClientHello: pure, nothing is sent or kept here.

use crate::crypto::Group;
use crate::tls::config::ServerConfig;
use crate::tls::error::{Error, Incompatible, Peer};
use crate::tls::identity::{Identity, Wishes};
use crate::tls::messages::{ClientHello, KeyShareEntry, OfferedPsks, first_twice};
use crate::tls::names::{CipherSuite, ExtensionType, SSL3};

/// What the server chose.
pub(super) struct Choice {
    pub(super) suite: CipherSuite,
    pub(super) share: Share,
    pub(super) alpn: Option<Vec<u8>>,
    pub(super) server_name: Option<String>,
    /// The tickets offered, with a mode that we have.
    pub(super) psks: Option<OfferedPsks>,
    /// Whether the client can use tickets of ours.
    pub(super) takes_tickets: bool,
    /// The most content and type bytes in a record that the client takes, if it said.
    pub(super) record_size_limit: Option<u16>,
}

/// The key share to answer, or the group to ask for one in.
pub(super) enum Share {
    Answer(KeyShareEntry),
    Ask(Group),
}

/// Chooses, or says why nothing can be chosen.
pub(super) fn negotiate(config: &ServerConfig, hello: &ClientHello) -> Result<Choice, Error> {
    let extensions = &hello.extensions;
    // RFC 8446 §D.5: a legacy_version of SSL 3.0 or before is refused, whatever supported_versions says.
    if hello.legacy_version <= SSL3 || !extensions.offers_tls13()? {
        return Err(Incompatible::Version.into());
    }
    // RFC 8446 §4.1.2: exactly one byte, null.
    if hello.compression_methods != [0] {
        return Err(Peer::IllegalParameter("compression methods other than null").into());
    }
    check_order(hello)?;
    let suite = config
        .cipher_suites
        .iter()
        .copied()
        .find(|suite| hello.cipher_suites.contains(suite))
        .ok_or(Incompatible::CipherSuite)?;
    let server_name = extensions.host_name()?;
    let share = choose_share(config, hello)?;
    let alpn = choose_protocol(config, hello)?;
    let psks = read_psks(hello)?;
    Ok(Choice {
        suite,
        share,
        alpn,
        server_name,
        psks,
        takes_tickets: extensions.offers_psk_dhe_ke()? == Some(true),
        record_size_limit: extensions.record_size_limit()?,
    })
}

/// RFC 8446 §4.2.11: pre_shared_key must be the last extension.
fn check_order(hello: &ClientHello) -> Result<(), Peer> {
    let mut kinds = hello.extensions.iter().map(|extension| extension.kind);
    let position = kinds.position(|kind| kind == ExtensionType::PRE_SHARED_KEY);
    if position.is_some() && kinds.next().is_some() {
        return Err(Peer::IllegalParameter("pre_shared_key is not the last extension"));
    }
    Ok(())
}

/// RFC 8446 §4.2.9: who offers PSKs must say in which modes; those for a mode we do not have are as good as none.
fn read_psks(hello: &ClientHello) -> Result<Option<OfferedPsks>, Error> {
    let modes = hello.extensions.offers_psk_dhe_ke()?;
    let psks = hello.extensions.offered_psks()?;
    if psks.is_some() && modes.is_none() {
        return Err(Peer::MissingExtension(ExtensionType::PSK_KEY_EXCHANGE_MODES).into());
    }
    Ok(psks.filter(|_| modes == Some(true)))
}

/// RFC 8446 §9.2: without a PSK, supported_groups, key_share and signature_algorithms must all be there.
fn choose_share(config: &ServerConfig, hello: &ClientHello) -> Result<Share, Error> {
    let groups = hello
        .extensions
        .supported_groups()?
        .ok_or(Peer::MissingExtension(ExtensionType::SUPPORTED_GROUPS))?;
    let shares = hello
        .extensions
        .client_shares()?
        .ok_or(Peer::MissingExtension(ExtensionType::KEY_SHARE))?;
    // RFC 8446 §4.2.8: one share a group, and only for groups that are offered.
    let mut offered = groups.clone();
    offered.sort_unstable();
    let is_offered = |share: &KeyShareEntry| offered.binary_search(&share.group).is_ok();
    if !shares.iter().all(is_offered) || first_twice(shares.iter().map(|share| share.group.0)).is_some() {
        return Err(Peer::IllegalParameter("a key share twice, or for a group that is not offered").into());
    }
    if shares.iter().any(|share| share.share.is_empty()) {
        return Err(Peer::BadKeyShare.into());
    }
    let shared = config
        .groups
        .iter()
        .find_map(|group| shares.iter().find(|share| share.group == *group));
    if let Some(share) = shared {
        return Ok(Share::Answer(share.clone()));
    }
    let group = config.groups.iter().copied().find(|group| groups.contains(group));
    Ok(Share::Ask(group.ok_or(Incompatible::Group)?))
}

/// The best identity for the client.
pub(super) fn choose_identity(config: &ServerConfig, hello: &ClientHello, choice: &Choice) -> Result<Identity, Error> {
    let wishes = Wishes::read(&hello.extensions)?;
    let (protocol, host) = (choice.alpn.as_deref(), choice.server_name.as_deref());
    let identity = wishes.choose(&config.identities, protocol, host);
    Ok(identity.ok_or(Incompatible::SignatureScheme)?.clone())
}

/// RFC 7301 §3.2: a server that shares no protocol with the client refuses with no_application_protocol.
fn choose_protocol(config: &ServerConfig, hello: &ClientHello) -> Result<Option<Vec<u8>>, Error> {
    let Some(offered) = hello.extensions.protocols()? else {
        return Ok(None);
    };
    if config.alpn.is_empty() {
        return Ok(None);
    }
    let chosen = config.alpn.iter().find(|protocol| offered.contains(protocol));
    Ok(Some(chosen.ok_or(Incompatible::ApplicationProtocol)?.clone()))
}
