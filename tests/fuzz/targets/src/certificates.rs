//! Certificates, requests, revocation lists, PEM: whatever the bytes, they are parsed or refused, and nothing forged is trusted.

use nihao_certs::{HostName, RevocationList, SigningRequest, show};
use nihao_protocol::crypto::SigningKey;
use nihao_protocol::x509::{
    Certificate, DistinguishedName, PemBlock, Purpose, Roots, ServerName, Trust, certificates_from_pem,
};

use crate::material::{NOW, material};
use crate::script::Script;

pub(crate) fn run(data: &[u8]) {
    let mut script = Script::new(data);
    match script.byte() % 4 {
        0 => look(script.rest()),
        1 => verify(&[script.rest().to_vec()]),
        2 => {
            let mut der = originals()[script.below(6)].clone();
            change(&mut der, &mut script);
            look(&der);
            verify(&[der]);
        }
        _ => verify(&chain(&mut script)),
    }
}

/// Every certificate that is good, and the list and roots around them.
fn originals() -> [Vec<u8>; 6] {
    let material = material();
    let [ed25519, p256, users] = material.roots.clone();
    let leaf = |identity: &nihao_protocol::tls::Identity| identity.chain()[0].clone();
    [
        leaf(&material.servers[0]),
        leaf(&material.servers[1]),
        leaf(&material.user),
        ed25519,
        p256,
        users,
    ]
}

fn change(bytes: &mut Vec<u8>, script: &mut Script<'_>) {
    for _ in 0..=script.below(4) {
        let at = script.below(bytes.len());
        match script.byte() % 4 {
            0 => bytes[at] = script.byte(),
            1 => bytes[at] ^= 1 << script.below(8),
            2 => {
                bytes.remove(at);
            }
            _ => bytes.insert(at, script.byte()),
        }
        if bytes.is_empty() {
            return;
        }
    }
}

/// Up to twelve certificates: good ones, changed ones, and what the script brings itself.
fn chain(script: &mut Script<'_>) -> Vec<Vec<u8>> {
    let mut chain = Vec::new();
    for _ in 0..=script.below(12) {
        let which = script.below(8);
        let mut der = match originals().get(which) {
            Some(der) => der.clone(),
            None => {
                let length = script.below(512);
                script.bytes(length).to_vec()
            }
        };
        if script.byte() & 1 == 1 && !der.is_empty() {
            change(&mut der, script);
        }
        chain.push(der);
    }
    chain
}

/// Everything that reads and shows: an answer or a refusal.
fn look(data: &[u8]) {
    let _ = DistinguishedName::new(data).to_string();
    if let Ok(certificate) = Certificate::parse(data) {
        let _ = (certificate.issuer.to_string(), certificate.subject.common_name());
        let _ = certificate.public_key();
        let _ = certificate.allows_digital_signature();
        let _ = certificate.server_names();
        for extension in &certificate.extensions {
            let _ = (extension.oid.dotted(), extension.meaning());
        }
    }
    let _ = SigningRequest::read(data);
    let _ = RevocationList::read(data);
    if let Ok(text) = show::describe(data, NOW) {
        let steers = |c: char| c.is_control() && c != '\n';
        assert!(!text.contains(steers), "steers a terminal: {text:?}");
    }
    let _ = PemBlock::read_all(data);
    let mut roots = Roots::new();
    let _ = roots.add(data);
    let _ = roots.add_revocation_list(data);
    if let Ok(text) = std::str::from_utf8(data) {
        let _ = certificates_from_pem(text);
        let _ = Roots::from_pem(text);
        let _ = SigningKey::from_pkcs8_pem(text);
        if let Ok(name) = HostName::parse(text) {
            assert_eq!(HostName::parse(&name.to_string()), Ok(name));
        }
        if let Ok(name) = ServerName::parse(text) {
            assert_eq!(ServerName::parse(&name.to_string()), Ok(name));
        }
    }
}

/// Only a chain whose first certificate is exactly a good one may be trusted, and for its own purpose alone.
fn verify(chain: &[Vec<u8>]) {
    let material = material();
    let [ed25519, p256, user, ..] = originals();
    let is = |good: &[u8]| chain.first().is_some_and(|der| der == good);
    let server = Purpose::Server(&material.name);
    if material.server_roots.verify(chain, server, NOW).is_ok() {
        assert!(is(&ed25519) || is(&p256), "a forged server");
    }
    if material.server_pin.verify(chain, server, NOW).is_ok() {
        assert!(is(&ed25519), "a forged server under a pin");
    }
    if material.user_roots.verify(chain, Purpose::Client, NOW).is_ok() {
        assert!(is(&user), "a forged user");
    }
    assert!(
        material.user_roots.verify(chain, server, NOW).is_err(),
        "a user's certificate as a server's"
    );
    assert!(
        material.server_roots.verify(chain, Purpose::Client, NOW).is_err(),
        "a server's as a user's"
    );
    // What was verified once may be remembered, but not past its time, nor for another use.
    for now in [NOW, NOW.plus_seconds(100 * 86_400), NOW.minus_seconds(86_400)] {
        for purpose in [server, Purpose::Client] {
            for (trust, forgetful) in [&material.server_roots, &material.user_roots]
                .into_iter()
                .zip(&material.forgetful)
            {
                assert_eq!(trust.verify(chain, purpose, now), forgetful.verify(chain, purpose, now));
            }
        }
    }
    // With whatever came as the only root: it may be usable, but not for the good leaf that another root signed.
    let mut roots = Roots::new();
    if chain.get(1).is_some_and(|root| roots.add(root).is_ok()) && is(&user) {
        let trusted = Trust::Roots(roots.into()).verify(&chain[..1], Purpose::Client, NOW);
        assert!(
            trusted.is_err() || has_key_of(&chain[1], &material.roots[2]),
            "another root for a good leaf"
        );
    }
}

/// Whether the certificate's bytes have the key of `root` in them, wherever.
fn has_key_of(der: &[u8], root: &[u8]) -> bool {
    let root = Certificate::parse(root).expect("a root");
    let key = root.public_key().expect("a key");
    der.windows(key.len()).any(|window| window == key)
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let with = |mode: u8, bytes: &[u8]| [&[mode][..], bytes].concat();
    let key = SigningKey::ed25519(&[3; 32]);
    let request = SigningRequest::create("alice", &key).expect("a request");
    let mut seeds: Vec<_> = originals().iter().map(|der| with(0, der)).collect();
    seeds.extend([
        with(0, request.der()),
        with(0, request.pem().as_bytes()),
        with(0, &material().revocation_list),
        with(0, key.to_pkcs8_pem().expect("PEM").as_bytes()),
        with(0, b"chat.test"),
        with(0, b"[::1]"),
        with(1, &originals()[0]),
    ]);
    seeds.extend((0..6).map(|which| vec![2, which, 0, 0, 9, 1, 3]));
    seeds.extend([
        vec![3, 1, 0, 0, 3, 0],
        vec![3, 1, 2, 0, 5, 0],
        vec![3, 2, 1, 1, 0, 0, 7, 0, 4, 0, 6, 0, 3, 1, 2, 3, 0],
    ]);
    seeds
}
