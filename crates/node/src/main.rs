//! `socium`: one production unit. Enters: words of the command line. Leaves: an exit code. All else is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    node::cli::main()
}
