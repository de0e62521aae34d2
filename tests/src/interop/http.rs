//! 您好！ over HTTP: our server's answer, our client's question, and the application behind a proxy.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::ours::PAYLOAD;

/// No head is longer.
const MAX_HEAD: usize = 16 * 1024;

/// Answers one POST with its own body.
///
/// # Errors
/// When the stream fails or the request is none.
pub(super) async fn answer<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
        if head.len() > MAX_HEAD {
            return Err(io::Error::other("a head without end"));
        }
    }
    let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
    let length = head
        .split_once("content-length: ")
        .and_then(|(_, rest)| rest.split_once("\r\n")?.0.parse().ok());
    let length: u32 = length.ok_or_else(|| io::Error::other(head))?;
    let mut body = Vec::new();
    (&mut *stream).take(u64::from(length)).read_to_end(&mut body).await?;
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(&body).await?;
    stream.flush().await
}

/// Posts the payload, expects it back, and reads to the end.
///
/// # Errors
/// When the stream fails, or the answer is another: its status is told.
pub(super) async fn post<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) -> io::Result<()> {
    let head = format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        PAYLOAD.len()
    );
    let (head, body) = ask(stream, &[head.as_bytes(), &PAYLOAD].concat()).await?;
    expect(&head, body == *PAYLOAD)
}

/// Asks a server that shows the request it got for 您好！.
///
/// # Errors
/// As [`post`].
pub(super) async fn mirror<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) -> io::Result<()> {
    let request = format!("GET /{} HTTP/1.0\r\nHost: localhost\r\n\r\n", "您好！".repeat(100));
    let (head, body) = ask(stream, request.as_bytes()).await?;
    expect(&head, body.starts_with(request.as_bytes()))
}

fn expect(head: &str, whole: bool) -> io::Result<()> {
    match head.split(' ').nth(1) {
        Some("200") if whole => Ok(()),
        Some("200") => Err(io::Error::other("the data that arrived is not the data that was sent")),
        status => Err(io::Error::other(format!("HTTP {}", status.unwrap_or(head)))),
    }
}

async fn ask<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, request: &[u8]) -> io::Result<(String, Vec<u8>)> {
    // A peer that refused us may be gone while we write: what it said last is read before that is an error.
    let written = stream.write_all(request).await;
    let flushed = stream.flush().await;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    written.and(flushed)?;
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n");
    let (head, body) = answer.split_at(end.map_or(answer.len(), |end| end + 4));
    Ok((String::from_utf8_lossy(head).into_owned(), body.to_vec()))
}

/// An application on a port of its own that answers every POST with its body; it ends when this value is dropped.
#[derive(Debug)]
pub(super) struct Application {
    /// Where it listens.
    pub(super) port: u16,
    _tasks: JoinSet<()>,
}

impl Application {
    /// Starts it.
    ///
    /// # Errors
    /// When it cannot listen.
    pub(super) async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let _: io::Result<()> = serve(&mut stream).await;
            }
        });
        Ok(Self { port, _tasks: tasks })
    }
}

async fn serve(stream: &mut TcpStream) -> io::Result<()> {
    answer(stream).await?;
    stream.shutdown().await
}
