//! `/v1/tokens`, `/v1/webhooks`, `/v1/hooks`, `/v1/sessions`: access for scripts, services and browsers.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use nihao_protocol::chat::{Access, AccessUse, ClientSays, Refusal, ServerSays};
use serde::{Deserialize, Serialize};
use utoipa::{IntoResponses, ToSchema};

use super::problem::{Body, Problem};
use super::schema::{Line, Place, Seconds, Secret, Seq};
use super::who::Who;
use super::{Origin, messages, schema};
use crate::core::Core;

/// A token to give.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenWish {
    #[schema(min_items = 1)]
    scopes: Vec<Scope>,
    /// Seconds; for ever if left out.
    #[serde(default, deserialize_with = "schema::whole")]
    #[schema(value_type = Option<Seconds>)]
    lifetime: Option<u64>,
}

/// What a token may be used for.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Scope {
    /// To post.
    Send,
    /// To read what its giver may.
    Read,
}

/// A webhook to give.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct WebhookWish {
    #[schema(value_type = Place)]
    to: String,
    /// Seconds; for ever if left out.
    #[serde(default, deserialize_with = "schema::whole")]
    #[schema(value_type = Option<Seconds>)]
    lifetime: Option<u64>,
}

/// A token, a webhook or a session.
#[derive(Serialize, ToSchema)]
#[schema(as = Access)]
struct Given {
    number: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    scopes: Option<Vec<Scope>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    /// In ms since 1970.
    given: u64,
    /// In ms since 1970.
    expires: Option<u64>,
    /// Said once, in the answer to the request that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

impl Given {
    fn of(access: &Access, secret: Option<String>) -> Self {
        let (scopes, to) = match &access.use_for {
            AccessUse::Token { send, read } => {
                let scopes = [send.then_some(Scope::Send), read.then_some(Scope::Read)];
                (Some(scopes.into_iter().flatten().collect()), None)
            }
            AccessUse::Webhook { to } => (None, Some(to.to_string())),
            AccessUse::Browser => (None, None),
        };
        Self {
            number: access.number,
            scopes,
            to,
            given: access.given,
            expires: access.expires,
            secret,
        }
    }
}

/// `POST /v1/tokens`.
#[utoipa::path(
    post, path = "/v1/tokens", tag = "access",
    security(("bearer" = []), ("cookie" = [])),
    request_body = TokenWish,
    responses((status = 201, body = Given, description = "The token and, once, its secret"))
)]
pub(super) async fn new_token(who: Who, wish: Result<Json<TokenWish>, JsonRejection>) -> Result<Response, Problem> {
    let Json(wish) = wish?;
    if wish.scopes.is_empty() {
        return Err(Problem::malformed("scopes are \"send\", \"read\", or both"));
    }
    let use_for = AccessUse::Token {
        send: wish.scopes.contains(&Scope::Send),
        read: wish.scopes.contains(&Scope::Read),
    };
    give(&who, use_for, wish.lifetime).await
}

/// `POST /v1/webhooks`.
#[utoipa::path(
    post, path = "/v1/webhooks", tag = "access",
    security(("bearer" = []), ("cookie" = [])),
    request_body = WebhookWish,
    responses(
        (status = 201, body = Given, description = "The webhook and, once, its URL"),
        (
            status = 404, body = Body, content_type = "application/problem+json",
            description = "There is no such conversation: `no_such_room`, `no_such_user`",
        ),
    )
)]
pub(super) async fn new_webhook(who: Who, wish: Result<Json<WebhookWish>, JsonRejection>) -> Result<Response, Problem> {
    let Json(wish) = wish?;
    let to = messages::conversation(&wish.to)?;
    give(&who, AccessUse::Webhook { to }, wish.lifetime).await
}

async fn give(who: &Who, use_for: AccessUse, lifetime: Option<u64>) -> Result<Response, Problem> {
    let ServerSays::AccessGiven { access, secret } = who.ask(ClientSays::NewAccess { use_for, lifetime }).await?.says
    else {
        return Err(Problem::nonsense());
    };
    Ok((StatusCode::CREATED, Json(Given::of(&access, Some(secret)))).into_response())
}

/// `GET /v1/tokens`.
#[utoipa::path(
    get, path = "/v1/tokens", tag = "access",
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = Vec<Given>, description = "Those of whoever asks"))
)]
pub(super) async fn list_tokens(who: Who) -> Result<Response, Problem> {
    list(&who, is_token).await
}

/// `GET /v1/webhooks`.
#[utoipa::path(
    get, path = "/v1/webhooks", tag = "access",
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = Vec<Given>, description = "Those of whoever asks"))
)]
pub(super) async fn list_webhooks(who: Who) -> Result<Response, Problem> {
    list(&who, is_webhook).await
}

const fn is_token(use_for: &AccessUse) -> bool {
    matches!(use_for, AccessUse::Token { .. })
}

const fn is_webhook(use_for: &AccessUse) -> bool {
    matches!(use_for, AccessUse::Webhook { .. })
}

