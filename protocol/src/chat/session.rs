//! Both ends of the chat protocol as state machines with four verbs: `receive`, `transmit`, `send`, `next_event`.
//!
//! ```
//! use nihao_protocol::chat::{ClientSays, ClientSession, Heard, ServerSays, ServerSession};
//! let (mut client, mut server) = (ClientSession::new(), ServerSession::for_member());
//! let ping = client.send(ClientSays::Ping)?;
//! server.receive(&client.transmit());
//! let asked = server.next_event().expect("a whole request came");
//! server.send(Some(asked.number), ServerSays::Pong);
//! client.receive(&server.transmit());
//! assert_eq!(client.next_event(), Some(Ok(Heard::Reply(ping, ServerSays::Pong))));
//! # Ok::<(), nihao_protocol::chat::SessionError>(())
//! ```

use std::collections::{BTreeSet, VecDeque};

use super::frame::{self, Decoder, FrameError, FromClient, FromServer};
use super::message::{ClientSays, Refusal, ServerSays};

/// Why a session is over, or a request could not be said.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// The frame cannot be sent, or what came is none.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The server answered what nobody asked.
    #[error("the server answered request {0}, which was never made")]
    UnaskedReply(u32),
    /// The server said of itself what is only said in reply.
    #[error("the server said out of turn what is only said in reply")]
    OutOfTurn,
    /// The server closed.
    #[error("the server closed the session ({reason}): {detail}")]
    Closed {
        /// Why.
        reason: Refusal,
        /// What exactly.
        detail: String,
    },
}

/// What a client hears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// The reply to the request of that number.
    Reply(u32, ServerSays),
    /// A message, said of itself.
    Delivery(ServerSays),
}

/// The client's end.
#[derive(Debug, Default)]
pub struct ClientSession {
    decoder: Decoder<FromServer>,
    out: Vec<u8>,
    last_request: u32,
    waiting: BTreeSet<u32>,
    state: ClientState,
}

#[derive(Debug, Default)]
enum ClientState {
    #[default]
    Open,
    Failed(SessionError),
}

impl ClientSession {
    /// A session on a fresh connection.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes bytes from the connection.
    pub fn receive(&mut self, wire: &[u8]) {
        self.decoder.receive(wire);
    }

    /// Bytes for the connection; empty if there are none.
    pub fn transmit(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    /// Asks for something; the number returned is repeated by the reply.
    pub fn send(&mut self, says: ClientSays) -> Result<u32, SessionError> {
        if let ClientState::Failed(error) = &self.state {
            return Err(error.clone());
        }
        let request = self.last_request.wrapping_add(1);
        frame::append::<FromClient>(&(request, says), &mut self.out)?;
        self.last_request = request;
        self.waiting.insert(request);
        Ok(request)
    }

    /// What was heard next; `None` until more bytes come. An error is final: from then on only it is heard.
    pub fn next_event(&mut self) -> Option<Result<Heard, SessionError>> {
        if let ClientState::Failed(error) = &self.state {
            return Some(Err(error.clone()));
        }
        let heard = match self.decoder.next_frame() {
            Ok(None) => return None,
            Ok(Some((request, says))) => self.sort(request, says),
            Err(error) => Err(error.into()),
        };
        if let Err(error) = &heard {
            self.state = ClientState::Failed(error.clone());
        }
        Some(heard)
    }

    /// The numbers of the requests that have no reply yet.
    pub fn waiting(&self) -> impl Iterator<Item = u32> {
        self.waiting.iter().copied()
    }

    fn sort(&mut self, request: Option<u32>, says: ServerSays) -> Result<Heard, SessionError> {
        match (request, says) {
            (None, ServerSays::Closing { reason, detail }) => Err(SessionError::Closed { reason, detail }),
            (None, says @ ServerSays::Message { .. }) => Ok(Heard::Delivery(says)),
            (Some(request), says) if !matches!(says, ServerSays::Message { .. } | ServerSays::Closing { .. }) => {
                if self.waiting.remove(&request) {
                    Ok(Heard::Reply(request, says))
                } else {
                    Err(SessionError::UnaskedReply(request))
                }
            }
            _ => Err(SessionError::OutOfTurn),
        }
    }
}

/// What a server hears: a request and its number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The number its reply repeats.
    pub number: u32,
    /// What is asked for.
    pub says: ClientSays,
}

