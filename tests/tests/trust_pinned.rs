//! Trust in nothing but the 32 bytes of an Ed25519 key: what that accepts, what it refuses, and what it cannot see.

use nihao_protocol::x509::{CertificateError as Error, Purpose, ServerName, Trust};
use nihao_tests::pki::{Ca, Kind, Leaf, NOW};
use rcgen::{BasicConstraints, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, KeyUsagePurpose, NameConstraints};

const KIND: Kind = Kind::Ed25519;

fn root() -> Ca {
    Ca::new("servers", KIND, 1)
}

fn between(root: &Ca) -> Ca {
    root.below("between", KIND, 4, |params| {
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    })
}

fn good() -> Leaf {
    Leaf::server(KIND)
}

/// Verifies the chain of localhost under the key of `ca`.
fn pinned(ca: &Ca, chain: &[&[u8]]) -> Result<(), Error> {
    under(ca.pin(), "localhost", chain)
}

fn under(pin: [u8; 32], name: &str, chain: &[&[u8]]) -> Result<(), Error> {
    let name = ServerName::parse(name).unwrap();
    let chain: Vec<_> = chain.iter().map(|der| der.to_vec()).collect();
    Trust::Pinned(pin).verify(&chain, Purpose::Server(&name), NOW)
}

fn not_signed(issuer: &str) -> Result<(), Error> {
    Err(Error::NotSignedByPin { issuer: issuer.into() })
}

#[test]
fn chains_that_end_in_the_key_are_accepted() {
    let ca = root();
    let between = between(&ca);
    for kind in Kind::ALL {
        let leaf = ca.issue(&Leaf::server(kind));
        let below = between.issue(&Leaf::server(kind));
        for chain in [
            &[&leaf[..]][..],
            &[&leaf, &ca.der],
            &[&below, &between.der],
            &[&below, &between.der, &ca.der],
            &[&below, &ca.der, &between.der],
        ] {
            assert_eq!(pinned(&ca, chain), Ok(()), "{kind:?}, {} certificates", chain.len());
        }
        assert_eq!(under(ca.pin(), "127.0.0.1", &[&leaf]), Ok(()), "by address");
        assert_eq!(pinned(&between, &[&below]), Ok(()), "the key of the one between");
    }
    let user = [ca.issue(&Leaf::user(KIND))];
    assert_eq!(Trust::Pinned(ca.pin()).verify(&user, Purpose::Client, NOW), Ok(()));
}

#[test]
fn other_keys_are_refused_whatever_their_name() {
    let ca = root();
    let genuine = between(&ca);
    let missing = genuine.issue(&good());
    assert_eq!(pinned(&ca, &[&missing]), not_signed("CN=between"));
    let other = Ca::new("servers", KIND, 3);
    let leaf = other.issue(&good());
    for chain in [
        &[&leaf[..]][..],
        &[&leaf, &other.der],
        &[&leaf, &ca.der],
        &[&leaf, &genuine.der, &ca.der],
    ] {
        assert_eq!(
            pinned(&ca, chain),
            not_signed("CN=servers"),
            "{} certificates",
            chain.len()
        );
    }
    let fake = other.below("between", KIND, 5, |_| ());
    let leaf = fake.issue(&good());
    for chain in [&[&leaf[..], &genuine.der][..], &[&leaf, &fake.der, &genuine.der]] {
        assert_eq!(pinned(&ca, chain), not_signed("CN=servers"));
    }
    let p256 = Ca::new("servers", Kind::P256, 1).issue(&good());
    assert_eq!(pinned(&ca, &[&p256]), not_signed("CN=servers"), "a key of another kind");
    assert_eq!(
        under([0; 32], "localhost", &[&ca.issue(&good())]),
        not_signed("CN=servers")
    );
}

