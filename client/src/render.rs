//! Messages and members as lines: for people, safe for any terminal; for programs, one JSON object a line.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use nihao_protocol::chat::{Conversation, Member, Message, Nickname, shown};
use serde::Serialize;

/// How lines are written.
#[derive(Debug, Clone)]
pub enum Format {
    /// For people, with times in this zone.
    Plain(TimeZone),
    /// One JSON object a line.
    Json,
}

#[derive(Serialize)]
struct MessageObject<'a> {
    seq: u64,
    id: String,
    from: &'a str,
    to: String,
    text: &'a str,
    at: u64,
}

#[derive(Serialize)]
struct MemberObject<'a> {
    name: &'a str,
    admin: bool,
    online: bool,
    joined: u64,
}

impl Format {
    /// The format for people, with times in the system's zone.
    #[must_use]
    pub fn plain() -> Self {
        Self::Plain(TimeZone::system())
    }

    /// A message as one line, read by `me`.
    #[must_use]
    pub fn message(&self, message: &Message, me: &Nickname) -> String {
        match self {
            Self::Json => json(&MessageObject {
                seq: message.seq,
                id: message.id.to_string(),
                from: message.from.as_str(),
                to: message.to.to_string(),
                text: message.text.as_str(),
                at: message.at,
            }),
            Self::Plain(zone) => {
                let place = match &message.to {
                    Conversation::Direct(to) if to == me => format!("@{}", message.from),
                    Conversation::Direct(to) => format!("@{} to @{to}", message.from),
                    Conversation::Room(room) => format!("{room} @{}", message.from),
                };
                format!(
                    "{} {}: {}\n",
                    time(message.at, zone),
                    shown(&place),
                    shown(message.text.as_str())
                )
            }
        }
    }

    /// A member as one line.
    #[must_use]
    pub fn member(&self, member: &Member) -> String {
        match self {
            Self::Json => json(&MemberObject {
                name: member.name.as_str(),
                admin: member.admin,
                online: member.online,
                joined: member.joined,
            }),
            Self::Plain(zone) => {
                let online = if member.online { "online" } else { "away" };
                let admin = if member.admin { ", admin" } else { "" };
                let name = shown(member.name.as_str());
                format!("@{name}  {online}{admin}, joined {}\n", time(member.joined, zone))
            }
        }
    }
}

/// A time in ms since 1970 for people, in the system's zone.
#[must_use]
pub fn moment(at: u64) -> String {
    time(at, &TimeZone::system())
}

/// `2026-11-22 10:15:03` in `zone`.
fn time(at: u64, zone: &TimeZone) -> String {
    let moment = i64::try_from(at)
        .ok()
        .and_then(|at| Timestamp::from_millisecond(at).ok());
    match moment {
        Some(moment) => moment.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string(),
        None => format!("{at} ms after 1970"),
    }
}

/// One line of JSON. What would steer a terminal is written as `\u….`: the same value, and harmless on a screen.
fn json(value: &impl Serialize) -> String {
    let raw = serde_json::to_string(value).unwrap_or_default();
    // `shown` copies only what it has to change, which is seldom: most lines need no second look.
    if matches!(shown(&raw), std::borrow::Cow::Borrowed(_)) {
        return raw + "\n";
    }
    let mut line = String::with_capacity(raw.len() + 16);
    for character in raw.chars() {
        if matches!(shown(character.encode_utf8(&mut [0; 4])), std::borrow::Cow::Owned(_)) {
            line.extend(
                character
                    .encode_utf16(&mut [0; 2])
                    .iter()
                    .map(|unit| format!("\\u{unit:04x}")),
            );
        } else {
            line.push(character);
        }
    }
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use nihao_protocol::chat::{ChainHash, MessageId, Text};

    fn message(to: &str, text: &str) -> Message {
        Message {
            seq: 7,
            id: MessageId([1; 16]),
            from: Nickname::parse("bob").unwrap(),
            to: to.parse().unwrap(),
            text: Text::parse(text).unwrap(),
            at: 1_800_000_000_123,
            seen: None,
            salt: [0; 16],
            chain: ChainHash::default(),
        }
    }

    #[test]
    fn people_read_one_line_a_message() {
        let alice = Nickname::parse("alice").unwrap();
        let plain = Format::Plain(TimeZone::UTC);
        for (to, line) in [
            ("#general", "2027-01-15 08:00:00 #general @bob: 您好！\n"),
            ("@alice", "2027-01-15 08:00:00 @bob: 您好！\n"),
            ("@carol", "2027-01-15 08:00:00 @bob to @carol: 您好！\n"),
        ] {
            assert_eq!(plain.message(&message(to, "您好！"), &alice), line);
        }
    }

    #[test]
    fn no_text_reaches_the_terminal_as_a_command() {
        let alice = Nickname::parse("alice").unwrap();
        let evil = "\u{1b}]0;x\u{7}\u{9b}2J\r\nmallory: hi\u{202e}\u{7f}";
        let plain = Format::Plain(TimeZone::UTC).message(&message("#general", evil), &alice);
        let object = Format::Json.message(&message("#general", evil), &alice);
        for line in [&plain, &object] {
            assert!(!line.trim_end_matches('\n').chars().any(char::is_control), "{line:?}");
            assert!(!line.contains('\u{202e}'));
        }
        let read: serde_json::Value = serde_json::from_str(&object).unwrap();
        assert_eq!(read["text"], evil, "the value is unchanged");
    }

    #[test]
    fn json_has_its_six_fields_in_order() {
        let alice = Nickname::parse("alice").unwrap();
        assert_eq!(
            Format::Json.message(&message("#general", "您好！"), &alice),
            "{\"seq\":7,\"id\":\"01010101-0101-0101-0101-010101010101\",\"from\":\"bob\",\"to\":\"#general\",\
             \"text\":\"您好！\",\"at\":1800000000123}\n"
        );
    }
}
