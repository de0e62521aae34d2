//! What is asked: method, URL, headers and body, checked before anything is sent.

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{
    ACCEPT, CONNECTION, CONTENT_LENGTH, HOST, HeaderMap, HeaderName, HeaderValue, TE, TRANSFER_ENCODING, UPGRADE,
    USER_AGENT,
};
use hyper::http::uri::{Authority, PathAndQuery, Scheme};
use hyper::{Method, Uri, Version};

use super::error::WebError;

/// The methods that can be asked for.
pub const METHODS: [&str; 7] = ["GET", "POST", "PUT", "DELETE", "HEAD", "PATCH", "OPTIONS"];

/// The port of HTTPS (RFC 9110 §4.2.2).
const HTTPS_PORT: u16 = 443;
/// What follows from the body and the version; two opinions about it are how requests are smuggled.
const NOT_TO_BE_GIVEN: [HeaderName; 5] = [CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION, UPGRADE, TE];

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// A DNS name or an IP address; an IPv6 address without brackets.
    pub host: String,
    /// The TCP port.
    pub port: u16,
}

/// One request.
#[derive(Debug, Clone)]
pub struct Request {
    /// Where it goes.
    pub target: Target,
    method: Method,
    authority: Authority,
    path: PathAndQuery,
    headers: HeaderMap,
    body: Option<Bytes>,
}

impl Request {
    /// A request for `url`, with headers each written `Name: value`; one without a value takes a header of ours away.
    ///
    /// # Errors
    /// [`WebError::Url`], [`WebError::PlainHttp`] or [`WebError::Header`].
    pub fn new(method: Method, url: &str, headers: &[String], body: Option<Vec<u8>>) -> Result<Self, WebError> {
        let (target, authority, path) = locate(url)?;
        let body = body.map(Bytes::from);
        let headers = collect(headers, body.as_ref())?;
        Ok(Self {
            target,
            method,
            authority,
            path,
            headers,
            body,
        })
    }

    /// The request as it goes over this version: where it goes is a header in HTTP/1.1, a part of the URI in HTTP/2.
    pub(super) fn over(&self, version: Version) -> Result<hyper::Request<Full<Bytes>>, WebError> {
        let mut request = hyper::Request::new(Full::new(self.body.clone().unwrap_or_default()));
        let mut headers = self.headers.clone();
        let host = headers.remove(HOST);
        if version == Version::HTTP_2 {
            let authority = match host {
                Some(value) => {
                    Authority::try_from(value.as_bytes()).map_err(|error| WebError::Header(format!("Host: {error}")))?
                }
                None => self.authority.clone(),
            };
            let whole = Uri::builder()
                .scheme(Scheme::HTTPS)
                .authority(authority)
                .path_and_query(self.path.clone());
            *request.uri_mut() = whole.build().map_err(|error| WebError::Url(error.to_string()))?;
            *request.headers_mut() = headers;
        } else {
            *request.uri_mut() = Uri::from(self.path.clone());
            let host = match host {
                Some(value) => value,
                None => {
                    HeaderValue::from_str(self.authority.as_str()).map_err(|error| WebError::Url(error.to_string()))?
                }
            };
            // RFC 9110 §7.2: first of all.
            request.headers_mut().insert(HOST, host);
            request.headers_mut().extend(headers);
        }
        *request.method_mut() = self.method.clone();
        *request.version_mut() = version;
        Ok(request)
    }
}

fn locate(url: &str) -> Result<(Target, Authority, PathAndQuery), WebError> {
    // What follows the host may be a secret, and so is what stands before it: neither is repeated.
    let scheme = url.find("://").map_or(0, |at| at + 3);
    let (scheme, rest) = url.split_at(scheme);
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if host.contains('@') {
        let reason = "a name or password before the host is not sent; give a header: -H 'Authorization: …'";
        return Err(WebError::Url(reason.into()));
    }
    let seen = match rest.len() > host.len() {
        _ if rest.contains('@') => format!("{scheme}…"), // a password may have a slash in it
        true => format!("{scheme}{host}…"),
        false => url.to_owned(),
    };
    let bad = |reason: &str| WebError::Url(format!("expected https://HOST/PATH, seen {seen:?}: {reason}"));
    if !host.is_ascii() {
        return Err(bad("a host that is not ASCII is written in its xn-- form"));
    }
    let uri: Uri = url
        .parse()
        .map_err(|error: hyper::http::uri::InvalidUri| bad(&error.to_string()))?;
    match uri.scheme_str() {
        Some("https") => {}
        Some("http") => return Err(WebError::PlainHttp),
        Some(other) => return Err(bad(&format!("{other} is not https"))),
        None => return Err(bad("there is no https:// before it")),
    }
    let authority = uri.authority().ok_or_else(|| bad("there is no host"))?;
    let host = authority.host();
    let port = match authority.as_str().strip_prefix(host) {
        Some("" | ":") => HTTPS_PORT,
        _ => authority
            .port_u16()
            .ok_or_else(|| bad("the port is no number up to 65535"))?,
    };
    // RFC 9110 §4.2.3: the usual port is left out.
    let shown = if port == HTTPS_PORT { host } else { authority.as_str() };
    let path = uri
        .path_and_query()
        .cloned()
        .unwrap_or_else(|| PathAndQuery::from_static("/"));
    let path = if path.as_str().starts_with('/') {
        path
    } else {
        format!("/{}", path.as_str())
            .parse()
            .map_err(|_| bad("the path is none"))?
    };
    let bare = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(host);
    let target = Target {
        host: bare.into(),
        port,
    };
    Ok((target, shown.parse().map_err(|_| bad("the host is none"))?, path))
}

