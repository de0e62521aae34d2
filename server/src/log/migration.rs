//! Databases of earlier versions, and of later ones.

use std::sync::Arc;

use super::conformance::{browse, invite, name, open, peopled};
use super::sqlite::Synchronous;
use super::{Log, SqliteLog};
use crate::event::{Event, SecretHash, Verdict, What};

/// What makes a database of format 3 one of format 2 again.
const WITHOUT_BROWSERS: &str = "
ALTER TABLE users RENAME TO users_of_today;
CREATE TABLE users (
    name TEXT PRIMARY KEY, key BLOB NOT NULL, certificate BLOB NOT NULL, admin INTEGER NOT NULL, joined INTEGER NOT NULL,
    at INTEGER NOT NULL, removed INTEGER NOT NULL) STRICT;
INSERT INTO users SELECT name, key, certificate, admin, joined, at, removed FROM users_of_today;
DROP TABLE users_of_today;
PRAGMA user_version = 2;
";

/// And that of format 2 one of format 1.
const WITHOUT_ACCESS: &str = "DROP TABLE access; PRAGMA user_version = 1;";

/// It is brought up to date where it lies, and loses nothing.
#[tokio::test]
async fn a_database_of_each_earlier_version_is_brought_up_to_date() {
    for back in [&[WITHOUT_BROWSERS][..], &[WITHOUT_BROWSERS, WITHOUT_ACCESS]] {
        let dir = tempfile::tempdir().unwrap();
        let log = open(dir.path());
        peopled(&log).await;
        let state = log.state().read().clone();
        drop(log);
        let db = rusqlite::Connection::open(dir.path().join("log.sqlite")).unwrap();
        back.iter().for_each(|step| db.execute_batch(step).unwrap());
        drop(db);

        let log: Arc<dyn Log> = Arc::new(open(dir.path()));
        assert_eq!(*log.state().read(), state);
        let given = What::AccessGiven {
            by: name("alice"),
            secret: SecretHash([1; 32]),
            use_for: "browser".parse().unwrap(),
            expires: None,
        };
        for event in [Event { at: 9, what: given }, invite(Some("alice"), 9)] {
            assert_eq!(log.append(event).await.unwrap().verdict, Verdict::Done);
        }
        let joined = log.append(browse("dave", 7, 9)).await.unwrap();
        assert!(matches!(joined.verdict, Verdict::Joined { .. }), "{joined:?}");
        let state = log.state().read().clone();
        drop(log);
        assert_eq!(*open(dir.path()).state().read(), state);
    }
}

#[test]
fn a_database_of_a_later_version_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log.sqlite");
    drop(open(dir.path()));
    let db = rusqlite::Connection::open(&path).unwrap();
    db.pragma_update(None, "user_version", 99).unwrap();
    drop(db);
    let error = SqliteLog::open(&path, Synchronous::Full).unwrap_err();
    assert!(error.to_string().contains("format 99"), "{error}");
}
