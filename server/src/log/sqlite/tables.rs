//! The tables, and how those of earlier formats become today's where they lie.

use rusqlite::Connection;

/// The format of the tables, kept in `user_version`.
pub(super) const FORMAT: i64 = 3;

/// What a database consists of, in the order it came to be: format N is all up to the N-th step, and a step never changes.
///
/// `messages` and `events` share one sequence: together they are the log. The rest is the state they add up to.
const STEPS: [&str; FORMAT as usize] = [
    "
CREATE TABLE messages (
    seq INTEGER PRIMARY KEY, place TEXT NOT NULL, sender TEXT NOT NULL, id BLOB NOT NULL, recipient TEXT NOT NULL,
    at INTEGER NOT NULL, text TEXT NOT NULL, seen_seq INTEGER, seen_chain BLOB, salt BLOB NOT NULL, chain BLOB NOT NULL,
    UNIQUE (sender, id)) STRICT;
CREATE INDEX messages_by_place ON messages (place, seq);
CREATE TABLE events (
    seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, actor TEXT, subject TEXT, code BLOB, key BLOB,
    data BLOB, expires INTEGER, verdict TEXT NOT NULL) STRICT;
CREATE TABLE users (
    name TEXT PRIMARY KEY, key BLOB NOT NULL, certificate BLOB NOT NULL, admin INTEGER NOT NULL, joined INTEGER NOT NULL,
    at INTEGER NOT NULL, removed INTEGER NOT NULL) STRICT;
CREATE TABLE invites (code BLOB PRIMARY KEY, inviter TEXT, expires INTEGER NOT NULL, used TEXT) STRICT;
CREATE TABLE heads (place TEXT PRIMARY KEY, seq INTEGER NOT NULL, chain BLOB NOT NULL) STRICT;
",
    // Tokens and webhooks.
    "
CREATE TABLE access (
    secret BLOB PRIMARY KEY, giver TEXT NOT NULL, number INTEGER NOT NULL, use TEXT NOT NULL, given INTEGER NOT NULL,
    expires INTEGER) STRICT;
",
    // Browsers: people without a key.
    "
ALTER TABLE users RENAME TO users_with_keys;
CREATE TABLE users (
    name TEXT PRIMARY KEY, key BLOB, certificate BLOB, attempt BLOB, admin INTEGER NOT NULL, joined INTEGER NOT NULL,
    at INTEGER NOT NULL, removed INTEGER NOT NULL,
    CHECK ((key IS NULL) = (certificate IS NULL)), CHECK ((key IS NULL) <> (attempt IS NULL))) STRICT;
INSERT INTO users SELECT name, key, certificate, NULL, admin, joined, at, removed FROM users_with_keys;
DROP TABLE users_with_keys;
",
];

/// Makes the tables in an empty database, or brings them up to date; gives the format of the database.
pub(super) fn create(db: &Connection) -> rusqlite::Result<i64> {
    let found: i64 = db.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let missing = usize::try_from(found).ok().and_then(|found| STEPS.get(found..));
    let Some(missing @ [_, ..]) = missing else {
        return Ok(found);
    };
    let steps = missing.concat();
    db.execute_batch(&format!("BEGIN; {steps} PRAGMA user_version = {FORMAT}; COMMIT;"))?;
    Ok(FORMAT)
}
