//! `/v1/me`, `/v1/members`, `/v1/invites`: who is here, who may come, who must go.

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use nihao_protocol::chat::{AccessUse, ClientSays, Invite, Nickname, ServerSays};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::problem::{Body, Problem};
use super::schema::Name;
use super::session;
use super::who::Who;

/// Which page of members.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    /// Those whose names come after this one.
    #[param(value_type = Option<Name>, inline, required = false, nullable = false)]
    after: Option<String>,
}

/// Who asks.
#[derive(Serialize, ToSchema)]
pub(super) struct Me {
    name: String,
    /// What the token was given for: `send`, `read`, `send,read`; `browser`, by a session; `certificate`, by a device's own.
    access: String,
}

impl Me {
    pub(super) fn of(name: &Nickname, use_for: &AccessUse) -> Self {
        Self {
            name: name.to_string(),
            access: use_for.to_string(),
        }
    }
}

/// A member.
#[derive(Serialize, ToSchema)]
struct Person {
    name: String,
    admin: bool,
    online: bool,
    /// In ms since 1970.
    joined: u64,
}

/// A page of members, by name.
#[derive(Serialize, ToSchema)]
struct Members {
    members: Vec<Person>,
    /// Whether there are more after the last one.
    more: bool,
}

/// An invite for one person.
#[derive(Serialize, ToSchema)]
struct Invitation {
    /// One line, `nihao://…`, for `nihao join`.
    invite: String,
    /// The same for a browser.
    link: String,
    /// Until when it is good, in ms since 1970.
    expires: u64,
}

/// `GET /v1/me`: in whose name one asks, and what for.
#[utoipa::path(
    get, path = "/v1/me", tag = "people",
    security(("bearer" = []), ("cookie" = [])),
    responses((
        status = 200, body = Me, description = "In whose name one asks",
        headers(("Set-Cookie" = String, description = "`__Host-nihao`, when a session is due to be renewed")),
    ))
)]
pub(super) async fn me(who: Who) -> Response {
    let renewed = session::renewal(&who).await;
    let by_certificate = || Me {
        name: who.name().to_string(),
        access: String::from("certificate"),
    };
    let me = who.grant().map(|grant| Me::of(&grant.by, &grant.use_for));
    (session::cookies(renewed), Json(me.unwrap_or_else(by_certificate))).into_response()
}

/// `GET /v1/members`: everybody who joined and is still a member, by name.
#[utoipa::path(
    get, path = "/v1/members", tag = "people",
    security(("bearer" = []), ("cookie" = [])),
    params(Page),
    responses((status = 200, body = Members, description = "A page of members"))
)]
pub(super) async fn members(who: Who, page: Result<Query<Page>, QueryRejection>) -> Result<Response, Problem> {
    let Query(page) = page?;
    let after = page.after.as_deref().map(nickname).transpose()?;
    let ServerSays::Members { members, more } = who.ask(ClientSays::Who { after }).await?.says else {
        return Err(Problem::nonsense());
    };
    let people = members.into_iter().map(|member| Person {
        name: member.name.to_string(),
        admin: member.admin,
        online: member.online,
        joined: member.joined,
    });
    let members = people.collect();
    Ok(Json(Members { members, more }).into_response())
}

/// `DELETE /v1/members/{name}`: an admin takes somebody's access away.
#[utoipa::path(
    delete, path = "/v1/members/{name}", tag = "people",
    security(("bearer" = []), ("cookie" = [])),
    params(("name" = inline(Name), Path, description = "A member")),
    responses(
        (status = 204, description = "They are gone"),
        (
            status = 404, body = Body, content_type = "application/problem+json",
            description = "Nobody has or had that name: `no_such_user`",
        ),
        (
            status = 409, body = Body, content_type = "application/problem+json",
            description = "They are the last admin: `last_admin`",
        ),
    )
)]
pub(super) async fn remove(who: Who, name: Result<Path<String>, PathRejection>) -> Result<Response, Problem> {
    let Path(name) = name?;
    who.ask(ClientSays::Remove { name: nickname(&name)? }).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `POST /v1/invites`: a line for somebody else.
#[utoipa::path(
    post, path = "/v1/invites", tag = "people",
    security(("bearer" = []), ("cookie" = [])),
    responses((status = 201, body = Invitation, description = "An invite for one person"))
)]
pub(super) async fn invite(who: Who) -> Result<Response, Problem> {
    let ServerSays::Invited { line, expires } = who.ask(ClientSays::Invite).await?.says else {
        return Err(Problem::nonsense());
    };
    let invite: Invite = line.parse().map_err(|_| Problem::nonsense())?;
    let invitation = Invitation {
        link: invite.link(),
        invite: line,
        expires,
    };
    Ok((StatusCode::CREATED, Json(invitation)).into_response())
}

pub(super) fn nickname(text: &str) -> Result<Nickname, Problem> {
    Nickname::parse(text).map_err(|error| Problem::malformed(format!("{text:?}: {error}")))
}
