//! Files that survive a crash whole: written beside their place, flushed, and put there in one step.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

/// Something about a file went wrong.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It is there already, and is never overwritten.
    #[error("{0} exists already and is not overwritten")]
    Exists(PathBuf),
    /// Others than its owner may read a private key.
    #[error("{path} holds a private key that others may read (mode {mode:04o})")]
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

/// Creates `path` with mode 0600 and this content; it appears whole or not at all, and nothing is ever overwritten.
///
/// # Errors
/// [`FileError::Exists`] if something is there, [`FileError::System`] otherwise.
pub fn create_secret(path: &Path, content: &[u8]) -> Result<(), FileError> {
    create(path, content, 0o600)
}

/// As [`create_secret`], readable by all.
///
/// # Errors
/// As [`create_secret`].
pub fn create_public(path: &Path, content: &[u8]) -> Result<(), FileError> {
    create(path, content, 0o644)
}

fn create(path: &Path, content: &[u8], mode: u32) -> Result<(), FileError> {
    let partial = write_partial(path, content, mode).map_err(system("create", path))?;
    match partial.persist_noclobber(path) {
        Err(failed) if failed.error.kind() == ErrorKind::AlreadyExists => Err(FileError::Exists(path.into())),
        Err(failed) => Err(system("create", path)(failed.error)),
        Ok(_) => sync_parent(path),
    }
}

/// Puts `content` at `path`, readable by all, in place of what was there: readers see the old or the new, whole.
///
/// # Errors
/// [`FileError::System`] where the system refuses.
pub fn replace(path: &Path, content: &[u8]) -> Result<(), FileError> {
    let partial = write_partial(path, content, 0o644).map_err(system("create", path))?;
    let replaced = partial.persist(path);
    replaced.map_err(|failed| system("replace", path)(failed.error))?;
    sync_parent(path)
}

/// Makes a directory of mode 0700 full of `files` (all of mode 0600), which appears whole or not at all.
///
/// Returns `false` and changes nothing if `path` is there already with something in it.
pub(crate) fn create_secret_directory(path: &Path, files: &[(&str, &[u8])]) -> Result<bool, FileError> {
    // Dropped, it is removed with all that is in it.
    let partial = partial(&prefix(path), 0o700)
        .tempdir_in(parent(path))
        .map_err(system("create", path))?;
    for (name, content) in files {
        create_secret(&partial.path().join(name), content)?;
    }
    match fs::rename(partial.path(), path) {
        Ok(()) => {
            let _moved = partial.keep();
            sync_parent(path).map(|()| true)
        }
        Err(error) if matches!(error.kind(), ErrorKind::DirectoryNotEmpty | ErrorKind::AlreadyExists) => Ok(false),
        Err(error) => Err(system("create", path)(error)),
    }
}

/// Makes `path` and its parents, if they are missing, for the owner alone.
pub(crate) fn ensure_directory(path: &Path) -> Result<(), FileError> {
    if path.is_dir() {
        return Ok(());
    }
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(system("create the directory", path))
}

/// Reads a text that nobody but its owner may be able to read.
pub(crate) fn read_secret(path: &Path) -> Result<String, FileError> {
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

/// Reads bytes.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    fs::read(path).map_err(system("read", path))
}

/// Writes beside `path`, under a name that is free; dropped, it is removed.
fn write_partial(path: &Path, content: &[u8], mode: u32) -> io::Result<NamedTempFile> {
    let mut partial = partial(&prefix(path), mode).tempfile_in(parent(path))?;
    partial.as_file_mut().write_all(content)?;
    partial.as_file().sync_all()?;
    Ok(partial)
}

fn prefix(path: &Path) -> OsString {
    let mut prefix = OsString::from(".");
    prefix.push(path.file_name().unwrap_or_default());
    prefix.push(".");
    prefix
}

fn partial(prefix: &OsStr, mode: u32) -> tempfile::Builder<'_, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(prefix).suffix(".partial");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
    #[cfg(not(unix))]
    let _ = mode;
    builder
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
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing partial is left");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
            assert!(matches!(read_secret(&path), Err(FileError::Open { mode: 0o644, .. })));
        }
    }

    #[test]
    fn a_directory_appears_once_and_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ca");
        assert!(create_secret_directory(&path, &[("a", b"1"), ("b", b"2")]).unwrap());
        assert!(!create_secret_directory(&path, &[("a", b"3")]).unwrap());
        assert_eq!(fs::read(path.join("a")).unwrap(), b"1");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing partial is left");
    }

    #[test]
    fn replacing_leaves_the_new_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ca.pem");
        replace(&path, b"one").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing partial is left");
    }
}
