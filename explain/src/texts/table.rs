//! Every text there is.

use super::{Text, checks, dns, general, http, keys, link, story, tcp, tls, tls_extensions, x509};

/// Every text there is.
pub fn all() -> impl Iterator<Item = &'static Text> {
    let files: [&[&Text]; 11] = [
        general::ALL,
        link::ALL,
        tcp::ALL,
        dns::ALL,
        tls::ALL,
        tls_extensions::ALL,
        x509::ALL,
        http::ALL,
        checks::ALL,
        keys::ALL,
        story::ALL,
    ];
    files.into_iter().flatten().copied()
}
