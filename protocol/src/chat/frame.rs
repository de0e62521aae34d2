//! Native frames: a big-endian `u32` length, then one bincode value of that many bytes. The only user of bincode.
//!
//! bincode bites: without a limit ten hostile bytes abort the process, the limit binds decoding only, and bytes left over are
//! accepted. So there is one configuration with a limit for each direction, sizes are checked on sending too, and the consumed length
//! is compared. Its integers are not canonical: no re-encoded bytes are ever hashed or compared.

use std::marker::PhantomData;

use bincode::config::Config;
use bincode::de::Decoder as Source;
use bincode::enc::Encoder as Sink;
use bincode::error::{DecodeError, EncodeError};
pub(super) use bincode::{Decode, Encode};

use super::message::{ClientSays, ServerSays};
use super::names::{Conversation, MessageId, Nickname, RoomName, Text};

/// The most bytes a client's frame has after its length: 64 KiB.
pub const CLIENT_FRAME: usize = 64 * 1024;

/// The most bytes a server's frame has after its length: 512 KiB.
pub const SERVER_FRAME: usize = 512 * 1024;

/// The bytes of the length.
const HEADER: usize = 4;

/// Why bytes are no frame.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The frame is longer than this direction allows. Nothing after it can be read.
    #[error("a frame of {length} bytes, at most {limit} are allowed")]
    TooLong {
        /// What it announces or would have.
        length: usize,
        /// What is allowed.
        limit: usize,
    },
    /// The frame has its length, but what it holds makes no sense. The next one can be read.
    #[error("a malformed frame: {why}")]
    Malformed {
        /// The number of the request it seems to carry.
        request: Option<u32>,
        /// What is wrong.
        why: String,
    },
}

/// One direction: who speaks, and how long a frame may be.
pub trait Direction {
    /// What a frame holds.
    type Says: Encode + Decode<()>;
    /// The most bytes after the length.
    const LIMIT: usize;
    /// The request's number in a frame whose rest is malformed.
    fn request_of(body: &[u8]) -> Option<u32>;
    /// Decodes a whole body.
    fn decode(body: &[u8]) -> Result<(Self::Says, usize), DecodeError>;
}

/// Client to server: the request's number and what it says.
#[derive(Debug, Clone, Copy)]
pub struct FromClient;

/// Server to client: the number of the request it answers, if any, and what it says.
#[derive(Debug, Clone, Copy)]
pub struct FromServer;

impl Direction for FromClient {
    type Says = (u32, ClientSays);
    const LIMIT: usize = CLIENT_FRAME;

    fn request_of(body: &[u8]) -> Option<u32> {
        let (request, _) = bincode::decode_from_slice(body, limited::<CLIENT_FRAME>()).ok()?;
        Some(request)
    }

    fn decode(body: &[u8]) -> Result<(Self::Says, usize), DecodeError> {
        bincode::decode_from_slice(body, limited::<CLIENT_FRAME>())
    }
}

impl Direction for FromServer {
    type Says = (Option<u32>, ServerSays);
    const LIMIT: usize = SERVER_FRAME;

    fn request_of(body: &[u8]) -> Option<u32> {
        let (request, _): (Option<u32>, _) = bincode::decode_from_slice(body, limited::<SERVER_FRAME>()).ok()?;
        request
    }

    fn decode(body: &[u8]) -> Result<(Self::Says, usize), DecodeError> {
        bincode::decode_from_slice(body, limited::<SERVER_FRAME>())
    }
}

#[expect(clippy::disallowed_methods, reason = "the one configuration, and it has a limit")]
fn limited<const LIMIT: usize>() -> impl Config {
    bincode::config::standard().with_limit::<LIMIT>()
}

/// Encodes one frame, or says that it would be too long.
pub fn encode<D: Direction>(says: &D::Says) -> Result<Vec<u8>, FrameError> {
    let mut out = Vec::new();
    append::<D>(says, &mut out)?;
    Ok(out)
}

/// Encodes one frame behind what `out` holds; on an error `out` is as before.
pub fn append<D: Direction>(says: &D::Says, out: &mut Vec<u8>) -> Result<(), FrameError> {
    let start = out.len();
    out.extend([0; HEADER]);
    let written =
        bincode::encode_into_std_write(says, out, limited::<SERVER_FRAME>()).map_err(|error| FrameError::Malformed {
            request: None,
            why: error.to_string(),
        });
    let fits = written.and_then(|length| match u32::try_from(length) {
        Ok(header) if length <= D::LIMIT => Ok(header),
        _ => Err(FrameError::TooLong {
            length,
            limit: D::LIMIT,
        }),
    });
    match fits {
        Ok(length) => {
            let header = out.iter_mut().skip(start).zip(length.to_be_bytes());
            header.for_each(|(to, from)| *to = from);
            Ok(())
        }
        Err(error) => {
            out.truncate(start);
            Err(error)
        }
    }
}

