//! Every text there is.

use super::{Text, checks, dns, general, http, http2, keys, link, live, story, tcp, tls, tls_extensions, x509};

/// Every text there is.
pub fn all() -> impl Iterator<Item = &'static Text> {
    let files: [&[&Text]; 13] = [
        general::ALL,
        link::ALL,
        live::ALL,
        tcp::ALL,
        dns::ALL,
        tls::ALL,
        tls_extensions::ALL,
        x509::ALL,
        http::ALL,
        http2::ALL,
        checks::ALL,
        keys::ALL,
        story::ALL,
    ];
    files.into_iter().flatten().copied()
}
