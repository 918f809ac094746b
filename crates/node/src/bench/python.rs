//! A peer in Python: a child that answers each line of JSON with one, and ends with the bench.
//!
//! Enters: a script, questions. Leaves: answers. Absent: what is asked.

use crate::cli::Failure;
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A child that waits for questions; ended on drop.
pub struct Python {
    name: &'static str,
    child: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Python {
    /// Starts a script with a number of threads. The Python is `SOCIUM_TEST_PYTHON`, else that of `cargo xtask setup`, else `python3`.
    ///
    /// # Errors
    /// There is no Python; `package` says what it must have.
    pub fn start(name: &'static str, package: &str, script: &str, threads: usize) -> Result<Self, Failure> {
        let python = python();
        let mut child = Command::new(&python)
            .args(["-c", script, &threads.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| Failure::new(format!("{}: {e}; {}", python.display(), advice(package))))?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (asks, answers) = pipes.ok_or_else(|| Failure::new(format!("{name}'s pipes did not open")))?;
        Ok(Self { name, child, asks, answers: BufReader::new(answers) })
    }

    /// Asks; `about` says in a failure what was asked.
    ///
    /// # Errors
    /// It ended.
    pub fn ask(&mut self, question: &Value, about: &str) -> Result<Value, Failure> {
        writeln!(self.asks, "{question}").map_err(|e| self.failed(&e))?;
        let mut line = String::new();
        self.answers.read_line(&mut line).map_err(|e| self.failed(&e))?;
        serde_json::from_str(&line).map_err(|_| self.failed(&format!("it ended{about}")))
    }

    /// A failure of this peer.
    pub fn failed(&self, what: &dyn std::fmt::Display) -> Failure {
        Failure::new(format!("{}: {what}", self.name))
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        // it may have ended by itself
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How to come by a package.
pub fn advice(package: &str) -> String {
    format!("`pip install {package}`, or name a Python that has it in SOCIUM_TEST_PYTHON")
}

fn python() -> PathBuf {
    let named = std::env::var_os("SOCIUM_TEST_PYTHON").map(PathBuf::from);
    let cached = std::env::home_dir().map(|home| home.join(".cache/socium/peers/bin/python"));
    named.or(cached.filter(|p| p.exists())).unwrap_or_else(|| PathBuf::from("python3"))
}
