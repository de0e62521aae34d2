//! Where the home is: what the command line says, else the environment, else the platform's usual place.

use std::ffi::OsString;
use std::path::PathBuf;

use super::{Home, HomeError};

/// The environment variables that decide; taken once, so that tests need not change the process's.
#[derive(Debug, Clone, Default)]
pub struct Variables {
    /// `NIHAO_HOME`
    pub nihao_home: Option<OsString>,
    /// `XDG_DATA_HOME`
    pub data_home: Option<OsString>,
    /// `APPDATA`, which only Windows has
    pub app_data: Option<OsString>,
    /// `HOME`
    pub home: Option<OsString>,
}

impl Variables {
    /// Those of this process. An empty variable counts as absent.
    #[must_use]
    pub fn of_this_process() -> Self {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        Self {
            nihao_home: variable("NIHAO_HOME"),
            data_home: variable("XDG_DATA_HOME"),
            app_data: variable("APPDATA"),
            home: variable("HOME"),
        }
    }
}

/// The home: `given`, else `NIHAO_HOME`, else `nihao` in the place where the platform keeps applications' data.
///
/// # Errors
/// [`HomeError::NoPlace`] where nothing says where that is.
pub fn find(given: Option<PathBuf>, variables: &Variables) -> Result<Home, HomeError> {
    if let Some(path) = given.or_else(|| variables.nihao_home.clone().map(PathBuf::from)) {
        return Ok(Home::at(path));
    }
    let data = if cfg!(windows) {
        variables.app_data.clone().map(PathBuf::from)
    } else {
        // The XDG base directory specification demands that a relative path be ignored.
        let given = variables
            .data_home
            .clone()
            .map(PathBuf::from)
            .filter(|path| path.is_absolute());
        let usual = if cfg!(target_os = "macos") {
            "Library/Application Support"
        } else {
            ".local/share"
        };
        given.or_else(|| variables.home.clone().map(|home| PathBuf::from(home).join(usual)))
    };
    data.map(|data| Home::at(data.join("nihao"))).ok_or(HomeError::NoPlace)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn the_first_that_is_said_holds() {
        let mut variables = Variables {
            home: Some("/home/li".into()),
            ..Variables::default()
        };
        let path = |given: Option<&str>, variables: &Variables| {
            find(given.map(PathBuf::from), variables)
                .unwrap()
                .path()
                .display()
                .to_string()
        };
        assert_eq!(path(None, &variables), "/home/li/.local/share/nihao");
        variables.data_home = Some("relative".into());
        assert_eq!(path(None, &variables), "/home/li/.local/share/nihao");
        variables.data_home = Some("/data".into());
        assert_eq!(path(None, &variables), "/data/nihao");
        variables.nihao_home = Some("/n".into());
        assert_eq!(path(None, &variables), "/n");
        assert_eq!(path(Some("x"), &variables), "x");
        assert!(matches!(find(None, &Variables::default()), Err(HomeError::NoPlace)));
    }
}
