//! A server as a child process: started for a bench, measured, ended. Enters: a command. Leaves: its CPU time, memory and bytes on
//! the disk. Absent: what it serves.

use super::kernel;
use crate::cli::Failure;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Longest wait for a server to listen, and for it to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// A child process; killed on drop.
pub struct Process {
    name: String,
    child: Child,
}

impl Process {
    /// Starts a program and waits until it listens.
    ///
    /// # Errors
    /// It is not installed (`package` says what brings it), or nothing listens at the address within a minute.
    pub fn start(name: &str, command: &mut Command, listens: SocketAddr, package: &str) -> Result<Self, Failure> {
        let started = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let advice = if package.is_empty() { String::new() } else { format!("; `apt-get install {package}` brings it") };
        let child = started.map_err(|e| Failure::new(format!("{name}: {e}{advice}")))?;
        let mut process = Self { name: name.to_owned(), child };
        let began = Instant::now();
        while TcpStream::connect(listens).is_err() {
            if let Ok(Some(status)) = process.child.try_wait() {
                return Err(Failure::new(format!("{name} ended at once with {status}")));
            }
            if began.elapsed() > PATIENCE {
                return Err(Failure::new(format!("{name}: nothing listens on {listens} after {PATIENCE:?}")));
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(process)
    }

    /// CPU time so far, of all its threads, user and system [s], to 10 ms.
    ///
    /// # Errors
    /// It has ended.
    pub fn cpu_seconds(&self) -> Result<f64, Failure> {
        kernel::seconds(&self.child.id().to_string())
    }

    /// Memory in use [bytes].
    ///
    /// # Errors
    /// It has ended.
    pub fn rss_bytes(&self) -> Result<u64, Failure> {
        kernel::rss_bytes(&self.child.id().to_string())
    }

    /// Ends it with SIGKILL, as a power cut would.
    pub fn kill(mut self) {
        // it may have ended
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Asks it to end and waits until it has.
    ///
    /// # Errors
    /// It does not end within a minute.
    pub fn end(mut self) -> Result<(), Failure> {
        let asked = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        asked.map_err(|e| Failure::new(format!("kill: {e}")))?;
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Err(Failure::new(format!("{} did not end within {PATIENCE:?}", self.name)))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // it may have ended
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An address on loopback that is free now.
///
/// # Errors
/// There is none.
pub fn free_address() -> Result<SocketAddr, Failure> {
    TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).map_err(|e| Failure::new(format!("a free port: {e}")))
}

/// Bytes of all files below a folder.
pub fn folder_bytes(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    let size = |entry: std::fs::DirEntry| match entry.metadata() {
        Ok(about) if about.is_dir() => folder_bytes(&entry.path()),
        Ok(about) => about.len(),
        Err(_) => 0,
    };
    entries.flatten().map(size).sum()
}
