//! `/v1/events`: messages as they come, as server-sent events; `Last-Event-ID` goes on where one stopped.

use std::convert::Infallible;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::Stream;
use futures_util::stream::unfold;

use super::follower::{Follower, News};
use super::messages::Shown;
use super::problem::Problem;
use super::schema::Seq;
use super::who::Who;

/// A stream without messages says so often enough that proxies keep it open.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// `GET /v1/events`: without `Last-Event-ID` what is said from now on.
#[utoipa::path(
    get, path = "/v1/events", tag = "messages",
    security(("bearer" = []), ("cookie" = [])),
    params(("Last-Event-ID" = inline(Option<Seq>), Header, description = "Goes on after this event; 0 is the beginning")),
    responses(
        (
            status = 200,
            content_type = "text/event-stream",
            body = String,
            description = "Events `message`, whose data is a Message, and at the end `closing`, whose data is a reason",
        ),
    )
)]
pub(super) async fn stream(who: Who, headers: HeaderMap) -> Result<Response, Problem> {
    let after = headers.get("last-event-id").map(|id| {
        let id = id.to_str().ok().and_then(|id| id.parse::<u64>().ok());
        id.ok_or_else(|| Problem::malformed("Last-Event-ID is the id of an event"))
    });
    let follower = Follower::open(&who, after.transpose()?)?;
    let mut response = Sse::new(events(follower))
        .keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
        .into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

fn events(follower: Follower) -> impl Stream<Item = Result<Event, Infallible>> {
    unfold(Some(follower), async |follower| {
        let mut follower = follower?;
        let (event, rest) = match follower.next().await {
            // An id and nothing else: whoever is cut off before the first message goes on from here and misses nothing.
            Ok(News::CaughtUp { cursor }) => (Event::default().id(cursor.to_string()), Some(follower)),
            Ok(News::Message(message)) => {
                let event = Event::default().event("message").id(message.seq.to_string());
                let event = event.json_data(Shown::of(&message)).unwrap_or_default();
                (event, Some(follower))
            }
            Err(reason) => (Event::default().event("closing").data(reason.name()), None),
        };
        Some((Ok(event), rest))
    })
}
