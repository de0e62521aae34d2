//! `/v1/ws`: a WebSocket on a connection that HTTP has left. Messages come as they happen, texts are posted over it.
//!
//! A single task, as a native session is: it writes what is ready in one go, reads requests only while not too many wait for the
//! log, and holds no more for a peer that does not read than one batch. Such a peer is dropped as
//! [`Progress`](super::progress::Progress) says, one that is silent after [`PONG_DEADLINE`]; what either of them missed is in the
//! history, from where it stood.

mod handshake;
mod says;

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::FuturesOrdered;
use futures_util::{FutureExt as _, Sink as _, SinkExt as _, StreamExt as _};
use nihao_protocol::chat::Refusal;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::BODY;
use super::follower::{Follower, News};
use super::messages::{Shown, conversation, store};
use super::who::Who;
pub(super) use handshake::{__path_upgrade, Agreed, Slot, upgrade};
use says::{Says, Wish};

/// The longest message that is read, in bytes: a request holds as much as a body over HTTP.
pub(super) const MESSAGE: usize = BODY;
/// Texts of one connection that wait for the log; more are not read before one is answered.
const IN_FLIGHT: usize = 64;
/// A peer from which nothing came for so long is asked whether it is there.
pub(super) const PING_AFTER: Duration = Duration::from_secs(30);
/// How long its answer may take.
pub(super) const PONG_DEADLINE: Duration = Duration::from_secs(20);
/// How many bytes are written in one go, if there are so many.
const BATCH: usize = 16 * 1024;
/// What waits to be written is never more than a batch and the message that filled it.
const UNWRITTEN: usize = 2 * (BATCH + BODY);
/// How much is read at once.
const READ_AT_ONCE: usize = 4 * 1024;

struct Socket<S> {
    who: Arc<Who>,
    follower: Follower,
    web: WebSocketStream<S>,
    /// Texts on their way into the log, answered in the order in which they came.
    waiting: FuturesOrdered<BoxFuture<'static, Says>>,
    /// How many bytes wait to be written.
    unsent: usize,
    heard: Instant,
    is_pinged: bool,
}

