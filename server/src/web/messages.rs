//! `/v1/messages`: posting, and reading the past.

use axum::Json;
use axum::extract::Query;
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use nihao_protocol::chat::{ClientSays, Conversation, Message, MessageId, ServerSays, Text};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::problem::{Body, Problem};
use super::schema::{Place, Seq, Words};
use super::who::Who;

/// Messages of one answer, unless the client says otherwise.
const PAGE: u16 = 50;

/// A message to post.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Draft {
    #[schema(value_type = Place)]
    to: String,
    #[schema(value_type = Words)]
    text: String,
    /// The sender's id of it, a UUID: the same again is the same message.
    id: Option<uuid::Uuid>,
}

/// A message as it is shown.
#[derive(Serialize, ToSchema)]
#[schema(as = Message)]
pub(super) struct Shown {
    seq: u64,
    id: uuid::Uuid,
    from: String,
    to: String,
    text: String,
    /// In ms since 1970.
    at: u64,
}

/// What part of the past is asked for.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Part {
    /// `#general`, or `@` and a member's name.
    #[param(value_type = Place, inline)]
    r#in: String,
    /// The last ones before this `seq`.
    #[param(value_type = Option<Seq>, inline, required = false, nullable = false)]
    before: Option<u64>,
    /// The first ones after this `seq`.
    #[param(value_type = Option<Seq>, inline, required = false, nullable = false)]
    after: Option<u64>,
    /// How many at most; beyond 500 there are 500.
    #[param(minimum = 0, maximum = 65535, nullable = false)]
    limit: Option<u16>,
}

/// Where a message stands.
#[derive(Serialize, ToSchema)]
pub(super) struct Receipt {
    pub(super) seq: u64,
    pub(super) id: uuid::Uuid,
    pub(super) at: u64,
}

/// A part of a conversation, oldest first.
#[derive(Serialize, ToSchema)]
struct Messages {
    messages: Vec<Shown>,
    more: bool,
}

impl Shown {
    pub(super) fn of(message: &Message) -> Self {
        Self {
            seq: message.seq,
            id: uuid::Uuid::from_bytes(message.id.0),
            from: message.from.to_string(),
            to: message.to.to_string(),
            text: message.text.as_str().to_owned(),
            at: message.at,
        }
    }
}

/// `POST /v1/messages`: 201 with its place, or 200 if it was there already.
#[utoipa::path(
    post, path = "/v1/messages", tag = "messages",
    security(("bearer" = []), ("cookie" = [])),
    request_body = Draft,
    responses(
        (status = 201, body = Receipt, description = "It is stored; Location has it"),
        (status = 200, body = Receipt, description = "It was there already"),
        (
            status = 404, body = Body, content_type = "application/problem+json",
            description = "There is no such conversation: `no_such_room`, `no_such_user`",
        ),
        (
            status = 409, body = Body, content_type = "application/problem+json",
            description = "The id belongs to another message: `id_conflict`",
        ),
    )
)]
pub(super) async fn send(who: Who, draft: Result<Json<Draft>, JsonRejection>) -> Result<Response, Problem> {
    let Json(draft) = draft?;
    post(&who, conversation(&draft.to)?, &draft.text, draft.id).await
}

/// Posts a text in the name of `who`.
pub(super) async fn post(who: &Who, to: Conversation, text: &str, id: Option<uuid::Uuid>) -> Result<Response, Problem> {
    let place = to.to_string().replace('#', "%23").replace('@', "%40");
    let (receipt, is_repeated) = store(who, to, text, id).await?;
    let status = if is_repeated {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    let location = format!(
        "/v1/messages?in={place}&after={}&limit=1",
        receipt.seq.saturating_sub(1)
    );
    Ok((status, [(header::LOCATION, location)], Json(receipt)).into_response())
}

/// Has a text stored in the name of `who`; where it stands, and whether it stood there before.
pub(super) async fn store(
    who: &Who,
    to: Conversation,
    text: &str,
    id: Option<uuid::Uuid>,
) -> Result<(Receipt, bool), Problem> {
    let text = Text::parse(text).map_err(|error| Problem::malformed(error.to_string()))?;
    let id = match id {
        Some(id) => id,
        None => who.new_id()?,
    };
    let says = ClientSays::Send {
        id: MessageId(*id.as_bytes()),
        to,
        text,
        seen: None,
    };
    let answered = who.ask(says).await?;
    let ServerSays::Sent(sent) = answered.says else {
        return Err(Problem::nonsense());
    };
    let receipt = Receipt {
        seq: sent.seq,
        id,
        at: sent.at,
    };
    Ok((receipt, answered.is_repeated))
}

/// `GET /v1/messages`: oldest first; the last ones before `before`, or the first ones after `after`.
#[utoipa::path(
    get, path = "/v1/messages", tag = "messages",
    security(("bearer" = []), ("cookie" = [])),
    params(Part),
    responses(
        (status = 200, body = Messages, description = "A part of a conversation"),
        (
            status = 404, body = Body, content_type = "application/problem+json",
            description = "There is no such conversation: `no_such_room`, `no_such_user`",
        ),
    )
)]
pub(super) async fn list(who: Who, part: Result<Query<Part>, QueryRejection>) -> Result<Response, Problem> {
    let Query(part) = part?;
    let says = ClientSays::History {
        conversation: conversation(&part.r#in)?,
        before: part.before,
        after: part.after,
        limit: part.limit.unwrap_or(PAGE),
    };
    let ServerSays::History { messages, more } = who.ask(says).await?.says else {
        return Err(Problem::nonsense());
    };
    let messages = messages.iter().map(Shown::of).collect();
    Ok(Json(Messages { messages, more }).into_response())
}

pub(super) fn conversation(text: &str) -> Result<Conversation, Problem> {
    let parsed = text.parse::<Conversation>();
    parsed.map_err(|error| Problem::malformed(format!("{text:?}: {error}")))
}
