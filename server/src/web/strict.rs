//! What must hold of every request before anybody looks at what it asks: what could be read in two ways is refused.
//!
//! hyper refuses what is no HTTP at all; this is what it leaves to the server behind it.

use axum::extract::Request;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, Version, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use nihao_protocol::chat::Refusal;

use super::BODY;
use super::problem::Problem;

/// The longest target of a request, in bytes. RFC 9112 §3: at least 8000.
pub(super) const TARGET: usize = 8192;

/// Lets through what is clear; the connection of anything else ends with the answer, for nobody knows where the next request begins.
pub(super) async fn only_clear_requests(request: Request, next: Next) -> Response {
    let version = request.version();
    let checked = target(request.method(), request.uri())
        .and_then(|()| host(version, request.headers(), request.uri()))
        .and_then(|()| coding(request.headers()))
        .and_then(|()| length(request.headers()))
        .and_then(|()| authorization(request.headers()));
    let Err(problem) = checked else {
        if request.uri().path() == "*" {
            return StatusCode::NO_CONTENT.into_response();
        }
        return next.run(request).await;
    };
    let mut response = problem.into_response();
    if version < Version::HTTP_2 {
        let headers = response.headers_mut();
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// RFC 9112 §3.2: the origin form, the absolute form, and `*` for `OPTIONS`.
fn target(method: &Method, uri: &Uri) -> Result<(), Problem> {
    if method == Method::CONNECT {
        let detail = "this server is no proxy";
        return Err(Problem::new(StatusCode::NOT_IMPLEMENTED, "not_implemented", detail));
    }
    let scheme = uri.scheme_str();
    if scheme.is_some_and(|scheme| scheme != "https") {
        let detail = "only https is answered here";
        return Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, "misdirected", detail));
    }
    if scheme.is_none() && uri.authority().is_some() {
        return Err(Problem::malformed("an authority is no target for this method"));
    }
    let Some(path_and_query) = uri.path_and_query().map(|target| target.as_str()) else {
        return Err(Problem::malformed("the target has no path"));
    };
    if path_and_query.len() > TARGET {
        let detail = format!("a target has at most {TARGET} bytes");
        return Err(Problem::new(StatusCode::URI_TOO_LONG, "too_large", detail));
    }
    if !path_and_query.is_ascii() {
        return Err(Problem::malformed("a target is ASCII; percent-encode the rest"));
    }
    let is_path = path_and_query.starts_with('/') || (path_and_query == "*" && method == Method::OPTIONS);
    is_path
        .then_some(())
        .ok_or_else(|| Problem::malformed("a target begins with a slash"))
}

/// RFC 9112 §3.2: one good Host, unless the version had none. RFC 9113 §8.3.1: where there are two authorities, they agree.
fn host(version: Version, headers: &HeaderMap, uri: &Uri) -> Result<(), Problem> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (first, second) = (hosts.next(), hosts.next());
    if second.is_some() {
        return Err(Problem::malformed("there are two Host fields"));
    }
    let Some(value) = first else {
        let needs_host = version == Version::HTTP_11 || (version == Version::HTTP_2 && uri.authority().is_none());
        let missing = || Problem::malformed("there is no Host field");
        return (!needs_host).then_some(()).ok_or_else(missing);
    };
    let authority = value.to_str().ok().and_then(|value| value.parse::<Authority>().ok());
    // RFC 9110 §4.2.4: no user information; RFC 9110 §4.2.2: no empty host.
    let authority = authority.filter(|authority| !authority.as_str().contains('@') && !authority.host().is_empty());
    let authority = authority.ok_or_else(|| Problem::malformed("the Host field is no host"))?;
    let agrees = uri.authority().is_none_or(|other| *other == authority);
    if version == Version::HTTP_2 && !agrees {
        return Err(Problem::malformed("the Host field is not the request's authority"));
    }
    Ok(())
}

/// RFC 9112 §6.1: `chunked`, once; other codings are not implemented.
fn coding(headers: &HeaderMap) -> Result<(), Problem> {
    let values = headers.get_all(header::TRANSFER_ENCODING).iter();
    let codings = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    let mut chunked = 0;
    for coding in codings.map(<[u8]>::trim_ascii) {
        if !coding.eq_ignore_ascii_case(b"chunked") {
            let detail = "of the transfer codings only chunked is understood";
            return Err(Problem::new(StatusCode::NOT_IMPLEMENTED, "not_implemented", detail));
        }
        chunked += 1;
    }
    if chunked > 1 {
        return Err(Problem::malformed("a body is chunked once"));
    }
    Ok(())
}

/// A body that will not be read is refused before it comes.
fn length(headers: &HeaderMap) -> Result<(), Problem> {
    let length = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok());
    let length = length.and_then(|length| length.parse::<u64>().ok());
    if length.is_some_and(|length| length > BODY as u64) {
        return Err(Refusal::TooLarge.into());
    }
    Ok(())
}

/// RFC 9110 §5.3: it is no list, and two of them are two people.
fn authorization(headers: &HeaderMap) -> Result<(), Problem> {
    if headers.get_all(header::AUTHORIZATION).iter().nth(1).is_some() {
        return Err(Problem::malformed("there are two Authorization fields"));
    }
    Ok(())
}
