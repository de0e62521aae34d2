//! `/v1/events`: messages as they come, as server-sent events; `Last-Event-ID` goes on where one stopped.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::Stream;
use futures_util::stream::unfold;
use nihao_protocol::chat::{Message, Nickname, Refusal};

use super::messages::Shown;
use super::problem::Problem;
use super::who::Who;
use crate::core::Core;
use crate::hub::Presence;
use crate::mailbox::Mail;

/// How many messages one step of a replay takes.
const PAGE: usize = 256;
/// A stream without messages says so often enough that proxies keep it open.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// `GET /v1/events`: without `Last-Event-ID` what is said from now on.
#[utoipa::path(
    get, path = "/v1/events", tag = "messages",
    security(("bearer" = [])),
    params(("Last-Event-ID" = Option<u64>, Header, description = "Goes on after this event; 0 is the beginning")),
    responses(
        (
            status = 200,
            content_type = "text/event-stream",
            body = String,
            description = "Events `message`, whose data is a Message, and at the end `closing`, whose data is a reason",
        ),
    )
)]
pub(super) async fn stream(State(core): State<Arc<Core>>, headers: HeaderMap, who: Who) -> Result<Response, Problem> {
    let head = core.log.recent().head();
    let after = match headers.get("last-event-id") {
        None => head,
        Some(id) => {
            let id = id.to_str().ok().and_then(|id| id.parse::<u64>().ok());
            id.ok_or_else(|| Problem::malformed("Last-Event-ID is the id of an event"))?
                .min(head)
        }
    };
    let me = who.may_follow(after)?;
    let follower = Follower::new(core, me, after);
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
        match follower.next().await {
            Ok(message) => {
                let event = Event::default().event("message").id(message.seq.to_string());
                let event = event.json_data(Shown::of(&message)).unwrap_or_default();
                Some((Ok(event), Some(follower)))
            }
            Err(reason) => {
                let event = Event::default().event("closing").data(reason.name());
                Some((Ok(event), None))
            }
        }
    })
}

/// What one member may see, in the order of the log, from a place on and for ever.
struct Follower {
    core: Arc<Core>,
    me: Nickname,
    presence: Presence,
    /// Up to here everything was given.
    delivered: u64,
    ready: VecDeque<Message>,
    /// Whether the mailbox has all there is after `delivered`.
    is_live: bool,
}

impl Follower {
    fn new(core: Arc<Core>, me: Nickname, delivered: u64) -> Self {
        let presence = core.hub.enter(Some(me.clone()), core.limits.mailbox);
        Self {
            core,
            me,
            presence,
            delivered,
            ready: VecDeque::new(),
            is_live: false,
        }
    }

    /// The next message, or why there will be none.
    async fn next(&mut self) -> Result<Message, Refusal> {
        loop {
            if let Some(dismissal) = self.presence.mailbox.dismissal() {
                return Err(dismissal.reason);
            }
            if let Some(message) = self.ready.pop_front() {
                self.delivered = self.delivered.max(message.seq);
                return Ok(message);
            }
            if !self.is_live {
                self.read_on().await?;
                continue;
            }
            match self.presence.mailbox.take() {
                Mail::Overflowed => self.is_live = false,
                Mail::Entries(entries) if entries.is_empty() => self.presence.mailbox.rings().await,
                Mail::Entries(entries) => {
                    let fresh = entries.iter().filter(|entry| entry.seq > self.delivered);
                    self.ready = fresh.filter_map(|entry| entry.message().cloned()).collect();
                }
            }
        }
    }

    /// Reads a page of the history. The mailbox is opened before the last one, so that nothing falls between.
    async fn read_on(&mut self) -> Result<(), Refusal> {
        if self.page().await? {
            return Ok(());
        }
        self.presence.mailbox.open();
        self.is_live = !self.page().await?;
        Ok(())
    }

    /// Reads the next page; whether there was anything in it.
    async fn page(&mut self) -> Result<bool, Refusal> {
        let after = self.ready.back().map_or(self.delivered, |message| message.seq);
        let query = self.core.news(&self.me, after, PAGE);
        if query.places.is_empty() {
            return Ok(false);
        }
        let page = self.core.log.messages(query).await.map_err(|error| error.refusal())?;
        let found = !page.messages.is_empty();
        self.ready.extend(page.messages);
        Ok(found)
    }
}
