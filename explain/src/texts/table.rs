//! Every text there is.

use super::{Text, dns, general, http, link, story, tcp, tls, tls_extensions, x509};

/// Every text there is.
pub fn all() -> impl Iterator<Item = &'static Text> {
    let files: [&[&Text]; 9] = [
        general::ALL,
        link::ALL,
        tcp::ALL,
        dns::ALL,
        tls::ALL,
        tls_extensions::ALL,
        x509::ALL,
        http::ALL,
        story::ALL,
    ];
    files.into_iter().flatten().copied()
}
