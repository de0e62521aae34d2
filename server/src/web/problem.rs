//! What a client is told when something is not done: problem+json (RFC 9457), under the names that native clients get.

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use nihao_protocol::chat::Refusal;
use serde::Serialize;
use utoipa::ToSchema;

use super::cookie;
use crate::command::Refused;

/// Why a request is not done.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    /// The name that programs know it by.
    pub(super) error: &'static str,
    /// For people.
    pub(super) detail: String,
    retryable: bool,
    /// Whether a browser must forget its session.
    forgets: bool,
}

/// RFC 9457: why a request is not done.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct Body {
    r#type: String,
    title: &'static str,
    status: u16,
    /// For people.
    detail: String,
    /// For programs: the name that the native protocol has.
    error: &'static str,
    /// Whether the same request may be done later.
    retryable: bool,
}

impl Problem {
    pub(super) fn new(status: StatusCode, error: &'static str, detail: impl Into<String>) -> Self {
        Self {
            status,
            error,
            detail: detail.into(),
            retryable: false,
            forgets: false,
        }
    }

    /// The same to a browser that showed its session: one that is good for nothing is forgotten.
    pub(super) fn forgetting(mut self) -> Self {
        let ended = [Refusal::BadAccess, Refusal::Removed].map(Refusal::name);
        self.forgets = ended.contains(&self.error);
        self
    }

    pub(super) fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, Refusal::Malformed.name(), detail)
    }

    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "there is nothing at this path")
    }

    pub(super) fn method_not_allowed() -> Self {
        let detail = "this path has other methods; see the Allow header";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
    }

    /// The server answered itself with something that makes no sense: a defect.
    pub(super) fn nonsense() -> Self {
        let detail = "the server contradicted itself";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, Refusal::Unknown.name(), detail)
    }

    pub(super) fn too_slow() -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            "too_slow",
            "the request did not arrive in time",
        )
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        Self {
            status: status_of(refused.reason),
            error: refused.reason.name(),
            detail: refused.detail,
            retryable: refused.reason.is_retryable(),
            forgets: false,
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        Refused::from(refusal).into()
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        let error = match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Refusal::TooLarge.name(),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => "unsupported_media_type",
            _ => return Self::malformed(rejection.body_text()),
        };
        Self::new(rejection.status(), error, rejection.body_text())
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::malformed(rejection.body_text())
    }
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        Self::malformed(rejection.body_text())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = Body {
            r#type: format!("urn:nihao:{}", self.error),
            title: self.status.canonical_reason().unwrap_or("refused"),
            status: self.status.as_u16(),
            detail: self.detail,
            error: self.error,
            retryable: self.retryable,
        };
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static("en"));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if self.forgets
            && let Some(cleared) = cookie::clear()
        {
            headers.insert(header::SET_COOKIE, cleared);
        }
        if self.retryable {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

/// RFC 9110 §15: the class of each refusal.
const fn status_of(refusal: Refusal) -> StatusCode {
    match refusal {
        Refusal::Malformed => StatusCode::BAD_REQUEST,
        Refusal::NotAMember | Refusal::BadAccess => StatusCode::UNAUTHORIZED,
        Refusal::NotAdmin | Refusal::Removed | Refusal::OutOfScope | Refusal::BadProof => StatusCode::FORBIDDEN,
        Refusal::NoSuchUser | Refusal::NoSuchRoom | Refusal::NoSuchAccess | Refusal::InviteUnknown => {
            StatusCode::NOT_FOUND
        }
        Refusal::InviteExpired => StatusCode::GONE,
        Refusal::IdConflict | Refusal::NameTaken | Refusal::InviteUsed | Refusal::OutOfOrder | Refusal::LastAdmin => {
            StatusCode::CONFLICT
        }
        Refusal::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        // RFC 6585 §4. A server that has as many of something as it takes is not broken: whoever asks may have fewer, or wait.
        Refusal::RateLimited | Refusal::Busy => StatusCode::TOO_MANY_REQUESTS,
        Refusal::Unavailable | Refusal::Unknown | Refusal::ShuttingDown => StatusCode::SERVICE_UNAVAILABLE,
    }
}
