//! `/openapi.json`: the API's description (OpenAPI 3.1), made from the handlers and the types they read and write.

use std::sync::Arc;

use axum::extract::Extension;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use nihao_protocol::crypto::hash::HashAlgorithm;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::{Components, ContentBuilder, InfoBuilder, OpenApi, OpenApiBuilder, Ref, RefOr, ResponseBuilder};
use utoipa::{PartialSchema as _, ToSchema as _};

use super::cookie;
use super::problem::{self, Problem};

/// The description as it is sent.
#[derive(Debug)]
pub(super) struct Description {
    json: String,
    tag: String,
}

impl Description {
    /// Puts on every operation what is true of all, and writes it down.
    pub(super) fn new(mut api: OpenApi) -> Self {
        api.paths.paths.values_mut().flat_map(operations).for_each(may_fail);
        let json = api.to_json().unwrap_or_default();
        let digest = HashAlgorithm::Sha256.hash(json.as_bytes());
        let tag = digest.as_bytes().iter().take(16).map(|byte| format!("{byte:02x}"));
        let tag = format!("\"{}\"", tag.collect::<String>());
        Self { json, tag }
    }
}

/// The description without its paths.
pub(super) fn frame() -> OpenApi {
    let info = InfoBuilder::new()
        .title("nihao")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "The chat's requests in JSON. Tokens are given with `nihao token new`.",
        ))
        .build();
    let mut components = Components::new();
    components.add_security_scheme("bearer", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(cookie::NAME)));
    components.add_security_scheme("cookie", cookie);
    let name = problem::Body::name().into_owned();
    components.schemas.insert(name, problem::Body::schema());
    OpenApiBuilder::new().info(info).components(Some(components)).build()
}

/// `GET /openapi.json`: this description.
#[utoipa::path(
    get, path = "/openapi.json", tag = "description",
    responses(
        (status = 200, body = Object, content_type = "application/json", description = "An OpenAPI document"),
        (status = 304, description = "It is the one that If-None-Match names"),
    )
)]
pub(super) async fn show(
    Extension(description): Extension<Arc<Description>>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let tag = HeaderValue::from_str(&description.tag).map_err(|_| Problem::nonsense())?;
    let mut response = if is_known(&headers, &description.tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let kind = [
            (header::CONTENT_TYPE, "application/json"),
            (header::CONTENT_LANGUAGE, "en"),
        ];
        (kind, description.json.clone()).into_response()
    };
    response.headers_mut().insert(header::ETAG, tag);
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(response)
}

/// RFC 9110 §13.1.2: by weak comparison.
pub(super) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let values = headers.get_all(header::IF_NONE_MATCH).iter();
    let mut tags = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    tags.any(|one| one.trim() == "*" || one.trim().trim_start_matches("W/") == tag)
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let all = [
        &mut item.get,
        &mut item.post,
        &mut item.put,
        &mut item.delete,
        &mut item.patch,
    ];
    all.into_iter().filter_map(Option::as_mut)
}

/// Why anything may not be done, whoever asks for whatever.
const ALWAYS: [(&str, &str); 6] = [
    ("400", "It makes no sense: `malformed`"),
    ("408", "It did not arrive in time: `too_slow`"),
    ("413", "It is longer than anything that is read: `too_large`"),
    ("414", "Its target is longer than any: `too_large`"),
    (
        "429",
        "Too much in too short a time, or at one time: `rate_limited`, `busy`",
    ),
    ("503", "Not now: `unavailable`, `unknown`, `shutting_down`"),
];

/// Why it may not be done for this one.
const NAMED: [(&str, &str); 2] = [
    ("401", "Nobody known asks: `not_a_member`, `bad_access`"),
    (
        "403",
        "They may not: `out_of_scope`, `not_admin`, `removed`; or another page asks: `wrong_origin`",
    ),
];

/// Why a body may not be read.
const JSON: (&str, &str) = (
    "415",
    "The body is no JSON, or does not say so: `unsupported_media_type`",
);

/// What may go wrong with every request, said of each; what its own handler says of a status stands.
fn may_fail(operation: &mut Operation) {
    let reads_json = match &operation.request_body {
        Some(RefOr::T(body)) => body.content.contains_key("application/json"),
        _ => false,
    };
    let named = NAMED.into_iter().filter(|_| operation.security.is_some());
    let why = ALWAYS.into_iter().chain(named).chain(reads_json.then_some(JSON));
    for (status, description) in why.collect::<Vec<_>>() {
        let schema = Ref::from_schema_name(problem::Body::name());
        let content = ContentBuilder::new().schema(Some(schema)).build();
        let problem = ResponseBuilder::new()
            .description(description)
            .content("application/problem+json", content)
            .build();
        let responses = &mut operation.responses.responses;
        responses.entry(status.into()).or_insert_with(|| problem.into());
    }
}
