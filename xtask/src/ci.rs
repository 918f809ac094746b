//! The gate: the same steps on every machine, the cheap ones first.

use crate::run::{Failure, Step};
use crate::{browser, setup, tidy};

/// All tests: Rust with real peers, UI units.
pub fn test() -> Result<(), Failure> {
    tidy::run()?;
    let path = setup::with_python_peers()?;
    if !mosquitto_is_there() {
        setup::debian("mosquitto", "-h", "mosquitto")?;
    }
    setup::ui_built()?;
    Step::new("UI unit tests", "npm", &["run", "--silent", "test"]).within("ui").run()?;
    Step::cargo("Rust tests (first time about eight minutes on 2 cores)", &["test", "--workspace"]).with("PATH", path).run()
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

/// mosquitto answers `-h` with exit code 3, so that asking it is no test of presence.
fn mosquitto_is_there() -> bool {
    ["/usr/sbin/mosquitto", "/usr/bin/mosquitto", "/usr/local/sbin/mosquitto"].iter().any(|p| std::path::Path::new(p).exists())
}
