//! The page at `/`: its files are in the program, and leave it with a policy that lets nothing else in.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use nihao_protocol::crypto::hash::HashAlgorithm;

use super::openapi::is_known;
use super::problem::Problem;

/// What the page may do: its own modules, styles and requests, and no string that becomes code or markup.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
                      require-trusted-types-for 'script'; trusted-types 'none'";

const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const ICON: &str = "image/svg+xml";

/// The page's files: the name behind `/page/`, the type, the content.
macro_rules! files {
    ($($kind:ident $name:literal),+ $(,)?) => {
        [$(($name, $kind, include_str!(concat!("page/", $name)))),+]
    };
}

/// The document that `/` is.
const INDEX: (&str, &str, &str) = ("", HTML, include_str!("page/index.html"));

const FILES: [(&str, &str, &str); 27] = files![
    ICON "icon.svg",
    STYLE "controls.css",
    STYLE "frame.css",
    STYLE "log.css",
    STYLE "theme.css",
    SCRIPT "api.js",
    SCRIPT "chat.js",
    SCRIPT "dom.js",
    SCRIPT "ids.js",
    SCRIPT "keep.js",
    SCRIPT "link.js",
    SCRIPT "main.js",
    SCRIPT "outbox.js",
    SCRIPT "places.js",
    SCRIPT "store.js",
    SCRIPT "text.js",
    SCRIPT "words.js",
    SCRIPT "view/compose.js",
    SCRIPT "view/dialogs.js",
    SCRIPT "view/door.js",
    SCRIPT "view/log.js",
    SCRIPT "view/message.js",
    SCRIPT "view/page.js",
    SCRIPT "view/picture.js",
    SCRIPT "view/side.js",
    SCRIPT "view/switches.js",
    SCRIPT "view/talk.js",
];

/// A file as it is sent.
#[derive(Debug, Clone)]
struct File {
    name: &'static str,
    kind: &'static str,
    content: &'static str,
    tag: String,
}

impl File {
    fn new((name, kind, content): (&'static str, &'static str, &'static str)) -> Self {
        let digest = HashAlgorithm::Sha256.hash(content.as_bytes());
        let tag = digest.as_bytes().iter().take(16).map(|byte| format!("{byte:02x}"));
        let tag = format!("\"{}\"", tag.collect::<String>());
        Self {
            name,
            kind,
            content,
            tag,
        }
    }

    /// The file, or word that it is still the one that was asked about.
    fn answer(&self, asked: &HeaderMap) -> Result<Response, Problem> {
        let mut response = if is_known(asked, &self.tag) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let mut response = self.content.into_response();
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.kind));
            if self.kind == HTML {
                // RFC 9110 §8.5: for readers of both; which one they see is settled in the page, not between us and them.
                headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static("zh-Hans, en"));
            }
            response
        };
        let headers = response.headers_mut();
        let tag = HeaderValue::from_str(&self.tag).map_err(|_| Problem::nonsense())?;
        headers.insert(header::ETAG, tag);
        for (name, value) in [
            (header::CACHE_CONTROL, "no-cache"),
            (header::CONTENT_SECURITY_POLICY, POLICY),
            (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
            (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
            (
                HeaderName::from_static("permissions-policy"),
                "camera=(), geolocation=(), microphone=()",
            ),
        ] {
            headers.insert(name, HeaderValue::from_static(value));
        }
        Ok(response)
    }
}

/// The routes of the page and its files. They are no part of the API, nor of its description.
pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let index = Arc::new(File::new(INDEX));
    let files: Arc<[File]> = FILES.into_iter().map(File::new).collect();
    Router::new()
        .route("/", get(document).with_state(index))
        .route("/page/{*name}", get(file).with_state(files))
}

async fn document(State(index): State<Arc<File>>, asked: HeaderMap) -> Result<Response, Problem> {
    index.answer(&asked)
}

async fn file(
    State(files): State<Arc<[File]>>,
    Path(name): Path<String>,
    asked: HeaderMap,
) -> Result<Response, Problem> {
    let file = files.iter().find(|file| file.name == name);
    file.ok_or_else(Problem::not_found)?.answer(&asked)
}
