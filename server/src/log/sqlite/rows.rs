//! How events, messages and the state become rows and come back.

use std::collections::BTreeMap;
use std::sync::Arc;

use nihao_protocol::chat::{AccessUse, ChainHash, Conversation, Message, MessageId, Nickname, Refusal, Seen, Text};
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use crate::event::{AttemptHash, CodeHash, Device, Entry, Event, Place, SecretHash, Verdict, What};
use crate::log::{Page, Query};
use crate::state::access::Grant;
use crate::state::{Change, Invite, State, User};

/// The newest place in the log; 0 if it is empty.
pub(super) fn head(db: &Connection) -> rusqlite::Result<u64> {
    db.query_row(
        "SELECT max(coalesce((SELECT max(seq) FROM messages), 0), coalesce((SELECT max(seq) FROM events), 0))",
        [],
        |row| row.get(0),
    )
}

/// Reads the state from its tables.
pub(super) fn load_state(db: &Connection) -> rusqlite::Result<State> {
    let mut state = State::default();
    let mut absorb = |sql, read: fn(&Row<'_>) -> rusqlite::Result<Change>| -> rusqlite::Result<()> {
        let mut statement = db.prepare(sql)?;
        for change in statement.query_map([], read)? {
            state.absorb(change?);
        }
        Ok(())
    };
    absorb(
        "SELECT name, key, certificate, attempt, admin, joined, at, removed FROM users",
        |row| {
            let user = User {
                device: device(row, 1, 2, 3)?,
                admin: row.get(4)?,
                joined: row.get(5)?,
                at: row.get(6)?,
                removed: row.get(7)?,
            };
            Ok(Change::User(name(row, 0)?, user))
        },
    )?;
    absorb("SELECT code, inviter, expires, used FROM invites", |row| {
        let invite = Invite {
            by: optional_name(row, 1)?,
            expires: row.get(2)?,
            used: optional_name(row, 3)?,
        };
        Ok(Change::Invite(CodeHash(row.get(0)?), invite))
    })?;
    absorb("SELECT secret, giver, number, use, given, expires FROM access", |row| {
        let grant = Grant {
            by: name(row, 1)?,
            number: row.get(2)?,
            use_for: access_use(row, 3)?,
            given: row.get(4)?,
            expires: row.get(5)?,
        };
        Ok(Change::Access(SecretHash(row.get(0)?), grant))
    })?;
    absorb("SELECT place, seq, chain FROM heads", |row| {
        let place = Place::parse(&row.get::<_, String>(0)?).ok_or_else(|| damaged(0, "not a place"))?;
        let seen = Seen {
            seq: row.get(1)?,
            chain: ChainHash(row.get(2)?),
        };
        Ok(Change::Head(place, seen))
    })?;
    Ok(state)
}

/// Writes what is different in the state; heads are left to [`write_heads`].
pub(super) fn write_changes(db: &Connection, changes: &[Change]) -> rusqlite::Result<()> {
    for change in changes {
        match change {
            Change::User(name, user) => write_user(db, name, user)?,
            Change::Invite(code, invite) => db
                .prepare_cached("INSERT OR REPLACE INTO invites VALUES (?, ?, ?, ?)")?
                .execute(params![
                    code.0,
                    invite.by.as_ref().map(Nickname::as_str),
                    invite.expires,
                    invite.used.as_ref().map(Nickname::as_str)
                ])?,
            Change::InviteGone(code) => db
                .prepare_cached("DELETE FROM invites WHERE code = ?")?
                .execute([code.0])?,
            Change::Access(secret, grant) => db
                .prepare_cached("INSERT OR REPLACE INTO access VALUES (?, ?, ?, ?, ?, ?)")?
                .execute(params![
                    secret.0,
                    grant.by.as_str(),
                    grant.number,
                    grant.use_for.to_string(),
                    grant.given,
                    grant.expires
                ])?,
            Change::AccessGone(secret) => db
                .prepare_cached("DELETE FROM access WHERE secret = ?")?
                .execute([secret.0])?,
            Change::Head(..) => 0,
        };
    }
    Ok(())
}