#[test]
fn the_leaf_is_checked_as_under_roots() {
    let ca = root();
    let issue = |leaf: Leaf| ca.issue(&leaf);
    let leaf = issue(good());
    assert_eq!(
        under(ca.pin(), "chat.test", &[&leaf]),
        Err(Error::WrongName {
            expected: "chat.test".into(),
            presented: ["localhost", "127.0.0.1", "::1"].map(String::from).to_vec()
        })
    );
    let expired = issue(Leaf {
        from_day: -9,
        to_day: -1,
        ..good()
    });
    assert_eq!(
        pinned(&ca, &[&expired]),
        Err(Error::Expired {
            not_after: NOW.minus_seconds(86_400),
            now: NOW
        })
    );
    let early = issue(Leaf { from_day: 1, ..good() });
    assert_eq!(
        pinned(&ca, &[&early]),
        Err(Error::NotYetValid {
            not_before: NOW.plus_seconds(86_400),
            now: NOW
        })
    );
    let user = issue(Leaf {
        purposes: vec![ExtendedKeyUsagePurpose::ClientAuth],
        ..good()
    });
    assert_eq!(pinned(&ca, &[&user]), Err(Error::WrongPurpose { required: "server" }));
    let signs = issue(Leaf {
        usages: vec![KeyUsagePurpose::KeyCertSign],
        ..good()
    });
    assert_eq!(pinned(&ca, &[&signs]), Err(Error::NoDigitalSignature));
}

#[test]
fn the_path_is_checked_as_under_roots() {
    let ca = root();
    assert_eq!(pinned(&ca, &[&ca.der]), Err(Error::MisplacedCa));
    let both = ca.issue_with(&good(), |params| {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained)
    });
    assert_eq!(pinned(&ca, &[&both]), Err(Error::MisplacedCa));
    let ordinary = ca.below("leaf", KIND, 9, |params| params.is_ca = IsCa::ExplicitNoCa);
    let below = ordinary.issue(&good());
    assert_eq!(pinned(&ca, &[&below, &ordinary.der]), Err(Error::MisplacedCa));
    let between = between(&ca);
    let deep = between.below("deep", KIND, 6, |_| ());
    let leaf = deep.issue(&good());
    assert_eq!(
        pinned(&ca, &[&leaf, &deep.der, &between.der]),
        Err(Error::OutsideConstraints)
    );
}

#[test]
fn what_is_no_chain_is_refused() {
    let ca = root();
    let leaf = ca.issue(&good());
    assert_eq!(pinned(&ca, &[]), Err(Error::Missing));
    assert_eq!(pinned(&ca, &[&leaf[..]; 11]), Err(Error::ChainTooLong(11)));
    let mut forged = leaf.clone();
    *forged.last_mut().unwrap() ^= 1;
    assert_eq!(pinned(&ca, &[&forged]), not_signed("CN=servers"));
    assert_eq!(pinned(&ca, &[&[&leaf[..], &[0]].concat()]), Err(Error::Malformed));
    for end in 0..leaf.len() {
        assert_eq!(pinned(&ca, &[&leaf[..end]]), Err(Error::Malformed), "{end} bytes");
    }
    for at in 0..leaf.len() {
        let mut changed = leaf.clone();
        changed[at] ^= 0x10;
        assert!(pinned(&ca, &[&changed]).is_err(), "byte {at}");
    }
}

/// A pin is a key and nothing more: what the CA's certificate says is not seen. So the key signs certificates only, and leaves
/// live short.
#[test]
fn of_the_authority_nothing_but_its_key_is_seen() {
    let ca = root();
    let past = Ca::with("servers", KIND, 1, |params| {
        params.not_after = params.not_before;
        params.name_constraints = Some(NameConstraints {
            permitted_subtrees: vec![GeneralSubtree::DnsName("other.test".into())],
            excluded_subtrees: Vec::new(),
        });
    });
    let renamed = Ca::new("renamed", KIND, 1);
    let short = Ca::with("servers", KIND, 1, |params| {
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    });
    for other in [&past, &renamed] {
        assert_eq!(other.pin(), ca.pin());
        assert_eq!(pinned(&ca, &[&other.issue(&good())]), Ok(()));
    }
    let between = short.below("between", KIND, 4, |_| ());
    assert_eq!(pinned(&ca, &[&between.issue(&good()), &between.der]), Ok(()));
    // The same pin serves for a server's own key.
    let own = Leaf { number: 1, ..good() };
    let own = Ca::new("leaf", KIND, 1).issue(&own);
    assert_eq!(pinned(&ca, &[&own]), Ok(()));
}
