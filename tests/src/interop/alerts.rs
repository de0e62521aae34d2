//! Which alerts a tool received, read from what it printed.

use nihao_protocol::tls::AlertDescription;

use super::tool::Tool;

/// The descriptions of the alerts received, in order. `printed` is OpenSSL's message file, or the tool's standard error.
#[must_use]
pub fn received(tool: Tool, printed: &str) -> Vec<u8> {
    match tool {
        Tool::SClient | Tool::SServer => openssl(printed),
        Tool::Curl => after_each(printed, "(IN), TLS alert, ", curl),
        Tool::GnutlsCli | Tool::GnutlsServ => after_each(printed, ": Alert[", gnutls),
        Tool::NodeClient | Tool::NodeServer | Tool::Node24Client | Tool::Node24Server => node(printed),
        Tool::JavaClient | Tool::JavaServer => java(printed),
        Tool::CurlCffi => after_each(printed, "alert received ", named),
        Tool::Tstclnt => nss(printed),
        Tool::Chromium | Tool::Selfserv | Tool::Nginx | Tool::Haproxy | Tool::Caddy => Vec::new(),
        Tool::PythonClient
        | Tool::PythonServer
        | Tool::GoClient
        | Tool::GoServer
        | Tool::RustlsClient
        | Tool::RustlsServer => after_each(printed, "alert received ", |rest| rest.parse().ok()),
    }
}

/// What `number` finds in the rest of each line after `mark`.
fn after_each(printed: &str, mark: &str, number: impl Fn(&str) -> Option<u8>) -> Vec<u8> {
    let rests = printed.lines().filter_map(|line| Some(line.split_once(mark)?.1));
    rests.filter_map(number).collect()
}

/// `<<< TLS 1.3, Alert [length 0002], fatal unknown_ca`, then the two bytes in a line of their own.
fn openssl(printed: &str) -> Vec<u8> {
    let lines: Vec<_> = printed.lines().collect();
    let alerts = lines
        .windows(2)
        .filter(|pair| pair[0].starts_with("<<<") && pair[0].contains(", Alert ["));
    alerts
        .filter_map(|pair| u8::from_str_radix(pair[1].split_whitespace().nth(1)?, 16).ok())
        .collect()
}

/// `unknown CA (560):`, where 560 is 256 times the level and the description.
fn curl(rest: &str) -> Option<u8> {
    let (_, number) = rest.split_once('(')?;
    let number: u16 = number.split_once(')')?.0.parse().ok()?;
    Some(number.to_be_bytes()[1])
}

/// `2|48] - CA is unknown - was received`.
fn gnutls(rest: &str) -> Option<u8> {
    let (numbers, text) = rest.split_once(']')?;
    if !text.ends_with("was received") {
        return None;
    }
    numbers.split_once('|')?.1.parse().ok()
}

/// OpenSSL's trace: `Received Record` (OpenSSL 3.5: `Received TLS Record`), then somewhere below `Level=fatal(2), description=unknown CA(48)`.
fn node(printed: &str) -> Vec<u8> {
    let (mut receiving, mut alerts) = (false, Vec::new());
    for line in printed.lines() {
        match line.trim() {
            "Received Record" | "Received TLS Record" => receiving = true,
            "Sent Record" | "Sent TLS Record" => receiving = false,
            line if receiving && line.starts_with("Level=") => {
                let number = line.rsplit_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
                alerts.extend(number.and_then(|number| number.parse::<u8>().ok()));
            }
            _ => {}
        }
    }
    alerts
}

/// `Received alert message (`, then two lines on `"description": "unknown_ca"`.
fn java(printed: &str) -> Vec<u8> {
    let told = printed.split("Received alert message (").skip(1);
    told.filter_map(|rest| {
        let (_, after) = rest.split_once("\"description\": \"")?;
        let (name, _) = after.split_once('"')?;
        named(name)
    })
    .collect()
}

/// The number of an alert from its name, in whatever case.
fn named(name: &str) -> Option<u8> {
    let name = name.to_ascii_lowercase();
    (0..=u8::MAX).find(|number| AlertDescription(*number).to_string() == name)
}

/// `SSL_ERROR_UNKNOWN_CA_ALERT: Peer does not recognize ...`.
fn nss(printed: &str) -> Vec<u8> {
    let errors = printed.split("SSL_ERROR_").skip(1);
    let names = errors.filter_map(|rest| rest.split(':').next());
    names
        .filter_map(|name| match name {
            "NO_CYPHER_OVERLAP" => named("handshake_failure"),
            "BAD_CERT_ALERT" => named("bad_certificate"),
            "UNSUPPORTED_CERT_ALERT" => named("unsupported_certificate"),
            "EXPIRED_CERT_ALERT" => named("certificate_expired"),
            "RX_CERTIFICATE_REQUIRED_ALERT" => named("certificate_required"),
            name => named(name.strip_suffix("_ALERT")?),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alerts_are_found_in_what_tools_print() {
        let openssl = ">>> TLS 1.3, Alert [length 0002], fatal x\n    02 28\n<<< TLS 1.3, Alert [length 0002], fatal unknown_ca\n    02 30\n";
        assert_eq!(received(Tool::SClient, openssl), [48]);
        assert_eq!(
            received(Tool::Curl, "* TLSv1.3 (IN), TLS alert, unknown CA (560):\n"),
            [48]
        );
        let gnutls =
            "|<5>| REC[0x55]: Alert[2|48] - CA is unknown - was received\n|<5>| REC: Sending Alert[1|0] - Close notify";
        assert_eq!(received(Tool::GnutlsCli, gnutls), [48]);
        let node = "Sent Record\n  Level=fatal(2), description=x(40)\nReceived Record\n    Level=fatal(2), description=unknown CA(48)\n";
        assert_eq!(received(Tool::NodeServer, node), [48]);
        assert_eq!(
            received(Tool::Node24Server, &node.replace("Record", "TLS Record")),
            [48]
        );
        let java = "Received alert message (\n\"Alert\": {\n  \"level\"      : \"fatal\",\n  \"description\": \"unknown_ca\"\n}\n)\n";
        assert_eq!(received(Tool::JavaServer, java), [48]);
        let nss = "tstclnt: read from socket failed: SSL_ERROR_EXPIRED_CERT_ALERT: SSL peer rejected ...";
        assert_eq!(received(Tool::Tstclnt, nss), [45]);
        assert_eq!(received(Tool::CurlCffi, "alert received UNKNOWN_CA"), [48]);
        assert_eq!(received(Tool::PythonClient, "alert sent 40\nalert received 48\n"), [48]);
    }
}
