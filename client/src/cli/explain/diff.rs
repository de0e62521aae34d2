//! `--diff`: two runs that `--json` wrote, side by side.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use nihao_explain::diff::{self, Names, Run};
use nihao_explain::render::Look;

use crate::command::Screen;
use crate::error::Error;

/// Compares two files.
pub(super) fn run(
    (first, second): (&Path, &Path),
    json: bool,
    look: &Look,
    screen: &mut Screen<'_>,
) -> Result<(), Error> {
    let comparison = diff::compare(&read(first)?, &read(second)?);
    let (first, second) = (first.display().to_string(), second.display().to_string());
    let names = Names {
        first: &first,
        second: &second,
    };
    if json {
        for line in diff::json(&comparison, names) {
            screen.print(&format!("{line}\n"))?;
        }
    } else {
        screen.print(&diff::text(&comparison, names, look))?;
    }
    screen.flush()?;
    if comparison.is_equal() {
        Ok(())
    } else {
        Err(Error::Differ)
    }
}

fn read(path: &Path) -> Result<Run, Error> {
    let bad = |error| Error::Run {
        path: path.to_owned(),
        error,
    };
    let file = File::open(path).map_err(|error| bad(error.into()))?;
    Run::read(BufReader::new(file)).map_err(bad)
}
