//! The steps of a look-up in words, a line each.

use std::net::{IpAddr, SocketAddr};

use nihao_protocol::dns::{
    Alias, Answer, Known, Layer, LookupError, Miss, NameServer, Reply, Step, Transport, Trouble, Verdict,
};

/// One step: the layer, what it was asked, and what it said.
#[must_use]
pub fn step(step: &Step) -> String {
    let Step { name, family, .. } = step;
    let what = match &step.verdict {
        Verdict::Hit(answer) => format!("{name} {family}: hit: {}", answered(answer)),
        Verdict::Servers { servers, ttl } => {
            let servers: Vec<_> = servers.iter().map(ToString::to_string).collect();
            format!("zone {name}: hit: served by {} (TTL {ttl} s left)", servers.join(", "))
        }
        Verdict::Miss(Miss::NoEntry) => format!("{name} {family}: miss: never asked"),
        Verdict::Miss(Miss::Expired(ago)) => format!("{name} {family}: miss: ended {ago} s ago"),
        Verdict::NotListed => format!("{name} {family}: miss: not in it"),
        Verdict::Asks {
            server,
            named,
            transport,
            attempt,
            patience,
        } => {
            let over = match transport {
                Transport::Udp => "UDP",
                Transport::Tcp => "TCP",
            };
            let again = if *attempt > 0 {
                format!(", try {}", attempt + 1)
            } else {
                String::new()
            };
            let named = named.as_ref().map_or_else(String::new, |name| format!("{name} at "));
            let patience = patience.as_secs_f64();
            format!("{name} {family}? to {named}{server} over {over} ({patience} s to answer{again})")
        }
        Verdict::Said { server, reply } => format!("{server} says: {}", said(name, reply)),
        Verdict::Truncated { server } => format!("{server}'s answer does not fit a datagram: the same over TCP"),
        Verdict::WithoutEdns { server, rcode } => format!("{server} says {rcode}: the same without EDNS"),
        Verdict::Failed { server, trouble } => format!("{server} {}", failed(trouble)),
        Verdict::NeedsServer(server) => format!("{server} came without an address: that first"),
        Verdict::GaveUp(error) => format!("{name} {family}: {error}"),
    };
    format!("{}: {what}", layer(&step.layer))
}

/// What a layer is called.
#[must_use]
pub fn layer(layer: &Layer) -> String {
    match layer {
        Layer::Special => "known everywhere".into(),
        Layer::Cache => "application cache".into(),
        Layer::Hosts => "hosts file".into(),
        Layer::System => "system's resolver".into(),
        Layer::Resolver => "resolver".into(),
        Layer::Zone(zone) if zone.is_root() => "root".into(),
        Layer::Zone(zone) => format!("zone {zone}"),
    }
}

const ANOTHER: &str = "check this machine's network, or ask another: --resolver system, or --resolver with an address";

/// Why there is no address: what was expected and seen, and one thing to do.
#[must_use]
pub fn problem(host: &str, error: &LookupError) -> (String, String) {
    let (problem, fix) = match error {
        LookupError::BadName(_) => (
            format!("{error}"),
            "write a DNS name, one that is not ASCII in its xn-- form, or an IP address".into(),
        ),
        LookupError::NameNotFound { layer: from, .. } | LookupError::NoAddress { layer: from, .. } => (
            format!("expected an address for {host}, seen none ({error}: {})", layer(from)),
            match from {
                Layer::Cache => "check the spelling; a name made just now is asked for again within 5 minutes".into(),
                _ => format!(
                    "check the spelling and this machine's network; \"getent hosts {host}\" asks the system's resolver"
                ),
            },
        ),
        LookupError::TimedOut { servers } => {
            let list: Vec<_> = servers.iter().map(SocketAddr::to_string).collect();
            let list = list.join(" or ");
            let problem = format!("expected an answer from the name server {list}, seen none in time");
            (problem, ANOTHER.into())
        }
        LookupError::Unreachable { server, detail } => {
            let problem = format!("expected a way to the name server {server}, seen \"{detail}\"");
            (problem, ANOTHER.into())
        }
        LookupError::ServerFailure { server, rcode } => (
            seen(server, &rcode.to_string()),
            format!("it cannot find {host} out or does not want to; ask another: --resolver"),
        ),
        LookupError::Malformed { server, detail } => (
            seen(server, &format!("one that cannot be read ({detail})")),
            ANOTHER.into(),
        ),
        LookupError::NotRecursive { server } => (
            seen(server, "a server that asks nobody else"),
            "it holds zones and is no resolver; name one: --resolver".into(),
        ),
        LookupError::Lame { .. }
        | LookupError::LoopInChain { .. }
        | LookupError::NoServer { .. }
        | LookupError::TooManySteps { .. } => (
            format!("expected an address for {host}, seen none ({error})"),
            "the zone is set up wrongly; its owner can mend it, and --resolver system may know a way around".into(),
        ),
        LookupError::System { detail } => (
            format!("expected the system's resolver to answer for {host}, seen \"{detail}\""),
            "check this machine's network and its resolver (/etc/resolv.conf), or ask one yourself: --resolver".into(),
        ),
    };
    (format!("name lookup: {problem}"), fix)
}

fn seen(server: &SocketAddr, what: &str) -> String {
    format!("expected an answer from the name server {server}, seen {what}")
}

fn answered(answer: &Answer) -> String {
    let what = known(&answer.known);
    let via = aliases(&answer.aliases);
    match answer.ttl {
        Some(ttl) => format!("{via}{what} (TTL {ttl} s left)"),
        None => format!("{via}{what}"),
    }
}

fn said(name: &nihao_protocol::dns::Name, reply: &Reply) -> String {
    match reply {
        Reply::Known {
            aliases: via,
            known: what,
            ttl,
        } => {
            let kept = ttl.map_or_else(|| "not to be kept".into(), |ttl| format!("TTL {ttl} s"));
            format!("{name}: {}{} ({kept})", aliases(via), known(what))
        }
        Reply::Alias(via) => format!("{name}: {}which it does not hold", aliases(via)),
        Reply::Referral { zone, servers, ttl } => {
            let list: Vec<_> = servers.iter().map(server).collect();
            format!("ask those who serve {zone}: {} (TTL {ttl} s)", list.join(", "))
        }
    }
}

fn server(server: &NameServer) -> String {
    if server.addresses.is_empty() {
        return server.name.to_string();
    }
    format!("{} at {}", server.name, list(&server.addresses))
}

fn known(known: &Known) -> String {
    match known {
        Known::Addresses(addresses) => list(addresses),
        Known::NoSuchName => "no such name".into(),
        Known::NoAddress => "no address of this family".into(),
    }
}

fn aliases(aliases: &[Alias]) -> String {
    aliases
        .iter()
        .map(|alias| format!("another name for {}, ", alias.target))
        .collect()
}

fn failed(trouble: &Trouble) -> String {
    match trouble {
        Trouble::TimedOut => "does not answer in time".into(),
        Trouble::Unreachable(detail) => format!("cannot be reached: {detail}"),
        Trouble::Malformed(detail) => format!("gives an answer that cannot be read: {detail}"),
        Trouble::Rcode(rcode) => format!("says {rcode}"),
        Trouble::Lame => "does not hold the zone".into(),
        Trouble::NotRecursive => "asks nobody else, so it is no resolver".into(),
        Trouble::Circle => "has aliases that lead in a circle".into(),
    }
}

fn list(addresses: &[IpAddr]) -> String {
    let list: Vec<_> = addresses.iter().map(IpAddr::to_string).collect();
    list.join(" ")
}
