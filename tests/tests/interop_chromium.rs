//! Our server beside Chromium: a page of the example `s_server`, with our root in Chromium's store and no flag that ignores anything.

use nihao_protocol::crypto::Group;
use nihao_tests::interop::case::{Case, ClientCertificate, Fault};
use nihao_tests::interop::chromium::SHOWN;
use nihao_tests::interop::matrix::check;
use nihao_tests::interop::tables::bad_servers;
use nihao_tests::interop::tool::Tool;
use nihao_tests::pki::Kind;

#[tokio::test]
async fn our_server_and_chromium() {
    let tool = Tool::Chromium;
    let page = || Case::new(tool).leaf(Kind::P256, Fault::None);
    let mut cases = vec![
        page().group(Group::X25519MLKEM768),
        page()
            .knobs(&["--p256-only"])
            .group(Group::SECP256R1)
            .and("hello retried"),
        page().group(Group::X25519MLKEM768).resumed(),
        page().group(Group::X25519MLKEM768).client(ClientCertificate::None),
        page()
            .group(Group::X25519MLKEM768)
            .client(ClientCertificate::Missing)
            .expect("no page is shown; our server: a client certificate is required"),
        Case::new(tool)
            .leaf(Kind::Ed25519, Fault::None)
            .group(Group::X25519MLKEM768)
            .expect("ERR_SSL_VERSION_OR_CIPHER_MISMATCH"),
    ];
    let bad = bad_servers(tool, |fault| String::from(chromium_error(fault)));
    cases.extend(bad.into_iter().map(|case| case.group(Group::X25519MLKEM768)));
    check(tool, cases).await;
}

fn chromium_error(fault: Fault) -> &'static str {
    match fault {
        Fault::None => SHOWN,
        Fault::WrongCa | Fault::OtherHierarchy => "ERR_CERT_AUTHORITY_INVALID",
        Fault::WrongName => "ERR_CERT_COMMON_NAME_INVALID",
        Fault::Expired | Fault::NotYetValid => "ERR_CERT_DATE_INVALID",
        Fault::WrongPurpose => "ERR_CERT_INVALID",
        Fault::WrongKeyUsage => "ERR_SSL_KEY_USAGE_INCOMPATIBLE",
    }
}
