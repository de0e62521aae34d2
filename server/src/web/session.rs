//! `/v1/session`: joining with a browser, and leaving it again.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Extension, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use nihao_protocol::chat::{AccessUse, ClientSays, Code, Invite, Refusal};
use serde::Deserialize;
use utoipa::ToSchema;

use super::people::{self, Me};
use super::problem::{Body, Problem};
use super::schema::{InviteCode, Name, Secret};
use super::who::{OwnPage, Who};
use super::{Origin, cookie};
use crate::browsers::{Newcomer, is_due};
use crate::core::Core;
use crate::event::AttemptHash;

/// Somebody who wants to join.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Join {
    /// An invite's code; the whole `nihao://` line or its link is taken, too.
    #[schema(value_type = InviteCode)]
    code: String,
    /// The name wanted.
    #[schema(value_type = Name)]
    name: String,
    /// The same again, with the same code and name, is the same person.
    #[schema(value_type = Secret)]
    attempt: String,
}

/// `POST /v1/session`: 201 for a newcomer, 200 for one whose answer was lost.
#[utoipa::path(
    post, path = "/v1/session", tag = "session",
    request_body = Join,
    responses(
        (
            status = 201, body = Me, description = "They joined; the cookie is the session",
            headers(("Set-Cookie" = String, description = "`__Host-nihao`")),
        ),
        (
            status = 200, body = Me, description = "They had joined; the cookie is another session of theirs",
            headers(("Set-Cookie" = String, description = "`__Host-nihao`")),
        ),
        (
            status = 403, body = Body, content_type = "application/problem+json",
            description = "Another page asks, or they were removed: `wrong_origin`, `removed`",
        ),
        (
            status = 404, body = Body, content_type = "application/problem+json",
            description = "There is no such invite: `invite_unknown`",
        ),
        (
            status = 409, body = Body, content_type = "application/problem+json",
            description = "Somebody else was first: `invite_used`, `name_taken`",
        ),
        (
            status = 410, body = Body, content_type = "application/problem+json",
            description = "The invite's time is over: `invite_expired`",
        ),
    )
)]
pub(super) async fn join(
    State(core): State<Arc<Core>>,
    Extension(Origin(address)): Extension<Origin>,
    _: OwnPage,
    wish: Result<Json<Join>, JsonRejection>,
) -> Result<Response, Problem> {
    let Json(wish) = wish?;
    let name = people::nickname(&wish.name)?;
    let newcomer = Newcomer {
        code: code(wish.code.trim())?,
        name: name.clone(),
        attempt: attempt(&wish.attempt)?,
    };
    let is_again = core.join_by_browser(address, newcomer).await?;
    let secret = core.open_session(&name).await?;
    let status = if is_again { StatusCode::OK } else { StatusCode::CREATED };
    let me = Me::of(&name, &AccessUse::Browser);
    Ok((status, cookies(cookie::set(&secret)), Json(me)).into_response())
}

/// `DELETE /v1/session`: ends the session whose cookie is shown.
#[utoipa::path(
    delete, path = "/v1/session", tag = "session",
    security(("bearer" = []), ("cookie" = [])),
    responses((
        status = 204, description = "It is good for nothing any more, and the cookie is cleared",
        headers(("Set-Cookie" = String, description = "`__Host-nihao`, empty")),
    ))
)]
pub(super) async fn leave(who: Who) -> Result<Response, Problem> {
    let grant = who.grant().filter(|grant| grant.use_for == AccessUse::Browser);
    let grant = grant.ok_or(Refusal::OutOfScope)?;
    who.ask(ClientSays::RevokeAccess { number: grant.number }).await?;
    Ok((StatusCode::NO_CONTENT, cookies(cookie::clear()), ()).into_response())
}

/// The cookie of a new session in place of one that has lasted a while. The old one goes on to its end: the answer may be lost.
pub(super) async fn renewal(who: &Who) -> Option<HeaderValue> {
    let (core, grant) = (who.core(), who.grant()?);
    if !is_due(grant, core.clock.now().0) {
        return None;
    }
    match core.open_session(&grant.by).await {
        Ok(secret) => cookie::set(&secret),
        Err(refused) => {
            tracing::debug!(name = %grant.by, why = refused.detail, "a session was not renewed");
            None
        }
    }
}

/// The field that hands a cookie out, if there is one to hand out.
pub(super) fn cookies(cookie: Option<HeaderValue>) -> Option<[(header::HeaderName, HeaderValue); 1]> {
    cookie.map(|cookie| [(header::SET_COOKIE, cookie)])
}

fn code(text: &str) -> Result<Code, Problem> {
    let code = match text.split_once("#code=") {
        Some((_, code)) => code.parse(),
        None if text.contains("://") => text.parse::<Invite>().map(|invite| invite.code),
        None => text.parse(),
    };
    code.map_err(|error| Problem::malformed(error.to_string()))
}

fn attempt(text: &str) -> Result<AttemptHash, Problem> {
    let bytes = URL_SAFE_NO_PAD
        .decode(text)
        .ok()
        .and_then(|bytes| bytes.try_into().ok());
    let bytes = bytes.ok_or_else(|| Problem::malformed("attempt is 32 bytes in base64url"))?;
    Ok(AttemptHash::of(&bytes))
}
