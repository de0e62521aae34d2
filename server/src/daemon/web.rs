//! What a browser or curl gets until there are pages: one short answer, then a proper close.

use std::future::Future;
use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;

/// The longest request head that is read.
const HEAD: usize = 8 * 1024;

/// How long a client may take for its request, and for taking the answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Reads one request's head, answers it, and closes the stream; closes it at once when told to stop.
pub(super) async fn serve<S>(mut stream: S, stop: impl Future<Output = ()>) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let late = |_| io::Error::from(io::ErrorKind::TimedOut);
    let head = tokio::select! {
        biased;
        () = stop => Vec::new(),
        head = timeout(PATIENCE, read_head(&mut stream)) => head.map_err(late)??,
    };
    if let Some(answer) = answer(&head) {
        let write = async {
            stream.write_all(answer.as_bytes()).await?;
            stream.flush().await
        };
        timeout(PATIENCE, write).await.map_err(late)??;
    }
    timeout(PATIENCE, stream.shutdown()).await.map_err(late)?
}

async fn read_head<S: AsyncRead + Unpin>(stream: &mut S) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut limited = stream.take(HEAD as u64);
    while !head.ends_with(b"\r\n\r\n") && !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if limited.read_buf(&mut head).await? == 0 {
            break;
        }
    }
    Ok(head)
}

/// The answer to a request; none to a client that said nothing.
fn answer(head: &[u8]) -> Option<String> {
    if head.is_empty() {
        return None;
    }
    let line = head.split(|&byte| byte == b'\r').next().unwrap_or_default();
    let mut words = line.split(|&byte| byte == b' ');
    let (method, _target, version) = (words.next(), words.next(), words.next());
    let is_request = version.is_some_and(|version| version.starts_with(b"HTTP/1."));
    let (status, body) = match is_request {
        true => (
            "404 Not Found",
            "There are no pages here. Join with: nihao join INVITE --as NAME\n",
        ),
        false => ("400 Bad Request", "This is not an HTTP/1.1 request.\n"),
    };
    let length = body.len();
    let body = if method == Some(b"HEAD") { "" } else { body };
    Some(format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn talk(request: &[u8]) -> String {
        let (mut client, server) = tokio::io::duplex(1024);
        let served = tokio::spawn(serve(server, std::future::pending()));
        client.write_all(request).await.unwrap();
        client.shutdown().await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        served.await.unwrap().unwrap();
        answer
    }

    #[tokio::test]
    async fn one_short_answer_then_the_end() {
        let answer = talk(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 404 Not Found\r\n"), "{answer}");
        assert!(answer.ends_with("NAME\n"));
        let head = talk(b"HEAD / HTTP/1.1\r\n\r\n").await;
        assert!(
            head.ends_with("\r\n\r\n") && head.contains("Content-Length: "),
            "{head}"
        );
        assert!(talk(b"hello\r\n\r\n").await.starts_with("HTTP/1.1 400 "));
        assert_eq!(talk(b"").await, "");
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_says_half_a_request_is_left() {
        let (mut client, server) = tokio::io::duplex(1024);
        let served = tokio::spawn(serve(server, std::future::pending()));
        client.write_all(b"GET / HT").await.unwrap();
        assert_eq!(served.await.unwrap().unwrap_err().kind(), io::ErrorKind::TimedOut);
    }
}
