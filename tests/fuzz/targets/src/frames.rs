//! Chat frames both ways, sessions, invites, names: read or refused, and what was read can be said again.

use nihao_protocol::chat::frame::{self, Decoder, Direction, FrameError, FromClient, FromServer};
use nihao_protocol::chat::{
    ChainHash, ClientSays, ClientSession, Code, Conversation, Invite, Member, Message, MessageId, Nickname, Refusal,
    RoomName, Seen, Sent, ServerSays, ServerSession, Text, shown,
};
use nihao_protocol::clock::UnixTime;
use nihao_protocol::crypto::Seeded;

use crate::script::Script;

pub(crate) fn run(data: &[u8]) {
    let mut script = Script::new(data);
    let mode = script.byte();
    let chunk = usize::from(script.byte()).max(1);
    let rest = script.rest();
    // With this bit the frame's length is put in front, so that it need not be found.
    let framed = if mode & 0x80 == 0 {
        rest.to_vec()
    } else {
        let length = u32::try_from(rest.len()).expect("a short input");
        [&length.to_be_bytes()[..], rest].concat()
    };
    match mode % 5 {
        0 => decode::<FromClient>(&framed, chunk),
        1 => decode::<FromServer>(&framed, chunk),
        2 => serve(&framed, chunk),
        3 => hear(&framed, chunk),
        _ => words(rest),
    }
}

fn decode<D: Direction>(wire: &[u8], chunk: usize)
where
    D::Says: PartialEq + std::fmt::Debug,
{
    let mut decoder = Decoder::<D>::default();
    let mut broken = None;
    for piece in wire.chunks(chunk) {
        decoder.receive(piece);
        loop {
            let next = decoder.next_frame();
            if broken.is_some() {
                assert_eq!(next.as_ref().err(), broken.as_ref(), "a broken length stays broken");
            }
            match next {
                Ok(None) => break,
                Ok(Some(says)) => {
                    let again = frame::encode::<D>(&says).expect("what was heard can be said");
                    let mut other = Decoder::<D>::default();
                    other.receive(&again);
                    assert_eq!(other.next_frame(), Ok(Some(says)));
                    assert!(!other.is_mid_frame());
                }
                Err(FrameError::Malformed { .. }) => {}
                Err(error @ FrameError::TooLong { .. }) => {
                    broken = Some(error);
                    break;
                }
            }
        }
    }
}

fn serve(wire: &[u8], chunk: usize) {
    for mut session in [ServerSession::for_stranger(), ServerSession::for_member()] {
        let mut client = ClientSession::new();
        for piece in wire.chunks(chunk) {
            let closed = session.is_closed();
            session.receive(piece);
            while let Some(request) = session.next_event() {
                assert!(!closed, "a closed session hears nothing");
                session.send(Some(request.number), ServerSays::Pong);
            }
        }
        // Whatever the server answered, a client can read it.
        client.receive(&session.transmit());
        while let Some(Ok(_)) = client.next_event() {}
    }
}

fn hear(wire: &[u8], chunk: usize) {
    let mut session = ClientSession::new();
    for _ in 0..3 {
        session.send(ClientSays::Ping).expect("a request");
    }
    for piece in wire.chunks(chunk) {
        session.receive(piece);
        while let Some(heard) = session.next_event() {
            if let Err(error) = heard {
                assert_eq!(session.next_event(), Some(Err(error.clone())), "failure is final");
                assert_eq!(session.send(ClientSays::Ping), Err(error));
                return;
            }
        }
    }
    assert!(session.waiting().count() <= 3);
}

