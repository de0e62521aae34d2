//! The key agreement: both public shares, and what it came to (RFC 8446 §4.2.8, §7.4).

use nihao_protocol::crypto::Group;
use nihao_protocol::tls::messages::KeyShareEntry;

use crate::event::{Agreement, Half};

/// One of the two agreements that X25519MLKEM768 is: the names of its shares, and their lengths and the secret's, in bytes.
pub(super) struct Side {
    name: &'static str,
    pub(super) client: (&'static str, usize),
    pub(super) server: (&'static str, usize),
    secret: usize,
}

/// Both, in the order in which they stand (draft-ietf-tls-ecdhe-mlkem).
pub(super) const HYBRID: [Side; 2] = [
    Side {
        name: "ML-KEM-768",
        client: ("key_exchange: ML-KEM-768 encapsulation key", 1184),
        server: ("key_exchange: ML-KEM-768 ciphertext", 1088),
        secret: 32,
    },
    Side {
        name: "X25519",
        client: ("key_exchange: X25519 public key", 32),
        server: ("key_exchange: X25519 public key", 32),
        secret: 32,
    },
];

/// The agreement of the server's share with the client's in the same group.
pub(super) fn agreement(offered: &[KeyShareEntry], server: &KeyShareEntry, shared: Option<&[u8]>) -> Option<Agreement> {
    let client = offered.iter().find(|share| share.group == server.group)?;
    let Group(group) = server.group;
    let mut agreement = Agreement {
        group,
        client: client.share.clone(),
        server: server.share.clone(),
        shared: shared.map(<[u8]>::to_vec),
        halves: Vec::new(),
    };
    if server.group == Group::X25519MLKEM768 {
        agreement.halves = halves(&agreement).unwrap_or_default();
    }
    Some(agreement)
}

fn halves(whole: &Agreement) -> Option<Vec<Half>> {
    let (mut client, mut server, mut shared) = (&whole.client[..], &whole.server[..], whole.shared.as_deref());
    let mut halves = Vec::new();
    for side in HYBRID {
        let ours = client.split_at_checked(side.client.1)?;
        let theirs = server.split_at_checked(side.server.1)?;
        let secret = shared.and_then(|shared| shared.split_at_checked(side.secret));
        halves.push(Half {
            name: side.name,
            client: ours.0.to_vec(),
            server: theirs.0.to_vec(),
            shared: secret.map(|(secret, _)| secret.to_vec()),
        });
        (client, server, shared) = (ours.1, theirs.1, secret.map(|(_, rest)| rest));
    }
    Some(halves)
}
