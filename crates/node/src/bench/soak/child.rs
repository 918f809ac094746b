//! A real `socium run` as a child of the bench. Enters: a configuration. Leaves: its accounts as `/metrics` tells them. Absent:
//! anything of its inside.

use crate::cli::Failure;
use plant::RefusalReason;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Longest wait for a start or an end.
const WAIT: Duration = Duration::from_secs(60);

/// A running child; killed on drop.
pub struct Unit {
    child: Child,
    /// Held open: what it prints must go somewhere.
    _said: Option<BufReader<ChildStdout>>,
    address: SocketAddr,
    /// From the start of the process until its windows were open.
    pub took: Duration,
}

/// The accounts of one source.
#[derive(Clone, Debug, Default)]
pub struct Account {
    pub accepted: u64,
    pub stored: u64,
    pub in_flight: u64,
    pub refused: BTreeMap<RefusalReason, u64>,
}

impl Account {
    /// Whether accepted = stored + refused + in flight.
    pub fn balances(&self) -> bool {
        self.accepted == self.stored + self.in_flight + self.refused.values().sum::<u64>()
    }
}

impl Unit {
    /// Starts one and waits until its windows are open.
    ///
    /// # Errors
    /// It does not start.
    pub fn start(config: &Path, log: &Path) -> Result<Self, Failure> {
        let failed = |error: std::io::Error| Failure::new(format!("socium run: {error}"));
        let began = Instant::now();
        let program = std::env::current_exe().map_err(failed)?;
        let log = std::fs::OpenOptions::new().append(true).create(true).open(log).map_err(failed)?;
        let mut command = Command::new(program);
        command.arg("run").arg("--config").arg(config).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().map_err(failed)?;
        let mut line = String::new();
        let mut said = child.stdout.take().map(BufReader::new);
        if let Some(said) = &mut said {
            said.read_line(&mut line).map_err(failed)?;
        }
        let address = line.split_once("http://").and_then(|(_, rest)| rest.split('/').next()?.trim().parse().ok());
        let Some(address) = address else {
            // it may have ended already
            let _ = child.kill();
            return Err(Failure::new(format!(
                "socium run did not start: it said `{}`; its log is beside its unit.toml",
                line.trim()
            )));
        };
        Ok(Self { child, _said: said, address, took: began.elapsed() })
    }

    /// SIGKILL.
    pub fn kill(mut self) {
        // the drop waits for it
        let _ = self.child.kill();
    }

    /// SIGTERM; waits until it ended.
    ///
    /// # Errors
    /// It does not end within a minute.
    pub fn end(mut self) -> Result<(), Failure> {
        let sent = Command::new("kill").arg("-TERM").arg(self.child.id().to_string()).status();
        sent.map_err(|error| Failure::new(format!("kill: {error}")))?;
        let began = Instant::now();
        while began.elapsed() < WAIT {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err(Failure::new("socium run did not end when it was asked to"))
    }

    /// The accounts of all sources, by name; and the appends that the journal refused.
    ///
    /// # Errors
    /// It does not answer.
    pub async fn accounts(&self) -> Result<(BTreeMap<String, Account>, u64), Failure> {
        let text = self.metrics().await.map_err(|error| Failure::new(format!("/metrics: {error}")))?;
        Ok(read(&text))
    }

    async fn metrics(&self) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(self.address).await?;
        let request = format!("GET /metrics HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", self.address);
        stream.write_all(request.as_bytes()).await?;
        let mut text = String::new();
        stream.read_to_string(&mut text).await?;
        Ok(text)
    }
}

impl Drop for Unit {
    fn drop(&mut self) {
        // one that ended needs no kill
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The accounts in the text of `/metrics`.
fn read(text: &str) -> (BTreeMap<String, Account>, u64) {
    let mut all: BTreeMap<String, Account> = BTreeMap::new();
    let mut failures = 0;
    for line in text.lines() {
        let Some((name, value)) = line.rsplit_once(' ') else { continue };
        let Ok(value) = value.parse::<f64>() else { continue };
        let value = value as u64;
        let label = |key: &str| name.split_once(&format!("{key}=\"")).and_then(|(_, rest)| rest.split('"').next());
        if name == "socium_journal_failures_total" {
            failures = value;
        }
        let Some(account) = label("source").map(|source| all.entry(source.to_owned()).or_default()) else { continue };
        match name.split('{').next().unwrap_or_default() {
            "socium_readings_accepted_total" => account.accepted = value,
            "socium_readings_stored_total" => account.stored = value,
            "socium_readings_in_flight" => account.in_flight = value,
            "socium_readings_refused_total" => {
                let reason = RefusalReason::ALL.iter().find(|(_, word)| label("reason") == Some(*word));
                account.refused.extend(reason.map(|(reason, _)| (*reason, value)));
            }
            _ => {}
        }
    }
    (all, failures)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_read_from_metrics() {
        let text = "# HELP x\nsocium_readings_accepted_total{source=\"a\"} 9\nsocium_readings_stored_total{source=\"a\"} 6\n\
                    socium_readings_refused_total{source=\"a\",reason=\"too_late\"} 2\nsocium_readings_in_flight{source=\"a\"} 1\n\
                    socium_journal_failures_total 3\n";
        let (accounts, failures) = read(text);
        assert_eq!((failures, accounts.len()), (3, 1));
        assert!(accounts["a"].balances() && accounts["a"].refused[&RefusalReason::TooLate] == 2);
    }
}
