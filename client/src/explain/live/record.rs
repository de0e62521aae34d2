//! The system's network with a memory: every byte that passes a socket, and every step on the way, with its moment.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use nihao_explain::capture::{Frame, Purpose, Socket, Sockets as Seen, Way};
use nihao_explain::story::Phrase;
use nihao_protocol::dns::{Hosts, Name, Query, Transport};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::Instant;

#[cfg(target_os = "linux")]
use super::measured::measured;
use crate::dial::system::{self, SystemNetwork, Tap};
use crate::dial::{Dial, DialError, DialStep, Sockets, Tell};
use crate::resolve::Ask;

/// What is remembered of a run.
#[derive(Debug, Clone)]
pub(super) struct Recorder {
    began: Instant,
    notes: Arc<Mutex<Notes>>,
}

#[derive(Debug, Default)]
struct Notes {
    seen: Seen,
    steps: Vec<(u64, Step)>,
}

/// Something that happened and has no bytes.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// On the way to a stream.
    Dial(DialStep),
    /// We said that we will send no more on this socket.
    Finished,
    /// The other end said that it will send no more on this socket.
    Ended,
    /// This socket broke, with the system's reason.
    Broke(String),
    /// What the system measured on this socket.
    Measured(Phrase),
}

impl Recorder {
    pub(super) fn new() -> Self {
        Self {
            began: Instant::now(),
            notes: Arc::default(),
        }
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// µs since it began.
    pub(super) fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX)
    }

    /// What passed the sockets until now.
    pub(super) fn seen(&self) -> Seen {
        self.notes().seen.clone()
    }

    /// What happened besides, with its moments, until now.
    pub(super) fn steps(&self) -> Vec<(u64, Step)> {
        self.notes().steps.clone()
    }

    fn step(&self, step: Step) {
        let at = self.now();
        self.notes().steps.push((at, step));
    }

    fn open(&self, purpose: Purpose, local: Option<SocketAddr>, remote: SocketAddr) -> usize {
        let mut notes = self.notes();
        let Seen { sockets, capture } = &mut notes.seen;
        capture.interfaces.push(format!(
            "{} {remote}",
            match purpose {
                Purpose::Datagrams => "UDP",
                Purpose::Messages | Purpose::Stream => "TCP",
            }
        ));
        sockets.push(Socket {
            purpose,
            local,
            remote,
            ended: false,
            reset: false,
        });
        sockets.len().saturating_sub(1)
    }

    fn pass(&self, socket: usize, way: Way, bytes: &[u8]) {
        let frame = Frame {
            at: self.now(),
            interface: socket,
            way,
            bytes: bytes.to_vec(),
            lost: false,
        };
        self.notes().seen.capture.frames.push(frame);
    }

    fn change(&self, socket: usize, change: impl FnOnce(&mut Socket)) {
        if let Some(socket) = self.notes().seen.sockets.get_mut(socket) {
            change(socket);
        }
    }
}

impl Tap for Recorder {
    fn opened(&self, transport: Transport, local: Option<SocketAddr>, remote: SocketAddr) -> usize {
        let purpose = match transport {
            Transport::Udp => Purpose::Datagrams,
            Transport::Tcp => Purpose::Messages,
        };
        self.open(purpose, local, remote)
    }

    fn sent(&self, socket: usize, bytes: &[u8]) {
        self.pass(socket, Way::Out, bytes);
    }

    fn received(&self, socket: usize, bytes: &[u8]) {
        self.pass(socket, Way::In, bytes);
    }
}

/// The system's network, recorded.
#[derive(Debug, Clone)]
pub(crate) struct Recorded(pub(super) Recorder);

impl Ask for Recorded {
    async fn ask(&self, query: &Query) -> io::Result<Vec<u8>> {
        system::ask(query, &self.0).await
    }

    async fn ask_system(&self, name: &Name) -> Result<Vec<IpAddr>, String> {
        SystemNetwork.ask_system(name).await
    }

    fn hosts(&self) -> Hosts {
        SystemNetwork.hosts()
    }
}

impl Sockets for Recorded {
    type Stream = Stream;

    async fn connect(&self, to: SocketAddr) -> io::Result<Stream> {
        let inner = SystemNetwork.connect(to).await?;
        let socket = self.0.open(Purpose::Stream, inner.local_addr().ok(), to);
        Ok(Stream {
            inner,
            socket,
            recorder: self.0.clone(),
            is_over: false,
            is_measured: false,
        })
    }

    fn ends(stream: &Stream) -> Option<(SocketAddr, SocketAddr)> {
        system::ends(&stream.inner)
    }
}

/// A way to dial that remembers its steps.
pub(crate) struct Telling<D> {
    pub(super) inner: D,
    pub(super) recorder: Recorder,
}

impl<D: Dial> Dial for Telling<D> {
    type Stream = D::Stream;

    async fn dial_telling(&self, host: &str, port: u16, tell: Tell<'_>) -> Result<D::Stream, DialError> {
        let mut both = |step: DialStep| {
            self.recorder.step(Step::Dial(step.clone()));
            tell(step);
        };
        self.inner.dial_telling(host, port, &mut both).await
    }
}

/// A TCP stream, recorded.
#[derive(Debug)]
pub(crate) struct Stream {
    inner: TcpStream,
    socket: usize,
    recorder: Recorder,
    /// Whether its end or its breaking was told.
    is_over: bool,
    /// Whether it was told what the system measured.
    is_measured: bool,
}

impl Stream {
    /// Asks what the system measured, once, while it still knows.
    fn measure(&mut self) {
        #[cfg(target_os = "linux")]
        if let (false, Some((local, remote))) = (self.is_measured, system::ends(&self.inner))
            && let Some(measured) = measured(local, remote)
        {
            self.is_measured = true;
            self.recorder.step(Step::Measured(measured.said()));
        }
    }

    fn broke(&mut self, error: &io::Error) {
        if !self.is_over {
            self.is_over = true;
            let is_reset = matches!(error.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe);
            self.recorder.change(self.socket, |socket| socket.reset = is_reset);
            self.recorder.step(Step::Broke(error.to_string()));
        }
    }
}

/// What the system measured is lost with the socket.
impl Drop for Stream {
    fn drop(&mut self) {
        self.measure();
    }
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let room = buffer.remaining();
        let read = ready!(Pin::new(&mut self.inner).poll_read(cx, buffer));
        match &read {
            Err(error) => self.broke(error),
            Ok(()) => {
                let bytes = buffer.filled().get(before..).unwrap_or_default();
                if !bytes.is_empty() {
                    self.recorder.pass(self.socket, Way::In, bytes);
                } else if room > 0 && !self.is_over {
                    self.is_over = true;
                    self.recorder.change(self.socket, |socket| socket.ended = true);
                    self.recorder.step(Step::Ended);
                }
            }
        }
        Poll::Ready(read)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.inner).poll_write(cx, bytes));
        match &written {
            Ok(count) => self
                .recorder
                .pass(self.socket, Way::Out, bytes.get(..*count).unwrap_or_default()),
            Err(error) => self.broke(error),
        }
        Poll::Ready(written)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.measure();
        let done = ready!(Pin::new(&mut self.inner).poll_shutdown(cx));
        if done.is_ok() {
            self.recorder.step(Step::Finished);
        }
        Poll::Ready(done)
    }
}
