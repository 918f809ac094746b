//! `socium`: one production unit. Enters: words of the command line. Leaves: an exit code. All else is in the library.

use std::process::ExitCode;

/// Readings come and go in many small pieces over several threads (decision 0112).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    node::cli::main()
}
