//! NSS databases, by its own certutil: Chromium's, which is made if missing, and those of Firefox's profiles.

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use nihao_protocol::x509::certificates_from_pem;

use super::tool::{Machine, run};
use super::{Root, TrustError};

/// Chromium's and Chrome's database, below the user's home.
const CHROMIUM: &str = ".pki/nssdb";
/// Where Firefox keeps its profiles: as itself, as a snap, as a flatpak.
const FIREFOX: [&str; 4] = [
    ".mozilla/firefox",
    ".config/mozilla/firefox",
    "snap/firefox/common/.mozilla/firefox",
    ".var/app/org.mozilla.firefox/.mozilla/firefox",
];
/// The file that makes a directory a database.
const DATABASE: &str = "cert9.db";
/// A database can have more than one certificate of a name: earlier ones of the same key. More than so many are not ours.
const SAME_NAME: usize = 16;

/// certutil, and the databases of one user.
struct Databases {
    certutil: PathBuf,
    folders: Vec<PathBuf>,
    home: PathBuf,
}

/// Makes every database trust the root for servers; one that does already is left alone.
pub(super) fn install(machine: &Machine, root: &Root) -> Result<String, TrustError> {
    let databases = Databases::of(machine)?;
    databases.make_chromiums()?;
    let mut said = String::new();
    let alone =
        tempfile::NamedTempFile::new().map_err(|source| file("create a file in", &std::env::temp_dir(), source))?;
    fs::write(alone.path(), root.pem()).map_err(|source| file("write", alone.path(), source))?;
    for folder in databases.all() {
        let shown = folder.display();
        if databases.held(&folder, root) == [root.der()] {
            let _ = writeln!(said, "{shown} trusts it already");
            continue;
        }
        databases.take_out(&folder, root)?;
        let add = ["-A".into(), "-t".into(), "C,,".into(), "-i".into(), alone.path().into()];
        databases.certutil(&folder, root, &add)?;
        let _ = writeln!(said, "{shown} trusts {} now", root.name());
    }
    Ok(said + "Browsers that are running see it after a restart.\n")
}

/// Takes the root, and earlier ones of the same key, out of every database.
pub(super) fn remove(machine: &Machine, root: &Root) -> Result<String, TrustError> {
    let databases = Databases::of(machine)?;
    let mut said = String::new();
    for folder in databases.all() {
        let shown = folder.display();
        let _ = match databases.take_out(&folder, root)? {
            0 => writeln!(said, "{shown} does not have it"),
            _ => writeln!(said, "{shown} does not trust {} any more", root.name()),
        };
    }
    if said.is_empty() {
        said.push_str("there is no database\n");
    }
    Ok(said)
}

impl Databases {
    fn of(machine: &Machine) -> Result<Self, TrustError> {
        let home = machine.home.clone().ok_or(TrustError::NoHome)?;
        let mut folders = Vec::new();
        for place in FIREFOX {
            let profiles = fs::read_dir(home.join(place)).into_iter().flatten().flatten();
            folders.extend(
                profiles
                    .map(|entry| entry.path())
                    .filter(|path| path.join(DATABASE).is_file()),
            );
        }
        folders.sort();
        Ok(Self {
            certutil: machine.find("certutil", "libnss3-tools")?,
            folders,
            home,
        })
    }

    /// Chromium's first, if there is one.
    fn all(&self) -> Vec<PathBuf> {
        let chromiums = self.home.join(CHROMIUM);
        let chromiums = chromiums.join(DATABASE).is_file().then_some(chromiums);
        chromiums.into_iter().chain(self.folders.iter().cloned()).collect()
    }

    fn make_chromiums(&self) -> Result<(), TrustError> {
        let folder = self.home.join(CHROMIUM);
        if folder.join(DATABASE).is_file() {
            return Ok(());
        }
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder
            .create(&folder)
            .map_err(|source| file("create the directory", &folder, source))?;
        let arguments = ["-N".into(), "-d".into(), database(&folder), "--empty-password".into()];
        run(&self.certutil, &arguments).map(|_| ())
    }

    /// The certificates that a database has under the root's name.
    fn held(&self, folder: &Path, root: &Root) -> Vec<Vec<u8>> {
        // That there is none is a failure to certutil.
        let pem = self
            .certutil(folder, root, &["-L".into(), "-a".into()])
            .unwrap_or_default();
        certificates_from_pem(&String::from_utf8_lossy(&pem)).unwrap_or_default()
    }

    /// How many were taken out.
    fn take_out(&self, folder: &Path, root: &Root) -> Result<usize, TrustError> {
        for count in 0..SAME_NAME {
            if self.held(folder, root).is_empty() {
                return Ok(count);
            }
            self.certutil(folder, root, &["-D".into()])?;
        }
        Ok(SAME_NAME)
    }

    fn certutil(&self, folder: &Path, root: &Root, arguments: &[OsString]) -> Result<Vec<u8>, TrustError> {
        let mut words = vec!["-d".into(), database(folder), "-n".into(), root.name().into()];
        words.extend_from_slice(arguments);
        run(&self.certutil, &words)
    }
}

fn database(folder: &Path) -> OsString {
    let mut word = OsString::from("sql:");
    word.push(folder);
    word
}

fn file(verb: &'static str, path: &Path, source: std::io::Error) -> TrustError {
    TrustError::File {
        verb,
        path: path.into(),
        source,
    }
}
