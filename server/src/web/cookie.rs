//! The one cookie: a session's secret, which only this server sees and no script of any page can read.

use axum::http::{HeaderMap, HeaderValue, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::browsers::LIFETIME;

/// A browser takes a name with this prefix only over TLS, for this host alone and for all its paths.
pub(super) const NAME: &str = "__Host-nihao";

/// What is true of the cookie whatever is in it.
const ATTRIBUTES: &str = "Path=/; Secure; HttpOnly; SameSite=Strict";

/// What a request's cookies say of a session.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Shown<'a> {
    /// Nothing.
    None,
    /// This.
    One(&'a str),
    /// More than one thing, or what cannot be read: nobody can tell which one a browser means.
    Unclear,
}

/// The session's cookie among all others (RFC 6265 §5.4; HTTP/2 may split them into several fields, RFC 9113 §8.2.3).
pub(super) fn shown(headers: &HeaderMap) -> Shown<'_> {
    let fields = headers.get_all(header::COOKIE).iter();
    let pairs = fields.flat_map(|field| field.as_bytes().split(|byte| *byte == b';'));
    let ours = pairs.filter_map(|pair| {
        let pair = pair.trim_ascii();
        let rest = pair.strip_prefix(NAME.as_bytes())?;
        // Neither a longer name, nor one without a value that some would take for it.
        (rest.is_empty() || rest.starts_with(b"=")).then(|| rest.strip_prefix(b"=").unwrap_or_default())
    });
    let mut ours = ours.map(std::str::from_utf8);
    match (ours.next(), ours.next()) {
        (None, _) => Shown::None,
        (Some(Ok(value)), None) => Shown::One(value),
        _ => Shown::Unclear,
    }
}

/// Hands a session's secret out.
pub(super) fn set(secret: &[u8; 32]) -> Option<HeaderValue> {
    let secret = URL_SAFE_NO_PAD.encode(secret);
    let life = LIFETIME.as_secs();
    let mut value = HeaderValue::try_from(format!("{NAME}={secret}; Max-Age={life}; {ATTRIBUTES}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

/// Makes a browser forget its session.
pub(super) fn clear() -> Option<HeaderValue> {
    HeaderValue::try_from(format!("{NAME}=; Max-Age=0; {ATTRIBUTES}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_cookie_is_ours_and_there_is_only_one() {
        let cases: [(&[&str], Shown<'_>); 9] = [
            (&[], Shown::None),
            (&["a=b; __Host-nihaoo=x; x__Host-nihao=y; __host-nihao=z"], Shown::None),
            (&["__Host-nihao=abc"], Shown::One("abc")),
            (&["a=b;__Host-nihao=abc ; c=d"], Shown::One("abc")),
            (&["a=b", "__Host-nihao=a=b"], Shown::One("a=b")),
            (&["__Host-nihao"], Shown::One("")),
            (&["__Host-nihao=a; __Host-nihao=a"], Shown::Unclear),
            (&["__Host-nihao=a", "__Host-nihao=b"], Shown::Unclear),
            (&["__Host-nihao=\u{fc}; __Host-nihao="], Shown::Unclear),
        ];
        for (fields, expected) in cases {
            let mut headers = HeaderMap::new();
            for field in fields {
                let value = HeaderValue::from_bytes(field.as_bytes()).unwrap();
                headers.append(header::COOKIE, value);
            }
            assert_eq!(shown(&headers), expected, "{fields:?}");
        }
    }

    #[test]
    fn it_is_for_this_host_alone() {
        let value = set(&[0; 32]).unwrap();
        let expected = format!(
            "__Host-nihao={}; Max-Age=2592000; Path=/; Secure; HttpOnly; SameSite=Strict",
            "A".repeat(43)
        );
        assert_eq!(value.to_str().unwrap(), expected);
        assert!(
            clear()
                .unwrap()
                .to_str()
                .unwrap()
                .starts_with("__Host-nihao=; Max-Age=0; ")
        );
    }
}
