//! One connection's chat: a single task that reads requests, waits for the log, and writes what there is in one go.
//!
//! It never waits for one append before it reads the next request; it writes everything that is ready at a wake-up in one write;
//! it holds no buffer while it is quiet. Reading goes on from the history where the mailbox lost something, so that a slow
//! reader costs no memory and loses nothing.

mod outbox;
mod reading;
mod requests;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::ready;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};
use nihao_protocol::chat::{Nickname, Refusal, ServerSession};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::time::timeout;

use crate::core::Core;
use crate::hub::Presence;
use crate::mailbox::Dismissal;
use outbox::Outbox;
use reading::Reading;
use requests::Done;

/// Who is at the other end, as far as TLS has shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Peer {
    /// Where they connect from.
    pub address: IpAddr,
    /// The Ed25519 key of the user certificate they proved; a newcomer has none.
    pub key: Option<[u8; 32]>,
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// The peer closed.
    ByPeer,
    /// The server said its last word.
    ByServer(Refusal),
}

/// What a session waits for; boxed, so that one that waits for nothing is small.
type Waiting = Pin<Box<dyn Future<Output = Done> + Send>>;

struct Session<S> {
    core: Arc<Core>,
    stream: S,
    address: IpAddr,
    me: Option<Nickname>,
    my_key: [u8; 32],
    chat: ServerSession,
    presence: Presence,
    reading: Reading,
    waiting: FuturesUnordered<Waiting>,
    /// How many of those are pages of history.
    pages: usize,
    outbox: Outbox,
    /// The peer will say no more.
    finished: bool,
    /// The server goes down: what is on its way is waited for, nothing else.
    draining: bool,
    closed: Option<Refusal>,
}

/// Talks with one peer until either side is done, then says goodbye on the stream, within bounds.
pub async fn serve<S>(core: Arc<Core>, stream: S, peer: Peer) -> io::Result<Ended>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    let deadline = core.limits.stranger_deadline;
    let farewell = core.limits.farewell;
    let mut session = Session::new(core, stream, peer);
    let ended = if session.me.is_some() || session.closed.is_some() {
        session.run().await
    } else {
        match timeout(deadline, session.run()).await {
            Ok(ended) => ended,
            Err(_) => session.say_farewell(Refusal::OutOfOrder, "joining took too long").await,
        }
    };
    // The peer may be gone already; what it should know was said.
    let _ = timeout(farewell, session.stream.shutdown()).await;
    ended
}

