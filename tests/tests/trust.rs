//! Whom we trust: every check of a chain against roots, revocation lists and verifiers, with what the refusal says.

use std::sync::{Arc, Mutex};

use nihao_protocol::clock::UnixTime;
use nihao_protocol::x509::{CertificateError as Error, MAX_CHAIN, Purpose, Roots, ServerName, Trust, Verifier};
use nihao_tests::pki::{Ca, Kind, Leaf, NOW};
use nihao_tests::refusal::{servers, trust, users};
use rcgen::{
    BasicConstraints, ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, KeyUsagePurpose, NameConstraints, SanType,
};

const DAY: u64 = 86_400;
const KIND: Kind = Kind::Ed25519;

/// Verifies the chain of the server `name`.
fn served(trust: &Trust, name: &str, chain: &[&[u8]]) -> Result<(), Error> {
    served_at(trust, name, chain, NOW)
}

fn served_at(trust: &Trust, name: &str, chain: &[&[u8]], now: UnixTime) -> Result<(), Error> {
    let name = ServerName::parse(name).unwrap();
    let chain: Vec<_> = chain.iter().map(|der| der.to_vec()).collect();
    trust.verify(&chain, Purpose::Server(&name), now)
}

fn used(trust: &Trust, chain: &[&[u8]]) -> Result<(), Error> {
    let chain: Vec<_> = chain.iter().map(|der| der.to_vec()).collect();
    trust.verify(&chain, Purpose::Client, NOW)
}

fn good() -> Leaf {
    Leaf::server(KIND)
}

fn wrong_name(expected: &str, presented: &[&str]) -> Result<(), Error> {
    Err(Error::WrongName {
        expected: expected.into(),
        presented: presented.iter().map(ToString::to_string).collect(),
    })
}

fn days(days: u64) -> u64 {
    days * DAY
}

#[test]
fn every_kind_of_key_signs_every_other() {
    for of_root in Kind::ALL {
        let ca = Ca::new("root", of_root, 1);
        for of_leaf in Kind::ALL {
            let leaf = ca.issue(&Leaf::server(of_leaf));
            assert_eq!(
                served(&trust(&ca), "localhost", &[&leaf]),
                Ok(()),
                "{of_root:?} {of_leaf:?}"
            );
            let user = ca.issue(&Leaf::user(of_leaf));
            assert_eq!(used(&trust(&ca), &[&user]), Ok(()), "{of_root:?} {of_leaf:?}");
        }
    }
}

#[test]
fn names_are_held_against_the_certificate() {
    let (ca, all) = (servers(), ["localhost", "127.0.0.1", "::1"]);
    let (leaf, trust) = (ca.issue(&good()), trust(&ca));
    for name in ["localhost", "LOCALHOST.", "127.0.0.1", "::1", "[0:0::1]"] {
        assert_eq!(served(&trust, name, &[&leaf]), Ok(()), "{name}");
    }
    for name in ["chat.test", "a.localhost", "127.0.0.2", "::2"] {
        assert_eq!(served(&trust, name, &[&leaf]), wrong_name(name, &all));
    }
    // RFC 9525 §6.3: one label, the leftmost, and whole.
    let wild = Leaf {
        names: vec!["*.chat.test".into()],
        ..good()
    };
    let wild = ca.issue(&wild);
    assert_eq!(served(&trust, "a.chat.test", &[&wild]), Ok(()));
    for name in ["chat.test", "a.b.chat.test", "chat.test.example"] {
        assert_eq!(served(&trust, name, &[&wild]), wrong_name(name, &["*.chat.test"]));
    }
    // RFC 9525 §6.5: an address is found among addresses, never among names.
    let posing = ca.issue_with(&good(), |params| {
        params.subject_alt_names = vec![SanType::DnsName("10.0.0.1".try_into().unwrap())];
    });
    assert_eq!(
        served(&trust, "10.0.0.1", &[&posing]),
        wrong_name("10.0.0.1", &["10.0.0.1"])
    );
    let nameless = Leaf {
        names: Vec::new(),
        ..good()
    };
    assert_eq!(
        served(&trust, "leaf", &[&ca.issue(&nameless)]),
        wrong_name("leaf", &[]),
        "the common name counts for nothing"
    );
}

