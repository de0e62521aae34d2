//! The log on one machine: SQLite in WAL mode, one thread that writes whole groups durably, two that read.
//!
//! The disk's flush decides the speed, so the writer takes everything that waits into one transaction: events, history and state
//! tables together. `synchronous=FULL` makes `COMMIT` return only after the flush; only then is anything answered, shown or
//! delivered.

mod rows;
mod tables;
mod writer;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, SyncSender, TrySendError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rusqlite::{Connection, OpenFlags};

use super::{Answer, Appended, Log, LogError, Page, Query, Recent, SharedState};
use crate::blocking;
use crate::event::{Entry, Event};
use writer::{Writer, Written};

/// How many events may wait to be written before more are refused with [`LogError::Busy`].
pub const WAITING: usize = 16 * 1024;

/// About how many bytes of entries are kept in memory for tails.
const RECENT: usize = 16 * 1024 * 1024;

/// How many reads may wait; beyond that a reader hears [`LogError::Busy`].
const READS_WAITING: usize = 16 * 1024;

/// How many threads read.
const READERS: usize = 2;

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// SQLite's reason.
    #[error("cannot open the database {path}: {source}")]
    Database {
        /// Which.
        path: PathBuf,
        /// Why.
        source: rusqlite::Error,
    },
    /// It was written by a later version.
    #[error("the database {path} has format {found}; this version knows format {known}")]
    Newer {
        /// Which.
        path: PathBuf,
        /// Its format.
        found: i64,
        /// The newest that is known.
        known: i64,
    },
    /// No thread could be started.
    #[error("cannot start a thread for the database: {0}")]
    Thread(#[from] io::Error),
}

/// How durable a commit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Synchronous {
    /// A commit returns after the disk has it.
    #[default]
    Full,
    /// A commit returns at once and may be lost with the machine. Only so that a test can show that it notices the difference.
    Off,
}

type Read = Box<dyn FnOnce(&Connection) + Send>;

/// The log in a SQLite database.
pub struct SqliteLog {
    appends: Option<SyncSender<Written>>,
    reads: Option<SyncSender<Read>>,
    threads: Vec<JoinHandle<()>>,
    recent: Arc<Recent>,
    shared: Arc<SharedState>,
}

impl SqliteLog {
    /// Opens the database, or makes it. The time it takes does not depend on how many messages there are.
    pub fn open(path: &Path, synchronous: Synchronous) -> Result<Self, OpenError> {
        let failed = |source| OpenError::Database {
            path: path.into(),
            source,
        };
        let db = Connection::open(path).map_err(failed)?;
        prepare(&db, synchronous).map_err(failed)?;
        Self::start(path, db)
    }

    /// As [`Self::open`], with a disk that is full after so many pages.
    #[cfg(test)]
    pub(super) fn open_with_pages(path: &Path, pages: u32) -> Result<Self, OpenError> {
        let failed = |source| OpenError::Database {
            path: path.into(),
            source,
        };
        let db = Connection::open(path).map_err(failed)?;
        prepare(&db, Synchronous::Full).map_err(failed)?;
        db.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
            .map_err(failed)?;
        Self::start(path, db)
    }

    fn start(path: &Path, db: Connection) -> Result<Self, OpenError> {
        let failed = |source| OpenError::Database {
            path: path.into(),
            source,
        };
        let found = tables::create(&db).map_err(failed)?;
        if found > tables::FORMAT {
            return Err(OpenError::Newer {
                path: path.into(),
                found,
                known: tables::FORMAT,
            });
        }
        let state = rows::load_state(&db).map_err(failed)?;
        let head = rows::head(&db).map_err(failed)?;
        let recent = Arc::new(Recent::new(head, RECENT));
        let shared = Arc::new(SharedState::new(state.clone()));
        let writer = Writer::new(db, state, head, Arc::clone(&shared), Arc::clone(&recent));
        let (appends, events) = mpsc::sync_channel(WAITING);
        let mut threads = vec![blocking::thread("log-writer", move || writer.run(&events))?];
        let (reads, wanted) = mpsc::sync_channel::<Read>(READS_WAITING);
        let wanted = Arc::new(Mutex::new(wanted));
        for _ in 0..READERS {
            let db = open_reader(path).map_err(failed)?;
            let wanted = Arc::clone(&wanted);
            threads.push(blocking::thread("log-reader", move || answer_reads(&db, &wanted))?);
        }
        Ok(Self {
            appends: Some(appends),
            reads: Some(reads),
            threads,
            recent,
            shared,
        })
    }

    fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
    ) -> Answer<T> {
        let (give, answer) = Answer::channel();
        let work: Read = Box::new(move |db| {
            let result = read(db).map_err(|error| LogError::Unavailable(error.to_string()));
            // Whoever asked may have gone.
            let _ = give.send(result);
        });
        let Some(reads) = &self.reads else { return answer };
        match reads.try_send(work) {
            Ok(()) => answer,
            Err(TrySendError::Full(_)) => Answer::ready(Err(LogError::Busy)),
            Err(TrySendError::Disconnected(_)) => Answer::ready(Err(LogError::Unavailable("no reader".into()))),
        }
    }
}

impl Log for SqliteLog {
    fn append(&self, event: Event) -> Answer<Appended> {
        let (give, answer) = Answer::channel();
        let Some(appends) = &self.appends else { return answer };
        match appends.try_send(Written { event, answer: give }) {
            Ok(()) => answer,
            Err(TrySendError::Full(_)) => Answer::ready(Err(LogError::Busy)),
            Err(TrySendError::Disconnected(_)) => Answer::ready(Err(LogError::Unavailable("no writer".into()))),
        }
    }

    fn recent(&self) -> &Arc<Recent> {
        &self.recent
    }

    fn entries(&self, after: u64, limit: usize) -> Answer<Vec<Arc<Entry>>> {
        self.read(move |db| rows::entries(db, after, limit))
    }

    fn messages(&self, query: Query) -> Answer<Page> {
        self.read(move |db| rows::messages(db, &query))
    }

    fn state(&self) -> &SharedState {
        &self.shared
    }
}

impl Drop for SqliteLog {
    /// Ends the threads after what they were given; waits for the last commit.
    fn drop(&mut self) {
        self.appends = None;
        self.reads = None;
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the log panicked");
            }
        }
    }
}

impl std::fmt::Debug for SqliteLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteLog")
            .field("head", &self.recent.head())
            .finish_non_exhaustive()
    }
}

fn prepare(db: &Connection, synchronous: Synchronous) -> rusqlite::Result<()> {
    db.pragma_update(None, "journal_mode", "WAL")?;
    let level = match synchronous {
        Synchronous::Full => "FULL",
        Synchronous::Off => "OFF",
    };
    db.pragma_update(None, "synchronous", level)?;
    db.set_prepared_statement_cache_capacity(64);
    Ok(())
}

fn open_reader(path: &Path) -> rusqlite::Result<Connection> {
    let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    db.busy_timeout(std::time::Duration::from_secs(5))?;
    db.set_prepared_statement_cache_capacity(64);
    Ok(db)
}

fn answer_reads(db: &Connection, wanted: &Mutex<Receiver<Read>>) {
    loop {
        let next = wanted.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(read) = next else { return };
        read(db);
    }
}