fn write_user(db: &Connection, name: &Nickname, user: &User) -> rusqlite::Result<usize> {
    let (key, certificate, attempt) = match &user.device {
        Device::Native {
            public_key,
            certificate,
        } => (Some(public_key), Some(certificate), None),
        Device::Browser { attempt } => (None, None, Some(attempt.0)),
    };
    db.prepare_cached("INSERT OR REPLACE INTO users VALUES (?, ?, ?, ?, ?, ?, ?, ?)")?
        .execute(params![
            name.as_str(),
            key,
            certificate,
            attempt,
            user.admin,
            user.joined,
            user.at,
            user.removed
        ])
}

/// Writes where each conversation's chain stands after a whole group: once each, however many messages it got.
pub(super) fn write_heads(db: &Connection, changes: &[Change]) -> rusqlite::Result<()> {
    let heads: BTreeMap<&Place, &Seen> = changes
        .iter()
        .filter_map(|change| match change {
            Change::Head(place, seen) => Some((place, seen)),
            _ => None,
        })
        .collect();
    let mut write = db.prepare_cached("INSERT OR REPLACE INTO heads VALUES (?, ?, ?)")?;
    for (place, seen) in heads {
        write.execute(params![place.to_string(), seen.seq, seen.chain.0])?;
    }
    Ok(())
}

/// Writes one entry of the log.
pub(super) fn write_entry(db: &Connection, entry: &Entry) -> rusqlite::Result<()> {
    match &entry.verdict {
        Verdict::Posted(message) => write_message(db, message),
        _ => write_event(db, entry),
    }
}

fn write_message(db: &Connection, message: &Message) -> rusqlite::Result<()> {
    db.prepare_cached("INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?
        .execute(params![
            message.seq,
            Place::of(&message.from, &message.to).to_string(),
            message.from.as_str(),
            message.id.0,
            message.to.to_string(),
            message.at,
            message.text.as_str(),
            message.seen.map(|seen| seen.seq),
            message.seen.map(|seen| seen.chain.0),
            message.salt,
            message.chain.0,
        ])?;
    Ok(())
}

/// What a row of `events` holds beside its place, time and verdict.
#[derive(Default)]
struct EventRow<'a> {
    kind: &'static str,
    actor: Option<&'a str>,
    subject: Option<String>,
    code: Option<[u8; 32]>,
    key: Option<[u8; 32]>,
    data: Option<&'a [u8]>,
    expires: Option<u64>,
}

impl<'a> EventRow<'a> {
    fn of_join(name: &'a Nickname, device: &'a Device, code: &CodeHash) -> Self {
        let (kind, key, data) = match device {
            Device::Native {
                public_key,
                certificate,
            } => ("user_joined", Some(*public_key), certificate.as_slice()),
            Device::Browser { attempt } => ("browser_joined", None, attempt.0.as_slice()),
        };
        Self {
            kind,
            actor: Some(name.as_str()),
            code: Some(code.0),
            key,
            data: Some(data),
            ..Self::default()
        }
    }

    fn of(what: &'a What) -> Self {
        match what {
            What::UserJoined { name, device, code } => Self::of_join(name, device, code),
            What::UserRemoved { by, name } => Self {
                kind: "user_removed",
                actor: Some(by.as_str()),
                subject: Some(name.to_string()),
                ..Self::default()
            },
            What::InviteCreated { by, code, expires } => Self {
                kind: "invite_created",
                actor: by.as_ref().map(Nickname::as_str),
                code: Some(code.0),
                expires: Some(*expires),
                ..Self::default()
            },
            What::AccessGiven {
                by,
                secret,
                use_for,
                expires,
            } => Self {
                kind: "access_given",
                actor: Some(by.as_str()),
                subject: Some(use_for.to_string()),
                code: Some(secret.0),
                expires: *expires,
                ..Self::default()
            },
            What::AccessRevoked { by, number } => Self {
                kind: "access_revoked",
                actor: Some(by.as_str()),
                subject: Some(number.to_string()),
                ..Self::default()
            },
            // One that was refused: that it was is kept, what it said is not.
            What::MessagePosted { from, id, to, .. } => Self {
                kind: "message_refused",
                actor: Some(from.as_str()),
                subject: Some(to.to_string()),
                data: Some(&id.0),
                ..Self::default()
            },
        }
    }
}

