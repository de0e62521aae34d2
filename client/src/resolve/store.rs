//! The cache on disk: lines of text between a first and a last one, replaced whole.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use nihao_protocol::dns::{Cache, Entry};

/// The first line: what this is.
const FIRST: &str = "nihao dns cache 1";
/// The last line: nothing is missing.
const LAST: &str = "end";
/// A file longer than this is none of ours, in bytes.
const LONGEST: u64 = 4 * 1024 * 1024;

/// A file that a cache is kept in.
#[derive(Debug)]
pub struct Store {
    path: PathBuf,
    /// What the file held when it was last read or written here.
    known: Mutex<String>,
}

/// What is in the file cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("what was remembered of names is left aside: {path}: {reason}")]
pub struct BadStore {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: String,
}

impl Store {
    /// The file at `path`; nothing is read or made yet.
    #[must_use]
    pub const fn at(path: PathBuf) -> Self {
        Self {
            path,
            known: Mutex::new(String::new()),
        }
    }

    /// Reads it; a file that is not there is an empty cache.
    ///
    /// # Errors
    /// [`BadStore`] where it cannot be read, is not whole, or others may write it.
    pub fn load(&self) -> Result<Cache, BadStore> {
        let text = match self.read() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Cache::new()),
            other => other.map_err(|error| self.bad(error.to_string()))?,
        };
        let cache = parse(&text).map_err(|reason| self.bad(reason))?;
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = text;
        Ok(cache)
    }

    /// Writes it where it differs, for the owner alone, whole or not at all. It is not forced to the disk: what a power cut takes
    /// is learnt again.
    ///
    /// # Errors
    /// The system's reason.
    pub fn save(&self, cache: &Cache) -> io::Result<()> {
        let mut text = format!("{FIRST}\n");
        for entry in cache.entries() {
            text.push_str(&format!("{entry}\n"));
        }
        text.push_str(LAST);
        text.push('\n');
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if *known == text || (known.is_empty() && cache.entries().next().is_none()) {
            return Ok(());
        }
        let parent = self.path.parent().unwrap_or(Path::new("."));
        make_directory(parent)?;
        // Of mode 0600 where there are modes.
        let mut partial = tempfile::Builder::new()
            .prefix(".dns.")
            .suffix(".partial")
            .tempfile_in(parent)?;
        partial.write_all(text.as_bytes())?;
        partial.persist(&self.path).map_err(|failed| failed.error)?;
        *known = text;
        Ok(())
    }

    fn read(&self) -> io::Result<String> {
        let about = fs::metadata(&self.path)?;
        let bad = |what: &str| Err(io::Error::new(io::ErrorKind::InvalidData, what));
        if about.len() > LONGEST {
            return bad("it is too long");
        }
        #[cfg(unix)]
        if std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o022 != 0 {
            return bad("others may write it");
        }
        fs::read_to_string(&self.path)
    }

    fn bad(&self, reason: String) -> BadStore {
        BadStore {
            path: self.path.clone(),
            reason,
        }
    }
}

fn parse(text: &str) -> Result<Cache, String> {
    let mut lines = text.lines();
    if lines.next() != Some(FIRST) {
        return Err(String::from("it does not begin as it should"));
    }
    let mut cache = Cache::new();
    while let Some(line) = lines.next() {
        if line == LAST && lines.next().is_none() {
            return Ok(cache);
        }
        cache.restore(line.parse::<Entry>().map_err(|error| error.to_string())?);
    }
    Err(String::from("its end is missing"))
}

fn make_directory(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

#[cfg(test)]
mod tests {
    use nihao_protocol::clock::UnixTime;
    use nihao_protocol::dns::{Kept, Name};

    use super::*;

    fn cache() -> Cache {
        let mut cache = Cache::new();
        let now = UnixTime::from_seconds(1_800_000_000);
        cache.keep(&Name::parse("gone.test").unwrap(), Kept::NoSuchName, 60, now);
        cache
    }

    #[test]
    fn what_is_kept_is_found_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("dns").join("system");
        let store = Store::at(path.clone());
        assert_eq!(store.load().unwrap(), Cache::new());
        store.save(&cache()).unwrap();
        assert_eq!(Store::at(path.clone()).load().unwrap(), cache());
        assert_eq!(
            fs::read_dir(path.parent().unwrap()).unwrap().count(),
            1,
            "nothing partial is left"
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
            fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
            let bad = Store::at(path).load().unwrap_err().to_string();
            assert!(bad.contains("others may write it"), "{bad}");
        }
    }

    #[test]
    fn a_file_that_is_not_whole_is_left_aside_and_written_anew() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("system");
        let store = Store::at(path.clone());
        store.save(&cache()).unwrap();
        let whole = fs::read_to_string(&path).unwrap();
        for cut in 0..whole.len() - 1 {
            fs::write(&path, &whole[..cut]).unwrap();
            assert!(Store::at(path.clone()).load().is_err(), "{:?}", &whole[..cut]);
        }
        for bad in [
            "nihao dns cache 2\nend\n",
            "nihao dns cache 1\nnonsense\nend\n",
            "nihao dns cache 1\nend\nend\n",
        ] {
            fs::write(&path, bad).unwrap();
            assert!(Store::at(path.clone()).load().is_err(), "{bad:?}");
        }
        fs::write(&path, [0xff; 40]).unwrap();
        let store = Store::at(path);
        assert!(store.load().is_err());
        store.save(&cache()).unwrap();
        assert_eq!(store.load().unwrap(), cache());
    }
}
