//! The gate: the same steps on every machine, the cheap ones first.

use crate::run::{Failure, Step};
use crate::{browser, setup, tidy};

/// The gate draws the same random cases each time, so that it judges a change and not its luck; `cargo test` draws new ones.
const SEED: &str = "20261126";

/// All tests: Rust with real peers, UI units.
pub fn test() -> Result<(), Failure> {
    tidy::run()?;
    let path = setup::with_python_peers()?;
    for program in ["mosquitto", "mosquitto_pub"] {
        if !is_there(program) {
            setup::debian(program, "-h", if program == "mosquitto" { program } else { "mosquitto-clients" })?;
        }
    }
    setup::ui_built()?;
    Step::new("UI unit tests", "npm", &["run", "--silent", "test"]).within("ui").run()?;
    let seed = std::env::var_os("PROPTEST_RNG_SEED").unwrap_or_else(|| SEED.into());
    Step::cargo("Rust tests (first time about eight minutes on 2 cores)", &["test", "--workspace", "--no-fail-fast"])
        .with("PATH", path)
        .with("PROPTEST_RNG_SEED", seed)
        .run()
}

/// Everything the gate asks for.
pub fn run() -> Result<(), Failure> {
    Step::cargo("formatting", &["fmt", "--all", "--check"]).advise("Run `cargo fmt --all`.").run()?;
    Step::cargo("lints", &["clippy", "--workspace", "--all-targets", "--quiet", "--", "--deny", "warnings"]).run()?;
    let deny = setup::cargo_deny()?;
    Step::new("licences, bans and sources", deny, &["check", "--hide-inclusion-graph", "bans", "licenses", "sources"]).run()?;
    setup::ui_packages()?;
    for script in ["check", "lint"] {
        Step::new(&format!("UI {script}"), "npm", &["run", "--silent", script]).within("ui").run()?;
    }
    test()?;
    Step::cargo("documentation", &["doc", "--workspace", "--no-deps", "--quiet"])
        .with("RUSTDOCFLAGS", "--deny warnings")
        .run()?;
    browser::run()
}

/// mosquitto and its clients answer `-h` with exit codes above 0, so that asking them is no test of presence.
fn is_there(program: &str) -> bool {
    ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"].iter().any(|p| std::path::Path::new(p).join(program).exists())
}
