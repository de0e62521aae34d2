//! `GET /v1/ws`: whether it is a WebSocket's opening handshake (RFC 6455 §4.2), and who is at the other end.

use std::sync::{Arc, Mutex, PoisonError};

use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Query};
use axum::http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING, UPGRADE};
use axum::http::header::{SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use utoipa::IntoParams;

use super::super::follower::Follower;
use super::super::problem::Problem;
use super::super::schema::Seq;
use super::super::who::Who;

/// The one version there is.
const VERSION: HeaderValue = HeaderValue::from_static("13");
const WEBSOCKET: HeaderValue = HeaderValue::from_static("websocket");

/// Where a connection looks for what was agreed on when its last answer was 101.
#[derive(Clone, Default)]
pub(in super::super) struct Slot(Arc<Mutex<Option<Agreed>>>);

/// What a WebSocket begins with.
pub(in super::super) struct Agreed {
    pub(super) who: Who,
    pub(super) follower: Follower,
}

impl Slot {
    fn fill(&self, agreed: Agreed) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(agreed);
    }

    /// What was agreed on, if anything was.
    pub(in super::super) fn take(&self) -> Option<Agreed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Where to begin.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct From {
    /// After this `seq`; 0 is the beginning; left out: from now on.
    #[param(value_type = Option<Seq>, inline, required = false, nullable = false)]
    after: Option<u64>,
}

/// `GET /v1/ws`: messages as they come and texts to post, one JSON object in each text frame.
#[utoipa::path(
    get, path = "/v1/ws", tag = "messages",
    security(("bearer" = []), ("cookie" = [])),
    params(
        From,
        ("Upgrade" = Option<String>, Header, description = "`websocket`"),
        ("Sec-WebSocket-Version" = Option<String>, Header, description = "`13`"),
        ("Sec-WebSocket-Key" = Option<String>, Header, description = "16 random bytes in base64"),
    ),
    responses(
        (
            status = 101,
            description = "A WebSocket (RFC 6455). From the server: `{\"type\":\"message\",\"message\":Message}`, \
                `{\"type\":\"caught_up\",\"cursor\":N}`, `{\"type\":\"sent\",\"request\":R,\"seq\":N,\"id\":\"…\",\"at\":T}`, \
                `{\"type\":\"refused\",\"request\":R,\"reason\":\"…\",\"detail\":\"…\"}`, `{\"type\":\"pong\",\"request\":R}`, \
                `{\"type\":\"closing\",\"reason\":\"…\"}`. From the client: \
                `{\"type\":\"send\",\"request\":R,\"to\":\"#general\",\"text\":\"…\",\"id\":\"…\"}`, \
                `{\"type\":\"ping\",\"request\":R}`",
        ),
        (
            status = 426,
            body = super::super::problem::Body,
            content_type = "application/problem+json",
            description = "It is no WebSocket's handshake, or of another version than 13: `upgrade_required`",
        ),
    )
)]
pub(in super::super) async fn upgrade(
    method: Method,
    version: Version,
    headers: HeaderMap,
    slot: Option<Extension<Slot>>,
    who: Who,
    from: Result<Query<From>, QueryRejection>,
) -> Result<Response, Problem> {
    if method != Method::GET {
        return Err(Problem::method_not_allowed());
    }
    let Some(Extension(slot)) = slot else {
        let detail = "WebSockets are spoken over HTTP/1.1 here: offer http/1.1 in ALPN";
        return Err(Problem::new(StatusCode::BAD_REQUEST, "http11_required", detail));
    };
    if version != Version::HTTP_11 || !names(&headers, UPGRADE, "websocket") || !names(&headers, CONNECTION, "upgrade")
    {
        return Ok(upgrade_required("this is where WebSockets are opened (RFC 6455)"));
    }
    if single(&headers, &SEC_WEBSOCKET_VERSION) != Some(&VERSION) {
        return Ok(upgrade_required("the version of WebSocket here is 13"));
    }
    let key = single(&headers, &SEC_WEBSOCKET_KEY).filter(|key| is_key(key));
    let key = key.ok_or_else(|| Problem::malformed("Sec-WebSocket-Key is 16 bytes in base64, once"))?;
    let has_body = headers.contains_key(TRANSFER_ENCODING)
        || single(&headers, &CONTENT_LENGTH).is_some_and(|length| length.as_bytes() != b"0");
    if has_body {
        return Err(Problem::malformed("a WebSocket's handshake has no body"));
    }
    let Query(From { after }) = from?;
    let follower = Follower::open(&who, after)?;
    let accept = HeaderValue::from_str(&derive_accept_key(key.as_bytes())).map_err(|_| Problem::nonsense())?;
    slot.fill(Agreed { who, follower });
    let fields = [
        (CONNECTION, HeaderValue::from_static("Upgrade")),
        (UPGRADE, WEBSOCKET),
        (SEC_WEBSOCKET_ACCEPT, accept),
    ];
    Ok((StatusCode::SWITCHING_PROTOCOLS, fields).into_response())
}

/// RFC 9110 §15.5.22: it says what to upgrade to; RFC 6455 §4.4: and in which version.
fn upgrade_required(detail: &str) -> Response {
    let problem = Problem::new(StatusCode::UPGRADE_REQUIRED, "upgrade_required", detail);
    let fields = [
        (CONNECTION, HeaderValue::from_static("Upgrade")),
        (UPGRADE, WEBSOCKET),
        (SEC_WEBSOCKET_VERSION, VERSION),
    ];
    (fields, problem).into_response()
}

/// Whether a list of tokens has this one.
fn names(headers: &HeaderMap, list: HeaderName, token: &str) -> bool {
    let values = headers.get_all(list).into_iter();
    let mut tokens = values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    tokens.any(|one| one.trim().eq_ignore_ascii_case(token))
}

/// A field that is there once.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a HeaderValue> {
    let mut values = headers.get_all(name).into_iter();
    let first = values.next();
    first.filter(|_| values.next().is_none())
}

fn is_key(key: &HeaderValue) -> bool {
    STANDARD.decode(key).is_ok_and(|nonce| nonce.len() == 16)
}
