//! The commands. What was typed ([`Words`]) is one type; each command's file says what is meant.

mod bench;
mod check;
mod connect;
mod demo;
mod explain;
mod import;
mod init;
mod learn;
mod plan;
mod replay;
mod run;
mod sql;
mod workshop;

use clap::{Parser, Subcommand};
use std::fmt;
use std::path::PathBuf;
use std::process::ExitCode;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// One intelligent production unit: collect, know, decide, act, measure the effect.
#[derive(Parser)]
#[command(name = "socium", version, about, max_term_width = 110)]
struct Words {
    /// What to do.
    #[command(subcommand)]
    command: Command,
    /// Log filter, such as `info` or `drivers=debug`.
    #[arg(
        long,
        global = true,
        default_value = "warn,node=info,opcua_client=off,opcua_core=off,opcua_crypto=off,opcua_server=off"
    )]
    log: String,
    /// Write logs as one JSON object a line.
    #[arg(long, global = true)]
    log_json: bool,
}

#[derive(Subcommand)]
enum Command {
    /// Start a virtual workshop and a unit that runs it, on loopback, and print the way in.
    Demo(demo::Words),
    /// Run the unit that a unit.toml describes.
    Run(run::Words),
    /// Run only the virtual workshop behind real OPC UA, MQTT Sparkplug B and Modbus TCP servers.
    Workshop(workshop::Words),
    /// Write a commented unit.toml to start from.
    Init(init::Words),
    /// Check a unit.toml without running it.
    Check(check::Words),
    /// Connect a source: look around, propose what to read, write it into the unit.toml after a yes.
    Connect(connect::Words),
    /// Drive a unit from recorded data, through the same door as live data.
    Replay(replay::Words),
    /// Show what a record rests on, back to the readings.
    Explain(explain::Words),
    /// Ask the history one SQL question.
    Sql(sql::Words),
    /// Import orders or routings from CSV, Excel or an ERP's export into the unit.toml, after a look and a yes.
    Import(import::Words),
    /// Let newly learned models of forecasts contest those in use; swap only where they are better.
    Learn(learn::Words),
    /// Plan: a scheduling problem in, a proven plan out.
    Plan(plan::Words),
    /// Measure: the loop, latency, ingest, queries, memory, know, plans.
    Bench(bench::Words),
}

/// Why a command failed, in words for the person at the terminal.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    /// With a sentence that says what to do.
    pub fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a unit lives, for commands that look into its store.
#[derive(clap::Args)]
struct Place {
    /// The configuration of the unit.
    #[arg(long, default_value = "unit.toml")]
    config: PathBuf,
}

/// Reads the command line and does what it says.
pub fn main() -> ExitCode {
    let words = Words::parse();
    logs(&words);
    // one TLS provider for the whole process: ring
    let _ = rustls::crypto::ring::default_provider().install_default();
    match dispatch(words.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("socium: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(command: Command) -> Result<(), Failure> {
    match command {
        Command::Init(words) => init::main(&words),
        Command::Check(words) => check::main(&words),
        Command::Demo(words) => on_runtime(demo::main(words)),
        Command::Run(words) => on_runtime(run::main(words)),
        Command::Workshop(words) => on_runtime(workshop::main(words)),
        Command::Connect(words) => on_runtime(connect::main(words)),
        Command::Replay(words) => on_runtime(replay::main(words)),
        Command::Explain(words) => on_runtime(explain::main(words)),
        Command::Sql(words) => on_runtime(sql::main(words)),
        Command::Import(words) => import::main(&words),
        Command::Learn(words) => on_runtime(learn::main(words)),
        Command::Plan(words) => plan::main(&words),
        Command::Bench(words) => bench::main(&words),
    }
}

fn on_runtime<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.map_err(|e| Failure::new(format!("the runtime did not start: {e}")))?.block_on(future)
}

fn logs(words: &Words) {
    let filter = tracing_subscriber::EnvFilter::try_new(&words.log).unwrap_or_else(|error| {
        eprintln!("socium: --log `{}`: {error}; using `info`", words.log);
        tracing_subscriber::EnvFilter::new("info")
    });
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if words.log_json { builder.json().init() } else { builder.compact().init() }
}

/// Hears when the process is asked to end (SIGINT, SIGTERM). What is asked from the moment it listens is never missed; before that
/// moment a signal ends the process at once.
struct Ending {
    interrupt: Signal,
    terminate: Signal,
}

impl Ending {
    fn listen() -> Result<Self, Failure> {
        let heard = |kind| signal(kind).map_err(|e| Failure::new(format!("signals cannot be heard: {e}")));
        Ok(Self { interrupt: heard(SignalKind::interrupt())?, terminate: heard(SignalKind::terminate())? })
    }
    async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Asks at the terminal; without one the answer is no.
fn asked(question: &str, usual: bool) -> bool {
    use std::io::{BufRead as _, IsTerminal as _, Write as _};
    if !std::io::stdin().is_terminal() {
        return false;
    }
    print!("{question} [{}] ", if usual { "Y/n" } else { "y/N" });
    // a terminal that does not show the question cannot be asked
    let _ = std::io::stdout().flush();
    let mut line = String::new();
    if std::io::stdin().lock().read_line(&mut line).is_err() {
        return false;
    }
    match line.trim().to_lowercase().as_str() {
        "" => usual,
        word => ["y", "yes", "j", "ja", "是"].contains(&word),
    }
}
