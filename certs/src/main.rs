//! nihao-certs: makes, issues and shows the certificates of a nihao server.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
