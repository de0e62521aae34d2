//! What `nihao explain --unfold` shows a person of checks and keys.

use nihao_tests::lab::explain::told;

#[test]
fn a_chain_is_summed_up_and_its_checks_unfold() {
    let ladder = told(&[]);
    let rung = ladder.lines().find(|line| line.contains("{Certificate}")).unwrap();
    assert!(rung.contains("✓ chain of 1: signature, name, dates"), "{rung}");
    for (fault, failed) in [
        ("wrong-name", "✗ name: expected chat.nihao.test; seen"),
        ("expired", "✗ dates: expected 2026-01-01T00:00:00Z; seen 2025-"),
        ("unknown-ca", "✗ trust: expected CN=nihao server CA"),
    ] {
        let ladder = told(&["--fault", fault]);
        assert!(ladder.contains(failed), "{fault}: no {failed} in\n{ladder}");
        assert!(!ladder.contains("✓ chain"), "{fault}");
    }
    let unfolded = told(&["--unfold", "x509", "--lang", "zh"]);
    for part in [
        "服务器：CN=chat.nihao.test",
        "✓ 签名：",
        "✓ 名字：",
        "? 吊销：",
        "✓ 信任：",
        "SHA-256(tbsCertificate)",
    ] {
        assert!(unfolded.contains(part), "no {part} in\n{unfolded}");
    }
    let expired = told(&["--fault", "expired", "--unfold", "x509"]);
    let dates = "✗ dates: expected 2026-01-01T00:00:00Z; seen 2025-";
    assert_eq!(
        expired.matches(dates).count(),
        2,
        "in the step and beneath it:\n{expired}"
    );
    let handshake = told(&["--unfold", "tls"]);
    for part in ["✓ CertificateVerify:", "✓ Finished:", "XOR sequence number", "= nonce"] {
        assert!(handshake.contains(part), "no {part}");
    }
    let blind = told(&["--view", "eavesdropper", "--unfold", "x509", "--unfold", "keys"]);
    assert!(
        !blind.contains('✓') && !blind.contains('✗'),
        "nobody else sees a certificate:\n{blind}"
    );
    assert!(blind.contains("Handshake Secret = ?"), "{blind}");
}

#[test]
fn keys_unfold_as_a_tree_with_their_values() {
    let told = told(&["--unfold", "keys", "--scene", "resumed"]);
    for part in [
        "keys of connection 1",
        "ML-KEM-768",
        "shared secret (64 B): ",
        "HKDF-Extract(salt = derived from Early Secret, (EC)DHE shared secret)",
        "binder key = ",
        "PSK of ticket 1 = ",
    ] {
        assert!(told.contains(part), "no {part} in\n{told}");
    }
    let line = |of: usize, start: &str| {
        let connection = told.split("keys of connection").nth(of).unwrap();
        let line = connection
            .lines()
            .find(|line| line.trim_start().starts_with(start))
            .unwrap();
        line.split(" = ").nth(1).unwrap().to_owned()
    };
    assert_eq!(
        line(1, "PSK of ticket 1"),
        line(2, "PSK"),
        "the ticket's key is the next connection's"
    );
    assert!(!told.contains("= ?"), "everything has a value:\n{told}");
    // A terminal's width is not asked for in a pipe: values are whole.
    assert_eq!(line(1, "Master Secret").len(), 64);
}

#[test]
fn a_server_that_refers_to_others_is_told_from_one_that_knows_nothing() {
    use nihao_explain::texts::{DNS_NO_DATA, DNS_REFERRAL};
    let told = told(&["--unfold", "dns"]);
    let count = |text: &str| told.matches(text).count();
    assert!(count(DNS_REFERRAL.english) > 0, "root and test refer:\n{told}");
    assert!(count(DNS_NO_DATA.english) > 0, "there is no AAAA:\n{told}");
    let silent = self::told(&["--unfold", "dns", "--fault", "no-such-name"]);
    assert!(
        !silent.contains(DNS_NO_DATA.english),
        "what is not there has no type either:\n{silent}"
    );
}
