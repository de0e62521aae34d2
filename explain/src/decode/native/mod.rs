//! The chat's own frames (`nihao/1`): a length, then one bincode value, byte for byte.
//!
//! What stands where follows from [`shape`]; whether it makes sense is for `nihao_protocol` to say, which reads the same bytes.

mod shape;

use nihao_protocol::chat::frame::{CLIENT_FRAME, Decoder, Direction, FrameError, FromClient, FromServer, SERVER_FRAME};

use super::fields::{Fields, Stop};
use super::spaces::{Spaces, Stream};
use super::tls::CLIENT;
use crate::event::{Note, Protocol, Value};
use crate::texts;
use shape::{CLIENT_SAYS, REQUEST, SERVER_SAYS, Shape};

/// Bytes of a frame's length.
const HEADER: usize = 4;

/// Tells the frames of both directions.
pub(super) fn exchange(streams: [Stream; 2], spaces: &mut Spaces) {
    for (side, mut stream) in streams.into_iter().enumerate() {
        let limit = if side == CLIENT { CLIENT_FRAME } else { SERVER_FRAME };
        while let Some(header) = stream.rest().first_chunk::<HEADER>() {
            let length = usize::try_from(u32::from_be_bytes(*header)).unwrap_or(usize::MAX);
            if length > limit {
                spaces.leave(&mut stream, "not a frame", &texts::NATIVE_BROKEN);
                break;
            }
            if stream.rest().len() < length.saturating_add(HEADER) {
                break;
            }
            let range = stream.take(length.saturating_add(HEADER));
            let fault = if side == CLIENT {
                fault::<FromClient>(stream.bytes(range.clone()))
            } else {
                fault::<FromServer>(stream.bytes(range.clone()))
            };
            spaces.unit(
                &stream,
                range,
                (Protocol::Native, "frame", "part of a frame"),
                |fields| frame(fields, side == CLIENT, fault),
            );
        }
        spaces.leave(&mut stream, "beginning of a frame", &texts::UNFINISHED);
    }
}

/// Why the chat would refuse this frame, if it would.
fn fault<D: Direction>(frame: &[u8]) -> Option<FrameError> {
    let mut decoder = Decoder::<D>::default();
    decoder.receive(frame);
    decoder.next_frame().err()
}

fn frame(fields: &mut Fields<'_>, from_client: bool, fault: Option<FrameError>) -> Result<(), Stop> {
    let length = fields.number("length", HEADER)?;
    fields.explain(&texts::NATIVE_LENGTH);
    fields.why(&texts::NATIVE_VALUE);
    fields.what(format!("{length} bytes"));
    if let Some(fault) = fault {
        fields.about(Note::with(&texts::NATIVE_BROKEN, fault.to_string()));
    }
    if from_client {
        number(fields, "request")?;
        read(fields, "says", &CLIENT_SAYS)?;
    } else {
        read(fields, "request", &REQUEST)?;
        read(fields, "says", &SERVER_SAYS)?;
    }
    Ok(())
}

/// Reads a value of this shape.
fn read(fields: &mut Fields<'_>, name: &'static str, shape: &Shape) -> Result<(), Stop> {
    match shape {
        Shape::Number => number(fields, name).map(|_| ()),
        Shape::Flag => fields.number(name, 1).map(|_| ()),
        Shape::Bytes(count) => fields.bytes(name, *count).map(|_| ()),
        Shape::Text => {
            let length = length(fields)?;
            fields.text(name, length)?;
            if name == "text" {
                fields.explain(&texts::NATIVE_TEXT);
            }
            Ok(())
        }
        Shape::Blob => {
            let length = length(fields)?;
            fields.bytes(name, length).map(|_| ())
        }
        Shape::Maybe(inner) => {
            let is_there = fields.named("is there", 1, |tag| match tag {
                0 => Some("no"),
                1 => Some("yes"),
                _ => None,
            })?;
            if is_there == 0 {
                Ok(())
            } else {
                read(fields, name, inner)
            }
        }
        Shape::Parts(parts) => group(fields, name, parts),
        Shape::List(inner) => {
            let count = number(fields, "count")?;
            for _ in 0..count {
                if fields.left() == 0 {
                    fields.about(Note::plain(&texts::CUT_SHORT));
                    return Err(Stop);
                }
                read(fields, name, inner)?;
            }
            Ok(())
        }
        Shape::Choice(variants) => choice(fields, name, variants),
    }
}

