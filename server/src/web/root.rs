//! `/ca.pem`: the root that browsers and systems may trust, for whoever wants to put it into their store.

use std::sync::Arc;

use axum::extract::Extension;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use nihao_protocol::crypto::hash::HashAlgorithm;

use super::openapi::is_known;
use super::problem::Problem;

/// The P-256 root: it alone has name constraints, so it alone is for stores.
#[derive(Debug)]
pub(super) struct Root {
    pem: String,
    tag: String,
}

impl Root {
    pub(super) fn new(pem: String) -> Self {
        let digest = HashAlgorithm::Sha256.hash(pem.as_bytes());
        let tag = digest.as_bytes().iter().take(16).map(|byte| format!("{byte:02x}"));
        let tag = format!("\"{}\"", tag.collect::<String>());
        Self { pem, tag }
    }
}

/// `GET /ca.pem`: the P-256 root, which can speak for this server's own names alone.
#[utoipa::path(
    get, path = "/ca.pem", tag = "trust",
    responses(
        (status = 200, body = String, content_type = "application/x-x509-ca-cert", description = "A certificate in PEM"),
        (status = 304, description = "It is the one that If-None-Match names"),
    )
)]
pub(super) async fn show(Extension(root): Extension<Arc<Root>>, headers: HeaderMap) -> Result<Response, Problem> {
    let mut response = if is_known(&headers, &root.tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        // Browsers offer to keep what is of this type.
        let kind = [(header::CONTENT_TYPE, "application/x-x509-ca-cert")];
        (kind, root.pem.clone()).into_response()
    };
    let headers = response.headers_mut();
    let tag = HeaderValue::from_str(&root.tag).map_err(|_| Problem::nonsense())?;
    headers.insert(header::ETAG, tag);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(response)
}
