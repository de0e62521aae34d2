//! A failed connection in words: the check that failed, what was expected, what was seen, and one thing to do.

#[cfg(feature = "http")]
mod web;

use nihao_protocol::chat::shown;
use nihao_protocol::clock::UnixTime;
use nihao_protocol::x509::CertificateError;

use crate::connect::ConnectError;
use crate::dial::DialError;
use crate::home::Endpoint;
use crate::resolve::told;

#[cfg(feature = "http")]
pub use web::diagnose_https;

/// What there is to say about a failed connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// The check that failed, and what was expected and seen.
    pub problem: String,
    /// One thing to do.
    pub fix: String,
}

/// Explains why `endpoint` could not be reached.
#[must_use]
pub fn diagnose(endpoint: &Endpoint, error: &ConnectError) -> Diagnosis {
    let (problem, fix) = match error {
        ConnectError::Dial(error) => dialing(endpoint, error),
        ConnectError::NotTls { seen } => not_tls(endpoint, seen),
        ConnectError::Silent { seconds } => (
            format!("TLS handshake: expected an answer, seen nothing for {seconds} s"),
            format!(
                "something listens on port {} but says nothing; check that the port is nihaod's",
                endpoint.port
            ),
        ),
        ConnectError::EndedEarly => (
            "TLS handshake: expected an answer, seen the end of the connection".into(),
            format!(
                "check that port {} is nihaod's, and nihaod's log for the reason",
                endpoint.port
            ),
        ),
        ConnectError::OldTls => (
            "TLS version: expected 1.3, seen a server that only speaks older ones".into(),
            format!(
                "check that port {} is nihaod's; nihaod always speaks TLS 1.3",
                endpoint.port
            ),
        ),
        ConnectError::NotNihao => (
            "application protocol: expected nihao/1, seen a TLS server that does not speak it".into(),
            format!(
                "check that port {} is nihaod's; another web server may have it",
                endpoint.port
            ),
        ),
        ConnectError::Certificate { error, host } => certificate(endpoint, error, host),
        ConnectError::CertificateRefused { alert } => (
            format!("this device's certificate: expected to be let in, seen the alert {alert}"),
            "the server knows no such user (any more); ask an admin for a new invite and join again in a new home"
                .into(),
        ),
        ConnectError::Alert { alert } => (
            format!("TLS handshake: expected to go on, seen the alert {alert}"),
            "look into the server's log: the alert says which step it refused".into(),
        ),
        ConnectError::BadName(reason) => (
            format!("server name: {reason}"),
            "ask for an invite with the server's DNS name or address".into(),
        ),
        ConnectError::Tls(reason) => (
            format!("TLS: {reason}"),
            format!("check that port {} is nihaod's, of the same version", endpoint.port),
        ),
    };
    Diagnosis {
        problem: format!("cannot connect to {endpoint}: {problem}"),
        fix,
    }
}

fn dialing(endpoint: &Endpoint, error: &DialError) -> (String, String) {
    match error {
        DialError::NameNotFound { host, detail } => (
            format!(
                "name lookup: expected an address for {host}, seen none ({})",
                shown(detail)
            ),
            format!("check the spelling and this machine's network; \"getent hosts {host}\" asks the same resolver"),
        ),
        DialError::Lookup { host, error } => {
            let (problem, fix) = told::problem(host, error);
            (shown(&problem).to_string(), fix)
        }
        DialError::Refused(address) => (
            format!(
                "TCP: expected a server at {address}, seen \"connection refused\": the machine is there, the port is closed"
            ),
            format!(
                "start nihaod there, and check that it listens on port {}",
                address.port()
            ),
        ),
        DialError::TimedOut { address, seconds } => (
            format!("TCP: expected an answer from {address}, seen none for {seconds} s"),
            format!(
                "check that the machine is on and that no firewall drops port {}",
                endpoint.port
            ),
        ),
        DialError::Unreachable { address, detail } => (
            format!("TCP: expected a way to {address}, seen \"{}\"", shown(detail)),
            "check this machine's network connection, or VPN".into(),
        ),
    }
}

fn not_tls(endpoint: &Endpoint, seen: &[u8]) -> (String, String) {
    let starts = |prefix: &[u8]| seen.starts_with(prefix);
    let who = if starts(b"HTTP/") || starts(b"<") {
        "a web server without TLS"
    } else if starts(b"SSH-") {
        "an SSH server"
    } else if starts(b"220") {
        "a mail or FTP server"
    } else if starts(b"* OK") || starts(b"+OK") {
        "a mail server"
    } else if starts(b"RFB ") {
        "a VNC server"
    } else if starts(b"-ERR") {
        "a Redis or mail server"
    } else if starts(b"INFO {") {
        "a NATS server"
    } else if starts(b":") || starts(b"NOTICE") || starts(b"ERROR :") {
        "an IRC server without TLS"
    } else {
        "something else"
    };
    (
        format!("TLS: expected a TLS server, seen {who} that answers {}", quoted(seen)),
        format!(
            "port {} is not nihaod's: check the port in the invite, and which program has it on the server",
            endpoint.port
        ),
    )
}