/// Says why there is no talk with this peer, and closes the stream.
pub async fn turn_away<S: AsyncWrite + Unpin>(stream: &mut S, reason: Refusal) -> io::Result<()> {
    let mut chat = ServerSession::for_stranger();
    chat.close(reason, crate::command::explained(reason));
    write(stream, &chat.transmit()).await?;
    stream.shutdown().await
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Session<S> {
    fn new(core: Arc<Core>, stream: S, peer: Peer) -> Self {
        let me = peer.key.and_then(|key| core.log.state().read().owner(&key).cloned());
        let presence = core.hub.enter(me.clone(), core.limits.mailbox);
        let mut session = Self {
            chat: match peer.key {
                Some(_) => ServerSession::for_member(),
                None => ServerSession::for_stranger(),
            },
            core,
            stream,
            address: peer.address,
            my_key: peer.key.unwrap_or_default(),
            presence,
            reading: Reading::Off,
            waiting: FuturesUnordered::new(),
            pages: 0,
            outbox: Outbox::default(),
            finished: false,
            draining: false,
            closed: None,
            me,
        };
        // Entered first, then judged: a removal in between dismisses the mailbox.
        if peer.key.is_some() {
            session.judge_member();
        }
        session
    }

    /// The certificate is the user CA's, but the state has the last word on whose it is.
    fn judge_member(&mut self) {
        let verdict = match &self.me {
            Some(me) => self.core.log.state().read().is_member(me),
            None => Err(Refusal::NotAMember),
        };
        match verdict {
            Ok(()) => {}
            Err(Refusal::Removed) => self.close(Refusal::Removed, crate::hub::REMOVED.detail),
            Err(reason) => self.close(reason, "this server knows nobody with that key"),
        }
    }

    async fn run(&mut self) -> io::Result<Ended> {
        loop {
            self.take_mail();
            self.take_requests();
            if self.flush().await? {
                // Something may have come while writing.
                continue;
            }
            if let Some(reason) = self.closed {
                return Ok(Ended::ByServer(reason));
            }
            if self.finished && self.waiting.is_empty() {
                return Ok(Ended::ByPeer);
            }
            self.wait().await?;
        }
    }

    /// Waits until there is something to do, and does it as far as it does not have to wait again.
    async fn wait(&mut self) -> io::Result<()> {
        let reads = !self.finished && self.takes_requests();
        let done = tokio::select! {
            biased;
            Some(done) = self.waiting.next(), if !self.waiting.is_empty() => done,
            received = receive(&mut self.stream, &mut self.chat), if reads => {
                self.finished = received? == 0;
                return Ok(());
            }
            // Last, for the mailbox is looked into at every turn anyway: a busy room must not keep requests from being read.
            () = self.presence.mailbox.rings(), if !self.draining => return Ok(()),
        };
        self.finish(done);
        // A group commit answers many at once.
        while let Some(Some(done)) = self.waiting.next().now_or_never() {
            self.finish(done);
        }
        Ok(())
    }

    /// Writes what there is, in one go; `true` if there was something.
    async fn flush(&mut self) -> io::Result<bool> {
        let out = self.chat.transmit();
        if out.is_empty() {
            return Ok(false);
        }
        let write = write(&mut self.stream, &out);
        tokio::pin!(write);
        tokio::select! {
            biased;
            _ = self.presence.mailbox.dismissed() => {}
            written = &mut write => return written.map(|()| true),
        }
        // The connection must end: a frame half written is finished first, or the last word could not be read.
        timeout(self.core.limits.farewell, write)
            .await
            .map_err(|_| io::ErrorKind::TimedOut)??;
        Ok(true)
    }

    /// Told to end. A server that goes down answers what is on its way to the log first.
    fn end(&mut self, dismissal: &Dismissal) {
        self.draining = dismissal.reason == Refusal::ShuttingDown && !self.waiting.is_empty();
        self.finished = true;
        if !self.draining {
            self.close(dismissal.reason, dismissal.detail);
        }
    }

    fn close(&mut self, reason: Refusal, detail: &str) {
        if self.closed.is_none() {
            for (request, receipt) in self.outbox.release() {
                self.chat.send(Some(request), receipt);
            }
            self.chat.close(reason, detail);
            self.closed = Some(reason);
            self.waiting = FuturesUnordered::new();
            self.pages = 0;
        }
    }

    async fn say_farewell(&mut self, reason: Refusal, detail: &str) -> io::Result<Ended> {
        self.close(reason, detail);
        let out = self.chat.transmit();
        timeout(self.core.limits.farewell, write(&mut self.stream, &out))
            .await
            .map_err(|_| io::ErrorKind::TimedOut)??;
        Ok(Ended::ByServer(reason))
    }
}

async fn write<S: AsyncWrite + Unpin>(stream: &mut S, out: &[u8]) -> io::Result<()> {
    stream.write_all(out).await?;
    stream.flush().await
}

thread_local! {
    /// What was just read, for as long as it takes to hand it on: quiet connections hold no read buffer.
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; 16 * 1024]);
}

/// Reads what there is and hands it to the session; 0 if the peer will say no more.
async fn receive<S: AsyncRead + Unpin>(stream: &mut S, chat: &mut ServerSession) -> io::Result<usize> {
    poll_fn(|context| {
        SCRATCH.with_borrow_mut(|scratch| {
            let mut buffer = ReadBuf::new(scratch);
            ready!(Pin::new(&mut *stream).poll_read(context, &mut buffer))?;
            chat.receive(buffer.filled());
            Ok(buffer.filled().len()).into()
        })
    })
    .await
}
