//! The interop matrix: what was run, compared with the committed `tests/interop-matrix.csv`.
//!
//! Each test runs the rows of one tool in one role and compares them with the rows of the file; any difference fails it.
//! `NIHAO_REWRITE_MATRIX=1 cargo test -p nihao-tests --test 'interop_*'` writes the file anew. `role` is ours; `result`
//! is `ok`, `BAD` (not as expected) or `absent` (the tool is missing, which fails the run too).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;
use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};

use super::case::Case;
use super::process::Output;
use super::run::run;
use super::tool::Tool;

/// Set to 1, it makes the tests write the matrix anew instead of comparing.
pub const REWRITE: &str = "NIHAO_REWRITE_MATRIX";
const HEAD: &str = "peer,role,leaf,group,suite,resumed,client_cert,expected,seen,result";

/// Runs the cases of one tool and compares what came of them with the expectation and with the committed matrix.
///
/// # Panics
/// When anything differs; all differences are told at once.
pub async fn check(tool: Tool, cases: Vec<Case>) {
    if let Err(error) = run_all(tool, &cases).await {
        panic!("{error:#}");
    }
}

async fn run_all(tool: Tool, cases: &[Case]) -> Result<()> {
    let mut programs = tool.program().into_iter().chain(tool.besides());
    let missing = programs.find_map(|program| program.find().err());
    let mut rows = Vec::new();
    let mut complaints = String::new();
    for case in cases {
        assert_eq!(case.tool, tool, "a section of the matrix has one tool");
        let (seen, output) = match &missing {
            Some(_) => (String::new(), Output::default()),
            None => run(case).await?,
        };
        let result = match missing {
            Some(_) => "absent",
            None if seen == case.expected => "ok",
            None => "BAD",
        };
        let mut columns = case.columns();
        columns.extend([case.expected.clone(), seen, String::from(result)]);
        let row = columns.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(",");
        if result == "BAD" {
            writeln!(complaints, "{row}\n{output}\n")?;
        }
        rows.push(row);
    }
    if std::env::var_os(REWRITE).is_some_and(|value| value == "1") {
        rewrite(tool, &rows)?;
    }
    if let Some(error) = missing {
        return Err(error);
    }
    ensure!(complaints.is_empty(), "not as expected:\n{complaints}");
    compare(tool, &rows)
}

fn place(tool: Tool) -> Result<usize> {
    Tool::ALL.iter().position(|one| *one == tool).context("a tool")
}

fn path() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/interop-matrix.csv"))
}

/// The rows of the committed matrix, in order.
///
/// # Errors
/// When the file cannot be read or has another head.
pub fn committed() -> Result<Vec<String>> {
    let text = std::fs::read_to_string(path()).with_context(|| path().display().to_string())?;
    let mut lines = text.lines().map(String::from);
    ensure!(lines.next().as_deref() == Some(HEAD), "the matrix starts with {HEAD}");
    Ok(lines.collect())
}

/// Which tool and role a row is about.
fn section(row: &str) -> Option<usize> {
    let (peer, rest) = row.split_once(',')?;
    let role = rest.split(',').next()?;
    Tool::ALL.into_iter().position(|tool| {
        let after = peer.trim_start_matches('"').strip_prefix(tool.name());
        let ours = after.is_some_and(|after| after.is_empty() || after.starts_with([' ', '"']));
        ours && tool.our_role() == role
    })
}

/// The committed rows of each tool, by its place in [`Tool::ALL`].
///
/// # Errors
/// When the file cannot be read, or a row belongs to no tool.
pub fn sections() -> Result<BTreeMap<usize, Vec<String>>> {
    let mut sections: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for row in committed()? {
        let place = section(&row).with_context(|| format!("no tool's row: {row}"))?;
        sections.entry(place).or_default().push(row);
    }
    Ok(sections)
}

fn compare(tool: Tool, rows: &[String]) -> Result<()> {
    let committed = sections()?.remove(&place(tool)?).unwrap_or_default();
    let mut differences = String::new();
    for row in rows.iter().filter(|row| !committed.contains(row)) {
        writeln!(differences, "run, not committed: {row}")?;
    }
    for row in committed.iter().filter(|row| !rows.contains(row)) {
        writeln!(differences, "committed, not run: {row}")?;
    }
    ensure!(
        differences.is_empty() && committed == rows,
        "{} differs from what was run ({REWRITE}=1 writes it anew):\n{differences}",
        path().display()
    );
    Ok(())
}

fn rewrite(tool: Tool, rows: &[String]) -> Result<()> {
    let lock = File::options().create(true).append(true).open(path())?;
    lock.lock()?;
    let mut all = if lock.metadata()?.len() == 0 {
        BTreeMap::new()
    } else {
        sections()?
    };
    all.insert(place(tool)?, rows.to_vec());
    let lines: Vec<_> = all.into_values().flatten().collect();
    std::fs::write(path(), format!("{HEAD}\n{}\n", lines.join("\n")))?;
    Ok(())
}

fn quoted(text: &str) -> String {
    if text.contains([',', '"']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_string()
    }
}
