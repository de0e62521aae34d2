//! HTTP on the chat's port: the same requests as native frames, in JSON, for curl, scripts and browsers.
//!
//! Every request becomes a [`ClientSays`](nihao_protocol::chat::ClientSays) and goes the way of all requests:
//! [`Core::plan`](crate::core::Core), `authorize`, the log.

mod access;
mod connection;
mod cookie;
mod events;
mod follower;
mod hsts;
#[expect(unused_qualifications, reason = "utoipa's derive for parameters")]
mod messages;
mod openapi;
mod page;
#[expect(unused_qualifications, reason = "utoipa's derive for parameters")]
mod people;
mod problem;
mod progress;
mod root;
mod schema;
mod session;
#[expect(unused_qualifications, reason = "utoipa's derive for parameters")]
mod socket;
mod streams;
mod strict;
#[cfg(test)]
mod tests;
mod unread;
mod who;

use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use axum::Router;
use axum::extract::{DefaultBodyLimit, Extension, Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use nihao_protocol::net::TlsStream;
use tokio::io::{AsyncRead, AsyncWrite};

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::core::Core;
use connection::Upgraded;
use openapi::Description;
use problem::Problem;
use progress::Progress;
use root::Root;

/// The ALPN name of HTTP/2.
pub(crate) const HTTP2: &[u8] = b"h2";

/// The longest body that is read: a message of 16 KiB whose every character is escaped, and its frame.
const BODY: usize = 128 * 1024;
/// How long a request may take until its answer begins, its body included.
const BODY_DEADLINE: Duration = Duration::from_secs(30);

/// Who is at the other end of a connection.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Peer {
    /// Where they connect from.
    pub(crate) address: IpAddr,
    /// Whether they speak HTTP/2.
    pub(crate) is_h2: bool,
    /// The Ed25519 key of the certificate that they showed, if they were asked and did.
    pub(crate) key: Option<[u8; 32]>,
}

/// Where a request comes from.
#[derive(Debug, Clone, Copy)]
struct Origin(IpAddr);

/// The key that the connection's certificate is for.
#[derive(Debug, Clone, Copy)]
struct DeviceKey([u8; 32]);

/// What a site says of its server besides the chat.
#[derive(Debug, Clone, Default)]
pub(crate) struct Standing {
    /// The root that stores may trust, in PEM.
    pub(crate) root: String,
    /// Whether browsers are told to come back over TLS alone.
    pub(crate) hsts: bool,
}

/// Everything that HTTP offers, ready to serve any number of connections.
pub(crate) struct Site {
    routes: Router,
    /// How long a connection may take to end.
    farewell: Duration,
}

impl Site {
    /// The routes over this server's core.
    pub(crate) fn new(core: Arc<Core>, standing: Standing) -> Self {
        let farewell = core.limits.farewell;
        let (routes, description) = documented();
        let routes = routes
            .merge(page::routes())
            .fallback(async || Problem::not_found())
            .method_not_allowed_fallback(async || Problem::method_not_allowed())
            .layer(DefaultBodyLimit::max(BODY))
            .layer(middleware::from_fn(within_deadline))
            .layer(middleware::from_fn(strict::only_clear_requests))
            .layer(middleware::from_fn_with_state(Arc::clone(&core), with_headers))
            .layer(Extension(description))
            .layer(Extension(Arc::new(Root::new(standing.root))))
            .with_state(core);
        let routes = if standing.hsts {
            routes.layer(middleware::from_fn(hsts::promise))
        } else {
            routes
        };
        Self { routes, farewell }
    }

    /// Serves one connection until it ends, or is told to stop; what is under way then is finished.
    pub(crate) async fn serve<S>(
        &self,
        stream: TlsStream<S>,
        peer: Peer,
        stop: impl Future<Output = ()>,
    ) -> io::Result<()>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send,
    {
        let mut stream = Progress::new(stream);
        let served = if peer.is_h2 {
            connection::http2(&mut stream, self.routes.clone(), peer, stop).await
        } else {
            match connection::http1(&mut stream, self.routes.clone(), peer, stop).await {
                Ok(Some(Upgraded { agreed, read })) => Box::pin(socket::run(&mut stream, read, agreed)).await,
                served => served.map(|_| ()),
            }
        };
        // However it ended: the last answer is under way, and a reset would overtake it.
        let goodbye = tokio::time::timeout(self.farewell, connection::linger(stream)).await;
        served.and(goodbye.unwrap_or(Ok(())))
    }
}

/// The routes, each with its description: there is no way to add the one without the other.
fn documented() -> (Router<Arc<Core>>, Arc<Description>) {
    let (routes, api) = OpenApiRouter::with_openapi(openapi::frame())
        .routes(routes!(openapi::show))
        .routes(routes!(session::join, session::leave))
        .routes(routes!(root::show))
        .routes(routes!(people::me))
        .routes(routes!(people::members))
        .routes(routes!(people::remove))
        .routes(routes!(people::invite))
        .routes(routes!(messages::list, messages::send))
        .routes(routes!(events::stream))
        .routes(routes!(socket::upgrade))
        .routes(routes!(access::list_tokens, access::new_token))
        .routes(routes!(access::revoke_token))
        .routes(routes!(access::list_webhooks, access::new_webhook))
        .routes(routes!(access::revoke_webhook))
        .routes(routes!(access::list_sessions))
        .routes(routes!(access::revoke_session))
        .routes(routes!(access::hook))
        .split_for_parts();
    (routes, Arc::new(Description::new(api)))
}

/// Headers that every answer has. The date is the server's own, so that a run can be repeated.
async fn with_headers(State(core): State<Arc<Core>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let now = UNIX_EPOCH + Duration::from_secs(core.clock.now().seconds());
    if let Ok(date) = HeaderValue::from_str(&httpdate::fmt_http_date(now)) {
        headers.insert(header::DATE, date);
    }
    for (name, value) in [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        ),
    ] {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    // What the API says is for whoever asked, now.
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

/// A request whose body dawdles is answered, and not waited for.
async fn within_deadline(request: Request, next: Next) -> Response {
    match tokio::time::timeout(BODY_DEADLINE, next.run(request)).await {
        Ok(response) => response,
        Err(_) => axum::response::IntoResponse::into_response(Problem::too_slow()),
    }
}
