//! What the tables of refusals share: the two ends under test, changes to a message's extensions, and what a refusal must be.

use nihao_protocol::tls::messages::{ClientHello, Extensions};
use nihao_protocol::tls::names::ExtensionType;
use nihao_protocol::tls::{AlertDescription, ClientAuth, ClientConfig, ServerConfig};
use nihao_protocol::x509::{Roots, Trust};

use crate::peer::Peer;
use crate::pki::{Ca, Kind, Leaf};
use crate::refusal_table;

/// Signature algorithms over hashes that are broken, by their identifiers (RFC 8446 §4.4.2.4).
pub const BROKEN_HASHES: [(&str, &[u8]); 3] = [
    (
        "§4.4.2.4: signed over MD5",
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 4],
    ),
    (
        "§4.4.2.4: signed over SHA-1, RSA",
        &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 5],
    ),
    (
        "§4.4.2.4: signed over SHA-1, ECDSA",
        &[0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 1],
    ),
];

/// The CA of the tests' servers.
#[must_use]
pub fn servers() -> Ca {
    Ca::new("servers", Kind::Ed25519, 1)
}

/// The CA of the tests' users.
#[must_use]
pub fn users() -> Ca {
    Ca::new("users", Kind::Ed25519, 2)
}

/// Trust in nothing but this CA.
#[must_use]
pub fn trust(ca: &Ca) -> Trust {
    let mut roots = Roots::new();
    roots.add(&ca.der).expect("a root");
    Trust::Roots(roots.into())
}

/// A client of ours that offers `nihao/1`, before a scripted server.
#[must_use]
pub fn client() -> Peer {
    let mut config = ClientConfig::new(trust(&servers()));
    config.alpn = vec![b"nihao/1".to_vec()];
    Peer::server_of(config)
}

/// [`client`], when it waits for EncryptedExtensions.
///
/// # Panics
/// Where it does not take a good ServerHello.
#[must_use]
pub fn waiting() -> Peer {
    let mut peer = client();
    peer.say_server_hello();
    assert_eq!(peer.ours.state_name(), "WAIT_EE");
    peer
}

/// A server of ours that speaks `nihao/1` and asks for a user's certificate, before a scripted client.
#[must_use]
pub fn server(required: bool) -> Peer {
    let mut config = ServerConfig::new(vec![servers().identity(&Leaf::server(Kind::Ed25519))]);
    config.alpn = vec![b"nihao/1".to_vec()];
    let trust = trust(&users());
    config.client_auth = if required {
        ClientAuth::Required(trust)
    } else {
        ClientAuth::Optional(trust)
    };
    Peer::client_of(config)
}

/// Asserts that ours ended with an error and sent this alert, and adds the row to the open [table](crate::refusal_table).
///
/// # Panics
/// With `what` was said to it, where it did not.
#[track_caller]
pub fn expect(peer: &Peer, what: &str, alert: AlertDescription) {
    assert_eq!(peer.alert, Some(alert), "{what}: {:?}", peer.error);
    assert!(peer.error.is_some(), "{what}");
    refusal_table::add(peer.ours.role(), what, alert);
}

/// These extensions, in this order.
#[must_use]
pub fn extensions(list: &[(ExtensionType, &[u8])]) -> Extensions {
    let mut extensions = Extensions::default();
    for (kind, body) in list {
        extensions.add(*kind, |w| w.bytes(body)).expect("an extension");
    }
    extensions
}

/// Gives the extension this body, in its place if it is there, else at the end.
pub fn set(hello: &mut ClientHello, kind: ExtensionType, body: &[u8]) {
    let changed = if hello.extensions.find(kind).is_some() {
        hello.extensions.replace(kind, |w| w.bytes(body))
    } else {
        hello.extensions.add(kind, |w| w.bytes(body))
    };
    changed.expect("an extension");
}

/// Takes the extension out.
pub fn without(hello: &mut ClientHello, kind: ExtensionType) {
    let kept: Vec<_> = hello
        .extensions
        .iter()
        .filter(|one| one.kind != kind)
        .cloned()
        .collect();
    let kept: Vec<_> = kept.iter().map(|one| (one.kind, one.body.as_slice())).collect();
    hello.extensions = extensions(&kept);
}
