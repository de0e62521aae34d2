//! A failed HTTPS connection in words: the same checks as for nihaod's own protocol, and what to do about any web server.

use std::path::Path;

use nihao_protocol::x509::CertificateError;

use super::{Diagnosis, diagnose};
use crate::connect::ConnectError;
use crate::dial::DialError;
use crate::home::Endpoint;

/// Explains why there is no TLS connection to the web server at `host` and `port`, whose chain was to lead to a root in `roots`.
#[must_use]
pub fn diagnose_https(host: &str, port: u16, roots: &Path, error: &ConnectError) -> Diagnosis {
    let endpoint = Endpoint {
        host: host.into(),
        port,
        ca: [0; 32], // nothing is pinned
    };
    let said = diagnose(&endpoint, error);
    let problem = match error {
        ConnectError::NotNihao => format!(
            "cannot connect to {endpoint}: application protocol (ALPN): expected one of those offered, seen a server that speaks none"
        ),
        ConnectError::CertificateRefused { alert } => {
            format!("cannot connect to {endpoint}: client certificate: expected to be let in, seen the alert {alert}")
        }
        _ => said.problem,
    };
    Diagnosis {
        problem,
        fix: fix(&endpoint, roots, error).unwrap_or(said.fix),
    }
}

/// One thing to do, where it is not what one does about nihaod.
fn fix(endpoint: &Endpoint, roots: &Path, error: &ConnectError) -> Option<String> {
    let port = endpoint.port;
    Some(match error {
        ConnectError::Dial(DialError::Refused(_)) => {
            format!(
                "check that the server runs, and that {port} is its port (HTTPS has 443 unless the URL says otherwise)"
            )
        }
        ConnectError::Dial(_) => return None,
        ConnectError::NotTls { seen } if seen.starts_with(b"HTTP/") || seen.starts_with(b"<") => {
            format!("port {port} speaks HTTP without TLS: find the server's HTTPS port, or use curl for plain HTTP")
        }
        ConnectError::NotTls { .. } => format!("port {port} is not HTTPS: check which program has it on the server"),
        ConnectError::Silent { .. } => {
            format!("something listens on port {port} but says nothing; check that the port speaks HTTPS")
        }
        ConnectError::EndedEarly => {
            format!("check that port {port} speaks HTTPS and that the server knows this name; its log may say more")
        }
        ConnectError::OldTls => format!(
            "nihao speaks TLS 1.3 alone: turn it on in the server; \"openssl s_client -connect {endpoint}\" shows what it has"
        ),
        ConnectError::NotNihao => "leave out --http1 and --http2, which offer one protocol alone".into(),
        ConnectError::Certificate { error, host } => return certificate(host, roots, error),
        ConnectError::CertificateRefused { .. } => {
            "the server lets in who shows a certificate that it takes: ask its operator for one, --cert FILE --key FILE"
                .into()
        }
        ConnectError::Alert { alert } if alert.contains("unrecognized_name") => {
            format!("the server knows no site {}: check the URL's spelling", endpoint.host)
        }
        ConnectError::Alert { .. } => format!(
            "look into the server's log; \"openssl s_client -connect {endpoint}\" shows whether others get further"
        ),
        ConnectError::BadName(_) => "write a DNS name, one that is not ASCII in its xn-- form, or an IP address".into(),
        ConnectError::Tls(_) => format!(
            "compare with \"openssl s_client -connect {endpoint}\"; if that goes well, this is worth reporting as nihao's mistake"
        ),
    })
}

fn certificate(host: &str, roots: &Path, error: &CertificateError) -> Option<String> {
    Some(match error {
        CertificateError::WrongName { .. } => {
            format!("use one of these names in the URL, or give the server a certificate for {host}")
        }
        CertificateError::UnknownIssuer { .. } => format!(
            "trusted are the roots in {}; if the server's authority is right, give its root: --cacert FILE",
            roots.display()
        ),
        CertificateError::Expired { .. } => {
            "check the clock of this machine first (\"date -u\"); if it is right, the server's certificate has to be renewed".into()
        }
        CertificateError::NotYetValid { .. } => return None,
        CertificateError::NoDigitalSignature => "the server needs a certificate whose keyUsage has digitalSignature".into(),
        CertificateError::MisplacedCa => {
            "the server needs a certificate issued by an authority: one that signs itself and says CA:TRUE does not do".into()
        }
        CertificateError::UnsupportedAlgorithm => {
            "the server needs a certificate with an Ed25519, P-256, P-384 or RSA (2048 bits and more) key".into()
        }
        _ => "do not go on, and tell the server's operator what this line says".into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_said_of_nihaod_where_any_server_is_meant() {
        let certificate = |error| ConnectError::Certificate {
            error,
            host: "web.example".into(),
        };
        let errors = [
            ConnectError::Dial(DialError::Refused("192.0.2.1:443".parse().unwrap())),
            ConnectError::NotTls {
                seen: b"HTTP/1.1 400 Bad Request\r\n".to_vec(),
            },
            ConnectError::NotTls {
                seen: b"SSH-2.0-x".to_vec(),
            },
            ConnectError::Silent { seconds: 10 },
            ConnectError::EndedEarly,
            ConnectError::OldTls,
            ConnectError::NotNihao,
            ConnectError::CertificateRefused {
                alert: "certificate_required".into(),
            },
            ConnectError::Alert {
                alert: "unrecognized_name".into(),
            },
            ConnectError::Alert {
                alert: "internal_error".into(),
            },
            ConnectError::BadName("\"a b\" is neither".into()),
            ConnectError::Tls("a record is too long".into()),
            certificate(CertificateError::WrongName {
                expected: "web.example".into(),
                presented: vec!["other".into()],
            }),
            certificate(CertificateError::UnknownIssuer {
                issuer: "CN=Other".into(),
            }),
            certificate(CertificateError::Expired {
                not_after: Default::default(),
                now: Default::default(),
            }),
            certificate(CertificateError::NoDigitalSignature),
            certificate(CertificateError::MisplacedCa),
            certificate(CertificateError::UnsupportedAlgorithm),
            certificate(CertificateError::BadSignature),
        ];
        for error in &errors {
            let said = diagnose_https("web.example", 443, Path::new("roots.pem"), error);
            let start = "cannot connect to web.example:443: ";
            assert!(said.problem.starts_with(start) && !said.fix.is_empty(), "{said:?}");
            let all = format!("{} {}", said.problem, said.fix);
            assert!(
                !all.contains("nihaod") && !all.contains("invite") && !all.contains("nihao/1"),
                "{all}"
            );
        }
        let unknown = diagnose_https("web.example", 443, Path::new("roots.pem"), &errors[13]);
        assert!(
            unknown.problem.contains("CN=Other") && unknown.fix.contains("roots.pem"),
            "{unknown:?}"
        );
    }
}