fn certificate(endpoint: &Endpoint, error: &CertificateError, host: &str) -> (String, String) {
    let wrong_time = "check the clock of this machine first (\"date -u\"), then the server's";
    match error {
        CertificateError::WrongName { presented, .. } => (
            format!("certificate name: expected {host}, seen a certificate for {}", list(presented)),
            format!("restart the server with --name {host}, or ask for an invite that uses one of these names"),
        ),
        CertificateError::NotSignedByPin { issuer } => (
            format!(
                "certificate authority: expected the key from the invite ({}), seen a certificate signed by another key, \
                 issued by {}",
                fingerprint(&endpoint.ca),
                shown(issuer)
            ),
            "if the server was set up anew, ask for a new invite; if not, somebody else answers in its place: do not go on".into(),
        ),
        CertificateError::UnknownIssuer { issuer } => (
            format!("certificate authority: expected one that is trusted, seen {}", shown(issuer)),
            "add that authority's root, or connect with an invite, which carries the key to trust".into(),
        ),
        CertificateError::Expired { not_after, now } => (
            format!("certificate date: expected one that is valid at {}, seen one that ended {}", utc(*now), utc(*not_after)),
            format!("{wrong_time}; a running nihaod renews its certificate by itself, so restart it"),
        ),
        CertificateError::NotYetValid { not_before, now } => (
            format!("certificate date: expected one that is valid at {}, seen one that begins {}", utc(*now), utc(*not_before)),
            wrong_time.into(),
        ),
        CertificateError::WrongPurpose { required } => (
            format!("certificate purpose: expected one for a {required}, seen one that is not (such as a user's)"),
            "somebody who is not the server may be answering in its place: do not go on, and tell the server's admin".into(),
        ),
        CertificateError::NoDigitalSignature => (
            "certificate key usage: expected digitalSignature, seen a certificate without it".into(),
            "let nihaod make its own certificate, or issue one whose keyUsage has digitalSignature".into(),
        ),
        CertificateError::MisplacedCa => (
            "certificate kind: expected a server's, seen an authority's in its place".into(),
            "let nihaod make its own certificate: a self-signed one does not do".into(),
        ),
        CertificateError::Revoked => (
            "certificate status: expected a valid one, seen one that was revoked".into(),
            "do not go on, and tell the server's admin".into(),
        ),
        other => (
            format!("certificate: expected a valid one, seen that {}", shown(&other.to_string())),
            "do not go on, and tell the server's admin what this line says".into(),
        ),
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() {
        "no name at all".into()
    } else {
        names.iter().map(|name| shown(name)).collect::<Vec<_>>().join(", ")
    }
}

/// The beginning of a key, enough to tell two apart by eye.
fn fingerprint(key: &[u8; 32]) -> String {
    key.iter().take(8).map(|byte| format!("{byte:02x}")).collect::<String>() + "…"
}

/// A moment as people read it.
pub(crate) fn utc(time: UnixTime) -> String {
    let moment = i64::try_from(time.0)
        .ok()
        .and_then(|ms| jiff::Timestamp::from_millisecond(ms).ok());
    moment.map_or_else(
        || format!("{} s after 1970", time.seconds()),
        |moment| moment.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
    )
}

/// The first line of what was seen, as text where it is text.
pub(crate) fn quoted(seen: &[u8]) -> String {
    let line = seen
        .split(|&byte| byte == b'\r' || byte == b'\n')
        .next()
        .unwrap_or_default();
    match std::str::from_utf8(line) {
        Ok(text) if !text.is_empty() && !text.chars().any(char::is_control) => format!("\"{}\"", shown(text)),
        _ => seen
            .iter()
            .take(16)
            .map(|byte| format!("{byte:02x}"))
            .collect::<Vec<_>>()
            .join(" "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The diagnosis names the check, what was seen, and a fix, in one safe line each.
    fn told(error: ConnectError, check: &str, seen: &str, fix: &str) {
        let endpoint = Endpoint {
            host: "chat.example".into(),
            port: 8443,
            ca: [7; 32],
        };
        let said = diagnose(&endpoint, &error);
        let rest = said
            .problem
            .strip_prefix("cannot connect to chat.example:8443: ")
            .unwrap();
        assert!(
            rest.starts_with(check) && rest.contains(seen) && said.fix.contains(fix),
            "{error:?}: {said:?}"
        );
        assert!(!(said.problem + &said.fix).chars().any(char::is_control), "{error:?}");
    }

    fn bad_certificate(error: CertificateError, check: &str, seen: &str, fix: &str) {
        told(
            ConnectError::Certificate {
                error,
                host: "chat.example".into(),
            },
            check,
            seen,
            fix,
        );
    }

    #[test]
    fn there_is_no_way_to_the_server() {
        let address = "192.0.2.7:8443".parse().unwrap();
        let dial = |error: DialError, seen, fix| told(error.into(), "TCP: expected", seen, fix);
        dial(
            DialError::Refused(address),
            "192.0.2.7:8443, seen \"connection refused\"",
            "start nihaod",
        );
        dial(
            DialError::TimedOut { address, seconds: 10 },
            "seen none for 10 s",
            "firewall",
        );
        let detail = "Network is unreachable".into();
        dial(
            DialError::Unreachable { address, detail },
            "seen \"Network is unreachable\"",
            "network connection",
        );
        let unknown = DialError::NameNotFound {
            host: "chat.example".into(),
            detail: "Name not known".into(),
        };
        told(
            unknown.into(),
            "name lookup: expected",
            "seen none (Name not known)",
            "getent hosts chat.example",
        );
        told(
            ConnectError::BadName("\"a b\" is neither".into()),
            "server name",
            "is neither",
            "invite",
        );
    }

    #[test]
    fn something_else_answers() {
        let not_tls = |seen: &[u8], told_as: &str| {
            told(
                ConnectError::NotTls { seen: seen.to_vec() },
                "TLS: expected a TLS server",
                told_as,
                "port 8443 is not nihaod's",
            );
        };
        not_tls(
            b"HTTP/1.1 400 Bad Request\r\nServer: x",
            "a web server without TLS that answers \"HTTP/1.1 400 Bad Request\"",
        );
        not_tls(
            b"SSH-2.0-OpenSSH_9.2\r\n",
            "an SSH server that answers \"SSH-2.0-OpenSSH_9.2\"",
        );
        not_tls(b"* OK IMAP4rev1", "a mail server");
        not_tls(b"INFO {\"server_id\"", "a NATS server");
        not_tls(&[0, 1, 0x1b], "something else that answers 00 01 1b");
    }

    #[test]
    fn the_handshake_fails() {
        told(
            ConnectError::Silent { seconds: 10 },
            "TLS handshake",
            "seen nothing for 10 s",
            "port 8443",
        );
        told(
            ConnectError::EndedEarly,
            "TLS handshake",
            "seen the end of the connection",
            "log",
        );
        told(
            ConnectError::OldTls,
            "TLS version: expected 1.3",
            "only speaks older ones",
            "nihaod's",
        );
        told(
            ConnectError::NotNihao,
            "application protocol: expected nihao/1",
            "does not speak it",
            "web server",
        );
        told(
            ConnectError::Alert {
                alert: "internal_error".into(),
            },
            "TLS handshake",
            "alert internal_error",
            "log",
        );
        told(
            ConnectError::Tls("a record is too long".into()),
            "TLS",
            "a record is too long",
            "nihaod's",
        );
        let refused = ConnectError::CertificateRefused {
            alert: "certificate_unknown".into(),
        };
        told(
            refused,
            "this device's certificate",
            "alert certificate_unknown",
            "new invite",
        );
    }

    #[test]
    fn the_certificate_is_another_server_s() {
        let (expected, presented) = ("chat.example".into(), vec!["localhost".into(), "127.0.0.1".into()]);
        let wrong_name = CertificateError::WrongName { expected, presented };
        bad_certificate(
            wrong_name,
            "certificate name: expected chat.example",
            "localhost, 127.0.0.1",
            "--name chat.example",
        );
        let issuer = "CN=evil\u{1b}[2J".into();
        let not_pinned = CertificateError::NotSignedByPin { issuer };
        bad_certificate(
            not_pinned,
            "certificate authority",
            "(0707070707070707…), seen a certificate",
            "new invite",
        );
        let unknown = CertificateError::UnknownIssuer {
            issuer: "CN=Other".into(),
        };
        bad_certificate(unknown, "certificate authority", "seen CN=Other", "root");
    }

    #[test]
    fn the_certificate_is_not_valid_now() {
        let now = UnixTime::from_seconds(1_800_000_000);
        let expired = CertificateError::Expired {
            not_after: UnixTime::from_seconds(1_799_990_000),
            now,
        };
        bad_certificate(
            expired,
            "certificate date",
            "seen one that ended 2027-01-15 05:13:20 UTC",
            "date -u",
        );
        let early = CertificateError::NotYetValid {
            not_before: UnixTime::from_seconds(1_800_100_000),
            now,
        };
        bad_certificate(
            early,
            "certificate date",
            "seen one that begins 2027-01-16 11:46:40 UTC",
            "clock",
        );
    }

    #[test]
    fn the_certificate_is_for_another_use() {
        let purpose = CertificateError::WrongPurpose { required: "server" };
        bad_certificate(purpose, "certificate purpose", "a user's", "do not go on");
        bad_certificate(
            CertificateError::NoDigitalSignature,
            "certificate key usage",
            "digitalSignature",
            "nihaod",
        );
        bad_certificate(
            CertificateError::MisplacedCa,
            "certificate kind",
            "authority's",
            "self-signed",
        );
        bad_certificate(CertificateError::Revoked, "certificate status", "revoked", "admin");
        bad_certificate(
            CertificateError::BadSignature,
            "certificate",
            "signature does not verify",
            "admin",
        );
    }
}
