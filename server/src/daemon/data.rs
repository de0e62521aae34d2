//! The data directory: one daemon at a time, readable by its owner.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// The database's file.
const DATABASE: &str = "log.sqlite";

/// A data directory, held as long as this lives.
#[derive(Debug)]
pub(super) struct DataDir {
    path: PathBuf,
    _lock: File,
}

/// Why a directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// The system refused.
    #[error("cannot use the data directory {path}: {source}")]
    System {
        /// The directory, or the file in it.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// Another daemon has it.
    #[error("another nihaod is using the data directory {path} (process {process})")]
    Locked {
        /// The directory.
        path: PathBuf,
        /// Which process, as it wrote itself down.
        process: String,
    },
}

impl DataDir {
    /// Makes the directory if it is not there, and takes it for this process.
    pub(super) fn open(path: &Path) -> Result<Self, DataError> {
        let system = |path: &Path| {
            let path = path.to_path_buf();
            move |source| DataError::System { path, source }
        };
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(system(path))?;
        let lock_path = path.join("lock");
        let mut lock = create(&lock_path).map_err(system(&lock_path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let process = fs::read_to_string(&lock_path).unwrap_or_default();
                return Err(DataError::Locked {
                    path: path.into(),
                    process: process.trim().into(),
                });
            }
            Err(TryLockError::Error(error)) => return Err(system(&lock_path)(error)),
        }
        lock.set_len(0)
            .and_then(|()| writeln!(lock, "{}", std::process::id()))
            .map_err(system(&lock_path))?;
        // Made here, so that SQLite's own files beside it are as private.
        let database = path.join(DATABASE);
        create(&database).map_err(system(&database))?;
        Ok(Self {
            path: path.into(),
            _lock: lock,
        })
    }

    /// The directory.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The database's path.
    pub(super) fn database(&self) -> PathBuf {
        self.path.join(DATABASE)
    }
}

fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_directory_has_one_daemon_and_is_private() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a/b");
        let held = DataDir::open(&path).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(&held.database())), (0o700, 0o600));
        let error = DataDir::open(&path).unwrap_err();
        assert!(error.to_string().contains(&std::process::id().to_string()), "{error}");
        drop(held);
        DataDir::open(&path).unwrap();
    }
}