#[test]
fn dates_are_held_against_the_clock() {
    let (ca, leaf) = (servers(), good());
    let (from, to) = (NOW.minus_seconds(DAY), NOW.plus_seconds(days(60)));
    let (der, trust) = (ca.issue(&leaf), trust(&ca));
    for now in [from, to] {
        assert_eq!(
            served_at(&trust, "localhost", &[&der], now),
            Ok(()),
            "the last second is in"
        );
    }
    let late = to.plus_seconds(1);
    let expired = Error::Expired {
        not_after: to,
        now: late,
    };
    assert_eq!(served_at(&trust, "localhost", &[&der], late), Err(expired));
    let early = from.minus_seconds(1);
    let not_yet = Error::NotYetValid {
        not_before: from,
        now: early,
    };
    assert_eq!(served_at(&trust, "localhost", &[&der], early), Err(not_yet));
}

#[test]
fn uses_are_held_against_the_purpose() {
    let (ca, wrong) = (servers(), |required| Err(Error::WrongPurpose { required }));
    let trust = trust(&ca);
    let (server, user) = (ca.issue(&good()), ca.issue(&Leaf::user(KIND)));
    assert_eq!(served(&trust, "localhost", &[&user]), wrong("server"));
    assert_eq!(used(&trust, &[&server]), wrong("client"));
    let purposes = |purposes: &[ExtendedKeyUsagePurpose]| Leaf {
        purposes: purposes.to_vec(),
        ..good()
    };
    let code = ca.issue(&purposes(&[ExtendedKeyUsagePurpose::CodeSigning]));
    assert_eq!(served(&trust, "localhost", &[&code]), wrong("server"));
    let both = ca.issue(&purposes(&[
        ExtendedKeyUsagePurpose::ServerAuth,
        ExtendedKeyUsagePurpose::ClientAuth,
    ]));
    let neither = ca.issue(&purposes(&[]));
    for leaf in [&both, &neither] {
        assert_eq!(served(&trust, "localhost", &[leaf]), Ok(()));
        assert_eq!(used(&trust, &[leaf]), Ok(()));
    }
    let usages = |usages: &[KeyUsagePurpose]| Leaf {
        usages: usages.to_vec(),
        ..good()
    };
    let silent = ca.issue(&usages(&[]));
    assert_eq!(served(&trust, "localhost", &[&silent]), Ok(()));
    for other in [KeyUsagePurpose::KeyAgreement, KeyUsagePurpose::KeyCertSign] {
        let leaf = ca.issue(&usages(&[other]));
        assert_eq!(served(&trust, "localhost", &[&leaf]), Err(Error::NoDigitalSignature));
    }
}

#[test]
fn paths_are_built() {
    let ca = servers();
    let between = ca.below("between", KIND, 4, |params| {
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    });
    let (leaf, trust) = (between.issue(&good()), trust(&ca));
    let other = Ca::new("other", KIND, 5);
    for chain in [
        &[&leaf[..], &between.der][..],
        &[&leaf, &between.der, &ca.der],
        &[&leaf, &ca.der, &other.der, &between.der],
    ] {
        assert_eq!(served(&trust, "localhost", chain), Ok(()));
    }
    let unknown = |issuer: &str| Err(Error::UnknownIssuer { issuer: issuer.into() });
    assert_eq!(served(&trust, "localhost", &[&leaf]), unknown("CN=between"));
    let stranger = other.issue(&good());
    assert_eq!(served(&trust, "localhost", &[&stranger]), unknown("CN=other"));
    let impostor = Ca::new("servers", KIND, 3).issue(&good());
    assert_eq!(served(&trust, "localhost", &[&impostor]), Err(Error::BadSignature));
    let nobody = Trust::Roots(Roots::new().into());
    assert_eq!(
        served(&nobody, "localhost", &[&ca.issue(&good())]),
        unknown("CN=servers")
    );

    let below = between.below("below", KIND, 6, |_| ());
    let leaf = below.issue(&good());
    assert_eq!(
        served(&trust, "localhost", &[&leaf, &below.der, &between.der]),
        Err(Error::OutsideConstraints),
        "path length 0"
    );
    let expired = ca.below("between", KIND, 4, |params| params.not_after = params.not_before);
    let leaf = expired.issue(&good());
    assert_eq!(
        served(&trust, "localhost", &[&leaf, &expired.der]),
        Err(Error::Expired {
            not_after: NOW.minus_seconds(days(100)),
            now: NOW
        })
    );
}

