//! Root certificates from bundles as systems keep them, with all that may be wrong with one.

use std::fs;
use std::sync::Arc;

use nihao_protocol::net::{BundleError, RootBundle};
use nihao_protocol::x509::{CertificateError, PemKind, Purpose, ServerName, Trust, encode_pem};
use nihao_tests::pki::{Ca, Kind, Leaf, NOW};

fn pem(ca: &Ca) -> String {
    encode_pem(PemKind::Certificate, &ca.der)
}

fn verify(bundle: RootBundle, ca: &Ca) -> Result<(), CertificateError> {
    let leaf = ca.issue(&Leaf::server(Kind::P256));
    let name = ServerName::parse("localhost").unwrap();
    Trust::Roots(Arc::new(bundle.roots)).verify(&[leaf], Purpose::Server(&name), NOW)
}

#[test]
fn a_broken_certificate_costs_no_other() {
    let [first, cut, last] = [1, 2, 3].map(|number| Ca::new(&format!("root {number}"), Kind::P256, number));
    let base64 = |text: &str| text.replacen("MII", "M!I", 1);
    let endless = pem(&cut).replace("-----END CERTIFICATE-----\n", "");
    let whole = pem(&first);
    let parts = [
        "# Grüße, a comment\r\n",
        &whole.replace('\n', "\r\n"),
        &endless,
        &base64(&pem(&Ca::new("damaged", Kind::Ed25519, 4))),
        &encode_pem(PemKind::Certificate, b"no certificate"),
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
        &encode_pem(PemKind::RevocationList, b"of another kind"),
        "\u{0}text between\n",
        &pem(&last),
    ];
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bundle.pem");
    fs::write(&path, [parts.concat().as_bytes(), b"\xff\xfe not UTF-8"].concat()).unwrap();
    for (ca, trusted) in [(&first, true), (&last, true), (&cut, false)] {
        let bundle = RootBundle::read(&path).unwrap();
        assert_eq!(bundle.skipped, 4);
        assert_eq!(bundle.path, path);
        let verified = verify(bundle, ca);
        assert_eq!(verified.is_ok(), trusted, "{verified:?}");
    }
}

#[test]
fn the_first_file_with_a_usable_certificate_counts() {
    let folder = tempfile::tempdir().unwrap();
    let [missing, empty, broken, good] = ["missing", "empty", "broken", "good"].map(|name| folder.path().join(name));
    let ca = Ca::new("root", Kind::P256, 1);
    fs::write(&empty, "").unwrap();
    fs::write(&broken, encode_pem(PemKind::Certificate, b"x").repeat(3)).unwrap();
    fs::write(&good, pem(&ca)).unwrap();
    let bundle = RootBundle::first_of([&missing, &empty, &broken, &good, &missing]).unwrap();
    assert_eq!((bundle.skipped, &bundle.path), (0, &good));
    assert_eq!(verify(bundle, &ca), Ok(()));
    let error = RootBundle::first_of([&missing, folder.path(), &empty, &broken]).unwrap_err();
    assert!(
        matches!(
            error.looked.as_slice(),
            [
                (_, BundleError::Io(_)),
                (_, BundleError::Io(_)),
                (_, BundleError::Empty),
                (_, BundleError::NoneUsable(3))
            ]
        ),
        "{error:?}"
    );
    let told = error.to_string();
    for place in [&missing, &empty, &broken] {
        assert!(told.contains(&place.display().to_string()), "{told}");
    }
}

#[test]
fn a_file_without_an_end_is_not_read_to_it() {
    let error = RootBundle::read("/dev/zero".as_ref()).unwrap_err();
    assert!(matches!(error, BundleError::TooLong), "{error}");
}