/// Cuts received bytes into frames. Holds no memory while it holds no bytes.
#[derive(Debug)]
pub struct Decoder<D> {
    bytes: Vec<u8>,
    read: usize,
    direction: PhantomData<D>,
}

impl<D> Default for Decoder<D> {
    fn default() -> Self {
        Self {
            bytes: Vec::new(),
            read: 0,
            direction: PhantomData,
        }
    }
}

impl<D: Direction> Decoder<D> {
    /// Takes bytes as they came.
    pub fn receive(&mut self, wire: &[u8]) {
        self.bytes.extend_from_slice(wire);
    }

    /// The next whole frame; `Ok(None)` if more bytes are needed first.
    ///
    /// After [`FrameError::Malformed`] the frame is consumed and the next call goes on behind it. [`FrameError::TooLong`]
    /// stays: there is no telling where the next frame starts.
    pub fn next_frame(&mut self) -> Result<Option<D::Says>, FrameError> {
        let waiting = self.bytes.get(self.read..).unwrap_or_default();
        let Some((header, rest)) = waiting.split_first_chunk::<HEADER>() else {
            self.tidy();
            return Ok(None);
        };
        let length = usize::try_from(u32::from_be_bytes(*header)).unwrap_or(usize::MAX);
        if length > D::LIMIT {
            return Err(FrameError::TooLong {
                length,
                limit: D::LIMIT,
            });
        }
        let Some(body) = rest.get(..length) else {
            self.tidy();
            return Ok(None);
        };
        let says = decode_whole::<D>(body);
        self.read = self.read.saturating_add(HEADER).saturating_add(length);
        says.map(Some)
    }

    /// Whether bytes of an unfinished frame wait.
    #[must_use]
    pub fn is_mid_frame(&self) -> bool {
        self.read < self.bytes.len()
    }

    /// Drops what was read; frees the buffer when nothing is left.
    fn tidy(&mut self) {
        if self.read == self.bytes.len() {
            self.bytes = Vec::new();
        } else {
            self.bytes.drain(..self.read);
        }
        self.read = 0;
    }
}

fn decode_whole<D: Direction>(body: &[u8]) -> Result<D::Says, FrameError> {
    let malformed = |why| FrameError::Malformed {
        request: D::request_of(body),
        why,
    };
    match D::decode(body) {
        Ok((says, used)) if used == body.len() => Ok(says),
        Ok((_, used)) => Err(malformed(format!(
            "{} bytes left over",
            body.len().saturating_sub(used)
        ))),
        Err(DecodeError::OtherString(why)) => Err(malformed(why)),
        Err(error) => Err(malformed(error.to_string())),
    }
}

impl Encode for Nickname {
    fn encode<E: Sink>(&self, to: &mut E) -> Result<(), EncodeError> {
        self.as_str().encode(to)
    }
}

impl<C> Decode<C> for Nickname {
    fn decode<S: Source<Context = C>>(from: &mut S) -> Result<Self, DecodeError> {
        Self::parse(&String::decode(from)?).map_err(|why| DecodeError::OtherString(why.to_string()))
    }
}

impl Encode for RoomName {
    fn encode<E: Sink>(&self, to: &mut E) -> Result<(), EncodeError> {
        self.as_str().encode(to)
    }
}

impl<C> Decode<C> for RoomName {
    fn decode<S: Source<Context = C>>(from: &mut S) -> Result<Self, DecodeError> {
        Self::parse(&String::decode(from)?).map_err(|why| DecodeError::OtherString(why.to_string()))
    }
}

impl Encode for Text {
    fn encode<E: Sink>(&self, to: &mut E) -> Result<(), EncodeError> {
        self.as_str().encode(to)
    }
}

impl<C> Decode<C> for Text {
    fn decode<S: Source<Context = C>>(from: &mut S) -> Result<Self, DecodeError> {
        Self::from_bytes(Vec::decode(from)?).map_err(|why| DecodeError::OtherString(why.to_string()))
    }
}

impl Encode for MessageId {
    fn encode<E: Sink>(&self, to: &mut E) -> Result<(), EncodeError> {
        self.0.encode(to)
    }
}

impl<C> Decode<C> for MessageId {
    fn decode<S: Source<Context = C>>(from: &mut S) -> Result<Self, DecodeError> {
        <[u8; 16]>::decode(from).map(Self)
    }
}