#[test]
fn authorities_are_no_leaves_nor_leaves_authorities() {
    let ca = servers();
    let trust = trust(&ca);
    assert_eq!(served(&trust, "localhost", &[&ca.der]), Err(Error::MisplacedCa));
    let both = ca.issue_with(&good(), |params| {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained)
    });
    assert_eq!(served(&trust, "localhost", &[&both]), Err(Error::MisplacedCa));
    let leaf = ca.below("leaf", KIND, 9, |params| {
        params.is_ca = IsCa::NoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    });
    let below = leaf.issue(&good());
    assert_eq!(
        served(&trust, "localhost", &[&below, &leaf.der]),
        Err(Error::MisplacedCa)
    );
}

#[test]
fn name_constraints_bind() {
    let subtree = |name: &str| GeneralSubtree::DnsName(name.into());
    let constrained = |permitted: &[&str], excluded: &[&str]| {
        Ca::with("constrained", KIND, 1, |params| {
            params.name_constraints = Some(NameConstraints {
                permitted_subtrees: permitted.iter().copied().map(subtree).collect(),
                excluded_subtrees: excluded.iter().copied().map(subtree).collect(),
            });
        })
    };
    for (permitted, excluded, name, expected) in [
        (&["chat.test"][..], &[][..], "chat.test", Ok(())),
        (&["chat.test"], &[], "a.chat.test", Ok(())),
        (&["chat.test"], &[], "xchat.test", Err(Error::OutsideConstraints)),
        (&["chat.test"], &[], "localhost", Err(Error::OutsideConstraints)),
        (&[], &["bad.test"], "chat.test", Ok(())),
        (&["test"], &["bad.test"], "a.bad.test", Err(Error::OutsideConstraints)),
    ] {
        let ca = constrained(permitted, excluded);
        let leaf = Leaf {
            names: vec![name.into()],
            ..good()
        };
        assert_eq!(
            served(&trust(&ca), name, &[&ca.issue(&leaf)]),
            expected,
            "{permitted:?} {name}"
        );
    }
}

#[test]
fn what_is_no_chain_is_refused() {
    let ca = servers();
    let (leaf, trust) = (ca.issue(&good()), trust(&ca));
    let localhost = |chain: &[&[u8]]| served(&trust, "localhost", chain);
    assert_eq!(localhost(&[]), Err(Error::Missing));
    let mut long = vec![&leaf[..]];
    long.resize(MAX_CHAIN, &ca.der);
    assert_eq!(localhost(&long), Ok(()));
    long.push(&ca.der);
    assert_eq!(localhost(&long), Err(Error::ChainTooLong(11)));

    assert_eq!(localhost(&[&[]]), Err(Error::Malformed));
    assert_eq!(
        localhost(&[&[&leaf[..], &[0]].concat()]),
        Err(Error::Malformed),
        "a trailing byte"
    );
    for end in 0..leaf.len() {
        assert_eq!(localhost(&[&leaf[..end]]), Err(Error::Malformed), "{end} bytes");
    }
    let mut forged = leaf.clone();
    *forged.last_mut().unwrap() ^= 1;
    assert_eq!(localhost(&[&forged]), Err(Error::BadSignature));
    // The identifier of Ed25519 becomes that of Ed448 wherever it stands.
    let ed448 = replaced(leaf, &[0x2b, 0x65, 0x70], &[0x2b, 0x65, 0x71]);
    assert_eq!(localhost(&[&ed448]), Err(Error::UnsupportedAlgorithm));
}

fn replaced(mut der: Vec<u8>, from: &[u8; 3], to: &[u8; 3]) -> Vec<u8> {
    for at in 0..der.len() - 2 {
        if der[at..at + 3] == from[..] {
            der[at..at + 3].copy_from_slice(to);
        }
    }
    der
}

/// Trust in the users' CA and this revocation list.
fn listed(list: &[u8]) -> Trust {
    let mut roots = Roots::new();
    roots.add(&users().der).unwrap();
    roots.add_revocation_list(list).unwrap();
    Trust::Roots(roots.into())
}

#[test]
fn revocation_lists_are_consulted() {
    let ca = users();
    let alice = Leaf::user(KIND);
    let bob = Leaf {
        number: 9,
        ..Leaf::user(KIND)
    };
    let (a, b) = (ca.issue(&alice), ca.issue(&bob));
    let trust = listed(&ca.revocation_list(&[&bob], -1, 7));
    for _ in 0..2 {
        assert_eq!(used(&trust, &[&a]), Ok(()));
        assert_eq!(used(&trust, &[&b]), Err(Error::Revoked));
    }
    let stale = listed(&ca.revocation_list(&[&bob], -9, -1));
    assert_eq!(used(&stale, &[&a]), Err(Error::UnknownRevocationStatus));
    let foreign = listed(&servers().revocation_list(&[], -1, 7));
    assert_eq!(used(&foreign, &[&a]), Err(Error::UnknownRevocationStatus));
    let impostor = Ca::new("users", KIND, 3);
    let forged = listed(&impostor.revocation_list(&[], -1, 7));
    assert_eq!(
        used(&forged, &[&a]),
        Err(Error::UnknownRevocationStatus),
        "a list signed by another key"
    );
    assert!(
        Roots::new().add_revocation_list(&a).is_err(),
        "a certificate is no list"
    );
}

