//! nihao: the chat client.

use std::process::ExitCode;

fn main() -> ExitCode {
    nihao_client::cli::main().into()
}