fn choice(
    fields: &mut Fields<'_>,
    name: &'static str,
    variants: &[(&'static str, &'static [(&'static str, Shape)])],
) -> Result<(), Stop> {
    let index = number(fields, name)?;
    let found = usize::try_from(index).ok().and_then(|index| variants.get(index));
    let Some((variant, parts)) = found else {
        fields.explain(&texts::BAD_VALUE);
        return Err(Stop);
    };
    fields.revalue(Value::Named(index, (*variant).into()));
    if name == "says" {
        fields.what(*variant);
    }
    parts.iter().try_for_each(|(name, shape)| read(fields, name, shape))
}

/// Several values as one layer, as long as they turn out to be.
fn group(fields: &mut Fields<'_>, name: &'static str, parts: &[(&'static str, Shape)]) -> Result<(), Stop> {
    let all = |fields: &mut Fields<'_>| {
        parts.iter().try_for_each(|(name, shape)| read(fields, name, shape))?;
        Ok(fields.at())
    };
    let start = fields.at();
    let end = fields.ahead(all);
    let length = end.map_or(fields.left(), |end| end.saturating_sub(start));
    fields
        .layer((Protocol::Native, name), length, all)
        .map(|_| ())
        .ok_or(Stop)
}

/// A number as bincode writes it: below 251 one byte, else a mark and 2, 4, 8 or 16 bytes, the lowest first.
fn number(fields: &mut Fields<'_>, name: &'static str) -> Result<u64, Stop> {
    let width = match fields.rest().first() {
        Some(251) => 3,
        Some(252) => 5,
        Some(253) => 9,
        Some(254 | 255) => {
            fields.opaque("number");
            fields.explain(&texts::BAD_VALUE);
            return Err(Stop);
        }
        _ => 1,
    };
    let mut number = 0;
    fields.value(name, width, |bytes| {
        let digits = if width == 1 {
            bytes
        } else {
            bytes.get(1..).unwrap_or_default()
        };
        number = digits
            .iter()
            .rev()
            .fold(0, |number, byte| (number << 8) | u64::from(*byte));
        Value::Number(number)
    })?;
    Ok(number)
}

fn length(fields: &mut Fields<'_>) -> Result<usize, Stop> {
    Ok(usize::try_from(number(fields, "length")?).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use nihao_protocol::chat::frame::encode;
    use nihao_protocol::chat::{
        Access, AccessUse, ChainHash, ClientSays, Member, Message, MessageId, Refusal, Seen, Sent, ServerSays, Text,
    };

    use super::*;
    use crate::decode::fields::layer;
    use crate::event::Layer;

    const SEEN: Seen = Seen {
        seq: 300,
        chain: ChainHash([7; 32]),
    };

    fn told(bytes: &[u8], from_client: bool, fault: Option<FrameError>) -> Layer {
        let kind = (Protocol::Native, "frame");
        let (layer, _) = layer(bytes, 0..bytes.len(), kind, |fields| frame(fields, from_client, fault));
        assert!(layer.is_partition(), "{layer:#?}");
        layer
    }

    fn assert_right<D: Direction>(says: &D::Says, from_client: bool)
    where
        D::Says: std::fmt::Debug,
    {
        let bytes = encode::<D>(says).unwrap();
        let layer = told(&bytes, from_client, fault::<D>(&bytes));
        let mut invalid = 0;
        layer.visit_notes(&mut |_, note| invalid += usize::from(note.text.is_invalid()));
        assert_eq!(invalid, 0, "{layer:#?}");
        // The variant's name is what the type is called.
        let debug = format!("{says:?}");
        assert!(debug.contains(&layer.what), "{} in {debug}", layer.what);
    }

    fn access() -> Access {
        Access {
            number: 70_000,
            use_for: AccessUse::Webhook {
                to: "#general".parse().unwrap(),
            },
            given: 1 << 40,
            expires: Some(5),
        }
    }

    fn message() -> Message {
        Message {
            seq: 5_000_000_000,
            id: MessageId([1; 16]),
            from: "alice".parse().unwrap(),
            to: "@bob".parse().unwrap(),
            text: Text::parse("您好！").unwrap(),
            at: 9,
            seen: Some(SEEN),
            salt: [3; 16],
            chain: ChainHash([4; 32]),
        }
    }

    #[test]
    fn everything_a_client_can_say() {
        let token = AccessUse::Token {
            send: true,
            read: false,
        };
        for says in [
            ClientSays::Join {
                code: [1; 16],
                name: "alice".parse().unwrap(),
                public_key: [2; 32],
                proof: [3; 64],
            },
            ClientSays::Resume { after: 251 },
            ClientSays::Send {
                id: MessageId([1; 16]),
                to: "@bob".parse().unwrap(),
                text: Text::parse("您好！").unwrap(),
                seen: Some(SEEN),
            },
            ClientSays::History {
                conversation: "#general".parse().unwrap(),
                before: Some(70_000),
                after: None,
                limit: 250,
            },
            ClientSays::Who { after: None },
            ClientSays::Invite,
            ClientSays::Remove {
                name: "bob".parse().unwrap(),
            },
            ClientSays::RenewCertificate,
            ClientSays::Ping,
            ClientSays::NewAccess {
                use_for: token,
                lifetime: Some(60),
            },
            ClientSays::ListAccess,
            ClientSays::RevokeAccess { number: 1 },
        ] {
            assert_right::<FromClient>(&(300, says), true);
        }
    }

    #[test]
    fn everything_a_server_can_say() {
        for says in replies().into_iter().chain(refusals()) {
            assert_right::<FromServer>(&(Some(3), says.clone()), false);
            assert_right::<FromServer>(&(None, says), false);
        }
        for reason in Refusal::ALL {
            let detail = String::new();
            let bytes = encode::<FromServer>(&(None, ServerSays::Refused { reason, detail })).unwrap();
            let layer = told(&bytes, false, None);
            let value = &layer.field("reason").unwrap().value;
            assert!(
                matches!(value, Value::Named(_, name) if name == reason.name()),
                "{value:?}"
            );
        }
    }

    fn refusals() -> Vec<ServerSays> {
        let refused = |reason| ServerSays::Refused {
            reason,
            detail: String::from("why"),
        };
        let mut all: Vec<_> = Refusal::ALL.into_iter().map(refused).collect();
        all.push(ServerSays::Closing {
            reason: Refusal::Busy,
            detail: String::new(),
        });
        all
    }

    fn replies() -> Vec<ServerSays> {
        let member = Member {
            name: "alice".parse().unwrap(),
            admin: true,
            online: false,
            joined: 77,
        };
        vec![
            ServerSays::Joined {
                name: "alice".parse().unwrap(),
                certificates: vec![vec![1; 300], vec![2; 3]],
                cursor: 8,
            },
            ServerSays::CaughtUp { cursor: 8 },
            ServerSays::Sent(Sent {
                seq: 1,
                at: 2,
                salt: [3; 16],
                chain: ChainHash([4; 32]),
            }),
            ServerSays::History {
                messages: vec![message(), message()],
                more: true,
            },
            ServerSays::Members {
                members: vec![member],
                more: false,
            },
            ServerSays::Invited {
                line: String::from("nihao://"),
                expires: 4,
            },
            ServerSays::Removed,
            ServerSays::Renewed {
                certificates: vec![vec![1; 30]],
            },
            ServerSays::Pong,
            ServerSays::Message {
                message: message(),
                replayed: false,
            },
            ServerSays::AccessGiven {
                access: access(),
                secret: String::from("s"),
            },
            ServerSays::Accesses {
                accesses: vec![access()],
            },
            ServerSays::AccessRevoked,
        ]
    }
}
