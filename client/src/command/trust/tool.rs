//! The programs of this machine that keep its stores, and where they are looked for.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::TrustError;

/// What of a machine counts here; taken once, so that tests need not change the process's environment.
#[derive(Debug, Clone)]
pub struct Machine {
    /// `HOME`
    pub home: Option<PathBuf>,
    /// Where programs are looked for: `PATH`, and the places of the administrator's.
    pub programs: Vec<PathBuf>,
}

impl Machine {
    /// This one.
    #[must_use]
    pub fn this() -> Self {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let mut programs: Vec<_> = std::env::split_paths(&path).collect();
        programs.extend(["/usr/sbin", "/sbin"].map(PathBuf::from));
        Self {
            home: std::env::var_os("HOME")
                .filter(|home| !home.is_empty())
                .map(PathBuf::from),
            programs,
        }
    }

    /// Finds a program of a Debian package.
    ///
    /// # Errors
    /// [`TrustError::NoTool`] where it is not installed.
    pub(super) fn find(&self, tool: &'static str, package: &'static str) -> Result<PathBuf, TrustError> {
        let mut places = self.programs.iter().map(|folder| folder.join(tool));
        places
            .find(|path| path.is_file())
            .ok_or(TrustError::NoTool { tool, package })
    }
}

/// Runs a program to its end; what it printed.
///
/// # Errors
/// [`TrustError::ToolFailed`] with what it said.
pub(super) fn run(program: &Path, arguments: &[OsString]) -> Result<Vec<u8>, TrustError> {
    let command = || {
        let words = arguments.iter().map(|word| word.to_string_lossy().into_owned());
        let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        [name].into_iter().chain(words).collect::<Vec<_>>().join(" ")
    };
    let failed = |said: String| TrustError::ToolFailed {
        command: command(),
        said,
    };
    let output = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let said = [output.stderr, output.stdout].concat();
    let said = String::from_utf8_lossy(&said).trim().replace('\n', "; ");
    Err(failed(format!("{said} ({})", output.status)))
}
