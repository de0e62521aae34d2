//! The committed table of refusals as a whole: that it leaves no alert out that RFC 8446 names, and lists only tests that exist.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use nihao_tests::refusal_table::committed;

/// Where RFC 8446 and those of its extensions that we have name an alert: the section, who sends it, and which.
const NAMED: [(&str, &[&str], &str); 50] = [
    ("RFC 8446 §4", &["client", "server"], "unexpected_message"),
    ("RFC 8446 §4", &["client", "server"], "decode_error"),
    ("RFC 8446 §4.1.1", &["server"], "handshake_failure"),
    ("RFC 8446 §4.1.2", &["server"], "illegal_parameter"),
    ("RFC 8446 §4.1.2", &["server"], "unexpected_message"),
    ("RFC 8446 §4.1.3", &["client"], "illegal_parameter"),
    ("RFC 8446 §4.1.4", &["client"], "illegal_parameter"),
    ("RFC 8446 §4.1.4", &["client"], "unexpected_message"),
    ("RFC 8446 §4.2", &["client"], "unsupported_extension"),
    ("RFC 8446 §4.2", &["client", "server"], "illegal_parameter"),
    ("RFC 8446 §4.2.1", &["client"], "illegal_parameter"),
    ("RFC 8446 §4.2.1", &["client", "server"], "protocol_version"),
    ("RFC 8446 §4.2.3", &["server"], "missing_extension"),
    ("RFC 8446 §4.2.8", &["client", "server"], "illegal_parameter"),
    ("RFC 8446 §4.2.8.2", &["client", "server"], "illegal_parameter"),
    ("RFC 8446 §4.2.9", &["server"], "missing_extension"),
    ("RFC 8446 §4.2.10", &["server"], "bad_record_mac"),
    ("RFC 8446 §4.2.11", &["client", "server"], "illegal_parameter"),
    ("RFC 8446 §4.2.11", &["server"], "decrypt_error"),
    ("RFC 8446 §4.3.1", &["client"], "illegal_parameter"),
    ("RFC 8446 §4.3.2", &["client"], "missing_extension"),
    ("RFC 8446 §4.3.2", &["client"], "unexpected_message"),
    ("RFC 8446 §4.4.2", &["client", "server"], "unsupported_extension"),
    ("RFC 8446 §4.4.2.2", &["server"], "handshake_failure"),
    ("RFC 8446 §4.4.2.2", &["client", "server"], "unsupported_certificate"),
    ("RFC 8446 §4.4.2.4", &["client"], "decode_error"),
    ("RFC 8446 §4.4.2.4", &["server"], "certificate_required"),
    ("RFC 8446 §4.4.2.4", &["client", "server"], "bad_certificate"),
    ("RFC 8446 §4.4.3", &["client", "server"], "illegal_parameter"),
    ("RFC 8446 §4.4.3", &["client", "server"], "decrypt_error"),
    ("RFC 8446 §4.4.4", &["client", "server"], "decrypt_error"),
    ("RFC 8446 §4.5", &["client", "server"], "unexpected_message"),
    ("RFC 8446 §4.6.2", &["client"], "unexpected_message"),
    ("RFC 8446 §4.6.3", &["client", "server"], "unexpected_message"),
    ("RFC 8446 §4.6.3", &["client", "server"], "illegal_parameter"),
    ("RFC 8446 §5", &["client", "server"], "unexpected_message"),
    ("RFC 8446 §5.1", &["client", "server"], "record_overflow"),
    ("RFC 8446 §5.1", &["client", "server"], "unexpected_message"),
    ("RFC 8446 §5.2", &["client", "server"], "record_overflow"),
    ("RFC 8446 §5.2", &["client", "server"], "bad_record_mac"),
    ("RFC 8446 §5.4", &["client", "server"], "unexpected_message"),
    ("RFC 8446 §6.2", &["client", "server"], "bad_certificate"),
    ("RFC 8446 §6.2", &["client", "server"], "certificate_expired"),
    ("RFC 8446 §6.2", &["client", "server"], "unknown_ca"),
    ("RFC 8446 §7.4.2", &["client", "server"], "illegal_parameter"),
    ("RFC 8446 §9.2", &["server"], "missing_extension"),
    ("RFC 8446 §D.5", &["client", "server"], "protocol_version"),
    ("RFC 7301 §3.2", &["server"], "no_application_protocol"),
    ("RFC 8449 §4", &["client", "server"], "illegal_parameter"),
    ("RFC 8449 §4", &["client", "server"], "record_overflow"),
];

/// Section, role and alert of a line; what is refused stands between them and may be quoted.
fn parts(line: &str) -> (String, String, String) {
    let mut head = line.splitn(3, ',');
    let mut tail = line.rsplitn(3, ',');
    let (section, role) = (head.next().unwrap(), head.next().unwrap());
    let alert = tail.nth(1).unwrap();
    (section.to_owned(), role.to_owned(), alert.to_owned())
}

#[test]
fn every_alert_that_the_rfc_names_has_a_row() {
    let lines: BTreeSet<String> = committed().into_values().flatten().collect();
    assert!(lines.len() >= 120, "{} rows", lines.len());
    let rows: BTreeSet<_> = lines.iter().map(|line| parts(line)).collect();
    for (section, roles, alert) in NAMED {
        for role in roles {
            let row = (section.to_owned(), (*role).to_owned(), alert.to_owned());
            assert!(rows.contains(&row), "no row for {row:?}");
        }
    }
}

#[test]
fn no_two_rows_say_different_alerts_for_the_same() {
    let mut alerts: BTreeMap<String, String> = BTreeMap::new();
    for line in committed().into_values().flatten() {
        let (rest, _test) = line.rsplit_once(',').unwrap();
        let (refused, alert) = rest.rsplit_once(',').unwrap();
        let before = alerts.insert(refused.to_owned(), alert.to_owned());
        assert!(before.is_none_or(|before| before == alert), "{refused}");
    }
}

#[test]
fn every_test_of_the_table_exists() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests"));
    for test in committed().keys() {
        let (file, function) = test.split_once("::").expect("file::function");
        let text = std::fs::read_to_string(folder.join(file).with_extension("rs")).expect(file);
        assert!(text.contains(&format!("#[test]\nfn {function}()")), "{test}");
    }
}
