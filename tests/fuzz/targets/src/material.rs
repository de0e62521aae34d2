//! Keys, certificates and trust, made once and the same in every run.

use std::sync::OnceLock;

use nihao_certs::{HostName, KeyAlgorithm, PublicKey, ServerAuthority, UserAuthority, Validity};
use nihao_protocol::clock::UnixTime;
use nihao_protocol::crypto::{Seeded, SigningKey};
use nihao_protocol::tls::Identity;
use nihao_protocol::x509::{Roots, ServerName, Trust};

/// The moment at which certificates are looked at: 2026-06-01T00:00:00Z.
pub(crate) const NOW: UnixTime = UnixTime::from_seconds(1_780_272_000);
/// The server's name.
pub(crate) const NAME: &str = "chat.test";

/// What both ends are set up with.
pub(crate) struct Material {
    /// A server's identities: Ed25519, then P-256.
    pub(crate) servers: [Identity; 2],
    /// A user's identity.
    pub(crate) user: Identity,
    /// Trust in both server roots.
    pub(crate) server_roots: Trust,
    /// The same, and the user root's, with no memory of chains that were verified.
    pub(crate) forgetful: [Trust; 2],
    /// Trust in the Ed25519 server root by its key.
    pub(crate) server_pin: Trust,
    /// Trust in the user root.
    pub(crate) user_roots: Trust,
    /// The roots in DER: the servers' two, then the users'.
    pub(crate) roots: [Vec<u8>; 3],
    /// An empty revocation list of the user root, in DER.
    pub(crate) revocation_list: Vec<u8>,
    /// The server's name.
    pub(crate) name: ServerName,
}

pub(crate) fn material() -> &'static Material {
    static MATERIAL: OnceLock<Material> = OnceLock::new();
    MATERIAL.get_or_init(make)
}

fn make() -> Material {
    let random = &mut Seeded::new(1, "fuzz material");
    let names = [HostName::parse(NAME).expect("a name")];
    let authority = |algorithm, random: &mut Seeded| {
        ServerAuthority::create(algorithm, &names, NOW, random).expect("a server authority")
    };
    let ed25519 = authority(KeyAlgorithm::Ed25519, random);
    let p256 = authority(KeyAlgorithm::P256, random);
    let users = UserAuthority::create(NOW, random).expect("a user authority");
    let keys = [
        SigningKey::generate_ed25519(random).expect("a key"),
        SigningKey::generate_p256(random).expect("a key"),
    ];
    let mut issue = |authority: &ServerAuthority, key: &SigningKey| {
        let validity = Validity::of_server_certificate(NOW);
        let issued = authority
            .issue(&names, &PublicKey::of(key), validity, random)
            .expect("a leaf");
        Identity::new(vec![issued.certificate], key.clone()).expect("an identity")
    };
    let servers = [issue(&ed25519, &keys[0]), issue(&p256, &keys[1])];
    let key = SigningKey::ed25519(&[8; 32]);
    let leaf = users
        .issue(
            "alice",
            &PublicKey::of(&key),
            Validity::of_user_certificate(NOW),
            &[7; 16],
        )
        .expect("a leaf");
    let user = Identity::new(vec![leaf.certificate], key).expect("an identity");
    let roots = [ed25519.authority(), p256.authority(), users.authority()].map(|root| root.certificate().to_vec());
    let trust = |ders: &[Vec<u8>], remembers: bool| {
        let mut roots = Roots::new();
        ders.iter().for_each(|der| roots.add(der).expect("a root"));
        Trust::Roots(if remembers { roots } else { roots.remembering(0) }.into())
    };
    let pin = ed25519.authority().public_key().bits().try_into().expect("32 bytes");
    let revocation_list = users.authority().revocation_list(&[], 1, Validity::days(NOW, 7));
    Material {
        servers,
        user,
        server_roots: trust(&roots[..2], true),
        forgetful: [trust(&roots[..2], false), trust(&roots[2..], false)],
        server_pin: Trust::Pinned(pin),
        user_roots: trust(&roots[2..], true),
        roots,
        revocation_list: revocation_list.expect("a revocation list"),
        name: ServerName::parse(NAME).expect("a name"),
    }
}