fn words(bytes: &[u8]) {
    let parsed = Text::from_bytes(bytes.to_vec());
    let Ok(text) = std::str::from_utf8(bytes) else {
        assert!(parsed.is_err());
        return;
    };
    if let Ok(parsed) = parsed {
        assert_eq!(parsed.as_str(), text);
    }
    let steers = |c: char| c.is_control() || ('\u{202a}'..='\u{202e}').contains(&c);
    assert!(!shown(text).contains(steers));
    if let Ok(invite) = text.parse::<Invite>() {
        assert_eq!(invite.to_string().parse(), Ok(invite));
    }
    if let Ok(name) = Nickname::parse(text) {
        assert_eq!(Nickname::parse(name.as_str()), Ok(name));
    }
    if let Ok(name) = RoomName::parse(text) {
        assert_eq!(RoomName::parse(name.as_str()), Ok(name));
    }
    if let Ok(conversation) = text.parse::<Conversation>() {
        assert_eq!(conversation.to_string().parse(), Ok(conversation));
    }
    if let Ok(id) = text.parse::<MessageId>() {
        assert_eq!(id.to_string().parse(), Ok(id));
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let with = |mode: u8, bytes: &[u8]| [&[mode, 50][..], bytes].concat();
    let mut seeds = Vec::new();
    for (number, says) in client_says().into_iter().enumerate() {
        let whole = frame::encode::<FromClient>(&(number as u32, says)).expect("a frame");
        seeds.extend([with(0, &whole), with(2, &whole)]);
    }
    for (number, says) in server_says().into_iter().enumerate() {
        let request =
            (!matches!(says, ServerSays::Message { .. } | ServerSays::Closing { .. })).then_some(number as u32);
        let whole = frame::encode::<FromServer>(&(request, says)).expect("a frame");
        seeds.extend([with(1, &whole), with(3, &whole)]);
    }
    let invite = "nihao://[::1]:8443/?ca=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8&code=AAECAwQFBgcICQoLDA0ODw";
    let words = [
        invite,
        "#general",
        "@Bob",
        "小明",
        "\u{1b}[2J\u{202e}",
        "0192f0c1-2345-7abc-8def-0123456789ab",
    ];
    seeds.extend(words.map(|text| with(4, text.as_bytes())));
    seeds
}

fn text() -> Text {
    Text::parse("您好！").expect("a text")
}

fn name(name: &str) -> Nickname {
    Nickname::parse(name).expect("a name")
}

fn id() -> MessageId {
    MessageId::new(UnixTime::from_seconds(1_780_272_000), &mut Seeded::new(1, "id")).expect("an id")
}

fn seen() -> Seen {
    Seen {
        seq: 300,
        chain: ChainHash([5; 32]),
    }
}

fn client_says() -> Vec<ClientSays> {
    let conversation: Conversation = "@bob".parse().expect("a conversation");
    vec![
        ClientSays::Join {
            code: Code([1; 16]).0,
            name: name("alice"),
            public_key: [2; 32],
            proof: [3; 64],
        },
        ClientSays::Resume { after: 70_000 },
        ClientSays::Send {
            id: id(),
            to: Conversation::Room(RoomName::general()),
            text: text(),
            seen: Some(seen()),
        },
        ClientSays::History {
            conversation,
            before: Some(9),
            after: None,
            limit: 500,
        },
        ClientSays::Who {
            after: Some(name("bob")),
        },
        ClientSays::Invite,
        ClientSays::Remove { name: name("小明") },
        ClientSays::RenewCertificate,
        ClientSays::Ping,
    ]
}

fn message() -> Message {
    Message {
        seq: 9,
        id: id(),
        from: name("alice"),
        to: "@bob".parse().expect("a conversation"),
        text: text(),
        at: 1_780_272_000_000,
        seen: Some(seen()),
        salt: [4; 16],
        chain: ChainHash([6; 32]),
    }
}

fn server_says() -> Vec<ServerSays> {
    let message = message();
    let sent = Sent {
        seq: 9,
        at: 1_780_272_000_000,
        salt: [4; 16],
        chain: ChainHash([6; 32]),
    };
    let member = Member {
        name: name("alice"),
        admin: true,
        online: false,
        joined: 5,
    };
    let reason = Refusal::RateLimited;
    vec![
        ServerSays::Joined {
            name: name("alice"),
            certificates: vec![vec![48, 0], vec![]],
            cursor: 1,
        },
        ServerSays::CaughtUp { cursor: 2 },
        ServerSays::Sent(sent),
        ServerSays::History {
            messages: vec![message.clone(), message.clone()],
            more: true,
        },
        ServerSays::Members {
            members: vec![member],
            more: false,
        },
        ServerSays::Invited {
            line: String::from("nihao://"),
            expires: 3,
        },
        ServerSays::Renewed {
            certificates: vec![vec![48]],
        },
        ServerSays::Refused {
            reason,
            detail: String::from("slowly"),
        },
        ServerSays::Message {
            message,
            replayed: true,
        },
        ServerSays::Closing {
            reason: Refusal::ShuttingDown,
            detail: String::new(),
        },
    ]
}
