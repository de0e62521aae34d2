//! tshark's reading of a capture, field by field: the same frames, told by a program that nobody here wrote.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, ensure};

use crate::interop::process::{Output, Place, Process, Program};

const TSHARK: Program = Program {
    name: "tshark",
    place: Place::Package("tshark"),
    buffers: false,
};

/// What stands between several values of a field in one frame: in no value.
const BETWEEN: &str = "~";

/// The values of some fields in one frame, in order.
#[derive(Debug)]
pub struct Row(BTreeMap<&'static str, Vec<String>>);

impl Row {
    /// The values of one of the fields asked for; none where it is not in the frame.
    #[must_use]
    pub fn all(&self, field: &str) -> &[String] {
        self.0.get(field).map_or(&[], Vec::as_slice)
    }
}

/// Reads a capture: for each frame the values of these fields.
///
/// # Errors
/// When tshark is missing, or cannot read the capture.
pub async fn fields(file: &Path, options: &[String], fields: &[&'static str]) -> Result<Vec<Row>> {
    let mut arguments = vec!["-r".to_owned(), file.display().to_string()];
    arguments.extend(options.iter().cloned());
    arguments.extend(["-T", "fields", "-E", "occurrence=a", "-E"].map(String::from));
    arguments.push(format!("aggregator={BETWEEN}"));
    arguments.extend(fields.iter().flat_map(|field| ["-e".to_owned(), (*field).to_owned()]));
    let output = Output::default();
    let status = Process::start(TSHARK, &arguments, &output)?.finish().await?;
    ensure!(status.success(), "tshark {}: {output}", arguments.join(" "));
    let text = String::from_utf8(output.out())?;
    let row = |line: &str| {
        let values = line.split('\t').map(|all| {
            let values = all.split(BETWEEN).filter(|value| !value.is_empty());
            values.map(String::from).collect()
        });
        Row(fields.iter().copied().zip(values).collect())
    };
    Ok(text.lines().map(row).collect())
}
