//! The workshop of the repository: `cargo xtask demo | test | ci | tidy | bench | browser | docs`.
//!
//! Enters: a command word. Leaves: the tools set up, the thing done, or a sentence that says what is missing and how to get
//! it. Absent: product crates; this crate depends on nothing.

mod browser;
mod ci;
mod run;
mod setup;
mod tidy;

use run::{Failure, Step};
use std::process::ExitCode;

const USAGE: &str = "\
cargo xtask demo      build everything, start a virtual workshop and a unit on loopback, print the way in
cargo xtask test      run all tests (Rust, UI units, tidy); installs or names what is missing
cargo xtask browser   run the browser tests against a demo of its own and save screenshots
cargo xtask bench …   build for speed and run `socium bench …`
cargo xtask tidy      check edges, absences and style, print the style figures
cargo xtask docs      rewrite what is generated: docs/configuration.md, docs/unit.schema.json, docs/openapi.json, walks
cargo xtask ci        all of the above as the gate runs it";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let rest = words.get(1..).unwrap_or_default();
    let result = match words.first().map(String::as_str) {
        Some("demo") => demo(rest),
        Some("test") => ci::test(),
        Some("browser") => browser::run(),
        Some("bench") => bench(rest),
        Some("tidy") => tidy::run(),
        Some("docs") => docs(),
        Some("ci") => ci::run(),
        Some("help" | "--help" | "-h") => {
            println!("{USAGE}");
            Ok(())
        }
        other => Err(Failure::new(format!("`{}` is not a command", other.unwrap_or("")), USAGE)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("\nxtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn demo(arguments: &[String]) -> Result<(), Failure> {
    setup::ui_built()?;
    Step::cargo("building socium (first time about five minutes on 2 cores)", &["build", "--package", "node"]).run()?;
    let mut words = vec!["demo"];
    words.extend(arguments.iter().map(String::as_str));
    Step::new("starting the workshop and the unit", run::target().join("debug/socium"), &words).run()
}

fn bench(arguments: &[String]) -> Result<(), Failure> {
    Step::cargo("building socium for speed", &["build", "--release", "--package", "node"]).run()?;
    let mut words = vec!["bench"];
    words.extend(arguments.iter().map(String::as_str));
    Step::new("measuring", run::target().join("release/socium"), &words).run()
}

/// Golden files are rewritten by the tests that compare them.
fn docs() -> Result<(), Failure> {
    Step::cargo("rewriting generated files", &["test", "--workspace", "golden"]).with("UPDATE_GOLDEN", "1").run()
}