/// The server's end. It refuses by itself what cannot be read, and what this state does not allow.
#[derive(Debug)]
pub struct ServerSession {
    decoder: Decoder<FromClient>,
    out: Vec<u8>,
    state: ServerState,
    heard: VecDeque<Request>,
}

/// Who is at the other end, and whether they are still listened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ServerState {
    /// Nobody known: may only join.
    Stranger,
    /// Somebody with a user certificate.
    Member,
    /// `Closing` was said: nothing more is heard or said.
    Closed,
}

impl ServerSession {
    /// With somebody who showed no certificate.
    #[must_use]
    pub fn for_stranger() -> Self {
        Self::new(ServerState::Stranger)
    }

    /// With somebody whose certificate was verified.
    #[must_use]
    pub fn for_member() -> Self {
        Self::new(ServerState::Member)
    }

    fn new(state: ServerState) -> Self {
        Self {
            decoder: Decoder::default(),
            out: Vec::new(),
            state,
            heard: VecDeque::new(),
        }
    }

    /// Takes bytes from the connection. What cannot be read is answered by a refusal where frames go on, else by closing.
    pub fn receive(&mut self, wire: &[u8]) {
        if self.state == ServerState::Closed {
            return;
        }
        self.decoder.receive(wire);
        loop {
            match self.decoder.next_frame() {
                Ok(None) => return,
                Ok(Some((number, says))) => self.admit(Request { number, says }),
                Err(FrameError::Malformed {
                    request: Some(request),
                    why,
                }) => self.refuse(request, Refusal::Malformed, why),
                Err(error @ FrameError::Malformed { .. }) => {
                    return self.close(Refusal::Malformed, error.to_string());
                }
                Err(error @ FrameError::TooLong { .. }) => return self.close(Refusal::TooLarge, error.to_string()),
            }
        }
    }

    /// Bytes for the connection; empty if there are none.
    pub fn transmit(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    /// Says something, in reply to a request or of itself. A reply too long for a frame becomes a refusal.
    pub fn send(&mut self, request: Option<u32>, says: ServerSays) {
        if self.state == ServerState::Closed {
            return;
        }
        if let Err(error) = frame::append::<FromServer>(&(request, says), &mut self.out) {
            match request {
                Some(request) => self.refuse(request, Refusal::TooLarge, error.to_string()),
                None => self.close(Refusal::TooLarge, error.to_string()),
            }
        }
    }

    /// Says what was encoded before, with [`frame::encode`] of a [`FromServer`], and may be shared by many sessions.
    pub fn send_encoded(&mut self, frame: &[u8]) {
        if self.state != ServerState::Closed {
            self.out.extend_from_slice(frame);
        }
    }

    /// The next request; `None` until more bytes come.
    pub fn next_event(&mut self) -> Option<Request> {
        self.heard.pop_front()
    }

    /// Refuses one request.
    pub fn refuse(&mut self, request: u32, reason: Refusal, detail: impl Into<String>) {
        let detail = detail.into();
        self.send(Some(request), ServerSays::Refused { reason, detail });
    }

    /// Says the last word. What is still to be transmitted stays; nothing is heard any more.
    pub fn close(&mut self, reason: Refusal, detail: impl Into<String>) {
        let detail = detail.into();
        self.send(None, ServerSays::Closing { reason, detail });
        self.state = ServerState::Closed;
        self.heard.clear();
        self.decoder = Decoder::default();
    }

    /// Whether the last word was said.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.state == ServerState::Closed
    }