/// Why a WebSocket ends.
enum End {
    /// The peer said so, or is gone.
    ByPeer,
    /// The server has a reason.
    ByServer(Refusal),
    /// The peer broke the protocol.
    Broken(CloseCode, &'static str),
    /// The connection failed.
    Failed(io::Error),
}

/// Speaks WebSocket on a stream of which `read` was read already, as long as either side wants; the stream is left open.
pub(super) async fn run<S>(stream: S, read: Vec<u8>, agreed: Agreed) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_AT_ONCE)
        .write_buffer_size(BATCH)
        .max_write_buffer_size(UNWRITTEN)
        .max_message_size(Some(MESSAGE))
        .max_frame_size(Some(MESSAGE));
    let mut socket = Socket {
        who: Arc::new(agreed.who),
        follower: agreed.follower,
        web: WebSocketStream::from_partially_read(stream, read, Role::Server, Some(config)).await,
        waiting: FuturesOrdered::new(),
        unsent: 0,
        heard: Instant::now(),
        is_pinged: false,
    };
    let end = loop {
        if let Err(end) = socket.turn().await {
            break end;
        }
    };
    socket.part(end).await
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Socket<S> {
    /// Waits for something, does all that is ready with it, and writes what came of it.
    async fn turn(&mut self) -> Result<(), End> {
        let reads = self.waiting.len() < IN_FLIGHT;
        // What is looked up would be looked up again after every request.
        let listens = reads && !self.follower.looks_up();
        let silent_at = self.heard
            + if self.is_pinged {
                PING_AFTER + PONG_DEADLINE
            } else {
                PING_AFTER
            };
        tokio::select! {
            biased;
            Some(answer) = self.waiting.next(), if !self.waiting.is_empty() => self.say(&answer)?,
            heard = self.web.next(), if listens => self.hear(heard)?,
            news = self.follower.next() => self.tell(news)?,
            () = sleep_until(silent_at), if reads => self.ask_for_a_sign()?,
        }
        self.gather()?;
        self.flush().await
    }

    /// Takes what else is ready, as far as it goes into one write.
    fn gather(&mut self) -> Result<(), End> {
        // A group commit answers many at once.
        while self.unsent < BATCH
            && let Some(Some(answer)) = self.waiting.next().now_or_never()
        {
            self.say(&answer)?;
        }
        while self.unsent < BATCH
            && !self.follower.looks_up()
            && let Some(news) = self.follower.next().now_or_never()
        {
            self.tell(news)?;
        }
        Ok(())
    }

    fn hear(&mut self, heard: Option<Result<Message, Error>>) -> Result<(), End> {
        self.heard = Instant::now();
        self.is_pinged = false;
        match heard {
            Some(Ok(Message::Text(text))) => self.take(&text),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(()),
            Some(Ok(Message::Binary(_) | Message::Frame(_))) => {
                Err(End::Broken(CloseCode::Unsupported, "requests are text"))
            }
            Some(Ok(Message::Close(_))) | None => Err(End::ByPeer),
            Some(Err(error)) => Err(error.into()),
        }
    }

    fn take(&mut self, text: &str) -> Result<(), End> {
        match Wish::parse(text) {
            Ok(Wish::Send { request, to, text, id }) => {
                let who = Arc::clone(&self.who);
                let stored = async move { Ok(store(&who, conversation(&to)?, &text, id).await?.0) };
                self.waiting
                    .push_back(Box::pin(stored.map(move |stored| Says::sent(request, stored))));
                Ok(())
            }
            Ok(Wish::Ping { request }) => self.say(&Says::Pong { request }),
            Err(refused) => self.say(&refused),
        }
    }

    fn tell(&mut self, news: Result<News, Refusal>) -> Result<(), End> {
        match news {
            Ok(News::Message(message)) => self.say(&Says::Message {
                message: Shown::of(&message),
            }),
            Ok(News::CaughtUp { cursor }) => self.say(&Says::CaughtUp { cursor }),
            Err(reason) => Err(End::ByServer(reason)),
        }
    }

    fn ask_for_a_sign(&mut self) -> Result<(), End> {
        if self.is_pinged {
            let error = "the peer gives no sign of life";
            return Err(End::Failed(io::Error::new(io::ErrorKind::TimedOut, error)));
        }
        self.is_pinged = true;
        self.put(Message::Ping(Vec::new().into()))
    }

    fn say(&mut self, says: &Says) -> Result<(), End> {
        let text = serde_json::to_string(says).map_err(|error| End::Failed(error.into()))?;
        self.put(Message::text(text))
    }

    /// Has a message written with the next flush, or before.
    fn put(&mut self, message: Message) -> Result<(), End> {
        self.unsent += message.len() + 1;
        Pin::new(&mut self.web).start_send(message).map_err(End::from)
    }

    async fn flush(&mut self) -> Result<(), End> {
        if self.unsent == 0 {
            return Ok(());
        }
        self.unsent = 0;
        let flush = self.web.flush();
        tokio::pin!(flush);
        if let Some(flushed) = (&mut flush).now_or_never() {
            return flushed.map_err(End::from);
        }
        tokio::select! {
            biased;
            () = self.follower.is_dismissed() => {}
            flushed = &mut flush => {
                // Whoever reads slowly reads, and the question whether they are there may be far behind.
                self.heard = Instant::now();
                self.is_pinged = false;
                return flushed.map_err(End::from);
            }
        }
        // It must end: what is half written is finished first, or the last word could not be read.
        let finished = timeout(self.who.core().limits.farewell, flush).await;
        finished
            .map_err(|_| End::Failed(io::ErrorKind::TimedOut.into()))?
            .map_err(End::from)
    }

    /// Says the last word and waits for the peer's, within bounds.
    async fn part(&mut self, end: End) -> io::Result<()> {
        let (code, reason) = match end {
            End::Failed(error) => return Err(error),
            End::ByPeer => {
                self.hear_out().await;
                return Ok(());
            }
            End::Broken(code, reason) => (code, reason),
            End::ByServer(reason) => {
                // What is on its way into the log is answered first.
                let answers = timeout(self.who.core().limits.drain, async {
                    while let Some(answer) = self.waiting.next().await {
                        self.say(&answer)?;
                        if self.unsent >= BATCH {
                            self.flush().await?;
                        }
                    }
                    Ok::<_, End>(())
                });
                if let Ok(Err(End::Failed(error))) = answers.await {
                    return Err(error);
                }
                let says = Says::Closing { reason: reason.name() };
                if let Err(End::Failed(error)) = self.say(&says) {
                    return Err(error);
                }
                (code_of(reason), reason.name())
            }
        };
        let frame = CloseFrame {
            code,
            reason: reason.into(),
        };
        let farewell = self.who.core().limits.farewell;
        let closed = timeout(farewell, self.web.close(Some(frame))).await;
        closed.map_err(|_| io::ErrorKind::TimedOut)?.map_err(io::Error::other)?;
        self.hear_out().await;
        Ok(())
    }

    /// Reads on until both have said that they close, for a while. RFC 6455 §7.1.1: then the server closes the connection.
    async fn hear_out(&mut self) {
        let closed = async { while let Some(Ok(_)) = self.web.next().await {} };
        // A peer that does not answer is left alone, as one that does.
        let _ = timeout(self.who.core().limits.farewell, closed).await;
    }
}

impl From<Error> for End {
    fn from(error: Error) -> Self {
        match error {
            Error::ConnectionClosed
            | Error::AlreadyClosed
            | Error::Protocol(ProtocolError::ResetWithoutClosingHandshake | ProtocolError::SendAfterClosing) => {
                Self::ByPeer
            }
            Error::Protocol(_) => Self::Broken(CloseCode::Protocol, "that breaks RFC 6455"),
            Error::Utf8(_) => Self::Broken(CloseCode::Invalid, "text is UTF-8"),
            Error::Capacity(_) => Self::Broken(CloseCode::Size, "too_large"),
            Error::Io(error) => Self::Failed(error),
            error => Self::Failed(io::Error::other(error)),
        }
    }
}

/// RFC 6455 §7.4.1: the class of each reason.
const fn code_of(reason: Refusal) -> CloseCode {
    match reason {
        Refusal::ShuttingDown => CloseCode::Away,
        Refusal::Unavailable | Refusal::Unknown | Refusal::Busy => CloseCode::Again,
        _ => CloseCode::Policy,
    }
}
