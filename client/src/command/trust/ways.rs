//! What to type, for each common system and browser, so that it trusts a root, and does not any more.

use std::fmt::Write as _;
use std::path::Path;

use super::Root;

/// Who, and what to type: `{file}` stands for a file whose first certificate is the root, `{stem}` for a name no other root has,
/// `{name}` for the root's own, `{host}` for a host of the server's.
const WAYS: [(&str, &str); 14] = [
    (
        "Chromium, Chrome and Firefox on Linux, for this user",
        "nihao trust{ca} --install nss\nundo: nihao trust{ca} --remove nss",
    ),
    (
        "Debian, Ubuntu: curl, wget, git, Python, Go and all that use the system's store",
        "sudo nihao trust --install debian --ca {file}\nundo: sudo nihao trust --remove debian --ca {file}",
    ),
    (
        "Fedora, RHEL",
        "openssl x509 -in {file} | sudo tee /etc/pki/ca-trust/source/anchors/{stem}.pem && sudo update-ca-trust\n\
         undo: sudo rm /etc/pki/ca-trust/source/anchors/{stem}.pem && sudo update-ca-trust",
    ),
    (
        "Arch",
        "openssl x509 -in {file} -out {stem}.pem && sudo trust anchor --store {stem}.pem\n\
         undo: sudo trust anchor --remove {stem}.pem",
    ),
    (
        "macOS: Safari, Chrome, curl",
        "openssl x509 -in {file} -out {stem}.pem\n\
         sudo security add-trusted-cert -d -k /Library/Keychains/System.keychain {stem}.pem\n\
         undo: sudo security delete-certificate -t -c '{name}' /Library/Keychains/System.keychain",
    ),
    (
        "Windows: Edge, Chrome, for this user",
        "openssl x509 -in {file} -out {stem}.crt\ncertutil -user -addstore Root {stem}.crt\n\
         undo: certutil -user -delstore Root \"{name}\"",
    ),
    (
        "Firefox anywhere",
        "Settings, Privacy & Security, View Certificates, Authorities, Import: {file}, for websites\n\
         undo: the same place, Delete or Distrust",
    ),
    (
        "Chromium NSS by hand (certutil is in libnss3-tools); Firefox likewise, with its profile's directory",
        "certutil -d sql:$HOME/.pki/nssdb -A -t C,, -n '{name}' -i {file}\n\
         undo: certutil -d sql:$HOME/.pki/nssdb -D -n '{name}'",
    ),
    ("curl, once", "curl --cacert {file} https://{host}:8443/"),
    (
        "OpenSSL, once",
        "openssl s_client -connect {host}:8443 -CAfile {file} -verify_hostname {host} -verify_return_error",
    ),
    ("Python, Go and others, per process", "SSL_CERT_FILE={file} python3 …"),
    ("Node, per process", "NODE_EXTRA_CA_CERTS={file} node …"),
    (
        "Java",
        "keytool -importcert -noprompt -alias {stem} -file {file} -keystore nihao.jks -storepass changeit\n\
         java -Djavax.net.ssl.trustStore=nihao.jks …",
    ),
    (
        "Android, iOS",
        "open https://{host}:8443/ca.pem, and install what it is as a CA certificate in the system's settings",
    ),
];

/// Describes the root at `file` and how to trust it.
pub(super) fn tell(root: &Root, file: &Path) -> String {
    let mut text = root.describe();
    let path = quoted(file);
    let _ = writeln!(
        text,
        "file         {path}\n\n\
         Whoever trusts it trusts this server's authority for these names and those below them, and for no other: the\n\
         constraint is critical, programs that do not know it refuse the root. nihao itself needs none of this: an invite\n\
         carries the key to trust. Compare the fingerprint with the server's operator before anything is installed."
    );
    // The command finds the file by itself, if it is its own.
    let ca = if file.ends_with(crate::home::ROOT) {
        String::new()
    } else {
        format!(" --ca {path}")
    };
    for (who, commands) in WAYS {
        let _ = write!(text, "\n{who}:\n");
        let commands = commands
            .replace("{ca}", &ca)
            .replace("{file}", &path)
            .replace("{stem}", &root.stem())
            .replace("{name}", root.name())
            .replace("{host}", root.host());
        for line in commands.lines() {
            let _ = writeln!(text, "    {line}");
        }
    }
    text
}

/// A path as it can be pasted into a shell.
pub(super) fn quoted(path: &Path) -> String {
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
        assert_eq!(quoted(Path::new("/home/li/ca.pem")), "/home/li/ca.pem");
        assert_eq!(quoted(Path::new("/home/li's/ca.pem")), "'/home/li'\\''s/ca.pem'");
    }
}