const fn is_browser(use_for: &AccessUse) -> bool {
    matches!(use_for, AccessUse::Browser)
}

/// What `who` gave of one kind.
async fn given(who: &Who, wanted: fn(&AccessUse) -> bool) -> Result<Vec<Access>, Problem> {
    let ServerSays::Accesses { mut accesses } = who.ask(ClientSays::ListAccess).await?.says else {
        return Err(Problem::nonsense());
    };
    accesses.retain(|access| wanted(&access.use_for));
    Ok(accesses)
}

async fn list(who: &Who, wanted: fn(&AccessUse) -> bool) -> Result<Response, Problem> {
    let given = given(who, wanted).await?;
    let given: Vec<_> = given.iter().map(|access| Given::of(access, None)).collect();
    Ok(Json(given).into_response())
}

/// What comes of revoking.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "only describes")]
enum Revoked {
    /// It is good for nothing any more
    #[response(status = 204)]
    Done,
    /// You gave none of that number: `no_such_access`
    #[response(status = 404, content_type = "application/problem+json")]
    NotThere(Body),
}

/// `DELETE /v1/tokens/{number}`.
#[utoipa::path(
    delete, path = "/v1/tokens/{number}", tag = "access",
    security(("bearer" = []), ("cookie" = [])),
    params(("number" = inline(Seq), Path, description = "As it is listed")),
    responses(Revoked)
)]
pub(super) async fn revoke_token(who: Who, number: Result<Path<u64>, PathRejection>) -> Result<Response, Problem> {
    revoke(&who, number, is_token).await
}

/// `DELETE /v1/webhooks/{number}`.
#[utoipa::path(
    delete, path = "/v1/webhooks/{number}", tag = "access",
    security(("bearer" = []), ("cookie" = [])),
    params(("number" = inline(Seq), Path, description = "As it is listed")),
    responses(Revoked)
)]
pub(super) async fn revoke_webhook(who: Who, number: Result<Path<u64>, PathRejection>) -> Result<Response, Problem> {
    revoke(&who, number, is_webhook).await
}

/// Revokes what has this number and is of this kind: numbers are counted over all kinds.
async fn revoke(
    who: &Who,
    number: Result<Path<u64>, PathRejection>,
    wanted: fn(&AccessUse) -> bool,
) -> Result<Response, Problem> {
    let Path(number) = number?;
    if !given(who, wanted).await?.iter().any(|access| access.number == number) {
        return Err(Refusal::NoSuchAccess.into());
    }
    who.ask(ClientSays::RevokeAccess { number }).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `GET /v1/sessions`.
#[utoipa::path(
    get, path = "/v1/sessions", tag = "session",
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 200, body = Vec<Given>, description = "The browsers of whoever asks"))
)]
pub(super) async fn list_sessions(who: Who) -> Result<Response, Problem> {
    list(&who, is_browser).await
}

/// `DELETE /v1/sessions/{number}`.
#[utoipa::path(
    delete, path = "/v1/sessions/{number}", tag = "session",
    security(("bearer" = []), ("cookie" = [])),
    params(("number" = inline(Seq), Path, description = "As it is listed")),
    responses(Revoked)
)]
pub(super) async fn revoke_session(who: Who, number: Result<Path<u64>, PathRejection>) -> Result<Response, Problem> {
    revoke(&who, number, is_browser).await
}

/// `POST /v1/hooks/{secret}`: posts the body as it is.
#[utoipa::path(
    post, path = "/v1/hooks/{secret}", tag = "access",
    params(("secret" = inline(Secret), Path, description = "As `POST /v1/webhooks` said it")),
    request_body(content = Line, content_type = "text/plain"),
    responses(
        (status = 201, body = messages::Receipt, description = "It is stored"),
        (
            status = 401, body = Body, content_type = "application/problem+json",
            description = "There is no such webhook, or it has ended: `bad_access`",
        ),
        (
            status = 403, body = Body, content_type = "application/problem+json",
            description = "Whoever gave it was removed: `removed`",
        ),
        (
            status = 404, body = Body, content_type = "application/problem+json",
            description = "Whoever it goes to was removed: `no_such_user`",
        ),
    )
)]
pub(super) async fn hook(
    State(core): State<Arc<Core>>,
    Extension(Origin(address)): Extension<Origin>,
    secret: Result<Path<String>, PathRejection>,
    text: Result<String, axum::extract::rejection::StringRejection>,
) -> Result<Response, Problem> {
    let Path(secret) = secret?;
    let fits = |use_for: &AccessUse| matches!(use_for, AccessUse::Webhook { .. });
    let who = Who::holder(&core, address, &secret, fits)?;
    let Some(AccessUse::Webhook { to }) = who.grant().map(|grant| grant.use_for.clone()) else {
        return Err(Refusal::BadAccess.into());
    };
    let text = text.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::TooLarge.into(),
        _ => Problem::malformed("the body is the text to post, in UTF-8"),
    })?;
    messages::post(&who, to, text.trim_end_matches(['\r', '\n']), None).await
}