fn collect(given: &[String], body: Option<&Bytes>) -> Result<HeaderMap, WebError> {
    let mut headers = HeaderMap::new();
    let ours = concat!("nihao/", env!("CARGO_PKG_VERSION"));
    headers.insert(USER_AGENT, HeaderValue::from_static(ours));
    headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
    let mut replaced = Vec::new();
    for line in given {
        let bad = |reason: &str| WebError::Header(format!("expected Name: value, seen one {reason}"));
        let (name, value) = line.split_once(':').ok_or_else(|| bad("without a colon"))?;
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad(&format!("whose name is {name:?}")))?;
        if NOT_TO_BE_GIVEN.contains(&name) {
            return Err(WebError::Header(format!("{name} cannot be given")));
        }
        let value = HeaderValue::from_bytes(value.trim_matches([' ', '\t']).as_bytes())
            .map_err(|_| bad(&format!("{name} whose value has control characters")))?;
        // What somebody says replaces what we say; what they say twice is sent twice.
        if !replaced.contains(&name) {
            headers.remove(&name);
            replaced.push(name.clone());
        }
        if !value.is_empty() {
            headers.append(name, value);
        }
    }
    if let Some(body) = body {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(body.len()));
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(url: &str, headers: &[&str]) -> Result<Request, String> {
        let headers: Vec<_> = headers.iter().map(|line| String::from(*line)).collect();
        Request::new(Method::POST, url, &headers, Some(b"hi".to_vec())).map_err(|error| error.to_string())
    }

    #[test]
    fn urls_are_read_with_care() {
        for (url, host, port, authority, path) in [
            ("https://a.example", "a.example", 443, "a.example", "/"),
            ("https://a.example:443/x?y#z", "a.example", 443, "a.example", "/x?y"),
            ("https://a.example:/?q", "a.example", 443, "a.example", "/?q"),
            ("https://a.example?q", "a.example", 443, "a.example", "/?q"),
            ("HTTPS://[::1]:8443/", "::1", 8443, "[::1]:8443", "/"),
        ] {
            let read = request(url, &[]).unwrap();
            assert_eq!((read.target.host.as_str(), read.target.port), (host, port), "{url}");
            assert_eq!(
                (read.authority.as_str(), read.path.as_str()),
                (authority, path),
                "{url}"
            );
        }
        for (url, reason) in [
            ("http://a.example/", "seen http://"),
            ("ftp://a.example/", "ftp is not https"),
            ("a.example", "no https://"),
            ("/path", "no https://"),
            ("https://", "https://HOST"),
            ("https://a.example:99999/", "up to 65535"),
            ("https://a.example:x/", "https://HOST"),
            ("https://a.example/a b", "https://HOST"),
            ("https://例子.测试/", "xn-- form"),
            ("https://alice:s3cret@a.example/", "is not sent"),
            ("https://alice:s3cret@a.example:99999/", "is not sent"),
            ("https://alice:s3cret@例子/", "is not sent"),
            ("alice:s3cret@a.example", "is not sent"),
            (
                "https://a.example:x/s3cret?token=s3cret",
                "seen \"https://a.example:x…\"",
            ),
            ("https://alice:x/s3cret@a.example/", "seen \"https://…\""),
            ("https://a.example?token=s3cret b", "seen \"https://a.example…\""),
        ] {
            let error = request(url, &[]).unwrap_err();
            assert!(error.contains(reason) && !error.contains("s3cret"), "{url}: {error}");
        }
    }

    #[test]
    fn headers_of_the_user_s_replace_ours() {
        let read = request(
            "https://a.example/x",
            &["User-Agent:", "X: 1", "X:2", "accept: text/html"],
        )
        .unwrap();
        let http1 = read.over(Version::HTTP_11).unwrap();
        let mut lines: Vec<_> = http1
            .headers()
            .iter()
            .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
            .collect();
        assert_eq!(lines[0], "host: a.example");
        lines.sort();
        assert_eq!(
            lines,
            [
                "accept: text/html",
                "content-length: 2",
                "host: a.example",
                "x: 1",
                "x: 2"
            ]
        );
        assert_eq!(http1.uri(), "/x");
        let http2 = request("https://a.example/x", &["Host: b.example"])
            .unwrap()
            .over(Version::HTTP_2)
            .unwrap();
        assert_eq!(
            (http2.uri().to_string().as_str(), http2.headers().get(HOST)),
            ("https://b.example/x", None)
        );
    }

    #[test]
    fn no_header_smuggles_another() {
        for (line, reason) in [
            ("X", "without a colon"),
            ("X Y: 1", "name is \"X Y\""),
            (": 1", "name is \"\""),
            ("X: 1\r\nY: 2", "control characters"),
            ("Content-Length: 3", "cannot be given"),
            ("transfer-encoding: chunked", "cannot be given"),
        ] {
            let error = request("https://a.example/", &[line]).unwrap_err();
            assert!(error.contains(reason) && !error.contains('\n'), "{line}: {error}");
        }
    }
}
