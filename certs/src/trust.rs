//! How to make the common programs trust the server's roots, in commands that can be pasted.

use std::fmt::Write as _;
use std::path::Path;

use crate::names::HostName;

/// Explains, for a `ca.pem` at `path` whose P-256 root permits `names`, how to trust it and how to undo that.
#[must_use]
pub fn instructions(path: &Path, names: &[HostName]) -> String {
    let file = quoted(path);
    let host = names.last().map_or_else(|| "localhost".into(), HostName::to_string);
    let permitted = names.iter().map(HostName::to_string).collect::<Vec<_>>().join(", ");
    let mut text = format!(
        "{file} holds the two roots of this server's certificates. Nobody else is signed by them, and the P-256 root\n\
         can speak for these names only, whatever happens to its key: {permitted}.\n\
         nihao itself needs none of this: an invite carries the key to trust.\n"
    );
    let root = "a P-256 root is the first block of the file, which is the one these stores take";
    for (who, commands) in [
        ("curl, once", format!("curl --cacert {file} https://{host}:8443/")),
        (
            "openssl, once",
            format!(
                "openssl s_client -connect {host}:8443 -CAfile {file} -verify_hostname {host} -verify_return_error"
            ),
        ),
        ("gnutls, once", format!("gnutls-cli --x509cafile {file} -p 8443 {host}")),
        (
            "Python, Go and most programs, per process",
            format!("SSL_CERT_FILE={file} python3 …"),
        ),
        ("Node, per process", format!("NODE_EXTRA_CA_CERTS={file} node …")),
        (
            "Debian, Ubuntu: the whole system (root)",
            format!(
                "openssl x509 -in {file} -out /usr/local/share/ca-certificates/nihao.crt && update-ca-certificates\n\
                 undo: rm /usr/local/share/ca-certificates/nihao.crt && update-ca-certificates --fresh"
            ),
        ),
        (
            "Fedora, RHEL: the whole system (root)",
            format!(
                "openssl x509 -in {file} -out /etc/pki/ca-trust/source/anchors/nihao.pem && update-ca-trust\n\
                 undo: rm /etc/pki/ca-trust/source/anchors/nihao.pem && update-ca-trust"
            ),
        ),
        (
            "Chromium and Chrome on Linux (package libnss3-tools)",
            format!(
                "certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n nihao -i {file}\n\
                 undo: certutil -d sql:$HOME/.pki/nssdb -D -n nihao"
            ),
        ),
        (
            "Firefox (its own store; PROFILE is shown on about:support)",
            format!(
                "certutil -d sql:PROFILE -A -t C,, -n nihao -i {file}\n\
                 or: Settings, Privacy & Security, View Certificates, Authorities, Import\n\
                 undo: certutil -d sql:PROFILE -D -n nihao"
            ),
        ),
        (
            "macOS: the whole system",
            format!(
                "openssl x509 -in {file} -out nihao.crt && sudo security add-trusted-cert -d -k /Library/Keychains/System.keychain nihao.crt"
            ),
        ),
        (
            "Windows: the current user",
            format!("openssl x509 -in {file} -out nihao.crt, then: certutil -user -addstore Root nihao.crt"),
        ),
    ] {
        let _ = write!(text, "\n{who}:\n");
        for line in commands.lines() {
            let _ = writeln!(text, "    {line}");
        }
    }
    let _ = write!(text, "\nBrowsers refuse Ed25519 certificates; {root}.\n");
    text
}

fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = text
        .chars()
        .all(|character| character.is_alphanumeric() || "/._-+".contains(character));
    if is_plain {
        text
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_can_be_pasted() {
        let text = instructions(
            Path::new("/home/li's chat/ca.pem"),
            &[HostName::parse("chat.example").unwrap()],
        );
        assert!(text.contains("curl --cacert '/home/li'\\''s chat/ca.pem' https://chat.example:8443/"));
    }
}
