//! Strict-Transport-Security (RFC 6797), where the operator wants it: browsers come back over TLS alone.

use axum::extract::Request;
use axum::http::uri::Authority;
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use nihao_certs::HostName;

/// A year. Other names below this one are none of our business.
const PROMISE: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Promises it to those who asked for a real host name: the promise counts for every port of it.
pub(super) async fn promise(request: Request, next: Next) -> Response {
    let named = host(&request).is_some_and(|host| is_real(&host));
    let mut response = next.run(request).await;
    if named {
        response
            .headers_mut()
            .insert(header::STRICT_TRANSPORT_SECURITY, PROMISE);
    }
    response
}

fn host(request: &Request) -> Option<String> {
    let said = request.headers().get(header::HOST);
    let said = said.and_then(|host| host.to_str().ok()?.parse::<Authority>().ok());
    let authority = request.uri().authority().cloned().or(said)?;
    Some(authority.host().to_owned())
}

/// Neither an address nor this machine's name for itself. RFC 6797 §8.1.1: browsers heed no addresses.
fn is_real(host: &str) -> bool {
    match HostName::parse(host) {
        Ok(HostName::Dns(name)) => name != "localhost" && !name.ends_with(".localhost"),
        Ok(HostName::Ip(_)) | Err(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_localhost_are_no_real_names() {
        for (host, real) in [
            ("chat.example.org", true),
            ("Chat.Example.Org.", true),
            ("localhost", false),
            ("LOCALHOST.", false),
            ("a.localhost", false),
            ("127.0.0.1", false),
            ("[::1]", false),
            ("a b", false),
            ("", false),
        ] {
            assert_eq!(is_real(host), real, "{host}");
        }
    }
}
