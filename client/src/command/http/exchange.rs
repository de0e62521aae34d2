//! One request and its response over an open TLS stream, by hyper.

use std::error::Error as _;
use std::io;
use std::mem;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::{http1, http2};
use hyper::rt::Executor;
use hyper::{Response, StatusCode, Version};
use hyper_util::rt::TokioIo;
use nihao_protocol::net::TlsStream;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::task::JoinSet;

use super::error::{Stage, WebError};
use super::{Errand, H2, told};
use crate::connect::{ConnectError, refusal_of_certificate};
use crate::error::Error;

/// How long a polite goodbye may take.
const GOODBYE: Duration = Duration::from_secs(2);
/// The most bytes that are heard of what a server says behind its response.
const FAREWELL: u64 = 64 * 1024;

/// Sends the request in the version that ALPN chose, writes the response's body, and gives its status.
pub(super) async fn exchange<S>(stream: TlsStream<S>, errand: &mut Errand<'_, '_>) -> Result<StatusCode, Error>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    errand.stage = Stage::Response;
    let chosen = stream.facts().and_then(|facts| facts.alpn.as_deref());
    if chosen == Some(H2) {
        let request = announced(errand, Version::HTTP_2)?;
        let tasks = Tasks::default();
        let opening = http2::handshake(tasks.clone(), TokioIo::new(stream)).await;
        let (mut sender, connection) = opening.map_err(|error| broken(errand, &error))?;
        let exchange = async move {
            // It takes the sender with it: a connection whose sender is gone ends.
            receive(sender.send_request(request).await, errand).await
        };
        let connection = async {
            let ended = connection.await;
            tasks.ended().await;
            ended
        };
        drive(connection, exchange).await
    } else {
        let request = announced(errand, Version::HTTP_11)?;
        let opening = http1::handshake(TokioIo::new(stream)).await;
        let (mut sender, connection) = opening.map_err(|error| broken(errand, &error))?;
        let exchange = async move { receive(sender.send_request(request).await, errand).await };
        let connection = async {
            let parts = connection.without_shutdown().await?;
            say_goodbye(parts.io.into_inner()).await;
            Ok(())
        };
        drive(connection, exchange).await
    }
}

/// What hyper runs beside an HTTP/2 connection: one of them writes its last words, GOAWAY and close_notify.
#[derive(Clone, Default)]
struct Tasks(Arc<Mutex<JoinSet<()>>>);

impl Tasks {
    /// Waits until all have ended.
    async fn ended(&self) {
        let mut tasks = mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        while tasks.join_next().await.is_some() {}
    }
}

impl<F: Future<Output = ()> + Send + 'static> Executor<F> for Tasks {
    fn execute(&self, task: F) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).spawn(task);
    }
}

/// Ends our direction and hears the other's end: whoever closes with something unread resets the connection under the peer's last
/// words. The response is whole by now, so that nothing hangs on it.
async fn say_goodbye<S: AsyncRead + AsyncWrite + Unpin>(mut stream: S) {
    if stream.shutdown().await.is_ok() {
        let _ = tokio::io::copy(&mut stream.take(FAREWELL), &mut tokio::io::sink()).await;
    }
}

fn announced(errand: &mut Errand<'_, '_>, version: Version) -> Result<hyper::Request<Full<Bytes>>, WebError> {
    let request = errand.request.over(version)?;
    errand.tell('>', told::request(&request));
    Ok(request)
}

/// Lets the connection work until the exchange has ended, then say goodbye.
async fn drive<T>(connection: impl Future<Output = hyper::Result<()>>, exchange: impl Future<Output = T>) -> T {
    let mut connection = pin!(connection);
    let ended = {
        let mut exchange = pin!(exchange);
        tokio::select! {
            biased;
            outcome = &mut exchange => Ok(outcome),
            // Whatever ended it is told to the exchange, too.
            _ = &mut connection => Err(exchange.await),
        }
    };
    match ended {
        Ok(outcome) => {
            // Nothing hangs on it any more.
            let _ = tokio::time::timeout(GOODBYE, connection).await;
            outcome
        }
        Err(outcome) => outcome,
    }
}

async fn receive(
    answered: hyper::Result<Response<Incoming>>,
    errand: &mut Errand<'_, '_>,
) -> Result<StatusCode, Error> {
    let response = answered.map_err(|error| broken(errand, &error))?;
    errand.tell('<', told::response(&response));
    errand.sink.begin()?;
    let status = response.status();
    let (mut body, mut received) = (response.into_body(), 0);
    errand.stage = Stage::Body { received };
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| broken(errand, &error))?;
        if let Some(data) = frame.data_ref() {
            errand.write(data)?;
            received += data.len() as u64;
            errand.stage = Stage::Body { received };
        } else if let Some(trailers) = frame.trailers_ref() {
            errand.tell('<', told::headers(trailers));
        }
    }
    Ok(status)
}

/// What hyper says, and all that lies below it.
fn broken(errand: &Errand<'_, '_>, error: &hyper::Error) -> WebError {
    let mut reason = error.to_string();
    let mut below = error.source();
    while let Some(cause) = below {
        // In TLS 1.3 a server that wants a certificate says so only after the handshake.
        if let Some(alert) = cause.downcast_ref::<io::Error>().and_then(refusal_of_certificate) {
            return WebError::Connect {
                host: errand.request.target.host.clone(),
                port: errand.request.target.port,
                roots: std::path::PathBuf::new(), // the chain was good
                error: Box::new(ConnectError::CertificateRefused { alert }),
            };
        }
        let text = cause.to_string();
        if !reason.contains(&text) {
            reason = format!("{reason}: {text}");
        }
        below = cause.source();
    }
    WebError::Broken {
        stage: errand.stage,
        reason,
    }
}
