//! The system's store of Debian and its descendants: one file, and update-ca-certificates.

use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use super::tool::{Machine, run};
use super::{Root, TrustError};

/// Where an administrator's own roots are.
const FOLDER: &str = "/usr/local/share/ca-certificates";

/// Puts the root there and has the store made anew; once more does no harm.
pub(super) fn install(machine: &Machine, root: &Root, file: &Path) -> Result<String, TrustError> {
    let update = machine.find("update-ca-certificates", "ca-certificates")?;
    let path = place(root);
    if fs::read(&path).is_ok_and(|there| there == root.pem().as_bytes()) {
        run(&update, &[])?;
        return Ok(format!("this system trusts it already: {}\n", path.display()));
    }
    write(&path, &root.pem()).map_err(|source| refused("write", "--install", &path, file, source))?;
    if let Err(error) = run(&update, &[]) {
        // Half of it would be trusted at the next update, whenever that is.
        let _ = fs::remove_file(&path);
        return Err(error);
    }
    Ok(format!("this system trusts {} now: {}\n", root.name(), path.display()))
}

/// Takes the root away and has the store made anew.
pub(super) fn remove(machine: &Machine, root: &Root, file: &Path) -> Result<String, TrustError> {
    let update = machine.find("update-ca-certificates", "ca-certificates")?;
    let path = place(root);
    match fs::remove_file(&path) {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Ok(format!(
                "this system does not have it: there is no {}\n",
                path.display()
            ));
        }
        Err(source) => return Err(refused("remove", "--remove", &path, file, source)),
    }
    run(&update, &["--fresh".into()])?;
    Ok(format!("this system does not trust {} any more\n", root.name()))
}

fn place(root: &Root) -> PathBuf {
    Path::new(FOLDER).join(format!("{}.crt", root.stem()))
}

/// Everybody may read it; it appears whole or not at all.
fn write(path: &Path, pem: &str) -> std::io::Result<()> {
    fs::create_dir_all(FOLDER)?;
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let mut partial = builder.suffix(".partial").tempfile_in(FOLDER)?;
    partial.write_all(pem.as_bytes())?;
    partial.persist(path)?;
    Ok(())
}

fn refused(verb: &'static str, option: &'static str, path: &Path, root: &Path, source: std::io::Error) -> TrustError {
    if source.kind() == ErrorKind::PermissionDenied {
        return TrustError::NoRights {
            path: path.into(),
            option,
            root: root.into(),
        };
    }
    TrustError::File {
        verb,
        path: path.into(),
        source,
    }
}
