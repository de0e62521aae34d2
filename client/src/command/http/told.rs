//! What `-v` tells, line by line, with secrets left out.

use std::borrow::Cow;
use std::path::Path;
use std::time::Duration;

use hyper::Version;
use hyper::header::{AUTHORIZATION, COOKIE, HeaderMap, HeaderName, HeaderValue, PROXY_AUTHORIZATION, SET_COOKIE};
use nihao_protocol::tls::Negotiated;
use nihao_protocol::x509::Certificate;

use crate::diagnose::utc;
use crate::dial::DialStep;
use crate::resolve::told;

const REDACTED: &str = "…(redacted)";
/// What a token of nihaod's begins with: it shows whose it is, and nothing of it.
const TOKEN_PREFIX: &str = "nihao_";
/// Whoever has the rest of such a path may post.
const WEBHOOK_PATH: &str = "/v1/hooks/";

/// A step on the way to a stream.
pub(super) fn step(host: &str, step: &DialStep) -> String {
    match step {
        DialStep::Found { addresses, took } => {
            let list: Vec<_> = addresses.iter().map(|address| address.ip().to_string()).collect();
            format!("name lookup: {host} is {} ({})", list.join(", "), milliseconds(*took))
        }
        DialStep::Lookup(step) => format!("name: {}", told::step(step)),
        DialStep::NotKept { reason } => format!("name: what was learnt is not kept: {reason}"),
        DialStep::Trying { address } => format!("TCP: trying {address}"),
        DialStep::Failed { address, error } => format!("TCP: {address} failed: {error}"),
        DialStep::Connected { ends: None, took } => format!("TCP: connected ({})", milliseconds(*took)),
        DialStep::Connected {
            ends: Some((ours, theirs)),
            took,
        } => {
            format!("TCP: connected to {theirs} from {ours} ({})", milliseconds(*took))
        }
    }
}

/// What the handshake settled.
pub(super) fn negotiated(facts: &Negotiated, took: Duration) -> Vec<String> {
    let alpn = facts.alpn.as_deref().map(String::from_utf8_lossy);
    vec![
        format!(
            "TLS: version 1.3, {}, {}{}, server signed with {} ({})",
            facts.cipher_suite,
            facts.group,
            if facts.hello_retried {
                " (asked for by a retry)"
            } else {
                ""
            },
            facts.server_scheme,
            milliseconds(took)
        ),
        format!(
            "TLS: resumed: {}; server name sent: {}; client certificate: {}",
            if facts.resumed { "yes" } else { "no" },
            facts.server_name.as_deref().unwrap_or("none"),
            match facts.client_scheme {
                Some(_) => "asked for, sent",
                None if facts.client_certificate_requested => "asked for, none sent",
                None => "not asked for",
            }
        ),
        format!(
            "TLS: application protocol (ALPN): {}",
            alpn.as_deref().unwrap_or("none, so HTTP/1.1")
        ),
    ]
}

/// The certificates that the server showed.
pub(super) fn chain(chain: &[Vec<u8>]) -> Vec<String> {
    let mut lines = Vec::new();
    for (index, der) in chain.iter().enumerate() {
        let Ok(view) = Certificate::parse(der) else {
            lines.push(format!("certificate {index}: {} bytes that cannot be read", der.len()));
            continue;
        };
        lines.push(format!("certificate {index}: {}", view.subject));
        lines.push(format!("  issuer: {}", view.issuer));
        lines.push(format!("  valid: {} to {}", utc(view.not_before), utc(view.not_after)));
        if let (0, Ok(names)) = (index, view.server_names()) {
            lines.push(format!("  names: {}", names.join(", ")));
        }
    }
    lines
}

/// By what the chain was verified.
pub(super) fn verified(host: &str, roots: &Path, count: usize) -> String {
    let s = if count == 1 { "" } else { "s" };
    format!(
        "verified: leads to one of {count} root{s} in {}, and is for {host}",
        roots.display()
    )
}

