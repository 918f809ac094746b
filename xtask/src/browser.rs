//! Browser tests: a demo of its own on free ports, Debian's Chromium, Playwright, screenshots.

use crate::run::{Failure, Step, root, target};
use crate::setup;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// How long the demo may take to print the way in.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// Starts a demo, runs the browser tests against it, ends it.
pub fn run() -> Result<(), Failure> {
    setup::debian("chromium", "--version", "chromium")?;
    setup::ui_built()?;
    Step::cargo("building socium", &["build", "--package", "node"]).run()?;
    let mut demo = Demo::start()?;
    let login = demo.login()?;
    let base = login.split("/#").next().unwrap_or(&login).to_owned();
    Step::new("browser tests", "npm", &["run", "--silent", "browser"])
        .within("ui")
        .with("SOCIUM_URL", base)
        .with("SOCIUM_LOGIN", login)
        .run()
}

/// A running demo; ended when dropped.
struct Demo {
    child: Child,
}

impl Demo {
    fn start() -> Result<Self, Failure> {
        let folder = target().join("browser-demo");
        let _ = std::fs::remove_dir_all(&folder);
        let place = folder.to_string_lossy().into_owned();
        let step = Step::new("demo", target().join("debug/socium"), &["demo", "--dir", &place, "--port", "0"]);
        let child = step.command().stdout(Stdio::piped()).stderr(Stdio::null()).current_dir(root()).spawn();
        let child =
            child.map_err(|e| Failure::new(format!("the demo did not start: {e}"), "Run `cargo xtask demo` to see why."))?;
        Ok(Self { child })
    }

    /// The one-time address that the demo prints.
    fn login(&mut self) -> Result<String, Failure> {
        let silent = || Failure::new("the demo printed no address", "Run `cargo xtask demo` to see why.");
        let out = self.child.stdout.take().ok_or_else(silent)?;
        let start = Instant::now();
        let mut lines = BufReader::new(out).lines();
        while start.elapsed() < READY_WITHIN {
            let line = lines.next().and_then(Result::ok).ok_or_else(silent)?;
            if let Some(at) = line.find("http://").filter(|_| line.contains("token=")) {
                let login = line[at..].split_whitespace().next().unwrap_or_default().to_owned();
                std::thread::spawn(move || lines.for_each(drop));
                return Ok(login);
            }
        }
        Err(silent())
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
