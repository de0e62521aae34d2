//! The certificates both implementations use: Ed25519 throughout.

use nihao_certs::{KeyAlgorithm, PublicKey, ServerAuthority, UserAuthority, Validity, random_serial};
use nihao_protocol::clock::UnixTime;
use nihao_protocol::crypto::{Seeded, SigningKey};
use nihao_protocol::net::system::system_clock;

pub(crate) struct Pki {
    pub(crate) now: UnixTime,
    pub(crate) server_root: Vec<u8>,
    pub(crate) user_root: Vec<u8>,
    pub(crate) server: (Vec<u8>, SigningKey),
    pub(crate) user: (Vec<u8>, SigningKey),
}

impl Pki {
    pub(crate) fn new() -> Self {
        let now = system_clock().now();
        let random = &mut Seeded::new(1, "bench");
        let servers = ServerAuthority::create(KeyAlgorithm::Ed25519, &[], now, random).unwrap();
        let users = UserAuthority::create(now, random).unwrap();
        let server_key = SigningKey::generate_ed25519(random).unwrap();
        let user_key = SigningKey::generate_ed25519(random).unwrap();
        let validity = Validity::of_server_certificate(now);
        let server = servers
            .issue(&[], &PublicKey::of(&server_key), validity, random)
            .unwrap();
        let serial = random_serial(random).unwrap();
        let user = users
            .issue("alice", &PublicKey::of(&user_key), validity, &serial)
            .unwrap();
        Self {
            now,
            server_root: servers.authority().certificate().to_vec(),
            user_root: users.authority().certificate().to_vec(),
            server: (server.certificate, server_key),
            user: (user.certificate, user_key),
        }
    }
}
