//! Secrets for whoever may decrypt a capture: the lines of an SSLKEYLOGFILE.

use crate::crypto::Secret;

/// Takes the traffic secrets of connections. Whoever has them can read everything: only on the user's explicit wish.
pub trait KeyLog: std::fmt::Debug + Send + Sync {
    /// Takes one line: `label client_random secret`, in hexadecimal, with a newline.
    fn log(&self, line: &str);

    /// Takes what the key agreement came to, of which the whole key schedule is made (RFC 8446 §7.1). It stands in no SSLKEYLOGFILE, and
    /// nothing is done with it unless a key log says otherwise: for those who show the schedule of a connection of their own.
    fn shared_secret(&self, client_random: &[u8; 32], secret: &Secret) {
        let _ = (client_random, secret);
    }
}

/// The line for one secret.
pub(super) fn line(label: &str, client_random: &[u8; 32], secret: &Secret) -> String {
    use std::fmt::Write as _;
    let mut line = String::with_capacity(256);
    line.push_str(label);
    for part in [client_random.as_slice(), secret.expose()] {
        line.push(' ');
        for byte in part {
            let _ = write!(line, "{byte:02x}");
        }
    }
    line.push('\n');
    line
}
