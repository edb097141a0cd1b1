//! The `cotenant` program.

use std::process::ExitCode;

fn main() -> ExitCode {
    cotenant_server::command::run()
}
