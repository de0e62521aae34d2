//! How to make the common programs trust the server's roots, in commands that can be pasted.

use std::fmt::Write as _;
use std::path::Path;

use crate::names::{HostName, default_names};

/// Who, and what to type: `{file}` stands for the file with the roots, `{host}` for a name of the server.
const WAYS: [(&str, &str); 6] = [
    (
        "systems and browsers: tells each one's way, and undoes it again",
        "nihao trust --ca {file}",
    ),
    ("curl, once", "curl --cacert {file} https://{host}:8443/"),
    (
        "openssl, once",
        "openssl s_client -connect {host}:8443 -CAfile {file} -verify_hostname {host} -verify_return_error",
    ),
    ("gnutls, once", "gnutls-cli --x509cafile {file} -p 8443 {host}"),
    (
        "Python, Go and most programs, per process",
        "SSL_CERT_FILE={file} python3 …",
    ),
    ("Node, per process", "NODE_EXTRA_CA_CERTS={file} node …"),
];

/// Explains, for a `ca.pem` at `path` whose P-256 root permits `names`, how to trust it.
#[must_use]
pub fn instructions(path: &Path, names: &[HostName]) -> String {
    let file = quoted(path);
    // The server's own first name, rather than one that every machine has.
    let own = names.iter().find(|name| !default_names().contains(name));
    let host = own
        .or(names.first())
        .map_or_else(|| "localhost".into(), HostName::to_string);
    let permitted = names.iter().map(HostName::to_string).collect::<Vec<_>>().join(", ");
    let mut text = format!(
        "{file} holds the two roots of this server's certificates. Nobody else's are signed by them, and the P-256 root,\n\
         the first in the file, can speak for these names only, whatever happens to its key: {permitted}.\n\
         nihao itself needs none of this: an invite carries the key to trust. Browsers refuse Ed25519: they take the first.\n"
    );
    for (who, command) in WAYS {
        let command = command.replace("{file}", &file).replace("{host}", &host);
        let _ = write!(text, "\n{who}:\n    {command}\n");
    }
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
        let names = ["localhost", "chat.example", "box"].map(|name| HostName::parse(name).unwrap());
        let text = instructions(Path::new("/home/li's chat/ca.pem"), &names);
        assert!(text.contains("curl --cacert '/home/li'\\''s chat/ca.pem' https://chat.example:8443/"));
    }
}
