//! The root as its server gives it, over TLS that trusts nothing but the key of the invite.

use std::time::Duration;

use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::Request;
use hyper::StatusCode;
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper::header::{CONNECTION, HOST};
use hyper_util::rt::TokioIo;

use super::TrustError;
use crate::connect::Secure;
use crate::dial::Dial;
use crate::error::Error;
use crate::home::Endpoint;

/// No root is longer.
const MOST: usize = 64 * 1024;
/// The time all of it has once the connection is open.
const DEADLINE: Duration = Duration::from_secs(20);

/// Asks for `/ca.pem`.
///
/// # Errors
/// [`Error::Connect`] where there is no connection, [`TrustError::NotServed`] where it brings no file.
pub(super) async fn fetch<D: Dial>(secure: &Secure<D>, endpoint: &Endpoint) -> Result<Bytes, Error>
where
    D::Stream: 'static,
{
    let stream = secure.connect_to_web(endpoint).await.map_err(|error| Error::Connect {
        endpoint: endpoint.clone(),
        error: Box::new(error),
    })?;
    let not_served = |reason: String| TrustError::NotServed {
        endpoint: endpoint.to_string(),
        reason,
    };
    let asking = async {
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let request = Request::get("/ca.pem")
            .header(HOST, endpoint.to_string())
            .header(CONNECTION, "close")
            .body(Empty::<Bytes>::new())?;
        let answer = async {
            let response = sender.send_request(request).await?;
            let status = response.status();
            let body = Limited::new(response.into_body(), MOST).collect().await?;
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>((status, body.to_bytes()))
        };
        let (answer, _) = tokio::join!(answer, connection);
        answer
    };
    let asked = tokio::time::timeout(DEADLINE, asking).await;
    let answered = asked.map_err(|_| not_served(format!("no answer within {} s", DEADLINE.as_secs())))?;
    match answered.map_err(|error| not_served(error.to_string()))? {
        (StatusCode::OK, body) => Ok(body),
        (status, _) => Err(not_served(status.to_string()).into()),
    }
}
