//! Files of mode 0600 that survive a crash whole: written beside their place, flushed, and put there in one step.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// Something about a file went wrong.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It is there already, and is never overwritten.
    #[error("{0} exists already and is not overwritten")]
    Exists(PathBuf),
    /// Others than its owner may read it.
    #[error("others may read {path} (mode {mode:04o})")]
    Open {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The system refused.
    #[error("cannot {verb} {path}: {source}")]
    System {
        /// What was tried.
        verb: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
}

/// Makes `path` and its parents, if they are missing, for the owner alone.
pub(super) fn ensure_directory(path: &Path) -> Result<(), FileError> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(system("create the directory", path))
}

/// Creates `path` with this content; it appears whole or not at all, and nothing is ever overwritten.
pub(super) fn create_secret(path: &Path, content: &[u8]) -> Result<(), FileError> {
    let partial = write_partial(path, content).map_err(system("write", path))?;
    match partial.persist_noclobber(path) {
        Err(failed) if failed.error.kind() == ErrorKind::AlreadyExists => Err(FileError::Exists(path.into())),
        Err(failed) => Err(system("create", path)(failed.error)),
        Ok(_) => sync_parent(path),
    }
}

/// Puts `content` at `path` in place of what was there: readers see the old or the new, whole.
pub(super) fn replace(path: &Path, content: &[u8]) -> Result<(), FileError> {
    let partial = write_partial(path, content).map_err(system("write", path))?;
    let replaced = partial.persist(path);
    replaced.map_err(|failed| system("replace", path)(failed.error))?;
    sync_parent(path)
}

/// Removes `path`; that it is gone already is as good.
pub(super) fn remove(path: &Path) -> Result<(), FileError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(system("remove", path)(error)),
        _ => Ok(()),
    }
}

/// Moves `from` to `to`; that it is gone already is as good.
pub(super) fn rename(from: &Path, to: &Path) -> Result<(), FileError> {
    match fs::rename(from, to) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(system("move", from)(error)),
        Err(_) => Ok(()),
        Ok(()) => sync_parent(to),
    }
}

/// Reads a text that nobody but its owner may be able to read.
pub(super) fn read_secret(path: &Path) -> Result<String, FileError> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(path).map_err(system("read", path))?.permissions().mode() & 0o7777;
        if mode & 0o077 != 0 {
            return Err(FileError::Open {
                path: path.into(),
                mode,
            });
        }
    }
    fs::read_to_string(path).map_err(system("read", path))
}

/// Reads a text, or nothing if there is no such file.
pub(super) fn read_if_any(path: &Path) -> Result<Option<String>, FileError> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        other => other.map(Some).map_err(system("read", path)),
    }
}

/// The paths in a directory, sorted; none if there is no such directory.
pub(super) fn list(directory: &Path) -> Result<Vec<PathBuf>, FileError> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        other => other.map_err(system("read", directory))?,
    };
    let mut paths = Vec::new();
    for entry in entries {
        paths.push(entry.map_err(system("read", directory))?.path());
    }
    paths.sort();
    Ok(paths)
}

/// Runs `work` while no other process runs work under the same lock file.
pub(super) fn locked<T>(path: &Path, work: impl FnOnce() -> T) -> Result<T, FileError> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(system("open", path))?;
    file.lock().map_err(system("lock", path))?;
    let done = work();
    file.unlock().map_err(system("unlock", path))?;
    Ok(done)
}

/// Writes beside `path`, under a name that is free, for the owner alone; dropped, it is removed.
fn write_partial(path: &Path, content: &[u8]) -> io::Result<NamedTempFile> {
    let mut prefix = OsString::from(".");
    prefix.push(path.file_name().unwrap_or_default());
    prefix.push(".");
    let mut partial = tempfile::Builder::new()
        .prefix(&prefix)
        .suffix(".partial")
        .tempfile_in(parent(path))?;
    partial.as_file_mut().write_all(content)?;
    partial.as_file().sync_all()?;
    Ok(partial)
}

fn parent(path: &Path) -> &Path {
    path.parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

fn sync_parent(path: &Path) -> Result<(), FileError> {
    let parent = parent(path);
    File::open(parent)
        .and_then(|directory| directory.sync_all())
        .map_err(system("flush", parent))
}

fn system(verb: &'static str, path: &Path) -> impl FnOnce(io::Error) -> FileError {
    let path = path.to_path_buf();
    move |source| FileError::System { verb, path, source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_created_once_and_for_its_owner() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("key");
        create_secret(&path, b"one").unwrap();
        assert!(matches!(create_secret(&path, b"two"), Err(FileError::Exists(_))));
        assert_eq!(read_secret(&path).unwrap(), "one");
        assert_eq!(
            list(dir.path()).unwrap(),
            std::slice::from_ref(&path),
            "nothing partial is left"
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
            assert!(matches!(read_secret(&path), Err(FileError::Open { mode: 0o640, .. })));
        }
    }

    #[test]
    fn replacing_leaves_the_new_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state.json");
        replace(&path, b"one").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(read_if_any(&path).unwrap().as_deref(), Some("two"));
        assert_eq!(list(dir.path()).unwrap(), [path], "nothing partial is left");
    }
}