    /// How many bytes wait to be transmitted.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.out.len()
    }

    fn admit(&mut self, request: Request) {
        match (self.state, &request.says) {
            (ServerState::Closed, _) => {}
            (_, ClientSays::Ping)
            | (ServerState::Stranger, ClientSays::Join { .. })
            | (
                ServerState::Member,
                ClientSays::Resume { .. }
                | ClientSays::Send { .. }
                | ClientSays::History { .. }
                | ClientSays::Who { .. }
                | ClientSays::Invite
                | ClientSays::Remove { .. }
                | ClientSays::RenewCertificate
                | ClientSays::NewAccess { .. }
                | ClientSays::ListAccess
                | ClientSays::RevokeAccess { .. },
            ) => self.heard.push_back(request),
            (ServerState::Stranger, _) => self.refuse(
                request.number,
                Refusal::NotAMember,
                "this connection showed no user certificate; without one, joining is all there is",
            ),
            (ServerState::Member, ClientSays::Join { .. }) => self.refuse(
                request.number,
                Refusal::OutOfOrder,
                "this connection is a member's; join from one without a certificate",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn who() -> ClientSays {
        ClientSays::Who { after: None }
    }

    #[test]
    fn replies_find_their_requests_in_any_order() {
        let (mut client, mut server) = (ClientSession::new(), ServerSession::for_member());
        let first = client.send(ClientSays::Ping).unwrap();
        let second = client.send(who()).unwrap();
        server.receive(&client.transmit());
        assert_eq!(server.next_event().unwrap().number, first);
        assert_eq!(server.next_event().unwrap().says, who());
        assert_eq!(server.next_event(), None);
        let members = ServerSays::Members {
            members: vec![],
            more: false,
        };
        server.send(Some(second), members.clone());
        server.send(Some(first), ServerSays::Pong);
        client.receive(&server.transmit());
        assert_eq!(client.next_event(), Some(Ok(Heard::Reply(second, members))));
        assert_eq!(client.waiting().collect::<Vec<_>>(), [first]);
        assert_eq!(client.next_event(), Some(Ok(Heard::Reply(first, ServerSays::Pong))));
        assert_eq!(client.next_event(), None);
    }

    #[test]
    fn a_stranger_may_only_join() {
        let (mut client, mut server) = (ClientSession::new(), ServerSession::for_stranger());
        let request = client.send(who()).unwrap();
        server.receive(&client.transmit());
        assert_eq!(server.next_event(), None);
        client.receive(&server.transmit());
        let Some(Ok(Heard::Reply(number, ServerSays::Refused { reason, .. }))) = client.next_event() else {
            panic!("not refused");
        };
        assert_eq!((number, reason), (request, Refusal::NotAMember));
    }

    #[test]
    fn malformed_content_is_refused_and_the_session_goes_on_but_a_broken_length_ends_it() {
        let (mut client, mut server) = (ClientSession::new(), ServerSession::for_member());
        client.send(ClientSays::Ping).unwrap();
        client.transmit();
        server.receive(&[0, 0, 0, 2, 1, 250]);
        let next = client.send(ClientSays::Ping).unwrap();
        server.receive(&client.transmit());
        assert_eq!(server.next_event().unwrap().number, next);
        client.receive(&server.transmit());
        let refused = client.next_event();
        assert!(
            matches!(
                &refused,
                Some(Ok(Heard::Reply(
                    1,
                    ServerSays::Refused {
                        reason: Refusal::Malformed,
                        ..
                    }
                )))
            ),
            "{refused:?}"
        );

        server.receive(&[0xff; 4]);
        assert!(server.is_closed());
        server.send(Some(next), ServerSays::Pong);
        client.receive(&server.transmit());
        for _ in 0..2 {
            assert!(matches!(
                client.next_event(),
                Some(Err(SessionError::Closed {
                    reason: Refusal::TooLarge,
                    ..
                }))
            ));
        }
        assert!(client.send(ClientSays::Ping).is_err());
    }

    #[test]
    fn a_server_that_speaks_out_of_turn_is_not_believed() {
        let mut server = ServerSession::for_member();
        server.send(Some(5), ServerSays::Pong);
        let mut client = ClientSession::new();
        client.receive(&server.transmit());
        assert_eq!(client.next_event(), Some(Err(SessionError::UnaskedReply(5))));
        server.send(None, ServerSays::Pong);
        let mut client = ClientSession::new();
        client.receive(&server.transmit());
        assert_eq!(client.next_event(), Some(Err(SessionError::OutOfTurn)));
    }
}