fn write_event(db: &Connection, entry: &Entry) -> rusqlite::Result<()> {
    let verdict = match &entry.verdict {
        Verdict::Refused(refusal) => refusal.name(),
        _ => "done",
    };
    let row = EventRow::of(&entry.event.what);
    db.prepare_cached("INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?
        .execute(params![
            entry.seq,
            entry.event.at,
            row.kind,
            row.actor,
            row.subject,
            row.code,
            row.key,
            row.data,
            row.expires,
            verdict
        ])?;
    Ok(())
}

const MESSAGE: &str = "seq, id, sender, recipient, text, at, seen_seq, seen_chain, salt, chain";

/// The message with that id, if its sender posted it before.
pub(super) fn message_by_id(db: &Connection, from: &Nickname, id: &MessageId) -> rusqlite::Result<Option<Message>> {
    db.prepare_cached(&format!("SELECT {MESSAGE} FROM messages WHERE sender = ? AND id = ?"))?
        .query_row(params![from.as_str(), id.0], message)
        .optional()
}

/// A part of the history.
pub(super) fn messages(db: &Connection, query: &Query) -> rusqlite::Result<Page> {
    let order = if query.newest { "DESC" } else { "ASC" };
    let sql =
        format!("SELECT {MESSAGE} FROM messages WHERE place = ? AND seq > ? AND seq < ? ORDER BY seq {order} LIMIT ?");
    let mut statement = db.prepare_cached(&sql)?;
    let mut found = Vec::new();
    for place in &query.places {
        // One more than asked for tells whether there are more.
        let range = params![
            place.to_string(),
            signed(query.after),
            signed(query.before),
            query.limit.saturating_add(1)
        ];
        for message in statement.query_map(range, message)? {
            found.push(message?);
        }
    }
    Ok(Page::merge(found, query))
}

/// SQLite's integers are signed; there will be no message 2^63.
fn signed(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

/// Up to `limit` entries after `after`, in order.
pub(super) fn entries(db: &Connection, after: u64, limit: usize) -> rusqlite::Result<Vec<Arc<Entry>>> {
    let sql = format!("SELECT {MESSAGE} FROM messages WHERE seq > ? ORDER BY seq LIMIT ?");
    let mut found: Vec<Entry> = db
        .prepare_cached(&sql)?
        .query_map(params![signed(after), limit], |row| message(row).map(posted))?
        .collect::<rusqlite::Result<_>>()?;
    let sql = "SELECT seq, at, kind, actor, subject, code, key, data, expires, verdict FROM events \
               WHERE seq > ? AND kind <> 'message_refused' ORDER BY seq LIMIT ?";
    let events = db
        .prepare_cached(sql)?
        .query_map(params![signed(after), limit], event)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    found.extend(events);
    found.sort_unstable_by_key(|entry| entry.seq);
    found.truncate(limit);
    Ok(found.into_iter().map(Arc::new).collect())
}

fn posted(message: Message) -> Entry {
    let what = What::MessagePosted {
        from: message.from.clone(),
        id: message.id,
        to: message.to.clone(),
        text: message.text.clone(),
        seen: message.seen,
        salt: message.salt,
    };
    let event = Event { at: message.at, what };
    Entry::new(message.seq, event, Verdict::Posted(Box::new(message)))
}

fn message(row: &Row<'_>) -> rusqlite::Result<Message> {
    let seen = match (row.get::<_, Option<u64>>(6)?, row.get::<_, Option<[u8; 32]>>(7)?) {
        (Some(seq), Some(chain)) => Some(Seen {
            seq,
            chain: ChainHash(chain),
        }),
        _ => None,
    };
    let to: Conversation = row
        .get::<_, String>(3)?
        .parse()
        .map_err(|_| damaged(3, "not a conversation"))?;
    Ok(Message {
        seq: row.get(0)?,
        id: MessageId(row.get(1)?),
        from: name(row, 2)?,
        to,
        text: Text::parse(row.get::<_, String>(4)?).map_err(|_| damaged(4, "not a text"))?,
        at: row.get(5)?,
        seen,
        salt: row.get(8)?,
        chain: ChainHash(row.get(9)?),
    })
}

fn event(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let seq = row.get(0)?;
    let kind: String = row.get(2)?;
    let what = match kind.as_str() {
        "user_joined" | "browser_joined" => What::UserJoined {
            name: name(row, 3)?,
            device: if kind == "user_joined" {
                Device::Native {
                    public_key: row.get(6)?,
                    certificate: row.get(7)?,
                }
            } else {
                Device::Browser {
                    attempt: AttemptHash(row.get(7)?),
                }
            },
            code: CodeHash(row.get(5)?),
        },
        "user_removed" => What::UserRemoved {
            by: name(row, 3)?,
            name: name(row, 4)?,
        },
        "invite_created" => What::InviteCreated {
            by: optional_name(row, 3)?,
            code: CodeHash(row.get(5)?),
            expires: row.get(8)?,
        },
        "access_given" => What::AccessGiven {
            by: name(row, 3)?,
            secret: SecretHash(row.get(5)?),
            use_for: access_use(row, 4)?,
            expires: row.get(8)?,
        },
        "access_revoked" => What::AccessRevoked {
            by: name(row, 3)?,
            number: (row.get::<_, String>(4)?.parse()).map_err(|_| damaged(4, "not a number"))?,
        },
        _ => return Err(damaged(2, "not a kind of event")),
    };
    let verdict: String = row.get(9)?;
    let refusal = Refusal::ALL.into_iter().find(|refusal| refusal.name() == verdict);
    let verdict = match (refusal, &what) {
        (Some(refusal), _) => Verdict::Refused(refusal),
        (None, What::UserJoined { device, .. }) => Verdict::Joined {
            cursor: seq,
            device: device.clone(),
        },
        (None, _) => Verdict::Done,
    };
    Ok(Entry::new(seq, Event { at: row.get(1)?, what }, verdict))
}

fn name(row: &Row<'_>, column: usize) -> rusqlite::Result<Nickname> {
    Nickname::parse(&row.get::<_, String>(column)?).map_err(|_| damaged(column, "not a name"))
}

/// What somebody joined with, from the columns of a key, a certificate and an attempt.
fn device(row: &Row<'_>, key: usize, certificate: usize, attempt: usize) -> rusqlite::Result<Device> {
    match row.get::<_, Option<[u8; 32]>>(attempt)? {
        Some(attempt) => Ok(Device::Browser {
            attempt: AttemptHash(attempt),
        }),
        None => Ok(Device::Native {
            public_key: row.get(key)?,
            certificate: row.get(certificate)?,
        }),
    }
}

fn optional_name(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Nickname>> {
    match row.get::<_, Option<String>>(column)? {
        None => Ok(None),
        Some(_) => name(row, column).map(Some),
    }
}

fn access_use(row: &Row<'_>, column: usize) -> rusqlite::Result<AccessUse> {
    let written = row.get::<_, String>(column)?;
    written.parse().map_err(|_| damaged(column, "not a use of an access"))
}

fn damaged(column: usize, what: &'static str) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, what.into())
}
