//! A name without an address, an address without a connection.

use nihao_explain::event::Protocol;
use nihao_explain::texts;
use nihao_protocol::dns::{Layer, LookupError};

use super::{About, Told, broken, said};
use crate::dial::DialError;
use crate::resolve::told;

pub(super) fn dialing(error: &DialError, about: &About<'_>) -> Told {
    let host = about.host;
    let tcp = |what, broken| (Protocol::Tcp, what, broken);
    match error {
        DialError::NameNotFound { detail, .. } => (
            Protocol::Dns,
            &texts::BROKEN_NO_ADDRESS,
            broken(
                said(&texts::LIVE_EXPECTED_ADDRESS, &[host]),
                said(&texts::LIVE_SEEN, &[detail]),
                &texts::LIVE_WHOSE_NAME,
                said(&texts::LIVE_FIX_NAME, &[]),
            ),
        ),
        DialError::Lookup { error, .. } => looking_up(error, host),
        DialError::Refused(address) => tcp(
            &texts::BROKEN_PORT_CLOSED,
            broken(
                said(&texts::LIVE_EXPECTED_LISTENER, &[&address.to_string()]),
                said(&texts::LIVE_SEEN_REFUSED, &[]),
                &texts::LIVE_WHOSE_REFUSED,
                said(&texts::LIVE_FIX_REFUSED, &[&about.port.to_string()]),
            ),
        ),
        DialError::TimedOut { address, seconds } => tcp(
            &texts::BROKEN_NO_ANSWER,
            broken(
                said(&texts::LIVE_EXPECTED_SYN_ACK, &[&address.to_string()]),
                said(&texts::LIVE_SEEN_FILTERED, &[&seconds.to_string()]),
                &texts::LIVE_WHOSE_FILTERED,
                said(&texts::LIVE_FIX_FILTERED, &[&about.port.to_string()]),
            ),
        ),
        DialError::Unreachable { address, detail } => (
            Protocol::Ipv4,
            &texts::BROKEN_NO_ROUTE,
            broken(
                said(&texts::LIVE_EXPECTED_ROUTE, &[&address.ip().to_string()]),
                said(&texts::LIVE_SEEN, &[detail]),
                &texts::LIVE_WHOSE_ROUTE,
                said(&texts::LIVE_FIX_ROUTE, &[&address.ip().to_string()]),
            ),
        ),
    }
}

fn looking_up(error: &LookupError, host: &str) -> Told {
    let silent: Vec<_> = match error {
        LookupError::TimedOut { servers } => servers.iter().map(ToString::to_string).collect(),
        _ => Vec::new(),
    };
    let expected = said(&texts::LIVE_EXPECTED_ADDRESS, &[host]);
    if !silent.is_empty() {
        let seen = said(&texts::BROKEN_SEEN_NO_NAME_SERVER, &[&silent.join(", ")]);
        let fix = said(&texts::BROKEN_FIX_NAME_SERVER, &[]);
        let broken = broken(expected, seen, &texts::BROKEN_WHOSE_NAME_SERVER, fix);
        return (Protocol::Dns, &texts::BROKEN_NO_ANSWER, broken);
    }
    let seen = match error {
        LookupError::NameNotFound {
            name,
            layer: Layer::Resolver | Layer::Zone(_),
        } => said(&texts::BROKEN_SEEN_NXDOMAIN, &[&name.to_string()]),
        other => {
            let (problem, _) = told::problem(host, other);
            let seen = problem.split_once("seen ").map_or(problem.as_str(), |(_, seen)| seen);
            match seen.strip_prefix("none (").and_then(|seen| seen.strip_suffix(')')) {
                Some(reason) => said(&texts::LIVE_SEEN_NO_ADDRESS, &[reason]),
                None => said(&texts::LIVE_SEEN, &[seen]),
            }
        }
    };
    let fix = said(&texts::LIVE_FIX_NAME, &[]);
    let broken = broken(expected, seen, &texts::LIVE_WHOSE_NAME, fix);
    (Protocol::Dns, &texts::BROKEN_NO_ADDRESS, broken)
}
