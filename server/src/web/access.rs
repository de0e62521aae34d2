//! `/v1/tokens`, `/v1/webhooks`, `/v1/hooks`: access for scripts and services.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::{JsonRejection, PathRejection};
use axum::extract::{Extension, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use nihao_protocol::chat::{AccessUse, ClientSays, Refusal, ServerSays};
use serde::{Deserialize, Serialize};

use super::problem::Problem;
use super::who::Who;
use super::{Origin, messages};
use crate::core::Core;

/// A token to give.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TokenWish {
    /// `send`, `read`, or both.
    scopes: Vec<String>,
    /// Seconds; never if left out.
    lifetime: Option<u64>,
}

/// A webhook to give.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WebhookWish {
    to: String,
    lifetime: Option<u64>,
}

#[derive(Serialize)]
struct Given {
    number: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    scopes: Option<Vec<&'static str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    given: u64,
    expires: Option<u64>,
    /// Said once, in the answer to the request that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

impl Given {
    fn of(access: &nihao_protocol::chat::Access, secret: Option<String>) -> Self {
        let (scopes, to) = match &access.use_for {
            AccessUse::Token { send, read } => {
                let scopes = [send.then_some("send"), read.then_some("read")];
                (Some(scopes.into_iter().flatten().collect()), None)
            }
            AccessUse::Webhook { to } => (None, Some(to.to_string())),
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
pub(super) async fn new_token(who: Who, wish: Result<Json<TokenWish>, JsonRejection>) -> Result<Response, Problem> {
    let Json(wish) = wish?;
    let use_for = wish.scopes.join(",").parse();
    let use_for = use_for.map_err(|_| Problem::malformed("scopes are \"send\" and \"read\""))?;
    give(&who, use_for, wish.lifetime).await
}

/// `POST /v1/webhooks`.
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
pub(super) async fn list_tokens(who: Who) -> Result<Response, Problem> {
    list(&who, |use_for| matches!(use_for, AccessUse::Token { .. })).await
}

/// `GET /v1/webhooks`.
pub(super) async fn list_webhooks(who: Who) -> Result<Response, Problem> {
    list(&who, |use_for| matches!(use_for, AccessUse::Webhook { .. })).await
}

async fn list(who: &Who, wanted: impl Fn(&AccessUse) -> bool) -> Result<Response, Problem> {
    let ServerSays::Accesses { accesses } = who.ask(ClientSays::ListAccess).await?.says else {
        return Err(Problem::nonsense());
    };
    let wanted = accesses.iter().filter(|access| wanted(&access.use_for));
    let given: Vec<_> = wanted.map(|access| Given::of(access, None)).collect();
    Ok(Json(given).into_response())
}

/// `DELETE /v1/tokens/{number}`, `DELETE /v1/webhooks/{number}`.
pub(super) async fn revoke(who: Who, number: Result<Path<u64>, PathRejection>) -> Result<Response, Problem> {
    let Path(number) = number?;
    who.ask(ClientSays::RevokeAccess { number }).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `POST /v1/hooks/{secret}`: posts the body as it is.
pub(super) async fn hook(
    State(core): State<Arc<Core>>,
    Extension(Origin(address)): Extension<Origin>,
    secret: Result<Path<String>, PathRejection>,
    text: Result<String, axum::extract::rejection::StringRejection>,
) -> Result<Response, Problem> {
    let Path(secret) = secret?;
    let who = Who::holder(core, address, &secret)?;
    let to = match &who.bearer {
        Some((_, AccessUse::Webhook { to })) => to.clone(),
        _ => return Err(Refusal::BadAccess.into()),
    };
    let text = text.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::TooLarge.into(),
        _ => Problem::malformed("the body is the text to post, in UTF-8"),
    })?;
    messages::post(&who, to, text.trim_end_matches(['\r', '\n']), None).await
}
