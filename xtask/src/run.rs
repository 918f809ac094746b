//! Runs one step: says what it does, runs it, says how long it took, or says what failed and what to do.

use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// Why a step failed, and what to do.
#[derive(Debug)]
pub struct Failure {
    what: String,
    advice: String,
}

impl Failure {
    /// What failed and what to do about it.
    pub fn new(what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { what: what.into(), advice: advice.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n{}", self.what, self.advice)
    }
}

/// A program to run from the root of the checkout.
pub struct Step {
    title: String,
    program: PathBuf,
    arguments: Vec<String>,
    folder: PathBuf,
    environment: Vec<(String, OsString)>,
    advice: String,
}

impl Step {
    /// A step with a title for people.
    pub fn new(title: &str, program: impl Into<PathBuf>, arguments: &[&str]) -> Self {
        Self {
            title: title.to_owned(),
            program: program.into(),
            arguments: arguments.iter().map(|a| (*a).to_owned()).collect(),
            folder: root(),
            environment: Vec::new(),
            advice: "Its output above says why.".to_owned(),
        }
    }
    /// A cargo step with the target folder outside the checkout.
    pub fn cargo(title: &str, arguments: &[&str]) -> Self {
        let cargo = std::env::var_os("CARGO").map_or_else(|| PathBuf::from("cargo"), PathBuf::from);
        let mut step = Self::new(title, cargo, arguments);
        step.environment.push(("CARGO_TARGET_DIR".to_owned(), target().into_os_string()));
        step
    }
    /// Runs in a folder below the root.
    pub fn within(mut self, folder: &str) -> Self {
        self.folder = root().join(folder);
        self
    }
    /// Sets a variable for the program.
    pub fn with(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }
    /// What to do when it fails.
    pub fn advise(mut self, advice: &str) -> Self {
        self.advice = advice.to_owned();
        self
    }
    /// Runs it to its end.
    pub fn run(&self) -> Result<(), Failure> {
        eprintln!("==> {}", self.title);
        let start = Instant::now();
        let status = self.command().status();
        let seconds = start.elapsed().as_secs_f64();
        match status {
            Ok(status) if status.success() => {
                eprintln!("    done in {seconds:.0} s");
                Ok(())
            }
            Ok(status) => {
                Err(Failure::new(format!("{}: `{}` ended with {status}", self.title, self.line()), self.advice.as_str()))
            }
            Err(error) => {
                Err(Failure::new(format!("{}: `{}` did not start: {error}", self.title, self.line()), self.advice.as_str()))
            }
        }
    }
    /// The command, for a caller that runs it itself.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).current_dir(&self.folder);
        command.envs(self.environment.iter().map(|(n, v)| (n, v)));
        command
    }

    fn line(&self) -> String {
        format!("{} {}", self.program.display(), self.arguments.join(" "))
    }
}

/// The root of the checkout: the one that cargo runs this in, for a build may have come from another one with the same target folder.
pub fn root() -> PathBuf {
    let own = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    own.parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// Where things that outlive a checkout are kept.
pub fn cache() -> PathBuf {
    std::env::var_os("HOME").map_or_else(std::env::temp_dir, PathBuf::from).join(".cache/socium")
}

/// Where cargo builds: `CARGO_TARGET_DIR`, or `~/.cache/socium/target`, outside the checkout so that builds are reused.
pub fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| cache().join("target"), PathBuf::from)
}

/// Whether a program answers on this machine.
pub fn answers(program: &str, argument: &str) -> bool {
    let silent = std::process::Stdio::null;
    Command::new(program).arg(argument).stdout(silent()).stderr(silent()).status().is_ok_and(|s| s.success())
}
