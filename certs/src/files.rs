//! Files that survive a crash whole: written beside their place, flushed, and put there in one step.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

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
    let partial = write_partial(path, content, mode)?;
    // Unlike a rename, a link does not replace what is there.
    let linked = fs::hard_link(&partial, path);
    let removed = fs::remove_file(&partial);
    match linked {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(FileError::Exists(path.into())),
        other => other.map_err(system("create", path))?,
    }
    removed.map_err(system("remove", &partial))?;
    sync_parent(path)
}

/// Puts `content` at `path`, readable by all, in place of what was there: readers see the old or the new, whole.
///
/// # Errors
/// [`FileError::System`] where the system refuses.
pub fn replace(path: &Path, content: &[u8]) -> Result<(), FileError> {
    let partial = write_partial(path, content, 0o644)?;
    fs::rename(&partial, path).map_err(system("replace", path))?;
    sync_parent(path)
}

/// Makes a directory of mode 0700 full of `files` (all of mode 0600), which appears whole or not at all.
///
/// Returns `false` and changes nothing if `path` is there already with something in it.
pub(crate) fn create_secret_directory(path: &Path, files: &[(&str, &[u8])]) -> Result<bool, FileError> {
    let partial = first_free(path, make_directory)?;
    for (name, content) in files {
        let file = partial.join(name);
        write_new(&file, content, 0o600).map_err(system("write", &file))?;
    }
    sync_directory(&partial)?;
    match fs::rename(&partial, path) {
        Ok(()) => sync_parent(path).map(|()| true),
        Err(error) if matches!(error.kind(), ErrorKind::DirectoryNotEmpty | ErrorKind::AlreadyExists) => {
            fs::remove_dir_all(&partial)
                .map_err(system("remove", &partial))
                .map(|()| false)
        }
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

fn write_partial(path: &Path, content: &[u8], mode: u32) -> Result<PathBuf, FileError> {
    first_free(path, |partial| write_new(partial, content, mode))
}

fn write_new(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    let mut file = options.open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

fn make_directory(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Tries names beside `path` until one is free: what a crash left behind does not stand in the way.
fn first_free(path: &Path, make: impl Fn(&Path) -> io::Result<()>) -> Result<PathBuf, FileError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    for number in 0_u32.. {
        let partial = path.with_file_name(format!(".{name}.{}.{number}.partial", std::process::id()));
        match make(&partial) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            other => return other.map(|()| partial).map_err(system("create", path)),
        }
    }
    Err(FileError::Exists(path.into()))
}

fn sync_parent(path: &Path) -> Result<(), FileError> {
    match path.parent() {
        Some(parent) if parent.as_os_str().is_empty() => sync_directory(Path::new(".")),
        Some(parent) => sync_directory(parent),
        None => Ok(()),
    }
}

fn sync_directory(path: &Path) -> Result<(), FileError> {
    File::open(path)
        .and_then(|directory| directory.sync_all())
        .map_err(system("flush", path))
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
    fn replacing_survives_leftovers() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("ca.pem");
        fs::write(
            dir.path().join(format!(".ca.pem.{}.0.partial", std::process::id())),
            b"left",
        )
        .unwrap();
        replace(&path, b"one").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
    }
}