impl Encode for Conversation {
    fn encode<E: Sink>(&self, to: &mut E) -> Result<(), EncodeError> {
        self.to_string().encode(to)
    }
}

impl<C> Decode<C> for Conversation {
    fn decode<S: Source<Context = C>>(from: &mut S) -> Result<Self, DecodeError> {
        let written = String::decode(from)?;
        written
            .parse()
            .map_err(|why: super::NameError| DecodeError::OtherString(why.to_string()))
    }
}

bincode::impl_borrow_decode!(Nickname);
bincode::impl_borrow_decode!(RoomName);
bincode::impl_borrow_decode!(Text);
bincode::impl_borrow_decode!(MessageId);
bincode::impl_borrow_decode!(Conversation);

#[cfg(test)]
mod tests {
    use super::*;

    fn send(text: &str) -> (u32, ClientSays) {
        let says = ClientSays::Send {
            id: MessageId([1; 16]),
            to: "@bob".parse().unwrap(),
            text: Text::parse(text).unwrap(),
            seen: None,
        };
        (7, says)
    }

    #[test]
    fn frames_survive_any_chunking_and_leave_no_memory() {
        let wire: Vec<u8> = [send("您好！"), (8, ClientSays::Ping), send(&"x".repeat(16384))]
            .iter()
            .flat_map(|says| encode::<FromClient>(says).unwrap())
            .collect();
        for chunk in [1, 2, 3, 7, 1000, wire.len()] {
            let mut decoder = Decoder::<FromClient>::default();
            let mut heard = Vec::new();
            for piece in wire.chunks(chunk) {
                decoder.receive(piece);
                while let Some(says) = decoder.next_frame().unwrap() {
                    heard.push(says);
                }
            }
            assert_eq!(heard, [send("您好！"), (8, ClientSays::Ping), send(&"x".repeat(16384))]);
            assert_eq!((decoder.bytes.capacity(), decoder.is_mid_frame()), (0, false));
        }
    }

    #[test]
    fn a_hostile_length_is_refused_before_anything_is_held() {
        let mut decoder = Decoder::<FromClient>::default();
        decoder.receive(&[0xff; 4]);
        let error = decoder.next_frame().unwrap_err();
        assert_eq!(
            error,
            FrameError::TooLong {
                length: 0xffff_ffff,
                limit: CLIENT_FRAME
            }
        );
        assert_eq!(decoder.next_frame().unwrap_err(), error, "and it stays refused");
    }

    /// A vector that says it has 2^40 bytes would abort the process if it were believed.
    #[test]
    fn ten_hostile_bytes_are_only_malformed() {
        let mut body = vec![7, 2];
        body.extend([1; 16]);
        body.extend([2, b'@', b'b', 253, 0, 0, 0, 0, 0, 1, 0, 0]);
        assert_malformed(&body, "LimitExceeded");
    }

    #[test]
    fn content_that_cannot_be_names_its_request_and_the_next_frame_is_read() {
        let mut whole = encode::<FromClient>(&send("x")).unwrap();
        whole.drain(..HEADER);
        assert_malformed(&[whole.as_slice(), &[0]].concat(), "1 bytes left over");
        assert_malformed(&whole[..whole.len() - 1], "UnexpectedEnd");
        let at = whole.iter().position(|&b| b == b'@').unwrap();
        let mut bad = whole.clone();
        bad[at] = b'!';
        assert_malformed(&bad, "a conversation is written");
        let at = whole.len() - 2;
        let mut bad = whole;
        bad[at] = 0xff;
        assert_malformed(&bad, "not valid UTF-8");
    }

    fn assert_malformed(body: &[u8], expected: &str) {
        let mut decoder = Decoder::<FromClient>::default();
        decoder.receive(&u32::try_from(body.len()).unwrap().to_be_bytes());
        decoder.receive(body);
        decoder.receive(&encode::<FromClient>(&(9, ClientSays::Ping)).unwrap());
        let Err(FrameError::Malformed { request, why }) = decoder.next_frame() else {
            panic!("the body was accepted");
        };
        assert_eq!(request, Some(7));
        assert!(why.contains(expected), "{why}");
        assert_eq!(decoder.next_frame(), Ok(Some((9, ClientSays::Ping))));
    }

    #[test]
    fn too_long_a_frame_is_not_sent() {
        let says = ServerSays::Refused {
            reason: super::super::Refusal::Unknown,
            detail: "x".repeat(SERVER_FRAME),
        };
        let mut out = vec![1, 2, 3];
        assert!(matches!(
            append::<FromServer>(&(None, says), &mut out),
            Err(FrameError::TooLong { .. })
        ));
        assert_eq!(out, [1, 2, 3]);
    }
}