#[test]
fn remembered_chains_are_still_checked() {
    let ca = servers();
    let leaf = ca.issue(&good());
    for most in [256, 1, 0] {
        let mut roots = Roots::new().remembering(most);
        roots.add(&ca.der).unwrap();
        let trust = Trust::Roots(roots.into());
        let (other, end) = (ca.issue(&Leaf { number: 10, ..good() }), NOW.plus_seconds(days(60)));
        for _ in 0..3 {
            assert_eq!(served(&trust, "localhost", &[&leaf]), Ok(()));
            assert_eq!(served(&trust, "localhost", &[&other]), Ok(()));
            assert_eq!(
                served(&trust, "chat.test", &[&leaf]),
                wrong_name("chat.test", &["localhost", "127.0.0.1", "::1"])
            );
            assert_eq!(used(&trust, &[&leaf]), Err(Error::WrongPurpose { required: "client" }));
            let late = end.plus_seconds(1);
            assert_eq!(
                served_at(&trust, "localhost", &[&leaf], late),
                Err(Error::Expired {
                    not_after: end,
                    now: late
                })
            );
            let mut forged = leaf.clone();
            *forged.last_mut().unwrap() ^= 1;
            assert_eq!(served(&trust, "localhost", &[&forged]), Err(Error::BadSignature));
        }
    }
}

#[test]
fn a_new_list_counts_for_remembered_chains() {
    let (ca, alice) = (users(), Leaf::user(KIND));
    let mut roots = Roots::new();
    roots.add(&ca.der).unwrap();
    let (chain, name) = ([ca.issue(&alice)], Purpose::Client);
    let mut shared = Arc::new(roots);
    assert_eq!(Trust::Roots(shared.clone()).verify(&chain, name, NOW), Ok(()));
    let roots = Arc::get_mut(&mut shared).unwrap();
    roots
        .add_revocation_list(&ca.revocation_list(&[&alice], -1, 7))
        .unwrap();
    assert_eq!(Trust::Roots(shared).verify(&chain, name, NOW), Err(Error::Revoked));
}

/// What a verifier was asked: chain, purpose in words, time.
type Asked = (Vec<Vec<u8>>, String, UnixTime);

#[derive(Debug)]
struct Witness {
    asked: Mutex<Vec<Asked>>,
    answer: Result<(), Error>,
}

impl Verifier for Witness {
    fn verify(&self, chain: &[Vec<u8>], purpose: Purpose<'_>, now: UnixTime) -> Result<(), Error> {
        let purpose = match purpose {
            Purpose::Server(name) => name.to_string(),
            Purpose::Client => "a client".into(),
        };
        self.asked.lock().unwrap().push((chain.to_vec(), purpose, now));
        self.answer.clone()
    }
}

#[test]
fn a_verifier_of_ones_own_decides() {
    let expired = Leaf {
        from_day: -9,
        to_day: -1,
        ..good()
    };
    let (leaf, ca) = (servers().issue(&expired), servers().der);
    for answer in [Ok(()), Err(Error::Refused("not on the list".into()))] {
        let witness = Arc::new(Witness {
            asked: Mutex::default(),
            answer: answer.clone(),
        });
        let trust = Trust::Custom(witness.clone());
        assert_eq!(served(&trust, "chat.test", &[&leaf, &ca]), answer);
        assert_eq!(used(&trust, &[&leaf]), answer);
        assert_eq!(used(&trust, &[]), Err(Error::Missing));
        assert_eq!(used(&trust, &[&leaf[..]; 11]), Err(Error::ChainTooLong(11)));
        let asked = [
            (vec![leaf.clone(), ca.clone()], "chat.test".to_owned(), NOW),
            (vec![leaf.clone()], "a client".to_owned(), NOW),
        ];
        assert_eq!(*witness.asked.lock().unwrap(), asked);
    }
}
