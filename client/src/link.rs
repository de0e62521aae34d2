//! One connection to the server: a chat session pumped over a stream, whatever the stream is.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use crate::connect::refusal_of_certificate;
use nihao_protocol::chat::{ClientSays, ClientSession, Heard, Message, Refusal, ServerSays, SessionError};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// How long a polite goodbye may take.
const GOODBYE: Duration = Duration::from_secs(2);
/// The most bytes taken from the stream at once.
const CHUNK: usize = 16 * 1024;

/// A session over a stream.
pub struct Link<S> {
    stream: S,
    session: ClientSession,
    /// What was heard while something else was waited for, in order.
    deliveries: VecDeque<Delivered>,
    replies: Vec<(u32, ServerSays)>,
    buffer: Vec<u8>,
}

/// A message that the server said of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivered {
    /// The message.
    pub message: Message,
    /// It happened before this connection asked.
    pub replayed: bool,
}

/// What came next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A message.
    Delivered(Delivered),
    /// The reply to the request of that number.
    Reply(u32, ServerSays),
}

/// The connection is of no use any more, or the server did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The server refused the request; the connection goes on.
    #[error("the server refused ({reason}): {detail}")]
    Refused {
        /// Which kind of refusal.
        reason: Refusal,
        /// What exactly.
        detail: String,
    },
    /// The session is over.
    #[error(transparent)]
    Session(SessionError),
    /// The server does not take this device's certificate; in TLS 1.3 that shows only when the handshake is over.
    #[error("the server refused this device's certificate (alert {alert})")]
    CertificateRefused {
        /// The alert's name.
        alert: String,
    },
    /// The stream broke.
    #[error("the connection broke: {0}")]
    Broken(#[source] io::Error),
    /// The server ended the stream without a last word.
    #[error("the server ended the connection")]
    Ended,
    /// The reply makes no sense for the request.
    #[error("the server answered with something else than was asked for")]
    Nonsense,
}

impl LinkError {
    /// The server's reason, if it gave one.
    #[must_use]
    pub const fn reason(&self) -> Option<Refusal> {
        match self {
            Self::Refused { reason, .. } | Self::Session(SessionError::Closed { reason, .. }) => Some(*reason),
            _ => None,
        }
    }

    /// Whether the same may go well on another connection a little later.
    #[must_use]
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Broken(_) | Self::Ended => true,
            Self::Nonsense | Self::CertificateRefused { .. } => false,
            other => other.reason().is_some_and(Refusal::is_retryable),
        }
    }
}

impl From<io::Error> for LinkError {
    fn from(error: io::Error) -> Self {
        match refusal_of_certificate(&error) {
            Some(alert) => Self::CertificateRefused { alert },
            None => Self::Broken(error),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Link<S> {
    /// A session on a fresh stream.
    pub fn new(stream: S) -> Self {
        Self {
            stream,
            session: ClientSession::new(),
            deliveries: VecDeque::new(),
            replies: Vec::new(),
            buffer: Vec::new(),
        }
    }

    /// Says something; the number returned is repeated by its reply.
    ///
    /// # Errors
    /// [`LinkError`] where the session is over or the stream broke.
    pub async fn say(&mut self, says: ClientSays) -> Result<u32, LinkError> {
        let number = self.session.send(says).map_err(LinkError::Session)?;
        let written = async {
            self.stream.write_all(&self.session.transmit()).await?;
            self.stream.flush().await
        };
        match written.await {
            Ok(()) => Ok(number),
            Err(error) => Err(self.last_word(error.into()).await),
        }
    }

    /// Says something and waits for the reply; messages that come meanwhile are kept for [`Self::next`].
    ///
    /// # Errors
    /// [`LinkError::Refused`] for a refusal, any other where the connection is over.
    pub async fn ask(&mut self, says: ClientSays) -> Result<ServerSays, LinkError> {
        let number = self.say(says).await?;
        self.reply(number).await
    }

    /// Waits for the reply to the request of that number, as [`Self::ask`].
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub async fn reply(&mut self, number: u32) -> Result<ServerSays, LinkError> {
        loop {
            if let Some(index) = self.replies.iter().position(|(replied, _)| *replied == number) {
                return match self.replies.swap_remove(index).1 {
                    ServerSays::Refused { reason, detail } => Err(LinkError::Refused { reason, detail }),
                    says => Ok(says),
                };
            }
            match self.hear().await? {
                Event::Delivered(delivered) => self.deliveries.push_back(delivered),
                Event::Reply(number, says) => self.replies.push((number, says)),
            }
        }
    }

    /// What came next. Dropping this future loses nothing.
    ///
    /// # Errors
    /// [`LinkError`] where the connection is over.
    pub async fn next(&mut self) -> Result<Event, LinkError> {
        match self.kept() {
            Some(event) => Ok(event),
            None => self.hear().await,
        }
    }

    /// Says goodbye, and waits for the server's for two seconds at most.
    pub async fn close(mut self) {
        let goodbye = async {
            self.stream.shutdown().await?;
            let mut chunk = [0; 1024];
            while self.stream.read(&mut chunk).await? > 0 {}
            Ok::<(), io::Error>(())
        };
        // Everything was said and answered: how the connection ends changes nothing any more.
        let _ = tokio::time::timeout(GOODBYE, goodbye).await;
    }

    /// The stream below.
    pub const fn stream(&self) -> &S {
        &self.stream
    }

    fn kept(&mut self) -> Option<Event> {
        if let Some(delivered) = self.deliveries.pop_front() {
            return Some(Event::Delivered(delivered));
        }
        let is_empty = self.replies.is_empty();
        (!is_empty)
            .then(|| self.replies.remove(0))
            .map(|(number, says)| Event::Reply(number, says))
    }

    async fn hear(&mut self) -> Result<Event, LinkError> {
        loop {
            if let Some(event) = self.decoded()? {
                return Ok(event);
            }
            self.buffer.resize(CHUNK, 0);
            let count = self.stream.read(&mut self.buffer).await?;
            if count == 0 {
                return Err(LinkError::Ended);
            }
            self.session.receive(&self.buffer[..count]);
        }
    }

    fn decoded(&mut self) -> Result<Option<Event>, LinkError> {
        match self.session.next_event() {
            None => Ok(None),
            Some(Ok(Heard::Reply(number, says))) => Ok(Some(Event::Reply(number, says))),
            Some(Ok(Heard::Delivery(ServerSays::Message { message, replayed }))) => {
                Ok(Some(Event::Delivered(Delivered { message, replayed })))
            }
            Some(Ok(Heard::Delivery(_))) => Err(LinkError::Nonsense),
            Some(Err(error)) => Err(LinkError::Session(error)),
        }
    }

    /// A server that closes says why, but our own write may fail before that is read: then its reason is the better one.
    async fn last_word(&mut self, error: LinkError) -> LinkError {
        let listening = async {
            loop {
                match self.hear().await {
                    Ok(_) => {}
                    Err(last) => return last,
                }
            }
        };
        match tokio::time::timeout(GOODBYE, listening).await {
            Ok(last @ (LinkError::Session(_) | LinkError::CertificateRefused { .. })) => last,
            _ => error,
        }
    }
}
