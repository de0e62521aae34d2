//! The committed interop matrix as a whole: every stack is in it, in each role it can play, and nothing in it failed.

use nihao_tests::interop::case::name;
use nihao_tests::interop::foreign::Foreign;
use nihao_tests::interop::matrix::sections;
use nihao_tests::interop::tool::Tool;

#[test]
fn every_stack_is_in_the_matrix_and_every_row_is_ok() {
    let sections = sections().unwrap();
    for (place, tool) in Tool::ALL.iter().enumerate() {
        let rows = sections.get(&place).map(Vec::as_slice).unwrap_or_default();
        let named = format!("{} with us as the {}", tool.name(), tool.our_role());
        assert!(!rows.is_empty(), "{named}: no rows");
        let foreign = Foreign::ALL.iter().filter(|_| tool.our_role() == "client");
        let has = |wanted: &str| rows.iter().any(|row| row.contains(wanted));
        for kind in foreign {
            assert!(has(&format!(",{},", kind.name())), "{named}: no row with {kind:?}");
        }
        for kind in tool.kinds() {
            let wanted = format!(",{},", name(*kind));
            assert!(has(&wanted), "{named}: no row with a leaf of {wanted}");
        }
        for group in tool.groups() {
            let wanted = format!(",{group},");
            assert!(has(&wanted), "{named}: no row with {group}");
        }
        for (what, wanted) in [
            ("AES-128", ",TLS_AES_128_GCM_SHA256,"),
            ("AES-256", ",TLS_AES_256_GCM_SHA384,"),
            ("resumption", ",yes,"),
            ("no client certificate", ",not asked,"),
            ("a client certificate that is asked for and missing", ",asked; none,"),
            ("a refused client certificate", ",required; none,"),
            ("a certificate by an unknown CA", "(wrong CA)"),
            ("a wrong name", "(wrong name)"),
            ("an expired certificate", "(expired)"),
            ("a certificate of tomorrow", "(not yet valid)"),
            ("a wrong extended key usage", "(wrong EKU)"),
            ("a wrong key usage", "(wrong keyUsage)"),
            ("a user posing as a server", "(of the other hierarchy)"),
        ] {
            // Which suite Chromium gets, our example decides.
            let given = *tool == Tool::Chromium && what == "AES-256";
            assert!(given || has(wanted), "{named}: no row with {what}");
        }
        for row in rows {
            assert!(row.ends_with(",ok"), "{row}");
        }
    }
}
