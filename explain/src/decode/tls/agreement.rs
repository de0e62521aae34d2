//! The key agreement: both public shares, and what it came to (RFC 8446 §4.2.8, §7.4).

use nihao_protocol::crypto::Group;
use nihao_protocol::tls::messages::KeyShareEntry;

use crate::event::{Agreement, Half};

/// What the shares of one group consist of: a name, and the bytes of the client's and of the server's.
pub(super) const HYBRID: [(&str, usize, usize, usize); 2] = [("ML-KEM-768", 1184, 1088, 32), ("X25519", 32, 32, 32)];

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
    for (name, of_client, of_server, of_secret) in HYBRID {
        let (ours, theirs) = (client.split_at_checked(of_client)?, server.split_at_checked(of_server)?);
        let secret = shared.and_then(|shared| shared.split_at_checked(of_secret));
        halves.push(Half {
            name,
            client: ours.0.to_vec(),
            server: theirs.0.to_vec(),
            shared: secret.map(|(secret, _)| secret.to_vec()),
        });
        (client, server, shared) = (ours.1, theirs.1, secret.map(|(_, rest)| rest));
    }
    Some(halves)
}
