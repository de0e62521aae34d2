//! The files that `explain` writes. What is there already is left alone.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use nihao_explain::capture::Capture;
use nihao_explain::pcapng;
use tempfile::NamedTempFile;

use crate::error::Error;
use crate::explain::Journey;

/// The captures of a journey: the file, and the node that saw it.
const VIEWPOINTS: [(&str, &str); 3] = [("A.pcapng", "A"), ("router.pcapng", "R1"), ("B.pcapng", "B")];

/// What A, the router at A and B saw, as files by their names.
pub(super) fn captures(journey: &Journey) -> Vec<(String, Vec<u8>)> {
    let seen = |node| journey.seen.captures.get(node);
    let file = |(file, capture): (&str, &Capture)| {
        let bytes = pcapng::write(capture, journey.began, &journey.secrets);
        (file.to_owned(), bytes)
    };
    let all = VIEWPOINTS.iter().filter_map(|(file, node)| Some((*file, seen(*node)?)));
    all.map(file).collect()
}

/// Makes the directory with a file for each capture.
pub(super) fn write_captures(directory: &Path, journey: &Journey) -> Result<(), Error> {
    let write = || {
        fs::create_dir(directory)?;
        for (file, bytes) in captures(journey) {
            fs::write(directory.join(file), bytes)?;
        }
        Ok(())
    };
    write().map_err(refused(directory))
}

/// Whether a file could be made there: better to know before something is done that the file is to tell of.
pub(super) fn check(path: &Path) -> Result<(), Error> {
    let could = match path.symlink_metadata() {
        Ok(_) => Err(io::Error::new(
            io::ErrorKind::AlreadyExists,
            "something is there already",
        )),
        Err(_) => partial(path, true).map(drop),
    };
    could.map_err(refused(path))
}

/// Makes a file; it appears whole or not at all. `is_private`: for nobody but its owner, whatever the umask says.
pub(super) fn create(path: &Path, content: &[u8], is_private: bool) -> Result<(), Error> {
    let make = || {
        let mut partial = partial(path, is_private)?;
        partial.write_all(content)?;
        partial.persist_noclobber(path)?;
        Ok(())
    };
    make().map_err(refused(path))
}

/// A file beside the one that is wanted; it goes away by itself.
fn partial(path: &Path, is_private: bool) -> io::Result<NamedTempFile> {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        let mode = if is_private { 0o600 } else { 0o666 }; // the umask takes from it
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
    }
    builder
        .suffix(".partial")
        .tempfile_in(parent.unwrap_or(Path::new(".")))
        .map_err(plain)
}

/// The system's reason alone: nobody asked for a file of the name that is told with it.
fn plain(error: io::Error) -> io::Error {
    let said = error.to_string();
    let reason = said.split_once(" at path ").map_or(said.as_str(), |(reason, _)| reason);
    io::Error::new(error.kind(), reason)
}

/// What the system's reason against a path comes to.
fn refused(path: &Path) -> impl Fn(io::Error) -> Error {
    move |source| Error::File {
        path: path.to_owned(),
        source,
    }
}