/// The request's line and headers.
pub(super) fn request<B>(request: &hyper::Request<B>) -> Vec<String> {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    let mut lines = vec![format!(
        "{} {} {}",
        request.method(),
        without_secret(path),
        version(request.version())
    )];
    if let Some(authority) = request.uri().authority() {
        lines.push(format!("host: {authority}"));
    }
    lines.extend(headers(request.headers()));
    lines.push(String::new());
    lines
}

/// The response's status and headers.
pub(super) fn response<B>(response: &hyper::Response<B>) -> Vec<String> {
    let status = response.status();
    let reason = match response.extensions().get::<hyper::ext::ReasonPhrase>() {
        Some(phrase) => String::from_utf8_lossy(phrase.as_bytes()),
        None => status.canonical_reason().unwrap_or_default().into(),
    };
    // HTTP/2 has no phrase (RFC 9113 §8.3.2).
    let reason = if response.version() == Version::HTTP_2 {
        Cow::Borrowed("")
    } else {
        reason
    };
    let mut lines = vec![format!("{} {} {reason}", version(response.version()), status.as_u16())];
    lines.extend(headers(response.headers()));
    lines.push(String::new());
    lines
}

/// Headers or trailers, one a line.
pub(super) fn headers(headers: &HeaderMap) -> Vec<String> {
    let line = |(name, value): (&HeaderName, &HeaderValue)| {
        let value = String::from_utf8_lossy(value.as_bytes());
        let value = match *name {
            AUTHORIZATION | PROXY_AUTHORIZATION => credentials(&value),
            COOKIE => String::from(REDACTED),
            SET_COOKIE => cookie(&value),
            _ => value.into_owned(),
        };
        format!("{name}: {value}")
    };
    headers.iter().map(line).collect()
}

/// The scheme, and nothing of what follows it.
fn credentials(value: &str) -> String {
    let (scheme, secret) = value
        .split_once(' ')
        .map_or(("", value), |(scheme, secret)| (scheme, secret));
    let prefix = if secret.trim_start().starts_with(TOKEN_PREFIX) {
        TOKEN_PREFIX
    } else {
        ""
    };
    let space = if scheme.is_empty() { "" } else { " " };
    format!("{scheme}{space}{prefix}{REDACTED}")
}

/// The cookie's name and attributes without its value.
fn cookie(value: &str) -> String {
    let (pair, attributes) = value.find(';').map_or((value, ""), |at| value.split_at(at));
    let name = pair.split_once('=').map_or("", |(name, _)| name);
    format!("{name}={REDACTED}{attributes}")
}

fn without_secret(path: &str) -> Cow<'_, str> {
    match path.strip_prefix(WEBHOOK_PATH) {
        Some(secret) if !secret.is_empty() => Cow::Owned(format!("{WEBHOOK_PATH}{REDACTED}")),
        _ => Cow::Borrowed(path),
    }
}

fn version(version: Version) -> &'static str {
    match version {
        Version::HTTP_10 => "HTTP/1.0",
        Version::HTTP_2 => "HTTP/2",
        _ => "HTTP/1.1",
    }
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_left_out() {
        let mut all = HeaderMap::new();
        for (name, value) in [
            ("authorization", "Bearer nihao_s3cret"),
            ("authorization", "Basic s3cret"),
            ("authorization", "s3cret"),
            ("cookie", "id=s3cret"),
            ("set-cookie", "__Host-id=s3cret; Path=/; HttpOnly"),
            ("x-other", "kept"),
        ] {
            all.append(name, value.parse().unwrap());
        }
        assert_eq!(
            headers(&all),
            [
                "authorization: Bearer nihao_…(redacted)",
                "authorization: Basic …(redacted)",
                "authorization: …(redacted)",
                "cookie: …(redacted)",
                "set-cookie: __Host-id=…(redacted); Path=/; HttpOnly",
                "x-other: kept",
            ]
        );
        assert_eq!(without_secret("/v1/hooks/s3cret"), "/v1/hooks/…(redacted)");
        assert_eq!(
            without_secret("/v1/messages?in=%23general"),
            "/v1/messages?in=%23general"
        );
    }
}
